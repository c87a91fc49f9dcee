/*
 * asmb: the bytes of text, data and debug sections, relocated, go to their
 * places in the output.
 *
 * Everything has its place already, so pieces are written in any order by
 * several threads: runs of symbols, and the tables that are made only now
 * (Gen). The output is zeros before; only gaps in text are filled with
 * something else.
 *
 * cmd/link/internal/ld/asmb.go, writeBlocks in data.go
 */
#include "link/link.h"

enum {
	RUN = 256,	/* symbols written in one go */
	AHEAD = 6
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
} Job;

/* Where s begins in the output; NULL: it has no bytes in the file. */
static u8 *place_of(const Link *L, Sym s)
{
	const SymRow *r = row(L, s);
	const Sect *t = sym_sect(L, s);
	u64 off;

	if (!t)
		return NULL;
	off = (u64)r->value - t->seg->vaddr;
	if (off >= t->seg->filelen)
		return NULL;
	if (r->size > t->seg->filelen - off)
		DIE("symbol beyond its segment");
	return L->out + t->seg->fileoff + off;
}

static void pad(const Link *L, u8 *from, const u8 *to)
{
	View with = L->la->codepad;
	size_t k;

	if (with.n == 1 && from < to)
		memset(from, with.p[0], (size_t)(to - from));
	else if (with.n > 1)
		for (k = 0; from < to; k++)
			*from++ = with.p[k % with.n];
}

static u8 *sect_place(const Link *L, const Sect *t, u64 off)
{
	return L->out + t->seg->fileoff + (t->vaddr - t->seg->vaddr) + off;
}

/* What lies between this function and the next, or the section's end. */
static void pad_behind(const Link *L, const SymVec *v, u32 i, u8 *out)
{
	const Sect *t = sym_sect(L, v->p[i]);
	u8 *end = sect_place(L, t, t->length);

	if (i + 1 < v->n && sym_sect(L, v->p[i + 1]) == t)
		end = place_of(L, v->p[i + 1]);
	pad(L, out + sym_data(L, v->p[i]).n, end);
}

/* Data lies in the order of sizes, all over memory: what will be read is
 * asked for in time, first the symbol's row, then where its bytes and
 * relocations are, then those. */
static void prefetch(const Link *L, const Piece *p, u32 i)
{
	const SymRow *r;
	const GoObj *o;

	if (i + 3 * AHEAD < p->to)
		__builtin_prefetch(row(L, p->v->p[i + 3 * AHEAD]));
	if (i + 2 * AHEAD < p->to) {
		r = row(L, p->v->p[i + 2 * AHEAD]);
		if (r->obj >= OBJ_FIRST) {
			o = &L->obj[r->obj]->o;
			__builtin_prefetch(goobj_at(o, BlkDataIdx, r->li, 4));
			__builtin_prefetch(goobj_at(o, BlkRelocIdx, r->li, 4));
		}
	}
	if (i + AHEAD < p->to) {
		__builtin_prefetch(sym_data(L, p->v->p[i + AHEAD]).p);
		__builtin_prefetch(sym_rels(L, p->v->p[i + AHEAD]).p);
	}
}

/* Nobody else has written here, unless it is a Gen that does. */
static void check_untouched(const Link *L, Sym s, const u8 *out)
{
	u32 n = sym_data(L, s).n ? row(L, s)->size : 0, i;

	for (i = 0; i < n; i++)
		if (out[i]) {
			View name = sym_name(L, s);

			fprintf(stderr, "%.*s+%u: ", (int)name.n,
				(const char *)name.p, (unsigned)i);
			DIE("two symbols write to one place");
		}
}

/* Where -T is not as aligned as the section is to be, its address is rounded
 * up once functions have theirs. Go does not write what is now outside. */
static bool before_section(const Link *L, Sym s)
{
	const Sect *t = sym_sect(L, s);

	return t && (u64)row(L, s)->value < t->vaddr;
}

static void write_piece(Link *L, const Piece *p)
{
	u32 i;

	for (i = p->from; i < p->to; i++) {
		Sym s = p->v->p[i];
		u8 *out = sym_has(L, s, A_SUBSYM) ? NULL : place_of(L, s);

		prefetch(L, p, i);
		if (!out || (p->text && before_section(L, s)))
			continue;
		if (LINK_DEBUG)
			check_untouched(L, s, out);
		relocate_into(L, s, out);
		if (p->text && (i == 0 || before_section(L, p->v->p[i - 1])))
			pad(L, sect_place(L, sym_sect(L, s), 0), out);
		if (p->text)
			pad_behind(L, p->v, i, out);
	}
}

static void task(void *arg, size_t i)
{
	const Job *j = arg;
	Link *L = j->L;

	if (i < L->ngen) {
		const Gen *g = &L->gen[i];
		u8 *out = place_of(L, g->sym);

		if (out)
			g->write(L, g, out);
	} else {
		write_piece(L, &j->piece[i - L->ngen]);
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

void asmb(Link *L)
{
	Job j = {.L = L};
	u32 i;

	out_reserve(L, L->filesize);
	add_pieces(&j, &L->textp, true);
	add_pieces(&j, &L->datap, false);
	for (i = 0; i < L->ndwarfp; i++)
		add_pieces(&j, &L->dwarfp[i].syms, false);
	pool_for(L->flag.threads, (size_t)L->ngen + j.n, task, &j);
	report_relocs(L);
}
