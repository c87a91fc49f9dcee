#include "link/link.h"

void textaddress(Link *L)
{
	(void)L;
}

void buildinfo(Link *L)
{
	(void)L;
}
