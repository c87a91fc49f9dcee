/*
 * Policies: how much more than the sum must be right. Each includes the
 * one before it.
 *
 *	integrity  the sum
 *	module     and code of the FIPS module is really linked in
 *	certified  and it is a certified snapshot, in use by default, and
 *	           nothing is worth a warning
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
	if (r->has_sum && !r->linked)
		report_add(r, REASON_NO_MODULE, "the ranges cover no code of "
			   "the FIPS module");
}

static void rule_snapshot(const Modules *m, Report *r)
{
	View v;

	(void)m;
	if (!report_setting(r, "GOFIPS140", &v))
		report_add(r, REASON_NOT_CERTIFIED, "the build information "
			   "names no snapshot of the FIPS module (GOFIPS140)");
	else if (strcmp(r->snapshot_status, "certified") != 0)
		report_add(r, REASON_NOT_CERTIFIED,
			   "the snapshot %.*s is not certified: %s",
			   (int)(v.n < 100 ? v.n : 100), (const char *)v.p,
			   r->snapshot_status[0] ? r->snapshot_status :
			   "not in the table of modules");
}

/* The mode that the program starts in: the last fips140= of the default
 * GODEBUG counts, as the run time reads it, and what stands in the program
 * counts before what the build information says. Empty if none. */
static View default_mode(const Report *r)
{
	View list, item, got = {0};

	report_setting(r, "DefaultGODEBUG", &list);
	if (r->has_godebug)
		list = r->godebug;
	for (size_t at = 0, end; at < list.n; at = end + 1) {
		end = view_index(list, at, ',');
		view_sub(list, at, end - at, &item);
		if (view_prefix(item, "fips140="))
			view_sub(item, 8, item.n - 8, &got);
	}
	return got;
}

static void rule_default(const Modules *m, Report *r)
{
	View mode = default_mode(r);

	(void)m;
	if (!view_is(mode, "on") && !view_is(mode, "only"))
		report_add(r, REASON_NOT_DEFAULT, "FIPS mode is not on by "
			   "default: the default GODEBUG has %s%.*s",
			   mode.p ? "fips140=" : "no fips140",
			   (int)(mode.n & 0x7f), (const char *)mode.p);
}

static void rule_no_warnings(const Modules *m, Report *r)
{
	(void)m;
	for (int i = 0; i < r->nreason; i++)
		if (r->reason[i].severity == WARNING)
			r->reason[i].severity = ERROR;
}

typedef void Rule(const Modules *m, Report *r);

struct Policy {
	const char *name;
	Rule *rule[5];
};

static const Policy policies[] = {
	{"integrity", {NULL}},
	{"module", {rule_linked}},
	{"certified", {rule_linked, rule_snapshot, rule_default,
		       rule_no_warnings}},
};

const Policy *policy_by_name(const char *name)
{
	for (size_t i = 0; i < NELEM(policies); i++)
		if (strcmp(name, policies[i].name) == 0)
			return &policies[i];
	return NULL;
}

bool policy_wants_evidence(const Policy *p)
{
	return p->rule[0] != NULL;
}

static void name_snapshot(const Modules *m, Report *r)
{
	const Module *row;
	View v;

	r->snapshot_status = r->snapshot_evidence = "";
	if (report_setting(r, "GOFIPS140", &v) &&
	    (row = find_module(m, v))) {
		r->snapshot_status = row->status;
		r->snapshot_evidence = row->evidence;
	}
	if (strcmp(r->snapshot_status, "superseded") == 0)
		report_add(r, REASON_SUPERSEDED, "the snapshot %.*s is "
			   "superseded: %s", (int)(v.n & 0x7f),
			   (const char *)v.p, r->snapshot_evidence);
	else if (r->has_build && r->linked &&
		 strcmp(r->snapshot_status, "certified") != 0)
		report_add(r, REASON_UNVALIDATED, "the module is no validated "
			   "one: GOFIPS140 is %.*s", v.n ? (int)(v.n & 0x7f) :
			   3, v.n ? (const char *)v.p : "off");
}

static void name_mode(Report *r)
{
	static const char *const known[] = {"", "on", "off", "debug", "only"};
	View mode = default_mode(r);
	bool found = false;

	for (size_t i = 0; i < NELEM(known); i++)
		found |= view_is(mode, known[i]);
	if (!found)
		report_add(r, REASON_MODE_UNKNOWN, "the default GODEBUG has "
			   "fips140=%.*s, which Go does not know",
			   (int)(mode.n & 0x7f), (const char *)mode.p);
	else if (view_is(mode, "only"))
		report_add(r, REASON_ONLY, "the default GODEBUG has "
			   "fips140=only");
}

void policy_apply(const Policy *p, const Modules *m, Report *r)
{
	name_snapshot(m, r);
	name_mode(r);
	if (!r->opened || r->verdict == VERDICT_NOT_GO)
		return;
	for (size_t i = 0; i < NELEM(p->rule) && p->rule[i]; i++)
		p->rule[i](m, r);
}
