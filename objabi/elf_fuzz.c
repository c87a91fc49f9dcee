/* Any bytes as an ELF file, through everything that reads one. */
#include "objabi/objabi.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* Reads the ends of v, for ASan to object. */
static void touch(View v)
{
	const volatile u8 *p = v.p;

	if (v.n) {
		(void)p[0];
		(void)p[v.n - 1];
	}
}

typedef struct {
	const Span *spans;
	int n;
	const Image *img;
	u64 count;
} Seen;

/* What the callers of dynrelocs rely on. */
static void see(void *arg, const DynReloc *r)
{
	Seen *s = arg;

	if (r->size == 0 || !r->name ||
	    !spans_hit(s->spans, s->n, r->addr, r->size))
		__builtin_trap();
	if (s->img->ptrsize == 4 && r->value > UINT32_MAX)
		__builtin_trap();
	/* No table has more than 63 changes in a word, no packed one more
	 * than a word of the file for each; there are six. */
	if (++s->count > 6 * 63 * (u64)s->img->file.n)
		__builtin_trap();
	touch(r->sym);
}

static void relocs(const Image *img, const Span *spans, int n)
{
	Seen s = {spans, n, img, 0};
	Fault f = elf_format.dynrelocs(img, spans, n, see, &s);

	if (f.why && f.off > img->file.n)
		__builtin_trap();
}

static void tables(const Image *img)
{
	Section sec;
	Symbol sym;

	for (int i = 0; i < img->nseg; i++) {
		touch(img->seg[i].data);
		if (img->seg[i].data.n > img->seg[i].memsz)
			__builtin_trap();
	}
	for (u32 i = 0; elf_format.section(img, i, &sec); i++) {
		if (i > img->file.n)
			__builtin_trap();
		touch(sec.data);
		touch(sec.name);
	}
	for (u64 i = 0; elf_format.symbol(img, i, &sym); i++) {
		if (i > img->file.n)
			__builtin_trap();
		touch(sym.name);
	}
}

/* Everything, nothing, and a few places at the edges of each segment. */
static void spans(const Image *img)
{
	Span all = {0, UINT64_MAX};

	relocs(img, &all, 1);
	relocs(img, &all, 0);
	for (int i = 0; i < img->nseg; i++) {
		u64 a = img->seg[i].addr;
		Span few[] = {
			{a, a + 1}, {a + 0x20, a + 0x30},
			{a + 0x47, a + 0x49}, {a + 0x28, a + 0x28}, {7, 3},
		};

		relocs(img, few, NELEM(few));
	}
}

static void contents(const Image *img)
{
	Fipsinfo info;
	Buildinfo bi;
	Fault why = OK;
	View v;

	if (fipsinfo_find(img, &info, &why) == FIPS_FOUND)
		for (int i = 0; i < FIPS_NRANGE; i++)
			touch(info.bytes[i]);
	if (buildinfo_find(img, &bi, &why)) {
		touch(bi.version);
		touch(bi.mod);
		touch(bi.path);
	}
	if (pclntab_find(img, &v))
		touch(v);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	Image img;

	if (image_open(&img, view_of(data, size)).why ||
	    img.format != &elf_format)
		return 0;
	tables(&img);
	spans(&img);
	contents(&img);
	return 0;
}
