/*
 * The assembler's preprocessor: #include, #define with and without
 * arguments, #undef, #ifdef, #ifndef, #else, #endif, #line.
 *
 * Texts and expanded macros lie on a stack of frames; a token comes from the
 * topmost, which is left when it has none any more. A macro's body may
 * contain newlines (\ at the end of a line), and names of macros, which are
 * expanded as they are met again: so a source of a few lines can make
 * tokens without end, and there are limits to the depth (Go's 100), to the
 * tokens that wait, and to all of them.
 *
 * Source: cmd/asm/internal/lex/input.go, stack.go, slice.go
 */
#include <stdlib.h>

#include "obj/asmlex.h"

enum {
	MAX_DEPTH = 100,	/* as in Go */
	MAX_ROW = 100,		/* macros met before a token: as in Go */
	MAX_ARGS = 128,
	MAX_WAITING = 1 << 19,	/* tokens of expansions in progress */
	MAX_BODIES = 1 << 22,	/* tokens in definitions */
	MAX_TOKENS = 1 << 25,
	MAX_FILES = 1000,
	MAX_INCLUDES = 10000	/* #include and #line */
};

typedef struct {
	AsmTok tok;
	int arg;	/* -1: the token itself */
} BodyTok;

typedef struct {
	View name;
	bool call;	/* has an argument list, be it empty */
	View *arg;	/* room for MAX_ARGS, if there is one */
	u32 narg;
	BodyTok *body;
	u32 n;
} Macro;

typedef struct {
	bool is_text;
	AsmText text;
	/* an expansion: tokens [at, end) of wait, or of body */
	const BodyTok *body;
	size_t at, end, mark;
	u32 line, base;
} Frame;

typedef struct Source Source;
struct Source {
	Source *next;
	View path, bytes;
	bool mapped;
	File file;
};

struct AsmLex {
	AsmCtx *ctx;
	Frame frame[MAX_DEPTH + 2];
	int depth;
	bool line_begins, failed, off[MAX_DEPTH];
	u32 nif;
	Map macros;
	u64 begins[4];	/* the first bytes of macros' names */
	AsmTok peek;
	bool peeked;
	AsmTok *wait;
	size_t nwait, capwait;
	AsmTok *args;
	size_t nargs, capargs;
	u64 work, bodies;
	Source *sources;
	u32 nsources, nincludes;
	View dir;	/* of the main file */
};

static Frame *top(AsmLex *l)
{
	return &l->frame[l->depth - 1];
}

AsmPos asm_lex_pos(const AsmLex *l)
{
	const Frame *f = &l->frame[l->depth ? l->depth - 1 : 0];

	return f->is_text ? (AsmPos){f->text.base, f->text.line, false} :
		(AsmPos){f->base, f->line, false};
}

/* All errors here are the last. */
__attribute__((format(printf, 2, 3)))
static void fail(AsmLex *l, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (!l->failed)
		asm_error(l->ctx, asm_lex_pos(l), "%s", text);
	l->failed = true;
}

/* ---- the stack --------------------------------------------------------- */

static void push(AsmLex *l, const Frame *f)
{
	if (l->depth > MAX_DEPTH) {
		fail(l, "input recursion");
		return;
	}
	l->frame[l->depth++] = *f;
}

static AsmTok raw(AsmLex *l)
{
	const char *why = NULL;
	AsmTok t;

	for (;;) {
		Frame *f = top(l);

		if (l->failed || ++l->work > MAX_TOKENS) {
			fail(l, "more than %d tokens", MAX_TOKENS);
			return (AsmTok){TOK_EOF, view_str("EOF")};
		}
		if (f->is_text) {
			t = asm_scan(&f->text, &why);
			if (why) {
				fail(l, "%s", why);
				continue;
			}
		} else if (f->at < f->end) {
			return f->body ? f->body[f->at++].tok :
				l->wait[f->at++];
		} else {
			t.kind = TOK_EOF;
			l->nwait = f->mark;
		}
		if (t.kind != TOK_EOF || l->depth == 1)
			return t;
		l->depth--;
	}
}

static void *room(void *p, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return p;
	*cap = *cap ? 2 * *cap : 256;
	return xrealloc(p, *cap * size);
}

/* ---- macros -------------------------------------------------------------- */

static Macro *macro_of(const AsmLex *l, View name)
{
	const MapSlot *m;

	if (name.n == 0 || !(l->begins[name.p[0] >> 6] >>
			     (name.p[0] & 63) & 1))
		return NULL;
	m = map_get(&l->macros, name, 0);

	return m ? m->val.p : NULL;
}

static View macro_name(AsmLex *l)
{
	AsmTok t = raw(l);

	if (t.kind != TOK_IDENT)
		fail(l, "expected identifier after # directive");
	return t.text;
}

static int arg_index(const Macro *m, AsmTok t)
{
	if (t.kind == TOK_IDENT)
		for (u32 i = 0; i < m->narg; i++)
			if (view_eq(m->arg[i], t.text))
				return (int)i;
	return -1;
}

/* The formal arguments; the ( has been read. */
static void formals(AsmLex *l, Macro *m)
{
	bool want = true;

	m->call = true;
	while (!l->failed) {
		AsmTok t = raw(l);

		if (t.kind == ')')
			return;
		if (t.kind == ',' ? want : t.kind != TOK_IDENT || !want) {
			fail(l, "bad syntax in definition for macro: %.*s",
			     (int)m->name.n, (const char *)m->name.p);
		} else if (t.kind == ',') {
			want = true;
		} else if (arg_index(m, t) >= 0 || m->narg == MAX_ARGS) {
			fail(l, "duplicate argument %.*s in definition for "
			     "macro: %.*s", (int)t.text.n,
			     (const char *)t.text.p, (int)m->name.n,
			     (const char *)m->name.p);
		} else {
			if (!m->arg)
				m->arg = arena_alloc(&l->ctx->obj->arena,
						     MAX_ARGS * sizeof(View));
			m->arg[m->narg++] = t.text;
			want = false;
		}
	}
}

/* t is the first token of the body. */
static void body(AsmLex *l, Macro *m, AsmTok t)
{
	BodyTok *b = NULL;
	size_t n = 0, cap = 0;

	for (; t.kind != '\n' && !l->failed; t = raw(l)) {
		if (t.kind == TOK_EOF)
			fail(l, "missing newline in definition for macro: "
			     "%.*s", (int)m->name.n, (const char *)m->name.p);
		if (t.kind == '\\') {
			t = raw(l);
			if (t.kind != '\n' && t.kind != '\\')
				fail(l, "can only escape \\ or \\n in "
				     "definition for macro: %.*s",
				     (int)m->name.n, (const char *)m->name.p);
		}
		if (++l->bodies > MAX_BODIES)
			fail(l, "definitions of more than %d tokens",
			     MAX_BODIES);
		b = room(b, n, &cap, sizeof *b);
		b[n++] = (BodyTok){t, arg_index(m, t)};
	}
	m->body = arena_alloc(&l->ctx->obj->arena, (n + 1) * sizeof *b);
	if (n)
		memcpy(m->body, b, n * sizeof *b);
	m->n = (u32)n;
	free(b);
}

/* A macro has arguments if its name is followed by ( without a blank. */
static bool paren_follows(AsmLex *l)
{
	const Frame *f = top(l);

	return f->is_text ? f->text.at < f->text.text.n &&
		f->text.text.p[f->text.at] == '(' : true;
}

static void set_macro(AsmLex *l, Macro *m)
{
	bool fresh;

	if (m->name.n)
		l->begins[m->name.p[0] >> 6] |= (u64)1 << (m->name.p[0] & 63);
	map_put(&l->macros, m->name, 0, &fresh)->val.p = m;
}

static void define(AsmLex *l)
{
	Macro *m = arena_alloc(&l->ctx->obj->arena, sizeof *m);
	bool call;
	AsmTok t;

	m->name = macro_name(l);
	if (!l->failed && macro_of(l, m->name))
		fail(l, "redefinition of macro: %.*s", (int)m->name.n,
		     (const char *)m->name.p);
	call = paren_follows(l);
	t = raw(l);
	if (t.kind == '(' && call) {
		formals(l, m);
		t = raw(l);
	}
	if (t.kind != TOK_EOF || m->call)
		body(l, m, t);
	if (!l->failed)
		set_macro(l, m);
}

static void undef(AsmLex *l)
{
	View name = macro_name(l);
	bool fresh;

	if (l->failed)
		return;
	if (!macro_of(l, name))
		fail(l, "#undef for undefined macro: %.*s", (int)name.n,
		     (const char *)name.p);
	else if (raw(l).kind != '\n')
		fail(l, "syntax error in #undef for macro: %.*s",
		     (int)name.n, (const char *)name.p);
	else
		map_put(&l->macros, name, 0, &fresh)->val.p = NULL;
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
			     (int)m->name.n, (const char *)m->name.p);
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
		if (n < MAX_ARGS)
			at[++n] = l->nargs;
		else
			n = MAX_ARGS + 1;
	} while (end == ',' && !l->failed);
	if (n == 1 && m->narg == 0 && l->nargs == 0)
		return !l->failed;
	if (n != m->narg)
		fail(l, "wrong arg count for macro %.*s", (int)m->name.n,
		     (const char *)m->name.p);
	return !l->failed;
}

static void put(AsmLex *l, const AsmTok *t, size_t n)
{
	l->work += n;
	if (l->nwait + n > MAX_WAITING) {
		fail(l, "expansions of more than %d tokens", MAX_WAITING);
		return;
	}
	while (l->nwait + n > l->capwait)
		l->wait = room(l->wait, l->capwait, &l->capwait,
			       sizeof *l->wait);
	memcpy(l->wait + l->nwait, t, n * sizeof *t);
	l->nwait += n;
}

static void push_call(AsmLex *l, const Macro *m, const size_t *at)
{
	AsmPos pos = asm_lex_pos(l);
	Frame f = {.mark = l->nwait, .at = l->nwait, .line = pos.line,
		   .base = pos.base};

	for (u32 i = 0; i < m->n && !l->failed; i++) {
		const BodyTok *b = &m->body[i];
		size_t n = b->arg < 0 ? 0 : at[b->arg + 1] - at[b->arg];

		/* An empty argument leaves its name there, as in Go. */
		if (n == 0)
			put(l, &b->tok, 1);
		else
			put(l, l->args + at[b->arg], n);
	}
	f.end = l->nwait;
	if (!l->failed)
		push(l, &f);
}

static void invoke(AsmLex *l, const Macro *m)
{
	AsmPos pos = asm_lex_pos(l);
	size_t at[MAX_ARGS + 2];
	AsmTok t;

	if (!m->call) {
		push(l, &(Frame){.body = m->body, .end = m->n,
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

/* ---- directives -------------------------------------------------------------- */

static bool enabled(const AsmLex *l)
{
	return l->nif == 0 || !l->off[l->nif - 1];
}

static void newline(AsmLex *l, const char *after)
{
	if (raw(l).kind != '\n')
		fail(l, "expected newline after %s", after);
}

static void ifdef(AsmLex *l, bool truth)
{
	View name = macro_name(l);

	newline(l, "#if[n]def");
	if (l->failed)
		return;
	if (l->nif == MAX_DEPTH) {
		fail(l, "#ifdefs nested more than %d deep", MAX_DEPTH);
		return;
	}
	if (!enabled(l))
		truth = false;
	else if (!macro_of(l, name))
		truth = !truth;
	l->off[l->nif++] = !truth;
}

static void ifdef_yes(AsmLex *l) { ifdef(l, true); }
static void ifdef_not(AsmLex *l) { ifdef(l, false); }

static void else_(AsmLex *l)
{
	newline(l, "#else");
	if (l->nif == 0)
		fail(l, "unmatched #else");
	else if (l->nif == 1 || !l->off[l->nif - 2])
		l->off[l->nif - 1] = !l->off[l->nif - 1];
}

static void endif(AsmLex *l)
{
	newline(l, "#endif");
	if (l->nif == 0)
		fail(l, "unmatched #endif");
	else
		l->nif--;
}

/* A string's bytes. */
static View unquoted(AsmLex *l, AsmTok t, const char *what)
{
	char *s = arena_str(&l->ctx->obj->arena, t.text);
	size_t n = 0;

	if (t.kind != TOK_STRING || !go_unquote(t.text, (u8 *)s, &n)) {
		fail(l, "expected %s", what);
		return view_str("");
	}
	s[n] = 0;
	return view_of(s, n);
}

/* The file at path, opened once for the whole run. NULL or it. */
static Source *source(AsmLex *l, View path)
{
	const AsmFlags *fl = l->ctx->flags;
	Source *s = l->sources;

	while (s && !view_eq(s->path, path))
		s = s->next;
	if (s || l->nsources == MAX_FILES || (fl->text && l->nsources))
		return s;
	s = arena_alloc(&l->ctx->obj->arena, sizeof *s);
	s->path = view_of(arena_str(&l->ctx->obj->arena, path), path.n);
	if (!fl->text && (memchr(path.p, 0, path.n) ||
			  file_open(&s->file, (const char *)s->path.p)))
		return NULL;
	s->mapped = !fl->text;
	s->bytes = fl->text ? *fl->text : s->file.bytes;
	l->nsources++;
	s->next = l->sources;
	l->sources = s;
	return s;
}

static void push_text(AsmLex *l, View name, View text)
{
	if (view_prefix(text, "\xef\xbb\xbf"))
		view_sub(text, 3, text.n - 3, &text);
	push(l, &(Frame){.is_text = true, .mark = l->nwait,
		.text = {l->ctx, text, 0, 1, asm_base(l->ctx, name, 0)}});
}

static Source *source_in(AsmLex *l, View dir, View name)
{
	Buf b = {0};
	Source *s;

	buf_add(&b, dir);
	if (dir.n)
		buf_str(&b, "/");
	buf_add(&b, name);
	s = source(l, view_of(b.p, b.n));
	buf_free(&b);
	return s;
}

static void include(AsmLex *l)
{
	const AsmFlags *fl = l->ctx->flags;
	View name = unquoted(l, raw(l), "string after #include");
	Source *s;

	newline(l, "#include");
	if (++l->nincludes > MAX_INCLUDES)
		fail(l, "more than %d files included", MAX_INCLUDES);
	if (l->failed)
		return;
	s = source(l, name);
	if (!s)
		s = source_in(l, l->dir, name);
	for (size_t i = 0; !s && i < fl->ninclude; i++)
		s = source_in(l, view_str(fl->include[i]), name);
	if (s)
		push_text(l, name, s->bytes);
	else
		fail(l, "#include: open %.*s: no such file or directory",
		     (int)name.n, (const char *)name.p);
}

/* #line 337 "file": the next line is that one. */
static void line(AsmLex *l)
{
	AsmTok t = raw(l);
	Frame *f = top(l);
	u64 n = 0;
	View name;

	if (t.kind != TOK_INT)
		fail(l, "expected line number after #line");
	for (size_t i = 0; i < t.text.n && n < 1 << 30; i++)
		n = n * 10 + (u64)(t.text.p[i] - '0');
	name = unquoted(l, raw(l), "file name in #line");
	if (!l->failed && raw(l).kind != '\n')
		fail(l, "unexpected token at end of #line");
	if (++l->nincludes > MAX_INCLUDES)
		fail(l, "more than %d #lines", MAX_INCLUDES);
	if (l->failed)
		return;
	if (f->is_text)
		f->text.base = asm_base(l->ctx, name,
					(u32)n - f->text.line);
}

static const struct {
	const char *name;
	bool always;	/* also where tokens are skipped */
	void (*fn)(AsmLex *);
} directives[] = {
	{"define", false, define}, {"else", true, else_},
	{"endif", true, endif}, {"ifdef", true, ifdef_yes},
	{"ifndef", true, ifdef_not}, {"include", false, include},
	{"line", true, line}, {"undef", false, undef},
};

/* true: a line begins behind it. */
static bool directive(AsmLex *l)
{
	AsmTok t = raw(l);

	for (size_t i = 0; i < NELEM(directives); i++)
		if (t.kind == TOK_IDENT &&
		    view_is(t.text, directives[i].name)) {
			if (!enabled(l) && !directives[i].always)
				return false;
			directives[i].fn(l);
			return true;
		}
	if (t.kind != TOK_IDENT)
		fail(l, "expected identifier after '#'");
	else if (enabled(l))
		fail(l, "unexpected token after '#': %.*s", (int)t.text.n,
		     (const char *)t.text.p);
	return false;
}

/* ---- the interface -------------------------------------------------------------- */

AsmTok asm_lex_next(AsmLex *l)
{
	if (l->peeked) {
		l->peeked = false;
		return l->peek;
	}
	for (int row = 0; row < MAX_ROW;) {
		AsmTok t = raw(l);

		if (t.kind == '#') {
			if (!l->line_begins)
				fail(l, "'#' must be first item on line");
			else
				l->line_begins = directive(l);
			if (!l->failed)
				return t;
			continue;
		}
		if (t.kind == TOK_IDENT && enabled(l)) {
			const Macro *m = macro_of(l, t.text);

			if (m) {
				row++;
				invoke(l, m);
				if (l->peeked)
					return (AsmTok){TOK_MACRO, m->name};
				continue;
			}
		}
		if (t.kind == TOK_EOF && l->nif && !l->failed)
			fail(l, "unclosed #ifdef or #ifndef");
		l->line_begins = t.kind == '\n';
		if (t.kind == TOK_EOF || enabled(l))
			return t;
	}
	fail(l, "recursive macro invocation");
	return (AsmTok){TOK_EOF, view_str("EOF")};
}

static void predefine(AsmLex *l, const AsmDefine *d)
{
	Macro *m = arena_alloc(&l->ctx->obj->arena, sizeof *m);
	AsmText t = {l->ctx, d->value, 0, 1, 0};
	BodyTok tok[64];
	const char *why = NULL;

	m->name = d->name;
	for (m->n = 0; m->n < NELEM(tok); m->n++) {
		tok[m->n] = (BodyTok){asm_scan(&t, &why), -1};
		if (tok[m->n].tok.kind == TOK_EOF || why)
			break;
	}
	if (why || m->n == NELEM(tok))
		fail(l, "parsing -D: %s", why ? why : "too long");
	m->body = arena_alloc(&l->ctx->obj->arena, (m->n + 1) * sizeof *tok);
	memcpy(m->body, tok, m->n * sizeof *tok);
	set_macro(l, m);
}

AsmLex *asm_lex_open(AsmCtx *c, const char *file)
{
	AsmLex *l = arena_alloc(&c->obj->arena, sizeof *l);
	View name = view_str(file);
	Source *s;

	*l = (AsmLex){.ctx = c, .line_begins = true};
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] == '/')
			l->dir = view_of(name.p, i ? i : 1);
	s = source(l, name);
	if (!s) {
		buf_printf(&c->messages, "asm: open %s: no such file or "
			   "directory\n", file);
		c->errors++;
		return NULL;
	}
	push_text(l, name, s->bytes);
	for (size_t i = 0; i < c->flags->ndefine; i++)
		predefine(l, &c->flags->define[i]);
	return l;
}

void asm_lex_close(AsmLex *l)
{
	for (Source *s = l->sources; s; s = s->next) {
		const char *why = s->mapped ? file_close(&s->file) : NULL;

		if (why)
			fail(l, "%.*s: %s", (int)s->path.n,
			     (const char *)s->path.p, why);
	}
	map_free(&l->macros);
	free(l->wait);
	free(l->args);
}
