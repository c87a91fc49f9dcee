/*
 * importcfg: which file has which package. Lines, of which those that are
 * empty or begin with # are skipped:
 *
 *   packagefile PATH=FILE
 *   packageshlib PATH=FILE      only of use with -linkshared
 *   modinfo "QUOTED"            value of runtime.modinfo
 *
 * Source: readImportCfg in cmd/link/internal/ld/ld.go
 */
#include <ctype.h>

#include "link/load.h"

typedef struct {
	Link *L;
	const char *path;
	unsigned line;
	View args;
} Line;

static View trim(View v)
{
	while (v.n && isspace(v.p[v.n - 1]))
		v.n--;
	while (v.n && isspace(v.p[0])) {
		v.p++;
		v.n--;
	}
	return v;
}

const char *go_strerror(Link *L, const char *why)
{
	View v = mem_view(&L->mem, view_of(why, strlen(why) + 1));
	char *p = (char *)(uintptr_t)v.p;

	p[0] = (char)tolower((u8)p[0]);
	return p;
}

/* Splits v at the first c; all of it is *before if there is none. */
static bool cut(View v, u8 c, View *before, View *after)
{
	size_t at = view_index(v, 0, c);

	view_sub(v, 0, at, before);
	*after = (View){v.p + v.n, 0};
	return at < v.n && view_sub(v, at + 1, v.n - at - 1, after);
}

static bool path_and_file(const Line *l, PackageFile *f)
{
	return cut(l->args, '=', &f->pkg, &f->file) && f->pkg.n && f->file.n;
}

static void packagefile(const Line *l)
{
	Link *L = l->L;
	PackageFile *f = mem_alloc(&L->mem, sizeof *f);
	bool fresh;

	if (!path_and_file(l, f))
		link_fatalf(L, "%s:%u: invalid packagefile: syntax is "
			   "\"packagefile path=filename\"", l->path, l->line);
	f->file = mem_printf(&L->mem, "%.*s", (int)f->file.n, f->file.p);
	map_put(&L->packagefile, f->pkg, 0, &fresh)->val.p = f;
}

static void packageshlib(const Line *l)
{
	PackageFile f;

	if (!path_and_file(l, &f))
		link_fatalf(l->L, "%s:%u: invalid packageshlib: syntax is "
			   "\"packageshlib path=filename\"", l->path,
			   l->line);
}

static void modinfo(const Line *l)
{
	static const char var[] = "runtime.modinfo=";
	Link *L = l->L;
	u8 *p = mem_alloc(&L->mem, sizeof(var) + l->args.n);
	size_t n = 0;

	memcpy(p, var, sizeof(var) - 1);
	if (!go_unquote(l->args, p + sizeof(var) - 1, &n))
		link_fatalf(L, "%s:%u: invalid modinfo: invalid syntax",
			   l->path, l->line);
	addstrdata1(L, view_of(p, sizeof(var) - 1 + n));
}

static void directive(Line *l, View line)
{
	static const struct {
		const char *verb;
		void (*fn)(const Line *);
	} verbs[] = {
		{"packagefile", packagefile}, {"packageshlib", packageshlib},
		{"modinfo", modinfo},
	};
	View verb;

	cut(line, ' ', &verb, &l->args);
	l->args = trim(l->args);
	for (size_t i = 0; i < NELEM(verbs); i++)
		if (view_is(verb, verbs[i].verb)) {
			verbs[i].fn(l);
			return;
		}
	link_fatalf(l->L, "%s:%u: unknown directive \"%.*s\"", l->path,
		   l->line, (int)verb.n, (const char *)verb.p);
}

void read_importcfg(Link *L, const char *path)
{
	Line l = {.L = L, .path = path};
	File *f = mem_alloc(&L->mem, sizeof *f);
	const char *why = file_open(f, path);
	View rest, line;

	if (why)
		link_fatalf(L, "-importcfg: open %s: %s", path,
			    go_strerror(L, why));
	for (rest = f->bytes; rest.n;) {
		cut(rest, '\n', &line, &rest);
		line = trim(line);
		l.line++;
		if (line.n && line.p[0] != '#')
			directive(&l, line);
	}
}
