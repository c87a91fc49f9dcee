/*
 * Dynamic relocations: a program that may be loaded anywhere (PIE) has its
 * addresses changed by the dynamic linker, and .rela tells it where they
 * are:
 *
 *	r_offset  address of the pointer
 *	r_info    R_X86_64_RELATIVE (of amd64), symbol 0
 *	r_addend  what the pointer is if the program lies where it was linked
 *
 * One for each R_ADDR in data, in the order of kinds, then symbols, then
 * offsets. The pointers themselves are filled in all the same, so that tools
 * can follow them in the file. Code refers to everything relative to itself.
 *
 * How many there are is needed before layout, what they are is known after
 * it: here they are collected, and written as a Gen.
 *
 * Source: dynrelocsym in cmd/link/internal/ld/data.go, adddynrel in
 * cmd/link/internal/amd64/asm.go.
 */
#include "link/elf.h"

enum { CHUNK = 1024 };	/* symbols that are one task */

typedef struct {
	Sym sym, target;
	i64 add;
	u32 off;
} Ent;

typedef struct {
	Ent *ent;
	u32 n, room;
	u32 first;	/* number in .rela of its first */
	Sym bad;	/* has an address that is too short, or R_ADDR in
			 * code; 0: none */
	Sym badtarget;
} Piece;

typedef struct {
	Link *L;
	SymVec data;
	u16 addr;	/* R_ADDR in this release's objects */
	Piece *piece;
	u32 ntext, npiece;
} Dyn;

static bool is_addr(const Dyn *d, Rels r, u32 k)
{
	const u8 *p = r.p + (size_t)k * RELOC_SIZE;

	return p[4] != 0 && (ld16(p + 5, false) & 0x7fff) == d->addr;
}

static u32 count_addrs(const Dyn *d, Sym s)
{
	Rels r = sym_rels(d->L, s);
	u32 k, n = 0;

	for (k = 0; k < r.n; k++)
		n += is_addr(d, r, k);
	return n;
}

/* The n symbols of one task. */
static const Sym *chunk(const SymVec *v, size_t i, u32 *n)
{
	u32 first = (u32)i * CHUNK;

	*n = v->n - first < CHUNK ? v->n - first : CHUNK;
	return v->p + first;
}

static void count_chunk(void *arg, size_t i)
{
	Dyn *d = arg;
	Piece *p = &d->piece[i];
	bool text = i < d->ntext;
	u32 n, k, got;
	const Sym *s = chunk(text ? &d->L->textp : &d->data,
			     text ? i : i - d->ntext, &n);

	for (k = 0; k < n; k++) {
		got = count_addrs(d, s[k]);
		p->room += got;
		if (text && got && !p->bad)
			p->bad = s[k];
	}
}

/* What the dynamic linker reads before it relocates anything. */
static bool read_unrelocated(const struct Elf *e, Sym s)
{
	return s == e->dynsym || s == e->rela || s == e->relaplt ||
		s == e->gotplt || s == e->dynamic;
}

static void collect_sym(const Dyn *d, Piece *p, Sym s)
{
	const Link *L = d->L;
	Rels r = sym_rels(L, s);
	u32 k;

	for (k = 0; k < r.n; k++) {
		Rel x;

		if (!is_addr(d, r, k))
			continue;
		x = rel_at(L, r, k);
		if (x.weak && !sym_reachable(L, x.sym))
			continue;
		if (x.siz != 8 && !p->bad) {
			p->bad = s;
			p->badtarget = x.sym;
		}
		p->ent[p->n++] = (Ent){s, x.sym, x.add, (u32)x.off};
	}
}

static void collect_chunk(void *arg, size_t i)
{
	Dyn *d = arg;
	Piece *p = &d->piece[d->ntext + i];
	u32 n, k;
	const Sym *s = chunk(&d->data, i, &n);

	for (k = 0; k < n && p->room; k++)
		if (!read_unrelocated(d->L->elf, s[k]))
			collect_sym(d, p, s[k]);
}

static void write_rela(Link *L, const Gen *g, Window *w)
{
	const Piece *p = (const Piece *)L->elf->rela_piece + g->part;
	u8 *out = win_room(w, (u64)p->first * RELA_SIZE,
			   (size_t)p->n * RELA_SIZE);
	bool big = L->arch->big;
	u32 i;

	for (i = 0; i < p->n; i++, out += RELA_SIZE) {
		const Ent *e = &p->ent[i];

		st64(out, (u64)row(L, e->sym)->value + e->off, big);
		st64(out + 8, L->arch->r_relative, big);
		st64(out + 16, (u64)(row(L, e->target)->value + e->add), big);
	}
}

/* Room for all pieces, one behind the other. */
static void alloc_pieces(Dyn *d)
{
	u64 n = 0;
	u32 i;
	Ent *e;

	for (i = 0; i < d->npiece; i++)
		n += d->piece[i].room;
	e = mem_alloc(&d->L->mem, n * sizeof *e);
	for (i = d->ntext; i < d->npiece; i++) {
		d->piece[i].ent = e;
		e += d->piece[i].room;
	}
}

static void number_pieces(Dyn *d)
{
	Link *L = d->L;
	u32 i, n = 0;

	for (i = d->ntext; i < d->npiece; i++) {
		Piece *p = &d->piece[i];

		if (p->bad)
			sym_errorf(L, p->bad, "unexpected relocation for "
				   "dynamic symbol %.*s",
				   (int)sym_name(L, p->badtarget).n,
				   (const char *)sym_name(L, p->badtarget).p);
		p->first = n;
		n += p->n;
		if (p->n) {
			L->gen = mem_grow(&L->mem, L->gen, L->ngen, &L->capgen,
					  sizeof *L->gen);
			L->gen[L->ngen++] = (Gen){L->elf->rela, i,
						  d->npiece, write_rela};
		}
	}
	if (n > INT32_MAX / RELA_SIZE)
		link_exitf(L, "too many dynamic relocations");
	sb_of(L, L->elf->rela);
	row(L, L->elf->rela)->size = n * RELA_SIZE;
	L->elf->rela_piece = d->piece;
	L->elf->nrela_piece = d->npiece;
}

/* As if .rela had relocations, where these are wrong. */
void dynreloc_errors(Link *L)
{
	const struct Elf *e = L->elf;
	const Piece *p = e->rela_piece;
	SB b;
	u32 i, k;

	if (!p)
		return;
	b = sb_of(L, e->rela);
	sb_set_size(&b, row(L, e->rela)->size);
	for (i = 0; i < e->nrela_piece; i++)
		for (k = 0; k < p[i].n; k++) {
			const Ent *x = &p[i].ent[k];
			i32 off = (i32)((p[i].first + k) * RELA_SIZE + 16);

			if (row(L, x->target)->kind == K_Sxxx ||
			    !sym_reachable(L, x->target))
				sb_rel(&b, (Rel){off, 8, false, ROW_R_ADDR,
						 x->add, x->target});
		}
}

/* Code has R_ADDR where an object is not compiled for PIE. */
static void check_text(const Dyn *d)
{
	u32 i;

	for (i = 0; i < d->ntext; i++)
		if (d->piece[i].bad) {
			View v = sym_name(d->L, d->piece[i].bad);

			hand_over(d->L, "address of a symbol in the code of "
				  "%.*s in a PIE", (int)v.n,
				  (const char *)v.p);
		}
}

static void flatten(Dyn *d, const SymVec bucket[NKIND])
{
	u32 k;

	for (k = 0; k < NKIND; k++)
		d->data.cap += bucket[k].n;
	d->data.p = mem_alloc(&d->L->mem, d->data.cap * sizeof(Sym));
	for (k = 0; k < NKIND; k++) {
		if (bucket[k].n)
			memcpy(d->data.p + d->data.n, bucket[k].p,
			       bucket[k].n * sizeof(Sym));
		d->data.n += bucket[k].n;
	}
}

void dynreloc(Link *L, const SymVec bucket[NKIND])
{
	Dyn d = {.L = L, .addr = reloc_number(L->release, ROW_R_ADDR)};
	u32 ndata;

	if (L->flag.d)
		return;
	if (!elf_rela(L) || !L->flag.pie)
		hand_over(L, "dynamic linking on %s", L->arch->goarch);
	flatten(&d, bucket);
	d.ntext = (L->textp.n + CHUNK - 1) / CHUNK;
	ndata = (d.data.n + CHUNK - 1) / CHUNK;
	d.npiece = d.ntext + ndata;
	d.piece = mem_alloc(&L->mem, d.npiece * sizeof *d.piece);
	pool_for(L->pool, d.npiece, count_chunk, &d);
	check_text(&d);
	alloc_pieces(&d);
	pool_for(L->pool, ndata, collect_chunk, &d);
	number_pieces(&d);
	elfdynhash(L);
}
