/* obj/musl.c under other names, beside this program's libc. */
#include <stdlib.h>
#include <string.h>

#define malloc heap_malloc
#define calloc heap_calloc
#define realloc heap_realloc
#define free heap_free
#define memcpy heap_memcpy
#define memmove heap_memmove
void *heap_malloc(size_t n);
void *heap_calloc(size_t n, size_t size);
void *heap_realloc(void *p, size_t n);
void heap_free(void *p);
void *heap_memcpy(void *restrict to, const void *restrict from, size_t n);
void *heap_memmove(void *to, const void *from, size_t n);
#include "obj/musl.c"
#undef malloc
#undef calloc
#undef realloc
#undef free
#undef memcpy
#undef memmove

#include "objabi/test.h"

enum { NTHING = 512, ROUNDS = 200000 };

typedef struct {
	u8 *p, with;
	size_t n;
} Thing;

static bool holds(const Thing *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->p[i] != t->with)
			return false;
	return true;
}

static u32 next(u32 *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	return *x ^= *x << 5;
}

/* Mostly small, now and then more than a chunk's share. */
static size_t some_size(u32 *x)
{
	u32 r = next(x);

	return r % 1000 == 0 ? r % (3 * LARGE) : r % (1u << r % 12);
}

/* What is there keeps its bytes, whatever is asked for and given back. */
TEST(things)
{
	static Thing thing[NTHING];
	u32 x = 1, wrong = 0;

	for (u32 i = 0; i < ROUNDS; i++) {
		Thing *t = &thing[next(&x) % NTHING];
		size_t n = some_size(&x) & ~(size_t)3;
		size_t keep = t->n < n ? t->n : n;

		wrong += !holds(t);
		if (i % 3 == 0) {
			t->p = heap_realloc(t->p, n);
			t->n = keep;
			wrong += !holds(t);
		} else {
			heap_free(t->p);
			t->p = i % 3 == 1 ? heap_malloc(n) :
				heap_calloc(n / 4, 4);
			t->n = i % 3 == 1 ? 0 : n;
			t->with = 0;
			wrong += !holds(t);
		}
		wrong += !t->p || (uintptr_t)t->p % 16 != 0;
		t->n = n;
		t->with = (u8)i;
		memset(t->p, t->with, n);
	}
	for (u32 i = 0; i < NTHING; i++)
		heap_free(thing[i].p);
	EXPECT_EQ(wrong, 0);
}

TEST(sizes)
{
	unsigned k, before = 0, wrong = 0;
	size_t last = 0;

	for (size_t n = 1; n <= LARGE; n++) {
		size_t size = round_size(n, &k);
		unsigned again;

		wrong += size < n || size % 16 || k >= NSIZE;
		wrong += n > 64 && size > n + n / 4 + 16;
		wrong += (size == last) != (k == before) && last;
		wrong += round_size(size, &again) != size || again != k;
		last = size;
		before = k;
	}
	EXPECT_EQ(wrong, 0);
}

/* While nothing is free: text that is built in one go stays where it is, and what is too much is
 * refused. */
TEST(last_one)
{
	u8 *p = heap_malloc(100), *q = heap_realloc(p, 5000);

	EXPECT_EQ(p == q, 1);
	EXPECT_EQ(heap_malloc(SIZE_MAX - 8) == NULL, 1);
	EXPECT_EQ(heap_calloc(SIZE_MAX / 4, 5) == NULL, 1);
	EXPECT_EQ(heap_realloc(q, SIZE_MAX - 4) == NULL, 1);
	heap_free(q);
	EXPECT_EQ(heap_malloc(5000) == q, 1);
}

/* Beyond LARGE: pages of its own, which the kernel moves and takes back. */
TEST(large)
{
	u8 *p = heap_malloc(LARGE + 1), one[1];
	u32 wrong = 0;
	size_t n;

	memset(p, 7, LARGE + 1);
	for (n = 2 * LARGE; n <= 32u * LARGE; n *= 2) {
		p = heap_realloc(p, n);
		EXPECT_EQ(((Block *)(void *)p - 1)->size,
			  round_pages(n + sizeof(Block)));
		p[n - 1] = 1;
	}
	for (size_t i = 0; i <= LARGE; i++)
		wrong += p[i] != 7;
	EXPECT_EQ(wrong, 0);
	heap_free(p);
	EXPECT_EQ(mincore((Block *)(void *)p - 1, 1, one), -1);
}

/* What is around it stays; memmove from before, behind and over itself. */
TEST(copies)
{
	u8 from[200], to[200], want[200];
	u32 wrong = 0;

	for (size_t i = 0; i < sizeof from; i++)
		from[i] = (u8)(i * 7 + 1);
	for (size_t n = 0; n < 100; n++)
		for (size_t at = 0; at < 100; at++) {
			memset(to, 0, sizeof to);
			memset(want, 0, sizeof want);
			memcpy(want + at, from + 50, n);
			wrong += heap_memcpy(to + at, from + 50, n) != to + at;
			wrong += memcmp(to, want, sizeof to) != 0;
			memcpy(to, from, sizeof to);
			memcpy(want, from, sizeof to);
			memmove(want + at, want + 50, n);
			wrong += heap_memmove(to + at, to + 50, n) != to + at;
			wrong += memcmp(to, want, sizeof to) != 0;
		}
	EXPECT_EQ(wrong, 0);
}

TEST_MAIN(
	RUN(last_one) RUN(things) RUN(sizes) RUN(large) RUN(copies)
)
