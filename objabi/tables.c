/*
 * The .def files as tables, and the questions that the programs ask them.
 *
 * Each .def file has its legend and its sources; crosscheck/tables holds
 * them against the sources of the four Go releases.
 */
#include "objabi/objabi.h"

/* ---- arch.def ------------------------------------------------------ */

#define LE false
#define BE true
#define ARCH(goarch, size, order, m24, m25, m26, m27, elf, macho, pe, plan9, \
	     rel, abs, glob, jump) \
	[ARCH_##goarch] = {#goarch, size, order, {m24, m25, m26, m27}, \
			   elf, macho, pe, plan9, rel, abs, glob, jump},
const Arch arch_table[NARCH] = {
#include "objabi/arch.def"
};
#undef ARCH
#undef LE
#undef BE

const Arch *arch_by_name(View goarch)
{
	for (size_t i = 0; i < NARCH; i++)
		if (view_is(goarch, arch_table[i].goarch))
			return &arch_table[i];
	return NULL;
}

/* One e_machine serves both word sizes and byte orders of a family. */
const Arch *arch_by_elf(u16 machine, unsigned ptrsize, bool big)
{
	for (size_t i = 0; i < NARCH; i++) {
		const Arch *a = &arch_table[i];

		if (machine != 0 && a->elf == machine &&
		    a->ptrsize == ptrsize && a->big == big)
			return a;
	}
	return NULL;
}

const Arch *arch_by_macho(u32 cputype)
{
	for (size_t i = 0; i < NARCH; i++)
		if (cputype != 0 && arch_table[i].macho == cputype)
			return &arch_table[i];
	return NULL;
}

const Arch *arch_by_pe(u16 machine)
{
	for (size_t i = 0; i < NARCH; i++)
		if (machine != 0 && arch_table[i].pe == machine)
			return &arch_table[i];
	return NULL;
}

const Arch *arch_by_plan9(u32 magic)
{
	for (size_t i = 0; i < NARCH; i++)
		if (magic != 0 && arch_table[i].plan9 == magic)
			return &arch_table[i];
	return NULL;
}
