/*
 * The order in which packages are initialized.
 *
 * Source: cmd/link/internal/ld/inittask.go
 */
#include "link/link.h"

void inittasks(Link *L)
{
	(void)L;
}
