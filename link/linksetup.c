#include "link/link.h"

void linksetup(Link *L)
{
	(void)L;
}

void dostrdata(Link *L)
{
	(void)L;
}

void addstrdata1(Link *L, View nameval)
{
	(void)L;
	(void)nameval;
}
