#include "link/link.h"

void asmb(Link *L)
{
	(void)L;
}
