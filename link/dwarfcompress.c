/*
 * Debug sections are compressed, each by itself, where that makes them
 * smaller: SHF_COMPRESSED, an Elf_Chdr in front of a zlib stream.
 *
 * What is compressed are the final bytes. No section ever lies in memory: its
 * symbols are relocated into the window of the compressor, and what comes out
 * is written if it is known where the section begins, or else takes pieces of
 * memory as it needs them. A section is a task, the longest first, as the time
 * that it takes is the least that all can take. A compressed section is one
 * new symbol, and the segment is laid out anew.
 *
 * It takes longer than anything else, and most sections are final as soon as
 * there is debug information: only those that have addresses of variables must
 * wait for dodata and address. So threads that these leave idle compress
 * meanwhile. A section that turns out to need an address that is not there yet
 * is begun again when it is.
 *
 * In the file one section lies behind the other. So a thread of asmb, which
 * takes them in that order, knows where each begins, unless another thread is
 * not ready with one. Where there are few threads that takes no longer, for
 * the others have enough to do meanwhile.
 *
 * Source: cmd/link/internal/ld/dwarf.go: dwarfcompress; compressSyms in
 * data.go
 */
#include <stdlib.h>

#include "link/dwarf.h"

enum {
	COMPRESS_ZLIB = 1,
	PIECE = 64 << 10,
	FEW = 2,	/* threads */
	NZLIB = 64
};

/* A section as it is read: its symbols, one after another. */
typedef struct {
	Link *L;
	const SymVec *syms;
	bool early;	/* data has no addresses yet */
	u32 next;
	View rest;	/* of the symbol that did not fit */
	size_t zeros;	/* behind it */
	u8 *whole;	/* where it has been relocated */
	u32 cap;
} Reader;

typedef struct {
	u32 sec;	/* in L->dwarfp */
	u64 n, nout;
	u8 **piece;
	u64 at;	/* where it is written in the file; 0: it takes pieces */
	bool taken;	/* by a thread, or done */
	bool done;
	bool better;	/* than the section as it was */
} Stream;

struct DwStreams {
	Link *L;
	Stream *stream;	/* the longest first */
	u32 n;
	PoolLoop *early;	/* which is under way */
	u8 *pieces;	/* memory for all */
	u32 npiece;	/* handed out; by any thread */
	/* As many as threads: one is always free, or about to be. */
	Zlib *zlib[NZLIB];
	bool zlibtaken[NZLIB];
	unsigned nzlib;
};
typedef struct DwStreams Job;

/* ---- contents ---------------------------------------------------- */

static bool relocated(const Reader *r, Sym s, u8 *out)
{
	size_t n = sym_data(r->L, s).n, size = row(r->L, s)->size;

	if (!r->early)
		dwarf_relocate(r->L, s, out);
	else if (!dwarf_relocate_early(r->L, s, out))
		return false;
	if (size > n)
		memset(out + n, 0, size - n);
	return true;
}

/* Those that need no change are taken from where they lie. A symbol may say
 * that it is much larger than its bytes. */
static bool begin_large(Reader *r, Sym s)
{
	View v = sym_data(r->L, s);
	u32 size = row(r->L, s)->size;

	if (sym_rels(r->L, s).n || v.n > size) {
		if (r->cap < v.n) {
			r->cap = (u32)v.n;
			r->whole = xrealloc(r->whole, v.n);
		}
		if (!r->early)
			dwarf_relocate(r->L, s, r->whole);
		else if (!dwarf_relocate_early(r->L, s, r->whole))
			return false;
		v.p = r->whole;
	}
	r->rest = view_of(v.p, v.n < size ? v.n : size);
	r->zeros = size - r->rest.n;
	return true;
}

/* Up to n bytes of it; 0: there are no more. */
static size_t read_large(Reader *r, u8 *out, size_t n)
{
	size_t k = r->rest.n < n ? r->rest.n : n;
	size_t z = r->zeros < n - k ? r->zeros : n - k;

	if (k) {
		memcpy(out, r->rest.p, k);
		view_sub(r->rest, k, r->rest.n - k, &r->rest);
	}
	memset(out + k, 0, z);
	r->zeros -= z;
	return k + z;
}

/* The next n bytes; there are so many. false: they need addresses. */
static bool read_section(Reader *r, u8 *out, size_t n)
{
	while (n) {
		size_t k = read_large(r, out, n);

		if (!k) {
			Sym s = r->syms->p[r->next];

			sym_ahead(r->L, r->syms, r->next++, r->syms->n);
			k = row(r->L, s)->size;
			if (!(k <= n ? relocated(r, s, out)
			      : begin_large(r, s)))
				return false;
			k = k <= n ? k : 0;
		}
		out += k;
		n -= k;
	}
	return true;
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

static void put_pieces(Job *j, Stream *t, View v)
{
	while (v.n) {
		size_t at = t->nout % PIECE, n = PIECE - at;
		u8 **to = &t->piece[t->nout / PIECE];

		/* A stream that is begun again has some. */
		if (!*to) {
			*to = j->pieces + (size_t)PIECE *
				__atomic_fetch_add(&j->npiece, 1,
						   __ATOMIC_RELAXED);
			mem_touch(&j->L->huge, *to, PIECE);
		}
		n = n < v.n ? n : v.n;
		memcpy(*to + at, v.p, n);
		t->nout += n;
		v.p += n;
		v.n -= n;
	}
}

static void put(Job *j, Stream *t, View v)
{
	if (!t->at) {
		put_pieces(j, t, v);
		return;
	}
	out_patch(j->L, t->at + t->nout, v);
	t->nout += v.n;
}

static Zlib *take_zlib(Job *j, unsigned *k)
{
	*k = 0;
	while (__atomic_exchange_n(&j->zlibtaken[*k], true, __ATOMIC_ACQUIRE))
		*k = (*k + 1) % j->nzlib;
	return j->zlib[*k];
}

/* false: it needs addresses that are not there. */
static bool compress(Job *j, Stream *t, Zlib *z, bool early)
{
	Reader r = {.L = j->L, .syms = &j->L->dwarfp[t->sec].syms,
		    .early = early};
	u8 head[24];
	u64 left = t->n;
	bool good;

	t->nout = 0;
	put(j, t, view_of(head, (size_t)(put_chdr(j->L, head, t->n) - head)));
	zlib_begin(z);
	do {
		size_t n = left < DEFLATE_BLOCK ? left : DEFLATE_BLOCK;

		good = read_section(&r, zlib_room(z), n);
		left -= n;
		if (good)
			put(j, t, zlib_block(z, n, !left));
	} while (good && left);
	t->better = t->nout < t->n;
	free(r.whole);
	return good;
}

static bool take(Stream *t)
{
	return !__atomic_exchange_n(&t->taken, true, __ATOMIC_ACQUIRE);
}

static bool is_done(const Stream *t)
{
	return __atomic_load_n(&t->done, __ATOMIC_ACQUIRE);
}

/* One that has been taken. */
static void deflate(Job *j, Stream *t, bool early)
{
	unsigned k;
	bool done = compress(j, t, take_zlib(j, &k), early);

	__atomic_store_n(&j->zlibtaken[k], false, __ATOMIC_RELEASE);
	__atomic_store_n(&t->done, done, __ATOMIC_RELEASE);
	__atomic_store_n(&t->taken, done, __ATOMIC_RELEASE);
}

static void deflate_early(void *arg, size_t k)
{
	Job *j = arg;
	Stream *t = &j->stream[k];

	if (!j->L->dwarfp[t->sec].vars && take(t))
		deflate(j, t, true);
}

static void deflate_late(void *arg, size_t k)
{
	Job *j = arg;

	if (take(&j->stream[k]))
		deflate(j, &j->stream[k], false);
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

static u64 section_size(const Link *L, const SymVec *v)
{
	u64 n = 0;
	u32 i;

	for (i = 0; i < v->n; i++)
		n += row(L, v->p[i])->size;
	return n;
}

/* Address space for all that streams may become; little of it is touched.
 * false: a section is too large, which will be told. */
static bool make_streams(Job *j)
{
	Link *L = j->L;
	size_t n = 0, room;
	u32 k;

	j->n = L->ndwarfp;
	j->stream = mem_alloc(&L->mem, j->n * sizeof *j->stream);
	for (k = 0; k < j->n; k++) {
		Stream *t = &j->stream[k];

		t->sec = k;
		t->n = section_size(L, &L->dwarfp[k].syms);
		if (t->n > INT32_MAX)
			return false;
		room = (24 + zlib_bound(t->n)) / PIECE + 1;
		t->piece = mem_alloc(&L->mem, room * sizeof *t->piece);
		n += room;
	}
	sort_streams(j->stream, j->n);
	j->pieces = mem_reserve(&L->huge, n * PIECE, n * PIECE / 3);
	return true;
}

void dwarfcompress_begin(Link *L)
{
	Job *j = mem_alloc(&L->mem, sizeof *j);
	unsigned threads = pool_threads(L->pool), k;

	j->L = L;
	if (!L->flag.compressdwarf || !L->ndwarfp || !make_streams(j))
		return;
	L->dwarf->streams = j;
	j->nzlib = threads < NZLIB ? threads : NZLIB;
	for (k = 0; k < j->nzlib; k++)
		j->zlib[k] = mem_alloc(&L->mem, sizeof(Zlib));
	j->early = pool_begin(L->pool, j->n, deflate_early, j);
}

/* ---- sections ---------------------------------------------------- */

static void write_stream(Link *L, const Gen *g, Window *w)
{
	const DwSec *d = &L->dwarfp[g->part];
	u64 at, left = row(L, g->sym)->size;
	size_t n;

	for (at = 0; left; at += n, left -= n) {
		n = left < PIECE ? left : PIECE;
		win_copy(w, at, view_of(d->piece[at / PIECE], n));
	}
}

static void replace_section(Link *L, const Stream *t)
{
	Seg *seg = &L->seg[SEG_DWARF];
	DwSec *d = &L->dwarfp[t->sec];
	Sect *old = sym_sect(L, d->secsym), *sect;
	Sym s;

	if (!t->better) {
		seg->sect[seg->n++] = old;
		return;
	}
	sect = seg_add(L, seg, old->name, 4);
	sect->align = alignment(L);
	sect->length = t->nout;
	sect->compressed = true;
	s = sym_create_static(L, view_str(old->name));
	row(L, s)->size = (u32)t->nout;
	row(L, s)->sect = sect->idx;
	sect->sym = s;
	*d = (DwSec){.secsym = s};
	symvec_add(&L->mem, &d->syms, s);
	if (t->at)
		return;
	d->piece = t->piece;
	L->gen = mem_grow(&L->mem, L->gen, L->ngen, &L->capgen,
			  sizeof *L->gen);
	L->gen[L->ngen++] = (Gen){s, t->sec, 1, write_stream};
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

/* ---- while asmb writes the rest ---------------------------------- */

static Stream *stream_of(Job *j, u32 sec)
{
	Stream *t = j->stream;

	while (t->sec != sec)
		t++;
	return t;
}

/* What was in vain is written over by the section as it was, and by others
 * behind it, if there are any. */
static void clear_rest(Job *j, const Stream *t)
{
	static const u8 zero[4096];
	u64 at = t->at + t->n, end = t->at + t->nout;

	for (size_t n; at < end; at += n) {
		n = end - at < sizeof zero ? (size_t)(end - at) : sizeof zero;
		out_patch(j->L, at, view_of(zero, n));
	}
}

static void deflate_at(Job *j, Stream *t, u64 at)
{
	t->at = at;
	deflate(j, t, false);
	if (at && t->better)
		out_note(j->L, at, t->nout);
	else if (at)
		clear_rest(j, t);
}

static void write_in_order(Job *j)
{
	u64 at = j->L->seg[SEG_DWARF].fileoff;

	for (u32 k = 0; k < j->n; k++) {
		Stream *t = stream_of(j, k);

		if (take(t))
			deflate_at(j, t, at);
		else if (!is_done(t))
			at = 0;
		if (at)
			at += t->better ? t->nout : t->n;
	}
}

void dwarfcompress_asmb(Link *L)
{
	Job *j = L->dwarf ? L->dwarf->streams : NULL;

	if (j && pool_threads(L->pool) <= FEW)
		write_in_order(j);
	for (u32 i = 0; j && i < j->n; i++)
		if (L->dwarfp[j->stream[i].sec].vars)
			deflate_late(j, i);
}

void dwarfcompress(Link *L)
{
	Job *j = L->dwarf ? L->dwarf->streams : NULL;
	u32 i, k;

	if (!j)
		return;
	pool_end(L->pool, j->early);
	pool_for(L->pool, j->n, deflate_late, j);
	L->seg[SEG_DWARF].n = 0;
	for (i = 0; i < L->ndwarfp; i++)
		for (k = 0; k < L->ndwarfp; k++)
			if (j->stream[k].sec == i)
				replace_section(L, &j->stream[k]);
	lay_out_again(L);
}
