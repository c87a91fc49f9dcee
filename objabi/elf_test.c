/*
 * ELF files whole and damaged: headers, segments, sections, symbols.
 */
#include "objabi/elf_sample.h"
#include "objabi/test.h"

TEST(opens)
{
	FOR_ALL(e) {
		Image img;

		EXPECT_STR(why(&e), "");
		open_elf(&e, &img);
		EXPECT_EQ(img.nseg, 2);
		EXPECT_EQ(img.seg[0].perm, PERM_R | PERM_X);
		EXPECT_EQ(img.seg[1].perm, PERM_R | PERM_W);
		EXPECT_EQ(img.seg[1].addr, DATA + 0x500);
		EXPECT_EQ(img.seg[1].data.n, 0x300);
		EXPECT_EQ(img.seg[1].memsz, 0x400);
		EXPECT_EQ(img.ptrsize, e.word);
		EXPECT_EQ(img.big, e.big);
		EXPECT(img.dynamic && !img.pie);
		EXPECT_EQ(img.kind, IMAGE_SHLIB);
		EXPECT((img.arch != NULL) == (e.word == 8 && !e.big));
	}
}

TEST(no_prefix_opens)
{
	FOR_ALL(e) {
		for (e.n = 0; e.n < SIZE; e.n++)
			EXPECT(*why(&e));
	}
}

TEST(bad_identification)
{
	static const struct { u8 at, x; } bad[] = {
		{4, 0}, {4, 3}, {5, 0}, {5, 3},
	};

	for (size_t i = 0; i < NELEM(bad); i++) {
		Elf e = amd64();
		Image img;

		e.b[bad[i].at] = bad[i].x;
		EXPECT(*why(&e));
		EXPECT_EQ(open_elf(&e, &img).off, bad[i].at);
	}
}

TEST(bad_loads)
{
	static const struct { int f; u64 x; const char *why; } bad[] = {
		{P_FILESZ, 0x401, "a loadable segment is larger in the file "
		 "than in memory"},
		{P_OFF, 0x501, "a loadable segment is not all in the file"},
		{P_OFF, UINT64_MAX, "a loadable segment is not all in the "
		 "file"},
		{P_OFF, (u64)1 << 63, "a loadable segment is not all in the "
		 "file"},
		{P_ADDR, UINT64_MAX - 0x3fe, "a loadable segment wraps around "
		 "the address space"},
		{P_MEMSZ, UINT64_MAX, "a loadable segment wraps around the "
		 "address space"},
		{P_ADDR, TEXT + 0x4ff, "loadable segments overlap"},
		{P_ADDR, TEXT - 0x3ff, "loadable segments overlap"},
		{P_ADDR, TEXT, "loadable segments overlap"},
		{P_ADDR, TEXT + 0x500, ""},
		{P_ADDR, TEXT - 0x400, ""},
		{P_MEMSZ, 0x300, ""},
	};

	for (size_t i = 0; i < NELEM(bad); i++) {
		FOR_ALL(e) {
			/* All ones are the 32-bit offset's extreme too; a
			 * single high bit is lost. */
			if (e.word == 4 && bad[i].x == (u64)1 << 63)
				continue;
			set_phdr(&e, 1, bad[i].f, bad[i].x);
			EXPECT_STR(why(&e), bad[i].why);
		}
	}
}

TEST(fault_is_at_the_header)
{
	FOR_ALL(e) {
		Image img;

		set_phdr(&e, 1, P_FILESZ, 0x401);
		EXPECT_EQ(open_elf(&e, &img).off, phdr(&e, 1, P_TYPE));
	}
}

/* Loadable segments without bytes, each a page of its own. */
static void many_loads(Elf *e, unsigned n)
{
	size_t at = e->word == 8 ? 56 : 32;

	e->n = SIZE;
	set(e, "phoff", SIZE);
	for (unsigned i = 0; i < n; i++) {
		u8 *p = e->b + SIZE + at * i;

		memcpy(p, e->b + (e->word == 8 ? 64 : 52), at);
		put(e, (size_t)(p - e->b) + (e->word == 8 ? 16 : 8),
		    0x1000000 + 0x1000 * i, e->word);
		e->n += at;
	}
	set(e, "phnum", n);
}

TEST(too_many_loads)
{
	static u8 big[SIZE + 65 * 56];

	for (unsigned n = 64; n <= 65; n++) {
		Elf e = make(4, true, 8);
		Image img = {.file = {big, SIZE + n * 32}};
		Fault f;

		/* 65 of 32 bytes end just beyond e.b. */
		many_loads(&e, 60);
		memcpy(big, e.b, SIZE + 60 * 32);
		for (unsigned i = 60; i < n; i++) {
			u8 *p = big + SIZE + 32 * i;

			memcpy(p, big + SIZE, 32);
			st32(p + 8, 0x1000000 + 0x1000 * i, true);
		}
		big[44] = 0;
		big[45] = (u8)n;
		f = elf_format.open(&img);
		EXPECT_STR(f.why ? f.why : "",
			   n == 64 ? "" : "too many loadable segments");
	}
}

TEST(program_header_counts)
{
	FOR_ALL(e) {
		set(&e, "phnum", 0xfffe);
		EXPECT_STR(why(&e), "the program headers are not all in the "
			   "file");
		/* PN_XNUM: the number is in sh_info of section 0. */
		set(&e, "phnum", 0xffff);
		put(&e, SHDRS + 12 + 4 * e.word, 3, 4);
		EXPECT_STR(why(&e), "");
		put(&e, SHDRS + 12 + 4 * e.word, 0xffffffff, 4);
		EXPECT_STR(why(&e), "the program headers are not all in the "
			   "file");
		set(&e, "shoff", SIZE - 8);
		EXPECT_STR(why(&e), "the number of program headers is in a "
			   "section header that is not there");
		set(&e, "phnum", 3);
		EXPECT_STR(why(&e), "");
		set(&e, "phentsize", 33);
		EXPECT_STR(why(&e), "program headers of an unknown size");
		set(&e, "phentsize", e.word == 8 ? 56 : 32);
		set(&e, "phoff", UINT64_MAX);
		EXPECT_STR(why(&e), "the program headers are not all in the "
			   "file");
	}
}

TEST(two_dynamics)
{
	FOR_ALL(e) {
		add_phdr(&e, 2, 6, DYNAMIC, DATA + DYNAMIC, 0x100, 0x100);
		EXPECT_STR(why(&e), "there are two dynamic segments");
	}
}

TEST(sections)
{
	FOR_ALL(e) {
		Image img;
		Section s;

		open_elf(&e, &img);
		EXPECT(image_section(&img, ".data", &s));
		EXPECT_EQ(s.off, 0x500);
		EXPECT_EQ(s.addr, TEXT + 0x500);
		EXPECT_EQ(s.size, 0x300);
		EXPECT_EQ(s.data.n, 0x300);
		EXPECT_EQ(s.flags, 3);
		EXPECT(!s.nobits);
		EXPECT(image_section(&img, ".bss", &s));
		EXPECT(s.nobits && s.data.n == 0 && s.size == 0x100);
		/* Not all in the file. */
		EXPECT(image_section(&img, ".note", &s));
		EXPECT(!s.nobits && s.data.n == 0);
		EXPECT(!image_section(&img, ".dat", &s));
		EXPECT(elf_format.section(&img, 5, &s));
		EXPECT(!elf_format.section(&img, 6, &s));
		EXPECT(!elf_format.section(&img, UINT32_MAX, &s));
	}
}

TEST(extended_section_numbers)
{
	FOR_ALL(e) {
		Image img;
		Section s;
		size_t size = 8 + 3 * e.word;

		set(&e, "shnum", 0);
		set(&e, "shstrndx", 0xffff);
		put(&e, SHDRS + size, 6, e.word);
		put(&e, SHDRS + size + e.word, 5, 4);
		EXPECT_STR(why(&e), "");
		open_elf(&e, &img);
		EXPECT(image_section(&img, ".data", &s));
		EXPECT_EQ(img.elf.shnum, 6);
		/* Counts that no file has. */
		put(&e, SHDRS + size, (u64)1 << 63 | 1 << 30, e.word);
		EXPECT_STR(why(&e), "");
		open_elf(&e, &img);
		EXPECT(!elf_format.section(&img, 0, &s));
	}
}

TEST(damaged_sections_are_none)
{
	static const struct { const char *field; u64 x; } bad[] = {
		{"shoff", 0}, {"shoff", UINT64_MAX}, {"shoff", SIZE - 4},
		{"shnum", 0xfeff}, {"shentsize", 0}, {"shentsize", 41},
	};

	for (size_t i = 0; i < NELEM(bad); i++) {
		FOR_ALL(e) {
			Image img;
			Section s;

			set(&e, bad[i].field, bad[i].x);
			EXPECT_STR(why(&e), "");
			open_elf(&e, &img);
			EXPECT(!elf_format.section(&img, 0, &s));
			EXPECT_EQ(img.nseg, 2);
		}
	}
}

TEST(no_section_names)
{
	FOR_ALL(e) {
		Image img;
		Section s;

		set(&e, "shstrndx", 77);
		open_elf(&e, &img);
		EXPECT(elf_format.section(&img, 2, &s) && s.name.n == 0);
		EXPECT_EQ(s.size, 0x300);
	}
}

TEST(symbols_of_symtab)
{
	static const struct { u8 info; u16 shndx; char letter; } sym[] = {
		{0x12, 1, 'T'}, {0x02, 1, 't'}, {0x11, 2, 'D'},
		{0x01, 3, 'b'}, {0x11, 4, 'R'}, {0x12, 0, 'U'},
		{0x11, 0xfff2, 'B'}, {0x11, 0xfff1, 'A'}, {0x10, 5, '?'},
		{0x00, 5, '?'}, {0x01, 0xff00, 't'}, {0x11, 99, 'T'},
	};

	FOR_ALL(e) {
		unsigned size = e.word == 8 ? 24 : 16;
		Image img;
		Symbol s;

		set(&e, "shnum", 7);
		put_shdr(&e, 6, 0, 2, 0, TABLE, (NELEM(sym) + 1) * size, 5);
		for (size_t i = 0; i < NELEM(sym); i++)
			put_sym(&e, TABLE + (i + 1) * size, 7, sym[i].info,
				sym[i].shndx, TEXT + 4, 9);
		EXPECT_STR(why(&e), "");
		open_elf(&e, &img);
		for (size_t i = 0; i < NELEM(sym); i++) {
			EXPECT(elf_format.symbol(&img, i, &s));
			EXPECT_EQ(s.letter, sym[i].letter);
			EXPECT(view_is(s.name, ".data"));
			EXPECT_EQ(s.addr, TEXT + 4);
			EXPECT_EQ(s.size, 9);
		}
		EXPECT(!elf_format.symbol(&img, NELEM(sym), &s));
		EXPECT(!elf_format.symbol(&img, UINT64_MAX, &s));
		/* A file's name is not a symbol's. */
		put_sym(&e, TABLE + size, 7, 4, 0xfff1, 0, 0);
		open_elf(&e, &img);
		EXPECT(elf_format.symbol(&img, 0, &s) && s.name.n == 0);
		put_sym(&e, TABLE + size, 0x40, 0x11, 1, 0, 0);
		open_elf(&e, &img);
		EXPECT(elf_format.symbol(&img, 0, &s) && s.name.n == 0);
	}
}

static void expect_dynsyms(const Image *img)
{
	Symbol s;

	EXPECT(elf_format.symbol(img, 0, &s) && view_is(s.name, "foo"));
	EXPECT_EQ(s.letter, 'T');
	EXPECT(elf_format.symbol(img, 1, &s) && view_is(s.name, "bar"));
	EXPECT_EQ(s.letter, 'U');
	EXPECT(elf_format.symbol(img, 2, &s) && s.letter == 't');
	EXPECT(!elf_format.symbol(img, 3, &s));
}

TEST(symbols_by_hash)
{
	FOR_ALL(e) {
		Image img;
		Symbol s;

		set(&e, "shoff", 0);
		open_elf(&e, &img);
		expect_dynsyms(&img);
		put(&e, HASH + 4, 0xffffffff, 4);
		EXPECT_STR(why(&e), "");
		open_elf(&e, &img);
		EXPECT(!elf_format.symbol(&img, 0, &s));
	}
}

/* s390x has hash words of 8 bytes. */
TEST(symbols_by_wide_hash)
{
	Elf e = make(8, true, 22);
	Image img;

	put(&e, HASH, 1, 8);
	put(&e, HASH + 8, 4, 8);
	open_elf(&e, &img);
	expect_dynsyms(&img);
}

TEST(symbols_by_gnu_hash)
{
	FOR_ALL(e) {
		/* two buckets, symbols from 2 on, one word of the filter */
		static const u32 head[] = {2, 2, 1, 0};
		size_t at = HASH + 16 + e.word;
		Image img;
		Symbol s;

		for (unsigned i = 0; i < 4; i++)
			put(&e, HASH + 4 * i, head[i], 4);
		put(&e, at, 2, 4);
		put(&e, at + 8, 0xabc0, 4);
		put(&e, at + 12, 0xabc1, 4);
		put(&e, DYNAMIC, 0x6ffffef5, e.word);
		open_elf(&e, &img);
		expect_dynsyms(&img);
		put(&e, HASH, 0xffffffff, 4);
		EXPECT_STR(why(&e), "");
		open_elf(&e, &img);
		EXPECT(!elf_format.symbol(&img, 0, &s));
		put(&e, HASH, 2, 4);
		put(&e, at, 0xffffffff, 4);
		EXPECT_STR(why(&e), "");
	}
}

TEST(kinds)
{
	FOR_ALL(e) {
		Image img;
		Elf rel = e, exec = e, interp = e, pie = e;

		set(&rel, "type", 1);
		set_phdr(&rel, 1, P_OFF, 0xfff);
		EXPECT_STR(why(&rel), "");
		open_elf(&rel, &img);
		EXPECT_EQ(img.kind, IMAGE_OTHER);
		EXPECT_EQ(img.nseg, 0);
		set(&exec, "type", 2);
		add_dyn(&exec, 0x6ffffffb, 0x08000000);
		open_elf(&exec, &img);
		EXPECT(img.kind == IMAGE_EXEC && !img.pie && img.dynamic);
		add_phdr(&interp, 3, 4, TABLE, DATA + TABLE, 8, 8);
		open_elf(&interp, &img);
		EXPECT(img.kind == IMAGE_EXEC && img.pie);
		add_dyn(&pie, 0x6ffffffb, 0x08000001);
		open_elf(&pie, &img);
		EXPECT(img.kind == IMAGE_EXEC && img.pie);
	}
}

static const char *goos_of(Elf e, u8 osabi, const char *interp,
			   const char *note)
{
	Image img;
	size_t n = strlen(note) + 1;

	e.b[7] = osabi;
	if (*interp) {
		memcpy(e.b + TABLE, interp, strlen(interp) + 1);
		add_phdr(&e, 3, 4, TABLE, DATA + TABLE, 32, 32);
	}
	if (*note) {
		/* One of GNU's before it, to be stepped over. */
		put(&e, WORDS, 4, 4);
		put(&e, WORDS + 4, 5, 4);
		memcpy(e.b + WORDS + 12, "GNU", 4);
		put(&e, WORDS + 24, n, 4);
		memcpy(e.b + WORDS + 36, note, n);
		add_phdr(&e, 4, 4, WORDS, DATA + WORDS, 64, 64);
	}
	EXPECT_STR(why(&e), "");
	open_elf(&e, &img);
	return img.goos;
}

TEST(goos)
{
	FOR_ALL(e) {
		EXPECT_STR(goos_of(e, 0, "", ""), "linux");
		EXPECT_STR(goos_of(e, 3, "", ""), "linux");
		EXPECT_STR(goos_of(e, 6, "", ""), "solaris");
		EXPECT_STR(goos_of(e, 9, "", ""), "freebsd");
		EXPECT_STR(goos_of(e, 97, "", ""), "");
		EXPECT_STR(goos_of(e, 1, "", ""), "");
		EXPECT_STR(goos_of(e, 0, "/lib/ld.so.1", ""), "linux");
		EXPECT_STR(goos_of(e, 0, "/system/bin/linker64", ""),
			   "android");
		EXPECT_STR(goos_of(e, 0, "/lib/amd64/ld.so.1", ""),
			   "solaris");
		EXPECT_STR(goos_of(e, 0, "/usr/libexec/ld-elf.so.2", ""),
			   "dragonfly");
		EXPECT_STR(goos_of(e, 0, "", "Android"), "android");
		EXPECT_STR(goos_of(e, 0, "", "NetBSD"), "netbsd");
		EXPECT_STR(goos_of(e, 0, "", "Go"), "linux");
	}
}

TEST_MAIN(
	RUN(opens)
	RUN(no_prefix_opens)
	RUN(bad_identification)
	RUN(bad_loads)
	RUN(fault_is_at_the_header)
	RUN(too_many_loads)
	RUN(program_header_counts)
	RUN(two_dynamics)
	RUN(sections)
	RUN(extended_section_numbers)
	RUN(damaged_sections_are_none)
	RUN(no_section_names)
	RUN(symbols_of_symtab)
	RUN(symbols_by_hash)
	RUN(symbols_by_wide_hash)
	RUN(symbols_by_gnu_hash)
	RUN(kinds)
	RUN(goos)
)
