/*
 * What the fuzz targets of all formats do with an image that opens: read
 * everything that a reader gives, and trap where it breaks its promises.
 */
#ifndef OBJABI_FUZZ_IMAGE_H
#define OBJABI_FUZZ_IMAGE_H

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
	u64 left;	/* relocations that there may still be */
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
	if (s->left-- == 0)
		__builtin_trap();
	touch(r->sym);
}

static void fuzz_relocs(const Image *img, const Span *spans, int n, u64 most)
{
	Seen s = {spans, n, img, most};
	Fault f = img->format->dynrelocs(img, spans, n, see, &s);

	if (f.why && f.off > img->file.n)
		__builtin_trap();
}

/* Everything, nothing, and a few places at the edges of each segment. */
static void fuzz_spans(const Image *img, u64 most)
{
	Span all = {0, UINT64_MAX};

	fuzz_relocs(img, &all, 1, most);
	fuzz_relocs(img, &all, 0, most);
	for (int i = 0; i < img->nseg; i++) {
		u64 a = img->seg[i].addr;
		Span few[] = {
			{a, a + 1}, {a + 0x20, a + 0x30},
			{a + 0x47, a + 0x49}, {a + 0x28, a + 0x28},
			{a + 0xffc, a + 0x1001}, {7, 3},
		};

		fuzz_relocs(img, few, NELEM(few), most);
	}
}

static void fuzz_tables(const Image *img)
{
	Section sec;
	Symbol sym;

	for (int i = 0; i < img->nseg; i++) {
		touch(img->seg[i].data);
		touch(img->seg[i].name);
		if (img->seg[i].data.n > img->seg[i].memsz)
			__builtin_trap();
	}
	for (u32 i = 0; img->format->section(img, i, &sec); i++) {
		if (i > img->file.n)
			__builtin_trap();
		touch(sec.data);
		touch(sec.name);
		touch(sec.segment);
	}
	for (u64 i = 0; img->format->symbol(img, i, &sym); i++) {
		if (i > img->file.n)
			__builtin_trap();
		touch(sym.name);
	}
}

static void fuzz_contents(const Image *img)
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

/* most: how many relocations the file can have room for. */
static void fuzz_image(const Image *img, u64 most)
{
	fuzz_tables(img);
	if (img->format->dynrelocs)
		fuzz_spans(img, most);
	fuzz_contents(img);
}

#endif
