/* Any bytes as a Mach-O file, thin or universal, through everything that
 * reads one. */
#include "objabi/fuzz_image.h"

/* A byte of bind opcodes may stand for many changes; macho.c's own limit is
 * that each lies in the file. */
static void image(View v)
{
	Image img;

	if (!image_open(&img, v).why && img.format == &macho_format)
		fuzz_image(&img, UINT64_MAX);
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
