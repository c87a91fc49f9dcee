/*
 * Sealing any bytes: what is not refused verifies, differs from the input
 * only where it was written, and is left as it is the second time.
 */
#include <stdlib.h>

#include "check/check.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u8 *p = xrealloc(NULL, size ? size : 1);
	View before = view_of(data, size), after = view_of(p, size);
	Seal s;

	if (size)
		memcpy(p, data, size);
	if (!seal_bytes(p, size, &s).why) {
		if (seal_verify(before, after, 0, size, &s).why)
			DIE("what was sealed does not verify");
		if (s.already && size && memcmp(p, data, size) != 0)
			DIE("what was sealed already has been changed");
		if (seal_bytes(p, size, &s).why || !s.already)
			DIE("what was sealed is not sealed");
	}
	free(p);
	return 0;
}
