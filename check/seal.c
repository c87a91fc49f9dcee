/*
 * gofips-check seal: writes the sum into a finished binary, for what an
 * external linker has made. sealbytes.c does it in memory; here are the
 * flags, and the way from one file to another: copy, seal, write, read back,
 * verify, rename. Nothing is renamed that was not verified.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check/check.h"

static const char help[] =
"usage: gofips-check seal -o OUT [flags] EXE\n"
"       gofips-check seal -w [flags] EXE\n"
"Computes the sum over the FIPS 140 module of a linked binary and writes it\n"
"into its go:fipsinfo, as the last step of a link that Go's linker did not\n"
"do itself: PIE or c-shared by lld, a C program around a c-archive, a module\n"
"of another language. The result is verified before it takes its place. A\n"
"binary that is sealed already stays as it is, byte by byte.\n"
"\n"
"  -o, --output OUT  write the result to OUT\n"
"  -w, --write       replace EXE; mode and owner are kept\n"
"      --dry-run     do everything but write, and say what would be done\n"
"      --slice ARCH  the slice of a universal file to seal\n"
"  -h, --help        this text\n"
"\n"
"Strip and patch before sealing, sign after it. An ad-hoc code signature of\n"
"a Mach-O file is made anew; with any other signature the file is refused.\n"
"\n"
"exit status: 0 sealed, or was already; 1 refused: a sum would be wrong;\n"
"2 usage, nothing that could be sealed, or the result cannot be written\n"
"\n"
"  go build -buildmode=pie -ldflags='-linkmode=external\n"
"      -extldflags=-fuse-ld=lld' -o server . && gofips-check seal -w server\n"
"  cc -o app app.c libgo.a -lpthread && gofips-check seal -w app\n"
"  gofips-check seal -o out/server server\n";

typedef struct {
	const char *out, *slice, *path;
	bool write, dry;
} SealOptions;

/* ---- flags --------------------------------------------------------- */

enum { DRY_RUN = 256, SLICE };

static const struct option flags[] = {
	{"output", required_argument, NULL, 'o'},
	{"write", no_argument, NULL, 'w'},
	{"dry-run", no_argument, NULL, DRY_RUN},
	{"slice", required_argument, NULL, SLICE},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static _Noreturn void usage(const char *what, const char *arg,
			    const char *why)
{
	usage_error("seal", what, arg, why);
}

static void set_flag(SealOptions *o, int flag, const char *arg)
{
	switch (flag) {
	case 'o': o->out = arg; break;
	case 'w': o->write = true; break;
	case DRY_RUN: o->dry = true; break;
	case SLICE: o->slice = arg; break;
	case 'h': fputs(help, stdout); exit(0);
	}
}

static bool same_file(const char *a, const char *b)
{
	struct stat sa, sb;

	return stat(a, &sa) == 0 && stat(b, &sb) == 0 &&
	       sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

static void parse_flags(SealOptions *o, int argc, char **argv)
{
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":o:wh", flags, NULL)) != -1) {
		if (c == '?' || c == ':')
			usage(argv[optind - 1], NULL, c == '?' ?
			      "no such flag, or it takes no value" :
			      "it needs a value");
		set_flag(o, c, optarg);
	}
	if (optind != argc - 1)
		usage(optind < argc ? "one file at a time, not" :
		      "no file named", optind < argc ? argv[argc - 1] : NULL,
		      NULL);
	o->path = argv[optind];
	if (o->out && o->write)
		usage("-o or -w, not both", NULL, NULL);
	if (!o->out && !o->write && !o->dry)
		usage("-o OUT or -w must say where the result goes", NULL,
		      NULL);
	if (o->out && same_file(o->out, o->path))
		usage("-o", o->out, "that is the input itself; -w replaces "
		      "it");
}

/* ---- what is said -------------------------------------------------- */

static int complain(const char *path, const char *why, const u64 *off)
{
	Buf b = {0};

	buf_text(&b, view_str(path));
	fprintf(stderr, "gofips-check seal: %.*s: %s", (int)b.n, b.p, why);
	if (off)
		fprintf(stderr, " (offset %#llx)", (unsigned long long)*off);
	fputs("\n", stderr);
	buf_free(&b);
	return 2;
}

static const char *sum_before(const Seal *s)
{
	static const View none[FIPS_NRANGE];
	static const u8 zero[SHA256_SIZE];
	u8 empty[SHA256_SIZE];

	fips_sum(none, empty);
	if (memcmp(s->before, zero, SHA256_SIZE) == 0)
		return "there was none";
	if (memcmp(s->before, empty, SHA256_SIZE) == 0)
		return "it was that of four empty ranges";
	return "it was another";
}

static void say(const SealOptions *o, const Seal *s)
{
	const char *would = o->dry ? "would be " : "";
	Buf b = {0};

	buf_text(&b, view_str(o->out ? o->out : o->path));
	if (s->already) {
		buf_printf(&b, ": already sealed%s", o->out && !o->dry ?
			   ", copied as it is" : ", nothing to do");
	} else {
		buf_printf(&b, ": %s%s", would, s->summed ? "sealed" :
			   "signed anew");
		buf_str(&b, ", sum ");
		buf_hex(&b, view_of(s->sum, SHA256_SIZE));
		if (s->summed)
			buf_printf(&b, " (%s)", sum_before(s));
		if (s->summed && s->signed_anew)
			buf_printf(&b, ", code signature %smade anew", would);
	}
	buf_str(&b, "\n");
	fwrite(b.p, 1, b.n, stdout);
	buf_free(&b);
}

/* ---- the way of the file ------------------------------------------- */

/* A copy gets the permissions that a copy gets, a replacement those of
 * what it replaces. */
static const char *set_mode(Output *out, const SealOptions *o,
			    const Target *t)
{
	struct stat st;
	mode_t mask = umask(022);

	umask(mask);
	if (!o->write)
		return output_mode(out, t->file.mode & 0777 & ~(u32)mask,
				   false, 0, 0);
	if (fstat(t->file.fd, &st) != 0)
		return strerror(errno);
	return output_mode(out, (u32)st.st_mode & 07777, true,
			   (u32)st.st_uid, (u32)st.st_gid);
}

/* Has another program put another file there in the meantime? */
static bool still_there(const char *path, const Target *t)
{
	struct stat st;

	return stat(path, &st) == 0 && (u64)st.st_dev == t->file.dev &&
	       (u64)st.st_ino == t->file.ino;
}

/* work holds the result, and then what is read back. */
static Fault write_and_verify(Output *out, const SealOptions *o,
			      const Target *t, u8 *work, const Seal *s)
{
	View before = t->file.bytes;
	const char *why = output_write(out, view_of(work, before.n));

	if (!why)
		why = set_mode(out, o, t);
	if (!why)
		why = output_read(out, work, before.n);
	if (why)
		return fault(why, 0);
	if (s->already)
		return memcmp(before.p, work, before.n) == 0 ? OK :
		       fault("the copy differs from the input", 0);
	return seal_verify(before, view_of(work, before.n), t->base,
			   t->bytes.n, s);
}

/* Closes t, since what was read must be known to be good before anything
 * is renamed. */
static int put_result(const SealOptions *o, Target *t, u8 *work,
		      const Seal *s)
{
	const char *path = o->write ? o->path : o->out;
	const char *err;
	Output out;
	Fault why;

	err = output_open(&out, path);
	if (err) {
		target_close(t);
		return complain(path, err, NULL);
	}
	why = write_and_verify(&out, o, t, work, s);
	if (!target_close(t) || why.why) {
		output_drop(&out);
		return why.why ? complain(path, why.why, NULL) : 2;
	}
	if (o->write && !still_there(path, t))
		err = "changed while it was being sealed";
	else
		err = output_commit(&out);
	if (err) {
		output_drop(&out);
		return complain(path, err, NULL);
	}
	return 0;
}

static int seal_target(const SealOptions *o, Target *t, u8 *work)
{
	bool nothing;
	Seal s;
	Fault why = seal_bytes(work + t->base, t->bytes.n, &s);

	if (why.why) {
		u64 off = t->base + why.off;

		complain(o->path, why.why, &off);
		return target_close(t) ? 1 : 2;
	}
	nothing = o->dry || (s.already && o->write);
	if (nothing ? !target_close(t) : put_result(o, t, work, &s) != 0)
		return 2;
	say(o, &s);
	return 0;
}

int seal_main(int argc, char **argv)
{
	SealOptions o = {0};
	Target t;
	u8 *work;
	int status;

	argv++, argc--;
	parse_flags(&o, argc, argv);
	if (!target_open(&t, o.path, o.slice))
		return 2;
	if (t.is_dump) {
		target_close(&t);
		return complain(o.path, "a dump of the hashed bytes, not a "
				"binary", NULL);
	}
	work = xrealloc(NULL, t.file.bytes.n);
	memcpy(work, t.file.bytes.p, t.file.bytes.n);
	status = seal_target(&o, &t, work);
	free(work);
	return status;
}
