/* The words of textual objects; text.c describes the language. */
#include <stdlib.h>

#include "obj/textparse.h"

static View tail(View v, size_t n)
{
	view_sub(v, n, v.n - n, &v);
	return v;
}

void text_error(Parser *p, const char *fmt, ...)
{
	char msg[400];
	va_list ap;

	if (p->res->errors++ >= TEXT_MAX_ERRORS)
		return;
	va_start(ap, fmt);
	vsnprintf(msg, sizeof msg, fmt, ap);
	va_end(ap);
	buf_printf(&p->res->messages, "%s:%u: ", p->file, p->lineno);
	buf_text(&p->res->messages, view_str(msg));
	buf_str(&p->res->messages, "\n");
}

/* ---- words --------------------------------------------------------- */

static bool blank(u8 c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Where the string that begins v ends, behind its quote. */
static size_t string_end(View v)
{
	for (size_t i = 1; i < v.n; i++) {
		if (v.p[i] == '\\' && i + 1 < v.n)
			i++;
		else if (v.p[i] == '"')
			return i + 1;
	}
	return v.n;
}

bool text_word(Parser *p, View *w)
{
	View v = p->line;
	size_t n = 0;

	while (n < v.n && blank(v.p[n]))
		n++;
	v = tail(v, n);
	p->line = v;
	if (v.n == 0 || view_prefix(v, "//"))
		return false;
	n = v.p[0] == '"' ? string_end(v) : 0;
	while (n < v.n && !blank(v.p[n]))
		n++;
	view_sub(v, 0, n, w);
	p->line = tail(v, n);
	return true;
}

bool text_need(Parser *p, View *w, const char *what)
{
	if (text_word(p, w))
		return true;
	text_error(p, "%s expected", what);
	return false;
}

/* ---- numbers ------------------------------------------------------- */

bool text_parse_number(View w, i64 *x)
{
	char buf[32], *end;

	if (w.n == 0 || w.n >= sizeof buf ||
	    !(w.p[0] == '-' || (w.p[0] >= '0' && w.p[0] <= '9')))
		return false;
	memcpy(buf, w.p, w.n);
	buf[w.n] = 0;
	*x = buf[0] == '-' ? strtoll(buf, &end, 0) :
		(i64)strtoull(buf, &end, 0);
	return *end == 0;
}

bool text_number(Parser *p, i64 *x, i64 min, i64 max)
{
	View w;

	if (!text_need(p, &w, "number"))
		return false;
	if (text_parse_number(w, x) && *x >= min && *x <= max)
		return true;
	text_error(p, "%.*s is no number from %lld to %lld", (int)w.n,
		   (const char *)w.p, (long long)min, (long long)max);
	return false;
}

static int hex_digit(u8 c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool add_hex(Parser *p, Buf *b, View w)
{
	for (size_t i = 0; i < w.n; i += 2) {
		int hi = hex_digit(w.p[i]);
		int lo = i + 1 < w.n ? hex_digit(w.p[i + 1]) : -1;
		u8 x;

		if (hi < 0 || lo < 0) {
			text_error(p, "hexadecimal bytes expected");
			return false;
		}
		x = (u8)(hi << 4 | lo);
		buf_add(b, view_of(&x, 1));
	}
	return true;
}

bool text_hex(Parser *p, Buf *b)
{
	View w;

	while (text_word(p, &w))
		if (!add_hex(p, b, w))
			return false;
	return true;
}

bool text_hex_field(Parser *p, u8 *dst, size_t n)
{
	Buf b = {0};
	bool good = false;
	View w;

	if (text_need(p, &w, "bytes") && add_hex(p, &b, w)) {
		good = b.n == n;
		if (good)
			memcpy(dst, b.p, n);
		else
			text_error(p, "%zu bytes expected", n);
	}
	buf_free(&b);
	return good;
}

/* ---- names --------------------------------------------------------- */

static bool unquoted(Parser *p, View w, View *s)
{
	u8 *dst = arena_alloc(&p->arena, w.n + 1);
	size_t n;

	if (!go_unquote(w, dst, &n)) {
		text_error(p, "not a Go string");
		return false;
	}
	*s = view_of(dst, n);
	return true;
}

bool text_string(Parser *p, View *s)
{
	if (!text_need(p, s, "name or string"))
		return false;
	return s->p[0] != '"' || unquoted(p, *s, s);
}

static bool parse_abi(View w, u16 *abi)
{
	i64 x = SymABIstatic;

	if (w.n > 2) {
		View digits;

		view_sub(w, 1, w.n - 2, &digits);
		if (!text_parse_number(digits, &x) || x < 0 || x > 0xffff)
			return false;
	}
	*abi = (u16)x;
	return w.n >= 2 && w.p[w.n - 1] == '>';
}

bool text_split(Parser *p, View w, View *name, u16 *abi)
{
	size_t n = w.n && w.p[0] == '"' ? string_end(w) :
		view_index(w, 0, '<');

	*abi = SymABI0;
	if (n < w.n && (w.p[n] != '<' || !parse_abi(tail(w, n), abi))) {
		text_error(p, "<ABI> expected behind the name");
		return false;
	}
	view_sub(w, 0, n, name);
	return w.p[0] != '"' || unquoted(p, *name, name);
}

bool text_name(Parser *p, View *name, u16 *abi)
{
	View w;

	return text_need(p, &w, "symbol name") &&
		text_split(p, w, name, abi);
}

/* Relocation types have this tag in the map of words, kinds have 0. */
enum { RELOCTYPE = 1 };

static void add_term(Parser *p, const char *name, u64 tag, u64 x)
{
	bool fresh;
	MapSlot *m;

	if (!name)
		return;
	m = map_put(&p->terms, view_str(name), tag, &fresh);
	if (fresh)
		m->val.n = x;
}

void text_terms(Parser *p)
{
	Release r = p->obj.release;

	for (unsigned i = 0; i < 256; i++) {
		add_term(p, symkind_name(r, i), 0, i);
		add_term(p, reloc_name(r, i), RELOCTYPE, i);
		add_term(p, reloc_name(r, i | 0x8000), RELOCTYPE, i | 0x8000);
	}
}

/* A term, else a number. */
static bool term(const Parser *p, View w, u64 tag, i64 max, u16 *x)
{
	const MapSlot *m = map_get(&p->terms, w, tag);
	i64 n;

	if (m)
		n = (i64)m->val.n;
	else if (!text_parse_number(w, &n) || n < 0 || n > max)
		return false;
	*x = (u16)n;
	return true;
}

bool text_kind(Parser *p, u8 *kind)
{
	View w;
	u16 x;

	if (!text_need(p, &w, "symbol kind"))
		return false;
	if (!term(p, w, 0, 255, &x)) {
		text_error(p, "%.*s is no symbol kind of this release",
			   (int)w.n, (const char *)w.p);
		return false;
	}
	*kind = (u8)x;
	return true;
}

bool text_reloctype(Parser *p, u16 *type)
{
	static const char weak[] = "|weak";
	View w, base;

	if (!text_need(p, &w, "relocation type"))
		return false;
	if (term(p, w, RELOCTYPE, 0xffff, type))
		return true;
	if (view_suffix(w, weak)) {
		view_sub(w, 0, w.n - sizeof weak + 1, &base);
		if (term(p, base, RELOCTYPE, 0x7fff, type)) {
			*type |= 0x8000;
			return true;
		}
	}
	text_error(p, "%.*s is no relocation type of this release", (int)w.n,
		   (const char *)w.p);
	return false;
}
