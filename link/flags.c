/*
 * The command line: cmd/link's flags, in the syntax of Go's flag package
 * (-x, --x, -x=value, -x value; booleans only with =; "--" or the first
 * argument that is no flag ends them), as a table: flag.def.
 *
 * cmd/link/internal/ld/main.go; flag/flag.go.
 */
#include <stdlib.h>

#include "link/link.h"

typedef enum { BOOL, STR, INT, FN } FlagType;
typedef enum { IS, NOOP, HAND, OURS } FlagDoes;

/* Flags, and places for values that nobody reads. */
typedef struct {
	Link *L;
	Flags *f;
	const char *name;	/* of the flag being set */
} Setting;

typedef struct {
	const char *name;
	FlagType type;
	FlagDoes does;
	size_t off;	/* in Flags */
	void (*set)(Setting *s, const char *value);
	bool arg;	/* FN: takes one */
	const char *help;
} FlagRow;

static _Noreturn void usage(int status);

static _Noreturn void bad_value(const Setting *s, const char *value,
				const char *why)
{
	fprintf(stderr, "invalid value \"%s\" for flag -%s: %s\n", value,
		s->name, why);
	usage(2);
}

/* ---- values ---------------------------------------------------------- */

static bool parse_bool(const char *s, bool *b)
{
	static const char *const yes[] = {"1", "t", "T", "true", "TRUE",
		"True"};
	static const char *const no[] = {"0", "f", "F", "false", "FALSE",
		"False"};
	size_t i;

	for (i = 0; i < NELEM(yes); i++) {
		*b = strcmp(s, yes[i]) == 0;
		if (*b || strcmp(s, no[i]) == 0)
			return true;
	}
	return false;
}

/* strconv.ParseInt(s, 0, 64), without underscores. */
static bool parse_int(const char *s, i64 *x)
{
	const char *digits = s + (*s == '-' || *s == '+');
	int base = 0;
	char *end;
	long long v;

	if (digits[0] == '0' && (digits[1] | 32) == 'b')
		base = 2;
	if (digits[0] == '0' && (digits[1] | 32) == 'o')
		base = 8;
	if (!*digits)
		return false;
	v = strtoll(base ? digits + 2 : s, &end, base);
	*x = base && *s == '-' ? -v : v;
	return !*end && end != s;
}

/* ---- flags with a function ------------------------------------------- */

static void set_headtype(Setting *s, const char *v)
{
	if (*v && strcmp(v, "linux") != 0)
		hand_over(s->L, "-H %s", v);
}

static void set_libdir(Setting *s, const char *v)
{
	Flags *f = s->f;

	f->libdir = mem_grow(&s->L->mem, f->libdir, f->nlibdir,
			     &f->caplibdir, sizeof *f->libdir);
	f->libdir[f->nlibdir++] = v;
}

/* The version of Go is that of the objects; there is none before. */
static void set_version(Setting *s, const char *v)
{
	(void)s;
	(void)v;
	puts("link version go1.27 gofips-link-" GOFIPS_VERSION);
	exit(0);
}

static void set_ourversion(Setting *s, const char *v)
{
	(void)s;
	(void)v;
	puts("gofips-link " GOFIPS_VERSION);
	exit(0);
}

static void set_strdata(Setting *s, const char *v)
{
	const char *eq = strchr(v, '=');
	const char *dot = eq ? memrchr(v, '.', (size_t)(eq - v)) : NULL;

	if (!dot)
		link_exitf(s->L, "-X flag requires argument of the form "
			   "importpath.name=value");
	addstrdata1(s->L, view_str(v));
}

static void set_aslr(Setting *s, const char *v)
{
	bool on;

	if (!parse_bool(v, &on))
		bad_value(s, v, "parse error");
	if (!on) {
		link_errorf(s->L, "-aslr=false is only allowed for "
			    "-buildmode=c-shared");
		usage(2);
	}
}

static void set_buildmode(Setting *s, const char *v)
{
	static const char *const other[] = {"c-archive", "c-shared",
		"shared", "plugin"};
	size_t i;

	s->f->pie = strcmp(v, "pie") == 0;
	if (s->f->pie || strcmp(v, "exe") == 0)
		return;
	for (i = 0; i < NELEM(other); i++)
		if (strcmp(v, other[i]) == 0)
			hand_over(s->L, "-buildmode=%s", v);
	fprintf(stderr, "invalid value \"%s\" for flag -buildmode: "
		"invalid buildmode: \"%s\"\n", v, v);
	usage(2);
}

static void set_linkmode(Setting *s, const char *v)
{
	if (strcmp(v, "external") == 0)
		hand_over(s->L, "-linkmode=external");
	if (strcmp(v, "auto") != 0 && strcmp(v, "internal") != 0) {
		fprintf(stderr, "invalid value \"%s\" for flag -linkmode: "
			"invalid linkmode: \"%s\"\n", v, v);
		usage(2);
	}
	s->f->internal = strcmp(v, "internal") == 0;
}

static void set_importcfg(Setting *s, const char *v)
{
	s->f->importcfg = v;
	read_importcfg(s->L, v);
}

/* The go command gives "shared" for pie. It is a part of directories that
 * are only looked into without an importcfg. */
static void set_installsuffix(Setting *s, const char *v)
{
	static const char *const other[] = {"race", "msan", "asan"};
	size_t i;

	for (i = 0; i < NELEM(other); i++)
		if (strstr(v, other[i]))
			hand_over(s->L, "-installsuffix=%s", v);
	s->f->installsuffix = v;
}

static void set_out(Setting *s, const char *v)
{
	s->f->out = v;
}

static void set_w(Setting *s, const char *v)
{
	bool on;

	if (!parse_bool(v, &on))
		bad_value(s, v, "strconv.ParseBool: parsing");
	s->f->w = on;
	s->f->w_given = true;
}

static void set_why(Setting *s, const char *v)
{
	s->f->why = v;
}

static void set_repro(Setting *s, const char *v)
{
	s->f->repro = v;
}

static void set_help(Setting *s, const char *v)
{
	(void)s;
	(void)v;
	usage(0);
}

/* ---- the table -------------------------------------------------------- */

#define offset_BOOL(t) offsetof(Flags, t)
#define offset_STR(t) offsetof(Flags, t)
#define offset_INT(t) offsetof(Flags, t)
#define offset_FN(t) 0
#define fn_BOOL(t) NULL
#define fn_STR(t) NULL
#define fn_INT(t) NULL
#define fn_FN(t) set_##t

static const FlagRow flag_table[] = {
#define FLAG(name, type, target, does, help) {#name, type, does, \
	offset_##type(target), fn_##type(target), true, help},
#include "link/flag.def"
#undef FLAG
};

/* Functions that are booleans on the command line. */
static bool is_bool(const FlagRow *r)
{
	return r->type == BOOL || r->set == set_w || r->set == set_aslr ||
		r->set == set_version || r->set == set_ourversion ||
		r->set == set_help;
}

static const char examples[] =
"\n"
"  go build -toolexec=gofips-link ./cmd/prog    # as the go command's linker\n"
"  gofips-link -importcfg importcfg.link -o prog main.a\n"
"  gofips-link --stats ...; gofips-link --why reflect.Value.Method ...\n"
"\n"
"environment: GOFIPS_LINK_REAL (the real linker, for what is not supported),\n"
"GOFIPS_LINK_STRICT=1 (then that is an error), GOFIPS_LINK_QUIET=1,\n"
"GOFIPS_LINK_TAG=1, GOFIPS_LINK_LOG=file; GOROOT, GO_EXTLINK_ENABLED\n"
"exit status: 0 linked; 1, 2 as cmd/link\n";

static void usage(int status)
{
	FILE *to = status ? stderr : stdout;
	size_t i;

	fputs("usage: gofips-link [flags] main.a\n"
	      "Links Go programs, byte for byte as go tool link of Go 1.27.\n"
	      "\n", to);
	for (i = 0; i < NELEM(flag_table); i++) {
		const FlagRow *r = &flag_table[i];

		if (r->does == IS || r->does == OURS)
			fprintf(to, "  -%-14s %s\n", r->name, r->help);
	}
	fputs(examples, to);
	exit(status);
}

static const FlagRow *find(const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < NELEM(flag_table); i++)
		if (strlen(flag_table[i].name) == n &&
		    memcmp(flag_table[i].name, name, n) == 0)
			return &flag_table[i];
	fprintf(stderr, "flag provided but not defined: -%.*s\n", (int)n,
		name);
	usage(2);
}

static void set(Setting *s, const FlagRow *r, const char *value)
{
	u8 *at = (u8 *)s->f + r->off;
	View v = view_str(value);
	bool b = false;
	i64 i = 0;

	s->name = r->name;
	switch (r->type) {
	case FN:
		r->set(s, value);
		return;
	case BOOL:
		if (!parse_bool(value, &b)) {
			fprintf(stderr, "invalid boolean value \"%s\" for "
				"-%s: parse error\n", value, r->name);
			usage(2);
		}
		memcpy(at, &b, sizeof b);
		break;
	case INT:
		if (!parse_int(value, &i))
			bad_value(s, value, "parse error");
		memcpy(at, &i, sizeof i);
		break;
	case STR:
		memcpy(at, &v, sizeof v);
	}
	if (r->does == HAND && (b || i || (r->type == STR && v.n)))
		hand_over(s->L, "-%s", r->name);
}

/* Takes the flag at argv[i]; the index of what follows. */
static int one_flag(Setting *s, int argc, char **argv, int i)
{
	const char *name = argv[i] + 1 + (argv[i][1] == '-');
	const char *eq = strchr(name, '=');
	size_t n = eq ? (size_t)(eq - name) : strlen(name);
	const FlagRow *r;

	if (n == 0 || *name == '-') {
		fprintf(stderr, "bad flag syntax: %s\n", argv[i]);
		usage(2);
	}
	r = find(name, n);
	if (eq) {
		set(s, r, eq + 1);
		return i + 1;
	}
	if (is_bool(r)) {
		set(s, r, "true");
		return i + 1;
	}
	if (i + 1 == argc) {
		fprintf(stderr, "flag needs an argument: -%s\n", r->name);
		usage(2);
	}
	set(s, r, argv[i + 1]);
	return i + 2;
}

/* ---- what follows from the flags -------------------------------------- */

static bool power_of_two(i64 x)
{
	return x > 0 && !(x & (x - 1));
}

static void check(Link *L)
{
	const Flags *f = &L->flag;

	if (f->round != -1 && (f->round < 4096 || !power_of_two(f->round)))
		link_exitf(L, "invalid -R value 0x%llx",
			   (unsigned long long)f->round);
	if (f->funcalign != 0 && !power_of_two(f->funcalign))
		link_exitf(L, "invalid -funcalign value %lld",
			   (long long)f->funcalign);
	if (f->nthreads < 0 || f->nthreads > 1024)
		link_exitf(L, "invalid -threads value %lld",
			   (long long)f->nthreads);
}

static void from_environment(Link *L)
{
	Flags *f = &L->flag;
	const char *s;

	s = getenv("GOROOT");
	f->goroot = view_str(s ? s : "");
	s = getenv("GOFIPS_LINK_QUIET");
	f->quiet = s && *s;
	s = getenv("GOFIPS_LINK_STRICT");
	f->strict = s && strcmp(s, "1") == 0;
	s = getenv("GOFIPS_LINK_REAL");
	if (!f->real && s && *s)
		f->real = s;
	s = getenv("GO_EXTLINK_ENABLED");
	f->external = s && strcmp(s, "1") == 0;
}

/* The first two of the strings to be set are the linker's own; the version
 * is put in when the first object has told it (set_target). */
static void own_strdata(Link *L)
{
	if (L->flag.goroot.n)
		addstrdata1(L, mem_printf(&L->mem, "runtime.defaultGOROOT=%s",
					  (const char *)L->flag.goroot.p));
	addstrdata1(L, view_str("runtime.buildVersion="));
}

void parse_flags(Link *L, int argc, char **argv)
{
	Flags *f = &L->flag;
	Setting s = {L, f, ""};
	const char *lost;
	int i = 1;

	f->compressdwarf = f->checklinkname = f->prune = true;
	f->round = f->textaddr = f->dataaddr = -1;
	f->args = argv + 1;
	f->argv0 = argv[0];
	from_environment(L);
	own_strdata(L);
	lost = expand_args(&L->mem, &argc, &argv);
	if (lost)
		link_exitf(L, "open %s: cannot be read, or names itself",
			   lost);
	f->expanded = argv + 1;
	/* Go's -h, halt on error, is handed over; but here it asks for help. */
	if (argc == 2 && !strcmp(argv[1], "-h"))
		usage(2);
	while (i < argc && argv[i][0] == '-' && argv[i][1]) {
		if (strcmp(argv[i], "--") == 0) {
			i++;
			break;
		}
		i = one_flag(&s, argc, argv, i);
	}
	check(L);
	if (!f->w_given)
		f->w = f->s;
	if (argc - i != 1)
		usage(2);
	f->main = argv[i];
	if (!f->out)
		f->out = "a.out";
	if (!f->hostbuildid.n && f->buildid.n)
		f->hostbuildid = view_str("gobuildid");
	addbuildinfo(L);
	L->diag.limit = f->all_errors ? 0 : 20;
	if (f->external && !f->internal)
		hand_over(L, "GO_EXTLINK_ENABLED=1");
}
