/*
 * What an input file has for the linker: an archive's Go objects, in order,
 * up to the first thing that it cannot or must not link.
 *
 * Members that cmd/link passes over: __.PKGDEF (export data, of which not
 * even a page should be touched), and names that end in neither .o nor .syso
 * and are short enough not to have lost that ending: notes of other tools.
 *
 * Source: loadobjfile and ldobj in cmd/link/internal/ld/lib.go
 */
#include <stddef.h>
#include <stdlib.h>

#include "link/load.h"

enum { AR_NAME = 16 };

__attribute__((format(printf, 1, 2)))
static char *text(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		DIE("out of memory");
	va_end(ap);
	return s;
}

/* "FILE(MEMBER)", or "FILE" for a bare object. */
static char *member_name(const Input *in, View name)
{
	if (!name.p)
		return text("%s", in->path);
	return text("%s(%.*s)", in->path, (int)name.n,
		    (const char *)name.p);
}

/* filepath.Ext(name) is one of an object's. */
static bool object_name(View name)
{
	return view_suffix(name, ".o") || view_suffix(name, ".syso");
}

/* ---- objects of other compilers -------------------------------------- */

static bool host_magic(View v)
{
	static const struct {
		u32 magic, mask;
	} magics[] = {
		{0x7f454c46, 0xffffffff},	/* ELF */
		{0xfeedface, 0xfffffffe},	/* Mach-O */
		{0xcefaedfe, 0xfeffffff},
		{0x4c010000, 0xffff0000},	/* PE: 386, amd64, arm, arm64 */
		{0x64860000, 0xffff0000},
		{0xc4010000, 0xffff0000},
		{0x64aa0000, 0xffff0000},
		{0x01d70000, 0xffdf0000},	/* XCOFF */
	};
	u32 x = v.n >= 4 ? ld32(v.p, true) : 0;

	for (size_t i = 0; i < NELEM(magics); i++)
		if ((x & magics[i].mask) == magics[i].magic)
			return true;
	return false;
}

static void not_an_object(Input *in, const Member *m)
{
	char *pn = member_name(in, m->name);
	size_t line = view_index(m->bytes, 0, '\n');
	Buf b = {0};

	if (view_suffix(view_str(pn), ".syso") ||
	    view_suffix(view_str(pn), ".syso)")) {
		in->error = text("%s: unsupported object format in "
				 ".syso file", pn);
		in->how = INPUT_ERROR;
		return;
	}
	if (!view_prefix(m->bytes, "go o")) {
		in->hand = text("%s: an object of unknown format", pn);
		return;
	}
	in->how = INPUT_ERROR;
	buf_text(&b, view_of(m->bytes.p, line));
	in->error = text("%s: not an object file: @%llu \"%.*s%s\"", pn,
			 (unsigned long long)m->off, (int)b.n,
			 b.p ? b.p : "", line < m->bytes.n ? "\\n" : "");
	buf_free(&b);
}

/* ---- Go objects ------------------------------------------------------ */

static void add_object(Input *in, LObj *o)
{
	if (in->nobj == in->capobj) {
		in->capobj = 2 * in->capobj + 4;
		in->obj = xrealloc(in->obj, in->capobj * sizeof *in->obj);
	}
	in->obj[in->nobj++] = o;
}

static void go_object(Input *in, Member *m)
{
	LObj *o = calloc(1, sizeof *o);
	Fault f = member_open(m);

	if (!o)
		DIE("out of memory");
	if (f.why) {
		in->how = INPUT_ERROR;
		in->error = text("truncated object file: %s%s",
				 member_name(in, m->name),
				 view_index(m->bytes, 0, '\n') < m->bytes.n ?
				 "" : ": EOF");
		return;
	}
	o->header = m->header;
	o->path = in->path;
	o->member = m->name;
	f = goobj_begin(m->obj, &o->o);
	if (!f.why) {
		add_object(in, o);
		return;
	}
	in->how = INPUT_FATAL;
	if (m->obj.n >= 8 && memcmp(m->obj.p, "\0go114ld", 8) == 0)
		in->error = text("found object file %s in old format",
				 in->path);
	else
		in->error = text("%s: cannot read object file: %s",
				 member_name(in, m->name), f.why);
}

static void member(Input *in, Member *m)
{
	if (m->name.p) {
		if (view_is(m->name, "__.PKGDEF"))
			return;
		/* preferlinkext only counts in programs with cgo, which are
		 * handed over anyway. */
		if (view_is(m->name, "dynimportfail")) {
			in->hand = text("external linking (%s)",
					member_name(in, m->name));
			return;
		}
		if (m->name.n < AR_NAME && !object_name(m->name))
			return;
	}
	if (host_magic(m->bytes))
		in->hand = text("host object %s",
				member_name(in, m->name));
	else if (view_prefix(m->bytes, "go object "))
		go_object(in, m);
	else
		not_an_object(in, m);
}

static void lost(const File *f)
{
	const Input *in = (const Input *)((const char *)f -
					  offsetof(Input, file));

	link_exitf(in->L, "%s: changed while it was being read", in->path);
}

void input_open(const Link *L, Input *in, const char *path)
{
	in->L = L;
	in->path = path;
	in->why = file_open(&in->file, path);
	if (!in->why)
		file_keep(&in->file, lost);
}

void input_scan(Input *in)
{
	Archive a;
	Member m;
	Fault f = OK;

	if (in->why)
		return;
	if (archive_open(&a, in->file.bytes).why) {
		m = (Member){.bytes = in->file.bytes};
		member(in, &m);
		return;
	}
	while (!in->hand && !in->error && archive_peek(&a, &m, &f))
		member(in, &m);
	if (in->hand || in->error || !f.why)
		return;
	in->how = INPUT_EXIT;
	in->error = text("%s: malformed archive: %s (at %llu)", in->path,
			 f.why, (unsigned long long)f.off);
}
