/*
 * The debug build's doubts (make debug): did every piece write its own slot
 * and nothing else, and does the finished file say of itself what we meant?
 * The file is read again by the readers that gofips-check uses, which know
 * nothing of the linker. Whatever they find is a bug of ours.
 */
#include <pthread.h>
#include <stdlib.h>

#include "link/link.h"

/* What has been written to the output. */
typedef struct {
	u64 off, n;
} Extent;

struct Extents {
	Extent *p;
	u32 n, cap;
	pthread_mutex_t lock;
};

typedef struct {
	u64 addr;
	Sym s;
} Place;

static _Noreturn void wrong(const char *what, View name)
{
	fprintf(stderr, "gofips-link: recheck: %s: %.*s\n", what,
		(int)name.n, (const char *)name.p);
	abort();
}

struct Extents *new_extents(Mem *m)
{
	struct Extents *e = mem_alloc(m, sizeof *e);

	pthread_mutex_init(&e->lock, NULL);
	return e;
}

void note_extent(Link *L, u64 off, u64 n)
{
	struct Extents *e = L->extents;

	pthread_mutex_lock(&e->lock);
	if (e->n == e->cap) {
		e->cap = e->cap ? 2 * e->cap : 256;
		e->p = xrealloc(e->p, e->cap * sizeof *e->p);
	}
	e->p[e->n++] = (Extent){off, n};
	pthread_mutex_unlock(&e->lock);
}

static int by_off(const void *a, const void *b)
{
	const Extent *x = a, *y = b;

	return x->off < y->off ? -1 : x->off > y->off;
}

static void check_extents(const struct Extents *e)
{
	u32 i;

	qsort(e->p, e->n, sizeof *e->p, by_off);
	for (i = 0; i + 1 < e->n; i++)
		if (e->p[i].n > e->p[i + 1].off - e->p[i].off) {
			fprintf(stderr, "%#llx: ",
				(unsigned long long)e->p[i + 1].off);
			wrong("two pieces written to one place",
			      view_str("the output"));
		}
}

static int by_addr(const void *a, const void *b)
{
	const Place *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* What is laid out, by address. */
static Place *places(Link *L, u32 *n)
{
	const SymVec *from[] = {&L->textp, &L->datap};
	Place *p = mem_alloc(&L->mem, (L->textp.n + L->datap.n) * sizeof *p);
	u32 i, k;

	*n = 0;
	for (k = 0; k < NELEM(from); k++)
		for (i = 0; i < from[k]->n; i++) {
			Sym s = from[k]->p[i];

			if (sym_sect(L, s) && row(L, s)->size &&
			    row(L, s)->kind != K_STLSBSS &&
			    !sym_has(L, s, A_SUBSYM))
				p[(*n)++] = (Place){(u64)row(L, s)->value, s};
		}
	qsort(p, *n, sizeof *p, by_addr);
	return p;
}

/* Symbols lie in their sections, and not in each other. */
static void check_places(Link *L, const Place *p, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++) {
		const Sect *t = sym_sect(L, p[i].s);
		u64 end = p[i].addr + row(L, p[i].s)->size;

		if (p[i].addr < t->vaddr || end > t->vaddr + t->length)
			wrong("outside of its section",
			      sym_name(L, p[i].s));
		if (i + 1 < n && end > p[i + 1].addr)
			wrong("overlaps the next", sym_name(L, p[i].s));
	}
}

/* Between the symbols of a data section nobody has written. */
static void check_gaps(const Link *L, const Image *img, const Place *p,
		       u32 n)
{
	u32 i;

	for (i = 0; i + 1 < n; i++) {
		u64 end = p[i].addr + row(L, p[i].s)->size;
		View gap;
		size_t k;

		if (sym_sect(L, p[i].s) != sym_sect(L, p[i + 1].s) ||
		    link_kind_is_text(row(L, p[i].s)->kind) ||
		    !image_bytes(img, end, p[i + 1].addr - end, &gap, NULL))
			continue;
		for (k = 0; k < gap.n; k++)
			if (gap.p[k])
				wrong("wrote beyond its end",
				      sym_name(L, p[i].s));
	}
}

static void check_sections(const Link *L, const Image *img)
{
	u32 i;

	for (i = 1; i < L->nsect; i++) {
		const Sect *t = L->sect[i];
		Section s;

		if (t->seg == &L->seg[SEG_DWARF] || !t->length ||
		    !image_section(img, t->name, &s))
			continue;
		if (s.addr != t->vaddr || s.size != t->length)
			wrong("section header", view_str(t->name));
	}
}

/* The sum is right, and the ranges are where the brackets are. */
static void check_fips(const Link *L, const Image *img)
{
	u8 sum[SHA256_SIZE];
	Fipsinfo info;
	Fault why = fipsinfo_need(img, &info);
	int i;

	if (why.why)
		wrong("go:fipsinfo", view_str(why.why));
	for (i = 0; i < FIPS_NRANGE; i++) {
		const char *const *name = &fips_bracket_name[2 * i];
		Sym from = sym_lookup(L, view_str(name[0]), 0);
		Sym to = sym_lookup(L, view_str(name[1]), 0);

		if (info.range_fault[i].why ||
		    info.range[i].start != (u64)row(L, from)->value ||
		    info.range[i].end != (u64)row(L, to)->value)
			wrong("bracket", view_str(name[0]));
	}
	fips_sum(info.bytes, sum);
	if (memcmp(sum, info.stored, sizeof sum) != 0)
		wrong("the module's sum", view_str("go:fipsinfo"));
}

static void check_buildinfo(const Link *L, const Image *img)
{
	Buildinfo bi;
	Fault why = OK;

	if (!buildinfo_find(img, &bi, &why) ||
	    !view_eq(bi.version, L->buildversion))
		wrong("build information", L->buildversion);
}

void recheck(Link *L)
{
	Image img = {0};
	Place *p;
	Fault why;
	File f;
	u32 n;

	check_extents(L->extents);
	if (file_open(&f, L->flag.out))
		wrong("the file cannot be read", view_str(L->flag.out));
	if (f.bytes.n != L->outlen)
		wrong("the file is not as long as what was written",
		      view_str(L->flag.out));
	why = image_open(&img, f.bytes);
	if (why.why)
		wrong("the file", view_str(why.why));
	p = places(L, &n);
	check_places(L, p, n);
	check_gaps(L, &img, p, n);
	check_sections(L, &img);
	check_fips(L, &img);
	check_buildinfo(L, &img);
	file_close(&f);
}
