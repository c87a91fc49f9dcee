/*
 * A comparison for a terminal: what each side is, the ranges, and then the
 * places that differ, so many as fit on a screen.
 */
#include "check/check.h"

enum {
	MAXITEM = 12,	/* lines without --all */
	MAXDATA = 3,	/* of them, of each range but text */
	MAXDETAIL = 2,	/* of a range, with bytes */
	NBYTES = 16,	/* shown of each side */
};

static const char *const kind_name[NDIFF] = {
	"removed", "added", "resized", "changed", "places",
};

static unsigned long long ull(u64 x)
{
	return x;
}

/* ---- the sides ----------------------------------------------------- */

static void put_build(const Side *s, Buf *out)
{
	Buildinfo bi;
	View v;
	Fault why;

	if (s->img->goos[0] || s->img->arch) {
		buf_printf(out, ", %s/%s", s->img->goos[0] ? s->img->goos :
			   "?", s->img->arch ? s->img->arch->goarch : "?");
	}
	if (!buildinfo_find(s->img, &bi, &why) || why.why)
		return;
	buf_str(out, ", ");
	buf_text(out, bi.version);
	if (buildinfo_get(&bi, "GOFIPS140", &v)) {
		buf_str(out, ", GOFIPS140=");
		buf_text(out, v);
	}
}

void diff_summary(const Side *s, char letter, Buf *out)
{
	u8 sum[SHA256_SIZE];

	buf_printf(out, "%c  ", letter);
	buf_text(out, view_str(s->label));
	buf_str(out, ": ");
	buf_str(out, !s->img ? "a dump" : s->memory ? "memory" :
		s->img->format->name);
	if (s->img && !s->memory)
		put_build(s, out);
	fips_sum(s->range, sum);
	if (!s->img || memcmp(sum, s->info->stored, sizeof sum) == 0) {
		buf_str(out, s->img ? "\n   its sum is right: " :
			"\n   its sum would be ");
		buf_hex(out, view_of(sum, sizeof sum));
	} else {
		buf_str(out, "\n   ITS SUM IS WRONG: stored   ");
		buf_hex(out, view_of(s->info->stored, sizeof sum));
		buf_str(out, "\n                     computed ");
		buf_hex(out, view_of(sum, sizeof sum));
	}
	if (s->nreloc)
		buf_printf(out, "\n   %zu relocation%s touch%s its ranges: the "
			   "loader changes the module", s->nreloc,
			   s->nreloc == 1 ? "" : "s", s->nreloc == 1 ? "es" :
			   "");
	buf_str(out, "\n");
}

/* ---- the ranges ---------------------------------------------------- */

static void put_range(const Diff *d, const Side *a, const Side *b, int r,
		      Buf *out)
{
	const char *sep = "";

	buf_printf(out, "%-10s %10zu %10zu  ", fips_range_name[r],
		   a->range[r].n, b->range[r].n);
	if (!d->differs[r])
		buf_str(out, "same");
	for (int k = 0; k < NDIFF; k++) {
		if (!d->count[r][k])
			continue;
		buf_printf(out, "%s%zu %s", sep, d->count[r][k],
			   kind_name[k]);
		sep = ", ";
	}
	if (r == 0 && d->nshifted)
		buf_printf(out, " (%zu as if by addresses)", d->nshifted);
	buf_str(out, "\n");
}

static bool moved(const Side *a, const Side *b)
{
	for (int r = 0; a->img && b->img && r < FIPS_NRANGE; r++)
		if (a->info->range[r].start != b->info->range[r].start)
			return true;
	return false;
}

static void put_ranges(const Diff *d, const Side *a, const Side *b, Buf *out)
{
	buf_printf(out, "\n%-10s %10s %10s\n", "range", "bytes in A",
		   "bytes in B");
	for (int r = 0; r < FIPS_NRANGE; r++)
		put_range(d, a, b, r, out);
	if (d->any && moved(a, b))
		buf_str(out, "The ranges lie at other addresses: where code "
			"refers to something outside of\nthem, it differs "
			"for this alone. Such functions come last.\n");
	if (d->any && (a->syms.source[0] == SYMS_PCLNTAB ||
		       b->syms.source[0] == SYMS_PCLNTAB))
		buf_str(out, "Stripped: functions are named after "
			"runtime.pclntab, data are not named.\n");
}

/* ---- the places ---------------------------------------------------- */

static void put_bytes(const Side *s, char letter, int r, u64 at, Buf *out)
{
	View v = s->range[r];
	u64 n = at < v.n ? v.n - at : 0;

	buf_printf(out, "   %c", letter);
	if (s->img)
		buf_printf(out, " 0x%llx", ull(s->info->range[r].start + at +
			s->bias));
	else
		buf_printf(out, " +0x%llx", ull(at));
	if (s->img && !s->memory)
		buf_printf(out, " (file 0x%llx)", ull(s->base +
			s->info->range_off[r] + at));
	buf_str(out, " ");
	for (u64 i = 0; i < n && i < NBYTES; i++)
		buf_printf(out, " %02x", v.p[at + i]);
	buf_str(out, n == 0 ? " (the range ends)\n" : "\n");
}

/* Instructions that a debugger writes into a program. */
static const struct {
	ArchId arch;
	u8 n;
	u8 bytes[4];
} breakpoints[] = {
	{ARCH_386, 1, {0xcc}},
	{ARCH_amd64, 1, {0xcc}},
	{ARCH_arm64, 4, {0x00, 0x00, 0x20, 0xd4}},
	{ARCH_s390x, 2, {0x00, 0x01}},
};

static bool is_breakpoint(const Side *s, const DiffItem *it)
{
	for (size_t i = 0; i < NELEM(breakpoints); i++) {
		View v;

		if (s->img->arch == &arch_table[breakpoints[i].arch] &&
		    it->ndiff <= breakpoints[i].n &&
		    view_sub(s->range[0], it->at_b, breakpoints[i].n, &v) &&
		    view_eq(v, view_of(breakpoints[i].bytes,
				       breakpoints[i].n)))
			return true;
	}
	return false;
}

static void put_reloc(const Side *s, char letter, const DiffItem *it, u64 at,
		      Buf *out)
{
	u64 addr = s->img ? s->info->range[it->range].start + at : 0;
	const DynReloc *r = side_reloc(s, addr, it->len ? it->len : 1);

	if (!r)
		return;
	buf_printf(out, "   %c has a relocation there, %s at ", letter,
		   r->name);
	buf_printf(out, "0x%llx", ull(r->addr));
	if (r->sym.n) {
		buf_str(out, " against ");
		buf_text(out, r->sym);
	}
	if (r->known)
		buf_printf(out, " (value 0x%llx)", ull(r->value));
	buf_str(out, "\n");
}

static void put_code(const Side *s, char letter, const DiffItem *it,
		     const ModSym *m, u64 at, Buf *out)
{
	u64 start;

	if (!s->img || s->memory || it->range != 0)
		return;
	start = s->info->range[0].start;
	buf_printf(out, "   %c:\n", letter);
	if (s->base)
		buf_str(out, "     objdump does not reach into a universal "
			"file\n");
	else
		disassemble(s->label, m ? m->addr : start + at,
			    m ? m->addr + m->size : s->info->range[0].end,
			    start + at, out);
}

static void put_detail(const DiffItem *it, const Side *a, const Side *b,
		       const DiffStyle *style, Buf *out)
{
	put_bytes(a, 'A', it->range, it->at_a, out);
	put_bytes(b, 'B', it->range, it->at_b, out);
	if (b->memory && it->range == 0 && is_breakpoint(b, it))
		buf_str(out, "   this is a breakpoint\n");
	put_reloc(a, 'A', it, it->at_a, out);
	put_reloc(b, 'B', it, it->at_b, out);
	if (style->disassemble) {
		put_code(a, 'A', it, it->a, it->at_a, out);
		put_code(b, 'B', it, it->b, it->at_b, out);
	}
}

static void put_sizes(const DiffItem *it, Buf *out)
{
	if (it->kind == DIFF_RESIZED)
		buf_printf(out, " from %llu", ull(it->a->size));
	if (it->a || it->b)
		buf_printf(out, it->kind == DIFF_RESIZED ? " to %llu bytes" :
			", %llu bytes", ull(it->b ? it->b->size : it->a->size));
}

static void put_item(const DiffItem *it, const Side *a, const Side *b,
		     Buf *out)
{
	const ModSym *m = it->a ? it->a : it->b;
	const Side *s = it->a ? a : b;
	u64 at = it->a ? it->at_a : it->at_b;

	buf_printf(out, "%s: ", fips_range_name[it->range]);
	if (m)
		buf_text(out, m->name.n ? m->name : view_str("(no name)"));
	if (m)
		buf_printf(out, ": %s", kind_name[it->kind]);
	put_sizes(it, out);
	if (it->ndiff && m) {
		at -= m->addr - s->info->range[it->range].start;
		buf_str(out, ": ");
	}
	if (it->ndiff == 1)
		buf_printf(out, "1 byte differs, at +0x%llx", ull(at));
	else if (it->ndiff)
		buf_printf(out, "%llu bytes differ, from +0x%llx on",
			   ull(it->ndiff), ull(at));
	else if (!m)
		buf_printf(out, "one side ends at +0x%llx", ull(at));
	buf_str(out, it->shifted ? " (addresses?)\n" : "\n");
}

/* How much of the list a screen takes. Text comes last here: where it
 * refers to other addresses it differs everywhere, and what differs in the
 * data says more. */
static void limits(const Diff *d, const DiffStyle *style,
		   size_t limit[FIPS_NRANGE])
{
	size_t left = style->all ? SIZE_MAX : MAXITEM;

	for (int r = FIPS_NRANGE - 1; r >= 0; r--) {
		size_t n = 0;

		for (int k = 0; k < NDIFF; k++)
			n += d->count[r][k];
		if (!style->all && r > 0 && n > MAXDATA)
			n = MAXDATA;
		limit[r] = n < left ? n : left;
		left -= limit[r];
	}
}

static void put_items(const Diff *d, const Side *a, const Side *b,
		      const DiffStyle *style, Buf *out)
{
	size_t limit[FIPS_NRANGE], seen[FIPS_NRANGE] = {0}, hidden = 0;
	size_t detailed[FIPS_NRANGE] = {0};

	limits(d, style, limit);
	buf_str(out, "\n");
	for (size_t i = 0; i < d->n; i++) {
		const DiffItem *it = &d->v[i];

		if (seen[it->range]++ >= limit[it->range]) {
			hidden++;
			continue;
		}
		put_item(it, a, b, out);
		if (it->kind != DIFF_REMOVED && it->kind != DIFF_ADDED &&
		    (style->all || detailed[it->range]++ < MAXDETAIL))
			put_detail(it, a, b, style, out);
	}
	if (hidden)
		buf_printf(out, "and %zu more (--all lists them)\n", hidden);
}

void diff_text(const Diff *d, const Side *a, const Side *b,
	       const DiffStyle *style, Buf *out)
{
	diff_summary(a, 'A', out);
	diff_summary(b, 'B', out);
	put_ranges(d, a, b, out);
	if (d->any)
		put_items(d, a, b, style, out);
}
