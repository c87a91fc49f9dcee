/* Any bytes as a Plan 9 program, through everything that reads one. */
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

static void see(void *arg, const DynReloc *r)
{
	(void)arg;
	touch(view_str(r->name));
	touch(r->sym);
}

static void tables(const Image *img)
{
	Section sec;
	Symbol sym;

	for (int i = 0; i < img->nseg; i++) {
		touch(img->seg[i].data);
		touch(img->seg[i].name);
	}
	for (u32 i = 0; img->format->section(img, i, &sec); i++) {
		touch(sec.data);
		touch(sec.name);
	}
	for (u64 i = 0; i < 1000 && img->format->symbol(img, i, &sym); i++)
		touch(sym.name);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	Image img;
	Fipsinfo info;
	Buildinfo bi;
	Fault why = OK;
	View v;

	if (image_open(&img, view_of(data, size)).why ||
	    img.format != &plan9_format)
		return 0;
	tables(&img);
	img.format->dynrelocs(&img, &(Span){ 0, UINT64_MAX }, 1, see, NULL);
	if (fipsinfo_find(&img, &info, &why) == FIPS_FOUND)
		for (int i = 0; i < FIPS_NRANGE; i++)
			touch(info.bytes[i]);
	if (buildinfo_find(&img, &bi, &why)) {
		touch(bi.version);
		touch(bi.mod);
		touch(bi.path);
	}
	if (pclntab_find(&img, &v))
		touch(v);
	return 0;
}
