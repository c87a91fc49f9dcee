/*
 * The name table: names in several versions, and more of them than it was made
 * for.
 */
#include "link/load.h"
#include "objabi/test.h"

enum { MANY = 20000 };

static Link *new_link(void)
{
	Link *L = mem_reserve(NULL, sizeof *L, 0);

	L->maxsym = L->maxext = 4 * MANY;
	L->sym = mem_reserve(NULL, L->maxsym * sizeof *L->sym, 0);
	L->ext = mem_reserve(NULL, L->maxext * sizeof *L->ext, 0);
	L->nsym = L->next = 1;
	L->names = mem_alloc(&L->mem, sizeof *L->names);
	L->names->seed[0] = 1;
	L->names->seed[1] = 2;
	names_init(L, 0);
	return L;
}

static View name_of(Link *L, u32 i)
{
	return mem_printf(&L->mem, "%.*s%u", (int)(i % 40),
			  "a.name.of.some.length/that.is.long.enough", i);
}

TEST(versions)
{
	Link *L = new_link();
	View main = view_str("main.main");
	Sym s = sym_lookup_or_create(L, main, 0), t;

	EXPECT_EQ(sym_lookup_or_create(L, main, 0), s);
	EXPECT_EQ(sym_lookup(L, main, 1), 0);
	t = sym_lookup_or_create(L, main, 1);
	EXPECT(t != s);
	EXPECT_EQ(sym_lookup(L, main, 0), s);
	EXPECT_EQ(sym_lookup(L, main, 1), t);
	EXPECT(sym_has(L, t, A_ABIINTERNAL) && !sym_has(L, t, A_STATIC));
	EXPECT_EQ(L->extstart, s);
	/* File-local, of one object; and of nobody. */
	t = sym_lookup_or_create(L, main, 10);
	EXPECT(sym_has(L, t, A_STATIC));
	EXPECT_EQ(sym_lookup(L, main, 10), t);
	EXPECT_EQ(sym_lookup(L, main, 11), 0);
	s = sym_create_static(L, main);
	EXPECT(!sym_has(L, s, A_STATIC));
	EXPECT(sym_version(L, s) > INT32_MAX);
	EXPECT_EQ(sym_lookup(L, view_str(""), 0), 0);
}

TEST(growth)
{
	Link *L = new_link();
	u32 wrong = 0;

	for (u32 i = 0; i < MANY; i++)
		wrong += sym_lookup_or_create(L, name_of(L, i), i & 1) !=
			i + 1;
	for (u32 i = 0; i < MANY; i++)
		wrong += sym_lookup(L, name_of(L, i), i & 1) != i + 1 ||
			sym_lookup(L, name_of(L, i), ~i & 1) != 0;
	EXPECT_EQ(wrong, 0);
	EXPECT_EQ(L->nsym, MANY + 1);
}

/* All lengths around those at which the hash reads differently. */
TEST(hash)
{
	SymTab t = {.seed = {0x9e3779b97f4a7c15, 0xc2b2ae3d27d4eb4f}};
	u8 text[64];

	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (u8)(i * 7);
	for (size_t n = 1; n <= sizeof text; n++) {
		u32 h = name_hash(&t, view_of(text, n), 0);

		EXPECT(h != name_hash(&t, view_of(text, n), 1));
		EXPECT(h != name_hash(&t, view_of(text, n - 1), 0));
		for (size_t i = 0; i < n; i++) {
			text[i] ^= 1;
			EXPECT(h != name_hash(&t, view_of(text, n), 0));
			text[i] ^= 1;
		}
	}
}

TEST_MAIN(
	RUN(versions)
	RUN(growth)
	RUN(hash)
)
