/*
 * Mach-O, the format of darwin and ios: headers, segments, sections,
 * symbols, and the fat files that hold several of them.
 *
 *     header      32 bytes: magic cputype subtype filetype ncmds
 *                 sizeofcmds flags reserved
 *     commands    ncmds times: cmd, cmdsize, cmdsize - 8 bytes
 *     the rest    wherever the commands say
 *
 * LC_SEGMENT_64 carries its section headers with it; the tables of the
 * dynamic loader and the symbols lie in the last segment, __LINKEDIT, and
 * commands of their own give their file offsets. Those tables' insides are
 * machofix.c's.
 *
 * Numbers: <mach-o/loader.h>, <mach-o/nlist.h>, <mach-o/fat.h>; what Go
 * writes: cmd/link/internal/ld/macho.go.
 */
#include "objabi/objabi.h"

/* Not an enum's: these do not fit an int. */
#define MH_MAGIC 0xfeedfaceU
#define MH_MAGIC_64 0xfeedfacfU
#define FAT_MAGIC 0xcafebabeU
#define FAT_MAGIC_64 0xcafebabfU
#define LC_REQ_DYLD 0x80000000U

enum {
	MH_SIZE_64 = 32,

	MH_EXECUTE = 2,
	MH_DYLIB = 6,
	MH_BUNDLE = 8,

	MH_DYLDLINK = 0x4,
	MH_PIE = 0x200000,

	LC_SYMTAB = 0x2,
	LC_DYSYMTAB = 0xb,
	LC_SEGMENT_64 = 0x19,
	LC_CODE_SIGNATURE = 0x1d,
	LC_DYLD_INFO = 0x22,
	LC_VERSION_MIN_MACOSX = 0x24,
	LC_VERSION_MIN_IPHONEOS = 0x25,
	LC_BUILD_VERSION = 0x32,
	LC_DYLD_CHAINED_FIXUPS = 0x34,

	SEGMENT_SIZE = 72,
	SECTION_SIZE = 80,
	NLIST_SIZE = 16,

	S_ZEROFILL = 0x1,
	S_GB_ZEROFILL = 0xc,
	S_THREAD_LOCAL_ZEROFILL = 0x12,

	N_STAB = 0xe0,

	FAT_MAX = 64,
	JAVA_OLDEST = 45,	/* major version of the first class files */

	/* No symbol's name is longer. Without a limit a file of n symbols
	 * that all share one endless name costs n squared to list. */
	NAME_LIMIT = 16384,
};

/* ---- load commands ------------------------------------------------- */

/* A name field: 16 bytes, NUL-padded. */
static View name16(const u8 *p)
{
	return view_of(p, strnlen((const char *)p, 16));
}

/* A table in __LINKEDIT: offset and size stand at c.p + at. */
static Fault read_table(const Image *img, View c, u32 at, u32 entry, u64 off,
			View *v)
{
	u64 n = (u64)ld32(c.p + at + 4, false) * entry;

	if (n == 0 || view_sub(img->file, ld32(c.p + at, false), n, v))
		return OK;
	return fault("a load command's table is not all in the file",
		     off + at);
}

/* Sums that check_segment has found not to overflow. */
static bool overlaps(const Segment *a, const Segment *b)
{
	return a->memsz != 0 && b->memsz != 0 &&
	       a->addr < b->addr + b->memsz && b->addr < a->addr + a->memsz;
}

static Fault check_segment(const Image *img, const Segment *s, u64 filesize,
			   u64 off)
{
	if (s->memsz > UINT64_MAX - s->addr)
		return fault("a segment's addresses overflow", off + 24);
	if (filesize > s->memsz)
		return fault("a segment is larger in the file than in memory",
			     off + 48);
	for (int i = 0; i < img->nseg; i++)
		if (overlaps(&img->seg[i], s))
			return fault("segments overlap in memory", off + 24);
	return OK;
}

static u8 perm_of(u32 prot)
{
	return (u8)((prot & 1 ? PERM_R : 0) | (prot & 2 ? PERM_W : 0) |
		    (prot & 4 ? PERM_X : 0));
}

/* __DWARF has a place in the file, but no size and no protection: it is
 * never loaded, so it is a segment without data; its sections still have
 * theirs. All segments get an entry, __PAGEZERO too: opcodes and chained
 * fixups number them in this order. */
static Fault read_segment(Image *img, View c, u64 off)
{
	u64 fileoff = ld64(c.p + 40, false), filesize = ld64(c.p + 48, false);
	u32 prot = ld32(c.p + 60, false), nsects = ld32(c.p + 64, false);
	Segment s = {
		.name = name16(c.p + 8),
		.addr = ld64(c.p + 24, false),
		.memsz = ld64(c.p + 32, false),
		.off = fileoff,
		.perm = perm_of(prot),
	};
	bool loaded = s.memsz != 0 || prot != 0;
	Fault why;

	if (img->nseg == IMAGE_MAXSEG)
		return fault("too many segments", off);
	if (nsects > (c.n - SEGMENT_SIZE) / SECTION_SIZE)
		return fault("more sections than the segment command holds",
			     off + 64);
	if (!view_sub(img->file, fileoff, filesize, &s.data))
		return fault("a segment is not all in the file", off + 40);
	if (!loaded)
		s.data.n = 0;
	why = check_segment(img, &s, s.data.n, off);
	if (why.why)
		return why;
	img->macho.seg[img->nseg].cmd = off;
	img->macho.seg[img->nseg].nsects = nsects;
	img->seg[img->nseg++] = s;
	return OK;
}

static Fault read_symtab(Image *img, View c, u64 off)
{
	Fault why = read_table(img, c, 8, NLIST_SIZE, off, &img->macho.symtab);

	if (why.why)
		return why;
	return read_table(img, c, 16, 1, off, &img->macho.strtab);
}

static Fault read_dysymtab(Image *img, View c, u64 off)
{
	Fault why = read_table(img, c, 64, 8, off, &img->macho.extrel);

	if (why.why)
		return why;
	return read_table(img, c, 72, 8, off, &img->macho.locrel);
}

static Fault read_dyld_info(Image *img, View c, u64 off)
{
	MachoImage *m = &img->macho;
	View *const tables[] = {
		&m->rebase, &m->bind, &m->weak_bind, &m->lazy_bind,
	};

	for (u32 i = 0; i < NELEM(tables); i++) {
		Fault why = read_table(img, c, 8 + 8 * i, 1, off, tables[i]);

		if (why.why)
			return why;
	}
	return OK;
}

static Fault read_fixups(Image *img, View c, u64 off)
{
	return read_table(img, c, 8, 1, off, &img->macho.fixups);
}

static Fault read_codesign(Image *img, View c, u64 off)
{
	View sig;
	Fault why = read_table(img, c, 8, 1, off, &sig);

	img->macho.codesign_off = ld32(c.p + 8, false);
	img->macho.codesign_size = ld32(c.p + 12, false);
	return why;
}

/* A file may be built for two platforms; its first word counts. */
static void set_goos(Image *img, const char *goos)
{
	if (img->goos[0] == 0)
		img->goos = goos;
}

static Fault read_build_version(Image *img, View c, u64 off)
{
	/* macOS, iOS, tvOS, watchOS, bridgeOS, Mac Catalyst, iOS simulator:
	 * Go knows the iOS libraries by one name wherever they run. */
	static const char *const goos[] = {
		"", "darwin", "ios", "", "", "", "ios", "ios",
	};
	u32 platform = ld32(c.p + 8, false);

	(void)off;
	set_goos(img, platform < NELEM(goos) ? goos[platform] : "");
	return OK;
}

static Fault read_min_macosx(Image *img, View c, u64 off)
{
	(void)c, (void)off;
	set_goos(img, "darwin");
	return OK;
}

static Fault read_min_iphoneos(Image *img, View c, u64 off)
{
	(void)c, (void)off;
	set_goos(img, "ios");
	return OK;
}

/* size is what read may look at; no two commands may share a bit of
 * once: a second table of a kind would let tools see different files. */
static const struct {
	u32 cmd, size, once;
	Fault (*read)(Image *img, View c, u64 off);
} commands[] = {
	{LC_SEGMENT_64, SEGMENT_SIZE, 0, read_segment},
	{LC_SYMTAB, 24, 1, read_symtab},
	{LC_DYSYMTAB, 80, 2, read_dysymtab},
	{LC_DYLD_INFO, 48, 4, read_dyld_info},
	{LC_DYLD_INFO | LC_REQ_DYLD, 48, 4, read_dyld_info},
	{LC_DYLD_CHAINED_FIXUPS | LC_REQ_DYLD, 16, 8, read_fixups},
	{LC_CODE_SIGNATURE, 16, 16, read_codesign},
	{LC_BUILD_VERSION, 24, 0, read_build_version},
	{LC_VERSION_MIN_MACOSX, 16, 0, read_min_macosx},
	{LC_VERSION_MIN_IPHONEOS, 16, 0, read_min_iphoneos},
};

static Fault read_command(Image *img, View c, u64 off, u32 *seen)
{
	u32 cmd = ld32(c.p, false);

	for (size_t i = 0; i < NELEM(commands); i++) {
		if (commands[i].cmd != cmd)
			continue;
		if (c.n < commands[i].size)
			return fault("a load command is too short", off + 4);
		if (*seen & commands[i].once)
			return fault("a load command occurs twice", off);
		*seen |= commands[i].once;
		return commands[i].read(img, c, off);
	}
	return OK;
}

/* Each command has at least 8 bytes, so cmds.n bounds the loop. */
static Fault read_commands(Image *img)
{
	const MachoImage *m = &img->macho;
	u64 off = 0;
	u32 seen = 0;

	for (u32 i = 0; i < m->ncmds; i++) {
		View c;
		Fault why;
		u32 size;

		if (!view_has(m->cmds, off, 8))
			return fault("fewer load commands than the header says",
				     MH_SIZE_64 + off);
		size = ld32(m->cmds.p + off + 4, false);
		if (size < 8 || !view_sub(m->cmds, off, size, &c))
			return fault("a load command's size is wrong",
				     MH_SIZE_64 + off + 4);
		why = read_command(img, c, MH_SIZE_64 + off, &seen);
		if (why.why)
			return why;
		off += size;
	}
	return OK;
}

/* ---- header -------------------------------------------------------- */

static bool macho_match(View file)
{
	u32 le, be;

	if (!view_has(file, 0, 4))
		return false;
	le = ld32(file.p, false);
	be = ld32(file.p, true);
	return le == MH_MAGIC || le == MH_MAGIC_64 || be == MH_MAGIC ||
	       be == MH_MAGIC_64;
}

static ImageKind kind_of(u32 filetype)
{
	if (filetype == MH_EXECUTE)
		return IMAGE_EXEC;
	return filetype == MH_DYLIB || filetype == MH_BUNDLE ? IMAGE_SHLIB :
	       IMAGE_OTHER;
}

static Fault read_header(Image *img)
{
	MachoImage *m = &img->macho;
	const u8 *p = img->file.p;
	u32 magic;

	img->big = p[0] == 0xfe;
	magic = ld32(p, img->big);
	img->ptrsize = magic == MH_MAGIC_64 ? 8 : 4;
	if (view_has(img->file, 4, 4))
		img->arch = arch_by_macho(ld32(p + 4, img->big));
	if (img->ptrsize != 8)
		return fault("32-bit Mach-O is not supported", 0);
	if (img->big)
		return fault("big-endian Mach-O is not supported", 0);
	if (!view_has(img->file, 0, MH_SIZE_64))
		return fault("the file ends in the Mach-O header",
			     img->file.n);
	m->cputype = ld32(p + 4, false);
	m->cpusubtype = ld32(p + 8, false);
	m->filetype = ld32(p + 12, false);
	m->ncmds = ld32(p + 16, false);
	m->flags = ld32(p + 24, false);
	if (!view_sub(img->file, MH_SIZE_64, ld32(p + 20, false), &m->cmds))
		return fault("the load commands are not all in the file", 20);
	return OK;
}

/* Of the segment that maps the header: offsets in memory count from it. */
static u64 base_of(const Image *img)
{
	for (int i = 0; i < img->nseg; i++)
		if (img->seg[i].off == 0 && img->seg[i].data.n != 0)
			return img->seg[i].addr;
	return 0;
}

static Fault macho_open(Image *img)
{
	MachoImage *m = &img->macho;
	Fault why = read_header(img);

	if (why.why)
		return why;
	img->kind = kind_of(m->filetype);
	why = read_commands(img);
	if (why.why)
		return why;
	m->base = base_of(img);
	/* Libraries move anyway; MH_PIE is only for programs. */
	img->pie = img->kind == IMAGE_EXEC && (m->flags & MH_PIE);
	img->dynamic = (m->flags & MH_DYLDLINK) || m->rebase.n != 0 ||
		       m->bind.n != 0 || m->weak_bind.n != 0 ||
		       m->lazy_bind.n != 0 || m->fixups.n != 0 ||
		       m->locrel.n != 0 || m->extrel.n != 0;
	return OK;
}

/* ---- sections ------------------------------------------------------ */

static const u8 *section_header(const Image *img, u32 i, int *seg)
{
	for (int k = 0; k < img->nseg; k++) {
		u32 n = img->macho.seg[k].nsects;

		*seg = k;
		if (i < n)
			return img->file.p + img->macho.seg[k].cmd +
			       SEGMENT_SIZE + (u64)i * SECTION_SIZE;
		i -= n;
	}
	return NULL;
}

/* What stands at the section's address is what the loader maps there. The
 * offset in the section's header is believed only for what is not loaded:
 * nothing else reads it, so a wrong one would go unnoticed. */
static void place_section(const Image *img, const Segment *seg, u32 off,
			  Section *s)
{
	u64 rel = s->addr - seg->addr;

	s->off = off;
	if (s->nobits)
		return;
	if (seg->memsz == 0)
		view_sub(img->file, off, s->size, &s->data);
	else if (s->addr >= seg->addr && view_sub(seg->data, rel, s->size,
						  &s->data))
		s->off = seg->off + rel;
}

static bool macho_section(const Image *img, u32 i, Section *s)
{
	int seg;
	const u8 *p = section_header(img, i, &seg);
	u32 type;

	if (!p)
		return false;
	type = ld32(p + 64, false) & 0xff;
	*s = (Section){
		.name = name16(p),
		.segment = name16(p + 16),
		.addr = ld64(p + 32, false),
		.size = ld64(p + 40, false),
		.data = {img->file.p, 0},
		.type = type,
		.flags = ld32(p + 64, false),
		.nobits = type == S_ZEROFILL || type == S_GB_ZEROFILL ||
			  type == S_THREAD_LOCAL_ZEROFILL,
	};
	place_section(img, &img->seg[seg], ld32(p + 48, false), s);
	return true;
}

/* ---- symbols ------------------------------------------------------- */

/* As cmd/internal/objfile decides; the first row that fits. There local
 * symbols have capital letters too. */
static char section_letter(const Image *img, u32 nsect)
{
	static const struct {
		const char *segment, *section;
		char letter;
	} rows[] = {
		{"__TEXT", "__text", 'T'},
		{"__DATA", "__bss", 'B'},
		{"__DATA", "__noptrbss", 'B'},
		{"__TEXT", NULL, 'R'},
		{"__DATA_CONST", NULL, 'R'},
		{"__DATA", NULL, 'D'},
	};
	int seg;
	const u8 *p;

	if (nsect == 0)
		return 'U';
	p = section_header(img, nsect - 1, &seg);
	for (size_t i = 0; p && i < NELEM(rows); i++)
		if (view_is(name16(p + 16), rows[i].segment) &&
		    (!rows[i].section ||
		     view_is(name16(p), rows[i].section)))
			return rows[i].letter;
	return '?';
}

/* The name is as it stands in the file, with C's underscore. */
static View symbol_name(View strtab, u32 at)
{
	View s = {strtab.p, 0};

	if (at >= strtab.n)
		return s;
	s = view_of(strtab.p + at, strtab.n - at);
	if (s.n > NAME_LIMIT)
		s.n = NAME_LIMIT;
	view_cstr(s, 0, &s);
	return s;
}

/* Debugger's entries (N_STAB) are no symbols: they have an empty name. */
static bool macho_symbol(const Image *img, u64 i, Symbol *s)
{
	View symtab = img->macho.symtab;
	const u8 *p;

	if (i >= symtab.n / NLIST_SIZE)
		return false;
	p = symtab.p + i * NLIST_SIZE;
	*s = (Symbol){
		.name = {symtab.p, 0},
		.addr = ld64(p + 8, false),
		.letter = '?',
	};
	if (p[4] & N_STAB)
		return true;
	s->name = symbol_name(img->macho.strtab, ld32(p, false));
	s->letter = section_letter(img, p[5]);
	return true;
}

const Format macho_format = {
	.name = "macho",
	.match = macho_match,
	.open = macho_open,
	.section = macho_section,
	.symbol = macho_symbol,
	.dynrelocs = macho_dynrelocs,
	.fipsinfo = "__go_fipsinfo",
	.buildinfo = "__go_buildinfo",
	.pclntab = "__gopclntab",
};

/* ---- fat files ----------------------------------------------------- */

/*
 * Big-endian: magic, nfat_arch, then for each slice cputype, subtype,
 * offset, size, align, and in the 64-bit form a reserved word.
 */
typedef struct {
	u32 cputype;
	u64 off, size;
} Slice;

static u32 slice_entry(const Fat *fat)
{
	return fat->is64 ? 32 : 20;
}

/* The table must have the i-th entry. */
static Slice slice_at(const Fat *fat, u32 i)
{
	const u8 *p = fat->file.p + 8 + (u64)i * slice_entry(fat);
	unsigned word = fat->is64 ? 8 : 4;

	return (Slice){
		ld32(p, true),
		ldptr(p + 8, word, true),
		ldptr(p + 8 + word, word, true),
	};
}

static Fault check_slice(const Fat *fat, u32 i)
{
	Slice s = slice_at(fat, i);
	u64 at = 8 + (u64)i * slice_entry(fat);

	if (!view_has(fat->file, s.off, s.size))
		return fault("a slice is not all in the fat file", at + 8);
	if (s.off < 8 + (u64)fat->n * slice_entry(fat))
		return fault("a slice overlaps the fat header", at + 8);
	for (u32 k = 0; k < i; k++) {
		Slice o = slice_at(fat, k);

		if (s.off < o.off + o.size && o.off < s.off + s.size)
			return fault("slices of the fat file overlap", at + 8);
	}
	return OK;
}

Fault fat_open(Fat *fat, View file)
{
	Fault why = OK;

	*fat = (Fat){.file = file};
	if (!view_has(file, 0, 8))
		return fault("the file ends in the fat header", file.n);
	fat->is64 = ld32(file.p, true) == FAT_MAGIC_64;
	if (!fat->is64 && ld32(file.p, true) != FAT_MAGIC)
		return fault("not a fat file", 0);
	fat->n = ld32(file.p + 4, true);
	if (fat->n == 0 || fat->n > FAT_MAX)
		return fault("a fat file with no slice or too many", 4);
	if (!view_has(file, 8, (u64)fat->n * slice_entry(fat)))
		return fault("the file ends in the fat header", file.n);
	for (u32 i = 0; i < fat->n && !why.why; i++)
		why = check_slice(fat, i);
	return why;
}

/* A Java class has its minor and major version where the number of slices
 * stands, 45 or more. Fewer slices than that make a fat file, a damaged one
 * perhaps; as many must all be right. */
bool fat_match(View file)
{
	Fat fat;
	u32 n;

	if (!view_has(file, 0, 8))
		return false;
	n = ld32(file.p + 4, true);
	if (ld32(file.p, true) == FAT_MAGIC_64)
		return true;
	if (ld32(file.p, true) != FAT_MAGIC || n == 0)
		return false;
	return n < JAVA_OLDEST || !fat_open(&fat, file).why;
}

Fault fat_slice(const Fat *fat, u32 i, View *slice, u64 *off,
		const Arch **arch)
{
	Slice s = slice_at(fat, i);

	*off = s.off;
	*arch = arch_by_macho(s.cputype);
	if (!view_sub(fat->file, s.off, s.size, slice))
		return fault("a slice is not all in the fat file",
			     8 + (u64)i * slice_entry(fat));
	return OK;
}
