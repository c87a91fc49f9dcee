/* The Plan 9 a.out reader, on headers made here. */
#include "objabi/objabi.h"
#include "objabi/test.h"

enum { SIZE = 40 + 0x100 + 0x80 + 0x30 };

typedef struct {
	u8 b[SIZE];
	size_t n;
} Aout;

static void put(Aout *f, int word, u32 x)
{
	st32(f->b + 4 * word, x, true);
}

/* text 0x100, data 0x80, bss 0x40, syms 0x20, spsz 0, pcsz 0x10 */
static void make(Aout *f, u32 magic)
{
	static const u32 words[8] = { 0, 0x100, 0x80, 0x40, 0x20, 0, 0, 0x10 };

	*f = (Aout){0};
	for (int i = 0; i < 8; i++)
		put(f, i, words[i]);
	put(f, 0, magic);
	f->n = (magic & 0x8000 ? 40 : 32) + 0x100 + 0x80 + 0x30;
}

static Fault open_it(Image *img, const Aout *f)
{
	return image_open(img, view_of(f->b, f->n));
}

static void opens(u32 magic, ArchId arch, u64 base, u64 hdr, u64 data)
{
	static Aout f;
	Image img;

	make(&f, magic);
	EXPECT(!open_it(&img, &f).why);
	EXPECT(img.format == &plan9_format);
	EXPECT(img.arch == &arch_table[arch]);
	EXPECT_STR(img.goos, "plan9");
	EXPECT_EQ(img.kind, IMAGE_EXEC);
	EXPECT_EQ(img.ptrsize, arch_table[arch].ptrsize);
	EXPECT(!img.big && !img.pie && !img.dynamic);
	EXPECT_EQ(img.nseg, 2);
	EXPECT_EQ(img.seg[0].addr, base);
	EXPECT_EQ(img.seg[0].off, 0);
	EXPECT_EQ(img.seg[0].data.n, hdr + 0x100);
	EXPECT_EQ(img.seg[0].perm, PERM_R | PERM_X);
	EXPECT_EQ(img.seg[1].addr, data);
	EXPECT_EQ(img.seg[1].off, hdr + 0x100);
	EXPECT_EQ(img.seg[1].data.n, 0x80);
	EXPECT_EQ(img.seg[1].memsz, 0xc0);
	EXPECT_EQ(img.seg[1].perm, PERM_R | PERM_W);
	EXPECT_EQ(img.plan9.symtab.n, 0x20);
	EXPECT(img.plan9.symtab.p == f.b + hdr + 0x180);
}

TEST(opens_each_machine)
{
	opens(0x1eb, ARCH_386, 0x1000, 32, 0x2000);
	opens(0x647, ARCH_arm, 0x1000, 32, 0x2000);
	opens(0x8a97, ARCH_amd64, 0x200000, 40, 0x400000);
}

/* Text that ends on a boundary is followed at once by data. */
TEST(rounds_text)
{
	static u8 b[0x3000];
	Image img;

	st32(b, 0x1eb, true);
	for (u32 d = 0; d < 2; d++) {
		st32(b + 4, 0x2000 - 32 + d, true);
		EXPECT(!image_open(&img, view_of(b, sizeof b)).why);
		EXPECT_EQ(img.seg[1].addr, d ? 0x4000 : 0x3000);
	}
}

TEST(sections)
{
	static const struct { const char *name; u64 addr, off, size; } want[] = {
		{ "text", 0x200028, 40, 0x100 },
		{ "data", 0x400000, 0x128, 0x80 },
		{ "syms", 0, 0x1a8, 0x20 },
		{ "spsz", 0, 0x1c8, 0 },
		{ "pcsz", 0, 0x1c8, 0x10 },
	};
	static Aout f;
	Image img;
	Section s;

	make(&f, 0x8a97);
	EXPECT(!open_it(&img, &f).why);
	for (u32 i = 0; i < NELEM(want); i++) {
		EXPECT(plan9_format.section(&img, i, &s));
		EXPECT(view_is(s.name, want[i].name));
		EXPECT_EQ(s.addr, want[i].addr);
		EXPECT_EQ(s.off, want[i].off);
		EXPECT_EQ(s.size, want[i].size);
		EXPECT_EQ(s.data.n, want[i].size);
	}
	EXPECT(!plan9_format.section(&img, 5, &s));
	EXPECT(!plan9_format.section(&img, UINT32_MAX, &s));
}

/* On an allocation of its size, so that ASan sees a byte too many. */
static Fault open_first(const Aout *f, size_t n, Image *img)
{
	u8 *copy = malloc(n ? n : 1);
	Section s;
	Fault e;

	if (!copy)
		abort();
	memcpy(copy, f->b, n);
	e = image_open(img, view_of(copy, n));
	for (u32 i = 0; !e.why && img->format->section(img, i, &s); i++)
		EXPECT(s.data.n == 0 || s.data.p[s.data.n - 1] == 0);
	free(copy);
	return e;
}

TEST(cut_off_anywhere)
{
	static Aout f;
	Image img;

	make(&f, 0x8a97);
	for (size_t n = 0; n <= f.n; n++) {
		Fault e = open_first(&f, n, &img);

		if (n < 4)
			EXPECT(e.why && !img.format);
		else if (n < 40)
			EXPECT_STR(e.why, "Plan 9: header is cut off");
		else if (n < 0x128)
			EXPECT_STR(e.why, "Plan 9: text beyond the end of "
				   "the file");
		else if (n < 0x1a8)
			EXPECT_STR(e.why, "Plan 9: data beyond the end of "
				   "the file");
		else
			EXPECT(!e.why);
		if (!e.why)
			EXPECT_EQ(img.plan9.symtab.n, n < 0x1c8 ? 0 : 0x20);
	}
}

TEST(absurd_sizes)
{
	static Aout f;
	Image img;

	make(&f, 0x8a97);
	for (int i = 1; i < 8; i++)
		put(&f, i, 0xffffffff);
	EXPECT_EQ(open_it(&img, &f).off, 4);
	put(&f, 1, 0);
	EXPECT_EQ(open_it(&img, &f).off, 8);
	put(&f, 2, 0);
	EXPECT(!open_it(&img, &f).why);
	EXPECT_EQ(img.seg[1].memsz, 0xffffffff);
	EXPECT_EQ(img.seg[1].addr, 0x400000);
}

TEST(other_magics)
{
	static Aout f;
	Image img;

	make(&f, 0x8a97);
	put(&f, 0, 0xa97);
	EXPECT(open_it(&img, &f).why && !img.format);
	put(&f, 0, 0x978a0000);
	EXPECT(open_it(&img, &f).why && !img.format);
}

TEST_MAIN(
	RUN(opens_each_machine)
	RUN(rounds_text)
	RUN(sections)
	RUN(cut_off_anywhere)
	RUN(absurd_sizes)
	RUN(other_magics)
)
