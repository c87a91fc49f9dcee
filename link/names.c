/*
 * The name table: from a name and its version to a symbol. There may be
 * hundreds of thousands of names, so a slot has no more than a symbol's number
 * and 32 bits of hash, and names are compared where they lie, in the objects.
 * The hash is keyed with what the kernel gives each process: names come from
 * input, and nobody is to write some that all fall into one slot. No output
 * depends on the order in the table.
 *
 * Static definitions are not in it: nothing refers to them by name.
 *
 * Source: symsByName and extStaticSyms in cmd/link/internal/loader
 */
#include <sys/auxv.h>

#include "link/load.h"

/* ---- hashing --------------------------------------------------------- */

static inline u64 mix(u64 a, u64 b)
{
	__extension__ typedef unsigned __int128 u128;
	u128 x = (u128)a * b;

	return (u64)x ^ (u64)(x >> 64);
}

static inline u64 ld(const u8 *p)
{
	return ld64(p, false);
}

u32 name_hash(const SymTab *t, View v, u32 ver)
{
	const u8 *p = v.p;
	u64 k = t->seed[1], h = t->seed[0] ^ ver, a = 0, b = 0;
	size_t n = v.n;

	for (; n > 16; n -= 16, p += 16)
		h = mix(ld(p) ^ k, ld(p + 8) ^ h);
	if (n >= 8) {
		a = ld(p);
		b = ld(p + n - 8);
	} else if (n >= 4) {
		a = ld32(p, false);
		b = ld32(p + n - 4, false);
	} else if (n > 0) {
		a = (u64)p[0] << 16 | (u64)p[n / 2] << 8 | p[n - 1];
	}
	h = mix(a ^ k, b ^ h);
	h = mix(h ^ v.n, k) >> 32;
	return h ? (u32)h : 1;
}

/* ---- the table ------------------------------------------------------- */

static u64 slot_of(u32 hash, Sym s)
{
	return (u64)hash << 32 | s;
}

static u64 slot_load(const SymTab *t, u32 i)
{
	return __atomic_load_n(&t->slot[i], __ATOMIC_ACQUIRE);
}

static bool ext_is_named(const Link *L, Sym s, View name, u32 ver)
{
	const Ext *e = &L->ext[row(L, s)->li];

	return e->ver == ver && view_eq(e->name, name);
}

/* s is as before it was settled. */
static bool is_named(const Link *L, Sym s, View name, u32 ver)
{
	const Load *ld = L->load;
	u32 x = s - L->alias, li;
	const LObj *o;
	const u8 *p;

	if (!ld)
		return ext_is_named(L, s, name, ver);
	if (x >= ld->extbase)
		return ext_is_named(L, s - ld->extshift, name, ver);
	if (x >= ld->sharebase) {
		const u64 *key = shared_of(ld, x)->key;

		return key[1] == ((u64)name.n << 32 | ver) &&
			memcmp((const u8 *)(uintptr_t)key[0], name.p,
			       name.n) == 0;
	}
	o = place_obj(ld, x, &li);
	p = record(o, li);
	return ld16(p + 8, false) == ver && ld32(p, false) == name.n &&
		memcmp(o->o.obj.p + ld32(p + 4, false), name.p, name.n) == 0;
}

static void make_slots(Link *L, u32 cap)
{
	SymTab *t = L->names;

	t->slot = mem_alloc(&L->mem, (size_t)cap * sizeof *t->slot);
	mem_fill(&L->huge, t->slot, (size_t)cap * sizeof *t->slot);
	t->mask = cap - 1;
}

void names_init(Link *L, u32 n)
{
	u32 cap = 1 << 12;

	while (cap < n + n / 2 && cap < 1u << 31)
		cap *= 2;
	make_slots(L, cap);
}

Sym names_next(const Link *L, u32 hash, View name, u32 ver, u32 *at)
{
	const SymTab *t = L->names;
	u64 x;

	for (; (x = slot_load(t, *at)) != 0; *at = (*at + 1) & t->mask)
		if (x >> 32 == hash && is_named(L, (Sym)x, name, ver))
			return (Sym)x;
	return 0;
}

bool names_put(Link *L, u32 hash, Sym was, Sym s, u32 at)
{
	u64 x = was ? slot_of(hash, was) : 0;

	return __atomic_compare_exchange_n(&L->names->slot[at], &x,
					   slot_of(hash, s), false,
					   __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

void names_ahead(const Link *L, const u32 *hash, u32 i, u32 end)
{
	enum { STEP = 8 };
	const SymTab *t = L->names;
	const Load *ld = L->load;
	u32 h;

	if (i + 3 * STEP < end && (h = hash[i + 3 * STEP]) != 0)
		__builtin_prefetch(&t->slot[h & t->mask]);
	for (u32 k = 2; k > 0; k--) {
		u32 x;

		if (i + k * STEP >= end || (h = hash[i + k * STEP]) == 0)
			continue;
		x = (u32)slot_load(t, h & t->mask) - L->alias;
		if (x < ld->sharebase || x >= ld->extbase)
			continue;
		if (k == 2)
			__builtin_prefetch(shared_of(ld, x));
		else
			__builtin_prefetch((const u8 *)(uintptr_t)
					   shared_of(ld, x)->key[0]);
	}
}

Sym names_find(const Link *L, u32 hash, View name, u32 ver)
{
	u32 at = hash & L->names->mask;

	return names_next(L, hash, name, ver, &at);
}

static void put(SymTab *t, u64 x)
{
	u32 i = (u32)(x >> 32) & t->mask;

	while (t->slot[i])
		i = (i + 1) & t->mask;
	t->slot[i] = x;
}

static void grow(Link *L)
{
	SymTab *t = L->names;
	u64 *old = t->slot;
	u32 cap = t->mask + 1;

	if (cap > 1u << 30)
		DIE("too many symbols");
	make_slots(L, 2 * cap);
	for (u32 i = 0; i < cap; i++)
		if (old[i])
			put(t, old[i]);
}

void names_add(Link *L, u32 hash, Sym s)
{
	SymTab *t = L->names;

	if (t->used >= t->mask - t->mask / 4)
		grow(L);
	t->used++;
	put(t, slot_of(hash, s));
}

/* ---- symbols that the linker makes ----------------------------------- */

void ext_init(Link *L, Sym s, View name, u32 ver)
{
	Ext *e = &L->ext[L->next];
	SymRow *r = row(L, s);

	if (L->next == L->maxext)
		link_exitf(L, "too many symbols");
	e->name = name;
	e->ver = ver;
	r->obj = OBJ_EXT;
	r->li = L->next++;
	r->attr = ver == 1 ? A_ABIINTERNAL
		: (i32)ver >= 10 ? A_STATIC : 0;
}

Sym sym_create(Link *L, View name, u32 ver)
{
	Sym s = L->nsym;

	if (s == L->maxsym)
		link_exitf(L, "too many symbols");
	if (L->extstart == 0)
		L->extstart = s;
	ext_init(L, s, name, ver);
	L->nsym++;
	return s;
}

/* Versions below 0: not file-local, but found by nobody. */
Sym sym_create_static(Link *L, View name)
{
	return sym_create(L, name, -++L->nanon);
}

Sym sym_lookup(const Link *L, View name, u32 ver)
{
	return settled(L, names_find(L, name_hash(L->names, name, ver), name,
				     ver));
}

/* name must stay where it is. */
Sym sym_lookup_or_create(Link *L, View name, u32 ver)
{
	u32 hash = name_hash(L->names, name, ver);
	Sym s = names_find(L, hash, name, ver);

	if (s)
		return settled(L, s);
	s = sym_create(L, name, ver);
	names_add(L, hash, L->load ? s + L->load->extshift : s);
	return s;
}
