/*
 * The bytes that Go 1.27's compress/zlib writes at level 1, which is how
 * cmd/link compresses DWARF. No other encoder makes the same choices, those of
 * earlier releases included, so every choice is Go's and may not be improved:
 *
 *	stream = 78 01, block..., empty last block, Adler-32 big-endian
 *
 * The input is cut into blocks of 65,535 bytes, however it was written. A
 * block is parsed greedily (this file) and then written (deflblock.c) in one
 * of five ways: stored; as literals only or as literals and matches, each
 * with a new Huffman table or with the one before; or, below 250 tokens, with
 * the fixed table. A block that may be continued with the same table is left
 * open (it "owes" its end-of-block code) until the next one has decided. The
 * last one is always closed; the stream ends with an empty fixed block.
 *
 * The parser has one hash table of single places, which lives on from block
 * to block. It looks at every second place, at ever fewer the longer nothing
 * matches, and enters places into the table only where it looks.
 *
 * A match reaches back at most 32 KiB: so much lies in front of the block, in
 * one window that slides from block to block and stays in the cache. Go's
 * slides at other times, and renumbers old places; neither changes a byte.
 *
 * Source: compress/zlib/writer.go; compress/flate/deflate.go (deflateFast),
 * deflatefast.go, level1.go. The container is RFC 1950, Adler-32 included.
 */
#include "link/link.h"

enum {
	MARGIN = 11,	/* no match begins this close to a block's end */
	SMALL = 128,	/* a last block below this is not parsed */
	TINY = 32,	/* and up to this it is stored */
	/* After how many blocks old places are made harmless: many times
	 * before 32 bits are not enough to tell them from new ones. */
	AGE_BLOCKS = 64
};

static inline u32 load32(const u8 *p)
{
	return ld32(p, false);
}

/* Is d at most max, and are the 4 bytes d before p those in x? Each of the two
 * is often guessed wrong by the processor, so they share one branch: a fifth
 * of the whole time. */
static inline bool same4(const u8 *p, u32 d, u32 max, u64 x)
{
	u32 far = d > max;

	return !(far | ((u32)x ^ load32(p - (d & (far - 1)))));
}

static inline u64 load64(const u8 *p)
{
	return ld64(p, false);
}

/* Of the 5 low bytes of x. */
static inline u32 hash5(u64 x)
{
	return (u32)((x << 24) * 889523592379u >> (64 - DEFLATE_HASH_BITS));
}

/* ---- the parser ------------------------------------------------------ */

typedef struct {
	Zlib *z;
	const u8 *in;
	/* Indices into in: of the first byte there is, what is not yet in a
	 * Seq, where the parser stops looking, the end of the block. */
	size_t first, emit, limit, end;
	u32 base;	/* in[i] is place base + i */
	u8 *lit;
	Seq *seq;
} Parse;

/* Places in the table are numbers modulo 2^32. Those that are too far back
 * from now to be matched are set to one that will be so for long. */
static void forget_old(Zlib *z, u32 now)
{
	u32 old = now - 2 * MAXDIST;

	for (size_t i = 0; i < NELEM(z->table); i++)
		if (now - z->table[i] > MAXDIST)
			z->table[i] = old;
}

/* Looks at places from *at on for one that has the 4 bytes of an earlier one
 * less than 32 KiB back, *dist; x are the bytes at *at. *after is the newest
 * place in the table, or the one to be looked at next. */
static inline bool find(const Parse *p, u64 x, size_t *at, size_t *after,
			u32 *dist)
{
	u32 *table = p->z->table, h, d, base = p->base;
	const u8 *in = p->in;
	size_t s = *at, next;
	u64 y;

	for (;;) {
		h = hash5(x);
		d = base + (u32)s - table[h];
		next = s + 2 + ((s - p->emit) >> 5);
		if (next > p->limit)
			return false;
		y = load64(in + next);
		table[h] = base + (u32)s;
		h = hash5(y);
		if (same4(in + s, d, MAXDIST - 1, x))
			break;
		s = next++;
		d = base + (u32)s - table[h];
		table[h] = base + (u32)s;
		if (same4(in + s, d, MAXDIST - 1, y))
			break;
		s = next;
		x = y >> 8;
	}
	/* In the second case h is the hash of the place before next. So it is
	 * in Go. */
	table[h] = base + (u32)next;
	*at = s;
	*after = next;
	*dist = d;
	return true;
}

/* How many bytes from a on are the same as d bytes before. */
static inline size_t same_ahead(const Parse *p, size_t a, size_t d)
{
	const u8 *in = p->in;
	size_t i = a;
	u64 x;

	for (; p->end - i >= 8; i += 8) {
		x = load64(in + i) ^ load64(in + i - d);
		if (x)
			return i - a + (size_t)(__builtin_ctzll(x) >> 3);
	}
	while (i < p->end && in[i] == in[i - d])
		i++;
	return i - a;
}

/* How many bytes before a, at most max, are the same as d bytes before. */
static inline size_t same_behind(const Parse *p, size_t a, size_t d,
				 size_t max)
{
	const u8 *in = p->in;
	size_t i = 0;

	if (a - d >= 8) {
		u64 x = load64(in + a - 8) ^ load64(in + a - 8 - d);

		i = (size_t)(__builtin_clzll(x | 1) >> 3);
		i = i < max ? i : max;
		if (i < 7)
			return i;
	}
	while (i < max && in[a - i - 1] == in[a - i - 1 - d])
		i++;
	return i;
}

static inline void take_literals(Parse *p, size_t n)
{
	const u8 *from = p->in + p->emit;

	/* Nearly all runs are short: what the copy of 16 bytes has too many
	 * is written over. */
	if (n <= 16 && p->end - p->emit >= 16)
		memcpy(p->lit, from, 16);
	else
		memcpy(p->lit, from, n);
	p->lit += n;
	p->emit += n;
}

/* The distance code (RFC 1951 3.2.5, from 0) of the distance off + 1. */
static inline unsigned off_code(u32 off)
{
	unsigned lg;

	if (off < 2)
		return off;
	lg = 31 - (unsigned)__builtin_clz(off);
	return 2 * lg + (off >> (lg - 1) & 1);
}

/* The literals up to s, and a match of len bytes. Where it is longer than a
 * code can say, the rest is long enough to be a match. */
static inline void take_match(Parse *p, size_t s, size_t len, size_t d)
{
	u32 off = (u32)d - 1;
	unsigned code = off_code(off);
	size_t run = s - p->emit;

	take_literals(p, run);
	p->emit += len;
	for (size_t n; len; len -= n) {
		n = len <= MAXLEN ? len :
		    len > MAXLEN + MINLEN ? MAXLEN : MAXLEN - MINLEN;
		*p->seq++ = (Seq){(u16)run, (u16)off, (u8)(n - MINLEN),
				  (u8)code};
		p->z->lenfreq[n - MINLEN]++;
		p->z->offfreq[code]++;
		run = 0;
	}
}

/* The match at s: also what goes before and after. */
static inline void extend(Parse *p, size_t s, size_t d)
{
	size_t len = 4 + same_ahead(p, s + 4, d), max = s - p->emit, back;

	if (max > s - d - p->first)
		max = s - d - p->first;
	back = same_behind(p, s, d, max);
	take_match(p, s - back, len + back, d);
}

static void parse_loop(Parse *p)
{
	u32 *table = p->z->table, h, d, base = p->base;
	size_t s = p->emit, next;
	u64 x = load64(p->in + s);

	while (find(p, x, &s, &next, &d)) {
		do {
			extend(p, s, d);
			s = p->emit > next ? p->emit : next + 1;
			if (s >= p->limit)
				return;
			x = load64(p->in + s - 2);
			table[hash5(x)] = base + (u32)s - 2;
			x >>= 16;
			h = hash5(x);
			d = base + (u32)s - table[h];
			table[h] = base + (u32)s;
		} while (same4(p->in + s, d, MAXDIST, x));
		s++;
		x >>= 8;
	}
}

/* Parses the n bytes of the block into z. */
static void parse(Zlib *z, size_t n)
{
	size_t first = z->total < MAXDIST ? MAXDIST - z->total : 0;
	Parse p = {z, z->win, first, MAXDIST, MAXDIST + n - MARGIN,
		   MAXDIST + n, (u32)z->total - MAXDIST, z->lit, z->seq};

	memset(z->lenfreq, 0, sizeof z->lenfreq);
	memset(z->offfreq, 0, sizeof z->offfreq);
	parse_loop(&p);
	z->nseq = (u32)(p.seq - z->seq);
	if (z->nseq)
		take_literals(&p, p.end - p.emit);
	z->nlit = (u32)(p.lit - z->lit);
}

/* ---- Adler-32 -------------------------------------------------------- */

enum {
	ADLER_MOD = 65521,
	ADLER_STEPS = 22	/* so that no 16-bit lane overflows */
};

static u32 adler_lanes(u64 x)
{
	return (u32)((x & 0xffff) + (x >> 16 & 0xffff) + (x >> 32 & 0xffff) +
		     (x >> 48));
}

/* What the lanes of an accumulator add to b beside 8 times their sum: lane k
 * belongs to byte 2 * k. */
static u32 adler_weigh(u64 x)
{
	return (u32)(2 * (x >> 16 & 0xffff) + 4 * (x >> 32 & 0xffff) +
		     6 * (x >> 48));
}

/*
 * n words of 8 bytes, n <= ADLER_STEPS. even and odd are the sums of the bytes
 * in even and odd places, 4 lanes of 16 bits each; even2 and odd2 sum those
 * sums before each step.
 */
static void adler_words(u32 *a, u32 *b, const u8 *p, unsigned n)
{
	const u64 mask = 0x00ff00ff00ff00ff;
	u64 even = 0, odd = 0, even2 = 0, odd2 = 0, x;
	u32 sum;

	for (unsigned i = 0; i < n; i++, p += 8) {
		x = load64(p);
		even2 += even;
		odd2 += odd;
		even += x & mask;
		odd += x >> 8 & mask;
	}
	sum = adler_lanes(even) + adler_lanes(odd);
	*b += 8 * n * *a + 8 * (adler_lanes(even2) + adler_lanes(odd2) + sum);
	*b -= adler_weigh(even) + adler_weigh(odd) + adler_lanes(odd);
	*a += sum;
}

/* 1 for no bytes; a and b hold up to 2^32. */
static u32 adler32(u32 adler, View v)
{
	u32 a = adler & 0xffff, b = adler >> 16;
	size_t i = 0;

	for (unsigned n; v.n - i >= 8; i += 8 * n) {
		n = v.n - i < 8 * ADLER_STEPS ? (unsigned)(v.n - i) / 8 :
		    ADLER_STEPS;
		adler_words(&a, &b, v.p + i, n);
		a %= ADLER_MOD;
		b %= ADLER_MOD;
	}
	for (; i < v.n; i++) {
		a += v.p[i];
		b += a;
	}
	return b % ADLER_MOD << 16 | a % ADLER_MOD;
}

/* ---- the stream ------------------------------------------------------ */

void zlib_begin(Zlib *z)
{
	z->total = 0;
	z->nblock = 0;
	z->adler = 1;
	z->out = (Bits){0};
	z->header = 0;
	for (size_t i = 0; i < NELEM(z->table); i++)
		z->table[i] = (u32)-2 * MAXDIST;
}

u8 *zlib_room(Zlib *z)
{
	return z->win + MAXDIST;
}

static void write_block(Zlib *z, size_t n, bool last)
{
	View v = view_of(zlib_room(z), n);

	if (last && n <= TINY) {
		deflate_stored(z, v);
		return;
	}
	if (last && n < SMALL) {
		deflate_unmatched(z, v, last);
		return;
	}
	parse(z, n);
	if (!z->nseq)
		deflate_stored(z, v);
	else if (z->nlit + z->nseq > n - n / 16)
		deflate_unmatched(z, v, last);
	else
		deflate_matched(z, v, last);
}

static void put_bytes(Zlib *z, u32 x, unsigned n)
{
	while (n > 0)
		*z->out.p++ = (u8)(x >> 8 * --n);
}

View zlib_block(Zlib *z, size_t n, bool last)
{
	z->out.p = z->packed;
	if (z->nblock++ == 0)
		put_bytes(z, 0x7801, 2);
	if (z->nblock % AGE_BLOCKS == 0)
		forget_old(z, (u32)z->total);
	if (n) {
		z->adler = adler32(z->adler, view_of(zlib_room(z), n));
		write_block(z, n, last);
		if (!last)
			memcpy(z->win, z->win + n, MAXDIST);
		z->total += n;
	}
	if (last) {
		deflate_end(z);
		put_bytes(z, z->adler, 4);
	}
	return view_of(z->packed, (size_t)(z->out.p - z->packed));
}

/* Beside the blocks that zlib_block makes of them, n bytes need what begins
 * and ends the stream. */
size_t zlib_bound(size_t n)
{
	return n + (n / DEFLATE_BLOCK + 1) * (DEFLATE_ROOM - DEFLATE_BLOCK);
}

size_t zlib_deflate(Zlib *z, View in, u8 *out)
{
	u8 *p = out;
	size_t at = 0, n;
	View v;

	zlib_begin(z);
	do {
		n = in.n - at < DEFLATE_BLOCK ? in.n - at : DEFLATE_BLOCK;
		if (n)
			memcpy(zlib_room(z), in.p + at, n);
		at += n;
		v = zlib_block(z, n, at == in.n);
		memcpy(p, v.p, v.n);
		p += v.n;
	} while (at < in.n);
	return (size_t)(p - out);
}
