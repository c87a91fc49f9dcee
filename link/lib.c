/*
 * Packages and their archives.
 *
 * Source: cmd/link/internal/ld/lib.go, ld.go, go.go
 */
#include "link/link.h"

void libinit(Link *L)
{
	(void)L;
}

void loadlib(Link *L)
{
	(void)L;
}
