#include "link/link.h"

void dwarfcompress(Link *L)
{
	(void)L;
}
