/*
 * The FIPS rules, case by case. That they are the compiler's and assembler's
 * for whole packages is crosscheck/rules' matter; that the tables are those
 * of the sources, crosscheck/tables' and crosscheck/fips-rules'.
 */
#include "obj/obj.h"
#include "objabi/test.h"

#define MODULE "crypto/internal/fips140"

static FipsRules rules(Release r, const char *pkgpath, bool shared)
{
	FipsRules f;

	fips_rules(&f, r, view_str("linux"), view_str("amd64"),
		   view_str(pkgpath), shared);
	return f;
}

static u8 kind_in(const char *pkgpath, const char *name, bool is_static,
		  u8 kind)
{
	FipsRules f = rules(GO127, pkgpath, false);

	return fips_kind(&f, view_str(name), is_static, kind);
}

static bool enabled(Release r, const char *goos, const char *goarch)
{
	return fips_enabled(r, view_str(goos), view_str(goarch));
}

TEST(ports)
{
	EXPECT(enabled(GO124, "linux", "amd64"));
	EXPECT(enabled(GO127, "windows", "arm64"));
	EXPECT(enabled(GO127, "openbsd", "amd64"));
	EXPECT(!enabled(GO127, "windows", "386"));
	EXPECT(!enabled(GO125, "windows", "arm"));
	EXPECT(!enabled(GO127, "aix", "ppc64"));
	EXPECT(!enabled(GO127, "js", "wasm"));
	EXPECT(!enabled(GO127, "", ""));
}

TEST(kinds)
{
	static const u8 pairs[][2] = {
		{STEXT, STEXTFIPS}, {SRODATA, SRODATAFIPS},
		{SNOPTRDATA, SNOPTRDATAFIPS}, {SDATA, SDATAFIPS},
	};

	for (u8 k = 0; k < NSYMKIND; k++) {
		u8 want = k;

		for (size_t i = 0; i < NELEM(pairs); i++)
			if (pairs[i][0] == k)
				want = pairs[i][1];
		EXPECT_EQ(kind_in(MODULE "/aes", MODULE "/aes.x", false, k),
			  want);
		EXPECT_EQ(kind_is_fips(want), want != k || kind_is_fips(k));
		EXPECT_EQ(kind_without_fips(want),
			  kind_is_fips(k) ? kind_without_fips(k) : k);
	}
	EXPECT_EQ(kind_without_fips(SDATAFIPS), SDATA);
	EXPECT_EQ(kind_in(MODULE, MODULE ".x", false, 255), 255);
}

/* The name decides, whatever package it is compiled in: an instance of a
 * generic function is compiled where it is used. */
TEST(names)
{
	EXPECT_EQ(kind_in("main", MODULE ".x", false, STEXT), STEXTFIPS);
	EXPECT_EQ(kind_in("main", MODULE "/sha256.x", false, STEXT),
		  STEXTFIPS);
	EXPECT_EQ(kind_in(MODULE, "main.x", false, STEXT), STEXT);
	EXPECT_EQ(kind_in(MODULE, MODULE, false, STEXT), STEXT);
	EXPECT_EQ(kind_in(MODULE, MODULE "only.x", false, STEXT), STEXT);
	EXPECT_EQ(kind_in(MODULE, MODULE "/", false, STEXT), STEXTFIPS);
	EXPECT_EQ(kind_in(MODULE, "type:" MODULE ".x", false, SRODATA),
		  SRODATA);
	EXPECT_EQ(kind_in(MODULE, "", false, SRODATA), SRODATA);
}

/* A static symbol has no package in its name. */
TEST(static_names)
{
	EXPECT_EQ(kind_in(MODULE, "x", true, SRODATA), SRODATAFIPS);
	EXPECT_EQ(kind_in(MODULE "/aes", "x", true, STEXT), STEXTFIPS);
	EXPECT_EQ(kind_in(MODULE "x", "x", true, STEXT), STEXT);
	EXPECT_EQ(kind_in(MODULE ".x", "x", true, STEXT), STEXT);
	EXPECT_EQ(kind_in("crypto/aes", MODULE ".x", true, STEXT), STEXT);
	EXPECT_EQ(kind_in(MODULE, "x.args_stackmap", true, SRODATA),
		  SRODATAFIPS);
}

TEST(test_packages)
{
	EXPECT_EQ(kind_in(MODULE "_test", MODULE "_test.x", false, STEXT),
		  STEXT);
	EXPECT_EQ(kind_in(MODULE "/aes_test", MODULE "/aes.x", false, STEXT),
		  STEXT);
	EXPECT_EQ(kind_in(MODULE "/aes_test", "x", true, STEXT), STEXT);
	EXPECT_EQ(kind_in(MODULE "/fipstest", MODULE "/fipstest.x", false,
			  STEXT), STEXTFIPS);
}

TEST(left_out)
{
	static const char *const out[] = {
		MODULE "..inittask", MODULE "/aes..dict.f[int]",
		MODULE ".typeAssert.0", MODULE ".f.arginfo0",
		MODULE ".f.arginfo1", MODULE ".f.argliveinfo",
		MODULE ".f.args_stackmap", MODULE ".f.opendefer",
		MODULE ".f.stkobj", MODULE ".f\302\267f",
		MODULE "/check.linkinfo",
	};
	static const char *const in[] = {
		MODULE ".f.arginfo2", MODULE ".f.arginfo1x",
		MODULE ".f.stkobjs", MODULE ".f\302\267", MODULE ".f",
		MODULE ".init.0", MODULE "/check.linkinfo2",
		MODULE ".x" MODULE "/check.linkinfo",
	};

	for (size_t i = 0; i < NELEM(out); i++) {
		EXPECT_EQ(kind_in(MODULE, out[i], false, SRODATA), SRODATA);
		EXPECT_EQ(kind_in(MODULE, out[i], false, STEXT), STEXTFIPS);
	}
	for (size_t i = 0; i < NELEM(in); i++)
		EXPECT_EQ(kind_in(MODULE, in[i], false, SRODATA),
			  SRODATAFIPS);
}

static u8 globl(u8 kind, unsigned flags)
{
	FipsRules f = rules(GO127, MODULE, false);

	return fips_globl_kind(&f, view_str(MODULE ".x"), false, kind, flags);
}

/* Declared before or after data is written, a variable gets its kind. */
TEST(globals)
{
	EXPECT_EQ(globl(Sxxx, 0), SBSS);
	EXPECT_EQ(globl(Sxxx, NOPTR), SNOPTRBSS);
	EXPECT_EQ(globl(Sxxx, RODATA), SRODATAFIPS);
	EXPECT_EQ(globl(Sxxx, RODATA | NOPTR | DUPOK), SRODATAFIPS);
	EXPECT_EQ(globl(Sxxx, TLSBSS), STLSBSS);
	EXPECT_EQ(globl(SDATAFIPS, 0), SDATAFIPS);
	EXPECT_EQ(globl(SDATAFIPS, NOPTR), SNOPTRDATAFIPS);
	EXPECT_EQ(globl(SDATA, NOPTR), SNOPTRDATAFIPS);
	EXPECT_EQ(globl(SDATAFIPS, RODATA), SRODATAFIPS);
}

static u8 write_to(Release r, u8 kind)
{
	FipsRules f = rules(r, MODULE, false);

	return fips_write_kind(&f, view_str(MODULE ".x"), false, kind);
}

TEST(writes)
{
	for (Release r = GO124; r < NGO; r++) {
		u8 later = r >= GO127;

		EXPECT_EQ(write_to(r, Sxxx), SDATAFIPS);
		EXPECT_EQ(write_to(r, SBSS), SDATAFIPS);
		EXPECT_EQ(write_to(r, SNOPTRBSS), SNOPTRDATAFIPS);
		EXPECT_EQ(write_to(r, SDATAFIPS), SDATAFIPS);
		EXPECT_EQ(write_to(r, SRODATA),
			  later ? SRODATAFIPS : SRODATA);
		EXPECT_EQ(write_to(r, SDATA), later ? SDATAFIPS : SDATA);
	}
}

TEST(relocations)
{
	FipsRules f = rules(GO127, MODULE, true);
	u16 addr = reloc_number(GO127, ROW_R_ADDR);
	u16 call = reloc_number(GO127, ROW_R_CALL);
	u16 keep = reloc_number(GO127, ROW_R_KEEP);

	EXPECT(!fips_reloc_ok(&f, STEXTFIPS, addr));
	EXPECT(fips_reloc_ok(&f, STEXTFIPS, call));
	EXPECT(fips_reloc_ok(&f, STEXTFIPS, keep));
	EXPECT(!fips_reloc_ok(&f, SRODATAFIPS, call));
	EXPECT(!fips_reloc_ok(&f, SDATAFIPS, addr));
	EXPECT(fips_reloc_ok(&f, SDATAFIPS, keep));
	EXPECT(fips_reloc_ok(&f, SDATA, addr));
	EXPECT(fips_reloc_ok(&f, STEXT, addr));
	EXPECT(!fips_reloc_ok(&f, STEXTFIPS, 0));
	EXPECT(!fips_reloc_ok(&f, STEXTFIPS, 9999));
	/* Weak offsets may, other weak ones may not. */
	EXPECT(fips_reloc_ok(&f, STEXTFIPS,
			     reloc_number(GO127, ROW_R_WEAKADDROFF)));
	EXPECT(!fips_reloc_ok(&f, STEXTFIPS, call | 0x8000));
	f.shared = false;
	EXPECT(fips_reloc_ok(&f, SDATAFIPS, addr));
	EXPECT(fips_reloc_ok(&f, STEXTFIPS, 9999));
}

/* One number, two types: R_JMPLOONG64 has gone in 1.27. */
TEST(relocations_by_release)
{
	FipsRules a = rules(GO126, MODULE, true);
	FipsRules b = rules(GO127, MODULE, true);

	EXPECT_STR(reloc_name(GO126, 92), "R_JMPLOONG64");
	EXPECT(fips_reloc_ok(&a, STEXTFIPS, 92));
	EXPECT_STR(reloc_name(GO127, 92), "R_LOONG64_ADD64");
	EXPECT(!fips_reloc_ok(&b, STEXTFIPS, 92));
}

static const char *words(Buf *b, u8 kind, u16 type)
{
	b->n = 0;
	fips_reloc_error(b, GO127, view_str(MODULE ".x"), kind, type);
	buf_add(b, (View){(const u8 *)"", 1});
	return b->p;
}

TEST(words)
{
	Buf b = {0};

	EXPECT_STR(words(&b, STEXTFIPS, 1), MODULE
		   ".x: invalid relocation R_ADDR in fips code");
	EXPECT_STR(words(&b, SRODATAFIPS, 1), MODULE
		   ".x: invalid relocation R_ADDR in fips data (SRODATAFIPS)");
	EXPECT_STR(words(&b, SDATAFIPS, 0x8001), MODULE
		   ".x: invalid relocation RelocType(-32767) in fips data "
		   "(SDATAFIPS)");
	EXPECT_STR(words(&b, STEXTFIPS, 9999), MODULE
		   ".x: invalid relocation RelocType(9999) in fips code");
	buf_free(&b);
}

TEST(bisection)
{
	View name = view_str(MODULE ".x");
	FipsRules f = rules(GO127, MODULE, false);
	Buf report = {0};
	Arena a = {0};
	Bisect m;

	EXPECT(!bisect_parse(&m, view_str("n"), &a));
	f.bisect = &m;
	f.report = &report;
	EXPECT_EQ(fips_kind(&f, name, false, SRODATA), SRODATA);
	EXPECT(fips_symbol(&f, name, false, SRODATA));
	buf_add(&report, (View){(const u8 *)"", 1});
	EXPECT_STR(report.p, "[bisect-match 0xb038a3dd3df620fa] "
		   MODULE ".x (SRODATA)\n");
	report.n = 0;
	/* What is no FIPS symbol anyway is not asked about. */
	EXPECT_EQ(fips_kind(&f, view_str("main.x"), false, SDATA), SDATA);
	EXPECT_EQ(report.n, 0);
	EXPECT(!bisect_parse(&m, view_str("y"), &a));
	EXPECT_EQ(fips_kind(&f, name, false, SRODATA), SRODATAFIPS);
	EXPECT(report.n > 0);
	buf_free(&report);
	arena_free(&a);
}

TEST_MAIN(
	RUN(ports)
	RUN(kinds)
	RUN(names)
	RUN(static_names)
	RUN(test_packages)
	RUN(left_out)
	RUN(globals)
	RUN(writes)
	RUN(relocations)
	RUN(relocations_by_release)
	RUN(words)
	RUN(bisection)
)
