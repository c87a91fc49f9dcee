/*
 * Response files: an argument @FILE stands for the arguments in FILE, which
 * may name further files. The go command uses them when a command line gets
 * too long. Quoting is that of GCC's @file, with CRLF allowed in front of a
 * continued line.
 *
 * cmd/internal/objabi/flag.go: expandArgs, ParseArgs.
 */
#include "link/link.h"

/* A file that names itself would go on for ever. */
enum { MAXFILES = 100, MAXARGS = 1 << 20 };

typedef struct {
	Mem *m;
	char **arg;
	u32 n, cap;
} Args;

static void add(Args *a, char *s)
{
	a->arg = mem_grow(a->m, a->arg, a->n, &a->cap, sizeof *a->arg);
	a->arg[a->n++] = s;
}

/* How many bytes a backslash and newline at s take; 0: there is none. */
static size_t continued(View v, size_t i)
{
	if (i + 1 < v.n && v.p[i + 1] == '\n')
		return 2;
	if (i + 2 < v.n && v.p[i + 1] == '\r' && v.p[i + 2] == '\n')
		return 3;
	return 0;
}

/* Reads what a backslash at i means into *c; the number of bytes read, with
 * *has false if they stand for nothing. */
static size_t escape(View v, size_t i, bool quoted, u8 *c, bool *has)
{
	size_t skip = continued(v, i);

	*has = !skip;
	*c = '\\';
	if (skip)
		return skip;
	if (i + 1 == v.n) {
		*has = quoted;
		return 1;
	}
	if (quoted && !strchr("\\\"$`", v.p[i + 1]))
		return 1;
	*c = v.p[i + 1];
	return 2;
}

static bool blank(u8 c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The next argument at *at, or NULL. It is written to *to, which has room:
 * an argument with its NUL is no longer than its quoted form with a blank. */
static char *next_arg(char **to, View v, size_t *at)
{
	size_t i = *at, n = 0;
	char *s = *to;
	u8 quote = 0;

	while (i < v.n && (blank(v.p[i]) ||
			   (v.p[i] == '\\' && continued(v, i))))
		i += v.p[i] == '\\' ? continued(v, i) : 1;
	if (i == v.n)
		return NULL;
	while (i < v.n && (quote || !blank(v.p[i]))) {
		u8 c = v.p[i];
		bool has = true;

		if (c == '\\' && quote != '\'') {
			i += escape(v, i, quote, &c, &has);
		} else if (quote ? c == quote : c == '"' || c == '\'') {
			quote = quote ? 0 : c;
			has = false;
			i++;
		} else {
			i++;
		}
		if (has)
			s[n++] = (char)c;
	}
	*at = i;
	s[n] = 0;
	*to += n + 1;
	return s;
}

/* Every argument of a file is looked at once more, so the files nest by
 * being put in front of what is left: no recursion. */
const char *expand_args(Mem *m, int *argc, char ***argv)
{
	Args todo = {.m = m}, done = {.m = m};
	int files = 0, i;

	for (i = *argc; i-- > 0;)
		add(&todo, (*argv)[i]);
	while (todo.n) {
		char *s = todo.arg[--todo.n];
		Args in = {.m = m};
		File f;
		size_t at = 0;
		char *arg, *text;

		if (s[0] != '@') {
			add(&done, s);
			continue;
		}
		if (++files > MAXFILES || todo.n > MAXARGS ||
		    file_open(&f, s + 1))
			return s + 1;
		text = mem_alloc(m, f.bytes.n + 2);
		while ((arg = next_arg(&text, f.bytes, &at)))
			add(&in, arg);
		file_close(&f);
		while (in.n)
			add(&todo, in.arg[--in.n]);
	}
	*argc = (int)done.n;
	add(&done, NULL);
	*argv = done.arg;
	return NULL;
}
