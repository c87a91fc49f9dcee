/* Type descriptors: built by hand, also cut short. */
#include "link/decodesym.h"
#include "objabi/test.h"

enum { TYPE = 1, NAME, ELEM, FIELD, NSYMS };

typedef struct {
	Link L;
	SymRow sym[NSYMS];
	Ext ext[NSYMS];
} World;

static void world(World *w, Release r)
{
	memset(w, 0, sizeof *w);
	w->L.release = r;
	w->L.arch = &arch_table[ARCH_amd64];
	w->L.experiments = view_str("a,swissmap,b");
	w->L.sym = w->sym;
	w->L.ext = w->ext;
	for (u32 i = 0; i < NSYMS; i++)
		w->sym[i] = (SymRow){.obj = OBJ_EXT, .li = i};
}

static SB sb(World *w, Sym s)
{
	return sb_mem(&w->L, &w->L.mem, s);
}

/* struct { *string embedded at 8 } as type:main.T, with an uncommon part. */
static void make_struct(World *w)
{
	SB t = sb(w, TYPE), name = sb(w, NAME), field = sb(w, FIELD);

	sb_bytes(&name, view_of("\1\7*main.T??", 11));
	sb_bytes(&field, view_of("\11\3Ptr", 5));
	sb_set_uint(&t, 0, 8, 16);
	sb_set_uint(&t, 8, 8, 16);
	sb_set_uint(&t, 20, 1, TFlagUncommon | TFlagExtraStar);
	sb_set_uint(&t, 23, 1, ABI_Struct);
	sb_rel(&t, (Rel){40, 4, false, ROW_R_ADDROFF, 0, NAME});
	sb_set_uint(&t, 64, 8, 1);	/* fields.len */
	sb_set_addr(&t, 96, FIELD, 0);
	sb_set_addr(&t, 104, ELEM, 0);
	sb_set_uint(&t, 112, 8, 8);
}

TEST(struct)
{
	static World w;
	TypeDesc t;

	world(&w, GO127);
	make_struct(&w);
	t = decodetype(&w.L, TYPE);
	EXPECT_EQ(t.kind, ABI_Struct);
	EXPECT_EQ(decodetype_size(&t), 16);
	EXPECT_EQ(decodetype_ptrdata(&t), 16);
	EXPECT(view_is(decodetype_str(&t), "main.T"));
	EXPECT_EQ(decodetype_struct_field_count(&t), 1);
	EXPECT(view_is(decodetype_struct_field_name(&t, 0), "Ptr"));
	EXPECT(decodetype_struct_field_embedded(&t, 0));
	EXPECT_EQ(decodetype_struct_field_type(&t, 0), ELEM);
	EXPECT_EQ(decodetype_struct_field_off(&t, 0), 8);
}

/* However much of it is missing, nothing beyond its bytes is read. */
TEST(cut_short)
{
	static World w;

	for (u32 n = 0; n < 120; n++) {
		TypeDesc t;
		u8 *p;

		world(&w, GO127);
		make_struct(&w);
		p = malloc(n ? n : 1);
		memcpy(p, w.ext[TYPE].data, n);
		w.ext[TYPE].data = p;
		w.ext[TYPE].ndata = n;
		t = decodetype(&w.L, TYPE);
		EXPECT_EQ(decodetype_struct_field_count(&t), 0);
		EXPECT(decodetype_size(&t) == (n < 8 ? 0 : 16));
		EXPECT(decodetype_struct_field_off(&t, 0) == 0);
		EXPECT(decodetype_array_len(&t) <= 1);
		free(p);
	}
}

TEST(name_too_long)
{
	static World w;
	SB name;
	u8 flags = 0;

	world(&w, GO127);
	name = sb(&w, NAME);
	sb_bytes(&name, view_of("\1\5abcd", 6));
	EXPECT_EQ(decode_name(&w.L, NAME, &flags).n, 0);
	EXPECT_EQ(flags, 1);
	EXPECT_EQ(decode_name(&w.L, 0, &flags).n, 0);
}

TEST(sizes)
{
	static World w;

	world(&w, GO127);
	EXPECT_EQ(rtype_size(&w.L, ABI_Int), 48);
	EXPECT_EQ(rtype_size(&w.L, ABI_Map), 48 + 88);
	EXPECT_EQ(rtype_size(&w.L, ABI_Interface), 48 + 32);
	world(&w, GO126);
	EXPECT_EQ(rtype_size(&w.L, ABI_Map), 48 + 64);
	EXPECT_EQ(rtype_size(&w.L, ABI_Interface), 48 + 24);
	world(&w, GO124);
	EXPECT_EQ(rtype_size(&w.L, ABI_Map), 48 + 64);
	w.L.experiments = view_str("a,b");
	EXPECT_EQ(rtype_size(&w.L, ABI_Map), 48 + 40);
}

TEST_MAIN(RUN(struct) RUN(cut_short) RUN(name_too_long) RUN(sizes))
