/*
 * .debug_line: of each unit a header with tables of its directories and
 * files, then the line programs that the compiler wrote, function by
 * function. They name files by their place in the object's file table, so
 * that is the table here, one entry "?" in front of it.
 *
 * Files are many and directories few: paths are taken apart as the object
 * has them, and what makes a directory of them is done once for each.
 *
 * Source: cmd/link/internal/ld/dwarf.go: writelines, writeDirFileTables
 */
#include "link/dwarf.h"
#include "link/pcln.h"

enum {
	LINE_BASE = -4, LINE_RANGE = 10, OPCODE_BASE = 11,
	DW_LNCT_path = 1, DW_LNCT_directory_index = 2,
	DW_FORM_string = 0x08, DW_FORM_udata = 0x0f
};

/* path.Clean, for paths with slashes. */
static View clean(Mem *m, View in)
{
	u8 *out = mem_alloc(m, in.n + 1);
	size_t n = 0, i = 0, base = in.n && in.p[0] == '/';
	size_t keep = base;	/* .. cannot take away what is before it */

	if (base)
		out[n++] = '/';
	while (i < in.n) {
		size_t end = view_index(in, i, '/');
		View e = {in.p + i, end - i};

		i = end + 1;
		if (e.n == 0 || view_is(e, "."))
			continue;
		if (view_is(e, "..") && n > keep) {
			while (n > keep && out[n - 1] != '/')
				n--;
			n -= n > keep;
			continue;
		}
		if (view_is(e, "..") && base)
			continue;
		if (n > base)
			out[n++] = '/';
		memcpy(out + n, e.p, e.n);
		n += e.n;
		if (view_is(e, ".."))
			keep = n;
	}
	return n ? (View){out, n} : view_str(".");
}

/* ---- directories ------------------------------------------------- */

typedef struct {
	const Link *L;
	DwUnit *u;
	Map raw, cleaned;	/* paths up to the last slash; directories */
	View last;	/* the raw one that came last */
	u32 lastdir;
	View *dir;
	u32 ndir, capdir;
} Dirs;

static u32 number_of(Dirs *d, View dir)
{
	bool fresh;
	MapSlot *s;

	if (view_is(dir, "."))
		return 0;
	s = map_put(&d->cleaned, dir, 0, &fresh);
	if (fresh) {
		s->val.n = d->ndir;
		d->dir = mem_grow(&d->u->mem, d->dir, d->ndir, &d->capdir,
				  sizeof *d->dir);
		d->dir[d->ndir++] = dir;
	}
	return (u32)s->val.n;
}

/* raw ends with a slash, or is empty. */
static u32 dir_of(Dirs *d, View raw)
{
	bool fresh;
	MapSlot *s;

	if (raw.n == 0)
		return 0;
	if (view_eq(raw, d->last))
		return d->lastdir;
	s = map_put(&d->raw, raw, 0, &fresh);
	if (fresh) {
		View v = expand_file(d->L, &d->u->mem, raw);

		/* What has been joined with GOROOT is clean already. */
		s->val.n = number_of(d, v.p == raw.p ? clean(&d->u->mem, v)
				     : v);
	}
	d->last = raw;
	d->lastdir = (u32)s->val.n;
	return d->lastdir;
}

/* ---- files ------------------------------------------------------- */

typedef struct {
	View base;
	u32 dir;
} FileDir;

static size_t last_slash(View v)
{
	while (v.n > 0 && v.p[v.n - 1] != '/')
		v.n--;
	return v.n;
}

/* A name that does not end with a file's: path.Dir and path.Base of all of
 * it, as it will be. */
static FileDir odd_file(Dirs *d, View name)
{
	View v = expand_file(d->L, &d->u->mem, name);
	View dir = clean(&d->u->mem, (View){v.p, last_slash(v)});

	while (v.n > 1 && v.p[v.n - 1] == '/')
		v.n--;
	if (v.n > 1) {
		size_t k = last_slash(v);

		v = (View){v.p + k, v.n - k};
	}
	return (FileDir){v, number_of(d, dir)};
}

static FileDir file_of(Dirs *d, View name, u32 i)
{
	size_t k;
	View base;

	if (view_prefix(name, "gofile.."))
		name = (View){name.p + 8, name.n - 8};
	if (name.n == 0)
		return (FileDir){mem_printf(&d->u->mem, "<missing>_%u", i), 0};
	k = last_slash(name);
	base = (View){name.p + k, name.n - k};
	if (!base.n || view_is(base, ".") || view_is(base, ".."))
		return odd_file(d, name);
	return (FileDir){base, dir_of(d, (View){name.p, k})};
}

/* The runtime's directory tells where its script for gdb is. */
static void note_gdbscript(const Link *L, DwUnit *u, View name)
{
	View v, proc = view_str("runtime/proc.go");
	size_t k;

	if (u->gdbscript.n || view_find(name, 0, proc, 1) == name.n)
		return;
	v = expand_file(L, &u->mem, name);
	k = view_find(v, 0, proc, 1);
	if (k < v.n)
		u->gdbscript = mem_printf(&u->mem,
					  "%.*sruntime/runtime-gdb.py",
					  (int)k, (const char *)v.p);
}

static FileDir *list_files(Dirs *d)
{
	const GoObj *o = &d->u->obj->o;
	FileDir *f = mem_alloc(&d->u->mem, o->nfile * sizeof *f);
	bool runtime = view_is(d->u->name, "runtime");
	u32 i;

	for (i = 0; i < o->nfile; i++) {
		View name = goobj_file(o, i);

		f[i] = file_of(d, name, i);
		if (runtime)
			note_gdbscript(d->L, d->u, name);
	}
	return f;
}

/* Each table: how an entry looks, how many there are, entries. */
static void put_tables5(SB *b, const Dirs *d, const FileDir *f, u32 n)
{
	u32 i;

	sb_u8(b, 1);
	sb_uleb(b, DW_LNCT_path);
	sb_uleb(b, DW_FORM_string);
	sb_uleb(b, d->ndir);
	for (i = 0; i < d->ndir; i++)
		sb_str(b, d->dir[i]);
	sb_u8(b, 2);
	sb_uleb(b, DW_LNCT_path);
	sb_uleb(b, DW_FORM_string);
	sb_uleb(b, DW_LNCT_directory_index);
	sb_uleb(b, DW_FORM_udata);
	sb_uleb(b, (u64)n + 1);
	sb_str(b, view_str("?"));
	sb_uleb(b, 0);
	for (i = 0; i < n; i++) {
		sb_str(b, f[i].base);
		sb_uleb(b, f[i].dir);
	}
}

static void put_tables4(SB *b, const Dirs *d, const FileDir *f, u32 n)
{
	u32 i;

	for (i = 1; i < d->ndir; i++)
		sb_str(b, d->dir[i]);
	sb_u8(b, 0);
	for (i = 0; i < n; i++) {
		sb_str(b, f[i].base);
		sb_uleb(b, f[i].dir);
		sb_u16(b, 0);	/* no time, no length */
	}
	sb_u8(b, 0);
}

/* Takes at once what the tables need. */
static void reserve(DwUnit *u, SB *b, const Dirs *d, const FileDir *f)
{
	u32 i, n = u->obj->o.nfile, had = b->e->ndata;
	size_t size = 32;

	for (i = 0; i < d->ndir; i++)
		size += d->dir[i].n + 1;
	for (i = 0; i < n; i++)
		size += f[i].base.n + 8;
	if (size > UINT32_MAX / 4)
		link_exitf(d->L, "too much data in section .debug_line");
	sb_grow(b, (u32)size);
	sb_set_size(b, had);
}

static void put_tables(Link *L, DwUnit *u, SB *b)
{
	Dirs d = {.L = L, .u = u};
	FileDir *f;

	d.dir = mem_grow(&u->mem, NULL, 0, &d.capdir, sizeof *d.dir);
	d.dir[d.ndir++] = view_str(".");
	f = list_files(&d);
	reserve(u, b, &d, f);
	if (L->dwarf->version >= 5)
		put_tables5(b, &d, f, u->obj->o.nfile);
	else
		put_tables4(b, &d, f, u->obj->o.nfile);
	map_free(&d.raw);
	map_free(&d.cleaned);
}

/* ---- header, and all --------------------------------------------- */

static void put_opcodes(SB *b)
{
	static const u8 lengths[OPCODE_BASE - 1] = {
		0, 1, 1, 1, 1, 0, 0, 0, 1, 0
	};

	sb_u8(b, (u8)LINE_BASE);
	sb_u8(b, LINE_RANGE);
	sb_u8(b, OPCODE_BASE);
	sb_bytes(b, (View){lengths, sizeof lengths});
}

void dwarf_line(Link *L, DwUnit *u)
{
	SB b = sb_mem(L, &u->mem, u->lineprolog);
	bool v5 = L->dwarf->version >= 5;
	u32 at, k, len, n = u->unit->textp.n;

	u->line = (SymVec){mem_alloc(&u->mem, (n + 1) * sizeof(Sym)), 0,
			   n + 1};
	symvec_add(&u->mem, &u->line, u->lineprolog);
	sb_u32(&b, 0);
	sb_u16(&b, v5 ? 5 : 2);
	if (v5) {
		sb_u8(&b, L->arch->ptrsize);
		sb_u8(&b, 0);	/* size of a segment selector */
	}
	at = b.e->ndata;
	sb_u32(&b, 0);
	sb_u8(&b, 1);	/* smallest instruction */
	if (v5)
		sb_u8(&b, 1);	/* operations in an instruction */
	sb_u8(&b, 1);	/* default_is_stmt */
	put_opcodes(&b);
	put_tables(L, u, &b);
	sb_set_uint(&b, at, 4, b.e->ndata - at - 4);
	len = b.e->ndata - 4;
	for (k = 0; k < n; k++) {
		Sym s = u->func[k].lines;

		if (s) {
			symvec_add(&u->mem, &u->line, s);
			len += (u32)sym_data(L, s).n;
		}
	}
	sb_set_uint(&b, 0, 4, len);
}
