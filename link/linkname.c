/*
 * Which references by name are allowed. A symbol of the standard library may
 * be referred to from another package (go:linkname, or from assembly) only
 * if its definition is marked for that: with go:linkname for everybody, with
 * go:linknamestd (Go 1.27) for the standard library. Some names are kept
 * for one package whatever their marks say: linkname.def.
 *
 * Source: checkLinkname in cmd/link/internal/loader/loader.go
 */
#include "link/load.h"

/* ---- names kept for one package -------------------------------------- */

typedef struct {
	const char *name, *pkg;
	bool in[NGO];
} Blocked;

static const Blocked blocked[] = {
#define BLOCKED(name, pkg, n24, n25, n26, n27) \
	{name, pkg, {n24, n25, n26, n27}},
#include "link/linkname.def"
#undef BLOCKED
};

static const Blocked *find_blocked(Release r, View name)
{
	for (size_t i = 0; i < NELEM(blocked); i++)
		if (blocked[i].in[r] && view_is(name, blocked[i].name))
			return &blocked[i];
	return NULL;
}

/* Is pkg of's frozen copy: crypto/internal/fips140/v1.2.3/x that of
 * crypto/internal/fips140/x? */
static bool is_frozen(View pkg, View of)
{
	static const char fips[] = "crypto/internal/fips140/v";
	size_t n = sizeof(fips) - 3, slash;
	View a, b, c;

	if (!view_prefix(pkg, fips))
		return false;
	slash = view_index(pkg, n + 1, '/');
	view_sub(pkg, slash, pkg.n - slash, &a);
	return view_sub(of, 0, n, &b) && view_sub(pkg, 0, n, &c) &&
		view_eq(b, c) && view_sub(of, n, of.n - n, &b) &&
		view_eq(a, b);
}

/* ---- marks at the definition ----------------------------------------- */

/* Assembly has no marks. Its symbol is fine if its name says that it is made
 * for the package, or if it is no name of Go's; else the marks are those of
 * the compiler's wrapper, which has the other ABI. */
static bool assembly_ok(const Link *L, const LObj *ref, View name, Sym *s)
{
	View pkg = ref->lib->pkg;
	Sym w;

	if (name.n >= pkg.n && memcmp(name.p, pkg.p, pkg.n) == 0)
		return true;
	if (view_index(name, 0, '.') == name.n)
		return true;
	if (!arch_regabi(L->release, L->arch))
		return true;
	w = sym_lookup(L, name, sym_has(L, *s, A_ABIINTERNAL) ? 0 : 1);
	if (w && !sym_is_ext(L, w))
		*s = w;
	return false;
}

static bool marked(const Link *L, const LObj *ref, View name, Sym s)
{
	const LObj *def = L->obj[row(L, s)->obj];

	if (L->release < GO127)
		return sym_has(L, s, A_LINKNAME | A_ABIWRAPPER);
	if ((def->o.flags & ObjFlagFromAssembly) &&
	    !sym_has(L, s, A_LINKNAME | A_LINKNAMESTD) &&
	    assembly_ok(L, ref, name, &s))
		return true;
	return sym_has(L, s, A_LINKNAME) ||
		(sym_has(L, s, A_LINKNAMESTD) &&
		 (ref->o.flags & ObjFlagStd));
}

bool linkname_ok(const Link *L, const LObj *ref, View name, Sym s)
{
	const Blocked *b = find_blocked(L->release, name);
	View pkg = ref->lib->pkg;
	const LObj *def;

	if (b)
		return view_is(pkg, b->pkg) ? b->pkg[0] != 0 :
			b->pkg[0] && is_frozen(pkg, view_str(b->pkg));
	if (!s || sym_is_ext(L, s))
		return true;
	def = L->obj[row(L, s)->obj];
	return !(def->o.flags & ObjFlagStd) ||
		view_eq(def->lib->pkg, pkg) || marked(L, ref, name, s);
}
