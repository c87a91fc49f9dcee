/* The PE reader, on variations of one small file. */
#include "objabi/objabi.h"
#include "objabi/pe_sample.h"
#include "objabi/test.h"

static Fault open_it(Image *img, const Pe *f)
{
	return image_open(img, view_of(f->b, f->n));
}

/* Why is it refused, and with which offset? */
static void refused(const Pe *f, const char *why, u64 off)
{
	static Image img;
	Fault e = open_it(&img, f);

	EXPECT_STR(e.why, why);
	EXPECT_EQ(e.off, off);
}

TEST(opens_pe32plus)
{
	static Pe f;
	Image img;

	make(&f, true);
	EXPECT(!open_it(&img, &f).why);
	EXPECT(img.format == &pe_format);
	EXPECT(img.arch == &arch_table[ARCH_amd64]);
	EXPECT_STR(img.goos, "windows");
	EXPECT_EQ(img.kind, IMAGE_EXEC);
	EXPECT(img.pie && img.dynamic && !img.big);
	EXPECT_EQ(img.ptrsize, 8);
	EXPECT_EQ(img.nseg, 4);
	EXPECT_EQ(img.seg[0].addr, BASE + 0x1000);
	EXPECT_EQ(img.seg[0].data.n, 0x150);	/* the raw size is more */
	EXPECT_EQ(img.seg[0].off, TEXT);
	EXPECT_EQ(img.seg[0].perm, PERM_R | PERM_X);
	EXPECT_EQ(img.seg[2].memsz, 0x900);
	EXPECT_EQ(img.seg[2].data.n, 0x200);	/* the raw size is less */
	EXPECT_EQ(img.seg[2].perm, PERM_R | PERM_W);
	EXPECT_EQ(img.seg[3].memsz, 0x200);	/* for want of VirtualSize */
	EXPECT(view_is(img.seg[1].name, ".rdata"));
	EXPECT_EQ(img.pe.cert_off, 0xe00);
	EXPECT_EQ(img.pe.cert_size, 0x80);
}

TEST(opens_pe32)
{
	static Pe f;
	Image img;

	make(&f, false);
	EXPECT(!open_it(&img, &f).why);
	EXPECT(img.arch == &arch_table[ARCH_386]);
	EXPECT_STR(img.goos, "windows");
	EXPECT_EQ(img.ptrsize, 4);
	EXPECT_EQ(img.nseg, 4);
	EXPECT_EQ(img.seg[2].addr, 0x403000);
	EXPECT(img.pie);
}

TEST(kinds)
{
	static Pe f;
	Image img;

	make(&f, true);
	put16(&f, COFF + 18, 0x2022);
	put16(&f, OPT + 68, 2);
	EXPECT(!open_it(&img, &f).why);
	EXPECT_EQ(img.kind, IMAGE_SHLIB);
	EXPECT_STR(img.goos, "windows");

	put16(&f, COFF + 18, 0x23);	/* RELOCS_STRIPPED */
	put16(&f, OPT + 68, 10);	/* EFI */
	EXPECT(!open_it(&img, &f).why);
	EXPECT_EQ(img.kind, IMAGE_EXEC);
	EXPECT(!img.pie);
	EXPECT_EQ(img.pe.reloc.n, 0);
	EXPECT_STR(img.goos, "");

	put16(&f, COFF + 18, 0);
	put16(&f, OPT + 70, 0);	/* fixed, but movable if need be */
	EXPECT(!open_it(&img, &f).why);
	EXPECT_EQ(img.kind, IMAGE_OTHER);
	EXPECT(!img.pie && img.dynamic);
	EXPECT_EQ(img.pe.reloc.n, 32);

	put16(&f, COFF, 0x200);	/* ia64 */
	put16(&f, OPT + 68, 3);
	EXPECT(!open_it(&img, &f).why);
	EXPECT(img.arch == NULL);
	EXPECT_STR(img.goos, "");
}

TEST(few_directories)
{
	static Pe f;
	Image img;

	make(&f, true);
	put32(&f, OPT + 108, 5);	/* base relocations would be the 6th */
	EXPECT(!open_it(&img, &f).why);
	EXPECT_EQ(img.pe.reloc.n, 0);
	EXPECT_EQ(img.pe.iat_size, 0);
	EXPECT_EQ(img.pe.cert_size, 0x80);
	EXPECT(!img.dynamic);
	put32(&f, OPT + 108, 0xffffffff);	/* read as 16 */
	EXPECT(!open_it(&img, &f).why);
	EXPECT_EQ(img.pe.iat_size, 0x40);
}

TEST(recognised)
{
	static Pe f;

	make(&f, true);
	EXPECT(pe_format.match(view_of(f.b, f.n)));
	EXPECT(!pe_format.match(view_of(f.b, 63)));
	EXPECT(pe_format.match(view_of(f.b, 64)));	/* cut off */
	put32(&f, 0x3c, 0xffffffff);
	EXPECT(pe_format.match(view_of(f.b, f.n)));
	put16(&f, 0x18, 0x1c);	/* a program for DOS */
	EXPECT(!pe_format.match(view_of(f.b, f.n)));
	put32(&f, 0x3c, PE);
	EXPECT(pe_format.match(view_of(f.b, f.n)));
	f.b[PE] = 'N';	/* one for 16-bit Windows */
	EXPECT(!pe_format.match(view_of(f.b, f.n)));
}

/* On an allocation of its size, so that ASan sees a byte too many. */
static Fault open_first(const Pe *f, size_t n)
{
	u8 *copy = malloc(n ? n : 1);
	Fault e;
	Image img;

	if (!copy)
		abort();
	memcpy(copy, f->b, n);
	e = image_open(&img, view_of(copy, n));
	free(copy);
	return e;
}

TEST(cut_off_anywhere)
{
	static Pe f;

	for (int plus = 0; plus < 2; plus++) {
		make(&f, plus);
		for (size_t n = 0; n < END; n++)
			EXPECT(open_first(&f, n).why);
		for (size_t n = END; n <= f.n; n++)
			EXPECT(!open_first(&f, n).why);
	}
}

TEST(bad_headers)
{
	static Pe f;

	make(&f, true);
	put32(&f, 0x3c, 0xfffffffc);
	refused(&f, "PE: e_lfanew points beyond the end of the file", 0x3c);
	make(&f, true);
	put16(&f, COFF + 16, 95);
	refused(&f, "PE: optional header is cut off", OPT);
	put16(&f, COFF + 16, 0xffff);
	refused(&f, "PE: optional header is cut off", OPT);
	put16(&f, COFF + 16, 111);	/* enough for PE32 only */
	refused(&f, "PE: optional header is cut off", OPT);
	put16(&f, COFF + 16, 112 + 127);
	refused(&f, "PE: data directories do not fit the optional header",
		OPT + 112);
	make(&f, true);
	put16(&f, OPT, 0x107);
	refused(&f, "PE: optional header of unknown type", OPT);
	make(&f, true);
	put16(&f, COFF, 0x14c);
	refused(&f, "PE: optional header is not one of this machine", OPT);
	make(&f, true);
	put64(&f, OPT + 24, UINT64_MAX);
	refused(&f, "PE: ImageBase is too large", OPT + 24);
}

TEST(bad_sections)
{
	static Pe f;
	u64 at;

	make(&f, true);
	at = sect_at(&f, 1);
	put_sect(&f, 1, "a", 0x400, 0x2000, 0x400, 0xfffffe00, 0);
	refused(&f, "PE: section beyond the end of the file", at);
	put_sect(&f, 1, "a", 0, 0x2000, 0xffffffff, RDATA, 0);
	refused(&f, "PE: section beyond the end of the file", at);
	put_sect(&f, 1, "a", 0x100, 0x2000, 0x200, RDATA + 4, 0);
	refused(&f, "PE: section's file offset is not a multiple of 512", at);
	put32(&f, OPT + 32, 0x20);	/* then it is taken as it stands */
	EXPECT(!open_first(&f, f.n).why);
	put_sect(&f, 1, "a", 0x200, 0x114f, 0x200, RDATA, 0);
	refused(&f, "PE: sections overlap or are out of order", at);
	put_sect(&f, 1, "a", 0x200, 0x0800, 0x200, RDATA, 0);
	refused(&f, "PE: sections overlap or are out of order", at);
	put_sect(&f, 1, "a", 0xffffffff, 0xffffffff, 0x200, RDATA, 0);
	refused(&f, "PE: sections overlap or are out of order", at + 40);
	make(&f, true);
	put16(&f, COFF + 2, 97);
	refused(&f, "PE: too many sections", COFF + 2);
	put16(&f, COFF + 2, 96);
	f.n = END;
	refused(&f, "PE: section table is cut off", at - 40);
}

TEST(many_sections)
{
	static Pe f;
	Image img;
	Section s;

	make(&f, true);
	f.n = SIZE;
	put32(&f, COFF + 8, 0);
	put_dir(&f, 5, 0, 0);
	for (int i = 0; i < 65; i++)
		put_sect(&f, i, "s", 1, 0x1000 + 0x1000 * (u32)i, 0, 0, 0);
	put16(&f, COFF + 2, 64);
	EXPECT(!open_it(&img, &f).why);
	EXPECT_EQ(img.nseg, IMAGE_MAXSEG);
	put16(&f, COFF + 2, 65);
	refused(&f, "PE: too many sections", sect_at(&f, 64));
	/* One that takes no memory is no segment. */
	put_sect(&f, 10, "empty", 0, 0x77777777, 0, 0, 0);
	EXPECT(!open_it(&img, &f).why);
	EXPECT_EQ(img.nseg, 64);
	EXPECT(pe_format.section(&img, 64, &s));
	EXPECT(!pe_format.section(&img, 65, &s));
	EXPECT(image_section(&img, "empty", &s));
}

TEST(sections)
{
	static Pe f;
	Image img;
	Section s;

	make(&f, true);
	put_sect(&f, 1, ".rdata", 0x200, 0x2000, 0x200, 0, 0x40000040);
	EXPECT(!open_it(&img, &f).why);
	EXPECT(pe_format.section(&img, 0, &s));
	EXPECT_EQ(s.addr, BASE + 0x1000);
	EXPECT_EQ(s.size, 0x150);
	EXPECT_EQ(s.off, TEXT);
	EXPECT_EQ(s.data.n, 0x150);
	EXPECT_EQ(s.flags, 0x60000020);
	EXPECT(!s.nobits);
	EXPECT(image_section(&img, ".rdata", &s));
	EXPECT(s.nobits && s.data.n == 0);
	EXPECT_EQ(img.seg[1].data.n, 0);
	EXPECT_EQ(img.seg[1].memsz, 0x200);
}

/* The name that section 1 has if its field holds this. */
static void named(Pe *f, const char *field, const char *want)
{
	Image img;
	Section s = {0};

	put_sect(f, 1, field, 0x200, 0x2000, 0x200, RDATA, 0);
	EXPECT(!open_it(&img, f).why);
	EXPECT(pe_format.section(&img, 1, &s));
	if (!view_is(s.name, want))
		printf("%s: %.*s\n", field, (int)s.name.n, s.name.p);
	EXPECT(view_is(s.name, want));
	EXPECT(view_eq(s.name, img.seg[1].name));
}

TEST(names)
{
	static Pe f;

	make(&f, true);
	named(&f, "", "");
	named(&f, "12345678", "12345678");
	named(&f, "/4", "go:textfipsstart");
	named(&f, "/21", ".debug_abbrev");
	named(&f, "//AAAAAV", ".debug_abbrev");
	named(&f, "//V", ".debug_abbrev");
	named(&f, "//AAA*AV", "//AAA*AV");
	named(&f, "/", "/");
	named(&f, "//", "//");
	named(&f, "/2x", "/2x");
	named(&f, "/3", "/3");	/* inside the table's size */
	named(&f, "/9999999", "/9999999");
	named(&f, "///////", "///////");
	put32(&f, STRS, 70);
	memcpy(f.b + STRS + 65, "far", 4);
	f.n = STRS + 70;
	named(&f, "//BB", "far");
	named(&f, "//AAAABB", "far");
	named(&f, "/65", "far");
	make(&f, true);
	f.b[f.n - 1] = 'x';	/* the last string has no end */
	named(&f, "/21", "/21");
	put32(&f, STRS, 0xffffffff);	/* the table is not in the file */
	named(&f, "/4", "/4");
	put32(&f, COFF + 12, 0x80000000);
	named(&f, "/4", "/4");
}

static void symbol_is(const Image *img, u64 i, const char *name, char letter,
		      u64 addr)
{
	Symbol s;

	EXPECT(pe_format.symbol(img, i, &s));
	EXPECT(view_is(s.name, name));
	EXPECT_EQ(s.letter, letter);
	EXPECT_EQ(s.addr, addr);
}

TEST(symbols)
{
	static Pe f;
	Image img;
	Symbol s;

	make(&f, true);
	EXPECT(!open_it(&img, &f).why);
	symbol_is(&img, 0, "eightchr", 'T', BASE + 0x1010);
	symbol_is(&img, 1, "go:textfipsstart", 'T', BASE + 0x1020);
	symbol_is(&img, 2, "", '?', 0);
	symbol_is(&img, 3, "undef", 'U', 7);
	symbol_is(&img, 4, "bss", 'B', BASE + 0x3300);
	EXPECT(!pe_format.symbol(&img, 5, &s));
	EXPECT(!pe_format.symbol(&img, UINT64_MAX, &s));
	put_sym(&f, 0, "a", 0, 5, -1, 0);
	put_sym(&f, 1, "b", 0, 5, -2, 0);
	put_sym(&f, 2, "c", 0, 5, -3, 0);	/* damaged */
	put_sym(&f, 3, "d", 0, 5, 5, 0);	/* no such section */
	put_sym(&f, 4, "", 1000, 5, 2, 0);
	symbol_is(&img, 0, "a", 'C', 5);
	symbol_is(&img, 1, "b", '?', 5);
	symbol_is(&img, 2, "", '?', 0);
	symbol_is(&img, 3, "", '?', 0);
	symbol_is(&img, 4, "", '?', 0);
	put_sym(&f, 4, "r", 0, 5, 2, 0);
	put_sym(&f, 3, "w", 0, 5, 3, 0);
	symbol_is(&img, 4, "r", 'R', BASE + 0x2005);
	symbol_is(&img, 3, "w", 'D', BASE + 0x3005);
	put32(&f, sect_at(&f, 3) + 36, 0x80);
	put_sym(&f, 2, "u", 0, 5, 4, 0);
	symbol_is(&img, 2, "u", 'B', BASE + 0x4005);
	put32(&f, sect_at(&f, 3) + 36, 0);
	symbol_is(&img, 2, "u", '?', BASE + 0x4005);
}

TEST(absurd_symbol_counts)
{
	static const u32 counts[] = { 0x7fffffff, 0x80000000, 0xffffffff,
		0x0e38e38f /* times 18: 2^32 + 14 */, 1000 };
	static Pe f;
	Image img;
	Symbol s;

	make(&f, true);
	for (size_t i = 0; i < NELEM(counts); i++) {
		put32(&f, COFF + 12, counts[i]);
		EXPECT(!open_it(&img, &f).why);
		EXPECT(!pe_format.symbol(&img, 0, &s));
	}
	make(&f, true);
	put32(&f, COFF + 8, 0xffffffff);
	EXPECT(!open_it(&img, &f).why);
	EXPECT(!pe_format.symbol(&img, 0, &s));
}

/* A table whose auxiliary records look like symbols with auxiliary records,
 * against counting from the first. */
TEST(auxiliary_records)
{
	static u8 b[SYMS + 18 * 4000];
	static Pe f;
	Image img;
	Symbol s;
	u32 x = 1, wrong = 0;

	make(&f, true);
	put32(&f, COFF + 12, 4000);
	memcpy(b, f.b, SYMS);
	for (size_t i = 0; i < 4000; i++) {
		u8 *p = b + SYMS + 18 * i;

		p[0] = 'x';
		x = x * 1103515245 + 12345;
		if ((x >> 16) % 10 == 0)
			p[17] = 1;
		if ((x >> 16) % 1000 == 1)
			p[17] = (u8)(x >> 24);
	}
	EXPECT(!image_open(&img, view_of(b, sizeof b)).why);
	for (size_t i = 0, next = 0; i < 4000; i++) {
		EXPECT(pe_format.symbol(&img, i, &s));
		wrong += s.name.n != (i == next);
		if (i == next)
			next += 1u + b[SYMS + 18 * i + 17];
	}
	EXPECT_EQ(wrong, 0);
}

typedef struct {
	int n;
	DynReloc r[8];
} Seen;

static void see(void *arg, const DynReloc *r)
{
	Seen *seen = arg;

	if (seen->n < 8)
		seen->r[seen->n] = *r;
	seen->n++;
}

static Fault relocs(const Pe *f, u64 start, u64 end, Seen *seen)
{
	static Image img;
	Span span = { start, end };

	seen->n = 0;
	EXPECT(!open_it(&img, f).why);
	return pe_format.dynrelocs(&img, &span, 1, see, seen);
}

TEST(base_relocations)
{
	static Pe f;
	Seen s;

	make(&f, true);
	EXPECT(!relocs(&f, BASE, BASE + 0x3100, &s).why);
	EXPECT_EQ(s.n, 5);
	EXPECT_EQ(s.r[0].addr, BASE + 0x3010);
	EXPECT_EQ(s.r[0].size, 8);
	EXPECT_EQ(s.r[0].type, 10);
	EXPECT_STR(s.r[0].name, "IMAGE_REL_BASED_DIR64");
	EXPECT(s.r[0].known);
	EXPECT_EQ(s.r[0].value, BASE + 0x1000);
	EXPECT_EQ(s.r[1].addr, BASE + 0x3020);
	EXPECT_EQ(s.r[1].size, 4);
	EXPECT(!s.r[1].known);	/* half a pointer */
	EXPECT_EQ(s.r[2].addr, BASE + 0x1004);
	EXPECT_STR(s.r[2].name, "IMAGE_REL_BASED_HIGHADJ");
	EXPECT_EQ(s.r[2].size, 2);
	EXPECT_EQ(s.r[3].addr, BASE + 0x1008);
	EXPECT_EQ(s.r[4].addr, BASE + 0x100a);
	/* Only what touches the span, by a single byte too. */
	EXPECT(!relocs(&f, BASE + 0x3017, BASE + 0x3018, &s).why);
	EXPECT_EQ(s.n, 1);
	EXPECT(!relocs(&f, BASE + 0x3018, BASE + 0x3020, &s).why);
	EXPECT_EQ(s.n, 0);
	EXPECT(!relocs(&f, BASE + 0x31fc, BASE + 0x31fd, &s).why);
	EXPECT_EQ(s.n, 1);
	EXPECT(!s.r[0].known);	/* its last bytes are not in the file */
}

TEST(base_relocations_386)
{
	static Pe f;
	Seen s;

	make(&f, false);
	EXPECT(!relocs(&f, 0x403020, 0x403024, &s).why);
	EXPECT_EQ(s.n, 1);
	EXPECT(s.r[0].known);
	EXPECT_EQ(s.r[0].value, 0x401234);
}

TEST(relocation_over_the_page_end)
{
	static Pe f;
	Seen s;

	make(&f, true);
	put32(&f, RELOC, 0x2000);
	put16(&f, RELOC + 8, 0xafff);
	EXPECT(!relocs(&f, BASE + 0x3006, BASE + 0x3007, &s).why);
	EXPECT_EQ(s.n, 1);
	EXPECT_EQ(s.r[0].addr, BASE + 0x2fff);
}

TEST(import_addresses)
{
	static Pe f;
	Seen s;

	make(&f, true);
	EXPECT(!relocs(&f, BASE + 0x313f, BASE + 0x3140, &s).why);
	EXPECT_EQ(s.n, 1);
	EXPECT_EQ(s.r[0].addr, BASE + 0x3100);
	EXPECT_EQ(s.r[0].size, 0x40);
	EXPECT_STR(s.r[0].name, "IAT");
	EXPECT(!s.r[0].known);
	EXPECT(!relocs(&f, BASE + 0x3140, BASE + 0x3150, &s).why);
	EXPECT_EQ(s.n, 0);
}

/* The fault of a table whose second block has this size. */
static void block_refused(u32 size, const char *why, u64 off)
{
	static Pe f;
	Seen s;
	Fault e;

	make(&f, true);
	put32(&f, RELOC + 20, size);
	e = relocs(&f, BASE, BASE + 0x4000, &s);
	EXPECT_STR(e.why, why);
	EXPECT_EQ(e.off, off);
}

TEST(bad_base_relocations)
{
	static const char wrong[] = "PE: base relocation block of a wrong size";
	static Pe f;
	Fault e;
	Seen s;

	block_refused(0, wrong, RELOC + 20);
	block_refused(7, wrong, RELOC + 20);
	block_refused(9, wrong, RELOC + 20);
	block_refused(18, wrong, RELOC + 20);
	block_refused(0xfffffff0, wrong, RELOC + 20);
	block_refused(10, "PE: base relocation block is cut off", RELOC + 26);
	make(&f, true);
	put16(&f, RELOC + 28, 0x6000);
	e = relocs(&f, BASE, BASE + 0x4000, &s);
	EXPECT_STR(e.why, "PE: unknown base relocation");
	EXPECT_EQ(e.off, RELOC + 28);
	put_dir(&f, 5, 0x4000, 0x201);
	refused(&f, "PE: base relocations do not lie in a section",
		dir_at(&f, 5));
	put_dir(&f, 5, 0xffffffff, 0xffffffff);
	refused(&f, "PE: base relocations do not lie in a section",
		dir_at(&f, 5));
}

TEST_MAIN(
	RUN(opens_pe32plus)
	RUN(opens_pe32)
	RUN(kinds)
	RUN(few_directories)
	RUN(recognised)
	RUN(cut_off_anywhere)
	RUN(bad_headers)
	RUN(bad_sections)
	RUN(many_sections)
	RUN(sections)
	RUN(names)
	RUN(symbols)
	RUN(absurd_symbol_counts)
	RUN(auxiliary_records)
	RUN(base_relocations)
	RUN(base_relocations_386)
	RUN(relocation_over_the_page_end)
	RUN(import_addresses)
	RUN(bad_base_relocations)
)
