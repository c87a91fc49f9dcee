/*
 * How Go 1.27 writes one block of deflate: which of the five ways that
 * deflate.c lists, and the bits.
 *
 * Source: compress/flate/huffman_bit_writer.go, token.go (EstimatedBits);
 * RFC 1951 for the form.
 */
#include "link/link.h"

enum {
	MAXGENBITS = 7,
	FEWTOKENS = 250,	/* below, the fixed table is looked at */
	GUESS = 70 * 8,	/* bits of a table of literals, before it is made */
	NSUM = 4	/* histograms kept side by side */
};

/* The order in which the lengths of the length codes are sent. */
static const u8 gen_order[NGEN] = {
	16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15
};
static const u8 gen_extra[NGEN] = {[16] = 2, [17] = 3, [18] = 7};

static u32 min_u32(u32 a, u32 b)
{
	return a < b ? a : b;
}

/* ---- the length and distance codes of RFC 1951 3.2.5, from 0 -------- */

/* Of the length len + 3. */
static unsigned len_code(unsigned len)
{
	unsigned lg;

	if (len < 8)
		return len;
	if (len == MAXLEN - MINLEN)
		return 28;
	lg = 31 - (unsigned)__builtin_clz(len);
	return 4 * (lg - 1) + (len >> (lg - 2) & 3);
}

/* Their extra bits are the low bits of the length. */
static unsigned len_extra(unsigned code)
{
	return code < 8 || code == 28 ? 0 : code / 4 - 1;
}

static inline unsigned off_extra(unsigned code)
{
	return code < 4 ? 0 : code / 2 - 1;
}

/* ---- bits ----------------------------------------------------------- */

static inline void store64(u8 *p, u64 x)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	x = __builtin_bswap64(x);
#endif
	memcpy(p, &x, 8);
}

/* Adds n bits; at most 56 fit between two drains. */
static inline void add_bits(Bits *b, u64 v, unsigned n)
{
	b->bits |= v << b->n;
	b->n += n;
}

static inline void add_code(Bits *b, Code c)
{
	add_bits(b, c >> 8, c & 0xff);
}

/* Writes 8 bytes and counts those that are full. */
static inline void drain(Bits *b)
{
	store64(b->p, b->bits);
	b->p += b->n >> 3;
	b->bits >>= b->n & 56;
	b->n &= 7;
}

static void put_bits(Bits *b, u32 v, unsigned n)
{
	add_bits(b, v, n);
	drain(b);
}

static void put_code(Bits *b, Code c)
{
	add_code(b, c);
	drain(b);
}

static void put_align(Bits *b)
{
	put_bits(b, 0, -b->n & 7);
}

/* ---- sizes in bits --------------------------------------------------- */

static u32 coded_size(const u32 *freq, const Code *code, unsigned n)
{
	u32 size = 0;

	for (unsigned i = 0; i < n; i++)
		size += freq[i] * (code[i] & 0xff);
	return size;
}

static bool can_code(const u32 *freq, const Code *code, unsigned n)
{
	bool lack = false;

	for (unsigned i = 0; i < n; i++)
		lack |= freq[i] && !code[i];
	return !lack;
}

static u32 extra_size(const Zlib *z)
{
	u32 size = 0;

	for (unsigned i = 0; i < NLIT - EOB - 1; i++)
		size += z->litfreq[EOB + 1 + i] * len_extra(i);
	for (unsigned i = 0; i < NOFF; i++)
		size += z->offfreq[i] * off_extra(i);
	return size;
}

static u32 fixed_size(const Zlib *z, u32 extra)
{
	Code lit[NLIT], off[NOFF];

	huffman_fixed(lit, off);
	return 3 + coded_size(z->litfreq, lit, NLIT) +
	       coded_size(z->offfreq, off, NOFF) + extra;
}

/*
 * How many bits the symbols of one kind need at best, added to sum: n each of
 * log2(total / n), but 1 to 15. The logarithm is a parabola through the
 * mantissa. Every rounding counts, as the sum decides which table is used:
 * single precision, one operation a statement so that no compiler fuses
 * two, and in this order.
 */
static float add_entropy(float sum, const u32 *freq, unsigned nsym, u32 total)
{
	float scale = 1.0f / (float)total;

	for (unsigned i = 0; i < nsym; i++) {
		float n = (float)freq[i], p = n * scale, m, lg;
		u32 x;

		if (!freq[i])
			continue;
		memcpy(&x, &p, 4);
		lg = (float)((i32)(x >> 23 & 255) - 128);
		x = (x & 0x807fffff) + (127u << 23);
		memcpy(&m, &x, 4);
		p = -0.34484843f * m;
		p = p + 2.02466578f;
		p = p * m;
		p = p - 0.67487759f;
		lg = lg + p;
		lg = -lg < 1 ? 1 : -lg > 15 ? 15 : -lg;
		p = lg * n;
		sum = sum + p;
	}
	return sum;
}

/* Go counts the end of block as one of the tokens only when it stands among
 * them already, and adds 15 bits for it in any case. */
static u32 estimate(const Zlib *z, u32 ntoken, u32 extra)
{
	float sum = add_entropy(0, z->litfreq, EOB, ntoken) + 15;

	sum = add_entropy(sum, z->litfreq + EOB + 1, NLIT - EOB - 1, ntoken);
	if (z->nseq)
		sum = add_entropy(sum, z->offfreq, NOFF, z->nseq);
	return (u32)sum + extra;
}

/* ---- tables in the stream -------------------------------------------- */

static void add_gen(Zlib *z, unsigned sym, unsigned extra)
{
	z->gen[z->ngen] = (u8)sym;
	z->genextra[z->ngen++] = (u8)extra;
	z->genfreq[sym]++;
}

/* A run of count equal code lengths. */
static void add_run(Zlib *z, unsigned len, unsigned count)
{
	if (len) {
		add_gen(z, len, 0);
		count--;
	}
	for (unsigned n; len && count >= 3; count -= n) {
		n = min_u32(count, 6);
		add_gen(z, 16, n - 3);
	}
	for (unsigned n; !len && count >= 11; count -= n) {
		n = min_u32(count, 138);
		add_gen(z, 18, n - 11);
	}
	if (!len && count >= 3) {
		add_gen(z, 17, count - 3);
		count = 0;
	}
	for (; count; count--)
		add_gen(z, len, 0);
}

static unsigned gen_sent(const Zlib *z)
{
	unsigned n = NGEN;

	while (n > 4 && !z->genfreq[gen_order[n - 1]])
		n--;
	return n;
}

/* Prepares a table's transmission; its size in bits. */
static u32 make_header(Zlib *z, const Code *lit, unsigned nlit,
		       const Code *off, unsigned noff)
{
	unsigned run = 0, len = lit[0] & 0xff, next;
	u32 size;

	z->ngen = 0;
	memset(z->genfreq, 0, sizeof z->genfreq);
	for (unsigned i = 0; i < nlit + noff; i++, run++) {
		next = (i < nlit ? lit[i] : off[i - nlit]) & 0xff;
		if (next != len) {
			add_run(z, len, run);
			len = next;
			run = 0;
		}
	}
	add_run(z, len, run);
	huffman_codes(z->genfreq, NGEN, MAXGENBITS, z->gencode);
	size = 3 + 5 + 5 + 4 + 3 * gen_sent(z);
	size += coded_size(z->genfreq, z->gencode, NGEN);
	for (unsigned i = 0; i < NGEN; i++)
		size += z->genfreq[i] * gen_extra[i];
	return size;
}

static void put_header(Zlib *z, unsigned nlit, unsigned noff)
{
	unsigned sent = gen_sent(z);

	put_bits(&z->out, 4, 3);
	put_bits(&z->out, nlit - 257, 5);
	put_bits(&z->out, noff - 1, 5);
	put_bits(&z->out, sent - 4, 4);
	for (unsigned i = 0; i < sent; i++)
		put_bits(&z->out, z->gencode[gen_order[i]] & 0xff, 3);
	for (u32 i = 0; i < z->ngen; i++) {
		add_code(&z->out, z->gencode[z->gen[i]]);
		put_bits(&z->out, z->genextra[i], gen_extra[z->gen[i]]);
	}
}

/* ---- blocks ---------------------------------------------------------- */

/* Pays the end of block that the open one owes. */
static void close_block(Zlib *z)
{
	if (z->header)
		put_code(&z->out, z->code[z->cur][EOB]);
	z->header = 0;
}

void deflate_stored(Zlib *z, View in)
{
	Bits *b = &z->out;

	close_block(z);
	put_bits(b, 0, 3);
	put_align(b);
	put_bits(b, (u32)in.n, 16);
	put_bits(b, ~(u32)in.n & 0xffff, 16);
	memcpy(b->p, in.p, in.n);
	b->p += in.n;
}

static void put_literals(Bits *out, const u8 *p, size_t n, const Code *code)
{
	Bits b = *out;

	for (; n >= 3; n -= 3, p += 3) {
		add_code(&b, code[p[0]]);
		add_code(&b, code[p[1]]);
		add_code(&b, code[p[2]]);
		drain(&b);
	}
	for (; n; n--)
		put_code(&b, code[*p++]);
	*out = b;
}

/* The same for the mostly few literals before a match. Of the last 3 codes
 * those that are too many become nothing: a branch would be guessed wrong
 * half of the time. 3 bytes behind the last literal are read. */
static inline void put_run(Bits *b, const u8 *p, size_t n, const Code *code)
{
	for (; n > 3; n -= 3, p += 3) {
		add_code(b, code[p[0]]);
		add_code(b, code[p[1]]);
		add_code(b, code[p[2]]);
		drain(b);
	}
	add_code(b, code[p[0]] & -(Code)(n > 0));
	add_code(b, code[p[1]] & -(Code)(n > 1));
	add_code(b, code[p[2]] & -(Code)(n > 2));
	drain(b);
}

/* The codes of all lengths with their extra bits: 20 bits at most. */
static void len_codes(const Code *code, Code *full)
{
	for (unsigned i = 0; i < 256; i++) {
		unsigned lc = len_code(i), n = len_extra(lc);
		Code c = code[lc];
		u32 extra = i & ((1u << n) - 1);

		full[i] = (c >> 8 | extra << (c & 0xff)) << 8 |
			  ((c & 0xff) + n);
	}
}

static void put_tokens(Zlib *z, const Code *lit, const Code *off)
{
	Code len[256];
	Bits b = z->out;
	const u8 *p = z->lit;

	len_codes(lit + EOB + 1, len);
	for (const Seq *s = z->seq; s < z->seq + z->nseq; s++) {
		unsigned n = off_extra(s->offcode);

		put_run(&b, p, s->run, lit);
		p += s->run;
		add_code(&b, len[s->len]);
		add_code(&b, off[s->offcode]);
		add_bits(&b, s->off & ((1u << n) - 1), n);
		drain(&b);
	}
	put_literals(&b, p, (size_t)(z->lit + z->nlit - p), lit);
	z->out = b;
}

static void put_fixed(Zlib *z)
{
	Code lit[NLIT], off[NOFF];

	huffman_fixed(lit, off);
	close_block(z);
	put_bits(&z->out, 2, 3);
	put_tokens(z, lit, off);
	put_code(&z->out, lit[EOB]);
}

/* Adds the bytes to freq. Neighbours are often equal, and an increment waits
 * for the one before in the same place: so they are counted apart. */
static void histogram(const u8 *p, size_t n, u32 *freq)
{
	u32 sum[NSUM][256] = {{0}};
	size_t i = 0;

	for (; n - i >= NSUM; i += NSUM) {
		sum[0][p[i]]++;
		sum[1][p[i + 1]]++;
		sum[2][p[i + 2]]++;
		sum[3][p[i + 3]]++;
	}
	for (; i < n; i++)
		sum[0][p[i]]++;
	for (unsigned c = 0; c < 256; c++)
		freq[c] = sum[0][c] + sum[1][c] + sum[2][c] + sum[3][c];
}

/* Do all bytes occur nearly equally often? The sum of squared distances from
 * n / 256 is less than 2n; here times 2^16. */
static bool is_flat(const u32 *freq, size_t n)
{
	u64 sum = 0;

	for (unsigned c = 0; c < 256; c++) {
		i64 d = (i64)freq[c] * 256 - (i64)n;

		sum += (u64)(d * d);
	}
	return sum < (u64)n << 17;
}

/* A block that has (nearly) no matches. */
void deflate_unmatched(Zlib *z, View in, bool last)
{
	static const Code one_offset[1] = {1};
	u32 *freq = z->litfreq, size, stored = ((u32)in.n + 5) * 8;
	Code *code = z->code[!z->cur];

	histogram(in.p, in.n, freq);
	if (in.n > 1024 && is_flat(freq, in.n)) {
		deflate_stored(z, in);
		return;
	}
	freq[EOB] = 1;
	huffman_codes(freq, EOB + 1, MAXBITS, code);
	size = coded_size(freq, code, EOB + 1);
	size += z->header ? z->header : GUESS;
	size += size >> 7;
	if (stored <= size) {
		deflate_stored(z, in);
		return;
	}
	if (z->header && (!can_code(freq, z->code[z->cur], EOB) ||
			  size < coded_size(freq, z->code[z->cur], EOB)))
		close_block(z);
	if (!z->header) {
		z->cur = !z->cur;
		z->header = make_header(z, code, EOB + 1, one_offset, 1);
		z->litonly = true;
		put_header(z, EOB + 1, 1);
	}
	put_literals(&z->out, in.p, in.n, z->code[z->cur]);
	if (last)
		close_block(z);
}

/* Counts what the parser left. */
static void count_tokens(Zlib *z)
{
	histogram(z->lit, z->nlit, z->litfreq);
	memset(z->litfreq + EOB, 0, (NLIT - EOB) * sizeof *z->litfreq);
	for (unsigned i = 0; i < 256; i++)
		z->litfreq[EOB + 1 + len_code(i)] += z->lenfreq[i];
	z->litfreq[EOB] = 1;
}

typedef enum { AS_STORED, AS_FIXED, AS_OPEN, AS_NEW } Way;

/* With the table of the open block, or with a new one, which is only
 * estimated? The estimate gets a penalty of 1/128. */
static Way weigh_open(Zlib *z, u32 ntoken, u32 extra, u32 stored)
{
	const Code *code = z->code[z->cur];
	u32 fresh = z->header + estimate(z, ntoken, extra), size;

	fresh += (code[EOB] & 0xff) + (fresh >> 7);
	size = coded_size(z->litfreq, code, NLIT) +
	       coded_size(z->offfreq, z->offcode, NOFF) + extra;
	if (fresh < size) {
		close_block(z);
		size = fresh;
	}
	if (stored <= size)
		return AS_STORED;
	if (ntoken < FEWTOKENS && fixed_size(z, extra) + 7 < size)
		return AS_FIXED;
	return z->header ? AS_OPEN : AS_NEW;
}

static unsigned used(const u32 *freq, unsigned n)
{
	while (n && !freq[n - 1])
		n--;
	return n;
}

/* Makes a new table and looks whether it is worth it. */
static Way weigh_new(Zlib *z, u32 ntoken, u32 extra, u32 stored, u32 *header)
{
	Code *code = z->code[z->cur];
	u32 size, fixed;

	huffman_codes(z->litfreq, NLIT, MAXBITS, code);
	huffman_codes(z->offfreq, NOFF, MAXBITS, z->offcode);
	*header = make_header(z, code, used(z->litfreq, NLIT), z->offcode,
			      used(z->offfreq, NOFF));
	size = *header + coded_size(z->litfreq, code, NLIT) +
	       coded_size(z->offfreq, z->offcode, NOFF) + extra;
	if (ntoken < FEWTOKENS) {
		fixed = fixed_size(z, extra);
		if (fixed <= size)
			return stored <= fixed ? AS_STORED : AS_FIXED;
	}
	return stored <= size ? AS_STORED : AS_NEW;
}

void deflate_matched(Zlib *z, View in, bool last)
{
	u32 ntoken = z->nlit + z->nseq + last, stored = ((u32)in.n + 5) * 8;
	u32 extra, header = 0;
	Way way = AS_NEW;

	count_tokens(z);
	extra = extra_size(z);
	if (z->header && (z->litonly ||
			  !can_code(z->offfreq, z->offcode, NOFF) ||
			  !can_code(z->litfreq, z->code[z->cur], NLIT)))
		close_block(z);
	if (z->header)
		way = weigh_open(z, ntoken, extra, stored);
	if (way == AS_NEW)
		way = weigh_new(z, ntoken, extra, stored, &header);
	if (way == AS_STORED) {
		deflate_stored(z, in);
		return;
	}
	if (way == AS_FIXED) {
		put_fixed(z);
		return;
	}
	if (way == AS_NEW) {
		put_header(z, used(z->litfreq, NLIT), used(z->offfreq, NOFF));
		z->header = header;
		z->litonly = false;
	}
	put_tokens(z, z->code[z->cur], z->offcode);
	if (last)
		close_block(z);
}

/* Go writes a fixed block, where a stored one would do too. */
void deflate_end(Zlib *z)
{
	close_block(z);
	put_bits(&z->out, 3, 3);
	put_bits(&z->out, 0, 7);
	put_align(&z->out);
}
