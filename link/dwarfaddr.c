/*
 * .debug_addr: addresses of functions, one for each that a unit's DIEs,
 * ranges or locations name, in the order in which they do so; these have its
 * number only, its slot, by R_DWTXTADDR_U1 to _U4.
 *
 * .debug_rnglists and .debug_loclists: the unit's own ranges, then what the
 * compiler wrote for its functions. A unit's code is in one piece, but for
 * FIPS packages, whose FIPS functions lie apart.
 *
 * Source: cmd/link/internal/ld/dwarf.go: writedebugaddr, assignDebugAddrSlot,
 * calcCompUnitRanges, writepcranges; PutRngListRanges in cmd/internal/dwarf
 */
#include "link/dwarf.h"
#include "link/pcln.h"

enum {
	DW_RLE_end_of_list = 0, DW_RLE_base_addressx = 1,
	DW_RLE_offset_pair = 4
};
enum { AHEAD = 8 };

/* ---- .debug_addr ------------------------------------------------- */

/* The largest slot that the type has room for; 0: it has nothing to do with
 * slots. */
static u32 slot_limit(u16 type)
{
	switch (type) {
	case ROW_R_DWTXTADDR_U1: return 0x7f;
	case ROW_R_DWTXTADDR_U2: return 0x3fff;
	case ROW_R_DWTXTADDR_U3: return 0x1fffff;
	case ROW_R_DWTXTADDR_U4: return 0xfffffff;
	}
	return 0;
}

u32 dwarf_assign_slot(Link *L, DwUnit *u, Sym text, RelocRow type)
{
	u32 *of = &L->dwarf->of[text];
	unsigned w = L->arch->ptrsize;

	if (*of)
		return (*of & ~DW_TEXT) - 1;
	if (u->naddr > slot_limit((u16)type) || u->naddr == u->unit->textp.n)
		link_exitf(L, "internal error: %s relocation overflow",
			   reloc_name(L->release,
				      reloc_number(L->release, type)));
	if (w == 4)
		st32(u->addr + (size_t)u->naddr * w,
		     (u32)row(L, text)->value, L->arch->big);
	else
		st64(u->addr + (size_t)u->naddr * w,
		     (u64)row(L, text)->value, L->arch->big);
	*of = DW_TEXT | (u->naddr + 1);
	return u->naddr++;
}

/* Relocations of one symbol mostly name the same function one after
 * another: the reference as it stands tells. */
static void assign_slots(Link *L, DwUnit *u, Sym s)
{
	Rels r = sym_rels(L, s);
	u64 last = UINT64_MAX;
	u32 k;

	for (k = 0; k < r.n; k++) {
		const u8 *p = r.p + (size_t)k * RELOC_SIZE;
		u16 type = L->relrow[ld16(p + 5, false) & 511];
		u64 ref;
		Sym text;

		if (!slot_limit(type) || (ref = ld64(p + 15, false)) == last)
			continue;
		last = ref;
		text = rel_at(L, r, k).sym;
		if (sym_unit(L, text) != u->unit ||
		    !link_kind_is_text(row(L, text)->kind) ||
		    !sym_has(L, text, A_REACHABLE))
			link_exitf(L, "internal error: R_DWTXTADDR_* "
				   "relocation target text sym unit mismatch "
				   "(want \"%.*s\")", (int)u->name.n,
				   (const char *)u->name.p);
		dwarf_assign_slot(L, u, text, (RelocRow)type);
	}
}

/* The unit itself refers to its first function, after all others. */
void dwarf_addr(Link *L, DwUnit *u)
{
	const Unit *cu = u->unit;
	SB b;
	u32 k;

	u->addr = mem_alloc(&u->mem, (size_t)cu->textp.n * L->arch->ptrsize);
	for (k = 0; k < cu->textp.n; k++) {
		const DwFunc *f = &u->func[k];

		if (f->info)
			assign_slots(L, u, f->info);
		if (f->ranges)
			assign_slots(L, u, f->ranges);
		if (f->loc)
			assign_slots(L, u, f->loc);
	}
	dwarf_assign_slot(L, u, cu->textp.p[0], ROW_R_DWTXTADDR_U4);
	b = sb_mem(L, &u->mem, u->addrsym);
	sb_bytes(&b, (View){u->addr, (size_t)u->naddr * L->arch->ptrsize});
}

/* ---- .debug_rnglists --------------------------------------------- */

/* Functions of a unit that follow one another are one range, with the
 * padding between them. */
void dwarf_calc_ranges(Link *L)
{
	DwUnit *prev = NULL;
	u32 i;

	for (i = 0; i < L->textp.n; i++) {
		const PcFunc *f = &L->pcln->func[i];
		const Unit *cu = f->aux.obj ? &f->aux.obj->unit : NULL;
		DwUnit *u = cu ? cu->dw : NULL;
		Sym s = f->s;
		i64 at;

		if (i + AHEAD < L->textp.n)
			__builtin_prefetch(row(L, f[AHEAD].s));
		if (!u || !cu->textp.n || !f->valid)
			continue;
		at = row(L, s)->value - row(L, cu->textp.p[0])->value;
		if (u != prev) {
			u->pc = mem_grow(&L->mem, u->pc, u->npc, &u->cappc,
					 sizeof *u->pc);
			u->pc[u->npc++].start = at;
			prev = u;
		}
		u->pc[u->npc - 1].end = at + (i64)sym_data(L, s).n;
	}
}

/* A slot is always 4 bytes here, filled up with empty ones of ULEB. */
void dwarf_ranges(Link *L, DwUnit *u)
{
	SB b = sb_mem(L, &u->mem, u->rangeprolog);
	u32 slot = dwarf_addr_slot(L, u->unit->textp.p[0]), k;

	sb_u8(&b, DW_RLE_base_addressx);
	for (k = 0; k < 4; k++, slot >>= 7)
		sb_u8(&b, (u8)((slot & 0x7f) | (k < 3 ? 0x80 : 0)));
	for (k = 0; k < u->npc; k++) {
		sb_u8(&b, DW_RLE_offset_pair);
		sb_uleb(&b, (u64)u->pc[k].start);
		sb_uleb(&b, (u64)u->pc[k].end);
	}
	sb_u8(&b, DW_RLE_end_of_list);
	u->ranges.cap = u->rangesyms.n + 1;
	u->ranges.p = mem_alloc(&u->mem, u->ranges.cap * sizeof(Sym));
	symvec_add(&u->mem, &u->ranges, u->rangeprolog);
	for (k = 0; k < u->rangesyms.n; k++)
		symvec_add(&u->mem, &u->ranges, u->rangesyms.p[k]);
	u->loc = u->locsyms;
}
