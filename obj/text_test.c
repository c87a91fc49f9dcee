/*
 * Objects as text: what the statements make, what is refused and where, and
 * that a dump makes the same bytes again.
 */
#include "obj/obj.h"
#include "objabi/test.h"

#define HEAD "object linux amd64 go1.27.4\n"
#define MODULE "crypto/internal/fips140/demo"
#define PACKAGE "package " MODULE "\n"

/* The messages of a text, "" if it is good. */
static const char *says(const char *text)
{
	static char out[2000];
	TextResult res = {0};

	text_parse(&res, "f", view_str(text));
	snprintf(out, sizeof out, "%.*s", (int)res.messages.n,
		 res.messages.n ? res.messages.p : "");
	if (!res.errors != !res.messages.n)
		snprintf(out, sizeof out, "%u errors without words",
			 res.errors);
	buf_free(&res.out);
	buf_free(&res.messages);
	buf_free(&res.report);
	return out;
}

/* A text's object, its bytes in res. */
static bool object(TextResult *res, GoObj *g, const char *text)
{
	Archive a;
	Member m;
	Fault f = OK;

	*res = (TextResult){0};
	text_parse(res, "f", view_str(text));
	if (res->errors)
		printf("%.*s", (int)res->messages.n, res->messages.p);
	if (res->errors ||
	    archive_open(&a, view_of(res->out.p, res->out.n)).why ||
	    !archive_next(&a, &m, &f))
		return false;
	return !goobj_open(m.obj, g).why;
}

static void done(TextResult *res)
{
	buf_free(&res->out);
	buf_free(&res->messages);
	buf_free(&res->report);
}

static u32 find(const GoObj *g, const char *name)
{
	for (u32 i = 0; i < g->nsym; i++)
		if (view_is(goobj_sym(g, i).name, name))
			return i;
	return NOSYM;
}

static int kind(const GoObj *g, const char *name)
{
	u32 i = find(g, name);

	return i == NOSYM ? -1 : goobj_sym(g, i).kind;
}

TEST(kinds)
{
	TextResult res;
	GoObj g;

	EXPECT(object(&res, &g, HEAD PACKAGE
		"text " MODULE ".F<1> nosplit\n bytes c3\n"
		"rodata " MODULE ".r\n int 4 1\n"
		"noptrdata " MODULE ".n\n int 4 1\n"
		"data " MODULE ".d\n int 4 1\n"
		"bss " MODULE ".b size 8\n"
		"rodata x<>\n bytes 00\n"
		"rodata y\n bytes 00\n"
		"rodata " MODULE ".F.stkobj\n bytes 00\n"
		"sym def SRODATA " MODULE ".s size 1\n bytes 00\n"));
	EXPECT_EQ(kind(&g, MODULE ".F"), STEXTFIPS);
	EXPECT_EQ(kind(&g, MODULE ".r"), SRODATAFIPS);
	EXPECT_EQ(kind(&g, MODULE ".n"), SNOPTRDATAFIPS);
	EXPECT_EQ(kind(&g, MODULE ".d"), SDATAFIPS);
	EXPECT_EQ(kind(&g, MODULE ".b"), SBSS);
	EXPECT_EQ(kind(&g, "x"), SRODATAFIPS);
	EXPECT_EQ(kind(&g, "y"), SRODATA);
	EXPECT_EQ(kind(&g, MODULE ".F.stkobj"), SRODATA);
	EXPECT_EQ(kind(&g, MODULE ".s"), SRODATA);
	EXPECT_EQ(goobj_sym(&g, find(&g, MODULE ".b")).size, 8);
	EXPECT_EQ(goobj_sym(&g, find(&g, MODULE ".F")).abi, SymABIInternal);
	EXPECT_EQ(goobj_sym(&g, find(&g, "x")).abi, SymABIstatic);
	done(&res);
}

/* Up to 1.26, declaring them is what counts, not writing to them. */
TEST(kinds_before_127)
{
	TextResult res;
	GoObj g;

	EXPECT(object(&res, &g, "object linux amd64 go1.26.1\n" PACKAGE
		"text " MODULE ".F\n bytes c3\n"
		"rodata " MODULE ".r\n int 4 1\n"
		"bss " MODULE ".b\n int 4 1\n"));
	EXPECT_EQ(kind(&g, MODULE ".F"), STEXTFIPS);
	EXPECT_EQ(kind(&g, MODULE ".r"), SRODATAFIPS);
	EXPECT_EQ(kind(&g, MODULE ".b"), SDATAFIPS);
	done(&res);
}

/* A hash is taken as it is, whatever the contents. */
TEST(hash)
{
	static const u8 want[HASH_SIZE] = {1, 2, 3};
	TextResult res;
	GoObj g;

	EXPECT(object(&res, &g, HEAD "sym hashed SRODATA x size 9 align 1 "
		"hash 01020300000000000000000000000000\n"
		" bytes 000102030405060708\n"));
	EXPECT_EQ(g.nhasheddef, 1);
	EXPECT(g.nhasheddef == 1 &&
	       memcmp(goobj_hash(&g, 0), want, HASH_SIZE) == 0);
	done(&res);
}

/* Written to in bss, a symbol becomes data: prepwrite. */
TEST(write_to_bss)
{
	TextResult res;
	GoObj g;

	EXPECT(object(&res, &g, HEAD PACKAGE
		      "bss " MODULE ".b\n int 4 1\n"
		      "noptrbss " MODULE ".n\n int 4 1\n"));
	EXPECT_EQ(kind(&g, MODULE ".b"), SDATAFIPS);
	EXPECT_EQ(kind(&g, MODULE ".n"), SNOPTRDATAFIPS);
	done(&res);
}

TEST(data)
{
	static const u8 want[] = {1, 2, 0x34, 0x12, 'h', 'i', '\n', 0, 0xff};
	TextResult res;
	GoObj g;
	View v;

	EXPECT(object(&res, &g, HEAD "data main.x align 2 // words\n"
		      "\tbytes 01 02\n\tint 2 0x1234\n"
		      "\tstring \"hi\\n\"\n\tat 8\n\tint 1 -1\n"));
	v = goobj_data(&g, find(&g, "main.x"));
	EXPECT(view_eq(v, view_of(want, sizeof want)));
	EXPECT_EQ(goobj_sym(&g, find(&g, "main.x")).align, 2);
	done(&res);
	EXPECT(object(&res, &g, "object linux s390x go1.24.4\n"
		      "data main.x\n int 4 1\n"));
	v = goobj_data(&g, find(&g, "main.x"));
	EXPECT(v.n == 4 && v.p[3] == 1);
	done(&res);
}

TEST(references)
{
	TextResult res;
	GoReloc r;
	u32 first;
	GoObj g;

	EXPECT(object(&res, &g, HEAD "data main.x\n"
		      "\taddr main.y 16\n\tweakoff \"\"#1\n\treloc 4 4 "
		      "R_KEEP - 0\n") == false);
	done(&res);
	EXPECT(object(&res, &g, HEAD "data main.x\n"
		      "\taddr main.y 16\n\tweakoff #later\n\toff main.x<1>\n"
		      "rodata \"\" #later\n\tbytes 00\n"));
	EXPECT_EQ(goobj_relocs(&g, find(&g, "main.x"), &first), 3);
	r = goobj_reloc(&g, first);
	EXPECT_EQ(r.siz, 8);
	EXPECT_EQ(r.add, 16);
	EXPECT_EQ(goobj_local(&g, r.sym), find(&g, "main.y"));
	EXPECT(goobj_local(&g, r.sym) >= g.ndef);
	r = goobj_reloc(&g, first + 1);
	EXPECT_STR(reloc_name(GO127, r.type), "R_WEAKADDROFF");
	EXPECT(goobj_local(&g, r.sym) < g.ndef);
	done(&res);
}

TEST(refused_relocations)
{
	EXPECT_STR(says(HEAD PACKAGE "flags shared\nrodata " MODULE
			".x\n addr y\n"),
		   "f:5: " MODULE ".x: invalid relocation R_ADDR in fips data "
		   "(SRODATAFIPS)\n");
	EXPECT_STR(says(HEAD PACKAGE "flags shared\ntext " MODULE
			".x size 8\n bytes 0000000000000000\n"
			" reloc 0 8 R_ADDR y 0\n"),
		   "f:6: " MODULE ".x: invalid relocation R_ADDR in fips "
		   "code\n");
	EXPECT_STR(says(HEAD PACKAGE "rodata " MODULE ".x\n addr y\n"), "");
	EXPECT_STR(says(HEAD "flags shared\nrodata main.x\n addr y\n"), "");
	EXPECT_STR(says(HEAD PACKAGE "flags shared\ntext " MODULE
			".x size 4\n bytes 00000000\n"
			" reloc 0 4 R_CALL y 0\n"), "");
	/* As it is means as it is. */
	EXPECT_STR(says(HEAD PACKAGE "flags shared\nsym def SRODATAFIPS "
			MODULE ".x size 8\n bytes 0000000000000000\n"
			" reloc 0 8 R_ADDR y 0\n"), "");
}

TEST(mistakes)
{
	static const struct {
		const char *text, *says;
	} t[] = {
		{"", "f:0: nothing in it\n"},
		{"// nothing\n", "f:1: nothing in it\n"},
		{"data x\n", "f:1: no proper object line before this\n"},
		{HEAD "frob x\n", "f:2: frob is no statement\n"},
		{HEAD "bytes 00\n", "f:2: no symbol before this\n"},
		{HEAD "data x\n bytes 0\n",
		 "f:3: hexadecimal bytes expected\n"},
		{HEAD "data x\n bytes 0g\n",
		 "f:3: hexadecimal bytes expected\n"},
		{HEAD "data x wibble\n",
		 "f:2: wibble is nothing that a symbol has\n"},
		{HEAD "data \"x\n", "f:2: not a Go string\n"},
		{HEAD "data x<y>\n", "f:2: <ABI> expected behind the name\n"},
		{HEAD "data x\ndata x\n", "f:3: a second definition\n"},
		{HEAD "data x\n int 3 1\n",
		 "f:3: an integer of a size that is none\n"},
		{HEAD "data x\n int 8\n", "f:3: number expected\n"},
		{HEAD "data x\n reloc 0 4 R_NONE x 0\n",
		 "f:3: R_NONE is no relocation type of this release\n"},
		{HEAD "data x\n addr @7/1\n",
		 "f:3: @builtin/N or @PKG/N expected, PKG being a pkg line\n"},
		{HEAD "data x\n addr #1\n", "f:3: #1 is nowhere defined\n"},
		{HEAD "data x\n aux Wibble x\n",
		 "f:3: Wibble is no auxiliary symbol\n"},
		{HEAD "data x\n func\n", "f:3: func is for a text symbol\n"},
		{HEAD "data x\n at 1000000000\n int 1 0\n",
		 "f:4: more than 67108864 bytes of zeros\n"},
		{HEAD "data x\n at 0 1\n", "f:3: 1 is too much\n"},
		{HEAD "sym heap SDATA x\n", "f:2: heap is no list of symbols\n"},
		{HEAD "sym def SFROB x\n",
		 "f:2: SFROB is no symbol kind of this release\n"},
		{HEAD "flags fast\n", "f:2: fast is no flag of an object\n"},
		{HEAD "object x\n", "f:2: a second object; an archive has "
		 "members\n"},
		{"member x\n", "f:1: a member, but no archive\n"},
		{"object linux pdp11 go1.27\ndata x\n",
		 "f:2: an object line of no GOARCH or Go release that is "
		 "known\n"},
		{"object linux amd64 go1.23\ndata x\n",
		 "f:2: an object line of no GOARCH or Go release that is "
		 "known\n"},
	};

	for (size_t i = 0; i < NELEM(t); i++)
		EXPECT_STR(says(t[i].text), t[i].says);
}

/* Twenty are enough. */
TEST(many_mistakes)
{
	Buf b = {0};
	TextResult res = {0};
	size_t lines = 0;

	for (int i = 0; i < 100; i++)
		buf_str(&b, "frob\n");
	text_parse(&res, "f", view_of(b.p, b.n));
	for (size_t i = 0; i < res.messages.n; i++)
		lines += res.messages.p[i] == '\n';
	EXPECT_EQ(lines, 20);
	done(&res);
	buf_free(&b);
}

/* Text to object to text to object. */
static bool again(const char *text)
{
	TextResult res, two = {0};
	Buf dump = {0};
	bool same;
	Archive a;
	Member m;
	Fault f = OK;
	GoObj g;

	if (!object(&res, &g, text)) {
		done(&res);
		return false;
	}
	archive_open(&a, view_of(res.out.p, res.out.n));
	if (!a.bare)
		buf_str(&dump, "archive\n");
	while (archive_next(&a, &m, &f))
		text_member(&dump, &m, goobj_open(m.obj, &g).why ? NULL : &g,
			    GO127);
	text_parse(&two, "g", view_of(dump.p, dump.n));
	if (two.errors)
		printf("%.*s", (int)two.messages.n, two.messages.p);
	same = !f.why && view_eq(view_of(res.out.p, res.out.n),
				 view_of(two.out.p, two.out.n));
	done(&res);
	done(&two);
	buf_free(&dump);
	return same;
}

TEST(round_trip)
{
	EXPECT(again(HEAD "data x\n bytes 00\n"));
	EXPECT(again("archive\nmember _go_.o\n" HEAD PACKAGE
		"flags shared\nfingerprint 0102030405060708\n"
		"import fmt 0807060504030201\n"
		"text " MODULE ".F nosplit\n bytes c3\n"
		" reloc 0 0 R_KEEP y 0\n func args 8 locals 16 line 3\n"
		"rodata \"a b\\\"\\n\\xff\xc2\xb7\"<7>\n bytes 00\n"
		"rodata x<>\n bytes 00\nrodata x<> #2\n bytes 00\n"
		"rodata c content dupok align 1\n bytes 0001\n"
		"rodata d content align 8\n bytes 000102030405060708\n"
		"data e\n addr runtime.newobject<1>\n"
		"member more\nraw 000102\n"));
}

TEST_MAIN(
	RUN(kinds)
	RUN(kinds_before_127)
	RUN(hash)
	RUN(write_to_bss)
	RUN(data)
	RUN(references)
	RUN(refused_relocations)
	RUN(mistakes)
	RUN(many_mistakes)
	RUN(round_trip)
)
