/*
 * dodata: data gets its order and sections.
 *
 * Every symbol that is laid out goes into the list of its kind (symtab may
 * have chosen another one than the symbol's own, to keep strings or types
 * together), in the order of numbers; each list is sorted; kinds then follow
 * one another as the tables of sections below say. A symbol's value is from
 * here on its offset in its section, and a section's address its offset in
 * the segment: address() adds the rest.
 *
 * Writable data comes first, because the garbage collector's map of it is
 * itself read-only data.
 *
 * In a PIE, read-only data with relocations is written by the dynamic linker
 * before it is protected: it has a segment of its own.
 *
 * cmd/link/internal/ld/data.go
 */
#include "link/dodata.h"

/* ---- symbols by kind ------------------------------------------------- */

enum { CHUNK = 1 << 14 };	/* symbols that a task looks at */

/* Two rounds, so that nothing but the result needs memory: each chunk counts
 * what it has of each kind, then puts it behind what those before it have. */
typedef struct {
	Link *L;
	DoData *d;
	u32 (*at)[NKIND];	/* by chunk: how many; then, where they go */
	u32 n;
} Chunks;

static Kind layout_kind(const Link *L, Sym s)
{
	u8 k = s < L->nregroup ? L->regroup[s] : 0;

	return k ? k : row(L, s)->kind;
}

static Sym chunk_end(const Link *L, size_t i)
{
	return L->nsym - i * CHUNK < CHUNK ? L->nsym : (Sym)(i + 1) * CHUNK;
}

static void count_chunk(void *arg, size_t i)
{
	Chunks *c = arg;
	Link *L = c->L;
	Sym s = i ? (Sym)i * CHUNK : 1, end = chunk_end(L, i);

	for (; s < end; s++) {
		SymRow *r = row(L, s);
		Kind k;

		if ((r->attr & (A_REACHABLE | A_SPECIAL | A_SUBSYM)) !=
		    A_REACHABLE)
			continue;
		k = layout_kind(L, s);
		if (k <= K_STEXTEND || k >= K_SFirstUnallocated ||
		    !sym_toplevel(L, s))
			continue;
		r->attr |= A_ONLIST | A_MARK;
		c->at[i][k]++;
	}
}

static void place_chunk(void *arg, size_t i)
{
	Chunks *c = arg;
	const Link *L = c->L;
	Sym s = i ? (Sym)i * CHUNK : 1, end = chunk_end(L, i);

	for (; s < end; s++)
		if (row(L, s)->attr & A_MARK) {
			Kind k = layout_kind(L, s);

			row(L, s)->attr &= ~(u32)A_MARK;
			c->d->sym[k].p[c->at[i][k]++] = s;
		}
}

/* Room for each kind, and in it for what each chunk has. */
static void make_room(Chunks *c)
{
	u32 i, k;

	for (k = 0; k < NKIND; k++) {
		SymVec *v = &c->d->sym[k];

		for (i = 0; i < c->n; i++) {
			u32 n = c->at[i][k];

			c->at[i][k] = v->n;
			v->n += n;
		}
		v->cap = v->n;
		if (v->n)
			v->p = mem_alloc(&c->L->tmp, v->n * sizeof(Sym));
	}
}

static void collect(Link *L, DoData *d)
{
	Chunks c = {.L = L, .d = d, .n = (L->nsym + CHUNK - 1) / CHUNK};

	c.at = mem_alloc(&L->tmp, c.n * sizeof *c.at);
	pool_for(L->pool, c.n, count_chunk, &c);
	make_room(&c);
	pool_for(L->pool, c.n, place_chunk, &c);
}

/* makeRelroForSharedLib: what has relocations is not really read-only. */
static void split_relro(Link *L, DoData *d)
{
	SymVec *ro = &d->sym[K_SRODATA], *relro = &d->sym[K_SRODATARELRO];
	u32 i, n = 0;

	for (i = 0; i < ro->n; i++)
		if (sym_rels(L, ro->p[i]).n)
			symvec_add(&L->tmp, relro, ro->p[i]);
		else
			ro->p[n++] = ro->p[i];
	ro->n = n;
}

/* The ELF ABI wants .rela and .rela.plt to be one table. */
static void join_rela(Link *L, SymVec *v)
{
	Sym rel = 0, plt = 0;
	u32 i, n = 0, at = v->n;

	for (i = 0; i < v->n; i++) {
		View name = sym_name(L, v->p[i]);

		if (view_is(name, ".rela") || view_is(name, ".rel"))
			rel = v->p[i];
		else if (view_is(name, ".rela.plt") ||
			 view_is(name, ".rel.plt"))
			plt = v->p[i];
		else
			continue;
		if (at == v->n)
			at = i;
		n = i;
	}
	if (!rel || !plt || (v->p[at] == rel && n == at + 1))
		return;
	memmove(v->p + at + 2, v->p + at + 1, (n - at - 1) * sizeof(Sym));
	v->p[at] = rel;
	v->p[at + 1] = plt;
	/* No gap between them. */
	sym_set_align(L, rel, L->arch->ptrsize);
	sym_set_align(L, plt, L->arch->ptrsize);
}

/* ---- tables of sections ---------------------------------------------- */

enum {
	SINGLE = 1,	/* a section for each symbol, of its name */
	EMPTY = 2,	/* made even if there are no symbols */
	ALIGNALL = 4,	/* aligned for all kinds, not just the first */
	UNCHECKED = 8	/* what the first kind has may be too much */
};

/* Kinds from..to make a section; marks are symbols that lie in it too. */
typedef struct {
	const char *name;
	u8 from, to, how;
	const char *marks[9];
} SectRow;

static const SectRow writable[] = {
	{NULL, K_SBUILDINFO, K_SWINDOWS, SINGLE, {0}},
	{".go.module", K_SMODULEDATA, K_SMODULEDATA, 0, {0}},
	{".got", K_SELFGOT, K_SELFGOT, UNCHECKED, {0}},
	{".got", K_SMACHOGOT, K_SMACHOGOT, UNCHECKED, {0}},
	{".noptrdata", K_SNOPTRDATA, K_SNOPTRDATAEND, EMPTY | UNCHECKED,
	 {"runtime.noptrdata", "runtime.enoptrdata"}},
	{".data", K_SDATA, K_SXCOFFTOC, EMPTY | UNCHECKED,
	 {"runtime.data", "runtime.edata"}},
	{".bss", K_SBSS, K_SBSS, EMPTY | UNCHECKED,
	 {"runtime.bss", "runtime.ebss"}},
}, noptrbss[] = {
	{".noptrbss", K_SNOPTRBSS, K_SNOPTRBSS, EMPTY | UNCHECKED,
	 {"runtime.noptrbss", "runtime.enoptrbss"}},
}, fuzz[] = {
	{".go.fuzzcntrs", K_SLIBFUZZER_8BIT_COUNTER,
	 K_SLIBFUZZER_8BIT_COUNTER, UNCHECKED,
	 {"runtime.__start___sancov_cntrs", "runtime.__stop___sancov_cntrs",
	  "internal/fuzz._counters", "internal/fuzz._ecounters"}},
}, executable[] = {
	{NULL, K_SELFRXSECT, K_SMACHOPLT, SINGLE, {0}},
}, readonly[] = {
	{".rodata", K_SSTRING, K_SRODATAEND, EMPTY | ALIGNALL,
	 {"runtime.rodata", "runtime.erodata"}},
	{".gopclntab", K_SPCLNTAB, K_SPCLNTAB, EMPTY | UNCHECKED,
	 {"runtime.pclntab", "runtime.pcheader", "runtime.funcnametab",
	  "runtime.cutab", "runtime.filetab", "runtime.pctab",
	  "runtime.functab", "go:func.*", "runtime.epclntab"}},
	{NULL, K_SELFROSECT, K_SELFROSECT, SINGLE, {0}},
}, relro[] = {
	{".rodata", K_SRODATARELRO, K_SRODATARELRO, 0, {0}},
	{".go.type", K_STYPE, K_STYPE, EMPTY,
	 {"runtime.types", "runtime.etypes"}},
	{".go.func", K_SGOFUNC, K_SGOFUNC, EMPTY, {0}},
	{NULL, K_SELFRELROSECT, K_SMACHORELROSECT, SINGLE, {0}},
};

/* cmd/link's limit on a segment's data, so that 32 bits reach everything. */
static const u64 cutoff = 2000000000;

static void check_size(Link *L, const DoData *d, Kind k)
{
	if (d->size > cutoff)
		link_errorf(L, "too much data, last section %s (%llu, over "
			    "2e+09 bytes)", kind_name(k),
			    (unsigned long long)d->size);
}

static void mark(Link *L, const char *name, const Sect *t)
{
	row(L, sym_lookup_or_create(L, view_str(name), 0))->sect = t->idx;
}

static void assign(Link *L, DoData *d, Sect *t, Sym s)
{
	SymRow *r = row(L, s);

	d->size = rnd(d->size, sym_fixed_align(L, s));
	r->sect = t->idx;
	r->value = (i64)(d->size - t->vaddr);
	d->size += r->size;
}

static void assign_kind(Link *L, DoData *d, Sect *t, Kind k)
{
	const SymVec *v = &d->sym[k];
	u32 i;

	for (i = 0; i < v->n; i++)
		assign(L, d, t, v->p[i]);
	t->length = d->size - t->vaddr;
}

static Sect *new_sect(Link *L, DoData *d, Seg *seg, const char *name, u8 rwx,
		      u32 align)
{
	Sect *t = seg_add(L, seg, name, rwx);

	t->align = align;
	d->size = rnd(d->size, align);
	t->vaddr = d->size;
	return t;
}

static void single(Link *L, DoData *d, Seg *seg, u8 rwx, Sym s)
{
	View name = sym_name(L, s);
	bool go = view_prefix(name, "go:");
	View sname = mem_printf(&L->mem, "%s%.*s", go ? ".go." : "",
				(int)name.n - 3 * go,
				(const char *)name.p + 3 * go);
	Sect *t = new_sect(L, d, seg, (const char *)sname.p, rwx,
			   sym_fixed_align(L, s));

	assign(L, d, t, s);
	t->length = d->size - t->vaddr;
}

static u32 row_align(const DoData *d, const SectRow *r)
{
	u32 align = d->maxalign[r->from], k;

	if (r->how & ALIGNALL)
		for (k = r->from; k <= r->to; k++)
			if (align < d->maxalign[k])
				align = d->maxalign[k];
	return align;
}

/* Offset 0 means no type: the first one is not to have it. */
static void skip_zero_type(const Link *L, DoData *d, Kind k)
{
	Sym types = sym_lookup(L, view_str("runtime.types"), 0);

	if (k == K_STYPE && (!types || row(L, types)->size == 0))
		d->size += L->arch->ptrsize;
}

static void row_sects(Link *L, DoData *d, Seg *seg, u8 rwx, const SectRow *r,
		      const char *prefix)
{
	const char *name = r->name;
	Sect *t;
	u32 k, i;

	if (r->how & SINGLE) {
		for (k = r->from; k <= r->to; k++) {
			for (i = 0; i < d->sym[k].n; i++)
				single(L, d, seg, rwx, d->sym[k].p[i]);
			check_size(L, d, k);
		}
		return;
	}
	if (!(r->how & EMPTY) && d->sym[r->from].n == 0)
		return;
	if (prefix)
		name = (const char *)mem_printf(&L->mem, "%s%s", prefix,
			r->from == K_SRODATARELRO ? "" : name).p;
	t = new_sect(L, d, seg, name, rwx, row_align(d, r));
	skip_zero_type(L, d, r->from);
	for (k = r->from; k <= r->to; k++) {
		assign_kind(L, d, t, k);
		if (k > r->from || !(r->how & UNCHECKED))
			check_size(L, d, k);
	}
	if (r->from == K_SDATA)
		check_size(L, d, K_SDATA);
	for (i = 0; i < NELEM(r->marks) && r->marks[i]; i++)
		mark(L, r->marks[i], t);
}

static void sects(Link *L, DoData *d, Seg *seg, u8 rwx, const SectRow *r,
		  size_t n, const char *prefix)
{
	size_t i;

	for (i = 0; i < n; i++)
		row_sects(L, d, seg, rwx, &r[i], prefix);
}
#define SECTS(n, rwx, table, prefix) \
	sects(L, d, &L->seg[n], rwx, table, NELEM(table), prefix)

/* ---- segments -------------------------------------------------------- */

/* The value of name, for now: how far into .noptrbss it is. */
static void set_offset(Link *L, const char *name, u64 off, const Sect *t)
{
	mark(L, name, t);
	row(L, sym_lookup(L, view_str(name), 0))->value = (i64)off;
}

/* Pointer masks and coverage counters each keep together, at the end. The
 * counters' address is a multiple of 4 even if padding precedes them. */
static void noptrbss_sect(Link *L, DoData *d)
{
	Sect *t;
	u64 start, len;

	SECTS(SEG_DATA, 6, noptrbss, NULL);
	t = L->seg[SEG_DATA].sect[L->seg[SEG_DATA].n - 1];
	set_offset(L, "runtime.gcmask.*", t->length, t);
	assign_kind(L, d, t, K_SGCMASK);
	check_size(L, d, K_SGCMASK);
	start = t->length;
	assign_kind(L, d, t, K_SCOVERAGE_COUNTER);
	check_size(L, d, K_SCOVERAGE_COUNTER);
	len = t->length - start;
	set_offset(L, "runtime.covctrs", start + len % 4, t);
	set_offset(L, "runtime.ecovctrs", start + len, t);
}

/* Thread-local variables: values are offsets in the thread's block, and only
 * a dynamic program has a section for them. */
static void tls(Link *L, DoData *d)
{
	const SymVec *v = &d->sym[K_STLSBSS];
	Sect *t = NULL;
	u32 i;

	if (v->n == 0)
		return;
	if (!L->flag.d)
		t = seg_add(L, &L->seg[SEG_DATA], ".tbss", 6);
	d->size = 0;
	for (i = 0; i < v->n; i++) {
		SymRow *r = row(L, v->p[i]);

		d->size = rnd(d->size, sym_fixed_align(L, v->p[i]));
		if (t)
			r->sect = t->idx;
		r->value = (i64)d->size;
		d->size += r->size;
	}
	check_size(L, d, K_STLSBSS);
	if (t)
		t->length = d->size;
}

static u64 sect_end(const Link *L, const char *name)
{
	const Seg *seg = &L->seg[SEG_DATA];
	u32 i;

	for (i = 0; i < seg->n; i++)
		if (!strcmp(seg->sect[i]->name, name))
			return seg->sect[i]->length;
	return 0;
}

static void data_segment(Link *L, DoData *d)
{
	Seg *seg = &L->seg[SEG_DATA];

	SECTS(SEG_DATA, 6, writable, NULL);
	gcprog_emit(L, "runtime.gcdata", &d->sym[K_SDATA],
		    sect_end(L, ".data"));
	gcprog_emit(L, "runtime.gcbss", &d->sym[K_SBSS],
		    sect_end(L, ".bss"));
	noptrbss_sect(L, d);
	SECTS(SEG_DATA, 6, fuzz, NULL);
	mark(L, "runtime.end", seg->sect[seg->n - 1]);
	tls(L, d);
}

static void readonly_segments(Link *L, DoData *d)
{
	d->size = 0;
	SECTS(SEG_TEXT, 5, executable, NULL);
	SECTS(SEG_RODATA, 4, readonly, NULL);
	if (L->flag.pie) {
		d->size = 0;
		SECTS(SEG_RELRODATA, 6, relro, ".data.rel.ro");
	} else {
		SECTS(SEG_RODATA, 4, relro, NULL);
	}
	if (d->size > UINT32_MAX)
		link_errorf(L, "read-only data segment too large: %llu",
			    (unsigned long long)d->size);
}

/* Debug sections: their symbols follow one another without any gap. */
static void dwarf_sects(Link *L, DoData *d)
{
	u32 i, j;

	for (i = 0; i < L->ndwarfp; i++) {
		const SymVec *v = &L->dwarfp[i].syms;
		Sym sec = L->dwarfp[i].secsym;
		View name = mem_printf(&L->mem, "%.*s",
				       (int)sym_name(L, sec).n,
				       (const char *)sym_name(L, sec).p);
		Sect *t = new_sect(L, d, &L->seg[SEG_DWARF],
				   (const char *)name.p, 4, 1);

		t->sym = sec;
		for (j = 0; j < v->n; j++) {
			SymRow *r = row(L, v->p[j]);

			r->sect = t->idx;
			r->value = (i64)(d->size - t->vaddr);
			d->size += r->size;
		}
		t->length = d->size - t->vaddr;
		if (t->length > cutoff)
			link_errorf(L, "too much data in section %s (%llu, "
				    "over 2e+09 bytes)", t->name,
				    (unsigned long long)t->length);
	}
}

/* All of it, by kinds. */
static void make_datap(Link *L, const DoData *d)
{
	SymVec *v = &L->datap;
	u32 k, n = 0;

	for (k = K_SELFRXSECT; k < K_SFirstUnallocated; k++)
		n += d->sym[k].n;
	v->p = mem_alloc(&L->mem, n * sizeof(Sym));
	v->cap = n;
	for (k = K_SELFRXSECT; k < K_SFirstUnallocated; k++) {
		if (d->sym[k].n)
			memcpy(v->p + v->n, d->sym[k].p,
			       d->sym[k].n * sizeof(Sym));
		v->n += d->sym[k].n;
	}
}

typedef struct {
	Link *L;
	DoData *d;
	Sort *sort;
} Halves;

/* Types take as long as all the rest. */
static void half(void *arg, size_t i)
{
	Halves *h = arg;

	if (i == 0) {
		dodata_sort_types(h->sort);
		return;
	}
	dodata_sort_others(h->sort);
	join_rela(h->L, &h->d->sym[K_SELFROSECT]);
	data_segment(h->L, h->d);
}

void dodata(Link *L)
{
	DoData *d = mem_alloc(&L->tmp, sizeof *d);
	Halves h = {.L = L, .d = d};

	collect(L, d);
	dynreloc(L, d->sym);
	if (L->flag.pie)
		split_relro(L, d);
	h.sort = dodata_sort_begin(L, d);
	if (d->sym[K_SMODULEDATA].n > 1)
		link_errorf(L, "internal error: more than one SMODULEDATA "
			    "symbol");
	pool_for(L->pool, 2, half, &h);
	dodata_moduledata(L);
	readonly_segments(L, d);
	dwarf_sects(L, d);
	make_datap(L, d);
}
