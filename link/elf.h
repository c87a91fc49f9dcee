/*
 * What the files of the linker's ELF part share: elf.c, elfdyn.c, dynreloc.c,
 * asmelf.c and elfsym.c.
 */
#ifndef LINK_ELF_H
#define LINK_ELF_H

#include "link/link.h"

/* Bytes at the start of the file for all headers, notes and .interp. */
enum { ELFRESERVE = 4096 };

/* Sizes of records, 64- and 32-bit. */
enum {
	EHDR_SIZE = 64, EHDR32_SIZE = 52, PHDR_SIZE = 56, PHDR32_SIZE = 32,
	SHDR_SIZE = 64, SHDR32_SIZE = 40, ELFSYM_SIZE = 24,
	ELFSYM32_SIZE = 16, RELA_SIZE = 24, REL_SIZE = 8
};

enum {
	SHT_NULL, SHT_PROGBITS, SHT_SYMTAB, SHT_STRTAB, SHT_RELA, SHT_HASH,
	SHT_DYNAMIC, SHT_NOTE, SHT_NOBITS, SHT_REL, SHT_DYNSYM = 11,
	SHT_GNU_VERNEED = 0x6ffffffe, SHT_GNU_VERSYM = 0x6fffffff
};
enum {
	SHF_WRITE = 1, SHF_ALLOC = 2, SHF_EXECINSTR = 4, SHF_TLS = 0x400,
	SHF_COMPRESSED = 0x800
};
enum {
	PT_LOAD = 1, PT_DYNAMIC, PT_INTERP, PT_NOTE, PT_PHDR = 6, PT_TLS,
	PT_GNU_STACK = 0x6474e551, PT_GNU_RELRO
};
enum { PF_X = 1, PF_W = 2, PF_R = 4 };
enum { STB_LOCAL, STB_GLOBAL };
enum { STT_NOTYPE, STT_OBJECT, STT_FUNC, STT_SECTION, STT_FILE };
enum { SHN_UNDEF = 0, SHN_ABS = 0xfff1 };

/* A section header; link and info are numbers of section headers if
 * linksect, infosect say so: those are creation numbers + 1. */
typedef struct {
	const char *name;
	u32 type, nameoff, link, info, linksect, infosect;
	u64 flags, addr, off, size, align, entsize;
} Shdr;

typedef struct {
	u32 type, flags;
	u64 off, addr, filesz, memsz, align;
} Phdr;

enum { MAXSHDR = 96, MAXPHDR = 16 };

struct Elf {
	/* The sections that the dynamic linker reads, by the symbol that
	 * holds their contents (ArchSyms). */
	Sym got, plt, gotplt, dynamic, dynsym, dynstr, rel, rela, relplt,
		relaplt, hash, unreachableMethod;
	View buildinfo;	/* of .note.gnu.build-id */
	u32 ndynsym;	/* with number 0 */
	void *rela_piece;	/* dynreloc.c */
	u32 nrela_piece;

	/* asmelf.c. Headers in the order in which they were made; num says
	 * where each is in the file. */
	Shdr shdr[MAXSHDR];
	u16 num[MAXSHDR], order[MAXSHDR];
	u32 nshdr;
	Phdr phdr[MAXPHDR];
	u32 nphdr;
	const char *interp;
};

static inline bool elf64(const Link *L)
{
	return L->arch->ptrsize == 8;
}
static inline bool elf_rela(const Link *L)
{
	return elf64(L);
}

static inline void put16(u8 *p, u16 x, bool big)
{
	p[big] = (u8)x;
	p[!big] = (u8)(x >> 8);
}

/* ---- elfshdr.c ------------------------------------------------------ */

u32 new_shdr(Link *L, const char *name);
/* elfshname: the section header of that name, made if need be. */
u32 shdr_index(Link *L, const char *name);
Shdr *shdr_named(Link *L, const char *name);
void for_sections(Link *L, void (*fn)(Link *L, Sect *s));
void name_section(Link *L, Sect *s);	/* gives it a header */
void describe_section(Link *L, Sect *s);	/* fills that in */
void sort_shdrs(struct Elf *e);
Buf shstrtab(Link *L);	/* the caller's; sets nameoff of the headers */

/* ---- elfdyn.c ------------------------------------------------------- */

void dyn_sections(Link *L);	/* makes them, in Go's order */
/* After the last dynamic relocation: what depends on their number. */
void elfdynhash(Link *L);

/* ---- elfsym.c ------------------------------------------------------- */

/* Where .symtab and .strtab are in the output, once they are written. */
typedef struct {
	u64 symtab, nsym, nlocal;
	u64 strtab, strlen;
} ElfSyms;

/* Writes them from offset at on: room is made first. */
ElfSyms asm_elf_sym(Link *L, u64 at);

#endif
