/*
 * Errors as cmd/link reports them: "link: " in front (Go's log prefix), the
 * symbol's name where there is one, status 2 at the next checkpoint, and an
 * end after 20. The output is only written when everything went well, so
 * there is nothing to clean up.
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
	Buf b = {0};
	va_list ap;
	char *text;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		DIE("out of memory");
	va_end(ap);
	if (s) {
		buf_add(&b, name);
		buf_str(&b, ": ");
	}
	buf_str(&b, text);
	free(text);
	link_errorf(L, "%.*s", (int)b.n, b.p);
	buf_free(&b);
}

void link_exitf(const Link *L, const char *fmt, ...)
{
	Diag d = {.prefix = L->diag.prefix};
	va_list ap;

	va_start(ap, fmt);
	diag_verror(&d, fmt, ap);
	va_end(ap);
	exit(2);
}

void exit_if_errors(Link *L)
{
	if (__atomic_load_n(&L->diag.n, __ATOMIC_RELAXED))
		exit(2);
}

/* Go's linker would crash here: it trusts its compiler. */
void bad_symref(const Link *L, const LObj *o, SymRef ref)
{
	u16 abi;
	const char *name = ref.pkg == PkgIdxBuiltin
		? builtin_name(L->release, ref.sym, &abi) : NULL;

	if (name)
		link_exitf(L, "reference to undefined builtin \"%s\" from "
			   "package \"%.*s\"", name, (int)o->lib->pkg.n,
			   (const char *)o->lib->pkg.p);
	link_exitf(L, "%s(%.*s): reference to symbol %u of package number "
		   "%u, which is not among the inputs: rebuild the archive",
		   o->path, (int)o->member.n, (const char *)o->member.p,
		   (unsigned)ref.sym, (unsigned)ref.pkg);
}
