/*
 * Messages about what somebody wants linked or assembled. They are counted:
 * the passes go on after a mistake to show more of them, but nobody reads
 * more than a screenful, and the later ones mostly follow from the first.
 */
#include <stdlib.h>

#include "objabi/objabi.h"

/* One write for each message: several threads may find mistakes at once. */
bool diag_verror(Diag *d, const char *fmt, va_list ap)
{
	char *text = NULL;
	u32 n;

	if (vasprintf(&text, fmt, ap) < 0)
		DIE("out of memory");
	fprintf(stderr, "%s%s\n", d->prefix, text);
	free(text);
	n = __atomic_add_fetch(&d->n, 1, __ATOMIC_RELAXED);
	return d->limit == 0 || n <= d->limit;
}

bool diag_error(Diag *d, const char *fmt, ...)
{
	va_list ap;
	bool more;

	va_start(ap, fmt);
	more = diag_verror(d, fmt, ap);
	va_end(ap);
	return more;
}
