#include "link/link.h"

void why(Link *L)
{
	(void)L;
}
