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

/* ---- releases ------------------------------------------------------ */

bool release_of(View goversion, Release *r)
{
	static const char devel[] = "devel ", go1[] = "go1.";
	size_t at = view_prefix(goversion, devel) ? sizeof(devel) - 1 : 0;
	unsigned minor = 0;
	View v;

	view_sub(goversion, at, goversion.n - at, &v);
	if (!view_prefix(v, go1))
		return false;
	/* Four digits are enough for a hundred years. */
	for (size_t i = sizeof(go1) - 1; i < v.n && i < 8; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			break;
		minor = minor * 10 + v.p[i] - '0';
	}
	if (minor < 24)
		return false;
	*r = minor - 24 < NGO ? (Release)(GO124 + minor - 24) : NGO - 1;
	return true;
}

/* go1, go1.0 ... go1.23 and their patches, and nothing else. */
bool release_is_old(View goversion)
{
	Release r;
	bool devel = view_prefix(goversion, "devel go1.");

	return (devel || view_prefix(goversion, "go1")) &&
		!release_of(goversion, &r);
}

/* ---- goos.def, platform.def ---------------------------------------- */

#define GOOS(goos, format, pie) {#goos, #format, pie},
static const Goos goos_table[] = {
#include "objabi/goos.def"
};
#undef GOOS

const Goos *goos_by_name(View goos)
{
	for (size_t i = 0; i < NELEM(goos_table); i++)
		if (view_is(goos, goos_table[i].goos))
			return &goos_table[i];
	return NULL;
}

#define PLATFORM(goos, goarch, p24, p25, p26, p27) \
	{#goos, ARCH_##goarch, {PORT_##p24, PORT_##p25, PORT_##p26, PORT_##p27}},
static const struct {
	const char *goos;
	ArchId arch;
	Port port[NGO];
} platform_table[] = {
#include "objabi/platform.def"
};
#undef PLATFORM

Port port_of(Release r, View goos, View goarch)
{
	const Arch *a = arch_by_name(goarch);

	for (size_t i = 0; a && i < NELEM(platform_table); i++)
		if (a == &arch_table[platform_table[i].arch] &&
		    view_is(goos, platform_table[i].goos))
			return platform_table[i].port[r];
	return PORT_NONE;
}

/* ---- symkind.def, reloctype.def ------------------------------------ */

/* A number of Go's object files, in each release, and its name. */
typedef struct {
	const char *name;
	u16 n[NGO];
} Number;

static const char *number_name(const Number *t, size_t n, Release r,
			       unsigned x)
{
	for (size_t i = 0; i < n; i++)
		if (t[i].n[r] == x)
			return t[i].name;
	return NULL;
}

#define SYMKIND(name, n24, n25, n26, n27, fips) {#name, {n24, n25, n26, n27}},
static const Number symkind_table[] = {
#include "objabi/symkind.def"
};
#undef SYMKIND

/* 0 marks the kinds that a release lacks, but Sxxx = 0 is the first row. */
const char *symkind_name(Release r, unsigned kind)
{
	return number_name(symkind_table, NELEM(symkind_table), r, kind);
}

#define RELOC(name, n24, n25, n26, n27, fips) {#name, {n24, n25, n26, n27}},
static const Number reloc_table[] = {
#include "objabi/reloctype.def"
};
#undef RELOC

const char *reloc_name(Release r, unsigned type)
{
	if (type == 0)
		return NULL;
	return number_name(reloc_table, NELEM(reloc_table), r, type);
}
