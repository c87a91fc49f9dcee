/* The writer: order, numbers, hashes, tables. Sums and names are those that
 * Go's own tools gave to the same contents. */
#include "obj/obj_sample.h"
#include "objabi/test.h"

static void expect_hex(const u8 *p, size_t n, const char *hex)
{
	Buf b = {0};

	buf_hex(&b, view_of(p, n));
	buf_add(&b, view_of("", 1));
	EXPECT_STR(b.p, hex);
	buf_free(&b);
}

TEST(numbers)
{
	Obj o;
	Buf b = {0};
	LSym *f, *r;

	sample_object(&o, GO127, &arch_table[ARCH_amd64]);
	EXPECT(!obj_write(&o, &b));
	f = lsym_lookup(&o, view_str("p.f"), SymABIInternal);
	EXPECT_EQ(f->list, LIST_DEF);
	EXPECT_EQ(f->symidx, 0);
	EXPECT_EQ(f->aux[0].sym->list, LIST_DEF);
	EXPECT_EQ(f->aux[0].sym->symidx, 1);
	EXPECT_EQ(f->aux[1].sym->list, LIST_HASHED);
	r = lsym_lookup(&o, view_str("p.dup"), SymABIInternal);
	EXPECT_EQ(r->list, LIST_NONPKGDEF);
	r = lsym_lookup(&o, view_str("$i64.1"), SymABI0);
	EXPECT_EQ(r->list, LIST_HASHED64);
	r = lsym_lookup(&o, view_str("main.other"), SymABI0);
	EXPECT_EQ(r->list, LIST_NONPKGREF);
	EXPECT_EQ(lsym_ref(&o, r).pkg, PkgIdxNone);
	EXPECT_EQ(lsym_ref(&o, r).sym, o.list[LIST_NONPKGDEF].n + r->symidx);
	r = lsym_lookup(&o, view_str("runtime.panicdivide"), SymABIInternal);
	EXPECT_EQ(r->list, LIST_BUILTIN);
	EXPECT_EQ(r->symidx, 2);
	r = lsym_extern(&o, view_str("fmt"), 3, view_str(""));
	EXPECT_EQ(r->pkgidx, 1);
	/* The name of the file that p.f uses is a symbol too. */
	EXPECT_EQ(lsym_lookup(&o, view_str("p.go"), SymABI0)->list,
		  LIST_NONPKGREF);
	buf_free(&b);
	obj_free(&o);
}

/* "" first, then imports, packages, symbols as the walk meets them. */
TEST(strings)
{
	static const char want[] =
		"fmtp.ffmt.Print$i64.1main.otherp.gop.duptype:p.T";
	Obj o;
	Buf b = {0};
	GoObj g;

	sample_object(&o, GO127, &arch_table[ARCH_amd64]);
	EXPECT(!obj_write(&o, &b));
	EXPECT(!goobj_open(view_of(b.p, b.n), &g).why);
	EXPECT(memcmp(b.p + GOOBJ_HEADER, want, sizeof want - 1) == 0);
	EXPECT_EQ(g.blk[BlkAutolib], GOOBJ_HEADER + sizeof want - 1);
	buf_free(&b);
	obj_free(&o);
}

/* As go tool asm made the same table, and hashed it. */
TEST(pctab)
{
	Obj o;
	Buf b = {0};
	LSym *t;
	PcIter it = {0};

	sample_object(&o, GO127, &arch_table[ARCH_amd64]);
	EXPECT(!obj_write(&o, &b));
	t = lsym_lookup(&o, view_str("p.f"), SymABIInternal)->aux[1].sym;
	expect_hex(t->data, t->ndata, "02011022" "0f0100");
	expect_hex(t->hash, HASH_SIZE, "aa05d19334ebdda10f5d36a68e445ba0");
	it.c = cursor(view_of(t->data, t->ndata), false);
	EXPECT(pciter_next(&it) && it.pc == 1 && it.val == 0);
	EXPECT(pciter_next(&it) && it.pc == 0x23 && it.val == 8);
	EXPECT(pciter_next(&it) && it.pc == 0x24 && it.val == 0);
	EXPECT(!pciter_next(&it) && !it.c.err);
	buf_free(&b);
	obj_free(&o);
}

/* In units of the smallest instruction. */
TEST(pctab_minlc)
{
	Obj o;
	PcTab t;
	LSym *s;

	obj_init(&o, GO127, &arch_table[ARCH_arm64], view_str("p"));
	pctab_begin(&t, &o);
	pctab_step(&t, 0, -1);
	pctab_step(&t, 8, 300);
	pctab_step(&t, 12, 300);
	s = pctab_end(&t, &o, 0x400);
	expect_hex(s->data, s->ndata, "0002da04fe0100");
	pctab_begin(&t, &o);
	s = pctab_end(&t, &o, 0x400);
	EXPECT_EQ(s->size, 0);
	obj_free(&o);
}

TEST(gclocals)
{
	static const u8 one[8] = {1};
	Buf b = {0};

	gclocals_name(GO127, view_of(one, 8), &b);
	EXPECT(view_is(view_of(b.p, b.n),
		       "gclocals\xc2\xb7" "g5+hNtRBP6YXNjfog7aZjQ=="));
	b.n = 0;
	gclocals_name(GO124, view_of(one, 8), &b);
	EXPECT(view_is(view_of(b.p, b.n), "gclocals\xc2\xb7" "FzY36IO2mY0y4dZ1+Izd/w=="));
	buf_free(&b);
}

TEST(byte_order)
{
	Obj o;
	LSym *s, *t;

	obj_init(&o, GO127, &arch_table[ARCH_s390x], view_str("p"));
	s = lsym_lookup(&o, view_str("p.v"), SymABI0);
	t = lsym_lookup(&o, view_str("p.t"), SymABI0);
	lsym_set_kind(&o, s, SNOPTRBSS);
	lsym_write_int(&o, s, 0, 2, 0x1234);
	lsym_write_int(&o, s, 4, 4, 0x12345678);
	lsym_write_string(&o, s, 8, 4, view_str("ab"));
	lsym_write_addr(&o, s, 16, 8, t, 5);
	lsym_write_weak_off(&o, s, 24, t, 0);
	EXPECT_EQ(s->kind, SNOPTRDATA);
	EXPECT_EQ(s->size, 28);
	expect_hex(s->data, s->ndata, "1234000012345678" "6162000000000000"
		   "000000000000000000000000");
	EXPECT_EQ(s->nr, 2);
	EXPECT_EQ(s->r[0].siz, 8);
	EXPECT_EQ(s->r[0].add, 5);
	EXPECT_EQ(s->r[1].type, 0x8005);
	EXPECT(!o.why);
	lsym_write_addr(&o, s, 16, 2, t, 0);
	EXPECT_STR(o.why, "an address of a size that is none");
	EXPECT(view_is(o.who, "p.v"));
	lsym_write_int(&o, s, 1u << 31, 8, 0);	/* the first one stays */
	EXPECT_STR(o.why, "an address of a size that is none");
	obj_free(&o);
}

/* Relocations with one offset: as slices.SortFunc leaves 20 of them. */
TEST(reloc_ties)
{
	Obj o;
	Buf b = {0};
	LSym *s;

	obj_init(&o, GO127, &arch_table[ARCH_amd64], view_str("p"));
	s = lsym_lookup(&o, view_str("p.v"), SymABI0);
	lsym_write_bytes(&o, s, 0, view_of((u8[8]){0}, 8));
	for (int i = 0; i < 8; i++)
		lsym_add_reloc(&o, s, (Reloc){i < 4 ? 4 : 0, 4, 1, i, s});
	lsym_define(&o, s);
	EXPECT(!obj_write(&o, &b));
	for (int i = 0; i < 8; i++)	/* few: insertion sort, stable */
		EXPECT_EQ(s->r[i].add, (i + 4) % 8);
	buf_free(&b);
	obj_free(&o);
}

static void count_kind(Obj *o, LSym *s)
{
	(void)o;
	s->mark++;
}

static void count_reloc(Obj *o, LSym *s, const Reloc *r)
{
	(void)o;
	s->mark += 100u * r->siz;
}

/* The FIPS rules hang on these hooks. */
TEST(rules)
{
	static const ObjRules rules = {count_kind, count_reloc};
	Obj o;
	LSym *s;

	obj_init(&o, GO127, &arch_table[ARCH_amd64], view_str("p"));
	o.rules = &rules;
	s = lsym_lookup(&o, view_str("p.v"), SymABI0);
	lsym_set_kind(&o, s, SRODATA);
	lsym_write_int(&o, s, 0, 8, 1);
	lsym_write_addr(&o, s, 8, 8, s, 0);
	EXPECT_EQ(s->mark, 803);
	obj_free(&o);
}

TEST(cycle)
{
	Obj o;
	Buf b = {0};
	LSym *s[2];

	obj_init(&o, GO127, &arch_table[ARCH_amd64], view_str("p"));
	for (int i = 0; i < 2; i++)
		s[i] = lsym_lookup(&o, view_str(i ? "type:a" : "type:b"), 0);
	for (int i = 0; i < 2; i++) {
		lsym_set_kind(&o, s[i], SRODATA);
		s[i]->content = true;
		s[i]->align = 8;
		lsym_write_addr(&o, s[i], 0, 8, s[1 - i], 0);
		lsym_define(&o, s[i]);
	}
	EXPECT_STR(obj_write(&o, &b), "content-addressable symbols refer to "
		   "each other");
	buf_free(&b);
	obj_free(&o);
}

/* A loaded object written again is the same; with a definition more, all
 * numbers behind it move, also those in FuncInfo. */
TEST(load_and_add)
{
	Obj o, l;
	Buf a = {0}, b = {0}, c = {0};
	GoObj g, h;
	GoFuncInfo f;
	u32 first, i;
	LSym *s;

	sample_object(&o, GO127, &arch_table[ARCH_amd64]);
	EXPECT(!obj_write(&o, &a));
	EXPECT(!goobj_open(view_of(a.p, a.n), &g).why);
	EXPECT(!obj_load(&l, &g, GO127, &arch_table[ARCH_amd64]).why);
	EXPECT(!obj_write(&l, &b));
	EXPECT(view_eq(view_of(a.p, a.n), view_of(b.p, b.n)));
	s = lsym_lookup(&l, view_str("p.more"), SymABI0);
	s->flag |= SymFlagDupok;
	lsym_write_addr(&l, s, 0, 8, lsym_lookup(&l, view_str("p.f"),
						 SymABIInternal), 0);
	lsym_define(&l, s);
	/* Data of a loaded symbol is copied before it is changed. */
	lsym_write_int(&l, lsym_lookup(&l, view_str("p.f"),
				       SymABIInternal), 0, 1, 0x90);
	EXPECT(!obj_write(&l, &c));
	EXPECT(!goobj_open(view_of(c.p, c.n), &h).why);
	EXPECT_EQ(h.nnonpkgdef, g.nnonpkgdef + 1);
	EXPECT_EQ(goobj_data(&g, 0).p[0], 0x55);
	EXPECT_EQ(goobj_data(&h, 0).p[0], 0x90);
	goobj_auxs(&h, 0, &first);
	funcinfo_parse(goobj_data(&h, goobj_local(&h,
		goobj_aux(&h, first).sym)), &f);
	i = goobj_local(&h, funcinfo_inl(&f, 0).func);
	EXPECT(view_is(goobj_sym(&h, i).name, "p.dup"));
	goobj_relocs(&h, 0, &first);
	i = goobj_local(&h, goobj_reloc(&h, first + 3).sym);
	EXPECT(view_is(goobj_sym(&h, i).name, "main.other"));
	obj_free(&o);
	obj_free(&l);
	buf_free(&a);
	buf_free(&b);
	buf_free(&c);
}

/* Up to 1.26 the writer aligns, from 1.27 on the symbol must say. */
TEST(alignment)
{
	Obj o;
	Buf b = {0};
	LSym *f, *s;

	sample_object(&o, GO126, &arch_table[ARCH_amd64]);
	s = sample_const(&o, "go:string.\"four\"", 0);
	s->size = s->ndata = 4;
	s->align = 0;
	EXPECT(!obj_write(&o, &b));
	f = lsym_lookup(&o, view_str("p.f"), SymABIInternal);
	EXPECT_EQ(f->aux[1].sym->align, 1);
	EXPECT_EQ(s->align, 1);
	obj_free(&o);
	b.n = 0;
	sample_object(&o, GO127, &arch_table[ARCH_amd64]);
	sample_const(&o, "$i64.2", 2)->align = 0;
	EXPECT_STR(obj_write(&o, &b), "is content-addressable but alignment "
		   "is not set");
	EXPECT(view_is(o.who, "$i64.2"));
	buf_free(&b);
	obj_free(&o);
}

/* What cannot be numbered is said, and no object comes of it. */
TEST(twice_defined)
{
	Obj o;
	Buf b = {0};

	sample_object(&o, GO124, &arch_table[ARCH_386]);
	lsym_define(&o, lsym_lookup(&o, view_str("p.f"), SymABIInternal));
	EXPECT_STR(obj_write(&o, &b), "symbol defined twice");
	buf_free(&b);
	obj_free(&o);
}

TEST_MAIN(
	RUN(numbers)
	RUN(strings)
	RUN(pctab)
	RUN(pctab_minlc)
	RUN(gclocals)
	RUN(byte_order)
	RUN(reloc_ties)
	RUN(rules)
	RUN(cycle)
	RUN(load_and_add)
	RUN(alignment)
	RUN(twice_defined)
)
