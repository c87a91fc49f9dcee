/*
 * --repro DIR: everything that a link depends on, in one directory, so that
 * it can be done again anywhere: the archives, importcfg with their new
 * places, and a script with the flags and the environment. The linker reads
 * nothing else (but for the dynamic linker of a PIE, whose existence it
 * looks at).
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "link/link.h"

static _Noreturn void failed(const Link *L, const char *path)
{
	link_exitf(L, "-repro: %s: %s", path, strerror(errno));
}

static const char *in_dir(Link *L, const char *name)
{
	return (const char *)mem_printf(&L->mem, "%s/%s", L->flag.repro,
					name).p;
}

static void write_file(Link *L, const char *path, View v, mode_t mode)
{
	FILE *f = fopen(path, "wb");

	if (!f || (v.n && fwrite(v.p, 1, v.n, f) != v.n) || fclose(f) != 0)
		failed(L, path);
	chmod(path, mode);
}

/* Copies a file, and returns the name that it has in the directory. */
static const char *copy_file(Link *L, const char *from, u32 nr)
{
	const char *slash = strrchr(from, '/');
	const char *name = (const char *)mem_printf(&L->mem,
		"archives/%u-%s", (unsigned)nr, slash ? slash + 1 : from).p;
	const char *why;
	File f;

	why = file_open(&f, from);
	if (why)
		link_exitf(L, "-repro: %s: %s", from, why);
	write_file(L, in_dir(L, name), f.bytes, 0644);
	file_close(&f);
	return name;
}

/* One line of importcfg, with archives copied. */
static void copy_line(Link *L, Buf *out, View line, u32 nr)
{
	size_t eq = view_index(line, 0, '=');
	View head, path;

	if (!view_prefix(line, "packagefile ") || eq == line.n) {
		buf_add(out, line);
	} else {
		view_sub(line, 0, eq + 1, &head);
		view_sub(line, eq + 1, line.n - eq - 1, &path);
		buf_add(out, head);
		buf_str(out, copy_file(L, (const char *)mem_printf(&L->mem,
			"%.*s", (int)path.n, (const char *)path.p).p, nr));
	}
	buf_str(out, "\n");
}

static void copy_importcfg(Link *L)
{
	size_t at = 0;
	Buf out = {0};
	u32 nr = 1;
	File f;

	if (!L->flag.importcfg || file_open(&f, L->flag.importcfg))
		return;
	while (at < f.bytes.n) {
		size_t end = view_index(f.bytes, at, '\n');
		View line;

		view_sub(f.bytes, at, end - at, &line);
		copy_line(L, &out, line, nr++);
		at = end + 1;
	}
	file_close(&f);
	write_file(L, in_dir(L, "importcfg.link"), view_of(out.p, out.n),
		   0644);
	buf_free(&out);
}

static void quote(Buf *out, const char *s)
{
	buf_str(out, "'");
	for (; *s; s++)
		if (*s == '\'')
			buf_str(out, "'\\''");
		else
			buf_add(out, view_of(s, 1));
	buf_str(out, "'");
}

/* Is it -name, --name, -name=...? */
static bool is_flag(const char *arg, const char *name, bool *joined)
{
	size_t n = strlen(name);

	if (*arg != '-')
		return false;
	arg += 1 + (arg[1] == '-');
	*joined = arg[n] == '=';
	return strncmp(arg, name, n) == 0 && (*joined || !arg[n]);
}

/* The flags as given, but for the places of files. */
static void add_args(Link *L, Buf *out, const char *main_a)
{
	static const struct { const char *flag, *value; } files[] = {
		{"importcfg", "importcfg.link"}, {"o", "a.out"},
		{"repro", NULL},
	};
	char **argv = L->flag.expanded;
	size_t i, k;
	bool joined;

	for (i = 0; argv[i] && argv[i] != L->flag.main; i++) {
		for (k = 0; k < NELEM(files); k++)
			if (is_flag(argv[i], files[k].flag, &joined))
				break;
		if (k == NELEM(files)) {
			buf_str(out, " ");
			quote(out, argv[i]);
			continue;
		}
		if (!joined && argv[i + 1])
			i++;
		if (files[k].value)
			buf_printf(out, " -%s=%s", files[k].flag,
				   files[k].value);
	}
	buf_str(out, " ");
	quote(out, main_a);
	buf_str(out, "\n");
}

static void add_env(Buf *out)
{
	static const char *const names[] = {"GOROOT", "GO_EXTLINK_ENABLED",
		"GOOS", "GOARCH", "GOAMD64", "GOARM64", "GOEXPERIMENT",
		"GO_LDSO"};
	size_t i;

	for (i = 0; i < NELEM(names); i++) {
		const char *v = getenv(names[i]);

		if (!v) {
			buf_printf(out, "unset %s\n", names[i]);
			continue;
		}
		buf_printf(out, "export %s=", names[i]);
		quote(out, v);
		buf_str(out, "\n");
	}
}

void save_repro(Link *L)
{
	const char *main_a;
	Buf out = {0};

	if (!L->flag.repro)
		return;
	if (mkdir(L->flag.repro, 0777) != 0 && errno != EEXIST)
		failed(L, L->flag.repro);
	if (mkdir(in_dir(L, "archives"), 0777) != 0 && errno != EEXIST)
		failed(L, L->flag.repro);
	copy_importcfg(L);
	main_a = copy_file(L, L->flag.main, 0);
	buf_str(&out, "#!/bin/sh\n# Links a.out; LINK='go tool link' to have "
		"Go's linker do it.\ncd \"$(dirname \"$0\")\" || exit\n");
	add_env(&out);
	buf_str(&out, "exec ${LINK:-gofips-link}");
	add_args(L, &out, main_a);
	write_file(L, in_dir(L, "run"), view_of(out.p, out.n), 0755);
	buf_free(&out);
}
