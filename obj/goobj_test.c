/* The reader: what is in a good object, and that each table which lies is
 * refused for that. */
#include "obj/obj_sample.h"
#include "objabi/test.h"

static Buf sample(void)
{
	Buf b = {0};
	Obj o;

	sample_object(&o, GO127, &arch_table[ARCH_amd64]);
	EXPECT(!obj_write(&o, &b));
	obj_free(&o);
	return b;
}

static u32 find(const GoObj *g, const char *name)
{
	for (u32 i = 0; i < g->nsym; i++)
		if (view_is(goobj_sym(g, i).name, name))
			return i;
	return NOSYM;
}

TEST(accessors)
{
	Buf b = sample();
	GoObj g;
	u32 f, first;
	View fp, name;

	EXPECT_STR(goobj_open(view_of(b.p, b.n), &g).why ?
		   goobj_open(view_of(b.p, b.n), &g).why : "good", "good");
	f = find(&g, "p.f");
	EXPECT(f < g.nsymdef);
	EXPECT_EQ(goobj_sym(&g, f).kind, STEXT);
	EXPECT_EQ(goobj_sym(&g, f).size, 0x24);
	EXPECT_EQ(goobj_sym(&g, f).abi, SymABIInternal);
	EXPECT_EQ(goobj_data(&g, f).n, 0x24);
	EXPECT_EQ(goobj_data(&g, f).p[0], 0x55);
	EXPECT_EQ(goobj_relocs(&g, f, &first), 5);
	EXPECT_EQ(goobj_reloc(&g, first).off, 4);
	EXPECT_EQ(goobj_reloc(&g, first).add, -1);
	EXPECT_EQ(goobj_local(&g, goobj_reloc(&g, first).sym),
		  find(&g, "$i64.1"));
	EXPECT(symref_is_nil(goobj_reloc(&g, first + 4).sym));
	EXPECT_EQ(goobj_auxs(&g, f, &first), 2);
	EXPECT(view_is(goobj_autolib(&g, 0, &fp), "fmt"));
	EXPECT(view_is(fp, "12345678"));
	EXPECT(view_is(goobj_pkg(&g, 1), "fmt"));
	EXPECT(view_is(goobj_file(&g, 0), "p.go"));
	EXPECT_EQ(goobj_refname(&g, 0, &name).sym, 3);
	EXPECT(view_is(name, "fmt.Print"));
	EXPECT_EQ(g.nhashed64def, 1);
	EXPECT_EQ(goobj_hash64(&g, 0)[0], 1);
	buf_free(&b);
}

/* One symbol alone, as the linker asks. */
TEST(check_def)
{
	static const Blk index[] = {BlkRelocIdx, BlkAuxIdx, BlkDataIdx};
	Buf b = sample();
	GoObj g;
	u32 f;

	EXPECT(!goobj_open(view_of(b.p, b.n), &g).why);
	f = find(&g, "p.f");
	EXPECT(!goobj_check_def(&g, f).why);
	for (size_t k = 0; k < NELEM(index); k++) {
		u8 *p = (u8 *)b.p + g.blk[index[k]] + 4 * ((size_t)f + 1);
		u32 end = ld32(p, false);

		st32(p, 0xffffff, false);
		EXPECT_STR(goobj_check_def(&g, f).why,
			   "an index table does not rise from 0");
		st32(p, end, false);
	}
	EXPECT(!goobj_check_def(&g, f).why);
	buf_free(&b);
}

TEST(funcinfo)
{
	Buf b = sample();
	GoObj g;
	GoFuncInfo f;
	u32 first;
	InlNode n;

	goobj_open(view_of(b.p, b.n), &g);
	goobj_auxs(&g, find(&g, "p.f"), &first);
	EXPECT(!funcinfo_parse(goobj_data(&g, goobj_local(&g,
		goobj_aux(&g, first).sym)), &f));
	EXPECT_EQ(f.args, 8);
	EXPECT_EQ(f.locals, 16);
	EXPECT_EQ(f.startline, 3);
	EXPECT_EQ(f.nfile, 1);
	EXPECT_EQ(f.ninl, 1);
	n = funcinfo_inl(&f, 0);
	EXPECT_EQ(n.parent, -1);
	EXPECT_EQ(n.line, 7);
	EXPECT_EQ(n.parentpc, 1);
	EXPECT_EQ(goobj_local(&g, n.func), find(&g, "p.dup"));
	buf_free(&b);
}

TEST(cut)
{
	Buf b = sample();
	GoObj g;

	for (size_t n = 0; n < b.n; n++) {
		u8 *p = xrealloc(NULL, n ? n : 1);
		Fault f;

		if (n)
			memcpy(p, b.p, n);
		f = goobj_open(view_of(p, n), &g);
		EXPECT(f.why && f.off <= b.n);
		free(p);
	}
	buf_free(&b);
}

/* The byte of record i of a block. */
static u8 *at(const Buf *b, const GoObj *g, Blk blk, u32 i, u32 size,
	      u32 off)
{
	return (u8 *)b->p + g->blk[blk] + i * size + off;
}

/* A sample with a u32 in it replaced; why it is refused. */
static const char *with(Blk blk, u32 i, u32 size, u32 off, u32 x)
{
	Buf b = sample();
	GoObj g;
	const char *why;

	goobj_open(view_of(b.p, b.n), &g);
	st32(at(&b, &g, blk, i, size, off), x, false);
	why = goobj_open(view_of(b.p, b.n), &g).why;
	buf_free(&b);
	return why;
}

TEST(lies)
{
	static const char str[] = "a string lies outside of the strings";
	static const char rel[] =
		"a relocation to a symbol that is not there";

	EXPECT_STR(with(BlkSymdef, 0, SYM_SIZE, 0, 0x7fffffff), str);
	EXPECT_STR(with(BlkSymdef, 0, SYM_SIZE, 4, 0xffffffff), str);
	EXPECT_STR(with(BlkNonpkgref, 0, SYM_SIZE, 4, 10), str);
	EXPECT_STR(with(BlkAutolib, 0, AUTOLIB_SIZE, 0, 1u << 20), str);
	EXPECT_STR(with(BlkRefName, 0, REFNAME_SIZE, 12, 1u << 30), str);
	EXPECT_STR(with(BlkHashed64def, 0, SYM_SIZE, 13, 7),
		   "a symbol has more bytes than its size");
	EXPECT_STR(with(BlkRelocIdx, 0, 4, 0, 1),
		   "an index table does not rise from 0");
	EXPECT_STR(with(BlkAuxIdx, 1, 4, 0, 0xffffffff),
		   "an index table does not rise from 0");
	EXPECT_STR(with(BlkReloc, 0, RELOC_SIZE, 0, 100),
		   "a relocation lies outside of its symbol");
	EXPECT_STR(with(BlkReloc, 0, RELOC_SIZE, 0, 13),
		   "relocations are not in order");
	EXPECT_STR(with(BlkReloc, 0, RELOC_SIZE, 0, 0xffffffff),
		   "relocations are not in order");
	EXPECT_STR(with(BlkReloc, 0, RELOC_SIZE, 15, 2), rel);
	/* Nil, but for its index: the first refers to Hashed64 0. */
	EXPECT(!with(BlkReloc, 0, RELOC_SIZE, 15, 0));
	EXPECT_STR(with(BlkReloc, 0, RELOC_SIZE, 15, 0x80000000), rel);
	EXPECT_STR(with(BlkReloc, 0, RELOC_SIZE, 19, 77), rel);
	EXPECT_STR(with(BlkAux, 0, AUX_SIZE, 5, 99),
		   "an auxiliary symbol that is not there");
	EXPECT_STR(with(BlkAux, 0, AUX_SIZE, 1, PkgIdxNone),
		   "an auxiliary symbol that is not defined here");
	EXPECT_STR(with(BlkAux, 0, AUX_SIZE, 0, 0x33),
		   "an auxiliary symbol of unknown type");
	EXPECT_STR(with(BlkRefName, 0, REFNAME_SIZE, 0, PkgIdxSelf),
		   "not a symbol of another package");
}

/* Offsets in the header that do not fit each other. */
TEST(blocks)
{
	Buf b = sample();
	GoObj g;

	for (int i = 0; i < NBlk; i++) {
		u8 *p = (u8 *)b.p + 20 + 4 * i;
		u32 x = ld32(p, false);

		st32(p, x + 1, false);
		EXPECT(goobj_open(view_of(b.p, b.n), &g).why);
		st32(p, x - 1, false);
		EXPECT(goobj_open(view_of(b.p, b.n), &g).why);
		st32(p, 0xffffffff, false);
		EXPECT(goobj_open(view_of(b.p, b.n), &g).why);
		st32(p, x, false);
	}
	EXPECT(!goobj_open(view_of(b.p, b.n), &g).why);
	memcpy(b.p, "\0go114ld", 8);
	EXPECT_STR(goobj_open(view_of(b.p, b.n), &g).why,
		   "an object of another version of the format");
	buf_free(&b);
}

TEST(bad_funcinfo)
{
	Buf b = sample();
	GoObj g;
	u32 first;
	u8 *p;

	goobj_open(view_of(b.p, b.n), &g);
	goobj_auxs(&g, find(&g, "p.f"), &first);
	p = (u8 *)(uintptr_t)goobj_data(&g, goobj_local(&g,
		goobj_aux(&g, first).sym)).p;
	st32(p + 16, 0x40000000, false);
	EXPECT_STR(goobj_open(view_of(b.p, b.n), &g).why,
		   "FuncInfo is cut off");
	st32(p + 16, 1, false);
	st32(p + 20, 1, false);	/* the file */
	EXPECT_STR(goobj_open(view_of(b.p, b.n), &g).why,
		   "FuncInfo has a file that is not there");
	st32(p + 20, 0, false);
	st32(p + 28, 0, false);	/* the parent */
	EXPECT_STR(goobj_open(view_of(b.p, b.n), &g).why,
		   "an inlined call is its own ancestor");
	st32(p + 28, 0xffffffff, false);
	st32(p + 44, 99, false);	/* the function */
	EXPECT_STR(goobj_open(view_of(b.p, b.n), &g).why,
		   "an inlined function that is not there");
	buf_free(&b);
}

TEST(builtins)
{
	u16 abi;

	EXPECT_STR(builtin_name(GO127, 0, &abi), "runtime.newobject");
	EXPECT_EQ(abi, 1);
	for (Release r = GO124; r < NGO; r++)
		for (u32 i = 0; builtin_name(r, i, &abi); i++)
			EXPECT_EQ(builtin_index(r, &arch_table[ARCH_amd64],
				view_str(builtin_name(r, i, &abi)), abi), i);
	EXPECT(!builtin_name(GO124, 1000, &abi));
	EXPECT(!builtin_name(GO124, 0xffff, &abi));
	/* The assembler's reference is another symbol, where there are two. */
	EXPECT(builtin_index(GO127, &arch_table[ARCH_amd64],
			     view_str("runtime.newobject"), 0) == NOSYM);
	EXPECT(builtin_index(GO127, &arch_table[ARCH_386],
			     view_str("runtime.newobject"), 0) == 0);
}

TEST(escape)
{
	Buf b = {0};

	path_to_prefix(&b, view_str("a.b/c.d/e\"\xff%"));
	buf_add(&b, view_of("", 1));
	EXPECT_STR(b.p, "a.b/c.d/e%22%ff%25");
	b.n = 0;
	path_to_prefix(&b, view_str("gopkg.in/yaml.v3"));
	buf_add(&b, view_of("", 1));
	EXPECT_STR(b.p, "gopkg.in/yaml%2ev3");
	buf_free(&b);
}

TEST_MAIN(
	RUN(accessors)
	RUN(check_def)
	RUN(funcinfo)
	RUN(cut)
	RUN(lies)
	RUN(blocks)
	RUN(bad_funcinfo)
	RUN(builtins)
	RUN(escape)
)
