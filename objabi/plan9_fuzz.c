/* Any bytes as a Plan 9 program, through everything that reads one. */
#include "objabi/fuzz_image.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	Image img;

	if (!image_open(&img, view_of(data, size)).why &&
	    img.format == &plan9_format)
		fuzz_image(&img, size);
	return 0;
}
