/*
 * arm64: facts of the target, relocations that only it has, trampolines.
 *
 * Instructions are words of 4 bytes, and an address takes two of them: adrp
 * for its page (4 KiB, relative to the page of P), then one that adds or
 * accesses the rest, whose immediate counts in units of what is accessed:
 *
 *   adrp   immlo 30:29, immhi 23:5       pages
 *   add, ldr, str    imm12 21:10         bytes >> shift
 *   bl, b  imm26 25:0                    words, +-128 MiB
 *
 * The object's words have zeros there. R_ADDRARM64 and R_ARM64_PCREL_LDSTn
 * are such pairs, of 8 bytes; the others are of one word.
 *
 * Sources: cmd/link/internal/arm64/{asm.go,obj.go,l.go}; Arm Architecture
 * Reference Manual (C6).
 */
#include "link/link.h"

static u32 word(const Fix *f, unsigned k)
{
	return ld32(f->loc + 4 * k, f->L->arch->big);
}

static void set_word(const Fix *f, unsigned k, u32 x)
{
	st32(f->loc + 4 * k, x, f->L->arch->big);
}

static bool need_size(const Fix *f, unsigned siz)
{
	return f->r->siz == siz || fix_fail(f, "bad reloc size %#x for %.*s",
		(unsigned)f->r->siz, (int)sym_name(f->L, f->r->sym).n,
		(const char *)sym_name(f->L, f->r->sym).p);
}

/* S + A from the start of P's page. */
static i64 from_page(const Fix *f)
{
	return (i64)(f->S + (u64)f->A - (f->P & ~UINT64_C(0xfff)));
}

static u32 adrp_imm(i64 t)
{
	return ((u32)(t >> 12) & 3) << 29 | ((u32)(t >> 14) & 0x7ffff) << 5;
}

static bool near_page(const Fix *f, i64 t)
{
	return (t < INT64_C(1) << 32 && t >= -(INT64_C(1) << 32)) ||
		fix_fail(f, "program too large, address relocation distance "
			 "= %lld", (long long)t);
}

static bool pair(const Fix *f, unsigned shift)
{
	i64 t = from_page(f);

	if (!need_size(f, 8) || !near_page(f, t))
		return false;
	if (t & ((1 << shift) - 1))
		return fix_fail(f, "offset for %d-bit load/store has "
				"unaligned value %d", 8 << shift,
				(int)(t & 0xfff));
	set_word(f, 0, word(f, 0) | adrp_imm(t));
	set_word(f, 1, word(f, 1) | ((u32)t & 0xfff) >> shift << 10);
	return true;
}

static bool r_addrarm64(const Fix *f) { return pair(f, 0); }
static bool r_pcrel_ldst16(const Fix *f) { return pair(f, 1); }
static bool r_pcrel_ldst32(const Fix *f) { return pair(f, 2); }
static bool r_pcrel_ldst64(const Fix *f) { return pair(f, 3); }

static bool r_callarm64(const Fix *f)
{
	i64 t = (i64)(f->S + (u64)f->A - f->P);
	View name;

	if (!need_size(f, 4))
		return false;
	/* Of map.init, with -pruneweakmap=false: Go's linker crashes. */
	if (f->dead) {
		name = sym_name(f->L, f->r->sym);
		return fix_fail(f, "unreachable sym in relocation: %.*s",
				(int)name.n, (const char *)name.p);
	}
	if (t >= 1 << 27 || t < -(1 << 27))
		return fix_fail(f, "program too large, call relocation "
				"distance = %lld", (long long)t);
	set_word(f, 0, word(f, 0) | ((u32)(t >> 2) & 0x03ffffff));
	return true;
}

/* The thread pointer is two words in front of the thread's block. The limit
 * is Go's own, 32768 it is not. */
static bool tls_offset(const Fix *f, i64 A, i64 *v)
{
	*v = (i64)f->S + 2 * f->L->arch->ptrsize + A;
	return (*v >= 0 && *v < 32678) ||
		fix_fail(f, "TLS offset out of range %lld", (long long)*v);
}

static bool r_tls_le(const Fix *f)
{
	i64 v;

	if (!need_size(f, 4) || !tls_offset(f, 0, &v))
		return false;
	set_word(f, 0, word(f, 0) | (u32)v << 5);
	return true;
}

/* The offset need not be loaded from memory when it is known: adrp becomes
 * movz of its high half, ldr movk of the low one. */
static bool r_tls_ie(const Fix *f)
{
	i64 v;

	if (!f->L->flag.pie)
		return fix_fail(f, "cannot handle R_ARM64_TLS_IE when linking "
				"internally");
	if (!need_size(f, 8) || !tls_offset(f, f->A, &v))
		return false;
	if (v & 3)
		return fix_fail(f, "invalid address: %llx for relocation "
				"type: R_AARCH64_TLSIE_LD64_GOTTPREL_LO12_NC",
				(unsigned long long)v);
	set_word(f, 0, 0xd2a00000 | (word(f, 0) & 0x1f) |
		 ((u32)(v >> 16) & 0xffff) << 5);
	set_word(f, 1, 0xf2800000 | (word(f, 1) & 0x1f) |
		 ((u32)v & 0xffff) << 5);
	return true;
}

static bool bad_insn(const Fix *f, const char *type)
{
	return fix_fail(f, "unsupported instruction for %x %s", word(f, 0),
			type);
}

/* One word of a pair: which one, the instruction tells. Those of .plt. */
static bool r_got(const Fix *f)
{
	i64 t = from_page(f);
	u32 o;

	if (!need_size(f, 4))
		return false;
	o = word(f, 0);
	if ((o >> 24 & 0x9f) == 0x90) {
		set_word(f, 0, o | adrp_imm(t));
		return near_page(f, t);
	}
	if (o >> 24 != 0xf9)
		return bad_insn(f, "R_GOTARM64");
	if (t & 7)
		return fix_fail(f, "invalid address: %llx for relocation "
				"type: R_AARCH64_LD64_GOT_LO12_NC",
				(unsigned long long)t);
	set_word(f, 0, o | ((u32)t & 0xfff) << 7);
	return true;
}

static bool r_pcrel(const Fix *f)
{
	i64 t = from_page(f);
	u32 o;

	if (!need_size(f, 4))
		return false;
	o = word(f, 0);
	if ((o >> 24 & 0x9f) == 0x90) {
		set_word(f, 0, o | adrp_imm(t));
		return near_page(f, t);
	}
	if ((o >> 24 & 0x9f) != 0x91)
		return bad_insn(f, "R_ARM64_PCREL");
	set_word(f, 0, o | ((u32)t & 0xfff) << 10);
	return true;
}

static Apply *const relocs[NRELOC] = {
	[ROW_R_ADDRARM64] = r_addrarm64,
	[ROW_R_ARM64_PCREL_LDST8] = r_addrarm64,
	[ROW_R_ARM64_PCREL_LDST16] = r_pcrel_ldst16,
	[ROW_R_ARM64_PCREL_LDST32] = r_pcrel_ldst32,
	[ROW_R_ARM64_PCREL_LDST64] = r_pcrel_ldst64,
	[ROW_R_CALLARM64] = r_callarm64,
	[ROW_R_ARM64_TLS_LE] = r_tls_le,
	[ROW_R_ARM64_TLS_IE] = r_tls_ie,
	[ROW_R_ARM64_GOT] = r_got,
	[ROW_R_ARM64_PCREL] = r_pcrel,
};

/* The first entry of .plt, which calls the dynamic linker, and the three
 * words of .got.plt that it needs. */
static void elfsetupplt(Link *L)
{
	static const struct {
		u32 insn;
		u8 got;	/* offset in .got.plt that it refers to */
		u8 type;
	} code[] = {
		{0xa9bf7bf0, 0, 0},	/* stp x16, x30, [sp, #-16]! */
		{0x90000010, 16, ROW_R_ARM64_GOT},	/* adrp x16 */
		{0xf9400211, 16, ROW_R_ARM64_GOT},	/* ldr x17, [x16] */
		{0x91000210, 16, ROW_R_ARM64_PCREL},	/* add x16, x16 */
		{0xd61f0220, 0, 0},	/* br x17 */
		{0xd503201f, 0, 0}, {0xd503201f, 0, 0}, {0xd503201f, 0, 0},
	};
	SB plt = sb_of(L, sym_lookup_or_create(L, view_str(".plt"), 0));
	SB got = sb_of(L, sym_lookup_or_create(L, view_str(".got.plt"), 0));
	size_t i;

	if (row(L, plt.s)->size)
		return;
	for (i = 0; i < NELEM(code); i++) {
		sb_u32(&plt, code[i].insn);
		if (code[i].type)
			sb_rel(&plt, (Rel){(i32)(4 * i), 4, false,
					   code[i].type, code[i].got, got.s});
	}
	sb_addr(&got, sym_lookup(L, view_str(".dynamic"), 0));
	sb_u64(&got, 0);
	sb_u64(&got, 0);
}

/* ---- trampolines ------------------------------------------------------ */

/* adrp x16, to; add x16, x16, to; br x16 */
static void gentramp(Link *L, Sym tramp, Sym to, i64 add)
{
	SB b = sb_of(L, tramp);

	sb_u32(&b, 0x90000010);
	sb_u32(&b, 0x91000210);
	sb_u32(&b, 0xd61f0200);
	sb_rel(&b, (Rel){0, 8, false, ROW_R_ADDRARM64, add, to});
}

static bool reaches(const Link *L, Sym s, Rel r, Sym to, i64 add)
{
	i64 t = row(L, to)->value + add - (row(L, s)->value + r.off);

	return t >= -(1 << 27) && t < 1 << 27;
}

/* The first trampoline to r's target that is in reach, or has no place yet:
 * then it comes right behind s. */
static Sym find_tramp(Link *L, Sym s, Rel r)
{
	View to = sym_name(L, r.sym);
	u32 i;

	for (i = 0; ; i++) {
		View name = mem_printf(&L->mem, "%.*s%s%llx-tramp%u",
			(int)to.n, (const char *)to.p, r.add < 0 ? "-" : "+",
			(unsigned long long)(r.add < 0 ? -(u64)r.add :
					     (u64)r.add), (unsigned)i);
		Sym t = sym_lookup_or_create(L, name, sym_version(L, r.sym));

		row(L, t)->attr |= A_REACHABLE;
		if (row(L, t)->value == 0 || reaches(L, s, r, t, 0))
			return t;
	}
}

static void trampoline(Link *L, Sym s, Rel r, u32 k)
{
	Ext *e;
	Sym t;

	if (row(L, r.sym)->value && reaches(L, s, r, r.sym, r.add))
		return;
	t = find_tramp(L, s, r);
	if (row(L, t)->kind == K_Sxxx) {
		add_tramp(L, t, row(L, s)->kind);
		gentramp(L, t, r.sym, r.add);
	}
	e = sym_update(L, s);
	st64(e->rel + (size_t)k * RELOC_SIZE + 7, 0, false);
	st32(e->rel + (size_t)k * RELOC_SIZE + 19, t, false);
}

const LinkArch arch_arm64 = {
	.id = ARCH_arm64,
	.funcalign = 16, .maxalign = 32, .minalign = 1, .minlc = 4,
	.textaddr = 0x10000, .round = 0x10000,
	.fpsize = 8,
	.tramplimit = 0x7c00000, .trampsize = 12,
	.tlsoffset = -8,
	.dwarfregsp = 31, .dwarfreglr = 30,
	.dynld = "/lib/ld-linux-aarch64.so.1",
	.dynldmusl = "/lib/ld-musl-aarch64.so.1",
	.relocs = relocs,
	.pltentry = 4,
	.elfsetupplt = elfsetupplt,
	.trampoline = trampoline,
};
