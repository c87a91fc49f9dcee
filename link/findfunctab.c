#include "link/link.h"

void findfunctab(Link *L)
{
	(void)L;
}
