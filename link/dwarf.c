/*
 * DWARF, part 1: which DIEs of the compiler the program has, and the types
 * that they name.
 *
 * The compiler hangs the symbols of a function's DIE, ranges, locations and
 * lines on the function, those of a variable on the variable. What they
 * refer to decides, by its order, the order of everything that is made here
 * and so the numbers of new symbols:
 *
 *   of each unit, package by package: constants; then function by function
 *   abstract functions and types
 *   types of variables, and of the dictionaries of generic functions, by
 *   number
 *   synthesised types
 *
 * Relocations of all functions are too many to go through one after another,
 * and nearly all of them name what has been named already. So all units are
 * looked through first, in parallel; each makes a list of what it names, in
 * order, with most repetitions left out. One pass over the lists does the
 * rest.
 *
 * Source: cmd/link/internal/ld/dwarf.go: dwarfGenerateDebugInfo
 */
#include "link/dwarf.h"

enum {
	NCHUNK = 16,	/* pieces of the symbols, a task each */
	WAIT = 32
};

/* A variable, or a type that must have a DIE (var 0). */
typedef struct {
	Sym gotype, var, die;
} VarRef;

typedef struct {
	VarRef *p;
	u32 n, cap;
	Mem mem;
} VarRefs;

typedef struct DwScan {
	Link *L;
	VarRefs vars[NCHUNK];
} Scan;

static SymVec symvec_of(Link *L, u32 cap)
{
	return (SymVec){mem_alloc(&L->mem, (size_t)cap * sizeof(Sym)), 0,
			cap};
}

/* ---- units ------------------------------------------------------- */

static DwUnit *new_unit(Link *L, LObj *o)
{
	DwUnit *u = mem_alloc(&L->mem, sizeof *u);
	u32 n = o->unit.textp.n;

	u->unit = &o->unit;
	u->obj = o;
	u->textless = n == 0;
	u->func = mem_alloc(&L->mem, n * sizeof *u->func);
	u->funcdies = symvec_of(L, n);
	u->rangesyms = symvec_of(L, n);
	u->locsyms = symvec_of(L, n);
	u->mem.from = &L->mem;
	o->unit.dw = u;
	return u;
}

static void collect_units(Link *L)
{
	Dwarf *d = L->dwarf;
	u32 i, k;

	for (i = 0; i < L->nlib; i++)
		for (k = 0; k < L->lib[i]->nobj; k++) {
			LObj *o = L->obj[L->lib[i]->firstobj + k];

			d->unit = mem_grow(&L->mem, d->unit, d->nunit,
					   &d->capunit, sizeof *d->unit);
			d->unit[d->nunit++] = new_unit(L, o);
		}
}

/* ---- in parallel: what a unit's functions name ------------------- */

static Sym aux_of_kind(const Link *L, Auxs a, GoAux x, Kind kind)
{
	Sym s = resolve(L, a.obj, x.sym);

	return row(L, s)->kind == kind ? s : 0;
}

static DwFunc func_auxs(const Link *L, Sym fn)
{
	Auxs a = sym_auxs(L, fn);
	DwFunc f = {0};
	u32 k;

	for (k = 0; k < a.n; k++) {
		GoAux x = aux_at(a, k);

		switch (x.type) {
		case AuxDwarfInfo:
			f.info = aux_of_kind(L, a, x, K_SDWARFFCN);
			break;
		case AuxDwarfLoc:
			f.loc = aux_of_kind(L, a, x, K_SDWARFLOC);
			break;
		case AuxDwarfRanges:
			f.ranges = aux_of_kind(L, a, x, K_SDWARFRANGE);
			break;
		case AuxDwarfLines:
			f.lines = aux_of_kind(L, a, x, K_SDWARFLINES);
			break;
		}
	}
	return f;
}

/* What a unit's scan keeps: references seen lately, as the object has them;
 * and those that wait for the rows of their symbols, which are asked for all
 * at once, as they are far from each other. */
typedef struct {
	u64 key[1024];
	u32 wait[WAIT];
	u32 nwait;
	bool loc;	/* the function's .debug_loclists symbol is known */
} Seen;

static bool seen_before(Seen *seen, const u8 *rel, bool usetype)
{
	u64 key = ld64(rel + 15, false) | (u64)usetype << 63;
	u64 *slot = &seen->key[key * UINT64_C(0x9e3779b97f4a7c15) >> 54];

	if (*slot == key)
		return true;
	*slot = key;
	return false;
}

static void add_ref(DwUnit *u, u32 ref)
{
	u->refs = mem_grow(&u->mem, u->refs, u->nrefs, &u->caprefs,
			   sizeof *u->refs);
	u->refs[u->nrefs++] = ref;
}

/* One that is a function's own, or what the serial pass is to look at. */
static void note_ref(const Link *L, DwUnit *u, u32 ref, bool *loc)
{
	if (ref & DW_KNOWN) {
		add_ref(u, ref);
		return;
	}
	switch (row(L, ref)->kind) {
	case K_SDWARFLOC:
		if (!*loc)
			u->locsyms.p[u->locsyms.n++] = ref;
		*loc = true;
		break;
	case K_SDWARFABSFCN:
	case K_SDWARFTYPE:
	case K_Sxxx:
		add_ref(u, ref);
		break;
	}
}

static void note_waiting(const Link *L, DwUnit *u, Seen *seen)
{
	u32 k;

	for (k = 0; k < seen->nwait; k++)
		note_ref(L, u, seen->wait[k], &seen->loc);
	seen->nwait = 0;
}

static void scan_info(const Link *L, DwUnit *u, Sym info, Seen *seen)
{
	Rels r = sym_rels(L, info);
	u32 k;

	if (r.obj != u->obj)
		memset(seen->key, 0, sizeof seen->key);
	seen->loc = false;
	for (k = 0; k < r.n; k++) {
		const u8 *p = r.p + (size_t)k * RELOC_SIZE;
		u8 type = L->relrow[ld16(p + 5, false) & 511];
		bool use = type == ROW_R_USETYPE;
		Sym s;

		if ((type != ROW_R_DWARFSECREF && !use) ||
		    seen_before(seen, p, use))
			continue;
		s = rel_at(L, r, k).sym;
		if (!s)
			continue;
		__builtin_prefetch(row(L, s));
		seen->wait[seen->nwait++] = use ? s | DW_KNOWN : s;
		if (seen->nwait == WAIT)
			note_waiting(L, u, seen);
	}
	note_waiting(L, u, seen);
	if (r.obj != u->obj)
		memset(seen->key, 0, sizeof seen->key);
}

static void scan_unit(Link *L, DwUnit *u)
{
	Seen seen = {0};
	u32 k;

	for (k = 0; k < u->unit->textp.n; k++) {
		DwFunc *f = &u->func[k];

		*f = func_auxs(L, u->unit->textp.p[k]);
		if (!f->info)
			continue;
		row(L, f->info)->attr |= A_NOTINSYMTAB | A_REACHABLE;
		u->funcdies.p[u->funcdies.n++] = f->info;
		if (f->ranges) {
			row(L, f->ranges)->attr |=
				A_NOTINSYMTAB | A_REACHABLE;
			u->rangesyms.p[u->rangesyms.n++] = f->ranges;
		}
		scan_info(L, u, f->info, &seen);
	}
}

/* ---- in parallel: variables -------------------------------------- */

static bool kind_has_variables(u8 k)
{
	return kind_in(k, K_SRODATA, K_SRODATAEND) ||
		kind_in(k, K_SDATA, K_SDATAEND) ||
		kind_in(k, K_SNOPTRDATA, K_SNOPTRDATAEND) ||
		k == K_STYPE || k == K_SBSS || k == K_SNOPTRBSS ||
		k == K_STLSBSS || k == K_SMODULEDATA;
}

static void add_var(VarRefs *v, Sym gotype, Sym var, Sym die)
{
	v->p = mem_grow(&v->mem, v->p, v->n, &v->cap, sizeof *v->p);
	v->p[v->n++] = (VarRef){gotype, var, die};
}

static void scan_dict(const Link *L, VarRefs *v, Sym dict)
{
	Rels r = sym_rels(L, dict);
	u32 k;

	for (k = 0; k < r.n; k++) {
		Rel x = rel_at(L, r, k);

		if (x.type == ROW_R_USEIFACE && x.sym)
			add_var(v, x.sym, 0, 0);
	}
}

static void scan_variable(const Link *L, VarRefs *v, Sym s)
{
	Sym gotype = sym_gotype(L, s), die;

	if (!gotype) {
		if (row(L, s)->kind == K_SRODATA && sym_has(L, s, A_DICT) &&
		    !sym_is_ext(L, s))
			scan_dict(L, v, s);
		return;
	}
	die = sym_aux(L, s, AuxDwarfInfo);
	if (die && row(L, die)->kind == K_SDWARFVAR)
		add_var(v, gotype, s, die);
}

static void scan_variables(const Link *L, VarRefs *v, Sym from, Sym to)
{
	Sym s;

	for (s = from; s < to; s++) {
		const SymRow *r = row(L, s);

		/* The kind first: attributes of DIEs are being set by those
		 * who scan units. */
		if (kind_has_variables(r->kind) &&
		    (r->attr & (A_REACHABLE | A_NOTINSYMTAB | A_STATIC)) ==
		    A_REACHABLE && sym_version(L, s) < 10)
			scan_variable(L, v, s);
	}
}

/* Pieces of the symbols first, then units. */
static void scan_task(void *arg, size_t i)
{
	Scan *t = arg;
	u64 n = t->L->extstart;

	if (i < NCHUNK)
		scan_variables(t->L, &t->vars[i],
			       (Sym)(1 + (n - 1) * i / NCHUNK),
			       (Sym)(1 + (n - 1) * (i + 1) / NCHUNK));
	else
		scan_unit(t->L, t->L->dwarf->unit[i - NCHUNK]);
}

/* ---- one after another ------------------------------------------- */

/* Abstract functions, constants: the types that they name. */
static void import_info(Link *L, Sym s)
{
	Rels r = sym_rels(L, s);
	u8 kind = row(L, s)->kind;
	u32 k;

	row(L, s)->attr |= A_REACHABLE | A_NOTINSYMTAB;
	if (kind != K_SDWARFCONST && kind != K_SDWARFABSFCN) {
		View v = sym_name(L, s);

		link_exitf(L, "error: DWARF info sym %u/%.*s with incorrect "
			   "type", s, (int)v.n, (const char *)v.p);
	}
	for (k = 0; k < r.n; k++) {
		Rel x = rel_at(L, r, k);

		if (x.type == ROW_R_DWARFSECREF)
			dwarf_import_type(L, x.sym);
	}
}

static void import_ref(Link *L, DwUnit *u, u32 ref)
{
	Sym s = ref & ~DW_KNOWN;

	if (ref & DW_KNOWN) {
		dwarf_defgotype(L, s);
	} else if (row(L, s)->kind != K_SDWARFABSFCN) {
		dwarf_import_type(L, s);
	} else if (!sym_has(L, s, A_ONLIST)) {
		row(L, s)->attr |= A_ONLIST;
		symvec_add(&L->mem, &u->absfns, s);
		import_info(L, s);
	}
}

static View data_of(Link *L, const char *prefix, View pkg)
{
	Sym s = dwarf_lookup(L, prefix, pkg);

	return s ? sym_data(L, s) : (View){0};
}

/* The unit's DIE; what its attributes say that text or addresses decide is
 * known in part 2 only. */
static void make_unit_die(Link *L, DwUnit *u, u32 number)
{
	View pkg = u->obj->lib->pkg, flags, name;

	name = mem_printf(&L->mem, "go:info..pkg.%.*s.%u", (int)pkg.n,
			  (const char *)pkg.p, number);
	u->sym = sym_lookup_or_create(L, name, 0);
	if (L->dwarf->of[u->sym])
		dwarf_twice(L, u->sym);
	sym_update(L, u->sym);
	row(L, u->sym)->kind = K_SDWARFCUINFO;
	row(L, u->sym)->attr |= A_NOTINSYMTAB | A_REACHABLE;
	u->name = pkg;
	flags = data_of(L, "go:cuinfo.producer.", pkg);
	u->producer = mem_printf(&L->mem, "Go cmd/compile %.*s%s%.*s",
				 (int)L->version.n,
				 (const char *)L->version.p,
				 flags.n ? "; " : "", (int)flags.n,
				 (const char *)flags.p);
	u->pkgname = data_of(L, "go:cuinfo.packagename.", pkg);
}

static void import_unit(Link *L, DwUnit *u, u32 number)
{
	Lib *lib = u->obj->lib;
	u32 k;

	if (u->obj->idx == lib->firstobj) {
		u->consts = dwarf_lookup(L, "go:constinfo.", lib->pkg);
		if (u->consts)
			import_info(L, u->consts);
	}
	if (view_is(lib->pkg, "runtime"))
		L->dwarf->runtime = u;
	make_unit_die(L, u, number);
	for (k = 0; k < u->nrefs; k++)
		import_ref(L, u, u->refs[k]);
}

static void import_variables(Link *L, const VarRefs *v)
{
	u32 k;

	for (k = 0; k < v->n; k++) {
		const VarRef *x = &v->p[k];
		DwUnit *u;

		dwarf_defgotype(L, x->gotype);
		if (x->var) {
			u = sym_unit(L, x->var)->dw;
			symvec_add(&L->mem, &u->vardies, x->die);
		}
	}
}

/* Packages compiled with different flags may well have different copies of
 * a function: -strictdups then only warns. */
static void relax_strictdups(Link *L)
{
	Dwarf *d = L->dwarf;
	u32 k;

	for (k = 1; k < d->nunit; k++)
		if (!view_eq(d->unit[k]->producer, d->unit[0]->producer) &&
		    L->flag.strictdups > 1)
			L->flag.strictdups = 1;
}

void dwarf_scan(Link *L)
{
	Scan *t;
	Dwarf *d;
	u32 k;

	if (L->flag.w)
		return;
	d = L->dwarf = mem_alloc(&L->mem, sizeof *d);
	d->version = 5;
	if (view_find(L->experiments, 0, view_str("dwarf5"), 1) ==
	    L->experiments.n)
		hand_over(L, "DWARF version 4");
	collect_units(L);
	d->scan = t = mem_alloc(&L->mem, sizeof *t);
	t->L = L;
	for (k = 0; k < NCHUNK; k++)
		t->vars[k].mem.from = &L->mem;
	pool_for(L->pool, NCHUNK + d->nunit, scan_task, t);
}

/* For as many as most programs have. */
static void make_room(Link *L, Dwarf *d)
{
	d->capdie = 256 + L->nsym / 10;
	d->die = mem_alloc(&L->mem, d->capdie * sizeof *d->die);
	d->capchild = 256 + L->nsym / 8;
	d->child = mem_alloc(&L->mem, d->capchild * sizeof *d->child);
	/* Most types that nobody needs have no DIE: small pages for them. */
	d->nof = L->symend;
	d->of = mem_reserve(&L->huge, (size_t)d->nof * sizeof *d->of,
			    (size_t)L->nsym * sizeof *d->of);
}

void dwarf_generate_debug_info(Link *L)
{
	Dwarf *d = L->dwarf;
	u32 k;

	if (!d)
		return;
	make_room(L, d);
	dwarf_types_begin(L);
	for (k = 0; k < d->nunit; k++)
		import_unit(L, d->unit[k], k + 1);
	relax_strictdups(L);
	for (k = 0; k < NCHUNK; k++)
		import_variables(L, &d->scan->vars[k]);
	dwarf_synthesize(L);
}
