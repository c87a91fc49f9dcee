/*
 * deadcode: which symbols the program needs. They are found by following
 * relocations and auxiliary symbols from the entry point on; what is not
 * found is left out by every later pass.
 *
 * Methods are the exception, since most of those that a type has are never
 * called. A type descriptor refers to each by three relocations R_METHODOFF
 * in a row (its type, and its code for calls through interfaces and for
 * direct ones), which are followed only if a value of the type is put into
 * an interface somewhere (UsedInIface, which a type hands on to those that
 * it is made of, for reflection can get there), and also
 *
 *   - a method of that name and type is called through some interface:
 *     R_USEIFACEMETHOD in the caller, or
 *   - one of that name is called by generic code or by MethodByName with a
 *     constant: R_USENAMEDMETHOD, or
 *   - it is exported, and a function that is needed calls methods whose
 *     names are only known at run time: its attribute ReflectMethod.
 *
 * Whatever is needed only adds to what else is, so the order of the search
 * does not matter. Symbols wait in one queue, and what will be read of those
 * that come next is fetched into the cache meanwhile. A method waits in the
 * list of its signature until that is wanted.
 *
 * Source: cmd/link/internal/ld/deadcode.go
 */
#include "link/decodesym.h"

/* How many symbols ahead something is fetched: what SymRow, index tables and
 * relocations are, each of which is found through the one before. */
enum { AHEAD_ROW = 24, AHEAD_INDEX = 16, AHEAD_RELOC = 8 };

/* What is done with a relocation, by its type. */
enum {
	FOLLOW, IGNORE, METHODOFF, USEIFACE, USEIFACEMETHOD, USENAMEDMETHOD
};

typedef struct {
	Sym src;	/* the type */
	u32 rel;	/* the first of its three relocations */
	u32 next;	/* of the same signature; 0: none */
} Method;

/* A name and a type, as function, of methods. */
typedef struct {
	u32 methods;	/* that are not marked: first of a list, 0: none */
	u32 next;	/* of the same name; 0: none */
	bool wanted;
} Sig;

typedef struct {
	u32 sigs;	/* first of a list, 0: none */
	bool wanted, exported;
} Name;

typedef struct {
	Link *L;
	u64 *marked;	/* a bit for each symbol; that of symbol 0 is set */
	Sym *queue;
	u32 head, tail;
	Sym *parent;	/* NULL if nobody asks */
	u8 action[512];	/* by number in objects */
	bool aux[NAux];	/* which auxiliary symbols are marked */
	bool reflect_seen;
	SymVec pkginits;

	/* numbers of names and signatures; what has number 0 is not used */
	Map name_of;	/* by bytes */
	Map name_of_sym, sig_of;	/* by number(s), as tag */
	Name *name;
	Sig *sig;
	Method *method;
	u32 nname, capname, nsig, capsig, nmethod, capmethod;
} Deadcode;

/* ---- marking --------------------------------------------------------- */

static inline void mark(Deadcode *d, Sym s, Sym parent)
{
	u64 *word = &d->marked[s / 64], bit = 1ull << s % 64;

	if (*word & bit)
		return;
	*word |= bit;
	d->queue[d->tail++] = s;
	if (d->parent && !d->parent[s])
		d->parent[s] = parent;
}

static bool is_marked(const Deadcode *d, Sym s)
{
	return d->marked[s / 64] >> s % 64 & 1;
}

/* The type's relocations mean more from now on, so a visit before this one
 * does not count. This happens once to a symbol. */
static void use_in_iface(Deadcode *d, Sym s, Sym parent)
{
	SymRow *r = row(d->L, s);

	if (r->attr & A_USEDINIFACE)
		return;
	r->attr |= A_USEDINIFACE;
	if (is_marked(d, s) && s) {
		d->marked[s / 64] &= ~(1ull << s % 64);
		mark(d, s, parent);
	}
}

/* ---- methods --------------------------------------------------------- */

static void mark_method(Deadcode *d, const Method *m)
{
	Rels r = sym_rels(d->L, m->src);

	for (u32 k = m->rel; k < m->rel + 3; k++)
		mark(d, rel_at(d->L, r, k).sym, m->src);
}

static void want_sig(Deadcode *d, u32 sig)
{
	Sig *s = &d->sig[sig];

	s->wanted = true;
	for (u32 m = s->methods; m; m = d->method[m].next)
		mark_method(d, &d->method[m]);
	s->methods = 0;
}

static void want_name(Deadcode *d, u32 name)
{
	if (d->name[name].wanted)
		return;
	d->name[name].wanted = true;
	for (u32 s = d->name[name].sigs; s; s = d->sig[s].next)
		want_sig(d, s);
}

static void see_reflect(Deadcode *d)
{
	if (d->reflect_seen)
		return;
	d->reflect_seen = true;
	for (u32 n = 1; n < d->nname; n++)
		if (d->name[n].exported)
			want_name(d, n);
}

static u32 name_number(Deadcode *d, View name, bool exported)
{
	bool fresh;
	MapSlot *slot = map_put(&d->name_of, name, 0, &fresh);

	if (fresh) {
		d->name = mem_grow(&d->L->mem, d->name, d->nname, &d->capname,
				   sizeof *d->name);
		d->name[d->nname] = (Name){0};
		slot->val.n = d->nname++;
	}
	/* The compiler's word for it; R_USENAMEDMETHOD does not have it. */
	d->name[slot->val.n].exported |= exported;
	if (exported && d->reflect_seen)
		want_name(d, (u32)slot->val.n);
	return (u32)slot->val.n;
}

static u32 name_sym_number(Deadcode *d, Sym s)
{
	bool fresh;
	MapSlot *slot = map_put(&d->name_of_sym, (View){0}, s, &fresh);
	u8 flags;
	View name;

	if (fresh) {
		name = decode_name(d->L, s, &flags);
		slot->val.n = name_number(d, name, flags & 1);
	}
	return (u32)slot->val.n;
}

static u32 sig_number(Deadcode *d, Sym name, Sym type)
{
	bool fresh;
	u32 n = name_sym_number(d, name);
	MapSlot *slot = map_put(&d->sig_of, (View){0}, (u64)n << 32 | type,
				&fresh);

	if (fresh) {
		d->sig = mem_grow(&d->L->mem, d->sig, d->nsig, &d->capsig,
				  sizeof *d->sig);
		d->sig[d->nsig] = (Sig){.next = d->name[n].sigs,
					.wanted = d->name[n].wanted};
		d->name[n].sigs = d->nsig;
		slot->val.n = d->nsig++;
	}
	return (u32)slot->val.n;
}

/* A method of a type that is in interfaces. In front of its type, mtyp, the
 * descriptor has its name. */
static void add_method(Deadcode *d, Sym src, Rels r, u32 k, Rel mtyp)
{
	Method m = {.src = src, .rel = k};
	Rel name = {0};
	u32 sig;

	if (k > 0)
		name = rel_at(d->L, r, k - 1);
	if (k == 0 || name.off != mtyp.off - 4)
		name.sym = decode_reloc_sym(d->L, r, (u32)mtyp.off - 4);
	sig = sig_number(d, name.sym, mtyp.sym);
	if (d->sig[sig].wanted) {
		mark_method(d, &m);
		return;
	}
	d->method = mem_grow(&d->L->mem, d->method, d->nmethod, &d->capmethod,
			     sizeof *d->method);
	m.next = d->sig[sig].methods;
	d->sig[sig].methods = d->nmethod;
	d->method[d->nmethod++] = m;
}

/* The addend of R_USEIFACEMETHOD says which method of an interface type:
 * {name, type} there. */
static void use_iface_method(Deadcode *d, Rel r)
{
	TypeDesc t = decodetype(d->L, r.sym);
	u32 off = (u32)r.add, sig;
	View name = sym_name(d->L, r.sym);

	if (t.kind != ABI_Interface)
		link_exitf(d->L, "symbol \"%.*s\" is not an interface",
			   (int)name.n, (const char *)name.p);
	sig = sig_number(d, decode_reloc_sym(d->L, t.r, off),
			 decode_reloc_sym(d->L, t.r, off + 4));
	if (!d->sig[sig].wanted)
		want_sig(d, sig);
}

static void use_iface(Deadcode *d, Sym s, Sym to)
{
	View from, name;

	if (sym_has(d->L, to, A_ITAB))
		to = decode_itab_type(d->L, to);
	if (!sym_has(d->L, to, A_GOTYPE)) {
		from = sym_name(d->L, s);
		name = sym_name(d->L, to);
		link_exitf(d->L, "R_USEIFACE in %.*s references %.*s which is "
			   "not a type or itab", (int)from.n,
			   (const char *)from.p, (int)name.n,
			   (const char *)name.p);
	}
	use_in_iface(d, to, s);
}

/* ---- the search ------------------------------------------------------ */

static void use_marker(Deadcode *d, Sym s, u8 action, Rel r)
{
	if (action == USEIFACE)
		use_iface(d, s, r.sym);
	else if (action == USEIFACEMETHOD)
		use_iface_method(d, r);
	else if (action == USENAMEDMETHOD)
		want_name(d, name_number(d, sym_data(d->L, r.sym), false));
}

static void visit_method(Deadcode *d, Sym s, Rels r, u32 k)
{
	Rel mtyp;
	View name = sym_name(d->L, s);

	if (r.n - k < 3)
		link_exitf(d->L, "%.*s: expect three consecutive R_METHODOFF "
			   "relocs", (int)name.n, (const char *)name.p);
	if (!sym_has(d->L, s, A_USEDINIFACE))
		return;
	mtyp = rel_at(d->L, r, k);
	use_in_iface(d, mtyp.sym, s);
	add_method(d, s, r, k, mtyp);
}

static void visit_rels(Deadcode *d, Sym s, Rels r)
{
	bool iface = (row(d->L, s)->attr & (A_GOTYPE | A_USEDINIFACE)) ==
		(A_GOTYPE | A_USEDINIFACE);

	for (u32 k = 0; k < r.n; k++) {
		const u8 *p = r.p + (size_t)k * RELOC_SIZE;
		u16 type = ld16(p + 5, false);
		u8 action = d->action[type & 511];
		SymRef ref = goobj_symref(p + 15);
		Sym to;

		if (type >> 15 || action == IGNORE)
			continue;
		if (action == METHODOFF) {
			visit_method(d, s, r, k);
			k += 2;
			continue;
		}
		if (action != FOLLOW) {
			use_marker(d, s, action, rel_at(d->L, r, k));
			continue;
		}
		to = r.obj ? resolve(d->L, r.obj, ref) : ref.sym;
		if (iface && sym_has(d->L, to, A_GOTYPE))
			use_in_iface(d, to, s);
		mark(d, to, s);
	}
}

static void visit_auxs(Deadcode *d, Sym s, Auxs a)
{
	for (u32 k = 0; k < a.n; k++) {
		GoAux x = aux_at(a, k);

		if (x.type < NAux && d->aux[x.type])
			mark(d, resolve(d->L, a.obj, x.sym), s);
	}
}

static void visit(Deadcode *d, Sym s)
{
	SymRow *r = row(d->L, s);
	Auxs a;

	r->attr |= A_REACHABLE;
	if (r->attr & A_REFLECTMETHOD)
		see_reflect(d);
	visit_rels(d, s, sym_rels(d->L, s));
	a = sym_auxs(d->L, s);
	visit_auxs(d, s, a);
	if (r->attr & A_PKGINIT && a.n > 0)
		symvec_add(&d->L->mem, &d->pkginits, s);
	if (r->attr & A_EXTERNAL)
		mark(d, r->outer, s);
}

/* Of the symbol at place i, if there is one yet, what step says. */
static inline void fetch(const Deadcode *d, u32 i, int step)
{
	const SymRow *r;
	const GoObj *o;

	if (i >= d->tail)
		return;
	r = row(d->L, d->queue[i]);
	if (step == AHEAD_ROW) {
		__builtin_prefetch(r, 1);
		return;
	}
	if (r->obj < OBJ_FIRST)
		return;
	o = &d->L->obj[r->obj]->o;
	if (step == AHEAD_INDEX) {
		__builtin_prefetch(goobj_at(o, BlkRelocIdx, r->li, 4));
		__builtin_prefetch(goobj_at(o, BlkAuxIdx, r->li, 4));
		return;
	}
	__builtin_prefetch(goobj_at(o, BlkReloc, goobj_idx(o, BlkRelocIdx,
							   r->li),
				    RELOC_SIZE));
	__builtin_prefetch(goobj_at(o, BlkAux, goobj_idx(o, BlkAuxIdx, r->li),
				    AUX_SIZE));
}

static void flood(Deadcode *d)
{
	while (d->head < d->tail) {
		fetch(d, d->head + AHEAD_ROW, AHEAD_ROW);
		fetch(d, d->head + AHEAD_INDEX, AHEAD_INDEX);
		fetch(d, d->head + AHEAD_RELOC, AHEAD_RELOC);
		visit(d, d->queue[d->head++]);
	}
}

/* ---- map.init -------------------------------------------------------- */

static bool is_map_init(View name)
{
	return view_find(name, 0, view_str("map.init"), 1) < name.n;
}

/* A package's init calls a function of its own for each large map variable
 * (map.init.0 ...), by a weak relocation: if nothing else needs the
 * variable, and so the function, a function that does nothing is called. */
static void mapinitcleanup1(Link *L, Sym init, Sym noop)
{
	Rels r = sym_rels(L, init);
	Ext *e = NULL;

	for (u32 k = 0; k < r.n; k++) {
		Rel x = rel_at(L, r, k);

		if (!x.weak || !reloc_is_call(x.type) ||
		    sym_reachable(L, x.sym))
			continue;
		if (!is_map_init(sym_name(L, x.sym)))
			link_exitf(L, "internal error: expected map.init sym "
				   "for weak call reloc");
		if (!e)
			e = sym_update(L, init);
		st32(e->rel + (size_t)k * RELOC_SIZE + 19, noop, false);
		row(L, noop)->attr |= A_REACHABLE;
		if (L->reachparent && !L->reachparent[noop])
			L->reachparent[noop] = init;
	}
}

static void mapinitcleanup(Deadcode *d)
{
	Link *L = d->L;
	Sym noop = sym_lookup(L, view_str("runtime.mapinitnoop"),
			      abi_internal(L));

	if (!noop)
		link_exitf(L, "could not look up runtime.mapinitnoop");
	for (u32 i = 0; i < d->pkginits.n; i++)
		mapinitcleanup1(L, d->pkginits.p[i], noop);
}

/* ---- from the roots -------------------------------------------------- */

static const u8 row_action[NRELOC] = {
	[ROW_R_METHODOFF] = METHODOFF, [ROW_R_USETYPE] = IGNORE,
	[ROW_R_USEIFACE] = USEIFACE, [ROW_R_USEIFACEMETHOD] = USEIFACEMETHOD,
	[ROW_R_USENAMEDMETHOD] = USENAMEDMETHOD, [ROW_R_INITORDER] = IGNORE,
};

/* Of what a function carries, functions' data for the runtime and, if it is
 * to be written, debug information can lead to more. Type descriptors of
 * variables are not needed for that alone. FuncInfo and pc tables lead
 * nowhere, have no names and are reached only through their functions: no
 * pass asks whether they are needed. */
static void follow_auxs(Deadcode *d)
{
	bool dwarf = !d->L->flag.w;

	d->aux[AuxFuncdata] = d->aux[AuxSehUnwindInfo] = true;
	d->aux[AuxWasmImport] = d->aux[AuxWasmType] = true;
	d->aux[AuxDwarfInfo] = d->aux[AuxDwarfLoc] = dwarf;
	d->aux[AuxDwarfRanges] = d->aux[AuxDwarfLines] = dwarf;
}

static void deadcode_init(Deadcode *d)
{
	Link *L = d->L;

	/* A symbol is visited twice at most: use_in_iface. */
	d->queue = mem_reserve(2 * (size_t)L->nsym * sizeof(Sym));
	d->marked = mem_alloc(&L->mem, (L->nsym / 64 + 1) * sizeof(u64));
	d->marked[0] = 1;
	if (L->flag.why) {
		L->nreachparent = L->nsym;
		d->parent = L->reachparent =
			mem_alloc(&L->mem, L->nsym * sizeof(Sym));
	}
	for (u32 i = 0; i < NELEM(d->action); i++)
		if (L->relrow[i] < NRELOC)
			d->action[i] = row_action[L->relrow[i]];
	follow_auxs(d);
	d->nname = d->nsig = d->nmethod = 1;
	d->name = mem_grow(&L->mem, NULL, 0, &d->capname, sizeof *d->name);
	d->sig = mem_grow(&L->mem, NULL, 0, &d->capsig, sizeof *d->sig);
	d->method = mem_grow(&L->mem, NULL, 0, &d->capmethod,
			     sizeof *d->method);
}

static void mark_root(Deadcode *d, Sym s)
{
	mark(d, s, s);
}

static void mark_roots(Deadcode *d)
{
	Link *L = d->L;
	View names[] = {L->flag.entry, view_str("runtime.unreachableMethod")};

	for (u32 i = 0; i < NELEM(names); i++) {
		mark_root(d, sym_lookup(L, names[i], 0));
		mark_root(d, sym_lookup(L, names[i], abi_internal(L)));
	}
	for (u32 i = 0; i < L->dynexp.n; i++)
		mark_root(d, L->dynexp.p[i]);
	mark_root(d, L->mainInittasks);
}

void deadcode(Link *L)
{
	Deadcode d = {.L = L};

	deadcode_init(&d);
	mark_roots(&d);
	flood(&d);
	if (L->flag.prune)
		mapinitcleanup(&d);
	map_free(&d.name_of);
	map_free(&d.name_of_sym);
	map_free(&d.sig_of);
	mem_release(d.queue, 2 * (size_t)L->nsym * sizeof(Sym));
}
