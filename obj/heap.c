/*
 * malloc for a program that runs for a millisecond, in place of its libc's
 * (Makefile: only where that is musl).
 *
 * musl's maps pages for each size of things and unmaps them when the things
 * are freed: 90 page faults and 40 calls of the kernel for a long file, a
 * fifth of the time that assembling it takes. Here things lie one behind the
 * other, and what is freed is kept for the next of its size. The program has
 * one thread.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "objabi/objabi.h"

enum {
	CHUNK = 16 << 20,	/* what is not touched is free */
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
	u8 *p = map(CHUNK);

	if (!p)
		return false;
	heap.p = p;
	heap.end = p + CHUNK;
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

static Block *take_large(size_t n)
{
	Block *b = map(n = (n + 4095) & ~(size_t)4095);

	if (b)
		b->size = n;
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

/* What was handed out last grows where it is. */
static bool grow(Block *b, size_t n)
{
	unsigned k;

	if (n <= b->size)
		return true;
	if ((u8 *)b + b->size != heap.p || n > LARGE)
		return false;
	n = round_size(n, &k);
	if (n - b->size > (size_t)(heap.end - heap.p))
		return false;
	heap.p += n - b->size;
	b->size = n;
	return true;
}

void *realloc(void *p, size_t n)
{
	Block *b;
	void *q;

	if (!p)
		return malloc(n);
	b = (Block *)p - 1;
	if (n <= SIZE_MAX / 2 && grow(b, sizeof *b + n))
		return p;
	q = malloc(n);
	if (!q)
		return NULL;
	memcpy(q, p, b->size - sizeof *b);
	free(p);
	return q;
}
