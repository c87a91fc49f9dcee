/*
 * ELF: the executables of Linux, Android, the BSDs, Solaris and illumos.
 *
 *	header    "\x7fELF", class (word size), data (byte order), OSABI,
 *	          ..., type, machine, where the two tables are
 *	program headers   what the loader maps and reads
 *	section headers   what linkers and debuggers like to know
 *
 * Only program headers decide what the program is: section headers may be
 * stripped, damaged or lie, and then there simply are no sections. Symbols
 * come from .symtab, or else, as the loader finds them, through PT_DYNAMIC
 * (elfdyn.c); so do the tables of relocations (elfreloc.c).
 *
 * Sources: the System V gABI; cmd/link/internal/ld/elf.go and
 * cmd/internal/objfile/elf.go for what Go makes of it.
 */
#include "objabi/objabi.h"

enum { EI_CLASS = 4, EI_DATA = 5, EI_OSABI = 7, EI_NIDENT = 16 };
enum { ET_EXEC = 2, ET_DYN = 3 };
enum { PT_LOAD = 1, PT_DYNAMIC = 2, PT_INTERP = 3, PT_NOTE = 4 };
enum { SHT_SYMTAB = 2, SHT_NOBITS = 8 };
enum { SHF_WRITE = 1, SHF_ALLOC = 2, SHF_EXECINSTR = 4 };
enum { SHN_LORESERVE = 0xff00, SHN_ABS = 0xfff1, SHN_COMMON = 0xfff2 };
enum { PN_XNUM = 0xffff, SHN_XINDEX = 0xffff };
enum { STT_SECTION = 3, STT_FILE = 4 };
/* Enough for every real file, and a bound for the others: a million
 * program headers could all point at one long note. */
enum { MAXNOTE = 256 };
/* Names longer than that are not told, or a table whose names all begin in
 * the same long string would take forever. */
enum { MAXSECNAME = 256, MAXNAME = 16384 };

typedef struct {
	u16 type, machine;
	u64 phoff, shoff;
	u64 phnum, shnum, shstrndx;
	u16 phentsize, shentsize;
} Ehdr;

typedef struct {
	u32 type, flags;
	u64 off, addr, filesz, memsz, align;
} Phdr;

typedef struct {
	u32 name, type, link, info;
	u64 flags, addr, off, size;
} Shdr;

static Cursor cur_at(const Image *img, u64 off, u64 len)
{
	View v;

	view_sub(img->file, off, len, &v);
	return cursor(v, img->big);
}

/* ---- headers ------------------------------------------------------- */

static bool match(View file)
{
	return view_prefix(file, "\177ELF");
}

static unsigned shdr_size(const Image *img)
{
	return img->ptrsize == 8 ? 64 : 40;
}

static unsigned phdr_size(const Image *img)
{
	return img->ptrsize == 8 ? 56 : 32;
}

static bool read_shdr(const Image *img, u64 off, Shdr *h)
{
	Cursor c = cur_at(img, off, shdr_size(img));

	h->name = cur_u32(&c);
	h->type = cur_u32(&c);
	h->flags = cur_ptr(&c, img->ptrsize);
	h->addr = cur_ptr(&c, img->ptrsize);
	h->off = cur_ptr(&c, img->ptrsize);
	h->size = cur_ptr(&c, img->ptrsize);
	h->link = cur_u32(&c);
	h->info = cur_u32(&c);
	return !c.err;
}

/* The i-th section header; false beyond the last. */
static bool shdr_at(const Image *img, u64 i, Shdr *h)
{
	const ElfImage *e = &img->elf;

	return i < e->shnum && read_shdr(img, e->shoff + i * e->shentsize, h);
}

static View shdr_data(const Image *img, const Shdr *h)
{
	View v = {img->file.p, 0};

	if (h->type != SHT_NOBITS)
		view_sub(img->file, h->off, h->size, &v);
	return v;
}

static Phdr read_phdr(const Image *img, u64 off)
{
	Cursor c = cur_at(img, off, phdr_size(img));
	Phdr p = {.type = cur_u32(&c)};

	if (img->ptrsize == 8)
		p.flags = cur_u32(&c);
	p.off = cur_ptr(&c, img->ptrsize);
	p.addr = cur_ptr(&c, img->ptrsize);
	cur_ptr(&c, img->ptrsize);
	p.filesz = cur_ptr(&c, img->ptrsize);
	p.memsz = cur_ptr(&c, img->ptrsize);
	if (img->ptrsize == 4)
		p.flags = cur_u32(&c);
	p.align = cur_ptr(&c, img->ptrsize);
	return p;
}

/* Numbers that do not fit the header are in the first section header. */
static Fault extended(const Image *img, Ehdr *h)
{
	bool xnum = h->phnum == PN_XNUM;
	Shdr first = {0};
	bool there = h->shoff != 0 && read_shdr(img, h->shoff, &first);

	if (xnum && !there)
		return fault("the number of program headers is in a section "
			     "header that is not there", h->shoff);
	if (xnum)
		h->phnum = first.info;
	if (there && h->shnum == 0)
		h->shnum = first.size;
	if (h->shstrndx == SHN_XINDEX)
		h->shstrndx = first.link;
	return OK;
}

static Fault read_ehdr(Image *img, Ehdr *h)
{
	View id;
	Cursor c;

	if (!view_sub(img->file, 0, EI_NIDENT, &id))
		return fault("the ELF header is not all there", img->file.n);
	if (id.p[EI_CLASS] != 1 && id.p[EI_CLASS] != 2)
		return fault("unknown ELF class", EI_CLASS);
	if (id.p[EI_DATA] != 1 && id.p[EI_DATA] != 2)
		return fault("unknown ELF byte order", EI_DATA);
	img->ptrsize = id.p[EI_CLASS] == 2 ? 8 : 4;
	img->big = id.p[EI_DATA] == 2;
	c = cur_at(img, EI_NIDENT, 24 + 3 * (u64)img->ptrsize);
	h->type = cur_u16(&c);
	h->machine = cur_u16(&c);
	cur_u32(&c);
	cur_ptr(&c, img->ptrsize);
	h->phoff = cur_ptr(&c, img->ptrsize);
	h->shoff = cur_ptr(&c, img->ptrsize);
	cur_u32(&c);
	cur_u16(&c);
	h->phentsize = cur_u16(&c);
	h->phnum = cur_u16(&c);
	h->shentsize = cur_u16(&c);
	h->shnum = cur_u16(&c);
	h->shstrndx = cur_u16(&c);
	if (c.err)
		return fault("the ELF header is not all there", img->file.n);
	return extended(img, h);
}

/* A section table that is not all there, or of another make, is none. */
static void open_sections(Image *img, const Ehdr *h)
{
	ElfImage *e = &img->elf;
	Shdr sh;
	u64 size;

	if (h->shoff == 0 || h->shentsize != shdr_size(img) ||
	    h->shnum > UINT32_MAX ||
	    __builtin_mul_overflow(h->shnum, h->shentsize, &size) ||
	    !view_has(img->file, h->shoff, size))
		return;
	e->shoff = h->shoff;
	e->shnum = (u32)h->shnum;
	e->shentsize = h->shentsize;
	if (shdr_at(img, h->shstrndx, &sh))
		e->shstrtab = shdr_data(img, &sh);
	for (u32 i = 1; i < e->shnum; i++) {
		Shdr str;

		if (!shdr_at(img, i, &sh) || sh.type != SHT_SYMTAB)
			continue;
		e->symtab = shdr_data(img, &sh);
		if (shdr_at(img, sh.link, &str))
			e->strtab = shdr_data(img, &str);
		return;
	}
}

/* ---- program headers ----------------------------------------------- */

/* What is to be remembered of them beside the segments. */
typedef struct {
	bool has_dynamic, has_interp;
	u64 dynamic, dynamic_off;
	View interp;
	const char *note;	/* the system that a note names */
	int nnote;
} Progs;

static Fault add_load(Image *img, const Phdr *p, u64 at)
{
	Segment s = {.addr = p->addr, .memsz = p->memsz, .off = p->off,
		     .perm = p->flags & (PERM_R | PERM_W | PERM_X)};
	u64 limit = img->ptrsize == 4 ? (u64)1 << 32 : UINT64_MAX, end;

	if (p->filesz > p->memsz)
		return fault("a loadable segment is larger in the file than "
			     "in memory", at);
	if (__builtin_add_overflow(p->addr, p->memsz, &end) || end > limit)
		return fault("a loadable segment wraps around the address "
			     "space", at);
	if (!view_sub(img->file, p->off, p->filesz, &s.data))
		return fault("a loadable segment is not all in the file", at);
	if (p->memsz == 0)
		return OK;
	for (int i = 0; i < img->nseg; i++)
		if (p->addr < img->seg[i].addr + img->seg[i].memsz &&
		    img->seg[i].addr < end)
			return fault("loadable segments overlap", at);
	if (img->nseg == IMAGE_MAXSEG)
		return fault("too many loadable segments", at);
	s.name = (View){img->file.p, 0};
	img->seg[img->nseg++] = s;
	return OK;
}

typedef struct {
	const char *sign, *goos;
} Clue;

static const Clue note_goos[] = {
	{"Android", "android"}, {"DragonFly", "dragonfly"},
	{"FreeBSD", "freebsd"}, {"NetBSD", "netbsd"}, {"OpenBSD", "openbsd"},
};

/* Beginnings. /lib/ld.so.1 is missing: mips Linux has it too. */
static const Clue interp_goos[] = {
	{"/system/bin/linker", "android"},
	{"/usr/libexec/ld-elf.so.2", "dragonfly"},
	{"/usr/libexec/ld-elf.so.1", "freebsd"},
	{"/libexec/ld-elf.so.1", "freebsd"},
	{"/libexec/ld.elf_so", "netbsd"},
	{"/usr/libexec/ld.elf_so", "netbsd"},
	{"/usr/libexec/ld.so", "openbsd"},
	{"/lib/amd64/ld.so.1", "solaris"},
	{"/lib/64/ld.so.1", "solaris"},
	{"/usr/lib/amd64/ld.so.1", "solaris"},
	{"/usr/lib/ld.so.1", "solaris"},
};

/* By EI_OSABI. 0 says nothing, which is what Linux's linkers write. */
static const char *const osabi_goos[] = {
	[0] = "linux", [2] = "netbsd", [3] = "linux", [6] = "solaris",
	[9] = "freebsd", [12] = "openbsd",
};

static void read_notes(const Image *img, const Phdr *p, Progs *ps)
{
	Cursor c = cur_at(img, p->off, p->filesz);
	u64 align = p->align == 8 ? 8 : 4;

	for (; ps->nnote < MAXNOTE && c.off < c.v.n && !c.err; ps->nnote++) {
		u64 namesz = cur_u32(&c), descsz = cur_u32(&c);
		View name;

		cur_u32(&c);
		name = cur_bytes(&c, namesz);
		cur_bytes(&c, -c.off & (align - 1));
		cur_bytes(&c, descsz);
		cur_bytes(&c, -c.off & (align - 1));
		view_cstr(name, 0, &name);
		for (size_t i = 0; i < NELEM(note_goos) && !ps->note; i++)
			if (view_is(name, note_goos[i].sign))
				ps->note = note_goos[i].goos;
	}
}

static Fault read_prog(Image *img, u64 at, Progs *ps)
{
	Phdr p = read_phdr(img, at);

	switch (p.type) {
	case PT_LOAD:
		return add_load(img, &p, at);
	case PT_DYNAMIC:
		if (ps->has_dynamic)
			return fault("there are two dynamic segments", at);
		ps->has_dynamic = true;
		ps->dynamic = p.addr;
		ps->dynamic_off = at;
		break;
	case PT_INTERP:
		if (!ps->has_interp)
			view_sub(img->file, p.off, p.filesz, &ps->interp);
		ps->has_interp = true;
		break;
	case PT_NOTE:
		read_notes(img, &p, ps);
		break;
	}
	return OK;
}

static Fault read_progs(Image *img, const Ehdr *h, Progs *ps)
{
	u64 size;

	if (h->phnum == 0)
		return OK;
	if (h->phentsize != phdr_size(img))
		return fault("program headers of an unknown size",
			     img->ptrsize == 8 ? 54 : 42);
	if (__builtin_mul_overflow(h->phnum, h->phentsize, &size) ||
	    !view_has(img->file, h->phoff, size))
		return fault("the program headers are not all in the file",
			     h->phoff);
	for (u64 i = 0; i < h->phnum; i++) {
		Fault f = read_prog(img, h->phoff + i * h->phentsize, ps);

		if (f.why)
			return f;
	}
	return OK;
}

static const char *find_goos(const Image *img, const Progs *ps)
{
	u8 osabi = img->file.p[EI_OSABI];

	if (ps->note)
		return ps->note;
	for (size_t i = 0; i < NELEM(interp_goos); i++)
		if (view_prefix(ps->interp, interp_goos[i].sign))
			return interp_goos[i].goos;
	if (osabi < NELEM(osabi_goos) && osabi_goos[osabi])
		return osabi_goos[osabi];
	return "";
}

/* ---- opening -------------------------------------------------------- */

static Fault open(Image *img)
{
	ElfImage *e = &img->elf;
	Ehdr h;
	Progs ps = {.interp = {img->file.p, 0}};
	Fault f = read_ehdr(img, &h);

	if (f.why)
		return f;
	img->arch = arch_by_elf(h.machine, img->ptrsize, img->big);
	img->kind = IMAGE_OTHER;
	e->relent = 2 * img->ptrsize;
	e->relaent = 3 * img->ptrsize;
	e->syment = img->ptrsize == 8 ? 24 : 16;
	open_sections(img, &h);
	/* Nobody loads an object or a core, which may have any number of
	 * segments. */
	if (h.type == ET_EXEC || h.type == ET_DYN) {
		f = read_progs(img, &h, &ps);
		if (f.why)
			return f;
		img->dynamic = ps.has_dynamic;
		if (ps.has_dynamic)
			elf_open_dynamic(img, ps.dynamic, ps.dynamic_off);
		/* cmd/link sets DF_1_PIE with -buildmode=pie on every
		 * system, and PT_INTERP too. */
		img->pie = h.type == ET_DYN && (img->pie || ps.has_interp);
		img->kind = h.type == ET_EXEC || img->pie ? IMAGE_EXEC :
			IMAGE_SHLIB;
	}
	img->goos = find_goos(img, &ps);
	return OK;
}

/* ---- sections and symbols ------------------------------------------ */

View elf_name(View strtab, u32 off, u64 max)
{
	View v = {strtab.p, 0};
	u64 n = off < strtab.n ? strtab.n - off : 0;

	if (n != 0 && view_sub(strtab, off, n < max ? n : max, &v))
		view_cstr(v, 0, &v);
	return v;
}

static bool section(const Image *img, u32 i, Section *s)
{
	Shdr h;

	*s = (Section){.segment = {img->file.p, 0}};
	if (!shdr_at(img, i, &h))
		return false;
	s->name = elf_name(img->elf.shstrtab, h.name, MAXSECNAME);
	s->addr = h.addr;
	s->size = h.size;
	s->off = h.off;
	s->data = shdr_data(img, &h);
	s->type = h.type;
	s->flags = h.flags;
	s->nobits = h.type == SHT_NOBITS;
	return true;
}

bool elf_sym(const Image *img, View tab, u64 i, ElfSym *s)
{
	u64 size = img->elf.syment;
	Cursor c;

	if (size == 0 || i >= tab.n / size)	/* 0: it was not opened */
		return false;
	c = cursor((View){tab.p + i * size, (size_t)size}, img->big);
	s->name = cur_u32(&c);
	if (img->ptrsize == 4) {
		s->value = cur_u32(&c);
		s->size = cur_u32(&c);
	}
	s->info = cur_u8(&c);
	cur_u8(&c);
	s->shndx = cur_u16(&c);
	if (img->ptrsize == 8) {
		s->value = cur_u64(&c);
		s->size = cur_u64(&c);
	}
	return true;
}

static char letter_by_segment(const Image *img, u64 addr)
{
	const Segment *s = image_segment(img, addr);

	if (!s)
		return '?';
	if (s->perm & PERM_X)
		return 'T';
	if (!(s->perm & PERM_W))
		return 'R';
	return addr - s->addr < s->data.n ? 'D' : 'B';
}

static char letter(const Image *img, const ElfSym *sym)
{
	Shdr h;

	if (sym->shndx == 0)
		return 'U';
	if (sym->shndx == SHN_ABS)
		return 'A';
	if (sym->shndx == SHN_COMMON)
		return 'B';
	if (sym->shndx >= SHN_LORESERVE || !shdr_at(img, sym->shndx, &h))
		return letter_by_segment(img, sym->value);
	switch (h.flags & (SHF_WRITE | SHF_ALLOC | SHF_EXECINSTR)) {
	case SHF_ALLOC | SHF_EXECINSTR:
		return 'T';
	case SHF_ALLOC:
		return 'R';
	case SHF_ALLOC | SHF_WRITE:
		return h.type == SHT_NOBITS ? 'B' : 'D';
	}
	return '?';
}

/* Symbol 0, which is nothing, is left out, as in `go tool nm`. */
static bool symbol(const Image *img, u64 i, Symbol *s)
{
	const ElfImage *e = &img->elf;
	ElfSym sym;
	char c;

	*s = (Symbol){.name = {img->file.p, 0}};
	if (i == UINT64_MAX || !elf_sym(img, e->symtab, i + 1, &sym))
		return false;
	if ((sym.info & 15) != STT_SECTION && (sym.info & 15) != STT_FILE)
		s->name = elf_name(e->strtab, sym.name, MAXNAME);
	s->addr = sym.value;
	s->size = sym.size;
	c = letter(img, &sym);
	s->letter = c != '?' && sym.info >> 4 == 0 ? (char)(c | 0x20) : c;
	return true;
}

const Format elf_format = {
	.name = "elf",
	.match = match,
	.open = open,
	.section = section,
	.symbol = symbol,
	.dynrelocs = elf_dynrelocs,
	.fipsinfo = ".go.fipsinfo",
	.buildinfo = ".go.buildinfo",
	.pclntab = ".gopclntab",
};
