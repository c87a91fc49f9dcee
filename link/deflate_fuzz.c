/*
 * zlib_deflate: whatever goes in comes back out, in no more than zlib_bound
 * bytes. The fuzzer's bytes are orders for making an input that is long
 * enough to have several blocks: see make_input.
 */
#include <stdlib.h>

#include "link/inflate_sample.h"

enum { MAXINPUT = 5 * DEFLATE_BLOCK + 1000 };

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* An order is 4 bytes: what (its low 2 bits), how many (2 bytes), and a
 * number; a literal order is followed by its bytes. */
static size_t make_input(Cursor *c, u8 *p)
{
	size_t n = 0;

	while (!c->err && c->off < c->v.n) {
		u8 what = cur_u8(c);
		size_t len = cur_u16(c);
		u32 arg = cur_u8(c), r = arg + 1;
		View lit = view_of(p, 0);

		if (what % 4 == 0)
			lit = cur_bytes(c, len % 64);
		if (what % 4 == 0)
			len = lit.n;
		for (; len && n < MAXINPUT; len--, n++)
			p[n] = what % 4 == 0 ? lit.p[lit.n - len] :
			       what % 4 == 1 ? (u8)arg :
			       what % 4 == 2 ? (u8)sample_random(&r) :
			       n > arg * 129 ? p[n - 1 - arg * 129] : what;
	}
	return n;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	Cursor c = cursor(view_of(data, size), false);
	u8 *in = xrealloc(NULL, MAXINPUT), *out;
	Arena a = {0};
	Inflate z;
	size_t n = make_input(&c, in), len;

	out = xrealloc(NULL, zlib_bound(n) + n);
	len = zlib_deflate(arena_alloc(&a, sizeof(Zlib)), view_of(in, n), out);
	if (len > zlib_bound(n) ||
	    !inflate(&z, view_of(out, len), out + zlib_bound(n), n) ||
	    z.n != n || memcmp(z.out, in, n) != 0)
		abort();
	free(in);
	free(out);
	arena_free(&a);
	return 0;
}
