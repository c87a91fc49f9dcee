#include "link/link.h"

void pclntab(Link *L)
{
	(void)L;
}
