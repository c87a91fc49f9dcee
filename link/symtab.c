#include "link/link.h"

void symtab(Link *L)
{
	(void)L;
}
