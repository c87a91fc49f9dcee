/*
 * gofips-obj toolexec: go build -toolexec='gofips-obj toolexec' has our
 * assembler take the files that it can, and the real one the rest.
 *
 * go runs us in front of every tool. Only the assembler's proper work is
 * tried here; asked for its version it must answer itself, since that is
 * how go tells one toolchain from another. Whatever we refuse, the real
 * assembler gets, and says what is wrong with it if something is; but for
 * what is wrong while symbols are bisected, which it knows nothing of.
 *
 * GOFIPS_OBJ_LOG names a file to which each call adds a line:
 *     ours x.s        theirs x.s: why
 *
 * Source: runTool in cmd/go/internal/work
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "obj/asmcfg.h"
#include "obj/cmd.h"

static void note(const char *who, const char *file, View why)
{
	const char *log = getenv("GOFIPS_OBJ_LOG");
	Buf b = {0};
	int fd;

	if (!log || !*log)
		return;
	buf_printf(&b, "%s ", who);
	buf_text(&b, view_str(file));
	if (why.n) {
		buf_str(&b, ": ");
		buf_text(&b, why);
	}
	buf_str(&b, "\n");
	fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
	if (fd >= 0 && write(fd, b.p, b.n) < 0)
		fprintf(stderr, "gofips-obj toolexec: %s: %s\n", log,
			strerror(errno));
	if (fd >= 0)
		close(fd);
	buf_free(&b);
}

static bool is_asm(const char *tool)
{
	const char *base = strrchr(tool, '/');

	base = base ? base + 1 : tool;
	return strcmp(base, "asm") == 0 || strcmp(base, "asm.exe") == 0;
}

static bool asks_version(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], "-V", 2) == 0)
			return true;
	return argc < 2;
}

/* The GOROOT that a tool is part of: $GOROOT/pkg/tool/linux_amd64/asm. */
static char *root_of(const char *tool, Arena *a)
{
	View v = view_str(tool);

	for (int up = 0; up < 4; up++)
		while (v.n > 0 && v.p[--v.n] != '/')
			;
	return arena_str(a, v);
}

/* As asm_quietly. */
static int try_ours(int argc, char **argv)
{
	const char *root = getenv("GOROOT");
	Arena a = {0};
	Buf why = {0};
	int status;

	if (!root || !*root)
		root = root_of(argv[0], &a);
	status = asm_quietly(argc, argv, root, &why);
	note(status < 0 ? "theirs" : "ours", argv[argc - 1],
	     view_of(why.p, why.n));
	buf_free(&why);
	arena_free(&a);
	return status;
}

static int run_toolexec(int argc, char **argv)
{
	int status = -1;

	if (argc < 2)
		return cmd_usage(&cmd_toolexec, "a tool expected", NULL);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return cmd_help(&cmd_toolexec, "");
	if (is_asm(argv[1]) && !asks_version(argc - 1, argv + 1))
		status = try_ours(argc - 1, argv + 1);
	if (status >= 0)
		return cmd_done(status);
	execvp(argv[1], argv + 1);
	fprintf(stderr, "gofips-obj toolexec: %s: %s\n", argv[1],
		strerror(errno));
	return 2;
}

const Cmd cmd_toolexec = {"toolexec", "TOOL ARGUMENTS...",
	"For go build -toolexec: assembles what it can.", run_toolexec};
