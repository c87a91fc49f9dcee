/*
 * LC_DYLD_CHAINED_FIXUPS, what Apple's linkers write: each page's fixups
 * are a linked list in the words themselves. A word holds the distance to
 * the next and, packed, the target or the number of an import: it is NOT
 * an address. The command's data give each page's first link and the
 * imports' names:
 *
 *     header      fixups_version starts_offset imports_offset
 *                 symbols_offset imports_count imports_format
 *                 symbols_format
 *     starts      seg_count, for each segment an offset from here or 0
 *     there       size, page_size:16, pointer_format:16,
 *                 segment_offset:64, max_valid_pointer, page_count:16,
 *                 for each page the offset of its first link in it:16
 *
 * Only pages that can touch a span are walked.
 *
 * Numbers: <mach-o/fixup-chains.h>.
 */
#include "objabi/objabi.h"

enum {
	NAME_LIMIT = 16384,	/* see macho.c */
};

static u64 file_off(const Image *img, const u8 *p)
{
	return (u64)(p - img->file.p);
}

/* ---- chained words ------------------------------------------------- */

typedef struct {
	u16 number;	/* DYLD_CHAINED_PTR_* */
	u8 stride;	/* unit of the distance to the next */
	bool arm64e;	/* which layout of the word */
	bool offset;	/* targets count from the image's base */
	u8 ordinal;	/* bits of a bind's ordinal */
} PtrFormat;

static const PtrFormat ptr_formats[] = {
	{1, 8, true, false, 16},	/* ARM64E, and threaded binds */
	{2, 4, false, false, 24},	/* 64 */
	{6, 4, false, true, 24},	/* 64_OFFSET */
	{9, 8, true, true, 16},		/* ARM64E_USERLAND */
	{12, 8, true, true, 24},	/* ARM64E_USERLAND24 */
};

typedef struct {
	u64 next;	/* in bytes, 0: the last */
	bool bind, auth;
	u32 ordinal;	/* of a bind */
	u64 value;	/* of a rebase */
} Link;

static u64 bits(u64 word, unsigned at, unsigned n)
{
	return word >> at & (((u64)1 << n) - 1);
}

/*
 *             63    62    51..61  43..50  36..42  32..42  0..31
 *     64      bind  next(51..62)  zero    high8 (36..43)  target (0..35)
 *     arm64e  0     0     next    high8   target (0..42)
 *     auth    1     0     next    key, diversity          target
 *     bind    auth  1     next    addend                  ordinal
 *
 * high8 is the pointer's top byte.
 */
static Link decode_64(const PtrFormat *pf, u64 base, u64 w)
{
	return (Link){
		.next = bits(w, 51, 12) * pf->stride,
		.bind = bits(w, 63, 1),
		.ordinal = (u32)bits(w, 0, pf->ordinal),
		.value = (bits(w, 36, 8) << 56 | bits(w, 0, 36)) +
			 (pf->offset ? base : 0),
	};
}

static Link decode_arm64e(const PtrFormat *pf, u64 base, u64 w)
{
	bool auth = bits(w, 63, 1);

	return (Link){
		.next = bits(w, 51, 11) * pf->stride,
		.bind = bits(w, 62, 1),
		.auth = auth,
		.ordinal = (u32)bits(w, 0, pf->ordinal),
		.value = auth ? bits(w, 0, 32) + base :
			 (bits(w, 43, 8) << 56 | bits(w, 0, 43)) +
			 (pf->offset ? base : 0),
	};
}

static Link decode(const PtrFormat *pf, u64 base, u64 w)
{
	return pf->arm64e ? decode_arm64e(pf, base, w) :
	       decode_64(pf, base, w);
}

/* The tables of LC_DYLD_CHAINED_FIXUPS. */
typedef struct {
	View imports, symbols;	/* from their start to the end of the data */
	u32 count, format, symbols_format;
} Imports;

/* Empty if the file has none such; im is NULL for a threaded bind. */
static View import_name(const Imports *im, u32 ordinal)
{
	static const u8 size[] = {0, 4, 8, 16};
	View e, s = {NULL, 0};
	u64 at;

	if (!im || im->symbols_format != 0 || ordinal >= im->count ||
	    !view_sub(im->imports, (u64)ordinal * size[im->format],
		      size[im->format], &e))
		return s;
	at = im->format == 3 ? ld32(e.p + 4, false) : ld32(e.p, false) >> 9;
	if (!view_sub(im->symbols, at, im->symbols.n - at, &s)) {
		s.n = 0;
		return s;
	}
	if (s.n > NAME_LIMIT)
		s.n = NAME_LIMIT;
	view_cstr(s, 0, &s);
	return s;
}

static void report_link(const MachoFix *f, const PtrFormat *pf,
			const Imports *im, u64 addr, const Link *l)
{
	static const char *const names[2][2] = {
		{"rebase", "auth rebase"}, {"bind", "auth bind"},
	};
	DynReloc r = {
		.addr = addr,
		.size = MACHO_FIX_SIZE,
		.type = pf->number,
		.name = names[l->bind][l->auth],
		.sym = {f->img->file.p, 0},
		.known = !l->bind,
		.value = l->bind ? 0 : l->value,
	};

	if (l->bind)
		r.sym = import_name(im, l->ordinal);
	f->fn(f->arg, &r);
}

/* Walks the chain that begins at *off bytes into the segment and may have
 * links up to end; *off is then the last link's place. Each step goes
 * forward, so there are at most end / stride. */
static Fault walk_chain(MachoFix *f, const PtrFormat *pf, const Imports *im,
			const Segment *seg, u64 *off, u64 end)
{
	for (;;) {
		Link l;

		if (*off >= end || !view_has(seg->data, *off, MACHO_FIX_SIZE))
			return fault("a chain of fixups leaves its page",
				     seg->off + (*off < seg->data.n ? *off :
						 seg->data.n));
		if (f->left-- == 0)
			return fault("more fixups than the file can hold",
				     seg->off + *off);
		l = decode(pf, f->img->macho.base,
			   ld64(seg->data.p + *off, false));
		if (spans_hit(f->spans, f->n, seg->addr + *off, MACHO_FIX_SIZE))
			report_link(f, pf, im, seg->addr + *off, &l);
		if (l.next == 0)
			return OK;
		*off += l.next;
	}
}

/* ---- LC_DYLD_CHAINED_FIXUPS ---------------------------------------- */

/* dyld_chained_starts_in_segment. */
typedef struct {
	View v;
	const Segment *seg;
	const PtrFormat *pf;
	u16 page_size, page_count;
} Starts;

enum {
	STARTS_SIZE = 22,
	START_NONE = 0xffff,
	START_MULTI = 0x8000,	/* the rest is an index into page_start */
	START_LAST = 0x8000,
};

static bool page_start(const Starts *st, u64 i, u16 *start)
{
	View v;
	bool ok = view_sub(st->v, STARTS_SIZE + 2 * i, 2, &v);

	*start = ok ? ld16(v.p, false) : 0;
	return ok;
}

/* A page whose links lie too far apart for one chain. The chains must
 * follow each other, or a page could cost its size squared. */
static Fault walk_multi(MachoFix *f, const Imports *im, const Starts *st,
			u64 page, u64 i)
{
	u64 base = page * st->page_size, least = base;
	u16 start = 0;

	for (; !(start & START_LAST); i++) {
		u64 off;
		Fault why;

		if (!page_start(st, i, &start))
			return fault("a page's chain starts are cut off",
				     file_off(f->img, st->v.p));
		off = base + (start & ~(u64)START_LAST);
		if (off < least)
			return fault("a page's chains overlap",
				     st->seg->off + off);
		why = walk_chain(f, st->pf, im, st->seg, &off,
				 base + st->page_size);
		if (why.why)
			return why;
		least = off + 1;
	}
	return OK;
}

static Fault walk_page(MachoFix *f, const Imports *im, const Starts *st,
		       u64 page)
{
	u64 off = page * st->page_size;
	u16 start;

	page_start(st, page, &start);
	if (start == START_NONE)
		return OK;
	if (start & START_MULTI)
		return walk_multi(f, im, st, page,
				  start & ~(u64)START_MULTI);
	off += start;
	return walk_chain(f, st->pf, im, st->seg, &off,
			  (page + 1) * st->page_size);
}

/* A fixup may begin at a page's last byte, so a page's reach is its size
 * and MACHO_FIX_SIZE - 1 more. */
static Fault walk_pages(MachoFix *f, const Imports *im, const Starts *st)
{
	MachoRun pages = {
		st->seg->addr, st->page_size,
		(u64)st->page_size + MACHO_FIX_SIZE - 1, st->page_count,
	};
	Fault why = OK;
	u64 i = 0;

	while (!why.why && (i = macho_run_next(f, &pages, i)) < pages.count)
		why = walk_page(f, im, st, i++);
	return why;
}

static const PtrFormat *ptr_format(u16 number)
{
	for (size_t i = 0; i < NELEM(ptr_formats); i++)
		if (ptr_formats[i].number == number)
			return &ptr_formats[i];
	return NULL;
}

static Fault open_starts(const MachoFix *f, View v, const Segment *seg,
			 Starts *st)
{
	u64 at = file_off(f->img, v.p);

	if (!view_has(v, 0, STARTS_SIZE) ||
	    !view_sub(v, 0, ld32(v.p, false), &v) ||
	    !view_has(v, 0, STARTS_SIZE))
		return fault("a segment's chain starts are cut off", at);
	*st = (Starts){
		v, seg, ptr_format(ld16(v.p + 6, false)),
		ld16(v.p + 4, false), ld16(v.p + 20, false),
	};
	if (!st->pf)
		return fault("chained fixups of a pointer format that 64-bit "
			     "programs do not have", at + 6);
	if (st->page_size != 0x1000 && st->page_size != 0x4000)
		return fault("chained fixups with an odd page size", at + 4);
	if (ld64(v.p + 8, false) != seg->addr - f->img->macho.base)
		return fault("chained fixups of another segment", at + 8);
	if (!view_has(v, STARTS_SIZE, 2 * (u64)st->page_count))
		return fault("a segment's chain starts are cut off", at);
	if (st->page_count != 0 && ((u64)st->page_count - 1) * st->page_size
				   >= seg->data.n)
		return fault("chained fixups beyond their segment", at + 20);
	return OK;
}

/* dyld_chained_starts_in_image: one offset for each segment, or 0. */
static Fault walk_segments(MachoFix *f, const Imports *im, View starts)
{
	const Image *img = f->img;
	u64 at = file_off(f->img, starts.p);
	u32 n = view_has(starts, 0, 4) ? ld32(starts.p, false) : 0;

	if (!view_has(starts, 0, 4) || n > (u32)img->nseg ||
	    !view_has(starts, 4, 4 * (u64)n))
		return fault("chained fixups for more segments than there are",
			     at);
	for (u32 i = 0; i < n; i++) {
		u32 off = ld32(starts.p + 4 + 4 * i, false);
		View v;
		Starts st;
		Fault why;

		if (off == 0)
			continue;
		if (!view_sub(starts, off, starts.n - off, &v))
			return fault("a segment's chain starts are cut off",
				     at + 4 + 4 * i);
		why = open_starts(f, v, &img->seg[i], &st);
		if (!why.why)
			why = walk_pages(f, im, &st);
		if (why.why)
			return why;
	}
	return OK;
}

static View tail(View v, u32 off)
{
	View t = {v.p, 0};

	if (off <= v.n)
		view_sub(v, off, v.n - off, &t);
	return t;
}

Fault macho_chained(MachoFix *f)
{
	View v = f->img->macho.fixups;
	u64 at = file_off(f->img, v.p);
	Imports im;

	if (v.n == 0)
		return OK;
	if (!view_has(v, 0, 28))
		return fault("the chained fixups are cut off", at);
	if (ld32(v.p, false) != 0)
		return fault("chained fixups of an unknown version", at);
	im = (Imports){
		tail(v, ld32(v.p + 8, false)), tail(v, ld32(v.p + 12, false)),
		ld32(v.p + 16, false), ld32(v.p + 20, false),
		ld32(v.p + 24, false),
	};
	if (im.count != 0 && (im.format == 0 || im.format > 3))
		return fault("chained imports of an unknown format", at + 20);
	return walk_segments(f, &im, tail(v, ld32(v.p + 4, false)));
}

/* The list of BIND_OPCODE_THREADED, the chains' forerunner, is not bound to
 * a page. Its imports' names stand all over the opcode stream and are not
 * looked up. */
Fault macho_threaded(MachoFix *f, const Segment *seg, u64 *off)
{
	return walk_chain(f, &ptr_formats[0], NULL, seg, off, seg->data.n);
}
