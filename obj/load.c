/*
 * An object under construction from one that exists: every symbol becomes an
 * LSym, every reference a pointer, so that things can be added and numbers
 * change. Data stays in the input until somebody writes to it.
 *
 * The order in which Go lists strings and referenced names follows from the
 * order in which the compiler made its symbols, which an object does not
 * have. So the string table is kept as it was, in order, with what nothing
 * refers to (names of functions inlined from other packages), and the names
 * likewise; what is added comes behind.
 */
#include <stdlib.h>

#include "obj/obj.h"

typedef struct {
	Obj *o;
	const GoObj *g;
	LSym *sym;	/* g->nsym of them */
} Load;

/* ---- references ------------------------------------------------------ */

/* The symbol for a builtin or another package's, keyed by its numbers. */
static LSym *outside(Load *l, SymRef r)
{
	Obj *o = l->o;
	bool fresh;
	MapSlot *m = map_put(&o->bypkg, view_str(""),
			     (u64)r.pkg << 32 | r.sym, &fresh);
	LSym *s = m->val.p;

	if (!fresh)
		return s;
	m->val.p = s = arena_alloc(&o->arena, sizeof *s);
	s->name = view_str("");
	s->symidx = r.sym;
	if (r.pkg == PkgIdxBuiltin) {
		const char *name = builtin_name(o->release, r.sym, &s->abi);

		s->list = LIST_BUILTIN;
		if (name)
			s->name = view_str(name);
	} else {
		s->list = LIST_EXTERN;
		s->pkgidx = r.pkg;
		s->pkg = o->pkglist.p[r.pkg];
	}
	return s;
}

static LSym *resolve(Load *l, SymRef r)
{
	u32 i = goobj_local(l->g, r);

	if (symref_is_nil(r))
		return NULL;
	return i == NOSYM ? outside(l, r) : &l->sym[i];
}

/* ---- symbols --------------------------------------------------------- */

static void load_sym(Load *l, u32 i, SymList list, u32 symidx)
{
	LSym *s = &l->sym[i];
	GoSym g = goobj_sym(l->g, i);

	s->name = g.name;
	s->abi = g.abi;
	s->kind = g.kind;
	s->flag = g.flag;
	s->flag2 = g.flag2;
	s->linkname = g.flag2 & SymFlagLinkname;
	s->size = g.size;
	s->align = g.align;
	s->list = list;
	s->symidx = symidx;
	syms_add(&l->o->list[list], s);
	if (g.name.n > 0) {
		bool fresh;
		MapSlot *m = map_put(&l->o->byname, g.name, g.abi, &fresh);

		if (fresh)
			m->val.p = s;
	}
}

static void load_syms(Load *l)
{
	const GoObj *g = l->g;
	const u32 count[] = {g->nsymdef, g->nhashed64def, g->nhasheddef,
			     g->nnonpkgdef, g->nnonpkgref};
	u32 i = 0;

	l->sym = arena_alloc(&l->o->arena, g->nsym * sizeof(LSym));
	for (u32 k = 0; k < NELEM(count); k++)
		for (u32 n = 0; n < count[k]; n++)
			load_sym(l, i++, (SymList)(LIST_DEF + k), n);
	for (u32 k = 0; k < g->nhashed64def; k++) {
		LSym *s = &l->sym[g->nsymdef + k];

		s->content = s->hash_known = true;
		memcpy(s->hash, goobj_hash64(g, k), HASH64_SIZE);
	}
	for (u32 k = 0; k < g->nhasheddef; k++) {
		LSym *s = &l->sym[g->nsymdef + g->nhashed64def + k];

		s->content = s->hash_known = true;
		memcpy(s->hash, goobj_hash(g, k), HASH_SIZE);
	}
}

static void load_relocs(Load *l, u32 i, Reloc *r)
{
	u32 first, n = goobj_relocs(l->g, i, &first);

	l->sym[i].r = r + first;
	l->sym[i].nr = l->sym[i].capr = n;
	for (u32 k = first; k < first + n; k++) {
		GoReloc g = goobj_reloc(l->g, k);

		r[k] = (Reloc){g.off, g.siz, g.type, g.add,
			       resolve(l, g.sym)};
	}
}

/* What only hangs on a function is on no list of definitions. */
static bool on_list(AuxType t)
{
	return t == AuxGotype || t == AuxFuncdata;
}

static void load_inl(Load *l, LSym *s)
{
	GoFuncInfo f;

	if (s->inl || funcinfo_parse(view_of(s->data, s->ndata), &f))
		return;
	s->inl = arena_alloc(&l->o->arena, (f.ninl + 1) * sizeof(LSym *));
	s->ninl = f.ninl;
	for (u32 i = 0; i < f.ninl; i++)
		s->inl[i] = resolve(l, funcinfo_inl(&f, i).func);
}

static void load_aux(Load *l, u32 i, Aux *aux)
{
	u32 first, n = goobj_auxs(l->g, i, &first);
	LSym *s = &l->sym[i];

	s->aux = aux + first;
	s->naux = s->capaux = n;
	for (u32 k = first; k < first + n; k++) {
		GoAux g = goobj_aux(l->g, k);
		LSym *a = resolve(l, g.sym);

		aux[k] = (Aux){g.type, a};
		if (a && !on_list((AuxType)g.type))
			a->onlist = true;
		if (a && g.type >= AuxPcsp && g.type <= AuxPcdata)
			a->pcdata = true;
		if (a && g.type == AuxFuncInfo)
			load_inl(l, a);
	}
}

static void load_contents(Load *l)
{
	const GoObj *g = l->g;
	Reloc *r = arena_alloc(&l->o->arena, ((size_t)g->nreloc + 1) *
			       sizeof *r);
	Aux *aux = arena_alloc(&l->o->arena, ((size_t)g->naux + 1) *
			       sizeof *aux);

	for (u32 i = 0; i < g->ndef; i++) {
		View data = goobj_data(g, i);

		/* Never written to: data_shared makes a copy first. */
		l->sym[i].data = (u8 *)(uintptr_t)data.p;
		l->sym[i].ndata = (u32)data.n;
		l->sym[i].data_shared = true;
	}
	for (u32 i = 0; i < g->ndef; i++) {
		load_relocs(l, i, r);
		load_aux(l, i, aux);
	}
	for (u32 i = 0; i < g->ndef; i++)
		if (!l->sym[i].onlist)
			lsym_define(l->o, &l->sym[i]);
}

/* ---- the rest -------------------------------------------------------- */

static void load_names(Load *l)
{
	const GoObj *g = l->g;
	u8 flag, flag2;

	for (u32 i = 0; i < g->nrefname; i++) {
		View name;
		LSym *s = resolve(l, goobj_refname(g, i, &name));

		s->name = name;
		syms_add(&l->o->refnames, s);
	}
	for (u32 i = 0; i < g->nrefflags; i++) {
		LSym *s = resolve(l, goobj_refflags(g, i, &flag, &flag2));

		s->flag = flag;
		s->flag2 = flag2;
		syms_add(&l->o->refflags, s);
	}
}

static void load_lists(Load *l)
{
	const GoObj *g = l->g;
	Obj *o = l->o;

	o->flags = g->flags;
	memcpy(o->fingerprint, goobj_fingerprint(g).p, FINGERPRINT_SIZE);
	for (u32 i = 0; i < g->nautolib; i++) {
		View fingerprint, pkg = goobj_autolib(g, i, &fingerprint);

		obj_autolib(o, pkg, fingerprint);
	}
	o->pkglist.n = 0;
	for (u32 i = 0; i < g->npkg; i++) {
		bool fresh;
		MapSlot *m = map_put(&o->bypkg, goobj_pkg(g, i), UINT64_MAX,
				     &fresh);

		strs_add(&o->pkglist, goobj_pkg(g, i));
		if (fresh)
			m->val.n = i;
	}
	for (u32 i = 0; i < g->nfile; i++)
		strs_add(&o->files, goobj_file(g, i));
}

/* The compiler describes its package in symbols named after it. */
static void find_pkgpath(Load *l)
{
	static const char prefix[] = "go:cuinfo.packagename.";

	for (u32 i = 0; i < l->g->ndef && l->o->pkgpath.n == 0; i++) {
		const LSym *s = &l->sym[i];

		if (s->kind == SDWARFCUINFO && view_prefix(s->name, prefix))
			view_sub(s->name, sizeof(prefix) - 1,
				 s->name.n - sizeof(prefix) + 1,
				 &l->o->pkgpath);
	}
}

/* ---- the string table ------------------------------------------------ */

typedef struct {
	u64 *p;	/* offset << 32 | length */
	size_t n;
} Places;

static int by_value(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void add_places(Places *pl, const GoObj *g, Blk b, u32 n, u32 size,
		       u32 at)
{
	for (u32 i = 0; i < n; i++) {
		const u8 *p = goobj_at(g, b, i, size) + at;

		if (ld32(p, false) > 0)
			pl->p[pl->n++] = (u64)ld32(p + 4, false) << 32 |
				ld32(p, false);
	}
}

static void add_string(Obj *o, const GoObj *g, u64 off, u64 end)
{
	if (end > off)
		strs_add(&o->strings, view_of(g->obj.p + off,
					      (size_t)(end - off)));
}

/* The strings by offset. Where two overlap, which no writer of Go does, the
 * later one is left out here and gets a place of its own when written. */
static void load_strings(Load *l)
{
	const GoObj *g = l->g;
	size_t max = (size_t)g->nautolib + g->npkg + g->nfile + g->nsym +
		g->nrefname;
	Places pl = {xrealloc(NULL, (max + 1) * sizeof(u64)), 0};
	u64 at = GOOBJ_HEADER;

	add_places(&pl, g, BlkAutolib, g->nautolib, AUTOLIB_SIZE, 0);
	add_places(&pl, g, BlkPkgIdx, g->npkg, STRREF_SIZE, 0);
	add_places(&pl, g, BlkFile, g->nfile, STRREF_SIZE, 0);
	add_places(&pl, g, BlkSymdef, g->nsym, SYM_SIZE, 0);
	add_places(&pl, g, BlkRefName, g->nrefname, REFNAME_SIZE, 8);
	qsort(pl.p, pl.n, sizeof(u64), by_value);
	for (size_t i = 0; i < pl.n; i++) {
		u64 off = pl.p[i] >> 32, end = off + (u32)pl.p[i];

		if (off < at)
			continue;
		add_string(l->o, g, at, off);
		add_string(l->o, g, off, end);
		at = end;
	}
	add_string(l->o, g, at, g->blk[BlkAutolib]);
	free(pl.p);
}

Fault obj_load(Obj *o, const GoObj *g, Release r, const Arch *arch)
{
	Load l = {o, g, NULL};

	obj_init(o, r, arch, view_str(""));
	if (g->npkg == 0)
		return fault("the list of packages has no empty one",
			     g->blk[BlkPkgIdx]);
	load_lists(&l);
	load_syms(&l);
	load_names(&l);
	load_contents(&l);
	find_pkgpath(&l);
	load_strings(&l);
	return OK;
}
