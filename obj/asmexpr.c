/*
 * The tokens of an operand, and the constants made of them.
 *
 *   expr   = term { ('+' | '-' | '|' | '^') term }
 *   term   = factor { ('*' | '/' | '%' | '>>' | '<<' | '&') factor }
 *   factor = constant | ('+' | '-' | '~') factor | '(' expr ')'
 *
 * in 64 bits without sign. Parentheses are counted, since each costs a call.
 *
 * Source: expr in cmd/asm/internal/asm/parse.go
 */
#include <stdlib.h>

#include "obj/asmlex.h"

enum { MAX_NESTING = 200 };

#define BAD(in, ...) asm_parse_error((in)->ctx->parser, __VA_ARGS__)

/* ---- tokens ----------------------------------------------------------- */

static void unexpected(AsmIn *in, const char *name)
{
	AsmTok t = asm_next(in);

	BAD(in, "expected %s, found %.*s", name, (int)t.text.n,
	    (const char *)t.text.p);
}

AsmTok asm_get(AsmIn *in, int kind)
{
	char buf[8];

	if (asm_peek(in) != kind)
		unexpected(in, asm_tok_name(kind, buf));
	return asm_next(in);
}

void asm_expect_end(AsmIn *in)
{
	if (asm_peek(in) != TOK_EOF)
		unexpected(in, "end of operand");
}

bool asm_have(const AsmIn *in, int kind)
{
	for (u32 i = in->pos; i < in->n; i++)
		if (in->tok[i].kind == kind)
			return true;
	return false;
}

/* ---- numbers ------------------------------------------------------------ */

static int digit(u8 c)
{
	return c >= '0' && c <= '9' ? c - '0' :
		(c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : 99;
}

static bool to_u64(View v, u64 *x)
{
	int base = 10;
	size_t i = 0;

	*x = 0;
	if (v.n > 1 && v.p[0] == '0') {
		int c = v.p[1] | 32;

		base = c == 'x' ? 16 : c == 'b' ? 2 : 8;
		i = c == 'x' || c == 'b' || c == 'o' ? 2 : 1;
	}
	if (i == v.n)
		return false;
	for (; i < v.n; i++) {
		int d = digit(v.p[i]);

		if (v.p[i] == '_')
			continue;
		if (d >= base || __builtin_mul_overflow(*x, (u64)base, x) ||
		    __builtin_add_overflow(*x, (u64)d, x))
			return false;
	}
	return true;
}

u64 asm_atoi(AsmIn *in, View v)
{
	u64 x;

	if (to_u64(v, &x))
		return x;
	BAD(in, "%.*s is no number of 64 bits", (int)v.n, (const char *)v.p);
	return 0;
}

/* Number of digits behind \x, \u, \U; 3 for octal. */
static size_t escape_len(u8 c)
{
	return c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
}

static bool escaped(View v, u64 *x)
{
	static const char from[] = "abfnrtv\\'\"", to[] = "\a\b\f\n\r\t\v\\'\"";
	const char *s = v.n == 2 ? strchr(from, v.p[1]) : NULL;
	size_t n = v.n > 2 ? escape_len(v.p[1]) : 0, at = n ? 2 : 1;
	int base = n ? 16 : 8;

	*x = 0;
	if (s && v.p[1]) {
		*x = (u64)to[s - from];
		return true;
	}
	if (v.n != at + (n ? n : 3))
		return false;
	for (; at < v.n; at++) {
		if (digit(v.p[at]) >= base)
			return false;
		*x = *x * (u64)base + (u64)digit(v.p[at]);
	}
	return *x <= 0x10ffff;
}

static bool utf8(View v, u64 *x)
{
	size_t n = v.p[0] < 0x80 ? 1 : v.p[0] < 0xe0 ? 2 : v.p[0] < 0xf0 ? 3 :
		4;

	if (v.n != n)
		return false;
	*x = n == 1 ? v.p[0] : v.p[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((v.p[i] & 0xc0) != 0x80)
			return false;
		*x = *x << 6 | (v.p[i] & 0x3f);
	}
	return true;
}

static u64 character(AsmIn *in, View quoted)
{
	View v;
	u64 x = 0;

	view_sub(quoted, 1, quoted.n - 2, &v);
	if (v.n == 0 || !(v.p[0] == '\\' ? escaped(v, &x) : utf8(v, &x)))
		BAD(in, "%.*s is no character", (int)quoted.n,
		    (const char *)quoted.p);
	return x;
}

/* ---- expressions ---------------------------------------------------------- */

static u64 expr(AsmIn *in, int depth);

static u64 factor(AsmIn *in, int depth)
{
	AsmTok t = asm_next(in);
	u64 v;

	if (depth > MAX_NESTING) {
		BAD(in, "an expression nested too deep");
		in->pos = in->n;
		return 0;
	}
	switch (t.kind) {
	case TOK_INT: return asm_atoi(in, t.text);
	case TOK_CHAR: return character(in, t.text);
	case '+': return factor(in, depth + 1);
	case '-': return -factor(in, depth + 1);
	case '~': return ~factor(in, depth + 1);
	case '(':
		v = expr(in, depth + 1);
		if (asm_next(in).kind != ')')
			BAD(in, "missing closing paren");
		return v;
	}
	BAD(in, "unexpected %.*s evaluating expression", (int)t.text.n,
	    (const char *)t.text.p);
	return 0;
}

static u64 divide(AsmIn *in, u64 a, u64 b, bool modulo)
{
	if ((i64)a < 0)
		BAD(in, "%s of value with high bit set",
		    modulo ? "modulo" : "divide");
	if (b == 0) {
		BAD(in, modulo ? "modulo by zero" : "division by zero");
		return a;
	}
	return modulo ? a % b : a / b;
}

static u64 shift(AsmIn *in, u64 a, u64 n, bool right)
{
	if ((i64)n < 0)
		BAD(in, "negative %s shift count", right ? "right" : "left");
	if (right && (i64)a < 0)
		BAD(in, "right shift of value with high bit set");
	return n > 63 ? 0 : right ? a >> n : a << n;
}

/* << ends a term, and what follows >> is one of its own: as in Go. */
static u64 term(AsmIn *in, int depth)
{
	u64 v = factor(in, depth);

	for (;;)
		switch (asm_peek(in)) {
		case '*': asm_next(in); v *= factor(in, depth); break;
		case '&': asm_next(in); v &= factor(in, depth); break;
		case '/':
			asm_next(in);
			v = divide(in, v, factor(in, depth), false);
			break;
		case '%':
			asm_next(in);
			v = divide(in, v, factor(in, depth), true);
			break;
		case TOK_LSH:
			asm_next(in);
			return shift(in, v, factor(in, depth), false);
		case TOK_RSH:
			asm_next(in);
			if (depth > MAX_NESTING)
				return v;
			v = shift(in, v, term(in, depth + 1), true);
			break;
		default: return v;
		}
}

static u64 expr(AsmIn *in, int depth)
{
	u64 v = term(in, depth);

	for (;;)
		switch (asm_peek(in)) {
		case '+': asm_next(in); v += term(in, depth); break;
		case '-': asm_next(in); v -= term(in, depth); break;
		case '|': asm_next(in); v |= term(in, depth); break;
		case '^': asm_next(in); v ^= term(in, depth); break;
		default: return v;
		}
}

u64 asm_expr(AsmIn *in)
{
	return expr(in, 0);
}

static double number(AsmIn *in, View v)
{
	char buf[400];
	size_t n = 0;
	char *end;
	double d;

	for (size_t i = 0; i < v.n && n + 1 < sizeof buf; i++)
		if (v.p[i] != '_')
			buf[n++] = (char)v.p[i];
	buf[n] = 0;
	d = strtod(buf, &end);
	if (*end || n + 1 == sizeof buf || d - d != 0)
		BAD(in, "%.40s is no float64", buf);
	return d;
}

/* constant | ('-' | '+') floatexpr | '(' floatexpr ')'. No recursion is
 * needed: signs and parentheses only stand in front. */
double asm_float_expr(AsmIn *in)
{
	bool neg = false;
	u32 open = 0;
	double d;
	AsmTok t;

	for (t = asm_next(in); t.kind == '(' || t.kind == '+' ||
	     t.kind == '-'; t = asm_next(in)) {
		open += t.kind == '(';
		neg ^= t.kind == '-';
	}
	if (t.kind != TOK_FLOAT) {
		BAD(in, "unexpected %.*s evaluating float expression",
		    (int)t.text.n, (const char *)t.text.p);
		return 0;
	}
	d = number(in, t.text);
	for (; open > 0; open--)
		if (asm_next(in).kind != ')') {
			BAD(in, "missing closing paren");
			break;
		}
	return neg ? -d : d;
}
