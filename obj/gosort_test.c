/* What Go's sort.Slice makes of arrays with ties: sums over the order of the
 * elements, from a Go program that builds the same arrays. */
#include "obj/obj.h"
#include "objabi/test.h"

typedef struct {
	u32 key, id;
} El;

static bool el_less(void *arg, size_t i, size_t j)
{
	const El *e = arg;

	return e[i].key < e[j].key;
}

static void el_swap(void *arg, size_t i, size_t j)
{
	El *e = arg, t = e[i];

	e[i] = e[j];
	e[j] = t;
}

static u32 key_of(int pattern, u32 i, u32 n, u32 random)
{
	switch (pattern) {
	case 0: return random % 7;	/* few values */
	case 1: return random;
	case 2: return i / 3;	/* rising, with ties */
	case 3: return n - i / 3;	/* falling */
	case 4: return 5;	/* all the same */
	case 5: return i < n - i ? i : n - i;	/* up and down */
	default: return random % 50 == 0 ? random % 100 : i;	/* nearly */
	}
}

static u32 sum_sorted(u32 n, int pattern, bool *sorted)
{
	El *e = xrealloc(NULL, (n + 1) * sizeof *e);
	u32 x = 12345, h = 2166136261;

	for (u32 i = 0; i < n; i++) {
		x = x * 1103515245 + 12345;
		e[i] = (El){key_of(pattern, i, n, x >> 16), i};
	}
	go_sort(&(GoSort){el_less, el_swap, e}, n);
	*sorted = true;
	for (u32 i = 0; i < n; i++) {
		*sorted &= i == 0 || e[i - 1].key <= e[i].key;
		h = (h ^ e[i].id) * 16777619;
	}
	free(e);
	return h;
}

TEST(as_go)
{
	static const struct { u32 n; int pattern; u32 sum; } cases[] = {
		{0, 0, 0x811c9dc5}, {0, 1, 0x811c9dc5},
		{0, 2, 0x811c9dc5}, {0, 3, 0x811c9dc5},
		{0, 4, 0x811c9dc5}, {0, 5, 0x811c9dc5},
		{0, 6, 0x811c9dc5}, {1, 0, 0x50c5d1f},
		{1, 1, 0x50c5d1f}, {1, 2, 0x50c5d1f},
		{1, 3, 0x50c5d1f}, {1, 4, 0x50c5d1f},
		{1, 5, 0x50c5d1f}, {1, 6, 0x50c5d1f},
		{12, 0, 0x4dc781ad}, {12, 1, 0x6d9f27d},
		{12, 2, 0x4a509959}, {12, 3, 0x4a387b41},
		{12, 4, 0x4a509959}, {12, 5, 0xee93ce8f},
		{12, 6, 0x4a509959}, {13, 0, 0x3fd2f6f},
		{13, 1, 0x78983ac5}, {13, 2, 0x51e160cf},
		{13, 3, 0xc63b6d2f}, {13, 4, 0x51e160cf},
		{13, 5, 0x2bf3a64b}, {13, 6, 0x51e160cf},
		{49, 0, 0xba13ecf1}, {49, 1, 0xc6fba5a1},
		{49, 2, 0x1f6c285f}, {49, 3, 0xadbe57a3},
		{49, 4, 0x1f6c285f}, {49, 5, 0xc9968eff},
		{49, 6, 0x7a4c1121}, {50, 0, 0xc3ebb5a8},
		{50, 1, 0x2767c332}, {50, 2, 0xe543a52a},
		{50, 3, 0xc26f5f84}, {50, 4, 0xe543a52a},
		{50, 5, 0xdf199bd2}, {50, 6, 0x9583086c},
		{51, 0, 0x60ee16e}, {51, 1, 0xd5bb2fe2},
		{51, 2, 0x17ce4c8}, {51, 3, 0x9753872a},
		{51, 4, 0x17ce4c8}, {51, 5, 0xe81095ae},
		{51, 6, 0xbb462bfa}, {500, 0, 0xcb04f729},
		{500, 1, 0x7c5ce695}, {500, 2, 0x64f8d4e1},
		{500, 3, 0x5f7275ad}, {500, 4, 0x64f8d4e1},
		{500, 5, 0x79410feb}, {500, 6, 0xb360dbfb},
		{5000, 0, 0x489075e9}, {5000, 1, 0x7c428cd1},
		{5000, 2, 0x8c7ca59d}, {5000, 3, 0xdf0e9035},
		{5000, 4, 0x8c7ca59d}, {5000, 5, 0x64000b1},
		{5000, 6, 0x49486f69},
	};

	for (size_t i = 0; i < NELEM(cases); i++) {
		bool sorted;

		EXPECT_EQ(sum_sorted(cases[i].n, cases[i].pattern, &sorted),
			  cases[i].sum);
		EXPECT(sorted);
	}
}

/* Swaps that make quicksort's pivots bad again and again end in heapsort,
 * and not in quadratic time: McIlroy's adversary. */
typedef struct {
	u32 *val;
	u32 gas, next, candidate;
	u64 compared;
} Adversary;

static bool adv_less(void *arg, size_t i, size_t j)
{
	Adversary *a = arg;

	a->compared++;
	if (a->val[i] == a->gas && a->val[j] == a->gas)
		a->val[i == a->candidate ? i : j] = a->next++;
	if (a->val[i] == a->gas)
		a->candidate = (u32)i;
	else if (a->val[j] == a->gas)
		a->candidate = (u32)j;
	return a->val[i] < a->val[j];
}

static void adv_swap(void *arg, size_t i, size_t j)
{
	Adversary *a = arg;
	u32 t = a->val[i];

	a->val[i] = a->val[j];
	a->val[j] = t;
}

TEST(adversary)
{
	enum { N = 20000 };
	Adversary a = {.val = xrealloc(NULL, N * sizeof(u32)), .gas = N};

	for (u32 i = 0; i < N; i++)
		a.val[i] = a.gas;
	go_sort(&(GoSort){adv_less, adv_swap, &a}, N);
	EXPECT(a.compared < (u64)N * 200);
	for (u32 i = 1; i < N; i++)
		EXPECT(a.val[i - 1] <= a.val[i]);
	free(a.val);
}

TEST_MAIN(
	RUN(as_go)
	RUN(adversary)
)
