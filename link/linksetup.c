/*
 * linksetup: symbols that the linker sets rather than the compiler, and the
 * order of packages and functions. dostrdata: variables that -X sets.
 *
 * Packages go into L->lib in the order in which they depend on each other,
 * those that are imported first (postorder). Functions, L->textp, come
 *
 *   - those of the linker (the FIPS brackets),
 *   - the runtime's packages, in that order, so that they are near each other,
 *   - all others,
 *
 * each package with its own functions first, in the order of its objects, and
 * then those that it shares with others (dupok, such as instances of generic
 * functions) unless an earlier package brought them along. An init function
 * that deadcode has changed counts among those, too: cmd/link does not see
 * its definition in the object any more.
 *
 * Source: cmd/link/internal/ld/lib.go (linksetup, postorder), loader/
 * loader.go (AssignTextSymbolOrder), ld/data.go (addstrdata)
 */
#include "link/load.h"

/* ---- symbols --------------------------------------------------------- */

static SB named(Link *L, const char *name)
{
	return sb_of(L, sym_lookup_or_create(L, view_str(name), 0));
}

/* In a program it takes no room of its own: the slot that holds g is where
 * the architecture says. */
static void set_tlsg(Link *L)
{
	SB b = named(L, "runtime.tlsg");
	SymRow *r = row(L, b.s);

	if (r->kind == K_Sxxx) {
		r->kind = K_STLSBSS;
		r->size = L->arch->ptrsize;
	} else if (r->kind != K_SDYNIMPORT) {
		link_errorf(L, "runtime declared tlsg variable %s",
			    kind_name(r->kind));
	}
	r->attr |= A_REACHABLE;
}

/* The variable tells the runtime that nobody can ask for memory profiles. */
static void disable_memory_profiling(Link *L)
{
	Sym s = sym_lookup(L, view_str("runtime.memProfileInternal"),
			   abi_internal(L));
	SB b;

	if (!s || sym_reachable(L, s))
		return;
	b = named(L, "runtime.disableMemoryProfiling");
	row(L, b.s)->kind = K_SNOPTRDATA;
	sb_set_size(&b, 0);
	sb_u8(&b, 1);
}

/* symtab fills it in. */
static void set_moduledata(Link *L)
{
	SB b = named(L, "runtime.firstmoduledata");

	if (row(L, b.s)->kind != K_Sxxx &&
	    row(L, b.s)->kind != K_SDYNIMPORT) {
		sb_set_size(&b, 0);
		disable_memory_profiling(L);
	} else {
		b = named(L, "local.moduledata");
		row(L, b.s)->attr |= A_LOCAL;
	}
	row(L, b.s)->kind = L->release >= GO126 ? K_SMODULEDATA :
		K_SNOPTRDATA;
	row(L, b.s)->attr |= A_REACHABLE;
	L->moduledata = b.s;
}

/* ---- packages -------------------------------------------------------- */

/* A package on the way, and how many of its imports have been looked at. */
typedef struct {
	Lib *lib;
	u32 next;
} Step;

typedef struct {
	Lib **order;
	u32 n;
	Step *stack;	/* room for as many as there are packages */
	u32 depth;
} Postorder;

static void enter(const Link *L, Postorder *p, Lib *lib)
{
	if (lib->mark)
		return;
	/* Deeper than there are packages: one of them is there twice. */
	if (p->depth == L->nlib)
		link_exitf(L, "found import cycle while visiting %.*s",
			   (int)lib->pkg.n, (const char *)lib->pkg.p);
	p->stack[p->depth++] = (Step){lib, 0};
}

static void postorder_from(const Link *L, Postorder *p, Lib *lib)
{
	enter(L, p, lib);
	while (p->depth > 0) {
		Step *s = &p->stack[p->depth - 1];

		if (s->next < s->lib->nimports) {
			enter(L, p, s->lib->imports[s->next++]);
			continue;
		}
		s->lib->mark = true;
		p->order[p->n++] = s->lib;
		p->depth--;
	}
}

static void postorder(Link *L)
{
	Postorder p = {
		.order = mem_alloc(&L->mem, L->nlib * sizeof *p.order),
		.stack = mem_alloc(&L->tmp, L->nlib * sizeof *p.stack),
	};

	for (u32 i = 0; i < L->nlib; i++)
		postorder_from(L, &p, L->lib[i]);
	for (u32 i = 0; i < L->nlib; i++)
		p.order[i]->mark = false;
	L->lib = p.order;
	L->caplib = L->nlib;
}

/* ---- functions ------------------------------------------------------- */

static void add_text(Link *L, Sym s)
{
	SymRow *r = row(L, s);
	Unit *u;

	if (r->attr & A_MARK)
		return;
	r->attr |= A_MARK;
	symvec_add(&L->mem, &L->textp, s);
	u = sym_unit(L, s);
	if (u)
		symvec_add(&L->mem, &u->textp, s);
}

static void add_text_or_dup(Link *L, const LObj *o, u32 i, SymVec *dup)
{
	Sym s = o->syms[i];
	const SymRow *r = row(L, s);

	if (r->obj != o->idx || r->li != i || r->attr & A_DUPOK)
		symvec_add(&L->tmp, dup, s);
	else
		add_text(L, s);
}

/* The object's kind is what counts: what it brings along may have lost
 * against a definition of another kind. */
static bool is_text(const Link *L, const LObj *o, u32 i)
{
	Sym s = o->syms[i];

	/* Neither 0 nor SYM_LAZY: most are one of both; nor one that somebody
	 * has looked at since, but is not needed. */
	return (i32)s > 0 && s < L->alias && L->reach[s / 64] >> s % 64 & 1 &&
		link_kind_is_text(L->kindrow[record(o, i)[10] & 63]);
}

/* Of all definitions in an object few are needed. It is known which package
 * definitions those are, and which of the contents are functions. */
static void add_obj_text(Link *L, const LObj *o, SymVec *dup)
{
	const Load *ld = L->load;
	const ObjLoad *ol = &ld->obj[o->idx];
	u32 at = ol->pkg, end = at + o->o.nsymdef, i;

	for (u32 g = at / GROUP; g * GROUP < end; g++)
		for (u64 w = ld->live[g]; w; w &= w - 1) {
			i = g * GROUP + (u32)__builtin_ctzll(w) - at;
			if (is_text(L, o, i))
				add_text_or_dup(L, o, i, dup);
		}
	for (i = 0; i < ol->ntext; i++)
		if (is_text(L, o, ld->text[ol->text + i].li))
			add_text_or_dup(L, o, ld->text[ol->text + i].li, dup);
	for (i = o->o.ndef - o->o.nnonpkgdef; i < o->o.ndef; i++)
		if (is_text(L, o, i))
			add_text_or_dup(L, o, i, dup);
}

static void add_lib_text(Link *L, Lib *lib, SymVec *dup)
{
	dup->n = 0;
	lib->text = L->textp.n;
	for (u32 i = 0; i < lib->nobj; i++)
		add_obj_text(L, L->obj[lib->firstobj + i], dup);
	for (u32 i = 0; i < dup->n; i++)
		add_text(L, dup->p[i]);
	lib->ntext = L->textp.n - lib->text;
}

static void assign_text_symbol_order(Link *L)
{
	SymVec ext = L->textp, dup = {0};

	L->textp = (SymVec){0};
	for (u32 i = 0; i < ext.n; i++)
		if (sym_reachable(L, ext.p[i]))
			symvec_add(&L->mem, &L->textp, ext.p[i]);
	for (int other = 0; other < 2; other++)
		for (u32 i = 0; i < L->nlib; i++)
			if (pkg_is_runtime(L->release, L->lib[i]->pkg) !=
			    other)
				add_lib_text(L, L->lib[i], &dup);
	for (u32 i = 0; i < L->textp.n; i++)
		row(L, L->textp.p[i])->attr &= ~(u32)A_MARK;
}

void linksetup(Link *L)
{
	/* Without dynamic libraries a program at a fixed address is static,
	 * as gcc has it. */
	if (!L->flag.pie)
		L->flag.d = true;
	set_tlsg(L);
	set_moduledata(L);
	postorder(L);
	assign_text_symbol_order(L);
}

/* ---- -X -------------------------------------------------------------- */

/* The last '.' in front of '='; arg.n if there is none. */
static size_t last_dot(View arg, size_t eq)
{
	for (size_t i = eq; i > 0; i--)
		if (arg.p[i - 1] == '.')
			return i - 1;
	return arg.n;
}

/* A name that is given again keeps its place. */
static void set_strdata(Link *L, View name, View value)
{
	Flags *f = &L->flag;
	bool fresh;
	MapSlot *slot = map_put(&f->strbyname, name, 0, &fresh);

	if (fresh) {
		f->strdata = mem_grow(&L->mem, f->strdata, f->nstrdata,
				      &f->capstrdata, sizeof *f->strdata);
		slot->val.n = f->nstrdata;
		f->strdata[f->nstrdata++].name = name;
	}
	f->strdata[slot->val.n].value = value;
}

void addstrdata1(Link *L, View nameval)
{
	size_t eq = view_index(nameval, 0, '=');
	size_t dot = eq < nameval.n ? last_dot(nameval, eq) : nameval.n;
	Buf name = {0};
	View value;

	if (dot == nameval.n)
		link_exitf(L, "-X flag requires argument of the form "
			   "importpath.name=value");
	path_to_prefix(&name, view_of(nameval.p, dot));
	buf_add(&name, view_of(nameval.p + dot, eq - dot));
	view_sub(nameval, eq + 1, nameval.n - eq - 1, &value);
	set_strdata(L, mem_view(&L->mem, view_of(name.p, name.n)), value);
	buf_free(&name);
}

/* The variable {pointer, length} is to be value from the start. Its size
 * stays: it may be larger, with room around it for a sanitizer. */
static void set_string(Link *L, Sym s, Sym str, View value)
{
	SB b = sb_of(L, s);
	u32 size = row(L, s)->size, w = L->arch->ptrsize;

	b.e->data = NULL;
	b.e->ndata = b.e->capdata = b.e->nrel = 0;
	sb_grow(&b, 2 * w);
	sb_set_addr(&b, 0, str, 0);
	sb_set_uint(&b, w, w, value.n);
	row(L, s)->size = size;
}

static void addstrdata(Link *L, View name, View value)
{
	Sym s = sym_lookup(L, name, 0), type = s ? sym_gotype(L, s) : 0;
	View tname;
	SB str;

	if (!type)
		return;
	tname = sym_name(L, type);
	if (!view_is(tname, "type:string")) {
		link_errorf(L, "%.*s: cannot set with -X: not a var of type "
			    "string (%.*s)", (int)name.n,
			    (const char *)name.p, (int)tname.n,
			    (const char *)tname.p);
		return;
	}
	if (!sym_reachable(L, s))
		return;
	if (row(L, s)->kind == K_SBSS)
		row(L, s)->kind = K_SDATA;
	str = sb_of(L, sym_lookup_or_create(L, mem_printf(&L->mem, "%.*s.str",
		(int)name.n, (const char *)name.p), 0));
	sb_str(&str, value);
	row(L, str.s)->kind = K_SRODATA;
	row(L, str.s)->attr |= A_REACHABLE;
	set_string(L, s, str.s, value);
}

void dostrdata(Link *L)
{
	for (u32 i = 0; i < L->flag.nstrdata; i++)
		addstrdata(L, L->flag.strdata[i].name,
			   L->flag.strdata[i].value);
}
