/*
 * The judgement of one image: find the struct, compute the sum, and say
 * everything that is wrong with it. One function a finding.
 */
#include <stdlib.h>

#include "check/check.h"

const ReasonRow reason_table[NREASON] = {
#define REASON(id, code, severity, verdict, text) \
	{code, severity, VERDICT_##verdict, text},
#include "check/reasons.def"
#undef REASON
};

const char *const severity_name[] = {"note", "warning", "error"};

const char *const verdict_name[] = {
	"ok", "mismatch", "unsealed", "no-fipsinfo", "corrupt", "not-go",
	"unreadable",
};

__attribute__((format(printf, 4, 0)))
static void add(Report *r, ReasonId id, Severity s, const char *fmt,
		va_list ap)
{
	char line[1024];

	vsnprintf(line, sizeof line, fmt, ap);
	r->reason = xrealloc(r->reason,
			     sizeof *r->reason * (size_t)(r->nreason + 1));
	r->reason[r->nreason++] = (Reason){id, s, r->text.n};
	buf_add(&r->text, view_of(line, strlen(line) + 1));
	if (s == ERROR && r->verdict == VERDICT_OK)
		r->verdict = reason_table[id].verdict;
}

void report_add(Report *r, ReasonId id, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(r, id, reason_table[id].severity, fmt, ap);
	va_end(ap);
}

bool report_failed(const Report *r)
{
	for (int i = 0; i < r->nreason; i++)
		if (r->reason[i].severity == ERROR)
			return true;
	return false;
}

int report_exit(const Report *r)
{
	if (r->verdict == VERDICT_NOT_GO || r->verdict == VERDICT_UNREADABLE)
		return 2;
	return report_failed(r);
}

void report_free(Report *r)
{
	free(r->reason);
	free(r->setting);
	arena_free(&r->arena);
	buf_free(&r->text);
}

bool report_setting(const Report *r, const char *key, View *v)
{
	for (int i = 0; i < r->nsetting; i++) {
		if (view_is(r->setting[i].key, key)) {
			*v = r->setting[i].value;
			return true;
		}
	}
	*v = (View){0};
	return false;
}

void report_platform(const Report *r, View *goos, View *goarch)
{
	if (!report_setting(r, "GOOS", goos))
		*goos = view_str(r->img->goos);
	if (!report_setting(r, "GOARCH", goarch))
		*goarch = view_str(r->img->arch ? r->img->arch->goarch : "");
}

/* ---- the build information ------------------------------------------- */

/* As it is, if it is no good Go string. */
static View unquote(Report *r, View v)
{
	u8 *p;
	size_t n;

	if (v.n == 0 || (v.p[0] != '"' && v.p[0] != '`'))
		return v;
	p = arena_alloc(&r->arena, v.n);
	return go_unquote(v, p, &n) ? view_of(p, n) : v;
}

static bool has_key(const Report *r, View key)
{
	for (int i = 0; i < r->nsetting; i++)
		if (view_eq(r->setting[i].key, key))
			return true;
	return false;
}

/* Readers of build information differ in which of two equal settings they
 * believe; here it is the first. */
static void read_settings(Report *r)
{
	View key, value;
	size_t at = 0;
	bool twice = false;

	while (buildinfo_setting(&r->build, &at, &key, &value)) {
		if (r->nsetting == MAXSETTING) {
			report_add(r, REASON_BAD_BUILDINFO, "there are more "
				   "than %d settings; the rest is not looked "
				   "at", MAXSETTING);
			break;
		}
		if (r->nsetting % 64 == 0)
			r->setting = xrealloc(r->setting, sizeof(Setting) *
					      (size_t)(r->nsetting + 64));
		key = unquote(r, key);
		if (has_key(r, key)) {
			twice = true;
			continue;
		}
		r->setting[r->nsetting++] = (Setting){key, unquote(r, value)};
	}
	if (twice)
		report_add(r, REASON_BAD_BUILDINFO, "a setting stands there "
			   "twice");
}

static void find_buildinfo(Report *r)
{
	Fault why;
	bool found = buildinfo_find(r->img, &r->build, &why);

	if (why.why)
		report_add(r, REASON_BAD_BUILDINFO, "%s (offset %#llx)",
			   why.why, (unsigned long long)why.off);
	r->go |= found;
	r->has_build = found && r->build.version.n != 0;
	if (r->has_build)
		read_settings(r);
}

/* ---- findings ------------------------------------------------------ */

/* Why is there none? As far as the file tells. */
static void find_no_fipsinfo(Report *r, FipsFind found)
{
	View goos, goarch, mode;
	Release rel = GO127;

	report_platform(r, &goos, &goarch);
	report_setting(r, "-buildmode", &mode);
	release_of(r->build.version, &rel);
	if (found == FIPS_NOBITS)
		report_add(r, REASON_DEBUG_FILE, "the section of "
			   "go:fipsinfo has no bytes in this file: it holds "
			   "the debug information of another one");
	else if (r->build.old)
		report_add(r, REASON_OLD_GO, "linked by Go 1.17 or older: "
			   "go:fipsinfo came with Go 1.24");
	else if (release_is_old(r->build.version))
		report_add(r, REASON_OLD_GO, "linked by %.*s: "
			   "go:fipsinfo came with Go 1.24",
			   (int)(r->build.version.n & 0xff),
			   (const char *)r->build.version.p);
	else if (view_is(mode, "plugin"))
		report_add(r, REASON_PLUGIN, "Go's linker writes no "
			   "go:fipsinfo into a plugin");
	else if (port_of(rel, goos, goarch) == PORT_BARE)
		report_add(r, REASON_PLATFORM, "Go's linker writes no "
			   "go:fipsinfo for %.*s/%.*s",
			   (int)goos.n, (const char *)goos.p,
			   (int)goarch.n, (const char *)goarch.p);
	else if (!r->has_build)
		report_add(r, REASON_NO_FIPSINFO, "a Go program without "
			   "go:fipsinfo, and without build information that "
			   "could tell why");
	else
		report_add(r, REASON_NO_FIPSINFO, "a Go program without "
			   "go:fipsinfo, though its Go release writes one: it "
			   "was removed, or another linker has linked it");
}

static void find_bad_ranges(Report *r)
{
	for (int i = 0; i < FIPS_NRANGE; i++) {
		const Fault *f = &r->info.range_fault[i];

		if (f->why)
			report_add(r, REASON_BAD_RANGE,
				   "the %s range %#llx..%#llx %s (pointers "
				   "at offset %#llx)", fips_range_name[i],
				   (unsigned long long)r->info.range[i].start,
				   (unsigned long long)r->info.range[i].end,
				   f->why, (unsigned long long)f->off);
	}
}

static void hit(void *arg, const DynReloc *d)
{
	Report *r = arg;
	int i;

	for (i = 0; i < FIPS_NRANGE; i++)
		if (span_hit(r->info.range[i], d->addr, d->size))
			break;
	if (r->nhit < MAXHIT)
		r->hit[r->nhit] = (Hit){i, *d};
	r->nhit++;
}

/* The file's bytes may be right and the program fails all the same: the
 * loader changes them before the program looks. */
static void find_relocs(Report *r)
{
	const DynReloc *d = &r->hit[0].reloc;
	Fault why;

	if (!r->img->dynamic || !r->img->format->dynrelocs)
		return;
	why = r->img->format->dynrelocs(r->img, r->info.range, FIPS_NRANGE,
					hit, r);
	if (r->nhit)
		report_add(r, REASON_RELOC_IN_RANGE,
			   "the loader changes the %s range: %llu "
			   "relocation%s, the first %s (type %u) at %#llx"
			   "%s%.*s", fips_range_name[r->hit[0].range],
			   (unsigned long long)r->nhit,
			   r->nhit == 1 ? "" : "s",
			   d->name && d->name[0] ? d->name : "unnamed",
			   d->type, (unsigned long long)d->addr,
			   d->sym.n ? " for " : "", (int)(d->sym.n & 0xff),
			   d->sym.n ? (const char *)d->sym.p : "");
	if (why.why)
		report_add(r, REASON_BAD_RELOCS, "%s (offset %#llx)",
			   why.why, (unsigned long long)why.off);
}

/* Without FIPS code the marker alone lies there, which takes as much room
 * as a function's alignment; the smallest real module has 40 KB. */
static void find_linked(Report *r)
{
	r->linked = r->info.range[0].end - r->info.range[0].start > 64;
	if (!r->linked)
		report_add(r, REASON_MARKERS_ONLY, "no code of the FIPS "
			   "module is linked in: the ranges are empty but "
			   "for their markers");
}

static bool all_zero(const u8 *p, size_t n)
{
	while (n > 0 && p[n - 1] == 0)
		n--;
	return n == 0;
}

static void find_sum(Report *r)
{
	static const View none[FIPS_NRANGE];
	u8 empty[SHA256_SIZE];

	fips_sum(r->info.bytes, r->computed);
	r->has_sum = true;
	if (memcmp(r->computed, r->info.stored, SHA256_SIZE) == 0)
		return;
	fips_sum(none, empty);
	if (all_zero(r->info.stored, SHA256_SIZE))
		report_add(r, REASON_UNSEALED, "the stored sum is all zero: "
			   "nothing has sealed this file after it was linked");
	else if (memcmp(empty, r->info.stored, SHA256_SIZE) == 0)
		report_add(r, REASON_EMPTY_RANGES, "the stored sum is that of "
			   "four empty ranges: the linker left the addresses "
			   "in the relocations only, and Go hashed nothing");
	else
		report_add(r, REASON_MISMATCH, "the four ranges do not hash "
			   "to the stored sum: module or sum was changed "
			   "after the link");
}

static void judge_info(Report *r)
{
	int before = r->nreason;

	r->has_info = true;
	find_bad_ranges(r);
	if (r->nreason > before)
		return;
	find_linked(r);
	if (r->info.word_differs)
		report_add(r, REASON_WORDS_DIFFER, "the pointers of "
			   "go:fipsinfo stand in the dynamic relocations, "
			   "not in the data");
	find_relocs(r);
	find_sum(r);
}

/* UPX leaves its mark behind the headers and at the end. */
static bool packed(View bytes)
{
	View head = bytes, mark = view_str("UPX!");

	if (head.n > 4096)
		head.n = 4096;
	return view_find(head, 0, mark, 1) < head.n;
}

static void judge_fipsinfo(Report *r)
{
	View pclntab;
	Fault why;
	FipsFind found = fipsinfo_find(r->img, &r->info, &why);

	r->go |= r->img->go || found == FIPS_NOBITS;
	if (!r->go && (found == FIPS_NONE || found == FIPS_FOUND))
		r->go = pclntab_find(r->img, &pclntab);
	if (found == FIPS_FOUND) {
		judge_info(r);
	} else if (found == FIPS_BAD || found == FIPS_BAD_RELOCS) {
		r->has_info = r->info.size != 0;
		report_add(r, found == FIPS_BAD ? REASON_BAD_FIPSINFO :
			   REASON_BAD_RELOCS, "%s (offset %#llx)",
			   why.why, (unsigned long long)why.off);
	} else if (r->go) {
		find_no_fipsinfo(r, found);
	} else if (packed(r->img->file)) {
		report_add(r, REASON_PACKED, "packed by UPX: what the program "
			   "is cannot be told before it has unpacked itself");
	} else {
		report_add(r, REASON_NOT_GO, "no build information, no "
			   "function table, no go:fipsinfo: this is not a Go "
			   "program");
	}
}

/* A damaged executable: is it a Go program? Its headers cannot tell, but
 * the bytes may. */
bool trace_of_go(View bytes)
{
	/* The last two are the note of Go's build ID, which stands at the
	 * beginning of an ELF file. */
	static const View mark[] = {
		{(const u8 *)"\xff Go buildinf:", 14},
		{(const u8 *)"\xff Go fipsinfo \xff", 16},
		{(const u8 *)"\xff Go build ID: \"", 16},
		{(const u8 *)"\4\0\0\0Go\0", 8},
		{(const u8 *)"\0\0\0\4Go\0", 8},
	};

	for (size_t i = 0; i < NELEM(mark); i++)
		if (view_find(bytes, 0, mark[i], 1) < bytes.n)
			return true;
	return false;
}

void check_image(Report *r, Image *img, View bytes)
{
	Fault why = image_open(img, bytes);

	r->snapshot_status = r->snapshot_evidence = "";
	if (!img->format) {
		report_add(r, REASON_NOT_GO, "%s", why.why);
		return;
	}
	r->img = img;
	if (why.why) {
		r->go = trace_of_go(bytes);
		report_add(r, r->go ? REASON_BAD_IMAGE : REASON_NOT_GO,
			   "damaged %s file: %s (offset %#llx)",
			   img->format->name, why.why,
			   (unsigned long long)why.off);
		return;
	}
	r->opened = true;
	find_buildinfo(r);
	judge_fipsinfo(r);
	if (r->go && !r->has_build)
		report_add(r, REASON_NO_BUILDINFO, "there is no build "
			   "information: Go version, module and settings are "
			   "not known");
}
