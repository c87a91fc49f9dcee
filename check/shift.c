/*
 * Functions that differ, it seems, only in the addresses in them.
 *
 * When something outside of the module has another size, all that lies
 * behind it moves, and each instruction that refers to it differs. An
 * executable no longer says where its references are. But they all moved by
 * one of a few distances: read as a 32-bit number, such a field of one build
 * has the same difference to that of the other build in many functions. A
 * difference that occurs in three functions is taken for a distance, and a
 * function in which nothing else differs for a shifted one. That is a guess,
 * good enough to list the others first.
 *
 * Where fields begin depends on the architecture: at any byte, or at
 * instructions, whose smallest size is the pc quantum.
 */
#include <stdlib.h>

#include "check/check.h"

enum {
	FIELD = 4,
	FEW = 3,
	MAXWORD = 1 << 20,	/* more differs than a glance could order */
};

typedef struct {
	u32 delta, item;
} Word;

typedef struct {
	Word *v;
	size_t n, cap;
	bool big;
	u8 step;
} Words;

static bool field_differs(View a, View b, size_t i)
{
	return memcmp(a.p + i, b.p + i, FIELD) != 0;
}

static u32 delta(const Words *w, View a, View b, size_t i)
{
	return ld32(b.p + i, w->big) - ld32(a.p + i, w->big);
}

static bool add(Words *w, u32 d, size_t item)
{
	/* The same one twice in a row is common, and says nothing. */
	if (w->n && w->v[w->n - 1].delta == d &&
	    w->v[w->n - 1].item == (u32)item)
		return true;
	if (w->n == MAXWORD)
		return false;
	if (w->n == w->cap) {
		w->cap = w->cap ? 2 * w->cap : 4096;
		w->v = xrealloc(w->v, w->cap * sizeof *w->v);
	}
	w->v[w->n++] = (Word){d, (u32)item};
	return true;
}

static bool collect(Words *w, View a, View b, size_t item)
{
	for (size_t i = 0; a.n == b.n && view_has(a, i, FIELD); i += w->step)
		if (field_differs(a, b, i) &&
		    !add(w, delta(w, a, b, i), item))
			return false;
	return true;
}

static int by_delta(const void *x, const void *y)
{
	const Word *a = x, *b = y;

	if (a->delta != b->delta)
		return a->delta < b->delta ? -1 : 1;
	return a->item < b->item ? -1 : a->item > b->item;
}

/* Leaves of w the differences that occur in enough functions, each once. */
static void keep_distances(Words *w)
{
	size_t kept = 0, items;

	if (w->n)
		qsort(w->v, w->n, sizeof *w->v, by_delta);
	for (size_t i = 0, k; i < w->n; i = k) {
		items = 1;
		for (k = i + 1; k < w->n && w->v[k].delta == w->v[i].delta;
		     k++)
			items += w->v[k].item != w->v[k - 1].item;
		if (items >= FEW)
			w->v[kept++] = w->v[i];
	}
	w->n = kept;
}

static bool is_distance(const Words *w, u32 d)
{
	size_t lo = 0, hi = w->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (w->v[mid].delta < d)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < w->n && w->v[lo].delta == d;
}

/* Does every byte that differs lie in a field that moved? */
static bool only_shifted(const Words *w, View a, View b)
{
	size_t covered = 0;	/* bytes before it are accounted for */

	for (size_t i = 0; i < a.n && i < b.n; i++) {
		if (i % w->step == 0 && view_has(a, i, FIELD) &&
		    view_has(b, i, FIELD) && field_differs(a, b, i) &&
		    is_distance(w, delta(w, a, b, i)))
			covered = i + FIELD;
		if (a.p[i] != b.p[i] && i >= covered)
			return false;
	}
	return true;
}

void mark_shifted(DiffItem *it, size_t n, const Side *a, const Side *b)
{
	const Arch *arch = a->img->arch;
	Words w = {.big = a->img->big, .step = arch ? arch->minlc[GO127] : 1};
	bool room = true;
	u64 at;

	for (size_t i = 0; room && i < n; i++)
		if (it[i].kind == DIFF_CHANGED)
			room = collect(&w, side_bytes(a, it[i].a, &at),
				       side_bytes(b, it[i].b, &at), i);
	if (room) {
		keep_distances(&w);
		for (size_t i = 0; i < n; i++)
			it[i].shifted = it[i].kind == DIFF_CHANGED &&
				only_shifted(&w, side_bytes(a, it[i].a, &at),
					     side_bytes(b, it[i].b, &at));
	}
	free(w.v);
}
