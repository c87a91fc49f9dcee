/*
 * Experiments: which are on without being asked for, what GOEXPERIMENT makes
 * of them, and how they are written down. Objects list all that are on in
 * their header line; a program's version lists those that differ from the
 * release's own choice, so a list alone does not tell: the choice is needed.
 *
 * internal/buildcfg/exp.go.
 */
#include "objabi/objabi.h"

enum { NONE, NO, YES, REGABI, XCHG8, DWARF5 };

typedef struct {
	const char *name;
	u8 on[NGO];
} Experiment;

static const Experiment table[] = {
#define EXPERIMENT(name, ...) {#name, {__VA_ARGS__}},
#include "objabi/experiment.def"
#undef EXPERIMENT
};

_Static_assert(NELEM(table) <= 32, "Experiments has 32 bits");

static bool among(const char *const *names, size_t n, View v)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (view_is(v, names[i]))
			return true;
	return false;
}

/* Up to 1.25 s390x had none; 1.26 has it unless told otherwise. */
static bool regabi(Release r, View goarch)
{
	static const char *const archs[] = {"amd64", "arm64", "loong64",
		"ppc64le", "ppc64", "riscv64", "s390x"};

	return among(archs, NELEM(archs) - (r < GO126), goarch);
}

static bool by_default(u8 on, Release r, View goos, View goarch)
{
	static const char *const xchg8[] = {"386", "amd64", "arm", "arm64",
		"ppc64le", "ppc64"};
	static const char *const dwarf4[] = {"darwin", "ios", "aix"};

	switch (on) {
	case REGABI: return regabi(r, goarch);
	case XCHG8: return among(xchg8, NELEM(xchg8), goarch);
	case DWARF5: return !among(dwarf4, NELEM(dwarf4), goos);
	default: return on == YES;
	}
}

Experiments experiments_baseline(Release r, View goos, View goarch)
{
	Experiments e = 0;
	size_t i;

	for (i = 0; i < NELEM(table); i++)
		if (by_default(table[i].on[r], r, goos, goarch))
			e |= UINT32_C(1) << i;
	return e;
}

/* Bits of the name, 0 if the release has no such experiment. */
static Experiments bits_of(Release r, View name)
{
	Experiments e = 0;
	size_t i;

	for (i = 0; i < NELEM(table); i++)
		if (table[i].on[r] != NONE &&
		    (view_is(name, table[i].name) ||
		     (view_is(name, "regabi") && table[i].on[r] == REGABI)))
			e |= UINT32_C(1) << i;
	return e;
}

/* The part of v from *at to the next comma. */
static View next(View v, size_t *at)
{
	size_t end = view_index(v, *at, ',');
	View part = {0};

	view_sub(v, *at, end - *at, &part);
	*at = end + 1;
	return part;
}

bool experiments_parse(Release r, View goos, View goarch, View list,
		       Experiments *e, View *unknown)
{
	Experiments forced = bits_of(r, view_str("regabi"));
	size_t at = 0;

	while (at < list.n) {
		View name = next(list, &at);
		bool off = view_prefix(name, "no");
		Experiments x;

		*unknown = name;
		if (name.n == 0)
			continue;
		if (view_is(name, "none")) {
			*e = 0;
			continue;
		}
		if (off)
			view_sub(name, 2, name.n - 2, &name);
		x = bits_of(r, name);
		if (!x)
			return false;
		*e = off ? *e & ~x : *e | x;
	}
	/* s390x of 1.26 alone may choose. */
	if (!regabi(r, goarch))
		*e &= ~forced;
	else if (!(r == GO126 && view_is(goarch, "s390x")))
		*e |= forced;
	(void)goos;
	return true;
}

void experiments_print(Buf *out, Release r, Experiments e, Experiments base)
{
	const char *sep = "";
	size_t i;

	for (i = 0; i < NELEM(table); i++) {
		Experiments x = UINT32_C(1) << i;

		if (table[i].on[r] == NONE || !((e ^ base) & x))
			continue;
		buf_printf(out, "%s%s%s", sep, e & x ? "" : "no",
			   table[i].name);
		sep = ",";
	}
}
