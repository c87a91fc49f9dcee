/*
 * symtab: the last symbols of the linker's own, in Go's order:
 *
 *   marks     runtime.rodata, runtime.erodata ...: where things begin and
 *             end. address gives them their values.
 *   groups    Strings, masks, function values and types are read-only data
 *             like others, but each sort lies together, behind a symbol of
 *             no size that stands for them in the symbol table. Which sort a
 *             symbol is of is told by its name: L->regroup.
 *   moduledata
 *             runtime.firstmoduledata, in which the runtime finds all that.
 *
 * symtab, textsectionmap in cmd/link's ld/symtab.go.
 */
#include "link/pcln.h"

SB sb_named(Link *L, const char *name, Kind k)
{
	SB b = sb_of(L, sym_lookup_or_create(L, view_str(name), 0));

	row(L, b.s)->attr |= A_REACHABLE;
	row(L, b.s)->kind = (u8)k;
	return b;
}

Sym xdefine(Link *L, const char *name, Kind k, u64 value)
{
	SB b = sb_named(L, name, k);

	row(L, b.s)->attr |= A_SPECIAL | A_LOCAL;
	row(L, b.s)->value = (i64)value;
	return b.s;
}

static Sym named(const Link *L, const char *name)
{
	return sym_lookup(L, view_str(name), 0);
}

/* ---- marks ------------------------------------------------------------- */

static void define_marks(Link *L)
{
	static const struct {
		const char *name;
		Kind kind;
		bool laid_out;	/* by dodata, not an address's name */
	} marks[] = {
		{"runtime.rodata", K_SRODATA, false},
		{"runtime.erodata", K_SRODATAEND, false},
		{"runtime.types", K_SRODATA, false},
		{"runtime.etypes", K_SRODATA, false},
		{"runtime.noptrdata", K_SNOPTRDATA, false},
		{"runtime.enoptrdata", K_SNOPTRDATAEND, false},
		{"runtime.data", K_SDATA, false},
		{"runtime.edata", K_SDATAEND, false},
		{"runtime.bss", K_SBSS, false},
		{"runtime.ebss", K_SBSS, false},
		{"runtime.noptrbss", K_SNOPTRBSS, false},
		{"runtime.enoptrbss", K_SNOPTRBSS, false},
		{"runtime.gcmask.*", K_SNOPTRBSS, false},
		{"runtime.covctrs", K_SNOPTRBSS, false},
		{"runtime.ecovctrs", K_SNOPTRBSS, false},
		{"runtime.end", K_SBSS, false},
		{"runtime.epclntab", K_SRODATA, false},
		{"runtime.gcdata", K_SRODATA, true},
		{"runtime.egcdata", K_SRODATA, false},
		{"runtime.gcbss", K_SRODATA, true},
		{"runtime.egcbss", K_SRODATA, false},
	};
	size_t i;

	for (i = 0; i < NELEM(marks); i++) {
		if (marks[i].laid_out) {
			SB b = sb_named(L, marks[i].name, marks[i].kind);

			row(L, b.s)->size = 0;
		} else {
			xdefine(L, marks[i].name, marks[i].kind, 0);
		}
	}
}

/* ---- groups ------------------------------------------------------------ */

enum { TYPE, GOSTRING, FUNCDESC, GCBITS, GCMASK, NGROUP };

static const struct {
	const char *name;	/* of the symbol that stands for them */
	Kind kind;
	bool local;
} group[NGROUP] = {
	[TYPE] = {"type:*", K_STYPE, false},
	[GOSTRING] = {"go:string.*", K_SGOSTRING, true},
	[FUNCDESC] = {"go:funcdesc", K_SGOFUNC, true},
	[GCBITS] = {"runtime.gcbits.*", K_SGCBITS, true},
	[GCMASK] = {"runtime.gcmask.*", K_SGCMASK, true},
};

typedef struct {
	Link *L;
	Sym carrier[NGROUP];
} Groups;

static void define_groups(Groups *g)
{
	Link *L = g->L;
	u32 i;

	for (i = 0; i < NGROUP; i++) {
		SB b = sb_named(L, group[i].name, group[i].kind);

		row(L, b.s)->size = 0;
		sym_set_align(L, b.s, L->arch->ptrsize);
		if (group[i].local)
			row(L, b.s)->attr |= A_LOCAL;
		g->carrier[i] = b.s;
	}
}

/* The group that read-only data of that name belongs to; NGROUP: none. */
static u32 group_of(View name, u32 attr)
{
	if (view_prefix(name, "go:string."))
		return GOSTRING;
	if (view_prefix(name, "runtime.gcbits."))
		return GCBITS;
	if (view_suffix(name, "·f"))
		return FUNCDESC;
	if (view_prefix(name, "type:") || (attr & A_ITAB))
		return TYPE;
	return NGROUP;
}

/* Not in the symbol table: what only its file knows, unless it was written
 * in assembly; coverage counters. */
static bool hidden(const Link *L, const SymRow *r)
{
	u32 obj = r->obj;

	if (r->kind == K_SCOVERAGE_COUNTER)
		return true;
	if (!(r->attr & A_STATIC))
		return false;
	if (obj == OBJ_EXT)
		obj = L->ext[r->li].obj;
	return obj >= OBJ_FIRST && L->obj[obj]->lib->pkg.n &&
		!(L->obj[obj]->o.flags & ObjFlagFromAssembly);
}

static void regroup(const Groups *g, Sym s, View name)
{
	SymRow *r = row(g->L, s);
	u32 to = NGROUP;

	if (r->kind != K_SNOPTRBSS)
		to = group_of(name, r->attr);
	else if (view_prefix(name, "type:.gcmask."))
		to = GCMASK;
	if (to == NGROUP)
		return;
	r->attr |= A_NOTINSYMTAB;
	r->outer = g->carrier[to];
	g->L->regroup[s] = (u8)group[to].kind;
}

/* Names lie all over the inputs: several are fetched at once. */
enum { CHUNK = 8192, BATCH = 32 };

static void regroup_batch(const Groups *g, const Sym *s, u32 n)
{
	View name[BATCH];
	u32 i;

	for (i = 0; i < n; i++) {
		name[i] = sym_name(g->L, s[i]);
		__builtin_prefetch(name[i].p);
		__builtin_prefetch(name[i].p + name[i].n);
	}
	for (i = 0; i < n; i++)
		regroup(g, s[i], name[i]);
}

static bool may_regroup(const SymRow *r)
{
	return (r->kind == K_SRODATA || r->kind == K_SGOFUNC ||
		r->kind == K_SNOPTRBSS) && !(r->attr & A_SPECIAL);
}

static void regroup_chunk(void *arg, size_t chunk)
{
	const Groups *g = arg;
	size_t s = chunk * CHUNK, end = s + CHUNK;
	Sym batch[BATCH];
	u32 n = 0;

	for (s += s == 0; s < end && s < g->L->nregroup; s++) {
		SymRow *r = row(g->L, (Sym)s);

		if (!(r->attr & A_REACHABLE))
			continue;
		if (hidden(g->L, r))
			r->attr |= A_NOTINSYMTAB;
		if (may_regroup(r))
			batch[n++] = (Sym)s;
		if (n == BATCH) {
			regroup_batch(g, batch, n);
			n = 0;
		}
	}
	regroup_batch(g, batch, n);
}

/* ---- moduledata -------------------------------------------------------- */

/* {first, behind the last, address} of each text section: there is one. */
static Sym textsectionmap(Link *L)
{
	SB b = sb_named(L, "runtime.textsectionmap", K_SRODATA);
	unsigned ptr = L->arch->ptrsize;

	sb_uint(&b, ptr, 0);
	sb_uint(&b, ptr, L->seg[SEG_TEXT].sect[0]->length);
	sb_addr(&b, named(L, "runtime.text"));
	return b.s;
}

static void add_slice(SB *b, Sym s, u64 len)
{
	unsigned ptr = b->L->arch->ptrsize;

	sb_addr(b, s);
	sb_uint(b, ptr, len);
	sb_uint(b, ptr, len);
}

static void add_zeros(SB *b, u32 words)
{
	sb_grow(b, words * b->L->arch->ptrsize);
}

static void add_pcln(SB *b)
{
	const Link *L = b->L;
	const Pcln *P = L->pcln;
	Sym last = L->textp.p[L->textp.n - 1];

	sb_addr(b, P->pcheader);
	add_slice(b, P->funcnametab, row(L, P->funcnametab)->size);
	add_slice(b, P->cutab, row(L, P->cutab)->size / 4);
	add_slice(b, P->filetab, row(L, P->filetab)->size);
	add_slice(b, P->pctab, row(L, P->pctab)->size);
	add_slice(b, P->functab, row(L, P->functab)->size);
	add_slice(b, P->functab, (u64)P->nfunc + 1);
	sb_addr(b, P->findfunctab);
	sb_addr(b, L->textp.p[0]);	/* minpc, maxpc */
	sb_addr_plus(b, last, row(L, last)->size);
}

static void add_marks(SB *b, const char *const *name, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		sb_addr(b, named(b->L, name[i]));
}

static void add_layout(SB *b)
{
	static const char *const parts[] = {
		"runtime.text", "runtime.etext",
		"runtime.noptrdata", "runtime.enoptrdata",
		"runtime.data", "runtime.edata", "runtime.bss",
		"runtime.ebss", "runtime.noptrbss", "runtime.enoptrbss",
		"runtime.covctrs", "runtime.ecovctrs", "runtime.end",
		"runtime.gcdata", "runtime.gcbss", "runtime.types",
	}, *const etypes = "runtime.etypes", *const rest[] = {
		"runtime.rodata", "go:func.*", "runtime.epclntab",
	};
	Link *L = b->L;

	add_marks(b, parts, NELEM(parts));
	L->off_typedesclen = b->e->ndata;	/* dodata fills in these */
	add_zeros(b, 1);
	add_marks(b, &etypes, 1);
	L->off_itaboffset = b->e->ndata;
	add_zeros(b, 1);
	L->off_itabsize = b->e->ndata;
	add_zeros(b, 1);
	add_marks(b, rest, NELEM(rest));
}

/* The size of a type, from its descriptor: the first word. */
static u64 type_size(const Link *L, const char *type)
{
	Sym s = named(L, type);
	View v = sym_data(L, s);

	if (!s || v.n < L->arch->ptrsize)
		link_exitf(L, "no description of %s", type);
	return ldptr(v.p, L->arch->ptrsize, L->arch->big);
}

/* Field by field runtime.moduledata, in Go's runtime/symtab.go. */
static void make_moduledata(Link *L)
{
	unsigned ptr = L->arch->ptrsize;
	Sym map = textsectionmap(L), ptab = named(L, "go:plugin.tabs"), t;
	SB b = sb_of(L, L->moduledata);
	u64 size;

	if (ptab && sym_reachable(L, ptab))
		hand_over(L, "exports of a plugin");
	add_pcln(&b);
	add_layout(&b);
	add_slice(&b, map, 1);
	add_zeros(&b, 3 + 2 + 3);	/* ptab, pluginpath, pkghashes */
	t = L->mainInittasks;
	if (t)
		add_slice(&b, t, row(L, t)->size / ptr);
	else
		add_zeros(&b, 3);
	add_zeros(&b, 2 + 3);	/* modulename, modulehashes */
	sb_u8(&b, 1);	/* hasmain */

	size = type_size(L, "type:runtime.moduledata");
	if (size < b.e->ndata || size > INT32_MAX)
		link_exitf(L, "runtime.moduledata has %llu bytes, not those "
			   "of this release", (unsigned long long)size);
	sb_set_size(&b, (u32)size);
}

static void make_lastmoduledatap(Link *L)
{
	Sym s = sym_lookup_or_create(L, view_str("runtime.lastmoduledatap"),
				     0);
	SB b;

	row(L, s)->attr |= A_REACHABLE;
	b = sb_of(L, s);
	if (row(L, s)->kind == K_SDYNIMPORT)
		return;
	row(L, s)->kind = K_SNOPTRDATA;
	sb_set_size(&b, 0);
	sb_addr(&b, L->moduledata);
}

void symtab(Link *L)
{
	Groups g = {.L = L};

	define_marks(L);
	define_groups(&g);
	L->nregroup = L->nsym;
	L->regroup = mem_alloc(&L->mem, L->nregroup);
	pool_for(L->pool, (L->nregroup + CHUNK - 1) / CHUNK,
		 regroup_chunk, &g);
	make_moduledata(L);
	make_lastmoduledatap(L);
}
