/* gofips-obj write: objects from their description as text. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#include "obj/cmd.h"

static const char write_flags[] =
"\n"
"  -o, --output FILE     where to; else FILE.gos becomes FILE.a\n"
"  -d, --debug LIST      fipshash=PATTERN: leaves FIPS symbols out, as the\n"
"                        compiler's -d does; GOCOMPILEDEBUG wins over it\n"
"\n"
"  object linux amd64 go1.27.4 GOAMD64=v1\n"
"  package crypto/internal/fips140/demo\n"
"  flags assembly\n"
"  text crypto/internal/fips140/demo.F nosplit\n"
"          bytes 48c7442408 2a000000 c3      // MOVQ $42, ret+0(FP); RET\n"
"          func args 8\n"
"\n"
"The names of kinds are text, rodata, data, noptrdata, bss, noptrbss: the FIPS\n"
"rules make the rest of them. `gofips-obj dump --text` prints any object so.\n";

static char *output_name(Arena *a, const char *in)
{
	View v = view_str(in);
	Buf b = {0};
	char *s;

	if (view_suffix(v, ".gos"))
		v.n -= 4;
	buf_add(&b, v);
	buf_str(&b, ".a");
	s = arena_str(a, view_of(b.p, b.n));
	buf_free(&b);
	return s;
}

/* The pattern, if there is one. false after a message. */
static bool bisection(Bisect *m, const char *debug, TextResult *res, Arena *a)
{
	const char *env = getenv("GOCOMPILEDEBUG"), *why;
	View pattern = {0};

	if (debug)
		bisect_option(view_str(debug), &pattern);
	if (env)
		bisect_option(view_str(env), &pattern);
	if (pattern.n == 0)
		return true;
	why = bisect_parse(m, pattern, a);
	if (why)
		fprintf(stderr, "gofips-obj write: %s%.*s\n", why,
			(int)pattern.n, (const char *)pattern.p);
	res->bisect = m;
	return !why;
}

static int write_object(const char *in, const char *to, TextResult *res)
{
	const char *why;
	File file;

	why = file_open(&file, in);
	if (!why) {
		text_parse(res, in, file.bytes);
		why = file_close(&file);
	}
	if (res->report.n)
		fwrite(res->report.p, 1, res->report.n, stderr);
	if (res->messages.n)
		fwrite(res->messages.p, 1, res->messages.n, stderr);
	if (why) {
		cmd_error(in, NULL, why, 0);
		return 2;
	}
	if (res->errors)
		return 1;
	why = cmd_write_file(to, view_of(res->out.p, res->out.n));
	if (why) {
		cmd_error(to, NULL, why, 0);
		return 2;
	}
	return 0;
}

static int run_write(int argc, char **argv)
{
	static const struct option flags[] = {
		{"output", required_argument, NULL, 'o'},
		{"debug", required_argument, NULL, 'd'},
		{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0},
	};
	const char *to = NULL, *debug = NULL;
	TextResult res = {0};
	Arena a = {0};
	Bisect m;
	View pattern;
	int c, status = 2;

	while ((c = getopt_long(argc, argv, "o:d:h", flags, NULL)) != -1)
		switch (c) {
		case 'o': to = optarg; break;
		case 'd': debug = optarg; break;
		case 'h': return cmd_help(&cmd_write, write_flags);
		default: return cmd_usage(&cmd_write, "that is no flag", NULL);
		}
	if (optind + 1 != argc)
		return cmd_usage(&cmd_write, "one file expected", NULL);
	if (debug && !bisect_option(view_str(debug), &pattern))
		return cmd_usage(&cmd_write, "no fipshash= in", debug);
	if (!to)
		to = output_name(&a, argv[optind]);
	if (bisection(&m, debug, &res, &a))
		status = write_object(argv[optind], to, &res);
	buf_free(&res.out);
	buf_free(&res.messages);
	buf_free(&res.report);
	arena_free(&a);
	return cmd_done(status);
}

const Cmd cmd_write = {"write", "[-o FILE.a] FILE.gos",
	"Makes an object from a description in text.", run_write};
