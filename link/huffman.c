/*
 * Huffman codes for deflate, with Go's choices where several codes are as
 * short: the counts of each length are those of package-merge with a package
 * before a leaf of the same weight; the rarer symbols get the longer codes,
 * of two equally frequent ones the lower number.
 *
 * Source: compress/flate/huffman_code.go; RFC 1951 3.2.2. The algorithm is
 * that of Larmore and Hirschberg, "A fast algorithm for optimal length-limited
 * Huffman codes", 1990.
 */
#include "link/link.h"

enum { NITEM = 2 * NLIT, NONE = 1 << 30 };

/* Sorts the used symbols by frequency, then by number: the keys have the
 * frequency (16 bits) above the symbol. */
static unsigned sort_symbols(const u32 *freq, unsigned nsym, u32 *key)
{
	u32 tmp[NLIT], *from = tmp, *to = key;
	unsigned n = 0;

	for (u32 i = 0; i < nsym; i++)
		if (freq[i])
			tmp[n++] = freq[i] << 16 | i;
	for (unsigned shift = 16; shift < 32; shift += 8) {
		u16 at[257] = {0};
		u32 *swap = from;

		for (unsigned i = 0; i < n; i++)
			at[(from[i] >> shift & 255) + 1]++;
		for (unsigned i = 1; i < 256; i++)
			at[i] = (u16)(at[i] + at[i - 1]);
		for (unsigned i = 0; i < n; i++)
			to[at[from[i] >> shift & 255]++] = from[i];
		from = to;
		to = swap;
	}
	memcpy(key, from, n * sizeof *key);
	return n;
}

/* Merges nitem items, ascending: the n leaves and the pairs of neighbours in
 * below, a pair first when both weigh the same. nleaf[k] becomes the number
 * of leaves among the first k. leaf[n], and what below has not got yet, is
 * NONE. */
static void merge(const u32 *leaf, const u32 *below, u32 *item, u16 *nleaf,
		  unsigned nitem)
{
	unsigned i = 0, j = 0;

	nleaf[0] = 0;
	for (unsigned k = 0; k < nitem; k++) {
		u32 pair = below[2 * j] + below[2 * j + 1];
		bool take = leaf[i] < pair;

		item[k] = take ? leaf[i] : pair;
		i += take;
		j += !take;
		nleaf[k + 1] = (u16)i;
	}
}

static void fill_none(u32 *item, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		item[i] = NONE;
}

/*
 * Huffman's algorithm: below is item itself. The leaves at depth d or more
 * are those among the first 2 * p items, where p is the number of pairs
 * among the items for d - 1. count[d] becomes the number of codes of length
 * d; false if one would be longer than max.
 */
static bool huffman_counts(const u32 *leaf, unsigned n, unsigned max,
			   u32 *count)
{
	u32 item[NITEM + 2];
	u16 nleaf[NITEM + 2];
	unsigned at = 2 * n - 2, next, depth;

	fill_none(item, 2 * n + 2);
	merge(leaf, item, item, nleaf, at);
	for (depth = 1; at && depth <= max; depth++) {
		next = 2 * (at - nleaf[at]);
		count[depth] = (u32)nleaf[at] - nleaf[next];
		at = next;
	}
	for (; depth <= max; depth++)
		count[depth] = 0;
	return !at;
}

/*
 * The same with a limit on the length: package-merge. Pairs come from a list
 * of their own for each length. Go always computes it so; but as long as no
 * code reaches the limit the lists agree as far as they are used, and all
 * are the one list that Huffman's algorithm makes.
 */
static void limited_counts(const u32 *leaf, unsigned n, unsigned max,
			   u32 *count)
{
	u32 item[2][NITEM + 2];
	u16 nleaf[MAXBITS + 1][NITEM + 1];
	unsigned nbelow = 0, at = 2 * n - 2, next;

	fill_none(item[0], 2 * n + 2);
	for (unsigned l = 1; l <= max; l++) {
		unsigned nitem = n + nbelow / 2;

		if (nitem > at)
			nitem = at;
		fill_none(item[l & 1], 2 * n + 2);
		merge(leaf, item[!(l & 1)], item[l & 1], nleaf[l], nitem);
		nbelow = nitem;
	}
	for (unsigned l = max, depth = 1; l > 0; l--, depth++) {
		next = 2 * (at - nleaf[l][at]);
		count[depth] = nleaf[l][at];
		if (l > 1)
			count[depth] -= nleaf[l - 1][next];
		at = next;
	}
}

/* Canonical codes (RFC 1951 3.2.2): of each length, by symbol. */
static void assign(const u8 *len, unsigned nsym, const u32 *count, Code *code)
{
	u32 next[MAXBITS + 1], c = 0;

	for (unsigned i = 1; i <= MAXBITS; i++) {
		c <<= 1;
		next[i] = c;
		c += count[i];
	}
	for (unsigned i = 0; i < nsym; i++) {
		unsigned n = len[i];
		u32 v;

		code[i] = 0;
		if (!n)
			continue;
		v = next[n]++ << (16 - n);
		v = (v & 0x5555) << 1 | (v >> 1 & 0x5555);
		v = (v & 0x3333) << 2 | (v >> 2 & 0x3333);
		v = (v & 0x0f0f) << 4 | (v >> 4 & 0x0f0f);
		v = (v & 0x00ff) << 8 | v >> 8;
		code[i] = v << 8 | n;
	}
}

/* The codes of nsym symbols, of at most max bits. */
void huffman_codes(const u32 *freq, unsigned nsym, unsigned max, Code *code)
{
	u32 key[NLIT], leaf[NLIT + 1], count[MAXBITS + 1] = {0};
	u8 len[NLIT] = {0};
	unsigned n = sort_symbols(freq, nsym, key), i = n;

	for (unsigned k = 0; k < n; k++)
		leaf[k] = key[k] >> 16;
	leaf[n] = NONE;
	if (n <= 2)
		count[1] = n;
	else if (!huffman_counts(leaf, n, max, count))
		limited_counts(leaf, n, max, count);
	for (unsigned l = 1; l <= max; l++)
		for (u32 k = 0; k < count[l]; k++)
			len[key[--i] & 0xffff] = (u8)l;
	assign(len, nsym, count, code);
}

/* RFC 1951 3.2.6. */
void huffman_fixed(Code *lit, Code *off)
{
	u32 count[MAXBITS + 1] = {[7] = 24, [8] = 152, [9] = 112};
	u32 off_count[MAXBITS + 1] = {[5] = 32};
	u8 len[NLIT], off_len[NOFF];

	for (unsigned i = 0; i < NLIT; i++)
		len[i] = i < 144 ? 8 : i < EOB ? 9 : i < 280 ? 7 : 8;
	memset(off_len, 5, sizeof off_len);
	assign(len, NLIT, count, lit);
	assign(off_len, NOFF, off_count, off);
}
