/*
 * gofips-obj copy: reads an archive into objects under construction and
 * writes them again. What Go's tools wrote comes out as it went in, which is
 * the test of both halves.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "obj/cmd.h"

typedef struct {
	bool check, rehash;
	const char *to;
	Buf out;	/* the file so far */
	size_t objects, hashes, differ;
	int status;
} CopyCmd;

/* ---- one member ------------------------------------------------------ */

static const char *copy_object(CopyCmd *k, const CmdMember *c, Buf *body)
{
	const Arch *arch = arch_by_name(c->m->header.goarch);
	const char *why;
	Fault f;
	Obj o;

	if (!arch)
		return "an unknown architecture";
	f = obj_load(&o, c->g, c->release, arch);
	if (f.why) {
		obj_free(&o);
		return f.why;
	}
	if (k->rehash) {
		obj_number(&o);
		k->differ += obj_hash(&o, true);
	}
	k->objects++;
	k->hashes += o.list[LIST_HASHED].n + o.list[LIST_HASHED64].n;
	buf_add(body, c->m->header.text);
	why = obj_write(&o, body);
	obj_free(&o);
	return why;
}

static void copy_member(void *arg, const CmdMember *c)
{
	CopyCmd *k = arg;
	Buf body = {0};
	const char *why = NULL;
	View v = c->m->bytes;

	if (k->out.n == 0 && c->m->ar.n)
		archive_begin(&k->out);
	if (c->g) {
		why = copy_object(k, c, &body);
		v = view_of(body.p, body.n);
	}
	if (!why && k->check && !k->rehash && !view_eq(v, c->m->bytes))
		why = "differs when it is written again";
	if (why) {
		cmd_error(c->path, c->m, why, 0);
		k->status = 1;
	}
	if (!k->check)
		archive_copy(&k->out, c->m, v);
	buf_free(&body);
}

/* ---- writing --------------------------------------------------------- */

static int create(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
}

/* Writes what was opened, and closes it. */
static const char *put(int fd, View v)
{
	const char *why = NULL;
	ssize_t n;

	for (size_t at = 0; at < v.n && !why; at += (size_t)n) {
		n = write(fd, v.p + at, v.n - at);
		if (n <= 0)
			why = strerror(n < 0 ? errno : EIO);
	}
	if (close(fd) != 0 && !why)
		why = strerror(errno);
	return why;
}

/* Writes a file just created; it is gone if that fails. */
static const char *fill(int fd, const char *path, View v)
{
	const char *why = put(fd, v);

	if (why)
		unlink(path);
	return why;
}

/* A device or a pipe. */
static bool is_special(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

/* If there is a file already, writes beside it and renames: a failed run
 * leaves neither half a file nor the old one destroyed. A device stays one. */
const char *cmd_write_file(const char *path, View v)
{
	int fd = create(path);
	const char *why = NULL;
	Buf tmp = {0};

	if (fd >= 0 || errno != EEXIST)
		return fd >= 0 ? fill(fd, path, v) : strerror(errno);
	if (is_special(path)) {
		fd = open(path, O_WRONLY | O_CLOEXEC);
		return fd >= 0 ? put(fd, v) : strerror(errno);
	}
	buf_printf(&tmp, "%s.tmp%ld", path, (long)getpid());
	fd = create(tmp.p);
	why = fd >= 0 ? fill(fd, tmp.p, v) : strerror(errno);
	if (!why && rename(tmp.p, path) != 0) {
		why = strerror(errno);
		unlink(tmp.p);
	}
	buf_free(&tmp);
	return why;
}

static const char copy_flags[] =
"\n"
"  -o, --output FILE     where to\n"
"      --check           write nothing: is the copy the same? For any number\n"
"                        of files; 1 if one is not\n"
"      --rehash          compute content hashes anew, and count those that\n"
"                        differ from the ones that were there\n";

static int parse(CopyCmd *k, int argc, char **argv)
{
	static const struct option flags[] = {
		{"output", required_argument, NULL, 'o'},
		{"check", no_argument, NULL, 'c'},
		{"rehash", no_argument, NULL, 'r'},
		{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "o:h", flags, NULL)) != -1)
		switch (c) {
		case 'o': k->to = optarg; break;
		case 'c': k->check = true; break;
		case 'r': k->rehash = true; break;
		case 'h': cmd_help(&cmd_copy, copy_flags); return -1;
		default: return cmd_usage(&cmd_copy, "that is no flag", NULL);
		}
	if (optind == argc)
		return cmd_usage(&cmd_copy, "no file named", NULL);
	if (!k->check && !k->to)
		return cmd_usage(&cmd_copy, "-o is missing", NULL);
	if (!k->check && argc - optind > 1)
		return cmd_usage(&cmd_copy, "more than one file", NULL);
	return 0;
}

static int run_copy(int argc, char **argv)
{
	CopyCmd k = {0};
	const char *why;
	int status = parse(&k, argc, argv);

	if (status)
		return status < 0 ? 0 : status;
	for (int i = optind; i < argc; i++)
		status |= cmd_each(argv[i], copy_member, &k);
	if (!status)
		status = k.status;
	if (k.check)
		printf("%zu objects, %zu content hashes%s", k.objects,
		       k.hashes, k.rehash ? "" : "\n");
	if (k.check && k.rehash)
		printf(", %zu differ\n", k.differ);
	if (!k.check && !status) {
		why = cmd_write_file(k.to, view_of(k.out.p, k.out.n));
		if (why) {
			cmd_error(k.to, NULL, why, 0);
			status = 2;
		}
	}
	buf_free(&k.out);
	return cmd_done(status);
}

const Cmd cmd_copy = {"copy", "-o FILE.a FILE.a | --check FILE...",
	"Reads objects and writes them again, byte for byte the same.",
	run_copy};
