/*
 * Go's unstable sort, step for step.
 *
 * Where Go sorts with ties, its output shows in which order pdqsort leaves
 * equal elements: relocations with one offset, lines of nm with one name,
 * type links with one string. To agree with it, the same comparisons and
 * swaps must happen in the same order:
 *
 *   up to 12 elements: insertion sort
 *   pivot: median of three at the quarters, from 50 elements on each of them
 *     the median of itself and its neighbours; the swaps that ordering them
 *     took say whether the run looks ascending (0) or descending (12)
 *   a run that looks sorted, after two good partitions: at most five repairs
 *   the element left of the run equals the pivot: split off all equal ones
 *   else partition; the smaller side first
 *   after a bad partition (a side below an eighth) three elements are swapped
 *     at random (xorshift, seeded with the length), and once more than
 *     log2(n) times that: heapsort
 *
 * Source: slices/zsortanyfunc.go, sort/zsortfunc.go (alike in 1.24 .. 1.27)
 */
#include "obj/obj.h"

enum { INSERTION = 12, NINTHER = 50, MAXSWAPS = 12, REPAIRS = 5, SHIFT = 50 };

/* A run still to be sorted. Of two sides the smaller is sorted first, so
 * that no more than log2(n) wait. */
typedef struct {
	size_t a, b;
	unsigned limit;
	bool balanced, partitioned;
} Run;

static bool less(const GoSort *g, size_t i, size_t j)
{
	return g->less(g->arg, i, j);
}

static void swap(const GoSort *g, size_t i, size_t j)
{
	g->swap(g->arg, i, j);
}

static void insertion(const GoSort *g, size_t a, size_t b)
{
	for (size_t i = a + 1; i < b; i++)
		for (size_t j = i; j > a && less(g, j, j - 1); j--)
			swap(g, j, j - 1);
}

static void sift_down(const GoSort *g, size_t root, size_t n, size_t first)
{
	for (;;) {
		size_t child = 2 * root + 1;

		if (child >= n)
			return;
		if (child + 1 < n && less(g, first + child, first + child + 1))
			child++;
		if (!less(g, first + root, first + child))
			return;
		swap(g, first + root, first + child);
		root = child;
	}
}

static void heapsort_run(const GoSort *g, size_t a, size_t b)
{
	size_t n = b - a;

	for (size_t i = (n - 1) / 2 + 1; i-- > 0;)
		sift_down(g, i, n, a);
	for (size_t i = n; i-- > 0;) {
		swap(g, a, a + i);
		sift_down(g, 0, i, a);
	}
}

static void order2(const GoSort *g, size_t *a, size_t *b, int *swaps)
{
	if (less(g, *b, *a)) {
		size_t t = *a;

		*a = *b;
		*b = t;
		++*swaps;
	}
}

static size_t median(const GoSort *g, size_t a, size_t b, size_t c,
		     int *swaps)
{
	order2(g, &a, &b, swaps);
	order2(g, &b, &c, swaps);
	order2(g, &a, &b, swaps);
	return b;
}

/* The pivot's place; *swaps tells how the run looks. */
static size_t choose_pivot(const GoSort *g, size_t a, size_t b, int *swaps)
{
	size_t n = b - a;
	size_t q[3] = {a + n / 4, a + n / 4 * 2, a + n / 4 * 3};

	*swaps = 0;
	for (int i = 0; n >= NINTHER && i < 3; i++)
		q[i] = median(g, q[i] - 1, q[i], q[i] + 1, swaps);
	return median(g, q[0], q[1], q[2], swaps);
}

static void reverse(const GoSort *g, size_t a, size_t b)
{
	for (b--; a < b; a++, b--)
		swap(g, a, b);
}

static void break_patterns(const GoSort *g, size_t a, size_t b)
{
	size_t n = b - a, at = a + n / 4 * 2 - 1;
	u64 x = n;
	u64 mask = ((u64)2 << (63 - __builtin_clzll(n))) - 1;

	for (int i = 0; i < 3; i++) {
		size_t other;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		other = (size_t)(x & mask);
		if (other >= n)
			other -= n;
		swap(g, at + (size_t)i, a + other);
	}
}

/* Is the run sorted, after a few repairs? The shifts may reach to the left
 * of the run, down to place 1: so it is in Go. */
static bool partial_insertion(const GoSort *g, size_t a, size_t b)
{
	size_t i = a + 1;

	for (int k = 0; k < REPAIRS; k++) {
		while (i < b && !less(g, i, i - 1))
			i++;
		if (i == b)
			return true;
		if (b - a < SHIFT)
			return false;
		swap(g, i, i - 1);
		for (size_t j = i - 1;
		     i - a >= 2 && j >= 1 && less(g, j, j - 1); j--)
			swap(g, j, j - 1);
		for (size_t j = i + 1;
		     b - i >= 2 && j < b && less(g, j, j - 1); j++)
			swap(g, j, j - 1);
	}
	return false;
}

/* Equal ones to the left; returns where the greater begin. Nothing in the
 * run is less than the pivot. */
static size_t partition_equal(const GoSort *g, size_t a, size_t b,
			      size_t pivot)
{
	size_t i = a + 1, j = b - 1;

	swap(g, a, pivot);
	for (;;) {
		while (i <= j && !less(g, a, i))
			i++;
		while (i <= j && less(g, a, j))
			j--;
		if (i > j)
			return i;
		swap(g, i++, j--);
	}
}

/* Lesser ones to the left; returns the pivot's new place. */
static size_t partition(const GoSort *g, size_t a, size_t b, size_t pivot,
			bool *already)
{
	size_t i = a + 1, j = b - 1;

	swap(g, a, pivot);
	for (*already = true;; *already = false) {
		while (i <= j && less(g, i, a))
			i++;
		while (i <= j && !less(g, j, a))
			j--;
		if (i > j)
			break;
		swap(g, i++, j--);
	}
	swap(g, j, a);
	return j;
}

/* One round on a run. Returns true when it is sorted; else *r is what is
 * left of it, and *sub, unless it is empty, what to sort before that. */
static bool round_of(const GoSort *g, Run *r, Run *sub)
{
	size_t a = r->a, b = r->b, n = b - a, pivot, mid;
	int swaps;

	*sub = (Run){0};
	if (n <= INSERTION) {
		insertion(g, a, b);
		return true;
	}
	if (r->limit == 0) {
		heapsort_run(g, a, b);
		return true;
	}
	if (!r->balanced) {
		break_patterns(g, a, b);
		r->limit--;
	}
	pivot = choose_pivot(g, a, b, &swaps);
	if (swaps == MAXSWAPS) {
		reverse(g, a, b);
		pivot = b - 1 - (pivot - a);
		swaps = 0;
	}
	if (r->balanced && r->partitioned && swaps == 0 &&
	    partial_insertion(g, a, b))
		return true;
	if (a > 0 && !less(g, a - 1, pivot)) {
		r->a = partition_equal(g, a, b, pivot);
		return false;
	}
	mid = partition(g, a, b, pivot, &r->partitioned);
	r->balanced = (mid - a < b - mid ? mid - a : b - mid) >= n / 8;
	if (mid - a < b - mid) {
		*sub = (Run){a, mid, r->limit, true, true};
		r->a = mid + 1;
	} else {
		*sub = (Run){mid + 1, b, r->limit, true, true};
		r->b = mid;
	}
	return false;
}

void go_sort(const GoSort *g, size_t n)
{
	Run stack[65], sub;
	unsigned limit = n ? 64 - (unsigned)__builtin_clzll(n) : 0;
	int top = 0;

	stack[0] = (Run){0, n, limit, true, true};
	while (top >= 0) {
		if (round_of(g, &stack[top], &sub))
			top--;
		else if (sub.b > sub.a)
			stack[++top] = sub;
	}
}
