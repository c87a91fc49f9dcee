/*
 * dodata: the order of symbols within their kind.
 *
 * By size, then by number: small ones together waste little on alignment.
 * runtime.zerobase comes right behind those of size 0, whose address it is.
 * The tables of the pclntab are in order already, and .got goes by name.
 *
 * Type descriptors are looked up by reflect in the order of their strings,
 * so those with the typelink flag come first, sorted by string; then the
 * others and the itabs, by size. Different types can have one string. Go's
 * sort is not stable, so such ties fall as they do there only if its very
 * comparisons are made: of ranks here, for which the strings are sorted
 * beforehand.
 *
 * dodataSect in cmd/link/internal/ld/data.go
 */
#include <stdlib.h>

#include "link/decodesym.h"
#include "link/dodata.h"

enum { DIGIT = 11, NDIGIT = 1 << DIGIT, FEW = 32 };

typedef struct {
	u32 key;
	Sym s;
} Item;

/* A typelink symbol and the string of its type. */
typedef struct {
	View str;
	u64 head;	/* its first 8 bytes */
	u32 at;	/* in Types.item */
} TypeStr;

struct Sort {
	Link *L;
	DoData *d;
	Item *item[NKIND];	/* three times as many as there are symbols */
	u32 *count[NKIND];
	TypeStr *str;	/* of STYPE's symbols, by place */
	Sym zerobase, star;	/* runtime.zerobase, type:* */
	u8 order[NKIND];	/* the kinds, in the order of tasks */
	u32 n;	/* kinds */
};

enum { STRINGS = 512 };	/* types whose strings a task reads */

u32 sym_fixed_align(Link *L, Sym s)
{
	u32 min = L->la->minalign, align = sym_align(L, s);
	u32 size = row(L, s)->size;

	if (align)
		return align < min ? min : align;
	for (align = L->la->maxalign; align > size && align > min; )
		align >>= 1;
	sym_set_align(L, s, align);
	return align;
}

/* ---- by size --------------------------------------------------------- */

static void insertion_sort(Item *a, u32 n)
{
	u32 i, j;

	for (i = 1; i < n; i++) {
		Item x = a[i];

		for (j = i; j > 0 && a[j - 1].key > x.key; j--)
			a[j] = a[j - 1];
		a[j] = x;
	}
}

/* Stable; a has room for 2 n, count for NDIGIT. Returns where the result
 * is. */
static Item *radix_sort(Item *a, u32 n, u32 maxkey, u32 *count)
{
	Item *b = a + n, *t;
	u32 shift, i, sum, c;

	if (n < FEW) {
		insertion_sort(a, n);
		return a;
	}
	for (shift = 0; shift < 32 && maxkey >> shift; shift += DIGIT) {
		memset(count, 0, NDIGIT * sizeof *count);
		for (i = 0; i < n; i++)
			count[a[i].key >> shift & (NDIGIT - 1)]++;
		for (i = sum = 0; i < NDIGIT; i++, sum += c) {
			c = count[i];
			count[i] = sum;
		}
		for (i = 0; i < n; i++)
			b[count[a[i].key >> shift & (NDIGIT - 1)]++] = a[i];
		t = a;
		a = b;
		b = t;
	}
	return a;
}

static u32 size_key(const Sort *o, Sym s)
{
	u32 size = row(o->L, s)->size;

	return s == o->zerobase ? 1 : size ? size + 1 : 0;
}

static Item *sort_by_size(const Sort *o, Kind k)
{
	const SymVec *v = &o->d->sym[k];
	Item *a = o->item[k];
	u32 i, max = 0;

	for (i = 0; i < v->n; i++) {
		a[i] = (Item){size_key(o, v->p[i]), v->p[i]};
		if (a[i].key > max)
			max = a[i].key;
	}
	return radix_sort(a, v->n, max, o->count[k]);
}

/* ---- type descriptors ------------------------------------------------- */

static int cmp_str(const void *pa, const void *pb)
{
	const TypeStr *a = pa, *b = pb;
	size_t n = a->str.n < b->str.n ? a->str.n : b->str.n;
	int c;

	if (a->head != b->head)
		return a->head < b->head ? -1 : 1;
	c = n ? memcmp(a->str.p, b->str.p, n) : 0;
	return c ? c : (a->str.n > b->str.n) - (a->str.n < b->str.n);
}

static u64 str_head(View v)
{
	u8 b[8] = {0};

	if (v.n)
		memcpy(b, v.p, v.n < 8 ? v.n : 8);
	return ld64(b, true);
}

static bool is_typelink(const Link *L, Sym s)
{
	return (row(L, s)->attr & (A_TYPELINK | A_ITAB)) == A_TYPELINK;
}

static void read_strings(const Sort *o, size_t chunk)
{
	const SymVec *v = &o->d->sym[K_STYPE];
	u32 i = (u32)chunk * STRINGS;
	u32 end = v->n - i < STRINGS ? v->n : i + STRINGS;

	for (; i < end; i++) {
		TypeDesc d;

		if (!is_typelink(o->L, v->p[i]))
			continue;
		d = decodetype(o->L, v->p[i]);
		o->str[i].str = decodetype_str(&d);
		o->str[i].head = str_head(o->str[i].str);
	}
}

/* Equal strings get the same rank. Returns the first rank not used. */
static u32 rank_typelinks(const Link *L, TypeStr *t, Item *a, u32 n, u32 rank)
{
	u32 i, m = 0;

	for (i = 0; i < n; i++)
		if (is_typelink(L, a[i].s)) {
			t[m] = t[i];
			t[m++].at = i;
		}
	qsort(t, m, sizeof *t, cmp_str);
	for (i = 0; i < m; i++) {
		rank += i > 0 && cmp_str(&t[i - 1], &t[i]) != 0;
		a[t[i].at].key = rank;
	}
	return rank + 1;
}

static bool less(void *arg, size_t i, size_t j)
{
	const Item *a = arg;

	return a[i].key < a[j].key;
}

static void swap(void *arg, size_t i, size_t j)
{
	Item *a = arg, x = a[i];

	a[i] = a[j];
	a[j] = x;
}

/* Itabs, or types that are neither typelinks nor type:*, in order; sorted
 * holds places in a. */
static u32 rank_sized(const Link *L, Item *a, const Item *sorted, u32 n,
		      bool itab, u32 rank)
{
	u32 i;

	for (i = 0; i < n; i++) {
		Item *x = &a[sorted[i].s];

		if (sym_has(L, x->s, A_ITAB) == itab &&
		    !is_typelink(L, x->s))
			x->key = rank++;
	}
	return rank;
}

static u64 add_size(Link *L, u64 size, Sym s)
{
	return rnd(size, sym_fixed_align(L, s)) + row(L, s)->size;
}

/* How far typelinks, all types, itabs reach, for moduledata; type:* has no
 * part in it. */
static void measure_types(Link *L, const Item *a, u32 n, Sym star)
{
	u64 size = L->arch->ptrsize;
	u32 i = 0;

	for (; i < n && (a[i].s == star || is_typelink(L, a[i].s)); i++)
		if (a[i].s != star)
			size = add_size(L, size, a[i].s);
	L->typedesclen = size;
	for (; i < n && !sym_has(L, a[i].s, A_ITAB); i++)
		size = add_size(L, size, a[i].s);
	if (i < n)
		size = rnd(size, sym_fixed_align(L, a[i].s));
	L->itaboffset = size;
	for (size = 0; i < n; i++)
		size = add_size(L, size, a[i].s);
	L->itabsize = size;
}

static Item *sort_types(const Sort *o)
{
	const SymVec *v = &o->d->sym[K_STYPE];
	Item *a = o->item[K_STYPE], *sorted = a + v->n;
	u32 i, rank, max = 0;

	for (i = 0; i < v->n; i++) {
		a[i] = (Item){0, v->p[i]};
		sorted[i] = (Item){size_key(o, v->p[i]), i};
		if (sorted[i].key > max)
			max = sorted[i].key;
	}
	sorted = radix_sort(sorted, v->n, max, o->count[K_STYPE]);
	rank = rank_typelinks(o->L, o->str, a, v->n, 1);
	rank = rank_sized(o->L, a, sorted, v->n, false, rank);
	rank_sized(o->L, a, sorted, v->n, true, rank);
	for (i = 0; i < v->n; i++)
		if (a[i].s == o->star)
			a[i].key = 0;
	go_sort(&(GoSort){less, swap, a}, v->n);
	measure_types(o->L, a, v->n, o->star);
	return a;
}

/* ---- all kinds -------------------------------------------------------- */

static int by_name(const void *a, const void *b, void *arg)
{
	const Link *L = arg;
	View x = sym_name(L, *(const Sym *)a), y = sym_name(L, *(const Sym *)b);
	size_t n = x.n < y.n ? x.n : y.n;
	int c = n ? memcmp(x.p, y.p, n) : 0;

	return c ? c : (x.n > y.n) - (x.n < y.n);
}

static void check_sizes(Link *L, const SymVec *v)
{
	u32 i;

	for (i = 0; i < v->n; i++)
		if (row(L, v->p[i])->size > 2000000000)
			sym_errorf(L, v->p[i], "symbol too large (%u bytes)",
				   (unsigned)row(L, v->p[i])->size);
}

static void sort_kind(const Sort *o, Kind k)
{
	SymVec *v = &o->d->sym[k];
	u32 *max = &o->d->maxalign[k], j;
	Item *a = NULL;

	if (k == K_SELFGOT)
		qsort_r(v->p, v->n, sizeof(Sym), by_name, o->L);
	else if (k == K_STYPE)
		a = sort_types(o);
	else if (k != K_SPCLNTAB)
		a = sort_by_size(o, k);
	for (j = 0; j < v->n; j++) {
		Sym s = a ? a[j].s : v->p[j];
		u32 align = sym_fixed_align(o->L, s);

		v->p[j] = s;
		if (*max < align)
			*max = align;
	}
}

/* The kinds but STYPE, the largest first. */
static void plan(Sort *o)
{
	u32 k, i;

	for (k = 0; k < NKIND; k++) {
		u32 m = o->d->sym[k].n;

		if (m == 0 || k == K_STYPE)
			continue;
		for (i = o->n++; i > 0 && m > o->d->sym[o->order[i - 1]].n;
		     i--)
			o->order[i] = o->order[i - 1];
		o->order[i] = (u8)k;
	}
}

static void strings_task(void *arg, size_t i)
{
	read_strings(arg, i);
}

static void kind_task(void *arg, size_t i)
{
	const Sort *o = arg;

	sort_kind(o, o->order[i]);
}

Sort *dodata_sort_begin(Link *L, DoData *d)
{
	Sort *o = mem_alloc(&L->tmp, sizeof *o);
	u32 ntype = d->sym[K_STYPE].n, k;

	o->L = L;
	o->d = d;
	o->zerobase = sym_lookup(L, view_str("runtime.zerobase"), 0);
	o->star = sym_lookup(L, view_str("type:*"), 0);
	o->str = mem_alloc(&L->tmp, ntype * sizeof *o->str);
	for (k = 0; k < NKIND; k++) {
		u32 n = d->sym[k].n;

		if (n == 0)
			continue;
		check_sizes(L, &d->sym[k]);
		o->item[k] = mem_alloc(&L->tmp, 3 * sizeof(Item) * n);
		o->count[k] = mem_alloc(&L->tmp, NDIGIT * sizeof(u32));
	}
	plan(o);
	pool_for(L->pool, (ntype + STRINGS - 1) / STRINGS, strings_task, o);
	return o;
}

void dodata_sort_others(Sort *o)
{
	pool_for(o->L->pool, o->n, kind_task, o);
}

void dodata_sort_types(const Sort *o)
{
	sort_kind(o, K_STYPE);
}

void dodata_moduledata(Link *L)
{
	SB b = sb_of(L, L->moduledata);
	unsigned siz = L->arch->ptrsize;

	if (L->off_typedesclen)
		sb_set_uint(&b, L->off_typedesclen, siz, L->typedesclen);
	if (L->off_itaboffset)
		sb_set_uint(&b, L->off_itaboffset, siz, L->itaboffset);
	if (L->off_itabsize)
		sb_set_uint(&b, L->off_itabsize, siz, L->itabsize);
}
