/*
 * Debug sections are compressed, each by itself, where that makes them
 * smaller: SHF_COMPRESSED, an Elf_Chdr in front of a zlib stream.
 *
 * What is compressed are the final bytes, so relocations are applied here,
 * all sections together in small pieces; then streams are made, the longest
 * first, as the time that it takes is the least that all can take. A
 * compressed section is one new symbol, and the segment is laid out anew.
 *
 * Source: cmd/link/internal/ld/dwarf.go: dwarfcompress; compressSyms in
 * data.go
 */
#include "link/dwarf.h"

enum { RUN = 512, COMPRESS_ZLIB = 1 };

typedef struct {
	u32 sec;	/* in L->dwarfp */
	u8 *in, *out;
	u64 n, nout;	/* nout 0: better as it is */
} Stream;

typedef struct {
	u32 sec, from, to;	/* symbols */
	u8 *out;
} Piece;

typedef struct {
	Link *L;
	Stream *stream;
	Piece *piece;
	u32 npiece, cap;
} Job;

/* ---- contents ---------------------------------------------------- */

static void collect_section(Job *j, Stream *t)
{
	const SymVec *v = &j->L->dwarfp[t->sec].syms;
	u32 i, from = 0;
	u64 at;

	for (i = 0; i < v->n; i++)
		t->n += row(j->L, v->p[i])->size;
	t->in = mem_alloc(&j->L->mem, t->n);
	for (i = 0, at = 0; i < v->n; i++) {
		if (i % RUN == 0) {
			j->piece = mem_grow(&j->L->mem, j->piece, j->npiece,
					    &j->cap, sizeof *j->piece);
			from = j->npiece++;
			j->piece[from] = (Piece){t->sec, i, i, t->in + at};
		}
		j->piece[from].to = i + 1;
		at += row(j->L, v->p[i])->size;
	}
}

static void relocate_task(void *arg, size_t k)
{
	const Job *j = arg;
	const Piece *p = &j->piece[k];
	const SymVec *v = &j->L->dwarfp[p->sec].syms;
	u8 *out = p->out;
	u32 i;

	for (i = p->from; i < p->to; i++) {
		dwarf_relocate(j->L, v->p[i], out);
		out += row(j->L, v->p[i])->size;
	}
}

/* ---- streams ----------------------------------------------------- */

static u32 alignment(const Link *L)
{
	return L->la->alignment ? L->la->alignment : 1;
}

static u8 *put_chdr(const Link *L, u8 *p, u64 size)
{
	bool big = L->arch->big;

	st32(p, COMPRESS_ZLIB, big);
	if (L->arch->ptrsize == 4) {
		st32(p + 4, (u32)size, big);
		st32(p + 8, alignment(L), big);
		return p + 12;
	}
	st32(p + 4, 0, big);
	st64(p + 8, size, big);
	st64(p + 16, alignment(L), big);
	return p + 24;
}

static void deflate_task(void *arg, size_t k)
{
	const Job *j = arg;
	Stream *t = &j->stream[k];
	Arena a = {0};
	u8 *p = put_chdr(j->L, t->out, t->n);

	p += zlib_deflate(zlib_new(&a), (View){t->in, t->n}, p);
	if ((u64)(p - t->out) < t->n)
		t->nout = (u64)(p - t->out);
	arena_free(&a);
}

/* The longest first; sections are few. */
static void sort_streams(Stream *t, u32 n)
{
	u32 i, k;

	for (i = 1; i < n; i++)
		for (k = i; k > 0 && t[k].n > t[k - 1].n; k--) {
			Stream x = t[k];

			t[k] = t[k - 1];
			t[k - 1] = x;
		}
}

static void make_streams(Link *L, Job *j)
{
	unsigned threads = (unsigned)L->flag.threads;
	u32 k;

	j->stream = mem_alloc(&L->mem, L->ndwarfp * sizeof *j->stream);
	for (k = 0; k < L->ndwarfp; k++) {
		j->stream[k].sec = k;
		collect_section(j, &j->stream[k]);
	}
	pool_for(threads, j->npiece, relocate_task, j);
	sort_streams(j->stream, L->ndwarfp);
	for (k = 0; k < L->ndwarfp; k++)
		j->stream[k].out = mem_alloc(&L->mem,
			24 + zlib_bound(j->stream[k].n));
	pool_for(threads, L->ndwarfp, deflate_task, j);
}

/* ---- sections ---------------------------------------------------- */

static void replace_section(Link *L, const Stream *t)
{
	Seg *seg = &L->seg[SEG_DWARF];
	DwSec *d = &L->dwarfp[t->sec];
	Sect *old = sym_sect(L, d->secsym), *sect;
	Ext *e;
	Sym s;

	if (!t->nout) {
		seg->sect[seg->n++] = old;
		return;
	}
	sect = seg_add(L, seg, old->name, 4);
	sect->align = alignment(L);
	sect->length = t->nout;
	sect->compressed = true;
	s = sym_create_static(L, view_str(old->name));
	e = sym_update(L, s);
	e->data = t->out;
	e->ndata = e->capdata = (u32)t->nout;
	row(L, s)->size = e->ndata;
	row(L, s)->sect = sect->idx;
	sect->sym = s;
	*d = (DwSec){.secsym = s};
	symvec_add(&L->mem, &d->syms, s);
}

/* One section after another, without alignment. */
static void lay_out_again(Link *L)
{
	Seg *seg = &L->seg[SEG_DWARF];
	u64 pos = seg->vaddr;
	u32 i, k;

	for (i = 0; i < L->ndwarfp; i++) {
		const SymVec *v = &L->dwarfp[i].syms;

		sym_sect(L, v->p[0])->vaddr = pos;
		for (k = 0; k < v->n; k++) {
			row(L, v->p[k])->value = (i64)pos;
			pos += row(L, v->p[k])->size;
		}
	}
	seg->length = pos - seg->vaddr;
}

/* That has been told, and there will be no output. */
static bool too_large(const Link *L)
{
	const Seg *seg = &L->seg[SEG_DWARF];
	u32 i;

	for (i = 0; i < seg->n; i++)
		if (seg->sect[i]->length > INT32_MAX)
			return true;
	return false;
}

void dwarfcompress(Link *L)
{
	Job j = {.L = L};
	u32 i, k;

	if (!L->flag.compressdwarf || !L->ndwarfp || too_large(L))
		return;
	make_streams(L, &j);
	L->seg[SEG_DWARF].n = 0;
	for (i = 0; i < L->ndwarfp; i++)
		for (k = 0; k < L->ndwarfp; k++)
			if (j.stream[k].sec == i)
				replace_section(L, &j.stream[k]);
	lay_out_again(L);
}
