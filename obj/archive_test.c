/* Archives and the text in front of objects. */
#include "obj/obj.h"
#include "objabi/test.h"

#define LINE "go object linux amd64 go1.27.4 GOAMD64=v1 X:a,b"

static const char head[] = "!<arch>\n"
	"_go_.o          0           0     0     644     5         `\n"
	"12345\0"
	"x.syso          0           0     0     644     2         `\n"
	"ab";

static Fault walk(View file, int *members, Member *last)
{
	Archive a;
	Member m;
	Fault f = archive_open(&a, file);

	*members = 0;
	while (!f.why && archive_next(&a, &m, &f)) {
		++*members;
		*last = m;
	}
	return f;
}

TEST(members)
{
	int n;
	Member m;
	Fault f = walk(view_of(head, sizeof head - 1), &n, &m);

	EXPECT(!f.why);
	EXPECT_EQ(n, 2);
	EXPECT(view_is(m.name, "x.syso"));
	EXPECT(m.kind == MEMBER_NATIVE);
	EXPECT(view_is(m.bytes, "ab"));
	EXPECT_EQ(m.off, sizeof head - 3);
}

/* Every shorter file but the empty archive and the whole first member is
 * refused, and the reason's place lies in the file. */
TEST(cut)
{
	for (size_t n = 0; n < sizeof head - 1; n++) {
		int members;
		Member m;
		Fault f = walk(view_of(head, n), &members, &m);
		bool whole = n == 8 || n == 8 + 60 + 6;

		EXPECT(whole == !f.why);
		EXPECT(f.off <= n + 60);
	}
}

TEST(bad_size)
{
	char b[sizeof head];
	int n;
	Member m;

	memcpy(b, head, sizeof head);
	b[8 + 48] = '-';
	EXPECT_STR(walk(view_of(b, sizeof b - 1), &n, &m).why,
		   "the member's size is no number");
	memcpy(b + 8 + 48, "9999999999", 10);
	EXPECT_STR(walk(view_of(b, sizeof b - 1), &n, &m).why,
		   "the member is longer than the file");
	memcpy(b, head, sizeof head);
	b[8 + 59] = ' ';
	EXPECT_STR(walk(view_of(b, sizeof b - 1), &n, &m).why,
		   "no member header");
}

/* Reading and adding again gives the same bytes. */
TEST(write)
{
	Archive a;
	Member m;
	Fault f;
	Buf copy = {0}, fresh = {0};

	archive_open(&a, view_of(head, sizeof head - 1));
	archive_begin(&copy);
	archive_begin(&fresh);
	while (archive_next(&a, &m, &f)) {
		archive_copy(&copy, &m, m.bytes);
		archive_add(&fresh, m.name, m.bytes);
	}
	EXPECT(view_eq(view_of(copy.p, copy.n),
		       view_of(head, sizeof head - 1)));
	EXPECT(view_eq(view_of(fresh.p, fresh.n),
		       view_of(head, sizeof head - 1)));
	buf_free(&copy);
	buf_free(&fresh);
}

TEST(long_names)
{
	Buf b = {0};

	archive_add(&b, view_str("asm_linux_amd64.o"), view_str(""));
	EXPECT(view_prefix(view_of(b.p, b.n), "asm_linux_amd64.0     "));
	b.n = 0;
	/* The 16th byte is in the middle of a character. */
	archive_add(&b, view_str("123456789012345\xc3\xa9.o"), view_str(""));
	EXPECT(view_prefix(view_of(b.p, b.n), "123456789012345 0     "));
	buf_free(&b);
}

TEST(header)
{
	static const char text[] = LINE "\nbuild id \"a/b\"\nmain\n\n\n!\nOBJ";
	ObjHeader h;
	Fault f = objheader_parse(view_str(text), &h);

	EXPECT(!f.why);
	EXPECT(view_is(h.line, LINE));
	EXPECT(view_is(h.goos, "linux"));
	EXPECT(view_is(h.goarch, "amd64"));
	EXPECT(view_is(h.version, "go1.27.4"));
	EXPECT(view_is(h.buildid, "\"a/b\""));
	EXPECT(h.main);
	EXPECT(h.cgo.n == 0);
	EXPECT_EQ(h.text.n, sizeof text - 1 - 3);
}

/* A "!" line within $$ pairs does not end the header. */
TEST(cgo_header)
{
	static const char cgo[] = "[[\"cgo_export_static\",\"main\"]]";
	static const char tricky[] = LINE "\n\n\n$$B\nab\n!\nc\n$$\n\n!\nOBJ";
	HeaderText t = {.line = view_str(LINE), .cgo = view_str(cgo)};
	ObjHeader h;
	Buf b = {0};

	header_write(&b, &t);
	buf_str(&b, "OBJ");
	EXPECT(!objheader_parse(view_of(b.p, b.n), &h).why);
	EXPECT_EQ(h.text.n, b.n - 3);
	EXPECT(view_prefix(h.cgo, cgo));
	EXPECT(!h.main && h.buildid.n == 0);
	EXPECT(!objheader_parse(view_str(tricky), &h).why);
	EXPECT_EQ(h.text.n, sizeof tricky - 1 - 3);
	EXPECT(view_is(h.exports, "ab\n!\nc"));
	buf_free(&b);
}

TEST(bad_header)
{
	static const char *const bad[] = {"", "go object", "go object \n",
		"go object linux\n", "go object linux amd64\n", "!<arch>\n"};
	ObjHeader h;

	for (size_t i = 0; i < NELEM(bad); i++)
		EXPECT(objheader_parse(view_str(bad[i]), &h).why);
	EXPECT(!objheader_parse(view_str("go object a b devel x y\n"),
				&h).why);
	EXPECT(view_is(h.version, "devel x y"));
}

TEST_MAIN(
	RUN(members)
	RUN(cut)
	RUN(bad_size)
	RUN(write)
	RUN(long_names)
	RUN(header)
	RUN(cgo_header)
	RUN(bad_header)
)
