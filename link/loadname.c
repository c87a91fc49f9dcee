/*
 * Non-package definitions: known by name, and there may be several of one
 * name. Which one counts depends on their order, so that one thread looks at
 * them all, while others look at contents; what number a new name gets is
 * known when both are done.
 *
 * Source: addSym in cmd/link/internal/loader/loader.go
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
	u32 first = o->o.ndef - o->o.nnonpkgdef, n = o->o.nnonpkgdef;
	Sym *syms = o->syms + first, guess[FETCH] = {0};

	for (u32 i = 0; i < n; i++) {
		const u8 *p = record(o, first + i);

		fetch_names(ld->L, syms, i, n, guess);
		syms[i] = define(ld, o, first + i, syms[i]);
		add_use(row(ld->L, syms[i]), use_attr(p),
			ld32(p + 17, false));
		note_linkname_var(ld, o, first + i, p);
	}
}

/* ---- numbers --------------------------------------------------------- */

void names_define(Load *ld)
{
	for (u32 k = OBJ_FIRST; k < ld->L->nobj; k++)
		nonpkgdefs(ld, ld->L->obj[k]);
}

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

static Sym settled(const Load *ld, Sym s)
{
	return s < ld->prov ? s : row(ld->L, s)->outer;
}

void names_resolve(Load *ld, const LObj *o)
{
	for (u32 li = o->o.ndef - o->o.nnonpkgdef; li < o->o.ndef; li++)
		o->syms[li] = settled(ld, o->syms[li]);
}

void names_settle(Load *ld)
{
	Link *L = ld->L;

	for (u32 i = 0; i < ld->fix.n; i++)
		ld->fix.p[i] = settled(ld, ld->fix.p[i]);
	names_renumber(L, ld->prov);
	memset(row(L, ld->prov), 0, ld->nprov * sizeof(SymRow));
}
