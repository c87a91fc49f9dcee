/*
 * --require: a condition on a field of the report.
 *
 *	KEY=VALUE      the field is VALUE
 *	KEY=/re/       it matches the POSIX extended expression
 *	KEY=(element)  it is a comma list with that element
 *
 * KEY is a path into the JSON: names with dots between them, a number for
 * an element of an array. A name may itself contain dots (vcs.time).
 */
#include "check/check.h"

enum { DEPTH = 8 };

/* Follows one path through the fields. */
typedef struct {
	Sink sink;
	View rest;	/* of the path, below the containers that fit */
	int depth, fit;	/* containers open; how many of them fit */
	size_t index[DEPTH];	/* in arrays */
	Buf value;
	bool found;
} Lookup;

/* The name of the next value: its key, or in an array its number. */
static View name_of(Lookup *l, View key, char num[24])
{
	if (key.p)
		return key;
	snprintf(num, 24, "%zu", l->index[l->depth % DEPTH]++);
	return view_str(num);
}

static void look_open(Sink *s, View key, char bracket)
{
	Lookup *l = (Lookup *)s;
	char num[24];
	View name = l->depth ? name_of(l, key, num) : (View){0};

	(void)bracket;
	if (l->depth == l->fit) {
		View head;

		if (l->depth == 0) {
			l->fit++;
		} else if (view_sub(l->rest, 0, name.n, &head) &&
			   view_eq(head, name) && l->rest.n > name.n &&
			   l->rest.p[name.n] == '.') {
			view_sub(l->rest, name.n + 1,
				 l->rest.n - name.n - 1, &l->rest);
			l->fit++;
		}
	}
	l->depth++;
	l->index[l->depth % DEPTH] = 0;
}

/* Leaving a container that fitted without having found the value: the
 * path is not followed any further, since names do not repeat. */
static void look_close(Sink *s, char bracket)
{
	Lookup *l = (Lookup *)s;

	(void)bracket;
	if (l->depth == l->fit)
		l->fit = -1;
	l->depth--;
}

static void look_string(Sink *s, View key, View v)
{
	Lookup *l = (Lookup *)s;
	char num[24];

	if (view_eq(name_of(l, key, num), l->rest) && l->depth == l->fit &&
	    !l->found) {
		l->found = true;
		buf_add(&l->value, v);
	}
}

static void look_literal(Sink *s, View key, const char *v)
{
	look_string(s, key, view_str(v));
}

const char *require_parse(Require *q, const char *spec, Arena *a)
{
	View v = view_str(spec);
	size_t eq = view_index(v, 0, '=');
	const u8 *p;

	*q = (Require){.spec = spec};
	if (eq == 0 || eq == v.n)
		return "it must be KEY=VALUE, KEY=/re/ or KEY=(element)";
	view_sub(v, 0, eq, &q->key);
	view_sub(v, eq + 1, v.n - eq - 1, &v);
	q->value = v;
	p = v.p;
	if (v.n >= 2 && p[0] == '(' && p[v.n - 1] == ')') {
		q->op = REQ_ELEMENT;
		view_sub(v, 1, v.n - 2, &q->value);
	} else if (v.n >= 2 && p[0] == '/' && p[v.n - 1] == '/') {
		q->op = REQ_MATCH;
		view_sub(v, 1, v.n - 2, &v);
		if (regcomp(&q->re, arena_str(a, v),
			    REG_EXTENDED | REG_NOSUB) != 0)
			return "the regular expression is not valid";
	}
	return NULL;
}

static bool is_element(View list, View want)
{
	for (size_t at = 0, end; at <= list.n; at = end + 1) {
		View item;

		end = view_index(list, at, ',');
		if (view_sub(list, at, end - at, &item) &&
		    view_eq(item, want))
			return true;
	}
	return false;
}

static bool matches(const Require *q, View v)
{
	regmatch_t m = {0, (regoff_t)v.n};

	return regexec(&q->re, (const char *)v.p, 1, &m, REG_STARTEND) == 0;
}

static bool holds(const Require *q, View v)
{
	switch (q->op) {
	case REQ_MATCH: return matches(q, v);
	case REQ_ELEMENT: return is_element(v, q->value);
	default: return view_eq(v, q->value);
	}
}

void require_apply(const Require *q, size_t n, const char *policy, Report *r)
{
	for (size_t i = 0; i < n; i++) {
		Lookup l = {.sink = {look_open, look_close, look_string,
				     look_literal}, .rest = q[i].key};
		View v;

		report_fields(r, policy, &l.sink);
		buf_add(&l.value, view_of("", 1));	/* for regexec */
		v = view_of(l.value.p, l.value.n - 1);
		if (!l.found)
			report_add(r, REASON_REQUIRE, "%s: there is no %.*s",
				   q[i].spec, (int)q[i].key.n,
				   (const char *)q[i].key.p);
		else if (!holds(&q[i], v))
			report_add(r, REASON_REQUIRE, "%s: it is \"%.*s\"",
				   q[i].spec, (int)(v.n < 200 ? v.n : 200),
				   (const char *)v.p);
		buf_free(&l.value);
	}
}
