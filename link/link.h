/*
 * link: makes executables of Go object files.
 *
 * Grouped by the file that implements each part.
 */
#ifndef LINK_H
#define LINK_H

#include "objabi/objabi.h"

/* ---- deflate.c ------------------------------------------------------ */

/* Scratch of one compression at a time, about 300 KB of which most is only
 * touched by large inputs; needs no clearing in between. */
typedef struct Zlib Zlib;

Zlib *zlib_new(Arena *a);

/* Room that any n bytes fit into when they are compressed. */
size_t zlib_bound(size_t n);

/* Compresses in to out, which has zlib_bound(in.n) bytes; returns how many
 * were written. They are the bytes that Go 1.27's compress/zlib writes at
 * level 1, whatever pieces in was written in there. */
size_t zlib_deflate(Zlib *z, View in, u8 *out);

/* ---- deflate.c, deflblock.c, huffman.c: between themselves ---------- */

enum {
	DEFLATE_BLOCK = 65535,	/* bytes of input */
	DEFLATE_HASH_BITS = 15,
	NLIT = 286, NOFF = 30, NGEN = 19,	/* sizes of the alphabets */
	EOB = 256,	/* the literal that ends a block */
	MAXLEN = 258, MINLEN = 3,	/* of a length code */
	MAXBITS = 15	/* of a Huffman code */
};

/* A Huffman code as it goes into the stream, first bit lowest, above its
 * length, which is in the low 8 bits. 0: the symbol has none. */
typedef u32 Code;

/* Codes of at most max (<= MAXBITS) bits for the symbols with freq > 0, each
 * freq < 2^16; nsym <= NLIT. */
void huffman_codes(const u32 *freq, unsigned nsym, unsigned max, Code *code);
void huffman_fixed(Code *lit, Code *off);	/* NLIT, NOFF of them */

/* run literals, then a match of len + 3 bytes, off + 1 bytes back. A longer
 * match is several of them. */
typedef struct {
	u16 run, off;
	u8 len, offcode;
} Seq;

/* Where compressed bytes go; fewer than 8 bits wait between two puts. */
typedef struct {
	u8 *p;
	u64 bits;
	unsigned n;
} Bits;

struct Zlib {
	/* The low half of the newest place of each hash. */
	u32 table[1 << DEFLATE_HASH_BITS];
	/* The block as parsed; a match has at least 4 bytes. */
	Seq seq[DEFLATE_BLOCK / 4 + 1];
	u8 lit[DEFLATE_BLOCK + 65];
	u32 nseq, nlit;
	u32 lenfreq[256];	/* by Seq.len */
	u32 litfreq[NLIT], offfreq[NOFF];
	/* Tables; the literals' is code[cur]. header is the size in bits of
	 * the one in use, not 0 while a block is open. */
	Code code[2][NLIT], offcode[NOFF], gencode[NGEN];
	unsigned cur;
	u32 header;
	bool litonly;	/* the table has no codes for matches */
	/* Code lengths as they are sent, RFC 1951 3.2.7. */
	u8 gen[NLIT + NOFF], genextra[NLIT + NOFF];
	u32 ngen, genfreq[NGEN];
	Bits out;
};

void deflate_stored(Zlib *z, View in);
/* A block with no, or hardly any, matches; last: it is not left open. */
void deflate_unmatched(Zlib *z, View in, bool last);
/* A block with the matches that z has; at least one. */
void deflate_matched(Zlib *z, View in, bool last);
/* Ends the stream of blocks on a byte boundary. */
void deflate_end(Zlib *z);

#endif
