#include "link/link.h"

void asmbfips(Link *L)
{
	(void)L;
}
