/*
 * What `go version -m` reads: a 32-byte header, then two strings, each
 * with its length as a uvarint before it.
 *
 *	0   "\xff Go buildinf:"
 *	14  pointer size (0 since Go 1.18)
 *	15  flags: 1 big-endian, 2 the strings follow inline (since 1.18)
 *	32  the version, then the module information between two 16-byte
 *	    markers, in lines "path\t", "mod\t", "dep\t", "=>\t", "build\t"
 *
 * Source: debug/buildinfo, runtime/debug/mod.go.
 */
#include "objabi/objabi.h"

enum {
	ALIGN = 16,
	HEADER = 32,
	FLAGS = 15,
	INLINE = 2,
	MARKER = 16,
	/* Real ones have some KB for each dependency. */
	MAXMOD = 16 << 20,
};

static const char magic[] = "\xff Go buildinf:";

static void parse_lines(Buildinfo *bi)
{
	size_t end;

	for (size_t at = 0; at < bi->mod.n; at = end + 1) {
		View line;

		end = view_index(bi->mod, at, '\n');
		view_sub(bi->mod, at, end - at, &line);
		if (view_prefix(line, "path\t")) {
			view_sub(line, 5, line.n - 5, &bi->path);
		} else if (view_prefix(line, "mod\t")) {
			size_t tab = view_index(line, 4, '\t');
			size_t tab2 = view_index(line, tab + 1, '\t');

			view_sub(line, 4, tab - 4, &bi->module);
			if (tab < line.n)
				view_sub(line, tab + 1, tab2 - tab - 1,
					 &bi->modversion);
		}
	}
}

static bool decode(View v, u64 off, Buildinfo *bi, Fault *why)
{
	Cursor c = cursor(v, false);
	View head = cur_bytes(&c, HEADER), mod;

	if (c.err || !(head.p[FLAGS] & INLINE)) {
		bi->old = !c.err;
		*why = fault(c.err ? "the build information is cut off" :
			     "the build information is that of Go 1.17 or "
			     "older", off);
		return true;
	}
	bi->version = cur_bytes(&c, cur_uleb(&c));
	mod = cur_bytes(&c, cur_uleb(&c));
	if (c.err || mod.n > MAXMOD) {
		*why = fault("a length in the build information is wrong",
			     off + HEADER);
		return true;
	}
	/* The end marker follows a newline. */
	if (mod.n > 2 * MARKER && mod.p[mod.n - MARKER - 1] == '\n')
		view_sub(mod, MARKER, mod.n - 2 * MARKER, &bi->mod);
	parse_lines(bi);
	return true;
}

static bool scan(const Segment *seg, Buildinfo *bi, Fault *why)
{
	size_t pad = (size_t)(-seg->addr & (ALIGN - 1)), at;
	View v;

	if (!view_sub(seg->data, pad, seg->data.n - pad, &v))
		return false;
	at = view_find(v, 0, view_of(magic, sizeof magic - 1), ALIGN);
	if (at == v.n)
		return false;
	view_sub(v, at, v.n - at, &v);
	return decode(v, seg->off + pad + at, bi, why);
}

bool buildinfo_find(const Image *img, Buildinfo *bi, Fault *why)
{
	Section sec;
	View v;
	u64 off;

	*bi = (Buildinfo){0};
	*why = OK;
	if (image_section(img, img->format->buildinfo, &sec) &&
	    image_bytes(img, sec.addr, sec.size, &v, &off)) {
		size_t at = view_find(v, 0, view_of(magic, sizeof magic - 1),
				      ALIGN);

		if (at < v.n) {
			view_sub(v, at, v.n - at, &v);
			return decode(v, off + at, bi, why);
		}
	}
	for (int i = 0; i < img->nseg; i++)
		if ((img->seg[i].perm & PERM_W) &&
		    scan(&img->seg[i], bi, why))
			return true;
	return false;
}

/* A key that is quoted ends with its quote, since a quoted one may hold
 * an equals sign. */
static size_t key_end(View line)
{
	size_t i = 0;

	if (line.n && (line.p[0] == '"' || line.p[0] == '`'))
		for (i = 1; i < line.n && line.p[i] != line.p[0]; i++)
			if (line.p[i] == '\\' && line.p[0] == '"')
				i++;
	return view_index(line, i, '=');
}

bool buildinfo_setting(const Buildinfo *bi, size_t *at, View *key,
		       View *value)
{
	while (*at < bi->mod.n) {
		size_t end = view_index(bi->mod, *at, '\n'), eq;
		View line;

		view_sub(bi->mod, *at, end - *at, &line);
		*at = end + 1;
		if (!view_prefix(line, "build\t"))
			continue;
		view_sub(line, 6, line.n - 6, &line);
		eq = key_end(line);
		if (eq == 0 || eq >= line.n)
			continue;
		view_sub(line, 0, eq, key);
		view_sub(line, eq + 1, line.n - eq - 1, value);
		return true;
	}
	return false;
}

bool buildinfo_get(const Buildinfo *bi, const char *name, View *value)
{
	size_t at = 0;
	View key;

	while (buildinfo_setting(bi, &at, &key, value))
		if (view_is(key, name))
			return true;
	*value = (View){0};
	return false;
}
