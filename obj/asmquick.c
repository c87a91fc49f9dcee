/*
 * Lines that need neither preprocessor nor tokens: an instruction whose
 * operands are registers, plain constants, memory by way of registers and
 * labels; a label; nothing but a comment. Most lines are such.
 *
 *     ADDQ 8(SI), AX
 *
 * Nothing is taken from the text before it is certain that the line is
 * simple; any other, and all that is wrong, is left to asmparse.c, with whose
 * asm_operand this must agree.
 *
 * Each function reads from p on, and returns where it has come to, NULL if the
 * line has turned out not to be simple. The byte behind the text is a NUL.
 */
#include "obj/asmlex.h"

enum { MAXOPS = 4, MAX_LINES = 1 << 16 };

typedef struct {
	const AsmCtx *ctx;
	AsmLex *lex;
	AsmText *text;
	bool jump;	/* names may be labels */
} Quick;

static inline const u8 *blanks(const u8 *p)
{
	while (asm_class[*p] & BLANK)
		p++;
	return p;
}

/* What begins with / ends the line, if it is a comment. */
static const u8 *comment(const Quick *q, const u8 *p)
{
	const AsmText *t = q->text;

	if (p[1] != '/' || p[2] == 'g')
		return NULL;
	p = t->text.p + view_index(t->text, (size_t)(p - t->text.p), '\n');
	return *p == '\n' ? p : NULL;
}

/* The newline that is all that follows, blanks and a comment apart. */
static inline const u8 *line_end(const Quick *q, const u8 *p)
{
	p = blanks(p);
	return *p == '\n' ? p : *p == '/' ? comment(q, p) : NULL;
}

/* *w: the name that begins here, or what it is #defined as. */
static inline const u8 *name(const Quick *q, const u8 *p, AsmWord **w)
{
	const u8 *start = p;

	if (!(asm_class[*p] & LETTER))
		return NULL;
	do
		p++;
	while (asm_class[*p] & (LETTER | DIGIT));
	if (*p >= 0x80)
		return NULL;
	*w = asm_word_fast(q->text->words, (View){start, (size_t)(p - start)},
			   8);
	if ((*w)->macro)
		*w = asm_macro_alias(q->lex, *w);
	return *w ? p : NULL;
}

/* ---- operands ---------------------------------------------------------- */

/* 123 or 0x7b, of so few digits that it cannot be too large. */
static inline const u8 *number(const u8 *p, i64 *x)
{
	const u8 *start = p;
	u64 v = 0;

	if (p[0] == '0' && (p[1] | 32) == 'x') {
		start = p += 2;
		for (;; p++) {
			u64 digit = *p - (u64)'0', letter = *p | 32;

			if (digit > 9) {
				if (letter < 'a' || letter > 'f')
					break;
				digit = letter - 'a' + 10;
			}
			v = v << 4 | digit;
		}
	} else {
		for (; asm_class[*p] & DIGIT; p++)
			v = 10 * v + *p - '0';
		if (*start == '0' && p - start > 1)
			return NULL;	/* octal */
	}
	*x = (i64)v;
	return p == start || p - start > 15 || asm_class[*p] & LETTER ? NULL :
		p;
}

static const u8 *signed_number(const u8 *p, i64 *x)
{
	bool minus = *p == '-';

	p = number(p + minus, x);
	*x = minus ? -*x : *x;
	return p;
}

/* A register's name, of those that are no pseudo-registers. */
static inline const u8 *reg(const Quick *q, const u8 *p, i16 *r)
{
	AsmWord *w;

	p = name(q, p, &w);
	if (!p || !asm_word_reg(q->ctx, w))
		return NULL;
	*r = w->reg;
	return *r > 0 ? p : NULL;
}

/* R1, V1.B16, or a label. */
static inline const u8 *named(const Quick *q, const u8 *p, AsmAddr *a)
{
	const AsmArch *arch = q->ctx->arch;
	AsmWord *w;
	i64 which;

	p = name(q, p, &w);
	if (!p)
		return NULL;
	if (!asm_word_reg(q->ctx, w)) {
		a->type = TYPE_MEM;
		asm_set_str(a, w->text);
		return q->jump && !asm_word_special(q->ctx, w, &which) ? p :
			NULL;
	}
	a->reg = w->reg;
	if (*p == '.' && arch->dotted) {
		p = name(q, p + 1, &w);
		return p && arch->dotted(a, a->reg, w->text) ? p : NULL;
	}
	return a->reg > 0 ? p : NULL;
}

/* , R2) */
static const u8 *pair(const Quick *q, const u8 *p, AsmAddr *a)
{
	i16 second;

	p = reg(q, blanks(p + 1), &second);
	if (!p || *p != ')')
		return NULL;
	a->type = TYPE_REGREG;
	a->offset = second;
	return p + 1;
}

/* (R2*8) */
static const u8 *scaled(const Quick *q, const u8 *p, AsmAddr *a)
{
	p = reg(q, p + 1, &a->index);
	if (!p || p[0] != '*' || p[1] < '1' || p[1] > '8' ||
	    !strchr("1248", p[1]) || p[2] != ')')
		return NULL;
	a->scale = (i16)(p[1] - '0');
	return p + 3;
}

/* (R1), (R1)(R2*8) where that is allowed, (R1, R2) where that is, and
 * without a number in front. */
static const u8 *indirect(const Quick *q, const u8 *p, AsmAddr *a, bool number)
{
	const AsmArch *arch = q->ctx->arch;

	a->type = TYPE_MEM;
	if (*p != '(')
		return NULL;
	p = reg(q, p + 1, &a->reg);
	if (!p)
		return NULL;
	if (*p == ',' && arch->pairs && !number)
		return pair(q, p, a);
	if (*p++ != ')')
		return NULL;
	return *p != '(' ? p : arch->scaled ? scaled(q, p, a) : NULL;
}

static inline const u8 *operand(const Quick *q, const u8 *p, AsmAddr *a)
{
	*a = (AsmAddr){.type = TYPE_REG};
	if (asm_class[*p] & LETTER)
		return named(q, p, a);
	if (*p == '$') {
		a->type = TYPE_CONST;
		return signed_number(p + 1, &a->offset);
	}
	if (*p == '(')
		return indirect(q, p, a, false);
	p = signed_number(p, &a->offset);
	return p ? indirect(q, p, a, true) : NULL;
}

/* ---- lines ------------------------------------------------------------- */

/* Behind the instruction's name. */
static inline const u8 *operands(const Quick *q, const u8 *p,
				 AsmAddr a[MAXOPS], u32 *n)
{
	const u8 *end;

	*n = 0;
	p = blanks(p);
	if ((end = line_end(q, p)))
		return end;
	while (*n < MAXOPS && (p = operand(q, p, &a[*n]))) {
		++*n;
		if (*p != ',') {
			if ((end = line_end(q, p)))
				return end;
			p = blanks(p);
			if (*p != ',')
				return NULL;
		}
		p = blanks(p + 1);
	}
	return NULL;
}

/* Nothing, or .P and the like, which no macro may stand for. */
static const u8 *suffix(const Quick *q, const u8 *p, View *v)
{
	const u8 *start = p;

	while (*p == '.' && q->ctx->arch->suffixes) {
		const u8 *word = ++p;
		AsmWord *w;

		p = name(q, p, &w);
		if (!p || w->text.n != (size_t)(p - word) ||
		    memcmp(w->text.p, word, w->text.n) != 0)
			return NULL;
	}
	*v = (View){start, (size_t)(p - start)};
	return asm_class[*p] & BLANK || *p == '\n' ? p : NULL;
}

/* What a line sets, whatever it is. */
static void begin(AsmParser *p, const Quick *q, AsmWord *w)
{
	p->saw_code = true;
	p->word = w->text;
	p->base = q->text->base;
	p->ctx->pos = p->pos = (AsmPos){q->text->line, p->base, false};
}

/* A label alone in its line; p is its colon. */
static const u8 *label(AsmParser *parser, const Quick *q, const u8 *p,
		       AsmWord *w)
{
	p = line_end(q, p + 1);
	if (!p)
		return NULL;
	begin(parser, q, w);
	asm_add_label(parser);
	return p;
}

static inline const u8 *quick_line(AsmParser *parser, Quick *q, const u8 *p)
{
	AsmAddr a[MAXOPS];
	const u8 *end;
	AsmWord *w;
	View cond;
	u32 n;

	p = blanks(p);
	if (!(asm_class[*p] & LETTER))
		return line_end(q, p);
	p = name(q, p, &w);
	if (!p)
		return NULL;
	if (*p == ':')
		return label(parser, q, p, w);
	p = suffix(q, p, &cond);
	if (!p)
		return NULL;
	asm_word_head(q->ctx, w);
	if (w->head != HEAD_OPCODE)
		return NULL;
	q->jump = w->jump;
	end = operands(q, p, a, &n);
	if (!end)
		return NULL;
	begin(parser, q, w);
	parser->head = w;
	parser->nop = n;
	parser->cond.n = 0;
	if (cond.n)
		buf_add(&parser->cond, cond);
	parser->jump = w->jump;
	asm_emit(parser, w->op, a);
	return end;
}

void asm_quick_lines(AsmParser *p)
{
	Quick q = {p->ctx, p->lex, asm_lex_text(p->lex), false};
	u32 lines = 0;
	const u8 *at, *end;

	if (!q.text)
		return;
	at = q.text->text.p + q.text->at;
	for (; !p->ctx->stop && !p->end && lines < MAX_LINES; lines++) {
		end = quick_line(p, &q, at);
		if (!end)
			break;
		q.text->line++;
		at = end + 1;
	}
	q.text->at = (size_t)(at - q.text->text.p);
	asm_lex_skip(p->lex, lines);
}
