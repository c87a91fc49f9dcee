/*
 * The whole verifier on any bytes: all formats, slices, findings, the
 * strictest policy, requirements, both kinds of output.
 */
#include "check/check.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static const char *const spec[] = {
	"settings.-tags=(fips)", "ranges.0.size=/^[0-9]+$/",
	"go_version=go1.27.4",
};

/* Compiled once: an expression takes longer than a whole judgement. */
static const Require *requirements(void)
{
	static Require req[NELEM(spec)];
	static Arena arena;

	for (size_t i = 0; !req[NELEM(spec) - 1].spec && i < NELEM(spec); i++)
		if (require_parse(&req[i], spec[i], &arena))
			DIE("a good requirement is refused");
	return req;
}

static void judge(Report *r, View bytes)
{
	Style style = {.verbose = true, .color = true,
		       .policy = "certified"};
	Modules m = modules_builtin();
	Image img;
	Buf out = {0};

	check_image(r, &img, bytes);
	evidence_find(r);
	policy_apply(policy_by_name("certified"), &m, r);
	require_apply(requirements(), NELEM(spec), "certified", r);
	report_json(r, "certified", &out);
	report_text(r, &style, &out);
	if (r->verdict == VERDICT_OK &&
	    (!r->has_sum || r->nhit ||
	     memcmp(r->computed, r->info.stored, SHA256_SIZE) != 0))
		DIE("ok without a right sum");
	buf_free(&out);
	report_free(r);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	View bytes = view_of(data, size);
	Fat fat;

	if (!fat_match(bytes)) {
		Report r = {.file = "f"};

		judge(&r, bytes);
		return 0;
	}
	if (fat_open(&fat, bytes).why)
		return 0;
	for (u32 i = 0; i < fat.n; i++) {
		Report r = {.file = "f", .slice = "?"};
		const Arch *arch;
		View slice;

		if (!fat_slice(&fat, i, &slice, &r.slice_off, &arch).why)
			judge(&r, slice);
	}
	return 0;
}
