/*
 * The assembler's preprocessor: #include, #define with and without
 * arguments, #undef, #ifdef, #ifndef, #else, #endif, #line.
 *
 * Texts and expanded macros lie on a stack of frames; a token comes from the
 * topmost, which is left when it has none any more.
 *
 * Source: cmd/asm/internal/lex/input.go, stack.go
 */
#include <ctype.h>
#include <stdlib.h>

#include "obj/asmmacro.h"

enum {
	LARGE = 20 << 10,	/* a source whose instructions fill many pages */
	MAX_FILES = 1000,
	MAX_INCLUDES = 10000	/* #include and #line */
};

#define fail asm_lex_fail

struct AsmSource {
	AsmSource *next;
	View path, bytes;
};

AsmPos asm_lex_pos(const AsmLex *l)
{
	const AsmFrame *f = &l->frame[l->depth ? l->depth - 1 : 0];

	return f->is_text ? (AsmPos){f->text.line, f->text.base, false} :
		(AsmPos){f->line, f->base, false};
}

void asm_lex_fail(AsmLex *l, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (!l->failed)
		asm_error(l->ctx, asm_lex_pos(l), "%s", text);
	l->failed = true;
	l->work = ASM_MAXTOKENS;	/* no token any more */
}

/* ---- the stack --------------------------------------------------------- */

void asm_lex_push(AsmLex *l, const AsmFrame *f)
{
	if (l->depth > ASM_MAXDEPTH) {
		fail(l, "input recursion");
		return;
	}
	l->frame[l->depth++] = *f;
}

/* There is no token in the topmost text or expansion: an error, the end of
 * all, or it is left. */
static bool leave(AsmLex *l, AsmTok *t)
{
	AsmFrame *f = asm_lex_top(l);

	if (l->failed || l->work > ASM_MAXTOKENS)
		fail(l, "more than %d tokens", ASM_MAXTOKENS);
	else if (f->is_text && f->text.why)
		fail(l, "%s", f->text.why);
	else if (!f->is_text)
		l->nwait = f->mark;
	if (l->failed || l->depth == 1) {
		*t = (AsmTok){.kind = TOK_EOF, .text = view_str("EOF")};
		return false;
	}
	l->depth--;
	return true;
}

__attribute__((always_inline))
static inline void scan(AsmLex *l, AsmTok *t)
{
	do {
		AsmFrame *f = asm_lex_top(l);

		if (++l->work > ASM_MAXTOKENS)
			continue;
		if (f->is_text) {
			asm_scan(&f->text, t);
			if (t->kind > 0)
				return;
		} else if (f->at < f->end) {
			*t = f->body ? f->body[f->at++] : l->wait[f->at++];
			return;
		}
	} while (leave(l, t));
}

AsmTok asm_lex_raw(AsmLex *l)
{
	AsmTok t;

	scan(l, &t);
	return t;
}

/* ---- directives -------------------------------------------------------------- */

static bool enabled(const AsmLex *l)
{
	return l->nif == 0 || !l->off[l->nif - 1];
}

static void newline(AsmLex *l, const char *after)
{
	if (asm_lex_raw(l).kind != '\n')
		fail(l, "expected newline after %s", after);
}

static void ifdef(AsmLex *l, bool truth)
{
	AsmTok t = asm_macro_name(l);

	newline(l, "#if[n]def");
	if (l->failed)
		return;
	if (l->nif == ASM_MAXDEPTH) {
		fail(l, "#ifdefs nested more than %d deep", ASM_MAXDEPTH);
		return;
	}
	if (!enabled(l))
		truth = false;
	else if (!t.word->macro)
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

/* As Go words errors of the system: without a capital. */
static const char *go_words(Arena *a, const char *why)
{
	char *s = arena_str(a, view_str(why));

	s[0] = (char)tolower((u8)s[0]);
	return s;
}

/* All of the file at path, with room behind it. false: l->why. */
static bool contents(AsmLex *l, const char *path, View *v)
{
	Arena *a = &l->ctx->obj->arena;
	size_t n = 0;
	u8 *p;
	int fd;

	l->why = file_begin(path, &fd, &n);
	if (!l->why) {
		if (n > LARGE && l->nsources == 0)
			arena_huge(a);
		p = arena_alloc(a, n + ASM_ROOM);
		*v = view_of(p, n);
		l->why = file_finish(fd, p, n);
		l->unread = l->why;
	}
	if (l->why)
		l->why = go_words(a, l->why);
	return !l->why;
}

/* A test's. */
static View copied(AsmLex *l, View text)
{
	u8 *p = arena_alloc(&l->ctx->obj->arena, text.n + ASM_ROOM);

	if (text.n)
		memcpy(p, text.p, text.n);
	return view_of(p, text.n);
}

/* The file at path, read once in the whole run. NULL or it. */
static AsmSource *source(AsmLex *l, View path)
{
	Arena *a = &l->ctx->obj->arena;
	const View *text = l->ctx->flags->text;
	AsmSource *s = l->sources;
	View v = {0};

	while (s && !view_eq(s->path, path))
		s = s->next;
	l->why = "too many files";
	if (s || l->nsources == MAX_FILES || (text && l->nsources))
		return s;
	l->why = "no such file or directory";
	path.p = (const u8 *)arena_str(a, path);
	if (text)
		v = copied(l, *text);
	else if (memchr(path.p, 0, path.n) ||
		 !contents(l, (const char *)path.p, &v))
		return NULL;
	s = arena_alloc(a, sizeof *s);
	s->path = path;
	s->bytes = v;
	l->nsources++;
	s->next = l->sources;
	l->sources = s;
	return s;
}

static void push_text(AsmLex *l, View name, View text)
{
	if (view_prefix(text, "\xef\xbb\xbf"))
		view_sub(text, 3, text.n - 3, &text);
	asm_lex_push(l, &(AsmFrame){.is_text = true, .mark = l->nwait,
		.text = {.words = &l->words, .text = text, .line = 1,
			 .base = asm_base(l->ctx, name, 0)}});
}

static AsmSource *source_in(AsmLex *l, View dir, View name)
{
	Buf b = {0};
	AsmSource *s;

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
	View name = unquoted(l, asm_lex_raw(l), "string after #include");
	AsmSource *s;

	newline(l, "#include");
	if (++l->nincludes > MAX_INCLUDES)
		fail(l, "more than %d files included", MAX_INCLUDES);
	if (l->failed)
		return;
	s = source(l, name);
	if (!s && !l->unread)
		s = source_in(l, l->dir, name);
	for (size_t i = 0; !s && !l->unread && i < fl->ninclude; i++)
		s = source_in(l, view_str(fl->include[i]), name);
	if (s)
		push_text(l, name, s->bytes);
	else
		fail(l, "#include: open %.*s: %s", (int)name.n,
		     (const char *)name.p, l->why);
}

/* #line 337 "file": the next line is that one. */
static void line(AsmLex *l)
{
	AsmTok t = asm_lex_raw(l);
	AsmFrame *f = asm_lex_top(l);
	u64 n = 0;
	View name;

	if (t.kind != TOK_INT)
		fail(l, "expected line number after #line");
	for (size_t i = 0; i < t.text.n && n < 1 << 30; i++)
		n = n * 10 + (u64)(t.text.p[i] - '0');
	name = unquoted(l, asm_lex_raw(l), "file name in #line");
	if (!l->failed && asm_lex_raw(l).kind != '\n')
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
	{"define", false, asm_macro_define}, {"else", true, else_},
	{"endif", true, endif}, {"ifdef", true, ifdef_yes},
	{"ifndef", true, ifdef_not}, {"include", false, include},
	{"line", true, line}, {"undef", false, asm_macro_undef},
};

/* true: a line begins behind it. */
static bool directive(AsmLex *l)
{
	AsmTok t = asm_lex_raw(l);

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

/* A # has been read. false: the parser is to see it. */
static bool skip_directive(AsmLex *l)
{
	if (!l->line_begins)
		fail(l, "'#' must be first item on line");
	else
		l->line_begins = directive(l);
	return l->failed;
}

/* A macro's name has been read. true: it is the token, since there are no
 * arguments. */
static bool expanded(AsmLex *l, AsmTok *t)
{
	asm_macro_invoke(l, t->word->macro);
	t->kind = TOK_MACRO;
	return l->peeked;
}

void asm_lex_next(AsmLex *l, AsmTok *t)
{
	if (l->peeked) {
		l->peeked = false;
		*t = l->peek;
		return;
	}
	for (int row = 0; row < ASM_MAXROW;) {
		scan(l, t);
		if (t->kind == TOK_IDENT && t->word->macro && enabled(l)) {
			row++;
			if (expanded(l, t))
				return;
			continue;
		}
		if (t->kind == '#') {
			if (skip_directive(l))
				continue;
			return;
		}
		l->line_begins = t->kind == '\n';
		if (t->kind == TOK_EOF)
			break;
		if (enabled(l))
			return;
	}
	if (t->kind != TOK_EOF)
		fail(l, "recursive macro invocation");
	else if (l->nif)
		fail(l, "unclosed #ifdef or #ifndef");
	*t = (AsmTok){.kind = TOK_EOF, .text = view_str("EOF")};
}

AsmText *asm_lex_text(AsmLex *l)
{
	AsmFrame *f = asm_lex_top(l);

	return l->peeked || !f->is_text || !enabled(l) ||
		l->work >= ASM_MAXTOKENS ? NULL : &f->text;
}

void asm_lex_skip(AsmLex *l, u32 lines)
{
	l->work += 4 * (u64)lines;
	l->line_begins |= lines > 0;
}

/* Those of an expansion. */
static u32 body_run(AsmLex *l, AsmFrame *f, AsmTok *t, u32 max)
{
	const AsmTok *from = f->body ? f->body : l->wait;
	u32 n = 0;

	while (n < max && f->at < f->end) {
		const AsmTok *b = &from[f->at];
		AsmWord *w = b->word;

		if (w && w->macro) {
			w = asm_macro_alias(l, w);
			if (!w)
				break;
			t[n++] = (AsmTok){TOK_IDENT, -1, w->text, w};
		} else if (b->kind == '#' || b->kind == TOK_BUILD) {
			break;
		} else {
			t[n++] = *b;
		}
		f->at++;
		if (b->kind == '\n')
			break;
	}
	return n;
}

u32 asm_lex_run(AsmLex *l, AsmTok *t, u32 max)
{
	AsmFrame *f = asm_lex_top(l);
	u32 n;

	if (l->peeked || l->work + max > ASM_MAXTOKENS || !enabled(l))
		return 0;
	n = f->is_text ? asm_scan_run(l, &f->text, t, max) :
		body_run(l, f, t, max);
	if (n == 0)
		return 0;
	l->work += n;
	l->line_begins = t[n - 1].kind == '\n';
	return n;
}

AsmLex *asm_lex_open(AsmCtx *c, const char *file)
{
	AsmLex *l = arena_alloc(&c->obj->arena, sizeof *l);
	View name = view_str(file);
	AsmSource *s;

	l->ctx = c;
	l->line_begins = true;
	asm_words_init(&l->words, c);
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] == '/')
			l->dir = view_of(name.p, i ? i : 1);
	s = source(l, name);
	if (!s) {
		buf_printf(&c->messages, "asm: open %s: %s\n", file, l->why);
		c->errors++;
		asm_words_free(&l->words);
		return NULL;
	}
	push_text(l, name, s->bytes);
	for (size_t i = 0; i < c->flags->ndefine; i++)
		asm_macro_predefine(l, &c->flags->define[i]);
	return l;
}

void asm_lex_close(AsmLex *l)
{
	asm_words_free(&l->words);
	free(l->wait);
	free(l->args);
}
