#include "link/link.h"

void write_output(Link *L)
{
	(void)L;
}

void out_reserve(Link *L, u64 n)
{
	(void)L;
	(void)n;
}
