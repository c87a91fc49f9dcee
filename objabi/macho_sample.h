/*
 * A Mach-O image built byte by byte, small enough to be read, for tests
 * that then spoil it in one place: 4 segments, 3 sections, 6 symbols, and
 * empty tables of dyld's of every kind.
 */
#ifndef OBJABI_MACHO_SAMPLE_H
#define OBJABI_MACHO_SAMPLE_H

#include "objabi/objabi.h"

/* Where the sample has what. */
enum {
	F_DATA = 0x800,
	F_LINK = 0x2000,
	F_OPS = F_LINK,
	F_SYMS = F_LINK + 0x100,
	F_STRS = F_LINK + 0x180,
	F_RELS = F_LINK + 0x1c0,
	F_FIX = F_LINK + 0x200,
	F_END = F_LINK + 0x400,
	PAGE = 0x1000,
};
#define TEXT 0x100000000U
#define DATA (TEXT + 0x1000)
#define BSS (DATA + 0x1800)
#define LINK (TEXT + 0x4000)

/* The load commands in order, as indices of at[]. */
enum {
	PAGEZERO, TEXT_SEG, DATA_SEG, LINK_SEG, SYMTAB, DYSYMTAB, INFO,
	FIXUPS, CODESIGN, BUILD, NCMD
};

typedef struct {
	u8 b[F_END];
	u32 n, ncmd;
	u32 at[NCMD];
} Sample;

static inline void put32(Sample *m, u32 at, u32 x)
{
	st32(m->b + at, x, false);
}

static inline void put64(Sample *m, u32 at, u64 x)
{
	st64(m->b + at, x, false);
}

/* Not strncpy: a name of 16 bytes has no NUL. */
static inline void put_str(Sample *m, u32 at, const char *s)
{
	memcpy(m->b + at, s, strlen(s));
}

static inline u32 add_command(Sample *m, u32 cmd, u32 size)
{
	u32 at = m->n;

	put32(m, at, cmd);
	put32(m, at + 4, size);
	m->at[m->ncmd++] = at;
	m->n += size;
	put32(m, 16, m->ncmd);
	put32(m, 20, m->n - 32);
	return at;
}

static inline void add_segment(Sample *m, const char *name, u64 addr,
			       u64 memsz, u32 off, u32 filesz, u32 prot,
			       u32 nsects)
{
	u32 at = add_command(m, 0x19, 72 + 80 * nsects);

	put_str(m, at + 8, name);
	put64(m, at + 24, addr);
	put64(m, at + 32, memsz);
	put64(m, at + 40, off);
	put64(m, at + 48, filesz);
	put32(m, at + 60, prot);
	put32(m, at + 64, nsects);
}

static inline void put_section(Sample *m, int seg, u32 i, const char *name,
			       u64 addr, u64 size, u32 off, u32 flags)
{
	u32 at = m->at[seg] + 72 + 80 * i;

	put_str(m, at, name);
	put_str(m, at + 16, (const char *)m->b + m->at[seg] + 8);
	put64(m, at + 32, addr);
	put64(m, at + 40, size);
	put32(m, at + 48, off);
	put32(m, at + 64, flags);
}

static inline void put_symbol(Sample *m, u32 i, u32 name, u8 type, u8 sect,
			      u64 value)
{
	u32 at = F_SYMS + 16 * i;

	put32(m, at, name);
	m->b[at + 4] = type;
	m->b[at + 5] = sect;
	put64(m, at + 8, value);
}

static inline void put_table(Sample *m, int cmd, u32 at, u32 off, u32 n)
{
	put32(m, m->at[cmd] + at, off);
	put32(m, m->at[cmd] + at + 4, n);
}

static inline void add_segments(Sample *m)
{
	add_segment(m, "__PAGEZERO", 0, TEXT, 0, 0, 0, 0);
	add_segment(m, "__TEXT", TEXT, 0x1000, 0, 0x800, 5, 1);
	add_segment(m, "__DATA", DATA, 0x3000, F_DATA, 0x1800, 3, 2);
	add_segment(m, "__LINKEDIT", LINK, 0x1000, F_LINK, 0x400, 1, 0);
	put_section(m, TEXT_SEG, 0, "__text", TEXT + 0x700, 0x100, 0x700, 0);
	put_section(m, DATA_SEG, 0, "__go_fipsinfo", DATA, 120, F_DATA, 0);
	put_section(m, DATA_SEG, 1, "__bss", BSS, 0x100, 0, 1);
}

static inline void add_symbols(Sample *m)
{
	add_command(m, 0x2, 24);
	put_table(m, SYMTAB, 8, F_SYMS, 6);
	put_table(m, SYMTAB, 16, F_STRS, 0x20);
	put_str(m, F_STRS + 1, "_main");
	put_str(m, F_STRS + 7, "_open");
	put_symbol(m, 0, 1, 0x0e, 1, TEXT + 0x700);
	put_symbol(m, 1, 1, 0x0e, 2, DATA);
	put_symbol(m, 2, 1, 0x0f, 3, BSS);
	put_symbol(m, 3, 7, 0x01, 0, 0);
	put_symbol(m, 4, 1, 0x64, 1, 0);	/* N_SO */
	put_symbol(m, 5, 0x1000, 0x0e, 99, 0);
}

static inline Sample sample(void)
{
	Sample m = {.n = 32};

	put32(&m, 0, 0xfeedfacf);
	put32(&m, 4, 0x0100000c);
	put32(&m, 12, 2);
	put32(&m, 24, 0x200004);
	add_segments(&m);
	add_symbols(&m);
	add_command(&m, 0xb, 80);
	add_command(&m, 0x80000022, 48);
	add_command(&m, 0x80000034, 16);
	add_command(&m, 0x1d, 16);
	put_table(&m, CODESIGN, 8, F_END - 16, 16);
	add_command(&m, 0x32, 24);
	put32(&m, m.at[BUILD] + 8, 1);
	return m;
}

#endif
