/*
 * Directives of cgo and of go:cgo_* comments, which an object's header has
 * as JSON: [["cgo_export_static","main"], ...]. Of a program without C only
 * runtime has one, that of "main". All others make the program a dynamic
 * one, or need objects of a C compiler: the real linker's job.
 *
 * Source: loadcgo and setCgoAttr in cmd/link/internal/ld/go.go
 */
#include "link/load.h"

enum { MAXARGS = 4 };

static void blanks(Cursor *c)
{
	while (c->off < c->v.n && memchr(" \t\r\n", c->v.p[c->off], 4))
		c->off++;
}

/* Skips blanks and ch; false if something else follows. */
static bool punct(Cursor *c, u8 ch)
{
	blanks(c);
	if (c->off >= c->v.n || c->v.p[c->off] != ch)
		return false;
	c->off++;
	return true;
}

/* A string without escapes: no directive that is obeyed here has one. */
static bool string(Cursor *c, View *s)
{
	size_t end;

	if (!punct(c, '"'))
		return false;
	end = view_index(c->v, c->off, '"');
	view_sub(c->v, c->off, end - c->off, s);
	c->off = end + 1;
	return end < c->v.n && view_index(*s, 0, '\\') == s->n;
}

/* ["a","b",...]; *n is 0 if it cannot be read. */
static bool strings(Cursor *c, View args[MAXARGS], u32 *n)
{
	*n = 0;
	if (!punct(c, '['))
		return false;
	do {
		if (*n == MAXARGS || !string(c, &args[*n]))
			return false;
		++*n;
	} while (punct(c, ','));
	return punct(c, ']');
}

static bool export_static(Link *L, const View args[MAXARGS], u32 n)
{
	u32 ver = 0;

	if (n < 2 || !view_is(args[0], "cgo_export_static") ||
	    view_index(args[1], 0, ',') < args[1].n)
		return false;
	if (n > 2 && !view_eq(args[1], args[2]))
		return false;
	if (n > 3) {
		ver = view_is(args[3], "ABIInternal");
		if (!ver && !view_is(args[3], "ABI0"))
			return false;
	}
	own_row(L, sym_lookup_or_create(L, args[1], ver))->attr |= A_CGOEXPORT;
	return true;
}

static void obey(Link *L, const LObj *o)
{
	Cursor c = cursor(o->header.cgo, false);
	View args[MAXARGS];
	bool ok = punct(&c, '['), more = ok && !punct(&c, ']');
	u32 n;

	while (ok && more) {
		ok = strings(&c, args, &n) && export_static(L, args, n);
		more = punct(&c, ',');
	}
	if (!ok)
		hand_over(L, "cgo directives in %s", o->path);
}

void load_cgo_directives(Link *L)
{
	for (u32 k = OBJ_FIRST; k < L->nobj; k++)
		if (L->obj[k]->header.cgo.n)
			obey(L, L->obj[k]);
}
