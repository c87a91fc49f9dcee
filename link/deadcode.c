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
	u32 x = s - d->L->alias;

	return __atomic_load_n(&d->marked[x / 64], __ATOMIC_SEQ_CST) >>
		x % 64 & 1;
}

/* Without A_USEDINIFACE. */
static u32 attr_of(const Deadcode *d, Sym s)
{
	u32 obj, li;

	return sym_def(d->L, s, &obj, &li) ?
		object_attr(d->ld, d->L->obj[obj], li) : row(d->L, s)->attr;
}

/* The type's relocations mean more from now on, so a visit before this one
 * does not count. This happens once to a symbol. If it is marked just now,
 * by another thread, that sees the attribute, or this one sees the mark. */
static void use_in_iface(Deadcode *d, Sym s)
{
	u32 x = s - d->L->alias;

	if (s && set_bit(d->ld->iface, x) && is_marked(d, s))
		enqueue(d, x);
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

static void visit_method(Worker *w, const Visit *v, u32 k, bool iface)
{
	if (v->r.n - k < 3) {
		View name = sym_name(w->d->L, v->s);

		link_exitf(w->d->L, "%.*s: expect three consecutive "
			   "R_METHODOFF relocs", (int)name.n,
			   (const char *)name.p);
	}
	if (!iface)
		return;
	use_in_iface(w->d, rel_at(w->d->L, v->r, k).sym);
	add_later(w, v->s, k, METHODOFF);
}

/* What relocation k, which refers to that, is for. */
static void visit_target(Worker *w, const Visit *v, u32 k, Sym to, bool iface)
{
	Deadcode *d = w->d;
	u16 number = ld16(v->r.p + (size_t)k * RELOC_SIZE + 5, false);
	u8 action = d->action[number & 511];

	if (action == FOLLOW && !(number >> 15)) {
		if (iface && v->attr & A_GOTYPE && attr_of(d, to) & A_GOTYPE)
			use_in_iface(d, to);
		mark(d, to, v->s);
		return;
	}
	touch(d, to);
	if (number >> 15)
		return;
	if (action == METHODOFF)
		visit_method(w, v, k, iface);
	else if (action == USEIFACE)
		use_iface(d, v->s, to);
	else if (action != IGNORE)
		add_later(w, v->s, k, action);
}

/* As resolve, but that kinds of references alternate is no matter, and each
 * is the first look at a reference. 0: it is nil, or a content without a
 * number. */
static inline Sym known(const Deadcode *d, const LObj *o, SymRef ref)
{
	const Bases *b = &d->bases[o->idx];
	u32 k = PkgIdxNone - ref.pkg;
	Sym s = 0;

	if (k < NSPECIAL) {
		if (ref.sym >= b->n[k])
			bad_symref(d->L, o, ref);
		if (ref.pkg == PkgIdxSelf)
			return b->pkg + ref.sym;
		s = __atomic_load_n(&b->syms[k][ref.sym], __ATOMIC_ACQUIRE) &
			~SYM_LAZY;
		if (!s && (ref.pkg == PkgIdxHashed ||
			   ref.pkg == PkgIdxHashed64))
			return 0;
	} else if (ref.pkg && ref.pkg < o->o.npkg && o->pkg[ref.pkg]) {
		b = &d->bases[o->pkg[ref.pkg]];
		s = ref.sym < b->n[NSPECIAL - 1] ? b->pkg + ref.sym : 0;
	} else if (ref.pkg == 0 && ref.sym) {
		bad_symref(d->L, o, ref);
	}
	return s ? s : resolve(d->L, o, ref);
}

static Sym target(Worker *w, const LObj *o, SymRef ref)
{
	Sym s = known(w->d, o, ref);
	u32 li;

	if (s || symref_is_nil(ref))
		return s;
	li = goobj_local(&o->o, ref);
	return content_sym(w->d->ld, o, li, w->batch);
}

void answer(Worker *w)
{
	Deadcode *d = w->d;
	Sym s[NASK];

	content_syms(d->ld, w->ask, w->nask, w->batch, s);
	for (u32 i = 0; i < w->nask; i++)
		if (w->askedby[i])
			mark(d, s[i], w->askedby[i]);
		else
			touch(d, s[i]);
	w->nask = 0;
}

/* What ref means is to be marked; by nobody: touched. */
static inline void follow(Worker *w, const LObj *o, SymRef ref, Sym by)
{
	Sym s = known(w->d, o, ref);

	if (!s && !symref_is_nil(ref)) {
		if (w->nask == NASK)
			answer(w);
		w->ask[w->nask] = (Ask){o, goobj_local(&o->o, ref)};
		w->askedby[w->nask++] = by;
	} else if (by) {
		mark(w->d, s, by);
	} else {
		touch(w->d, s);
	}
}

/* Relocations are in order, and in the symbol. */
static void visit_rels(Worker *w, const Visit *v, bool iface)
{
	const Deadcode *d = w->d;
	bool type = iface && v->attr & A_GOTYPE;
	u32 skip = 0, n = v->r.n, size = v->size;
	const u8 *p = v->r.p;
	i32 before = 0;

	for (u32 k = 0; k < n; k++, p += RELOC_SIZE) {
		i32 off = (i32)ld32(p, false);
		u16 number = ld16(p + 5, false);
		u8 action = d->action[number & 511];
		SymRef ref = goobj_symref(p + 15);
		bool weak = number >> 15;

		if (off < before || (u64)(u32)off + p[4] > size) {
			object_fault(d->ld, v->obj, v->li, "a relocation is "
				     "out of order, or lies outside of its "
				     "symbol");
			return;
		}
		before = off;
		if (skip > 0 || weak) {
			follow(w, v->obj, ref, 0);
			skip -= skip > 0;
		} else if (action == FOLLOW && !type) {
			follow(w, v->obj, ref, v->s);
		} else {
			visit_target(w, v, k, target(w, v->obj, ref), iface);
			skip = action == METHODOFF ? 2 : 0;
		}
	}
}

/* Of what has been changed; the linker makes no other kinds. */
static void visit_ext(Worker *w, const Visit *v)
{
	for (u32 k = 0; k < v->r.n; k++) {
		const u8 *p = v->r.p + (size_t)k * RELOC_SIZE;

		visit_target(w, v, k, goobj_symref(p + 15).sym, false);
	}
}

/* Where functions that were inlined into this one come from. */
static void visit_funcinfo(Worker *w, const LObj *o, SymRef ref)
{
	Load *ld = w->d->ld;
	View data = aux_data(o, ref);
	GoFuncInfo f;

	/* No two functions have one FuncInfo, so that those of all of them
	 * are not longer than the data. */
	if (__atomic_add_fetch(&ld->obj[o->idx].infobytes, data.n,
			       __ATOMIC_RELAXED) > o->o.ndata) {
		object_fault(ld, o, goobj_local(&o->o, ref),
			     "functions share their FuncInfo");
		return;
	}
	if (funcinfo_parse(data, &f))
		return;
	for (u32 i = 0; i < f.ninl; i++) {
		SymRef fn = goobj_symref(f.inl.p + (size_t)i * INLNODE_SIZE +
					 12);

		if (goobj_ref_good(&o->o, fn))
			follow(w, o, fn, 0);
	}
}

/* FuncInfo, pc tables, DWARF: read by the linker and therefore defined in the
 * object. A slot of pcdata may be empty. */
static bool aux_good(const LObj *o, GoAux x)
{
	return x.type < NAux &&
		(x.type == AuxGotype || x.type == AuxFuncdata ||
		 (x.type == AuxPcdata && symref_is_nil(x.sym)) ||
		 goobj_local(&o->o, x.sym) < o->o.ndef);
}

static void visit_auxs(Worker *w, const Visit *v)
{
	const Deadcode *d = w->d;
	const LObj *o = v->a.obj;

	for (u32 k = 0; k < v->a.n; k++) {
		GoAux x = aux_at(v->a, k);

		if (!aux_good(o, x)) {
			object_fault(d->ld, v->obj, v->li, "an auxiliary "
				     "symbol that is not defined here");
			return;
		}
		if (d->aux[x.type])
			follow(w, o, x.sym, v->s);
		else if (d->touch[x.type])
			follow(w, o, x.sym, 0);
		else if (x.type == AuxFuncInfo)
			visit_funcinfo(w, o, x.sym);
	}
}

/* Is what v's object says of it good so far? Records of contents have not
 * been looked at. */
static bool is_good(const Deadcode *d, const Visit *v)
{
	const GoObj *o = &v->obj->o;
	const char *why = NULL;

	if (v->li - o->nsymdef < o->nhashed64def + o->nhasheddef &&
	    !record_good(o, record(v->obj, v->li)))
		why = record_fault(d->L, o, record(v->obj, v->li));
	if (!why && !v->index)
		why = "an index table does not rise from 0";
	if (!why && v->n > v->size)
		why = "a symbol has more bytes than its size";
	if (why)
		object_fault(d->ld, v->obj, v->li, why);
	return !why;
}

static void visit(Worker *w, const Visit *v)
{
	Deadcode *d = w->d;
	u32 x = v->s - d->L->alias;

	if (v->obj && !is_good(d, v))
		return;
	if (v->attr & A_USEDINIFACE)
		set_bit(d->ld->iface, x);
	if (v->attr & A_REFLECTMETHOD)
		add_later(w, v->s, 0, REFLECT);
	if (v->obj)
		visit_rels(w, v, has_bit(d->ld->iface, x));
	else
		visit_ext(w, v);
	visit_auxs(w, v);
	if (v->attr & A_PKGINIT && v->a.n > 0)
		add_later(w, v->s, 0, PKGINIT);
	if (v->attr & A_EXTERNAL)
		mark(d, row(d->L, v->s)->outer, v->s);
}

static void fetch_index(const Deadcode *d, Visit *v)
{
	u32 obj, li;
	const GoObj *o;

	if (!sym_def(d->L, v->s, &obj, &li)) {
		obj = row(d->L, v->s)->obj;
		li = row(d->L, v->s)->li;
	}
	v->obj = obj < OBJ_FIRST ? NULL : d->L->obj[obj];
	v->li = li;
	if (!v->obj)
		return;
	o = &v->obj->o;
	__builtin_prefetch(record(v->obj, li));
	__builtin_prefetch(goobj_at(o, BlkRelocIdx, li, 4));
	__builtin_prefetch(goobj_at(o, BlkAuxIdx, li, 4));
	__builtin_prefetch(goobj_at(o, BlkDataIdx, li, 4));
}

static bool index_good(const GoObj *o, Blk b, u32 i, u32 n)
{
	u32 end = goobj_idx(o, b, i + 1);

	return goobj_idx(o, b, i) <= end && end <= n;
}

/* What has been changed so far are variables; their debug information does
 * not count any more. */
static void fetch_records(const Deadcode *d, Visit *v)
{
	const GoObj *o;
	const u8 *p;
	u32 first;

	v->a = (Auxs){0};
	if (!v->obj) {
		v->r = sym_rels(d->L, v->s);
		v->attr = row(d->L, v->s)->attr;
		return;
	}
	o = &v->obj->o;
	p = record(v->obj, v->li);
	v->attr = d->ld->flag[p[11]] | d->ld->flag2[p[12]] | use_attr(p);
	v->r.obj = v->a.obj = v->obj;
	v->r.n = goobj_relocs(o, v->li, &first);
	v->r.p = goobj_at(o, BlkReloc, first, RELOC_SIZE);
	v->a.n = goobj_auxs(o, v->li, &v->a.first);
	v->index = index_good(o, BlkRelocIdx, v->li, o->nreloc) &&
		index_good(o, BlkAuxIdx, v->li, o->naux) &&
		index_good(o, BlkDataIdx, v->li, o->ndata);
	v->n = (u32)goobj_data(o, v->li).n;
	v->size = record_size(p);
	/* As goobj_open has it. */
	if (v->n > v->size && (p[10] == SDWARFCUINFO || kind_is_text(p[10])))
		v->size = v->n;
	for (size_t k = 0; k < v->r.n * (size_t)RELOC_SIZE && k < 256; k += 64)
		__builtin_prefetch(v->r.p + k);
	if (v->a.n > 0)
		__builtin_prefetch(goobj_at(o, BlkAux, v->a.first, AUX_SIZE));
}

void visit_all(Worker *w, Visit *v, u32 n)
{
	for (u32 i = 0; i < n; i++)
		fetch_index(w->d, &v[i]);
	for (u32 i = 0; i < n; i++)
		fetch_records(w->d, &v[i]);
	for (u32 i = 0; i < n; i++)
		visit(w, &v[i]);
	answer(w);
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
 * pass asks whether they are needed. */
static void follow_auxs(Deadcode *d)
{
	bool dwarf = !d->L->flag.w;

	d->aux[AuxFuncdata] = d->aux[AuxSehUnwindInfo] = true;
	d->aux[AuxWasmImport] = d->aux[AuxWasmType] = true;
	d->aux[AuxDwarfInfo] = d->aux[AuxDwarfLoc] = dwarf;
	d->aux[AuxDwarfRanges] = d->aux[AuxDwarfLines] = dwarf;
	d->touch[AuxGotype] = d->touch[AuxPcdata] = true;
	d->touch[AuxPcsp] = d->touch[AuxPcfile] = d->touch[AuxPcline] =
		d->touch[AuxPcinline] = true;
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

static void deadcode_init(Deadcode *d)
{
	Link *L = d->L;
	u32 nsym = L->nsym - L->alias;

	d->nwords = nsym / 4096 + 1;
	d->marked = mem_alloc(&L->tmp, d->nwords * 64 * sizeof(u64));
	d->touched = mem_alloc(&L->tmp, d->nwords * 64 * sizeof(u64));
	d->waiting = mem_alloc(&L->tmp, d->nwords * 64 * sizeof(u64));
	d->words = mem_alloc(&L->tmp, d->nwords * sizeof(u64));
	set_bases(d);
	deadmethod_init(d);
	d->threads = L->flag.why ? 1 : pool_threads(L->pool);
	pthread_mutex_init(&d->lock, NULL);
	if (L->flag.why)
		d->parent = mem_alloc(&L->tmp, nsym * sizeof(Sym));
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
			enqueue(d, x);
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
