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

static inline void put4(u8 *p, u32 x, bool big)
{
	if (big != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__))
		x = __builtin_bswap32(x);
	memcpy(p, &x, 4);
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

	if (siz != 4 || x == 0 || x & DW_TEXT)
		return false;
	x += add - 1;
	put4(p, (u32)x, L->arch->big);
	return x <= INT32_MAX;
}

static bool put_addr(const Link *L, u8 *p, unsigned siz, Sym to, u64 add,
		     bool early)
{
	bool text = L->dwarf->of[to] & DW_TEXT;

	if (siz != 8 || (!text && (early || !has_address(row(L, to)))) ||
	    (L->la->relocs && L->la->relocs[ROW_R_ADDR]))
		return false;
	st64(p, (u64)row(L, to)->value + add, L->arch->big);
	return true;
}

/* The record at p. */
static inline bool apply(const Link *L, const u8 *p, Sym to, u8 *out, u32 n,
			 bool early)
{
	u32 off = ld32(p, false);
	u16 number = ld16(p + 5, false);
	u64 add = ld64(p + 7, false);
	unsigned siz = p[4];

	if (number & 0x8000 || off > n || siz > n - off)
		return false;
	out += off;
	switch (L->relrow[number & 511]) {
	case ROW_R_DWARFSECREF:
	case ROW_R_ADDROFF:
		return put_offset(L, out, siz, to, add);
	case ROW_R_DWTXTADDR_U1: return put_slot(L, out, siz, to, 1);
	case ROW_R_DWTXTADDR_U2: return put_slot(L, out, siz, to, 2);
	case ROW_R_DWTXTADDR_U3: return put_slot(L, out, siz, to, 3);
	case ROW_R_DWTXTADDR_U4: return put_slot(L, out, siz, to, 4);
	case ROW_R_ADDR: return put_addr(L, out, siz, to, add, early);
	}
	return false;
}

static bool relocate(const Link *L, Sym s, u8 *out, bool early)
{
	View data = sym_data(L, s);
	Rels r = sym_rels(L, s);
	const u8 *p = r.p, *end = p + (size_t)r.n * RELOC_SIZE;
	u64 last = 0, ref;	/* 0: a reference to nothing */
	Sym to = 0;

	if (data.n > row(L, s)->size)
		return false;
	if (data.n)
		memcpy(out, data.p, data.n);
	for (; p < end; p += RELOC_SIZE) {
		if (p[4] == 0)
			continue;
		if ((ref = ld64(p + 15, false)) != last) {
			to = rel_sym(L, &r, p);
			/* What deadcode did not find has no place. */
			if (to >= L->alias)
				return false;
			last = ref;
		}
		if (!apply(L, p, to, out, (u32)data.n, early))
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
