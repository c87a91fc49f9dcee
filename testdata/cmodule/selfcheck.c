/* The module's own check, before anything of it is used. */
#include <stdio.h>
#include <stdlib.h>

#include "sha256.h"
#include "fips_module.h"

FIPS_MODULE();

__attribute__((constructor)) void module_start(void)
{
	const char *why = fips_check();

	if (!why)
		return;
	fprintf(stderr, "module: %s\n", why);
	abort();
}
