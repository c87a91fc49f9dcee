/* gofips-obj lint: the FIPS rules applied to finished objects. */
#include <getopt.h>

#include "obj/cmd.h"

static const char lint_flags[] =
"\n"
"  -p, --package PATH    the package, where the objects do not tell: those of\n"
"                        the assembler outside of an archive\n"
"  -d, --debug LIST      fipshash=PATTERN: the bisect pattern that the objects\n"
"                        were compiled with\n"
"\n"
"Prints FILE: SYMBOL: what is wrong. Without a finding, nothing.\n";

static int lint_file(const char *path, const LintOptions *opt)
{
	Buf out = {0};
	size_t found = 0;
	File file;
	Fault f;
	const char *why = file_open(&file, path);

	if (why) {
		cmd_error(path, NULL, why, 0);
		return 2;
	}
	f = lint_archive(&out, path, file.bytes, opt, &found);
	if (out.n)
		cmd_flush(&out);
	buf_free(&out);
	if (f.why)
		cmd_error(path, NULL, f.why, f.off);
	why = file_close(&file);
	if (why)
		cmd_error(path, NULL, why, 0);
	return f.why || why ? 2 : found > 0;
}

static int bisect_of(Bisect *m, const char *list, LintOptions *opt, Arena *a)
{
	const char *why;
	View pattern;

	if (!bisect_option(view_str(list), &pattern))
		return cmd_usage(&cmd_lint, "no fipshash= in", list);
	if (pattern.n == 0)
		return 0;
	why = bisect_parse(m, pattern, a);
	if (why) {
		fprintf(stderr, "gofips-obj lint: %s%.*s\n", why,
			(int)pattern.n, (const char *)pattern.p);
		return 2;
	}
	opt->bisect = m;
	return 0;
}

static int run_lint(int argc, char **argv)
{
	static const struct option flags[] = {
		{"package", required_argument, NULL, 'p'},
		{"debug", required_argument, NULL, 'd'},
		{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0},
	};
	LintOptions opt = {0};
	const char *debug = NULL;
	Arena a = {0};
	Bisect m;
	int c, status = 0;

	while ((c = getopt_long(argc, argv, "p:d:h", flags, NULL)) != -1)
		switch (c) {
		case 'p': opt.pkgpath = view_str(optarg); break;
		case 'd': debug = optarg; break;
		case 'h': return cmd_help(&cmd_lint, lint_flags);
		default: return cmd_usage(&cmd_lint, "that is no flag", NULL);
		}
	if (optind == argc)
		return cmd_usage(&cmd_lint, "no file named", NULL);
	if (debug)
		status = bisect_of(&m, debug, &opt, &a);
	/* A file that cannot be read outweighs a finding. */
	for (int i = optind; i < argc && (i > optind || !status); i++) {
		int s = lint_file(argv[i], &opt);

		status = s > status ? s : status;
	}
	arena_free(&a);
	return cmd_done(status);
}

const Cmd cmd_lint = {"lint", "FILE...",
	"Applies the FIPS rules to objects: what would break the hash?",
	run_lint};
