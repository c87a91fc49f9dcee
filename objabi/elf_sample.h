/*
 * Small ELF files for the tests, of both classes and byte orders.
 *
 *	0x000  header, program headers        } R X at 0x10000
 *	0x200  dynsym  0x280  hash, dynstr    }
 *	0x300  section names, sections        } (five, also of 40 bytes)
 *	0x500  dynamic                        } RW at 0x20500, and
 *	0x600  a table of relocations         } 0x100 bytes of bss
 *	0x700  the words that they change     }
 *	0x800  end: a prefix of the file is never a file
 */
#ifndef OBJABI_ELF_SAMPLE_H
#define OBJABI_ELF_SAMPLE_H

#include <stdlib.h>

#include "objabi/objabi.h"

enum { DYNSYM = 0x200, HASH = 0x280, DYNSTR = 0x2c0, SHSTR = 0x300,
       SHDRS = 0x340, SHDRS_END = SHDRS + 7 * 64,
       DYNAMIC = 0x500, TABLE = 0x600, WORDS = 0x700, SIZE = 0x800 };
enum { TEXT = 0x10000, DATA = 0x20000 };	/* + file offset */

typedef struct {
	u8 b[0x1000];
	size_t n;
	unsigned word;
	bool big;
	unsigned phnum, ndyn;
	size_t end;	/* of the table of relocations */
} Elf;

static inline void put(Elf *e, size_t at, u64 x, unsigned size)
{
	if (size == 8) {
		st64(e->b + at, x, e->big);
	} else if (size == 4) {
		st32(e->b + at, (u32)x, e->big);
	} else if (size == 2) {
		e->b[at + !e->big] = (u8)(x >> 8);
		e->b[at + e->big] = (u8)x;
	} else {
		e->b[at] = (u8)x;
	}
}

/* The file offset of a field of the header. */
static inline size_t field(const Elf *e, const char *name)
{
	static const struct { const char *name; u8 at[2]; } f[] = {
		{"type", {16, 16}}, {"machine", {18, 18}},
		{"phoff", {28, 32}}, {"shoff", {32, 40}},
		{"phentsize", {42, 54}}, {"phnum", {44, 56}},
		{"shentsize", {46, 58}}, {"shnum", {48, 60}},
		{"shstrndx", {50, 62}},
	};

	for (size_t i = 0; i < NELEM(f); i++)
		if (strcmp(f[i].name, name) == 0)
			return f[i].at[e->word == 8];
	abort();
}

static inline void set(Elf *e, const char *name, u64 x)
{
	bool off = strcmp(name + 1, "hoff") == 0;

	put(e, field(e, name), x, off ? e->word : 2);
}

/* Fields of the i-th program header: type, flags, off, addr, filesz, memsz */
enum { P_TYPE, P_FLAGS, P_OFF, P_ADDR, P_FILESZ, P_MEMSZ, P_ALIGN };

static inline size_t phdr(const Elf *e, unsigned i, int f)
{
	static const u8 at32[] = {0, 24, 4, 8, 16, 20, 28};
	static const u8 at64[] = {0, 4, 8, 16, 32, 40, 48};

	return e->word == 8 ? 64 + 56 * i + at64[f] : 52 + 32 * i + at32[f];
}

static inline void set_phdr(Elf *e, unsigned i, int f, u64 x)
{
	put(e, phdr(e, i, f), x, f <= P_FLAGS ? 4 : e->word);
}

static inline void add_phdr(Elf *e, u32 type, u32 flags, u64 off,
			    u64 addr, u64 filesz, u64 memsz)
{
	unsigned i = e->phnum++;

	set_phdr(e, i, P_TYPE, type);
	set_phdr(e, i, P_FLAGS, flags);
	set_phdr(e, i, P_OFF, off);
	set_phdr(e, i, P_ADDR, addr);
	set_phdr(e, i, P_FILESZ, filesz);
	set_phdr(e, i, P_MEMSZ, memsz);
	set_phdr(e, i, P_ALIGN, 4);
	set(e, "phnum", e->phnum);
}

static inline void add_dyn(Elf *e, u64 tag, u64 val)
{
	size_t at = DYNAMIC + 2 * e->word * e->ndyn++;

	put(e, at, tag, e->word);
	put(e, at + e->word, val, e->word);
}

static inline void put_sym(Elf *e, size_t at, u32 name, u8 info,
			   u16 shndx, u64 value, u64 size)
{
	put(e, at, name, 4);
	if (e->word == 8) {
		put(e, at + 4, info, 1);
		put(e, at + 6, shndx, 2);
		put(e, at + 8, value, 8);
		put(e, at + 16, size, 8);
	} else {
		put(e, at + 4, value, 4);
		put(e, at + 8, size, 4);
		put(e, at + 12, info, 1);
		put(e, at + 14, shndx, 2);
	}
}

static inline void put_shdr(Elf *e, unsigned i, u32 name, u32 type,
			    u64 flags, u64 off, u64 size, u32 link)
{
	size_t at = SHDRS + i * (e->word == 8 ? 64 : 40), w = e->word;

	put(e, at, name, 4);
	put(e, at + 4, type, 4);
	put(e, at + 8, flags, e->word);
	put(e, at + 8 + w, off + TEXT, e->word);
	put(e, at + 8 + 2 * w, off, e->word);
	put(e, at + 8 + 3 * w, size, e->word);
	put(e, at + 8 + 4 * w, link, 4);
}

/* Three symbols: foo, defined; bar, not; baz, 48 bytes, an IFUNC. */
static inline void add_symbols(Elf *e)
{
	unsigned size = e->word == 8 ? 24 : 16;

	put_sym(e, DYNSYM + size, 1, 0x11, 1, TEXT + 0x40, 8);
	put_sym(e, DYNSYM + 2 * size, 5, 0x12, 0, 0, 48);
	put_sym(e, DYNSYM + 3 * size, 9, 0x0a, 1, TEXT + 0x50, 4);
	memcpy(e->b + DYNSTR, "\0foo\0bar\0baz", 13);
	put(e, HASH + 4, 4, 4);
	add_dyn(e, 4, TEXT + HASH);
	add_dyn(e, 5, TEXT + DYNSTR);
	add_dyn(e, 10, 13);
	add_dyn(e, 6, TEXT + DYNSYM);
}

static inline Elf make(unsigned word, bool big, u16 machine)
{
	Elf e = {.n = SIZE, .word = word, .big = big, .end = TABLE};

	memcpy(e.b, "\177ELF", 4);
	e.b[4] = word == 8 ? 2 : 1;
	e.b[5] = big ? 2 : 1;
	e.b[6] = 1;
	set(&e, "type", 3);
	set(&e, "machine", machine);
	set(&e, "phoff", word == 8 ? 64 : 52);
	set(&e, "phentsize", word == 8 ? 56 : 32);
	set(&e, "shoff", SHDRS);
	set(&e, "shentsize", word == 8 ? 64 : 40);
	set(&e, "shnum", 6);
	set(&e, "shstrndx", 5);
	add_phdr(&e, 1, 5, 0, TEXT, 0x500, 0x500);
	add_phdr(&e, 1, 6, 0x500, DATA + 0x500, 0x300, 0x400);
	add_phdr(&e, 2, 6, DYNAMIC, DATA + DYNAMIC, 0x100, 0x100);
	memcpy(e.b + SHSTR, "\0.text\0.data\0.bss\0.note", 24);
	put_shdr(&e, 1, 1, 1, 6, 0, 0x100, 0);
	put_shdr(&e, 2, 7, 1, 3, 0x500, 0x300, 0);
	put_shdr(&e, 3, 13, 8, 3, 0x600, 0x100, 0);
	put_shdr(&e, 4, 18, 7, 2, 0x200, 0x7fffffff, 0);
	put_shdr(&e, 5, 0, 3, 0, SHSTR, 0x40, 0);
	add_symbols(&e);
	return e;
}

static inline Elf amd64(void)
{
	return make(8, false, 62);
}

/* Opens a copy that ends where the file does, for ASan. The image is good
 * for reading until the next one is opened. */
static inline Fault open_elf(const Elf *e, Image *img)
{
	static u8 *copy;

	free(copy);
	copy = malloc(e->n ? e->n : 1);
	memcpy(copy, e->b, e->n);
	*img = (Image){.file = {copy, e->n}, .goos = "",
		       .format = &elf_format};
	if (!elf_format.match(img->file))
		return fault("no match", 0);
	return elf_format.open(img);
}

static inline const char *why(const Elf *e)
{
	Image img;
	Fault f = open_elf(e, &img);

	return f.why ? f.why : "";
}

/* Every class and byte order. */
#define FOR_ALL(e) \
	for (int i_ = 0; i_ < 4; i_++) \
		for (Elf e = make(i_ & 1 ? 8 : 4, i_ & 2, 62), *once_ = &e; \
		     once_; once_ = NULL)

#endif
