/*
 * The bytes of the pclntab tables, written into the output when all
 * addresses are known. Every function here fills the part of its table that
 * the Gen names; what is not written is zero.
 *
 * runtime.pcheader, runtime._func and runtime.inlinedCall are described in
 * Go's runtime/symtab.go and runtime2.go; the writers in ld/pcln.go.
 */
#include "link/pcln.h"

static void put_ptr(const Link *L, u8 *p, u64 x)
{
	if (L->arch->ptrsize == 4)
		st32(p, (u32)x, L->arch->big);
	else
		st64(p, x, L->arch->big);
}

void gen_pcheader(Link *L, const Gen *g, Window *w)
{
	const Pcln *P = L->pcln;
	Sym table[] = {P->funcnametab, P->cutab, P->filetab, P->pctab,
		       P->functab};
	u32 i, ptr = L->arch->ptrsize;
	u8 *out = win_room(w, 0, row(L, g->sym)->size), *p = out + 8;

	put32(out, PCLNTAB_MAGIC, L->arch->big);
	out[6] = (u8)L->la->minlc;
	out[7] = (u8)ptr;
	put_ptr(L, p, P->nfunc);
	put_ptr(L, p + ptr, P->nfile);
	p += 3 * ptr;	/* one that is not used any more */
	for (i = 0; i < NELEM(table); i++, p += ptr)
		put_ptr(L, p, (u64)(row(L, table[i])->value -
				    row(L, g->sym)->value));
}

void gen_funcnametab(Link *L, const Gen *g, Window *w)
{
	const Pcln *P = L->pcln;
	u32 i, end = gen_part(g, P->nname, &i);

	for (; i < end; i++)
		win_copy(w, P->name[i].off, P->name[i].name);
}

void gen_filetab(Link *L, const Gen *g, Window *w)
{
	const Pcln *P = L->pcln;
	u32 i, end = gen_part(g, P->nfile, &i);

	for (; i < end; i++)
		win_copy(w, P->file[i].off, P->file[i].name);
}

void gen_cutab(Link *L, const Gen *g, Window *w)
{
	const Pcln *P = L->pcln;
	u32 i, k, end = gen_part(g, P->nunit, &i);

	for (; i < end; i++) {
		const PcUnit *u = &P->unit[i];
		u8 *out = win_space(w, (u64)u->off * 4, (size_t)u->n * 4);

		for (k = 0; k < u->n; k++)
			put32(out + (size_t)k * 4, u->fileoff[k] - 1,
			      L->arch->big);
	}
}

/* The bytes of s, of which there are no more than its place has. */
static View bytes_of(const Link *L, Sym s, u32 size)
{
	View v = sym_data(L, s);

	return (View){v.p, v.n < size ? v.n : size};
}

/* ---- functab ----------------------------------------------------------- */

static bool is_deferreturn(const Link *L, Sym s)
{
	Rels r;

	if (s == L->pcln->deferreturn && s)
		return true;
	if (L->tramps.n == 0 || !s || !sym_is_ext(L, s) || sym_unit(L, s) ||
	    !link_kind_is_text(row(L, s)->kind))
		return false;
	/* A trampoline refers to its target only. */
	r = sym_rels(L, s);
	return r.n && view_is(sym_name(L, rel_at(L, r, 0).sym),
			      "runtime.deferreturn");
}

/* Where a function goes on after a panic was recovered: at its first call of
 * deferreturn. 0: it defers nothing. */
static u32 defer_return(const Link *L, Sym s)
{
	Rels rels = sym_rels(L, s);
	u32 k;

	for (k = 0; k < rels.n; k++) {
		const u8 *p = rels.p + (size_t)k * RELOC_SIZE;
		Rel r;

		if (!reloc_is_call(L->relrow[ld16(p + 5, false) & 511]))
			continue;
		r = rel_at(L, rels, k);
		if (is_deferreturn(L, r.sym))
			return (u32)r.off - L->la->deferreturn;
	}
	return 0;
}

static u32 text_off(Link *L, Sym s, i64 text)
{
	i64 off = row(L, s)->value - text;

	if (off != (i64)(u32)off)
		sym_errorf(L, s, "textOff overflow: %#llx",
			   (unsigned long long)off);
	return (u32)off;
}

/* runtime._func, and what follows it. */
static void write_func(const Link *L, const PcFunc *f, u32 entry, u8 *p)
{
	const Pcln *P = L->pcln;
	bool big = L->arch->big;
	const LObj *o = f->aux.obj;
	u32 k, cu = o ? P->unit[P->unitof[o->idx] - 1].off : NO_OFFSET;

	put32(p, entry, big);
	put32(p + 4, P->name[f->name].off, big);
	put32(p + 8, f->args, big);
	put32(p + 12, defer_return(L, f->s), big);
	for (k = PCSP; f->valid && k <= PCLINE; k++)
		put32(p + 16 + (size_t)k * 4, f->slot[k], big);
	put32(p + 28, f->npcdata, big);
	put32(p + 32, cu, big);
	put32(p + 36, (u32)f->startline, big);
	p[40] = f->funcid;
	p[41] = f->funcflag;
	p[43] = (u8)f->nfuncdata;
	p += FUNC_SIZE;
	for (k = 0; k < f->npcdata; k++)
		put32(p + (size_t)k * 4, f->slot[PCDATA + k], big);
	for (; k < f->npcdata + f->nfuncdata; k++) {
		u32 n = f->slot[PCDATA + k];

		put32(p + (size_t)k * 4, n == NO_OFFSET ? n : P->fd[n].off,
		      big);
	}
}

/* Pairs of entry and offset of the _func, ended by the end of the text. */
static void write_index(Link *L, u32 i, u32 end, i64 text, Window *w)
{
	const PcFunc *f = L->pcln->func;
	bool last = i < end && end == L->pcln->nfunc, big = L->arch->big;
	u8 *p = win_space(w, (u64)i * 8, (size_t)(end - i) * 8 + 4 * last);

	for (; i < end; i++, p += 8) {
		put32(p, text_off(L, f[i].s, text), big);
		put32(p + 4, f[i].start, big);
	}
	if (last)
		put32(p, text_off(L, f[end - 1].s, text) +
		      row(L, f[end - 1].s)->size, big);
}

void gen_functab(Link *L, const Gen *g, Window *w)
{
	const Pcln *P = L->pcln;
	i64 text = row(L, sym_lookup(L, view_str("runtime.text"), 0))->value;
	u32 i, end = gen_part(g, P->nfunc, &i);

	write_index(L, i, end, text, w);
	for (; i < end; i++) {
		const PcFunc *f = &P->func[i];

		write_func(L, f, (u32)(row(L, f->s)->value - text),
			   win_room(w, f->start, func_size(f)));
	}
}

/* ---- go:func.* --------------------------------------------------------- */

static void write_inltree(Link *L, const PcFunc *f, u8 *p)
{
	const Pcln *P = L->pcln;
	u32 k;

	for (k = 0; k < f->ninl; k++, p += INLCALL_SIZE) {
		const PcName *n = &P->name[f->inlfunc[k]];
		const u8 *parentpc = f->inl + (size_t)k * INLNODE_SIZE + 20;

		if (!n->known)
			link_exitf(L, "inlined function %.*s missing func "
				   "info", (int)n->name.n,
				   (const char *)n->name.p);
		p[0] = n->funcid;
		put32(p + 4, n->off, L->arch->big);
		put32(p + 8, ld32(parentpc, false), L->arch->big);
		put32(p + 12, (u32)n->startline, L->arch->big);
	}
}

/* The offset that r asks for; false: it stays as it is, and so do those
 * behind it. */
static bool addroff(Link *L, Sym s, const Rel *r, u32 *off)
{
	const Sect *sect;
	i64 o;

	if (r->type != ROW_R_ADDROFF) {
		sym_errorf(L, s, "unsupported reloc %u (%s) for funcdata "
			   "symbol", reloc_number(L->release,
						  (RelocRow)r->type),
			   reloc_name(L->release, reloc_number(L->release,
				(RelocRow)r->type)));
		return false;
	}
	if (r->siz != 4) {
		sym_errorf(L, s, "unsupported ADDROFF reloc size %u for "
			   "funcdata symbol", r->siz);
		return false;
	}
	if (r->weak && !sym_reachable(L, r->sym))
		return false;
	sect = sym_sect(L, r->sym);
	if (!sect) {
		View name = sym_name(L, r->sym);

		sym_errorf(L, s, "missing section for relocation target %.*s "
			   "for funcdata symbol", (int)name.n,
			   (const char *)name.p);
		return false;
	}
	o = row(L, r->sym)->value - (i64)sect->vaddr + r->add;
	if (o != (i32)o && o != (i64)(u32)o)
		sym_errorf(L, s, "ADDROFF relocation out of range for "
			   "funcdata symbol: %#llx", (unsigned long long)o);
	*off = (u32)o;
	return true;
}

static void write_funcdata(Link *L, const PcPiece *x, u8 *p)
{
	View v = bytes_of(L, x->s, x->size);
	Rels rels = sym_rels(L, x->s);
	u32 k, off;

	if (v.n)
		memcpy(p, v.p, v.n);
	for (k = 0; k < rels.n; k++) {
		Rel r = rel_at(L, rels, k);

		if (!addroff(L, x->s, &r, &off))
			return;
		if (r.off >= 0 && (u64)r.off + 4 <= v.n)
			put32(p + r.off, off, L->arch->big);
	}
}

/* Those of one alignment lie side by side. */
void gen_funcdata(Link *L, const Gen *g, Window *w)
{
	const Pcln *P = L->pcln;
	u32 i, from, align, end = gen_part(g, P->nfd, &from);

	for (align = P->fdalign; align; align /= 2)
		for (i = from; i < end; i++) {
			const PcPiece *x = &P->fd[i];
			u8 *p;

			if (piece_align(x) != align)
				continue;
			p = win_room(w, x->off, x->size);
			if (x->s)
				write_funcdata(L, x, p);
			else
				write_inltree(L, &P->func[x->arg], p);
		}
}
