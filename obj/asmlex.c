/*
 * The assembler's tokens: identifiers (· and ∕ stand for . and /), numbers,
 * characters, strings, << >> -> @>, and any other character for itself.
 * Newlines are tokens; blanks and comments are not, but a comment's newlines
 * count. A backquote begins nothing.
 *
 * Source: cmd/asm/internal/lex/tokenizer.go, text/scanner (whose rules for
 * numbers these are)
 */
#include "obj/asmlex.h"

const char *asm_tok_name(int kind, char buf[8])
{
	static const char *const names[] = {"identifier", "integer constant",
		"float constant", "rune constant", "string constant", "<<",
		">>", "->", "@>", "macro name", "build comment"};

	if (kind == TOK_EOF)
		return "EOF";
	if (kind >= TOK_IDENT)
		return names[kind - TOK_IDENT];
	if (kind == '\n')
		return "'\\n'";
	snprintf(buf, 8, "'%c'", kind);
	return buf;
}

/* ---- characters ------------------------------------------------------ */

static int at(const AsmText *t, size_t ahead)
{
	return t->at + ahead < t->text.n ? t->text.p[t->at + ahead] : -1;
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(int c)
{
	return is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

static bool is_alpha(int c)
{
	return ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_';
}

/* Letters beyond ASCII: those of the alphabets that sources are written in.
 * Length in bytes, 0 if it is none. */
static size_t letter(const AsmText *t)
{
	int a = at(t, 0), b = at(t, 1);
	u32 r;

	if (a < 0xc2 || b < 0)
		return 0;
	if (a == 0xe2 && b == 0x88 && at(t, 2) == 0x95)
		return 3;	/* ∕ */
	if (a >= 0xe0)
		return 0;
	r = (u32)(a & 31) << 6 | (u32)(b & 63);
	if (r == 0xb7 || r == 0xb5 || r == 0xaa || r == 0xba)
		return 2;	/* · µ ª º */
	return r >= 0xc0 && r != 0xd7 && r != 0xf7 && r < 0x2c2 ? 2 :
		(r >= 0x388 && r < 0x482) ? 2 : 0;
}

/* · becomes . and ∕ becomes /. */
static View undotted(AsmCtx *c, View v)
{
	char *s = arena_str(&c->obj->arena, v);
	size_t n = 0;

	for (size_t i = 0; i < v.n; i++) {
		bool dot = v.p[i] == 0xc2 && i + 1 < v.n && v.p[i + 1] == 0xb7;
		bool slash = v.p[i] == 0xe2 && i + 2 < v.n &&
			v.p[i + 1] == 0x88 && v.p[i + 2] == 0x95;

		s[n++] = dot ? '.' : slash ? '/' : (char)v.p[i];
		i += dot ? 1 : slash ? 2 : 0;
	}
	return view_of(s, n);
}

/* ---- tokens ------------------------------------------------------------ */

static AsmTok token(const AsmText *t, int kind, size_t start)
{
	return (AsmTok){kind, view_of(t->text.p + start, t->at - start)};
}

/* Letters and digits: what a name may go on with. The caller has seen the
 * first. */
static const bool in_name[256] = {
	['0'] = 1, ['1'] = 1, ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1,
	['6'] = 1, ['7'] = 1, ['8'] = 1, ['9'] = 1, ['_'] = 1,
	['A'] = 1, ['B'] = 1, ['C'] = 1, ['D'] = 1, ['E'] = 1, ['F'] = 1,
	['G'] = 1, ['H'] = 1, ['I'] = 1, ['J'] = 1, ['K'] = 1, ['L'] = 1,
	['M'] = 1, ['N'] = 1, ['O'] = 1, ['P'] = 1, ['Q'] = 1, ['R'] = 1,
	['S'] = 1, ['T'] = 1, ['U'] = 1, ['V'] = 1, ['W'] = 1, ['X'] = 1,
	['Y'] = 1, ['Z'] = 1,
	['a'] = 1, ['b'] = 1, ['c'] = 1, ['d'] = 1, ['e'] = 1, ['f'] = 1,
	['g'] = 1, ['h'] = 1, ['i'] = 1, ['j'] = 1, ['k'] = 1, ['l'] = 1,
	['m'] = 1, ['n'] = 1, ['o'] = 1, ['p'] = 1, ['q'] = 1, ['r'] = 1,
	['s'] = 1, ['t'] = 1, ['u'] = 1, ['v'] = 1, ['w'] = 1, ['x'] = 1,
	['y'] = 1, ['z'] = 1,
};

static AsmTok identifier(AsmText *t)
{
	size_t start = t->at, wide = 0, n;
	AsmTok k;

	/* Nearly always that is all of it. */
	while (t->at < t->text.n && in_name[t->text.p[t->at]])
		t->at++;
	for (;; t->at += n) {
		int c = at(t, 0);

		n = is_alpha(c) || (t->at > start && is_digit(c)) ? 1 :
			letter(t);
		if (n == 0)
			break;
		wide |= n > 1;
	}
	k = token(t, TOK_IDENT, start);
	if (wide)
		k.text = undotted(t->ctx, k.text);
	return k;
}

static void digits(AsmText *t, bool hex)
{
	while (hex ? is_hex(at(t, 0)) : is_digit(at(t, 0)) || at(t, 0) == '_')
		t->at++;
	while (at(t, 0) == '_' || (hex && is_hex(at(t, 0))))
		t->at++;
}

/* 12, 0x1f, 0b1, 0o7, 1_000, 1.5, .5, 1e3, 0x1p-2 */
static AsmTok number(AsmText *t)
{
	size_t start = t->at;
	int base = at(t, 0) == '0' ? at(t, 1) | 32 : 0, c;
	bool hex = base == 'x', flt = false;

	if (hex || base == 'b' || base == 'o')
		t->at += 2;
	digits(t, hex);
	if (at(t, 0) == '.' && base != 'b' && base != 'o') {
		flt = true;
		t->at++;
		digits(t, hex);
	}
	c = at(t, 0) | 32;
	if (at(t, 0) > 0 && c == (hex ? 'p' : 'e') && base != 'b' &&
	    base != 'o') {
		flt = true;
		t->at++;
		if (at(t, 0) == '+' || at(t, 0) == '-')
			t->at++;
		digits(t, false);
	}
	return token(t, flt ? TOK_FLOAT : TOK_INT, start);
}

static AsmTok quoted(AsmText *t, int q, const char **why)
{
	size_t start = t->at++;

	while (at(t, 0) != q) {
		if (at(t, 0) < 0 || at(t, 0) == '\n') {
			*why = q == '"' ? "literal not terminated" :
				"rune literal not terminated";
			return (AsmTok){0};
		}
		t->at += at(t, 0) == '\\' && at(t, 1) >= 0 ? 2 : 1;
	}
	t->at++;
	return token(t, q == '"' ? TOK_STRING : TOK_CHAR, start);
}

/* Behind the / of a comment. true: it is one, skipped; *build: it is a
 * //go:build line. */
static bool comment(AsmText *t, bool *build, const char **why)
{
	static const char go_build[] = "//go:build";
	size_t end, n = sizeof go_build - 1;
	View v;

	if (at(t, 1) == '/') {
		end = view_index(t->text, t->at, '\n');
		view_sub(t->text, t->at, end - t->at, &v);
		*build = view_prefix(v, go_build) &&
			(v.n == n || v.p[n] == ' ' || v.p[n] == '\t');
		t->at = end;
		return true;
	}
	if (at(t, 1) != '*')
		return false;
	end = view_find(t->text, t->at + 2, view_str("*/"), 1);
	if (end >= t->text.n) {
		*why = "comment not terminated";
		end = t->text.n;
	}
	for (; t->at < end; t->at++)
		t->line += t->text.p[t->at] == '\n';
	t->at = end < t->text.n ? end + 2 : end;
	return true;
}

static const struct {
	char first, second;
	int kind;
} pairs[] = {
	{'<', '<', TOK_LSH}, {'>', '>', TOK_RSH}, {'-', '>', TOK_ARR},
	{'@', '>', TOK_ROT},
};

static AsmTok punctuation(AsmText *t)
{
	size_t start = t->at;
	int c = at(t, 0);

	for (size_t i = 0; i < NELEM(pairs); i++)
		if (c == pairs[i].first && at(t, 1) == pairs[i].second) {
			t->at += 2;
			return token(t, pairs[i].kind, start);
		}
	t->at++;
	t->line += c == '\n';
	return token(t, c, start);
}

AsmTok asm_scan(AsmText *t, const char **why)
{
	bool build = false;
	int c;

	for (;;) {
		c = at(t, 0);
		while (c == ' ' || c == '\t' || c == '\r') {
			t->at++;
			c = at(t, 0);
		}
		if (c != '/' || !comment(t, &build, why))
			break;
		if (*why)
			return (AsmTok){0};
		if (build)
			return (AsmTok){TOK_BUILD, view_str("")};
	}
	if (c < 0)
		return (AsmTok){TOK_EOF, view_str("EOF")};
	if (is_alpha(c) || (c >= 0x80 && letter(t)))
		return identifier(t);
	if (is_digit(c) || (c == '.' && is_digit(at(t, 1))))
		return number(t);
	if (c == '"' || c == '\'')
		return quoted(t, c, why);
	if (c == 0 || c >= 0x80) {
		*why = "a character that no instruction has";
		return (AsmTok){0};
	}
	return punctuation(t);
}
