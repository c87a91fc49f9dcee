/*
 * What the executable formats have in common: picking one, and the way
 * from an address to the bytes in the file. Nothing here knows a format
 * or an architecture by name.
 */
#include "objabi/objabi.h"

static const Format *const formats[] = {
	&elf_format, &macho_format, &pe_format, &plan9_format,
	&xcoff_format, &wasm_format,
};

Fault image_open(Image *img, View file)
{
	*img = (Image){.file = file, .goos = ""};
	for (size_t i = 0; i < NELEM(formats); i++) {
		if (formats[i]->match(file)) {
			img->format = formats[i];
			return formats[i]->open(img);
		}
	}
	return fault("not an executable of a known format", 0);
}

bool image_no_section(const Image *img, u32 i, Section *s)
{
	(void)img;
	(void)i;
	*s = (Section){0};
	return false;
}

bool image_no_symbol(const Image *img, u64 i, Symbol *s)
{
	(void)img;
	(void)i;
	*s = (Symbol){0};
	return false;
}

const Segment *image_segment(const Image *img, u64 addr)
{
	for (int i = 0; i < img->nseg; i++) {
		const Segment *s = &img->seg[i];

		if (addr >= s->addr && addr - s->addr < s->memsz)
			return s;
	}
	return NULL;
}

/* Not through image_segment: an empty range may stand right at the end of
 * a segment, and a segment's file part may end before its memory does. */
bool image_bytes(const Image *img, u64 addr, u64 len, View *v, u64 *off)
{
	*v = (View){img->file.p, 0};
	for (int i = 0; i < img->nseg; i++) {
		const Segment *s = &img->seg[i];

		if (addr >= s->addr &&
		    view_sub(s->data, addr - s->addr, len, v)) {
			if (off)
				*off = s->off + (addr - s->addr);
			return true;
		}
	}
	return false;
}

bool image_section(const Image *img, const char *name, Section *s)
{
	if (!name)
		return false;
	for (u32 i = 0; img->format->section(img, i, s); i++)
		if (view_is(s->name, name))
			return true;
	return false;
}

bool spans_hit(const Span *spans, int n, u64 addr, u32 size)
{
	for (int i = 0; i < n; i++)
		if (span_hit(spans[i], addr, size))
			return true;
	return false;
}
