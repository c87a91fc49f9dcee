/*
 * What was hashed, compared with what was hashed elsewhere: two binaries,
 * dumps, or a file and the memory of a process.
 *
 * If both sides name their symbols in the same way, the symbols are matched
 * by name, so that what was moved or has grown does not make everything
 * behind it look different; of several with one name, the first is matched
 * with the first. Otherwise the bytes are compared place by place, and named
 * after the symbols of the side that has some.
 *
 * Whether a range differs is decided by its bytes alone. Symbols only say
 * where.
 */
#include <stdlib.h>

#include "check/check.h"

enum {
	/* Places that differ and lie closer together are one. */
	GAP = 16,
	/* A range with relocations is broken anyway; these are enough to
	 * show where. */
	MAXRELOC = 1 << 16,
};

/* ---- sides --------------------------------------------------------- */

Fault dump_parse(View dump, View range[FIPS_NRANGE])
{
	Cursor c = cursor(dump, true);

	cur_bytes(&c, strlen(FIPS_DUMP_MAGIC));
	for (int i = 0; i < FIPS_NRANGE; i++) {
		u64 n = cur_u64(&c);

		range[i] = cur_bytes(&c, n);
	}
	if (c.err)
		return fault("the dump is cut off", c.off);
	if (c.off != dump.n)
		return fault("something follows the dump's last range",
			     c.off);
	return OK;
}

static void see_reloc(void *arg, const DynReloc *r)
{
	Side *s = arg;

	if (s->nreloc == MAXRELOC)
		return;
	if (s->nreloc == s->caprel) {
		s->caprel = s->caprel ? 2 * s->caprel : 16;
		s->reloc = xrealloc(s->reloc, s->caprel * sizeof *s->reloc);
	}
	s->reloc[s->nreloc++] = *r;
}

static int by_addr(const void *x, const void *y)
{
	const DynReloc *a = x, *b = y;

	return a->addr < b->addr ? -1 : a->addr > b->addr;
}

void side_of_image(Side *s, const Image *img, const Fipsinfo *info)
{
	s->img = img;
	s->info = info;
	syms_load(&s->syms, img, info, false);
	if (img->format->dynrelocs)
		img->format->dynrelocs(img, info->range, FIPS_NRANGE,
				       see_reloc, s);
	if (s->nreloc)
		qsort(s->reloc, s->nreloc, sizeof *s->reloc, by_addr);
}

Fault side_open(Side *s, const Target *t)
{
	*s = (Side){.label = t->path, .base = t->base};
	if (t->is_dump)
		return dump_parse(t->bytes, s->range);
	memcpy(s->range, t->info.bytes, sizeof s->range);
	side_of_image(s, &t->img, &t->info);
	return OK;
}

void side_close(Side *s)
{
	syms_free(&s->syms);
	free(s->reloc);
	*s = (Side){0};
}

const DynReloc *side_reloc(const Side *s, u64 addr, u64 len)
{
	/* Nothing a loader writes at once is longer. */
	u64 first = addr > 16 ? addr - 16 : 0;
	size_t lo = 0, hi = s->nreloc;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->reloc[mid].addr < first)
			lo = mid + 1;
		else
			hi = mid;
	}
	/* Hostile tables have many at one address. */
	for (hi = lo + 64; lo < s->nreloc && lo < hi; lo++) {
		const DynReloc *r = &s->reloc[lo];

		if (r->addr >= addr ? r->addr - addr < len :
		    addr - r->addr < r->size)
			return r;
	}
	return NULL;
}

View side_bytes(const Side *s, const ModSym *m, u64 *at)
{
	View v;

	*at = m->addr - s->info->range[m->range].start;
	view_sub(s->range[m->range], *at, m->size, &v);
	return v;
}

/* ---- findings ------------------------------------------------------ */

static DiffItem *add(Diff *d, DiffItem item)
{
	if (d->n == d->cap) {
		d->cap = d->cap ? 2 * d->cap : 64;
		d->v = xrealloc(d->v, d->cap * sizeof *d->v);
	}
	d->count[item.range][item.kind]++;
	d->v[d->n] = item;
	return &d->v[d->n++];
}

void diff_free(Diff *d)
{
	free(d->v);
	*d = (Diff){0};
}

/* Fills in where two pieces differ; they begin at it->at_a and it->at_b. */
static void measure(DiffItem *it, View a, View b)
{
	size_t n = a.n < b.n ? a.n : b.n, first = n, last = 0;

	if (a.n == b.n && view_eq(a, b))
		return;
	for (size_t i = 0; i < n; i++) {
		if (a.p[i] == b.p[i])
			continue;
		if (it->ndiff++ == 0)
			first = i;
		last = i;
	}
	it->at_a += first;
	it->at_b += first;
	it->len = it->ndiff ? last - first + 1 : 0;
}

/* ---- by name ------------------------------------------------------- */

static int by_name(const void *x, const void *y)
{
	const ModSym *a = *(ModSym *const *)x, *b = *(ModSym *const *)y;
	int c = name_order(a->key, b->key);

	return c ? c : (a > b) - (a < b);
}

typedef struct {
	const ModSym **v;
	size_t n, at;
} Names;

static Names names_of(const Side *s, int r)
{
	size_t n = s->syms.first[r + 1] - s->syms.first[r];
	Names names = {.n = n};

	names.v = xrealloc(NULL, (n + 1) * sizeof *names.v);
	for (size_t i = 0; i < n; i++)
		names.v[i] = &s->syms.v[s->syms.first[r] + i];
	qsort(names.v, n, sizeof *names.v, by_name);
	return names;
}

static void only(Diff *d, const ModSym *a, const ModSym *b)
{
	add(d, (DiffItem){.kind = a ? DIFF_REMOVED : DIFF_ADDED,
			  .range = a ? a->range : b->range, .a = a, .b = b});
}

static void both(Diff *d, const Side *a, const ModSym *x, const Side *b,
		 const ModSym *y)
{
	DiffItem it = {.range = x->range, .a = x, .b = y};
	View va = side_bytes(a, x, &it.at_a), vb = side_bytes(b, y, &it.at_b);

	measure(&it, va, vb);
	it.kind = x->size == y->size ? DIFF_CHANGED : DIFF_RESIZED;
	if (it.ndiff || it.kind == DIFF_RESIZED)
		add(d, it);
}

static int by_kind(const void *x, const void *y)
{
	const DiffItem *a = x, *b = y;
	const ModSym *p = a->a ? a->a : a->b, *q = b->a ? b->a : b->b;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->shifted != b->shifted)
		return a->shifted ? 1 : -1;
	if (p->addr != q->addr)
		return p->addr < q->addr ? -1 : 1;
	return a->at_a < b->at_a ? -1 : a->at_a > b->at_a;
}

static void match(Diff *d, const Side *a, const Side *b, int r)
{
	Names x = names_of(a, r), y = names_of(b, r);
	size_t from = d->n;

	while (x.at < x.n || y.at < y.n) {
		int c = x.at == x.n ? 1 : y.at == y.n ? -1 :
			name_order(x.v[x.at]->key, y.v[y.at]->key);

		if (c < 0)
			only(d, x.v[x.at++], NULL);
		else if (c > 0)
			only(d, NULL, y.v[y.at++]);
		else
			both(d, a, x.v[x.at++], b, y.v[y.at++]);
	}
	if (d->n > from && r == 0)
		mark_shifted(d->v + from, d->n - from, a, b);
	for (size_t i = from; i < d->n; i++)
		d->nshifted += d->v[i].shifted;
	if (d->n > from)
		qsort(d->v + from, d->n - from, sizeof *d->v, by_kind);
	free(x.v);
	free(y.v);
}

/* ---- by place ------------------------------------------------------ */

static const ModSym *sym_at(const Side *s, int r, u64 at)
{
	if (!s->img)
		return NULL;
	return syms_at(&s->syms, r, s->info->range[r].start + at);
}

/* Is byte i part of the place that the last item describes? */
static bool joins(const Diff *d, size_t from, u64 i, const ModSym *a,
		  const ModSym *b)
{
	const DiffItem *it = d->n > from ? &d->v[d->n - 1] : NULL;

	if (!it || it->a != a || it->b != b)
		return false;
	return a || b || i - it->at_a < it->len + GAP;
}

static void places(Diff *d, const Side *a, const Side *b, int r)
{
	View x = a->range[r], y = b->range[r];
	size_t n = x.n < y.n ? x.n : y.n, from = d->n;

	for (size_t i = 0; i < n; i++) {
		const ModSym *p, *q;
		DiffItem *it;

		if (x.p[i] == y.p[i])
			continue;
		p = sym_at(a, r, i);
		q = sym_at(b, r, i);
		if (joins(d, from, i, p, q))
			it = &d->v[d->n - 1];
		else
			it = add(d, (DiffItem){
				.kind = p || q ? DIFF_CHANGED : DIFF_BYTES,
				.range = r, .a = p, .b = q,
				.at_a = i, .at_b = i});
		it->ndiff++;
		it->len = i - it->at_a + 1;
		/* After an insertion all that follows differs. */
		if (x.n != y.n)
			return;
	}
	if (d->n == from)
		add(d, (DiffItem){.kind = DIFF_BYTES, .range = r,
				  .at_a = n, .at_b = n});
}

/* ---- all together -------------------------------------------------- */

/* One side is stripped: both are to have their functions from pclntab. */
static void agree(Side *s, const Side *other)
{
	if (!s->img || s->syms.source[0] != SYMS_TABLE ||
	    other->syms.source[0] != SYMS_PCLNTAB)
		return;
	syms_free(&s->syms);
	syms_load(&s->syms, s->img, s->info, true);
}

static void compare_range(Diff *d, const Side *a, const Side *b, int r)
{
	size_t from = d->n;

	d->differs[r] = !view_eq(a->range[r], b->range[r]);
	if (!d->differs[r])
		return;
	d->any = true;
	if (a->syms.source[r] == b->syms.source[r] &&
	    a->syms.source[r] != SYMS_NONE)
		match(d, a, b, r);
	/* All symbols are the same: then it is what lies between them. */
	if (d->n == from)
		places(d, a, b, r);
}

void compare(Diff *d, Side *a, Side *b)
{
	*d = (Diff){0};
	agree(a, b);
	agree(b, a);
	for (int r = 0; r < FIPS_NRANGE; r++)
		compare_range(d, a, b, r);
}
