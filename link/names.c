/*
 * The name table: from a name and its version to a symbol. A program refers
 * to a million names, so a slot has no more than a symbol's number and 32
 * bits of hash, and names are compared where they lie, in the objects.
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

static bool is_named(const Link *L, Sym s, View name, u32 ver)
{
	const SymRow *r = row(L, s);
	const LObj *o;
	const u8 *p;

	if (r->obj == OBJ_EXT)
		return L->ext[r->li].ver == ver &&
			view_eq(L->ext[r->li].name, name);
	o = L->obj[r->obj];
	p = goobj_at(&o->o, BlkSymdef, r->li, SYM_SIZE);
	return ld16(p + 8, false) == ver && ld32(p, false) == name.n &&
		memcmp(o->o.obj.p + ld32(p + 4, false), name.p, name.n) == 0;
}

static void make_slots(Link *L, u32 cap)
{
	SymTab *t = L->names;

	t->slot = mem_alloc(&L->mem, (size_t)cap * sizeof *t->slot);
	t->mask = cap - 1;
}

void names_init(Link *L, u32 n, u32 used)
{
	SymTab *t = L->names;
	u32 cap = 1 << 12;

	while (cap < n + n / 2 && cap < 1u << 31)
		cap *= 2;
	make_slots(L, cap);
	t->used = used;
}

Sym names_find(const Link *L, u32 hash, View name, u32 ver)
{
	const SymTab *t = L->names;
	u64 x;

	for (u32 i = hash & t->mask; (x = slot_load(t, i)) != 0;
	     i = (i + 1) & t->mask)
		if (x >> 32 == hash && is_named(L, (Sym)x, name, ver))
			return (Sym)x;
	return 0;
}

Sym names_guess(const Link *L, u32 hash)
{
	const SymTab *t = L->names;
	u64 x;

	for (u32 i = hash & t->mask; (x = slot_load(t, i)) != 0;
	     i = (i + 1) & t->mask)
		if (x >> 32 == hash)
			return (Sym)x;
	return 0;
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

void names_add_def(Link *L, u32 hash, Sym s)
{
	SymTab *t = L->names;
	View name = sym_name(L, s);
	u32 ver = sym_version(L, s);
	u64 x;

	for (u32 i = hash & t->mask;; i = (i + 1) & t->mask) {
		x = slot_load(t, i);
		while (x == 0 || (x >> 32 == hash && (Sym)x < s &&
				  is_named(L, (Sym)x, name, ver)))
			if (__atomic_compare_exchange_n(&t->slot[i], &x,
			    slot_of(hash, s), false, __ATOMIC_ACQ_REL,
			    __ATOMIC_ACQUIRE))
				return;
		if (x >> 32 == hash && is_named(L, (Sym)x, name, ver))
			return;
	}
}

void names_renumber(Link *L, Sym from)
{
	SymTab *t = L->names;

	for (u32 i = 0; i <= t->mask; i++) {
		Sym s = (Sym)t->slot[i];

		if (s >= from)
			t->slot[i] = slot_of((u32)(t->slot[i] >> 32),
					     row(L, s)->outer);
	}
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
	return names_find(L, name_hash(L->names, name, ver), name, ver);
}

/* name must stay where it is. */
Sym sym_lookup_or_create(Link *L, View name, u32 ver)
{
	u32 hash = name_hash(L->names, name, ver);
	Sym s = names_find(L, hash, name, ver);

	if (!s) {
		s = sym_create(L, name, ver);
		names_add(L, hash, s);
	}
	return s;
}
