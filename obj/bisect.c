/*
 * internal/bisect: switching single decisions of a program off and on.
 *
 * Every decision has an id of 64 bits, here the hash of a symbol's name; a
 * pattern says which ids decide as usual, and which are reported. A tool
 * that looks for the one guilty decision runs the program again and again
 * with ever longer patterns.
 *
 *     pattern = ["q"] {"v"} {"!"} ("n" | ["+" | "-"] bits {("+" | "-") bits})
 *     bits    = "y" | binary digits | "x" hexadecimal digits
 *
 * bits selects the ids that end in them, y all. + adds to the set and -
 * takes away; no + may follow a -. ! turns round what is switched on, not
 * what is reported. n is !y. q reports nothing, unless there is a v.
 *
 * Go's parser also takes a y between digits, which then clears the digits
 * before it. So do we: a pattern must mean the same here and there.
 *
 * Source: internal/bisect/bisect.go; the option: cmd/compile/internal/base
 * (flag.go), cmd/internal/objabi/flag.go (DebugFlag.Set).
 */
#include "obj/obj.h"

static const char bad_syntax[] = "invalid pattern syntax: ";
static const char bad_order[] = "invalid pattern syntax (+ after -): ";
static const char bad_length[] = "pattern bits too long: ";

/* FNV-1a */
u64 bisect_hash(View name)
{
	u64 h = 14695981039346656037u;

	for (size_t i = 0; i < name.n; i++)
		h = (h ^ name.p[i]) * 1099511628211u;
	return h;
}

static View rest(View v, size_t n)
{
	view_sub(v, n, v.n - n, &v);
	return v;
}

/* The letters in front. false if nothing follows them. */
static bool parse_prefix(Bisect *m, View *p)
{
	if (p->n && p->p[0] == 'q') {
		m->quiet = true;
		*p = rest(*p, 1);
	}
	while (p->n && p->p[0] == 'v') {
		m->quiet = false;
		m->verbose = true;
		*p = rest(*p, 1);
	}
	while (p->n && p->p[0] == '!') {
		m->enable = !m->enable;
		*p = rest(*p, 1);
	}
	if (view_is(*p, "n")) {
		m->enable = !m->enable;
		*p = view_str("y");
	}
	return p->n != 0;
}

typedef struct {
	View p;
	size_t start;	/* of the bits being read */
	unsigned wid;	/* bits a digit */
	u64 bits;
	bool add;	/* the sign in front of them */
} BisectParse;

/* Takes one character of a bit string. */
static bool digit(BisectParse *s, size_t i)
{
	u8 c = s->p.p[i];
	bool next01 = i + 1 < s->p.n &&
		(s->p.p[i + 1] == '0' || s->p.p[i + 1] == '1');

	if (c >= '0' && c <= '9' && (c <= '1' || s->wid == 4)) {
		s->bits = s->bits << s->wid | (u64)(c - '0');
		return true;
	}
	if (c == 'y' && !next01) {
		s->bits = 0;
		return true;
	}
	c |= 0x20;
	if (c < 'a' || c > 'f' || s->wid != 4)
		return false;
	s->bits = s->bits << 4 | (u64)(c - 'a' + 10);
	return true;
}

/* At a sign, or at the end: the bits before it are complete. */
static const char *flush(Bisect *m, BisectParse *s, size_t i, u8 sign)
{
	size_t n = (i - s->start) * s->wid;

	if (sign == '+' && !s->add)
		return bad_order;
	if (i > 0) {
		if (n > 64)
			return bad_length;
		if (n == 0)
			return bad_syntax;
		if (s->p.p[s->start] == 'y')
			n = 0;
		m->list[m->n++] = (BisectCond){
			n == 64 ? UINT64_MAX : ((u64)1 << n) - 1,
			s->bits, s->add};
	} else if (sign == '-') {
		m->list[m->n++] = (BisectCond){0, 0, true};
	}
	*s = (BisectParse){s->p, i + 1, 1, 0, sign == '+'};
	return NULL;
}

/* A condition takes two bytes of the pattern, but for the first. */
const char *bisect_parse(Bisect *m, View pattern, Arena *a)
{
	BisectParse s = {pattern, 0, 1, 0, true};

	*m = (Bisect){.enable = true};
	if (!parse_prefix(m, &s.p))
		return bad_syntax;
	m->list = arena_alloc(a, (s.p.n / 2 + 2) * sizeof m->list[0]);
	for (size_t i = 0; i <= s.p.n; i++) {
		u8 c = i < s.p.n ? s.p.p[i] : '-';

		if (c == '+' || c == '-') {
			const char *why = flush(m, &s, i, c);

			if (why)
				return why;
		} else if (c == 'x' && i == s.start && s.wid == 1) {
			s.start = i + 1;
			s.wid = 4;
		} else if (!digit(&s, i)) {
			return bad_syntax;
		}
	}
	return NULL;
}

/* The last condition that fits decides. */
static bool matches(const Bisect *m, u64 id)
{
	for (size_t i = m->n; i-- > 0;)
		if ((id & m->list[i].mask) == m->list[i].bits)
			return m->list[i].result;
	return false;
}

bool bisect_enables(const Bisect *m, u64 id)
{
	return matches(m, id) == m->enable;
}

bool bisect_prints(const Bisect *m, u64 id)
{
	return !m->quiet && matches(m, id);
}

void bisect_marker(char out[BISECT_MARKER + 1], u64 id)
{
	snprintf(out, BISECT_MARKER + 1, "[bisect-match 0x%016llx]",
		 (unsigned long long)id);
}

/* The list is NAME[=VALUE] or NAME[:VALUE], separated by commas. */
bool bisect_option(View list, View *pattern)
{
	static const char name[] = "fipshash";
	size_t n = sizeof name - 1;
	bool found = false;

	for (size_t at = 0; at <= list.n;) {
		size_t end = view_index(list, at, ',');
		View v;

		view_sub(list, at, end - at, &v);
		if (view_prefix(v, name) &&
		    (v.n == n || v.p[n] == '=' || v.p[n] == ':')) {
			*pattern = rest(v, v.n > n ? n + 1 : n);
			found = true;
		}
		at = end + 1;
	}
	return found;
}
