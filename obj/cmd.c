/*
 * What the subcommands have in common: opening files, telling what is wrong
 * with them, writing the result.
 */
#include <stdlib.h>

#include "obj/cmd.h"

int cmd_usage(const Cmd *c, const char *what, const char *arg)
{
	fprintf(stderr, "gofips-obj %s: %s%s%s\n"
		"run 'gofips-obj %s --help' for usage\n", c->name, what,
		arg ? " " : "", arg ? arg : "", c->name);
	return 2;
}

int cmd_help(const Cmd *c, const char *flags)
{
	printf("usage: gofips-obj %s %s\n%s\n%s", c->name, c->args, c->what,
	       flags);
	return 0;
}

void cmd_error(const char *path, const Member *m, const char *why, u64 off)
{
	Buf b = {0};

	buf_str(&b, "gofips-obj: ");
	buf_text(&b, view_str(path));
	if (m && m->name.n) {
		buf_str(&b, "(");
		buf_text(&b, m->name);
		buf_str(&b, ")");
	}
	buf_printf(&b, ": %s", why);
	if (off)
		buf_printf(&b, " (at byte %llu)", (unsigned long long)off);
	buf_str(&b, "\n");
	fwrite(b.p, 1, b.n, stderr);
	buf_free(&b);
}

static int one_member(const char *path, View file, const Member *m,
		      void (*fn)(void *, const CmdMember *), void *arg)
{
	CmdMember cm = {path, file, m, NULL, NGO - 1};
	GoObj g;
	Fault f;

	if (m->kind == MEMBER_GOOBJ) {
		if (!release_of(m->header.version, &cm.release)) {
			cmd_error(path, m, "an object of a Go release before "
				  "1.24", 0);
			return 2;
		}
		f = goobj_open(m->obj, &g);
		if (f.why) {
			cmd_error(path, m, f.why, m->obj_off + f.off);
			return 2;
		}
		cm.g = &g;
	}
	fn(arg, &cm);
	return 0;
}

int cmd_each(const char *path, void (*fn)(void *, const CmdMember *),
	     void *arg)
{
	int status = 0;
	File file;
	Archive a;
	Member m;
	Fault f;
	const char *why = file_open(&file, path);

	if (why) {
		cmd_error(path, NULL, why, 0);
		return 2;
	}
	f = archive_open(&a, file.bytes);
	while (!f.why && archive_next(&a, &m, &f))
		status |= one_member(path, file.bytes, &m, fn, arg);
	if (f.why) {
		cmd_error(path, NULL, f.why, f.off);
		status = 2;
	}
	why = file_close(&file);
	if (why) {
		cmd_error(path, NULL, why, 0);
		status = 2;
	}
	return status;
}

void cmd_flush(Buf *b)
{
	fwrite(b->p, 1, b->n, stdout);
	b->n = 0;
}

int cmd_done(int status)
{
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "gofips-obj: cannot write the results\n");
		return 2;
	}
	return status;
}
