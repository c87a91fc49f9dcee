/*
 * address: virtual addresses of segments, sections and symbols; layout: their
 * offsets in the file.
 *
 * A segment begins on a page (FlagRound) of its own. In the data segment
 * dodata has placed the sections relative to one another already; elsewhere
 * each goes to the next multiple of its alignment. From .bss on the data
 * segment has no bytes in the file.
 *
 * cmd/link/internal/ld/data.go
 */
#include "link/dodata.h"

/* ---- sections -------------------------------------------------------- */

static u64 place(Seg *seg, u8 rwx, u64 va)
{
	u32 i;

	seg->rwx = rwx;
	seg->vaddr = va;
	for (i = 0; i < seg->n; i++) {
		va = rnd(va, seg->sect[i]->align);
		seg->sect[i]->vaddr = va;
		va += seg->sect[i]->length;
	}
	seg->length = va - seg->vaddr;
	return va;
}

/* Sections that dodata has placed; of last, only its own length counts. */
static u64 shift(Seg *seg, u32 n, u8 rwx, u64 va)
{
	u32 i;

	seg->rwx = rwx;
	seg->vaddr = va;
	for (i = 0; i < n; i++) {
		Sect *t = seg->sect[i];
		u64 len = t->length;

		if (i + 1 < n)
			len = seg->sect[i + 1]->vaddr - t->vaddr;
		t->vaddr = va;
		va += len;
	}
	seg->length = va - seg->vaddr;
	return va;
}

static Sect *find_sect(const Seg *seg, const char *name)
{
	u32 i;

	for (i = 0; i < seg->n; i++)
		if (!strcmp(seg->sect[i]->name, name))
			return seg->sect[i];
	return NULL;
}

static u64 data_segment(Link *L, u64 va)
{
	Seg *seg = &L->seg[SEG_DATA];
	u32 n = seg->n;

	/* .tbss, the last one, is no place in memory. */
	if (n > 0 && !strcmp(seg->sect[n - 1]->name, ".tbss"))
		n--;
	if (L->flag.dataaddr != -1)
		va = (u64)L->flag.dataaddr;
	va = shift(seg, n, 6, va);
	seg->filelen = find_sect(seg, ".bss")->vaddr - seg->vaddr;
	return va;
}

static void segments(Link *L)
{
	u64 round = (u64)L->flag.round;
	u64 va = place(&L->seg[SEG_TEXT], 5, (u64)L->flag.textaddr);

	/* The text segment's length counts from its start even if the first
	 * section does not begin there. */
	if (L->seg[SEG_RODATA].n)
		va = place(&L->seg[SEG_RODATA], 4, rnd(va, round));
	if (L->seg[SEG_RELRODATA].n)
		va = place(&L->seg[SEG_RELRODATA], 6, rnd(va, round));
	va = data_segment(L, rnd(va, round));
	shift(&L->seg[SEG_DWARF], L->seg[SEG_DWARF].n, 6, rnd(va, round));
}

/* ---- symbols --------------------------------------------------------- */

static void add_sect(Link *L, const SymVec *v)
{
	u32 i;

	for (i = 0; i < v->n; i++) {
		const Sect *t = sym_sect(L, v->p[i]);

		if (i + 16 < v->n)
			__builtin_prefetch(row(L, v->p[i + 16]), 1);
		if (t)
			row(L, v->p[i])->value += (i64)t->vaddr;
	}
}

static Sym named(const Link *L, const char *name)
{
	return sym_lookup(L, view_str(name), 0);
}

/* A pair of markers around a section. */
static void around(Link *L, const char *from, Kind kfrom, const char *to,
		   Kind kto, const Sect *t)
{
	xdefine(L, from, kfrom, t->vaddr);
	xdefine(L, to, kto, t->vaddr + t->length);
}

/* The end of runtime.gcdata or gcbss. */
static void gc_end(Link *L, const char *name, const char *end)
{
	Sym s = named(L, name), e;

	row(L, s)->attr |= A_LOCAL;
	e = xdefine(L, end, K_SRODATA, (u64)row(L, s)->value +
		    row(L, s)->size);
	row(L, e)->sect = row(L, s)->sect;
}

static void pclntab_marks(Link *L)
{
	static const char *const inside[] = {
		"runtime.pcheader", "runtime.funcnametab", "runtime.cutab",
		"runtime.filetab", "runtime.pctab", "runtime.functab",
		"go:func.*",
	};
	const Sect *t = sym_sect(L, named(L, "runtime.pclntab"));
	size_t i;

	xdefine(L, "runtime.pclntab", K_SRODATA, t->vaddr);
	for (i = 0; i < NELEM(inside); i++) {
		Sym s = sym_lookup_or_create(L, view_str(inside[i]), 0);

		row(L, s)->attr |= A_REACHABLE | A_SPECIAL | A_LOCAL;
		row(L, s)->kind = K_SRODATA;
	}
	xdefine(L, "runtime.epclntab", K_SRODATA, t->vaddr + t->length);
}

/* Within .noptrbss: dodata has left offsets. */
static void in_noptrbss(Link *L, const Sect *t)
{
	static const struct {
		const char *name;
		u8 kind;
	} in[] = {
		{"runtime.gcmask.*", K_SGCMASK},
		{"runtime.covctrs", K_SCOVERAGE_COUNTER},
		{"runtime.ecovctrs", K_SCOVERAGE_COUNTER},
	};
	size_t i;

	for (i = 0; i < NELEM(in); i++)
		xdefine(L, in[i].name, in[i].kind, t->vaddr +
			(u64)row(L, named(L, in[i].name))->value);
}

static void data_marks(Link *L)
{
	const Seg *seg = &L->seg[SEG_DATA];
	const Sect *noptrbss = find_sect(seg, ".noptrbss");
	const Sect *fuzz = find_sect(seg, ".go.fuzzcntrs");

	around(L, "runtime.noptrdata", K_SNOPTRDATA, "runtime.enoptrdata",
	       K_SNOPTRDATAEND, find_sect(seg, ".noptrdata"));
	around(L, "runtime.bss", K_SBSS, "runtime.ebss", K_SBSS,
	       find_sect(seg, ".bss"));
	around(L, "runtime.data", K_SDATA, "runtime.edata", K_SDATAEND,
	       find_sect(seg, ".data"));
	around(L, "runtime.noptrbss", K_SNOPTRBSS, "runtime.enoptrbss",
	       K_SNOPTRBSS, noptrbss);
	in_noptrbss(L, noptrbss);
	xdefine(L, "runtime.end", K_SBSS, seg->vaddr + seg->length);
	if (!fuzz)
		return;
	around(L, "runtime.__start___sancov_cntrs", K_SLIBFUZZER_8BIT_COUNTER,
	       "runtime.__stop___sancov_cntrs", K_SLIBFUZZER_8BIT_COUNTER,
	       fuzz);
	around(L, "internal/fuzz._counters", K_SLIBFUZZER_8BIT_COUNTER,
	       "internal/fuzz._ecounters", K_SLIBFUZZER_8BIT_COUNTER, fuzz);
}

void address(Link *L)
{
	u32 i;

	segments(L);
	add_sect(L, &L->datap);
	for (i = 0; i < L->ndwarfp; i++)
		add_sect(L, &L->dwarfp[i].syms);
	around(L, "runtime.rodata", K_SRODATA, "runtime.erodata", K_SRODATA,
	       sym_sect(L, named(L, "runtime.rodata")));
	around(L, "runtime.types", K_SRODATA, "runtime.etypes", K_SRODATA,
	       sym_sect(L, named(L, "runtime.types")));
	gc_end(L, "runtime.gcdata", "runtime.egcdata");
	gc_end(L, "runtime.gcbss", "runtime.egcbss");
	pclntab_marks(L);
	data_marks(L);
}

/* ---- the file -------------------------------------------------------- */

void layout(Link *L)
{
	u64 round = (u64)L->flag.round, off = L->headr;
	u32 i;

	for (i = 0; i < NSEG; i++) {
		Seg *seg = &L->seg[i];
		bool sometimes = i == SEG_RODATA || i == SEG_RELRODATA;

		if (sometimes && seg->n == 0)
			continue;
		if (i != SEG_TEXT)
			off = rnd(off, round);
		seg->fileoff = off;
		if (i != SEG_TEXT && seg->vaddr % round != off % round)
			link_exitf(L, "bad segment rounding (Vaddr=%#llx "
				   "Fileoff=%#llx FlagRound=%#llx)",
				   (unsigned long long)seg->vaddr,
				   (unsigned long long)off,
				   (unsigned long long)round);
		if (i != SEG_DATA && i != SEG_DWARF)
			seg->filelen = seg->length;
		off += seg->filelen;
	}
}

void layout_debug(Link *L)
{
	Seg *seg = &L->seg[SEG_DWARF];

	seg->filelen = seg->length;
	L->filesize = seg->fileoff + seg->filelen;
}
