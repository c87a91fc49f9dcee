/*
 * What the dynamic sections and relocation tables of ELF files say, whole
 * and damaged.
 */
#include "objabi/elf_sample.h"
#include "objabi/test.h"

typedef struct {
	int n;
	DynReloc r[32];
	Fault f;
} Got;

static void collect(void *arg, const DynReloc *r)
{
	Got *g = arg;

	if (g->n < (int)NELEM(g->r))
		g->r[g->n] = *r;
	g->n++;
}

/* With the table's tags {address, size} or none, and the spans. */
static Got relocs_in(Elf *e, u64 addr_tag, u64 size_tag, Span span)
{
	Image img;
	Got g = {0};

	if (addr_tag) {
		add_dyn(e, addr_tag, DATA + TABLE);
		add_dyn(e, size_tag, e->end - TABLE);
	}
	g.f = open_elf(e, &img);
	EXPECT(!g.f.why);
	g.f = elf_format.dynrelocs(&img, &span, 1, collect, &g);
	return g;
}

static Got relocs(Elf *e, u64 addr_tag, u64 size_tag)
{
	return relocs_in(e, addr_tag, size_tag,
			 (Span){DATA + WORDS, DATA + SIZE + 0x80});
}

static void word(Elf *e, u64 x)
{
	put(e, e->end, x, e->word);
	e->end += e->word;
}

static void add_rel(Elf *e, u64 addr, u32 sym, u32 type)
{
	word(e, addr);
	word(e, e->word == 8 ? (u64)sym << 32 | type : sym << 8 | type);
}

static void add_rela(Elf *e, u64 addr, u32 sym, u32 type, u64 addend)
{
	add_rel(e, addr, sym, type);
	word(e, addend);
}

enum { REL = 17, RELSZ = 18, RELA = 7, RELASZ = 8, RELR = 36, RELRSZ = 35,
       JMPREL = 23, PLTRELSZ = 2, PLTREL = 20,
       ANDROID_REL = 0x6000000f, ANDROID_RELSZ = 0x60000010,
       ANDROID_RELA = 0x60000011, ANDROID_RELASZ = 0x60000012 };

static void expect_value(const Got *g, int i, u64 addr, u64 value)
{
	EXPECT(i < g->n);
	EXPECT(g->r[i].known);
	EXPECT_EQ(g->r[i].addr, addr);
	EXPECT_EQ(g->r[i].value, value);
}

TEST(rela)
{
	Elf e = amd64();
	Got g;

	put(&e, WORDS, 0x5555, 8);
	add_rela(&e, DATA + WORDS - 8, 0, 8, 1);
	add_rela(&e, DATA + WORDS, 0, 8, 0x1234);
	add_rela(&e, DATA + WORDS + 8, 1, 1, 2);
	add_rela(&e, DATA + WORDS + 16, 2, 1, 2);
	add_rela(&e, DATA + WORDS + 24, 3, 1, 0);
	add_rela(&e, DATA + WORDS + 32, 1, 6, 0);
	add_rela(&e, DATA + WORDS + 40, 0, 0, 0);
	add_rela(&e, DATA + WORDS + 48, 0, 37, 0);
	g = relocs(&e, RELA, RELASZ);
	EXPECT(!g.f.why);
	EXPECT_EQ(g.n, 6);
	expect_value(&g, 0, DATA + WORDS, 0x1234);
	EXPECT_STR(g.r[0].name, "R_X86_64_RELATIVE");
	EXPECT_EQ(g.r[0].type, 8);
	EXPECT_EQ(g.r[0].size, 8);
	expect_value(&g, 1, DATA + WORDS + 8, TEXT + 0x42);
	EXPECT_STR(g.r[1].name, "R_X86_64_64");
	EXPECT(view_is(g.r[1].sym, "foo"));
	EXPECT(!g.r[2].known && view_is(g.r[2].sym, "bar"));
	EXPECT(!g.r[3].known && view_is(g.r[3].sym, "baz"));
	expect_value(&g, 4, DATA + WORDS + 32, TEXT + 0x40);
	EXPECT_STR(g.r[4].name, "R_X86_64_GLOB_DAT");
	EXPECT(!g.r[5].known && g.r[5].type == 37);
	EXPECT_STR(g.r[5].name, "");
}

TEST(rel)
{
	for (int arm = 0; arm < 2; arm++) {
		Elf e = make(4, false, arm ? 40 : 3);
		u32 relative = arm ? 23 : 8, absolute = arm ? 2 : 1;
		Got g;

		put(&e, WORDS, 0x5555, 4);
		put(&e, WORDS + 4, 0xffffffff, 4);
		add_rel(&e, DATA + WORDS, 0, relative);
		add_rel(&e, DATA + WORDS + 4, 1, absolute);
		add_rel(&e, DATA + SIZE, 0, relative);
		add_rel(&e, DATA + SIZE - 2, 0, relative);
		/* GLOB_DAT forgets what was in place. */
		add_rel(&e, DATA + WORDS, 1, arm ? 21 : 6);
		g = relocs(&e, REL, RELSZ);
		EXPECT(!g.f.why);
		EXPECT_EQ(g.n, 5);
		expect_value(&g, 0, DATA + WORDS, 0x5555);
		EXPECT_EQ(g.r[0].size, 4);
		expect_value(&g, 1, DATA + WORDS + 4, TEXT + 0x3f);
		/* in bss; half in bss */
		expect_value(&g, 2, DATA + SIZE, 0);
		EXPECT(!g.r[3].known);
		expect_value(&g, 4, DATA + WORDS, TEXT + 0x40);
	}
}

/* What is larger than a pointer touches the span from below. */
TEST(wide_changes)
{
	Elf e = amd64();
	Got g;

	add_rela(&e, DATA + WORDS - 47, 2, 5, 0);
	add_rela(&e, DATA + WORDS - 48, 2, 5, 0);
	add_rela(&e, DATA + WORDS - 15, 0, 36, 0);
	add_rela(&e, DATA + WORDS - 16, 0, 36, 0);
	add_rela(&e, DATA + WORDS - 7, 0, 8, 7);
	g = relocs(&e, RELA, RELASZ);
	EXPECT(!g.f.why);
	EXPECT_EQ(g.n, 3);
	EXPECT_EQ(g.r[0].size, 48);
	EXPECT_EQ(g.r[0].addr, DATA + WORDS - 47);
	EXPECT_EQ(g.r[1].size, 16);
	expect_value(&g, 2, DATA + WORDS - 7, 7);
}

TEST(jmprel)
{
	Elf e = amd64();
	Got g;

	add_rela(&e, DATA + WORDS, 2, 7, 0);
	add_dyn(&e, PLTREL, RELA);
	g = relocs(&e, JMPREL, PLTRELSZ);
	EXPECT_EQ(g.n, 1);
	EXPECT_STR(g.r[0].name, "R_X86_64_JUMP_SLOT");
	EXPECT(!g.r[0].known);
	/* Counted into RELA too. */
	g = relocs(&e, RELA, RELASZ);
	EXPECT_EQ(g.n, 1);
}

TEST(unknown_arch)
{
	Elf e = make(8, false, 999);
	Got g;

	add_rela(&e, DATA + WORDS, 0, 8, 0x1234);
	g = relocs(&e, RELA, RELASZ);
	EXPECT_EQ(g.n, 1);
	EXPECT(!g.r[0].known && g.r[0].type == 8 && g.r[0].size == 8);
	EXPECT_STR(g.r[0].name, "");
}

TEST(mips)
{
	for (int i = 0; i < 4; i++) {
		unsigned size = i & 1 ? 8 : 4;
		Elf e = make(size, i & 2, 8);
		Got g;

		put(&e, WORDS, 0x5555, size);
		put(&e, WORDS + size, 4, size);
		for (u32 sym = 0; sym < 3; sym++) {
			add_rel(&e, DATA + WORDS + sym * size, sym, 3);
			if (size == 4)
				continue;
			/* sym, ssym, R_MIPS_NONE, R_MIPS_64, R_MIPS_REL32 */
			put(&e, e.end - 8, sym, 4);
			memcpy(e.b + e.end - 4, "\0\0\x12\x03", 4);
		}
		g = relocs(&e, REL, RELSZ);
		EXPECT(!g.f.why);
		EXPECT_EQ(g.n, 3);
		expect_value(&g, 0, DATA + WORDS, 0x5555);
		EXPECT_STR(g.r[0].name, "R_MIPS_REL32");
		EXPECT_EQ(g.r[0].type, 3);
		expect_value(&g, 1, DATA + WORDS + size, TEXT + 0x44);
		EXPECT(view_is(g.r[1].sym, "foo"));
		EXPECT(!g.r[2].known);
	}
}

TEST(relr)
{
	static const u16 machine[2][2] = {{3, 8}, {62, 22}};

	for (int i = 0; i < 4; i++) {
		unsigned size = i & 1 ? 8 : 4;
		Elf e = make(size, i & 2, machine[size == 8][i >> 1]);
		u64 at = DATA + WORDS, top = (u64)1 << (8 * size - 1);
		Got g;

		put(&e, WORDS, 0x5555, size);
		put(&e, WORDS + size, 0x6666, size);
		/* one word; then the third and the last of a bitmap; and the
		 * second of the next */
		word(&e, at);
		word(&e, 1 | 1 << 1 | 1 << 3 | top);
		word(&e, 1 | 1 << 2);
		g = relocs_in(&e, RELR, RELRSZ, (Span){DATA, 2 * DATA});
		EXPECT(!g.f.why);
		EXPECT_EQ(g.n, 5);
		expect_value(&g, 0, at, 0x5555);
		expect_value(&g, 1, at + size, 0x6666);
		EXPECT_EQ(g.r[2].addr, at + 3 * size);
		EXPECT_EQ(g.r[3].addr, at + (8 * size - 1) * size);
		EXPECT_EQ(g.r[4].addr, at + (8 * size + 1) * size);
		EXPECT_EQ(g.r[0].size, size);
		/* Only what touches the span. */
		e.ndyn -= 2;
		g = relocs_in(&e, RELR, RELRSZ,
			      (Span){at + size + 1, at + size + 2});
		EXPECT_EQ(g.n, 1);
	}
}

TEST(bad_relr)
{
	Elf e = amd64();
	Got g;

	word(&e, 3);
	g = relocs(&e, RELR, RELRSZ);
	EXPECT_STR(g.f.why, "RELR begins with a bitmap");
	EXPECT_EQ(g.f.off, TABLE);
	e = amd64();
	word(&e, DATA + WORDS);
	word(&e, UINT64_MAX - 1);
	word(&e, 3);
	g = relocs(&e, RELR, RELRSZ);
	EXPECT_STR(g.f.why, "RELR runs over the end of memory");
	EXPECT_EQ(g.n, 1);
	e = amd64();
	word(&e, DATA + WORDS);
	e.end += 3;
	g = relocs(&e, RELR, RELRSZ);
	EXPECT_STR(g.f.why, "a table of relocations ends within an entry");
	EXPECT_EQ(g.f.off, TABLE + 8);
	EXPECT_EQ(g.n, 1);
}

static void sleb(Elf *e, i64 x)
{
	bool more = true;

	while (more) {
		u8 b = x & 0x7f;

		x = (x - b) / 128;	/* b is of x: nothing is rounded */
		more = !((x == 0 && !(b & 0x40)) || (x == -1 && (b & 0x40)));
		e->b[e->end++] = (u8)(b | (more ? 0x80 : 0));
	}
}

static void packed(Elf *e, const i64 *x, size_t n)
{
	memcpy(e->b + e->end, "APS2", 4);
	e->end += 4;
	for (size_t i = 0; i < n; i++)
		sleb(e, x[i]);
}
#define PACKED(e, ...) packed(&(e), (const i64[]){__VA_ARGS__}, \
	sizeof (const i64[]){__VA_ARGS__} / sizeof(i64))

/* Every combination of the flags gives the same three entries. */
TEST(aps2_flags)
{
	for (int flags = 8; flags < 16; flags++) {
		Elf e = amd64();
		u64 at = DATA + WORDS;
		int each = !(flags & 1) + !(flags & 2) + !(flags & 4);
		Got g;

		PACKED(e, 3, (i64)at - 8, 3, flags);
		if (flags & 2)
			sleb(&e, 8);
		if (flags & 1)
			sleb(&e, 8);
		if (flags & 4)
			sleb(&e, 0x1000);
		for (int i = 0; i < 3; i++) {
			if (!(flags & 2))
				sleb(&e, 8);
			if (!(flags & 1))
				sleb(&e, 8);
			if (!(flags & 4))
				sleb(&e, i ? -0x10 : 0x1000);
		}
		g = relocs(&e, ANDROID_RELA, ANDROID_RELASZ);
		EXPECT(!g.f.why);
		EXPECT_EQ(g.n, 3);
		for (u64 i = 0; i < 3; i++)
			expect_value(&g, (int)i, at + 8 * i,
				     flags & 4 ? 0x1000 : 0x1000 - 0x10 * i);
		/* One byte less, unless no entry needs any. */
		if (each == 0)
			continue;
		e.ndyn -= 2;
		e.end--;
		g = relocs(&e, ANDROID_RELA, ANDROID_RELASZ);
		EXPECT_STR(g.f.why, "packed relocations end within an entry");
		EXPECT_EQ(g.n, 2);
	}
}

/* An addend is forgotten by a group without, and goes on in the next. */
TEST(aps2_groups)
{
	Elf e = amd64();
	i64 at = DATA + WORDS;
	Got g;

	PACKED(e, 4, at, 1, 1 | 8, 8, 0, 0x100, 1, 1 | 4 | 8, 8, 0x10, 8,
	       1, 1, 8, 8, 1, 1 | 2 | 4 | 8, 8, (i64)1 << 32 | 1, 3);
	g = relocs(&e, ANDROID_RELA, ANDROID_RELASZ);
	EXPECT(!g.f.why);
	EXPECT_EQ(g.n, 4);
	expect_value(&g, 0, (u64)at, 0x100);
	expect_value(&g, 1, (u64)at + 8, 0x110);
	expect_value(&g, 2, (u64)at + 16, 0);
	expect_value(&g, 3, (u64)at + 24, TEXT + 0x43);
}

TEST(aps2_rel)
{
	Elf e = make(4, false, 40);
	i64 at = DATA + WORDS;
	Got g;

	put(&e, WORDS, 0x5555, 4);
	/* The last step is of -4, modulo the size of a word. */
	PACKED(e, 3, at + 4, 2, 1, 23, -4, 8, 1, 3, ((i64)1 << 32) - 4,
	       1 << 8 | 2);
	g = relocs(&e, ANDROID_REL, ANDROID_RELSZ);
	EXPECT(!g.f.why);
	EXPECT_EQ(g.n, 3);
	expect_value(&g, 0, (u64)at, 0x5555);
	expect_value(&g, 1, (u64)at + 8, 0);
	expect_value(&g, 2, (u64)at + 4, TEXT + 0x40);
	e = make(4, false, 40);
	PACKED(e, 1, at, 1, 8, 0, 23, 0);
	g = relocs(&e, ANDROID_REL, ANDROID_RELSZ);
	EXPECT_STR(g.f.why, "a group of packed relocations has wrong flags");
}

static const char *packed_why(Elf *e)
{
	Got g = relocs(e, ANDROID_RELA, ANDROID_RELASZ);

	return g.f.why ? g.f.why : "";
}

TEST(bad_aps2)
{
	const char *room = "packed relocations are more than the file has "
		"room for";
	const char *length = "a group of packed relocations has a wrong "
		"length";
	Elf e = amd64();

	PACKED(e, INT64_MAX, 0, INT64_MAX, 3, 0, 8);
	EXPECT_STR(packed_why(&e), room);
	e = amd64();
	PACKED(e, INT64_MIN, 0, INT64_MIN, 3, 0, 8);
	EXPECT_STR(packed_why(&e), room);
	e = amd64();
	PACKED(e, 2, 0, INT64_MAX, 3, 0, 8);
	EXPECT_STR(packed_why(&e), length);
	e = amd64();
	PACKED(e, 2, 0, 0, 3, 0, 8);
	EXPECT_STR(packed_why(&e), length);
	e = amd64();
	PACKED(e, 2, 0, -1, 3, 0, 8);
	EXPECT_STR(packed_why(&e), length);
	e = amd64();
	PACKED(e, 1, 0, 1, 16, 0, 8);
	EXPECT_STR(packed_why(&e), "a group of packed relocations has wrong "
		   "flags");
	e = amd64();
	PACKED(e, 1, 0, 1);
	EXPECT_STR(packed_why(&e), "packed relocations end within a group");
	e = amd64();
	PACKED(e, 1);
	EXPECT_STR(packed_why(&e), room);
	e = amd64();
	PACKED(e, 1, 0);
	e.b[TABLE] = 'B';
	EXPECT_STR(packed_why(&e), "packed relocations do not begin with "
		   "APS2");
}

/* What comes before the damage is told all the same. */
TEST(bad_tables)
{
	Elf e = amd64();
	Got g;

	add_rela(&e, DATA + WORDS, 0, 8, 1);
	e.end += 23;
	g = relocs(&e, RELA, RELASZ);
	EXPECT_STR(g.f.why, "a table of relocations ends within an entry");
	EXPECT_EQ(g.f.off, TABLE + 24);
	EXPECT_EQ(g.n, 1);
	e = amd64();
	add_rela(&e, DATA + WORDS, 0, 8, 1);
	add_rela(&e, DATA + WORDS, 0x7fffffff, 1, 1);
	g = relocs(&e, RELA, RELASZ);
	EXPECT_STR(g.f.why, "a relocation names a symbol that is not there");
	EXPECT_EQ(g.f.off, TABLE + 24);
	EXPECT_EQ(g.n, 1);
}

static const char *dyn_why(u64 tag, u64 val, u64 tag2, u64 val2)
{
	Elf e = amd64();
	Got g;

	add_rela(&e, DATA + WORDS, 0, 8, 1);
	add_dyn(&e, tag, val);
	add_dyn(&e, tag2, val2);
	g = relocs(&e, RELA, RELASZ);
	EXPECT_EQ(g.n, 1);
	return g.f.why ? g.f.why : "";
}

TEST(bad_dynamic)
{
	const char *out = "a table of relocations is not in the file";
	const char *entries = "the dynamic section has entries of an unknown "
		"size";
	Elf e = amd64();
	Got g;

	EXPECT_STR(dyn_why(JMPREL, DATA + TABLE, PLTRELSZ, 24), "");
	EXPECT_STR(dyn_why(JMPREL, 0, PLTRELSZ, 0), "");
	EXPECT_STR(dyn_why(JMPREL, 0, PLTRELSZ, 24), out);
	EXPECT_STR(dyn_why(REL, DATA + SIZE, RELSZ, 16), out);
	EXPECT_STR(dyn_why(REL, DATA + TABLE, RELSZ, (u64)1 << 63), out);
	EXPECT_STR(dyn_why(REL, UINT64_MAX, RELSZ, UINT64_MAX), out);
	EXPECT_STR(dyn_why(9, 23, 0x1000, 0), entries);
	EXPECT_STR(dyn_why(11, 0, 0x1000, 0), entries);
	EXPECT_STR(dyn_why(37, 4, 0x1000, 0), entries);
	EXPECT_STR(dyn_why(PLTREL, 9, 0x1000, 0), "DT_PLTREL is neither REL "
		   "nor RELA");
	set_phdr(&e, 2, P_ADDR, 0x99);
	g = relocs(&e, 0, 0);
	EXPECT_STR(g.f.why, "the dynamic section is not in the file");
	EXPECT_EQ(g.f.off, phdr(&e, 2, P_TYPE));
}

/* No PT_DYNAMIC: the loader relocates nothing. */
TEST(not_dynamic)
{
	Elf e = amd64();
	Got g;

	set_phdr(&e, 2, P_TYPE, 0);
	add_rela(&e, DATA + WORDS, 0, 8, 1);
	g = relocs(&e, RELA, RELASZ);
	EXPECT(!g.f.why);
	EXPECT_EQ(g.n, 0);
}

TEST_MAIN(
	RUN(rela)
	RUN(rel)
	RUN(wide_changes)
	RUN(jmprel)
	RUN(unknown_arch)
	RUN(mips)
	RUN(relr)
	RUN(bad_relr)
	RUN(aps2_flags)
	RUN(aps2_groups)
	RUN(aps2_rel)
	RUN(bad_aps2)
	RUN(bad_tables)
	RUN(bad_dynamic)
	RUN(not_dynamic)
)
