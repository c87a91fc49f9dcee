/*
 * asmb: the bytes of text and data, relocated, go to their places in the
 * output; asmb_debug: those of debug sections.
 *
 * Everything has its place already, so pieces are written in any order by
 * several threads: runs of symbols, and the tables that are made only now
 * (Gen). What has no bytes is not written: it is a Gen's, or zeros.
 *
 * Debug sections come after all others, and where is known when they are
 * compressed, which is done beside asmb.
 *
 * cmd/link/internal/ld/asmb.go, writeBlocks in data.go
 */
#include "link/link.h"

enum {
	RUN = 512	/* symbols written in one go */
};

typedef struct {
	const SymVec *v;
	u32 from, to;
	bool text;
} Piece;

typedef struct {
	Link *L;
	Piece *piece;
	u32 n, cap;
	bool debug;
} Job;

/* Where s begins in the output; false: it has no bytes in the file. */
static bool place_of(const Link *L, Sym s, u64 *at)
{
	const SymRow *r = row(L, s);
	const Sect *t = sym_sect(L, s);
	u64 off;

	if (!t)
		return false;
	off = (u64)r->value - t->seg->vaddr;
	if (off >= t->seg->filelen)
		return false;
	if (r->size > t->seg->filelen - off)
		DIE("symbol beyond its segment");
	*at = t->seg->fileoff + off;
	return true;
}

static u64 sect_place(const Sect *t, u64 off)
{
	return t->seg->fileoff + (t->vaddr - t->seg->vaddr) + off;
}

/* In pieces: a function may say that it is much larger than its code. */
static void pad(Window *w, u64 from, u64 to)
{
	View with = w->L->la->codepad;
	size_t most = (64 << 10) * with.n, n, k;

	for (; with.n && from < to; from += n) {
		u8 *p;

		n = to - from < most ? (size_t)(to - from) : most;
		p = win_space(w, from, n);
		if (with.n == 1)
			memset(p, with.p[0], n);
		else
			for (k = 0; k < n; k++)
				p[k] = with.p[k % with.n];
	}
}

/* What lies between this function and the next, or the section's end. */
static void pad_behind(Window *w, const SymVec *v, u32 i, u64 at)
{
	const Link *L = w->L;
	const Sect *t = sym_sect(L, v->p[i]);
	u64 end = sect_place(t, t->length);

	if (i + 1 < v->n && sym_sect(L, v->p[i + 1]) == t)
		place_of(L, v->p[i + 1], &end);
	pad(w, at + sym_data(L, v->p[i]).n, end);
}

/* Where -T is not as aligned as the section is to be, its address is rounded
 * up once functions have theirs. Go does not write what is now outside. */
static bool before_section(const Link *L, Sym s)
{
	const Sect *t = sym_sect(L, s);

	return t && (u64)row(L, s)->value < t->vaddr;
}

static void write_sym(Window *w, Sym s, u64 at)
{
	View v = sym_data(w->L, s);

	if (sym_rels(w->L, s).n == 0 && v.n <= row(w->L, s)->size)
		win_copy(w, at, v);
	else
		relocate_into(w->L, s, win_space(w, at, v.n));
}

static void write_piece(Window *w, const Piece *p)
{
	Link *L = w->L;
	u32 i;

	for (i = p->from; i < p->to; i++) {
		Sym s = p->v->p[i];
		u64 at;

		sym_ahead(L, p->v, i, p->to);
		if (sym_has(L, s, A_SUBSYM) || !place_of(L, s, &at) ||
		    (p->text && before_section(L, s)))
			continue;
		if (p->text && (i == 0 || before_section(L, p->v->p[i - 1])))
			pad(w, sect_place(sym_sect(L, s), 0), at);
		if (sym_data(L, s).n)
			write_sym(w, s, at);
		else if (row(L, s)->size)
			win_flush(w);
		if (p->text)
			pad_behind(w, p->v, i, at);
	}
}

static void task(Window *w, void *arg, size_t i)
{
	const Job *j = arg;
	Link *L = j->L;
	size_t ngen = L->ngen - L->ngenwritten;

	if (i == 0) {
		/* The longest, therefore the first. */
		if (!j->debug)
			dwarfcompress_asmb(L);
	} else if (--i < ngen) {
		const Gen *g = &L->gen[L->ngenwritten + i];

		if (place_of(L, g->sym, &w->base))
			g->write(L, g, w);
	} else {
		write_piece(w, &j->piece[i - ngen]);
	}
}

static void add_pieces(Job *j, const SymVec *v, bool text)
{
	u32 at, n;

	for (at = 0; at < v->n; at += n) {
		n = v->n - at < RUN ? v->n - at : RUN;
		j->piece = mem_grow(&j->L->mem, j->piece, j->n, &j->cap,
				    sizeof *j->piece);
		j->piece[j->n++] = (Piece){v, at, at + n, text};
	}
}

static void write_all(Job *j)
{
	Link *L = j->L;

	win_for(L, 1 + (size_t)(L->ngen - L->ngenwritten) + j->n, task, j);
	L->ngenwritten = L->ngen;
}

void asmb(Link *L)
{
	Job j = {.L = L};

	out_open(L);
	add_pieces(&j, &L->textp, true);
	add_pieces(&j, &L->datap, false);
	write_all(&j);
}

void asmb_debug(Link *L)
{
	Job j = {.L = L, .debug = true};
	u32 i;

	out_size(L);
	for (i = 0; i < L->ndwarfp; i++)
		add_pieces(&j, &L->dwarfp[i].syms, false);
	write_all(&j);
	report_relocs(L);
}
