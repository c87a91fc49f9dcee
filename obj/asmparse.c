/*
 * Lines of assembly: {label:} WORD[.suffix] [operand {, operand}], ended by
 * a newline or a semicolon.
 *
 * Instructions become AsmProgs, in order, with a number each: what labels
 * and x(PC) mean. The architecture spreads their operands. Labels hold from
 * one TEXT to the next; those that are used before they stand somewhere are
 * patched then.
 *
 * Source: cmd/asm/internal/asm/parse.go, asm.go
 */
#include <stdlib.h>

#include "obj/asmlex.h"

enum {
	MAX_PROGS = 1 << 20,	/* of one file: runtime's largest has 1 << 14 */
	MAX_LINE = 1 << 16,	/* tokens */
	MAX_RUN = 256,	/* tokens fetched at once */
	MAX_TAKEN = 1 << 12	/* tokens that stay when they are taken */
};

#define TEXT(v) (int)(v).n, (const char *)(v).p

void asm_parse_error(AsmParser *p, const char *fmt, ...)
{
	u64 where = (u64)p->pos.base << 32 | p->pos.line;
	char text[400];
	va_list ap;

	if (where == p->error_pos)
		return;
	p->error_pos = where;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	asm_error(p->ctx, p->pos, "%s", text);
}

/* ---- a line -------------------------------------------------------------- */

/* The next token that is one for the parser, which the preprocessor had to
 * look at. */
static void next_slow(AsmParser *p, AsmTok *t)
{
	for (;;) {
		asm_lex_next(p->lex, t);
		if (t->kind == TOK_BUILD) {
			if (p->saw_code)
				asm_parse_error(p, "misplaced //go:build "
						"comment");
			continue;
		}
		p->saw_code |= t->kind != '\n';
		if (t->kind != '#')
			return;
	}
}

/* More tokens: as many as can be had at once. */
static void fetch(AsmParser *p)
{
	u32 n;

	if (p->captok - p->ntok < MAX_RUN) {
		p->captok = p->captok ? 2 * p->captok : 2 * MAX_RUN;
		p->tok = xrealloc(p->tok, p->captok * sizeof *p->tok);
	}
	p->tok_pos = asm_lex_pos(p->lex);
	n = asm_lex_run(p->lex, p->tok + p->ntok, MAX_RUN);
	if (n == 0) {
		next_slow(p, &p->tok[p->ntok]);
		p->tok_pos = asm_lex_pos(p->lex);
		n = 1;
	} else {
		p->saw_code |= p->tok[p->ntok].kind != '\n';
	}
	p->ntok += n;
}

/* The next token, not yet taken. It stays there until another is asked for. */
static inline const AsmTok *peek(AsmParser *p)
{
	if (p->at == p->ntok)
		fetch(p);
	return &p->tok[p->at];
}

/* The tokens taken are not needed any more. */
static void drop_taken(AsmParser *p)
{
	if (p->at < p->ntok && p->at < MAX_TAKEN)
		return;
	p->ntok -= p->at;
	if (p->ntok)
		memmove(p->tok, p->tok + p->at, p->ntok * sizeof *p->tok);
	p->at = 0;
}

static bool first_token(AsmParser *p)
{
	const AsmTok *t;

	do {
		drop_taken(p);
		t = peek(p);
		p->at++;
	} while (t->kind == '\n' || t->kind == ';');
	p->ctx->pos = p->pos = p->tok_pos;
	if (t->kind == TOK_EOF)
		return false;
	if (t->kind != TOK_IDENT) {
		asm_parse_error(p, "expected identifier, found \"%.*s\"",
				TEXT(t->text));
		return false;
	}
	p->head = t->word;
	p->word = t->text;
	p->nop = 0;
	p->cond.n = 0;
	return true;
}

void asm_add_label(AsmParser *p)
{
	if (p->npending == p->cappending) {
		p->cappending = p->cappending ? 2 * p->cappending : 8;
		p->pending = xrealloc(p->pending,
				      p->cappending * sizeof *p->pending);
	}
	p->pending[p->npending++] = p->word;
}

/* DX:AX, the old way to write a pair, is AX, DX. */
static void swap_pair(AsmParser *p, u32 i)
{
	u32 at = p->op[i].at, n = p->op[i].n;

	p->op[i].at = p->op[i + 1].at;
	p->op[i].n = p->op[i + 1].n;
	p->op[i + 1].at = at;
	p->op[i + 1].n = n;
}

/* What stands before the first operand: a suffix, or a : that makes the
 * word a label. */
typedef enum { FRONT_NONE, FRONT_SUFFIX, FRONT_LABEL } Front;

static Front in_front(AsmParser *p)
{
	const AsmTok *t = peek(p);

	if (t->kind == ':') {
		p->at++;
		asm_add_label(p);
		return FRONT_LABEL;
	}
	if (t->kind != '.' || !p->ctx->arch->suffixes)
		return FRONT_NONE;
	p->at++;
	t = peek(p);
	if (t->kind != TOK_IDENT)
		asm_parse_error(p, "instruction suffix expected identifier, "
				"found %.*s", TEXT(t->text));
	buf_str(&p->cond, ".");
	buf_add(&p->cond, t->text);
	p->at++;
	return FRONT_SUFFIX;
}

/* What a token is for the line: its end, the end of an operand unless inside
 * parentheses, one of those. */
enum { ENDS = 1, PARTS = 2, OPENS = 4, CLOSES = 8 };

static const u8 role_of[TOK_IDENT] = {
	['\n'] = ENDS, [';'] = ENDS, [','] = PARTS, [':'] = PARTS,
	['('] = OPENS, ['['] = OPENS, [')'] = CLOSES, [']'] = CLOSES,
};

/* Takes tokens up to the end of an operand, which is returned; TOK_EOF if
 * there is none, after a message. */
static int operand_end(AsmParser *p)
{
	int nesting = 0;

	for (;; p->at++) {
		int k;
		u8 role;

		if (p->at == MAX_LINE + MAX_TAKEN) {
			asm_parse_error(p, "a line of more than %d tokens",
					MAX_LINE);
			return TOK_EOF;
		}
		k = peek(p)->kind;
		if (k >= TOK_IDENT)
			continue;
		if (k == TOK_EOF) {
			asm_parse_error(p, "unexpected EOF");
			p->end = true;
			return k;
		}
		role = role_of[k];
		if (role & ENDS || (role & PARTS && nesting == 0))
			return k;
		nesting += (role & OPENS) / OPENS - (role & CLOSES) / CLOSES;
	}
}

/* One operand; *end is what ended it. false: give the line up. *label: it
 * was one, and the line goes on with another word. */
static bool operand_tokens(AsmParser *p, int *end, bool *label)
{
	Front f = FRONT_SUFFIX;
	u32 start;

	while (p->nop == 0 && f == FRONT_SUFFIX)
		f = in_front(p);
	*label = f == FRONT_LABEL;
	if (*label)
		return true;
	start = p->at;
	*end = operand_end(p);
	if (*end == TOK_EOF)
		return false;
	if (p->at++ == start)
		return true;
	if (p->nop == ASM_MAXOPS) {
		asm_parse_error(p, "more than %d operands", ASM_MAXOPS);
		return false;
	}
	p->op[p->nop].at = start;
	p->op[p->nop++].n = p->at - 1 - start;
	return true;
}

/* Reads a line; false at the end of the file or after an error that has no
 * line behind it. */
static bool line(AsmParser *p)
{
	int colon = -1, end = 0;
	bool label = true;
	u32 before;

	while (label) {
		label = false;
		if (!first_token(p))
			return false;
		do {
			before = p->nop;
			if (!operand_tokens(p, &end, &label))
				return !p->end;
			if (label)
				break;
			if (p->nop == before && (p->nop > 0 || end == ',' ||
						 colon >= 0))
				asm_parse_error(p, "missing operand");
			if (colon >= 0 && p->nop == (u32)colon + 2) {
				swap_pair(p, (u32)colon);
				colon = -1;
			}
			if (end == ':') {
				if (colon >= 0)
					asm_parse_error(p, "invalid ':' in "
							"operand");
				colon = p->nop ? (int)p->nop - 1 : 0;
			}
		} while (end != '\n' && end != ';');
	}
	return true;
}

/* ---- instructions ----------------------------------------------------------- */

bool asm_address(AsmParser *p, u32 i, AsmAddr *a)
{
	AsmIn in = {p->ctx, p->tok + p->op[i].at, p->op[i].n, 0, p->jump};
	u32 errors = p->ctx->errors;

	asm_operand(&in, a);
	return p->ctx->errors == errors;
}

/* Puts labels in front of prog, if it is one that has a place. */
static void place_labels(AsmParser *p, AsmProg *prog)
{
	for (u32 i = 0; i < p->npending; i++) {
		bool fresh;
		MapSlot *m = map_put(&p->labels, p->pending[i], p->scope,
				     &fresh);

		if (!fresh) {
			asm_parse_error(p, "label \"%.*s\" multiply defined",
					TEXT(p->pending[i]));
			break;
		}
		m->val.p = prog;
	}
	p->npending = 0;
}

/* Instructions in front of a file's first TEXT belong to none. */
static AsmFunc *last_func(AsmParser *p)
{
	AsmCtx *c = p->ctx;

	return c->nfunc > p->first_func ? &c->func[c->nfunc - 1] : NULL;
}

static bool set_suffix(AsmParser *p, AsmProg *prog)
{
	View v = view_of(p->cond.p, p->cond.n);
	const char *why = p->ctx->arch->suffix ?
		p->ctx->arch->suffix(prog, v) : "unrecognized suffix";

	if (why)
		asm_parse_error(p, "%s \"%.*s\"", why, TEXT(v));
	return !why;
}

static inline void add(AsmParser *p, AsmProg *prog, bool label)
{
	AsmFunc *f = last_func(p);

	if (p->cond.n && !set_suffix(p, prog))
		return;
	if (++p->nprog > MAX_PROGS) {
		asm_parse_error(p, "more than %d instructions", MAX_PROGS);
		p->end = true;
		return;
	}
	if (label) {
		p->pc++;
		if (p->npending)
			place_labels(p, prog);
	}
	prog->pc = p->pc;
	if (f && f->text && prog->opcode != ATEXT) {
		f->last->link = prog;
		f->last = prog;
	}
}

/* Chains prog to the function that is open. */
void asm_add(AsmParser *p, AsmProg *prog, bool label)
{
	add(p, prog, label);
}

static void branch(AsmAddr *a, AsmProg *target)
{
	*a = (AsmAddr){.type = TYPE_BRANCH, .target = target};
}

static void patch_later(AsmParser *p, AsmAddr *a, View label)
{
	if (p->npatch == p->cappatch) {
		p->cappatch = p->cappatch ? 2 * p->cappatch : 64;
		p->patch = xrealloc(p->patch, p->cappatch * sizeof *p->patch);
	}
	p->patch[p->npatch++] = (AsmPatch){a, label, p->pos};
}

void asm_patch(AsmParser *p)
{
	AsmPos pos = p->pos;

	for (u32 i = 0; i < p->npatch; i++) {
		const AsmPatch *t = &p->patch[i];
		const MapSlot *m = map_get(&p->labels, t->label, p->scope);

		p->pos = t->pos;
		if (m)
			branch(t->addr, m->val.p);
		else
			asm_parse_error(p, "undefined label %.*s",
					TEXT(t->label));
	}
	p->npatch = 0;
	p->pos = pos;
}

/* What a jump goes to: n(PC), a register, a symbol, a label, memory. */
static bool jump_target(AsmParser *p, AsmAddr *slot, const AsmAddr *a)
{
	bool named = a->name == NAME_EXTERN || a->name == NAME_STATIC;
	bool label = a->type == TYPE_MEM && !named && a->size2 && !a->sym &&
		a->reg == 0 && a->name == NAME_NONE && a->index == 0;

	*slot = *a;
	if (a->type == TYPE_BRANCH) {
		branch(slot, NULL);
		slot->offset = p->pc + 1 + a->offset;
		return true;
	}
	if (label && a->offset == 0) {
		View name = asm_addr_str(a);
		const MapSlot *m = map_get(&p->labels, name, p->scope);

		if (m)
			branch(slot, m->val.p);
		else
			patch_later(p, slot, name);
		return true;
	}
	return (a->type == TYPE_REG || a->type == TYPE_CONST ||
		a->type == TYPE_NONE || (a->type == TYPE_INDIR && named) ||
		(a->type == TYPE_MEM && (named || (a->name == NAME_NONE &&
						   !label))));
}

static const char *jump(AsmParser *p, AsmProg *prog, AsmAddr *a)
{
	AsmAddr *slot = &prog->to;
	int target = 0;
	const char *why;

	why = p->ctx->arch->place_jump(p->ctx, prog, a, (int)p->nop, &target,
				       &slot);
	if (why)
		return why;
	return jump_target(p, slot, &a[target]) ? NULL :
		"cannot assemble jump";
}

void asm_emit(AsmParser *p, u16 op, AsmAddr *a)
{
	AsmCtx *c = p->ctx;
	AsmProg *prog = arena_alloc(&c->obj->arena, sizeof *prog);
	const char *why;

	prog->opcode = op;
	prog->pos = asm_pos(c, p->base, p->pos.line);
	why = p->jump ? jump(p, prog, a) :
		c->arch->place(c, prog, a, (int)p->nop);
	if (why)
		asm_parse_error(p, "%s: %.*s with %u operands", why,
				TEXT(p->word), p->nop);
	else
		add(p, prog, true);
}

void asm_instruction(AsmParser *p, u16 op)
{
	AsmAddr a[ASM_MAXOPS];

	p->jump = p->head->jump;
	for (u32 i = 0; i < p->nop; i++) {
		if (!asm_address(p, i, &a[i]))
			return;
		if (!p->jump && a[i].reg < 0)
			asm_parse_error(p, "illegal use of pseudo-register "
					"in %.*s", TEXT(p->word));
	}
	p->base = asm_lex_pos(p->lex).base;
	asm_emit(p, op, a);
}

/* ---- files ------------------------------------------------------------------- */

/* "def NAME ABI" for a TEXT, "ref NAME ABI" for what operands name. */
static void symabis(AsmParser *p, Buf *out)
{
	bool def = view_is(p->word, "TEXT");
	u32 first = view_is(p->word, "DATA") || view_is(p->word, "FUNCDATA");
	Buf name = {0};
	u16 abi;

	if (first && p->nop < 2)
		return;
	for (u32 i = first; i < (def && p->nop ? 1 : p->nop); i++) {
		AsmIn in = {p->ctx, p->tok + p->op[i].at, p->op[i].n, 0,
			    false};

		name.n = 0;
		if (asm_func_address(&in, &name, &abi)) {
			buf_str(out, def ? "def " : "ref ");
			buf_add(out, view_of(name.p, name.n));
			buf_str(out, abi ? " ABIInternal\n" : " ABI0\n");
		}
	}
	buf_free(&name);
}

static void statement(AsmParser *p)
{
	asm_word_head(p->ctx, p->head);
	p->jump = false;
	if (p->head->head == HEAD_PSEUDO)
		asm_pseudo(p, p->head->op);
	else if (p->head->head == HEAD_OPCODE)
		asm_instruction(p, p->head->op);
	else
		asm_parse_error(p, "unrecognized instruction \"%.*s\"",
				TEXT(p->word));
}

void asm_parse_file(AsmCtx *c, const char *file, Buf *out)
{
	AsmParser p = {.ctx = c, .scope = 1, .first_func = c->nfunc};
	Buf prefix = {0};

	path_to_prefix(&prefix, c->flags->pkgpath);
	p.pkg_prefix = view_of(prefix.p, prefix.n);
	p.allow_abi = asm_allow_abi(c->obj->release, c->flags->pkgpath);
	p.lex = asm_lex_open(c, file);
	c->parser = &p;
	while (p.lex && !c->stop && !p.end) {
		if (!out && p.at == p.ntok)
			asm_quick_lines(&p);
		if (!line(&p))
			break;
		if (out)
			symabis(&p, out);
		else
			statement(&p);
	}
	if (c->errors == 0)
		asm_patch(&p);
	if (p.lex)
		asm_lex_close(p.lex);
	c->parser = NULL;
	map_free(&p.labels);
	map_free(&p.data_end);
	buf_free(&p.cond);
	buf_free(&prefix);
	free(p.tok);
	free(p.pending);
	free(p.patch);
}
