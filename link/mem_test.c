/* mem.c: what is handed out is zero, aligned and nobody else's; huge pages are
 * touched when they are come to, and not once they are dear. */
#include <sys/mman.h>

#include "link/link.h"
#include "objabi/test.h"

enum { HUGE = 2 << 20 };

static bool is_zero(const u8 *p, size_t n)
{
	size_t i = 0;

	while (i < n && p[i] == 0)
		i++;
	return i == n;
}

static void fill(Mem *m, size_t n, u32 *wrong)
{
	u8 *p = mem_alloc(m, n);

	*wrong += (uintptr_t)p % 16 != 0 || !is_zero(p, n);
	memset(p, 0xff, n);
}

TEST(alloc)
{
	HugePages h = {0};
	Mem m = {.huge = &h}, part = {.from = &m};
	u32 wrong = 0;

	for (size_t n = 0; n < 3000; n += 7) {
		fill(&m, n, &wrong);
		fill(&part, n, &wrong);
	}
	/* More than is left of the address space that m takes at once. */
	fill(&m, 63 << 20, &wrong);
	fill(&m, 65 << 20, &wrong);
	fill(&part, 9, &wrong);
	EXPECT_EQ(wrong, 0);
	mem_reset(&m);
	fill(&m, 1 << 20, &wrong);
	EXPECT_EQ(wrong, 0);
}

TEST(grow)
{
	Mem m = {0};
	u32 *p = NULL, cap = 0, wrong = 0, n, i;

	for (n = 0; n < 100000; n++) {
		/* Sometimes it is not what was handed out last. */
		if (n % 5000 == 0)
			fill(&m, 40, &wrong);
		p = mem_grow(&m, p, n, &cap, sizeof *p);
		p[n] = n;
	}
	for (i = 0; i < n; i++)
		wrong += p[i] != i;
	EXPECT_EQ(wrong, 0);
}

TEST(skip)
{
	HugePages h = {0};
	Mem m = {.huge = &h}, none = {0};
	u8 *p;

	mem_skip(&none);
	EXPECT_EQ(none.used, 0);
	p = mem_alloc(&m, 100);
	mem_skip(&m);
	EXPECT_EQ((uintptr_t)mem_alloc(&m, 1), (uintptr_t)p + HUGE);
	mem_skip(&m);
	EXPECT_EQ((uintptr_t)mem_alloc(&m, 1), (uintptr_t)p + 2 * HUGE);
}

static bool is_there(u8 *p)
{
	unsigned char there = 0;

	return mincore(p - (uintptr_t)p % 4096, 1, &there) == 0 && there & 1;
}

TEST(touch)
{
	HugePages h = {0};
	u8 *p = mem_reserve(&h, 5 * HUGE, 5 * HUGE), *q;

	EXPECT_EQ((uintptr_t)p % HUGE, 0);
	EXPECT_EQ(h.n, 1);
	EXPECT(!is_there(p));
	mem_touch(&h, p, 1);
	EXPECT(!is_there(p));	/* nobody wants them */
	mem_huge(&h, true);
	mem_touch(&h, p, 1);
	EXPECT(is_there(p) && !is_there(p + HUGE));
	/* What has been begun was touched then. */
	mem_touch(&h, p + 16, HUGE - 16);
	EXPECT(!is_there(p + HUGE));
	for (int i = 1; i < 3; i++) {
		mem_huge(&h, true);	/* whatever it took */
		mem_touch(&h, p + i * HUGE - 16, 32);
		EXPECT(is_there(p + i * HUGE));
		EXPECT(!is_there(p + (i + 1) * HUGE));
	}
	mem_huge(&h, false);
	mem_touch(&h, p + 3 * HUGE, HUGE);
	EXPECT(!is_there(p + 3 * HUGE));
	q = mem_reserve(&h, HUGE, HUGE);
	EXPECT_EQ(h.n, 2);
	EXPECT(!is_there(q));
	mem_touch(NULL, q, HUGE);
	EXPECT(!is_there(q));
	/* Small ones come by the chunk, at the first that is asked for. */
	mem_fill(&h, q, 1);
	EXPECT(is_there(q) && is_there(q + 65535) && !is_there(q + 65536));
	mem_fill(&h, q + 16, 65520);
	EXPECT(!is_there(q + 65536));
	mem_fill(&h, q + 65530, 16);
	EXPECT(is_there(q + 131071) && !is_there(q + 131072));
	mem_release(p, 5 * HUGE);
	mem_release(q, HUGE);
}

TEST_MAIN(RUN(alloc) RUN(grow) RUN(skip) RUN(touch))
