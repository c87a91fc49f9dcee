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
	const char *name;
	size_t len;
	const char *pkg;
	bool in[NGO];
} Blocked;

static const Blocked blocked[] = {
#define BLOCKED(name, pkg, n24, n25, n26, n27) \
	{name, sizeof name - 1, pkg, {n24, n25, n26, n27}},
#include "link/linkname.def"
#undef BLOCKED
};

static const Blocked *find_blocked(Release r, View name)
{
	for (size_t i = 0; i < NELEM(blocked); i++)
		if (name.n == blocked[i].len && blocked[i].in[r] &&
		    memcmp(name.p, blocked[i].name, name.n) == 0)
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
	w = sym_lookup(L, name,
		       facts(L, *s).attr & A_ABIINTERNAL ? 0 : 1);
	if (w && facts(L, w).obj >= OBJ_FIRST)
		*s = w;
	return false;
}

static bool marked(const Link *L, const LObj *ref, View name, Sym s)
{
	SymRow r = facts(L, s);

	if (L->release < GO127)
		return r.attr & (A_LINKNAME | A_ABIWRAPPER);
	if ((L->obj[r.obj]->o.flags & ObjFlagFromAssembly) &&
	    !(r.attr & (A_LINKNAME | A_LINKNAMESTD))) {
		if (assembly_ok(L, ref, name, &s))
			return true;
		r = facts(L, s);
	}
	return r.attr & A_LINKNAME ||
		(r.attr & A_LINKNAMESTD && (ref->o.flags & ObjFlagStd));
}

bool linkname_ok(const Link *L, const LObj *ref, View name, Sym s)
{
	const Blocked *b = find_blocked(L->release, name);
	View pkg = ref->lib->pkg;
	const LObj *def;
	u32 obj;

	if (b)
		return view_is(pkg, b->pkg) ? b->pkg[0] != 0 :
			b->pkg[0] && is_frozen(pkg, view_str(b->pkg));
	obj = facts(L, s).obj;
	if (obj < OBJ_FIRST)
		return true;
	def = L->obj[obj];
	return !(def->o.flags & ObjFlagStd) ||
		view_eq(def->lib->pkg, pkg) || marked(L, ref, name, s);
}
