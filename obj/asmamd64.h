/* What the parts of the amd64 back end share. */
#ifndef OBJ_ASMAMD64_H
#define OBJ_ASMAMD64_H

#include "obj/asm.h"

/* ---- opcodes, registers: the .def files ------------------------------- */

enum {
	A_FIRST = A_ARCH - 1,
#define I(name, flags) A##name,
#define L(...)
#define S(...)
#define P(...)
#define G(...)
#define PAT(...)
#include "obj/asmamd64.def"
	A_LEGACY,	/* not an opcode: those behind it are in avx.def */
#include "obj/asmamd64avx.def"
#undef I
#undef L
#undef S
#undef P
#undef G
#undef PAT
	A_MAX
};

enum {
	R_AL = 1, R_CL, R_DL, R_BL, R_SPB, R_BPB, R_SIB, R_DIB, R_R8B, R_R9B,
	R_R10B, R_R11B, R_R12B, R_R13B, R_R14B, R_R15B, R_AX, R_CX, R_DX,
	R_BX, R_SP, R_BP, R_SI, R_DI, R_R8, R_R9, R_R10, R_R11, R_R12, R_R13,
	R_R14, R_R15, R_AH, R_CH, R_DH, R_BH, R_F0, R_F1, R_F2, R_F3, R_F4,
	R_F5, R_F6, R_F7, R_M0, R_M1, R_M2, R_M3, R_M4, R_M5, R_M6, R_M7,
	R_K0, R_K1, R_K2, R_K3, R_K4, R_K5, R_K6, R_K7, R_X0, R_X1, R_X2,
	R_X3, R_X4, R_X5, R_X6, R_X7, R_X8, R_X9, R_X10, R_X11, R_X12, R_X13,
	R_X14, R_X15, R_X16, R_X17, R_X18, R_X19, R_X20, R_X21, R_X22, R_X23,
	R_X24, R_X25, R_X26, R_X27, R_X28, R_X29, R_X30, R_X31, R_Y0, R_Y1,
	R_Y2, R_Y3, R_Y4, R_Y5, R_Y6, R_Y7, R_Y8, R_Y9, R_Y10, R_Y11, R_Y12,
	R_Y13, R_Y14, R_Y15, R_Y16, R_Y17, R_Y18, R_Y19, R_Y20, R_Y21, R_Y22,
	R_Y23, R_Y24, R_Y25, R_Y26, R_Y27, R_Y28, R_Y29, R_Y30, R_Y31, R_Z0,
	R_Z1, R_Z2, R_Z3, R_Z4, R_Z5, R_Z6, R_Z7, R_Z8, R_Z9, R_Z10, R_Z11,
	R_Z12, R_Z13, R_Z14, R_Z15, R_Z16, R_Z17, R_Z18, R_Z19, R_Z20, R_Z21,
	R_Z22, R_Z23, R_Z24, R_Z25, R_Z26, R_Z27, R_Z28, R_Z29, R_Z30, R_Z31,
	R_CS, R_SS, R_DS, R_ES, R_FS, R_GS, R_GDTR, R_IDTR, R_LDTR, R_MSW,
	R_TASK, R_CR0, R_CR1, R_CR2, R_CR3, R_CR4, R_CR5, R_CR6, R_CR7, R_CR8,
	R_CR9, R_CR10, R_CR11, R_CR12, R_CR13, R_CR14, R_CR15, R_DR0, R_DR1,
	R_DR2, R_DR3, R_DR4, R_DR5, R_DR6, R_DR7, R_TR0, R_TR1, R_TR2, R_TR3,
	R_TR4, R_TR5, R_TR6, R_TR7, R_TLS,
	R_MAX
};

static inline bool reg_in(int r, int first, int last)
{
	return r >= first && r <= last;
}
/* The low three bits of a register's number; the bits of REX, VEX and EVEX
 * that its fourth and fifth need. -1: it has no number. */
enum { REX = 0x40, REXB = 1, REXX = 2, REXR = 4, REXW = 8, EVEXR = 16 };
int amd64_regnum(int r);
int amd64_regrex(int r);
static inline int amd64_regindex(int r)
{
	return amd64_regnum(r) | (amd64_regrex(r) & REXR) << 1 |
		(amd64_regrex(r) & EVEXR);
}

/* ---- asmamd64edit.c ------------------------------------------------------- */

typedef enum { OS_LINUX, OS_DARWIN, OS_FREEBSD, OS_OTHERBSD, OS_WINDOWS,
	OS_PLAN9, OS_SOLARIS, OS_ANDROID, OS_UNKNOWN } Amd64Os;

/* What a form makes of its operands: asmamd64quick.c. The operands that are
 * ModRM.rm, ModRM.reg and so on, counted from 1. */
typedef struct {
	u8 kind, rm, reg, low, vvvv, imm, nimm;
	u8 rexw, digit, bits, nprefix, nbytes, bytes[6];
	bool memory;	/* is rm memory? */
} Recipe;

/* A form that fitted: opcode and classes, row, shape of its pattern. */
typedef struct {
	u64 key;
	u16 row;
	u8 pat;
	Recipe recipe;
} Amd64Slot;

/* Asked for every instruction, found out once: AsmCtx.archdata. */
typedef struct {
	Amd64Os os;
	bool one_insn_tls;
	u8 cls[R_MAX];	/* a register's Class */
	u16 row[A_MAX];	/* 1 + where an opcode's rows begin */
	Amd64Slot fit[128];
} Amd64Facts;

/* ---- asmamd64class.c ---------------------------------------------------- */

/* Classes of operands; Go's names but for the longest. */
typedef enum {
	Yxxx, Ynone, Yi0, Yi1, Yu2, Yi8, Yu8, Yu7, Ys32, Yi32, Yi64, Yiauto,
	Yal, Ycl, Yax, Ycx, Yrb, Yrl, Yrf, Yf0, Yrx, Ymb, Yml, Ym, Ybr, Ysr,
	Yfs, Ygs, Ygdtr, Yidtr, Yldtr, Ymsw, Ytask, Ycr, Ydr, Ymr, Ymm, Yxr0,
	Yx4, Yxr, Yxe, Yxm, Yxme, Yxvm, Yxvme, Yy4, Yyr, Yye, Yym, Yyme,
	Yyvm, Yyvme, Yz4, Yzr, Yzm, Yzvm, Yk0, Ykn, Yk, Ykm, Ytls, Ytextsize,
	Yindir, NCLASS
} Class;

Class amd64_class(AsmCtx *c, const AsmAddr *a);
bool amd64_covers(Class actual, Class wanted);
const char *amd64_class_name(Class y);

/* ---- forms ----------------------------------------------------------------- */

typedef enum {
	FORM_LEGACY, FORM_VEX, FORM_EVEX, FORM_NOTHING,
	/* S rows */
	FORM_CALLCON, FORM_CALLMEM, FORM_CALLSYM, FORM_JCC, FORM_JMPREL,
	FORM_LOOPREL, FORM_BYTES, FORM_LOADTLS
} FormKind;

enum { FORM_MAXOPS = 5 };
/* Form.flags; REXW is one of them */
enum { BYTES = 1, BYTE0 = 2, CALLIND = 4, OLD = 16, LEA = 32 };
/* Form.modrm other than a digit */
enum { R = -1, NONE = -2 };
/* bits: common to VEX and EVEX */
enum {
	P66 = 1, PF3 = 2, PF2 = 3, L256 = 4, L512 = 8, M0F = 0x10,
	M0F38 = 0x20, M0F3A = 0x30, W1 = 0x80,
	/* EVEX: the second byte */
	SAE = 0x100, RC = 0x200, Z = 0x400, B4 = 0x800, B8 = 0x1000,
	N2 = 0x2000, N4 = 0x4000, N8 = 0x6000, N16 = 0x8000, N32 = 0xa000,
	N64 = 0xc000, N128 = 0xe000, NMASK = 0xe000
};

/* A form of L, S, P rows. */
typedef struct {
	u16 op;
	u8 kind, nargs, nbytes;
	u8 cls[FORM_MAXOPS];
	char role[FORM_MAXOPS + 1];
	u8 flags;
	i16 modrm;
	u8 bytes[6];
} Form;

/* A form in a pattern; a G row. */
typedef struct {
	u8 kind, nargs;
	u8 cls[FORM_MAXOPS];
	char role[FORM_MAXOPS + 1];
	u16 bits;
} Shape;

typedef struct {
	u16 op;
	u8 npat, opcode;
	i16 modrm;
	u16 bits;
	const Shape *pat;
} Group;

/* The instruction's operands in Go's order. */
typedef struct {
	AsmAddr *a[FORM_MAXOPS];
	int n;
} Operands;

/* A form that fits, whichever table it is from. */
typedef struct {
	FormKind kind;
	const char *role;
	u8 flags, nbytes;
	u8 bytes[6];
	int modrm;
	unsigned bits;
	Operands ops;
} Fit;

/* Suffixes in AsmProg.scond. */
typedef struct {
	const char *name;
	u8 rounding;	/* 0-3; 4: none */
	bool sae, zeroing, broadcast;
} Suffix;
extern const Suffix amd64_suffix[];

/* What was found for an opcode and the classes of p's operands, NULL: no form
 * fits. */
Amd64Slot *amd64_find(AsmCtx *c, AsmProg *p, Operands *o);
/* The first form that fits. */
bool amd64_fit(AsmCtx *c, AsmProg *p, Fit *fit);
/* Appends the forms of an opcode, a line each. */
void amd64_forms(Buf *out, u16 op, const char *indent);
const char *amd64_opname(u16 op);
bool amd64_opcode(View name, u16 *op);
bool amd64_unary_dst(u16 op);

/* ---- asmamd64enc.c, asmamd64mem.c, asmamd64evex.c ------------------------------ */

enum { INSN_MAX = 32 };	/* with all prefixes that a source can ask for */

typedef struct {
	u8 b[INSN_MAX];
	u32 n;
	int rex;
	bool vex, evex;
	unsigned bits;	/* EVEX: the form's */
} Insn;

/* Relocations of the function being assembled. */
typedef struct {
	Reloc *r;
	u32 n, cap;
} Relocs;

typedef struct {
	AsmCtx *ctx;
	AsmFunc *func;
	Insn in;
	Relocs rel;
	Buf code, old;	/* of this pass, of the one before */
	bool shared;	/* TLS through a register and R_TLS_IE */
} Amd64;

void amd64_put(Amd64 *s, unsigned byte);
void amd64_put32(Amd64 *s, u32 x);
void amd64_reloc(Amd64 *s, const AsmProg *p, RelocRow row, u8 siz, LSym *to,
		 i64 add);
/* ModRM, SIB and displacement of a, with reg in ModRM.reg. */
void amd64_modrm(Amd64 *s, const AsmProg *p, const AsmAddr *a, int reg,
		 int rex);
void amd64_segment(Amd64 *s, const AsmAddr *a);
/* The value of a constant operand; *siz is set if it is relocated. */
void amd64_vex(Amd64 *s, const AsmProg *p, const Fit *f);
/* The bytes of p if it is one of the most, whose bytes depend on nothing but
 * itself; returns how many, 0 if it is not. */
u32 amd64_quick(AsmCtx *c, AsmProg *p, u8 out[INSN_MAX]);
/* The bytes of p in s->in. */
void amd64_encode(Amd64 *s, AsmProg *p);
enum { AMD64_SAME = 2 };	/* AsmProg.mark */

/* ---- asmamd64obj.c, asmamd64span.c, asmamd64check.c ---------------------------- */

void amd64_init(AsmCtx *c);
bool amd64_one_insn_tls(const AsmCtx *c);
Amd64Os amd64_os(const AsmCtx *c);
void amd64_progedit(AsmCtx *c, AsmProg *p);
void amd64_preprocess(AsmCtx *c, AsmFunc *f);
void amd64_assemble(AsmCtx *c, AsmFunc *f);
void amd64_check(AsmCtx *c, AsmFunc *f);
LSym *amd64_seh(AsmCtx *c, AsmFunc *f);

#endif
