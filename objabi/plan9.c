/*
 * Plan 9 a.out: eight big-endian words, and the bytes in their order.
 *
 *	magic, text, data, bss, syms, entry, spsz, pcsz	sizes in bytes
 *	entry, 8 bytes			if the magic has the bit HDR_MAGIC
 *	text data syms spsz pcsz	without any padding
 *
 * The text segment begins with the header, at 0x1000, or at 0x200000 with
 * HDR_MAGIC; the data segment at the next multiple of the same number. There
 * are no sections (those given out here are named as debug/plan9obj names
 * them), no dynamic linking, and Go's linker puts read-only data into text.
 * The words of the program have the byte order of its machine.
 *
 * Source: Plan 9's a.out(6); Go's debug/plan9obj, cmd/link/internal/ld/asmb.go
 * (writePlan9Header), and Hplan9 in cmd/link/internal/{amd64,arm,x86}/obj.go.
 */
#include "objabi/objabi.h"

enum {
	HDR_MAGIC = 0x8000,
	HDR_SIZE = 32
};

/* Where everything lies, in file order. */
enum { TEXT, DATA, SYMS, SPSZ, PCSZ, NPART };

typedef struct {
	u64 base;	/* and the rounding */
	u64 hdrsize, bss;
	u64 off[NPART], size[NPART];
} Plan9Hdr;

static bool plan9_match(View file)
{
	return view_has(file, 0, 4) && arch_by_plan9(ld32(file.p, true));
}

/* Sums of a few 32-bit sizes: nothing overflows. false: cut off. */
static bool hdr_read(View file, Plan9Hdr *h)
{
	static const u8 word[NPART] = { 1, 2, 4, 6, 7 };
	bool wide;
	u64 off;

	if (!view_has(file, 0, HDR_SIZE))
		return false;
	wide = ld32(file.p, true) & HDR_MAGIC;
	h->base = wide ? 0x200000 : 0x1000;
	h->hdrsize = off = wide ? HDR_SIZE + 8 : HDR_SIZE;
	h->bss = ld32(file.p + 4 * 3, true);
	for (int i = 0; i < NPART; i++) {
		h->off[i] = off;
		h->size[i] = ld32(file.p + 4 * word[i], true);
		off += h->size[i];
	}
	return view_has(file, 0, h->hdrsize);
}

static u64 data_addr(const Plan9Hdr *h)
{
	u64 end = h->base + h->hdrsize + h->size[TEXT];

	return (end + h->base - 1) & ~(h->base - 1);
}

static Fault plan9_open(Image *img)
{
	Segment *text = &img->seg[0], *data = &img->seg[1];
	Plan9Hdr h;

	if (!hdr_read(img->file, &h))
		return fault("Plan 9: header is cut off", img->file.n);
	img->arch = arch_by_plan9(ld32(img->file.p, true));
	img->ptrsize = img->arch->ptrsize;
	img->big = img->arch->big;
	img->goos = "plan9";
	img->kind = IMAGE_EXEC;
	*text = (Segment){
		.name = view_str("text"),
		.addr = h.base,
		.memsz = h.hdrsize + h.size[TEXT],
		.perm = PERM_R | PERM_X,
	};
	*data = (Segment){
		.name = view_str("data"),
		.addr = data_addr(&h),
		.memsz = h.size[DATA] + h.bss,
		.off = h.off[DATA],
		.perm = PERM_R | PERM_W,
	};
	if (!view_sub(img->file, 0, text->memsz, &text->data))
		return fault("Plan 9: text beyond the end of the file", 4);
	if (!view_sub(img->file, data->off, h.size[DATA], &data->data))
		return fault("Plan 9: data beyond the end of the file", 8);
	img->nseg = 2;
	/* A kernel does not look at the symbols: none, if not all. */
	view_sub(img->file, h.off[SYMS], h.size[SYMS], &img->plan9.symtab);
	return OK;
}

static bool plan9_section(const Image *img, u32 i, Section *s)
{
	static const char *const name[NPART] = {
		"text", "data", "syms", "spsz", "pcsz"
	};
	Plan9Hdr h;

	if (i >= NPART || !hdr_read(img->file, &h))
		return false;
	*s = (Section){
		.name = view_str(name[i]),
		.size = h.size[i],
		.off = h.off[i],
	};
	if (i == TEXT)
		s->addr = h.base + h.hdrsize;
	if (i == DATA)
		s->addr = data_addr(&h);
	view_sub(img->file, s->off, s->size, &s->data);
	return true;
}

/* Symbols have no fixed size, so the i-th is found only by reading all
 * before it: reading all would take quadratic time. Until there is a way to
 * walk them, there are none. */
static bool plan9_symbol(const Image *img, u64 i, Symbol *s)
{
	(void)img;
	(void)i;
	*s = (Symbol){ .letter = '?' };
	return false;
}

static Fault plan9_dynrelocs(const Image *img, const Span *spans, int n,
			     DynRelocFn *fn, void *arg)
{
	(void)img;
	(void)spans;
	(void)n;
	(void)fn;
	(void)arg;
	return OK;
}

const Format plan9_format = {
	.name = "plan9",
	.match = plan9_match,
	.open = plan9_open,
	.section = plan9_section,
	.symbol = plan9_symbol,
	.dynrelocs = plan9_dynrelocs,
};
