/*
 * Views and cursors: how every reader here touches bytes that it does not
 * trust. All bounds go through view_has, so there is one place where a
 * length can be compared wrongly.
 */
#include "objabi/objabi.h"

bool view_eq(View a, View b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool view_is(View v, const char *s)
{
	return view_eq(v, view_str(s));
}

bool view_prefix(View v, const char *s)
{
	size_t n = strlen(s);

	return v.n >= n && (n == 0 || memcmp(v.p, s, n) == 0);
}

bool view_suffix(View v, const char *s)
{
	size_t n = strlen(s);

	return v.n >= n && (n == 0 || memcmp(v.p + v.n - n, s, n) == 0);
}

size_t view_index(View v, size_t off, u8 c)
{
	const u8 *q;

	if (off >= v.n)
		return v.n;
	q = memchr(v.p + off, c, v.n - off);
	return q ? (size_t)(q - v.p) : v.n;
}

/* With align over 1 only every align-th place is looked at, and there the
 * first byte decides nearly always: this runs at the speed of memory. */
size_t view_find(View v, size_t off, View needle, size_t align)
{
	size_t rem = off % align;
	const u8 *q;

	if (align == 1) {
		q = off <= v.n ? memmem(v.p + off, v.n - off, needle.p,
					needle.n) : NULL;
		return q ? (size_t)(q - v.p) : v.n;
	}
	if (rem != 0)
		off += align - rem;
	for (; view_has(v, off, needle.n); off += align)
		if (v.p[off] == needle.p[0] &&
		    memcmp(v.p + off, needle.p, needle.n) == 0)
			return off;
	return v.n;
}

bool view_cstr(View v, u64 off, View *s)
{
	size_t end;

	*s = (View){v.p, 0};
	if (off >= v.n)
		return false;
	end = view_index(v, (size_t)off, 0);
	if (end == v.n)
		return false;
	return view_sub(v, off, end - off, s);
}

bool view_cstr_max(View v, u64 off, size_t max, View *s)
{
	if (off < v.n && v.n - off > max)
		v.n = (size_t)off + max + 1;
	return view_cstr(v, off, s);
}

void st32(u8 *p, u32 x, bool big)
{
	x = ld32((const u8 *)&x, big);
	memcpy(p, &x, 4);
}

void st64(u8 *p, u64 x, bool big)
{
	x = ld64((const u8 *)&x, big);
	memcpy(p, &x, 8);
}

View cur_bytes(Cursor *c, u64 n)
{
	View v;

	if (c->err || !view_sub(c->v, c->off, n, &v)) {
		c->err = true;
		return (View){c->v.p, 0};
	}
	c->off += v.n;
	return v;
}

u8 cur_u8(Cursor *c)
{
	View v = cur_bytes(c, 1);

	return v.n ? v.p[0] : 0;
}

u16 cur_u16(Cursor *c)
{
	View v = cur_bytes(c, 2);

	return v.n ? ld16(v.p, c->big) : 0;
}

u32 cur_u32(Cursor *c)
{
	View v = cur_bytes(c, 4);

	return v.n ? ld32(v.p, c->big) : 0;
}

u64 cur_u64(Cursor *c)
{
	View v = cur_bytes(c, 8);

	return v.n ? ld64(v.p, c->big) : 0;
}

u64 cur_ptr(Cursor *c, unsigned size)
{
	return size == 4 ? cur_u32(c) : cur_u64(c);
}

/* Ten bytes hold 64 bits; of the tenth only one bit may be set. */
u64 cur_uleb(Cursor *c)
{
	u64 x = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		u8 b = cur_u8(c);

		if (shift == 63 && b > 1)
			break;
		x |= (u64)(b & 0x7f) << shift;
		if (!(b & 0x80))
			return c->err ? 0 : x;
	}
	c->err = true;
	return 0;
}

i64 cur_sleb(Cursor *c)
{
	u64 x = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		u8 b = cur_u8(c);

		if (shift == 63 && b != 0 && b != 0x7f)
			break;
		x |= (u64)(b & 0x7f) << shift;
		if (b & 0x80)
			continue;
		if ((b & 0x40) && shift + 7 < 64)
			x |= ~(u64)0 << (shift + 7);
		return c->err ? 0 : (i64)x;
	}
	c->err = true;
	return 0;
}

View cur_cstr(Cursor *c)
{
	View s;

	if (c->err || !view_cstr(c->v, c->off, &s)) {
		c->err = true;
		return (View){c->v.p, 0};
	}
	c->off += s.n + 1;
	return s;
}
