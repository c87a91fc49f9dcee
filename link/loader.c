/*
 * Symbols get their numbers, on which the layout of the program depends:
 *
 *   1. the package definitions (Symdef) of all objects, object by object
 *   2. for each object its Hashed64, Hashed and non-package definitions that
 *      are not there yet, by content or by name: of those only the contents
 *      may be taken, the number stays
 *   3. for each object the names it refers to that nobody defines
 *
 * Only their order counts. Of the symbols of the objects less than a tenth
 * may become part of the program, so here they get numbers that cost nothing,
 * and load_settle replaces them (load.h). What is done beforehand is all that
 * has to do with names, since errors can come of it: most of it object by
 * object in parallel. Contents are compared when deadcode asks for them, and
 * whatever else an object says of a symbol is checked then.
 *
 * Source: LoadSyms in cmd/link/internal/loader/loader.go
 */
#include <stdlib.h>
#include <sys/auxv.h>

#include "link/load.h"

enum { MUCH = 10 << 20 };

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

/* ---- objects are checked, names hashed ------------------------------- */

const char *record_fault(const Link *L, const GoObj *o, const u8 *p)
{
	u16 abi = ld16(p + 8, false);
	u32 align = record_align(p);

	if (!goobj_str_good(o, p))
		return "a string lies outside of the strings";
	if (p[10] >= NELEM(L->kindrow))
		return "symbol of unknown kind";
	if (align & (align - 1) || align > USE_ALIGN)
		return "alignment that is no power of two";
	if (ld32(p, false) > MAXNAME)
		return "symbol name too long";
	if (abi > SymABIInternal && abi != SymABIstatic)
		return "invalid symbol ABI";
	return NULL;
}

void cannot_read(const Link *L, const LObj *o, const char *why)
{
	link_exitf(L, "%s(%.*s): cannot read object file: %s", o->path,
		   (int)o->member.n, (const char *)o->member.p, why);
}

void object_fault(Load *ld, const LObj *o, u32 li, const char *why)
{
	ObjLoad *ol = &ld->obj[o->idx];

	load_lock(ld);
	if (!ol->why || li < ol->faultli) {
		ol->why = why;
		ol->faultli = li;
	}
	load_unlock(ld);
}

void objects_check(const Load *ld)
{
	const Link *L = ld->L;

	for (u32 k = OBJ_FIRST; k < L->nobj; k++)
		if (ld->obj[k].why)
			cannot_read(L, L->obj[k], ld->obj[k].why);
}

/* May the linkname directive matter? */
static bool is_linked(const Load *ld, const u8 *p)
{
	return ld->flag2[p[12]] & (A_LINKNAME | A_LINKNAMESTD);
}

/* Symbols li up to end. */
static const char *check_records(const Load *ld, const LObj *o, ObjLoad *ol,
				 u32 li, u32 end)
{
	const u8 *p = record(o, li);
	u64 total = 0;
	bool good = true;

	for (u32 i = li; i < end; i++, p += SYM_SIZE) {
		good = good && record_good(&o->o, p);
		total += ld32(p, false);
	}
	ol->namebytes += total;
	for (; !good && li < end; li++) {
		const char *why = record_fault(ld->L, &o->o, record(o, li));

		if (why)
			return why;
	}
	return ol->namebytes <= 16 * (u64)o->o.obj.n ? NULL :
		"the names are longer than can be true";
}

/* Definitions, from li up to end. */
static void hash_defs(const Load *ld, const LObj *o, ObjLoad *ol, u32 li,
		      u32 end)
{
	const u8 *p = record(o, li);
	bool pkg = li < o->o.nsymdef;

	for (; li < end; li++, p += SYM_SIZE) {
		u16 abi = ld16(p + 8, false);

		if (!pkg && is_linked(ld, p))
			ol->nlinked++;
		if (abi == SymABIstatic || ld32(p, false) == 0)
			continue;
		o->syms[li] = name_hash(ld->L->names, goobj_str(&o->o, p),
					abi);
		ol->ndefname++;
	}
}

static void hash_refs(const Load *ld, const LObj *o, ObjLoad *ol)
{
	const u8 *p = record(o, o->o.ndef);
	bool assembly = o->o.flags & ObjFlagFromAssembly;

	for (u32 li = o->o.ndef; li < o->o.nsym; li++, p += SYM_SIZE) {
		u32 ver = ld16(p + 8, false);

		if (assembly || is_linked(ld, p) || use_attr(p))
			ol->nlinked++;
		if (ver == 0 && ld32(p, false) == 0) {
			if (!ol->unnamed)
				ol->unnamed = li + 1;
			continue;
		}
		if (ver == SymABIstatic)
			ver = o->version;
		o->syms[li] = name_hash(ld->L->names, goobj_str(&o->o, p),
					ver);
		ol->nrefname++;
	}
}

static void check_one(void *arg, size_t i)
{
	const Load *ld = arg;
	u32 k = ld->order[i];
	const LObj *o = ld->L->obj[k];
	ObjLoad *ol = &ld->obj[k];

	u32 other = o->o.ndef - o->o.nnonpkgdef;

	ol->why = goobj_check_common(&o->o).why;
	if (!ol->why)
		ol->why = check_records(ld, o, ol, 0, o->o.nsymdef);
	if (!ol->why)
		ol->why = check_records(ld, o, ol, other, o->o.nsym);
	if (ol->why)
		return;
	hash_defs(ld, o, ol, 0, o->o.nsymdef);
	hash_defs(ld, o, ol, other, o->o.ndef);
	hash_refs(ld, o, ol);
}

static void check_objects(Load *ld)
{
	pool_for(ld->L->pool, ld->norder, check_one, ld);
	objects_check(ld);
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

		if (s && flag2 & SymFlagUsedInIface)
			own_row(L, s)->attr |= A_USEDINIFACE;
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

static u32 round_up(u64 n, u32 to)
{
	return (u32)((n + to - 1) / to * to);
}

static u32 own_places(const Load *ld, u32 k, u32 at, u32 n, u32 li)
{
	u32 end = round_up(at + (u64)n, GROUP);

	for (u32 g = at / GROUP; g < end / GROUP; g++)
		ld->owner[g] = (Owner){k, at - li};
	return end;
}

/* Package definitions of all objects come first. */
static void make_places(Load *ld)
{
	Link *L = ld->L;
	u32 at = GROUP;

	ld->owner = mem_alloc(&L->mem, ld->nplace / GROUP *
			      sizeof *ld->owner);
	for (u32 k = OBJ_FIRST; k < L->nobj; k++) {
		ld->obj[k].pkg = at;
		at = own_places(ld, k, at, L->obj[k]->o.nsymdef, 0);
	}
	for (u32 k = OBJ_FIRST; k < L->nobj; k++) {
		const GoObj *o = &L->obj[k]->o;

		ld->obj[k].other = at;
		at = own_places(ld, k, at, o->ndef - o->nsymdef, o->nsymdef);
	}
}

/* Which numbers there are, and memory for what is by them. Threads take
 * shared ones by batches, and use not all of one. */
static void make_numbers(Load *ld, u64 name, u64 hash64, u64 hash, u64 ref)
{
	Link *L = ld->L;
	u64 spare = (u64)NBATCH * (2 * L->nobj + pool_threads(L->pool) + 2);
	u32 n = (u32)(name + hash64 + hash + spare);
	size_t nbits;

	ld->nshared = NBATCH;
	ld->endshared = n;
	ld->sharebase = ld->nplace;
	ld->extbase = ld->nplace + round_up(n, GROUP);
	ld->maxext = (u32)ref + (1 << 16);
	keys_init(L, &ld->hash64, (u32)hash64, n);
	keys_init(L, &ld->hash, (u32)hash, n);
	ld->shared = mem_reserve(&L->huge, n * sizeof *ld->shared,
				 n / 4 * sizeof *ld->shared);
	mem_touch(&L->huge, ld->shared, sizeof *ld->shared);
	ld->sharedkey = mem_alloc(&L->mem, n);
	nbits = (size_t)ld->extbase + ld->maxext + 64;
	ld->own = mem_alloc(&L->mem, nbits / 64 * sizeof(u64));
	ld->iface = mem_alloc(&L->mem, nbits / 64 * sizeof(u64));
}

/* Room for the symbols: the linker makes a few for each function and type
 * that it finds. */
static void make_room(Load *ld, u64 nsym, u64 ndef)
{
	enum { HUGE = 1 << 16 };	/* rows in a huge page */
	Link *L = ld->L;
	u64 max = 2 * nsym + 6 * ndef + (1 << 20);

	L->alias = round_up(max, HUGE);
	L->symend = L->alias + ld->extbase + ld->maxext;
	L->sym = mem_reserve(&L->huge, (size_t)L->symend * sizeof *L->sym,
			     (size_t)nsym / 8 * sizeof *L->sym);
	L->maxext = L->alias;
	L->ext = mem_reserve(&L->huge, L->maxext * sizeof *L->ext,
			     (size_t)ndef / 32 * sizeof *L->ext);
	L->nsym = L->alias + ld->extbase;
	L->maxsym = L->symend;
	L->next = 1;
}

/* May it be worth while to try huge pages? The first one that is dear costs
 * as much as 10 MB of small ones. Rows, tables and contents take a third of
 * what is in the objects, and debug information as much again. */
static bool takes_much(const Link *L)
{
	u64 n = 0;

	for (u32 k = OBJ_FIRST; k < L->nobj; k++)
		n += L->obj[k]->o.obj.n;
	return n / 3 * (L->flag.w ? 1 : 2) >= MUCH;
}

static void count(Load *ld)
{
	Link *L = ld->L;
	u64 nsym = 0, ndef = 0, npkg = 0, place = GROUP, name = 0, hash64 = 0,
		hash = 0, ref = 0;
	u32 *pkg;
	Sym *syms;

	for (u32 k = OBJ_FIRST; k < L->nobj; k++) {
		const GoObj *o = &L->obj[k]->o;

		nsym += o->nsym;
		ndef += o->ndef;
		npkg += o->npkg;
		place += round_up(o->nsymdef, GROUP) +
			(u64)round_up(o->ndef - o->nsymdef, GROUP);
		name += o->nnonpkgdef;
		hash64 += o->nhashed64def;
		hash += o->nhasheddef;
		ref += o->nnonpkgref;
	}
	if (nsym + npkg > MAXPLACE / 4 || place > MAXPLACE / 4)
		link_exitf(L, "too many symbols");
	if (takes_much(L)) {
		mem_huge(&L->huge, true);
		mem_skip(&L->mem);
	}
	ld->nplace = (u32)place;
	make_places(ld);
	make_numbers(ld, name, hash64, hash, ref);
	make_room(ld, nsym, ndef);
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
	count(ld);
}

void load_syms(Link *L)
{
	Load *ld = mem_alloc(&L->mem, sizeof *ld);

	ld->L = L;
	if (L->flag.strictdups < 0 || L->flag.strictdups > 2)
		link_fatalf(L, "invalid -strictdups flag value %lld",
			   (long long)L->flag.strictdups);
	prepare(ld);
	L->load = ld;
	check_objects(ld);
	names_load(ld);
	builtins(L);
	other_references(ld);
	L->strictdups = ld->strictdups;	/* errors or not: stays open */
}
