/*
 * pclntab: what the runtime knows of functions: names, files, lines, frame
 * sizes, stack maps, what is inlined where. It is a sequence of tables, each
 * a symbol inside of runtime.pclntab:
 *
 *   pcheader     magic, counts, where the other tables begin
 *   funcnametab  names, each ended by NUL
 *   cutab        for each compilation unit: offsets in filetab, by the
 *                number that the unit's functions give the file
 *   filetab      file names, each ended by NUL
 *   pctab        tables from pc to a value, which begin with 1
 *   functab      pairs of function's offset in the text section and offset
 *                of its runtime._func in here; the end of text; the _funcs
 *   go:func.*    what a _func points to: stack maps, inline trees ...
 *
 * Here the pieces are collected: each once, in the order in which functions
 * mention them. That says how large the tables are. The bytes are written
 * in asmb, straight into the output, as they need addresses: pclngen.c.
 *
 * Names, files, pc tables and funcdata have nothing in common: they are
 * collected side by side, and beside the passes between pclntab_begin and
 * pclntab.
 * Inline trees are symbols only to take the numbers they take in Go.
 *
 * cmd/link's ld/pcln.go.
 */
#include "link/pcln.h"

enum {
	CHUNK = 128,	/* functions that a thread takes at once */
	AHEAD = 4	/* functions between fetching and using memory */
};

typedef struct {
	Link *L;
	Pcln *P;
} Job;

static u64 round_to(u64 x, u64 align)
{
	return (x + align - 1) & ~(align - 1);
}

/* ---- the functions --------------------------------------------------- */

static void scan_funcinfo(const Link *L, PcFunc *f, View data)
{
	const char *why;
	GoFuncInfo g;

	why = goobj_funcinfo(&f->aux.obj->o, data, &g);
	if (why)
		link_exitf(L, "%s(%.*s): cannot read object file: %s",
			   f->aux.obj->path, (int)f->aux.obj->member.n,
			   (const char *)f->aux.obj->member.p, why);
	f->valid = true;
	f->args = g.args;
	f->funcid = g.funcid;
	f->funcflag = g.funcflag;
	f->startline = g.startline;
	f->nfile = g.nfile;
	f->files = g.files.p;
	f->ninl = g.ninl;
	f->inl = g.inl.p;
}

/* How many of everything it has. */
static void scan_func(const Link *L, PcFunc *f)
{
	const LObj *o;
	u32 k;

	f->aux = sym_auxs(L, f->s);
	o = f->aux.obj;
	f->assembly = o && (o->o.flags & ObjFlagFromAssembly);
	for (k = 0; k < f->aux.n; k++) {
		GoAux x = aux_at(f->aux, k);

		if (x.type == AuxFuncInfo && !f->valid)
			scan_funcinfo(L, f, aux_data(o, x.sym));
		f->rawpcdata += x.type == AuxPcdata;
		f->nfuncdata += x.type == AuxFuncdata;
	}
	f->npcdata = f->rawpcdata;
	if (!f->valid)
		f->npcdata = f->nfuncdata = 0;
	if (f->ninl && f->npcdata <= PCDATA_InlTreeIndex)
		f->npcdata = PCDATA_InlTreeIndex + 1;
	if (f->ninl && f->nfuncdata <= FUNCDATA_InlTree)
		f->nfuncdata = FUNCDATA_InlTree + 1;
}

static void resolve_func(const Link *L, PcFunc *f)
{
	u32 *fd = f->slot + PCDATA + f->npcdata, k;
	const LObj *o = f->aux.obj;

	for (k = 0; f->valid && k < f->aux.n; k++) {
		GoAux x = aux_at(f->aux, k);

		if (x.type == AuxFuncdata)
			*fd++ = resolve(L, o, x.sym);
		else if (x.type == AuxPcsp)
			f->pcsp = aux_data(o, x.sym);
	}
	for (k = 0; k < f->ninl; k++)
		f->inlfunc[k] = resolve(L, o, goobj_symref(f->inl +
			(size_t)k * INLNODE_SIZE + 12));
}

static void each_func(const Job *j, size_t chunk,
		      void (*fn)(const Link *, PcFunc *))
{
	size_t i = chunk * CHUNK, end = i + CHUNK;

	for (; i < end && i < j->P->nfunc; i++)
		fn(j->L, &j->P->func[i]);
}

static void scan_chunk(void *arg, size_t chunk)
{
	each_func(arg, chunk, scan_func);
}

static void resolve_chunk(void *arg, size_t chunk)
{
	each_func(arg, chunk, resolve_func);
}

static void share_out(Link *L, Pcln *P)
{
	size_t slots = 0, inls = 0;
	u32 *slot, *inl, i;

	for (i = 0; i < P->nfunc; i++) {
		const PcFunc *f = &P->func[i];

		slots += (size_t)PCDATA + f->npcdata + f->nfuncdata;
		inls += f->ninl;
	}
	slot = mem_alloc(&L->mem, slots * sizeof *slot);
	inl = mem_alloc(&L->mem, inls * sizeof *inl);
	for (i = 0; i < P->nfunc; i++) {
		PcFunc *f = &P->func[i];

		f->slot = slot;
		f->inlfunc = inl;
		slot += (size_t)PCDATA + f->npcdata + f->nfuncdata;
		inl += f->ninl;
	}
}

static void collect_funcs(Link *L, Pcln *P)
{
	Job j = {L, P};
	size_t chunks = (L->textp.n + CHUNK - 1) / CHUNK;
	const Sym *textp = text_order(L);
	u32 i;

	P->nfunc = L->textp.n;
	P->func = mem_alloc(&L->mem, P->nfunc * sizeof *P->func);
	for (i = 0; i < P->nfunc; i++)
		P->func[i].s = textp[i];
	pool_for(L->pool, chunks, scan_chunk, &j);
	share_out(L, P);
	pool_for(L->pool, chunks, resolve_chunk, &j);
	pctab_room(L, P);
}

static void collect_units(Link *L, Pcln *P)
{
	u32 i;

	P->unitof = mem_alloc(&L->mem, L->nobj * sizeof *P->unitof);
	P->unit = mem_alloc(&L->mem, L->nobj * sizeof *P->unit);
	for (i = 0; i < P->nfunc; i++) {
		const LObj *o = P->func[i].aux.obj;

		if (!o || P->unitof[o->idx])
			continue;
		L->obj[o->idx]->unit.pclnindex = P->nunit++;
		P->unitof[o->idx] = P->nunit;
	}
}

/* ---- funcdata ----------------------------------------------------------- */

/* These symbols have no address of their own. */

static void fetch(const Link *L, const u32 *slot, u32 n)
{
	u32 k;

	for (k = 0; k < n; k++)
		__builtin_prefetch(row(L, slot[k]));
}

static const PcFunc *func_ahead(const Pcln *P, u32 i)
{
	return &P->func[i + AHEAD < P->nfunc ? i + AHEAD : i];
}

static u32 *funcdata_of(const PcFunc *f)
{
	return f->slot + PCDATA + f->npcdata;
}

/* The assembler names maps that the Go declaration would have: there may be
 * none. */
static bool ignored(const Link *L, const PcFunc *f, u32 k, Sym s)
{
	if (!s)
		return true;
	return (k == FUNCDATA_ArgsPointerMaps || k == FUNCDATA_ArgInfo) &&
		f->assembly && sym_data(L, s).n == 0;
}

static u32 add_funcdata(Pcln *P, PcPiece x)
{
	P->fd = mem_grow(&P->mem[PIECES], P->fd, P->nfd, &P->capfd,
			 sizeof *P->fd);
	P->fd[P->nfd] = x;
	return P->nfd++;
}

/* The number of s in P->fd, which is its value for the time being. It is to
 * have a place there, and dodata must not give it one. */
static u32 funcdata_number(Link *L, Pcln *P, Sym s)
{
	SymRow *r = row(L, s);
	u64 n = (u64)r->value;

	if ((r->attr & A_SPECIAL) && n < P->nfd && P->fd[n].s == s)
		return (u32)n;
	n = add_funcdata(P, (PcPiece){s, 0, r->size,
				      sym_fixed_align(L, s)});
	r->value = (i64)n;
	r->attr |= A_NOTINSYMTAB | A_SPECIAL;
	return (u32)n;
}

/* Slots become numbers in P->fd. */
static void find_funcdata(Link *L, Pcln *P)
{
	u32 i, k;

	for (i = 0; i < P->nfunc; i++) {
		const PcFunc *f = &P->func[i], *next = func_ahead(P, i);
		u32 *fd = funcdata_of(f);

		fetch(L, funcdata_of(next), next->nfuncdata);
		for (k = 0; k < f->nfuncdata; k++)
			if (f->ninl && k == FUNCDATA_InlTree)
				fd[k] = add_funcdata(P, (PcPiece){0, 0,
					f->ninl * INLCALL_SIZE, i});
			else if (ignored(L, f, k, fd[k]))
				fd[k] = NO_OFFSET;
			else
				fd[k] = funcdata_number(L, P, fd[k]);
	}
}

static void place_piece(Link *L, Pcln *P, PcPiece *x)
{
	if (x->size == 0) {
		sym_errorf(L, x->s, "zero size funcdata");
		return;
	}
	P->fdsize = round_to(P->fdsize, piece_align(x));
	x->off = (u32)P->fdsize;
	P->fdsize += x->size;
	if (x->s)
		row(L, x->s)->value = x->off;
	else
		P->func[x->arg].inloff = x->off;
}

/* Largest alignment first, so that there are few gaps; else in the order of
 * P->fd. */
static void place_funcdata(Link *L, Pcln *P)
{
	u32 have = 0, align, i;

	for (i = 0; i < P->nfd; i++)
		have |= piece_align(&P->fd[i]);
	for (; have; have &= ~align) {
		align = UINT32_C(1) << (31 - __builtin_clz(have));
		if (P->fdalign < align)
			P->fdalign = align;
		for (i = 0; i < P->nfd; i++)
			if (piece_align(&P->fd[i]) == align)
				place_piece(L, P, &P->fd[i]);
	}
}

/* ---- the pass --------------------------------------------------------- */

/* While types for the debugger are made, other threads have time. */
static bool find_aside(const Link *L)
{
	return L->dwarf;
}

static void collect_tables(const Link *L, Pcln *P)
{
	if (find_aside(L))
		pctab_find(L, P);
	pctab_place(L, P);
}

static void collect(void *arg, size_t i)
{
	Link *L = arg;

	switch (i) {
	case PCTABS: collect_tables(L, L->pcln); break;
	case FILES: pcln_files(L, L->pcln); break;
	case PIECES: find_funcdata(L, L->pcln); break;
	case NAMES: pcln_names(L->pcln); break;
	}
}

/* As much as most programs need; tasks find more by themselves. */
static void make_room(Link *L, Pcln *P)
{
	size_t files = 4096;
	u32 i;

	for (i = OBJ_FIRST; i < L->nobj; i++)
		if (P->unitof[i])
			files += L->obj[i]->o.nfile;
	P->capfile = (u32)(files / 4);
	P->file = mem_alloc(&L->mem, P->capfile * sizeof *P->file);
	files *= 8;	/* numbers, names with $GOROOT replaced */
	P->capname = 64 + P->nfunc + P->nfunc / 2;
	P->cappc = 64 + 7 * P->nfunc;
	P->capfd = 64 + 2 * P->nfunc;
	P->name = mem_alloc(&L->mem, P->capname * sizeof *P->name);
	pcln_name_room(P, &L->mem, P->capname);
	P->pc = mem_alloc(&L->mem, P->cappc * sizeof *P->pc);
	P->fd = mem_alloc(&L->mem, P->capfd * sizeof *P->fd);
	P->mem[FILES] = (Mem){.p = mem_alloc(&L->mem, files),
				      .cap = files};
}

void pclntab_begin(Link *L)
{
	Pcln *P = L->pcln = mem_alloc(&L->mem, sizeof *P);

	collect_funcs(L, P);
	if (!find_aside(L))
		pctab_find(L, P);
	collect_units(L, P);
	make_room(L, P);
	P->aside = pool_begin(L->pool, NTASK, collect, L);
}

/* Where there are trampolines, which are functions, too, all is collected
 * again: they lie between the others. */
static Pcln *all_collected(Link *L)
{
	pool_end(L->pool, L->pcln->aside);
	if (L->pcln->nfunc != L->textp.n) {
		pctab_forget(L, L->pcln);
		pclntab_begin(L);
		pool_end(L->pool, L->pcln->aside);
	}
	place_funcdata(L, L->pcln);
	pcln_know_names(L, L->pcln);
	return L->pcln;
}

void gen_add(Link *L, Sym s, u32 nparts,
	     void (*write)(Link *L, const Gen *g, Window *w))
{
	u32 i;

	for (i = 0; i < nparts; i++) {
		L->gen = mem_grow(&L->mem, L->gen, L->ngen, &L->capgen,
				  sizeof *L->gen);
		L->gen[L->ngen++] = (Gen){s, i, nparts, write};
	}
}

typedef struct {
	const char *name;
	u64 size;
	u32 align;
	void (*write)(Link *L, const Gen *g, Window *w);
} Table;

/* The symbol of a table, the next within the carrier. */
static Sym add_table(Link *L, Table t)
{
	enum { PART = 192 << 10 };	/* bytes for a thread to write */
	SB b = sb_named(L, t.name, K_SPCLNTAB);
	SymRow *r = row(L, b.s);
	u64 size = round_to(t.size, L->arch->ptrsize);

	if (t.size > INT32_MAX)
		link_exitf(L, "%s too large", t.name);
	sym_set_align(L, b.s, t.align);
	r->size = (u32)size;
	r->outer = L->pcln->carrier;
	r->attr |= A_NOTINSYMTAB;
	if (sym_align(L, r->outer) < t.align)
		sym_set_align(L, r->outer, t.align);
	gen_add(L, b.s, 1 + (u32)size / PART, t.write);
	return b.s;
}

static void make_inltrees(Link *L, const Pcln *P)
{
	u32 i;

	for (i = 0; i < P->nfunc; i++) {
		const PcFunc *f = &P->func[i];
		SymRow *r;
		Sym s;

		if (!f->ninl)
			continue;
		s = sym_create(L, (View){0}, 0);
		r = row(L, s);
		r->kind = K_SPCLNTAB;
		r->attr |= A_REACHABLE | A_SPECIAL | A_NOTINSYMTAB;
		r->size = f->ninl * INLCALL_SIZE;
		r->value = f->inloff;
		sym_set_align(L, s, 4);
	}
}

static u64 place_funcs(const Link *L, Pcln *P)
{
	u64 size = (u64)P->nfunc * 8 + 4;
	u32 i;

	for (i = 0; i < P->nfunc; i++) {
		PcFunc *f = &P->func[i];

		size = round_to(size, L->arch->ptrsize);
		f->start = (u32)size;
		size += func_size(f);
	}
	return size;
}

void pclntab(Link *L)
{
	Pcln *P = all_collected(L);
	u32 ptr = L->arch->ptrsize;
	SB carrier;

	P->deferreturn = sym_lookup(L, view_str("runtime.deferreturn"), 1);
	carrier = sb_named(L, "runtime.pclntab", K_SPCLNTAB);
	P->carrier = carrier.s;
	sym_set_align(L, carrier.s, ptr);
	P->pcheader = add_table(L, (Table){"runtime.pcheader", 8 + 8 * ptr,
					   ptr, gen_pcheader});
	P->funcnametab = add_table(L, (Table){"runtime.funcnametab",
					      P->namesize, 1,
					      gen_funcnametab});
	P->cutab = add_table(L, (Table){"runtime.cutab",
					(u64)P->cuentries * 4, 4, gen_cutab});
	P->filetab = add_table(L, (Table){"runtime.filetab", P->filesize, 1,
					  gen_filetab});
	P->pctab = add_table(L, (Table){"runtime.pctab", P->pcsize, 1,
					gen_pctab});
	make_inltrees(L, P);
	P->functab = add_table(L, (Table){"runtime.functab",
					  place_funcs(L, P), 4, gen_functab});
	P->funcdata = add_table(L, (Table){"go:func.*", P->fdsize,
					   P->fdalign, gen_funcdata});
	/* Tools look for this one. */
	row(L, P->funcdata)->attr &= ~(u32)A_NOTINSYMTAB;
}
