/*
 * What deadcode's search (deadflood.c) does with a symbol: its object's word
 * for it is checked, what it refers to is marked, and what its relocations
 * say of types, interfaces and methods is noted. Symbols are visited by
 * batches, for what is to be read of each is somewhere else in memory, and
 * these places are fetched into the cache all at once, step by step.
 *
 * Source: cmd/link/internal/ld/deadcode.go
 */
#include "link/deadcode.h"

/* ---- marking --------------------------------------------------------- */

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
static void use_in_iface(Deadcode *d, Waiting *own, Sym s)
{
	u32 x = s - d->L->alias;

	if (s && set_bit(d->ld->iface, x) && is_marked(d, s))
		enqueue(own, x);
}

/* Types among them are used in interfaces, too. What is to be read of each is
 * fetched for all at once. */
static void use_parts(Worker *w)
{
	const Deadcode *d = w->d;
	u32 obj, li;

	for (u32 i = 0; i < w->npart; i++)
		if (sym_def(d->L, w->part[i], &obj, &li))
			__builtin_prefetch(record(d->L->obj[obj], li));
	for (u32 i = 0; i < w->npart; i++)
		if (attr_of(d, w->part[i]) & A_GOTYPE)
			use_in_iface(w->d, w->own, w->part[i]);
	w->npart = 0;
}

static void add_part(Worker *w, Sym s)
{
	const Load *ld = w->d->ld;
	u32 x = s - w->d->L->alias;

	if (w->npart == NASK)
		use_parts(w);
	w->part[w->npart++] = s;
	if (x >= ld->sharebase && x < ld->extbase)
		__builtin_prefetch(shared_of(ld, x));
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

static void use_iface(Worker *w, Sym s, Sym to)
{
	Deadcode *d = w->d;
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
	use_in_iface(d, w->own, to);
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
	d->into = w->own;
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
	use_in_iface(w->d, w->own, rel_at(w->d->L, v->r, k).sym);
	add_later(w, v->s, k, METHODOFF);
}

/* What relocation k, which refers to that, is for. */
static void visit_target(Worker *w, const Visit *v, u32 k, Sym to, bool iface)
{
	Deadcode *d = w->d;
	u16 number = ld16(v->r.p + (size_t)k * RELOC_SIZE + 5, false);
	u8 action = d->action[number & 511];

	if (action == FOLLOW && !(number >> 15)) {
		if (iface && v->attr & A_GOTYPE)
			add_part(w, to);
		mark(d, w->own, to, v->s);
		return;
	}
	touch(d, to);
	if (number >> 15)
		return;
	if (action == METHODOFF)
		visit_method(w, v, k, iface);
	else if (action == USEIFACE)
		use_iface(w, v->s, to);
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
	return content_sym(w->d->ld, o, li, &w->batch);
}

static void answer(Worker *w)
{
	Deadcode *d = w->d;
	Sym s[NASK];

	content_syms(d->ld, w->ask, w->nask, &w->batch, s);
	for (u32 i = 0; i < w->nask; i++)
		if (w->askedby[i] == BY_KEY)
			continue;
		else if (w->askedby[i])
			mark(d, w->own, s[i], w->askedby[i]);
		else
			touch(d, s[i]);
	w->nask = 0;
}

static void ask(Worker *w, const LObj *o, SymRef ref, Sym by)
{
	if (w->nask == NASK)
		answer(w);
	w->ask[w->nask] = (Ask){o, goobj_local(&o->o, ref)};
	w->askedby[w->nask++] = by;
}

/* What ref means is to be marked; by nobody: touched. */
static inline void follow(Worker *w, const LObj *o, SymRef ref, Sym by)
{
	Sym s = known(w->d, o, ref);

	if (!s && !symref_is_nil(ref)) {
		ask(w, o, ref, by);
	} else if (by) {
		mark(w->d, w->own, s, by);
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

/* Those with a hash are pctab.c's. */
static void know_pctab(Worker *w, const LObj *o, SymRef ref)
{
	Sym s;

	if (ref.pkg == PkgIdxHashed)
		return;
	s = known(w->d, o, ref);
	if (!s && !symref_is_nil(ref))
		ask(w, o, ref, BY_KEY);
	else if (ref.pkg != PkgIdxHashed64)
		touch(w->d, s);
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
		switch (d->aux[x.type]) {
		case AUX_MARK: follow(w, o, x.sym, v->s); break;
		case AUX_TOUCH: follow(w, o, x.sym, 0); break;
		case AUX_PCTAB: know_pctab(w, o, x.sym); break;
		case AUX_FUNCINFO: visit_funcinfo(w, o, x.sym); break;
		}
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
		mark(d, w->own, row(d->L, v->s)->outer,
		     v->s);
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
	v->index = goobj_index_good(o, BlkRelocIdx, v->li, o->nreloc) &&
		goobj_index_good(o, BlkAuxIdx, v->li, o->naux) &&
		goobj_index_good(o, BlkDataIdx, v->li, o->ndata);
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

/* Of a function, whose FuncInfo is the first that it carries. */
static void fetch_info_index(Visit *v)
{
	const LObj *o = v->a.obj;
	GoAux x = {0};

	v->info = NOSYM;
	if (v->obj && v->index && v->a.n > 0)
		x = aux_at(v->a, 0);
	if (x.type != AuxFuncInfo || goobj_local(&o->o, x.sym) >= o->o.ndef)
		return;
	v->info = goobj_local(&o->o, x.sym);
	__builtin_prefetch(goobj_at(&o->o, BlkDataIdx, v->info, 4));
}

static void fetch_info(const Visit *v)
{
	if (v->info != NOSYM)
		__builtin_prefetch(goobj_data(&v->a.obj->o, v->info).p);
}

enum { NEXT = 4, MAXFETCH = 64 };

/* Where known will look for what relocations refer to. */
static void fetch_targets(const Deadcode *d, const Visit *v)
{
	const Bases *b;
	const u8 *p = v->r.p;

	if (!v->obj || !v->index)
		return;
	b = &d->bases[v->obj->idx];
	for (u32 k = 0; k < v->r.n && k < MAXFETCH; k++, p += RELOC_SIZE) {
		SymRef ref = goobj_symref(p + 15);
		u32 i = PkgIdxNone - ref.pkg;

		if (i < NSPECIAL - 1)
			__builtin_prefetch(&b->syms[i][ref.sym]);
	}
}

void visit_all(Worker *w, Visit *v, u32 n)
{
	for (u32 i = 0; i < n; i++)
		fetch_index(w->d, &v[i]);
	for (u32 i = 0; i < n; i++)
		fetch_records(w->d, &v[i]);
	for (u32 i = 0; i < n; i++)
		fetch_info_index(&v[i]);
	for (u32 i = 0; i < n; i++)
		fetch_info(&v[i]);
	for (u32 i = 0; i < n && i < NEXT; i++)
		fetch_targets(w->d, &v[i]);
	for (u32 i = 0; i < n; i++) {
		if (i + NEXT < n)
			fetch_targets(w->d, &v[i + NEXT]);
		visit(w, &v[i]);
	}
	use_parts(w);
	answer(w);
}
