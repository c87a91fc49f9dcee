/*
 * lint: the FIPS rules applied to objects that somebody else has made.
 *
 * The linker believes an object's kinds and relocations; it neither looks at
 * names again nor refuses a relocation in the hashed part. An object with a
 * mistake links without a word, and the program fails when it starts, or
 * runs with a part of the module outside of its hash.
 *
 *     kind        a symbol that by its name, or as a local one by its
 *                 package, is the module's, but has no FIPS kind; or the
 *                 reverse
 *     relocation  in FIPS data any, in FIPS code an absolute one, if the
 *                 object was compiled with -shared
 *
 * An object does not say which package it is. The compiler's have a symbol
 * go:cuinfo.packagename.PATH, and the assembler's lie in the same archive.
 * Where there is none, a definition with the module's name tells.
 */
#include "obj/obj.h"

static const char cuinfo[] = "go:cuinfo.packagename.";
static const char module[] = "crypto/internal/fips140";

/* ---- which package ------------------------------------------------- */

/* A path in cuinfo is written as it is; in names, the dots in its last
 * element are not. That does not matter to the rules. */
static void package_of(const GoObj *o, View *path)
{
	size_t n = sizeof cuinfo - 1, m = sizeof module - 1;

	for (u32 i = 0; i < o->ndef; i++) {
		View name = goobj_sym(o, i).name;

		if (view_prefix(name, cuinfo)) {
			view_sub(name, n, name.n - n, path);
			return;
		}
		if (path->n == 0 && view_prefix(name, module) &&
		    name.n > m && (name.p[m] == '.' || name.p[m] == '/') &&
		    kind_is_text(goobj_sym(o, i).kind) &&
		    (goobj_sym(o, i).flag & SymFlagDupok) == 0)
			*path = view_str(module);
	}
}

/* ---- one object ---------------------------------------------------- */

typedef struct {
	Buf *out;
	const char *path;
	const GoObj *o;
	FipsRules rules;
	size_t found;
} Lint;

static void symbol_name(Buf *out, const GoObj *o, u32 i)
{
	View name = goobj_sym(o, i).name;

	if (name.n)
		buf_text(out, name);
	else
		buf_printf(out, "symbol %u", i);
}

static void begin(Lint *l, u32 i)
{
	l->found++;
	buf_text(l->out, view_str(l->path));
	buf_str(l->out, ": ");
	symbol_name(l->out, l->o, i);
	buf_str(l->out, ": ");
}

static const char *kind_name(const Lint *l, u8 kind)
{
	const char *k = symkind_name(l->rules.release, kind);

	return k ? k : "of an unknown kind";
}

/* The compiler declares some data by its name first and makes it local to
 * the file later: then the rule for names was the one that counted. The
 * anchors of ppc64's TOC were not looked at up to 1.26. */
static bool made_local_later(const Lint *l, const GoSym *s)
{
	static const char *const suffix[] = {
		".stkobj", ".arginfo0", ".arginfo1", ".argliveinfo",
		".wrapinfo", "go:map.zero",
	};

	for (size_t i = 0; i < NELEM(suffix); i++)
		if (view_suffix(s->name, suffix[i]))
			return s->kind == fips_kind(&l->rules, s->name, false,
					kind_without_fips(s->kind));
	return l->rules.release < GO127 && view_prefix(s->name, "TOC.");
}

static void lint_kind(Lint *l, u32 i, const GoSym *s)
{
	bool local = s->abi == SymABIstatic;
	u8 plain = kind_without_fips(s->kind);
	u8 want = fips_kind(&l->rules, s->name, local, plain);

	if (s->kind == want || (local && !kind_is_text(plain) &&
				made_local_later(l, s)))
		return;
	begin(l, i);
	buf_printf(l->out, "is %s, must be %s: ", kind_name(l, s->kind),
		   kind_name(l, want));
	if (!kind_is_fips(want))
		buf_str(l->out, l->rules.enabled ?
			"it is not one of the module's" :
			"this system has no FIPS symbols");
	else if (local)
		buf_str(l->out, "it is local to a package of the module");
	else
		buf_str(l->out, "its name makes it one of the module's");
	buf_str(l->out, "\n");
}

/* A target in another package has its name in RefName, if at all. Looked
 * for one by one: only for relocations that are wrong, and not for ever. */
enum { NAMES_LOOKED_FOR = 100 };

static View target_name(const Lint *l, SymRef ref)
{
	View name = {0};
	u16 abi;
	u32 i = goobj_local(l->o, ref);

	if (i != NOSYM)
		return goobj_sym(l->o, i).name;
	if (ref.pkg == PkgIdxBuiltin) {
		const char *b = builtin_name(l->rules.release, ref.sym, &abi);

		return b ? view_str(b) : name;
	}
	for (u32 k = 0; k < l->o->nrefname &&
	     l->found <= NAMES_LOOKED_FOR; k++) {
		SymRef r = goobj_refname(l->o, k, &name);

		if (r.pkg == ref.pkg && r.sym == ref.sym)
			return name;
	}
	return (View){0};
}

/* The compiler makes a relocation weak after it was accepted, where the
 * initialization of a map may be left out: that changes no bytes. */
static void lint_reloc(Lint *l, u32 i, const GoSym *s, const GoReloc *r)
{
	const char *type = reloc_name(l->rules.release, r->type);
	View to;

	if (fips_reloc_ok(&l->rules, s->kind, r->type & 0x7fff))
		return;
	begin(l, i);
	buf_str(l->out, "invalid relocation ");
	if (type)
		buf_str(l->out, type);
	else
		buf_printf(l->out, "%u", r->type);
	if (s->kind == STEXTFIPS)
		buf_str(l->out, " in fips code");
	else
		buf_printf(l->out, " in fips data (%s)",
			   kind_name(l, s->kind));
	buf_printf(l->out, " at %d", r->off);
	to = target_name(l, r->sym);
	if (to.n) {
		buf_str(l->out, " to ");
		buf_text(l->out, to);
	}
	buf_str(l->out, "\n");
}

static void lint_object(Lint *l)
{
	for (u32 i = 0; i < l->o->ndef; i++) {
		GoSym s = goobj_sym(l->o, i);
		u32 first, n = goobj_relocs(l->o, i, &first);

		lint_kind(l, i, &s);
		if (!l->rules.shared || !kind_is_fips(s.kind))
			continue;
		for (u32 k = 0; k < n; k++) {
			GoReloc r = goobj_reloc(l->o, first + k);

			lint_reloc(l, i, &s, &r);
		}
	}
}

/* ---- an archive ---------------------------------------------------- */

/* The next Go object of the archive. false: no more, or a fault. */
static bool next_object(Archive *a, Member *m, GoObj *o, Fault *why)
{
	while (archive_next(a, m, why)) {
		if (m->kind != MEMBER_GOOBJ)
			continue;
		*why = goobj_open(m->obj, o);
		why->off += m->obj_off;
		return !why->why;
	}
	return false;
}

static Fault find_package(View file, View *path)
{
	Fault why = OK;
	Archive a;
	Member m;
	GoObj o;

	why = archive_open(&a, file);
	while (!why.why && next_object(&a, &m, &o, &why))
		package_of(&o, path);
	return why;
}

Fault lint_archive(Buf *out, const char *path, View file,
		   const LintOptions *opt, size_t *found)
{
	View pkgpath = opt->pkgpath;
	bool any = false;
	Release r;
	Archive a;
	Member m;
	GoObj o;
	Fault why = find_package(file, pkgpath.n ? &(View){0} : &pkgpath);

	*found = 0;
	if (!why.why)
		why = archive_open(&a, file);
	while (!why.why && next_object(&a, &m, &o, &why)) {
		Lint l = {.out = out, .path = path, .o = &o};

		if (!release_of(m.header.version, &r))
			return fault("an object of an unknown Go release",
				     m.off);
		fips_rules(&l.rules, r, m.header.goos, m.header.goarch,
			   pkgpath, (o.flags & ObjFlagShared) != 0);
		l.rules.bisect = opt->bisect;
		lint_object(&l);
		*found += l.found;
		any = true;
	}
	if (!why.why && !any)
		return fault("no Go object in it", 0);
	return why;
}
