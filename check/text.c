/*
 * A report for people: a line as `sha256sum -c` prints it, one for each
 * thing that is wrong, and with -v what was looked at.
 */
#include "check/check.h"

static void paint(Buf *out, const Style *style, const char *sgr,
		  const char *word)
{
	if (style->color)
		buf_printf(out, "\33[%sm%s\33[0m", sgr, word);
	else
		buf_str(out, word);
}

static void put_name(const Report *r, Buf *out)
{
	buf_text(out, view_str(r->file));
	if (r->slice)
		buf_printf(out, " (%s)", r->slice);
	buf_str(out, ": ");
}

static void put_failures(const Report *r, const Style *style, Buf *out)
{
	for (int i = 0; i < r->nreason; i++) {
		const Reason *why = &r->reason[i];

		if (why->severity != ERROR)
			continue;
		put_name(r, out);
		paint(out, style, "1;31", "FAILED");
		buf_printf(out, " (%s): ", reason_table[why->id].code);
		buf_text(out, view_str(r->text.p + why->text));
		buf_str(out, "\n");
	}
}

/* Warnings are worth a line of their own, notes are for who asks. */
static void put_remarks(const Report *r, Severity least, const Style *style,
			Buf *out)
{
	for (int i = 0; i < r->nreason; i++) {
		const Reason *why = &r->reason[i];

		if (why->severity == ERROR || why->severity < least)
			continue;
		if (style->verbose)
			buf_str(out, "\t");
		else
			put_name(r, out);
		paint(out, style, "33", severity_name[why->severity]);
		buf_printf(out, " (%s): ", reason_table[why->id].code);
		buf_text(out, view_str(r->text.p + why->text));
		buf_str(out, "\n");
	}
}

static void put_word(Buf *out, View v)
{
	if (v.n) {
		buf_str(out, " ");
		buf_text(out, v);
	}
}

static void put_origin(const Report *r, Buf *out)
{
	View goos, goarch, v;

	report_platform(r, &goos, &goarch);
	buf_printf(out, "\t%s", r->img->format->name);
	put_word(out, goos);
	if (goarch.n) {
		buf_str(out, goos.n ? "/" : " ");
		buf_text(out, goarch);
	}
	if (r->img->pie)
		buf_str(out, " pie");
	if (r->has_build) {
		put_word(out, r->build.version);
		put_word(out, r->build.module.n ? r->build.module :
			 r->build.path);
		put_word(out, r->build.modversion);
	}
	buf_str(out, "\n");
	if (report_setting(r, "GOFIPS140", &v)) {
		buf_str(out, "\tFIPS module by its build information:");
		put_word(out, v);
		if (r->snapshot_status[0])
			buf_printf(out, ", %s (%s)", r->snapshot_status,
				   r->snapshot_evidence);
		buf_str(out, "\n");
	}
}

static void put_sum(Buf *out, const char *what, const u8 sum[SHA256_SIZE])
{
	buf_printf(out, "\t%-9s ", what);
	buf_hex(out, view_of(sum, SHA256_SIZE));
	buf_str(out, "\n");
}

static void put_ranges(const Report *r, Buf *out)
{
	const Fipsinfo *info = &r->info;

	for (int i = 0; i < FIPS_NRANGE; i++) {
		buf_printf(out, "\t%-9s %#llx..%#llx", fips_range_name[i],
			   (unsigned long long)info->range[i].start,
			   (unsigned long long)info->range[i].end);
		if (!info->range_fault[i].why)
			buf_printf(out, " at offset %#llx, %zu bytes",
				   (unsigned long long)(r->slice_off +
							info->range_off[i]),
				   info->bytes[i].n);
		buf_str(out, "\n");
	}
	put_sum(out, "stored", info->stored);
	if (r->has_sum)
		put_sum(out, "computed", r->computed);
}

void report_text(const Report *r, const Style *style, Buf *out)
{
	if (report_failed(r)) {
		put_failures(r, style, out);
	} else if (!style->quiet) {
		put_name(r, out);
		paint(out, style, "32", "OK");
		buf_str(out, "\n");
	} else {
		return;
	}
	if (style->verbose && r->img)
		put_origin(r, out);
	if (style->verbose && r->has_info)
		put_ranges(r, out);
	put_remarks(r, style->verbose ? NOTE : WARNING, style, out);
}
