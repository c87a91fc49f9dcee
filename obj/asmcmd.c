/*
 * gofips-obj asm: with the flags of go tool asm.
 *
 * Source: cmd/asm/main.go, cmd/asm/internal/flags
 */
#include <stdlib.h>
#include <unistd.h>

#include "obj/asmcfg.h"
#include "obj/asmlex.h"
#include "obj/cmd.h"

static const char asm_flags[] =
"\n"
"  the flags of go tool asm:\n"
"  -o FILE -p IMPORTPATH -D NAME[=VALUE] -I DIR -trimpath LIST -shared\n"
"  -dynlink -linkshared -std -gensymabis -e -spectre LIST -V\n"
"\n"
"  -goversion VERSION    the release that the object is for; else that of\n"
"                        $GOROOT/VERSION\n"
"  --list                prints the forms of instructions that there are\n"
"  -d LIST               fipshash=PATTERN: leaves FIPS symbols out\n"
"\n"
"GOOS, GOARCH, GOAMD64, GOARM64 and GOEXPERIMENT say what is built for.\n";

typedef struct {
	const char *out, *pkg, *trimpath, *spectre, *debug, *version;
	bool shared, dynlink, linkshared, std, symabis, all, list, print;
	bool help, bisecting;
	/* what is wrong: with the flags, or with an argument */
	const char *usage, *usage_arg;
	const char **include;
	size_t ninclude;
	AsmDefine *define;
	size_t ndefine, capdefine;
	Arena arena;
} Args;

static void add_define(Args *a, View name, View value)
{
	if (a->ndefine == a->capdefine) {
		a->capdefine = a->capdefine ? 2 * a->capdefine : 32;
		a->define = xrealloc(a->define,
				     a->capdefine * sizeof *a->define);
	}
	a->define[a->ndefine++] = (AsmDefine){name, value};
}

/* NAME, or NAME=VALUE. */
static void define(Args *a, const char *arg)
{
	View v = view_str(arg), name = v, value = view_str("1");
	size_t eq = view_index(v, 0, '=');

	if (eq > 0 && eq < v.n) {
		view_sub(v, 0, eq, &name);
		view_sub(v, eq + 1, v.n - eq - 1, &value);
	}
	add_define(a, name, value);
}

static void include(Args *a, const char *arg)
{
	a->include = xrealloc(a->include,
			      (a->ninclude + 1) * sizeof *a->include);
	a->include[a->ninclude++] = arg;
}

/* ---- Go's way with flags: -x, --x, -x=v, -x v ------------------------------- */

static const struct {
	const char *name;
	size_t at;
	bool value;
} flags[] = {
	{"o", offsetof(Args, out), true}, {"p", offsetof(Args, pkg), true},
	{"trimpath", offsetof(Args, trimpath), true},
	{"spectre", offsetof(Args, spectre), true},
	{"d", offsetof(Args, debug), true},
	{"goversion", offsetof(Args, version), true},
	{"shared", offsetof(Args, shared), false},
	{"dynlink", offsetof(Args, dynlink), false},
	{"linkshared", offsetof(Args, linkshared), false},
	{"std", offsetof(Args, std), false},
	{"gensymabis", offsetof(Args, symabis), false},
	{"e", offsetof(Args, all), false}, {"list", offsetof(Args, list),
	false}, {"V", offsetof(Args, print), false},
	{"help", offsetof(Args, help), false},
	{"h", offsetof(Args, help), false},
};

static bool truth(View v, bool *b)
{
	*b = view_is(v, "true") || view_is(v, "1") || view_is(v, "t");
	return *b || view_is(v, "false") || view_is(v, "0") ||
		view_is(v, "f");
}

/* A further -d adds to the first. */
static const char *joined(Args *a, const char *more)
{
	Buf b = {0};
	char *s;

	buf_printf(&b, "%s,%s", a->debug, more);
	s = arena_str(&a->arena, view_of(b.p, b.n));
	buf_free(&b);
	return s;
}

/* One flag: name without dashes, value if there was a =. Returns how many
 * arguments were used, 0 if it is none. */
static int flag(Args *a, View name, const char *value, const char *next)
{
	bool multi = view_is(name, "D") || view_is(name, "I");
	const char *v = value ? value : next;
	int used = value ? 1 : 2;

	if (multi && v) {
		if (name.p[0] == 'D')
			define(a, v);
		else
			include(a, v);
		return used;
	}
	for (size_t i = 0; i < NELEM(flags); i++) {
		char *at = (char *)a + flags[i].at;

		if (!view_is(name, flags[i].name))
			continue;
		if (flags[i].value) {
			if (!v)
				return 0;
			if (flags[i].at == offsetof(Args, debug) && a->debug)
				v = joined(a, v);
			memcpy(at, &v, sizeof v);
			return used;
		}
		if (view_is(name, "V") && value) {
			a->print = true;
			return 1;
		}
		*(bool *)at = true;
		return value && !truth(view_str(value), (bool *)at) ? 0 : 1;
	}
	return 0;
}

/* Returns the index of the first file, 0 if something is wrong. */
static int parse(Args *a, int argc, char **argv)
{
	int i = 1;

	while (i < argc && argv[i][0] == '-' && argv[i][1]) {
		const char *s = argv[i] + (argv[i][1] == '-' ? 2 : 1);
		const char *eq = strchr(s, '=');
		View name = view_of(s, eq ? (size_t)(eq - s) : strlen(s));
		int used;

		if (name.n == 0)
			return i + 1;
		used = flag(a, name, eq ? eq + 1 : NULL,
			    i + 1 < argc ? argv[i + 1] : NULL);
		if (used == 0) {
			a->usage = "that is no flag, or it lacks its value:";
			a->usage_arg = argv[i];
			return 0;
		}
		i += used;
	}
	return i;
}

/* ---- what they mean ------------------------------------------------------------ */

/* foo.o in this directory for /a/b/foo.s. */
static const char *output_name(Args *a, const char *file)
{
	const char *base = strrchr(file, '/');
	View v = view_str(base ? base + 1 : file);
	Buf b = {0};
	char *s;

	if (view_suffix(v, ".s"))
		v.n -= 2;
	buf_add(&b, v);
	buf_str(&b, ".o");
	s = arena_str(&a->arena, view_of(b.p, b.n));
	buf_free(&b);
	return s;
}

/* Assembly of the runtime may ask for experiments. */
static void define_experiments(Args *a, const AsmConfig *g)
{
	const char *name;
	Buf b = {0};

	if (!asm_allow_abi(g->release, view_str(a->pkg)))
		return;
	for (size_t i = 0; (name = asm_experiment(g, i)); i++) {
		if (!*name)
			continue;
		b.n = 0;
		buf_printf(&b, "GOEXPERIMENT_%s", name);
		add_define(a, view_of(arena_str(&a->arena,
						view_of(b.p, b.n)), b.n),
			   view_str("1"));
	}
	buf_free(&b);
}

/* NAME, NAME=VALUE or NAME:VALUE, separated by commas. What changes code or
 * prints (maymorestack, pctab) is not done here, so it is refused. */
static bool debug_known(View list)
{
	static const char *const known[] = {"fipshash",
		"compressinstructions"};	/* riscv64's */

	for (size_t at = 0; at <= list.n;) {
		size_t end = view_index(list, at, ','), n = 0;
		bool hit = end == at;
		View v;

		view_sub(list, at, end - at, &v);
		while (n < v.n && v.p[n] != '=' && v.p[n] != ':')
			n++;
		v.n = n;
		for (size_t i = 0; i < NELEM(known); i++)
			hit = hit || view_is(v, known[i]);
		if (!hit)
			return false;
		at = end + 1;
	}
	return true;
}

/* What is asked for in words: with any others, refused. */
static const char *bad_setting(const Args *a)
{
	static const char *const spectre[] = {"", "index", "ret", "all"};
	bool known = !a->spectre;

	for (size_t i = 0; i < NELEM(spectre); i++)
		known = known || strcmp(a->spectre, spectre[i]) == 0;
	if (!known)
		return "a setting of -spectre that is not known";
	if (a->debug && !debug_known(view_str(a->debug)))
		return "a setting of -d that is not known";
	return NULL;
}

static bool bisection(Args *a, Bisect *m, const Bisect **use)
{
	const char *env = getenv("GOCOMPILEDEBUG");
	View pattern = {0};

	*use = NULL;
	if (a->debug)
		bisect_option(view_str(a->debug), &pattern);
	if (env)
		bisect_option(view_str(env), &pattern);
	if (pattern.n == 0)
		return true;
	a->usage = bisect_parse(m, pattern, &a->arena);
	a->usage_arg = arena_str(&a->arena, pattern);
	a->bisecting = true;
	*use = m;
	return !a->usage;
}

static int write_result(Args *a, AsmResult *res, const char *file)
{
	const char *to = a->out ? a->out : output_name(a, file);
	const char *why = cmd_write_file(to, view_of(res->out.p, res->out.n));

	if (why)
		buf_printf(&res->messages, "asm: %s: %s\n", to, why);
	return why ? 2 : 0;
}

static AsmFlags flags_of(const Args *a, const AsmConfig *g)
{
	const char *sp = a->spectre ? a->spectre : "";

	return (AsmFlags){
		.release = g->release, .arch = asm_arch(g->goarch),
		.goos = g->goos, .goarch = g->goarch,
		.pkgpath = view_str(a->pkg),
		.shared = a->shared || a->dynlink, .dynlink = a->dynlink,
		.std = a->std, .gensymabis = a->symabis,
		.all_errors = a->all, .linkshared = a->linkshared,
		.trimpath = view_str(a->trimpath ? a->trimpath : ""),
		.include = a->include, .ninclude = a->ninclude,
		.define = a->define, .ndefine = a->ndefine,
		.goamd64 = g->goamd64, .arm64_lse = g->lse,
		.dwarf5 = asm_has_dwarf5(g),
		.spectre_ret = strcmp(sp, "all") == 0 ||
			strcmp(sp, "ret") == 0,
	};
}

static int assemble(Args *a, const AsmConfig *g, char **files, int n,
		    AsmResult *res)
{
	char cwd[4096];
	Bisect m;
	AsmFlags f;

	define_experiments(a, g);
	f = flags_of(a, g);
	f.cwd = view_str(getcwd(cwd, sizeof cwd) ? cwd : "/\?\?\?");
	if (!bisection(a, &m, &f.bisect))
		return 2;
	if (!a->symabis)
		asm_header(&res->out, g);
	asm_files(res, &f, files, (size_t)n);
	if (res->errors == 0)
		return write_result(a, res, files[0]);
	buf_printf(&res->messages, "asm: assembly of %s failed\n", files[0]);
	return 1;
}

static int print_forms(const AsmConfig *g)
{
	Buf out = {0};

	asm_arch(g->goarch)->list(&out);
	cmd_flush(&out);
	return 0;
}

static int with_args(Args *a, int argc, char **argv, const char *root,
		     AsmResult *res)
{
	int first = parse(a, argc, argv), n = argc - first;
	AsmConfig g = {.version = ""};

	if (first == 0 || a->help)
		return first ? 0 : 2;
	a->usage = bad_setting(a);
	if (!a->usage)
		a->usage = asm_target(&g);
	if (!a->usage && !asm_arch(g.goarch))
		a->usage = "an architecture that cannot be assembled for";
	if (!a->usage && a->list)
		return print_forms(&g);	/* they are those of all releases */
	if (!a->usage)
		a->usage = asm_config(&g, a->version, root);
	if (!a->usage && a->print)
		return printf("asm version %s\n", g.version) < 0;
	if (!a->usage && (n < 1 || (n > 1 && !a->out)))
		a->usage = "a file expected, or -o and several";
	if (a->usage)
		return 2;
	if (!a->pkg)
		a->pkg = "<unlinkable>";
	return assemble(a, &g, argv + first, n, res);
}

static void free_args(Args *a, AsmResult *res)
{
	buf_free(&res->out);
	buf_free(&res->messages);
	buf_free(&res->report);
	free(a->define);
	free(a->include);
	arena_free(&a->arena);
}

static void complain(const Buf *b)
{
	if (b->n)
		fwrite(b->p, 1, b->n, stderr);
}

static int run_asm(int argc, char **argv)
{
	Args a = {.out = NULL};
	AsmResult res = {0};
	int status = with_args(&a, argc, argv, getenv("GOROOT"), &res);

	if (a.help)
		status = cmd_help(&cmd_asm, asm_flags);
	if (a.usage)
		status = cmd_usage(&cmd_asm, a.usage, a.usage_arg);
	complain(&res.report);
	complain(&res.messages);
	free_args(&a, &res);
	return cmd_done(status);
}

static void reason(Buf *why, const Args *a, const AsmResult *res)
{
	View v = view_of(res->messages.p, res->messages.n);

	if (a->usage && a->usage_arg)
		buf_printf(why, "%s %s", a->usage, a->usage_arg);
	else if (a->usage)
		buf_str(why, a->usage);
	else if (v.n)
		buf_add(why, view_of(v.p, view_index(v, 0, '\n')));
}

int asm_quietly(int argc, char **argv, const char *root, Buf *why)
{
	Args a = {.out = NULL};
	AsmResult res = {0};
	int status = with_args(&a, argc, argv, root, &res);

	reason(why, &a, &res);
	if (a.help || (status && (a.usage || !a.bisecting)))
		status = -1;
	if (status >= 0)
		complain(&res.report);
	if (status > 0)
		complain(&res.messages);
	free_args(&a, &res);
	return status;
}

const Cmd cmd_asm = {"asm", "[flags of go tool asm] FILE.s...",
	"Assembles for amd64 and arm64, byte for byte as Go does.", run_asm};
