#include "link/link.h"

SB sb_named(Link *L, const char *name, Kind k)
{
	Sym s = sym_lookup_or_create(L, view_str(name), 0);

	row(L, s)->attr |= A_REACHABLE;
	row(L, s)->kind = k;
	return sb_of(L, s);
}

Sym xdefine(Link *L, const char *name, Kind k, u64 value)
{
	SB b = sb_named(L, name, k);

	row(L, b.s)->attr |= A_SPECIAL | A_LOCAL;
	row(L, b.s)->value = (i64)value;
	return b.s;
}

void symtab(Link *L)
{
	(void)L;
}
