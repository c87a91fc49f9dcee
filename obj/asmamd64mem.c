/*
 * Registers by their bits, and memory operands: ModRM, SIB, displacement.
 *
 *   ModRM  mod 2 | reg 3 | rm 3      mod 3: rm is a register
 *   SIB    scale 2 | index 3 | base 3   follows if rm is 4
 *   displacement: none, 8 bits, or 32
 *
 * sym(SB) is relative to the end of the instruction (mod 0, rm 5), an
 * absolute address takes a SIB without base and index (rm 4, base 5,
 * index 4). SP and R12 as bases need a SIB; BP and R13 a displacement.
 *
 * Source: Intel SDM volume 2, 2.1; asmandsz, asmidx, prefixof and vaddr in
 * cmd/internal/obj/x86/asm6.go
 */
#include "obj/asmamd64.h"

/* ---- registers ------------------------------------------------------------ */

/* Runs of registers: number of the first, and what REX the second eight,
 * and those from 16 on, need. */
static const struct {
	u8 first, last, num;
} runs[] = {
	{R_AL, R_R15B, 0}, {R_AX, R_R15, 0}, {R_AH, R_BH, 4},
	{R_F0, R_F7, 0}, {R_M0, R_M7, 0}, {R_K0, R_K7, 0},
	{R_X0, R_X31, 0}, {R_Y0, R_Y31, 0}, {R_Z0, R_Z31, 0},
	{R_ES, R_ES, 0}, {R_CS, R_CS, 1}, {R_SS, R_SS, 2}, {R_DS, R_DS, 3},
	{R_FS, R_GS, 4}, {R_CR0, R_CR15, 0}, {R_DR0, R_DR7, 0},
	{R_TR0, R_TR7, 0},
};

static int number(int r)
{
	if (reg_in(r, R_AX, R_R15))
		return r - R_AX;
	if (reg_in(r, R_X0, R_Z31))
		return (r - R_X0) & 31;
	for (size_t i = 0; i < NELEM(runs); i++)
		if (reg_in(r, runs[i].first, runs[i].last))
			return r - runs[i].first + runs[i].num;
	return -1;
}

int amd64_regnum(int r)
{
	int n = number(r);

	return n < 0 ? -1 : n & 7;
}

int amd64_regrex(int r)
{
	int n, rex = 0;

	if (reg_in(r, R_AX, R_R15))
		return r >= R_R8 ? REXR | REXX | REXB : 0;
	if (r == 0)
		return 0;
	n = number(r);
	if (reg_in(r, R_SPB, R_DIB))
		return REX;
	if (reg_in(r, R_CR8, R_CR15))
		return REXR;
	if (n < 8 || r >= R_CS)
		return 0;
	rex = n & 8 ? REXR | REXX | REXB : 0;
	return n & 16 ? rex | EVEXR : rex;
}

/* ---- bytes ------------------------------------------------------------------ */

void amd64_put(Amd64 *s, unsigned byte)
{
	if (s->in.n < INSN_MAX)
		s->in.b[s->in.n++] = (u8)byte;
}

void amd64_put32(Amd64 *s, u32 x)
{
	for (int i = 0; i < 32; i += 8)
		amd64_put(s, x >> i & 0xff);
}

void amd64_reloc(Amd64 *s, const AsmProg *p, RelocRow row, u8 siz, LSym *to,
		 i64 add)
{
	s->rel.r = obj_grow(s->ctx->obj, s->rel.r, s->rel.n, &s->rel.cap,
			    sizeof *s->rel.r);
	s->rel.r[s->rel.n++] = (Reloc){
		(i32)(p->pc + s->in.n), siz, asm_reloc_type(s->ctx, row), add,
		to};
}

static bool is_segment(int r)
{
	return reg_in(r, R_CS, R_GS);
}

/* The byte of a segment prefix, 0: none. */
static unsigned segment_byte(const Amd64 *s, const AsmAddr *a)
{
	static const u8 bytes[] = {0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65};
	Amd64Os os;

	if (a->reg < R_CS && a->index < R_CS)
		return 0;
	os = amd64_os(s->ctx);
	if (a->type == TYPE_MEM && a->name == NAME_NONE) {
		if (is_segment(a->reg) && a->reg != R_SS)
			return bytes[a->reg - R_CS];
		if (a->reg == R_TLS)
			return os == OS_DARWIN ? 0x65 : 0x64;
	}
	if (is_segment(a->index) && a->index != R_SS)
		return bytes[a->index - R_CS];
	if (a->index == R_TLS && s->ctx->flags->shared && os != OS_WINDOWS)
		return 0x64;
	return 0;
}

void amd64_segment(Amd64 *s, const AsmAddr *a)
{
	unsigned b = segment_byte(s, a);

	if (b)
		amd64_put(s, b);
}

/* ---- memory --------------------------------------------------------------------- */

typedef struct {
	int base, index, scale;
	i32 disp;
	bool reloc;	/* disp is 32 bits, relocated */
	RelocRow row;
	LSym *sym;
	i64 add;
} Mem;

static bool is_global(const AsmAddr *a)
{
	return a->name == NAME_EXTERN || a->name == NAME_STATIC ||
		a->name == NAME_GOTREF;
}

static void set_reloc(Mem *m, RelocRow row, LSym *sym, i64 add)
{
	m->reloc = true;
	m->row = row;
	m->sym = sym;
	m->add = add;
	m->disp = 0;
}

/* Does TLS through this register get a R_TLS_LE? */
static bool tls_le_index(const Amd64 *s)
{
	Amd64Os os = amd64_os(s->ctx);

	return !s->ctx->flags->shared && os != OS_ANDROID &&
		os != OS_WINDOWS;
}

static bool tls_le_base(const Amd64 *s)
{
	Amd64Os os = amd64_os(s->ctx);

	return !s->ctx->flags->shared || os == OS_ANDROID || os == OS_DARWIN;
}

static Mem mem_of(const Amd64 *s, const AsmAddr *a)
{
	Mem m = {.base = a->reg, .index = a->index, .scale = a->scale,
		 .disp = (i32)a->offset};

	if (is_global(a)) {
		m.base = 0;
		set_reloc(&m, a->name == NAME_GOTREF ? ROW_R_GOTPCREL :
			  ROW_R_PCREL, a->sym, a->offset);
	} else if (a->name == NAME_AUTO || a->name == NAME_PARAM) {
		m.base = R_SP;
	}
	if (m.base == R_TLS) {
		if (tls_le_base(s))
			set_reloc(&m, ROW_R_TLS_LE, NULL, a->offset);
		else
			m.disp = 0;
	}
	return m;
}

/* The displacement in 8 bits: EVEX counts in units of the operand's size. */
static bool disp8(const Amd64 *s, const AsmProg *p, i32 d, unsigned *byte)
{
	unsigned bits = s->in.bits;
	i32 unit = 1;

	if (s->in.evex) {
		unit = 1 << ((bits & NMASK) >> 13);
		if (amd64_suffix[p->scond].broadcast)
			unit = bits & B4 ? 4 : bits & B8 ? 8 : 1;
	}
	*byte = (unsigned)(d / unit) & 0xff;
	return d % unit == 0 && d / unit >= -128 && d / unit <= 127;
}

static void bad_mem(Amd64 *s, const AsmProg *p)
{
	asm_error_prog(s->ctx, p, "bad address");
}

static bool can_index(int r)
{
	return (reg_in(r, R_AX, R_R15) && r != R_SP) || reg_in(r, R_X0, R_Z31);
}

/* SIB; index 0: none, base 0: none. */
static void put_sib(Amd64 *s, const AsmProg *p, const Mem *m, int index)
{
	unsigned b = 4 << 3;

	if (index) {
		unsigned log = m->scale == 1 ? 0 : m->scale == 2 ? 1 :
			m->scale == 4 ? 2 : 3;

		if (!can_index(index) || (log == 3 && m->scale != 8))
			bad_mem(s, p);
		b = (unsigned)amd64_regnum(index) << 3 | log << 6;
	}
	if (m->base && !reg_in(m->base, R_AX, R_R15))
		bad_mem(s, p);
	amd64_put(s, b | (m->base ? (unsigned)amd64_regnum(m->base) : 5));
}

static void put_disp32(Amd64 *s, const AsmProg *p, const Mem *m)
{
	if (m->reloc)
		amd64_reloc(s, p, m->row, 4, m->sym, m->add);
	amd64_put32(s, (u32)m->disp);
}

/* rm is 4 where a SIB follows. */
static void put_based(Amd64 *s, const AsmProg *p, const Mem *m, int index,
		      unsigned reg)
{
	bool sib = index || m->base == R_SP || m->base == R_R12;
	bool needs = m->base == R_BP || m->base == R_R13;
	unsigned rm = sib ? 4 : (unsigned)amd64_regnum(m->base), byte = 0;
	unsigned mod = 2;

	if (m->disp == 0 && !m->reloc && !needs)
		mod = 0;
	else if (!m->reloc && disp8(s, p, m->disp, &byte))
		mod = 1;
	amd64_put(s, mod << 6 | reg << 3 | rm);
	if (sib)
		put_sib(s, p, m, index);
	if (mod == 1)
		amd64_put(s, byte);
	if (mod == 2)
		put_disp32(s, p, m);
}

static void put_mem(Amd64 *s, const AsmProg *p, const AsmAddr *a,
		    unsigned reg, int rex)
{
	Mem m = mem_of(s, a);
	int index = m.index == R_TLS || is_segment(m.index) ? 0 : m.index;

	s->in.rex |= (amd64_regrex(index) & REXX) |
		(amd64_regrex(m.base) & REXB) | rex;
	if (index && is_global(a)) {
		bad_mem(s, p);
	} else if (m.base == 0 && is_global(a)) {
		if (a->name == NAME_GOTREF && (a->offset || a->scale))
			asm_error_prog(s->ctx, p,
				       "offset against gotref");
		amd64_put(s, reg << 3 | 5);
		put_disp32(s, p, &m);
	} else if (m.base == 0 || is_segment(m.base) || m.base == R_TLS) {
		m.base = 0;
		amd64_put(s, reg << 3 | 4);
		put_sib(s, p, &m, index);
		put_disp32(s, p, &m);
	} else if (reg_in(m.base, R_AX, R_R15)) {
		if (m.index == R_TLS && tls_le_index(s))
			set_reloc(&m, ROW_R_TLS_LE, NULL, m.disp);
		put_based(s, p, &m, index, reg);
	} else {
		bad_mem(s, p);
	}
}

void amd64_modrm(Amd64 *s, const AsmProg *p, const AsmAddr *a, int reg,
		 int rex)
{
	u16 leal = ALEAL;

	rex &= REX | REXR;
	/* LEAL takes 32 bits of any number: its result has no more. */
	if (a->offset != (i32)a->offset && p->opcode != leal)
		asm_error_prog(s->ctx, p, "offset too large");
	if (a->type == TYPE_MEM) {
		put_mem(s, p, a, (unsigned)reg & 7, rex);
		return;
	}
	if (a->type != TYPE_REG || !reg_in(a->reg, R_AL, R_Z31) ||
	    a->offset) {
		bad_mem(s, p);
		return;
	}
	amd64_put(s, 0xc0u | ((unsigned)reg & 7) << 3 |
		  (unsigned)amd64_regnum(a->reg));
	s->in.rex |= (amd64_regrex(a->reg) & (REX | REXB)) | rex;
}
