#include <stdlib.h>

#include "link/elf.h"
#include "objabi/test.h"

static Link *a_link(void)
{
	Link *L = calloc(1, sizeof *L);

	L->elf = calloc(1, sizeof *L->elf);
	L->arch = arch_by_name(view_str("amd64"));
	new_shdr(L, "");
	return L;
}

static void free_link(Link *L)
{
	free(L->elf);
	free(L);
}

static void add(Link *L, const char *name, u64 flags, u64 addr, u64 size)
{
	Shdr *h = shdr_named(L, name);

	h->flags = flags;
	h->addr = addr;
	h->size = size;
}

/* What is in memory by address, the smaller first; the rest as made. */
TEST(order)
{
	static const char *const want[] = {
		"", ".note", ".text", ".plt", ".empty", ".rodata",
		".debug_line", ".symtab"
	};
	Link *L = a_link();
	size_t i;

	add(L, ".debug_line", 0, 0, 9);
	add(L, ".rodata", SHF_ALLOC, 0x3000, 8);
	add(L, ".empty", SHF_ALLOC, 0x3000, 0);
	add(L, ".symtab", 0, 0, 1);
	add(L, ".text", SHF_ALLOC, 0x1000, 16);
	add(L, ".plt", SHF_ALLOC, 0x2000, 16);
	add(L, ".note", SHF_ALLOC, 0x0ff0, 16);
	sort_shdrs(L->elf);
	for (i = 0; i < NELEM(want); i++) {
		u16 k = L->elf->order[i];

		EXPECT_STR(L->elf->shdr[k].name, want[i]);
		EXPECT_EQ(L->elf->num[k], i);
	}
	free_link(L);
}

/* Sections of relocations come first and lend their ends. */
TEST(names)
{
	static const char want[] = "\0.rela\0.rela.plt\0.text\0.shstrtab";
	Link *L = a_link();
	Buf b;

	add(L, ".text", SHF_ALLOC, 0x1000, 1);
	add(L, ".plt", SHF_ALLOC, 0x2000, 1);
	add(L, ".rela", SHF_ALLOC, 0x3000, 1);
	add(L, ".rela.plt", SHF_ALLOC, 0x4000, 1);
	add(L, ".shstrtab", 0, 0, 1);
	sort_shdrs(L->elf);
	b = shstrtab(L);
	EXPECT_EQ(b.n, sizeof want);
	EXPECT(b.n == sizeof want && memcmp(b.p, want, b.n) == 0);
	EXPECT_EQ(shdr_named(L, "")->nameoff, 0);
	EXPECT_EQ(shdr_named(L, ".rela")->nameoff, 1);
	EXPECT_EQ(shdr_named(L, ".rela.plt")->nameoff, 7);
	EXPECT_EQ(shdr_named(L, ".plt")->nameoff, 12);
	EXPECT_EQ(shdr_named(L, ".text")->nameoff, 17);
	buf_free(&b);
	free_link(L);
}

TEST_MAIN(RUN(order) RUN(names))
