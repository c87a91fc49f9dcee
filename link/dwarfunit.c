/*
 * DWARF, part 2: the debug sections, once functions have their addresses.
 *
 * Each section is a list of symbols: its own, in DWARF 5 often one with a
 * header, and those of the units, one unit after another. Units with code
 * come first, in an order that Go's sort leaves: the key is where a unit's
 * first range begins, counted from its own first function, and that is 0
 * for nearly all.
 *
 * What a unit adds is made by a task of its own; all symbols are there
 * before, as their numbers must not depend on which is first.
 *
 * Source: cmd/link/internal/ld/dwarf.go: dwarfGenerateDebugSyms
 */
#include "link/dwarf.h"

/* Sections in the order in which their symbols are made, and those of the
 * headers that DWARF 5 has. */
enum { FRAME, LINE, RANGES, LOC, INFO, ADDR, NSEC };

typedef struct {
	Link *L;
	Sym abbrev, sec[NSEC], header[NSEC];
	u32 ngroup;	/* of types */
} Part2;

/* ---- order ------------------------------------------------------- */

static int compare_views(View a, View b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	return c ? c : (a.n > b.n) - (a.n < b.n);
}

/* compilationUnitByStartPC */
static bool unit_less(void *arg, size_t i, size_t j)
{
	const Dwarf *d = arg;
	const DwUnit *a = d->unit[i], *b = d->unit[j];

	if (a->textless && b->textless)
		return compare_views(a->name, b->name) < 0;
	if (a->textless || b->textless)
		return !a->textless;
	return (a->npc ? a->pc[0].start : 0) < (b->npc ? b->pc[0].start : 0);
}

static void unit_swap(void *arg, size_t i, size_t j)
{
	Dwarf *d = arg;
	DwUnit *x = d->unit[i];

	d->unit[i] = d->unit[j];
	d->unit[j] = x;
}

static void sort_units(Dwarf *d)
{
	go_sort(&(GoSort){unit_less, unit_swap, d}, d->nunit);
}

/* ---- symbols ----------------------------------------------------- */

static Sym new_section(Link *L, const char *name)
{
	Sym s = sym_lookup_or_create(L, view_str(name), 0);

	sym_update(L, s);
	row(L, s)->kind = K_SDWARFSECT;
	row(L, s)->attr |= A_REACHABLE;
	return s;
}

static Sym new_anonymous(Link *L, Kind kind)
{
	Sym s = sym_create(L, (View){0}, 0);

	row(L, s)->kind = (u8)kind;
	row(L, s)->attr |= A_REACHABLE;
	return s;
}

/* Length of the whole section, version, size of an address and of a segment
 * selector; for lists also the number of offsets, which is 0. */
static Sym new_header(Link *L, Kind kind, bool offsets)
{
	SB b = sb_of(L, new_anonymous(L, kind));

	sb_u32(&b, 0);
	sb_u16(&b, 5);
	sb_u8(&b, L->arch->ptrsize);
	sb_u8(&b, 0);
	if (offsets)
		sb_u32(&b, 0);
	return b.s;
}

static void make_symbols(Link *L, Part2 *s)
{
	Dwarf *d = L->dwarf;
	bool v5 = d->version >= 5;
	u32 k;

	s->sec[FRAME] = new_section(L, ".debug_frame");
	s->sec[LINE] = new_section(L, ".debug_line");
	s->sec[RANGES] = new_section(L, v5 ? ".debug_rnglists"
				     : ".debug_ranges");
	s->sec[LOC] = new_section(L, v5 ? ".debug_loclists" : ".debug_loc");
	s->sec[INFO] = new_section(L, ".debug_info");
	if (v5) {
		s->sec[ADDR] = new_section(L, ".debug_addr");
		s->header[ADDR] = new_header(L, K_SDWARFADDR, false);
		s->header[RANGES] = new_header(L, K_SDWARFRANGE, true);
		s->header[LOC] = new_header(L, K_SDWARFLOC, true);
	}
	for (k = 0; k < d->nunit; k++) {
		DwUnit *u = d->unit[k];

		u->lineprolog = new_anonymous(L, K_SDWARFLINES);
		u->rangeprolog = new_anonymous(L, K_SDWARFRANGE);
		u->infoepilog = new_anonymous(L, K_SDWARFFCN);
		u->addrsym = new_anonymous(L, K_SDWARFADDR);
	}
}

/* ---- a unit ------------------------------------------------------ */

static u32 add_info(const Link *L, DwUnit *u, const Sym *s, u32 n)
{
	u32 k, size = 0;

	for (k = 0; k < n; k++) {
		u->info.p[u->info.n++] = s[k];
		size += (u32)sym_data(L, s[k]).n;
	}
	return size;
}

static u32 add_types(const Link *L, DwUnit *u)
{
	const Dwarf *d = L->dwarf;
	u32 k;

	for (k = 0; k < d->ndie; k++)
		u->info.p[u->info.n++] = d->die[k].sym;
	return 0;
}

/* A unit without functions, variables and types is left out. The length of
 * the one with the types is completed when those are written. */
static void unit_info(Link *L, DwUnit *u, Sym abbrev)
{
	bool types = u == L->dwarf->runtime;
	SB b;
	u32 size;

	if (u->textless && !types && !u->vardies.n)
		return;
	dwarf_put_unit(L, u, abbrev);
	u->info.cap = 3 + u->absfns.n + u->funcdies.n + u->vardies.n +
		(types ? L->dwarf->ndie : 0);
	u->info.p = mem_alloc(&u->mem, u->info.cap * sizeof(Sym));
	size = add_info(L, u, &u->sym, 1);
	size += add_info(L, u, u->absfns.p, u->absfns.n);
	size += add_info(L, u, u->funcdies.p, u->funcdies.n);
	size += add_info(L, u, &u->consts, u->consts != 0);
	size += add_info(L, u, u->vardies.p, u->vardies.n);
	if (types)
		add_types(L, u);
	b = sb_mem(L, &u->mem, u->infoepilog);
	sb_u8(&b, 0);
	size += add_info(L, u, &u->infoepilog, 1);
	b = sb_mem(L, &u->mem, u->sym);
	sb_set_uint(&b, 0, 4, size - 4);
}

static void unit_portion(Link *L, DwUnit *u, Sym abbrev)
{
	if (!u->textless) {
		dwarf_line(L, u);
		dwarf_addr(L, u);
		dwarf_ranges(L, u);
	}
	unit_info(L, u, abbrev);
}

/* ---- all in parallel --------------------------------------------- */

static void task(void *arg, size_t i)
{
	Part2 *s = arg;

	if (i < s->ngroup)
		dwarf_put_types(s->L, (u32)i);
	else
		unit_portion(s->L, s->L->dwarf->unit[i - s->ngroup],
			     s->abbrev);
}

static void in_parallel(Link *L, Part2 *s)
{
	Dwarf *d = L->dwarf;

	s->ngroup = (d->ndie + DW_GROUP - 1) / DW_GROUP;
	pool_for(L->pool, s->ngroup + d->nunit, task, s);
}

/* ---- putting together -------------------------------------------- */

static void complete_runtime(Link *L)
{
	Dwarf *d = L->dwarf;
	SB b;
	u32 k, size;

	if (!d->runtime)
		link_exitf(L, "dwarf: no unit of package runtime");
	b = sb_of(L, d->runtime->sym);
	size = ld32(b.e->data, L->arch->big);
	for (k = 0; k < d->ndie; k++)
		size += row(L, d->die[k].sym)->size;
	sb_set_uint(&b, 0, 4, size);
}

/* Here a symbol gets its place in its section; *size grows. */
static void add_sym(const Link *L, DwSec *to, Sym s, u64 *size)
{
	if (*size < INT32_MAX)
		L->dwarf->of[s] = 1 + (u32)*size;
	*size += row(L, s)->size;
	to->syms.p[to->syms.n++] = s;
}

static DwSec *new_dwarfp(Link *L, Sym sec, u32 n, u64 *size)
{
	DwSec *d;

	L->dwarfp = mem_grow(&L->mem, L->dwarfp, L->ndwarfp, &L->capdwarfp,
			     sizeof *L->dwarfp);
	d = &L->dwarfp[L->ndwarfp++];
	*d = (DwSec){.secsym = sec};
	d->syms.cap = n + 2;
	d->syms.p = mem_alloc(&L->mem, d->syms.cap * sizeof(Sym));
	*size = 0;
	add_sym(L, d, sec, size);
	return d;
}

static void new_single(Link *L, Sym sec)
{
	u64 size;

	new_dwarfp(L, sec, 0, &size);
}

static SymVec *part_of(DwUnit *u, int sec)
{
	switch (sec) {
	case LINE: return &u->line;
	case RANGES: return &u->ranges;
	case LOC: return &u->loc;
	default: return &u->info;
	}
}

/* All that the units have for a section, behind its own symbol and its
 * header, of which the length is now known. */
static void add_section(Link *L, const Part2 *s, int sec)
{
	Dwarf *d = L->dwarf;
	u32 k, i, n = 0;
	DwSec *to;
	u64 size;

	for (k = 0; k < d->nunit; k++)
		n += part_of(d->unit[k], sec)->n;
	to = new_dwarfp(L, s->sec[sec], n, &size);
	to->vars = sec == INFO;
	if (s->header[sec])
		add_sym(L, to, s->header[sec], &size);
	for (k = 0; k < d->nunit; k++) {
		const SymVec *v = part_of(d->unit[k], sec);

		for (i = 0; i < v->n; i++) {
			/* It would have two places. */
			if (sec == INFO && d->of[v->p[i]])
				dwarf_twice(L, v->p[i]);
			row(L, v->p[i])->attr |= A_NOTINSYMTAB | A_REACHABLE;
			add_sym(L, to, v->p[i], &size);
		}
	}
	if (s->header[sec]) {
		SB b = sb_of(L, s->header[sec]);

		sb_set_uint(&b, 0, 4, size - row(L, s->sec[sec])->size - 4);
	}
	/* DWARF 4 has no header to be listed: the section is left out. */
	if (sec == LOC && to->syms.n == 1)
		L->ndwarfp--;
}

static void add_addr_section(Link *L, const Part2 *s)
{
	Dwarf *d = L->dwarf;
	SB b = sb_of(L, s->header[ADDR]);
	u64 size;
	DwSec *to = new_dwarfp(L, s->sec[ADDR], d->nunit, &size);
	u32 k;

	add_sym(L, to, b.s, &size);
	for (k = 0; k < d->nunit; k++)
		add_sym(L, to, d->unit[k]->addrsym, &size);
	sb_set_uint(&b, 0, 4, size - row(L, s->sec[ADDR])->size - 4);
}

static Sym make_gdbscript(Link *L)
{
	enum { PYTHON_FILE = 1 };
	Dwarf *d = L->dwarf;
	u32 k;
	SB b;

	for (k = 0; k < d->nunit && !d->unit[k]->gdbscript.n; k++)
		;
	if (k == d->nunit)
		return 0;
	b = sb_of(L, sym_lookup_or_create(L, view_str(".debug_gdb_scripts"),
					  0));
	row(L, b.s)->kind = K_SDWARFSECT;
	sb_u8(&b, PYTHON_FILE);
	sb_str(&b, d->unit[k]->gdbscript);
	return b.s;
}

void dwarf_twice(Link *L, Sym die)
{
	View name = sym_name(L, die);

	link_exitf(L, "dwarf symbol %.*s listed multiple times", (int)name.n,
		   (const char *)name.p);
}

/* From now on Dwarf.of says where symbols are. */
static void make_offsets(Link *L)
{
	u32 *slot = mem_alloc(&L->tmp, L->textp.n * sizeof *slot);
	u32 *of = L->dwarf->of, n = L->textp.n, i;

	for (i = 0; i < n; i++)
		slot[i] = of[L->textp.p[i]];
	memset(of, 0, L->nsym * sizeof *of);
	for (i = 0; i < n; i++)
		of[L->textp.p[i]] = slot[i] | DW_TEXT;
}

void dwarf_generate_debug_syms(Link *L)
{
	Part2 s = {.L = L};
	Sym gdb;
	SB b;

	if (!L->dwarf)
		return;
	s.abbrev = new_section(L, ".debug_abbrev");
	b = sb_of(L, s.abbrev);
	dwarf_put_abbrevs(L, &b);
	dwarf_calc_ranges(L);
	sort_units(L->dwarf);
	make_symbols(L, &s);
	in_parallel(L, &s);
	complete_runtime(L);
	dwarf_frames(L, s.sec[FRAME]);
	gdb = make_gdbscript(L);

	make_offsets(L);
	new_single(L, s.abbrev);
	add_section(L, &s, LINE);
	new_single(L, s.sec[FRAME]);
	if (gdb)
		new_single(L, gdb);
	add_section(L, &s, INFO);
	add_section(L, &s, LOC);
	add_section(L, &s, RANGES);
	if (s.sec[ADDR])
		add_addr_section(L, &s);
	dwarfcompress_begin(L);
}
