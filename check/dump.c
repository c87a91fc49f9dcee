/*
 * gofips-check dump: the bytes that are hashed, as `go tool link -fipso`
 * writes them: "go fips object v1\n", then for each range its length, 8
 * bytes big-endian, and its bytes.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check/check.h"

static const char help[] =
"usage: gofips-check dump [-o FILE] [--slice ARCH] EXE\n"
"Writes exactly the bytes that the sum covers, as go build -ldflags=-fipso=FILE\n"
"writes them: \"go fips object v1\\n\", then text, rodata, noptrdata and data, each\n"
"after its length as 8 bytes big-endian. Their HMAC-SHA256 with a key of 32 zero\n"
"bytes is the sum.\n"
"\n"
"  -o FILE               write to FILE, not to standard output\n"
"      --slice ARCH      the slice of a universal file: amd64, arm64\n"
"  -h, --help            this text\n"
"\n"
"exit status: 0 written, 2 trouble\n"
"\n"
"  gofips-check dump -o server.fipso ./server\n"
"  gofips-check dump ./server | openssl dgst -sha256 -mac HMAC \\\n"
"      -macopt hexkey:$(printf '%064d' 0)\n";

typedef struct {
	const char *out, *slice;
} Flags;

enum { SLICE = 256 };

static const struct option flags[] = {
	{"slice", required_argument, NULL, SLICE},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static void parse_flags(Flags *f, int argc, char **argv)
{
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":o:h", flags, NULL)) != -1) {
		switch (c) {
		case 'o': f->out = optarg; break;
		case SLICE: f->slice = optarg; break;
		case 'h': fputs(help, stdout); exit(0);
		default:
			usage_error("dump", argv[optind - 1], NULL, c == '?' ?
				    "no such flag, or it takes no value" :
				    "it needs a value");
		}
	}
}

/* Takes one piece; NULL or the reason. */
typedef const char *PutFn(void *to, View v);

static const char *put_file(void *to, View v)
{
	return fwrite(v.p, 1, v.n, to) == v.n ? NULL : strerror(errno);
}

static const char *put_output(void *to, View v)
{
	return output_write(to, v);
}

static const char *put_ranges(const Side *s, PutFn *put, void *to)
{
	const char *why = put(to, view_str(FIPS_DUMP_MAGIC));
	u8 len[8];

	for (int i = 0; !why && i < FIPS_NRANGE; i++) {
		st64(len, s->range[i].n, true);
		why = put(to, view_of(len, sizeof len));
		if (!why)
			why = put(to, s->range[i]);
	}
	return why;
}

/* ---- where to ------------------------------------------------------ */

static const char *to_file(const char *path, const Side *s)
{
	FILE *f = fopen(path, "we");
	const char *why;

	if (!f)
		return strerror(errno);
	why = put_ranges(s, put_file, f);
	if (fclose(f) != 0 && !why)
		why = strerror(errno);
	return why;
}

/* A dump that is not complete would only give a wrong sum. What came from
 * a file that changed meanwhile is not kept either. */
static const char *to_output(const char *path, Target *t, const Side *s)
{
	Output o;
	const char *why = output_open(&o, path);
	mode_t mask = umask(0);

	umask(mask);
	if (why)
		return why;
	why = put_ranges(s, put_output, &o);
	if (!why)
		why = output_mode(&o, 0666 & ~mask, false, 0, 0);
	if (!target_close(t) && !why)
		why = "not written";
	if (!why)
		why = output_commit(&o);
	if (why)
		output_drop(&o);
	return why;
}

static const char *write_to(const char *path, Target *t, const Side *s)
{
	struct stat st = {0};

	if (stat(path, &st) != 0 || S_ISREG(st.st_mode)) {
		if ((u64)st.st_dev == t->file.dev &&
		    (u64)st.st_ino == t->file.ino)
			return "it is the input";
		return to_output(path, t, s);
	}
	return to_file(path, s);
}

static int dump(const Flags *f, Target *t, const Side *s)
{
	const char *why = NULL;

	if (f->out)
		why = write_to(f->out, t, s);
	else
		put_ranges(s, put_file, stdout);	/* main looks */
	if (why)
		fprintf(stderr, "gofips-check: %s: %s\n", f->out, why);
	return target_close(t) && !why ? 0 : 2;
}

int dump_main(int argc, char **argv)
{
	Flags f = {0};
	Target t;
	Side s;
	Fault why;
	int status = 2;

	argc--;
	argv++;
	parse_flags(&f, argc, argv);
	if (argc - optind != 1)
		usage_error("dump", "one file is needed", NULL, NULL);
	if (!f.out && isatty(STDOUT_FILENO))
		usage_error("dump", "standard output is a terminal", NULL,
			    "name a file with -o, or pipe it somewhere");
	if (!target_open(&t, argv[optind], f.slice))
		return 2;
	why = side_open(&s, &t);
	if (why.why) {
		fprintf(stderr, "gofips-check: %s: %s (offset %#llx)\n",
			t.path, why.why, (unsigned long long)why.off);
		target_close(&t);
	} else {
		status = dump(&f, &t, &s);
	}
	side_close(&s);
	return status;
}
