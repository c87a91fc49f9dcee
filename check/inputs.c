/*
 * What is to be checked: files named, lists of names, and directories,
 * walked as `go version` walks them: every regular file below, symbolic
 * links to regular files, nothing else.
 */
#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "check/check.h"

static void add(Inputs *in, const char *path, bool named,
		const struct stat *st, bool symlink)
{
	if (in->n == in->cap) {
		in->cap = in->cap ? 2 * in->cap : 64;
		in->v = xrealloc(in->v, in->cap * sizeof *in->v);
	}
	in->v[in->n++] = (Input){
		.path = arena_str(&in->arena, view_str(path)),
		.named = named, .symlink = symlink,
		.dev = st ? (u64)st->st_dev : 0,
		.ino = st ? (u64)st->st_ino : 0,
	};
}

static void remark(const Inputs *in, const char *path, const char *what)
{
	Buf b = {0};

	buf_text(&b, view_str(path));
	if (!in->silent)
		fprintf(stderr, "gofips-check: %.*s: %s\n", (int)b.n, b.p,
			what);
	buf_free(&b);
}

static void complain(Inputs *in, const char *path, int err)
{
	remark(in, path, strerror(err));
	in->errors++;
}

static void walk_entry(Inputs *in, FTSENT *e, bool verbose)
{
	struct stat st;

	switch (e->fts_info) {
	case FTS_F:
		add(in, e->fts_path, false, e->fts_statp, false);
		break;
	case FTS_SL:
		if (stat(e->fts_path, &st) == 0 && S_ISREG(st.st_mode)) {
			add(in, e->fts_path, false, &st, true);
			break;
		}
		/* fall through */
	case FTS_DEFAULT:
		if (verbose)
			remark(in, e->fts_path, "skipped: not a regular file");
		break;
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		complain(in, e->fts_path, e->fts_errno);
		break;
	}
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void walk(Inputs *in, const char *dir, bool verbose)
{
	char *name = arena_str(&in->arena, view_str(dir));
	/* A named link to a directory is followed, links below are not. */
	char *roots[] = {name, NULL};
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR,
			    by_name);
	FTSENT *e;

	if (!fts) {
		complain(in, dir, errno);
		return;
	}
	for (errno = 0; (e = fts_read(fts)); errno = 0)
		walk_entry(in, e, verbose);
	if (errno)
		complain(in, dir, errno);
	fts_close(fts);
}

void inputs_add(Inputs *in, const char *path, bool verbose)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		walk(in, path, verbose);
	else
		add(in, path, true, NULL, false);
}

enum { LONGEST = 1 << 16 };	/* with NUL: much more than a path may have */

/* The next name, which ends with end or the file. false: there is none, or
 * *why says what is wrong. */
static bool next_name(FILE *f, int end, char name[LONGEST], const char **why)
{
	size_t n = 0;
	int c = EOF;

	while (!*why && (c = getc(f)) != EOF && c != end) {
		/* The names behind it would be forgotten. */
		if (c == 0)
			*why = "a name has a NUL in it: is -0 missing?";
		else if (n == LONGEST - 1)
			*why = "a name is too long to be one";
		else
			name[n++] = (char)c;
	}
	name[n] = 0;
	if (ferror(f))
		*why = strerror(errno);
	return !*why && (n > 0 || c != EOF);
}

const char *inputs_from(Inputs *in, const char *file, bool zero, bool verbose)
{
	FILE *f = strcmp(file, "-") == 0 ? stdin : fopen(file, "r");
	const char *why = NULL;
	char name[LONGEST];

	if (!f)
		return strerror(errno);
	while (next_name(f, zero ? 0 : '\n', name, &why))
		if (name[0])
			inputs_add(in, name, verbose);
		else if (zero)	/* else an empty line */
			why = "a name is empty";
	if (f != stdin)
		fclose(f);
	return why;
}

/* Files before links to them, and the first link before the others. */
static int by_inode(const void *a, const void *b)
{
	const Input *x = *(Input *const *)a, *y = *(Input *const *)b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	if (x->symlink != y->symlink)
		return x->symlink ? 1 : -1;
	return x < y ? -1 : x > y;
}

void inputs_once(Inputs *in)
{
	Input **p = arena_alloc(&in->arena, (in->n + 1) * sizeof *p);
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < in->n; i++)
		if (!in->v[i].named)
			p[n++] = &in->v[i];
	qsort(p, n, sizeof *p, by_inode);
	for (size_t i = 1; i < n; i++)
		if (p[i]->symlink && p[i]->dev == p[i - 1]->dev &&
		    p[i]->ino == p[i - 1]->ino)
			p[i]->path = NULL;
	for (size_t i = 0; i < in->n; i++)
		if (in->v[i].path)
			in->v[kept++] = in->v[i];
	in->n = kept;
}
