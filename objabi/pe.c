/*
 * PE: the executables and DLLs of Windows, and of UEFI.
 *
 *	"MZ" ... at 0x3c: e_lfanew, the file offset of
 *	"PE\0\0"
 *	file header (COFF), 20 bytes: machine, counts, flags
 *	optional header, 0x10b (PE32) or 0x20b (PE32+): ImageBase,
 *		alignments, subsystem, then up to 16 data directories
 *		{RVA, size}
 *	section table, 40 bytes each
 *
 * Everything is little-endian. The file speaks of RVAs, which count from
 * ImageBase; the addresses given out here are always ImageBase + RVA, which
 * is what the words of the image hold. A Go file has its runtime data in
 * .text, .rdata and .data and no section made for FIPS, build info or
 * pclntab, from either linker: they are found by scanning.
 *
 * The COFF symbol table and its string table are not loaded, so damage there
 * costs names only. Two things change the image when it is loaded: base
 * relocations, and the import address table.
 *
 * Source: Microsoft's "PE Format"; Go's cmd/link/internal/ld/pe.go,
 * debug/pe, cmd/internal/objfile/pe.go.
 */
#include "objabi/objabi.h"

enum {
	DOS_SIZE = 64,
	COFF_SIZE = 20,
	SECT_SIZE = 40,
	SYM_SIZE = 18,
	OPT32_SIZE = 96,	/* without the directories */
	OPT64_SIZE = 112,
	MAX_SECTIONS = 96,	/* the loader's limit */
	MAX_DIRS = 16,
	LOADER_PAGE = 0x1000,
	LOADER_SECTOR = 0x200
};

enum {
	FILE_RELOCS_STRIPPED = 0x0001,
	FILE_EXECUTABLE_IMAGE = 0x0002,
	FILE_DLL = 0x2000,
	DLL_DYNAMIC_BASE = 0x0040,
	SUBSYSTEM_GUI = 2,
	SUBSYSTEM_CUI = 3
};

enum { DIR_IMPORT = 1, DIR_SECURITY = 4, DIR_BASERELOC = 5, DIR_IAT = 12 };

#define SCN_CODE 0x00000020u
#define SCN_DATA 0x00000040u
#define SCN_BSS 0x00000080u
#define SCN_EXECUTE 0x20000000u
#define SCN_READ 0x40000000u
#define SCN_WRITE 0x80000000u

/* The headers, decoded. coff, opt: file offsets. */
typedef struct {
	u64 coff, opt, dirs;
	u16 machine, nsections, optsize, flags, subsystem, dllflags;
	u32 symtab, nsymtab, align, ndirs;
	u8 ptrsize;
	u64 base;
} PeHdr;

/* One entry of the section table. */
typedef struct {
	const u8 *name;	/* 8 bytes */
	u32 vsize, rva, rawsize, raw, flags;
	u32 memsz, filesz;	/* what the loader makes of it */
} PeSect;

/* MZ begins a DOS program as well. What has e_lfanew says so by a
 * relocation table (e_lfarlc) that begins behind it; if that points out of
 * the file, this is a PE that was cut off. */
static bool pe_match(View file)
{
	View sig;

	if (!view_has(file, 0, DOS_SIZE) || memcmp(file.p, "MZ", 2) != 0)
		return false;
	if (view_sub(file, ld32(file.p + 0x3c, false), 4, &sig))
		return memcmp(sig.p, "PE\0", 4) == 0;
	return ld16(file.p + 0x18, false) >= DOS_SIZE;
}

static Fault coff_read(View file, PeHdr *h)
{
	View v;
	u64 pe;

	if (!view_has(file, 0, DOS_SIZE))
		return fault("PE: file header is cut off", file.n);
	pe = ld32(file.p + 0x3c, false);
	h->coff = pe + 4;
	h->opt = h->coff + COFF_SIZE;
	if (!view_sub(file, pe, 4 + COFF_SIZE, &v))
		return fault("PE: e_lfanew points beyond the end of the file",
			     0x3c);
	h->machine = ld16(v.p + 4, false);
	h->nsections = ld16(v.p + 6, false);
	h->symtab = ld32(v.p + 12, false);
	h->nsymtab = ld32(v.p + 16, false);
	h->optsize = ld16(v.p + 20, false);
	h->flags = ld16(v.p + 22, false);
	return OK;
}

static Fault opt_read(View file, PeHdr *h)
{
	unsigned fixed;
	View v;

	if (!view_sub(file, h->opt, h->optsize, &v) || v.n < OPT32_SIZE)
		return fault("PE: optional header is cut off", h->opt);
	switch (ld16(v.p, false)) {
	case 0x10b:
		h->ptrsize = 4;
		fixed = OPT32_SIZE;
		break;
	case 0x20b:
		h->ptrsize = 8;
		fixed = OPT64_SIZE;
		break;
	default:
		return fault("PE: optional header of unknown type", h->opt);
	}
	if (v.n < fixed)
		return fault("PE: optional header is cut off", h->opt);
	h->base = ldptr(v.p + (h->ptrsize == 4 ? 28 : 24), h->ptrsize, false);
	h->align = ld32(v.p + 32, false);
	h->subsystem = ld16(v.p + 68, false);
	h->dllflags = ld16(v.p + 70, false);
	h->ndirs = ld32(v.p + fixed - 4, false);
	h->dirs = h->opt + fixed;
	if (h->ndirs > MAX_DIRS)
		h->ndirs = MAX_DIRS;	/* so does the loader */
	if (h->ndirs * 8u > v.n - fixed)
		return fault("PE: data directories do not fit the optional "
			     "header", h->dirs);
	/* So that no sum of ImageBase, an RVA and a size can overflow. */
	if (h->base >> 63)
		return fault("PE: ImageBase is too large", h->opt + 24);
	return OK;
}

/* A data directory; {0, 0} if there is none. */
static void dir_read(View file, const PeHdr *h, u32 i, u32 *rva, u32 *size)
{
	*rva = *size = 0;
	if (i < h->ndirs) {
		*rva = ld32(file.p + h->dirs + 8 * i, false);
		*size = ld32(file.p + h->dirs + 8 * i + 4, false);
	}
}

/* SizeOfRawData is rounded up to the file's alignment, and VirtualSize is
 * the size proper; what is beyond the raw data is zero. */
static PeSect sect_read(const u8 *p)
{
	PeSect s = {
		.name = p,
		.vsize = ld32(p + 8, false),
		.rva = ld32(p + 12, false),
		.rawsize = ld32(p + 16, false),
		.raw = ld32(p + 20, false),
		.flags = ld32(p + 36, false),
	};

	s.memsz = s.vsize ? s.vsize : s.rawsize;
	s.filesz = s.rawsize < s.memsz ? s.rawsize : s.memsz;
	if (s.raw == 0)
		s.filesz = 0;
	return s;
}

static int base64_digit(u8 c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *d = c ? strchr(digits, c) : NULL;

	return d ? (int)(d - digits) : -1;
}

static int decimal_digit(u8 c)
{
	return c >= '0' && c <= '9' ? c - '0' : -1;
}

/* A section's name: up to 8 bytes in place, or "/123", or, for a string
 * table over 10 MB, "//" and base 64: an offset into the string table. One
 * that leads nowhere is left as it stands. */
static View sect_name(const Image *img, const u8 *field)
{
	View raw = view_of(field, strnlen((const char *)field, 8)), s;
	bool b64 = raw.n > 2 && raw.p[1] == '/';
	size_t i = b64 ? 2 : 1;
	u64 off = 0;

	if (raw.n < 2 || raw.p[0] != '/')
		return raw;
	for (; i < raw.n; i++) {
		int d = b64 ? base64_digit(raw.p[i]) : decimal_digit(raw.p[i]);

		if (d < 0)
			return raw;
		off = off * (b64 ? 64 : 10) + (u64)d;
	}
	return off >= 4 && view_cstr(img->pe.strtab, off, &s) ? s : raw;
}

/* The string table follows the symbols and begins with its own size. Where
 * either does not lie in the file, there are no symbols: no loader looks. */
static void symtab_find(Image *img, const PeHdr *h)
{
	u64 size = (u64)h->nsymtab * SYM_SIZE, end = h->symtab + size;
	View len, v;

	if (h->symtab == 0 || !view_has(img->file, h->symtab, size))
		return;
	img->pe.symtab = h->symtab;
	img->pe.nsymtab = h->nsymtab;
	if (view_sub(img->file, end, 4, &len) &&
	    view_sub(img->file, end, ld32(len.p, false), &v))
		img->pe.strtab = v;
}

static u8 sect_perm(u32 flags)
{
	return (u8)((flags & SCN_READ ? PERM_R : 0) |
		    (flags & SCN_WRITE ? PERM_W : 0) |
		    (flags & SCN_EXECUTE ? PERM_X : 0));
}

static Fault seg_add(Image *img, const PeSect *s, const PeHdr *h, u64 at)
{
	Segment *seg = &img->seg[img->nseg];

	if (s->memsz == 0)
		return OK;
	if (img->nseg == IMAGE_MAXSEG)
		return fault("PE: too many sections", at);
	*seg = (Segment){
		.name = sect_name(img, s->name),
		.addr = h->base + s->rva,
		.memsz = s->memsz,
		.off = s->raw,
		.perm = sect_perm(s->flags),
	};
	/* The loader drops the low bits of the file offset. Nobody writes
	 * such files, and what we would read is not what it loads. */
	if (s->filesz && h->align >= LOADER_PAGE && s->raw % LOADER_SECTOR)
		return fault("PE: section's file offset is not a multiple "
			     "of 512", at);
	if (!view_sub(img->file, s->raw, s->filesz, &seg->data) && s->filesz)
		return fault("PE: section beyond the end of the file", at);
	/* The loader wants them in ascending order. */
	if (img->nseg && seg->addr < seg[-1].addr + seg[-1].memsz)
		return fault("PE: sections overlap or are out of order", at);
	img->nseg++;
	return OK;
}

static Fault sections_read(Image *img, const PeHdr *h)
{
	u64 at = h->opt + h->optsize;
	View table;

	if (h->nsections > MAX_SECTIONS)
		return fault("PE: too many sections", h->coff + 2);
	if (!view_sub(img->file, at, h->nsections * (u64)SECT_SIZE, &table))
		return fault("PE: section table is cut off", at);
	img->pe.sections = at;
	img->pe.nsections = h->nsections;
	for (u32 i = 0; i < h->nsections; i++) {
		PeSect s = sect_read(table.p + i * SECT_SIZE);
		Fault f = seg_add(img, &s, h, at + i * SECT_SIZE);

		if (f.why)
			return f;
	}
	return OK;
}

static Fault dirs_read(Image *img, const PeHdr *h)
{
	u32 rva, size;

	/* The only directory that holds a file offset. Not checked. */
	dir_read(img->file, h, DIR_SECURITY, &rva, &size);
	img->pe.cert_off = rva;
	img->pe.cert_size = size;

	dir_read(img->file, h, DIR_IMPORT, &rva, &size);
	img->pe.imports = rva ? h->base + rva : 0;

	dir_read(img->file, h, DIR_IAT, &rva, &size);
	img->pe.iat = h->base + rva;
	img->pe.iat_size = size;

	dir_read(img->file, h, DIR_BASERELOC, &rva, &size);
	if (size && !(h->flags & FILE_RELOCS_STRIPPED) &&
	    !image_bytes(img, h->base + rva, size, &img->pe.reloc, NULL))
		return fault("PE: base relocations do not lie in a section",
			     h->dirs + 8 * DIR_BASERELOC);
	return OK;
}

static Fault pe_open(Image *img)
{
	PeHdr h = {0};
	Fault f = coff_read(img->file, &h);

	if (!f.why)
		f = opt_read(img->file, &h);
	if (f.why)
		return f;
	img->arch = arch_by_pe(h.machine);
	img->ptrsize = h.ptrsize;
	if (img->arch && img->arch->ptrsize != h.ptrsize)
		return fault("PE: optional header is not one of this machine",
			     h.opt);
	img->pe.base = h.base;
	symtab_find(img, &h);
	f = sections_read(img, &h);
	if (!f.why)
		f = dirs_read(img, &h);
	if (f.why)
		return f;
	img->kind = h.flags & FILE_DLL ? IMAGE_SHLIB :
		h.flags & FILE_EXECUTABLE_IMAGE ? IMAGE_EXEC : IMAGE_OTHER;
	img->pie = img->pe.reloc.n && h.dllflags & DLL_DYNAMIC_BASE;
	img->dynamic = img->pe.reloc.n || img->pe.iat_size || img->pe.imports;
	img->goos = img->arch && (h.subsystem == SUBSYSTEM_GUI ||
		h.subsystem == SUBSYSTEM_CUI) ? "windows" : "";
	return OK;
}

static bool pe_section(const Image *img, u32 i, Section *out)
{
	PeSect s;

	if (i >= img->pe.nsections)
		return false;
	s = sect_read(img->file.p + img->pe.sections + i * (u64)SECT_SIZE);
	*out = (Section){
		.name = sect_name(img, s.name),
		.addr = img->pe.base + s.rva,
		.size = s.memsz,
		.off = s.raw,
		.flags = s.flags,
		.nobits = s.filesz == 0,
	};
	view_sub(img->file, s.raw, s.filesz, &out->data);
	return true;
}

static const u8 *sym_at(const Image *img, u64 i)
{
	return img->file.p + img->pe.symtab + i * SYM_SIZE;
}

/* Is record i a symbol, or does it belong to one before it? The last byte of
 * a symbol says how many auxiliary records follow, at most 255; that byte of
 * an auxiliary record says nothing. So the one sure way is to count from the
 * first record, for each i. But counting from anywhere falls into step at a
 * record that no earlier one could reach, whatever they are. Nearly all are
 * such; only a table made for it has none in a few hundred. */
static bool sym_starts(const Image *img, u64 i)
{
	enum { BACK = 512 };
	u64 r = i > BACK ? i - BACK : 0;

	while (r < i)
		r += 1u + sym_at(img, r)[SYM_SIZE - 1];
	return r == i;
}

/* The letters of go tool nm. It also looks for runtime.bss, which lies
 * somewhere in the table, to call B the last few symbols that share a sector
 * with initialized data; they are D here. */
static char sym_letter(const PeSect *s, u32 value)
{
	if (s->flags & SCN_CODE)
		return 'T';
	if (s->flags & SCN_DATA)
		return !(s->flags & SCN_WRITE) ? 'R' :
			value >= s->rawsize ? 'B' : 'D';
	return s->flags & SCN_BSS ? 'B' : '?';
}

static void sym_place(const Image *img, const u8 *p, Symbol *out)
{
	static const char special[] = { 'U', 'C', '?' };	/* 0, -1, -2 */
	u16 n = ld16(p + 12, false);
	u16 neg = (u16)-n;
	PeSect s;

	out->addr = ld32(p + 8, false);
	if (neg < NELEM(special)) {
		out->letter = special[neg];
	} else if (n > img->pe.nsections) {
		*out = (Symbol){ .letter = '?' };
	} else {
		s = sect_read(img->file.p + img->pe.sections +
			      (n - 1u) * (u64)SECT_SIZE);
		out->letter = sym_letter(&s, (u32)out->addr);
		out->addr += img->pe.base + s.rva;
	}
}

enum { MAXNAME = 16384 };

static bool pe_symbol(const Image *img, u64 i, Symbol *out)
{
	const u8 *p;

	*out = (Symbol){ .letter = '?' };
	if (i >= img->pe.nsymtab)
		return false;
	if (!sym_starts(img, i))
		return true;
	p = sym_at(img, i);
	if (ld32(p, false) != 0)
		out->name = view_of(p, strnlen((const char *)p, 8));
	else if (ld32(p + 4, false) < 4 ||
		 !view_cstr_max(img->pe.strtab, ld32(p + 4, false), MAXNAME,
				&out->name))
		return true;
	sym_place(img, p, out);
	return true;
}

/* Base relocations. 5, 7 as on arm, the only machine of Go's that has any;
 * 1, 2 and 4 are half words. */
static const struct {
	const char *name;	/* NULL: the loader refuses it */
	u8 size;
} reloc_types[16] = {
	[1] = { "IMAGE_REL_BASED_HIGH", 2 },
	[2] = { "IMAGE_REL_BASED_LOW", 2 },
	[3] = { "IMAGE_REL_BASED_HIGHLOW", 4 },
	[4] = { "IMAGE_REL_BASED_HIGHADJ", 2 },
	[5] = { "IMAGE_REL_BASED_ARM_MOV32", 8 },
	[7] = { "IMAGE_REL_BASED_THUMB_MOV32", 8 },
	[10] = { "IMAGE_REL_BASED_DIR64", 8 },
};
enum { IMPORT_SIZE = 20, IMPORT_THUNK = 16 };	/* a descriptor */
enum { REL_ABSOLUTE = 0, REL_HIGHADJ = 4, REL_MAXSIZE = 8 };

/* What dynrelocs was called with. */
typedef struct {
	const Image *img;
	const Span *spans;
	int n;
	DynRelocFn *fn;
	void *arg;
} RelocWalk;

static void reloc_one(const RelocWalk *w, u64 addr, unsigned type)
{
	u8 size = reloc_types[type].size;
	DynReloc r = {
		.addr = addr,
		.size = size,
		.type = type,
		.name = reloc_types[type].name,
	};
	View word;

	if (!spans_hit(w->spans, w->n, addr, size))
		return;
	/* The word in place is the address, ImageBase included. */
	r.known = (type == 3 || type == 10) && size == w->img->ptrsize &&
		image_bytes(w->img, addr, size, &word, NULL);
	if (r.known)
		r.value = ldptr(word.p, size, false);
	w->fn(w->arg, &r);
}

/* The entries of one block: 4 bits of type, 12 of offset in the page. */
static Fault reloc_block(const RelocWalk *w, u64 page, View entries, u64 at)
{
	for (size_t i = 0; i < entries.n; i += 2) {
		u16 e = ld16(entries.p + i, false);
		unsigned type = e >> 12;

		if (type == REL_ABSOLUTE)
			continue;
		if (!reloc_types[type].name)
			return fault("PE: unknown base relocation", at + i);
		reloc_one(w, page + (e & 0xfff), type);
		if (type == REL_HIGHADJ)
			i += 2;	/* the next entry is its addend */
	}
	return OK;
}

static Fault base_relocs(const RelocWalk *w)
{
	View v = w->img->pe.reloc, block;
	u64 start = (u64)(v.p - w->img->file.p), page;
	u32 size;

	for (size_t off = 0; off < v.n; off += size) {
		Fault f;

		if (!view_has(v, off, 8))
			return fault("PE: base relocation block is cut off",
				     start + off);
		page = w->img->pe.base + ld32(v.p + off, false);
		size = ld32(v.p + off + 4, false);
		if (size < 8 || size % 2 || !view_sub(v, off, size, &block))
			return fault("PE: base relocation block of a wrong "
				     "size", start + off + 4);
		if (!spans_hit(w->spans, w->n, page, 0xfff + REL_MAXSIZE))
			continue;
		f = reloc_block(w, page, view_of(block.p + 8, block.n - 8),
				start + off + 8);
		if (f.why)
			return f;
	}
	return OK;
}

/* How many words stand at rva before a zero, at most max. */
static u64 count_thunks(const Image *img, u64 addr, u64 max)
{
	u64 n = 0;
	View v;

	while (n < max && image_bytes(img, addr + n * img->ptrsize,
				      img->ptrsize, &v, NULL) &&
	       ldptr(v.p, img->ptrsize, false) != 0)
		n++;
	return n;
}

/* What the loader really fills in: for each DLL an array of addresses. The
 * IAT directory is said to enclose them, but need not be there. The arrays
 * of a damaged file may overlap, so all together have a limit. */
static void import_thunks(const RelocWalk *w)
{
	const Image *img = w->img;
	u64 left = img->file.n / img->ptrsize;
	View d;

	for (u64 at = img->pe.imports; at != 0 &&
	     image_bytes(img, at, IMPORT_SIZE, &d, NULL) &&
	     ld32(d.p + IMPORT_THUNK, false) != 0 && left > 0;
	     at += IMPORT_SIZE) {
		u64 names = ld32(d.p, false), thunk;
		DynReloc r = {.name = "import"};

		thunk = ld32(d.p + IMPORT_THUNK, false);
		r.addr = img->pe.base + thunk;
		r.size = (u32)count_thunks(img, img->pe.base +
					   (names ? names : thunk), left);
		left -= r.size;
		r.size *= img->ptrsize;
		if (r.size && spans_hit(w->spans, w->n, r.addr, r.size))
			w->fn(w->arg, &r);
	}
}

static Fault pe_dynrelocs(const Image *img, const Span *spans, int n,
			  DynRelocFn *fn, void *arg)
{
	RelocWalk w = { img, spans, n, fn, arg };
	DynReloc iat = {
		.addr = img->pe.iat,
		.size = (u32)img->pe.iat_size,
		.name = "IAT",
	};

	if (iat.size && spans_hit(spans, n, iat.addr, iat.size))
		fn(arg, &iat);
	import_thunks(&w);
	return img->pe.reloc.n ? base_relocs(&w) : OK;
}

const Format pe_format = {
	.name = "pe",
	.match = pe_match,
	.open = pe_open,
	.section = pe_section,
	.symbol = pe_symbol,
	.dynrelocs = pe_dynrelocs,
};
