/*
 * arm64 encoders: instructions with a constant of any size.
 *
 * ADD takes 12 bits, shifted by 12 or not; AND a pattern of ones; MOV 16
 * bits, shifted, inverted or not, or a pattern. Everything else is put
 * together: an ADD in two steps, a MOV of up to four, and another
 * instruction through R27 behind such a MOV.
 *
 * Source: omovconst, omovlconst, asmout in cmd/internal/obj/arm64/asm7.go.
 */
#include "obj/asmarm64.h"

enum {
	MOVZW = 0x52800000, MOVNW = 0x12800000, MOVKW = 0x72800000,
	ORRW = 0x320003e0	/* ORR $pattern, ZR */
};
#define WIDE(op) ((u32)(op) | 1u << 31)

static u32 half(u32 op, u64 v, int i, unsigned rt)
{
	return op | (u32)(v >> (16 * i) & 0xffff) << 5 | (u32)i << 21 | rt;
}

/* One MOVZ or MOVN, or a pattern. w: of 32 bits. */
static u32 movcon(Arm64 *e, const AsmProg *p, u64 v, bool w, i16 reg)
{
	u32 x = w ? 0 : 1u << 31;
	unsigned rt = num(reg);
	int s;

	if (w)
		v &= UINT32_MAX;
	if (arm64_is_orr((i64)v, w) && reg != REG_ZR)
		return x | ORRW | arm64_bitcon(v, w ? 32 : 64) | rt;
	s = arm64_movcon(v);
	if (s >= 0)
		return half(x | MOVZW, v, s / 16, rt);
	v = w ? (u32)~v : ~v;
	s = arm64_movcon(v);
	if (s < 0)
		arm64_bad(e, p, "constant that no move can have");
	return half(x | MOVNW, v, s / 16 & 3, rt);
}

/* A pattern and a MOVK over it. */
static int orr_movk(u32 *o, u64 v, unsigned rt)
{
	for (int i = 0; i < 4; i++)
		for (unsigned n = 16; n <= 32; n *= 2) {
			u64 mask = (u64)0xffff << (16 * i);
			u64 x = (v & ~mask) | ((v << n | v >> (64 - n)) & mask);

			if (!arm64_isbitcon(x))
				continue;
			o[0] = WIDE(ORRW) | arm64_bitcon(x, 64) | rt;
			o[1] = half(WIDE(MOVKW), v, i, rt);
			return 2;
		}
	return 0;
}

/* A MOVZ or MOVN and a MOVK for each half that is not fill. */
static int halves(u32 *o, u64 v, int fill, unsigned rt)
{
	int n = 0;

	for (int i = 0; i < 4; i++) {
		if ((int)(v >> (16 * i) & 0xffff) == fill)
			continue;
		if (n > 0)
			o[n] = half(WIDE(MOVKW), v, i, rt);
		else if (fill == 0xffff)
			o[n] = half(WIDE(MOVNW), ~v, i, rt);
		else
			o[n] = half(WIDE(MOVZW), v, i, rt);
		n++;
	}
	return n;
}

/* Up to four instructions; how many. */
static int movlcon(Arm64 *e, u64 v, bool w, unsigned rt)
{
	int zeros = 0, ones = 0, n;
	u32 *o = e->o;

	if (w) {
		o[0] = half(MOVZW, v, 0, rt);
		o[1] = half(MOVKW, v, 1, rt);
		return 2;
	}
	for (int i = 0; i < 4; i++) {
		zeros += (v >> (16 * i) & 0xffff) == 0;
		ones += (v >> (16 * i) & 0xffff) == 0xffff;
	}
	if (zeros >= 2 || ones >= 2)
		return halves(o, v, zeros >= 2 && ones < 3 ? 0 : 0xffff, rt);
	n = e->c->obj->release >= GO126 ? orr_movk(o, v, rt) : 0;
	if (n)
		return n;
	return halves(o, v, zeros ? 0 : ones ? 0xffff : -1, rt);
}


/* ---- MOV -------------------------------------------------------------- */

void arm64_movcon1(Arm64 *e, const AsmProg *p)
{
	if (!(e->op->flags & (F_C32 | F_C64)))
		arm64_bad(e, p, "no constants: use MOVD or MOVW");
	e->o[0] = movcon(e, p, (u64)p->from.offset, e->op->flags & F_C32,
			 p->to.reg);
}

void arm64_movlcon(Arm64 *e, const AsmProg *p)
{
	int n = movlcon(e, (u64)p->from.offset, e->op->flags & F_C32,
			num(p->to.reg));

	if (n * 4 != e->form->size)
		arm64_bad(e, p, "invalid constant");
}

/* MOVK, MOVZ, MOVN: one half, in its place already. */
void arm64_movk(Arm64 *e, const AsmProg *p)
{
	u64 v = (u64)p->from.offset;
	int s = arm64_movcon(v);

	if (v == 0)
		arm64_bad(e, p, "zero shifts cannot be handled correctly");
	else if (s < 0 || (s >= 32 && !(e->op->irr >> 31)))
		arm64_bad(e, p, "bad constant for MOVK");
	e->o[0] = half(e->op->irr, v, s < 0 ? 0 : s / 16, num(p->to.reg));
}

/* ---- ADD, AND and their like ------------------------------------------ */

u32 arm64_addi(i64 v, unsigned rd, unsigned rn)
{
	u32 op = v < 0 ? 0xd1000000 : 0x91000000;
	u64 x = v < 0 ? 0 - (u64)v : (u64)v;

	if (x & 0xfff000) {
		x >>= 12;
		op |= 1 << 22;
	}
	return op | (u32)(x & 0xfff) << 10 | rn << 5 | rd;
}

/* The same for any of ADD, SUB, CMP. */
static u32 addimm(const Arm64 *e, u32 v, u32 fields)
{
	u32 sh = (v & 0xfff000) != 0;

	return e->op->irr | sh << 22 | (v >> (sh ? 12 : 0) & 0xfff) << 10 |
		fields;
}

static void check_dst(Arm64 *e, const AsmProg *p)
{
	if (p->to.reg == REG_RSP && (e->op->flags & F_S))
		arm64_bad(e, p, "illegal destination register");
}

void arm64_addcon(Arm64 *e, const AsmProg *p)
{
	check_dst(e, p);
	e->o[0] = addimm(e, (u32)p->from.offset, arm64_fields(e, p));
}

void arm64_addcon2(Arm64 *e, const AsmProg *p)
{
	u32 v = (u32)p->from.offset, rd = num(p->to.reg);

	e->o[0] = addimm(e, v & 0xfff, arm64_fields(e, p));
	e->o[1] = addimm(e, v & 0xfff000, rd << 5 | rd);
}

void arm64_bitcon1(Arm64 *e, const AsmProg *p)
{
	u64 v = (u64)p->from.offset;
	i16 rn = p->reg ? p->reg : p->to.reg;

	if (e->op->flags & F_INV)
		v = ~v;
	if (rn == REG_RSP)
		arm64_bad(e, p, "illegal source register");
	e->o[0] = e->op->irr | arm64_fields(e, p) |
		arm64_bitcon(v, e->op->flags & F_C32 ? 32 : 64);
}

/* The instruction itself, with R27 for the constant. sp: it has RSP for an
 * operand, then the extended form; lsl is how R27 is extended. */
static u32 through_tmp(Arm64 *e, const AsmProg *p, bool sp, u32 lsl)
{
	u32 w = e->op->rrr | arm64_fields(e, p) | num(REGTMP) << 16;

	if (p->reg == REGTMP)
		arm64_bad(e, p, "cannot use REGTMP as source");
	return sp ? w | 1 << 21 | lsl << 13 : w;
}

static bool uses_sp(const AsmProg *p)
{
	return p->reg == REG_RSP ||
		(p->to.type != TYPE_NONE && p->to.reg == REG_RSP);
}

void arm64_opmov(Arm64 *e, const AsmProg *p)
{
	bool w = e->op->flags & F_C32;

	check_dst(e, p);
	e->o[0] = movcon(e, p, (u64)p->from.offset, w, REGTMP);
	e->o[1] = through_tmp(e, p, uses_sp(p), w ? EXT_UXTW : EXT_UXTX);
}

void arm64_opmovl(Arm64 *e, const AsmProg *p)
{
	int n = movlcon(e, (u64)p->from.offset, e->op->flags & F_C32,
			num(REGTMP));

	check_dst(e, p);
	if (n * 4 + 4 != e->form->size)
		arm64_bad(e, p, "invalid constant");
	e->o[n] = through_tmp(e, p, p->to.type != TYPE_NONE && uses_sp(p),
			      EXT_UXTX);
}

/* ---- floating point --------------------------------------------------- */

/* abcdefgh: sign, then exponents 1/8 .. 16, then four bits of fraction. */
int arm64_chipfloat(double d)
{
	u64 v;
	u32 h, exp;

	memcpy(&v, &d, 8);
	h = (u32)(v >> 32);
	exp = h & 0x7fc00000;
	if ((u32)v || (h & 0xffff) ||
	    (exp != 0x40000000 && exp != 0x3fc00000))
		return -1;
	return (int)(h >> 31 << 7 | (u32)(exp == 0x3fc00000) << 6 |
		     (h >> 16 & 63));
}
