/*
 * Content-addressed definitions: in the objects' Hashed64 block, whose keys
 * are the up to 8 bytes themselves, and in Hashed, whose keys are hashes of
 * content and relocations. They are more than half of all symbols of a
 * program's objects, two thirds of them are copies, and few are needed. So a
 * content gets a number when deadcode first comes to one of its copies; all
 * lead to the same, so that it does not matter to which.
 *
 * Functions are an exception: what belongs to them, such as tables of lines,
 * is not part of the content, and may be another for each copy. So all copies
 * of whatever has auxiliary symbols are known beforehand.
 *
 * It matters afterwards: the number's place is that of the first copy in load
 * order, and the bytes are those of the first among the largest, for data
 * with and without zeros behind it has one hash. So all keys are looked at
 * once more, for the few that are among those needed.
 *
 * Both is done by all threads at once: slots are filled with
 * compare-and-swap, and what is known of a copy is added in any order.
 *
 * Source: addSym in cmd/link/internal/loader/loader.go
 */
#include <stdlib.h>

#include "link/load.h"

/* ---- shared symbols --------------------------------------------------- */

u32 new_shared(Load *ld, u8 key, Batch *b, u32 place)
{
	Shared *e;

	if (b->at == b->end) {
		b->at = __atomic_fetch_add(&ld->nshared, NBATCH,
					   __ATOMIC_RELAXED);
		b->end = b->at + NBATCH;
		if (b->end > ld->endshared)
			DIE("more contents than definitions");
		mem_fill(&ld->L->huge, &ld->shared[b->at],
			 NBATCH * sizeof *e);
	}
	ld->sharedkey[b->at] = key;
	e = &ld->shared[b->at];
	e->first = UINT32_MAX;
	e->id = place;
	e->num = ld->L->alias + ld->sharebase + b->at;
	return b->at++;
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

void add_copy(Shared *e, const u8 *p, u32 place)
{
	set_min(&e->first, place);
	set_max(&e->best, (u64)record_size(p) << 32 | (u32)~place);
	set_bits(&e->use, (record_align(p) & USE_ALIGN) |
		 (p[11] & SymFlagLocal ? USE_LOCAL : 0) |
		 (p[12] & SymFlagUsedInIface ? USE_IFACE : 0));
}

/* ---- by key ------------------------------------------------------------ */

static void make_level(Link *L, Keys *c, u32 k, u32 n)
{
	size_t size;
	u8 *p;

	c->level[k].nblock = n / BLOCK + 1;
	size = ((size_t)c->level[k].nblock + 1) * BLOCK * sizeof(u32);
	p = k + 1 < NLEVEL ? mem_alloc(&L->mem, size) :
		mem_reserve(&L->huge, size, 0);
	p += -(uintptr_t)p % (BLOCK * sizeof(u32));
	c->level[k].slot = (u32 *)(void *)p;
	if (k == 0)
		mem_fill(&L->huge, p, size - BLOCK * sizeof(u32));
}

void keys_init(Link *L, Keys *c, u32 n, u32 end)
{
	for (c->mask = 1; c->mask < end; c->mask = c->mask << 1 | 1)
		;
	make_level(L, c, 0, n / 8);
	make_level(L, c, 1, n / 16);
	make_level(L, c, 2, n + n / 4);
}

typedef struct {
	u64 k[2];
} Key;

static bool is_hash64(const LObj *o, u32 li)
{
	return li - o->o.nsymdef < o->o.nhashed64def;
}

static inline const u8 *key_at(const LObj *o, u32 li)
{
	u32 i = li - o->o.nsymdef;

	return is_hash64(o, li) ? goobj_hash64(&o->o, i) :
		goobj_hash(&o->o, i - o->o.nhashed64def);
}

static inline Key key_of(const LObj *o, u32 li)
{
	const u8 *p = key_at(o, li);

	return (Key){{ld64(p, false), is_hash64(o, li) ? 0 :
		      ld64(p + 8, false)}};
}

/* A key on its way through the slots. */
typedef struct {
	Key key;
	u64 hash;
	u32 level, slot;
} Probe;

static inline u32 block_of(const Keys *c, u32 level, u64 hash)
{
	return (u32)((u64)(u32)hash * c->level[level].nblock >> 32) * BLOCK;
}

static inline const Keys *keys_of(const Load *ld, const LObj *o, u32 li)
{
	return is_hash64(o, li) ? &ld->hash64 : &ld->hash;
}

static inline Probe probe_of(const Load *ld, const LObj *o, u32 li)
{
	Key key = key_of(o, li);
	u64 hash = key_hash(ld, key.k[0], key.k[1]);

	return (Probe){key, hash, 0, block_of(keys_of(ld, o, li), 0, hash)};
}

static inline u32 *slot_at(const Keys *c, const Probe *p)
{
	return &c->level[p->level].slot[p->slot];
}

static void next_slot(const Keys *c, Probe *p)
{
	if (++p->slot % BLOCK > 0)
		return;
	if (p->level + 1 < NLEVEL)
		p->slot = block_of(c, ++p->level, p->hash);
	else if (p->slot == c->level[p->level].nblock * BLOCK)
		p->slot = 0;
}

static inline u32 tag_of(const Keys *c, const Probe *p)
{
	return (u32)(p->hash >> 32) & ~c->mask;
}

/* The first from p's slot on that may be the one, which is to be looked at,
 * or 0, where it would be put. */
static inline u32 candidate(const Keys *c, Probe *p)
{
	u32 tag = tag_of(c, p);

	for (;; next_slot(c, p)) {
		u32 v = __atomic_load_n(slot_at(c, p), __ATOMIC_ACQUIRE);

		if (v == 0 || (v & ~c->mask) == tag)
			return v & c->mask;
	}
}

/* The shared symbol with p's key, or 0, and then p is where it would be. */
static inline u32 find(const Load *ld, const Keys *c, Probe *p)
{
	for (;; next_slot(c, p)) {
		u32 i = candidate(c, p);

		if (i == 0 || (ld->shared[i].key[0] == p->key.k[0] &&
			       ld->shared[i].key[1] == p->key.k[1]))
			return i;
	}
}

static u32 put(Load *ld, const LObj *o, u32 li, Probe *p, Batch *b)
{
	const Keys *c = keys_of(ld, o, li);
	u32 fresh = 0, none, i;

	while ((i = find(ld, c, p)) == 0) {
		if (!fresh) {
			fresh = new_shared(ld, is_hash64(o, li) ? KEY_HASH64 :
					   KEY_HASH, b, ld->obj[o->idx].other +
					   (li - o->o.nsymdef));
			ld->shared[fresh].key[0] = p->key.k[0];
			ld->shared[fresh].key[1] = p->key.k[1];
		}
		none = 0;
		if (__atomic_compare_exchange_n(slot_at(c, p), &none,
		    fresh | tag_of(c, p), false, __ATOMIC_ACQ_REL,
		    __ATOMIC_ACQUIRE)) {
			add_copy(&ld->shared[fresh], record(o, li),
				 ld->shared[fresh].id);
			return fresh;
		}
	}
	if (fresh) {	/* another thread was first */
		ld->shared[fresh].id = 0;
		b->at--;
	}
	return i;
}

Sym content_sym(Load *ld, const LObj *o, u32 li, Batch *b)
{
	Probe p = probe_of(ld, o, li);
	Sym s = ld->L->alias + ld->sharebase + put(ld, o, li, &p, b);

	__atomic_store_n(&o->syms[li], s | SYM_LAZY, __ATOMIC_RELEASE);
	return s;
}

/* Keys, slots and contents are somewhere in memory: they are asked for all at
 * once, step by step. */
void content_syms(Load *ld, const Ask *a, u32 n, Batch *b, Sym s[NASK])
{
	Probe p[NASK];

	for (u32 i = 0; i < n; i++)
		__builtin_prefetch(key_at(a[i].obj, a[i].li));
	for (u32 i = 0; i < n; i++) {
		p[i] = probe_of(ld, a[i].obj, a[i].li);
		__builtin_prefetch(slot_at(keys_of(ld, a[i].obj, a[i].li),
					   &p[i]));
	}
	for (u32 i = 0; i < n; i++) {
		__builtin_prefetch(&ld->shared[candidate(keys_of(ld, a[i].obj,
						a[i].li), &p[i])]);
		__builtin_prefetch(&a[i].obj->syms[a[i].li]);
		__builtin_prefetch(record(a[i].obj, a[i].li));
	}
	for (u32 i = 0; i < n; i++) {
		const LObj *o = a[i].obj;
		u32 li = a[i].li;

		s[i] = ld->L->alias + ld->sharebase + put(ld, o, li, &p[i], b);
		__atomic_store_n(&o->syms[li], s[i] | SYM_LAZY,
				 __ATOMIC_RELEASE);
	}
}

void contents_with_auxs(Load *ld, const LObj *o)
{
	u32 li = o->o.nsymdef;
	u32 end = li + o->o.nhashed64def + o->o.nhasheddef;
	u32 at = goobj_idx(&o->o, BlkAuxIdx, li), next;
	Batch b = {0};

	for (; li < end; li++, at = next) {
		u32 x;

		next = goobj_idx(&o->o, BlkAuxIdx, li + 1);
		if (at == next)
			continue;
		x = content_sym(ld, o, li, &b) - ld->L->alias;
		add_copy(shared_of(ld, x), record(o, li),
			 ld->obj[o->idx].other + (li - o->o.nsymdef));
	}
}

Sym content_known(const Load *ld, const LObj *o, u32 li)
{
	Probe p = probe_of(ld, o, li);
	u32 i = find(ld, keys_of(ld, o, li), &p);

	return i ? ld->L->alias + ld->sharebase + i : 0;
}

/* ---- copies of what is needed ------------------------------------------ */

/* A filter by keys: they are hashes, or few. */
enum { SEEN = 1 << 20 };	/* bits */

static inline u32 seen_bit(u64 key)
{
	return (u32)(key ^ key >> 32) & (SEEN - 1);
}

/* What is not marked has no order. Its bytes are the same in all copies, and
 * so many, if their number is part of the hash. */
static void note_seen(Load *ld, const u64 *marked)
{
	for (u32 i = 1; i < ld->nshared; i++) {
		u32 bit = seen_bit(ld->shared[i].key[0]);
		u8 key = ld->sharedkey[i];

		if (ld->shared[i].id && (key == KEY_HASH64 ||
		    (key == KEY_HASH && has_bit(marked, ld->sharebase + i))))
			ld->seen[bit / 64] |= 1ull << bit % 64;
	}
}

static void add_text(Load *ld, const LObj *o, u32 li)
{
	load_lock(ld);
	ld->text = mem_grow(&ld->L->mem, ld->text, ld->ntext, &ld->captext,
			    sizeof *ld->text);
	ld->text[ld->ntext++] = (TextCopy){o->idx, li};
	load_unlock(ld);
}

static void found_copy(Load *ld, const LObj *o, u32 li, u32 i)
{
	u32 x = ld->sharebase + i;
	const u8 *p = record(o, li);

	add_copy(&ld->shared[i], p,
		 ld->obj[o->idx].other + (li - o->o.nsymdef));
	__atomic_store_n(&o->syms[li], (ld->L->alias + x) | SYM_LAZY,
			 __ATOMIC_RELAXED);
	if (link_kind_is_text(ld->L->kindrow[p[10] & 63]))
		add_text(ld, o, li);
	if (p[12] & SymFlagUsedInIface && !has_bit(ld->iface, x)) {
		__atomic_fetch_or(&ld->iface[x / 64], 1ull << x % 64,
				  __ATOMIC_RELAXED);
		__atomic_store_n(&ld->more, true, __ATOMIC_RELAXED);
	}
}

/* A copy waits a little, while what is to be read for it is fetched. */
enum { AHEAD = 16 };
typedef struct {
	Probe p;
	u32 li;
	u32 shared;	/* 0: to be found */
} Wait;

static void fetch_shared(const Load *ld, const Keys *c, const LObj *o,
			 Wait *w)
{
	u32 i = w->shared ? w->shared : candidate(c, &w->p);

	__builtin_prefetch(&ld->shared[i], 1);
	__builtin_prefetch(record(o, w->li));
}

static void finish(Load *ld, const Keys *c, const LObj *o, Wait *w)
{
	u32 i = w->shared ? w->shared : find(ld, c, &w->p);

	if (i)
		found_copy(ld, o, w->li, i);
}

/* The keys from p on, of that size each, are those of symbols li up to end. */
static inline void scan(Load *ld, const Keys *c, const LObj *o, u32 li,
			u32 end, const u8 *p, size_t size)
{
	Sym base = ld->L->alias + ld->sharebase, s;
	const u64 *seen = ld->seen;
	Wait w[AHEAD];
	u32 n = 0, i;

	for (; li < end; li++, p += size) {
		u32 bit = seen_bit(ld64(p, false));

		if (!(seen[bit / 64] >> bit % 64 & 1))
			continue;
		if (n >= AHEAD)
			finish(ld, c, o, &w[n % AHEAD]);
		s = o->syms[li] & ~SYM_LAZY;
		w[n % AHEAD] = (Wait){.li = li, .shared = s ? s - base : 0};
		if (!s) {
			w[n % AHEAD].p = probe_of(ld, o, li);
			__builtin_prefetch(slot_at(c, &w[n % AHEAD].p));
		}
		n++;
		if (n >= AHEAD / 2)
			fetch_shared(ld, c, o, &w[(n - AHEAD / 2) % AHEAD]);
	}
	for (i = n < AHEAD ? 0 : n - AHEAD; i < n; i++)
		finish(ld, c, o, &w[i % AHEAD]);
}

static void scan_one(void *arg, size_t k)
{
	Load *ld = arg;
	const LObj *o = ld->L->obj[ld->order[k]];
	u32 li = o->o.nsymdef, mid = li + o->o.nhashed64def;

	scan(ld, &ld->hash64, o, li, mid, goobj_hash64(&o->o, 0),
	     HASH64_SIZE);
	scan(ld, &ld->hash, o, mid, mid + o->o.nhasheddef,
	     goobj_hash(&o->o, 0), HASH_SIZE);
}

static int by_place(const void *a, const void *b)
{
	const TextCopy *x = a, *y = b;

	if (x->obj != y->obj)
		return x->obj < y->obj ? -1 : 1;
	return x->li < y->li ? -1 : x->li > y->li;
}

static void sort_text(Load *ld)
{
	if (ld->ntext)
		qsort(ld->text, ld->ntext, sizeof *ld->text, by_place);
	for (u32 k = OBJ_FIRST; k < ld->L->nobj; k++)
		ld->obj[k].ntext = 0;
	for (u32 i = 0; i < ld->ntext; i++) {
		ObjLoad *ol = &ld->obj[ld->text[i].obj];

		if (ol->ntext++ == 0)
			ol->text = i;
	}
}

void contents_scan(Load *ld, const u64 *marked)
{
	if (!ld->seen)
		ld->seen = mem_alloc(&ld->L->tmp, SEEN / 8);
	ld->more = false;
	ld->ntext = 0;
	note_seen(ld, marked);
	pool_for(ld->L->pool, ld->norder, scan_one, ld);
	sort_text(ld);
}
