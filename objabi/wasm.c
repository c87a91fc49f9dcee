/*
 * WebAssembly modules. Go writes no go:fipsinfo there, and no build
 * information that could be found; that a module is Go's is told by its
 * custom section "go:buildid", which comes first.
 *
 *	"\0asm" u32 version 1, then sections: id byte, size uleb, bytes;
 *	a custom section (id 0) begins with its name: length uleb, bytes;
 *	the imports (id 2) tell js from wasip1 by the module they name
 *
 * Source: the WebAssembly core specification, cmd/link/internal/wasm.
 */
#include "objabi/objabi.h"

enum { CUSTOM = 0, IMPORT = 2 };

static bool match(View file)
{
	return file.n >= 8 && memcmp(file.p, "\0asm\1\0\0\0", 8) == 0;
}

static Fault open(Image *img)
{
	Cursor c = cursor(img->file, false);

	cur_bytes(&c, 8);
	img->arch = arch_by_name(view_str("wasm"));
	img->kind = IMAGE_EXEC;
	img->ptrsize = 8;
	while (!c.err && c.off < c.v.n) {
		size_t at = c.off;
		u8 id = cur_u8(&c);
		Cursor sect = cursor(cur_bytes(&c, cur_uleb(&c)), false);
		View name;

		if (c.err)
			return fault("a section lies outside the file", at);
		if (id == IMPORT)	/* a count, then the first one's module */
			cur_uleb(&sect);
		else if (id != CUSTOM)
			continue;
		name = cur_bytes(&sect, cur_uleb(&sect));
		if (id == CUSTOM)
			img->go |= view_is(name, "go:buildid");
		else
			img->goos = view_is(name, "gojs") ? "js" : "wasip1";
	}
	return OK;
}

const Format wasm_format = {
	.name = "wasm", .match = match, .open = open, .section = image_no_section,
	.symbol = image_no_symbol, .bare = true,
};
