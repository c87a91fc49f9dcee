/*
 * Symbols get their numbers.
 *
 * Source: cmd/link/internal/loader/loader.go
 */
#include "link/link.h"

Sym sym_lookup(const Link *L, View name, u32 ver)
{
	(void)L, (void)name, (void)ver;
	return 0;
}

Sym sym_lookup_or_create(Link *L, View name, u32 ver)
{
	(void)L, (void)name, (void)ver;
	return 0;
}

Sym sym_create(Link *L, View name, u32 ver)
{
	(void)L, (void)name, (void)ver;
	return 0;
}

Sym sym_create_static(Link *L, View name)
{
	(void)L, (void)name;
	return 0;
}

void sym_set_def(Link *L, Sym s, u32 obj, u32 li)
{
	(void)L, (void)s, (void)obj, (void)li;
}
