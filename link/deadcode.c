/*
 * deadcode: which symbols the program needs. They are found by following
 * relocations and auxiliary symbols from the entry point on; what is not
 * found is left out by every later pass.
 *
 * Methods are the exception, since most of those that a type has are never
 * called. A type descriptor refers to each by three relocations R_METHODOFF
 * in a row (its type, and its code for calls through interfaces and for
 * direct ones), which are followed only if a value of the type is put into
 * an interface somewhere (UsedInIface, which a type hands on to those that
 * it is made of, for reflection can get there), and also
 *
 *   - a method of that name and type is called through some interface:
 *     R_USEIFACEMETHOD in the caller, or
 *   - one of that name is called by generic code or by MethodByName with a
 *     constant: R_USENAMEDMETHOD, or
 *   - it is exported, and a function that is needed calls methods whose
 *     names are only known at run time: its attribute ReflectMethod.
 *
 * Whatever is needed only adds to what else is, so the order of the search
 * does not matter: several threads search (deadflood.c, deadvisit.c). A
 * method waits in the list of its signature until that is wanted; that, and
 * what else concerns methods, threads put off until one of them may do it
 * (deadmethod.c).
 *
 * Source: cmd/link/internal/ld/deadcode.go
 */
#include <stdlib.h>

#include "link/deadcode.h"

/* ---- map.init -------------------------------------------------------- */

static bool is_map_init(View name)
{
	return view_find(name, 0, view_str("map.init"), 1) < name.n;
}

/* A package's init calls a function of its own for each large map variable
 * (map.init.0 ...), by a weak relocation: if nothing else needs the
 * variable, and so the function, a function that does nothing is called. */
static void mapinitcleanup1(Link *L, Sym init, Sym noop)
{
	Rels r = sym_rels(L, init);
	Ext *e = NULL;

	for (u32 k = 0; k < r.n; k++) {
		Rel x = rel_at(L, r, k);

		if (!x.weak || !reloc_is_call(x.type) ||
		    sym_reachable(L, x.sym))
			continue;
		if (!is_map_init(sym_name(L, x.sym)))
			link_exitf(L, "internal error: expected map.init sym "
				   "for weak call reloc");
		if (!e)
			e = sym_update(L, init);
		st32(e->rel + (size_t)k * RELOC_SIZE + 19, noop, false);
	}
}

static int by_number(const void *a, const void *b)
{
	Sym x = *(const Sym *)a, y = *(const Sym *)b;

	return (x > y) - (x < y);
}

static Sym mapinitnoop(const Link *L)
{
	return sym_lookup(L, view_str("runtime.mapinitnoop"),
			  abi_internal(L));
}

static bool calls_dead(const Deadcode *d, Sym init)
{
	Rels r = sym_rels(d->L, init);

	for (u32 k = 0; k < r.n; k++) {
		Rel x = rel_at(d->L, r, k);

		if (x.weak && reloc_is_call(x.type) && !is_marked(d, x.sym))
			return true;
	}
	return false;
}

/* What it refers to is not needed for that alone, as cmd/link has it. */
static void touch_all(Deadcode *d, Sym s)
{
	Rels r = sym_rels(d->L, s);
	Auxs a = sym_auxs(d->L, s);

	for (u32 k = 0; k < r.n; k++)
		touch(d, rel_at(d->L, r, k).sym);
	for (u32 k = 0; k < a.n; k++)
		touch(d, resolve(d->L, a.obj, aux_at(a, k).sym));
}

/* It gets its number with all others. */
static void mark_noop(Deadcode *d)
{
	Sym noop = mapinitnoop(d->L);
	u32 x = noop - d->L->alias;

	if (!noop)
		link_exitf(d->L, "could not look up runtime.mapinitnoop");
	if (d->pkginits.n)
		qsort(d->pkginits.p, d->pkginits.n, sizeof(Sym), by_number);
	for (u32 i = 0; i < d->pkginits.n; i++)
		if (calls_dead(d, d->pkginits.p[i]) && set_bit(d->marked, x)) {
			touch_all(d, noop);
			if (d->parent)
				d->parent[x] = d->pkginits.p[i];
		}
}

static void mapinitcleanup(Link *L, const SymVec *inits)
{
	Sym noop = mapinitnoop(L);

	for (u32 i = 0; i < inits->n; i++)
		mapinitcleanup1(L, settled(L, inits->p[i]), noop);
}

/* ---- from the roots -------------------------------------------------- */

static const u8 row_action[NRELOC] = {
	[ROW_R_METHODOFF] = METHODOFF, [ROW_R_USETYPE] = IGNORE,
	[ROW_R_USEIFACE] = USEIFACE, [ROW_R_USEIFACEMETHOD] = USEIFACEMETHOD,
	[ROW_R_USENAMEDMETHOD] = USENAMEDMETHOD, [ROW_R_INITORDER] = IGNORE,
};

/* Of what a function carries, functions' data for the runtime and, if it is
 * to be written, debug information can lead to more. Type descriptors of
 * variables are not needed for that alone. FuncInfo and pc tables lead
 * nowhere, have no names and are reached only through their functions: no
 * pass asks whether they are needed. pclntab only wants each pc table once,
 * and so contents that are nothing else get no number. */
static void follow_auxs(Deadcode *d)
{
	const u8 dwarf = d->L->flag.w ? AUX_IGNORE : AUX_MARK;
	const u8 action[NAux] = {
		[AuxGotype] = AUX_TOUCH, [AuxFuncInfo] = AUX_FUNCINFO,
		[AuxFuncdata] = AUX_MARK, [AuxSehUnwindInfo] = AUX_MARK,
		[AuxWasmImport] = AUX_MARK, [AuxWasmType] = AUX_MARK,
		[AuxDwarfInfo] = dwarf, [AuxDwarfLoc] = dwarf,
		[AuxDwarfRanges] = dwarf, [AuxDwarfLines] = dwarf,
		[AuxPcsp] = AUX_PCTAB, [AuxPcfile] = AUX_PCTAB,
		[AuxPcline] = AUX_PCTAB, [AuxPcinline] = AUX_PCTAB,
		[AuxPcdata] = AUX_PCTAB,
	};

	memcpy(d->aux, action, sizeof d->aux);
}

static void set_bases(Deadcode *d)
{
	Link *L = d->L;

	d->bases = mem_alloc(&L->tmp, L->nobj * sizeof *d->bases);
	for (u32 i = OBJ_FIRST; i < L->nobj; i++) {
		const LObj *o = L->obj[i];
		const u32 n[NSPECIAL] = {
			[0] = o->o.nnonpkgdef + o->o.nnonpkgref,
			[PkgIdxNone - PkgIdxHashed64] = o->o.nhashed64def,
			[PkgIdxNone - PkgIdxHashed] = o->o.nhasheddef,
			[PkgIdxNone - PkgIdxBuiltin] = L->nbuiltin,
			[PkgIdxNone - PkgIdxSelf] = o->o.nsymdef,
		};
		Bases *b = &d->bases[i];

		b->pkg = L->alias + d->ld->obj[i].pkg;
		for (u32 k = 0; k < NSPECIAL; k++) {
			u32 at = goobj_local(&o->o,
					     (SymRef){PkgIdxNone - k, 0});

			b->syms[k] = at == NOSYM ? L->builtin : o->syms + at;
			b->n[k] = n[k];
		}
	}
}

static void make_waiting(Deadcode *d, u32 nwords)
{
	Mem *m = &d->L->tmp;

	d->threads = d->L->flag.why ? 1 : pool_threads(d->L->pool);
	d->waiting = mem_alloc(m, d->threads * sizeof *d->waiting);
	for (u32 i = 0; i < d->threads; i++) {
		Waiting *t = &d->waiting[i];

		t->waiting = mem_alloc(m, nwords * 64 * sizeof(u64));
		t->words = mem_alloc(m, nwords * sizeof(u64));
		t->nwords = nwords;
	}
	d->into = d->waiting;
}

static void deadcode_init(Deadcode *d)
{
	Link *L = d->L;
	u32 nsym = L->nsym - L->alias;
	size_t bytes = ((size_t)nsym / 64 + 1) * sizeof(u64);

	d->marked = mem_alloc(&L->tmp, bytes);
	d->touched = mem_alloc(&L->tmp, bytes);
	set_bases(d);
	deadmethod_init(d);
	make_waiting(d, nsym / 4096 + 1);
	pthread_mutex_init(&d->lock, NULL);
	pthread_mutex_init(&d->giving, NULL);
	if (L->flag.why)
		d->parent = mem_alloc(&L->tmp, nsym * sizeof(Sym));
	for (u32 i = 0; i < NELEM(d->action); i++)
		if (L->relrow[i] < NRELOC)
			d->action[i] = row_action[L->relrow[i]];
	follow_auxs(d);
}

static void mark_root(Deadcode *d, Sym s)
{
	mark(d, d->into, s, s);
}

static void mark_roots(Deadcode *d)
{
	Link *L = d->L;
	View names[] = {L->flag.entry, view_str("runtime.unreachableMethod")};

	for (u32 i = 0; i < NELEM(names); i++) {
		mark_root(d, sym_lookup(L, names[i], 0));
		mark_root(d, sym_lookup(L, names[i], abi_internal(L)));
	}
	for (u32 i = 0; i < L->dynexp.n; i++)
		mark_root(d, L->dynexp.p[i]);
	mark_root(d, L->mainInittasks);
}

/* What the linker fills in, or asks for, whether it is needed or not. */
static void touch_made(Deadcode *d)
{
	static const char *const made[] = {
		"runtime.tlsg", "runtime.firstmoduledata",
		"runtime.lastmoduledatap", "runtime.disableMemoryProfiling",
		"runtime.memProfileInternal",
	};

	for (size_t i = 0; i < NELEM(made); i++) {
		touch(d, sym_lookup(d->L, view_str(made[i]), 0));
		touch(d, sym_lookup(d->L, view_str(made[i]), 1));
	}
}

/* Of copies of what is needed, one that is not may still say that it is used
 * in an interface. No compiler writes such a thing. */
static void enqueue_iface(Deadcode *d)
{
	for (u32 x = d->ld->sharebase; x < d->ld->extbase; x++)
		if (has_bit(d->ld->iface, x) && has_bit(d->marked, x))
			enqueue(d->into, x);
}

static void settle_parents(const Deadcode *d, u32 nsym)
{
	Link *L = d->L;

	L->nreachparent = L->nsym;
	L->reachparent = mem_alloc(&L->mem, L->nsym * sizeof(Sym));
	for (u32 x = 0; x < nsym; x++)
		if (d->parent[x])
			L->reachparent[settled(L, L->alias + x)] =
				settled(L, d->parent[x]);
}

void deadcode(Link *L)
{
	Deadcode d = {.L = L, .ld = L->load};
	u32 nsym = L->nsym - L->alias;

	deadcode_init(&d);
	mark_roots(&d);
	touch_made(&d);
	do {
		flood(&d);
		if (L->flag.prune)
			mark_noop(&d);
		contents_scan(d.ld, d.marked);
		if (d.ld->more)
			enqueue_iface(&d);
	} while (d.ld->more);
	objects_check(d.ld);
	load_settle(d.ld, d.marked, d.touched);
	if (d.parent)
		settle_parents(&d, nsym);
	if (L->flag.prune)
		mapinitcleanup(L, &d.pkginits);
	deadmethod_free(&d);
}
