/*
 * Relocations of debug sections, as fast as may be: most of a program's
 * relocations are here, and of few types. A symbol in which anything is out
 * of the ordinary is left to reloc.c, which knows all types and all errors.
 *
 * References to one symbol often follow one another, so that is looked up
 * once; and Dwarf.of has what is needed of most of them in little room.
 *
 * Source: as reloc.c
 */
#include "link/dwarf.h"

enum { AHEAD = 32 };

typedef struct {
	const u8 *p;	/* the record */
	Sym s;
} Next;

static inline void put(u8 *p, u64 x, unsigned n, bool big)
{
	unsigned k;

	if (n == 4) {	/* the usual size, as one store */
		u32 v = big ? __builtin_bswap32((u32)x) : (u32)x;

		p[0] = (u8)v;
		p[1] = (u8)(v >> 8);
		p[2] = (u8)(v >> 16);
		p[3] = (u8)(v >> 24);
		return;
	}
	for (k = 0; k < n; k++)
		p[big ? n - 1 - k : k] = (u8)(x >> 8 * k);
}

static inline bool put_slot(const Link *L, u8 *p, unsigned siz, Sym text,
			    unsigned n)
{
	u32 x = L->dwarf->of[text], slot = (x & ~DW_TEXT) - 1;
	unsigned k;

	if (siz < n || !(x & DW_TEXT) || slot >> 7 * n)
		return false;
	for (k = 0; k + 1 < n; k++, slot >>= 7)
		p[k] = (u8)(slot | 0x80);
	p[k] = (u8)slot;
	return true;
}

/* Has it an address, and an ordinary one? */
static inline bool has_address(const SymRow *to)
{
	return to->attr & A_REACHABLE && to->kind != K_Sxxx &&
		!kind_in(to->kind, K_SFirstUnallocated, K_SUNDEFEXT);
}

/* The distance from the start of the target's section. */
static inline bool put_offset(const Link *L, u8 *p, unsigned siz, Sym to,
			      u64 add)
{
	u64 x = L->dwarf->of[to];

	if (x == 0 || x & DW_TEXT || (siz != 4 && siz != 8))
		return false;
	x += add - 1;
	put(p, x, siz, L->arch->big);
	return x <= INT32_MAX;
}

static inline bool put_addr(const Link *L, u8 *p, unsigned siz, Sym to,
			    u64 add, bool early)
{
	bool text = L->dwarf->of[to] & DW_TEXT;

	if (siz != 8 || (!text && (early || !has_address(row(L, to)))) ||
	    (L->la->relocs && L->la->relocs[ROW_R_ADDR]))
		return false;
	put(p, (u64)row(L, to)->value + add, 8, L->arch->big);
	return true;
}

static inline bool apply(const Link *L, const Next *r, u8 *out, u32 n,
			 bool early)
{
	u32 off = ld32(r->p, false);
	u16 number = ld16(r->p + 5, false);
	u64 add = ld64(r->p + 7, false);
	unsigned siz = r->p[4];

	if (number & 0x8000 || off > n || siz > n - off)
		return false;
	out += off;
	switch (L->relrow[number & 511]) {
	case ROW_R_DWARFSECREF:
	case ROW_R_ADDROFF:
		return put_offset(L, out, siz, r->s, add);
	case ROW_R_ADDR:
		return put_addr(L, out, siz, r->s, add, early);
	case ROW_R_DWTXTADDR_U1: return put_slot(L, out, siz, r->s, 1);
	case ROW_R_DWTXTADDR_U2: return put_slot(L, out, siz, r->s, 2);
	case ROW_R_DWTXTADDR_U3: return put_slot(L, out, siz, r->s, 3);
	case ROW_R_DWTXTADDR_U4: return put_slot(L, out, siz, r->s, 4);
	}
	return false;
}

static inline bool relocate(const Link *L, Sym s, u8 *out, bool early)
{
	View data = sym_data(L, s);
	Rels r = sym_rels(L, s);
	u64 last = 0, ref;	/* 0: a reference to nothing */
	Next next[AHEAD];
	Sym to = 0;
	u32 k = 0, i, n;

	if (data.n > row(L, s)->size)
		return false;
	if (data.n)
		memcpy(out, data.p, data.n);
	while (k < r.n) {
		for (n = 0; k < r.n && n < AHEAD; k++) {
			const u8 *p = r.p + (size_t)k * RELOC_SIZE;

			if (p[4] == 0)
				continue;
			if ((ref = ld64(p + 15, false)) != last) {
				to = rel_at(L, r, k).sym;
				__builtin_prefetch(&L->dwarf->of[to]);
				last = ref;
			}
			next[n++] = (Next){p, to};
		}
		for (i = 0; i < n; i++)
			if (!apply(L, &next[i], out, (u32)data.n, early))
				return false;
	}
	return true;
}

/* As relocate_into, of a symbol in a debug section. */
void dwarf_relocate(Link *L, Sym s, u8 *out)
{
	if (!relocate(L, s, out, false))
		relocate_into(L, s, out);
}

bool dwarf_relocate_early(Link *L, Sym s, u8 *out)
{
	return relocate(L, s, out, true);
}
