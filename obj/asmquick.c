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
 */
#include "obj/asmlex.h"

enum { MAXOPS = 4 };

/* A place in the text and what belongs to it; p is NULL where the line has
 * turned out not to be simple. */
typedef struct {
	const AsmCtx *ctx;
	AsmLex *lex;
	AsmText *text;
	const u8 *p;
	bool jump;
} Quick;

static void blanks(Quick *q)
{
	while (asm_class[*q->p] & BLANK)
		q->p++;
}

/* The name that begins here, or what it is #defined as; NULL: that is more
 * than a name. */
static inline AsmWord *name(Quick *q)
{
	const u8 *start = q->p, *p = start;
	AsmWord *w;

	while (asm_class[*p] & (LETTER | DIGIT))
		p++;
	if (*p >= 0x80 || p == start || asm_class[*start] & DIGIT)
		return NULL;
	q->p = p;
	w = asm_word_fast(q->text->words, (View){start, (size_t)(p - start)},
			  8);
	return w->macro ? asm_macro_alias(q->lex, w) : w;
}

/* 123 or 0x7b, of so few digits that it cannot be too large. */
static bool number(Quick *q, i64 *x)
{
	const u8 *p = q->p, *start = p;
	u64 v = 0;

	if (p[0] == '0' && (p[1] | 32) == 'x') {
		start = p += 2;
		for (;; p++) {
			u64 digit = *p - (u64)'0';

			if (digit > 9 && (digit = (*p | 32) - (u64)'a' + 10,
					  digit < 10 || digit > 15))
				break;
			v = v << 4 | digit;
		}
	} else {
		for (; asm_class[*p] & DIGIT; p++)
			v = 10 * v + *p - '0';
		if (*start == '0' && p - start > 1)
			return false;	/* octal */
	}
	if (p == start || p - start > 16 || asm_class[*p] & LETTER)
		return false;
	q->p = p;
	*x = (i64)v;
	return true;
}

static bool signed_number(Quick *q, i64 *x)
{
	bool minus = *q->p == '-';

	q->p += minus;
	if (!(asm_class[*q->p] & DIGIT) || !number(q, x))
		return false;
	*x = minus ? -*x : *x;
	return true;
}

/* A register's name, of those that are no pseudo-registers. */
static bool reg(Quick *q, i16 *r)
{
	AsmWord *w = name(q);

	if (!asm_word_reg(q->ctx, w))
		return false;
	*r = w->reg;
	return *r > 0;
}

/* R1, V1.B16, or a label. */
static bool named(Quick *q, AsmAddr *a)
{
	const AsmArch *arch = q->ctx->arch;
	AsmWord *w = name(q);
	i64 which;

	if (!w)
		return false;
	if (!asm_word_reg(q->ctx, w)) {
		a->type = TYPE_MEM;
		asm_set_str(a, w->text);
		return q->jump && !asm_word_special(q->ctx, w, &which);
	}
	a->reg = w->reg;
	if (*q->p == '.' && arch->dotted) {
		q->p++;
		w = name(q);
		return w && arch->dotted(a, a->reg, w->text);
	}
	return a->reg > 0;
}

/* Behind (R1. */
static bool pair(Quick *q, AsmAddr *a)
{
	i16 second;

	q->p++;
	blanks(q);
	if (!reg(q, &second) || *q->p++ != ')')
		return false;
	a->type = TYPE_REGREG;
	a->offset = second;
	return true;
}

/* (R1), (R1)(R2*8) where that is allowed, (R1, R2) where that
 * is, and without a number in front. */
static bool indirect(Quick *q, AsmAddr *a, bool number)
{
	const AsmArch *arch = q->ctx->arch;

	a->type = TYPE_MEM;
	if (*q->p++ != '(' || !reg(q, &a->reg))
		return false;
	if (*q->p == ',' && arch->pairs && !number)
		return pair(q, a);
	if (*q->p++ != ')')
		return false;
	if (*q->p != '(' || !arch->scaled)
		return *q->p != '(';
	q->p++;
	if (!reg(q, &a->index) || q->p[0] != '*' ||
	    !strchr("1248", q->p[1]) || !q->p[1] || q->p[2] != ')')
		return false;
	a->scale = (i16)(q->p[1] - '0');
	q->p += 3;
	return true;
}

static bool operand(Quick *q, AsmAddr *a)
{
	*a = (AsmAddr){.type = TYPE_REG};
	if (asm_class[*q->p] & LETTER)
		return named(q, a);
	if (*q->p == '$') {
		q->p++;
		a->type = TYPE_CONST;
		return signed_number(q, &a->offset);
	}
	return *q->p == '(' ? indirect(q, a, false) :
		signed_number(q, &a->offset) && indirect(q, a, true);
}

static bool line_end(Quick *q)
{
	blanks(q);
	if (q->p[0] == '/' && q->p[1] == '/' && q->p[2] != 'g')
		while (*q->p && *q->p != '\n')
			q->p++;
	return *q->p == '\n';
}

/* Behind the instruction's name. false: not simple. */
static bool operands(Quick *q, AsmAddr a[MAXOPS], u32 *n)
{
	*n = 0;
	if (line_end(q))
		return true;
	while (*n < MAXOPS && operand(q, &a[*n])) {
		++*n;
		if (*q->p != ',') {
			if (line_end(q))
				return true;
			if (*q->p != ',')
				return false;
		}
		q->p++;
		blanks(q);
	}
	return false;
}

/* Nothing, or .P and the like, which no macro may stand for. */
static bool suffix(Quick *q, View *v)
{
	const u8 *start = q->p;

	while (*q->p == '.' && q->ctx->arch->suffixes) {
		const u8 *word = ++q->p;
		AsmWord *w = name(q);

		if (!w || w->text.n != (size_t)(q->p - word) ||
		    memcmp(w->text.p, word, w->text.n) != 0)
			return false;
	}
	*v = (View){start, (size_t)(q->p - start)};
	return asm_class[*q->p] & BLANK || *q->p == '\n';
}

/* A label alone in its line. */
static bool label(AsmParser *p, Quick *q, AsmWord *w)
{
	q->p++;
	if (!line_end(q))
		return false;
	p->saw_code = true;
	p->word = w->text;
	p->ctx->pos = p->pos = (AsmPos){q->text->line, q->text->base, false};
	asm_add_label(p);
	return true;
}

static bool quick_line(AsmParser *p, Quick *q)
{
	AsmAddr a[MAXOPS];
	AsmWord *w;
	View cond;
	u32 n;

	if (line_end(q))
		return true;
	w = name(q);
	if (!w)
		return false;
	if (*q->p == ':')
		return label(p, q, w);
	if (!suffix(q, &cond))
		return false;
	asm_word_head(q->ctx, w);
	q->jump = w->jump;
	if (w->head != HEAD_OPCODE || !operands(q, a, &n))
		return false;
	p->head = w;
	p->word = w->text;
	p->nop = n;
	p->cond.n = 0;
	buf_add(&p->cond, cond);
	p->jump = w->jump;
	p->saw_code = true;
	p->base = q->text->base;
	p->ctx->pos = p->pos = (AsmPos){q->text->line, p->base, false};
	asm_emit(p, w->op, a);
	return true;
}

void asm_quick_lines(AsmParser *p)
{
	Quick q = {p->ctx, p->lex, asm_lex_text(p->lex), NULL, false};

	if (!q.text)
		return;
	do {
		q.p = q.text->text.p + q.text->at;
		if (!quick_line(p, &q))
			return;
		q.text->at = (size_t)(q.p + 1 - q.text->text.p);
		q.text->line++;
		asm_lex_skip(p->lex, 3 * p->nop);
	} while (!p->ctx->stop && !p->end);
}
