/*
 * Content-addressed definitions: in the objects' Hashed64 block, whose keys
 * are the up to 8 bytes themselves, and in Hashed, whose keys are hashes of
 * content and relocations. They are more than half of all symbols of a
 * program's objects, and two thirds of them are copies.
 *
 * The number is that of the first copy in load order, the content that of
 * the first among the largest: data with and without zeros behind it has one
 * hash. Both do not depend on the order in which copies are seen, so that
 * all threads can look at different objects at once: a table of slots which
 * they fill with compare-and-swap.
 *
 * Source: addSym in cmd/link/internal/loader/loader.go
 */
#include "link/load.h"

enum {
	AHEAD = 32,	/* of the one that is looked at: slots are fetched */
	HALF = AHEAD / 2,	/* the same: contents */
	CHUNK = 64	/* contents that a thread takes at once */
};

static u32 slots_for(u64 n)
{
	return (u32)(n + n / 4 + 2);
}

static u8 *slots(Contents *c, u8 *p, u64 n)
{
	c->slot = (u32 *)(void *)p;
	c->nslot = slots_for(n);
	return p + (c->nslot + (size_t)15) / 16 * 16 * sizeof *c->slot;
}

static u8 *contents(Contents *c, u8 *p, u64 max)
{
	c->content = (Content *)(void *)p;
	c->max = max;
	c->n = 1;
	return p + max * sizeof *c->content;
}

void contents_init(Load *ld)
{
	const Link *L = ld->L;
	u64 n64 = 0, n = 0, max64, max;
	u8 *p;

	for (u32 k = OBJ_FIRST; k < L->nobj; k++) {
		n64 += L->obj[k]->o.nhashed64def;
		n += L->obj[k]->o.nhasheddef;
	}
	max64 = n64 + (u64)CHUNK * L->nobj + 1;
	max = n + (u64)CHUNK * L->nobj + 1;
	ld->nscratch = (slots_for(n64) + (size_t)slots_for(n) + 32) *
		sizeof(u32) + (max64 + max) * sizeof(Content);
	ld->scratch = p = mem_reserve(ld->nscratch);
	/* Last what is least often full. */
	p = slots(&ld->hash, slots(&ld->hash64, p, n64), n);
	contents(&ld->hash, contents(&ld->hash64, p, max64), max);
}

void contents_free(Load *ld)
{
	mem_release(ld->scratch, ld->nscratch);
}

/* ---- finding copies -------------------------------------------------- */

/* Keys come from input, and are not to fall into one slot by intent. */
static inline u32 slot_of(const Load *ld, const Contents *c, const u64 key[2])
{
	__extension__ typedef unsigned __int128 u128;
	u128 x = (u128)(key[0] ^ ld->seed[0]) * (key[1] ^ ld->seed[1]);

	return (u32)((u64)(u32)(x ^ x >> 64) * c->nslot >> 32);
}

static inline u32 load_slot(const Contents *c, u32 k)
{
	return __atomic_load_n(&c->slot[k], __ATOMIC_ACQUIRE);
}

/* A thread's share of the table of contents. */
typedef struct {
	Contents *c;
	u32 at, end;
} Share;

static u32 new_content(Share *sh, const u64 key[2])
{
	Content *e;

	if (sh->at == sh->end) {
		sh->at = __atomic_fetch_add(&sh->c->n, CHUNK,
					    __ATOMIC_RELAXED);
		sh->end = sh->at + CHUNK;
	}
	e = &sh->c->content[sh->at];
	e->key[0] = key[0];
	e->key[1] = key[1];
	e->first = UINT32_MAX;
	return sh->at++;
}

/* The place of the content with that key, made if need be. */
static u32 find(Share *sh, u32 k, const u64 key[2])
{
	Contents *c = sh->c;
	u32 fresh = 0, i;

	for (;; k = k + 1 < c->nslot ? k + 1 : 0) {
		i = load_slot(c, k);
		if (i == 0) {
			fresh = fresh ? fresh : new_content(sh, key);
			if (__atomic_compare_exchange_n(&c->slot[k], &i,
			    fresh, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
				return fresh;
		}
		if (c->content[i].key[0] == key[0] &&
		    c->content[i].key[1] == key[1])
			break;
	}
	if (fresh) {	/* another thread was first */
		sh->c->content[--sh->at].first = 0;
	}
	return i;
}

static void set_min(u32 *p, u32 x)
{
	u32 old = __atomic_load_n(p, __ATOMIC_RELAXED);

	while (x < old && !__atomic_compare_exchange_n(p, &old, x, false,
	       __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

static void set_max(u64 *p, u64 x)
{
	u64 old = __atomic_load_n(p, __ATOMIC_RELAXED);

	while (x > old && !__atomic_compare_exchange_n(p, &old, x, false,
	       __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

static void set_bits(u32 *p, u32 x)
{
	if (x & ~__atomic_load_n(p, __ATOMIC_RELAXED))
		__atomic_fetch_or(p, x, __ATOMIC_RELAXED);
}

static void add_copy(Content *e, const u8 *p, u32 place)
{
	set_min(&e->first, place);
	set_max(&e->best, (u64)record_size(p) << 32 | (u32)~place);
	set_bits(&e->use, ld32(p + 17, false) |
		 (p[11] & SymFlagLocal ? USE_LOCAL : 0) |
		 (p[12] & SymFlagUsedInIface ? USE_IFACE : 0));
}

/* Symbol li and the n - 1 behind it, whose keys of size bytes begin at p;
 * rec is the place of the first in the order of all. Keys are read, slots
 * and contents fetched, copies added in one loop, at different places. */
static void find_all(const Load *ld, Contents *c, const LObj *o, u32 li,
		     u32 n, const u8 *p, u32 size, u32 rec)
{
	Share sh = {.c = c};
	u64 key[AHEAD][2];
	u32 slot[AHEAD];

	for (u32 i = 0; i < n + AHEAD - 1; i++) {
		u32 a = i % AHEAD, b = (i - HALF) % AHEAD,
			d = (i + 1) % AHEAD, x = i - (AHEAD - 1);

		if (i < n) {
			key[a][0] = ld64(p, false);
			key[a][1] = size == HASH_SIZE ? ld64(p + 8, false) : 0;
			slot[a] = slot_of(ld, c, key[a]);
			__builtin_prefetch(&c->slot[slot[a]]);
			p += size;
		}
		if (i >= HALF && i - HALF < n)
			__builtin_prefetch(&c->content[load_slot(c, slot[b])]);
		if (i >= AHEAD - 1) {
			u32 place = find(&sh, slot[d], key[d]);

			add_copy(&c->content[place], record(o, li + x),
				 rec + x);
			o->syms[li + x] = place;
		}
	}
}

void contents_find(Load *ld, const LObj *o)
{
	const GoObj *g = &o->o;
	u32 rec = ld->obj[o->idx].rec, li = g->nsymdef;

	find_all(ld, &ld->hash64, o, li, g->nhashed64def, goobj_hash64(g, 0),
		 HASH64_SIZE, rec);
	find_all(ld, &ld->hash, o, li + g->nhashed64def, g->nhasheddef,
		 goobj_hash(g, 0), HASH_SIZE, rec + g->nhashed64def);
}

/* ---- numbers --------------------------------------------------------- */

static void count(Load *ld, const Contents *c)
{
	for (u32 i = 1; i < c->n; i++) {
		u32 first = c->content[i].first;

		/* Of a share not all is used. */
		if (first && first != UINT32_MAX)
			ld->obj[ld->owner[first / PLACES]].nnew++;
	}
}

void contents_count(Load *ld)
{
	count(ld, &ld->hash64);
	count(ld, &ld->hash);
}

static void make_row(Load *ld, Content *e, Sym s)
{
	SymRow *r = row(ld->L, s);
	u32 place = ~(u32)e->best;
	const LObj *o = ld->L->obj[ld->owner[place / PLACES]];

	load_def(ld, r, o, place - ld->obj[o->idx].rec + o->o.nsymdef);
	add_use(r, (e->use & USE_LOCAL ? A_LOCAL : 0) |
		(e->use & USE_IFACE ? A_USEDINIFACE : 0),
		e->use & USE_ALIGN);
	e->best = s;
}

static Sym number(Load *ld, Contents *c, const LObj *o, u32 li, u32 n, Sym s)
{
	u32 place = ld->obj[o->idx].rec + (li - o->o.nsymdef);

	for (u32 end = li + n; li < end; li++, place++) {
		Content *e = &c->content[o->syms[li]];

		if (end - li > HALF)
			__builtin_prefetch(&c->content[o->syms[li + HALF]]);
		if (e->first == place)
			make_row(ld, e, s++);
	}
	return s;
}

Sym contents_number(Load *ld, const LObj *o, Sym s)
{
	const GoObj *g = &o->o;
	u32 li = g->nsymdef;

	s = number(ld, &ld->hash64, o, li, g->nhashed64def, s);
	return number(ld, &ld->hash, o, li + g->nhashed64def, g->nhasheddef,
		      s);
}

static void set_numbers(const Contents *c, const LObj *o, u32 li, u32 n)
{
	for (u32 end = li + n; li < end; li++) {
		if (end - li > HALF)
			__builtin_prefetch(&c->content[o->syms[li + HALF]]);
		o->syms[li] = (Sym)c->content[o->syms[li]].best;
	}
}

void contents_resolve(Load *ld, const LObj *o)
{
	const GoObj *g = &o->o;
	u32 li = g->nsymdef;

	set_numbers(&ld->hash64, o, li, g->nhashed64def);
	set_numbers(&ld->hash, o, li + g->nhashed64def, g->nhasheddef);
}
