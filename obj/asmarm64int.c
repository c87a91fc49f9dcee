/*
 * arm64 encoders: registers, branches, system instructions.
 *
 * An encoder takes an instruction whose form fits and sets the words e->o.
 * What it still has to refuse are values: a shift of 64, a bit number, a
 * register that would be read and written.
 *
 * Source: asmout in cmd/internal/obj/arm64/asm7.go.
 */
#include "obj/asmarm64.h"

/* Bits of instructions that several mnemonics become. */
enum {
	ORRW_ZR = 0x2a0003e0,	/* ORRW Rm<<16, ZR, Rd */
	MRS_BITS = (int)0xd5300000, MSR_BITS = (int)0xd5100000,
	MSR_IMM = (int)0xd500401f,
	ZR = 31
};

/* ---- registers -------------------------------------------------------- */

/* The number that a letter of Arm64Form.regs means. */
static unsigned pick(const Arm64 *e, const AsmProg *p, char c)
{
	unsigned to = p->to.type == TYPE_NONE ? ZR : num(p->to.reg);

	switch (c) {
	case 'f': return num(p->from.reg);
	case 'F': return num(p->from.reg ? p->from.reg : p->to.reg);
	case 'r': return num(p->reg);
	case 'R': return p->reg ? num(p->reg) : to;
	case '3': return num(p->rest[0].reg);
	case 't': return num(p->to.reg);
	case 'T': return to;
	case '2': return num(p->reg_to2);
	case 'b': return num(arm64_mem(e, &p->to).base);
	case 'p': return num((i16)p->from.offset);
	case 'q': return num((i16)p->to.offset);
	case 'z': return ZR;
	default: return 0;
	}
}

u32 arm64_fields(const Arm64 *e, const AsmProg *p)
{
	static const u8 at[] = {0, 5, 16, 10};
	u32 w = 0;

	for (int i = 0; i < 4 && e->form->regs[i]; i++)
		w |= (u32)pick(e, p, e->form->regs[i]) << at[i];
	return w;
}

/* Which arrangements, and what they add to the instruction. */
enum { BARE, Q, QSIZE, QFP };
static const struct {
	u16 arngs;
	u8 how;
} arrs[NARR] = {
#define X(name, arngs, how) {arngs, how},
#define NONE_ 0
#define B8 (1 << ARNG_B8)
#define B16 (1 << ARNG_B16)
#define H4 (1 << ARNG_H4)
#define H8 (1 << ARNG_H8)
#define S2 (1 << ARNG_S2)
#define S4 (1 << ARNG_S4)
#define D2 (1 << ARNG_D2)
	ARM64_ARRS(X)
#undef X
};

u32 arm64_arrange(Arm64 *e, const AsmProg *p, Arng g)
{
	u32 q = (u32)(g & 1) << 30, size = (u32)g / 2;

	if (g >= ARNG_Q1 || !(arrs[e->op->arr].arngs & 1 << g)) {
		arm64_bad(e, p, "invalid arrangement");
		return 0;
	}
	switch (arrs[e->op->arr].how) {
	case Q: return q;
	case QSIZE: return q | size << 22;
	case QFP: return q | (u32)(g == ARNG_D2) << 22;
	default: return 0;
	}
}

/* All the vectors of p have one arrangement: it, or -1 if there is none. */
static int common_arng(Arm64 *e, const AsmProg *p)
{
	const i16 r[] = {p->from.type == TYPE_REG ? p->from.reg : 0, p->reg,
		p->to.type == TYPE_REG ? p->to.reg : 0,
		p->nrest ? p->rest[0].reg : 0};
	int g = -1;

	for (size_t i = 0; i < NELEM(r); i++) {
		if (!is_arng(r[i]))
			continue;
		if (g >= 0 && g != (int)arng_of(r[i]))
			arm64_bad(e, p, "operand mismatch");
		g = (int)arng_of(r[i]);
	}
	return g;
}

void arm64_regs(Arm64 *e, const AsmProg *p)
{
	int g = common_arng(e, p);

	e->o[0] = e->op->rrr | arm64_fields(e, p);
	if (g >= 0)
		e->o[0] |= arm64_arrange(e, p, (Arng)g);
}

/* An immediate of the instruction, lo..hi. */
static u32 imm(Arm64 *e, const AsmProg *p, i64 v, i64 lo, i64 hi,
	       const char *what)
{
	if (v >= lo && v <= hi)
		return (u32)v;
	arm64_bad(e, p, "%s out of range %lld to %lld", what, (long long)lo,
		  (long long)hi);
	return 0;
}

/* ADD R1.UXTB<<2, R2, R3: the form that can name RSP. */
void arm64_ext(Arm64 *e, const AsmProg *p)
{
	i16 rm = p->from.reg;
	unsigned option = e->op->flags & F_C32 ? EXT_UXTW : EXT_UXTX;
	u32 amount = 0;

	if (p->to.reg == REG_RSP && (e->op->flags & F_S))
		arm64_bad(e, p, "illegal destination register");
	if (reg_in(rm, REG_EXT, 0x800))
		option = rm >> 8 & 7;
	if (!reg_in(rm, REG_R0, 32))
		amount = imm(e, p, rm >> 5 & 7, 0, 4, "shift amount");
	e->o[0] = e->op->rrr | 1 << 21 | option << 13 | amount << 10 |
		arm64_fields(e, p);
}

void arm64_shift(Arm64 *e, const AsmProg *p)
{
	u32 v = (u32)p->from.offset;
	bool add = (e->op->rrr & 0x1f000000) == 0x0b000000;

	e->o[0] = e->op->rrr | v | arm64_fields(e, p);
	imm(e, p, v >> 10 & 63, 0, e->op->rrr >> 31 ? 63 : 31,
	    "shift amount");
	if (add && v >> 22 == 3)
		arm64_bad(e, p, "unsupported shift operator");
}

/* a % b: a - a/b * b, the quotient in R27. */
void arm64_rem(Arm64 *e, const AsmProg *p)
{
	unsigned rn = pick(e, p, 'R'), rm = num(p->from.reg);

	e->o[0] = e->op->rrr | rm << 16 | rn << 5 | num(REGTMP);
	e->o[1] = 0x1b008000 | (e->op->rrr & 1u << 31) | rm << 16 | rn << 10 |
		num(REGTMP) << 5 | num(p->to.reg);
}

/* ---- bit fields ------------------------------------------------------- */

static void bitfield(Arm64 *e, const AsmProg *p, i64 r, i64 s)
{
	i64 most = e->op->irr >> 31 ? 63 : 31;

	e->o[0] = e->op->irr | arm64_fields(e, p) |
		imm(e, p, r, 0, most, "bit number") << 16 |
		imm(e, p, s, 0, most, "bit number") << 10;
}

void arm64_lsl(Arm64 *e, const AsmProg *p)
{
	i64 c = p->from.offset, w = e->op->irr >> 31 ? 64 : 32;

	imm(e, p, c, 0, w - 1, "shift amount");
	if (e->bad)
		return;
	if (e->op->flags & F_LEFT)
		bitfield(e, p, (w - c) & (w - 1), w - 1 - c);
	else
		bitfield(e, p, c, w - 1);
}

void arm64_extr(Arm64 *e, const AsmProg *p)
{
	i64 most = e->op->irr >> 31 ? 63 : 31;

	e->o[0] = e->op->irr | arm64_fields(e, p) |
		imm(e, p, p->from.offset, 0, most, "bit number") << 10;
}

void arm64_bfm(Arm64 *e, const AsmProg *p)
{
	bitfield(e, p, p->from.offset, p->rest[0].offset);
}

/* Width, not last bit: BFI, SBFIZ, UBFIZ put a field at a bit ... */
void arm64_bfi(Arm64 *e, const AsmProg *p)
{
	i64 w = e->op->irr >> 31 ? 64 : 32;
	i64 r = imm(e, p, p->from.offset, 0, w - 1, "bit number");
	i64 s = imm(e, p, p->rest[0].offset, 1, w, "width");

	bitfield(e, p, r ? w - r : 0, s - 1);
}

/* ... BFXIL, SBFX, UBFX take one from there. */
void arm64_bfx(Arm64 *e, const AsmProg *p)
{
	i64 w = e->op->irr >> 31 ? 64 : 32;
	i64 r = imm(e, p, p->from.offset, 0, w - 1, "bit number");
	i64 s = imm(e, p, p->rest[0].offset, 1, w, "width");

	bitfield(e, p, r, r + s - 1);
}

/* MOVB R1, R2 and SXTB; of ZR there is nothing to extend, and MOVWU is a
 * move of 32 bits. */
void arm64_extend(Arm64 *e, const AsmProg *p)
{
	if (e->op->irr && p->from.reg != REG_ZR)
		e->o[0] = e->op->irr | arm64_fields(e, p);
	else
		e->o[0] = ORRW_ZR | num(p->from.reg) << 16 | num(p->to.reg);
}

void arm64_movsp(Arm64 *e, const AsmProg *p)
{
	e->o[0] = e->op->irr | arm64_fields(e, p);
}

/* ---- conditions ------------------------------------------------------- */

static u32 cond_of(const AsmProg *p)
{
	return arm64_special[p->from.offset].bits;
}

void arm64_csel(Arm64 *e, const AsmProg *p)
{
	e->o[0] = e->op->rrr | arm64_fields(e, p) | cond_of(p) << 12;
}

/* CSET EQ is CSINC NE of ZR. */
void arm64_cset(Arm64 *e, const AsmProg *p)
{
	u32 cond = cond_of(p);

	if (cond >= 14)
		arm64_bad(e, p, "invalid condition");
	e->o[0] = e->op->rrr | arm64_fields(e, p) | (cond ^ 1) << 12;
}

static u32 nzcv(Arm64 *e, const AsmProg *p)
{
	return imm(e, p, p->to.offset, 0, 15, "condition flags");
}

void arm64_ccmp(Arm64 *e, const AsmProg *p)
{
	e->o[0] = e->op->rrr | arm64_fields(e, p) | cond_of(p) << 12 |
		nzcv(e, p);
}

void arm64_ccmpi(Arm64 *e, const AsmProg *p)
{
	e->o[0] = e->op->irr | arm64_fields(e, p) | cond_of(p) << 12 |
		nzcv(e, p) |
		imm(e, p, p->rest[0].offset, 0, 31, "immediate") << 16;
}

/* ---- branches --------------------------------------------------------- */

/* How far q is: its pc less p's, without the lowest preshift bits of both,
 * in units of 1 << shift, in flen bits. */
i64 arm64_brdist(Arm64 *e, const AsmProg *p, const AsmProg *q, int preshift,
		 int flen, int shift)
{
	i64 v, most = (i64)1 << (flen - 1);

	if (!q)
		return 0;
	v = (q->pc >> preshift) - (p->pc >> preshift);
	if (v & (((i64)1 << shift) - 1))
		arm64_bad(e, p, "misaligned label");
	v >>= shift;
	if (v < -most || v >= most)
		arm64_bad(e, p, "branch too far");
	return v & (2 * most - 1);
}

void arm64_b(Arm64 *e, const AsmProg *p)
{
	e->o[0] = e->op->irr;
	if (p->to.sym)
		arm64_reloc(e, p, ROW_R_CALLARM64, 4, &p->to);
	else
		e->o[0] |= (u32)arm64_brdist(e, p, p->to.target, 0, 26, 2);
}

void arm64_br(Arm64 *e, const AsmProg *p)
{
	e->o[0] = e->op->rrr | num(p->to.reg) << 5;
	if (p->opcode == ACALL)
		lsym_add_reloc(e->c->obj, e->s, (Reloc){(i32)p->pc, 0,
			asm_reloc_type(e->c, ROW_R_CALLIND), 0, NULL});
}

void arm64_bcc(Arm64 *e, const AsmProg *p)
{
	unsigned rt = p->from.type == TYPE_REG ? num(p->from.reg) : 0;

	e->o[0] = e->op->irr | rt |
		(u32)arm64_brdist(e, p, p->to.target, 0, 19, 2) << 5;
}

void arm64_tbz(Arm64 *e, const AsmProg *p)
{
	u32 bit = imm(e, p, p->from.offset, 0, 63, "bit number");

	e->o[0] = e->op->irr | bit >> 5 << 31 | (bit & 31) << 19 |
		(u32)arm64_brdist(e, p, p->to.target, 0, 14, 2) << 5 |
		num(p->reg);
}

static void adr(Arm64 *e, const AsmProg *p, int preshift)
{
	u32 d = (u32)arm64_brdist(e, p, p->from.target, preshift, 21, 0);

	e->o[0] = e->op->irr | (d & 3) << 29 | (d >> 2) << 5 |
		num(p->to.reg);
}

void arm64_adr(Arm64 *e, const AsmProg *p)
{
	adr(e, p, 0);
}

void arm64_adrp(Arm64 *e, const AsmProg *p)
{
	adr(e, p, 12);
}

/* ---- system ----------------------------------------------------------- */

void arm64_fixed(Arm64 *e, const AsmProg *p)
{
	(void)p;
	e->o[0] = e->op->irr;
}

void arm64_none(Arm64 *e, const AsmProg *p)
{
	(void)e, (void)p;
}

void arm64_svc(Arm64 *e, const AsmProg *p)
{
	e->o[0] = e->op->irr;
	if (p->from.type != TYPE_NONE)
		e->o[0] |= imm(e, p, p->from.offset, 0, 0xffff,
			       "immediate") << 5;
}

void arm64_clrex(Arm64 *e, const AsmProg *p)
{
	e->o[0] = e->op->irr | (p->to.type == TYPE_NONE ? 15 :
		imm(e, p, p->to.offset, 0, 15, "immediate")) << 8;
}

void arm64_dmb(Arm64 *e, const AsmProg *p)
{
	e->o[0] = e->op->irr |
		imm(e, p, p->from.offset, 0, 15, "immediate") << 8;
}

void arm64_hint(Arm64 *e, const AsmProg *p)
{
	e->o[0] = e->op->irr |
		imm(e, p, p->from.offset, 0, 127, "immediate") << 5;
}

/* The constant: op1 << 16 | CRn << 12 | CRm << 8 | op2 << 5. */
void arm64_sys(Arm64 *e, const AsmProg *p)
{
	if (p->from.offset & ~(i64)0x7ffe0)
		arm64_bad(e, p, "illegal SYS argument");
	e->o[0] = e->op->irr | (u32)p->from.offset | arm64_fields(e, p);
}

void arm64_tlbi(Arm64 *e, const AsmProg *p)
{
	const Arm64Special *s = &arm64_special[p->from.offset];
	bool reg = p->to.type == TYPE_REG;

	if (s->kind != (p->opcode == A(DC) ? SPOP_DC : SPOP_TLBI))
		arm64_bad(e, p, "illegal argument");
	else if (s->reg != reg)
		arm64_bad(e, p, "%s register at operand 2",
			  reg ? "extraneous" : "missing");
	e->o[0] = e->op->irr | s->bits | arm64_fields(e, p);
}

void arm64_bti(Arm64 *e, const AsmProg *p)
{
	const Arm64Special *s = &arm64_special[p->from.offset];

	if (s->kind != SPOP_BTI)
		arm64_bad(e, p, "illegal argument");
	e->o[0] = e->op->irr | s->bits;
}

static u32 sysreg(Arm64 *e, const AsmProg *p, i16 reg, int access)
{
	const Arm64Sysreg *s = &arm64_sysreg[reg - REG_SPR];

	if (!(s->access & access))
		arm64_bad(e, p, "system register is not %s",
			  access == 1 ? "readable" : "writable");
	return s->bits;
}

void arm64_mrs(Arm64 *e, const AsmProg *p)
{
	e->o[0] = (u32)MRS_BITS | sysreg(e, p, p->from.reg, 1) |
		num(p->to.reg);
}

void arm64_msr(Arm64 *e, const AsmProg *p)
{
	e->o[0] = (u32)MSR_BITS | sysreg(e, p, p->to.reg, 2) |
		num(p->from.reg);
}

/* MSR $n, PSTATE field. Two of the fields are system registers as well. */
void arm64_msri(Arm64 *e, const AsmProg *p)
{
	static const struct {
		const char *name;
		u32 bits;
	} field[] = {{"SPSel", 4 << 12 | 5 << 5}, {"DIT", 3 << 16 | 2 << 5}};
	u32 bits = 0;

	if (p->to.type == TYPE_SPECIAL &&
	    arm64_special[p->to.offset].kind == SPOP_PSTATE)
		bits = arm64_special[p->to.offset].bits;
	for (size_t i = 0; p->to.type == TYPE_REG && i < NELEM(field); i++)
		if (!strcmp(arm64_sysreg[p->to.reg - REG_SPR].name,
			    field[i].name))
			bits = field[i].bits;
	if (!bits)
		arm64_bad(e, p, "illegal PSTATE field for immediate move");
	e->o[0] = (u32)MSR_IMM | bits |
		imm(e, p, p->from.offset, 0, 15, "immediate") << 8;
}

/* ---- data in the code ------------------------------------------------- */

void arm64_word(Arm64 *e, const AsmProg *p)
{
	e->o[0] = (u32)p->to.offset;
}

void arm64_dword(Arm64 *e, const AsmProg *p)
{
	if (p->to.sym) {
		arm64_reloc(e, p, ROW_R_ADDR, 8, &p->to);
		return;
	}
	e->o[0] = (u32)p->to.offset;
	e->o[1] = (u32)((u64)p->to.offset >> 32);
}

/* ---- floating point --------------------------------------------------- */

static void fmov(Arm64 *e, const AsmProg *p, u32 bits)
{
	e->o[0] = bits | arm64_fields(e, p) |
		(e->op->sz == 3 ? 1u << 31 | 1 << 22 : 0);
}

void arm64_fmovto(Arm64 *e, const AsmProg *p)
{
	fmov(e, p, 0x1e270000);
}

void arm64_fmovfrom(Arm64 *e, const AsmProg *p)
{
	fmov(e, p, 0x1e260000);
}

void arm64_fmovcon(Arm64 *e, const AsmProg *p)
{
	int v = arm64_chipfloat(p->from.fval);

	if (v < 0)
		arm64_bad(e, p, "invalid floating-point immediate");
	e->o[0] = 0x1e201000 | (e->op->sz == 3 ? 1 << 22 : 0) |
		(u32)(v & 255) << 13 | num(p->to.reg);
}

void arm64_fcmp0(Arm64 *e, const AsmProg *p)
{
	if (p->from.fval != 0)
		arm64_bad(e, p, "only 0.0 can be compared with");
	e->o[0] = e->op->rrr | 8 | arm64_fields(e, p);
}
