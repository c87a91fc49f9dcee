#include "link/link.h"

void asmb2(Link *L)
{
	(void)L;
}
