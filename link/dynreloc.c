#include "link/link.h"

void dynreloc(Link *L, const SymVec bucket[NKIND])
{
	(void)L;
	(void)bucket;
}
