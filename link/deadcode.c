#include "link/link.h"

void deadcode(Link *L)
{
	(void)L;
}
