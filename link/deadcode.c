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
 * does not matter: several threads search (deadflood.c). Symbols are visited
 * by batches, for what is to be read of each is somewhere else in memory, and
 * these places are fetched into the cache all at once, step by step. A
 * method waits in the list of its signature until that is wanted; that, and
 * what else concerns methods, threads put off until one of them may do it.
 *
 * Source: cmd/link/internal/ld/deadcode.go
 */
#include <stdlib.h>

#include "link/deadcode.h"

/* ---- marking --------------------------------------------------------- */

static bool is_marked(const Deadcode *d, Sym s)
{
	return __atomic_load_n(&d->marked[s / 64], __ATOMIC_SEQ_CST) >>
		s % 64 & 1;
}

static u32 attr_of(const Deadcode *d, Sym s)
{
	return __atomic_load_n(&row(d->L, s)->attr, __ATOMIC_SEQ_CST);
}

/* false: it had it. */
static bool set_attr(Deadcode *d, Sym s, u32 attr)
{
	return !(attr_of(d, s) & attr) &&
		!(__atomic_fetch_or(&row(d->L, s)->attr, attr,
				    __ATOMIC_SEQ_CST) & attr);
}

/* The type's relocations mean more from now on, so a visit before this one
 * does not count. This happens once to a symbol. If it is marked just now,
 * by another thread, that sees the attribute, or this one sees the mark. */
static void use_in_iface(Deadcode *d, Sym s)
{
	if (s && set_attr(d, s, A_USEDINIFACE) && is_marked(d, s))
		enqueue(d, s);
}

/* ---- interfaces ------------------------------------------------------ */

/* The addend of R_USEIFACEMETHOD says which method of an interface type:
 * {name, type} there. */
static void use_iface_method(Deadcode *d, Rel r)
{
	TypeDesc t = decodetype(d->L, r.sym);
	u32 off = (u32)r.add, sig;

	if (t.kind != ABI_Interface) {
		View name = sym_name(d->L, r.sym);

		link_exitf(d->L, "symbol \"%.*s\" is not an interface",
			   (int)name.n, (const char *)name.p);
	}
	sig = sig_number(d, decode_reloc_sym(d->L, t.r, off),
			 decode_reloc_sym(d->L, t.r, off + 4));
	if (!d->sig[sig].wanted)
		want_sig(d, sig);
}

static void use_iface(Deadcode *d, Sym s, Sym to)
{
	View from, name;

	if (attr_of(d, to) & A_ITAB)
		to = decode_itab_type(d->L, to);
	if (!(attr_of(d, to) & A_GOTYPE)) {
		from = sym_name(d->L, s);
		name = sym_name(d->L, to);
		link_exitf(d->L, "R_USEIFACE in %.*s references %.*s which is "
			   "not a type or itab", (int)from.n,
			   (const char *)from.p, (int)name.n,
			   (const char *)name.p);
	}
	use_in_iface(d, to);
}

/* ---- the search ------------------------------------------------------ */

/* One thread at a time numbers names and methods. */
static void settle_one(Deadcode *d, const Later *l)
{
	const Link *L = d->L;
	Rels r = sym_rels(L, l->s);

	switch (l->action) {
	case METHODOFF:
		add_method(d, l->s, r, l->rel, rel_at(L, r, l->rel));
		break;
	case USEIFACEMETHOD:
		use_iface_method(d, rel_at(L, r, l->rel));
		break;
	case USENAMEDMETHOD:
		want_name(d, name_number(d, sym_data(L, rel_at(L, r, l->rel)
						     .sym), false));
		break;
	case REFLECT:
		see_reflect(d);
		break;
	default:
		symvec_add(&d->L->tmp, &d->pkginits, l->s);
	}
}

/* Without hurry only if no other thread does it. */
void settle(Worker *w, bool now)
{
	Deadcode *d = w->d;

	if (w->nlater == 0)
		return;
	if (now)
		pthread_mutex_lock(&d->lock);
	else if (pthread_mutex_trylock(&d->lock))
		return;
	for (u32 i = 0; i < w->nlater; i++)
		settle_one(d, &w->later[i]);
	w->nlater = 0;
	pthread_mutex_unlock(&d->lock);
}

static void add_later(Worker *w, Sym s, u32 rel, u32 action)
{
	if (w->nlater == MAXLATER)
		settle(w, true);
	w->later[w->nlater++] = (Later){s, rel, action};
}

static void visit_method(Worker *w, Sym s, Rels r, u32 k)
{
	if (r.n - k < 3) {
		View name = sym_name(w->d->L, s);

		link_exitf(w->d->L, "%.*s: expect three consecutive "
			   "R_METHODOFF relocs", (int)name.n,
			   (const char *)name.p);
	}
	if (!(attr_of(w->d, s) & A_USEDINIFACE))
		return;
	use_in_iface(w->d, rel_at(w->d->L, r, k).sym);
	add_later(w, s, k, METHODOFF);
}

/* A relocation that does more, or other, than to mark its target. */
static void visit_marker(Worker *w, Sym s, Rels r, u32 k, u8 action)
{
	if (action == METHODOFF)
		visit_method(w, s, r, k);
	else if (action == USEIFACE)
		use_iface(w->d, s, rel_at(w->d->L, r, k).sym);
	else if (action != IGNORE)
		add_later(w, s, k, action);
}

/* As resolve, but that kinds of references alternate is no matter. */
static inline Sym target(const Deadcode *d, const LObj *o, const Bases *b,
			 SymRef ref)
{
	u32 k = PkgIdxNone - ref.pkg;
	Sym s = 0;

	if (k < NSPECIAL && ref.sym < b->n[k])
		s = b->syms[k][ref.sym];
	return s ? s : resolve(d->L, o, ref);
}

static void visit_rels(Worker *w, Sym s, Rels r)
{
	Deadcode *d = w->d;
	bool iface = (attr_of(d, s) & (A_GOTYPE | A_USEDINIFACE)) ==
		(A_GOTYPE | A_USEDINIFACE);
	const Bases *b = r.obj ? &d->bases[r.obj->idx] : NULL;

	for (u32 k = 0; k < r.n; k++) {
		const u8 *p = r.p + (size_t)k * RELOC_SIZE;
		u16 type = ld16(p + 5, false);
		u8 action = d->action[type & 511];
		SymRef ref = goobj_symref(p + 15);
		Sym to;

		if (type >> 15)
			continue;
		if (action != FOLLOW) {
			visit_marker(w, s, r, k, action);
			k += action == METHODOFF ? 2 : 0;
			continue;
		}
		to = r.obj ? target(d, r.obj, b, ref) : ref.sym;
		if (iface && attr_of(d, to) & A_GOTYPE)
			use_in_iface(d, to);
		mark(d, to, s);
	}
}

static void visit_auxs(Deadcode *d, Sym s, Auxs a)
{
	for (u32 k = 0; k < a.n; k++) {
		GoAux x = aux_at(a, k);

		if (x.type < NAux && d->aux[x.type])
			mark(d, resolve(d->L, a.obj, x.sym), s);
	}
}

static void visit(Worker *w, const Visit *v)
{
	Deadcode *d = w->d;
	u32 attr = attr_of(d, v->s);

	set_attr(d, v->s, A_REACHABLE);
	if (attr & A_REFLECTMETHOD)
		add_later(w, v->s, 0, REFLECT);
	visit_rels(w, v->s, v->r);
	visit_auxs(d, v->s, v->a);
	if (attr & A_PKGINIT && v->a.n > 0)
		add_later(w, v->s, 0, PKGINIT);
	if (attr & A_EXTERNAL)
		mark(d, row(d->L, v->s)->outer, v->s);
}

static void fetch_index(const Deadcode *d, const Visit *v)
{
	const SymRow *r = row(d->L, v->s);
	const GoObj *o;

	if (r->obj < OBJ_FIRST)
		return;
	o = &d->L->obj[r->obj]->o;
	__builtin_prefetch(goobj_at(o, BlkRelocIdx, r->li, 4));
	__builtin_prefetch(goobj_at(o, BlkAuxIdx, r->li, 4));
}

/* What has been changed so far are variables; their debug information does
 * not count any more. */
static void fetch_records(const Deadcode *d, Visit *v)
{
	v->r = sym_rels(d->L, v->s);
	v->a = sym_is_ext(d->L, v->s) ? (Auxs){0} : sym_auxs(d->L, v->s);
	for (size_t k = 0; k < v->r.n * (size_t)RELOC_SIZE && k < 256; k += 64)
		__builtin_prefetch(v->r.p + k);
	if (v->a.n > 0)
		__builtin_prefetch(goobj_at(&v->a.obj->o, BlkAux, v->a.first,
					    AUX_SIZE));
}

void visit_all(Worker *w, Visit *v, u32 n)
{
	for (u32 i = 0; i < n; i++)
		fetch_index(w->d, &v[i]);
	for (u32 i = 0; i < n; i++)
		fetch_records(w->d, &v[i]);
	for (u32 i = 0; i < n; i++)
		visit(w, &v[i]);
}

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
		row(L, noop)->attr |= A_REACHABLE;
		L->reach[noop / 64] |= 1ull << noop % 64;
		if (L->reachparent && !L->reachparent[noop])
			L->reachparent[noop] = init;
	}
}

static int by_number(const void *a, const void *b)
{
	Sym x = *(const Sym *)a, y = *(const Sym *)b;

	return (x > y) - (x < y);
}

static void mapinitcleanup(Deadcode *d)
{
	Link *L = d->L;
	Sym noop = sym_lookup(L, view_str("runtime.mapinitnoop"),
			      abi_internal(L));

	if (!noop)
		link_exitf(L, "could not look up runtime.mapinitnoop");
	if (d->pkginits.n)
		qsort(d->pkginits.p, d->pkginits.n, sizeof(Sym), by_number);
	for (u32 i = 0; i < d->pkginits.n; i++)
		mapinitcleanup1(L, d->pkginits.p[i], noop);
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
 * pass asks whether they are needed. */
static void follow_auxs(Deadcode *d)
{
	bool dwarf = !d->L->flag.w;

	d->aux[AuxFuncdata] = d->aux[AuxSehUnwindInfo] = true;
	d->aux[AuxWasmImport] = d->aux[AuxWasmType] = true;
	d->aux[AuxDwarfInfo] = d->aux[AuxDwarfLoc] = dwarf;
	d->aux[AuxDwarfRanges] = d->aux[AuxDwarfLines] = dwarf;
}

static void set_bases(Deadcode *d)
{
	Link *L = d->L;

	d->bases = mem_alloc(&L->tmp, L->nobj * sizeof *d->bases);
	for (u32 i = OBJ_FIRST; i < L->nobj; i++) {
		const LObj *o = L->obj[i];
		Bases *b = &d->bases[i];

		for (u32 k = 0; k < NSPECIAL; k++) {
			u32 at = goobj_local(&o->o,
					     (SymRef){PkgIdxNone - k, 0});

			b->syms[k] = at == NOSYM ? L->builtin : o->syms + at;
			b->n[k] = at == NOSYM ? L->nbuiltin : o->o.nsym - at;
		}
	}
}

static void deadcode_init(Deadcode *d)
{
	Link *L = d->L;

	d->nwords = L->nsym / 4096 + 1;
	d->marked = mem_alloc(&L->mem, d->nwords * 64 * sizeof(u64));
	L->reach = d->marked;
	d->waiting = mem_alloc(&L->tmp, d->nwords * 64 * sizeof(u64));
	d->words = mem_alloc(&L->tmp, d->nwords * sizeof(u64));
	set_bases(d);
	deadmethod_init(d);
	d->marked[0] = 1;
	d->threads = L->flag.why ? 1 : pool_threads(L->pool);
	pthread_mutex_init(&d->lock, NULL);
	if (L->flag.why) {
		L->nreachparent = L->nsym;
		d->parent = L->reachparent =
			mem_alloc(&L->mem, L->nsym * sizeof(Sym));
	}
	for (u32 i = 0; i < NELEM(d->action); i++)
		if (L->relrow[i] < NRELOC)
			d->action[i] = row_action[L->relrow[i]];
	follow_auxs(d);
}

static void mark_root(Deadcode *d, Sym s)
{
	mark(d, s, s);
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

void deadcode(Link *L)
{
	Deadcode d = {.L = L};

	deadcode_init(&d);
	mark_roots(&d);
	flood(&d);
	if (L->flag.prune)
		mapinitcleanup(&d);
	deadmethod_free(&d);
}
