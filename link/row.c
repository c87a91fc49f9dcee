/*
 * Symbols of objects whose numbers are not settled, or never will be: where
 * they are defined, and rows for those few that somebody looks at all the
 * same.
 */
#include "link/load.h"

/* ---- rows from records ------------------------------------------------ */

void load_def(const Load *ld, SymRow *r, const LObj *o, u32 li)
{
	const u8 *p = record(o, li);

	r->obj = o->idx;
	r->li = li;
	r->size = record_size(p);
	r->kind = ld->L->kindrow[p[10] % NELEM(ld->L->kindrow)];
	r->attr = (r->attr & ~(u32)A_OBJECT) | object_attr(ld, o, li);
}

void add_use(SymRow *r, u32 use, u32 aligns)
{
	/* Of the bits of alignments, the greatest. */
	u8 align = aligns ? (u8)(32 - __builtin_clz(aligns)) : 0;

	r->attr |= use;
	r->align = align > r->align ? align : r->align;
}

/* Memory that is read before it is first written costs two page faults. */
void make_row(const Load *ld, SymRow *to, u32 x)
{
	SymRow r = {0};
	u32 li;
	const LObj *o = place_obj(ld, def_place(ld, x), &li);
	const u8 *p = record(o, li);
	u32 use = use_attr(p), aligns = record_align(p);

	load_def(ld, &r, o, li);
	if (x >= ld->sharebase) {
		u32 all = __atomic_load_n(&shared_of(ld, x)->use,
					  __ATOMIC_RELAXED);

		use |= all & USE_LOCAL ? A_LOCAL : 0;
		use |= all & USE_IFACE ? A_USEDINIFACE : 0;
		aligns |= all & USE_ALIGN;
	}
	add_use(&r, use, aligns & USE_ALIGN);
	*to = r;
}

/* ---- rows that are kept ------------------------------------------------ */

static void make_own(Load *ld, u32 x)
{
	load_lock(ld);
	if (!has_bit(ld->own, x)) {
		make_row(ld, row(ld->L, ld->L->alias + x), x);
		__atomic_fetch_or(&ld->own[x / 64], 1ull << x % 64,
				  __ATOMIC_RELEASE);
	}
	load_unlock(ld);
}

SymRow *own_row(Link *L, Sym s)
{
	Load *ld = L->load;
	u32 x = s - L->alias;

	if (ld && s >= L->alias && x < ld->extbase && !has_bit(ld->own, x))
		make_own(ld, x);
	return row(L, s);
}

SymRow facts(const Link *L, Sym s)
{
	u32 obj, li;
	SymRow r;

	if (!sym_def(L, s, &obj, &li))
		return *row(L, s);
	make_row(L->load, &r, s - L->alias);
	return r;
}

/* ---- from object to number -------------------------------------------- */

Sym settled(const Link *L, Sym s)
{
	const Load *ld = L->load;
	u32 x = s - L->alias, g;

	if (!ld || s < L->alias)
		return s;
	if (x >= ld->extbase)
		return s - ld->extshift;
	if (x >= ld->sharebase) {
		s = shared_of(ld, x)->num;
		if (s < L->alias)
			return s;
		x = s - L->alias;
	}
	if (!ld->live)
		return s;
	g = x / GROUP;
	if (x < ld->sharebase && has_bit(ld->live, x))
		return ld->rank[g] + (u32)__builtin_popcountll(ld->live[g] &
			((1ull << x % GROUP) - 1));
	own_row(ld->L, s);
	return s;
}

Sym resolve_pctab(const Link *L, const LObj *o, SymRef ref)
{
	u32 li = goobj_local(&o->o, ref);
	Sym s;

	if (ref.pkg != PkgIdxHashed64)
		return resolve(L, o, ref);
	s = o->syms[li] & ~SYM_LAZY;
	return is_pctab(L->load, s) ? s : content_known(L->load, o, li);
}

/* Seldom: most are asked for by deadcode itself, many at a time. */
static Sym first_asked(Load *ld, const LObj *o, u32 li)
{
	Sym s;

	load_lock(ld);
	s = content_sym(ld, o, li, &ld->batch);
	load_unlock(ld);
	return s;
}

/* Whatever else has been found out of it stands in o->syms. */
static Sym find_sym(Load *ld, const LObj *o, u32 li)
{
	const ObjLoad *ol = &ld->obj[o->idx];
	Sym s = 0;

	if (li >= o->o.ndef)
		return ld->unnamed;
	if (li < o->o.nsymdef)
		return ld->L->alias + ol->pkg + li;
	if (!ld->live)
		return first_asked(ld, o, li);
	s = content_known(ld, o, li);
	return s ? s : ld->L->alias + ol->other + (li - o->o.nsymdef);
}

Sym resolve_late(const Link *L, const LObj *o, u32 li)
{
	Load *ld = L->load;
	Sym s = __atomic_load_n(&o->syms[li], __ATOMIC_ACQUIRE) & ~SYM_LAZY;

	if (!s)
		s = find_sym(ld, o, li);
	if (!ld->live) {
		__atomic_store_n(&o->syms[li], s | SYM_LAZY,
				 __ATOMIC_RELEASE);
		return s;
	}
	s = settled(L, s);
	__atomic_store_n(&o->syms[li], s, __ATOMIC_RELEASE);
	return s;
}
