/*
 * asm: the assembler behind `gofips-obj asm`.
 *
 *     tokens (asmlex.c, asminput.c) -> lines (asmparse.c, asmoperand.c;
 *     asmquick.c, which needs no tokens) -> AsmProgs -> the architecture's
 *     preprocess and assemble -> tables and debug information (asmobj.c,
 *     asmdwarf.c) -> obj_write
 *
 * Everything of an architecture is behind an AsmArch: facts and a few
 * functions. The generic part asks them, never the architecture's name.
 * Vocabulary and order of events are those of cmd/asm and cmd/internal/obj:
 * a Prog is one instruction with its operands, an Addr one operand, TEXT
 * begins a function.
 */
#ifndef OBJ_ASM_H
#define OBJ_ASM_H

#include "obj/obj.h"

typedef int16_t i16;

/* ---- operands ------------------------------------------------------- */

typedef struct AsmProg AsmProg;
typedef struct AsmCtx AsmCtx;

typedef enum {
	TYPE_NONE,
	TYPE_BRANCH,	/* x(PC), a label: target, or offset = its number. From
			 * preprocess on, without target or sym: to itself */
	TYPE_TEXTSIZE,	/* of TEXT: offset = frame, size2 = arguments */
	TYPE_MEM,	/* sym+offset(name)(reg)(index*scale) */
	TYPE_CONST,	/* $offset */
	TYPE_FCONST,	/* $fval */
	TYPE_SCONST,	/* $"str" */
	TYPE_REG,
	TYPE_ADDR,	/* $ in front of a TYPE_MEM */
	TYPE_SHIFT,	/* arm64: reg<<n, encoded in offset by the arch */
	TYPE_REGREG,	/* (reg, offset): a pair */
	TYPE_REGREG2,
	TYPE_INDIR,	/* *sym(SB) */
	TYPE_REGLIST,	/* [a-b], [V1.B16, V2.B16]: encoded by the arch */
	TYPE_SPECIAL	/* a name of the arch's: offset = which */
} AsmType;

typedef enum {
	NAME_NONE,
	NAME_EXTERN,	/* sym(SB) */
	NAME_STATIC,	/* sym<>(SB) */
	NAME_AUTO,	/* x-8(SP) */
	NAME_PARAM,	/* x+8(FP) */
	NAME_GOTREF	/* sym@GOT(SB): made by back ends only */
} AsmName;

/* Pseudo-registers: negative, so that a test of the sign finds them. */
enum { REG_FP = -1, REG_SB = -2, REG_SP = -3, REG_PC = -4 };

/* There are two in each instruction, so they are kept small. */
typedef struct {
	u8 type, name;	/* AsmType, AsmName */
	i16 reg;	/* 0: none. The arch's numbers, all positive */
	i16 index;	/* 0: none */
	i16 scale;	/* 0, 1, 2, 4, 8; the arch may use it otherwise */
	i32 size2;	/* TYPE_TEXTSIZE: argument size; the length of str */
	i16 cls;	/* for the back end: the operand's class */
	i64 offset;
	LSym *sym;
	union {
		double fval;	/* TYPE_FCONST */
		const u8 *str;	/* TYPE_SCONST: the bytes, unquoted; a label */
		AsmProg *target;	/* TYPE_BRANCH, or NULL */
	};
} AsmAddr;

static inline View asm_addr_str(const AsmAddr *a)
{
	return view_of(a->str, (size_t)a->size2);
}
static inline void asm_set_str(AsmAddr *a, View v)
{
	a->str = v.p;
	a->size2 = (i32)v.n;
}

/* ---- instructions ---------------------------------------------------- */

/* Opcodes: these are common, from A_ARCH on they are the arch's own. */
enum {
	AXXX, ACALL, ADUFFCOPY, ADUFFZERO, AEND, AFUNCDATA, AJMP, ANOP,
	APCALIGN, APCALIGNMAX, APCDATA, ARET, AGETCALLERPC, ATEXT, AUNDEF,
	A_ARCH
};

/* A place in the source. base: which file (AsmCtx.base), 0 and line 0 none.
 * prologue_end: debuggers may stop here for a breakpoint at the function (Go:
 * WithXlogue(PosPrologueEnd)). */
typedef struct {
	u32 line;
	u16 base;
	bool prologue_end;
} AsmPos;

enum { ASM_MAXREST = 4 };

/* One instruction. The operands of the source are spread over from, reg,
 * rest, to and reg_to2 by the arch's place; TEXT, FUNCDATA, PCDATA and
 * PCALIGN have from and to as in Go. */
struct AsmProg {
	AsmProg *link;	/* the next of the function */
	AsmProg *pool;	/* the arch's: literal pool, ... */
	AsmProg *rel;	/* the arch's */
	AsmAddr from, to;
	AsmAddr *rest;	/* nrest of them, in the arena */
	u8 nrest, restdest;	/* bit i: rest[i] is a destination */
	u8 scond;	/* suffixes, encoded by the arch's suffix */
	u16 opcode;
	u16 mark;	/* for the arch */
	u16 optab;	/* for the arch */
	i16 reg;	/* 2nd source, 0: none */
	i16 reg_to2;	/* 2nd destination, 0: none */
	u8 isize, back, ft, tt;	/* for the arch */
	i32 spadj;	/* by how much it lowers the stack pointer */
	i64 pc;	/* number while parsing; then the offset in bytes */
	AsmPos pos;
};

/* A function: TEXT to the next TEXT. */
typedef struct {
	LSym *sym;
	AsmProg *text;	/* its TEXT; the rest by link */
	AsmProg *last;
	u32 flag;	/* the TEXT's: NOSPLIT ... as in textflag.h */
	i32 args, locals;	/* back end: as FuncInfo is to have them */
	u8 funcid, funcflag;
	i32 startline;
	LSym *dwarf_info, *dwarf_lines;
} AsmFunc;

/* textflag.h; DUPOK, RODATA, NOPTR, TLSBSS are in obj.h */
enum {
	NOPROF = 1, NOSPLIT = 4, WRAPPER = 32, NEEDCTXT = 64,
	NOFRAME = 512, REFLECTMETHOD = 1024, TOPFRAME = 2048,
	ABIWRAPPER = 4096
};

enum { FUNCDATA_ArgsPointerMaps = 0, FUNCDATA_LocalsPointerMaps = 1,
	FUNCDATA_ArgInfo = 5 };
enum { PCDATA_UnsafePoint = 0, PCDATA_StackMapIndex = 1 };
enum { UNSAFE_SAFE = -1, UNSAFE_UNSAFE = -2, UNSAFE_RESTART1 = -3,
	UNSAFE_RESTART2 = -4 };

/* ---- tokens ------------------------------------------------------------ */

/* Single characters stand for themselves. */
enum {
	TOK_EOF = -1, TOK_IDENT = 256, TOK_INT, TOK_FLOAT, TOK_CHAR,
	TOK_STRING,
	TOK_LSH,	/* << */
	TOK_RSH,	/* >> */
	TOK_ARR,	/* -> */
	TOK_ROT,	/* @> */
	TOK_MACRO,	/* #define and its like; lexer only */
	TOK_BUILD	/* a //go:build comment */
};

/* A name in the source, one for each (asmword.c). */
typedef struct AsmWord AsmWord;

typedef struct {
	int kind;
	int arg;	/* in a macro's body: which argument, or -1 */
	View text;	/* as in the source; · and ∕ already replaced */
	AsmWord *word;	/* TOK_IDENT's */
} AsmTok;

/* The tokens of one operand, and how many are read. atoi and expr report
 * their errors at the line being parsed. */
typedef struct {
	AsmCtx *ctx;
	const AsmTok *tok;
	u32 n, pos;
	bool jump;	/* the operand of a jump */
} AsmIn;

/* The kind, TOK_EOF at the end. */
static inline int asm_peek(const AsmIn *in)
{
	return in->pos < in->n ? in->tok[in->pos].kind : TOK_EOF;
}
/* Kind TOK_EOF at the end. */
static inline AsmTok asm_next(AsmIn *in)
{
	return in->pos < in->n ? in->tok[in->pos++] :
		(AsmTok){.kind = TOK_EOF, .text = {(const u8 *)"EOF", 3}};
}
/* The next token, an error if it is not of that kind. */
AsmTok asm_get(AsmIn *in, int kind);
u64 asm_expr(AsmIn *in);
u64 asm_atoi(AsmIn *in, View text);
/* Is it a register's name, or (as R of R(1)) the beginning of one? */
bool asm_at_register(AsmIn *in, AsmTok name);
/* The register of that name, or of name(N); false after an error. */
bool asm_register(AsmIn *in, AsmTok name, i16 *reg);

/* ---- architectures ------------------------------------------------------ */

typedef struct {
	ArchId id;
	bool suffixes;	/* MOVD.P: a dot behind a mnemonic is allowed */
	bool scaled;	/* (R*4) is allowed */
	bool pairs;	/* (R1, R2) is TYPE_REGREG */
	u8 text_align;	/* LSym.align of a function, 0: none */

	/* Registers and instructions by name. */
	bool (*reg)(View name, i16 *reg);
	/* R(1) for R1; NULL: there are none. */
	bool (*reg_prefix)(View prefix);
	bool (*reg_number)(View prefix, i64 n, i16 *reg);
	bool (*opcode)(View name, u16 *op);
	bool (*is_jump)(View name);
	/* Appends the name, for messages. */
	void (*reg_name)(Buf *out, i16 reg);
	const char *(*op_name)(u16 op);	/* of A_ARCH and up */

	/* Operand syntax of its own; any may be NULL. */
	/* Names that are operands: TYPE_SPECIAL. */
	bool (*special)(View name, i64 *which);
	/* Reads and encodes a list; the [ has been read. */
	void (*reglist)(AsmIn *in, AsmAddr *a);
	/* name is a register's (asm_register reads it), and the next token is
	 * << >> -> @> . or [. Index: it stands in (R1)(R2...). true: it has
	 * read all of it, and set a. */
	bool (*reg_tail)(AsmIn *in, AsmAddr *a, AsmTok name, int prefix,
			 bool index);
	/* The register with one more word behind a dot, and nothing else: sets
	 * a; false: reg_tail must see it. */
	bool (*dotted)(AsmAddr *a, i16 reg, View word);
	/* .P.W behind the mnemonic, dots included. NULL or what is wrong. */
	const char *(*suffix)(AsmProg *p, View suffix);

	/* Spreads the operands a[0..n-1]. NULL or what is wrong. */
	const char *(*place)(AsmCtx *c, AsmProg *p, const AsmAddr *a, int n);
	/* The same for a jump: sets what is not the target, *target to the
	 * index of the target in a and *slot to where it belongs (&p->to or
	 * &p->from). */
	const char *(*place_jump)(AsmCtx *c, AsmProg *p, const AsmAddr *a,
				  int n, int *target, AsmAddr **slot);

	/* Before any function: symbols it needs. May be NULL. */
	void (*init)(AsmCtx *c);
	/* While labels become targets, for each Prog in turn, those it appends
	 * included (Go: Progedit in linkpatch). May be NULL. */
	void (*progedit)(AsmCtx *c, AsmProg *p);
	/* Before progedit: what a whole function may not have. May be NULL */
	void (*error_check)(AsmCtx *c, AsmFunc *f);
	/* Prologue, epilogue, stack check, spadj, f->args, f->locals;
	 * rewriting for -shared. */
	void (*preprocess)(AsmCtx *c, AsmFunc *f);
	/* Sizes, relaxation, PCALIGN, encoding into f->sym (data, size) with
	 * relocations; sets every p->pc to an offset in bytes. */
	void (*assemble)(AsmCtx *c, AsmFunc *f);

	/* Windows: what unwinds the function, or NULL. May be NULL. */
	LSym *(*seh)(AsmCtx *c, AsmFunc *f);

	/* --list: a line for each supported form. */
	void (*list)(Buf *out);
	/* Goes with an error: forms of that opcode. May be NULL. */
	void (*nearest)(Buf *out, const AsmProg *p);
	/* Operands of types it invented, for messages; false: the generic
	 * text will do. May be NULL. */
	bool (*addr_text)(Buf *out, const AsmAddr *a);

	/* asmdwarf.c: the frame base is the CFA; nothing else is needed. */
} AsmArch;

extern const AsmArch asm_amd64, asm_arm64;
const AsmArch *asm_arch(View goarch);	/* NULL: none of ours */

/* ---- the state ------------------------------------------------------------ */

/* What #line, #include and the file itself make: names for a position. */
typedef struct {
	View name;	/* as written, for messages */
	View absname;	/* trimmed and absolute: as the file table has it */
	u32 file;	/* number in the object's file table */
	bool known;	/* file is set */
	u32 delta;	/* #line: to be added to a line, modulo 2^32 */
} AsmBase;

typedef struct {
	View name, value;	/* -D */
} AsmDefine;

typedef struct {
	Release release;
	const AsmArch *arch;
	View goos, goarch;
	View pkgpath;
	bool shared, dynlink, std, gensymabis, all_errors, linkshared;
	View trimpath;	/* as -trimpath has it */
	View cwd;
	const View *text;	/* tests: what is in the file, and the only
				 * file there is; else NULL */
	const char *const *include;
	size_t ninclude;
	const AsmDefine *define;
	size_t ndefine;
	const Bisect *bisect;	/* or NULL */
	unsigned goamd64;	/* 1..4 */
	bool spectre_ret;
	bool arm64_lse;
	bool dwarf5;	/* of the release's and GOOS's experiments */
} AsmFlags;

typedef struct AsmLabel AsmLabel;

struct AsmCtx {
	const AsmArch *arch;
	const AsmFlags *flags;
	Obj *obj;	/* its arena is the one to use */
	AsmBase *base;	/* [0] is none */
	u32 nbase, capbase;

	AsmFunc *func;	/* in the order of their TEXTs */
	u32 nfunc, capfunc;
	AsmFunc *cur;	/* in preprocess, assemble and behind: the one */

	Buf messages;	/* lines "FILE:LINE: what is wrong" */
	u32 errors;
	bool stop;	/* too many */

	/* asmparse.c */
	AsmPos pos;	/* of the line being parsed */
	i64 pc;
	bool funcdata;	/* there is a FUNCDATA */
	void *parser;
	void *lexer;
	void *archdata;	/* the arch's own, from init */

	Syms consts, seh;	/* to be defined last, sorted by name */
};

/* Errors. Counted; from the 11th on the rest is dropped and stop set. */
__attribute__((format(printf, 3, 4)))
void asm_error(AsmCtx *c, AsmPos pos, const char *fmt, ...);
/* The same at p: "FILE:LINE: what: INSTRUCTION", and the nearest forms. */
__attribute__((format(printf, 3, 4)))
void asm_error_prog(AsmCtx *c, const AsmProg *p, const char *fmt, ...);
void asm_prog_text(Buf *out, const AsmCtx *c, const AsmProg *p);
void asm_addr_text(Buf *out, const AsmCtx *c, const AsmAddr *a);

/* A zeroed Prog; one behind q, at q's position (Go: Appendp). If q is the
 * last of the function being worked at, it is that no more. */
AsmProg *asm_prog(AsmCtx *c);
AsmProg *asm_append(AsmCtx *c, AsmProg *q);
/* Room for n operands in p->rest. */
void asm_rest(AsmCtx *c, AsmProg *p, const AsmAddr *a, int n, bool dest);

/* A symbol by name, ABI0 or ABIInternal; a static one. */
LSym *asm_lookup(AsmCtx *c, const char *name, u16 abi);
/* $f64.0123456789abcdef and its like (Go: Float64Sym): 4 or 8 bytes, made
 * if it is new. bits is the value as it lies in memory, as an integer. */
LSym *asm_float_sym(AsmCtx *c, u64 bits, unsigned size);
LSym *asm_int_sym(AsmCtx *c, u64 hi, u64 lo, unsigned size); /* $i64. $i128. */

/* Marks the instructions that must not be preempted (Go: MarkUnsafePoints);
 * restart may be NULL. To be called when pcs are final. */
void asm_mark_unsafe(AsmCtx *c, AsmProg *first,
		     bool (*unsafe)(const AsmProg *),
		     bool (*restart)(const AsmProg *));
/* The PCDATA behind p that say: entry state, here an unsafe point begins,
 * here it ends with value old. They return the last one added. */
AsmProg *asm_entry_liveness(AsmCtx *c, AsmProg *p);
AsmProg *asm_entry_stackmap(AsmCtx *c, AsmProg *p);
AsmProg *asm_entry_unsafe(AsmCtx *c, AsmProg *p);
AsmProg *asm_start_unsafe(AsmCtx *c, AsmProg *p);
AsmProg *asm_end_unsafe(AsmCtx *c, AsmProg *p, i64 old);

/* Relocations by row, in the object's release. */
static inline u16 asm_reloc_type(const AsmCtx *c, RelocRow row)
{
	return reloc_number(c->obj->release, row);
}

/* ---- asmlex.c, asminput.c, asmparse.c, asmobj.c, asmdwarf.c ---------------- */

typedef struct {
	Buf out;	/* the object, behind what is there; or symabis */
	Buf messages, report;
	u32 errors;
	bool shared_out;
} AsmResult;

/* Assembles files: everything but the flags' meaning. */
void asm_files(AsmResult *res, const AsmFlags *flags, char *const *file,
	       size_t n);

#endif
