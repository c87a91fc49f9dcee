/*
 * What dyld is told to change: opcode streams, classic relocations and
 * chained fixups, sound and hostile.
 */
#include "objabi/macho_sample.h"
#include "objabi/test.h"

/* ---- LC_DYLD_INFO -------------------------------------------------- */

typedef struct {
	int n;
	DynReloc r[64];
} Got;

static void collect(void *arg, const DynReloc *r)
{
	Got *got = arg;

	if (got->n < (int)NELEM(got->r))
		got->r[got->n] = *r;
	got->n++;
}

static const Span all_data[] = {{DATA, DATA + 0x3000}};

/* m must outlive got. */
static const char *relocs(const Sample *m, const Span *spans, int n, Got *got)
{
	Image img;
	Fault why = image_open(&img, view_of(m->b, F_END));

	*got = (Got){0};
	if (!why.why)
		why = macho_format.dynrelocs(&img, spans, n, collect, got);
	return why.why ? why.why : "";
}

/* table: 0 rebase, 1 bind, 2 weak, 3 lazy. */
static Sample with_ops(u32 table, const char *ops, size_t n)
{
	Sample m = sample();

	memcpy(m.b + F_OPS, ops, n);
	put_table(&m, INFO, 8 + 8 * table, F_OPS, (u32)n);
	return m;
}
#define OPS(table, s) with_ops(table, s, sizeof s - 1)

static void expect_offsets(const Got *got, const u64 *want, int n)
{
	EXPECT_EQ(got->n, n);
	for (int i = 0; i < n && i < got->n; i++)
		EXPECT_EQ(got->r[i].addr, DATA + want[i]);
}
#define EXPECT_OFFSETS(got, ...) \
	expect_offsets(got, (const u64[]){__VA_ARGS__}, \
		       (int)NELEM(((const u64[]){__VA_ARGS__})))

TEST(rebase_opcodes)
{
	Got got;
	/* type, segment 2 + 0x10; 2 times; + 0x100; + 1 * 8; 1 by ULEB;
	 * 1 and + 0x18; 2 times skipping 0x10; what follows DONE is no
	 * opcode. */
	Sample m = OPS(0, "\x11\x22\x10\x52\x30\x80\x02\x41\x60\x01\x70\x18"
		       "\x80\x02\x10\x00\xff");

	put64(&m, F_DATA + 0x18, TEXT + 0x777);
	EXPECT_STR(relocs(&m, all_data, 1, &got), "");
	EXPECT_OFFSETS(&got, 0x10, 0x18, 0x128, 0x130, 0x150, 0x168);
	EXPECT_STR(got.r[1].name, "rebase");
	EXPECT(got.r[1].known && got.r[1].size == 8 && got.r[1].type == 1);
	EXPECT_EQ(got.r[1].value, TEXT + 0x777);
}

TEST(rebase_refused)
{
#define HUGE_ULEB "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
	static const struct {
		const char *ops;
		const char *why;
	} rows[] = {
		{"\x11\x51", "a fixup before any segment is set"},
		{"\x21\x10\x51", "a fixup of something else than a pointer"},
		{"\x12\x22\x10\x51",
		 "a fixup of something else than a pointer"},
		{"\x11\x2f\x10\x51",
		 "a fixup in a segment that is not there"},
		{"\x11\x24\x10\x51",
		 "a fixup in a segment that is not there"},
		{"\x11\x20\x10\x51", "a fixup outside its segment"},
		{"\x11\x22\xf9\x2f\x51", "a fixup outside its segment"},
		{"\x11\x22" HUGE_ULEB "\x51", "a fixup outside its segment"},
		{"\x11\x22\x10\x60" HUGE_ULEB,
		 "a run of fixups leaves its segment"},
		{"\x11\x22\x10\x80" HUGE_ULEB "\x10",
		 "a run of fixups leaves its segment"},
		/* all at one place: 8 + skip is 0 */
		{"\x11\x22\x10\x80" HUGE_ULEB
		 "\xf8\xff\xff\xff\xff\xff\xff\xff\xff\x01",
		 "a run of fixups leaves its segment"},
		{"\x11\x22\x10\x60\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
		 "an opcode of a fixup is cut off"},
		{"\x11\x22", "an opcode of a fixup is cut off"},
		{"\x90", "unknown opcode of a fixup"},
	};

	for (size_t i = 0; i < NELEM(rows); i++) {
		Got got;
		Sample m = with_ops(0, rows[i].ops, strlen(rows[i].ops));

		EXPECT_STR(relocs(&m, all_data, 1, &got), rows[i].why);
	}
}

/* Each run is sound, but together they would cost the square of the file's
 * size. */
TEST(rebase_too_many)
{
	static const char run[] = "\x22\x10\x60\xf0\x05";
	char ops[1 + 13 * 5] = "\x11";
	Got got;
	Sample m;

	for (size_t i = 0; i < 13; i++)
		memcpy(ops + 1 + 5 * i, run, 5);
	m = with_ops(0, ops, 1 + 12 * 5);
	EXPECT_STR(relocs(&m, all_data, 1, &got), "");
	EXPECT_EQ(got.n, 12 * 0x2f0);
	m = with_ops(0, ops, sizeof ops);
	EXPECT_STR(relocs(&m, all_data, 1, &got),
		   "more fixups than the file can hold");
}

/* 2^64 repetitions of nothing are nothing. */
TEST(rebase_empty_runs)
{
	Got got;
	Sample m = OPS(0, "\x11\x22\x10\x50\x60\x00\x80\x00" HUGE_ULEB
		       "\x22\x20\x51");

	EXPECT_STR(relocs(&m, all_data, 1, &got), "");
	EXPECT_OFFSETS(&got, 0x20);
}

/* A long run, of which two spans see a few; where they overlap, once. */
TEST(rebase_spans)
{
	const Span spans[] = {
		{DATA + 0x107, DATA + 0x111}, {DATA + 0x110, DATA + 0x119},
		{DATA + 0x800, DATA + 0x800}, {5, 3},
		{0, DATA + 1}, {DATA + 0x17f9, UINT64_MAX},
	};
	Got got;
	Sample m = OPS(0, "\x11\x22\x00\x60\x80\x06");

	EXPECT_STR(relocs(&m, spans, NELEM(spans), &got), "");
	EXPECT_OFFSETS(&got, 0, 0x100, 0x108, 0x110, 0x118, 0x17f8);
	EXPECT_STR(relocs(&m, spans, 0, &got), "");
	EXPECT_EQ(got.n, 0);
}

static u32 next_random(u32 *x)
{
	*x = *x * 1664525 + 1013904223;
	return *x >> 16;
}

/* The arithmetic against span_hit, which the other formats use. */
TEST(run_next)
{
	u32 x = 1;

	for (int round = 0; round < 20000; round++) {
		MachoRun r = {
			next_random(&x) % 40, 1 + next_random(&x) % 20,
			1 + next_random(&x) % 20, next_random(&x) % 8,
		};
		Span spans[2];
		MachoFix f = {.spans = spans, .n = 2};
		u64 i = next_random(&x) % 4, want = i;

		for (int k = 0; k < 2; k++)
			spans[k] = (Span){next_random(&x) % 100,
					  next_random(&x) % 100};
		while (want < r.count &&
		       !spans_hit(spans, 2, r.addr + want * r.stride,
				  (u32)r.size))
			want++;
		if (i < r.count)
			EXPECT_EQ(macho_run_next(&f, &r, i), want);
	}
}

TEST(bind_opcodes)
{
	Got got;
	/* ordinal 1, "_a", pointer, addend -1, segment 2 + 8; bind; and
	 * + 8; and + 2 * 8; ordinal by ULEB; special; "_b"; + 8; twice
	 * skipping 8. */
	Sample m = OPS(1, "\x11\x40_a\0\x51\x60\x7f\x72\x08\x90\xa0\x08\xb2"
		       "\x20\x81\x01\x3e\x48_b\0\x80\x08\xc0\x02\x08\x00"
		       "\xff");

	put64(&m, F_DATA + 8, 77);
	EXPECT_STR(relocs(&m, all_data, 1, &got), "");
	EXPECT_OFFSETS(&got, 0x08, 0x10, 0x20, 0x40, 0x50);
	EXPECT_STR(got.r[0].name, "bind");
	EXPECT(!got.r[0].known && got.r[0].value == 0);
	EXPECT(view_is(got.r[2].sym, "_a"));
	EXPECT(view_is(got.r[3].sym, "_b"));
}

/* DONE ends the weak table, but only an entry of the lazy one, whose type
 * is a pointer unless it says otherwise. */
TEST(weak_and_lazy)
{
	static const char ops[] = "\x72\x08\x40_a\0\x90\0\x72\x10\x40_b\0"
				  "\x90\0\0\0";
	Got got;
	Sample m = with_ops(3, ops, sizeof ops - 1);

	EXPECT_STR(relocs(&m, all_data, 1, &got), "");
	EXPECT_OFFSETS(&got, 0x08, 0x10);
	EXPECT_STR(got.r[1].name, "lazy bind");
	EXPECT(view_is(got.r[1].sym, "_b"));
	m = OPS(2, "\x51\x72\x08\x40_a\0\x90\0\x90");
	EXPECT_STR(relocs(&m, all_data, 1, &got), "");
	EXPECT_OFFSETS(&got, 0x08);
	EXPECT_STR(got.r[0].name, "weak bind");
	m = OPS(1, "\x51\x72\x08\x40_a");
	EXPECT_STR(relocs(&m, all_data, 1, &got),
		   "an opcode of a fixup is cut off");
}

#define NEXT(n) ((u64)(n) << 51)
#define BIT(n) ((u64)1 << (n))

/* The list crosses a page and ends in a bind; the same list a thousand
 * times would be too much. */
TEST(threaded)
{
	Got got;
	Sample m = OPS(1, "\x51\xd0\x02\x40_a\0\x90\x40_b\0\x90\x72\x10\xd1");

	put64(&m, F_DATA + 0x10, NEXT(0x1fe) | (TEXT + 0x700));
	put64(&m, F_DATA + 0x1000, NEXT(1) | BIT(63) | 0x701);
	put64(&m, F_DATA + 0x1008, BIT(62) | 1);
	EXPECT_STR(relocs(&m, all_data, 1, &got), "");
	EXPECT_OFFSETS(&got, 0x10, 0x1000, 0x1008);
	EXPECT_EQ(got.r[0].value, TEXT + 0x700);
	EXPECT_EQ(got.r[1].value, TEXT + 0x701);
	EXPECT_STR(got.r[1].name, "auth rebase");
	EXPECT(!got.r[2].known);
	put64(&m, F_DATA + 0x1008, NEXT(0x7ff));
	EXPECT_STR(relocs(&m, all_data, 1, &got),
		   "a chain of fixups leaves its page");
	m = OPS(1, "\xd2");
	EXPECT_STR(relocs(&m, all_data, 1, &got), "unknown threaded bind");
}

/* ---- LC_DYSYMTAB --------------------------------------------------- */

TEST(classic)
{
	Got got;
	Sample m = sample();

	put_table(&m, DYSYMTAB, 72, F_RELS, 2);
	put_table(&m, DYSYMTAB, 64, F_RELS + 16, 1);
	put32(&m, F_RELS, 0x1010);
	put32(&m, F_RELS + 4, 3U << 25 | 2);
	put32(&m, F_RELS + 8, 0xfffffff0);
	put32(&m, F_RELS + 12, 3U << 25);
	put32(&m, F_RELS + 16, 0x1018);
	put32(&m, F_RELS + 20, 2U << 25 | 1U << 27 | 5U << 28 | 3);
	put64(&m, F_DATA + 0x10, TEXT + 9);
	EXPECT_STR(relocs(&m, all_data, 1, &got), "");
	EXPECT_OFFSETS(&got, 0x10, 0x18);
	EXPECT(got.r[0].known && got.r[0].value == TEXT + 9);
	EXPECT(!got.r[1].known && got.r[1].size == 4 && got.r[1].type == 5);
	EXPECT(view_is(got.r[1].sym, "_open"));
	EXPECT_STR(relocs(&m, &(Span){TEXT - 9, TEXT}, 1, &got), "");
	EXPECT(got.n == 1 && got.r[0].addr == TEXT - 16 && !got.r[0].known);
	/* On amd64 the first writable segment counts as 0. */
	put32(&m, 4, 0x01000007);
	EXPECT_STR(relocs(&m, all_data, 1, &got), "");
	EXPECT_OFFSETS(&got, 0x1010, 0x1018);
}

/* ---- LC_DYLD_CHAINED_FIXUPS ---------------------------------------- */

enum {
	FIX_STARTS = 0x20,	/* offsets from F_FIX */
	FIX_SEG = 0x40,
	FIX_IMPORTS = 0x80,
	FIX_SYMBOLS = 0x100,
	PAGE_START = F_FIX + FIX_SEG + 22,
};

static void put_start(Sample *m, u32 page, u16 start)
{
	m->b[PAGE_START + 2 * page] = (u8)start;
	m->b[PAGE_START + 2 * page + 1] = (u8)(start >> 8);
}

/* Chains of __DATA: its first page begins at 8, the second has none. */
static Sample with_chains(u16 format)
{
	Sample m = sample();
	u32 seg = F_FIX + FIX_SEG;

	put_table(&m, FIXUPS, 8, F_FIX, 0x200);
	put32(&m, F_FIX + 4, FIX_STARTS);
	put32(&m, F_FIX + 8, FIX_IMPORTS);
	put32(&m, F_FIX + 12, FIX_SYMBOLS);
	put32(&m, F_FIX + 16, 2);
	put32(&m, F_FIX + 20, 1);
	put32(&m, F_FIX + FIX_STARTS, 4);
	put32(&m, F_FIX + FIX_STARTS + 4 + 4 * DATA_SEG,
	      FIX_SEG - FIX_STARTS);
	put32(&m, seg, 0x40);
	put32(&m, seg + 4, PAGE | (u32)format << 16);
	put64(&m, seg + 8, DATA - TEXT);
	m.b[seg + 20] = 2;
	put_start(&m, 0, 8);
	put_start(&m, 1, 0xffff);
	put32(&m, F_FIX + FIX_IMPORTS, 1 << 9 | 1);
	put32(&m, F_FIX + FIX_IMPORTS + 4, 4 << 9 | 1);
	put_str(&m, F_FIX + FIX_SYMBOLS + 1, "_a");
	put_str(&m, F_FIX + FIX_SYMBOLS + 4, "_b");
	return m;
}

/* Two links 0x10 apart, then a bind of import 1. */
TEST(chain_formats)
{
	static const struct {
		u16 format;
		u64 word, value;	/* less next and bind */
		u32 step;
		unsigned bind;
		const char *name;
	} rows[] = {
		{1, TEXT + 0x700, TEXT + 0x700, 2, 62, "rebase"},
		{1, (u64)0xab << 43 | (TEXT + 1),
		 (u64)0xab << 56 | (TEXT + 1), 2, 62, "rebase"},
		{1, BIT(63) | (u64)0x3ffff << 32 | 0x700, TEXT + 0x700, 2,
		 62, "auth rebase"},
		{2, TEXT + 0x700, TEXT + 0x700, 4, 63, "rebase"},
		{2, (u64)0xab << 36 | (TEXT + 1),
		 (u64)0xab << 56 | (TEXT + 1), 4, 63, "rebase"},
		{6, 0x700, TEXT + 0x700, 4, 63, "rebase"},
		{6, (u64)0xff << 36 | 0x700,
		 ((u64)0xff << 56) + TEXT + 0x700, 4, 63, "rebase"},
		{9, 0x700, TEXT + 0x700, 2, 62, "rebase"},
		{9, BIT(63) | 0xfffffffc, TEXT + 0xfffffffc, 2, 62,
		 "auth rebase"},
		{12, (u64)0x12 << 43 | 0x700,
		 ((u64)0x12 << 56) + TEXT + 0x700, 2, 62, "rebase"},
	};

	for (size_t i = 0; i < NELEM(rows); i++) {
		Got got;
		Sample m = with_chains(rows[i].format);

		put64(&m, F_DATA + 8, rows[i].word | NEXT(rows[i].step));
		put64(&m, F_DATA + 0x18, rows[i].word | NEXT(rows[i].step));
		put64(&m, F_DATA + 0x28, BIT(rows[i].bind) | 1);
		EXPECT_STR(relocs(&m, all_data, 1, &got), "");
		EXPECT_OFFSETS(&got, 0x08, 0x18, 0x28);
		for (int k = 0; k < 2; k++) {
			EXPECT(got.r[k].known && got.r[k].size == 8);
			EXPECT_EQ(got.r[k].value, rows[i].value);
			EXPECT_EQ(got.r[k].type, rows[i].format);
			EXPECT_STR(got.r[k].name, rows[i].name);
		}
		EXPECT(!got.r[2].known && got.r[2].value == 0);
		EXPECT_STR(got.r[2].name, "bind");
		EXPECT(view_is(got.r[2].sym, "_b"));
	}
}

TEST(chain_imports)
{
	Got got;
	Sample m = with_chains(2);

	put64(&m, F_DATA + 8, BIT(63) | (u64)0xff << 24 | 1);
	put32(&m, F_FIX + 20, 2);
	put32(&m, F_FIX + FIX_IMPORTS + 8, 4 << 9);
	EXPECT_STR(relocs(&m, all_data, 1, &got), "");
	EXPECT(view_is(got.r[0].sym, "_b"));
	put32(&m, F_FIX + 20, 3);
	put32(&m, F_FIX + FIX_IMPORTS + 20, 4);
	EXPECT_STR(relocs(&m, all_data, 1, &got), "");
	EXPECT(view_is(got.r[0].sym, "_b"));
	put32(&m, F_FIX + 16, 1);
	EXPECT_STR(relocs(&m, all_data, 1, &got), "");
	EXPECT(got.n == 1 && got.r[0].sym.n == 0);
	put32(&m, F_FIX + 16, 2);
	put32(&m, F_FIX + FIX_IMPORTS + 20, 0xffffffff);
	EXPECT_STR(relocs(&m, all_data, 1, &got), "");
	EXPECT(got.n == 1 && got.r[0].sym.n == 0);
	put32(&m, F_FIX + 20, 4);
	EXPECT_STR(relocs(&m, all_data, 1, &got),
		   "chained imports of an unknown format");
}

/* 24 bits of an ordinal count in format 12, 16 in format 9. */
TEST(chain_ordinal_bits)
{
	Got got;
	Sample m = with_chains(12);

	put64(&m, F_DATA + 8, BIT(62) | BIT(63) | 0x10001);
	EXPECT_STR(relocs(&m, all_data, 1, &got), "");
	EXPECT(got.r[0].sym.n == 0);
	EXPECT_STR(got.r[0].name, "auth bind");
	m = with_chains(9);
	put64(&m, F_DATA + 8, BIT(62) | 0x10001);
	EXPECT_STR(relocs(&m, all_data, 1, &got), "");
	EXPECT(view_is(got.r[0].sym, "_b"));
}

/* The second page's chain is broken, which only a span there sees; a fixup
 * that begins on the last bytes of a page reaches into the next. */
TEST(chain_pages)
{
	const Span first = {DATA, DATA + PAGE}, second = {DATA + PAGE, BSS};
	Got got;
	Sample m = with_chains(6);

	put_start(&m, 0, 0xffc);
	put64(&m, F_DATA + 0xffc, 0x42);
	EXPECT_STR(relocs(&m, &second, 1, &got), "");
	EXPECT_OFFSETS(&got, 0xffc);
	put_start(&m, 1, 0x10);
	put64(&m, F_DATA + 0x1010, NEXT(0xfff));
	EXPECT_STR(relocs(&m, &second, 1, &got),
		   "a chain of fixups leaves its page");
	EXPECT_STR(relocs(&m, &(Span){DATA, DATA + 0xff0}, 1, &got), "");
	EXPECT_STR(relocs(&m, &first, 1, &got), "");
	/* page 0's goes on in page 1, where there is data */
	put64(&m, F_DATA + 0xffc, NEXT(1));
	EXPECT_STR(relocs(&m, &first, 1, &got),
		   "a chain of fixups leaves its page");
	put_start(&m, 1, 0x7fff);
	EXPECT_STR(relocs(&m, &second, 1, &got),
		   "a chain of fixups leaves its page");
}

TEST(chain_multi)
{
	Got got;
	Sample m = with_chains(2);

	/* page 0: chains at 8 and 0x20; page 1: the same list from its
	 * second entry */
	put_start(&m, 0, 0x8002);
	put_start(&m, 1, 0x8003);
	put_start(&m, 2, 8);
	put_start(&m, 3, 0x8000 | 0x20);
	put64(&m, F_DATA + 8, NEXT(2) | TEXT);
	EXPECT_STR(relocs(&m, all_data, 1, &got), "");
	EXPECT_OFFSETS(&got, 8, 0x10, 0x20, 0x1020);
	/* the second chain begins on the first one: a loop */
	put64(&m, F_DATA + 8, NEXT(6) | TEXT);
	EXPECT_STR(relocs(&m, all_data, 1, &got), "a page's chains overlap");
	put64(&m, F_DATA + 8, TEXT);
	put_start(&m, 3, 0x20);
	for (u32 i = 4; i < 21; i++)
		put_start(&m, i, (u16)(8 * i + 0x20));
	EXPECT_STR(relocs(&m, all_data, 1, &got),
		   "a page's chain starts are cut off");
}

/* A chain through a whole page; it cannot come back, as distances are not
 * negative. */
TEST(chain_dense)
{
	Got got;
	Sample m = with_chains(2);

	put_start(&m, 0, 0);
	for (u32 i = 0; i < PAGE / 8; i++)
		put64(&m, F_DATA + 8 * i, NEXT(i + 1 < PAGE / 8 ? 2 : 0));
	EXPECT_STR(relocs(&m, all_data, 1, &got), "");
	EXPECT_EQ(got.n, PAGE / 8);
}

static const struct {
	u32 at, value;	/* from F_FIX */
	const char *why;
} bad_chains[] = {
	{0, 1, "chained fixups of an unknown version"},
	{4, 0xffffffff, "chained fixups for more segments than there are"},
	{4, 0x1fe, "chained fixups for more segments than there are"},
	{FIX_STARTS, 5, "chained fixups for more segments than there are"},
	{FIX_STARTS, 0xffffffff,
	 "chained fixups for more segments than there are"},
	{FIX_STARTS + 4, 0xffffffff, "a segment's chain starts are cut off"},
	{FIX_STARTS + 4, 0x1d0, "a segment's chain starts are cut off"},
	{FIX_STARTS + 4, FIX_SEG - FIX_STARTS,
	 "chained fixups of another segment"},
	{FIX_SEG, 0xffffffff, "a segment's chain starts are cut off"},
	{FIX_SEG, 21, "a segment's chain starts are cut off"},
	{FIX_SEG, 25, "a segment's chain starts are cut off"},
	{FIX_SEG + 4, PAGE | 3 << 16,
	 "chained fixups of a pointer format that 64-bit programs do not "
	 "have"},
	{FIX_SEG + 4, PAGE,
	 "chained fixups of a pointer format that 64-bit programs do not "
	 "have"},
	{FIX_SEG + 4, 2 << 16, "chained fixups with an odd page size"},
	{FIX_SEG + 4, 1 | 2 << 16, "chained fixups with an odd page size"},
	{FIX_SEG + 8, 0, "chained fixups of another segment"},
	{FIX_SEG + 20, 3 | 0xfffeU << 16, "chained fixups beyond their "
	 "segment"},
};

TEST(chain_refused)
{
	Got got;

	for (size_t i = 0; i < NELEM(bad_chains); i++) {
		Sample m = with_chains(6);

		put32(&m, F_FIX + bad_chains[i].at, bad_chains[i].value);
		EXPECT_STR(relocs(&m, all_data, 1, &got), bad_chains[i].why);
	}
	for (u32 n = 1; n < FIX_SEG + 26; n++) {
		Sample m = with_chains(6);

		put_table(&m, FIXUPS, 8, F_FIX, n);
		EXPECT(relocs(&m, all_data, 1, &got)[0] != 0);
	}
}

TEST_MAIN(
	RUN(rebase_opcodes)
	RUN(rebase_refused)
	RUN(rebase_too_many)
	RUN(rebase_empty_runs)
	RUN(rebase_spans)
	RUN(run_next)
	RUN(bind_opcodes)
	RUN(weak_and_lazy)
	RUN(threaded)
	RUN(classic)
	RUN(chain_formats)
	RUN(chain_imports)
	RUN(chain_ordinal_bits)
	RUN(chain_pages)
	RUN(chain_multi)
	RUN(chain_dense)
	RUN(chain_refused)
)
