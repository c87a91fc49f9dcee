/* The formats that are only recognised: XCOFF and WebAssembly. */
#include "objabi/fuzz_image.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	Image img;

	if (!image_open(&img, view_of(data, size)).why && img.format->bare)
		fuzz_image(&img, 0);
	return 0;
}
