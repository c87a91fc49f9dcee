/*
 * runtime.pclntab, the table by which a Go program knows its own functions.
 * strip does not touch it, so it names the functions when no symbols do.
 *
 *	0        magic, the release that changed the layout last
 *	4        0, 0, the pc quantum, the size of a pointer
 *	8        words: nfunc, nfiles, textStart, and the offsets from here
 *	         of funcnametab, cutab, filetab, pctab, functab
 *	functab  nfunc x { u32 entry, u32 _func }, u32 end
 *	_func    u32 entry, i32 name ...; _func is relative to functab, name
 *	         to funcnametab, entry to runtime.text
 *
 * textStart is runtime.text up to Go 1.25 (in a position independent
 * program it needs a relocation) and 0 from 1.26 on. So runtime.text is taken
 * from runtime.firstmoduledata, as the runtime does: the struct that begins
 * with a pointer to this table and whose fields agree with it. All releases
 * from 1.18 on have the same fields up to text:
 *
 *	word 0  pcHeader
 *	1..18   slices: funcnametab cutab filetab pctab pclntable ftab
 *	19..22  findfunctab, minpc, maxpc, text
 *
 * The start of the .text section would not do: an external linker puts code
 * of C in front of runtime.text. A program so large that its text has
 * several sections (32-bit arm and ppc64, linked externally) is shown as if
 * it had one.
 *
 * Source: cmd/link (ld/pcln.go, ld/symtab.go), runtime/symtab.go,
 * debug/gosym.
 */
#include "objabi/objabi.h"

enum {
	NFUNC, TEXTSTART = 2, FUNCNAMETAB, CUTAB, FUNCTAB = 7, NWORD,
	ENTRY = 8,	/* bytes of a row of functab */
	NAMEOFF = 4,	/* in _func */
	/* Names of generic functions spell out their type arguments. */
	MAXNAME = 4096,
};

/* ---- finding the table --------------------------------------------- */

/* The magic changed with Go 1.16, 1.18 and 1.20. */
static bool is_pclntab(View v, bool big)
{
	static const u32 magics[] = {
		0xfffffff1, 0xfffffff0, 0xfffffffa, 0xfffffffb,
	};
	u32 m;

	if (v.n < 8 || v.p[4] || v.p[5] || v.p[6] > 4 ||
	    (v.p[7] != 4 && v.p[7] != 8))
		return false;
	m = ld32(v.p, big);
	for (size_t i = 0; i < NELEM(magics); i++)
		if (m == magics[i])
			return v.p[6] == 1 || v.p[6] == 2 || v.p[6] == 4;
	return false;
}

typedef bool GoodFn(View v, bool big);

static bool scan(const Image *img, const Segment *seg, GoodFn *good, View *v)
{
	for (size_t i = (size_t)(-seg->addr & 7); view_has(seg->data, i, 8);
	     i += 8) {
		view_sub(seg->data, i, seg->data.n - i, v);
		if (is_pclntab(*v, img->big) && good(*v, img->big))
			return true;
	}
	return false;
}

static bool find(const Image *img, GoodFn *good, bool everywhere, View *v)
{
	Section s;
	bool named = false;

	for (u32 i = 0; img->format->section(img, i, &s); i++) {
		named |= s.name.n > 0;
		if ((view_suffix(s.name, ".gopclntab") ||
		     view_is(s.name, "__gopclntab")) &&
		    is_pclntab(s.data, img->big) && good(s.data, img->big)) {
			*v = s.data;
			return true;
		}
	}
	if (!everywhere && named && img->format->pclntab)
		return false;
	for (int i = 0; i < img->nseg; i++)
		if (scan(img, &img->seg[i], good, v))
			return true;
	return false;
}

/* Only a file without names of sections is searched: a system's directories
 * are full of large files that are not Go's. */
bool pclntab_find(const Image *img, View *pclntab)
{
	return find(img, is_pclntab, false, pclntab);
}

/* ---- the table ----------------------------------------------------- */

static bool header(View v, bool big, Pclntab *t)
{
	u64 word[NWORD], names;
	Cursor c = cursor(v, big);
	u32 magic = cur_u32(&c);

	if (magic != 0xfffffff1 && magic != 0xfffffff0)
		return false;
	cur_u32(&c);
	for (int i = 0; i < NWORD; i++)
		word[i] = cur_ptr(&c, v.p[7]);
	if (c.err || word[NFUNC] == 0 || word[NFUNC] > UINT32_MAX)
		return false;
	*t = (Pclntab){.bytes = v, .big = big, .nfunc = (u32)word[NFUNC],
		       .text = word[TEXTSTART]};
	names = word[CUTAB] >= word[FUNCNAMETAB] ?
		word[CUTAB] - word[FUNCNAMETAB] : 0;
	return view_sub(v, word[FUNCNAMETAB], names, &t->names) &&
		word[FUNCTAB] <= v.n &&
		view_sub(v, word[FUNCTAB], v.n - word[FUNCTAB],
			 &t->functab) &&
		view_has(t->functab, 0, word[NFUNC] * ENTRY + 4);
}

static bool has_header(View v, bool big)
{
	Pclntab t;

	return header(v, big, &t);
}

Fault pclntab_open(const Image *img, Pclntab *t)
{
	View v;

	*t = (Pclntab){0};
	/* lld puts that of Go 1.24 and 1.25 into .data.rel.ro, nameless. */
	if (!find(img, has_header, true, &v))
		return fault("there is no runtime.pclntab of Go 1.18 or "
			     "later", 0);
	if (!header(v, img->big, t))	/* a writer was in between */
		return fault("runtime.pclntab has changed", 0);
	for (int i = 0; i < img->nseg; i++) {
		const Segment *s = &img->seg[i];
		u64 off = (u64)(v.p - img->file.p);

		if (off >= s->off && off - s->off < s->data.n) {
			t->addr = s->addr + (off - s->off);
			return OK;
		}
	}
	return fault("runtime.pclntab is not in any segment",
		     (u64)(v.p - img->file.p));
}

static u32 row(const Pclntab *t, u64 i)
{
	return ld32(t->functab.p + i * ENTRY, t->big);
}

/* The rows are in order; where a damaged table has them otherwise, the size
 * is 0. */
bool pclntab_func(const Pclntab *t, u32 i, PclnFunc *f)
{
	View v;
	u32 entry, next, func;

	*f = (PclnFunc){.name = {t->bytes.p, 0}};
	if (i >= t->nfunc)
		return false;
	entry = row(t, i);
	next = row(t, (u64)i + 1);
	f->addr = t->text + entry;
	f->size = next > entry ? next - entry : 0;
	func = ld32(t->functab.p + (size_t)i * ENTRY + 4, t->big);
	if (view_sub(t->functab, (u64)func + NAMEOFF, 4, &v)) {
		u64 at = ld32(v.p, t->big);
		u64 n = at < t->names.n ? t->names.n - at : 0;

		view_sub(t->names, at, n < MAXNAME ? n : MAXNAME, &v);
		view_cstr(v, 0, &f->name);
	}
	return true;
}

bool pclntab_name(const Pclntab *t, size_t *at, View *name)
{
	if (!view_cstr(t->names, *at, name))
		return false;
	*at += name->n + 1;
	return true;
}

/* ---- runtime.text -------------------------------------------------- */

enum {
	FTAB_LEN = 17, MINPC = 20, TEXT = 22, MODWORDS,
	/* Each candidate is a span for dynrelocs. */
	MAXCAND = 64,
};

typedef struct {
	const Image *img;
	const Pclntab *tab;
	int n;
	struct {
		u64 addr;
		u64 word[MODWORDS];
	} cand[MAXCAND];
} Search;

static void add_cand(Search *s, u64 addr)
{
	u32 ptrsize = s->img->ptrsize;
	View v;

	for (int i = 0; i < s->n; i++)
		if (s->cand[i].addr == addr)
			return;
	if (s->n == MAXCAND ||
	    !image_bytes(s->img, addr, MODWORDS * ptrsize, &v, NULL))
		return;
	s->cand[s->n].addr = addr;
	for (u32 i = 0; i < MODWORDS; i++)
		s->cand[s->n].word[i] = ldptr(v.p + i * ptrsize, ptrsize,
					      s->img->big);
	s->n++;
}

/* Words that hold the table's address as they stand in the file. */
static void scan_words(Search *s, const Segment *seg)
{
	u32 size = s->img->ptrsize;

	for (size_t i = (size_t)(-seg->addr & (size - 1));
	     view_has(seg->data, i, size); i += size)
		if (ldptr(seg->data.p + i, size, s->img->big) == s->tab->addr)
			add_cand(s, seg->addr + i);
}

/* Words that the loader will make so. */
static void see_pointer(void *arg, const DynReloc *r)
{
	Search *s = arg;

	if (r->known && r->value == s->tab->addr)
		add_cand(s, r->addr);
}

static void see_field(void *arg, const DynReloc *r)
{
	Search *s = arg;
	u32 size = s->img->ptrsize;

	for (int i = 0; r->known && i < s->n; i++) {
		u64 d = r->addr - s->cand[i].addr;

		if (r->addr >= s->cand[i].addr && d % size == 0 &&
		    d / size < MODWORDS)
			s->cand[i].word[d / size] = r->value;
	}
}

static bool choose(Search *s, u64 *text)
{
	for (int i = 0; i < s->n; i++) {
		const u64 *w = s->cand[i].word;

		if (w[0] == s->tab->addr &&
		    w[FTAB_LEN] == (u64)s->tab->nfunc + 1 &&
		    w[MINPC] - w[TEXT] == row(s->tab, 0) &&
		    image_segment(s->img, w[TEXT])) {
			*text = w[TEXT];
			return true;
		}
	}
	return false;
}

/* Two passes over the relocations, whatever their number. */
static void relocs(Search *s)
{
	const Image *img = s->img;
	Span span[MAXCAND];
	int n = 0;

	for (int i = 0; i < img->nseg; i++)
		if (img->seg[i].perm & PERM_W)
			span[n++] = (Span){img->seg[i].addr,
				img->seg[i].addr + img->seg[i].data.n};
	img->format->dynrelocs(img, span, n, see_pointer, s);
	for (n = 0; n < s->n; n++)
		span[n] = (Span){s->cand[n].addr, s->cand[n].addr +
				 MODWORDS * (u64)img->ptrsize};
	img->format->dynrelocs(img, span, n, see_field, s);
}

bool pclntab_locate(const Image *img, Pclntab *t)
{
	Search s = {.img = img, .tab = t};
	u64 textstart = t->text;

	_Static_assert((int)IMAGE_MAXSEG <= (int)MAXCAND, "a span each");
	for (int i = 0; i < img->nseg; i++)
		if (!(img->seg[i].perm & PERM_X))
			scan_words(&s, &img->seg[i]);
	t->has_text = choose(&s, &t->text);
	if (!t->has_text && img->format->dynrelocs) {
		relocs(&s);
		t->has_text = choose(&s, &t->text);
	}
	/* There is no moduledata to be found: believe the header. */
	if (!t->has_text && textstart != 0) {
		const Segment *seg = image_segment(img, textstart);

		t->has_text = seg && (seg->perm & PERM_X);
	}
	return t->has_text;
}
