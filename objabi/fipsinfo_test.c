/*
 * The struct and its search, on an image that exists in memory only: a
 * format whose sections and relocations are what each test says.
 */
#include "objabi/objabi.h"
#include "objabi/test.h"

enum { BASE = 0x400000, SIZE = 4096, TEXT = 64, INFO = 1024 };

static u8 bytes[SIZE + 128];	/* a little more than the image shows */
static Section sect;
static DynReloc reloc[4];
static int nreloc;

static bool fake_section(const Image *img, u32 i, Section *s)
{
	(void)img;
	*s = sect;
	return i == 0 && sect.name.n > 0;
}

static Fault fake_dynrelocs(const Image *img, const Span *spans, int n,
			    DynRelocFn *fn, void *arg)
{
	(void)img;
	for (int i = 0; i < nreloc; i++)
		if (spans_hit(spans, n, reloc[i].addr, reloc[i].size))
			fn(arg, &reloc[i]);
	return OK;
}

static const Format fake = {
	.name = "fake", .section = fake_section,
	.dynrelocs = fake_dynrelocs, .fipsinfo = ".go.fipsinfo",
	.buildinfo = ".go.buildinfo",
};

/* A struct at off whose self pointer is self; 32 bytes of text, and one
 * of each other kind behind it. */
static void put_info(size_t off, u64 self, unsigned ptrsize, bool big)
{
	const u64 p[] = {self, BASE + TEXT, BASE + TEXT + 32,
			 BASE + 200, BASE + 201, BASE + 202, BASE + 203,
			 BASE + 204, BASE + 205};

	memcpy(bytes + off, fips_magic, FIPS_MAGIC_SIZE);
	memset(bytes + off + 16, 0xab, 32);
	for (size_t i = 0; i < NELEM(p); i++) {
		if (ptrsize == 4)
			st32(bytes + off + 48 + 4 * i, (u32)p[i], big);
		else
			st64(bytes + off + 48 + 8 * i, p[i], big);
	}
}

static Image image(unsigned ptrsize, bool big)
{
	Image img = {.file = {bytes, SIZE}, .format = &fake, .goos = "",
		     .ptrsize = (u8)ptrsize, .big = big, .nseg = 1};

	img.seg[0] = (Segment){.addr = BASE, .memsz = SIZE, .perm = PERM_W,
			       .data = {bytes, SIZE}};
	memset(bytes, 0, SIZE);
	memset(bytes + TEXT, 0xcc, 32);
	sect = (Section){0};
	nreloc = 0;
	return img;
}

static FipsFind find(const Image *img, Fipsinfo *info)
{
	Fault why;
	FipsFind f = fipsinfo_find(img, info, &why);

	EXPECT((f == FIPS_BAD) == (why.why != NULL));
	return f;
}

TEST(scan_both_sizes_and_orders)
{
	static const struct { unsigned ptrsize; bool big; } c[] = {
		{4, false}, {4, true}, {8, false}, {8, true},
	};
	Fipsinfo info;

	for (size_t i = 0; i < NELEM(c); i++) {
		Image img = image(c[i].ptrsize, c[i].big);

		EXPECT_EQ(find(&img, &info), FIPS_NONE);
		put_info(INFO, BASE + INFO, c[i].ptrsize, c[i].big);
		EXPECT_EQ(find(&img, &info), FIPS_FOUND);
		EXPECT_EQ(info.addr, BASE + INFO);
		EXPECT_EQ(info.off, INFO);
		EXPECT_EQ(info.size, c[i].ptrsize == 8 ? 120 : 84);
		EXPECT_EQ(info.bytes[0].n, 32);
		EXPECT_EQ(info.range_off[0], TEXT);
		EXPECT_EQ(info.bytes[3].n, 1);
		EXPECT(!info.word_differs);
	}
}

TEST(only_aligned_places_count)
{
	Image img = image(8, false);
	Fipsinfo info;

	put_info(INFO + 8, BASE + INFO + 8, 8, false);
	EXPECT_EQ(find(&img, &info), FIPS_NONE);
}

TEST(not_in_read_only_memory)
{
	Image img = image(8, false);
	Fipsinfo info;

	put_info(INFO, BASE + INFO, 8, false);
	img.seg[0].perm = PERM_R;
	EXPECT_EQ(find(&img, &info), FIPS_NONE);
}

TEST(the_right_one_of_two)
{
	Image img = image(8, false);
	Fipsinfo info;

	put_info(512, BASE, 8, false);
	put_info(INFO, BASE + INFO, 8, false);
	EXPECT_EQ(find(&img, &info), FIPS_FOUND);
	EXPECT_EQ(info.off, INFO);
	put_info(512, BASE + 512, 8, false);
	EXPECT_EQ(find(&img, &info), FIPS_BAD);
}

TEST(wrong_self)
{
	Image img = image(8, false);
	Fipsinfo info;

	put_info(INFO, BASE + INFO + 16, 8, false);
	EXPECT_EQ(find(&img, &info), FIPS_BAD);
}

TEST(cut_off_at_the_end)
{
	Image img = image(8, false);
	Fipsinfo info;

	put_info(SIZE - 112, BASE + SIZE - 112, 8, false);
	EXPECT_EQ(find(&img, &info), FIPS_NONE);
}

TEST(too_many_magics)
{
	Image img = image(8, false);
	Fipsinfo info;

	for (size_t off = 1024; off < 1024 + 64 * 16; off += 16)
		memcpy(bytes + off, fips_magic, FIPS_MAGIC_SIZE);
	EXPECT_EQ(find(&img, &info), FIPS_BAD);
}

TEST(section_is_a_hint)
{
	Image img = image(8, false);
	Fipsinfo info;

	put_info(INFO, BASE + INFO, 8, false);
	sect = (Section){.name = view_str(".go.fipsinfo"), .addr = BASE + 8,
			 .size = 120};
	EXPECT_EQ(find(&img, &info), FIPS_FOUND);
	EXPECT_EQ(info.off, INFO);
	memset(bytes + INFO, 0, 120);
	sect.nobits = true;
	EXPECT_EQ(find(&img, &info), FIPS_NOBITS);
}

TEST(bad_ranges)
{
	Image img = image(8, false);
	Fipsinfo info;

	put_info(INFO, BASE + INFO, 8, false);
	st64(bytes + INFO + 48 + 8, BASE + 500, false);	/* start > end */
	st64(bytes + INFO + 48 + 32, BASE + SIZE + 1, false);	/* beyond */
	EXPECT_EQ(find(&img, &info), FIPS_FOUND);
	EXPECT_EQ(info.range_fault[0].off, INFO + 56);
	EXPECT(info.range_fault[1].why);
	EXPECT(!info.range_fault[2].why);
	EXPECT_EQ(info.bytes[0].n, 0);
}

static DynReloc relative(u64 addr, u64 value)
{
	return (DynReloc){.addr = addr, .size = 8, .known = true,
			  .value = value};
}

TEST(addend_wins)
{
	Image img = image(8, false);
	Fipsinfo info;

	put_info(INFO, 0, 8, false);
	st64(bytes + INFO + 56, 0, false);
	reloc[0] = relative(BASE + INFO + 48, BASE + INFO);
	reloc[1] = relative(BASE + INFO + 56, BASE + TEXT);
	nreloc = 2;
	EXPECT_EQ(find(&img, &info), FIPS_FOUND);
	EXPECT(info.word_differs);
	EXPECT_EQ(info.bytes[0].n, 32);
	nreloc = 1;	/* the text now starts at 0 */
	EXPECT_EQ(find(&img, &info), FIPS_FOUND);
	EXPECT(info.range_fault[0].why);
}

TEST(relocations_that_make_no_sense)
{
	Image img = image(8, false);
	Fipsinfo info;

	put_info(INFO, BASE + INFO, 8, false);
	nreloc = 1;
	reloc[0] = relative(BASE + INFO + 40, 0);	/* the sum */
	EXPECT_EQ(find(&img, &info), FIPS_BAD);
	reloc[0] = relative(BASE + INFO + 52, 0);	/* half a pointer */
	EXPECT_EQ(find(&img, &info), FIPS_BAD);
	reloc[0] = relative(BASE + INFO + 48, 0);
	reloc[0].known = false;
	EXPECT_EQ(find(&img, &info), FIPS_BAD);
	reloc[0] = relative(BASE + INFO - 8, 0);	/* just before */
	EXPECT_EQ(find(&img, &info), FIPS_FOUND);
	reloc[0] = relative(BASE + INFO + 120, 0);	/* just behind */
	EXPECT_EQ(find(&img, &info), FIPS_FOUND);
}

static bool sum_is(const char *text, const char *ro, size_t nro, u8 first)
{
	View r[FIPS_NRANGE] = {
		view_str(text), view_of(ro, nro), view_of("", 1),
		view_of("", nro == 2 ? 0 : 1),
	};
	u8 sum[SHA256_SIZE];

	fips_sum(r, sum);
	return sum[0] == first;
}

/* The vectors of docs/format.md, by their first byte: a single wrong byte
 * anywhere changes it with 255 chances of 256. */
TEST(vectors)
{
	char cc[33] = {0};

	memset(cc, 0xcc, 32);
	EXPECT(sum_is("text", "ro", 2, 0x02));
	EXPECT(sum_is(cc, "", 1, 0x83));
}

/* ---- build information ---------------------------------------------- */

static void put_build(size_t off, const char *version, const char *mod)
{
	u8 *p = bytes + off;
	size_t nv = strlen(version), nm = strlen(mod) + 32;

	memset(p, 0, 32);
	memcpy(p, "\xff Go buildinf:", 14);
	p[15] = 2;
	p += 32;
	*p++ = (u8)nv;
	memcpy(p, version, nv);
	p += nv;
	*p++ = (u8)(0x80 | (nm & 0x7f));
	*p++ = (u8)(nm >> 7);
	memset(p, '<', 16);
	memcpy(p + 16, mod, nm - 32);
	memset(p + nm - 16, '>', 16);
}

TEST(buildinfo)
{
	Image img = image(8, false);
	Buildinfo bi;
	Fault why;
	View key, v;
	size_t at = 0;

	EXPECT(!buildinfo_find(&img, &bi, &why));
	put_build(256, "go1.27.4", "path\tx/y\nmod\tx\tv1.2.3\th1:abc\n"
		  "dep\tz\tv0.1\nbuild\t-tags=fips\nbuild\t\"a=b\"=\"c d\"\n"
		  "build\tvcs.time=now\n");
	EXPECT(buildinfo_find(&img, &bi, &why));
	EXPECT(!why.why);
	EXPECT(view_is(bi.version, "go1.27.4"));
	EXPECT(view_is(bi.path, "x/y"));
	EXPECT(view_is(bi.module, "x"));
	EXPECT(view_is(bi.modversion, "v1.2.3"));
	EXPECT(buildinfo_setting(&bi, &at, &key, &v));
	EXPECT(view_is(key, "-tags") && view_is(v, "fips"));
	EXPECT(buildinfo_setting(&bi, &at, &key, &v));
	EXPECT(view_is(key, "\"a=b\"") && view_is(v, "\"c d\""));
	EXPECT(buildinfo_get(&bi, "vcs.time", &v) && view_is(v, "now"));
	EXPECT(!buildinfo_get(&bi, "vcs", &v));
}

TEST(bad_buildinfo)
{
	Image img = image(8, false);
	Buildinfo bi;
	Fault why;

	put_build(SIZE - 64, "go1.27.4", "path\tx\n");
	bytes[SIZE - 64 + 32] = 0x7f;	/* longer than the file */
	EXPECT(buildinfo_find(&img, &bi, &why) && why.why);
	EXPECT_EQ(why.off, SIZE - 64 + 32);
	bytes[SIZE - 64 + 15] = 0;
	EXPECT(buildinfo_find(&img, &bi, &why) && why.why);
}

TEST_MAIN(
	RUN(scan_both_sizes_and_orders) RUN(only_aligned_places_count)
	RUN(not_in_read_only_memory) RUN(the_right_one_of_two)
	RUN(wrong_self) RUN(cut_off_at_the_end) RUN(too_many_magics)
	RUN(section_is_a_hint) RUN(bad_ranges) RUN(addend_wins)
	RUN(relocations_that_make_no_sense) RUN(vectors) RUN(buildinfo)
	RUN(bad_buildinfo)
)
