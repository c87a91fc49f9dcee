/*
 * The FIPS rules: which symbols belong to the module that hashes itself, and
 * what may not be in them.
 *
 * A program hashes its FIPS code and data when it starts and compares with
 * the sum that the linker wrote. So the linker must put them side by side,
 * and finds them by their kinds:
 *
 *     STEXT SRODATA SNOPTRDATA SDATA  ->  STEXTFIPS SRODATAFIPS ...
 *
 * And nothing may change those bytes between the linker and the hash, hence
 * no relocation that the loader would have to apply: none at all in data,
 * and in code only those that are relative to the pc or to a register. A
 * program that is not -shared has no such relocations, and any type will do.
 *
 * Sources: cmd/internal/obj/fips140.go; for the places where a kind is set,
 * data.go (prepwrite, AddRel) and plist.go (InitTextSym, GloblPos) beside it.
 */
#include "obj/obj.h"

static const char prefix[] = "crypto/internal/fips140";

/* ---- kinds --------------------------------------------------------- */

/* By the newest release's numbers. A kind that is not the same in all
 * releases has no FIPS kind, so they do for every release. */
#define SYMKIND(name, n24, n25, n26, n27, fips) [name] = fips,
static const u8 fips_kind_of[NSYMKIND] = {
#include "objabi/symkind.def"
};
#undef SYMKIND

typedef enum { CONTAINS, SUFFIX, EQUAL } Where;

#define FIPSNAME(where, text, why) {where, text},
static const struct {
	Where where;
	const char *text;
} outside[] = {
#include "obj/fipsname.def"
};
#undef FIPSNAME

bool fips_enabled(Release r, View goos, View goarch)
{
	return fips_written(r, goos, goarch);
}

bool kind_is_fips(u8 kind)
{
	return kind == STEXTFIPS || kind == SRODATAFIPS ||
		kind == SNOPTRDATAFIPS || kind == SDATAFIPS;
}

u8 kind_without_fips(u8 kind)
{
	for (u8 k = 1; k < NSYMKIND; k++)
		if (fips_kind_of[k] != Sxxx && fips_kind_of[k] == kind)
			return k;
	return kind;
}

static bool has_prefix(View path, bool dot)
{
	size_t n = sizeof prefix - 1;

	return view_prefix(path, prefix) && path.n > n &&
		(path.p[n] == '/' || (dot && path.p[n] == '.'));
}

void fips_rules(FipsRules *f, Release r, View goos, View goarch,
		View pkgpath, bool shared)
{
	*f = (FipsRules){
		.release = r,
		.enabled = fips_enabled(r, goos, goarch),
		.module = view_is(pkgpath, prefix) ||
			has_prefix(pkgpath, false),
		.test = view_suffix(pkgpath, "_test"),
		.shared = shared,
	};
}

static bool is_outside(View name)
{
	for (size_t i = 0; i < NELEM(outside); i++) {
		const char *t = outside[i].text;
		bool hit = outside[i].where == EQUAL ? view_is(name, t) :
			outside[i].where == SUFFIX ? view_suffix(name, t) :
			view_find(name, 0, view_str(t), 1) < name.n;

		if (hit)
			return true;
	}
	return false;
}

bool fips_symbol(const FipsRules *f, View name, bool is_static, u8 kind)
{
	if (!f->enabled || f->test)
		return false;
	if (is_static)
		return f->module;
	return has_prefix(name, true) &&
		(kind_is_text(kind) || !is_outside(name));
}

/* Bisection is told of every time that a kind is set, whether or not that
 * changes anything, so a symbol may be reported more than once. */
static bool vetoed(const FipsRules *f, View name, u8 kind)
{
	char marker[BISECT_MARKER + 1];
	const char *k = symkind_name(f->release, kind);
	u64 id;

	if (!f->bisect)
		return false;
	id = bisect_hash(name);
	if (f->report && bisect_prints(f->bisect, id)) {
		bisect_marker(marker, id);
		buf_printf(f->report, "%s %.*s (%s)\n", marker, (int)name.n,
			   (const char *)name.p, k ? k : "?");
	}
	return !bisect_enables(f->bisect, id);
}

u8 fips_kind(const FipsRules *f, View name, bool is_static, u8 kind)
{
	if (!fips_symbol(f, name, is_static, kind) || vetoed(f, name, kind))
		return kind;
	if (kind >= NSYMKIND || fips_kind_of[kind] == Sxxx)
		return kind;
	return fips_kind_of[kind];
}

u8 fips_text_kind(const FipsRules *f, View name, bool is_static)
{
	return fips_kind(f, name, is_static, STEXT);
}

u8 fips_globl_kind(const FipsRules *f, View name, bool is_static, u8 kind,
		   unsigned flags)
{
	bool data = kind == SDATA || kind == SDATAFIPS;

	if (kind == Sxxx)
		kind = SBSS;
	if (flags & RODATA)
		kind = SRODATA;
	else if (flags & NOPTR)
		kind = data ? SNOPTRDATA : SNOPTRBSS;
	else if (flags & TLSBSS)
		kind = STLSBSS;
	return fips_kind(f, name, is_static, kind);
}

/* Up to 1.26 a write that does not change the kind does not look at it. */
u8 fips_write_kind(const FipsRules *f, View name, bool is_static, u8 kind)
{
	u8 with_data = kind == Sxxx || kind == SBSS ? SDATA :
		kind == SNOPTRBSS ? SNOPTRDATA : kind;

	if (with_data == kind && f->release < GO127)
		return kind;
	return fips_kind(f, name, is_static, with_data);
}

/* ---- relocations --------------------------------------------------- */

typedef enum { NO, CODE, ANY } Class;

#define RELOC(name, n24, n25, n26, n27, fips) [ROW_##name] = fips,
static const u8 class_of[NRELOC] = {
#include "objabi/reloctype.def"
};
#undef RELOC

bool fips_reloc_ok(const FipsRules *f, u8 kind, u16 type)
{
	RelocRow row;

	if (!f->shared || !kind_is_fips(kind))
		return true;
	row = reloc_row(f->release, type);
	if (row >= NRELOC)
		return false;
	return class_of[row] == ANY ||
		(class_of[row] == CODE && kind == STEXTFIPS);
}

/* Go has no names for the weak types and prints their signed numbers. */
void fips_reloc_error(Buf *out, Release r, View name, u8 kind, u16 type)
{
	const char *t = type & 0x8000 ? NULL : reloc_name(r, type);
	const char *k = symkind_name(r, kind);

	buf_add(out, name);
	buf_str(out, ": invalid relocation ");
	if (t)
		buf_str(out, t);
	else
		buf_printf(out, "RelocType(%d)",
			   type & 0x8000 ? (int)type - 0x10000 : (int)type);
	if (kind == STEXTFIPS)
		buf_str(out, " in fips code");
	else
		buf_printf(out, " in fips data (%s)", k ? k : "?");
}

/* ---- hooks --------------------------------------------------------- */

static const FipsHooks *hooks_of(const Obj *o)
{
	return (const FipsHooks *)o->rules;
}

static void set_kind(Obj *o, LSym *s)
{
	s->kind = fips_kind(hooks_of(o)->rules, s->name,
			    s->abi == SymABIstatic, s->kind);
}

static void check_reloc(Obj *o, LSym *s, const Reloc *r)
{
	const FipsHooks *h = hooks_of(o);

	if (fips_reloc_ok(h->rules, s->kind, r->type))
		return;
	fips_reloc_error(h->errors, o->release, s->name, s->kind, r->type);
	buf_str(h->errors, "\n");
}

FipsHooks fips_hooks(const FipsRules *r, Buf *errors)
{
	return (FipsHooks){{set_kind, check_reloc}, r, errors};
}
