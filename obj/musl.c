/*
 * malloc and memcpy for a program that runs for a millisecond, in place of its
 * libc's where that is musl (Makefile).
 *
 * musl's malloc maps pages for each size of things and unmaps them when the
 * things are freed: 90 page faults and 40 calls of the kernel for a long file,
 * a fifth of the time that assembling it takes. Here things lie one behind the
 * other, and what is freed is kept for the next of its size. The program has
 * one thread.
 *
 * musl's memcpy is one instruction that takes 20 ns to begin, and most of what
 * is copied is shorter than 40 bytes.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "objabi/objabi.h"

enum {
	HUGE = 2 << 20,
	FIRST = 1 << 20,	/* bytes in small pages: enough for most */
	CHUNK = 16 << 20,	/* then in huge ones; untouched they are free */
	LARGE = 1 << 20,	/* from here on mapped by itself */
	STEPS = 4,	/* sizes from one power of two to the next */
	NSIZE = 20 * STEPS
};

/* In front of what is handed out. */
typedef struct Block {
	size_t size;	/* with this */
	struct Block *next;	/* free ones of this size */
} Block;

/* malloc has no argument that could hold it. */
static struct {
	u8 *p, *end;	/* never handed out: zeros */
	Block *free[NSIZE];
} heap;

static void *map(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* The rest of what was there is lost. */
static bool more(void)
{
	size_t n = heap.p ? CHUNK : FIRST;
	u8 *p = map(n);

	if (!p)
		return false;
	heap.end = p + n;
	if (heap.p) {
		p += -(uintptr_t)p & (HUGE - 1);
		madvise(p, (size_t)(heap.end - p), MADV_HUGEPAGE);
	}
	heap.p = p;
	return true;
}

/* The size to be had for n bytes, and which of the sizes that is. */
static size_t round_size(size_t n, unsigned *k)
{
	size_t from, step;
	unsigned e;

	if (n < 64)
		n = 64;
	e = 63 - (unsigned)__builtin_clzll(n - 1);
	from = (size_t)1 << e;	/* the greatest power of two below n */
	step = from / STEPS;
	n = (n + step - 1) & ~(step - 1);
	*k = e * STEPS + (unsigned)((n - from) / step) - 1;
	return n;
}

static size_t round_pages(size_t n)
{
	return (n + 4095) & ~(size_t)4095;
}

static Block *take_large(size_t n)
{
	Block *b = map(round_pages(n));

	if (b)
		b->size = round_pages(n);
	return b;
}

/* With room for n bytes of which the first are the Block; fresh: the others
 * are zero. */
static Block *take(size_t n, bool *fresh)
{
	unsigned k;
	Block *b;

	*fresh = true;
	if (n > LARGE)
		return take_large(n);
	n = round_size(n, &k);
	b = heap.free[k];
	if (b) {
		*fresh = false;
		heap.free[k] = b->next;
		return b;
	}
	if ((size_t)(heap.end - heap.p) < n && !more())
		return NULL;
	b = (Block *)(void *)heap.p;
	heap.p += n;
	b->size = n;
	return b;
}

static void *refuse(void)
{
	errno = ENOMEM;
	return NULL;
}

void *calloc(size_t n, size_t size)
{
	bool fresh;
	Block *b;

	if (size && n > SIZE_MAX / 2 / size)
		return refuse();
	b = take(sizeof *b + n * size, &fresh);
	if (!b)
		return refuse();
	return fresh ? b + 1 : memset(b + 1, 0, n * size);
}

void *malloc(size_t n)
{
	bool fresh;
	Block *b = n > SIZE_MAX / 2 ? NULL : take(sizeof *b + n, &fresh);

	return b ? b + 1 : refuse();
}

void free(void *p)
{
	unsigned k;
	Block *b;

	if (!p)
		return;
	b = (Block *)p - 1;
	if (b->size > LARGE) {
		munmap(b, b->size);
		return;
	}
	round_size(b->size, &k);
	b->next = heap.free[k];
	heap.free[k] = b;
}

/* What was handed out last grows where it is, and the kernel moves pages
 * without copying them. NULL: neither. */
static Block *grow(Block *b, size_t n)
{
	unsigned k;
	void *q;

	if (n <= b->size)
		return b;
	if (b->size > LARGE) {
		n = round_pages(n);
		q = mremap(b, b->size, n, MREMAP_MAYMOVE);
		if (q == MAP_FAILED)
			return NULL;
		b = q;
		b->size = n;
		return b;
	}
	if ((u8 *)b + b->size != heap.p || n > LARGE)
		return NULL;
	n = round_size(n, &k);
	if (n - b->size > (size_t)(heap.end - heap.p))
		return NULL;
	heap.p += n - b->size;
	b->size = n;
	return b;
}

void *realloc(void *p, size_t n)
{
	Block *b, *grown;
	void *q;

	if (!p)
		return malloc(n);
	if (n > SIZE_MAX / 2)
		return refuse();
	b = (Block *)p - 1;
	grown = grow(b, sizeof *b + n);
	if (grown)
		return grown + 1;
	q = malloc(n);
	if (!q)
		return NULL;
	memcpy(q, p, b->size - sizeof *b);
	free(p);
	return q;
}

/* ---- memcpy ---------------------------------------------------------- */

/* Anywhere in memory, and whatever is there. */
#define RAW aligned(1), may_alias
typedef u64 Two __attribute__((vector_size(16), RAW));
typedef u64 One __attribute__((RAW));
typedef u32 Half __attribute__((RAW));

/* The first and the last of n bytes, which may be the same ones; read before
 * anything is written. */
#define BOTH_ENDS(T, to, from, n) do { \
	T a_ = *(const T *)(from), b_ = *(const T *)((from) + (n) - sizeof(T)); \
	*(T *)(to) = a_; \
	*(T *)((to) + (n) - sizeof(T)) = b_; \
} while (0)

static inline void move_few(u8 *to, const u8 *from, size_t n)
{
	if (n >= 16) {
		BOTH_ENDS(Two, to, from, n);
	} else if (n >= 8) {
		BOTH_ENDS(One, to, from, n);
	} else if (n >= 4) {
		BOTH_ENDS(Half, to, from, n);
	} else if (n) {
		u8 middle = from[n / 2];

		BOTH_ENDS(u8, to, from, n);
		to[n / 2] = middle;
	}
}

/* One piece of a loop in which the compiler does not see a memcpy, which it
 * would call. */
static inline void move_one(u8 *to, const u8 *from)
{
	*(Two *)to = *(const Two *)from;
	__asm__ volatile("" : : : "memory");
}

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	u8 *to = dst;
	const u8 *from = src;

	for (; n > 32; n -= 16, to += 16, from += 16)
		move_one(to, from);
	move_few(to, from, n);
	return dst;
}

/* musl's is a part of its memcpy. */
void *memmove(void *dst, const void *src, size_t n)
{
	u8 *to = dst;
	const u8 *from = src;

	if ((uintptr_t)to - (uintptr_t)from >= n)
		for (; n > 32; n -= 16, to += 16, from += 16)
			move_one(to, from);
	else
		for (; n > 32; n -= 16)
			move_one(to + n - 16, from + n - 16);
	move_few(to, from, n);
	return dst;
}
