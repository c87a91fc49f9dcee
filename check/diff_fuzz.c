/*
 * Two files in one input, each a binary or a dump: 4 bytes with the length
 * of the first (little-endian), the first, the second. Compared in both
 * directions, and the first with itself.
 */
#include "check/check.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* What target_open does after it has a file. */
static bool open_bytes(Target *t, View bytes)
{
	Fault why;

	*t = (Target){.path = "f", .bytes = bytes};
	if (view_prefix(bytes, FIPS_DUMP_MAGIC)) {
		t->is_dump = true;
		return true;
	}
	if (image_open(&t->img, bytes).why ||
	    fipsinfo_find(&t->img, &t->info, &why) != FIPS_FOUND)
		return false;
	for (int i = 0; i < FIPS_NRANGE; i++)
		if (t->info.range_fault[i].why)
			return false;
	return true;
}

static void check_diff(const Diff *d, const Side *a, const Side *b)
{
	size_t n = 0;
	bool any = false;

	for (int r = 0; r < FIPS_NRANGE; r++) {
		size_t here = 0;

		for (int k = 0; k < NDIFF; k++)
			here += d->count[r][k];
		if (view_eq(a->range[r], b->range[r]) == d->differs[r] ||
		    d->differs[r] != (here > 0))
			DIE("a range is said to differ, or not to");
		any |= d->differs[r];
		n += here;
	}
	if (any != d->any || n != d->n)
		DIE("miscounted");
	for (size_t i = 0; i < d->n; i++) {
		const DiffItem *it = &d->v[i];

		if (it->at_a > a->range[it->range].n ||
		    it->at_b > b->range[it->range].n ||
		    it->ndiff > it->len)
			DIE("a difference outside of its range");
	}
}

static void both_ways(Side *a, Side *b)
{
	static const DiffStyle style[] = {{0}, {.all = true}};
	Diff d, e;
	Buf out = {0};

	compare(&d, a, b);
	check_diff(&d, a, b);
	compare(&e, b, a);
	check_diff(&e, b, a);
	if (d.n != e.n)
		DIE("the other way round it is something else");
	for (size_t i = 0; i < NELEM(style); i++)
		diff_text(&d, a, b, &style[i], &out);
	buf_free(&out);
	diff_free(&e);
	diff_free(&d);
}

static void sides(const Target *x, const Target *y)
{
	Side a, b;

	if (!side_open(&a, x).why) {
		if (!side_open(&b, y).why)
			both_ways(&a, &b);
		side_close(&b);
	}
	side_close(&a);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	Target a, b;
	View v;
	u32 n;

	if (size < 4)
		return 0;
	n = ld32(data, false);
	if (!view_sub(view_of(data + 4, size - 4), 0, n, &v) ||
	    !open_bytes(&a, v))
		return 0;
	sides(&a, &a);
	if (open_bytes(&b, view_of(data + 4 + n, size - 4 - n)))
		sides(&a, &b);
	return 0;
}
