/* Any bytes as the data of a program that has a function table in it. The
 * first byte chooses pointer size and byte order; there are no symbols and
 * no sections. */
#include "objabi/objabi.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static bool no_section(const Image *img, u32 i, Section *s)
{
	(void)img;
	(void)i;
	*s = (Section){0};
	return false;
}

static const Format raw = {.name = "raw", .section = no_section};

static void touch(View v)
{
	const volatile u8 *p = v.p;

	if (v.n) {
		(void)p[0];
		(void)p[v.n - 1];
	}
}

static void walk(const Image *img, Pclntab *t)
{
	u32 n = 0;
	size_t at = 0, names = 0;
	PclnFunc f;
	View v;

	if (pclntab_locate(img, t) && !image_segment(img, t->text))
		__builtin_trap();
	for (; pclntab_func(t, n, &f); n++)
		touch(f.name);
	if (n != t->nfunc || n > img->file.n / 8)
		__builtin_trap();
	while (pclntab_name(t, &at, &v)) {
		touch(v);
		names += v.n + 1;
	}
	if (names > t->names.n)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	Image img = {.format = &raw, .ptrsize = 8, .nseg = 2};
	Pclntab t;
	View v;

	if (size < 1)
		return 0;
	if (data[0] & 1)
		img.ptrsize = 4;
	img.big = data[0] & 2;
	img.file = view_of(data + 1, size - 1);
	img.seg[0] = (Segment){.addr = 0x1000, .memsz = size,
		.data = img.file, .perm = PERM_R | PERM_W};
	img.seg[1] = (Segment){.addr = 0x8000000, .memsz = 0x10000,
		.data = {data, 0}, .perm = PERM_R | PERM_X};
	if (pclntab_find(&img, &v))
		touch(v);
	if (!pclntab_open(&img, &t).why)
		walk(&img, &t);
	return 0;
}
