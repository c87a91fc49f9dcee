/*
 * Symbols get their numbers, on which the layout of the program depends:
 *
 *   1. the package definitions (Symdef) of all objects, object by object
 *   2. for each object its Hashed64, Hashed and non-package definitions that
 *      are not there yet, by content or by name: of those only the contents
 *      may be taken, the number stays
 *   3. for each object the names it refers to that nobody defines
 *
 * Most of it is done object by object in parallel, in several rounds: check
 * the object, hash its names and make the rows of 1, whose numbers are known
 * beforehand; put these into the name table; find out what is new of 2, and
 * then, when each object's share is known, number it; say it to all. An
 * object's syms[i] is the hash of a name before it is a number.
 *
 * Source: LoadSyms in cmd/link/internal/loader/loader.go
 */
#include <stdlib.h>
#include <sys/auxv.h>

#include "link/load.h"

/* ---- rows ------------------------------------------------------------ */

static void flag_tables(Load *ld)
{
	Release r = ld->L->release;
	const struct {
		u8 bit;
		u32 attr;
	} f[] = {
		{SymFlagDupok, A_DUPOK}, {SymFlagTypelink, A_TYPELINK},
		{SymFlagNoSplit, A_NOSPLIT},
		{SymFlagReflectMethod, A_REFLECTMETHOD},
		{SymFlagGoType, A_GOTYPE},
	}, f2[] = {
		{SymFlagItab, A_ITAB}, {SymFlagDict, A_DICT},
		{SymFlagPkgInit, A_PKGINIT}, {SymFlagLinkname, A_LINKNAME},
		{r >= GO127 ? SymFlagLinknameStd : 0, A_LINKNAMESTD},
		{symflag2_abiwrapper(r), A_ABIWRAPPER},
	};

	for (u32 x = 0; x < 256; x++) {
		for (size_t i = 0; i < NELEM(f); i++)
			ld->flag[x] |= x & f[i].bit ? f[i].attr : 0;
		for (size_t i = 0; i < NELEM(f2); i++)
			ld->flag2[x] |= x & f2[i].bit ? f2[i].attr : 0;
	}
}

static inline u32 object_attr(const Load *ld, const LObj *o, u32 li,
			      const u8 *p)
{
	const GoObj *g = &o->o;
	u32 hashed = g->nsymdef + g->nhashed64def;
	u16 abi = ld16(p + 8, false);
	u32 attr = ld->flag[p[11]] | ld->flag2[p[12]];

	attr |= abi == SymABIstatic ? A_STATIC : abi ? A_ABIINTERNAL : 0;
	attr |= g->flags & ObjFlagShared ? A_SHARED : 0;
	return attr | (li - hashed < g->nhasheddef ? A_HASHED : 0);
}

void load_def(const Load *ld, SymRow *r, const LObj *o, u32 li)
{
	const u8 *p = record(o, li);

	r->obj = o->idx;
	r->li = li;
	r->size = record_size(p);
	r->kind = ld->L->kindrow[p[10]];
	r->attr = (r->attr & ~(u32)A_OBJECT) | object_attr(ld, o, li, p);
}

enum { MAXNAME = 1 << 26 };

/* ---- 0. objects are checked, names hashed ---------------------------- */

static const char *hash_names(Load *ld, const LObj *o, ObjLoad *ol)
{
	const u8 *p = record(o, 0);
	u32 hashed = o->o.nhashed64def + o->o.nhasheddef;

	for (u32 i = 0; i < o->o.nsym; i++, p += SYM_SIZE) {
		u16 abi = ld16(p + 8, false);
		u32 align = ld32(p + 17, false), ver = abi;
		bool def = i < o->o.ndef;

		if (p[10] >= NELEM(ld->L->kindrow))
			return "symbol of unknown kind";
		if (align & (align - 1) || align > USE_ALIGN)
			return "alignment that is no power of two";
		if (ld32(p, false) > MAXNAME)
			return "symbol name too long";
		if (abi > SymABIInternal && abi != SymABIstatic)
			return "invalid symbol ABI";
		if (i - o->o.nsymdef < hashed)
			continue;
		if (def && (abi == SymABIstatic || ld32(p, false) == 0))
			continue;
		if (abi == SymABIstatic)
			ver = o->version;
		o->syms[i] = name_hash(ld->L->names, goobj_str(&o->o, p),
				       ver);
		ol->named += def;
		ol->first += i < o->o.nsymdef;
	}
	return NULL;
}

static void rows(const Load *ld, const LObj *o, Sym s)
{
	for (u32 li = 0; li < o->o.nsymdef; li++, s++) {
		SymRow *r = &ld->L->sym[s];

		load_def(ld, r, o, li);
		add_use(r, use_attr(record(o, li)),
			ld32(record(o, li) + 17, false));
	}
}

static void check_one(void *arg, size_t i)
{
	Load *ld = arg;
	u32 k = ld->order[i];
	const LObj *o = ld->L->obj[k];
	Fault f = goobj_check(&o->o, GOOBJ_NO_FUNCINFO |
			      (ld->L->flag.w ? GOOBJ_NO_DWARF : 0));

	ld->obj[k].why = f.why ? f.why : hash_names(ld, o, &ld->obj[k]);
	if (!ld->obj[k].why)
		rows(ld, o, ld->obj[k].base);
}

static void check_objects(Load *ld)
{
	Link *L = ld->L;

	for (u32 k = OBJ_FIRST; k < L->nobj; k++) {
		ld->obj[k].base = L->nsym;
		L->nsym += L->obj[k]->o.nsymdef;
	}
	pool_for(L->pool, ld->norder, check_one, ld);
	for (u32 k = OBJ_FIRST; k < L->nobj; k++)
		if (ld->obj[k].why)
			link_exitf(L, "%s(%.*s): cannot read object file: %s",
				   L->obj[k]->path, (int)L->obj[k]->member.n,
				   (const char *)L->obj[k]->member.p,
				   ld->obj[k].why);
}

/* ---- 1. package definitions ------------------------------------------ */

static void names_one(void *arg, size_t i)
{
	Load *ld = arg;
	u32 k = ld->order[i];
	const LObj *o = ld->L->obj[k];
	u32 n = o->o.nsymdef, base = ld->obj[k].base;

	for (u32 li = 0; li < n; li++) {
		u32 hash = o->syms[li];

		if (li + FETCH < n && o->syms[li + FETCH])
			names_prefetch(ld->L->names, o->syms[li + FETCH]);
		if (hash)
			names_add_def(ld->L, hash, base + li);
		o->syms[li] = base + li;
	}
}

static void package_defs(Load *ld)
{
	Link *L = ld->L;

	pool_for(L->pool, ld->norder, names_one, ld);
}

/* ---- fetching ahead --------------------------------------------------- */

/* A step for each of several names ahead: slot, row, record, string. */
void fetch_names(const Link *L, const LObj *o, u32 li, u32 end,
		 Sym guess[FETCH])
{
	const Sym *hash = o->syms;
	const SymRow *r;
	Sym s;

	if (li + 24 < end && hash[li + 24])
		names_prefetch(L->names, hash[li + 24]);
	if (li + 16 < end) {
		s = hash[li + 16] ? names_guess(L, hash[li + 16]) : 0;
		guess[(li + 16) % FETCH] = s;
		if (s)
			__builtin_prefetch(row(L, s));
		__builtin_prefetch(goobj_str(&o->o, record(o, li + 16)).p);
	}
	if (li + 8 < end && (s = guess[(li + 8) % FETCH]) != 0) {
		r = row(L, s);
		if (r->obj == OBJ_EXT)
			__builtin_prefetch(&L->ext[r->li]);
		else
			__builtin_prefetch(record(L->obj[r->obj], r->li));
	}
	if (li + 4 < end && (s = guess[(li + 4) % FETCH]) != 0)
		__builtin_prefetch(sym_name(L, s).p);
}

/* ---- 2. other definitions, 3. references ------------------------------ */

/* The first task has all names, the others an object's contents each. */
static void find_one(void *arg, size_t i)
{
	Load *ld = arg;

	if (i == 0)
		names_find_all(ld);
	else
		contents_find(ld, ld->L->obj[ld->order[i - 1]]);
}

static void number_one(void *arg, size_t i)
{
	Load *ld = arg;
	const LObj *o = ld->L->obj[ld->order[i]];

	names_number(ld, o, contents_number(ld, o, ld->obj[o->idx].base));
}

/* The first task has the name table. */
static void resolve_one(void *arg, size_t i)
{
	Load *ld = arg;
	const LObj *o;

	if (i == 0) {
		names_settle(ld);
		return;
	}
	o = ld->L->obj[ld->order[i - 1]];
	contents_resolve(ld, o);
	names_resolve(ld, o);
}

static void other_names(Load *ld)
{
	Link *L = ld->L;

	contents_init(ld);
	pool_for(L->pool, ld->norder + 1, find_one, ld);
	contents_count(ld);
	for (u32 k = OBJ_FIRST; k < L->nobj; k++) {
		ld->obj[k].base = L->nsym;
		L->nsym += ld->obj[k].nnew;
	}
	pool_for(L->pool, ld->norder, number_one, ld);
	names_number_refs(ld);
	pool_for(L->pool, ld->norder + 1, resolve_one, ld);
	/* Up to here are the numbers that are left. */
	mem_forget(row(L, ld->prov), ld->nprov * sizeof(SymRow));
	contents_free(ld);
}

/* ---- builtins -------------------------------------------------------- */

static void builtins(Link *L)
{
	bool regabi = arch_regabi(L->release, L->arch);
	const char *name;
	u16 abi;
	u32 n;

	for (n = 0; builtin_name(L->release, n, &abi); n++)
		;
	L->nbuiltin = n;
	L->builtin = mem_alloc(&L->mem, n * sizeof *L->builtin);
	for (u32 i = 0; i < n; i++) {
		Sym s;

		name = builtin_name(L->release, i, &abi);
		s = sym_lookup(L, view_str(name), abi);
		if (!s && !regabi)
			s = sym_lookup(L, view_str(name), 1u - abi);
		L->builtin[i] = sym_is_ext(L, s) ? 0 : s;
	}
}

/* ---- references by package ------------------------------------------- */

/* Imported packages by their place in L->obj. */
static void packages(const Link *L, LObj *o)
{
	for (u32 i = 1; i < o->o.npkg; i++) {
		View pkg = goobj_pkg(&o->o, i);
		const MapSlot *m = map_get(&L->objbypkg, pkg, 0);

		if (!m)
			link_fatalf(L, "%.*s: reference to nonexistent package "
				    "%.*s", (int)o->lib->pkg.n,
				    (const char *)o->lib->pkg.p, (int)pkg.n,
				    (const char *)pkg.p);
		o->pkg[i] = (u32)m->val.n;
	}
}

static void refflags(Link *L, const LObj *o)
{
	for (u32 i = 0; i < o->o.nrefflags; i++) {
		u8 flag, flag2;
		Sym s = resolve(L, o, goobj_refflags(&o->o, i, &flag,
						     &flag2));

		if (flag2 & SymFlagUsedInIface)
			L->sym[s].attr |= A_USEDINIFACE;
	}
}

static void other_references(Load *ld)
{
	Link *L = ld->L;

	for (u32 k = OBJ_FIRST; k < L->nobj; k++) {
		packages(L, L->obj[k]);
		refflags(L, L->obj[k]);
	}
	for (u32 i = 0; i < ld->fix.n; i++) {
		sym_update(L, ld->fix.p[i]);
		L->sym[ld->fix.p[i]].size = ld->fixsize.p[i];
	}
}

/* ---- all of it ------------------------------------------------------- */

static u32 round_places(u32 n)
{
	return (n + PLACES - 1) / PLACES * PLACES;
}

static void make_owners(Load *ld, u32 places)
{
	const Link *L = ld->L;
	u32 *owner = mem_alloc(&ld->L->mem, places / PLACES * sizeof *owner);

	ld->owner = owner++;
	for (u32 k = OBJ_FIRST; k < L->nobj; k++) {
		const GoObj *o = &L->obj[k]->o;

		for (u32 n = 0; n < o->ndef - o->nsymdef; n += PLACES)
			*owner++ = k;
	}
}

/* Room for the symbols: the linker makes a few for each function and type
 * that it finds. */
static void make_room(Load *ld)
{
	Link *L = ld->L;
	u64 nsym = 0, ndef = 0, npkg = 0, place = PLACES, max;
	u32 *pkg;
	Sym *syms;

	for (u32 k = OBJ_FIRST; k < L->nobj; k++) {
		const GoObj *o = &L->obj[k]->o;

		ld->obj[k].rec = (u32)place;
		nsym += o->nsym;
		ndef += o->ndef;
		npkg += o->npkg;
		place += round_places(o->ndef - o->nsymdef);
	}
	if (nsym + npkg > 1u << 28 || place > MAXPLACE)
		link_exitf(L, "too many symbols");
	max = PROV_UNIT + 2 * nsym + 6 * ndef + (1 << 20);
	L->maxsym = L->maxext = (u32)max;
	L->sym = mem_reserve(max * sizeof *L->sym);
	L->ext = mem_reserve_small(max * sizeof *L->ext);
	make_owners(ld, (u32)place);
	L->nsym = L->next = 1;
	ld->prov = ((u32)nsym / PROV_UNIT + 1) * PROV_UNIT;
	syms = mem_alloc(&L->mem, nsym * sizeof *syms);
	pkg = mem_alloc(&L->mem, npkg * sizeof *pkg);
	for (u32 k = OBJ_FIRST; k < L->nobj; k++) {
		LObj *o = L->obj[k];

		o->syms = syms;
		o->pkg = pkg;
		syms += o->o.nsym;
		pkg += o->o.npkg;
	}
}

static int larger_first(const void *a, const void *b, void *arg)
{
	const Link *L = arg;
	const LObj *x = L->obj[*(const u32 *)a], *y = L->obj[*(const u32 *)b];

	if (x->o.obj.n != y->o.obj.n)
		return x->o.obj.n < y->o.obj.n ? 1 : -1;
	return x->idx < y->idx ? -1 : 1;
}

static void prepare(Load *ld)
{
	Link *L = ld->L;
	const u8 *seed = (const u8 *)(uintptr_t)getauxval(AT_RANDOM);
	SymTab *t = mem_alloc(&L->mem, sizeof *t);

	L->names = t;
	t->seed[0] = seed ? ld64(seed, false) : 0x9e3779b97f4a7c15;
	t->seed[1] = seed ? ld64(seed + 8, false) : 0xc2b2ae3d27d4eb4f;
	memcpy(ld->seed, t->seed, sizeof ld->seed);
	ld->obj = mem_alloc(&L->mem, L->nobj * sizeof *ld->obj);
	ld->order = mem_alloc(&L->mem, L->nobj * sizeof *ld->order);
	for (u32 k = OBJ_FIRST; k < L->nobj; k++)
		ld->order[ld->norder++] = k;
	qsort_r(ld->order, ld->norder, sizeof *ld->order, larger_first, L);
	flag_tables(ld);
	make_room(ld);
}

void load_syms(Link *L)
{
	Load ld = {.L = L};
	u32 named = 0, first = 0;

	if (L->flag.strictdups < 0 || L->flag.strictdups > 2)
		link_fatalf(L, "invalid -strictdups flag value %lld",
			   (long long)L->flag.strictdups);
	prepare(&ld);
	check_objects(&ld);
	for (u32 k = OBJ_FIRST; k < L->nobj; k++) {
		named += ld.obj[k].named;
		first += ld.obj[k].first;
	}
	names_init(L, named, first);
	package_defs(&ld);
	other_names(&ld);
	builtins(L);
	other_references(&ld);
	L->strictdups = ld.strictdups;	/* errors or not: stays open */
}
