/*
 * What an assembler takes from its environment: the release, GOOS, GOARCH,
 * GOAMD64, GOARM64, and the experiments that are on.
 *
 *     go object linux amd64 go1.27.4 GOAMD64=v1 X:regabiwrappers,...
 *
 * is the first line of its objects; a linker refuses others than its own.
 * The experiments that are on without being asked for are a table here.
 *
 * Source: internal/buildcfg/cfg.go, exp.go; the order of the experiments
 * from internal/goexperiment/flags.go; HeaderString in cmd/internal/objabi
 */
#include <stdlib.h>
#include <unistd.h>

#include "obj/asmcfg.h"

/* Bits: releases. */
enum { R24 = 1, R25 = 2, R26 = 4, R27 = 8, ALL = 15 };

static const struct {
	const char *name;
	u8 exists, on;
} experiments[] = {
	{"fieldtrack", ALL, 0}, {"preemptibleloops", ALL, 0},
	{"staticlockranking", ALL, 0}, {"boringcrypto", ALL, 0},
	{"regabiwrappers", ALL, ALL}, {"regabiargs", ALL, ALL},
	{"heapminimum512kib", ALL, 0}, {"coverageredesign", R24, R24},
	{"arenas", ALL, 0}, {"cgocheck2", ALL, 0}, {"loopvar", ALL, 0},
	{"cacheprog", R24 | R25, 0}, {"newinliner", ALL, 0},
	{"rangefunc", R24 | R25, 0},
	{"aliastypeparams", R24 | R25, R24 | R25},
	{"swissmap", R24 | R25, R24 | R25}, {"spinbitmutex", R24, R24},
	{"synchashtriemap", R24 | R25, R24 | R25},
	{"synctest", R24 | R25, 0},
	{"dwarf5", R25 | R26 | R27, R25 | R26 | R27},
	{"jsonv2", R25 | R26 | R27, R27},
	{"greenteagc", R25 | R26 | R27, R26 | R27},
	{"randomizedheapbase64", R26 | R27, R26 | R27},
	{"runtimefreegc", R26 | R27, 0},
	{"sizespecializedmalloc", R26 | R27, R27},
	{"goroutineleakprofile", R26, 0}, {"simd", R26 | R27, 0},
	{"runtimesecret", R26 | R27, 0}, {"mapsplitgroup", R27, 0},
};

enum { NEXP = NELEM(experiments) };
_Static_assert((int)NEXP <= (int)ASM_MAXEXP, "room for the experiments");

static u8 bit(Release r)
{
	return (u8)(1u << r);
}

/* DWARF 5 is not for systems whose tools cannot read it. */
static bool on_by_default(const AsmConfig *g, size_t i)
{
	bool old = view_is(g->goos, "darwin") || view_is(g->goos, "ios") ||
		view_is(g->goos, "aix");

	return (experiments[i].on & bit(g->release)) &&
		!(old && strcmp(experiments[i].name, "dwarf5") == 0);
}

static bool set_experiment(AsmConfig *g, View word)
{
	bool on = true, known = false, regabi;
	View w = word;

	if (view_is(word, "none")) {
		memset(g->exp, 0, sizeof g->exp);
		return true;
	}
	if (view_prefix(w, "no")) {
		on = false;
		view_sub(w, 2, w.n - 2, &w);
	}
	regabi = view_is(w, "regabi");
	for (size_t i = 0; i < NEXP; i++)
		if ((experiments[i].exists & bit(g->release)) &&
		    (view_is(w, experiments[i].name) ||
		     (regabi && strncmp(experiments[i].name, "regabi",
					6) == 0))) {
			g->exp[i] = on;
			known = true;
		}
	return known;
}

static const char *read_experiments(AsmConfig *g)
{
	const char *env = getenv("GOEXPERIMENT");
	View v = view_str(env ? env : ""), w;
	size_t end;

	for (size_t i = 0; i < NEXP; i++)
		g->exp[i] = on_by_default(g, i);
	for (size_t at = 0; at < v.n; at = end + 1) {
		end = view_index(v, at, ',');
		view_sub(v, at, end - at, &w);
		if (w.n && !set_experiment(g, w))
			return "unknown GOEXPERIMENT";
	}
	/* On every architecture that we know. */
	for (size_t i = 0; i < NEXP; i++)
		g->exp[i] |= strncmp(experiments[i].name, "regabi", 6) == 0;
	return NULL;
}

const char *asm_experiment(const AsmConfig *g, size_t i)
{
	return i >= NEXP ? NULL : g->exp[i] ? experiments[i].name : "";
}

/* ---- levels of the architecture -------------------------------------------- */

static const char *read_goamd64(AsmConfig *g, const char *v)
{
	if (strlen(v) != 2 || v[0] != 'v' || v[1] < '1' || v[1] > '4')
		return "invalid GOAMD64: must be v1, v2, v3, v4";
	g->goamd64 = (unsigned)(v[1] - '0');
	snprintf(g->level, sizeof g->level, "GOAMD64=%s", v);
	return NULL;
}

static bool cut(View *v, const char *suffix)
{
	if (!view_suffix(*v, suffix))
		return false;
	v->n -= strlen(suffix);
	return true;
}

static const char *read_goarm64(AsmConfig *g, const char *env)
{
	View v = view_str(env);
	bool lse = false, crypto = false, good;

	while (cut(&v, ",lse") ? (lse = true) : cut(&v, ",crypto") ?
	       (crypto = true) : false)
		;
	good = v.n == 4 && v.p[0] == 'v' && v.p[2] == '.' &&
		((v.p[1] == '8' && v.p[3] >= '0' && v.p[3] <= '9') ||
		 (v.p[1] == '9' && v.p[3] >= '0' && v.p[3] <= '5'));
	if (!good)
		return "invalid GOARM64: must start with v8.{0-9} or "
			"v9.{0-5} and may optionally end in ,lse and/or "
			",crypto";
	g->lse = lse || !(v.p[1] == '8' && v.p[3] == '0');
	snprintf(g->level, sizeof g->level, "GOARM64=%.4s%s%s",
		 (const char *)v.p, g->lse ? ",lse" : "",
		 crypto ? ",crypto" : "");
	return NULL;
}

static const struct {
	const char *goarch, *var, *standard;
	const char *(*read)(AsmConfig *, const char *);
} levels[] = {
	{"amd64", "GOAMD64", "v1", read_goamd64},
	{"arm64", "GOARM64", "v8.0", read_goarm64},
};

static const char *read_level(AsmConfig *g)
{
	for (size_t i = 0; i < NELEM(levels); i++) {
		const char *env = getenv(levels[i].var);

		if (view_is(g->goarch, levels[i].goarch))
			return levels[i].read(g, env && *env ? env :
					      levels[i].standard);
	}
	return "an architecture that cannot be assembled for";
}

/* ---- the release ------------------------------------------------------------- */

/* The first line of root's VERSION. */
static const char *read_version(AsmConfig *g, const char *root)
{
	char path[4000];
	size_t size;
	int fd;

	if (!root || !*root)
		return "neither -goversion nor $GOROOT says which release";
	if (snprintf(path, sizeof path, "%s/VERSION", root) >=
	    (int)sizeof path)
		return "GOROOT is too long";
	if (file_begin(path, &fd, &size))
		return "$GOROOT/VERSION cannot be read";
	if (size >= sizeof g->version)
		size = sizeof g->version - 1;
	if (file_finish(fd, g->version, size))
		return "$GOROOT/VERSION cannot be read";
	g->version[view_index(view_of(g->version, size), 0, '\n')] = 0;
	return NULL;
}

static const char *host_arch(void)
{
#if defined(__aarch64__)
	return "arm64";
#else
	return "amd64";
#endif
}

const char *asm_target(AsmConfig *g)
{
	const char *os = getenv("GOOS"), *arch = getenv("GOARCH");

	g->goos = view_str(os && *os ? os : "linux");
	g->goarch = view_str(arch && *arch ? arch : host_arch());
	return goos_by_name(g->goos) ? NULL : "unknown GOOS";
}

const char *asm_config(AsmConfig *g, const char *goversion, const char *root)
{
	const char *why;

	if (goversion)
		snprintf(g->version, sizeof g->version, "%s", goversion);
	why = goversion ? NULL : read_version(g, root);
	if (!why && !release_of(view_str(g->version), &g->release))
		why = "a release that the tables do not have";
	if (!why)
		why = read_level(g);
	if (!why)
		why = read_experiments(g);
	return why;
}

void asm_header(Buf *out, const AsmConfig *g)
{
	const char *sep = "";

	buf_str(out, "go object ");
	buf_add(out, g->goos);
	buf_str(out, " ");
	buf_add(out, g->goarch);
	buf_printf(out, " %s %s X:", g->version, g->level);
	for (size_t i = 0; i < NEXP; i++)
		if (g->exp[i]) {
			buf_printf(out, "%s%s", sep, experiments[i].name);
			sep = ",";
		}
	buf_str(out, "\n!\n");
}

bool asm_has_dwarf5(const AsmConfig *g)
{
	for (size_t i = 0; i < NEXP; i++)
		if (strcmp(experiments[i].name, "dwarf5") == 0)
			return g->exp[i];
	return false;
}
