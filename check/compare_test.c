/* Symbols and differences on images made by hand. */
#include "check/check.h"
#include "objabi/test.h"

enum { TEXT = 0x1000, DATA = 0x2000, SIZE = 256, MAXSYM = 8 };

/* An image that is nothing but a list of symbols and one relocation. */
typedef struct {
	Image img;	/* first: the format finds the rest behind it */
	Symbol sym[MAXSYM];
	int nsym;
	u64 reloc;
	Fipsinfo info;
	u8 text[SIZE], data[SIZE];
} Sample;

static bool symbol(const Image *img, u64 i, Symbol *s)
{
	const Sample *x = (const Sample *)img;

	if (i >= (u64)x->nsym)
		return false;
	*s = x->sym[i];
	return true;
}

static bool no_section(const Image *img, u32 i, Section *s)
{
	(void)img;
	(void)i;
	*s = (Section){0};
	return false;
}

static Fault relocs(const Image *img, const Span *spans, int n,
		    DynRelocFn *fn, void *arg)
{
	const Sample *x = (const Sample *)img;
	DynReloc r = {.addr = x->reloc, .size = 8, .name = "R_TEST"};

	if (spans_hit(spans, n, r.addr, r.size))
		fn(arg, &r);
	return OK;
}

static const Format format = {.name = "raw", .symbol = symbol,
			      .section = no_section, .dynrelocs = relocs};

static void add(Sample *x, const char *name, u64 addr, u64 size)
{
	x->sym[x->nsym++] = (Symbol){view_str(name), addr, size, 't'};
}

/* a is 0x40 bytes, b 0x40, c 0x20 and then a gap; d in the data. */
static void make(Sample *x)
{
	*x = (Sample){.img = {.format = &format, .ptrsize = 8, .goos = ""}};
	x->img.file = view_of(x->text, SIZE);
	for (int i = 0; i < SIZE; i++) {
		x->text[i] = (u8)i;
		x->data[i] = (u8)(i * 3);
	}
	x->info.range[0] = (Span){TEXT, TEXT + SIZE};
	x->info.range[3] = (Span){DATA, DATA + SIZE};
	x->info.bytes[0] = view_of(x->text, SIZE);
	x->info.bytes[3] = view_of(x->data, SIZE);
	add(x, "c", TEXT + 0x80, 0x20);
	add(x, "d", DATA, 0);
	add(x, "b", TEXT + 0x40, 0x40);
	add(x, "a", TEXT, 0x40);
	add(x, "outside", DATA + SIZE, 8);
}

static void side(Side *s, const Sample *x)
{
	*s = (Side){.label = "x"};
	memcpy(s->range, x->info.bytes, sizeof s->range);
	side_of_image(s, &x->img, &x->info);
}

static void run(Diff *d, const Sample *x, const Sample *y)
{
	static Side a, b;	/* items point into their symbols */

	side_close(&a);
	side_close(&b);
	side(&a, x);
	side(&b, y);
	compare(d, &a, &b);
}

TEST(symbols_by_place)
{
	Sample x;
	Syms s;

	make(&x);
	syms_load(&s, &x.img, &x.info, false);
	EXPECT_EQ(s.n, 4);
	EXPECT(view_is(s.v[0].name, "a") && view_is(s.v[2].name, "c"));
	EXPECT(view_is(s.v[3].name, "d") && s.v[3].range == 3);
	EXPECT_EQ(s.v[3].size, SIZE);	/* it had none */
	EXPECT(syms_at(&s, 0, TEXT + 0x7f) == &s.v[1]);
	EXPECT(syms_at(&s, 0, TEXT + 0x80) == &s.v[2]);
	EXPECT(!syms_at(&s, 0, TEXT + 0xa0));	/* between symbols */
	EXPECT(!syms_at(&s, 3, DATA - 1));
	EXPECT(s.source[0] == SYMS_TABLE && s.source[1] == SYMS_NONE);
	syms_free(&s);
}

/* However many and however long they are, they are looked at once. */
TEST(symbols_do_not_overlap)
{
	Sample x;
	Syms s;

	make(&x);
	x.nsym = 0;
	for (int i = 0; i < 6; i++)
		add(&x, "same", TEXT, SIZE);
	add(&x, "next", TEXT + 8, 1 << 20);
	syms_load(&s, &x.img, &x.info, false);
	EXPECT_EQ(s.n, 5);
	EXPECT_EQ(s.v[0].size, 8);
	EXPECT_EQ(s.v[4].size, SIZE - 8);
	syms_free(&s);
}

/* 300 bytes of names in a file of 100. */
TEST(names_have_room)
{
	static char name[151];
	Sample x;
	Syms s;

	make(&x);
	memset(name, 'n', 150);
	x.nsym = 0;
	x.img.file.n = 100;
	add(&x, name, TEXT, 8);
	add(&x, name, TEXT + 8, 8);
	syms_load(&s, &x.img, &x.info, false);
	EXPECT(s.n == 2 && s.v[0].name.n == 150 && s.v[1].name.n == 0);
	syms_free(&s);
}

TEST(same)
{
	Sample x, y;
	Diff d;

	make(&x);
	make(&y);
	run(&d, &x, &y);
	EXPECT(!d.any && d.n == 0);
	diff_free(&d);
}

TEST(changed)
{
	Sample x, y;
	Diff d;

	make(&x);
	make(&y);
	y.text[0x41] ^= 1;
	y.text[0x44] ^= 1;
	run(&d, &x, &y);
	EXPECT(d.any && d.n == 1 && d.differs[0] && !d.differs[3]);
	EXPECT(d.v[0].kind == DIFF_CHANGED && view_is(d.v[0].a->name, "b"));
	EXPECT_EQ(d.v[0].at_a, 0x41);
	EXPECT_EQ(d.v[0].ndiff, 2);
	EXPECT_EQ(d.v[0].len, 4);
	diff_free(&d);
}

TEST(added_removed_resized)
{
	Sample x, y;
	Diff d;

	make(&x);
	make(&y);
	y.sym[0].name = view_str("e");	/* c is e now, a is shorter */
	y.sym[3].size = 0x30;
	y.text[0] ^= 1;
	run(&d, &x, &y);
	EXPECT_EQ(d.n, 3);
	EXPECT(d.v[0].kind == DIFF_REMOVED && view_is(d.v[0].a->name, "c"));
	EXPECT(d.v[1].kind == DIFF_ADDED && view_is(d.v[1].b->name, "e"));
	EXPECT(d.v[2].kind == DIFF_RESIZED && view_is(d.v[2].a->name, "a"));
	diff_free(&d);
}

/* What moved is the same; of two with one name, the second is matched with
 * the second. */
TEST(moved)
{
	Sample x, y;
	Diff d;

	make(&x);
	make(&y);
	x.sym[0].name = y.sym[0].name = view_str("a");
	x.sym[2].addr = TEXT + 0xa0;	/* c, now also a, before b */
	y.text[0x80] ^= 1;
	memcpy(x.text + 0xa0, y.text + 0x40, 0x40);
	run(&d, &x, &y);
	EXPECT(d.n == 1 && d.v[0].a && d.v[0].a->addr == TEXT + 0x80);
	EXPECT_EQ(d.v[0].at_b, 0x80);
	diff_free(&d);
	y.text[0x80] ^= 1;
	y.text[0x43] ^= 1;	/* in b, which is elsewhere in x */
	run(&d, &x, &y);
	EXPECT(d.n == 1 && view_is(d.v[0].b->name, "b"));
	EXPECT_EQ(d.v[0].at_a, 0xa3);
	EXPECT_EQ(d.v[0].at_b, 0x43);
	diff_free(&d);
}

/* Three functions whose reference to something moved by 0x120, and one with
 * another constant. */
TEST(shifted)
{
	Sample x, y;
	Diff d;

	make(&x);
	make(&y);
	add(&x, "e", TEXT + 0xc0, 0x40);
	add(&y, "e", TEXT + 0xc0, 0x40);
	for (size_t i = 0; i < 4; i++)
		st32(y.text + i * 0x40 + 5 + i, ld32(x.text + i * 0x40 + 5 +
						     i, false) + 0x120, false);
	y.text[0x4a] ^= 0x10;	/* in b, right behind the reference */
	run(&d, &x, &y);
	EXPECT(d.n == 4 && d.nshifted == 3);
	EXPECT(!d.v[0].shifted && view_is(d.v[0].a->name, "b"));
	EXPECT(d.v[1].shifted && d.v[2].shifted && d.v[3].shifted);
	diff_free(&d);
	y.text[0x85] ^= 1;	/* c too: now two are left */
	y.text[0xc5] ^= 1;
	run(&d, &x, &y);
	EXPECT(d.n == 4 && d.nshifted < 3);
	diff_free(&d);
}

TEST(snapshots)
{
	static const char *const name[][2] = {
		{"crypto/internal/fips140/v1.0.0-c2097c7c/aes.sbox0",
		 "crypto/internal/fips140/aes.sbox0"},
		{"crypto/internal/fips140/v1%2e26%2e0.CAST",
		 "crypto/internal/fips140.CAST"},
	};
	Sample x, y;
	Diff d;

	for (size_t i = 0; i < NELEM(name); i++) {
		make(&x);
		make(&y);
		x.sym[0].name = view_str(name[i][0]);
		y.sym[0].name = view_str(name[i][1]);
		y.text[0x80] ^= 1;
		run(&d, &x, &y);
		EXPECT(d.n == 1 && d.v[0].kind == DIFF_CHANGED);
		diff_free(&d);
	}
}

TEST(between_symbols)
{
	Sample x, y;
	Diff d;

	make(&x);
	make(&y);
	y.text[0xa8] ^= 1;
	run(&d, &x, &y);
	EXPECT(d.any && d.n == 1 && d.v[0].kind == DIFF_BYTES);
	EXPECT_EQ(d.v[0].at_a, 0xa8);
	diff_free(&d);
}

/* One side without symbols: the other's name the place. */
TEST(one_side_named)
{
	Sample x, y;
	Diff d;

	make(&x);
	make(&y);
	y.nsym = 0;
	y.data[9] ^= 1;
	y.text[0x85] ^= 1;
	run(&d, &x, &y);
	EXPECT_EQ(d.n, 2);
	EXPECT(d.v[0].a && view_is(d.v[0].a->name, "c") && !d.v[0].b);
	EXPECT(d.v[1].a && view_is(d.v[1].a->name, "d"));
	diff_free(&d);
}

TEST(no_names)
{
	Sample x, y;
	Diff d;

	make(&x);
	make(&y);
	x.nsym = y.nsym = 0;
	y.data[9] ^= 1;
	y.data[12] ^= 1;	/* close enough to be one place */
	y.data[99] ^= 1;
	y.info.bytes[0].n = SIZE - 1;
	run(&d, &x, &y);
	EXPECT_EQ(d.n, 3);
	EXPECT_EQ(d.v[0].at_a, SIZE - 1);	/* text: where one ends */
	EXPECT_EQ(d.v[0].ndiff, 0);
	EXPECT_EQ(d.v[1].ndiff, 2);
	EXPECT_EQ(d.v[1].len, 4);
	EXPECT_EQ(d.v[2].at_b, 99);
	diff_free(&d);
}

TEST(relocations)
{
	Sample x;
	Side s;

	make(&x);
	x.reloc = DATA + 16;
	side(&s, &x);
	EXPECT_EQ(s.nreloc, 1);
	EXPECT(!side_reloc(&s, DATA + 15, 1) && side_reloc(&s, DATA + 15, 2));
	EXPECT(side_reloc(&s, DATA + 23, 1) && !side_reloc(&s, DATA + 24, 1));
	side_close(&s);
	x.reloc = DATA + SIZE;	/* touches no range */
	side(&s, &x);
	EXPECT_EQ(s.nreloc, 0);
	side_close(&s);
}

TEST(dumps)
{
	static const char good[] = FIPS_DUMP_MAGIC
		"\0\0\0\0\0\0\0\2ab" "\0\0\0\0\0\0\0\0"
		"\0\0\0\0\0\0\0\1c" "\0\0\0\0\0\0\0\0";
	View v = view_of(good, sizeof good - 1), range[FIPS_NRANGE];

	EXPECT(!dump_parse(v, range).why);
	EXPECT(view_is(range[0], "ab") && view_is(range[2], "c"));
	EXPECT(range[1].n == 0 && range[3].n == 0);
	v.n++;	/* the literal's NUL */
	EXPECT(dump_parse(v, range).why);
	for (v.n = strlen(FIPS_DUMP_MAGIC); v.n < sizeof good - 1; v.n++)
		EXPECT(dump_parse(v, range).why);
}

TEST_MAIN(
	RUN(symbols_by_place) RUN(symbols_do_not_overlap)
	RUN(names_have_room) RUN(same)
	RUN(changed) RUN(added_removed_resized) RUN(moved) RUN(shifted) RUN(snapshots)
	RUN(between_symbols) RUN(one_side_named) RUN(no_names)
	RUN(relocations) RUN(dumps)
)
