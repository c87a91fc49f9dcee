/*
 * --print-map: what lies where, on standard output: sections, and in them
 * the symbols in the order of memory, with the ranges that the FIPS module's
 * sum covers marked by an F.
 */
#include <stdlib.h>

#include "link/link.h"

typedef struct {
	u64 addr;
	Sym s;
} Place;

static int by_addr(const void *a, const void *b)
{
	const Place *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x->s < y->s ? -1 : x->s > y->s;
}

static bool in_fips(const Link *L, Sym s)
{
	u8 k = row(L, s)->kind;

	return kind_in(k, K_STEXTFIPSSTART, K_STEXTFIPSEND) ||
		kind_in(k, K_SRODATAFIPSSTART, K_SRODATAFIPSEND) ||
		kind_in(k, K_SNOPTRDATAFIPSSTART, K_SNOPTRDATAFIPSEND) ||
		kind_in(k, K_SDATAFIPSSTART, K_SDATAFIPSEND);
}

static void print_symbol(const Link *L, Sym s)
{
	View name = sym_name(L, s);
	Unit *u = sym_unit(L, s);

	printf("%12llx %8x %c %-16s %.*s", (unsigned long long)
	       row(L, s)->value, (unsigned)row(L, s)->size,
	       in_fips(L, s) ? 'F' : ' ', kind_name(row(L, s)->kind),
	       (int)name.n, (const char *)name.p);
	if (u)
		printf("  (%.*s %.*s)", (int)u->lib->pkg.n,
		       (const char *)u->lib->pkg.p,
		       (int)L->obj[u->obj]->member.n,
		       (const char *)L->obj[u->obj]->member.p);
	putchar('\n');
}

static void print_sections(const Link *L)
{
	u32 i;

	printf("%12s %8s   section\n", "address", "size");
	for (i = 1; i < L->nsect; i++)
		if (L->sect[i]->seg != &L->seg[SEG_DWARF])
			printf("%12llx %8llx   %s\n",
			       (unsigned long long)L->sect[i]->vaddr,
			       (unsigned long long)L->sect[i]->length,
			       L->sect[i]->name);
}

void print_map(Link *L)
{
	Place *place;
	u32 n = 0, i;

	if (!L->flag.printmap)
		return;
	place = mem_alloc(&L->mem, (L->textp.n + L->datap.n) * sizeof *place);
	for (i = 0; i < L->textp.n; i++)
		place[n++].s = L->textp.p[i];
	for (i = 0; i < L->datap.n; i++)
		if (sym_sect(L, L->datap.p[i]))
			place[n++].s = L->datap.p[i];
	for (i = 0; i < n; i++)
		place[i].addr = (u64)row(L, place[i].s)->value;
	qsort(place, n, sizeof *place, by_addr);
	print_sections(L);
	printf("\n%12s %8s   %-16s symbol (package object); F: in the FIPS "
	       "module\n", "address", "size", "kind");
	for (i = 0; i < n; i++)
		print_symbol(L, place[i].s);
}
