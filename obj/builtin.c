/*
 * The builtin list and the other numbers of builtin.def, symkind.def and
 * reloctype.def that only objects need.
 */
#include "obj/obj.h"

#define NO UINT16_MAX

static const struct {
	char name[32];
	u8 len;
	u8 abi;
	u16 n[NGO];
} builtin_table[] = {
#define BUILTIN(name, abi, n24, n25, n26, n27) \
	{name, sizeof name - 1, abi, {n24, n25, n26, n27}},
#include "obj/builtin.def"
#undef BUILTIN
};

const char *builtin_name(Release r, u32 i, u16 *abi)
{
	for (size_t k = 0; i < NO && k < NELEM(builtin_table); k++)
		if (builtin_table[k].n[r] == i) {
			*abi = builtin_table[k].abi;
			return builtin_table[k].name;
		}
	return NULL;
}

u32 builtin_index(Release r, const Arch *arch, View name, u16 abi)
{
	/* Few names get beyond this. */
	if (!view_prefix(name, "runtime.") && !view_prefix(name, "type:"))
		return NOSYM;
	for (size_t k = 0; k < NELEM(builtin_table); k++)
		if (name.n == builtin_table[k].len &&
		    memcmp(name.p, builtin_table[k].name, name.n) == 0) {
			if (builtin_table[k].n[r] == NO)
				return NOSYM;
			return builtin_table[k].abi == abi ||
				!arch_regabi(r, arch) ?
				builtin_table[k].n[r] : NOSYM;
		}
	return NOSYM;
}

/* Where GOEXPERIMENT regabiwrappers is on (internal/buildcfg). */
bool arch_regabi(Release r, const Arch *arch)
{
	static const struct {
		ArchId arch;
		Release since;
	} regabi[] = {
		{ARCH_amd64, GO124}, {ARCH_arm64, GO124},
		{ARCH_loong64, GO124}, {ARCH_ppc64, GO124},
		{ARCH_ppc64le, GO124}, {ARCH_riscv64, GO124},
		{ARCH_s390x, GO127},
	};

	for (size_t i = 0; i < NELEM(regabi); i++)
		if (arch == &arch_table[regabi[i].arch])
			return r >= regabi[i].since;
	return false;
}

#define SYMKIND(name, n24, n25, n26, n27, fips) [name] = {n24, n25, n26, n27},
static const u8 symkind_numbers[NSYMKIND][NGO] = {
#include "objabi/symkind.def"
};
#undef SYMKIND

u8 symkind_number(Release r, SymKind k)
{
	return symkind_numbers[k][r];
}

#define RELOC(name, n24, n25, n26, n27, fips) \
	[ROW_##name] = {n24, n25, n26, n27},
static const u16 reloc_numbers[NRELOC][NGO] = {
#include "objabi/reloctype.def"
};
#undef RELOC

u16 reloc_number(Release r, RelocRow row)
{
	return row < NRELOC ? reloc_numbers[row][r] : 0;
}

RelocRow reloc_row(Release r, u16 type)
{
	for (RelocRow i = 0; i < NRELOC; i++)
		if (type != 0 && reloc_numbers[i][r] == type)
			return i;
	return NRELOC;
}
