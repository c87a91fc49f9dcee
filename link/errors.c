/*
 * Errors as cmd/link reports them. There are four kinds, which scripts know
 * by their looks: those of a symbol or of the whole, counted, and the run
 * ends with status 2 at the next checkpoint or after 20 of them; Exitf, with
 * the program's name in front, status 2; log.Fatalf, with "link: " in front,
 * status 1. Nothing of the output has been written by then, but an older one
 * is removed, as cmd/link does it: what is there has always been linked.
 *
 * cmd/link/internal/ld/util.go, errors.go.
 */
#include <stdlib.h>
#include <unistd.h>

#include "link/link.h"

static void too_many(Link *L)
{
	if (!L->flag.all_errors)
		link_exitf(L, "too many errors");
}

void link_errorf(Link *L, const char *fmt, ...)
{
	va_list ap;
	bool more;

	va_start(ap, fmt);
	more = diag_verror(&L->diag, fmt, ap);
	va_end(ap);
	if (!more)
		too_many(L);
}

void sym_errorf(Link *L, Sym s, const char *fmt, ...)
{
	View name = sym_name(L, s);
	va_list ap;
	char *text;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		DIE("out of memory");
	va_end(ap);
	if (name.n)
		link_errorf(L, "%.*s: %s", (int)name.n, (const char *)name.p,
			    text);
	else
		link_errorf(L, "sym %u: %s", (unsigned)s, text);
	free(text);
}

__attribute__((format(printf, 4, 0)))
static _Noreturn void quit(const char *prefix, const char *sep, int status,
			   const char *fmt, va_list ap)
{
	char *text;

	if (vasprintf(&text, fmt, ap) < 0)
		DIE("out of memory");
	/* Of several threads that find something, the first one speaks for
	 * all: the lock is not given back. Nor is it exit's job to end them. */
	flockfile(stderr);
	fprintf(stderr, "%s%s%s\n", prefix, sep, text);
	fflush(stdout);
	_exit(status);
}

void link_exitf(const Link *L, const char *fmt, ...)
{
	va_list ap;

	out_remove(L);
	va_start(ap, fmt);
	quit(L->flag.argv0, ": ", 2, fmt, ap);
}

void link_fatalf(const Link *L, const char *fmt, ...)
{
	va_list ap;

	out_remove(L);
	va_start(ap, fmt);
	quit("link", ": ", 1, fmt, ap);
}

void exit_if_errors(Link *L)
{
	if (!__atomic_load_n(&L->diag.n, __ATOMIC_RELAXED))
		return;
	out_remove(L);
	fflush(NULL);
	_exit(2);
}

/* Go's linker would crash here: it trusts its compiler. */
void bad_symref(const Link *L, const LObj *o, SymRef ref)
{
	u16 abi;
	const char *name = ref.pkg == PkgIdxBuiltin
		? builtin_name(L->release, ref.sym, &abi) : NULL;

	if (name)
		link_fatalf(L, "reference to undefined builtin \"%s\" from "
			   "package \"%.*s\"", name, (int)o->lib->pkg.n,
			   (const char *)o->lib->pkg.p);
	link_exitf(L, "%s(%.*s): reference to symbol %u of package number "
		   "%u, which is not among the inputs: rebuild the archive",
		   o->path, (int)o->member.n, (const char *)o->member.p,
		   (unsigned)ref.sym, (unsigned)ref.pkg);
}
