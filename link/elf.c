#include "link/link.h"

void doelf(Link *L)
{
	(void)L;
}

void set_arch_syms(Link *L)
{
	(void)L;
}
