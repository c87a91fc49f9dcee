/*
 * arm64 encoders: vectors.
 *
 * Most vector instructions are a row of the tables: registers and one
 * arrangement, which becomes Q (bit 30) and size (bits 22, 23). Here are
 * those with elements, immediates, or two arrangements: what is widened or
 * narrowed has elements of twice, of half the size.
 *
 * Source: asmout in cmd/internal/obj/arm64/asm7.go.
 */
#include "obj/asmarm64.h"

static u32 q_of(Arng g)
{
	return (u32)(g & 1) << 30;
}

/* log2 of an element's bytes. */
static unsigned esz(Arng g)
{
	return g >= ARNG_B ? (unsigned)g - ARNG_B : (unsigned)g / 2;
}

/* Q and an arrangement that has it. */
static bool is_full(Arng g)
{
	return g <= ARNG_D2 && g != ARNG_D1;
}

/* ---- elements --------------------------------------------------------- */

/* index and size as the lowest bit set: bits 16 to 20. */
static u32 imm5(Arm64 *e, const AsmProg *p, unsigned size, i16 index)
{
	if (index < 0 || index >= 16 >> size)
		arm64_bad(e, p, "register element index out of range 0 to %d",
			  (16 >> size) - 1);
	return ((u32)index << 1 | 1) << size << 16;
}

void arm64_umov(Arm64 *e, const AsmProg *p)
{
	unsigned size = esz(arng_of(p->from.reg));

	e->o[0] = 0x0e003c00 | (u32)(size == 3) << 30 | arm64_fields(e, p) |
		imm5(e, p, size, p->from.index);
}

void arm64_vins(Arm64 *e, const AsmProg *p)
{
	e->o[0] = 0x4e001c00 | arm64_fields(e, p) |
		imm5(e, p, esz(arng_of(p->to.reg)), p->to.index);
}

void arm64_vinse(Arm64 *e, const AsmProg *p)
{
	unsigned size = esz(arng_of(p->to.reg));

	if (arng_of(p->from.reg) != arng_of(p->to.reg))
		arm64_bad(e, p, "operand mismatch");
	imm5(e, p, size, p->from.index);
	e->o[0] = 0x6e000400 | arm64_fields(e, p) |
		imm5(e, p, size, p->to.index) |
		((u32)p->from.index << size & 15) << 11;
}

void arm64_vdups(Arm64 *e, const AsmProg *p)
{
	e->o[0] = 0x5e000400 | arm64_fields(e, p) |
		imm5(e, p, esz(arng_of(p->from.reg)), p->from.index);
}

void arm64_vdupe(Arm64 *e, const AsmProg *p)
{
	Arng g = arng_of(p->to.reg);

	if (!is_full(g)) {
		arm64_bad(e, p, "invalid arrangement");
		return;
	}
	e->o[0] = 0x0e000400 | q_of(g) | arm64_fields(e, p) |
		imm5(e, p, esz(g), p->from.index);
}

void arm64_vdupr(Arm64 *e, const AsmProg *p)
{
	Arng g = arng_of(p->to.reg);

	if (!is_full(g)) {
		arm64_bad(e, p, "invalid arrangement");
		return;
	}
	e->o[0] = 0x0e000c00 | q_of(g) | arm64_fields(e, p) |
		imm5(e, p, esz(g), 0);
}

/* ---- immediates ------------------------------------------------------- */

static void want(Arm64 *e, const AsmProg *p, bool ok, const char *what)
{
	if (!ok)
		arm64_bad(e, p, "%s", what);
}

static const char arrangement[] = "invalid arrangement";

void arm64_vscalar(Arm64 *e, const AsmProg *p)
{
	want(e, p, e->op->irr != 0, "no form with plain V registers");
	e->o[0] = e->op->irr | arm64_fields(e, p);
}

void arm64_vcmp0(Arm64 *e, const AsmProg *p)
{
	want(e, p, p->from.type == TYPE_CONST ? p->from.offset == 0 :
	     p->from.fval == 0, "expected a constant zero immediate operand");
	want(e, p, arng_of(p->reg) == arng_of(p->to.reg), "operand mismatch");
	e->o[0] = e->op->irr | arm64_fields(e, p) |
		arm64_arrange(e, p, arng_of(p->to.reg));
}

void arm64_vmovi(Arm64 *e, const AsmProg *p)
{
	Arng g = arng_of(p->to.reg);
	u32 v = (u32)p->from.offset;

	want(e, p, v <= 255, "immediate constant out of range");
	want(e, p, g == ARNG_B8 || g == ARNG_B16, arrangement);
	e->o[0] = e->op->irr | q_of(g) | (v >> 5 & 7) << 16 | (v & 31) << 5 |
		arm64_fields(e, p);
}

/* All three vectors have arrangement a or b; $n is 0..most. */
static u32 vector_imm(Arm64 *e, const AsmProg *p, Arng a, Arng b, i64 most)
{
	Arng g = arng_of(p->to.reg);

	want(e, p, g == arng_of(p->reg) && g == arng_of(p->rest[0].reg) &&
	     (g == a || g == b), arrangement);
	want(e, p, p->from.offset >= 0 && p->from.offset <= most,
	     "illegal offset");
	return (u32)p->from.offset & 63;
}

void arm64_vext(Arm64 *e, const AsmProg *p)
{
	Arng g = arng_of(p->to.reg);

	e->o[0] = e->op->irr | q_of(g) | arm64_fields(e, p) |
		vector_imm(e, p, ARNG_B8, ARNG_B16,
			   g == ARNG_B8 ? 7 : 15) << 11;
}

void arm64_vxar(Arm64 *e, const AsmProg *p)
{
	e->o[0] = e->op->irr | arm64_fields(e, p) |
		vector_imm(e, p, ARNG_D2, ARNG_D2, 63) << 10;
}

/* How many registers a list has. */
static u32 list_len(i64 list)
{
	switch (list >> 12 & 15) {
	case 7: return 1;
	case 10: return 2;
	case 6: return 3;
	default: return 4;
	}
}

void arm64_vtbl(Arm64 *e, const AsmProg *p)
{
	Arng g = arng_of(p->to.reg);
	i64 list = p->rest[0].offset;

	want(e, p, g == arng_of(p->from.reg) &&
	     (g == ARNG_B8 || g == ARNG_B16), arrangement);
	e->o[0] = e->op->rrr | q_of(g) | (list_len(list) - 1) << 13 |
		((u32)list & 31) << 5 | arm64_fields(e, p);
}

/* ---- shifts ----------------------------------------------------------- */

/* immh:immb: twice the element's bits less a shift to the right, or the
 * bits plus one to the left. */
static u32 shift_imm(Arm64 *e, const AsmProg *p, unsigned size)
{
	i64 bits = 8 << size, n = p->from.offset, v;

	if (n < 0 || n > 64)
		n = 128;
	v = e->op->flags & F_LEFT ? bits + n : 2 * bits - n;

	want(e, p, v >= bits && v < 2 * bits, "shift out of range");
	return (u32)(v & 127) << 16;
}

void arm64_vshift(Arm64 *e, const AsmProg *p)
{
	Arng g = arng_of(p->to.reg);

	want(e, p, is_full(g) && g == arng_of(p->reg), arrangement);
	if (!e->bad)
		e->o[0] = e->op->irr | q_of(g) | shift_imm(e, p, esz(g)) |
			arm64_fields(e, p);
}

/* Is narrow half as wide as wide, and the upper half what F_Q says? */
static bool halved(const Arm64 *e, Arng narrow, Arng wide)
{
	bool q = e->op->flags & F_Q;

	return narrow < ARNG_D1 && (narrow & 1) == q &&
		wide == (Arng)(narrow / 2 * 2 + 3);
}

void arm64_vshrn(Arm64 *e, const AsmProg *p)
{
	Arng g = arng_of(p->to.reg);

	want(e, p, halved(e, g, arng_of(p->reg)), arrangement);
	if (!e->bad)
		e->o[0] = e->op->irr | q_of(g) | shift_imm(e, p, esz(g)) |
			arm64_fields(e, p);
}

void arm64_vxtn(Arm64 *e, const AsmProg *p)
{
	Arng g = arng_of(p->to.reg);

	want(e, p, halved(e, g, arng_of(p->from.reg)), arrangement);
	/* VFCVTN has its size in its bits. */
	e->o[0] = e->op->irr | q_of(g) | arm64_fields(e, p) |
		(e->op->sz ? 0 : esz(g) << 22);
}

static void widen(Arm64 *e, const AsmProg *p, i16 src, i64 n)
{
	Arng g = arng_of(src);
	i64 bits = 8 << esz(g);

	want(e, p, halved(e, g, arng_of(p->to.reg)), "operand mismatch");
	want(e, p, n >= 0 && n < bits, "shift amount out of range");
	if (e->bad)
		return;
	e->o[0] = e->op->irr | q_of(g) | (u32)(bits + n) << 16 |
		arm64_fields(e, p);
}

void arm64_vshll(Arm64 *e, const AsmProg *p)
{
	widen(e, p, p->reg, p->from.offset);
}

void arm64_vxtl(Arm64 *e, const AsmProg *p)
{
	widen(e, p, p->from.reg, 0);
}

void arm64_vfcvtl(Arm64 *e, const AsmProg *p)
{
	Arng g = arng_of(p->from.reg);

	want(e, p, arng_of(p->to.reg) == ARNG_D2 &&
	     halved(e, g, ARNG_D2), "operand mismatch");
	e->o[0] = e->op->irr | q_of(g) | arm64_fields(e, p);
}

/* ---- two arrangements ------------------------------------------------- */

/* VPMULL multiplies polynomials: bytes, or 64 bits to 128. The others have
 * any integers that can be doubled. */
void arm64_vlong(Arm64 *e, const AsmProg *p)
{
	Arng g = arng_of(p->from.reg), t = arng_of(p->to.reg);
	bool poly = p->opcode == A(VPMULL) || p->opcode == A(VPMULL2);
	bool q = e->op->flags & F_Q;
	u32 size = esz(g);

	want(e, p, g == arng_of(p->reg), arrangement);
	if (poly && t == ARNG_Q1)
		want(e, p, g == (q ? ARNG_D2 : ARNG_D1), "operand mismatch");
	else
		want(e, p, halved(e, g, t) && (!poly || size == 0),
		     "operand mismatch");
	e->o[0] = e->op->rrr | q_of(g) | size << 22 | arm64_fields(e, p);
}

void arm64_vwide(Arm64 *e, const AsmProg *p)
{
	Arng g = arng_of(p->from.reg), t = arng_of(p->to.reg);

	want(e, p, t == arng_of(p->reg) && halved(e, g, t),
	     "operand mismatch");
	e->o[0] = e->op->rrr | q_of(g) | esz(g) << 22 | arm64_fields(e, p);
}

/* ---- VLD1 .. VST4 ----------------------------------------------------- */

/* .P: by a register, or by what is loaded, which is number 31. 0: none. */
static u32 post_index(Arm64 *e, const AsmProg *p, const AsmAddr *mem)
{
	if (p->scond != SCOND_POST)
		return 0;
	want(e, p, mem->index == 0 || reg_in(mem->index, REG_R0, 32),
	     "invalid extended register op");
	return 1 << 23 | (mem->index ? num(mem->index) : 31) << 16;
}

static void list_move(Arm64 *e, const AsmProg *p, const AsmAddr *mem,
		      i64 list)
{
	u32 n = list_len(list), q = list >> 30 & 1;
	i64 bytes = e->op->flags & F_REPL ? (i64)n << (list >> 10 & 3) :
		n * (q ? 16 : 8);
	bool any = e->op->irr == 0xf000;	/* VLD1: 1 to 4 registers */
	u32 opcode = any ? (u32)list & 0xf000 : e->op->irr;

	if (mem->offset) {
		want(e, p, mem->offset == bytes,
		     "invalid post-increment offset");
		want(e, p, any || n == e->op->sz, "wrong number of registers");
	}
	e->o[0] = e->op->rrr | post_index(e, p, mem) | opcode |
		((u32)list & ~0xf000u) | num(mem->reg) << 5;
}

void arm64_vld(Arm64 *e, const AsmProg *p)
{
	list_move(e, p, &p->from, p->to.offset);
}

void arm64_vst(Arm64 *e, const AsmProg *p)
{
	list_move(e, p, &p->to, p->from.offset);
}

/* The index lies in Q, S and size, above what the element's size takes. */
static void elem_move(Arm64 *e, const AsmProg *p, const AsmAddr *mem,
		      const AsmAddr *el, u32 load)
{
	unsigned size = esz(arng_of(el->reg));
	u32 at = (u32)el->index << size, opcode = size < 2 ? 2 * size : 4;

	imm5(e, p, size, el->index);
	if (size == 3)
		at |= 1;
	if (p->scond == SCOND_POST)
		want(e, p, (mem->index != 0) != (mem->offset != 0) &&
		     (!mem->offset || mem->offset == 1 << size),
		     "invalid offset");
	e->o[0] = 0x0d000000 | load << 22 | post_index(e, p, mem) |
		(at >> 3 & 1) << 30 | opcode << 13 | (at >> 2 & 1) << 12 |
		(at & 3) << 10 | num(mem->reg) << 5 | num(el->reg);
}

void arm64_vldelem(Arm64 *e, const AsmProg *p)
{
	elem_move(e, p, &p->from, &p->to, 1);
}

void arm64_vstelem(Arm64 *e, const AsmProg *p)
{
	elem_move(e, p, &p->to, &p->from, 0);
}
