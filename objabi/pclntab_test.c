/* Function tables made by hand, in both layouts and all ways to find the
 * start of the text. */
#include "objabi/objabi.h"
#include "objabi/test.h"

enum {
	DATA = 0x1000, TEXT = 0x40000,
	TAB = 0x40,	/* the table, in the data */
	NAMES = 0x80, FUNCTAB = 0xc0,	/* from TAB */
	MOD = 0x300,	/* runtime.firstmoduledata, in the data */
	SIZE = 0x400,
};

static bool no_section(const Image *img, u32 i, Section *s)
{
	(void)img;
	(void)i;
	*s = (Section){0};
	return false;
}

/* Every word of moduledata that is not in place is in a relocation. */
static Fault relocs(const Image *img, const Span *spans, int n,
		    DynRelocFn *fn, void *arg)
{
	static const struct { u64 off, value; } rel[] = {
		{MOD, DATA + TAB}, {MOD + 20 * 8, TEXT + 0x10},
		{MOD + 22 * 8, TEXT},
	};

	(void)img;
	for (size_t i = 0; i < NELEM(rel); i++) {
		DynReloc r = {.addr = DATA + rel[i].off, .size = 8,
			      .name = "R", .known = true,
			      .value = rel[i].value};

		if (spans_hit(spans, n, r.addr, r.size))
			fn(arg, &r);
	}
	return OK;
}

static const Format plain = {.name = "raw", .section = no_section};
static const Format relocated = {.name = "raw", .section = no_section,
				 .dynrelocs = relocs};

typedef struct {
	u8 data[SIZE];
	Image img;
} Sample;

static void word(Sample *s, size_t off, u64 x)
{
	if (s->img.ptrsize == 4)
		st32(s->data + off, (u32)x, s->img.big);
	else
		st64(s->data + off, x, s->img.big);
}

static void half(Sample *s, size_t off, u32 x)
{
	st32(s->data + off, x, s->img.big);
}

/* Two functions, at 0x10 and 0x30 of the text, the end at 0x38. */
static void make(Sample *s, u8 ptrsize, bool big, u64 textstart)
{
	static const u64 offs[] = {NAMES, 0xa0, 0xa0, 0xa0, FUNCTAB};
	size_t at = TAB + 8;

	memset(s, 0, sizeof *s);
	s->img = (Image){.format = &plain, .ptrsize = ptrsize, .big = big,
			 .file = {s->data, SIZE}, .nseg = 2};
	s->img.seg[0] = (Segment){.addr = DATA, .memsz = SIZE,
		.data = {s->data, SIZE}, .perm = PERM_R | PERM_W};
	s->img.seg[1] = (Segment){.addr = TEXT, .memsz = 0x1000,
		.data = {s->data, 0}, .perm = PERM_R | PERM_X};
	half(s, TAB, 0xfffffff1);
	s->data[TAB + 6] = 4;
	s->data[TAB + 7] = ptrsize;
	word(s, at, 2);
	word(s, at + 2 * ptrsize, textstart);
	for (size_t i = 0; i < NELEM(offs); i++)
		word(s, at + (3 + i) * ptrsize, offs[i]);
	memcpy(s->data + TAB + NAMES, "\0a.one\0b.two", 13);
	at = TAB + FUNCTAB;
	half(s, at, 0x10);
	half(s, at + 4, 0x20);
	half(s, at + 8, 0x30);
	half(s, at + 12, 0x28);
	half(s, at + 16, 0x38);
	half(s, at + 0x20 + 4, 1);
	half(s, at + 0x28 + 4, 7);
}

static void moduledata(Sample *s)
{
	u8 size = s->img.ptrsize;

	word(s, MOD, DATA + TAB);
	word(s, MOD + 17u * size, 3);
	word(s, MOD + 20u * size, TEXT + 0x10);
	word(s, MOD + 22u * size, TEXT);
}

static void expect_functions(Sample *s)
{
	Pclntab t;
	PclnFunc f;

	EXPECT(!pclntab_open(&s->img, &t).why);
	EXPECT(pclntab_locate(&s->img, &t) && t.has_text);
	EXPECT_EQ(t.addr, DATA + TAB);
	EXPECT(pclntab_func(&t, 0, &f) && view_is(f.name, "a.one"));
	EXPECT_EQ(f.addr, TEXT + 0x10);
	EXPECT_EQ(f.size, 0x20);
	EXPECT(pclntab_func(&t, 1, &f) && view_is(f.name, "b.two"));
	EXPECT_EQ(f.addr, TEXT + 0x30);
	EXPECT_EQ(f.size, 8);
	EXPECT(!pclntab_func(&t, 2, &f));
}

TEST(text_from_moduledata)
{
	Sample s;

	for (int i = 0; i < 4; i++) {
		make(&s, i & 1 ? 4 : 8, i & 2, 0);
		moduledata(&s);
		expect_functions(&s);
	}
}

TEST(text_from_header)
{
	Sample s;
	Pclntab t;

	make(&s, 8, false, TEXT);
	expect_functions(&s);
	make(&s, 8, false, DATA);	/* that is not code */
	EXPECT(!pclntab_open(&s.img, &t).why);
	EXPECT(!pclntab_locate(&s.img, &t) && !t.has_text);
}

TEST(text_from_relocations)
{
	Sample s;
	Pclntab t;

	make(&s, 8, false, 0);
	word(&s, MOD + 17 * 8, 3);
	EXPECT(!pclntab_open(&s.img, &t).why);
	EXPECT(!pclntab_locate(&s.img, &t));
	s.img.format = &relocated;
	expect_functions(&s);
}

/* A pointer to the table is not enough to be moduledata. */
TEST(false_moduledata)
{
	Sample s;
	Pclntab t;

	make(&s, 8, false, 0);
	moduledata(&s);
	word(&s, 0, DATA + TAB);
	expect_functions(&s);
	word(&s, MOD + 17 * 8, 4);
	EXPECT(!pclntab_open(&s.img, &t).why);
	EXPECT(!pclntab_locate(&s.img, &t));
	word(&s, MOD + 17 * 8, 3);
	word(&s, MOD + 20 * 8, TEXT + 0x18);
	EXPECT(!pclntab_locate(&s.img, &t));
}

TEST(names)
{
	Sample s;
	Pclntab t;
	View v;
	size_t at = 0;

	make(&s, 8, false, 0);
	EXPECT(!pclntab_open(&s.img, &t).why);
	EXPECT(pclntab_name(&t, &at, &v) && v.n == 0);
	EXPECT(pclntab_name(&t, &at, &v) && view_is(v, "a.one"));
	EXPECT(pclntab_name(&t, &at, &v) && view_is(v, "b.two"));
}

/* The first bytes of a table occur where there is none. */
TEST(second_candidate)
{
	Sample s;

	make(&s, 8, false, TEXT);
	memcpy(s.data, s.data + TAB, 8);
	expect_functions(&s);
}

TEST(damaged)
{
	Sample s;
	Pclntab t;
	PclnFunc f;

	make(&s, 8, false, TEXT);
	word(&s, TAB + 8, 1 << 20);
	EXPECT(pclntab_open(&s.img, &t).why);
	make(&s, 8, false, TEXT);
	word(&s, TAB + 8 + 7 * 8, SIZE);
	EXPECT(pclntab_open(&s.img, &t).why);
	make(&s, 8, false, TEXT);
	word(&s, TAB + 8 + 3 * 8, UINT64_MAX);
	EXPECT(pclntab_open(&s.img, &t).why);
	make(&s, 8, false, TEXT);
	half(&s, TAB + FUNCTAB + 4, UINT32_MAX);	/* _func outside */
	half(&s, TAB + FUNCTAB + 8, 8);	/* not in order */
	EXPECT(!pclntab_open(&s.img, &t).why);
	EXPECT(pclntab_func(&t, 0, &f) && f.name.n == 0 && f.size == 0);
	half(&s, TAB + FUNCTAB + 0x28 + 4, UINT32_MAX);	/* name outside */
	EXPECT(pclntab_func(&t, 1, &f) && f.name.n == 0);
}

/* Go 1.16's table is seen, but not read. */
TEST(older_layout)
{
	Sample s;
	Pclntab t;
	View v;

	make(&s, 8, false, TEXT);
	half(&s, TAB, 0xfffffffa);
	EXPECT(pclntab_find(&s.img, &v));
	EXPECT(pclntab_open(&s.img, &t).why);
}

TEST_MAIN(
	RUN(text_from_moduledata) RUN(text_from_header)
	RUN(text_from_relocations) RUN(false_moduledata) RUN(names)
	RUN(second_candidate) RUN(damaged) RUN(older_layout)
)
