/*
 * The assembler's macros.
 *
 * A macro's body may contain newlines (\ at the end of a line), and names of
 * macros, which are expanded as they are met again: so a source of a few
 * lines can make tokens without end, and there are limits to the depth (Go's
 * 100), to the tokens that wait, and to all of them.
 *
 * Source: cmd/asm/internal/lex/input.go, slice.go
 */
#include <stdlib.h>

#include "obj/asmmacro.h"

enum {
	MAX_WAITING = 1 << 19,	/* tokens of expansions in progress */
	MAX_BODIES = 1 << 22	/* tokens in definitions */
};

#define TEXT(m) (int)(m)->name->text.n, (const char *)(m)->name->text.p
#define fail asm_lex_fail
#define raw asm_lex_raw
#define top asm_lex_top
#define push asm_lex_push

typedef AsmMacro Macro;

static Arena *arena(const AsmLex *l)
{
	return &l->ctx->obj->arena;
}

static void *room(void *p, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return p;
	*cap = *cap ? 2 * *cap : 32;
	return xrealloc(p, *cap * size);
}

/* ---- macros -------------------------------------------------------------- */

AsmTok asm_macro_name(AsmLex *l)
{
	AsmTok t = raw(l);

	if (t.kind != TOK_IDENT)
		fail(l, "expected identifier after # directive");
	return t;
}

static int arg_index(const Macro *m, const AsmTok *t)
{
	for (u32 i = 0; t->word && i < m->narg; i++)
		if (m->arg[i] == t->word)
			return (int)i;
	return -1;
}

/* The formal arguments; the ( has been read. */
static void formals(AsmLex *l, Macro *m)
{
	AsmWord *arg[ASM_MAXARGS];
	bool want = true;

	m->call = true;
	m->arg = arg;
	while (!l->failed) {
		AsmTok t = raw(l);

		if (t.kind == ')')
			break;
		if (t.kind == ',' ? want : t.kind != TOK_IDENT || !want) {
			fail(l, "bad syntax in definition for macro: %.*s",
			     TEXT(m));
		} else if (t.kind == ',') {
			want = true;
		} else if (arg_index(m, &t) >= 0 ||
			   m->narg == ASM_MAXARGS) {
			fail(l, "duplicate argument %.*s in definition for "
			     "macro: %.*s", (int)t.text.n,
			     (const char *)t.text.p, TEXT(m));
		} else {
			arg[m->narg++] = t.word;
			want = false;
		}
	}
	m->arg = arena_alloc(arena(l), (m->narg + 1) * sizeof *arg);
	memcpy(m->arg, arg, m->narg * sizeof *arg);
}

/* t is the first token of the body. */
static void body(AsmLex *l, Macro *m, AsmTok t)
{
	AsmTok *b = NULL;
	size_t n = 0, cap = 0;

	for (; t.kind != '\n' && !l->failed; t = raw(l)) {
		if (t.kind == TOK_EOF)
			fail(l, "missing newline in definition for macro: "
			     "%.*s", TEXT(m));
		if (t.kind == '\\') {
			t = raw(l);
			if (t.kind != '\n' && t.kind != '\\')
				fail(l, "can only escape \\ or \\n in "
				     "definition for macro: %.*s",
				     TEXT(m));
		}
		if (++l->bodies > MAX_BODIES)
			fail(l, "definitions of more than %d tokens",
			     MAX_BODIES);
		b = room(b, n, &cap, sizeof *b);
		t.arg = arg_index(m, &t);
		b[n++] = t;
	}
	m->body = arena_alloc(arena(l), (n + 1) * sizeof *b);
	if (n)
		memcpy(m->body, b, n * sizeof *b);
	m->n = (u32)n;
	free(b);
}

/* A macro has arguments if its name is followed by ( without a blank. */
static bool paren_follows(AsmLex *l)
{
	const AsmFrame *f = top(l);

	return f->is_text ? f->text.at < f->text.text.n &&
		f->text.text.p[f->text.at] == '(' : true;
}

/* A body that is a single line of plain characters, as all of go_asm.h's, is
 * left as text until the macro is met: most never are. */
static bool plain_body(AsmLex *l, Macro *m)
{
	static const char odd[] = "\"'/\\#`";
	AsmFrame *f = top(l);
	AsmText *t = &f->text;
	size_t end = f->is_text ? view_index(t->text, t->at, '\n') : 0;

	if (!f->is_text || end == t->text.n)
		return false;
	for (size_t i = t->at; i < end; i++) {
		u8 c = t->text.p[i];

		if ((c < ' ' && c != '\t') || c > '~' ||
		    memchr(odd, c, sizeof odd - 1))
			return false;
	}
	view_sub(t->text, t->at, end - t->at, &m->text);
	l->work += 1 + m->text.n / 8;
	t->at = end + 1;
	t->line++;
	return true;
}

/* The tokens of such a body. */
static void read_body(AsmLex *l, Macro *m)
{
	AsmText t = {&l->words, m->text, 0, 1, 0, NULL};
	AsmTok *b = NULL;
	size_t n = 0, cap = 0;

	for (;; n++) {
		b = room(b, n, &cap, sizeof *b);
		asm_scan(&t, &b[n]);
		if (b[n].kind == TOK_EOF || t.why)
			break;
		b[n].arg = -1;
	}
	l->bodies += n;
	if (t.why || l->bodies > MAX_BODIES)
		fail(l, "%s", t.why ? t.why : "definitions of too many tokens");
	m->body = arena_alloc(arena(l), (n + 1) * sizeof *b);
	memcpy(m->body, b, n * sizeof *b);
	m->n = (u32)n;
	m->text = (View){0};
	free(b);
}

void asm_macro_define(AsmLex *l)
{
	Macro *m = arena_alloc(arena(l), sizeof *m);
	AsmTok t = asm_macro_name(l);
	bool call;

	if (l->failed)
		return;
	m->name = t.word;
	if (m->name->macro)
		fail(l, "redefinition of macro: %.*s", TEXT(m));
	call = paren_follows(l);
	if (!call && plain_body(l, m)) {
		m->name->macro = m;
		return;
	}
	t = raw(l);
	if (t.kind == '(' && call) {
		formals(l, m);
		t = raw(l);
	}
	if (t.kind != TOK_EOF || m->call)
		body(l, m, t);
	if (!l->failed)
		m->name->macro = m;
}

void asm_macro_undef(AsmLex *l)
{
	AsmTok t = asm_macro_name(l);

	if (l->failed)
		return;
	if (!t.word->macro)
		fail(l, "#undef for undefined macro: %.*s", (int)t.text.n,
		     (const char *)t.text.p);
	else if (raw(l).kind != '\n')
		fail(l, "syntax error in #undef for macro: %.*s",
		     (int)t.text.n, (const char *)t.text.p);
	else
		t.word->macro = NULL;
}

void asm_macro_predefine(AsmLex *l, const AsmDefine *d)
{
	Macro *m = arena_alloc(arena(l), sizeof *m);

	m->name = asm_word(&l->words, d->name, d->name.n, false);
	m->text = d->value;
	read_body(l, m);
	m->name->macro = m;
}

/* ---- expansion ------------------------------------------------------------- */

/* One argument into args; returns what ends it. */
static int actual(AsmLex *l, const Macro *m)
{
	int nesting = 0;

	while (!l->failed) {
		AsmTok t = raw(l);

		if (t.kind == TOK_EOF || t.kind == '\n') {
			fail(l, "unterminated arg list invoking macro: %.*s",
			     TEXT(m));
			break;
		}
		if (nesting == 0 && (t.kind == ')' || t.kind == ','))
			return t.kind;
		nesting += (t.kind == '(') - (t.kind == ')');
		if (l->nargs > MAX_WAITING) {
			fail(l, "arguments of more than %d tokens",
			     MAX_WAITING);
			break;
		}
		l->args = room(l->args, l->nargs, &l->capargs,
			       sizeof *l->args);
		l->args[l->nargs++] = t;
	}
	return ')';
}

/* All actual arguments: argument i is args[at[i]] to args[at[i+1]]. */
static bool actuals(AsmLex *l, const Macro *m, size_t *at)
{
	u32 n = 0;
	int end;

	l->nargs = 0;
	at[0] = 0;
	do {
		end = actual(l, m);
		if (n < ASM_MAXARGS)
			at[++n] = l->nargs;
		else
			n = ASM_MAXARGS + 1;
	} while (end == ',' && !l->failed);
	if (n == 1 && m->narg == 0 && l->nargs == 0)
		return !l->failed;
	if (n != m->narg)
		fail(l, "wrong arg count for macro %.*s", TEXT(m));
	return !l->failed;
}

/* How many tokens body token b becomes: an empty argument leaves its name
 * there, as in Go. */
static size_t becomes(const AsmTok *b, const size_t *at)
{
	size_t n = b->arg < 0 ? 0 : at[b->arg + 1] - at[b->arg];

	return n ? n : 1;
}

/* Room for n tokens that wait. */
static bool make_room(AsmLex *l, size_t n)
{
	l->work += n;
	if (l->nwait + n > MAX_WAITING) {
		fail(l, "expansions of more than %d tokens", MAX_WAITING);
		return false;
	}
	while (l->nwait + n >= l->capwait)
		l->wait = room(l->wait, l->capwait, &l->capwait,
			       sizeof *l->wait);
	return true;
}

static void push_call(AsmLex *l, const Macro *m, const size_t *at)
{
	AsmPos pos = asm_lex_pos(l);
	AsmFrame f = {.mark = l->nwait, .at = l->nwait, .line = pos.line,
		   .base = pos.base};
	size_t total = 0, n;
	AsmTok *to;

	for (u32 i = 0; i < m->n && total <= MAX_WAITING; i++)
		total += becomes(&m->body[i], at);
	if (!make_room(l, total))
		return;
	to = l->wait + l->nwait;
	for (u32 i = 0; i < m->n; i++, to += n) {
		const AsmTok *b = &m->body[i];

		n = becomes(b, at);
		if (b->arg < 0 || at[b->arg] == at[b->arg + 1])
			*to = *b;
		else
			memcpy(to, l->args + at[b->arg], n * sizeof *to);
	}
	f.end = l->nwait += total;
	push(l, &f);
}

AsmWord *asm_macro_alias(AsmLex *l, AsmWord *w)
{
	for (int row = 0; w->macro; row++) {
		Macro *m = w->macro;

		if (m->text.p)
			read_body(l, m);
		if (m->call || row + 1 == ASM_MAXROW || m->n != 1 ||
		    m->body->kind != TOK_IDENT)
			return NULL;
		w = m->body->word;
	}
	return w;
}

void asm_macro_invoke(AsmLex *l, Macro *m)
{
	AsmPos pos = asm_lex_pos(l);
	size_t at[ASM_MAXARGS + 2];
	AsmTok t;

	if (m->text.p)
		read_body(l, m);
	if (!m->call) {
		push(l, &(AsmFrame){.body = m->body, .end = m->n,
				 .mark = l->nwait, .line = pos.line,
				 .base = pos.base});
		return;
	}
	t = raw(l);
	if (t.kind == '(') {
		if (actuals(l, m, at))
			push_call(l, m, at);
		return;
	}
	/* Without arguments it is only its name, and then comes t. */
	l->peek = t;
	l->peeked = true;
}
