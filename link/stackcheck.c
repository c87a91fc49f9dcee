#include "link/link.h"

void do_stack_check(Link *L)
{
	(void)L;
}
