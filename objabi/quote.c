/*
 * Go string literals, as strconv.Quote writes them and strconv.Unquote
 * reads them: build settings and importcfg lines hold them.
 */
#include "objabi/objabi.h"

static int hexval(u8 c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static size_t put_rune(u8 *dst, u32 r)
{
	if (r < 0x80) {
		dst[0] = (u8)r;
		return 1;
	}
	if (r < 0x800) {
		dst[0] = (u8)(0xc0 | r >> 6);
		dst[1] = (u8)(0x80 | (r & 0x3f));
		return 2;
	}
	if (r < 0x10000) {
		dst[0] = (u8)(0xe0 | r >> 12);
		dst[1] = (u8)(0x80 | (r >> 6 & 0x3f));
		dst[2] = (u8)(0x80 | (r & 0x3f));
		return 3;
	}
	dst[0] = (u8)(0xf0 | r >> 18);
	dst[1] = (u8)(0x80 | (r >> 12 & 0x3f));
	dst[2] = (u8)(0x80 | (r >> 6 & 0x3f));
	dst[3] = (u8)(0x80 | (r & 0x3f));
	return 4;
}

static bool digits(Cursor *c, int n, int base, u32 *r)
{
	*r = 0;
	for (int i = 0; i < n; i++) {
		int d = hexval(cur_u8(c));

		if (c->err || d < 0 || d >= base)
			return false;
		*r = *r * (u32)base + (u32)d;
	}
	return true;
}

/* What follows a backslash. An escape is never shorter than the bytes it
 * stands for (\u0000 is six for three), so dst cannot overflow. */
static bool escape(Cursor *c, u8 *dst, size_t *n)
{
	static const char from[] = "abfnrtv\\\"'", to[] = "\a\b\f\n\r\t\v\\\"'";
	u8 e = cur_u8(c);
	const char *q = e ? strchr(from, e) : NULL;
	u32 r;

	if (q) {
		dst[(*n)++] = (u8)to[q - from];
		return e != '\'';	/* not within double quotes */
	}
	if (e == 'x') {
		if (!digits(c, 2, 16, &r))
			return false;
		dst[(*n)++] = (u8)r;
		return true;
	}
	if (e == 'u' || e == 'U') {
		if (!digits(c, e == 'u' ? 4 : 8, 16, &r) || r > 0x10ffff ||
		    (r >= 0xd800 && r < 0xe000))
			return false;
		*n += put_rune(dst + *n, r);
		return true;
	}
	if (e < '0' || e > '7')
		return false;
	c->off--;
	if (!digits(c, 3, 8, &r) || r > 255)
		return false;
	dst[(*n)++] = (u8)r;
	return true;
}

static size_t unquote_raw(View s, u8 *dst)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '\r')	/* as the compiler reads `...` */
			dst[n++] = s.p[i];
	return n;
}

bool go_unquote(View s, u8 *dst, size_t *n)
{
	Cursor c;
	u8 q;

	*n = 0;
	if (s.n < 2 || s.p[0] != s.p[s.n - 1])
		return false;
	q = s.p[0];
	s = (View){s.p + 1, s.n - 2};
	if (q == '`') {
		*n = unquote_raw(s, dst);
		return view_index(s, 0, '`') == s.n;
	}
	if (q != '"')
		return false;
	for (c = cursor(s, false); c.off < s.n;) {
		u8 b = cur_u8(&c);

		if (b == '"' || b == '\n')
			return false;
		if (b != '\\')
			dst[(*n)++] = b;
		else if (!escape(&c, dst, n))
			return false;
	}
	return true;
}
