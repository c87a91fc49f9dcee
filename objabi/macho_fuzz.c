/* Any bytes as a Mach-O or fat file, through everything that reads one. */
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

/* What the callers of dynrelocs rely on. */
static void see(void *arg, const DynReloc *r)
{
	const Span *all = arg;

	if (r->size == 0 || !r->name || !spans_hit(all, 1, r->addr, r->size))
		__builtin_trap();
	touch(r->sym);
}

static void tables(const Image *img)
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
		touch(sec.data);
		touch(sec.name);
		touch(sec.segment);
	}
	for (u64 i = 0; i < 1000 && img->format->symbol(img, i, &sym); i++)
		touch(sym.name);
}

/* Everything, nothing, and a few places at the edges of each segment. */
static void relocs(const Image *img)
{
	Span all = {0, UINT64_MAX};

	img->format->dynrelocs(img, &all, 1, see, &all);
	img->format->dynrelocs(img, &all, 0, see, &all);
	for (int i = 0; i < img->nseg; i++) {
		u64 a = img->seg[i].addr;
		Span few[] = {
			{a, a + 1}, {a + 0xffc, a + 0x1001},
			{a + 0x20, a + 0x30}, {a + 0x28, a + 0x28}, {7, 3},
		};

		img->format->dynrelocs(img, few, NELEM(few), see, &all);
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

static void image(View v)
{
	Image img;

	if (image_open(&img, v).why || img.format != &macho_format)
		return;
	tables(&img);
	relocs(&img);
	contents(&img);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	View file = view_of(data, size), slice;
	const Arch *arch;
	Fat fat;
	u64 off;

	if (!fat_match(file)) {
		image(file);
		return 0;
	}
	if (fat_open(&fat, file).why)
		return 0;
	for (u32 i = 0; i < fat.n; i++)
		if (!fat_slice(&fat, i, &slice, &off, &arch).why)
			image(slice);
	return 0;
}
