/* deflate.c, deflblock.c, huffman.c; crosscheck/deflate compares with Go. */
#include "link/inflate_sample.h"
#include "objabi/test.h"

/* Compresses, looks whether it fits and comes back; the size. */
static size_t round_trip(View in, Inflate *z)
{
	Arena a = {0};
	size_t bound = zlib_bound(in.n), n;
	u8 *out = xrealloc(NULL, bound), *back = xrealloc(NULL, in.n + 1);

	n = zlib_deflate(arena_alloc(&a, sizeof(Zlib)), in, out);
	EXPECT(n <= bound);
	EXPECT(inflate(z, view_of(out, n), back, in.n + 1));
	EXPECT(view_eq(view_of(back, z->n), in));
	free(out);
	free(back);
	arena_free(&a);
	return n;
}

enum { ZERO, NOISE, HALF, WORDS, MIXED, NSTYLE };

/* n bytes; HALF needs 4 bits a byte but has no matches. MIXED changes its
 * style with every block. */
static void fill(u8 *p, size_t n, int style, u32 seed)
{
	u32 r = seed;

	for (size_t i = 0; i < n; i++) {
		size_t block = i / DEFLATE_BLOCK;
		int s = style == MIXED ? (int)(block * 7 % 4) : style;

		sample_random(&r);
		p[i] = (u8)(s == ZERO ? 0 : s == NOISE ? r >> 16 :
			    s == HALF ? r >> 28 : (u32)"DW_AT_name"[i % 10]);
		if (s == WORDS && r >> 28 == 0)
			p[i] = (u8)(r >> 20);
	}
}

TEST(empty)
{
	Inflate z;

	/* An empty fixed block, and the sum of nothing. */
	EXPECT_EQ(round_trip(view_str(""), &z), 8);
	EXPECT_EQ(z.nblock[1], 1);
	EXPECT_EQ(z.nblock[0] + z.nblock[2], 0);
}

TEST(small)
{
	u8 p[200];
	Inflate z;

	fill(p, sizeof p, WORDS, 1);
	for (size_t n = 1; n <= sizeof p; n++)
		round_trip(view_of(p, n), &z);
	/* Up to 32 bytes are stored, whatever they are. */
	round_trip(view_str("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), &z);
	EXPECT_EQ(z.nblock[0], 1);
}

TEST(edges)
{
	static const size_t at[] = {1 << 15, DEFLATE_BLOCK, 1 << 16,
				    5 * DEFLATE_BLOCK};
	u8 *p = xrealloc(NULL, 6 * DEFLATE_BLOCK);
	Inflate z;

	for (int style = 0; style < NSTYLE; style++) {
		fill(p, 6 * DEFLATE_BLOCK, style, 7);
		for (size_t i = 0; i < NELEM(at); i++)
			for (size_t d = 0; d < 3; d++)
				round_trip(view_of(p, at[i] - 1 + d), &z);
	}
	free(p);
}

/* More blocks than AGE_BLOCKS. */
TEST(long_stream)
{
	size_t n = 70 * DEFLATE_BLOCK;
	u8 *p = xrealloc(NULL, n);
	Inflate z;

	fill(p, n, MIXED, 3);
	EXPECT(round_trip(view_of(p, n), &z) < n * 5 / 8);
	EXPECT(z.nblock[0] > 10 && z.nblock[2] > 10);
	free(p);
}

/* 32 KiB is as far as a match may reach. */
TEST(distance)
{
	u8 *p = xrealloc(NULL, 3 << 15);
	Inflate z;

	fill(p, 3 << 15, NOISE, 5);
	for (size_t d = (1 << 15) - 2; d <= (1 << 15) + 1; d++) {
		for (size_t i = d; i < 3 << 15; i++)
			p[i] = p[i - d];
		round_trip(view_of(p, 3 << 15), &z);
	}
	free(p);
}

/* A Zlib keeps nothing from one use to the next. */
TEST(reuse)
{
	Arena a = {0};
	Zlib *z = arena_alloc(&a, sizeof(Zlib));
	u8 p[3000], first[4000], second[4000];
	size_t n;

	fill(p, sizeof p, WORDS, 9);
	n = zlib_deflate(z, view_of(p, sizeof p), first);
	zlib_deflate(z, view_of(p, 2000), second);
	EXPECT_EQ(zlib_deflate(z, view_of(p, sizeof p), second), n);
	EXPECT(memcmp(first, second, n) == 0);
	arena_free(&a);
}

/*
 * Package-merge, slowly: a list for each length, its items as sets of
 * leaves. The lengths that the symbols get are compared, so that a different
 * choice among equals is a failure.
 */
enum { REF_MAX = 40 };

typedef struct {
	u32 weight;
	u8 has[REF_MAX];	/* how often each leaf is in it */
	bool pack;
} RefItem;

static bool ref_before(const RefItem *a, const RefItem *b)
{
	return a->weight < b->weight ||
	       (a->weight == b->weight && a->pack && !b->pack);
}

static unsigned ref_level(const RefItem *below, unsigned nbelow,
			  const u32 *freq, unsigned n, RefItem *item)
{
	unsigned nitem = 0;

	for (unsigned i = 0; i < n; i++) {
		item[nitem] = (RefItem){.weight = freq[i]};
		item[nitem++].has[i] = 1;
	}
	for (unsigned i = 0; i + 1 < nbelow; i += 2) {
		RefItem x = {.weight = below[i].weight + below[i + 1].weight,
			     .pack = true};

		for (unsigned k = 0; k < n; k++)
			x.has[k] = (u8)(below[i].has[k] +
					below[i + 1].has[k]);
		item[nitem++] = x;
	}
	/* Insertion sort: stable, so that leaves stay in their order. */
	for (unsigned i = 1; i < nitem; i++)
		for (unsigned k = i; k && ref_before(&item[k], &item[k - 1]);
		     k--) {
			RefItem x = item[k];

			item[k] = item[k - 1];
			item[k - 1] = x;
		}
	return nitem;
}

/* len of n symbols, whose frequencies ascend. */
static void ref_lengths(const u32 *freq, unsigned n, unsigned max, u8 *len)
{
	static RefItem item[2][2 * REF_MAX];
	unsigned nitem = 0;

	for (unsigned l = 1; l <= max; l++)
		nitem = ref_level(item[!(l & 1)], nitem, freq, n,
				  item[l & 1]);
	EXPECT(nitem >= 2 * n - 2);
	for (unsigned k = 0; k < n; k++) {
		len[k] = 0;
		for (unsigned i = 0; i < 2 * n - 2; i++)
			len[k] = (u8)(len[k] + item[max & 1][i].has[k]);
	}
}

/* Ascending, with many equal ones; grow bends the curve. */
static void ref_freqs(u32 *freq, unsigned n, unsigned grow, u32 *r)
{
	u32 f = 1;

	for (unsigned i = 0; i < n; i++) {
		freq[i] = f;
		if (sample_random(r) % 3)
			f += sample_random(r) % (1 + f * grow / 4);
		if (f > 0xffff)
			f = 0xffff;
	}
}

TEST(huffman)
{
	u32 freq[REF_MAX], r = 1, limited = 0;
	Code code[REF_MAX];
	u8 len[REF_MAX];

	for (unsigned round = 0; round < 400; round++) {
		unsigned n = 3 + round % (REF_MAX - 2);
		unsigned max = round % 2 ? 15 : 7;
		u32 kraft = 0;

		ref_freqs(freq, n, round % 7, &r);
		huffman_codes(freq, n, max, code);
		ref_lengths(freq, n, max, len);
		for (unsigned i = 0; i < n; i++) {
			EXPECT_EQ(code[i] & 0xff, len[i]);
			kraft += 1u << (15 - len[i]);
			limited += i == 0 && len[i] == max;
		}
		EXPECT_EQ(kraft, 1 << 15);
	}
	EXPECT(limited > 20);
}

TEST(huffman_few)
{
	u32 freq[NGEN] = {[5] = 9};
	Code code[NGEN];

	huffman_codes(freq, NGEN, 7, code);
	EXPECT_EQ(code[5], 0 << 8 | 1);
	EXPECT_EQ(code[0], 0);
	freq[2] = 3;
	huffman_codes(freq, NGEN, 7, code);
	EXPECT_EQ(code[2], 0 << 8 | 1);
	EXPECT_EQ(code[5], 1 << 8 | 1);
	/* Lengths 2, 2, 2, 3, 3: the last are 110 and 111, first bit first. */
	for (unsigned i = 0; i < 5; i++)
		freq[i] = i < 3 ? 8 : 5;
	memset(freq + 5, 0, sizeof freq - 5 * sizeof *freq);
	huffman_codes(freq, NGEN, 7, code);
	EXPECT_EQ(code[1], 2 << 8 | 2);
	EXPECT_EQ(code[3], 3 << 8 | 3);
	EXPECT_EQ(code[4], 7 << 8 | 3);
}

TEST_MAIN(
	RUN(empty)
	RUN(small)
	RUN(edges)
	RUN(long_stream)
	RUN(distance)
	RUN(reuse)
	RUN(huffman)
	RUN(huffman_few)
)
