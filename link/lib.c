/*
 * Packages. The main archive comes first; each object's Autolib names the
 * packages it imports, which importcfg (or a directory of -L) turns into
 * files; new ones go to the end of the list. The order in which packages are
 * reached that way is the order of everything that follows.
 *
 * All files that importcfg lists are opened and looked into beforehand, in
 * parallel; what is wrong with one is only told when a package needs it.
 *
 * Source: cmd/link/internal/ld/lib.go, ld.go, link.go, fips140.go
 */
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "link/load.h"

typedef struct {
	Link *L;
	Map input;	/* by path */
	u32 opened;	/* of L->input, so far */
	bool all;
} Inputs;

/* ---- before ---------------------------------------------------------- */

void libinit(Link *L)
{
	out_prepare(L);
}

/* ---- from import path to file ---------------------------------------- */

/* path.Clean for what is not clean already: compilers write clean paths. */
static View clean_path(Link *L, View path)
{
	u8 *out = mem_alloc(&L->mem, path.n + 2);
	bool rooted = path.n && path.p[0] == '/';
	size_t n = rooted, at = 0, floor = rooted;

	out[0] = '/';
	while (at < path.n) {
		size_t end = view_index(path, at, '/');
		View part;

		view_sub(path, at, end - at, &part);
		at = end + 1;
		if (part.n == 0 || view_is(part, "."))
			continue;
		if (view_is(part, "..") && n > floor) {
			while (--n > floor && out[n] != '/')
				;
			continue;
		}
		if (view_is(part, "..") && rooted)
			continue;
		if (n > (size_t)rooted)
			out[n++] = '/';
		memcpy(out + n, part.p, part.n);
		n += part.n;
		if (view_is(part, ".."))
			floor = n;
	}
	if (n == 0)
		out[n++] = '.';
	return view_of(out, n);
}

static bool is_clean(View path)
{
	return path.n && path.p[0] != '.' && path.p[path.n - 1] != '/' &&
		view_find(path, 0, view_str("//"), 1) == path.n &&
		view_find(path, 0, view_str("/."), 1) == path.n;
}

static const char *in_libdir(Link *L, View pkg)
{
	static const char *const suffix[] = {".a", ".o"};
	struct stat st;
	const char *file = "";

	for (u32 i = 0; i < L->flag.nlibdir; i++)
		for (size_t k = 0; k < NELEM(suffix); k++) {
			file = (const char *)mem_printf(&L->mem, "%s/%.*s%s",
				L->flag.libdir[i], (int)pkg.n,
				(const char *)pkg.p, suffix[k]).p;
			if (stat(file, &st) == 0)
				return file;
		}
	return file;
}

/* "" if there is none: opening it will fail, as in cmd/link. */
static const char *findlib(Link *L, View pkg)
{
	const MapSlot *m;

	if (!L->flag.importcfg)
		return in_libdir(L, pkg);
	m = map_get(&L->packagefile, pkg, 0);
	if (m)
		return (const char *)((PackageFile *)m->val.p)->file.p;
	printf("cannot find package %.*s (using -importcfg)\n", (int)pkg.n,
	       (const char *)pkg.p);
	fflush(stdout);
	return "";
}

/* ---- the list of packages -------------------------------------------- */

static Lib *addlibpath(Link *L, View src, View obj, const char *file,
		       View pkg)
{
	bool fresh;
	MapSlot *m = map_put(&L->libbypkg, pkg, 0, &fresh);
	Lib *lib = m->val.p;

	if (!fresh)
		return lib;
	m->val.p = lib = mem_alloc(&L->mem, sizeof *lib);
	lib->pkg = pkg;
	lib->file = file;
	lib->srcref = src;
	lib->objref = obj;
	L->lib = mem_grow(&L->mem, L->lib, L->nlib, &L->caplib,
			  sizeof *L->lib);
	L->lib[L->nlib++] = lib;
	return lib;
}

static View hex(Link *L, const u8 *fp)
{
	Buf b = {0};
	View v;

	buf_hex(&b, view_of(fp, FINGERPRINT_SIZE));
	v = mem_view(&L->mem, view_of(b.p, b.n));
	buf_free(&b);
	return v;
}

static void check_fingerprint(Link *L, const Lib *lib, const u8 *libfp,
			      View src, const u8 *srcfp)
{
	if (memcmp(libfp, srcfp, FINGERPRINT_SIZE) == 0)
		return;
	link_exitf(L, "fingerprint mismatch: %.*s has %.16s, import from "
		   "%.*s expecting %.16s", (int)lib->pkg.n,
		   (const char *)lib->pkg.p,
		   (const char *)hex(L, libfp).p, (int)src.n,
		   (const char *)src.p, (const char *)hex(L, srcfp).p);
}

static bool no_fingerprint(const u8 *fp)
{
	return ld64(fp, false) == 0;
}

static View escaped(Link *L, View pkg)
{
	Buf b = {0};
	View v;

	path_to_prefix(&b, pkg);
	v = view_of(b.p, b.n);
	v = view_eq(v, pkg) ? pkg : mem_view(&L->mem, v);
	buf_free(&b);
	return v;
}

static Lib *addlib(Link *L, View src, const LObj *o, View pkg, const u8 *fp)
{
	const MapSlot *m;
	View obj;
	Lib *lib;

	if (!is_clean(pkg))
		pkg = clean_path(L, pkg);
	m = map_get(&L->libbypkg, pkg, 0);
	if (m) {
		lib = m->val.p;
		if (!no_fingerprint(lib->fingerprint))
			check_fingerprint(L, lib, lib->fingerprint, src, fp);
		return lib;
	}
	obj = mem_printf(&L->mem, "%s(%.*s)", o->path, (int)o->member.n,
			 (const char *)o->member.p);
	lib = addlibpath(L, src, obj, findlib(L, pkg), pkg);
	memcpy(lib->fingerprint, fp, FINGERPRINT_SIZE);
	return lib;
}

/* ---- objects --------------------------------------------------------- */

static void check_header(Link *L, const LObj *o)
{
	const ObjHeader *h = &o->header;

	if (L->nobj == OBJ_FIRST) {
		L->headline = h->line;
		set_target(L, h);
		return;
	}
	if (view_eq(h->line, L->headline))
		return;
	if (L->flag.f)
		hand_over(L, "objects of different toolchains (-f)");
	link_errorf(L, "%s(%.*s): linked object header mismatch:\n"
		    "have \"%.*s\\n\"\nwant \"%.*s\\n\"\n", o->path,
		    (int)o->member.n, (const char *)o->member.p,
		    (int)h->line.n, (const char *)h->line.p,
		    (int)L->headline.n, (const char *)L->headline.p);
}

static void add_imports(Link *L, Lib *lib, const LObj *o)
{
	View src = escaped(L, lib->pkg);

	for (u32 i = 0; i < o->o.nautolib; i++) {
		View fp, pkg = goobj_autolib(&o->o, i, &fp);
		Lib *imp = addlib(L, src, o, pkg, fp.p);

		lib->imports = mem_grow(&L->mem, lib->imports, lib->nimports,
					&lib->capimports, sizeof(Lib *));
		lib->imports[lib->nimports++] = imp;
	}
}

static void add_object(Link *L, Lib *lib, LObj *o)
{
	const u8 *fp = goobj_fingerprint(&o->o).p;
	bool fresh;
	MapSlot *m;

	check_header(L, o);
	if (o->o.flags & ObjFlagUnlinkable)
		link_fatalf(L, "link: unlinkable object (from package %.*s) - "
			   "compiler requires -p flag", (int)lib->pkg.n,
			   (const char *)lib->pkg.p);
	lib->main |= o->header.main;
	o->lib = lib;
	o->version = L->nextversion++;
	o->idx = L->nobj;
	o->unit = (Unit){.obj = o->idx, .lib = lib};
	L->obj = mem_grow(&L->mem, L->obj, L->nobj, &L->capobj,
			  sizeof *L->obj);
	L->obj[L->nobj++] = o;
	m = map_put(&L->objbypkg, escaped(L, lib->pkg), 0, &fresh);
	if (fresh)
		m->val.n = o->idx;
	if (!no_fingerprint(fp)) {	/* assembly has none */
		if (no_fingerprint(lib->fingerprint))
			memcpy(lib->fingerprint, fp, FINGERPRINT_SIZE);
		check_fingerprint(L, lib, fp, lib->srcref, lib->fingerprint);
	}
	add_imports(L, lib, o);
}

/* A file that importcfg names for a second package is read once more: objects
 * are of one package. */
static Input *input_of(Inputs *ld, const char *path)
{
	const MapSlot *m = map_get(&ld->input, view_str(path), 0);
	Input *in = m ? m->val.p : NULL;

	if (in && !in->taken)
		return in;
	in = mem_alloc(&ld->L->mem, sizeof *in);
	input_open(ld->L, in, path);
	input_scan(in);
	return in;
}

static void load_lib(Inputs *ld, Lib *lib)
{
	Link *L = ld->L;
	Input *in = input_of(ld, lib->file);

	in->taken = true;
	if (in->why)
		link_exitf(L, "cannot open file %s: open %s: %s", lib->file,
			   lib->file, go_strerror(L, in->why));
	lib->firstobj = L->nobj;
	for (u32 i = 0; i < in->nobj; i++)
		add_object(L, lib, in->obj[i]);
	lib->nobj = L->nobj - lib->firstobj;
	if (in->hand)
		hand_over(L, "%s", in->hand);
	if (in->error && in->how == INPUT_ERROR)
		link_errorf(L, "%s", in->error);
	else if (in->error && in->how == INPUT_EXIT)
		link_exitf(L, "%s", in->error);
	else if (in->error)
		link_fatalf(L, "%s", in->error);
	if (view_is(lib->pkg, "main") && !lib->main)
		link_exitf(L, "%s: not package main", lib->file);
}

/* ---- opening everything at once -------------------------------------- */

/* Which may not have been opened yet. */
static void scan_one(void *arg, size_t i)
{
	Inputs *ld = arg;

	while (i >= __atomic_load_n(&ld->opened, __ATOMIC_ACQUIRE) &&
	       !__atomic_load_n(&ld->all, __ATOMIC_ACQUIRE))
		sched_yield();
	if (i < __atomic_load_n(&ld->opened, __ATOMIC_ACQUIRE))
		input_scan(&ld->L->input[i]);
}

static void add_input(Inputs *ld, const char *path)
{
	Link *L = ld->L;
	bool fresh;
	MapSlot *m = map_put(&ld->input, view_str(path), 0, &fresh);

	if (!fresh)
		return;
	m->val.p = &L->input[L->ninput];
	input_open(L, &L->input[L->ninput++], path);
	__atomic_store_n(&ld->opened, L->ninput, __ATOMIC_RELEASE);
}

static void open_inputs(Inputs *ld)
{
	Link *L = ld->L;
	const Map *m = &L->packagefile;

	PoolLoop *scan;

	L->input = mem_alloc(&L->mem, (m->n + 1) * sizeof *L->input);
	scan = pool_begin(L->pool, m->n + 1, scan_one, ld);
	add_input(ld, L->flag.main);
	for (size_t i = 0; i < m->cap; i++)
		if (m->slot[i].used)
			add_input(ld, (const char *)((PackageFile *)
				  m->slot[i].val.p)->file.p);
	__atomic_store_n(&ld->all, true, __ATOMIC_RELEASE);
	pool_end(L->pool, scan);
}

/* ---- all of it ------------------------------------------------------- */

/* What every program needs, imported or not. */
static void loadinternal(Link *L, View pkg)
{
	const char *file;
	struct stat st;

	if (L->flag.importcfg) {
		const MapSlot *m = map_get(&L->packagefile, pkg, 0);

		if (m) {
			file = (const char *)((PackageFile *)m->val.p)->file.p;
		} else {
			printf("loadinternal: cannot find %.*s\n",
			       (int)pkg.n, (const char *)pkg.p);
			fflush(stdout);
			return;
		}
	} else {
		file = in_libdir(L, pkg);
		if (stat(file, &st) != 0)
			link_exitf(L, "error: unable to find %.*s.a",
				   (int)pkg.n, (const char *)pkg.p);
	}
	addlibpath(L, view_str("internal"), view_str("internal"), file, pkg);
}

static void load_libs(Inputs *ld)
{
	Link *L = ld->L;
	const View line = view_str("command line");
	u32 i = 0;

	addlibpath(L, line, line, L->flag.main, view_str("main"));
	for (; i < L->nlib; i++)
		load_lib(ld, L->lib[i]);
	loadinternal(L, view_str("runtime"));
	for (; i < L->nlib; i++)
		load_lib(ld, L->lib[i]);
	exit_if_errors(L);
	if (map_get(&L->libbypkg, view_str("runtime/cgo"), 0))
		hand_over(L, "a program with cgo");
	if (L->nobj == OBJ_FIRST)
		hand_over(L, "a program without objects");
}

/* go:fipsinfo, and the symbols between which FIPS symbols are laid out. */
static void loadfips(Link *L)
{
	static const struct {
		const char *name;
		Kind kind;
	} brackets[] = {
		{"go:textfipsstart", K_STEXTFIPSSTART},
		{"go:textfipsend", K_STEXTFIPSEND},
		{"go:rodatafipsstart", K_SRODATAFIPSSTART},
		{"go:rodatafipsend", K_SRODATAFIPSEND},
		{"go:noptrdatafipsstart", K_SNOPTRDATAFIPSSTART},
		{"go:noptrdatafipsend", K_SNOPTRDATAFIPSEND},
		{"go:datafipsstart", K_SDATAFIPSSTART},
		{"go:datafipsend", K_SDATAFIPSEND},
	};
	SB info, sb;

	if (!fips_enabled(L->release, L->goos, L->goarch))
		return;
	info = sb_named(L, "go:fipsinfo", K_SFIPSINFO);
	sb_set_size(&info, 0);
	sb_bytes(&info, view_of(fips_magic, FIPS_MAGIC_SIZE));
	sb_grow(&info, SHA256_SIZE);
	sb_addr(&info, info.s);
	for (size_t i = 0; i < NELEM(brackets); i++) {
		sb = sb_named(L, brackets[i].name, brackets[i].kind);
		row(L, sb.s)->attr |= A_LOCAL;
		row(L, sb.s)->size = 1;
		sb_addr(&info, sb.s);
		if (link_kind_is_text((u8)brackets[i].kind))
			symvec_add(&L->mem, &L->textp, sb.s);
	}
}

void loadlib(Link *L)
{
	Inputs ld = {.L = L};

	L->obj = mem_grow(&L->mem, NULL, 0, &L->capobj, sizeof *L->obj);
	L->nobj = OBJ_FIRST;	/* those before are NULL */
	L->nextversion = 10;
	open_inputs(&ld);
	load_libs(&ld);
	load_syms(L);
	load_cgo_directives(L);
	loadfips(L);
	map_free(&ld.input);
}

/* ---- afterwards ------------------------------------------------------ */

enum { AT_ONCE = 16 };

/* Files that have been opened one after the other lie side by side. */
static void forget_some(void *arg, size_t i)
{
	const Link *L = arg;
	const Input *in = L->input + i * AT_ONCE;
	const Input *end = L->input + L->ninput;

	if (end - in > AT_ONCE)
		end = in + AT_ONCE;
	while (in < end) {
		uintptr_t p = (uintptr_t)in->file.bytes.p, to = p;

		for (; in < end && (uintptr_t)in->file.bytes.p == to; in++)
			to += (in->file.bytes.n + in->file.page - 1) &
				~(in->file.page - 1);
		madvise((void *)p, to - p, MADV_DONTNEED);
	}
}

/* When a process ends, one thread takes its pages from it: for cmd/go that is
 * a twentieth of the whole run. */
void unload(Link *L)
{
	pool_for(L->pool, (L->ninput + AT_ONCE - 1) / AT_ONCE, forget_some,
		 L);
}
