#include "link/link.h"

void address(Link *L)
{
	(void)L;
}

void layout(Link *L)
{
	(void)L;
}
