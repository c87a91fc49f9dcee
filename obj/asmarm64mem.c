/*
 * arm64 encoders: loads and stores, addresses.
 *
 * A load reaches 256 bytes down, and up as far as 12 bits scaled by its
 * size; a pair 7 bits scaled. Beyond that R27 gets the sum first: in one ADD
 * of a part of the offset, or from the literal pool. Symbols are an ADRP and
 * an instruction with the low 12 bits, which the linker fills in.
 *
 * Source: asmout, opldpstp in cmd/internal/obj/arm64/asm7.go.
 */
#include "obj/asmarm64.h"

enum {
	ADRP = (int)0x90000000, ADDI = (int)0x91000000,
	ADDX = (int)0x8b206000,	/* ADD Rm.UXTX, Rn, Rd */
	TMP = 27
};
#define ADRP_TO(rd) ((u32)ADRP | (rd))
#define ADD_LO12(rd) ((u32)ADDI | (rd) << 5 | (rd))

/* ---- one register ----------------------------------------------------- */

/* ld or st with base+off, which it reaches. */
static u32 near(const Arm64 *e, u32 op, i64 off, unsigned rn, unsigned rt)
{
	i64 size = (i64)1 << e->op->sz;

	if (off < 0 || off % size)
		return op | ((u32)off & 0x1ff) << 12 | rn << 5 | rt;
	return op | 1u << 24 | (u32)(off / size) << 10 | rn << 5 | rt;
}

void arm64_ldr(Arm64 *e, const AsmProg *p)
{
	Arm64Mem m = arm64_mem(e, &p->from);

	e->o[0] = near(e, e->op->ld, m.off, num(m.base), num(p->to.reg));
}

void arm64_str(Arm64 *e, const AsmProg *p)
{
	Arm64Mem m = arm64_mem(e, &p->to);

	e->o[0] = near(e, e->op->st, m.off, num(m.base), num(p->from.reg));
}

/* .P, .W: the base is written, too. */
static void indexed(Arm64 *e, const AsmProg *p, u32 op, const AsmAddr *a,
		    i16 rt)
{
	if (a->reg != REG_RSP && a->reg == rt)
		arm64_bad(e, p, "constrained unpredictable behavior");
	if (a->offset < -256 || a->offset > 255)
		arm64_bad(e, p, "offset out of range [-256,255]");
	e->o[0] = op | (p->scond == SCOND_POST ? 1u : 3u) << 10 |
		((u32)a->offset & 0x1ff) << 12 | num(a->reg) << 5 | num(rt);
}

void arm64_ldrx(Arm64 *e, const AsmProg *p)
{
	indexed(e, p, e->op->ld, &p->from, p->to.reg);
}

void arm64_strx(Arm64 *e, const AsmProg *p)
{
	indexed(e, p, e->op->st, &p->to, p->from.reg);
}

/* (Rn)(Rm), (Rn)(Rm<<n), (Rn)(Rm.SXTW<<n): n is 0 or scales by the size. */
static void by_register(Arm64 *e, const AsmProg *p, u32 op, const AsmAddr *a,
			i16 rt)
{
	u32 option = EXT_UXTX, amount = 0;

	if (!reg_in(a->index, REG_R0, 32))
		amount = (u32)a->index >> 5 & 7;
	if (reg_in(a->index, REG_EXT, 0x800))
		option = (u32)a->index >> 8 & 7;
	if (amount && amount != e->op->sz)
		arm64_bad(e, p, "invalid index shift amount");
	if (reg_in(a->index, REG_F0, 64))
		arm64_bad(e, p, "invalid index register");
	e->o[0] = op | 1 << 21 | 1 << 11 | num(a->index) << 16 |
		option << 13 | (u32)(amount != 0) << 12 | num(a->reg) << 5 |
		num(rt);
}

void arm64_ldrr(Arm64 *e, const AsmProg *p)
{
	by_register(e, p, e->op->ld, &p->from, p->to.reg);
}

void arm64_strr(Arm64 *e, const AsmProg *p)
{
	by_register(e, p, e->op->st, &p->to, p->from.reg);
}

static void far(Arm64 *e, const AsmProg *p, u32 op, const AsmAddr *a, i16 rt)
{
	Arm64Mem m = arm64_mem(e, a);
	unsigned rn = num(m.base);
	i64 hi, lo;

	if (m.off >= -4095 && m.off <= 4095) {
		e->o[0] = arm64_addi(m.off, TMP, rn);
		e->o[1] = op | 1 << 24 | TMP << 5 | num(rt);
		return;
	}
	if (!(e->form->flags & (LFROM | LTO))) {
		if (!arm64_splitoff(e->c->obj->release, m.off, e->op->sz, &hi,
				    &lo))
			arm64_bad(e, p, "offset out of range");
		e->o[0] = arm64_addi(hi, TMP, rn);
		e->o[1] = op | 1 << 24 | (u32)lo << 10 | TMP << 5 | num(rt);
		return;
	}
	if (rt == REGTMP || m.base == REGTMP)
		arm64_bad(e, p, "REGTMP used in large offset");
	e->o[0] = arm64_literal(e, p, TMP);
	/* register offset, not scaled */
	e->o[1] = op | 1 << 21 | TMP << 16 | EXT_UXTX << 13 | 2 << 10 |
		rn << 5 | num(rt);
}

void arm64_ldrfar(Arm64 *e, const AsmProg *p)
{
	far(e, p, e->op->ld, &p->from, p->to.reg);
}

void arm64_strfar(Arm64 *e, const AsmProg *p)
{
	far(e, p, e->op->st, &p->to, p->from.reg);
}

/* ---- symbols ---------------------------------------------------------- */

/* What Go before 1.27 believes of a symbol's alignment. */
static u64 sym_align(const LSym *s)
{
	static const char *const bytes[] = {"go:string.", "type:.namedata.",
		"type:.importpath."};
	static const char *const tails[] = {".opendefer", ".arginfo0",
		".arginfo1", ".argliveinfo"};

	for (size_t i = 0; i < NELEM(bytes); i++)
		if (view_prefix(s->name, bytes[i]))
			return 1;
	for (size_t i = 0; i < NELEM(tails); i++)
		if (view_suffix(s->name, tails[i]))
			return 1;
	if (view_prefix(s->name, "gclocals·"))
		return 4;
	return s->size % 8 == 0 ? 8 : s->size % 4 == 0 ? 4 :
		s->size % 2 == 0 ? 2 : 1;
}

/* Can the load or store itself take the low 12 bits of the address? They
 * are scaled, so the address must be aligned. */
bool arm64_lo12(const Arm64 *e, const AsmProg *p, const AsmAddr *a)
{
	const Arm64Op *op = arm64_op_of(p);
	u64 align = 1u << op->sz;

	if ((op->flags & F_UNALIGN) || op->sz > 3 || a->offset % (i64)align)
		return false;
	if (e->c->obj->release < GO127)
		return sym_align(a->sym) >= align;
	/* Without an alignment of its own the linker gives it enough. */
	return a->sym->align == 0 || a->sym->align >= align;
}

static void symbol(Arm64 *e, const AsmProg *p, u32 op, const AsmAddr *a,
		   i16 rt)
{
	static const RelocRow rows[] = {ROW_R_ARM64_PCREL_LDST8,
		ROW_R_ARM64_PCREL_LDST16, ROW_R_ARM64_PCREL_LDST32,
		ROW_R_ARM64_PCREL_LDST64};
	bool lo12 = arm64_lo12(e, p, a);

	e->o[0] = ADRP_TO(TMP);
	e->o[1] = lo12 ? op | 1 << 24 | TMP << 5 | num(rt) : ADD_LO12(TMP);
	if (!lo12)
		e->o[2] = op | 1 << 24 | TMP << 5 | num(rt);
	arm64_reloc(e, p, lo12 ? rows[e->op->sz] : ROW_R_ADDRARM64, 8, a);
}

void arm64_ldraddr(Arm64 *e, const AsmProg *p)
{
	symbol(e, p, e->op->ld, &p->from, p->to.reg);
}

void arm64_straddr(Arm64 *e, const AsmProg *p)
{
	if (p->from.reg == REGTMP)
		arm64_bad(e, p, "cannot use REGTMP as source");
	symbol(e, p, e->op->st, &p->to, p->from.reg);
}

/* MOVD $sym(SB), Rd */
void arm64_movaddr(Arm64 *e, const AsmProg *p)
{
	unsigned rd = num(p->to.reg);

	e->o[0] = ADRP_TO(rd);
	e->o[1] = ADD_LO12(rd);
	arm64_reloc(e, p, ROW_R_ADDRARM64, 8, &p->from);
}

/* The address of a slot that the linker fills. */
static void slot(Arm64 *e, const AsmProg *p, RelocRow row)
{
	AsmAddr a = p->from;

	if (a.offset && row == ROW_R_ARM64_TLS_IE)
		arm64_bad(e, p, "invalid offset on MOVW $tlsvar");
	a.offset = 0;
	e->o[0] = ADRP_TO(TMP);
	e->o[1] = e->op->ld | 1 << 24 | TMP << 5 | num(p->to.reg);
	arm64_reloc(e, p, row, 8, &a);
}

void arm64_got(Arm64 *e, const AsmProg *p)
{
	slot(e, p, ROW_R_ARM64_GOTPCREL);
}

void arm64_tlsie(Arm64 *e, const AsmProg *p)
{
	slot(e, p, ROW_R_ARM64_TLS_IE);
}

void arm64_tlsle(Arm64 *e, const AsmProg *p)
{
	if (p->from.offset)
		arm64_bad(e, p, "invalid offset on MOVW $tlsvar");
	e->o[0] = 0xd2800000 | num(p->to.reg);	/* MOVZ */
	arm64_reloc(e, p, ROW_R_ARM64_TLS_LE, 4, &p->from);
}

/* ---- $x-8(SP), $8(R1) ------------------------------------------------- */

void arm64_aacon(Arm64 *e, const AsmProg *p)
{
	Arm64Mem m = arm64_mem(e, &p->from);
	unsigned rd = num(p->to.reg);

	if (e->form->size == 4) {
		e->o[0] = arm64_addi(m.off, rd, num(m.base));
		return;
	}
	e->o[0] = arm64_addi(m.off & 0xfff000, rd, num(m.base));
	e->o[1] = arm64_addi(m.off & 0xfff, rd, rd);
}

void arm64_lacon(Arm64 *e, const AsmProg *p)
{
	Arm64Mem m = arm64_mem(e, &p->from);

	e->o[0] = arm64_literal(e, p, TMP);
	e->o[1] = (u32)ADDX | TMP << 16 | num(m.base) << 5 | num(p->to.reg);
}

/* ---- pairs ------------------------------------------------------------ */

static u32 pair(Arm64 *e, const AsmProg *p, i64 off, unsigned base)
{
	static const u32 mode[] = {2u << 23, 1u << 23, 3u << 23};
	i64 size = (i64)1 << e->op->sz;

	(void)p;
	return e->op->rrr | mode[p->scond] | (u32)((off / size) & 127) << 15 |
		base << 5;
}

/* The registers of the pair a, in their fields. */
static u32 pair_regs(Arm64 *e, const AsmProg *p, const AsmAddr *a,
		     const AsmAddr *mem, bool load)
{
	i16 r1 = a->reg, r2 = (i16)a->offset;
	int base = e->op->flags & F_FP ? REG_F0 : REG_R0;

	if (!reg_in(r1, base, 32) || !reg_in(r2, base, 32))
		arm64_bad(e, p, "invalid register pair");
	if ((load && r1 == r2) ||
	    (!(e->op->flags & F_FP) && p->scond && mem->reg != REG_RSP &&
	     (mem->reg == r1 || mem->reg == r2)))
		arm64_bad(e, p, "constrained unpredictable behavior");
	return num(r2) << 10 | num(r1);
}

static u32 ldp_regs(Arm64 *e, const AsmProg *p)
{
	return pair_regs(e, p, &p->to, &p->from, true);
}

static u32 stp_regs(Arm64 *e, const AsmProg *p)
{
	if (e->form->size > 4 && (p->from.reg == REGTMP ||
				  (i16)p->from.offset == REGTMP))
		arm64_bad(e, p, "cannot use REGTMP as source");
	return pair_regs(e, p, &p->from, &p->to, false);
}

static void pair_near(Arm64 *e, const AsmProg *p, const AsmAddr *a, u32 regs)
{
	Arm64Mem m = arm64_mem(e, a);

	e->o[0] = pair(e, p, m.off, num(m.base)) | regs;
}

static void pair12(Arm64 *e, const AsmProg *p, const AsmAddr *a, u32 regs)
{
	Arm64Mem m = arm64_mem(e, a);

	e->o[0] = arm64_addi(m.off, TMP, num(m.base));
	e->o[1] = pair(e, p, 0, TMP) | regs;
}

static void pair_far(Arm64 *e, const AsmProg *p, const AsmAddr *a, u32 regs)
{
	Arm64Mem m = arm64_mem(e, a);
	unsigned rn = num(m.base);
	i64 hi, lo;

	if (m.base == REGTMP)
		arm64_bad(e, p, "REGTMP used in large offset");
	if (e->form->flags & (LFROM | LTO)) {
		e->o[0] = arm64_literal(e, p, TMP);
		e->o[1] = (u32)ADDX | TMP << 16 | rn << 5 | TMP;
	} else {
		if (!arm64_splitoff(e->c->obj->release, m.off, 0, &hi, &lo))
			arm64_bad(e, p, "offset out of range");
		e->o[0] = arm64_addi(lo, TMP, rn);
		e->o[1] = arm64_addi(hi, TMP, TMP);
	}
	e->o[2] = pair(e, p, 0, TMP) | regs;
}

static void pair_addr(Arm64 *e, const AsmProg *p, const AsmAddr *a, u32 regs)
{
	e->o[0] = ADRP_TO(TMP);
	e->o[1] = ADD_LO12(TMP);
	e->o[2] = pair(e, p, 0, TMP) | regs;
	arm64_reloc(e, p, ROW_R_ADDRARM64, 8, a);
}

void arm64_ldp(Arm64 *e, const AsmProg *p)
{
	pair_near(e, p, &p->from, ldp_regs(e, p));
}

void arm64_stp(Arm64 *e, const AsmProg *p)
{
	pair_near(e, p, &p->to, stp_regs(e, p));
}

void arm64_ldp12(Arm64 *e, const AsmProg *p)
{
	pair12(e, p, &p->from, ldp_regs(e, p));
}

void arm64_stp12(Arm64 *e, const AsmProg *p)
{
	pair12(e, p, &p->to, stp_regs(e, p));
}

void arm64_ldpfar(Arm64 *e, const AsmProg *p)
{
	pair_far(e, p, &p->from, ldp_regs(e, p));
}

void arm64_stpfar(Arm64 *e, const AsmProg *p)
{
	pair_far(e, p, &p->to, stp_regs(e, p));
}

void arm64_ldpaddr(Arm64 *e, const AsmProg *p)
{
	pair_addr(e, p, &p->from, ldp_regs(e, p));
}

void arm64_stpaddr(Arm64 *e, const AsmProg *p)
{
	pair_addr(e, p, &p->to, stp_regs(e, p));
}

/* ---- prefetch --------------------------------------------------------- */

/* What to prefetch: a name of that kind, or a number. */
static u32 prefetch(Arm64 *e, const AsmProg *p, SpopKind kind, i64 most)
{
	i64 v = p->to.offset;

	if (p->to.type == TYPE_SPECIAL) {
		if (arm64_special[v].kind == kind)
			return arm64_special[v].bits;
		v = -1;
	}
	if (v < 0 || v > most)
		arm64_bad(e, p, "illegal prefetch operation");
	return (u32)v & 63;
}

void arm64_prfm(Arm64 *e, const AsmProg *p)
{
	e->o[0] = e->op->irr | prefetch(e, p, SPOP_PRFM, 31) |
		num(p->from.reg) << 5 | (u32)(p->from.offset / 8) << 10;
}

/* The operation's six bits lie at 15, 13, 12 and 2 to 0. */
void arm64_rprfm(Arm64 *e, const AsmProg *p)
{
	u32 v = prefetch(e, p, SPOP_RPRFM, 63);

	e->o[0] = e->op->irr | arm64_fields(e, p) | (v & 7) |
		(v >> 3 & 1) << 12 | (v >> 4 & 1) << 13 | (v >> 5) << 15;
}

/* ---- exclusive, atomic ------------------------------------------------ */

void arm64_ldxr(Arm64 *e, const AsmProg *p)
{
	if ((e->op->flags & F_PAIR) && p->to.reg == (i16)p->to.offset)
		arm64_bad(e, p, "constrained unpredictable behavior");
	e->o[0] = e->op->rrr | arm64_fields(e, p);
}

void arm64_stxr(Arm64 *e, const AsmProg *p)
{
	i16 s = p->reg_to2, n = p->to.reg;

	if (s == p->from.reg || (s == n && n != REG_RSP) ||
	    ((e->op->flags & F_PAIR) && s == (i16)p->from.offset))
		arm64_bad(e, p, "constrained unpredictable behavior");
	e->o[0] = e->op->rrr | arm64_fields(e, p);
}

void arm64_casp(Arm64 *e, const AsmProg *p)
{
	const AsmAddr *pairs[] = {&p->from, &p->rest[0]};

	for (int i = 0; i < 2; i++)
		if ((pairs[i]->reg & 1) ||
		    pairs[i]->offset != pairs[i]->reg + 1)
			arm64_bad(e, p, "a register pair must start from an "
				  "even register and be contiguous");
	e->o[0] = e->op->rrr | arm64_fields(e, p);
}
