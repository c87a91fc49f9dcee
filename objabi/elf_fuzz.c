/* Any bytes as an ELF file, through everything that reads one. */
#include "objabi/fuzz_image.h"

/* No table has more than 63 changes in a word, no packed one more than a
 * word of the file for each; there are seven tables. */
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	Image img;

	if (!image_open(&img, view_of(data, size)).why &&
	    img.format == &elf_format)
		fuzz_image(&img, 7 * 63 * (u64)size);
	return 0;
}
