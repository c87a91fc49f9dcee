/*
 * Non-package definitions and references: known by name. Of several
 * definitions of one name, which counts depends on their order, and most
 * references name types for DWARF, which nobody defines: one thread looks at
 * them all, while others look at contents. What numbers new names get is
 * known when both are done.
 *
 * Source: addSym, loadObjRefs in cmd/link/internal/loader/loader.go
 */
#include "link/load.h"

static const char *const kind_name[NKIND] = {
#define KIND(name) [K_##name] = #name,
#include "link/kind.def"
#undef KIND
};

/* -strictdups: copies that differ are worth a message. */
static void checkdup(Load *ld, const LObj *o, u32 li, Sym old)
{
	static const char *const allowed[] = {
		"go:info.go.interface", "go:info.go.builtin", "go:debuglines",
	};
	const Link *L = ld->L;
	GoSym g = goobj_sym(&o->o, li);
	View a = goobj_data(&o->o, li), b = sym_data(L, old);
	View at = o->lib->pkg, was = L->obj[row(L, old)->obj]->lib->pkg;
	const char *fmt = "same length but different contents";
	unsigned long long x = a.n, y = b.n;
	Buf out = {0};

	if (a.n != b.n) {
		fmt = "new length %llu != old length %llu";
	} else if (view_eq(a, b)) {
		if (g.size == row(L, old)->size)
			return;
		fmt = "different sizes: new size %llu != old size %llu";
		x = g.size;
		y = row(L, old)->size;
	}
	fprintf(stderr, "cmd/link: while reading object for '%.*s': "
		"duplicate symbol '%.*s', previous def at '%.*s', with "
		"mismatched payload: ", (int)at.n, (const char *)at.p,
		(int)g.name.n, (const char *)g.name.p, (int)was.n,
		(const char *)was.p);
	if (fmt[0] == 's')
		buf_str(&out, fmt);
	else if (fmt[0] == 'n')
		buf_printf(&out, "new length %llu != old length %llu", x, y);
	else
		buf_printf(&out, "different sizes: new size %llu != old size "
			   "%llu", x, y);
	fprintf(stderr, "%.*s\n", (int)out.n, out.p);
	buf_free(&out);
	for (size_t i = 0; i < NELEM(allowed); i++)
		if (view_prefix(g.name, allowed[i]))
			return;
	ld->strictdups++;
}

static _Noreturn void duplicated(const Load *ld, const LObj *o, u32 li,
				 Sym old)
{
	const Link *L = ld->L;
	const SymRow *r = row(L, old);
	GoSym g = goobj_sym(&o->o, li);
	View a = o->lib->pkg, b = L->obj[r->obj]->lib->pkg;

	link_fatalf(L, "duplicated definition of symbol %.*s, from %.*s "
		   "(type %s size %u) and %.*s (type %s size %u)",
		   (int)g.name.n, (const char *)g.name.p, (int)a.n,
		   (const char *)a.p, kind_name[L->kindrow[g.kind]],
		   (unsigned)g.size, (int)b.n, (const char *)b.p,
		   kind_name[r->kind], (unsigned)r->size);
}

static void fix_size(Load *ld, Sym s, u32 size)
{
	symvec_add(&ld->L->mem, &ld->fix, s);
	symvec_add(&ld->L->mem, &ld->fixsize, size);
}

static bool is_data(u8 kind)
{
	return kind_in(kind, K_SNOPTRDATA, K_SNOPTRBSS);
}

/* Two definitions of which neither may be one of several: contents win over
 * BSS, and get its size if that is larger; code wins over BSS; the larger of
 * two BSS wins. */
static void redefined(Load *ld, const LObj *o, u32 li, Sym old)
{
	SymRow *r = &ld->L->sym[old];
	const u8 *p = record(o, li);
	u8 kind = ld->L->kindrow[p[10]];
	u32 size = record_size(p), oldsize = r->size;
	bool contents = goobj_data(&o->o, li).n > 0;
	bool bss = is_data(kind) && !contents;
	bool oldbss = is_data(r->kind) && sym_data(ld->L, old).n == 0;

	if (oldbss && (link_kind_is_text(kind) || contents ||
		       (bss && size > oldsize))) {
		load_def(ld, r, o, li);
		if (oldsize > size)
			fix_size(ld, old, oldsize);
	} else if (bss) {
		if (size > oldsize)
			fix_size(ld, old, size);
	} else {
		duplicated(ld, o, li, old);
	}
}

static void defined_again(Load *ld, const LObj *o, u32 li, Sym old)
{
	SymRow *r = &ld->L->sym[old];
	const u8 *p = record(o, li);
	bool dupok = p[11] & SymFlagDupok;

	if (r->attr & A_DUPOK) {
		if (dupok && ld->L->flag.strictdups)
			checkdup(ld, o, li, old);
		if (!dupok || r->size < record_size(p))
			load_def(ld, r, o, li);
	} else if (!dupok) {
		redefined(ld, o, li, old);
	}
}

/* A variable that is declared with linkname and has no value is a reference
 * to somebody else's. */
static void note_linkname_var(Load *ld, const LObj *o, u32 li, const u8 *p)
{
	View name = goobj_str(&o->o, p);

	if (!(ld->flag2[p[12]] & (A_LINKNAME | A_LINKNAMESTD)) ||
	    goobj_data(&o->o, li).n || view_index(name, 0, '.') == name.n)
		return;
	symvec_add(&ld->L->mem, &ld->varobj, o->idx);
	symvec_add(&ld->L->mem, &ld->var, li);
}

/* A row for a new symbol. Whose it is stands in value for now. */
static Sym new_name(Load *ld, const LObj *o, u32 li)
{
	Sym s = ld->prov + ld->nprov++;
	SymRow *r = row(ld->L, s);

	load_def(ld, r, o, li);
	r->value = (i64)((u64)o->idx << 32 | li);
	ld->obj[o->idx].nnew++;
	return s;
}

static Sym define(Load *ld, const LObj *o, u32 li, u32 hash)
{
	const u8 *p = record(o, li);
	View name = goobj_str(&o->o, p);
	Sym s;

	if (!hash)
		return new_name(ld, o, li);
	s = names_find(ld->L, hash, name, ld16(p + 8, false));
	if (s) {
		defined_again(ld, o, li, s);
		return s;
	}
	s = new_name(ld, o, li);
	names_add(ld->L, hash, s);
	return s;
}

static void nonpkgdefs(Load *ld, const LObj *o)
{
	u32 end = o->o.ndef;
	Sym guess[FETCH] = {0};

	for (u32 li = end - o->o.nnonpkgdef; li < end; li++) {
		const u8 *p = record(o, li);

		fetch_names(ld->L, o, li, end, guess);
		o->syms[li] = define(ld, o, li, o->syms[li]);
		add_use(row(ld->L, o->syms[li]), use_attr(p),
			ld32(p + 17, false));
		note_linkname_var(ld, o, li, p);
	}
}

/* ---- references ------------------------------------------------------ */

static _Noreturn void bad_linkname(const Link *L, const LObj *o, u32 i)
{
	View name = goobj_sym(&o->o, i).name;

	link_fatalf(L, "%.*s: invalid reference to %.*s", (int)o->lib->pkg.n,
		   (const char *)o->lib->pkg.p, (int)name.n,
		   (const char *)name.p);
}

static void check_vars(const Load *ld)
{
	const Link *L = ld->L;

	for (u32 i = 0; i < ld->var.n && L->flag.checklinkname; i++) {
		const LObj *o = L->obj[ld->varobj.p[i]];
		u32 li = ld->var.p[i];

		if (!linkname_ok(L, o, goobj_sym(&o->o, li).name,
				 o->syms[li]))
			bad_linkname(L, o, li);
	}
}

/* A symbol that nobody defines. */
static Sym new_ref(Load *ld, u32 hash, View name, u32 ver)
{
	Link *L = ld->L;
	Sym s = ld->prov + ld->nprov++;

	ext_init(L, s, name, ver);
	names_add(L, hash, s);
	return s;
}

static void nonpkgrefs(Load *ld, const LObj *o)
{
	Link *L = ld->L;
	Sym guess[FETCH] = {0};
	bool assembly = L->release >= GO127 &&
		(o->o.flags & ObjFlagFromAssembly);

	for (u32 i = o->o.ndef; i < o->o.nsym; i++) {
		const u8 *p = record(o, i);
		u16 abi = ld16(p + 8, false);
		u32 hash = o->syms[i], ver;
		View name = goobj_str(&o->o, p);
		Sym s;

		fetch_names(L, o, i, o->o.nsym, guess);
		ver = abi == SymABIstatic ? o->version : abi;
		s = names_find(L, hash, name, ver);
		if (!s)
			s = new_ref(ld, hash, name, ver);
		L->sym[s].attr |= use_attr(p);
		o->syms[i] = s;
		if (L->flag.checklinkname &&
		    (assembly || ld->flag2[p[12]] &
		     (A_LINKNAME | A_LINKNAMESTD)) &&
		    !linkname_ok(L, o, name, s))
			bad_linkname(L, o, i);
	}
}

void names_find_all(Load *ld)
{
	const Link *L = ld->L;

	for (u32 k = OBJ_FIRST; k < L->nobj; k++)
		nonpkgdefs(ld, L->obj[k]);
	check_vars(ld);
	ld->ref = ld->prov + ld->nprov;
	for (u32 k = OBJ_FIRST; k < L->nobj; k++)
		nonpkgrefs(ld, L->obj[k]);
}

/* ---- numbers --------------------------------------------------------- */

Sym names_number(Load *ld, const LObj *o, Sym s)
{
	for (u32 li = o->o.ndef - o->o.nnonpkgdef; li < o->o.ndef; li++) {
		SymRow *r = row(ld->L, o->syms[li]), *to;

		if (o->syms[li] < ld->prov ||
		    r->value != (i64)((u64)o->idx << 32 | li))
			continue;
		to = row(ld->L, s);
		*to = *r;
		to->value = 0;
		r->outer = s++;
	}
	return s;
}

void names_number_refs(Load *ld)
{
	Link *L = ld->L;
	Sym end = ld->prov + ld->nprov;

	if (ld->ref < end)
		L->extstart = L->nsym;
	for (Sym s = ld->ref; s < end; s++) {
		*row(L, L->nsym) = *row(L, s);
		row(L, s)->outer = L->nsym++;
	}
}

static Sym settled(const Load *ld, Sym s)
{
	return s < ld->prov ? s : row(ld->L, s)->outer;
}

void names_resolve(Load *ld, const LObj *o)
{
	for (u32 li = o->o.ndef - o->o.nnonpkgdef; li < o->o.nsym; li++)
		o->syms[li] = settled(ld, o->syms[li]);
}

void names_settle(Load *ld)
{
	Link *L = ld->L;

	for (u32 i = 0; i < ld->fix.n; i++)
		ld->fix.p[i] = settled(ld, ld->fix.p[i]);
	names_renumber(L, ld->prov);
}
