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
#include "link/load.h"

/* ---- shared symbols --------------------------------------------------- */

u32 new_shared(const Load *ld, Contents *c, Batch *b, u32 place)
{
	Shared *e;

	if (b->at == b->end) {
		b->at = __atomic_fetch_add(&c->n, b->step, __ATOMIC_RELAXED);
		b->end = b->at + b->step;
		if (b->end > c->end)
			DIE("more contents than definitions");
		mem_touch(&ld->L->huge, &ld->shared[b->at],
			  b->step * sizeof *e);
	}
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

static u32 slots_for(u32 n)
{
	return n + n / 4 + 2;
}

size_t contents_room(u32 n)
{
	return (slots_for(n) + (size_t)15) / 16 * 16 * sizeof(u32);
}

u8 *contents_init(Contents *c, u8 *p, u32 n)
{
	c->slot = (u32 *)(void *)p;
	c->nslot = slots_for(n);
	return p + contents_room(n);
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

/* Keys come from input, and are not to fall into one slot by intent. */
static inline u64 hash_of(const Load *ld, Key key)
{
	__extension__ typedef unsigned __int128 u128;
	u128 x = (u128)(key.k[0] ^ ld->seed[0]) * (key.k[1] ^ ld->seed[1]);

	return (u64)(x ^ x >> 64);
}

static inline u32 slot_of(const Contents *c, u64 hash)
{
	return (u32)((u64)(u32)hash * c->nslot >> 32);
}

/* The shared symbol with that key, or 0, and then where it would be put. */
static u32 find(const Load *ld, const Contents *c, Key key, u32 *slot)
{
	for (;; *slot = *slot + 1 < c->nslot ? *slot + 1 : 0) {
		u32 i = __atomic_load_n(&c->slot[*slot], __ATOMIC_ACQUIRE);

		if (i == 0 || (ld->shared[i].key[0] == key.k[0] &&
			       ld->shared[i].key[1] == key.k[1]))
			return i;
	}
}

static Contents *contents_of(Load *ld, const LObj *o, u32 li)
{
	return is_hash64(o, li) ? &ld->hash64 : &ld->hash;
}

static u32 put(Load *ld, const LObj *o, u32 li, Key key, u32 slot, Batch *b)
{
	Contents *c = contents_of(ld, o, li);
	u32 fresh = 0, none, i;

	while ((i = find(ld, c, key, &slot)) == 0) {
		if (!fresh) {
			fresh = new_shared(ld, c, b, ld->obj[o->idx].other +
					   (li - o->o.nsymdef));
			ld->shared[fresh].key[0] = key.k[0];
			ld->shared[fresh].key[1] = key.k[1];
		}
		none = 0;
		if (__atomic_compare_exchange_n(&c->slot[slot], &none, fresh,
		    false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
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

Sym content_sym(Load *ld, const LObj *o, u32 li, Batch b[2])
{
	const Contents *c = contents_of(ld, o, li);
	Key key = key_of(o, li);
	Sym s = ld->L->alias + ld->sharebase +
		put(ld, o, li, key, slot_of(c, hash_of(ld, key)),
		    &b[is_hash64(o, li)]);

	__atomic_store_n(&o->syms[li], s | SYM_LAZY, __ATOMIC_RELEASE);
	return s;
}

/* Keys, slots and contents are somewhere in memory: they are asked for all at
 * once, step by step. */
void content_syms(Load *ld, const Ask *a, u32 n, Batch b[2], Sym s[NASK])
{
	Key key[NASK];
	u32 slot[NASK];

	for (u32 i = 0; i < n; i++)
		__builtin_prefetch(key_at(a[i].obj, a[i].li));
	for (u32 i = 0; i < n; i++) {
		const Contents *c = contents_of(ld, a[i].obj, a[i].li);

		key[i] = key_of(a[i].obj, a[i].li);
		slot[i] = slot_of(c, hash_of(ld, key[i]));
		__builtin_prefetch(&c->slot[slot[i]]);
	}
	for (u32 i = 0; i < n; i++) {
		const Contents *c = contents_of(ld, a[i].obj, a[i].li);

		__builtin_prefetch(&ld->shared[__atomic_load_n(
			&c->slot[slot[i]], __ATOMIC_RELAXED)]);
		__builtin_prefetch(&a[i].obj->syms[a[i].li]);
		__builtin_prefetch(record(a[i].obj, a[i].li));
	}
	for (u32 i = 0; i < n; i++) {
		const LObj *o = a[i].obj;
		u32 li = a[i].li;

		s[i] = ld->L->alias + ld->sharebase +
			put(ld, o, li, key[i], slot[i], &b[is_hash64(o, li)]);
		__atomic_store_n(&o->syms[li], s[i] | SYM_LAZY,
				 __ATOMIC_RELEASE);
	}
}

void contents_with_auxs(Load *ld, const LObj *o)
{
	u32 li = o->o.nsymdef;
	u32 end = li + o->o.nhashed64def + o->o.nhasheddef;
	u32 at = goobj_idx(&o->o, BlkAuxIdx, li), next;
	Batch b[2] = {{.step = 1}, {.step = 1}};

	for (; li < end; li++, at = next) {
		u32 x;

		next = goobj_idx(&o->o, BlkAuxIdx, li + 1);
		if (at == next)
			continue;
		x = content_sym(ld, o, li, b) - ld->L->alias;
		add_copy(shared_of(ld, x), record(o, li),
			 ld->obj[o->idx].other + (li - o->o.nsymdef));
	}
}

Sym content_known(const Load *ld, const LObj *o, u32 li)
{
	const Contents *c = is_hash64(o, li) ? &ld->hash64 : &ld->hash;
	Key key = key_of(o, li);
	u32 slot = slot_of(c, hash_of(ld, key)), i = find(ld, c, key, &slot);

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
static void note_seen(Load *ld, const Contents *c, const u64 *marked)
{
	for (u32 i = c->begin; i < c->n; i++) {
		u32 bit = seen_bit(ld->shared[i].key[0]);

		if (ld->shared[i].id &&
		    (c == &ld->hash64 || has_bit(marked, ld->sharebase + i)))
			ld->seen[bit / 64] |= 1ull << bit % 64;
	}
}

static void found_copy(Load *ld, const LObj *o, u32 li, u32 i)
{
	u32 x = ld->sharebase + i;
	const u8 *p = record(o, li);

	add_copy(&ld->shared[i], p,
		 ld->obj[o->idx].other + (li - o->o.nsymdef));
	__atomic_store_n(&o->syms[li], (ld->L->alias + x) | SYM_LAZY,
			 __ATOMIC_RELAXED);
	if (p[12] & SymFlagUsedInIface && !has_bit(ld->iface, x)) {
		__atomic_fetch_or(&ld->iface[x / 64], 1ull << x % 64,
				  __ATOMIC_RELAXED);
		__atomic_store_n(&ld->more, true, __ATOMIC_RELAXED);
	}
}

/* A copy waits a little, while what is to be read for it is fetched. */
enum { AHEAD = 16 };
typedef struct {
	Key key;
	u32 slot, li;
	u32 shared;	/* 0: slot is to be looked at */
} Wait;

static void fetch_shared(const Load *ld, const Contents *c, const LObj *o,
			 Wait *w)
{
	u32 i = w->shared ? w->shared : c->slot[w->slot];

	__builtin_prefetch(&ld->shared[i], 1);
	__builtin_prefetch(record(o, w->li));
}

static void finish(Load *ld, const Contents *c, const LObj *o, Wait *w)
{
	u32 i = w->shared ? w->shared : find(ld, c, w->key, &w->slot);

	if (i)
		found_copy(ld, o, w->li, i);
}

/* The keys from p on, of that size each, are those of symbols li up to end. */
static inline void scan(Load *ld, const Contents *c, const LObj *o, u32 li,
			u32 end, const u8 *p, size_t size)
{
	Sym base = ld->L->alias + ld->sharebase, s;
	const u64 *seen = ld->seen;
	Wait w[AHEAD];
	u32 n = 0, i;

	for (; li < end; li++, p += size) {
		u32 bit = seen_bit(ld64(p, false));
		Key key;

		if (!(seen[bit / 64] >> bit % 64 & 1))
			continue;
		if (n >= AHEAD)
			finish(ld, c, o, &w[n % AHEAD]);
		key = key_of(o, li);
		s = o->syms[li] & ~SYM_LAZY;
		w[n % AHEAD] = (Wait){key, slot_of(c, hash_of(ld, key)), li,
				      s ? s - base : 0};
		if (!s)
			__builtin_prefetch(&c->slot[w[n % AHEAD].slot]);
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

void contents_scan(Load *ld, const u64 *marked)
{
	if (!ld->seen)
		ld->seen = mem_alloc(&ld->L->tmp, SEEN / 8);
	ld->more = false;
	note_seen(ld, &ld->hash64, marked);
	note_seen(ld, &ld->hash, marked);
	pool_for(ld->L->pool, ld->norder, scan_one, ld);
}
