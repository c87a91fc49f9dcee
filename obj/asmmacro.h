/*
 * What the two files of the assembler's preprocessor share:
 *
 *     asminput.c	texts and expansions on a stack, directives
 *     asmmacro.c	#define, #undef; what a macro becomes
 */
#ifndef OBJ_ASMMACRO_H
#define OBJ_ASMMACRO_H

#include "obj/asmlex.h"

enum {
	ASM_MAXDEPTH = 100,	/* as in Go */
	ASM_MAXROW = 100,	/* macros met before a token: as in Go */
	ASM_MAXARGS = 128,
	ASM_ROOM = 8,	/* bytes that may be read behind a source: zeros */
	ASM_MAXTOKENS = 1 << 25
};

struct AsmMacro {
	AsmWord *name;
	bool call;	/* has an argument list, be it empty */
	AsmWord **arg;
	u32 narg;
	AsmTok *body;
	u32 n;
	View text;	/* the body, if it is not yet tokens */
};

typedef struct {
	bool is_text;
	AsmText text;
	/* an expansion: tokens [at, end) of wait, or of body */
	const AsmTok *body;
	size_t at, end, mark;
	u32 line;
	u16 base;
} AsmFrame;

typedef struct AsmSource AsmSource;

struct AsmLex {
	AsmCtx *ctx;
	AsmWords words;
	int depth;
	bool line_begins, failed;
	bool unread;	/* a file that is there */
	const char *why;	/* the last source was not to be had */
	u32 nif;
	AsmTok peek;
	bool peeked;
	AsmTok *wait;
	size_t nwait, capwait;
	AsmTok *args;
	size_t nargs, capargs;
	u64 work, bodies;
	AsmSource *sources;
	u32 nsources, nincludes;
	View dir;	/* of the main file */
	bool off[ASM_MAXDEPTH];
	AsmFrame frame[ASM_MAXDEPTH + 2];	/* few are used */
};

/* ---- asminput.c ----------------------------------------------------------- */

/* All errors here are the last. */
__attribute__((format(printf, 2, 3)))
void asm_lex_fail(AsmLex *l, const char *fmt, ...);
void asm_lex_push(AsmLex *l, const AsmFrame *f);
/* The next token as it stands there; TOK_EOF after an error, too. */
AsmTok asm_lex_raw(AsmLex *l);
static inline AsmFrame *asm_lex_top(AsmLex *l)
{
	return &l->frame[l->depth - 1];
}

/* ---- asmmacro.c ------------------------------------------------------------- */

/* The name behind #define and its like. */
AsmTok asm_macro_name(AsmLex *l);
void asm_macro_define(AsmLex *l);
void asm_macro_undef(AsmLex *l);
/* -D name=value */
void asm_macro_predefine(AsmLex *l, const AsmDefine *d);
/* The name has been read: its expansion is pushed, or, if it lacks its
 * arguments, the token behind it is l->peek. */
void asm_macro_invoke(AsmLex *l, AsmMacro *m);

#endif
