/*
 * asmarm64: what the files of the arm64 back end share.
 *
 *     asmarm64.c       names, registers, places: AsmArch
 *     asmarm64syntax.c operands that only arm64 has
 *     asmarm64fn.c     a function's prologue, epilogue, stack check
 *     asmarm64class.c  what an operand can be; which form fits
 *     asmarm64span.c   sizes, literal pools, far branches, the bytes
 *     asmarm64int.c    encoders: integer instructions and branches
 *     asmarm64con.c    encoders: those that take a constant of any size
 *     asmarm64mem.c    encoders: loads and stores
 *     asmarm64simd.c   encoders: vectors
 *
 * The tables: asmarm64op.def and asmarm64simd.def have a row for each
 * mnemonic (its group and its bits), asmarm64form.def a row for each form
 * of a group (operand classes, size, encoder), asmarm64sys.def the system
 * registers and the names that are operands.
 */
#ifndef OBJ_ASMARM64_H
#define OBJ_ASMARM64_H

#include "obj/asm.h"

/* ---- registers -------------------------------------------------------- */

/* The low five bits are always the number in the instruction. */
enum {
	REG_R0 = 32,	/* R0..R30, ZR */
	REG_ZR = REG_R0 + 31,
	REG_F0 = 64,
	REG_V0 = 96,
	REG_RSP = 128 + 31,
	REG_EXT = 0x800,	/* | Ext << 8 | amount << 5 | number */
	REG_ARNG = 0x1000,	/* | Arng << 5 | number: V1.B16 */
	REG_ELEM = 0x2000,	/* | Arng << 5 | number: V1.B[2], index 2 */
	REG_SPR = 0x4000,	/* | row of asmarm64sys.def */
	/* The roles that Go's calling convention gives them. */
	REGRT1 = REG_R0 + 16, REGRT2 = REG_R0 + 17,
	REGTMP = REG_R0 + 27, REGG = REG_R0 + 28, REGFP = REG_R0 + 29,
	REGLINK = REG_R0 + 30
};

/* R1.UXTB: as the instruction has it; EXT_LSL is R1<<n. */
typedef enum {
	EXT_UXTB, EXT_UXTH, EXT_UXTW, EXT_UXTX,
	EXT_SXTB, EXT_SXTH, EXT_SXTW, EXT_SXTX, NEXT
} Ext;
enum { REG_LSL = 0x3000 };	/* | amount << 5 | number */

/* Arrangements: V1.B8 ... and those of elements, V1.B[0]. */
typedef enum {
	ARNG_B8, ARNG_B16, ARNG_H4, ARNG_H8, ARNG_S2, ARNG_S4, ARNG_D1,
	ARNG_D2, ARNG_Q1, ARNG_B, ARNG_H, ARNG_S, ARNG_D, NARNG
} Arng;

static inline bool reg_in(i16 r, int base, int n)
{
	return r >= base && r < base + n;
}
static inline bool is_arng(i16 r)
{
	return reg_in(r, REG_ARNG, 0x1000);
}
static inline bool is_elem(i16 r)
{
	return reg_in(r, REG_ELEM, 0x1000);
}
static inline Arng arng_of(i16 r)
{
	return (Arng)(r >> 5 & 15);
}

enum { SCOND_NONE, SCOND_POST, SCOND_PRE };	/* .P, .W */

/* Shifted registers (TYPE_SHIFT): bits of offset as the instruction has
 * them: type << 22 | number << 16 | amount << 10. */

/* ---- names that are operands ------------------------------------------ */

/* TYPE_SPECIAL: offset is the row of special_table. */
typedef enum { SPOP_COND, SPOP_PRFM, SPOP_RPRFM, SPOP_TLBI, SPOP_DC,
	SPOP_PSTATE, SPOP_BTI } SpopKind;

/* In all of these the name comes first, without a pointer: those would have
 * to be relocated whenever the program starts. */
typedef struct {
	char name[20];
	u8 kind;
	u32 bits;	/* as the instruction has it */
	bool reg;	/* TLBI, DC: takes a register */
} Arm64Special;

typedef struct {
	char name[20];
	u32 bits;
	u8 access;	/* 1 MRS, 2 MSR */
} Arm64Sysreg;

extern const Arm64Special arm64_special[];
extern const size_t arm64_nspecial;
extern const Arm64Sysreg arm64_sysreg[];
extern const size_t arm64_nsysreg;
/* The number of the row, or -1. */
int arm64_find_special(View name);
int arm64_find_sysreg(View name);

/* ---- operand classes -------------------------------------------------- */

/* An operand fits several: its class is a set. The names are Go's where it
 * has the same class. */
#define ARM64_CLASSES(X) \
	X(NONE) X(REG) X(ZREG) X(RSP) X(FREG) X(VREG) X(PAIR) X(SHIFT) \
	X(EXTREG) X(SPR) X(COND) X(SPOP) X(ARNG) X(ELEM) X(LIST) \
	X(ZCON) X(ADDCON) X(MBCON) X(MOVCON) X(BITCON) X(ADDCON2) X(LCON) \
	X(MOVCON2) X(MOVCON3) X(VCON) X(FCON) X(VCONADDR) X(AACON) \
	X(AACON2) X(LACON) X(SBRA) \
	X(ZOREG)	/* (R) */ \
	X(ZMEM)		/* (R), or at offset 0 of the frame */ \
	X(NEAR)		/* a load or store reaches it */ \
	X(FAR)		/* with an addition in front */ \
	X(FARPOOL)	/* with a constant from the pool in front */ \
	X(PNEAR) X(P12) X(PFAR) X(PFARPOOL)	/* the same for pairs */ \
	X(PREIDX)	/* 0..32760, in eights: PRFM */ \
	X(LOREG)	/* offset(R) */ \
	X(ROFF)		/* (R)(R<<n) */ \
	X(ADDR)		/* sym(SB) */ \
	X(GOTADDR) X(TLS_LE) X(TLS_IE)

typedef enum {
#define X(c) CN_##c,
	ARM64_CLASSES(X)
#undef X
	NCLASS
} ClassNumber;

typedef u64 Class;
#define C1(c) ((Class)1 << CN_##c)

/* ---- tables ----------------------------------------------------------- */

/* What a mnemonic adds to the forms of its group. */
enum {
	F_S = 2,	/* ADDS, SUBS: sets the flags, never split in two */
	F_C32 = 4,	/* constants count as 32 bits */
	F_C64 = 8,	/* constants are looked at closely */
	F_INV = 16,	/* the immediate is inverted: BIC, ORN, EON */
	F_ADD = 32,	/* has an extended register form */
	F_Q = 64,	/* SMLAL2 and its like: the upper half */
	F_REPL = 128,	/* VLD1R: every lane */
	F_LEFT = 256,	/* VSHL: the shift counts from the left */
	F_FP = 512,	/* a pair of F registers */
	F_PAIR = 1024,	/* LDXP, STXP */
	F_ZERO = 4096,	/* $0 is ZR */
	F_UNALIGN = 8192,	/* VMOVS: no sym@lo12 in the load */
	F_NOPOOL = 16384	/* no offset that needs the literal pool */
};

/* Which arrangements a mnemonic takes and what becomes of them. */
#define ARM64_ARRS(X) \
	X(NONE, 0, 0) \
	X(INT, B8 | B16 | H4 | H8 | S2 | S4 | D2, QSIZE) \
	X(BHS, B8 | B16 | H4 | H8 | S2 | S4, QSIZE) \
	X(BH, B8 | B16 | H4 | H8, QSIZE) \
	X(B, B8 | B16, Q) \
	X(FP, S2 | S4 | D2, QFP) \
	X(ACROSS, B8 | B16 | H4 | H8 | S4, QSIZE) \
	X(FACROSS, S4, Q) \
	X(B16, B16, 0) X(S4, S4, 0) X(D2, D2, 0)

typedef enum {
#define X(name, arngs, how) ARR_##name,
	ARM64_ARRS(X)
#undef X
	NARR
} ArrKind;

typedef enum {
	GRP_NONE,
#define GROUP(name) GRP_##name,
#define FORM(...)
#include "obj/asmarm64form.def"
#undef FORM
#undef GROUP
	NGRP
} Group;

typedef struct {
	char name[12];
	u32 rrr;	/* bits of the register form */
	u32 irr;	/* of the one with an immediate */
	u32 ld, st;	/* of a load, a store */
	u16 flags;
	u8 group;
	u8 arr;	/* ArrKind */
	u8 sz;	/* log2 of what is loaded; VLDn: n */
} Arm64Op;


typedef struct Arm64 Arm64;
typedef struct Arm64Form Arm64Form;
struct Arm64Form {
	u8 group;
	u8 scond;
	u8 size;	/* bytes */
	u8 flags;
	Class from, reg, from3, to, to2;
	void (*enc)(Arm64 *e, const AsmProg *p);
	const char *regs;	/* enc_regs: the operands in Rd, Rn, Rm, Ra */
};
enum { NOTMP = 1, LFROM = 2, LTO = 4, BR14 = 8, BR19 = 16 };

extern const Arm64Form arm64_form[];

/* The encoders that the forms name; they set e->o. */
#define GROUP(name)
#define FORM(g, f, r, f3, t, t2, sc, sz, fl, enc, regs) \
	void arm64_##enc(Arm64 *e, const AsmProg *p);
#include "obj/asmarm64form.def"
#undef FORM
#undef GROUP

/* Opcodes: A_ARCH and up, a row of the tables each. */
enum {
	ARM64_A_ARCH = A_ARCH - 1,
#define OP(name, ...) ARM64_A##name,
#define MOVE(name, ...) ARM64_A##name,
#include "obj/asmarm64op.def"
	ARM64_NINT,
	ARM64_INT_END = ARM64_NINT - 1,
#include "obj/asmarm64simd.def"
#undef MOVE
#undef OP
	ARM64_NOPCODE
};
#define A(name) ARM64_A##name

/* ---- the function at work --------------------------------------------- */

struct Arm64 {
	AsmCtx *c;
	AsmFunc *f;
	LSym *s;
	i64 autosize, extrasize;
	/* while encoding */
	const Arm64Op *op;
	const Arm64Form *form;
	u32 o[6];	/* the instruction's words */
	bool bad;	/* an error has been reported for it */
	/* asmarm64span.c: the literal pool being collected */
	AsmProg *blitrl, *elitrl;
	u64 poolstart, poolsize;
	Map lits;
};

/* asmarm64.c */
const Arm64Op *arm64_op_of(const AsmProg *p);	/* the common ones too */
extern const char *const arm64_arng_name[NARNG];
extern const char *const arm64_ext_name[NEXT];

/* asmarm64syntax.c */
void arm64_reglist(AsmIn *in, AsmAddr *a);
bool arm64_dotted(AsmAddr *a, i16 r, View name);
bool arm64_reg_tail(AsmIn *in, AsmAddr *a, AsmTok name, int prefix,
		    bool index);
const char *arm64_suffix(AsmProg *p, View suffix);

/* asmarm64fn.c, asmarm64span.c */
void arm64_progedit(AsmCtx *c, AsmProg *p);
void arm64_init(AsmCtx *c);
void arm64_preprocess(AsmCtx *c, AsmFunc *f);
void arm64_assemble(AsmCtx *c, AsmFunc *f);

/* asmarm64class.c */
/* The form that fits, or NULL, which has been reported. p->optab has it
 * afterwards. */
const Arm64Form *arm64_oplook(Arm64 *e, AsmProg *p);
void arm64_list(Buf *out, const Arm64Op *op);	/* all forms */
void arm64_nearest(Buf *out, const AsmProg *p);
/* The place that a TYPE_MEM, or the address of one, means. */
typedef struct {
	i16 base;
	i64 off;
} Arm64Mem;
Arm64Mem arm64_mem(const Arm64 *e, const AsmAddr *a);
bool arm64_isbitcon(u64 x);
bool arm64_is_orr(i64 v, bool w);	/* MOV $v is an ORR */
u32 arm64_bitcon(u64 x, int mode);	/* N:R:S in place */
int arm64_movcon(u64 v);	/* 0, 16, 32, 48, or -1 */
bool arm64_splitoff(Release r, i64 v, unsigned shift, i64 *hi, i64 *lo);
int arm64_chipfloat(double d);	/* the 8 bits, or -1 */
bool arm64_lo12(const Arm64 *e, const AsmProg *p, const AsmAddr *a);

/* What encoders use. */
__attribute__((format(printf, 3, 4)))
void arm64_bad(Arm64 *e, const AsmProg *p, const char *fmt, ...);
/* The form's registers in their fields. */
u32 arm64_fields(const Arm64 *e, const AsmProg *p);
/* What an arrangement adds to the instruction. */
u32 arm64_arrange(Arm64 *e, const AsmProg *p, Arng g);
i64 arm64_brdist(Arm64 *e, const AsmProg *p, const AsmProg *q, int preshift,
		 int flen, int shift);
void arm64_reloc(Arm64 *e, const AsmProg *p, RelocRow row, u8 siz,
		 const AsmAddr *a);
u32 arm64_addi(i64 v, unsigned rd, unsigned rn);	/* ADD, SUB if < 0 */
/* Loads p's literal into register rt. */
u32 arm64_literal(Arm64 *e, const AsmProg *p, unsigned rt);

static inline unsigned num(i16 reg)
{
	return (unsigned)reg & 31;
}

#endif
