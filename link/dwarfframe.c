/*
 * .debug_frame: how far the stack pointer is from the caller's frame, at each
 * instruction. A CIE says what all functions have in common; an FDE of each
 * function has the steps of its pcsp table:
 *
 *   DW_CFA_def_cfa_offset_sf delta/-4, DW_CFA_advance_loc bytes
 *
 * Where calls leave the return address in a register, each step also says
 * whether it is in there or on the stack.
 *
 * Source: cmd/link/internal/ld/dwarf.go: writeframes
 */
#include <stdlib.h>

#include "link/dwarf.h"
#include "link/pcln.h"

enum {
	DW_CFA_advance_loc1 = 0x02, DW_CFA_advance_loc2 = 0x03,
	DW_CFA_advance_loc4 = 0x04, DW_CFA_offset_extended = 0x05,
	DW_CFA_undefined = 0x07, DW_CFA_same_value = 0x08,
	DW_CFA_def_cfa = 0x0c, DW_CFA_offset_extended_sf = 0x11,
	DW_CFA_def_cfa_offset_sf = 0x13, DW_CFA_val_offset = 0x14,
	DW_CFA_advance_loc = 0x40
};

enum {
	DATA_ALIGN = -4,	/* factor of all offsets */
	FLAG_TOPFRAME = 1,	/* abi.FuncFlagTopFrame */
	STEP_ROOM = 24,	/* bytes that a step takes at most */
	MAXFRAMES = 1 << 27,	/* bytes of a piece of the section */
	NFRAMES = 8,	/* such pieces */
	USUAL = 96,	/* bytes of a function, and as many more */
	CIE_ROOM = 64
};

/* FDEs of some functions. */
typedef struct {
	u32 from, to;	/* places in L->textp */
	u8 *p;
	u32 n, cap;
	bool own;	/* p has outgrown its place, and is to be freed */
} Frames;

/* They lie one behind the other, each with more room than it needs; in front
 * of them there is room for the CIE. */
struct DwFrames {
	Link *L;
	PoolLoop *loop;
	u8 *p;
	size_t cap;
	Frames part[NFRAMES];
};

static bool has_lr(const Link *L)
{
	return L->la->callsize == 0;
}

/* The CIE; its length is fixed, and filled with DW_CFA_nop. */
static void put_cie(const Link *L, SB *b)
{
	u32 w = L->arch->ptrsize, len = has_lr(L) ? 32 : 16;

	sb_u32(b, len);
	sb_u32(b, UINT32_MAX);	/* CIE id */
	sb_u8(b, 3);	/* version */
	sb_u8(b, 0);	/* no augmentation */
	sb_uleb(b, 1);	/* code alignment */
	sb_sleb(b, DATA_ALIGN);
	sb_uleb(b, L->la->dwarfreglr);
	sb_u8(b, DW_CFA_def_cfa);
	sb_uleb(b, L->la->dwarfregsp);
	if (has_lr(L)) {
		sb_uleb(b, 0);
		sb_u8(b, DW_CFA_same_value);
		sb_uleb(b, L->la->dwarfreglr);
		sb_u8(b, DW_CFA_val_offset);
		sb_uleb(b, L->la->dwarfregsp);
		sb_uleb(b, 0);
	} else {
		sb_uleb(b, w);
		sb_u8(b, DW_CFA_offset_extended);
		sb_uleb(b, L->la->dwarfreglr);
		sb_uleb(b, (u64)(-(i64)w / DATA_ALIGN));
	}
	if (b->e->ndata > len + 4)
		DIE("CIE too long");
	sb_grow(b, len + 4 - b->e->ndata);
}

/* ---- one function ------------------------------------------------ */

static u8 *put_uleb(u8 *p, u64 x)
{
	while (x >= 0x80) {
		*p++ = (u8)(x | 0x80);
		x >>= 7;
	}
	*p++ = (u8)x;
	return p;
}

static u8 *put_sleb(u8 *p, i64 x)
{
	for (;;) {
		u8 c = x & 0x7f;

		x >>= 7;
		if ((x == 0 && !(c & 0x40)) || (x == -1 && (c & 0x40))) {
			*p++ = c;
			return p;
		}
		*p++ = c | 0x80;
	}
}

static u8 *put_advance(const Link *L, u8 *p, u64 delta)
{
	bool big = L->arch->big;

	if (delta < 0x40) {
		*p++ = (u8)(DW_CFA_advance_loc + delta);
	} else if (delta < 0x100) {
		*p++ = DW_CFA_advance_loc1;
		*p++ = (u8)delta;
	} else if (delta < 0x10000) {
		*p++ = DW_CFA_advance_loc2;
		p[big] = (u8)delta;
		p[!big] = (u8)(delta >> 8);
		p += 2;
	} else {
		*p++ = DW_CFA_advance_loc4;
		st32(p, (u32)delta, big);
		p += 4;
	}
	return p;
}

/* Where the return address is, the frame being so large. */
static u8 *put_return(const Link *L, u8 *p, i64 frame)
{
	if (frame > 0) {
		*p++ = DW_CFA_offset_extended_sf;
		p = put_uleb(p, L->la->dwarfreglr);
		return put_sleb(p, -frame / DATA_ALIGN);
	}
	*p++ = DW_CFA_same_value;
	return put_uleb(p, L->la->dwarfreglr);
}

typedef struct {
	View pcsp;
	u32 size;
	bool top;	/* nobody calls it */
} Frame;

static bool frame_of(const Link *L, const PcFunc *fn, Frame *f)
{
	*f = (Frame){.size = (u32)sym_data(L, fn->s).n,
		     .top = fn->funcflag & FLAG_TOPFRAME};
	f->pcsp = pctab_of(fn->pcsp, f->size);
	return fn->valid;
}

/* The steps. The last one is to end before the function does. */
static u8 *put_steps(const Link *L, u8 *p, const Frame *f)
{
	PcIter it = {.c = cursor(f->pcsp, false)};
	u32 minlc = L->la->minlc, pc = 0;
	bool lr = has_lr(L);

	if (lr && f->top) {
		*p++ = DW_CFA_undefined;
		p = put_uleb(p, L->la->dwarfreglr);
	}
	while (pciter_next(&it)) {
		u32 next = (u32)it.pc * minlc, from = pc;
		i64 frame = it.val;

		pc = next;
		if (next == f->size && --next < from)
			continue;
		if (!lr)
			frame += L->arch->ptrsize;
		else if (!f->top)
			p = put_return(L, p, frame);
		*p++ = DW_CFA_def_cfa_offset_sf;
		p = put_sleb(p, frame / DATA_ALIGN);
		p = put_advance(L, p, (u64)(i64)(next - from));
	}
	return p;
}

/* The link's memory belongs to the first thread meanwhile. */
static void need(const Link *L, Frames *f, u64 n)
{
	u8 *p;

	if (n > MAXFRAMES - f->n)
		link_exitf(L, "too much data in section .debug_frame");
	if (f->cap - f->n >= n)
		return;
	f->cap = f->n + (u32)n < MAXFRAMES / 2 ? 2 * (f->n + (u32)n) :
		MAXFRAMES;
	p = xrealloc(f->own ? f->p : NULL, f->cap);
	if (!f->own && f->n)
		memcpy(p, f->p, f->n);
	f->p = p;
	f->own = true;
}

/* Length, 0 for the CIE at the section's start, address, size, steps; a
 * multiple of a pointer behind the length. */
static void put_fde(const Link *L, Frames *out, Sym fn, const Frame *f)
{
	u32 w = L->arch->ptrsize;
	u8 *p, *steps, *end;

	need(L, out, 8 + 2 * w + (u64)f->pcsp.n / 2 * STEP_ROOM + STEP_ROOM);
	p = out->p + out->n;
	steps = p + 8 + 2 * w;
	end = put_steps(L, steps, f);
	while ((size_t)(end - steps) % w)
		*end++ = 0;
	st32(p, (u32)(end - p) - 4, L->arch->big);
	st32(p + 4, 0, L->arch->big);
	if (w == 4) {
		st32(p + 8, (u32)row(L, fn)->value, L->arch->big);
		st32(p + 12, f->size, L->arch->big);
	} else {
		st64(p + 8, (u64)row(L, fn)->value, L->arch->big);
		st64(p + 16, f->size, L->arch->big);
	}
	out->n = (u32)(end - out->p);
}

/* Asks for what the loop will need soon. */
static void frame_ahead(const Link *L, u32 i, u32 to)
{
	enum { AHEAD = 6 };
	const PcFunc *f = &L->pcln->func[i];

	if (i + 2 * AHEAD < to)
		__builtin_prefetch(row(L, f[2 * AHEAD].s));
	if (i + AHEAD < to)
		__builtin_prefetch(f[AHEAD].pcsp.p);
}

static void put_frames(void *arg, size_t k)
{
	struct DwFrames *d = arg;
	Frames *f = &d->part[k];
	u32 i;

	for (i = f->from; i < f->to; i++) {
		const PcFunc *fn = &d->L->pcln->func[i];
		Frame x;

		frame_ahead(d->L, i, f->to);
		if (frame_of(d->L, fn, &x))
			put_fde(d->L, f, fn->s, &x);
	}
}

/* ---- all of them ------------------------------------------------- */

static void begin(Link *L)
{
	struct DwFrames *d = mem_alloc(&L->mem, sizeof *d);
	size_t at = CIE_ROOM;
	u32 n = L->textp.n, k;

	for (k = 0; k < NFRAMES; k++) {
		Frames *f = &d->part[k];

		f->from = (u32)((u64)n * k / NFRAMES);
		f->to = (u32)((u64)n * (k + 1) / NFRAMES);
		f->cap = f->to - f->from < MAXFRAMES / USUAL ?
			4096 + (f->to - f->from) * USUAL : MAXFRAMES;
		d->cap += f->cap;
	}
	d->cap += CIE_ROOM;
	d->p = mem_alloc(&L->mem, d->cap);
	for (k = 0; k < NFRAMES; at += d->part[k++].cap)
		d->part[k].p = d->p + at;
	d->L = L;
	L->dwarf->frames = d;
	d->loop = pool_begin(L->pool, NFRAMES, put_frames, d);
}

void dwarf_frames_begin(Link *L)
{
	if (L->dwarf && !L->trampolines)
		begin(L);
}

/* Where all have found room, they only move closer together. */
static void join(const struct DwFrames *d, Ext *e, u32 n)
{
	size_t at = CIE_ROOM, cap = d->cap;
	bool fits = true;
	u32 k;

	for (k = 0; k < NFRAMES; at += d->part[k++].cap)
		fits = fits && d->part[k].p == d->p + at;
	if (!fits)
		cap = n + CIE_ROOM;
	e->data = fits ? d->p : mem_alloc(&d->L->mem, cap);
	e->capdata = (u32)cap;
	e->ndata = 0;
}

void dwarf_frames(Link *L, Sym s)
{
	struct DwFrames *d;
	SB b = sb_of(L, s);
	u32 n = 0, k;

	if (!L->dwarf->frames)
		begin(L);
	d = L->dwarf->frames;
	pool_end(L->pool, d->loop);
	for (k = 0; k < NFRAMES; k++)
		n += d->part[k].n;
	join(d, b.e, n);
	put_cie(L, &b);
	for (k = 0; k < NFRAMES; k++) {
		if (d->part[k].n)
			memmove(b.e->data + b.e->ndata, d->part[k].p,
				d->part[k].n);
		b.e->ndata += d->part[k].n;
		if (d->part[k].own)
			free(d->part[k].p);
	}
	row(L, s)->size = b.e->ndata;
}
