/*
 * Evidence against claims. Build information is what the go command wrote
 * down; this looks at what is really in the program: the names of its
 * functions, which survive stripping, and runtime.godebugDefault as it
 * stands in the data.
 *
 * Reading megabytes of names and symbols takes longer than the hash, so it
 * is only done when somebody asks for more than the sum, or the file has
 * failed.
 */
#include <ctype.h>

#include "check/check.h"

static bool contains(View v, const char *s)
{
	return view_find(v, 0, view_str(s), 1) < v.n;
}

static bool is_one_of_list(View list, const char *want)
{
	for (size_t at = 0, end; at < list.n; at = end + 1) {
		View item;

		end = view_index(list, at, ',');
		view_sub(list, at, end - at, &item);
		if (view_is(item, want))
			return true;
	}
	return false;
}

/* ---- names of functions ------------------------------------------------ */

#define MODULE_PATH "crypto/internal/fips140/"

typedef struct {
	bool any, race, asan, boring, covmeta, covered;
	bool module;	/* functions of the module, under any path */
	View snapshot;	/* "v1.0.0-c2097c7c" if their path has one */
} Names;

/* With counters in it, a package gets an init function that registers
 * them; the package alias has nothing else to initialise. */
static void look_at_name(View name, Names *n)
{
	size_t slash;
	View rest;

	n->any = true;
	n->race |= view_is(name, "runtime.racefuncenter");
	n->asan |= view_is(name, "runtime.asanread");
	n->covmeta |= view_is(name, "runtime.addCovMeta");
	if (!view_prefix(name, "crypto/internal/"))
		return;
	n->boring |= contains(name, "_goboringcrypto_");
	if (!view_prefix(name, MODULE_PATH))
		return;
	n->module = true;
	n->covered |= view_suffix(name, "/alias.init");
	view_sub(name, sizeof MODULE_PATH - 1,
		 name.n - (sizeof MODULE_PATH - 1), &rest);
	slash = view_index(rest, 0, '/');
	if (rest.n > 1 && rest.p[0] == 'v' && isdigit(rest.p[1]) &&
	    slash < rest.n)
		view_sub(rest, 0, slash, &n->snapshot);
}

static Names look_at_names(const Report *r)
{
	Names n = {0};
	Pclntab t;
	View name;

	if (!pclntab_open(r->img, &t).why)
		for (size_t at = 0; pclntab_name(&t, &at, &name);)
			look_at_name(name, &n);
	return n;
}

static void find_instrumentation(Report *r, const Names *n)
{
	if (n->race)
		report_add(r, REASON_RACE, "built with -race: the module's "
			   "code has the race detector's calls in it");
	if (n->covmeta && n->covered)
		report_add(r, REASON_COVER, "built with -cover: the module's "
			   "code has counters in it");
}

/* latest and off name no snapshot, and put none into the paths. */
static void find_snapshot_claim(Report *r, const Names *n)
{
	View claim;

	r->code_snapshot = n->snapshot;
	report_setting(r, "GOFIPS140", &claim);
	if (!view_prefix(claim, "v"))
		claim = (View){0};
	if (claim.n && r->linked && !n->module)
		report_add(r, REASON_SNAPSHOT_NOT_SEEN, "the build "
			   "information names the snapshot %.*s, but no "
			   "function of the module is found by its name",
			   (int)(claim.n & 0xff), (const char *)claim.p);
	if (r->has_build && n->module && !view_eq(claim, n->snapshot))
		report_add(r, REASON_SNAPSHOT_NOT_IN_CODE,
			   "the build information names %s%.*s, the module's "
			   "functions are those of %s%.*s",
			   claim.n ? "the snapshot " : "no snapshot",
			   (int)(claim.n & 0xff), (const char *)claim.p,
			   n->snapshot.n ? "" : "the Go release",
			   (int)(n->snapshot.n & 0xff),
			   (const char *)n->snapshot.p);
}

/* ---- builds and platforms that refuse ---------------------------------- */

static void find_refusals(Report *r, const Names *n)
{
	View goos, goarch, tags, exp;
	Release rel = GO127;
	const char *how = NULL;

	if (r->has_build)
		release_of(r->build.version, &rel);
	report_platform(r, &goos, &goarch);
	report_setting(r, "-tags", &tags);
	report_setting(r, "GOEXPERIMENT", &exp);
	if (port_of(rel, goos, goarch) == PORT_SUM)
		report_add(r, REASON_REFUSES_PLATFORM, "on %.*s/%.*s Go "
			   "programs refuse FIPS mode", (int)goos.n,
			   (const char *)goos.p, (int)goarch.n,
			   (const char *)goarch.p);
	if (n->asan)
		how = "with -asan";
	else if (n->boring || is_one_of_list(exp, "boringcrypto"))
		how = "with GOEXPERIMENT=boringcrypto";
	else if (rel >= GO126 && is_one_of_list(tags, "purego"))
		how = "with the tag purego";
	if (how)
		report_add(r, REASON_REFUSES_BUILD, "built %s: such a "
			   "program refuses FIPS mode", how);
}

static void find_vendor(Report *r)
{
	static const struct { const char *mark, *who; } vendor[] = {
		{"Red Hat", "Red Hat's (golang-fips)"},
		{"microsoft", "Microsoft's"},
		{"systemcrypto", "Microsoft's"},
		{"opensslcrypto", "Microsoft's"},
		{"cngcrypto", "Microsoft's"},
	};

	for (size_t i = 0; r->has_build && i < NELEM(vendor); i++) {
		if (contains(r->build.version, vendor[i].mark)) {
			report_add(r, REASON_VENDOR, "the toolchain is %s: "
				   "%.*s", vendor[i].who,
				   (int)(r->build.version.n & 0xff),
				   (const char *)r->build.version.p);
			return;
		}
	}
}

/* ---- runtime.godebugDefault -------------------------------------------- */

static bool find_symbol(const Image *img, const char *name, u64 *addr)
{
	Symbol s;

	for (u64 i = 0; img->format->symbol(img, i, &s); i++) {
		if (view_prefix(s.name, "_"))	/* Mach-O puts it there */
			view_sub(s.name, 1, s.name.n - 1, &s.name);
		if (s.letter != 'U' && view_is(s.name, name)) {
			*addr = s.addr;
			return true;
		}
	}
	return false;
}

typedef struct {
	u64 addr, word[2];
	u32 size;
} StringHeader;

static void relocate(void *arg, const DynReloc *d)
{
	StringHeader *h = arg;

	if (d->known && d->addr == h->addr)
		h->word[0] = d->value;
}

/* A Go string: pointer and length, as the loader will leave them. */
static bool read_string(const Image *img, u64 addr, View *s)
{
	StringHeader h = {.addr = addr, .size = img->ptrsize};
	Span span = {addr, addr + h.size};
	View v;

	if (!image_bytes(img, addr, 2 * (u64)h.size, &v, NULL))
		return false;
	h.word[0] = ldptr(v.p, h.size, img->big);
	h.word[1] = ldptr(v.p + h.size, h.size, img->big);
	if (img->dynamic && img->format->dynrelocs)
		img->format->dynrelocs(img, &span, 1, relocate, &h);
	if (h.word[1] == 0) {
		*s = view_of("", 0);
		return true;
	}
	return image_bytes(img, h.word[0], h.word[1], s, NULL);
}

/* In a stripped program: the text that -X put there must stand somewhere
 * else than in the build information, of which the program holds a second
 * copy for runtime/debug. */
static bool text_is_there(const Image *img, View text)
{
	static const char key[] = "DefaultGODEBUG=";
	size_t nkey = sizeof key - 1;

	for (int i = 0; i < img->nseg; i++) {
		View v = img->seg[i].data, before;

		for (size_t at = 0; (at = view_find(v, at, text, 1)) < v.n;
		     at += text.n)
			if (at < nkey ||
			    !view_sub(v, at - nkey, nkey, &before) ||
			    !view_is(before, key))
				return true;
	}
	return false;
}

static void find_godebug(Report *r)
{
	View claim, got, mode;
	u64 addr;

	report_setting(r, "-buildmode", &mode);
	if (view_is(mode, "plugin"))
		return;	/* the program that loads it decides */
	report_setting(r, "DefaultGODEBUG", &claim);
	if (find_symbol(r->img, "runtime.godebugDefault", &addr) &&
	    read_string(r->img, addr, &got)) {
		r->has_godebug = true;
		r->godebug = got;
		if (r->has_build && !view_eq(got, claim))
			report_add(r, REASON_GODEBUG_OVERRIDDEN,
				   "the build information says "
				   "DefaultGODEBUG=%.*s, the program holds "
				   "\"%.*s\"", (int)(claim.n & 0xff),
				   claim.n ? (const char *)claim.p : "",
				   (int)(got.n & 0xff), (const char *)got.p);
	} else if (claim.n && !text_is_there(r->img, claim)) {
		report_add(r, REASON_GODEBUG_OVERRIDDEN, "the default GODEBUG "
			   "of the build information is nowhere in the "
			   "program's data");
	}
}

void evidence_find(Report *r)
{
	Names n;

	if (!r->opened || !r->go)
		return;
	n = look_at_names(r);
	find_snapshot_claim(r, &n);
	if (r->linked)
		find_instrumentation(r, &n);
	find_refusals(r, &n);
	find_vendor(r);
	find_godebug(r);
}
