/*
 * The symbols of the FIPS module: those that begin between the brackets.
 *
 * The symbol table has them all. Without one, runtime.pclntab still has the
 * functions, and the data stay nameless. Plan 9's table is not read, so its
 * programs count as stripped.
 */
#include <stdlib.h>

#include "check/check.h"

enum {
	MAXALIAS = 4,	/* at one address; assembly has two at times */
	MAXORDER = 1024,	/* bytes of names that are compared */
};

int name_order(View a, View b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n < MAXORDER ? n : MAXORDER) : 0;

	return c ? c : (a.n > b.n) - (a.n < b.n);
}

/* The part after crypto/internal/fips140 and, if it has one, the snapshot, so
 * that a symbol is found again in another snapshot of the module. The
 * snapshot is a directory, or, for the module's topmost package, its name,
 * with the dots escaped: fips140/v1.26.0/aes.powx, fips140/v1%2e26%2e0.CAST */
static View key_of(View name)
{
	static const char module[] = "crypto/internal/fips140";
	size_t at = sizeof module - 1, end;

	if (!view_prefix(name, module))
		return name;
	name = (View){name.p + at, name.n - at};
	if (name.n < 3 || name.p[0] != '/' || name.p[1] != 'v' ||
	    name.p[2] < '0' || name.p[2] > '9')
		return name;
	end = view_index(name, 1, '/');
	if (view_index(name, 1, '%') < end)
		end = view_index(name, 1, '.');
	return (View){name.p + end, name.n - end};
}

static void add(Syms *s, ModSym sym)
{
	/* A hostile file has all its symbols share one long name. */
	if (sym.name.n > s->room)
		sym.name.n = 0;
	s->room -= sym.name.n;
	sym.key = key_of(sym.name);
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 1024;
		s->v = xrealloc(s->v, s->cap * sizeof *s->v);
	}
	s->v[s->n++] = sym;
}

static int range_of(const Fipsinfo *info, u64 addr)
{
	for (int i = 0; i < FIPS_NRANGE; i++)
		if (addr >= info->range[i].start && addr < info->range[i].end)
			return i;
	return -1;
}

static void from_table(Syms *s, const Image *img, const Fipsinfo *info)
{
	Symbol sym;

	for (u64 i = 0; img->format->symbol(img, i, &sym); i++) {
		int r = range_of(info, sym.addr);

		if (r < 0 || sym.name.n == 0 || sym.letter == 'U' ||
		    sym.letter == 'A' || sym.letter == 'a')
			continue;
		if (img->format == &macho_format && sym.name.p[0] == '_')
			view_sub(sym.name, 1, sym.name.n - 1, &sym.name);
		add(s, (ModSym){.name = sym.name, .addr = sym.addr,
				.size = sym.size, .range = r});
		s->source[r] = SYMS_TABLE;
	}
}

static void from_pclntab(Syms *s, const Image *img, const Fipsinfo *info)
{
	Span text = info->range[0];
	Pclntab t;
	PclnFunc f;

	if (pclntab_open(img, &t).why || !pclntab_locate(img, &t))
		return;
	for (u32 i = 0; pclntab_func(&t, i, &f); i++) {
		if (f.addr < text.start || f.addr >= text.end)
			continue;
		add(s, (ModSym){.name = f.name, .addr = f.addr,
				.size = f.size});
		s->source[0] = SYMS_PCLNTAB;
	}
}

/* Those of the text, which are to come from elsewhere. */
static void drop_text(Syms *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].range != 0)
			s->v[n++] = s->v[i];
	s->n = n;
	s->source[0] = SYMS_NONE;
}

static int by_place(const void *x, const void *y)
{
	const ModSym *a = x, *b = y;

	if (a->range != b->range)
		return a->range - b->range;
	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	if (a->size != b->size)
		return a->size < b->size ? -1 : 1;
	return a->name.p < b->name.p ? -1 : a->name.p > b->name.p;
}

/* Symbols do not overlap in what Go writes. If they did, it would take time
 * for each to look at bytes that others hold too; for the same reason few
 * may share an address. */
static void drop_aliases(Syms *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		if (n < MAXALIAS || s->v[n - MAXALIAS].addr != s->v[i].addr ||
		    s->v[n - MAXALIAS].range != s->v[i].range)
			s->v[n++] = s->v[i];
	s->n = n;
}

/* A symbol ends where the next one begins, at the latest. Some formats have
 * no sizes. */
static void set_sizes(Syms *s, const Fipsinfo *info)
{
	u64 next = 0;	/* the first address after v[i]'s at which one begins */

	for (size_t i = s->n; i-- > 0;) {
		ModSym *m = &s->v[i];

		if (i + 1 == s->n || m[1].range != m->range)
			next = info->range[m->range].end;
		else if (m[1].addr != m->addr)
			next = m[1].addr;
		if (m->size == 0 || m->size > next - m->addr)
			m->size = next - m->addr;
	}
}

void syms_load(Syms *s, const Image *img, const Fipsinfo *info,
	       bool functions)
{
	size_t at = 0;

	/* Names do not overlap, or few do. */
	*s = (Syms){.room = 2 * (u64)img->file.n};
	from_table(s, img, info);
	if (functions)
		drop_text(s);
	if (s->source[0] == SYMS_NONE)
		from_pclntab(s, img, info);
	if (s->n)
		qsort(s->v, s->n, sizeof *s->v, by_place);
	drop_aliases(s);
	set_sizes(s, info);
	for (int r = 0; r <= FIPS_NRANGE; r++) {
		while (at < s->n && s->v[at].range < r)
			at++;
		s->first[r] = at;
	}
}

void syms_free(Syms *s)
{
	free(s->v);
	*s = (Syms){0};
}

/* The last one that begins at or before addr, unless it ends before. */
const ModSym *syms_at(const Syms *s, int range, u64 addr)
{
	size_t lo = s->first[range], hi = s->first[range + 1];
	size_t first = lo;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->v[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == first || addr - s->v[lo - 1].addr >= s->v[lo - 1].size)
		return NULL;
	return &s->v[lo - 1];
}
