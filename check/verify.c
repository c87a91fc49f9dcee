/*
 * gofips-check without a command: verifies. The flags, and what is to be
 * checked; run.c does the rest.
 */
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#include "check/check.h"

static const char help[] =
"usage: gofips-check [flags] FILE|DIR...\n"
"Recomputes the sum over the FIPS 140 module of each Go binary and compares\n"
"it with the one its linker stored. Nothing is run, nothing is changed.\n"
"\n"
"  -v                    also ranges, sums, remarks, and what was skipped\n"
"      --quiet           print failures only\n"
"      --status          print nothing: the exit status says it all\n"
"      --json            one JSON object a line\n"
"      --policy NAME     integrity (default): the sum is right\n"
"                        module: and code of the FIPS module is linked in\n"
"                        certified: and it is a certified snapshot, on by\n"
"                        default\n"
"      --require COND    KEY=VALUE, KEY=/re/ or KEY=(element of a list),\n"
"                        over the fields of the JSON; may be repeated\n"
"      --modules FILE    the table of certified snapshots to use\n"
"      --files-from FILE names to check, a line each; - is standard input\n"
"  -0                    those names end with NUL instead\n"
"  -j, --threads N       default: all processors\n"
"      --pid PID         the module in a running process, against its file\n"
"      --explain CODE    the paragraph behind a reason code, or all\n"
"      --color WHEN      auto (default), always or never\n"
"  -h, --help            this text\n"
"      --version\n"
"\n"
"other commands: dump, nm, diff, seal; `gofips-check dump --help` and so on\n"
"exit status: 0 all verified; 1 something failed; 2 usage, a file that is\n"
"unreadable or not Go, or nothing to check\n"
"\n"
"  gofips-check ./server\n"
"  gofips-check --policy certified --json dist/ | jq -r .verdict\n"
"  gofips-check --require 'settings.DefaultGODEBUG=(fips140=on)' ./server\n"
"  find / -xdev -type f -print0 | gofips-check -0 --files-from - --quiet\n";

static _Noreturn void usage(const char *what, const char *arg,
			    const char *why)
{
	usage_error(NULL, what, arg, why);
}

/* ---- flags --------------------------------------------------------- */

static void set_color(Options *o, const char *when)
{
	if (!want_color(when, &o->style.color))
		usage("--color", when, "it must be auto, always or never");
}

static void set_policy(Options *o, const char *name)
{
	o->style.policy = name;
	o->policy = policy_by_name(name);
	if (!o->policy)
		usage("--policy", name, "it must be integrity, module or "
		      "certified");
}

static void set_modules(Options *o, const char *path)
{
	int line;
	const char *why = modules_read(path, &o->arena, &o->modules, &line);

	if (why) {
		fprintf(stderr, "gofips-check: %s:%d: %s\n", path, line, why);
		exit(2);
	}
}

static void set_threads(Options *o, const char *arg)
{
	char *end;
	unsigned long n = strtoul(arg, &end, 10);

	if (*end || n < 1 || n > 64)
		usage("--threads", arg, "it must be a number from 1 to 64");
	o->threads = (unsigned)n;
}

static void add_require(Options *o, const char *spec)
{
	const char *why;

	o->require = xrealloc(o->require, (o->nrequire + 1) *
			      sizeof *o->require);
	why = require_parse(&o->require[o->nrequire++], spec, &o->arena);
	if (why)
		usage("--require", spec, why);
}

static _Noreturn void explain_and_exit(const char *code)
{
	if (!explain_code(code))
		usage("--explain", code, "there is no such reason code");
	done(0);
}

enum { QUIET = 256, STATUS, JSON, POLICY, REQUIRE, MODULES, FILES_FROM,
	COLOR, EXPLAIN, PID, SHOW_VERSION };

static const struct option flags[] = {
	{"quiet", no_argument, NULL, QUIET},
	{"status", no_argument, NULL, STATUS},
	{"json", no_argument, NULL, JSON},
	{"policy", required_argument, NULL, POLICY},
	{"require", required_argument, NULL, REQUIRE},
	{"modules", required_argument, NULL, MODULES},
	{"files-from", required_argument, NULL, FILES_FROM},
	{"threads", required_argument, NULL, 'j'},
	{"color", required_argument, NULL, COLOR},
	{"pid", required_argument, NULL, PID},
	{"explain", required_argument, NULL, EXPLAIN},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, SHOW_VERSION},
	{NULL, 0, NULL, 0},
};

static void set_flag(Options *o, int flag, const char *arg)
{
	switch (flag) {
	case 'v': o->style.verbose = true; break;
	case '0': o->zero = true; break;
	case 'j': set_threads(o, arg); break;
	case QUIET: o->style.quiet = true; break;
	case STATUS: o->style.status = true; break;
	case JSON: o->style.json = true; break;
	case POLICY: set_policy(o, arg); break;
	case REQUIRE: add_require(o, arg); break;
	case MODULES: set_modules(o, arg); break;
	case FILES_FROM: o->files_from = arg; break;
	case COLOR: set_color(o, arg); break;
	case PID: o->pid = arg; break;
	case EXPLAIN: explain_and_exit(arg);
	case 'h': fputs(help, stdout); done(0);
	case SHOW_VERSION: puts("gofips-check " GOFIPS_VERSION); done(0);
	}
}

/* optopt is the letter of a short one, which may stand among others. */
static _Noreturn void bad_flag(char **argv, int c)
{
	char letter[] = {'-', (char)optopt, 0};

	usage(optopt > 0 && optopt < QUIET ? letter : argv[optind - 1], NULL,
	      c == ':' ? "it needs a value" :
	      "no such flag, or it takes no value");
}

static void parse_flags(Options *o, int argc, char **argv)
{
	int c;

	set_color(o, "auto");
	set_policy(o, "integrity");
	o->modules = modules_builtin();
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":v0j:h", flags, NULL)) != -1) {
		if (c == '?' || c == ':')
			bad_flag(argv, c);
		set_flag(o, c, optarg);
	}
}

static void collect(const Options *o, Inputs *in, int argc, char **argv)
{
	const char *why;

	if (optind == argc && !o->files_from)
		usage("no files named", NULL, NULL);
	if (o->zero && !o->files_from)
		usage("-0 needs --files-from", NULL, NULL);
	for (int i = optind; i < argc; i++)
		inputs_add(in, argv[i], o->style.verbose);
	if (o->files_from) {
		why = inputs_from(in, o->files_from, o->zero,
				  o->style.verbose);
		if (why)
			usage("--files-from", o->files_from, why);
	}
	inputs_once(in);
}

int verify_main(int argc, char **argv)
{
	Options o = {0};
	Inputs in = {0};

	parse_flags(&o, argc, argv);
	if (o.pid && optind < argc)
		usage("--pid", o.pid, "it takes no files");
	if (o.pid)
		return pid_main(o.pid, o.style.verbose);
	in.silent = o.style.status;
	collect(&o, &in, argc, argv);
	return run_checks(&o, &in);
}
