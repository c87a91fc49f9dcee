/*
 * Addresses of functions. From here on the text section is as it will be in
 * the file; everything else is laid out in dodata.
 *
 * Functions lie in the order of textp, by kind, so that those of the FIPS
 * module are together between their brackets. Each begins at a multiple of
 * the larger of its alignment and funcalign and takes at least MINFUNC bytes,
 * which findfunctab relies on. Where a call cannot reach every place, a
 * program that is larger than what it reaches is laid out again, now with a
 * trampoline behind each function that calls too far:
 *
 *     f: call g  ->  f: call g-tramp0; ...   g-tramp0: jump to g
 *
 * textaddress, assignAddress, trampoline, buildinfo in cmd/link's ld/data.go.
 */
#include "link/link.h"

enum { MINFUNC = 16 };
static const u64 MAXTEXT = UINT64_C(1) << 32;

static const struct {
	const char *pkg;
	Release from, to;
} runtimepkg[] = {
#define RUNTIMEPKG(pkg, from, to) {pkg, from, to},
#include "link/runtimepkg.def"
#undef RUNTIMEPKG
};

bool pkg_is_runtime(Release r, View pkg)
{
	size_t i;

	for (i = 0; i < NELEM(runtimepkg); i++)
		if (view_is(pkg, runtimepkg[i].pkg))
			return runtimepkg[i].from <= r &&
				r <= runtimepkg[i].to;
	return false;
}

static u64 round_to(u64 x, u64 align)
{
	return (x + align - 1) & ~(align - 1);
}

static u32 funcalign(const Link *L)
{
	return L->flag.funcalign ? (u32)L->flag.funcalign
		: L->la->funcalign;
}

static u8 kind(const Link *L, Sym s)
{
	return row(L, s)->kind;
}

/* By kind; the list as it was stays where it is. */
static Sym *sort_by_kind(Link *L)
{
	u32 at[NKIND + 1] = {0}, i, k;
	Sym *sorted = mem_alloc(&L->mem, L->textp.n * sizeof *sorted);

	for (i = 0; i < L->textp.n; i++)
		at[kind(L, L->textp.p[i]) + 1]++;
	for (k = 0; k < NKIND; k++)
		at[k + 1] += at[k];
	for (i = 0; i < L->textp.n; i++) {
		Sym s = L->textp.p[i];

		sorted[at[kind(L, s)]++] = s;
	}
	return sorted;
}

Sym *text_order(Link *L)
{
	if (!L->textorder)
		L->textorder = sort_by_kind(L);
	return L->textorder;
}

/* Gives s the next address from va on; returns the one behind it. */
static u64 assign_address(Link *L, Sect *sect, Sym s, u64 va)
{
	SymRow *r = row(L, s);
	u32 align = sym_align(L, s), least = funcalign(L);

	r->sect = sect->idx;
	if (r->attr & A_SUBSYM)
		return va;
	if (align < least)
		align = least;
	if (sect->align < align)
		sect->align = align;
	va = round_to(va, align);
	r->value = (i64)va;
	va += r->size > MINFUNC ? r->size : MINFUNC;
	/* No call reaches as far, and no table has room for it. */
	if (va - sect->vaddr > MAXTEXT)
		link_exitf(L, "too much code (%llu bytes, over %llu)",
			   (unsigned long long)(va - sect->vaddr),
			   (unsigned long long)MAXTEXT);
	return va;
}

/* The sum of calls in s, each of which may need a trampoline. */
static u64 tramp_room(const Link *L, Sym s)
{
	Rels rels = sym_rels(L, s);
	u64 n = 0;
	u32 k;

	for (k = 0; k < rels.n; k++)
		n += reloc_is_call(rel_at(L, rels, k).type);
	return n * L->la->trampsize;
}

/* What the second layout needs to know besides. */
typedef struct {
	Link *L;
	Sect *sect;
	u32 *lib;	/* by symbol: 1 + number of the package it is laid */
	u32 n;		/* out with, perhaps not its own; symbols there */
} Layout;

static Layout layout_of(Link *L, Sect *sect, const Sym *textp)
{
	Layout y = {L, sect, NULL, L->nsym};
	u32 i, k;

	y.lib = mem_alloc(&L->mem, y.n * sizeof *y.lib);
	for (i = 0; i < L->nlib; i++)
		for (k = 0; k < L->lib[i]->ntext; k++)
			y.lib[textp[L->lib[i]->text + k]] = 1 + i;
	return y;
}

static View package_of(const Layout *y, Sym s)
{
	if (s >= y->n)
		return (View){0};	/* a trampoline */
	return y->lib[s] ? y->L->lib[y->lib[s] - 1]->pkg : sym_pkg(y->L, s);
}

/* Is it certain that s reaches to, although to has no address yet? Packages
 * are laid out in one piece, and so are the runtime's. */
static bool laid_out_near(const Layout *y, Sym s, Sym to)
{
	View pkg = package_of(y, s), other = package_of(y, to);

	if (pkg.n && view_eq(pkg, other) && kind(y->L, s) == kind(y->L, to))
		return true;
	return pkg_is_runtime(y->L->release, pkg) &&
		pkg_is_runtime(y->L->release, other);
}

/* Lets the architecture look at each call of s. */
static void trampoline(const Layout *y, Sym s)
{
	Link *L = y->L;
	Rels rels = sym_rels(L, s);
	u32 k;

	for (k = 0; k < rels.n; k++) {
		Rel r = rel_at(L, rels, k);

		if (!reloc_is_call(r.type))
			continue;
		if (!sym_reachable(L, r.sym) || kind(L, r.sym) == K_Sxxx)
			continue;	/* an error is reported later */
		if (row(L, r.sym)->value == 0 &&
		    kind_in(kind(L, r.sym), K_Sxxx, K_SDYNIMPORT - 1) &&
		    laid_out_near(y, s, r.sym))
			continue;
		L->la->trampoline(L, s, r, k);
		rels = sym_rels(L, s);	/* which may be an Ext by now */
	}
}

void add_tramp(Link *L, Sym s, Kind k)
{
	row(L, s)->kind = (u8)k;
	row(L, s)->attr |= A_REACHABLE | A_ONLIST;
	symvec_add(&L->mem, &L->tramps, s);
}

/* Preliminary addresses for the package that begins at textp's number i, as
 * if every call needed a trampoline: so that calls within the package are
 * judged by distances they will not exceed. */
static void guess_package(const Layout *y, u32 i, View pkg, u64 va)
{
	for (; i < y->L->textp.n; i++) {
		Sym s = y->L->textp.p[i];

		if (!view_eq(package_of(y, s), pkg))
			return;
		va = assign_address(y->L, y->sect, s, va) +
			tramp_room(y->L, s);
	}
}

static void merge_tramps(Link *L)
{
	SymVec all = {0};
	u32 i, t = 0;

	for (i = 0; i < L->textp.n; i++) {
		Sym s = L->textp.p[i];

		for (; t < L->tramps.n && row(L, L->tramps.p[t])->value <
		     row(L, s)->value; t++)
			symvec_add(&L->mem, &all, L->tramps.p[t]);
		symvec_add(&L->mem, &all, s);
	}
	for (; t < L->tramps.n; t++)
		symvec_add(&L->mem, &all, L->tramps.p[t]);
	L->textp = all;
}

/* The second layout, with trampolines. */
static u64 assign_with_tramps(const Layout *y, u64 va)
{
	Link *L = y->L;
	View current = {0};
	u32 i, done = 0;

	for (i = 0; i < L->textp.n; i++)
		row(L, L->textp.p[i])->value = 0;
	for (i = 0; i < L->textp.n; i++) {
		Sym s = L->textp.p[i];
		View pkg = package_of(y, s);

		if (pkg.n && !view_eq(pkg, current)) {
			current = pkg;
			guess_package(y, i, pkg, va);
		}
		va = assign_address(L, y->sect, s, va);
		trampoline(y, s);
		for (; done < L->tramps.n; done++)
			va = assign_address(L, y->sect, L->tramps.p[done],
					    va);
	}
	if (L->tramps.n)
		merge_tramps(L);
	return va;
}

static u64 text_start(const Link *L)
{
	return round_to((u64)L->flag.textaddr, funcalign(L));
}

static u64 text_limit(const Link *L)
{
	return L->la->tramplimit ? L->la->tramplimit : UINT64_MAX;
}

void textaddress_begin(Link *L)
{
	Sect *sect = seg_add(L, &L->seg[SEG_TEXT], ".text", 5);
	u64 start = text_start(L), limit = text_limit(L), va = start;
	const Sym *textp = text_order(L);
	u32 i;

	sect->align = funcalign(L);
	sect->vaddr = start;
	for (i = 0; i < L->textp.n && va - start < limit; i++)
		va = assign_address(L, sect, textp[i], va);
	L->textend = va;
	L->trampolines = va - start >= limit;
}

void textaddress(Link *L)
{
	Sect *sect = L->seg[SEG_TEXT].sect[0];
	u64 start = sect->vaddr, va = L->textend;
	const Sym *textp = L->textp.p;
	Sym text, etext;

	L->textp.p = text_order(L);
	L->textp.cap = L->textp.n;
	text = xdefine(L, "runtime.text", K_STEXT, start);
	etext = xdefine(L, "runtime.etext", K_STEXTEND, 0);
	if (L->trampolines) {
		Layout y = layout_of(L, sect, textp);

		va = assign_with_tramps(&y, start);
	}
	L->textorder = L->textp.p;

	/* One instruction more: what follows must not begin at etext. */
	sect->length = va - start + L->la->minlc;
	row(L, etext)->value = (i64)va;
	row(L, text)->sect = row(L, etext)->sect = sect->idx;
}

/* ---- what `go version -m` reads -------------------------------------- */

static View str_data(const Link *L, const char *name)
{
	u32 i;

	for (i = 0; i < L->flag.nstrdata; i++)
		if (view_is(L->flag.strdata[i].name, name))
			return L->flag.strdata[i].value;
	return (View){0};
}

static void add_string(SB *b, View v)
{
	sb_uleb(b, v.n);
	sb_bytes(b, v);
}

void buildinfo(Link *L)
{
	enum { HEADER = 32, ALIGN = 16, INLINE_STRINGS = 2 };
	static const char magic[] = "\xff Go buildinf:";
	SB b = sb_named(L, "go:buildinfo", K_SBUILDINFO), ref;
	Sym s = b.s;
	u8 *p;

	sym_set_align(L, s, ALIGN);
	sb_set_size(&b, 0);
	p = sb_grow(&b, HEADER);
	memcpy(p, magic, sizeof magic - 1);
	p[sizeof magic - 1] = L->arch->ptrsize;
	p[sizeof magic] = (u8)(INLINE_STRINGS | L->arch->big);
	add_string(&b, str_data(L, "runtime.buildVersion"));
	add_string(&b, str_data(L, "runtime.modinfo"));
	while (b.e->ndata % ALIGN)
		sb_u8(&b, 0);

	ref = sb_named(L, "go:buildinfo.ref", K_SRODATA);
	sym_set_align(L, ref.s, L->arch->ptrsize);
	sb_addr(&ref, s);
}
