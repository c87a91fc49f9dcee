/*
 * What dyld changes in a Mach-O image, said in the two older ways; the
 * newest, chained fixups, is machochain.c's.
 *
 * LC_DYSYMTAB: arrays of relocation_info; words hold link-time addresses.
 *
 * LC_DYLD_INFO: programs for two little machines, one that rebases
 * pointers and one (in three streams) that binds symbols. A byte is opcode
 * << 4 | immediate, ULEBs may follow. The words to be rebased hold
 * link-time addresses. One opcode can ask for 2^64 rebases, so a run is
 * never walked: arithmetic finds those members of it that touch a span.
 * This is what Go's internal linking writes.
 *
 * Numbers: <mach-o/loader.h>, <mach-o/reloc.h>.
 */
#include "objabi/objabi.h"

static u64 file_off(const Image *img, const u8 *p)
{
	return (u64)(p - img->file.p);
}

/* The first member at or after the i-th that touches a span; count if
 * there is none. stride is not 0; the last piece ends below 2^64. */
u64 macho_run_next(const MachoFix *f, const MachoRun *r, u64 i)
{
	u64 best = r->count;

	for (int k = 0; k < f->n; k++) {
		Span s = f->spans[k];
		u64 lo = i, x;

		if (s.end <= r->addr)
			continue;
		if (s.start > r->addr && s.start - r->addr >= r->size) {
			x = (s.start - r->addr - r->size) / r->stride + 1;
			lo = x > i ? x : i;
		}
		if (lo < best && lo <= (s.end - 1 - r->addr) / r->stride)
			best = lo;
	}
	return best;
}

/* ---- LC_DYLD_INFO -------------------------------------------------- */

typedef enum {
	OP_BAD,
	OP_DONE,
	OP_IGNORE,
	OP_SLEB,	/* the addend: a symbol's value is not known anyway */
	OP_TYPE,
	OP_SYMBOL,
	OP_SEGMENT,
	OP_ADD,		/* moves by a */
	OP_DO,		/* a fixups, after each moves by 8 + b */
	OP_THREADED
} Action;

typedef enum {ZERO, ONE, IMM, IMM8, ULEB} Operand;

typedef struct {
	Action action;
	Operand a, b;
} Opcode;

static const Opcode rebase_ops[16] = {
	[0x0] = {OP_DONE, ZERO, ZERO},
	[0x1] = {OP_TYPE, IMM, ZERO},
	[0x2] = {OP_SEGMENT, ULEB, ZERO},
	[0x3] = {OP_ADD, ULEB, ZERO},
	[0x4] = {OP_ADD, IMM8, ZERO},
	[0x5] = {OP_DO, IMM, ZERO},
	[0x6] = {OP_DO, ULEB, ZERO},
	[0x7] = {OP_DO, ONE, ULEB},
	[0x8] = {OP_DO, ULEB, ULEB},
};

static const Opcode bind_ops[16] = {
	[0x0] = {OP_DONE, ZERO, ZERO},
	[0x1] = {OP_IGNORE, ZERO, ZERO},	/* ordinal of the library */
	[0x2] = {OP_IGNORE, ULEB, ZERO},
	[0x3] = {OP_IGNORE, ZERO, ZERO},
	[0x4] = {OP_SYMBOL, ZERO, ZERO},
	[0x5] = {OP_TYPE, IMM, ZERO},
	[0x6] = {OP_SLEB, ZERO, ZERO},
	[0x7] = {OP_SEGMENT, ULEB, ZERO},
	[0x8] = {OP_ADD, ULEB, ZERO},
	[0x9] = {OP_DO, ONE, ZERO},
	[0xa] = {OP_DO, ONE, ULEB},
	[0xb] = {OP_DO, ONE, IMM8},
	[0xc] = {OP_DO, ULEB, ULEB},
	[0xd] = {OP_THREADED, ZERO, ZERO},
};

enum { TYPE_POINTER = 1 };

typedef struct {
	const Opcode *ops;
	const char *name;
	bool known;	/* the word in place is the value */
	bool lazy;	/* DONE stands between the symbols, not at the end */
	Cursor c;
	const Segment *seg;
	u64 off;	/* in seg */
	u64 type;
	View sym;
	bool table;	/* binds fill the ordinal table of threaded ones */
} Machine;

static u64 operand(Machine *m, Operand kind, u8 imm)
{
	switch (kind) {
	case ZERO:
		return 0;
	case ONE:
		return 1;
	case IMM:
		return imm;
	case IMM8:
		return imm * 8u;
	case ULEB:
		return cur_uleb(&m->c);
	}
	return 0;
}

static void report_run(const MachoFix *f, const Machine *m, const MachoRun *run)
{
	DynReloc r = {
		.size = MACHO_FIX_SIZE,
		.type = (u32)m->type,
		.name = m->name,
		.sym = m->sym,
		.known = m->known,
	};
	u64 i = 0;

	while ((i = macho_run_next(f, run, i)) < run->count) {
		u64 off = m->off + i++ * run->stride;

		r.addr = m->seg->addr + off;
		if (m->known)
			r.value = ld64(m->seg->data.p + off, false);
		f->fn(f->arg, &r);
	}
}

static const char *do_fixups(MachoFix *f, Machine *m, u64 count, u64 skip)
{
	u64 stride = MACHO_FIX_SIZE + skip, room;
	MachoRun run;

	if (!m->seg)
		return "a fixup before any segment is set";
	if (m->type != TYPE_POINTER)
		return "a fixup of something else than a pointer";
	if (count != 0) {
		if (!view_has(m->seg->data, m->off, MACHO_FIX_SIZE))
			return "a fixup outside its segment";
		room = m->seg->data.n - MACHO_FIX_SIZE - m->off;
		if (count > 1 && (stride == 0 || count - 1 > room / stride))
			return "a run of fixups leaves its segment";
		if (count > f->left)
			return "more fixups than the file can hold";
		f->left -= count;
		run = (MachoRun){m->seg->addr + m->off,
			    count > 1 ? stride : MACHO_FIX_SIZE, MACHO_FIX_SIZE, count};
		report_run(f, m, &run);
	}
	m->off += count * stride;
	return NULL;
}

static const char *set_segment(const MachoFix *f, Machine *m, u8 i, u64 off)
{
	if (i >= f->img->nseg)
		return "a fixup in a segment that is not there";
	m->seg = &f->img->seg[i];
	m->off = off;
	return NULL;
}

/* 0xd0: with a ULEB, the binds that follow only fill a table of symbols;
 * 0xd1: the chain at the current place. */
static const char *do_threaded(MachoFix *f, Machine *m, u8 imm)
{
	if (imm == 0) {
		cur_uleb(&m->c);
		m->table = true;
		return NULL;
	}
	if (imm != 1)
		return "unknown threaded bind";
	if (!m->seg)
		return "a fixup before any segment is set";
	return macho_threaded(f, m->seg, &m->off).why;
}

static const char *step(MachoFix *f, Machine *m, const Opcode *op, u8 imm)
{
	u64 a = operand(m, op->a, imm), b = operand(m, op->b, imm);

	if (m->c.err)
		return NULL;	/* run_ops tells */
	switch (op->action) {
	case OP_TYPE:
		m->type = a;
		return NULL;
	case OP_SYMBOL:
		m->sym = cur_cstr(&m->c);
		return NULL;
	case OP_SLEB:
		cur_sleb(&m->c);
		return NULL;
	case OP_SEGMENT:
		return set_segment(f, m, imm, a);
	case OP_ADD:
		m->off += a;
		return NULL;
	case OP_DO:
		return m->table ? NULL : do_fixups(f, m, a, b);
	case OP_THREADED:
		return do_threaded(f, m, imm);
	case OP_DONE:
	case OP_IGNORE:
		return NULL;
	case OP_BAD:
		break;
	}
	return "unknown opcode of a fixup";
}

static Fault run_ops(MachoFix *f, Machine *m, View stream)
{
	m->c = cursor(stream, false);
	while (m->c.off < stream.n) {
		u64 at = file_off(f->img, stream.p) + m->c.off;
		u8 byte = cur_u8(&m->c);
		const Opcode *op = &m->ops[byte >> 4];
		const char *why;

		if (op->action == OP_DONE && !m->lazy)
			break;
		why = step(f, m, op, byte & 15);
		if (m->c.err)
			why = "an opcode of a fixup is cut off";
		if (why)
			return fault(why, at);
	}
	return OK;
}

/* ---- LC_DYSYMTAB --------------------------------------------------- */

/* r_address counts from the first writable segment on x86-64, else from
 * the image's base. */
static u64 reloc_base(const Image *img)
{
	for (int i = 0; i < img->nseg; i++)
		if (img->macho.cputype == 0x01000007 &&
		    (img->seg[i].perm & PERM_W))
			return img->seg[i].addr;
	return img->macho.base;
}

/* relocation_info: r_address, then symbolnum:24 pcrel:1 length:2 extern:1
 * type:4. Names are looked up only of what touches a span. */
static DynReloc read_reloc(const u8 *p, u64 base)
{
	u32 w = ld32(p + 4, false);
	bool external = w >> 27 & 1;

	return (DynReloc){
		.addr = base + (u64)(i64)(i32)ld32(p, false),
		.size = 1u << (w >> 25 & 3),
		.type = w >> 28,
		.name = external ? "extrel" : "locrel",
		.sym = {p, 0},
		.known = !external,
	};
}

static void report_reloc(const MachoFix *f, u32 symbolnum, DynReloc *r)
{
	Symbol s;
	View v;

	if (!r->known) {
		if (macho_format.symbol(f->img, symbolnum, &s))
			r->sym = s.name;
	} else {
		r->known = r->size == MACHO_FIX_SIZE &&
			   image_bytes(f->img, r->addr, r->size, &v, NULL);
		if (r->known)
			r->value = ld64(v.p, false);
	}
	f->fn(f->arg, r);
}

static void walk_relocs(const MachoFix *f, View v)
{
	u64 base = reloc_base(f->img);

	for (size_t i = 0; view_has(v, i, 8); i += 8) {
		DynReloc r = read_reloc(v.p + i, base);
		u32 num = ld32(v.p + i + 4, false) & 0xffffff;

		if (spans_hit(f->spans, f->n, r.addr, r.size))
			report_reloc(f, num, &r);
	}
}

/* ---- all of them --------------------------------------------------- */

Fault macho_dynrelocs(const Image *img, const Span *spans, int n,
		      DynRelocFn *fn, void *arg)
{
	const MachoImage *mi = &img->macho;
	const struct {
		View v;
		Machine m;
	} streams[] = {
		{mi->rebase, {.ops = rebase_ops, .name = "rebase",
			      .known = true}},
		{mi->bind, {.ops = bind_ops, .name = "bind"}},
		{mi->weak_bind, {.ops = bind_ops, .name = "weak bind"}},
		{mi->lazy_bind, {.ops = bind_ops, .name = "lazy bind",
				 .lazy = true, .type = TYPE_POINTER}},
	};
	MachoFix f = {img, spans, n, fn, arg, 0};

	for (size_t i = 0; i < NELEM(streams); i++) {
		Machine m = streams[i].m;
		Fault why;

		f.left = img->file.n;
		why = run_ops(&f, &m, streams[i].v);
		if (why.why)
			return why;
	}
	walk_relocs(&f, mi->locrel);
	walk_relocs(&f, mi->extrel);
	f.left = img->file.n;
	return macho_chained(&f);
}
