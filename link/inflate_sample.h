/*
 * For tests: undoes zlib_deflate, as plainly as it can be done (RFC 1950,
 * RFC 1951), and makes inputs.
 */
#ifndef INFLATE_SAMPLE_H
#define INFLATE_SAMPLE_H

#include "link/link.h"

typedef struct {
	View in;
	size_t bit;
	u8 *out;
	size_t n, cap;
	unsigned nblock[3];	/* of each type */
	bool bad;
} Inflate;

static u32 inflate_bits(Inflate *z, unsigned n)
{
	u32 v = 0;

	for (unsigned i = 0; i < n; i++, z->bit++) {
		if (z->bit / 8 >= z->in.n) {
			z->bad = true;
			return 0;
		}
		v |= (u32)(z->in.p[z->bit / 8] >> z->bit % 8 & 1) << i;
	}
	return v;
}

/* A Huffman code: how many symbols have each length, and all of them by
 * length. */
typedef struct {
	u32 count[MAXBITS + 1];
	u16 sym[288];
} InflateCode;

static void inflate_code(InflateCode *c, const u8 *len, unsigned nsym)
{
	unsigned n = 0;

	*c = (InflateCode){0};
	for (unsigned l = 1; l <= MAXBITS; l++)
		for (unsigned i = 0; i < nsym; i++)
			if (len[i] == l) {
				c->count[l]++;
				c->sym[n++] = (u16)i;
			}
}

/* The next symbol, bit by bit. */
static unsigned inflate_symbol(Inflate *z, const InflateCode *c)
{
	u32 code = 0, first = 0, at = 0;

	for (unsigned l = 1; l <= MAXBITS; l++) {
		code = code << 1 | inflate_bits(z, 1);
		first <<= 1;
		if (code - first < c->count[l])
			return c->sym[at + code - first];
		first += c->count[l];
		at += c->count[l];
	}
	z->bad = true;
	return EOB;
}

static void inflate_put(Inflate *z, u8 c)
{
	if (z->n == z->cap)
		z->bad = true;
	else
		z->out[z->n++] = c;
}

/* A code's base and extra bits; step codes each. */
static u32 inflate_extra(Inflate *z, unsigned code, unsigned step)
{
	unsigned n = code < 2 * step ? 0 : code / step - 1;
	u32 base = code < 2 * step ? code : (step + code % step) << n;

	return base + inflate_bits(z, n);
}

static void inflate_codes(Inflate *z, const u8 *lit, unsigned nlit,
			  const u8 *off, unsigned noff)
{
	InflateCode lc, oc;

	inflate_code(&lc, lit, nlit);
	inflate_code(&oc, off, noff);
	while (!z->bad) {
		unsigned s = inflate_symbol(z, &lc);
		size_t len, d;

		if (s == EOB)
			return;
		if (s < EOB) {
			inflate_put(z, (u8)s);
			continue;
		}
		len = s == 285 ? 258 : 3 + inflate_extra(z, s - 257, 4);
		d = 1 + inflate_extra(z, inflate_symbol(z, &oc), 2);
		z->bad |= d > z->n;
		for (; len && !z->bad; len--)
			inflate_put(z, z->out[z->n - d]);
	}
}

static void inflate_stored(Inflate *z)
{
	u32 n;

	z->bit = (z->bit + 7) & ~(size_t)7;
	n = inflate_bits(z, 16);
	z->bad |= inflate_bits(z, 16) != (~n & 0xffff);
	for (; n && !z->bad; n--)
		inflate_put(z, (u8)inflate_bits(z, 8));
}

static void inflate_fixed(Inflate *z)
{
	u8 lit[288], off[30];

	for (unsigned i = 0; i < 288; i++)
		lit[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
	memset(off, 5, sizeof off);
	inflate_codes(z, lit, 288, off, 30);
}

static void inflate_dynamic(Inflate *z)
{
	static const u8 order[] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4,
				   12, 3, 13, 2, 14, 1, 15};
	u8 gen[19] = {0}, len[320 + 138] = {0};
	unsigned nlit = 257 + inflate_bits(z, 5), n = 0;
	unsigned noff = 1 + inflate_bits(z, 5), ngen = 4 + inflate_bits(z, 4);
	InflateCode c;

	for (unsigned i = 0; i < ngen; i++)
		gen[order[i]] = (u8)inflate_bits(z, 3);
	inflate_code(&c, gen, 19);
	z->bad |= nlit > 288;
	while (n < nlit + noff && !z->bad) {
		unsigned s = inflate_symbol(z, &c), run = 1;
		u8 l = s < 16 ? (u8)s : s == 16 && n ? len[n - 1] : 0;

		if (s >= 16)
			run = s == 16 ? 3 + inflate_bits(z, 2) :
			      s == 17 ? 3 + inflate_bits(z, 3) :
			      11 + inflate_bits(z, 7);
		while (run--)
			len[n++] = l;
	}
	z->bad |= n != nlit + noff;
	if (!z->bad)
		inflate_codes(z, len, nlit, len + nlit, noff);
}

static u32 inflate_adler(const u8 *p, size_t n)
{
	u32 a = 1, b = 0;

	for (; n; n--) {
		a = (a + *p++) % 65521;
		b = (b + a) % 65521;
	}
	return b << 16 | a;
}

/* Writes what in was made of to z->out; false if in is damaged. */
static bool inflate(Inflate *z, View in, u8 *out, size_t cap)
{
	bool last = false;
	u32 type;

	*z = (Inflate){in, 16, out, 0, cap, {0}, false};
	if (in.n < 6 || ld16(in.p, true) % 31 || (in.p[0] & 15) != 8)
		return false;
	while (!last && !z->bad) {
		last = inflate_bits(z, 1);
		type = inflate_bits(z, 2);
		if (type > 2)
			return false;
		z->nblock[type]++;
		if (type == 0)
			inflate_stored(z);
		else if (type == 1)
			inflate_fixed(z);
		else
			inflate_dynamic(z);
	}
	return !z->bad && (z->bit + 7) / 8 + 4 == in.n &&
	       ld32(in.p + in.n - 4, true) == inflate_adler(out, z->n);
}

/* Random numbers that are the same everywhere. */
static u32 sample_random(u32 *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

#endif
