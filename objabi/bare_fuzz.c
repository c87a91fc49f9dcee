/* The formats that are only recognised: XCOFF and WebAssembly. */
#include "objabi/objabi.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	Image img;
	Buildinfo bi;
	Fipsinfo info;
	Fault why;
	View v;

	if (image_open(&img, view_of(data, size)).why)
		return 0;
	buildinfo_find(&img, &bi, &why);
	fipsinfo_find(&img, &info, &why);
	pclntab_find(&img, &v);
	return 0;
}
