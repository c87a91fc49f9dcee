/*
 * XCOFF64, what AIX executables are. Go writes no go:fipsinfo there; the
 * reader exists so that such a program is called what it is, by its build
 * information, and not a foreign file.
 *
 *	header    24 bytes: magic 0x01f7, sections u16, ..., size of the
 *	          optional header u16 at 16
 *	sections  72 bytes each: name 8, paddr, vaddr, size, file offset
 *	          (8 bytes each), ..., flags u32 at 64
 *
 * All big-endian. Source: internal/xcoff, cmd/link/internal/ld/xcoff.go.
 */
#include "objabi/objabi.h"

enum {
	MAGIC = 0x01f7,
	HEADER = 24,
	SECTION = 72,
	STYP_TEXT = 0x20, STYP_DATA = 0x40, STYP_BSS = 0x80,
};

static bool match(View file)
{
	return file.n >= 2 && ld16(file.p, true) == MAGIC;
}

static Fault add_segment(Image *img, Cursor *c)
{
	size_t at = c->off;
	View name = cur_bytes(c, 8);
	u64 addr, size, off;
	u32 flags;
	Segment *s;

	cur_u64(c);
	addr = cur_u64(c);
	size = cur_u64(c);
	off = cur_u64(c);
	cur_bytes(c, 24);
	flags = cur_u32(c);
	cur_u32(c);
	if (c->err)
		return fault("a section header lies outside the file", at);
	if (!(flags & (STYP_TEXT | STYP_DATA | STYP_BSS)))
		return OK;
	if (img->nseg == IMAGE_MAXSEG)
		return fault("too many sections", at);
	s = &img->seg[img->nseg++];
	*s = (Segment){.name = name, .addr = addr, .memsz = size, .off = off,
		       .perm = flags & STYP_TEXT ? PERM_R | PERM_X :
			       PERM_R | PERM_W};
	if (!(flags & STYP_BSS) && !view_sub(img->file, off, size, &s->data))
		return fault("a section lies outside the file", at);
	return OK;
}

static Fault open(Image *img)
{
	Cursor c = cursor(img->file, true);
	unsigned nsect, opt;
	Fault f = OK;

	cur_u16(&c);
	nsect = cur_u16(&c);
	cur_bytes(&c, 12);
	opt = cur_u16(&c);
	cur_bytes(&c, HEADER - 18 + (u64)opt);
	if (c.err)
		return fault("the header is cut off", 0);
	img->arch = arch_by_name(view_str("ppc64"));
	img->goos = "aix";
	img->kind = IMAGE_EXEC;
	img->big = true;
	img->ptrsize = 8;
	for (unsigned i = 0; i < nsect && !f.why; i++)
		f = add_segment(img, &c);
	return f;
}

const Format xcoff_format = {
	.name = "xcoff", .match = match, .open = open, .section = image_no_section,
	.symbol = image_no_symbol, .bare = true,
};
