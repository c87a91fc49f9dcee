/*
 * gofips-check diff: what differs between the hashed parts of two binaries.
 */
#include <getopt.h>
#include <stdlib.h>

#include "check/check.h"

static const char help[] =
"usage: gofips-check diff [flags] A B\n"
"Compares what the sum covers in two binaries: first the ranges, then the\n"
"symbols that were added, removed, resized or changed, with the bytes on both\n"
"sides and the relocation that lies there. A and B may also be dumps, made by\n"
"'gofips-check dump' or by go build -ldflags=-fipso=FILE.\n"
"\n"
"  -d                    disassemble what differs, with the system's objdump\n"
"      --all             list everything, not just a screenful\n"
"      --slice ARCH      the slice of a universal file: amd64, arm64\n"
"  -q, --quiet           print nothing: the exit status says it all\n"
"  -h, --help            this text\n"
"\n"
"exit status: 0 the same, 1 they differ, 2 trouble\n"
"\n"
"  gofips-check diff ./server.built ./server.deployed\n"
"  gofips-check diff -d link.fipso ./server\n";

typedef struct {
	DiffStyle style;
	const char *slice;
	bool quiet;
} Flags;

enum { ALL = 256, SLICE };

static const struct option flags[] = {
	{"all", no_argument, NULL, ALL},
	{"slice", required_argument, NULL, SLICE},
	{"quiet", no_argument, NULL, 'q'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static void parse_flags(Flags *f, int argc, char **argv)
{
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":dqh", flags, NULL)) != -1) {
		switch (c) {
		case 'd': f->style.disassemble = true; break;
		case 'q': f->quiet = true; break;
		case ALL: f->style.all = true; break;
		case SLICE: f->slice = optarg; break;
		case 'h': fputs(help, stdout); exit(0);
		default:
			usage_error("diff", argv[optind - 1], NULL, c == '?' ?
				    "no such flag, or it takes no value" :
				    "it needs a value");
		}
	}
}

static int compare_targets(const Flags *f, Target *ta, Target *tb)
{
	Side a, b;
	Diff d;
	Buf out = {0};
	Fault why_a = side_open(&a, ta), why_b = side_open(&b, tb);
	Fault why = why_a.why ? why_a : why_b;
	int status = 2;

	if (why.why) {
		fprintf(stderr, "gofips-check: %s: %s (offset %#llx)\n",
			(why_a.why ? ta : tb)->path, why.why,
			(unsigned long long)why.off);
	} else {
		compare(&d, &a, &b);
		if (!f->quiet)
			diff_text(&d, &a, &b, &f->style, &out);
		status = d.any;
		diff_free(&d);
	}
	/* What was seen of a file that changed is worth nothing. */
	side_close(&a);
	side_close(&b);
	if (!target_close(tb))
		status = 2;
	if (!target_close(ta))
		status = 2;
	if (status < 2 && out.n)
		fwrite(out.p, 1, out.n, stdout);
	buf_free(&out);
	return status;
}

int diff_main(int argc, char **argv)
{
	Flags f = {0};
	Target a, b;

	/* The command's own name is no argument of it. */
	argc--;
	argv++;
	parse_flags(&f, argc, argv);
	if (argc - optind != 2)
		usage_error("diff", "two files are needed", NULL, NULL);
	if (!target_open(&a, argv[optind], f.slice))
		return 2;
	if (!target_open(&b, argv[optind + 1], f.slice)) {
		target_close(&a);
		return 2;
	}
	return compare_targets(&f, &a, &b);
}
