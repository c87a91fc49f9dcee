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

/* ---- tokens ------------------------------------------------------------ */

static void token(const AsmText *t, AsmTok *k, int kind, size_t start)
{
	*k = (AsmTok){.kind = kind, .text = {t->text.p + start,
		t->at - start}};
}

#define class_of asm_class

const u8 asm_class[256] = {
	[' '] = BLANK, ['\t'] = BLANK, ['\r'] = BLANK,
	['\n'] = ALONE, [','] = ALONE, ['('] = ALONE, [')'] = ALONE,
	['$'] = ALONE, ['+'] = ALONE, ['*'] = ALONE, [':'] = ALONE,
	[';'] = ALONE, ['['] = ALONE, [']'] = ALONE, ['|'] = ALONE,
	['~'] = ALONE, ['#'] = ALONE | LOUD, ['\\'] = ALONE | LOUD,
	['-'] = FIRST, ['<'] = FIRST, ['>'] = FIRST, ['.'] = FIRST,
	['0'] = 2, ['1'] = 2, ['2'] = 2, ['3'] = 2, ['4'] = 2, ['5'] = 2,
	['6'] = 2, ['7'] = 2, ['8'] = 2, ['9'] = 2, ['_'] = 1,
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

/* What is left of a name at t->at; true: it has letters beyond ASCII. */
static bool wide_name(AsmText *t, size_t start)
{
	bool wide = false;
	size_t n;

	for (;; t->at += n) {
		int c = at(t, 0);

		n = is_alpha(c) || (t->at > start && is_digit(c)) ? 1 :
			letter(t);
		if (n == 0)
			return wide;
		wide |= n > 1;
	}
}

static void identifier(AsmText *t, AsmTok *k)
{
	const u8 *p = t->text.p + t->at, *end = t->text.p + t->text.n;
	size_t start = t->at;
	bool wide = false;

	while (p < end && class_of[*p] & (LETTER | DIGIT))
		p++;
	t->at = (size_t)(p - t->text.p);
	if (p < end && *p >= 0x80)
		wide = wide_name(t, start);
	token(t, k, TOK_IDENT, start);
	k->word = wide ? asm_word(t->words, k->text, t->text.n - start, true) :
		asm_word_fast(t->words, k->text, t->text.n - start);
	k->text = k->word->text;
}

/* Most numbers: digits, nothing behind them. */
static bool plain_number(AsmText *t, AsmTok *k)
{
	const u8 *p = t->text.p + t->at, *end = t->text.p + t->text.n;
	size_t start = t->at;

	if (end - p > 2 && p[0] == '0' && (p[1] | 32) == 'x')
		for (p += 2; p < end && is_hex(*p); p++)
			;
	else
		while (p < end && class_of[*p] & DIGIT)
			p++;
	if (p < end && (class_of[*p] & LETTER || *p == '.'))
		return false;
	t->at = (size_t)(p - t->text.p);
	token(t, k, TOK_INT, start);
	return true;
}

static void digits(AsmText *t, bool hex)
{
	while (hex ? is_hex(at(t, 0)) : is_digit(at(t, 0)) || at(t, 0) == '_')
		t->at++;
	while (at(t, 0) == '_' || (hex && is_hex(at(t, 0))))
		t->at++;
}

/* 12, 0x1f, 0b1, 0o7, 1_000, 1.5, .5, 1e3, 0x1p-2 */
static void number(AsmText *t, AsmTok *k)
{
	size_t start = t->at;
	int base = at(t, 0) == '0' ? at(t, 1) | 32 : 0, c;
	bool hex = base == 'x', flt = false;

	if (at(t, 0) != '.' && plain_number(t, k))
		return;
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
	token(t, k, flt ? TOK_FLOAT : TOK_INT, start);
}

static void quoted(AsmText *t, AsmTok *k, int q)
{
	size_t start = t->at++;

	*k = (AsmTok){0};
	while (at(t, 0) != q) {
		if (at(t, 0) < 0 || at(t, 0) == '\n') {
			t->why = q == '"' ? "literal not terminated" :
				"rune literal not terminated";
			return;
		}
		t->at += at(t, 0) == '\\' && at(t, 1) >= 0 ? 2 : 1;
	}
	t->at++;
	token(t, k, q == '"' ? TOK_STRING : TOK_CHAR, start);
}

/* Behind the / of a comment. true: it is one, skipped; *build: it is a
 * //go:build line. */
static bool comment(AsmText *t, bool *build)
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
		t->why = "comment not terminated";
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

static void punctuation(AsmText *t, AsmTok *k, int c)
{
	size_t start = t->at++;

	for (size_t i = 0; i < NELEM(pairs); i++)
		if (c == pairs[i].first && at(t, 0) == pairs[i].second) {
			t->at++;
			c = pairs[i].kind;
			break;
		}
	token(t, k, c, start);
}

static void bad_character(AsmText *t, AsmTok *k)
{
	*k = (AsmTok){0};
	t->why = "a character that no instruction has";
}

/* What does not begin with a letter, a digit, or is ALONE. */
static void other(AsmText *t, AsmTok *k)
{
	int c = at(t, 0);

	if (c < 0)
		*k = (AsmTok){.kind = TOK_EOF, .text = view_str("EOF")};
	else if (c >= 0x80 && letter(t))
		identifier(t, k);
	else if (c == '.' && is_digit(at(t, 1)))
		number(t, k);
	else if (c == '"' || c == '\'')
		quoted(t, k, c);
	else if (c == 0 || c >= 0x80)
		bad_character(t, k);
	else
		punctuation(t, k, c);
}

void asm_scan(AsmText *t, AsmTok *k)
{
	const u8 *p = t->text.p;
	size_t n = t->text.n, i = t->at;
	bool build = false;
	u8 class;

	for (;; i = t->at) {
		while (i < n && class_of[p[i]] & BLANK)
			i++;
		t->at = i;
		class = i < n ? class_of[p[i]] : 0;
		if (class & ALONE) {
			t->at++;
			t->line += p[i] == '\n';
			*k = (AsmTok){.kind = p[i], .text = {p + i, 1}};
			return;
		}
		if (class & LETTER) {
			identifier(t, k);
			return;
		}
		if (at(t, 0) != '/' || !comment(t, &build))
			break;
		if (t->why || build) {
			*k = (AsmTok){.kind = build ? TOK_BUILD : 0};
			return;
		}
	}
	if (class & DIGIT)
		number(t, k);
	else
		other(t, k);
}

/* ---- most of a line ------------------------------------------------------ */

/* Does the byte behind p make one token of both? */
static bool joins(const u8 *p)
{
	return *p == '<' ? p[1] == '<' : *p == '.' ? is_digit(p[1]) :
		p[1] == '>';
}

/* Behind a number that is plain, NULL if it is not. */
static const u8 *plain_end(const u8 *p)
{
	if (p[0] == '0' && (p[1] | 32) == 'x')
		for (p += 2; is_hex(*p); p++)
			;
	else
		while (class_of[*p] & DIGIT)
			p++;
	return class_of[*p] & LETTER || *p == '.' ? NULL : p;
}

/* Behind a comment to the end of the line; NULL if it is something else. */
static const u8 *comment_end(const AsmText *t, const u8 *p)
{
	if (p[0] != '/' || p[1] != '/' || p[2] == 'g')
		return NULL;
	return t->text.p + view_index(t->text, (size_t)(p - t->text.p),
				      '\n');
}

u32 asm_scan_run(AsmLex *l, AsmText *t, AsmTok *k, u32 max)
{
	const u8 *p = t->text.p + t->at, *q = p;
	AsmTok *first = k, *last = k + max;
	AsmWord *w;

	for (; q && k < last; p = q ? q : p) {
		u8 class = class_of[*p];

		q = p + 1;
		if (class & BLANK)
			continue;
		if (class & LETTER) {
			while (class_of[*q] & (LETTER | DIGIT))
				q++;
			w = *q >= 0x80 ? NULL : asm_word_fast(t->words,
				(View){p, (size_t)(q - p)}, 8);
			if (w && w->macro)
				w = asm_macro_alias(l, w);
			if (!w)
				break;
			*k++ = (AsmTok){TOK_IDENT, 0, w->text, w};
		} else if ((class & (ALONE | LOUD)) == ALONE ||
			   (class & FIRST && !joins(p))) {
			*k++ = (AsmTok){*p, 0, {p, 1}, NULL};
			if (*p == '\n') {
				t->line++;
				p = q;
				break;
			}
		} else if (class & DIGIT) {
			q = plain_end(p);
			if (q)
				*k++ = (AsmTok){TOK_INT, 0,
					{p, (size_t)(q - p)}, NULL};
		} else {
			q = comment_end(t, p);
		}
	}
	t->at = (size_t)(p - t->text.p);
	return (u32)(k - first);
}
