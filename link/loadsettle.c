/*
 * Once deadcode knows what is needed, that gets its final number and a row:
 * first what objects define, in the order of places, then what nobody does
 * and what the linker has made so far, all of it. All passes from here on
 * only see these, close together, and no more than they have to do with.
 */
#include "link/load.h"

typedef struct {
	Load *ld;
	const u64 *marked, *touched;
} Settle;

enum { CHUNK = 1024 };	/* shared symbols of a task */

/* What has been changed already may be wanted later. */
static u64 live_word(const Settle *t, u32 g)
{
	return t->marked[g] | t->touched[g] | t->ld->own[g];
}

static bool is_live(const Settle *t, u32 x)
{
	return live_word(t, x / 64) >> x % 64 & 1;
}

/* ---- which places ------------------------------------------------------ */

static u32 pkg_places(const Load *ld)
{
	return ld->norder ? ld->obj[OBJ_FIRST].other : GROUP;
}

/* Of what is only referred to, other places have not been looked for. */
static u32 first_place(const Shared *e)
{
	return e->first == UINT32_MAX ? e->id : e->first;
}

static void live_shared(Settle *t)
{
	Load *ld = t->ld;

	for (u32 i = 1; i < ld->nshared; i++) {
		const Shared *e = &ld->shared[i];
		u32 place = first_place(e);

		if (e->id && is_live(t, ld->sharebase + i))
			ld->live[place / GROUP] |= 1ull << place % GROUP;
	}
}

static u32 rank_places(Settle *t)
{
	Load *ld = t->ld;
	u32 n = ld->nplace / GROUP, s = 1, g;

	ld->live = mem_alloc(&ld->L->mem, n * sizeof *ld->live);
	ld->rank = mem_alloc(&ld->L->mem, n * sizeof *ld->rank);
	for (g = 0; g < pkg_places(ld) / GROUP; g++)
		ld->live[g] = live_word(t, g);
	live_shared(t);
	for (g = 0; g < n; g++) {
		ld->rank[g] = s;
		s += (u32)__builtin_popcountll(ld->live[g]);
	}
	return s;
}

static Sym number(const Load *ld, u32 place)
{
	u32 g = place / GROUP;

	return ld->rank[g] + (u32)__builtin_popcountll(ld->live[g] &
		((1ull << place % GROUP) - 1));
}

/* ---- rows --------------------------------------------------------------- */

static void reach(const Settle *t, Sym s, u32 x)
{
	Link *L = t->ld->L;
	SymRow *r = row(L, s);

	if (has_bit(t->ld->iface, x))
		r->attr |= A_USEDINIFACE;
	if (!has_bit(t->marked, x))
		return;
	r->attr |= A_REACHABLE;
	__atomic_fetch_or(&L->reach[s / 64], 1ull << s % 64,
			  __ATOMIC_RELAXED);
}

static void settle_row(const Settle *t, Sym s, u32 x)
{
	const Load *ld = t->ld;

	if (has_bit(ld->own, x))
		*row(ld->L, s) = *row(ld->L, ld->L->alias + x);
	else
		make_row(ld, row(ld->L, s), x);
	reach(t, s, x);
}

static void settle_pkg(const Settle *t, const LObj *o)
{
	const Load *ld = t->ld;
	u32 at = ld->obj[o->idx].pkg, end = at + o->o.nsymdef;
	Sym s;

	s = ld->rank[at / GROUP];
	for (u32 g = at / GROUP; g * GROUP < end; g++)
		for (u64 w = ld->live[g]; w; w &= w - 1) {
			u32 x = g * GROUP + (u32)__builtin_ctzll(w);

			settle_row(t, s, x);
			o->syms[x - at] = s++;
		}
}

/* What it says of a content that nobody has visited yet. */
static void check_shared(Load *ld, const Shared *e)
{
	u32 li;
	const LObj *o = place_obj(ld, e->best ? ~(u32)e->best : e->id, &li);
	ObjLoad *ol = &ld->obj[o->idx];
	const u8 *p = record(o, li);
	const char *why = record_good(&o->o, p) ? NULL :
		record_fault(ld->L, &o->o, p);
	u64 len = ld32(p, false), n = 0;

	if (len)
		n = __atomic_add_fetch(&ol->namebytes, len, __ATOMIC_RELAXED);
	if (!why && n > 32 * (u64)o->o.obj.n)
		why = "the names are longer than can be true";
	if (why)
		object_fault(ld, o, li, why);
}

static void fetch_record(const Load *ld, u32 i)
{
	const LObj *o;
	u32 li;

	if (i >= ld->nshared || !ld->shared[i].id)
		return;
	o = place_obj(ld, def_place(ld, ld->sharebase + i), &li);
	__builtin_prefetch(record(o, li));
}

static void settle_shared(const Settle *t, u32 i, u32 end)
{
	Load *ld = t->ld;

	for (; i < end && i < ld->nshared; i++) {
		Shared *e = &ld->shared[i];
		bool content = ld->sharedkey[i] != KEY_NAME;
		u32 x = ld->sharebase + i, place = first_place(e);
		Sym s;

		fetch_record(ld, i + 8);
		if (content)
			e->first = 0;	/* of a pc table from now on */
		if (!e->id || !is_live(t, x))
			continue;
		s = number(ld, place);
		if (content)
			check_shared(ld, e);
		settle_row(t, s, x);
		e->num = s;
	}
}

static void settle_task(void *arg, size_t i)
{
	Settle *t = arg;
	const Load *ld = t->ld;
	u32 at;

	if (i < ld->norder) {
		settle_pkg(t, ld->L->obj[ld->order[i]]);
	} else {
		at = (u32)(i - ld->norder) * CHUNK;
		settle_shared(t, at, at + CHUNK);
	}
}

/* ---- what nobody defines ----------------------------------------------- */

static void settle_exts(Settle *t, Sym s)
{
	Load *ld = t->ld;
	Link *L = ld->L;
	Sym from = L->alias + ld->extbase;
	u32 n = L->nsym - from;

	ld->extshift = from - s;
	memcpy(row(L, s), row(L, from), n * sizeof(SymRow));
	for (u32 i = 0; i < n; i++)
		reach(t, s + i, ld->extbase + i);
	L->extstart = s;
	L->nsym = s + n;
	L->maxsym = L->alias;
}

/* ---- whatever has a number ---------------------------------------------- */

/* References, and definitions that others may share. */
static void settle_object(void *arg, size_t i)
{
	const Settle *t = arg;
	const Load *ld = t->ld;
	const LObj *o = ld->L->obj[ld->order[i]];
	Sym *syms = o->syms, alias = ld->L->alias;
	u32 extbase = ld->extbase, extshift = ld->extshift;

	for (u32 li = o->o.nsymdef, n = o->o.nsym; li < n; li++) {
		Sym s = syms[li];
		u32 x = (s & ~SYM_LAZY) - alias;

		if (s == 0)
			continue;
		if (x >= extbase) {
			syms[li] = x + alias - extshift;
			continue;
		}
		/* Some names are those of package definitions. */
		s = x < ld->sharebase ? x + alias : shared_of(ld, x)->num;
		x = s - alias;
		if (s >= alias && x < ld->sharebase &&
		    has_bit(ld->live, x))
			s = number(ld, x);
		syms[li] = s < alias ? s : s | SYM_LAZY;
	}
}

static void settle_vec(const Link *L, SymVec *v)
{
	for (u32 i = 0; i < v->n; i++)
		v->p[i] = settled(L, v->p[i]);
}

static void settle_link(Load *ld)
{
	Link *L = ld->L;

	settle_vec(L, &L->textp);
	settle_vec(L, &L->dynexp);
	L->mainInittasks = settled(L, L->mainInittasks);
	ld->unnamed = settled(L, ld->unnamed);
	for (u32 i = 0; i < L->nbuiltin; i++)
		L->builtin[i] = settled(L, L->builtin[i]);
	for (u32 i = 1; i < L->next; i++) {
		Ext *e = &L->ext[i];

		e->gotype = settled(L, e->gotype);
		for (u32 k = 0; k < e->nrel; k++) {
			u8 *p = e->rel + (size_t)k * RELOC_SIZE + 19;

			st32(p, settled(L, ld32(p, false)), false);
		}
	}
}

void load_settle(Load *ld, const u64 *marked, const u64 *touched)
{
	Settle t = {.ld = ld, .marked = marked, .touched = touched};
	Link *L = ld->L;
	Sym end = rank_places(&t);
	u32 next = L->nsym - L->alias - ld->extbase;

	if ((u64)end + next >= L->alias)
		link_exitf(L, "too many symbols");
	L->reach = mem_alloc(&L->mem, (((size_t)end + next) / 64 + 1) *
			     sizeof *L->reach);
	pool_for(L->pool, ld->norder + (ld->nshared + CHUNK - 1) / CHUNK,
		 settle_task, &t);
	settle_exts(&t, end);
	pool_for(L->pool, ld->norder, settle_object, &t);
	settle_link(ld);
	objects_check(ld);
}
