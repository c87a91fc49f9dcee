/*
 * Policies: how much more than the sum must be right. Each includes the
 * one before it.
 *
 *	integrity  the sum
 *	module     and code of the FIPS module is really linked in
 *	certified  and it is a certified snapshot, in use by default
 *
 * A policy judges what the report holds; it never looks at the file.
 */
#include <stdlib.h>

#include "check/check.h"

static const Module builtin[] = {
#define MODULE(snapshot, status, evidence, date) \
	{snapshot, status, evidence, date},
#include "check/modules.def"
#undef MODULE
};

Modules modules_builtin(void)
{
	return (Modules){builtin, NELEM(builtin)};
}

/* The next word of a line; words are separated by blanks and tabs. */
static char *word(char **s)
{
	char *w;

	*s += strspn(*s, " \t\r");
	w = *s;
	*s += strcspn(*s, " \t\r");
	if (**s)
		*(*s)++ = 0;
	return w;
}

static const char *parse_line(char *s, Module *row, bool *blank)
{
	const char **field[] = {&row->snapshot, &row->status, &row->evidence,
				&row->date};

	s[strcspn(s, "#")] = 0;
	for (size_t i = 0; i < NELEM(field); i++)
		*field[i] = word(&s);
	*blank = !row->snapshot[0];
	if (*blank)
		return NULL;
	if (!row->status[0])
		return "a line needs a snapshot and a status";
	return *word(&s) ? "a line has four words at most" : NULL;
}

const char *modules_read(const char *path, Arena *a, Modules *m, int *line)
{
	File f;
	const char *why = file_open(&f, path);
	Module *rows = NULL;
	size_t n = 0, cap = 0;

	*line = 0;
	if (why)
		return why;
	for (size_t at = 0, end; !why && at < f.bytes.n; at = end + 1) {
		Module row = {0};
		bool blank;
		View v;

		++*line;
		end = view_index(f.bytes, at, '\n');
		view_sub(f.bytes, at, end - at, &v);
		why = parse_line(arena_str(a, v), &row, &blank);
		if (why || blank)
			continue;
		if (n == cap) {
			Module *old = rows;

			cap = cap ? 2 * cap : 16;
			rows = arena_alloc(a, cap * sizeof *rows);
			if (n)
				memcpy(rows, old, n * sizeof *rows);
		}
		rows[n++] = row;
	}
	file_close(&f);
	*m = (Modules){rows, n};
	return why;
}

/* ---- the rules ----------------------------------------------------- */

static const Module *find_module(const Modules *m, View snapshot)
{
	for (size_t i = 0; i < m->n; i++)
		if (view_is(snapshot, m->row[i].snapshot))
			return &m->row[i];
	return NULL;
}

static void rule_linked(const Modules *m, Report *r)
{
	(void)m;
	if (r->has_info && !r->linked)
		report_add(r, REASON_NO_MODULE, "the sum is right, but "
			   "covers no code of the FIPS module");
}

static void rule_snapshot(const Modules *m, Report *r)
{
	View v;
	Buf tmp = {0};

	(void)m;
	if (!report_setting(r, "GOFIPS140", &tmp, &v))
		report_add(r, REASON_NOT_CERTIFIED, "the build information "
			   "names no snapshot of the FIPS module (GOFIPS140)");
	else if (strcmp(r->snapshot_status, "certified") != 0)
		report_add(r, REASON_NOT_CERTIFIED,
			   "the snapshot %.*s is not certified: %s",
			   (int)(v.n < 100 ? v.n : 100), (const char *)v.p,
			   r->snapshot_status[0] ? r->snapshot_status :
			   "not in the table of modules");
	buf_free(&tmp);
}

/* The last fips140= of the list counts, as the run time reads it. */
static void rule_default(const Modules *m, Report *r)
{
	View list, item = {0}, got = {0};
	Buf tmp = {0};

	(void)m;
	report_setting(r, "DefaultGODEBUG", &tmp, &list);
	for (size_t at = 0, end; at < list.n; at = end + 1) {
		end = view_index(list, at, ',');
		view_sub(list, at, end - at, &item);
		if (view_prefix(item, "fips140="))
			view_sub(item, 8, item.n - 8, &got);
	}
	if (!view_is(got, "on") && !view_is(got, "only"))
		report_add(r, REASON_NOT_DEFAULT, "FIPS mode is not on by "
			   "default: DefaultGODEBUG has %s%.*s",
			   got.p ? "fips140=" : "no fips140",
			   (int)(got.n < 100 ? got.n : 100),
			   got.p ? (const char *)got.p : "");
	buf_free(&tmp);
}

typedef void Rule(const Modules *m, Report *r);

struct Policy {
	const char *name;
	Rule *rule[4];
};

static const Policy policies[] = {
	{"integrity", {NULL}},
	{"module", {rule_linked}},
	{"certified", {rule_linked, rule_snapshot, rule_default}},
};

const Policy *policy_by_name(const char *name)
{
	for (size_t i = 0; i < NELEM(policies); i++)
		if (strcmp(name, policies[i].name) == 0)
			return &policies[i];
	return NULL;
}

static void name_snapshot(const Modules *m, Report *r)
{
	const Module *row;
	Buf tmp = {0};
	View v;

	r->snapshot_status = r->snapshot_evidence = "";
	if (report_setting(r, "GOFIPS140", &tmp, &v) &&
	    (row = find_module(m, v))) {
		r->snapshot_status = row->status;
		r->snapshot_evidence = row->evidence;
	}
	buf_free(&tmp);
}

void policy_apply(const Policy *p, const Modules *m, Report *r)
{
	name_snapshot(m, r);
	if (r->verdict == VERDICT_NOT_GO || r->verdict == VERDICT_UNREADABLE)
		return;
	for (size_t i = 0; i < NELEM(p->rule) && p->rule[i]; i++)
		p->rule[i](m, r);
}
