/*
 * A small PE file for pe_test.c: four sections, five symbol records, two
 * blocks of base relocations; and what changes it in one place.
 */
#ifndef OBJABI_PE_SAMPLE_H
#define OBJABI_PE_SAMPLE_H

#include "objabi/objabi.h"

enum {
	PE = 0x80,	/* e_lfanew */
	COFF = PE + 4,
	OPT = COFF + 20,
	TEXT = 0x600, RDATA = 0x800, DATA = 0xa00, RELOC = 0xc00,
	END = 0xe00,	/* of the last section */
	SYMS = END, STRS = SYMS + 5 * 18,
	SIZE = 0x4000
};
#define BASE 0x140000000u

typedef struct {
	u8 b[SIZE];
	size_t n;
	bool plus;
} Pe;

static void put16(Pe *f, size_t off, unsigned x)
{
	f->b[off] = (u8)x;
	f->b[off + 1] = (u8)(x >> 8);
}

static void put32(Pe *f, size_t off, u32 x)
{
	st32(f->b + off, x, false);
}

static void put64(Pe *f, size_t off, u64 x)
{
	st64(f->b + off, x, false);
}

static size_t dir_at(const Pe *f, int i)
{
	return (f->plus ? OPT + 112 : OPT + 96) + 8 * (size_t)i;
}

static size_t sect_at(const Pe *f, int i)
{
	return dir_at(f, 16) + 40 * (size_t)i;
}

static void put_dir(Pe *f, int i, u32 rva, u32 size)
{
	put32(f, dir_at(f, i), rva);
	put32(f, dir_at(f, i) + 4, size);
}

static void put_sect(Pe *f, int i, const char *name, u32 vsize, u32 rva,
		     u32 rawsize, u32 raw, u32 flags)
{
	size_t at = sect_at(f, i);

	memset(f->b + at, 0, 40);
	memcpy(f->b + at, name, strnlen(name, 8));
	put32(f, at + 8, vsize);
	put32(f, at + 12, rva);
	put32(f, at + 16, rawsize);
	put32(f, at + 20, raw);
	put32(f, at + 36, flags);
}

/* {page, size of the block, entries} */
static void put_relocs(Pe *f)
{
	put32(f, RELOC, 0x3000);
	put32(f, RELOC + 4, 16);
	put16(f, RELOC + 8, 0xa010);	/* DIR64 */
	put16(f, RELOC + 10, 0x3020);	/* HIGHLOW */
	put16(f, RELOC + 12, 0xa1fc);	/* DIR64, half in the file */
	put16(f, RELOC + 14, 0x0000);	/* ABSOLUTE */
	put32(f, RELOC + 16, 0x1000);
	put32(f, RELOC + 20, 16);
	put16(f, RELOC + 24, 0x4004);	/* HIGHADJ */
	put16(f, RELOC + 26, 0xf00f);	/* and its addend */
	put16(f, RELOC + 28, 0x1008);	/* HIGH */
	put16(f, RELOC + 30, 0x200a);	/* LOW */
	put64(f, DATA + 0x10, BASE + 0x1000);
	put32(f, DATA + 0x20, 0x401234);
}

static void put_sym(Pe *f, int i, const char *name, u32 stroff, u32 value,
		    int sect, u8 naux)
{
	size_t at = SYMS + 18 * (size_t)i;

	memset(f->b + at, 0, 18);
	memcpy(f->b + at, name, strnlen(name, 8));
	if (stroff)
		put32(f, at + 4, stroff);
	put32(f, at + 8, value);
	put16(f, at + 12, (unsigned)sect);
	f->b[at + 17] = naux;
}

static void put_syms(Pe *f)
{
	static const char strs[] = "\0\0\0\0go:textfipsstart\0.debug_abbrev";

	put32(f, COFF + 8, SYMS);
	put32(f, COFF + 12, 5);
	put_sym(f, 0, "eightchr", 0, 0x10, 1, 0);
	put_sym(f, 1, "", 4, 0x20, 1, 1);
	memset(f->b + SYMS + 2 * 18, 0xee, 18);	/* the auxiliary record */
	put_sym(f, 3, "undef", 0, 7, 0, 0);
	put_sym(f, 4, "bss", 0, 0x300, 3, 0);
	memcpy(f->b + STRS, strs, sizeof strs);
	put32(f, STRS, sizeof strs);
	f->n = STRS + sizeof strs;
}

static void make(Pe *f, bool plus)
{
	*f = (Pe){ .plus = plus };
	memcpy(f->b, "MZ", 2);
	put16(f, 0x18, 0x40);
	put32(f, 0x3c, PE);
	memcpy(f->b + PE, "PE", 2);
	put16(f, COFF, plus ? 0x8664 : 0x14c);
	put16(f, COFF + 2, 4);
	put16(f, COFF + 16, plus ? 240 : 224);
	put16(f, COFF + 18, 0x22);	/* executable */
	put16(f, OPT, plus ? 0x20b : 0x10b);
	if (plus)
		put64(f, OPT + 24, BASE);
	else
		put32(f, OPT + 28, 0x400000);
	put32(f, OPT + 32, 0x1000);	/* SectionAlignment */
	put16(f, OPT + 68, 3);	/* console */
	put16(f, OPT + 70, 0x8160);	/* with DYNAMIC_BASE */
	put32(f, OPT + (plus ? 108 : 92), 16);
	put_dir(f, 4, 0xe00, 0x80);	/* a certificate */
	put_dir(f, 5, 0x4000, 32);
	put_dir(f, 12, 0x3100, 0x40);
	put_sect(f, 0, ".text", 0x150, 0x1000, 0x200, TEXT, 0x60000020);
	put_sect(f, 1, ".rdata", 0x200, 0x2000, 0x200, RDATA, 0x40000040);
	put_sect(f, 2, ".data", 0x900, 0x3000, 0x200, DATA, 0xc0000040);
	put_sect(f, 3, ".reloc", 0, 0x4000, 0x200, RELOC, 0x42000040);
	put_relocs(f);
	f->n = END;
	put_syms(f);
}

#endif
