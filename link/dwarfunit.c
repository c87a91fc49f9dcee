#include "link/dwarf.h"

void dwarf_generate_debug_syms(Link *L)
{
	(void)L;
}

void dwarf_add_shstrings(Link *L)
{
	(void)L;
}
