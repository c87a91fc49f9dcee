/* What the lexer, the preprocessor and the parser of the assembler share. */
#ifndef OBJ_ASMLEX_H
#define OBJ_ASMLEX_H

#include "obj/asm.h"

/* ---- asmword.c: names ------------------------------------------------ */

typedef enum { WORD_UNKNOWN, WORD_NO, WORD_YES } WordIs;
typedef enum { HEAD_UNKNOWN, HEAD_NONE, HEAD_PSEUDO, HEAD_OPCODE } WordHead;
typedef struct AsmMacro AsmMacro;

struct AsmWord {
	View text, spelt;	/* without · and ∕, and with them */
	u64 first, hash;	/* its first 8 bytes */
	AsmWord *same;	/* the word without · and ∕, if it has any */
	AsmMacro *macro;	/* or NULL */
	i64 special;
	i16 reg;
	u16 op;	/* HEAD_PSEUDO: which */
	u8 reg_is, special_is, head;
	bool jump;
};

typedef struct {
	AsmCtx *ctx;
	AsmWord **slot;
	u32 n, cap;
	u64 k0, k1;
} AsmWords;

void asm_words_init(AsmWords *w, AsmCtx *c);
void asm_words_free(AsmWords *w);
/* The word spelt v, at which room bytes may be read; dotted: it has a · or
 * a ∕. v must last. */
AsmWord *asm_word(AsmWords *w, View v, size_t room, bool dotted);
static inline u64 asm_word_mix(u64 a, u64 b)
{
	__extension__ typedef unsigned __int128 u128;
	u128 x = (u128)a * b;

	return (u64)x ^ (u64)(x >> 64);
}
/* The same for names of up to 8 bytes that are known: most. */
static inline AsmWord *asm_word_fast(AsmWords *w, View v, size_t room)
{
	u64 first, hash;
	AsmWord *s;

	if (v.n > 8 || room < 8)
		return asm_word(w, v, room, false);
	first = ld64(v.p, false) & UINT64_MAX >> (64 - 8 * v.n);
	hash = asm_word_mix(first ^ w->k0, w->k1 ^ v.n);
	for (; (s = w->slot[hash & (w->cap - 1)]); hash++)
		if (s->first == first && s->spelt.n == v.n)
			return s;
	return asm_word(w, v, room, false);
}
bool asm_word_reg_slow(const AsmCtx *c, AsmWord *w);
bool asm_word_special(const AsmCtx *c, AsmWord *w, i64 *which);
void asm_word_head_slow(const AsmCtx *c, AsmWord *w);

/* Is it a register? Then w->reg is it. NULL is none. */
static inline bool asm_word_reg(const AsmCtx *c, AsmWord *w)
{
	return w && (w->reg_is == WORD_UNKNOWN ? asm_word_reg_slow(c, w) :
		     w->reg_is == WORD_YES);
}
/* Sets w->head, op and jump. */
static inline void asm_word_head(const AsmCtx *c, AsmWord *w)
{
	if (w->head == HEAD_UNKNOWN)
		asm_word_head_slow(c, w);
}

/* ---- asmlex.c: tokens of one text ----------------------------------- */

typedef struct AsmLex AsmLex;

/* What a byte can be: in a name, in a number, blank, (ALONE) a token that no
 * other one begins with, one that the preprocessor must see (LOUD), the first
 * byte of a longer token if another one follows it (FIRST). */
enum { LETTER = 1, DIGIT = 2, BLANK = 4, ALONE = 8, LOUD = 16, FIRST = 32 };
extern const u8 asm_class[256];

typedef struct {
	AsmWords *words;
	View text;
	size_t at;
	u32 line;
	u16 base;
	const char *why;	/* what is wrong with it, or NULL */
} AsmText;

/* The next token; TOK_EOF at the end, and kind 0 with an error in why. */
void asm_scan(AsmText *t, AsmTok *tok);
/* The next tokens, up to max and to the end of the line, as far as they are
 * simple, and names in place of those that are #defined as them; 0: asm_scan
 * must see what comes. The text is a source's, with room
 * behind it. */
u32 asm_scan_run(AsmLex *l, AsmText *t, AsmTok *tok, u32 max);
/* For messages: "identifier", "'x'". */
const char *asm_tok_name(int kind, char buf[8]);

/* ---- asminput.c, asmmacro.c: the preprocessor ----------------------------------- */

/* NULL after a message. */
AsmLex *asm_lex_open(AsmCtx *c, const char *file);
void asm_lex_close(AsmLex *l);
/* TOK_EOF at the end and after an error. '#' stands for a directive. */
void asm_lex_next(AsmLex *l, AsmTok *t);
/* The text that the next token comes from, if it is a source that may be read
 * past the preprocessor; else NULL. */
AsmText *asm_lex_text(AsmLex *l);
/* The name that w is #defined as, directly or not; NULL: as something else. */
AsmWord *asm_macro_alias(AsmLex *l, AsmWord *w);
/* So many lines of it were read. */
void asm_lex_skip(AsmLex *l, u32 lines);
/* The next tokens, up to max and to the end of a line: those in front of
 * which nothing is to be done; maybe none. */
u32 asm_lex_run(AsmLex *l, AsmTok *t, u32 max);
AsmPos asm_lex_pos(const AsmLex *l);

/* ---- asmpos.c: files and lines -------------------------------------- */

/* A new name for positions: a file, or #line's. */
u16 asm_base(AsmCtx *c, View name, u32 delta);
/* The position as the object is to have it: its file's number, its line. */
static inline u32 asm_pos_file(const AsmCtx *c, AsmPos pos)
{
	return pos.base < c->nbase ? c->base[pos.base].file : 0;
}
static inline u32 asm_pos_line(const AsmCtx *c, AsmPos pos)
{
	return pos.base < c->nbase ? pos.line + c->base[pos.base].delta :
		pos.line;
}
/* CALL, RET ...: opcodes below A_ARCH. */
bool asm_common_opcode(View name, u16 *op);
/* As asm.pos() does it: a file gets its number with the first position. */
AsmPos asm_pos_first(AsmCtx *c, u16 base, u32 line);
static inline AsmPos asm_pos(AsmCtx *c, u16 base, u32 line)
{
	return base < c->nbase && c->base[base].known && line < 1 << 20 ?
		(AsmPos){line, base, false} : asm_pos_first(c, base, line);
}
View asm_abs_file(AsmCtx *c, View name);

/* ---- asmparse.c, asmoperand.c, asmexpr.c ---------------------------- */

enum { ASM_MAXOPS = 8 };

typedef struct {
	AsmAddr *addr;
	View label;
	AsmPos pos;
} AsmPatch;

typedef struct {
	AsmCtx *ctx;
	AsmLex *lex;
	AsmPos pos;	/* of the line's first token */
	u64 error_pos;	/* one message for each line */
	bool saw_code, end;
	bool jump;
	bool allow_abi;
	View pkg_prefix;
	i64 pc;
	/* The line: its operands are runs of tokens; of ntok, at are taken.
	 * tok_pos: where those that were fetched last are. */
	AsmTok *tok;
	u32 ntok, captok, at;
	AsmPos tok_pos;
	struct { u32 at, n; } op[ASM_MAXOPS];
	u32 nop;
	AsmWord *head;
	View word;	/* head's */
	Buf cond;
	/* Labels hold for one function, whose number is the tag. */
	Map labels;
	u64 scope;
	View *pending;
	u32 npending, cappending;
	AsmPatch *patch;
	u32 npatch, cappatch;
	Map data_end;	/* DATA: how far a symbol is written */
	u32 nprog, first_func;
	u16 base;	/* of the end of the line */
	u64 gaps;	/* bytes that DATA took */
} AsmParser;

__attribute__((format(printf, 2, 3)))
void asm_parse_error(AsmParser *p, const char *fmt, ...);
void asm_operand(AsmIn *in, AsmAddr *a);
double asm_float_expr(AsmIn *in);
bool asm_have(const AsmIn *in, int kind);
void asm_expect_end(AsmIn *in);
/* true: NAME<ABI>+off(SB), for -gensymabis. */
bool asm_func_address(AsmIn *in, Buf *name, u16 *abi);
bool asm_is_pseudo(View name, u16 *which);
void asm_pseudo(AsmParser *p, u16 which);
void asm_instruction(AsmParser *p, u16 op);
/* The instruction p->word with its p->nop operands. */
void asm_emit(AsmParser *p, u16 op, AsmAddr *a);
/* p->word is a label of what comes. */
void asm_add_label(AsmParser *p);
/* Lines that are simple, as many as there are (asmquick.c). */
void asm_quick_lines(AsmParser *p);
void asm_add(AsmParser *p, AsmProg *prog, bool label);
bool asm_address(AsmParser *p, u32 i, AsmAddr *a);
void asm_patch(AsmParser *p);
bool asm_allow_abi(Release r, View pkg);
void asm_parse_file(AsmCtx *c, const char *file, Buf *symabis);

/* ---- asmobj.c, asmdwarf.c ------------------------------------------- */

AsmFunc *asm_func_of(AsmCtx *c, const LSym *s);
void asm_flush(AsmCtx *c, u32 first);
void asm_dwarf(AsmCtx *c, AsmFunc *f);
/* asmpcln.c: all tables of a function that is assembled. */
void asm_linkpcln(AsmCtx *c, AsmFunc *f);
/* Marks s as made by GLOBL. */
void asm_globl(AsmCtx *c, LSym *s, i64 size, u32 flag, AsmPos pos);
u8 asm_func_id(Release r, View name, bool wrapper);

#endif
