/*
 * runtime.pctab: the tables from pc to a value, each once, in the order in
 * which functions mention them. A function has half a dozen, and half of them
 * are like another's. Most are content-addressed and nothing but tables, so
 * here, not in deadcode, it is found out which are the same, by their hashes.
 *
 * Whoever looks each of them up in one table of all waits for memory each
 * time. So those of some functions at a time are put into buckets by hash
 * first. A bucket fits into a cache, and is gone through by itself. All threads
 * do both.
 *
 * Source: generatePctab in cmd/link/internal/ld/pcln.go
 */
#include <stdlib.h>

#include "link/pcln.h"

enum {
	MAXCHUNK = 256,	/* so that chunks times buckets grow with the program */
	BUCKET = 1024,	/* tables */
	AHEAD = 3	/* functions */
};

/* A table with a hash, number tab of P->tab. */
typedef struct {
	u64 key[2];
	u32 tab;
} Keyed;

struct PcTables {
	const Link *L;
	Pcln *P;
	u32 chunk, nchunk;	/* functions of one */
	u32 nbucket;
	Keyed *keyed;	/* by chunk, from its first table's number on; by bucket */
	size_t size;	/* bytes of it */
	u32 *begin;	/* by chunk, by bucket: where in keyed, and the end */
};

/* ---- the tables of a function ------------------------------------------ */

/* Which number x has among its function's, of which *npcdata came before; or
 * none. */
static u32 place_of(GoAux x, u32 *npcdata)
{
	static const u8 place[NAux] = {
		[AuxPcsp] = 1 + PCSP, [AuxPcfile] = 1 + PCFILE,
		[AuxPcline] = 1 + PCLINE, [AuxPcinline] = 1 + PCINLINE,
	};

	if (x.type == AuxPcdata)
		return PCDATA + (*npcdata)++;
	return x.type < NAux && place[x.type] ? place[x.type] - 1u :
		UINT32_MAX;
}

/* Where the hash of what ref means is, or NULL. */
static const u8 *hash_at(const LObj *o, SymRef ref)
{
	return ref.pkg == PkgIdxHashed && ref.sym < o->o.nhasheddef ?
		goobj_hash(&o->o, ref.sym) : NULL;
}

static void fetch_func(const PcFunc *f)
{
	const LObj *o = f->aux.obj;

	for (u32 k = 0, n = 0; f->valid && k < f->aux.n; k++) {
		GoAux x = aux_at(f->aux, k);
		const u8 *hash = hash_at(o, x.sym);

		if (!hash || place_of(x, &n) == UINT32_MAX)
			continue;
		__builtin_prefetch(hash);
		__builtin_prefetch(goobj_at(&o->o, BlkDataIdx,
					    goobj_local(&o->o, x.sym), 4));
	}
}

/* Number i is what ref means; to, if it has a hash. */
static Keyed *find_table(const struct PcTables *t, const LObj *o, SymRef ref,
			 u32 i, Keyed *to)
{
	PcTable *tab = &t->P->tab[i];
	const u8 *hash = hash_at(o, ref);
	View v;

	if (!hash) {
		tab->n = resolve_pctab(t->L, o, ref);
		return to;
	}
	v = aux_data(o, ref);
	tab->p = v.n ? v.p : NULL;
	tab->n = (u32)v.n;
	*to = (Keyed){{ld64(hash, false), ld64(hash + 8, false)}, i};
	return to + 1;
}

/* Behind to come those that have a hash. Of two of one type, as a damaged
 * object may have them, the last counts. */
static Keyed *find_tables(const struct PcTables *t, const PcFunc *f, Keyed *to)
{
	const LObj *o = f->aux.obj;
	SymRef only[PCDATA];
	u32 have = 0;

	for (u32 k = 0, n = 0; f->valid && k < f->aux.n; k++) {
		GoAux x = aux_at(f->aux, k);
		u32 place = place_of(x, &n);

		if (place < PCDATA) {
			only[place] = x.sym;
			have |= 1u << place;
		} else if (place != UINT32_MAX) {
			to = find_table(t, o, x.sym, f->tab + place, to);
		}
	}
	for (u32 k = 0; k < PCDATA; k++)
		if (have >> k & 1)
			to = find_table(t, o, only[k], f->tab + k, to);
	return to;
}

/* ---- into buckets ------------------------------------------------------ */

static u64 hash_of(const struct PcTables *t, const Keyed *k)
{
	return key_hash(t->L->load, k->key[0], k->key[1]);
}

static u32 bucket_of(const struct PcTables *t, const Keyed *k)
{
	return (u32)((hash_of(t, k) >> 32) * t->nbucket >> 32);
}

static u32 *begin_of(const struct PcTables *t, u32 chunk)
{
	return t->begin + (size_t)chunk * (t->nbucket + 1);
}

/* Their order stays, within a bucket. */
static void into_buckets(const struct PcTables *t, u32 chunk, const Keyed *k,
			 const Keyed *end)
{
	u32 *begin = begin_of(t, chunk), b;
	u32 at = t->P->func[chunk * t->chunk].tab;

	for (const Keyed *x = k; x < end; x++)
		begin[bucket_of(t, x)]++;
	/* Backwards, from the end of each. */
	for (b = 0; b < t->nbucket; b++)
		at = begin[b] += at;
	begin[b] = at;
	while (end-- > k)
		t->keyed[--begin[bucket_of(t, end)]] = *end;
}

static void sort_chunk(void *arg, size_t chunk)
{
	const struct PcTables *t = arg;
	const PcFunc *f = t->P->func + chunk * t->chunk;
	const PcFunc *all = t->P->func + t->P->nfunc, *end = f + t->chunk;
	u32 n;
	Keyed *k, *to;

	end = end < all ? end : all;
	n = (end < all ? end->tab : t->P->ntab) - f->tab;
	k = to = xrealloc(NULL, (size_t)n * sizeof *k + 1);
	for (; f < end; f++) {
		if (f + AHEAD < end)
			fetch_func(f + AHEAD);
		for (u32 i = 0; i < f->ntab; i++)
			t->P->tab[f->tab + i].first = f->tab + i;
		to = find_tables(t, f, to);
	}
	into_buckets(t, (u32)chunk, k, to);
	free(k);
}

/* ---- the same ones ----------------------------------------------------- */

static u32 bucket_size(const struct PcTables *t, u32 b)
{
	u32 n = 0;

	for (u32 c = 0; c < t->nchunk; c++)
		n += begin_of(t, c)[b + 1] - begin_of(t, c)[b];
	return n;
}

static void find_first(const struct PcTables *t, u32 *slot, u32 mask, u32 at)
{
	const Keyed *k = &t->keyed[at], *was;
	u32 i = (u32)hash_of(t, k) & mask;

	for (; slot[i]; i = (i + 1) & mask) {
		was = &t->keyed[slot[i] - 1];
		if (was->key[0] == k->key[0] && was->key[1] == k->key[1]) {
			t->P->tab[k->tab].first = was->tab;
			return;
		}
	}
	slot[i] = at + 1;
}

static void join_bucket(void *arg, size_t b)
{
	const struct PcTables *t = arg;
	u32 n = bucket_size(t, (u32)b), mask = 1, *slot;

	while (mask < 2 * n)
		mask = mask << 1 | 1;
	slot = xrealloc(NULL, ((size_t)mask + 1) * sizeof *slot);
	memset(slot, 0, ((size_t)mask + 1) * sizeof *slot);
	for (u32 c = 0; c < t->nchunk; c++) {
		const u32 *begin = begin_of(t, c) + b;

		for (u32 at = begin[0]; at < begin[1]; at++)
			find_first(t, slot, mask, at);
	}
	free(slot);
}

/* ---- all of them -------------------------------------------------------- */

void pctab_room(Link *L, Pcln *P)
{
	struct PcTables *t = mem_alloc(&L->mem, sizeof *t);
	u32 per = P->nfunc / MAXCHUNK + 1;

	P->ntab = 0;
	for (u32 i = 0; i < P->nfunc; i++) {
		PcFunc *f = &P->func[i];

		f->tab = P->ntab;
		f->ntab = f->valid ? PCDATA + f->rawpcdata : 0;
		P->ntab += f->ntab;
	}
	P->tab = mem_alloc(&L->mem, (size_t)P->ntab * sizeof *P->tab);
	mem_fill(&L->huge, P->tab, (size_t)P->ntab * sizeof *P->tab);
	*t = (struct PcTables){.L = L, .P = P, .chunk = per};
	t->nchunk = (P->nfunc + per - 1) / per;
	t->nbucket = P->ntab / BUCKET + 1;
	t->size = (size_t)P->ntab * sizeof *t->keyed + 1;
	t->keyed = mem_reserve(NULL, t->size, 0);
	t->begin = mem_alloc(&L->mem, (size_t)t->nchunk * (t->nbucket + 1) *
			     sizeof *t->begin);
	P->tables = t;
}

void pctab_find(const Link *L, const Pcln *P)
{
	struct PcTables *t = P->tables;

	pool_for(L->pool, t->nchunk, sort_chunk, t);
	pool_for(L->pool, t->nbucket, join_bucket, t);
	mem_release(t->keyed, t->size);
}

static u32 add_table(const Link *L, Pcln *P, u32 i, u32 size)
{
	u32 off = (u32)P->pcsize;

	if (size > INT32_MAX - off)
		link_exitf(L, "runtime.pctab too large");
	P->pc = mem_grow(&P->mem[PCTABS], P->pc, P->npc, &P->cappc,
			 sizeof *P->pc);
	P->pc[P->npc++] = i;
	P->pcsize += size;
	return off;
}

/* A symbol knows its place. */
static u32 place_symbol(const Link *L, Pcln *P, u32 i)
{
	Sym s = P->tab[i].n;
	u32 off = s ? pctab_offset(L, s) : 0, size = s ? pctab_size(L, s) : 0;

	if (!off && size) {
		off = add_table(L, P, i, size);
		set_pctab_offset(L, s, off);
	}
	return off;
}

/* 0: it is empty, or there is none. */
static u32 offset_of(const Link *L, Pcln *P, u32 i)
{
	PcTable *t = &P->tab[i];

	if (!(t->first & PLACED) && t->first != i) {
		i = t->first;
		t = &P->tab[i];
	}
	if (!(t->first & PLACED))
		t->first = PLACED | (t->p ? add_table(L, P, i, t->n) :
				     place_symbol(L, P, i));
	return t->first & ~PLACED;
}

void pctab_place(const Link *L, Pcln *P)
{
	P->pcsize = 1;
	for (u32 i = 0; i < P->nfunc; i++) {
		const PcFunc *f = &P->func[i];
		u32 ahead = f->tab + AHEAD * (PCDATA + 4), k;

		for (k = ahead; k < ahead + f->ntab && k < P->ntab; k++)
			if (!(P->tab[k].first & PLACED))
				__builtin_prefetch(&P->tab[P->tab[k].first]);
		if (!f->valid)
			continue;
		for (k = PCSP; k <= PCLINE; k++)
			f->slot[k] = offset_of(L, P, f->tab + k);
		for (k = PCDATA; k < f->ntab; k++)
			f->slot[k] = offset_of(L, P, f->tab + k);
		if (f->ninl)
			f->slot[PCDATA + PCDATA_InlTreeIndex] =
				offset_of(L, P, f->tab + PCINLINE);
	}
}

void pctab_forget(const Link *L, const Pcln *P)
{
	for (u32 i = 0; i < P->npc; i++) {
		const PcTable *t = &P->tab[P->pc[i]];

		if (!t->p)
			set_pctab_offset(L, t->n, 0);
	}
}

/* The bytes of s, of which there are no more than its place has. */
static View bytes_of(const Link *L, Sym s)
{
	View v = sym_data(L, s);
	u32 size = pctab_size(L, s);

	return view_of(v.p, v.n < size ? v.n : size);
}

void gen_pctab(Link *L, const Gen *g, Window *w)
{
	const Pcln *P = L->pcln;
	u32 i, end = gen_part(g, P->npc, &i);

	for (; i < end; i++) {
		const PcTable *t = &P->tab[P->pc[i]];

		win_copy(w, t->first & ~PLACED, t->p ? view_of(t->p, t->n) :
			 bytes_of(L, t->n));
	}
}
