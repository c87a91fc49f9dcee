/*
 * Mach-O headers, sections, symbols and fat files, wrong in one place at a
 * time.
 */
#include "objabi/macho_sample.h"
#include "objabi/test.h"

/* A heap copy of the exact size, so that ASan sees its end. */
static u8 *copy_of(const u8 *p, size_t n)
{
	u8 *copy = xrealloc(NULL, n ? n : 1);

	memcpy(copy, p, n);
	return copy;
}

static Fault open_sample(const Sample *m, size_t n, Image *img)
{
	u8 *copy = copy_of(m->b, n);
	Fault why = image_open(img, view_of(copy, n));

	free(copy);
	return why;
}

/* ---- opening ------------------------------------------------------- */

TEST(open)
{
	Sample m = sample();
	Image img;

	EXPECT_STR(image_open(&img, view_of(m.b, F_END)).why ? "bad" : "good",
		   "good");
	EXPECT_STR(img.format->name, "macho");
	EXPECT(img.arch == &arch_table[ARCH_arm64]);
	EXPECT_STR(img.goos, "darwin");
	EXPECT(img.kind == IMAGE_EXEC && img.pie && img.dynamic && !img.big);
	EXPECT_EQ(img.ptrsize, 8);
	EXPECT_EQ(img.nseg, 4);
	EXPECT_EQ(img.macho.base, TEXT);
	EXPECT_EQ(img.macho.codesign_off, F_END - 16);
	EXPECT_EQ(img.macho.codesign_size, 16);
	EXPECT_EQ(img.seg[0].data.n, 0);
	EXPECT_EQ(img.seg[0].perm, 0);
	EXPECT(view_is(img.seg[1].name, "__TEXT"));
	EXPECT_EQ(img.seg[1].perm, PERM_R | PERM_X);
	EXPECT_EQ(img.seg[2].perm, PERM_R | PERM_W);
	EXPECT_EQ(img.seg[2].data.n, 0x1800);
	EXPECT_EQ(img.seg[2].off, F_DATA);
}

TEST(kinds)
{
	static const struct {
		u32 filetype;
		ImageKind kind;
		bool pie;
	} rows[] = {
		{1, IMAGE_OTHER, false}, {2, IMAGE_EXEC, true},
		{6, IMAGE_SHLIB, false}, {8, IMAGE_SHLIB, false},
		{0xa, IMAGE_OTHER, false},
	};
	Image img;

	for (size_t i = 0; i < NELEM(rows); i++) {
		Sample m = sample();

		put32(&m, 12, rows[i].filetype);
		EXPECT(!open_sample(&m, F_END, &img).why);
		EXPECT(img.kind == rows[i].kind && img.pie == rows[i].pie);
	}
}

TEST(platforms)
{
	static const struct {
		u32 cmd, platform;
		const char *goos;
	} rows[] = {
		{0x32, 1, "darwin"}, {0x32, 2, "ios"}, {0x32, 3, ""},
		{0x32, 6, "ios"}, {0x32, 7, "ios"}, {0x32, 1000, ""},
		{0x24, 0, "darwin"}, {0x25, 0, "ios"}, {0x1b, 1, ""},
	};
	Image img;

	for (size_t i = 0; i < NELEM(rows); i++) {
		Sample m = sample();

		put32(&m, m.at[BUILD], rows[i].cmd);
		put32(&m, m.at[BUILD] + 8, rows[i].platform);
		EXPECT(!open_sample(&m, F_END, &img).why);
		EXPECT_STR(img.goos, rows[i].goos);
	}
}

/* Every shorter file lacks at least a part of __LINKEDIT. */
TEST(truncated)
{
	Sample m = sample();
	Image img;

	for (size_t n = 0; n < F_END; n++)
		if (!open_sample(&m, n, &img).why)
			EXPECT_EQ(n, F_END);
}

/* One 32-bit word is changed: at an offset in command cmd (-1: in the
 * header). */
static const struct {
	int cmd;
	u32 at, value;
	const char *why;
} bad[] = {
	{-1, 0, 0xfeedface, "32-bit Mach-O is not supported"},
	{-1, 0, 0xcefaedfe, "32-bit Mach-O is not supported"},
	{-1, 0, 0xcffaedfe, "big-endian Mach-O is not supported"},
	{-1, 16, 0xffffffff, "fewer load commands than the header says"},
	{-1, 16, NCMD + 1, "fewer load commands than the header says"},
	{-1, 20, 0xffffffff, "the load commands are not all in the file"},
	{TEXT_SEG, 4, 0, "a load command's size is wrong"},
	{TEXT_SEG, 4, 7, "a load command's size is wrong"},
	{TEXT_SEG, 4, 0xffffffff, "a load command's size is wrong"},
	{TEXT_SEG, 4, 64, "a load command is too short"},
	{TEXT_SEG, 64, 2, "more sections than the segment command holds"},
	{TEXT_SEG, 64, 0x80000000,
	 "more sections than the segment command holds"},
	{TEXT_SEG, 44, 0xffffffff, "a segment is not all in the file"},
	{TEXT_SEG, 52, 0x80000000, "a segment is not all in the file"},
	{TEXT_SEG, 48, F_END, "a segment is larger in the file than in "
	 "memory"},
	{TEXT_SEG, 36, 0xffffffff, "a segment's addresses overflow"},
	{TEXT_SEG, 32, 0x1001, "segments overlap in memory"},
	{DATA_SEG, 28, 0, "segments overlap in memory"},
	{SYMTAB, 12, 0xffffffff,
	 "a load command's table is not all in the file"},
	{SYMTAB, 8, 0xffffffff,
	 "a load command's table is not all in the file"},
	{SYMTAB, 20, F_END, "a load command's table is not all in the file"},
	{DYSYMTAB, 68, 0x20000000,
	 "a load command's table is not all in the file"},
	{DYSYMTAB, 76, 0xffffffff,
	 "a load command's table is not all in the file"},
	{INFO, 12, F_END + 1,
	 "a load command's table is not all in the file"},
	{FIXUPS, 12, F_END + 1,
	 "a load command's table is not all in the file"},
	{CODESIGN, 12, 17, "a load command's table is not all in the file"},
	{BUILD, 0, 0x2, "a load command occurs twice"},
	{CODESIGN, 0, 0x22, "a load command is too short"},
};

TEST(bad_headers)
{
	for (size_t i = 0; i < NELEM(bad); i++) {
		Sample m = sample();
		Image img;
		Fault why;

		put32(&m, (bad[i].cmd < 0 ? 0 : m.at[bad[i].cmd]) + bad[i].at,
		      bad[i].value);
		why = open_sample(&m, F_END, &img);
		EXPECT_STR(why.why, bad[i].why);
		EXPECT(why.off <= F_END);
	}
}

TEST(segments_in_any_order)
{
	Sample m = sample();
	Image img;

	put64(&m, m.at[PAGEZERO] + 32, 0x1000);
	put64(&m, m.at[LINK_SEG] + 24, 0x1000);
	EXPECT(!open_sample(&m, F_END, &img).why);
	put64(&m, m.at[LINK_SEG] + 24, 0xfff);
	EXPECT(open_sample(&m, F_END, &img).why);
}

TEST(too_many_segments)
{
	static u8 b[32 + 72 * (IMAGE_MAXSEG + 1)];
	Image img;

	st32(b, 0xfeedfacf, false);
	for (u32 n = IMAGE_MAXSEG; n <= IMAGE_MAXSEG + 1; n++) {
		st32(b + 16, n, false);
		st32(b + 20, 72 * n, false);
		for (u32 i = 0; i < n; i++) {
			st32(b + 32 + 72 * i, 0x19, false);
			st32(b + 36 + 72 * i, 72, false);
		}
		EXPECT((image_open(&img, view_of(b, sizeof b)).why == NULL) ==
		       (n == IMAGE_MAXSEG));
	}
}

/* ---- sections and symbols ------------------------------------------ */

TEST(sections)
{
	Sample m = sample();
	Image img;
	Section s;

	EXPECT(!image_open(&img, view_of(m.b, F_END)).why);
	EXPECT(image_section(&img, "__go_fipsinfo", &s));
	EXPECT(view_is(s.segment, "__DATA"));
	EXPECT_EQ(s.off, F_DATA);
	EXPECT_EQ(s.data.n, 120);
	EXPECT(image_section(&img, "__bss", &s));
	EXPECT(s.nobits && s.data.n == 0);
	EXPECT(!image_section(&img, "__gopclntab", &s));
	EXPECT(!macho_format.section(&img, 3, &s));
	EXPECT(!macho_format.section(&img, UINT32_MAX, &s));
}

/* The offset in the header is wrong, or the address, or the size. */
TEST(section_places)
{
	static const struct {
		u64 addr, size;
		u32 off;
		u64 n, at;	/* what is found */
	} rows[] = {
		{DATA + 8, 16, 0, 16, F_DATA + 8},
		{DATA + 8, 0x17f8, 0x12345678, 0x17f8, F_DATA + 8},
		{DATA + 8, 0x17f9, F_DATA, 0, F_DATA},
		{DATA - 1, 8, F_DATA, 0, F_DATA},
		{DATA, UINT64_MAX, F_DATA, 0, F_DATA},
		{UINT64_MAX, 8, F_DATA, 0, F_DATA},
	};

	for (size_t i = 0; i < NELEM(rows); i++) {
		Sample m = sample();
		Image img;
		Section s;

		put_section(&m, DATA_SEG, 0, "__go_fipsinfo", rows[i].addr,
			    rows[i].size, rows[i].off, 0);
		EXPECT(!image_open(&img, view_of(m.b, F_END)).why);
		EXPECT(macho_format.section(&img, 1, &s));
		EXPECT_EQ(s.data.n, rows[i].n);
		EXPECT_EQ(s.off, rows[i].at);
	}
}

/* Go's __DWARF: in the file, not in memory, and no address to go by. */
TEST(unloaded_segment)
{
	Sample m = sample();
	Image img;
	Section s;

	put64(&m, m.at[DATA_SEG] + 32, 0);
	put32(&m, m.at[DATA_SEG] + 60, 0);
	EXPECT(!image_open(&img, view_of(m.b, F_END)).why);
	EXPECT_EQ(img.seg[DATA_SEG].data.n, 0);
	EXPECT(image_section(&img, "__go_fipsinfo", &s));
	EXPECT_EQ(s.data.n, 120);
	EXPECT(s.data.p == m.b + F_DATA);
}

TEST(symbols)
{
	static const char letters[] = "TDBU??";
	static const char *const names[] = {
		"_main", "_main", "_main", "_open", "", "",
	};
	Sample m = sample();
	Image img;
	Symbol s;

	EXPECT(!image_open(&img, view_of(m.b, F_END)).why);
	for (u64 i = 0; i < 6; i++) {
		EXPECT(macho_format.symbol(&img, i, &s));
		EXPECT_EQ(s.letter, letters[i]);
		EXPECT(view_is(s.name, names[i]));
	}
	EXPECT_EQ(s.addr, 0);
	EXPECT(!macho_format.symbol(&img, 6, &s));
	EXPECT(!macho_format.symbol(&img, UINT64_MAX, &s));
}

/* ---- fat files ----------------------------------------------------- */

typedef struct {
	u8 b[4096];
	bool is64;
} FatFile;

static void put_slice(FatFile *f, u32 i, u32 cputype, u64 off, u64 size)
{
	u8 *p = f->b + 8 + i * (f->is64 ? 32u : 20u);

	st32(p, cputype, true);
	if (f->is64) {
		st64(p + 8, off, true);
		st64(p + 16, size, true);
	} else {
		st32(p + 8, (u32)off, true);
		st32(p + 12, (u32)size, true);
	}
}

static FatFile fat_sample(bool is64)
{
	FatFile f = {.is64 = is64};

	st32(f.b, is64 ? 0xcafebabf : 0xcafebabe, true);
	st32(f.b + 4, 2, true);
	put_slice(&f, 0, 0x01000007, 0x200, 0x300);
	put_slice(&f, 1, 0x0100000c, 0x500, 0x100);
	return f;
}

TEST(fat)
{
	for (int k = 0; k < 2; k++) {
		FatFile f = fat_sample(k);
		View v = view_of(f.b, sizeof f.b), s;
		Fat fat;
		u64 off;
		const Arch *arch;

		EXPECT(fat_match(v));
		EXPECT(!fat_open(&fat, v).why);
		EXPECT_EQ(fat.n, 2);
		EXPECT(!fat_slice(&fat, 1, &s, &off, &arch).why);
		EXPECT(off == 0x500 && s.n == 0x100 && s.p == f.b + 0x500);
		EXPECT(arch == &arch_table[ARCH_arm64]);
		put_slice(&f, 0, 18, 0x200, 0x300);
		EXPECT(!fat_slice(&fat, 0, &s, &off, &arch).why && !arch);
	}
}

TEST(fat_refused)
{
	static const struct {
		u32 i;
		u64 off, size;
		const char *why;
	} rows[] = {
		{1, 0x4ff, 0x100, "slices of the fat file overlap"},
		{1, 0x100, 0x101, "slices of the fat file overlap"},
		{1, 0x500, 0xb01, "a slice is not all in the fat file"},
		{1, 0xffffffff, 0xffffffff,
		 "a slice is not all in the fat file"},
		{0, 0, 0x200, "a slice overlaps the fat header"},
		{0, 40, 0x200, "a slice overlaps the fat header"},
	};
	Fat fat;

	for (size_t i = 0; i < NELEM(rows); i++) {
		for (int k = 0; k < 2; k++) {
			FatFile f = fat_sample(k);
			View v = view_of(f.b, sizeof f.b);

			put_slice(&f, rows[i].i, 7, rows[i].off, rows[i].size);
			v.n = 0x1000;
			EXPECT(fat_match(v));
			EXPECT_STR(fat_open(&fat, v).why, rows[i].why);
		}
	}
}

TEST(fat_truncated)
{
	for (size_t n = 0; n < 0x600; n++) {
		FatFile f = fat_sample(n & 1);
		u8 *copy = copy_of(f.b, n);
		Fat fat;

		EXPECT(fat_open(&fat, view_of(copy, n)).why);
		EXPECT(fat_match(view_of(copy, n)) == (n >= 8));
		free(copy);
	}
}

/* Java 1.1 to 26, and a fat file with as many good slices. */
TEST(fat_or_java)
{
	FatFile f = {0};
	View v = view_of(f.b, sizeof f.b);

	st32(f.b, 0xcafebabe, true);
	for (u32 version = 45; version < 71; version++) {
		st32(f.b + 4, version, true);
		EXPECT(!fat_match(v));
	}
	st32(f.b + 4, 3 << 16 | 45, true);
	EXPECT(!fat_match(v));
	st32(f.b + 4, 0, true);
	EXPECT(!fat_match(v));
	st32(f.b + 4, 50, true);
	for (u32 i = 0; i < 50; i++)
		put_slice(&f, i, 7, 0x800 + 8 * i, 8);
	EXPECT(fat_match(v));
}

TEST_MAIN(
	RUN(open)
	RUN(kinds)
	RUN(platforms)
	RUN(truncated)
	RUN(bad_headers)
	RUN(segments_in_any_order)
	RUN(too_many_segments)
	RUN(sections)
	RUN(section_places)
	RUN(unloaded_segment)
	RUN(symbols)
	RUN(fat)
	RUN(fat_refused)
	RUN(fat_truncated)
	RUN(fat_or_java)
)
