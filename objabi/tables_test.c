/*
 * The lookups. That the rows are Go's own is crosscheck/tables' matter; here
 * are the properties that the code relies on, and a sample of each column.
 */
#include "objabi/objabi.h"
#include "objabi/test.h"

/* Each number leads back to its own row: no two rows claim the same file. */
TEST(arch_roundtrip)
{
	for (size_t i = 0; i < NARCH; i++) {
		const Arch *a = &arch_table[i];

		EXPECT(arch_by_name(view_str(a->goarch)) == a);
		EXPECT(a->ptrsize == 4 || a->ptrsize == 8);
		if (a->elf)
			EXPECT(arch_by_elf(a->elf, a->ptrsize, a->big) == a);
		if (a->macho)
			EXPECT(arch_by_macho(a->macho) == a);
		if (a->pe)
			EXPECT(arch_by_pe(a->pe) == a);
		if (a->plan9)
			EXPECT(arch_by_plan9(a->plan9) == a);
		if (a->elf)
			EXPECT(a->r_relative && a->r_abs && a->r_jump_slot);
	}
}

TEST(arch_unknown)
{
	EXPECT(!arch_by_name(view_str("")));
	EXPECT(!arch_by_name(view_str("amd6")));
	EXPECT(!arch_by_name(view_str("amd64p32")));
	EXPECT(!arch_by_elf(0, 8, false));
	EXPECT(!arch_by_elf(62, 4, false));	/* x32 */
	EXPECT(!arch_by_elf(183, 8, true));
	EXPECT(!arch_by_macho(0));
	EXPECT(!arch_by_macho(18));	/* PowerPC */
	EXPECT(!arch_by_pe(0));
	EXPECT(!arch_by_plan9(0));
}

TEST(arch_sample)
{
	const Arch *a = &arch_table[ARCH_riscv64];

	EXPECT_STR(a->goarch, "riscv64");
	EXPECT_EQ(a->minlc[GO125], 4);
	EXPECT_EQ(a->minlc[GO126], 2);
	EXPECT_EQ(arch_table[ARCH_arm64].r_relative, 1027);
	EXPECT_EQ(arch_table[ARCH_ppc64].r_abs, 38);
	EXPECT(arch_by_elf(8, 8, true) == &arch_table[ARCH_mips64]);
	EXPECT(arch_by_elf(8, 4, false) == &arch_table[ARCH_mipsle]);
	EXPECT(arch_by_macho(0x01000007) == &arch_table[ARCH_amd64]);
	EXPECT(arch_by_pe(0xaa64) == &arch_table[ARCH_arm64]);
	EXPECT(arch_by_plan9(0x1eb) == &arch_table[ARCH_386]);
}

static int release(const char *version)
{
	Release r;

	return release_of(view_str(version), &r) ? (int)r : -1;
}

TEST(release)
{
	EXPECT_EQ(release("go1.24.4"), GO124);
	EXPECT_EQ(release("go1.25"), GO125);
	EXPECT_EQ(release("go1.26rc1 X:nodwarf5"), GO126);
	EXPECT_EQ(release("go1.27-custom"), GO127);
	EXPECT_EQ(release("devel go1.25-0123abc Thu Jan 1"), GO125);
	EXPECT_EQ(release("go1.28.1"), NGO - 1);
	EXPECT_EQ(release("go1.4294967296"), NGO - 1);
	EXPECT_EQ(release("go1.23.9"), -1);
	EXPECT_EQ(release("go1.2"), -1);
	EXPECT_EQ(release("go1."), -1);
	EXPECT_EQ(release("go2.24"), -1);
	EXPECT_EQ(release("devel +0123abc"), -1);
	EXPECT_EQ(release("devel "), -1);
	EXPECT_EQ(release("devel"), -1);
	EXPECT_EQ(release(""), -1);
}

static Port port(Release r, const char *goos, const char *goarch)
{
	return port_of(r, view_str(goos), view_str(goarch));
}

TEST(port)
{
	EXPECT_EQ(port(GO124, "linux", "amd64"), PORT_FIPS);
	EXPECT_EQ(port(GO127, "plan9", "386"), PORT_FIPS);
	EXPECT_EQ(port(GO124, "openbsd", "mips64"), PORT_SUM);
	EXPECT_EQ(port(GO127, "openbsd", "mips64"), PORT_NONE);
	EXPECT_EQ(port(GO127, "windows", "386"), PORT_BARE);
	EXPECT_EQ(port(GO125, "windows", "arm"), PORT_BARE);
	EXPECT_EQ(port(GO126, "windows", "arm"), PORT_NONE);
	EXPECT_EQ(port(GO127, "js", "wasm"), PORT_BARE);
	EXPECT_EQ(port(GO127, "linux", "wasm"), PORT_NONE);
	EXPECT_EQ(port(GO127, "linux", "sparc64"), PORT_NONE);
	EXPECT_EQ(port(GO127, "", ""), PORT_NONE);
	EXPECT(fips_written(GO127, view_str("openbsd"), view_str("arm64")));
	EXPECT(fips_written(GO127, view_str("darwin"), view_str("arm64")));
	EXPECT(!fips_written(GO127, view_str("aix"), view_str("ppc64")));
	EXPECT(!fips_written(GO127, view_str("zos"), view_str("s390x")));
}

TEST(goos)
{
	EXPECT_STR(goos_by_name(view_str("windows"))->format, "pe");
	EXPECT_STR(goos_by_name(view_str("android"))->format, "elf");
	EXPECT(goos_by_name(view_str("ios"))->pie);
	EXPECT(!goos_by_name(view_str("linux"))->pie);
	EXPECT(!goos_by_name(view_str("hurd")));
	EXPECT(!goos_by_name(view_str("")));
}

TEST(names)
{
	EXPECT_STR(symkind_name(GO124, 0), "Sxxx");
	EXPECT_STR(symkind_name(GO124, 2), "STEXTFIPS");
	EXPECT_STR(symkind_name(GO124, 21), "SLIBFUZZER_8BIT_COUNTER");
	EXPECT_STR(symkind_name(GO125, 21), "SDWARFADDR");
	EXPECT(!symkind_name(GO124, 25));
	EXPECT(!symkind_name(GO127, 26));
	EXPECT_STR(reloc_name(GO124, 1), "R_ADDR");
	EXPECT_STR(reloc_name(GO124, 32), "R_DWARFFILEREF");
	EXPECT_STR(reloc_name(GO127, 32), "R_ARM64_TLS_LE");
	EXPECT_STR(reloc_name(GO127, 106), "R_DWTXTADDR_U4");
	EXPECT_STR(reloc_name(GO126, 0x8005), "R_WEAKADDROFF");
	EXPECT(!reloc_name(GO127, 0));
	EXPECT(!reloc_name(GO127, 107));
	EXPECT(!reloc_name(GO127, 0x8002));
	EXPECT(!reloc_name(GO127, 0x10001));
}

TEST_MAIN(
	RUN(arch_roundtrip)
	RUN(arch_unknown)
	RUN(arch_sample)
	RUN(release)
	RUN(port)
	RUN(goos)
	RUN(names)
)
