/*
 * ELF's dynamic relocations: what the loader will change, told before it
 * does. elfdyn.c has found the tables.
 *
 *	REL, RELA, JMPREL   {r_offset, r_info [, r_addend]} each; without
 *	           r_addend it is the word in place
 *	RELR       words: an even one is an address, an odd one 63 (31) bits
 *	           for the words that follow; always relative
 *	ANDROID_REL(A)      "APS2", then SLEB128 numbers: how many, first
 *	           offset, and groups {n, flags, what all n have in common} of
 *	           n entries with the rest; an offset or addend is the
 *	           difference to the last one
 *
 * There may be hundreds of thousands and hardly one that matters, so the
 * address is compared with the hull of all spans, and then with each of
 * them, before anything else is done.
 *
 * Not told: the mips loaders also add the base to the local part of the
 * GOT, which no table lists.
 *
 * Sources: the psABIs; for RELR the proposal to the gABI; for APS2
 * llvm/BinaryFormat/ELF.h and what lld writes.
 */
#include "objabi/objabi.h"

enum { STT_GNU_IFUNC = 10 };
enum { MAXNAME = 4096 };
enum {
	GROUPED_BY_INFO = 1, GROUPED_BY_OFFSET_DELTA = 2,
	GROUPED_BY_ADDEND = 4, GROUP_HAS_ADDEND = 8, ALL_FLAGS = 15
};

/* What arch.def does not tell: COPY and TLSDESC, which change more than a
 * pointer, and names. mips: r_info is of mips64's own layout, and relative
 * only if the symbol is 0. */
typedef struct {
	const char *relative, *abs, *glob_dat, *jump_slot;
	u32 copy, tlsdesc;
	bool mips;
} Row;

#define ROW(pre, rel, abs, slot, copy, desc, mips) { \
	pre rel, pre abs, pre "GLOB_DAT", pre slot, copy, desc, mips \
}
#define MIPS ROW("R_MIPS_", "REL32", "REL32", "JUMP_SLOT", 126, 0, true)

static const Row rows[NARCH] = {
	[ARCH_386] = ROW("R_386_", "RELATIVE", "32", "JMP_SLOT", 5, 41, false),
	[ARCH_amd64] = ROW("R_X86_64_", "RELATIVE", "64", "JUMP_SLOT", 5, 36,
			   false),
	[ARCH_arm] = ROW("R_ARM_", "RELATIVE", "ABS32", "JUMP_SLOT", 20, 13,
			 false),
	[ARCH_arm64] = ROW("R_AARCH64_", "RELATIVE", "ABS64", "JUMP_SLOT",
			   1024, 1031, false),
	[ARCH_loong64] = ROW("R_LARCH_", "RELATIVE", "64", "JUMP_SLOT", 4, 14,
			     false),
	[ARCH_mips] = MIPS,
	[ARCH_mipsle] = MIPS,
	[ARCH_mips64] = MIPS,
	[ARCH_mips64le] = MIPS,
	[ARCH_ppc64] = ROW("R_PPC64_", "RELATIVE", "ADDR64", "JMP_SLOT", 19,
			   0, false),
	[ARCH_ppc64le] = ROW("R_PPC64_", "RELATIVE", "ADDR64", "JMP_SLOT", 19,
			     0, false),
	[ARCH_riscv64] = ROW("R_RISCV_", "RELATIVE", "64", "JUMP_SLOT", 4, 12,
			     false),
	[ARCH_s390x] = ROW("R_390_", "RELATIVE", "64", "JMP_SLOT", 9, 0,
			   false),
};

/* The largest change of a known size, TLSDESC's two words: an entry this
 * far below the hull is of no interest, unless it is a COPY. */
enum { REACH = 16 };

typedef struct {
	const Image *img;
	Row row;
	const Span *spans;
	int n;
	Span hull;
	DynRelocFn *fn;
	void *arg;
	unsigned word;
	u64 mask;	/* of a word */
} Walk;

typedef enum { OTHER, RELATIVE, ABS, GLOB_DAT, JUMP_SLOT, COPY, TLSDESC } Kind;

typedef struct {
	u64 addr, addend;
	u32 type, sym;
	bool rela;	/* the addend is here, not in place */
} Rel;

static Kind kind_of(const Walk *w, const Rel *r)
{
	const Arch *a = w->img->arch;

	if (!a)
		return OTHER;
	if (r->type == a->r_relative)
		return w->row.mips && r->sym ? ABS : RELATIVE;
	if (r->type == a->r_abs)
		return ABS;
	if (r->type == a->r_glob_dat)
		return GLOB_DAT;
	if (r->type == a->r_jump_slot)
		return JUMP_SLOT;
	if (r->type == w->row.copy)
		return COPY;
	return r->type == w->row.tlsdesc ? TLSDESC : OTHER;
}

/* r_info, as a number in the file's byte order. mips64 has made a struct
 * of it, whose numbers lie elsewhere in a little-endian word; of its up to
 * three types the first tells what is done. */
static void split_info(const Walk *w, u64 info, Rel *r)
{
	if (w->word == 4) {
		r->sym = (u32)info >> 8;
		r->type = info & 0xff;
	} else if (w->row.mips && !w->img->big) {
		r->sym = (u32)info;
		r->type = (u32)(info >> 56);
	} else {
		r->sym = (u32)(info >> 32);
		r->type = (u32)info & (w->row.mips ? 0xff : UINT32_MAX);
	}
}

/* The word that is there before: zero where the file has none. */
static bool word_at(const Walk *w, u64 addr, u64 *x)
{
	const Segment *s = image_segment(w->img, addr);
	View v;

	*x = 0;
	if (image_bytes(w->img, addr, w->word, &v, NULL)) {
		*x = ldptr(v.p, w->word, w->img->big);
		return true;
	}
	return s && addr - s->addr >= s->data.n;
}

/* S + A, or B + A. The address of an IFUNC is what its resolver returns,
 * and a jump slot may at first lead to the lazy binder. */
static bool value_of(const Walk *w, const Rel *r, Kind k, const ElfSym *sym,
		     u64 *value)
{
	u64 A = r->addend, S = 0;

	if (k != RELATIVE && k != ABS && k != GLOB_DAT)
		return false;
	if (k == GLOB_DAT && !r->rela)
		A = 0;
	else if (!r->rela && !word_at(w, r->addr, &A))
		return false;
	if (k != RELATIVE) {
		if (sym->shndx == 0 || (sym->info & 15) == STT_GNU_IFUNC)
			return false;
		S = sym->value;
	}
	*value = (S + A) & w->mask;
	return true;
}

static u32 size_of(const Walk *w, Kind k, const ElfSym *sym)
{
	if (k == TLSDESC)
		return 2 * w->word;
	if (k == COPY && sym->size)
		return sym->size < UINT32_MAX ? (u32)sym->size : UINT32_MAX;
	return w->word;
}

static const char *name_of(const Walk *w, Kind k)
{
	const char *const name[] = {
		[RELATIVE] = w->row.relative, [ABS] = w->row.abs,
		[GLOB_DAT] = w->row.glob_dat, [JUMP_SLOT] = w->row.jump_slot,
	};

	return k < NELEM(name) && name[k] ? name[k] : "";
}

/* An entry near the spans. at: its file offset. */
static Fault look(const Walk *w, const Rel *r, u64 at)
{
	const ElfImage *e = &w->img->elf;
	Kind k = kind_of(w, r);
	DynReloc d = {.addr = r->addr, .type = r->type,
		      .sym = {w->img->file.p, 0}};
	ElfSym sym = {0};

	if (r->type == 0 && w->img->arch)
		return OK;
	if (r->sym != 0 && k != RELATIVE) {
		if (!elf_sym(w->img, e->dynsym, r->sym, &sym))
			return fault("a relocation names a symbol that is "
				     "not there", at);
	}
	d.size = size_of(w, k, &sym);
	if (!spans_hit(w->spans, w->n, d.addr, d.size))
		return OK;
	d.name = name_of(w, k);
	if (sym.name)
		d.sym = elf_name(e->dynstr, sym.name, MAXNAME);
	d.known = value_of(w, r, k, &sym, &d.value);
	w->fn(w->arg, &d);
	return OK;
}

/* Is it certain, without a look at the symbol, that no span is touched? */
static bool far(const Walk *w, const Rel *r)
{
	bool in_hull = r->addr < w->hull.end &&
		(r->addr >= w->hull.start ||
		 w->hull.start - r->addr < REACH);

	for (int i = 0; in_hull && i < w->n; i++)
		if (span_hit(w->spans[i], r->addr, REACH))
			return false;
	return !w->row.copy || r->type != w->row.copy;
}

static u64 off_in(const Walk *w, View t, size_t at)
{
	return (u64)(t.p - w->img->file.p) + at;
}

static Fault walk_plain(const Walk *w, View t, bool rela)
{
	unsigned word = w->word;
	bool big = w->img->big;
	size_t at, size = (rela ? 3 : 2) * word;

	for (at = 0; view_has(t, at, size); at += size) {
		const u8 *p = t.p + at;
		Rel r = {.addr = ldptr(p, word, big), .rela = rela};
		Fault f;

		if (r.addr >= w->hull.end)
			continue;
		split_info(w, ldptr(p + word, word, big), &r);
		if (far(w, &r))
			continue;
		if (rela)
			r.addend = ldptr(p + 2 * word, word, big);
		f = look(w, &r, off_in(w, t, at));
		if (f.why)
			return f;
	}
	return at == t.n ? OK :
		fault("a table of relocations ends within an entry",
		      off_in(w, t, at));
}

/* The words base, base + word ... whose bits are set. */
static Fault look_bits(const Walk *w, u64 base, u64 bits, u64 at)
{
	Rel r = {.type = w->img->arch ? w->img->arch->r_relative : 0};

	for (u64 i = 0; bits; i++, bits >>= 1) {
		Fault f;

		r.addr = (base + i * w->word) & w->mask;
		if (!(bits & 1) || far(w, &r))
			continue;
		f = look(w, &r, at);
		if (f.why)
			return f;
	}
	return OK;
}

static Fault walk_relr(const Walk *w, View t)
{
	unsigned word = w->word, nbits = 8 * word - 1;
	u64 next = 0;
	size_t at;

	for (at = 0; view_has(t, at, word); at += word) {
		u64 x = ldptr(t.p + at, word, w->img->big), base = next;
		bool map = x & 1;
		Fault f;

		if (map && at == 0)
			return fault("RELR begins with a bitmap",
				     off_in(w, t, at));
		if (!map)
			base = x;
		next = base + (map ? nbits : 1) * word;
		if (next < base || next > w->mask)
			return fault("RELR runs over the end of memory",
				     off_in(w, t, at));
		if (base >= w->hull.end || next <= w->hull.start)
			continue;
		f = look_bits(w, base, map ? x >> 1 : 1, off_in(w, t, at));
		if (f.why)
			return f;
	}
	return at == t.n ? OK :
		fault("a table of relocations ends within an entry",
		      off_in(w, t, at));
}

/* One group of APS2; what is grouped stands in delta, info and r->addend. */
typedef struct {
	u64 n, flags, delta, info;
} Group;

static const char *read_group(Cursor *c, bool rela, u64 left, Group *g,
			      Rel *r)
{
	g->n = (u64)cur_sleb(c);
	g->flags = (u64)cur_sleb(c);
	if (g->flags & GROUPED_BY_OFFSET_DELTA)
		g->delta = (u64)cur_sleb(c);
	if (g->flags & GROUPED_BY_INFO)
		g->info = (u64)cur_sleb(c);
	if (!(g->flags & GROUP_HAS_ADDEND))
		r->addend = 0;
	else if (g->flags & GROUPED_BY_ADDEND)
		r->addend += (u64)cur_sleb(c);
	if (c->err)
		return "packed relocations end within a group";
	if (g->n == 0 || g->n > left)
		return "a group of packed relocations has a wrong length";
	if (g->flags > ALL_FLAGS || (!rela && g->flags & GROUP_HAS_ADDEND))
		return "a group of packed relocations has wrong flags";
	return NULL;
}

static void read_member(const Walk *w, Cursor *c, const Group *g, Rel *r)
{
	u64 info = g->info;

	r->addr += g->flags & GROUPED_BY_OFFSET_DELTA ? g->delta :
		(u64)cur_sleb(c);
	if (!(g->flags & GROUPED_BY_INFO))
		info = (u64)cur_sleb(c);
	if ((g->flags & GROUP_HAS_ADDEND) && !(g->flags & GROUPED_BY_ADDEND))
		r->addend += (u64)cur_sleb(c);
	r->addr &= w->mask;
	split_info(w, info, r);
}

static Fault walk_group(const Walk *w, View t, Cursor *c, const Group *g,
			Rel *r)
{
	for (u64 i = 0; i < g->n; i++) {
		u64 at = off_in(w, t, c->off);
		Fault f = OK;

		read_member(w, c, g, r);
		if (c->err)
			return fault("packed relocations end within an entry",
				     at);
		if (!far(w, r))
			f = look(w, r, at);
		if (f.why)
			return f;
	}
	return OK;
}

/* A group may need no byte for each entry, so its length must be limited
 * by something else: each entry changes a word of its own, of which the file
 * holds at least the place or the symbol. */
static Fault walk_packed(const Walk *w, View t, bool rela)
{
	Cursor c = cursor(t, w->img->big);
	Rel r = {.rela = rela};
	u64 left;

	if (t.n == 0)
		return OK;
	if (!view_is(cur_bytes(&c, 4), "APS2"))
		return fault("packed relocations do not begin with APS2",
			     off_in(w, t, 0));
	left = (u64)cur_sleb(&c);
	r.addr = (u64)cur_sleb(&c) & w->mask;
	if (c.err || left > w->img->file.n / w->word)
		return fault("packed relocations are more than the file has "
			     "room for", off_in(w, t, 4));
	for (Group g; left > 0; left -= g.n) {
		u64 at = off_in(w, t, c.off);
		const char *why;
		Fault f;

		g = (Group){0};
		why = read_group(&c, rela, left, &g, &r);
		if (why)
			return fault(why, at);
		f = walk_group(w, t, &c, &g, &r);
		if (f.why)
			return f;
	}
	return OK;
}

static Span hull_of(const Span *spans, int n)
{
	Span h = {UINT64_MAX, 0};

	for (int i = 0; i < n; i++) {
		if (spans[i].start >= spans[i].end)
			continue;
		if (spans[i].start < h.start)
			h.start = spans[i].start;
		if (spans[i].end > h.end)
			h.end = spans[i].end;
	}
	return h;
}

Fault elf_dynrelocs(const Image *img, const Span *spans, int n,
		    DynRelocFn *fn, void *arg)
{
	const ElfImage *e = &img->elf;
	Walk w = {.img = img, .spans = spans, .n = n, .fn = fn, .arg = arg,
		  .hull = hull_of(spans, n), .word = img->ptrsize,
		  .mask = img->ptrsize == 4 ? UINT32_MAX : UINT64_MAX};
	Fault f = OK;

	if (!img->dynamic || w.hull.start >= w.hull.end)
		return OK;
	if (img->arch)
		w.row = rows[img->arch - arch_table];
	f = walk_plain(&w, e->rel, false);
	if (!f.why)
		f = walk_plain(&w, e->rela, true);
	if (!f.why)
		f = walk_relr(&w, e->relr);
	if (!f.why)
		f = walk_relr(&w, e->android_relr);
	if (!f.why)
		f = walk_packed(&w, e->android_rel, false);
	if (!f.why)
		f = walk_packed(&w, e->android_rela, true);
	if (!f.why)
		f = walk_plain(&w, e->jmprel, e->jmprel_is_rela);
	return f.why ? f : e->dynfault;
}
