/*
 * The drop-in: `go build -toolexec=gofips-link` runs every tool as
 * `gofips-link /path/of/TOOL args`. The linker is what we are; every other
 * tool is started at once, unchanged. Words in front of the tool's path are
 * another -toolexec program, which is started in its place
 * (-toolexec='gofips-link gofips-obj toolexec').
 *
 * The go command asks each tool for -V=full and makes that line a part of
 * its cache's keys and of build IDs; so the real linker answers, and what we
 * link keeps the build ID that it would have had. Who wants links of ours to
 * be cached apart sets GOFIPS_LINK_TAG=1.
 *
 * What we cannot link goes to the real linker, whose path we were given.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "link/link.h"

static const char *base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The programs in $GOROOT/pkg/tool that builds run. */
static bool is_tool(const char *arg)
{
	static const char *const tools[] = {"addr2line", "asm", "buildid",
		"cgo", "compile", "covdata", "cover", "fix", "link",
		"objdump", "pack", "pprof", "preprofile", "test2json",
		"trace", "vet"};
	struct stat st;
	size_t i;

	for (i = 0; i < NELEM(tools); i++)
		if (strcmp(base(arg), tools[i]) == 0)
			return strchr(arg, '/') && access(arg, X_OK) == 0 &&
				stat(arg, &st) == 0 && S_ISREG(st.st_mode);
	return false;
}

static _Noreturn void run(char **argv)
{
	execvp(argv[0], argv);
	fprintf(stderr, "gofips-link: %s: %s\n", argv[0], strerror(errno));
	exit(2);
}

/* The real linker's answer, with our name behind the version. */
static _Noreturn void tagged_version(char **argv)
{
	char line[256];
	ssize_t n = 0, got;
	int fd[2], status;
	pid_t pid;

	if (pipe(fd) != 0 || (pid = fork()) < 0) {
		fprintf(stderr, "gofips-link: %s\n", strerror(errno));
		exit(2);
	}
	if (pid == 0) {
		dup2(fd[1], 1);
		close(fd[0]);
		close(fd[1]);
		run(argv);
	}
	close(fd[1]);
	while (n < (ssize_t)sizeof line - 1 &&
	       (got = read(fd[0], line + n, sizeof line - 1 - (size_t)n)) > 0)
		n += got;
	waitpid(pid, &status, 0);
	line[n] = 0;
	line[strcspn(line, "\n")] = 0;
	printf("%s gofips-link-%s\n", line, GOFIPS_VERSION);
	exit(WIFEXITED(status) ? WEXITSTATUS(status) : 2);
}

void toolexec(Link *L, int *argc, char ***argv)
{
	char **v = *argv;
	const char *tag = getenv("GOFIPS_LINK_TAG");
	int i = 1;

	/* The tool comes first, or behind the words of another program. */
	while (i < *argc && v[i][0] != '-' && v[i][0] != '@' && !is_tool(v[i]))
		i++;
	if (i >= *argc || !is_tool(v[i]))
		return;
	if (strcmp(base(v[i]), "link") != 0)
		run(v + 1);
	if (i + 1 < *argc && strncmp(v[i + 1], "-V", 2) == 0) {
		if (tag && strcmp(tag, "1") == 0)
			tagged_version(v + i);
		run(v + i);
	}
	L->flag.real = v[i];
	*argc -= i;
	*argv += i;
}

/* Nothing has been written yet, whatever pass we are in. */
void hand_over(const Link *L, const char *fmt, ...)
{
	const Flags *f = &L->flag;
	char *what, **argv;
	va_list ap;
	size_t n = 0;

	va_start(ap, fmt);
	if (vasprintf(&what, fmt, ap) < 0)
		DIE("out of memory");
	va_end(ap);
	if (f->strict || !f->real) {
		fprintf(stderr, "gofips-link: unsupported: %s%s\n", what,
			f->real ? "" :
			"; use -toolexec or set GOFIPS_LINK_REAL");
		exit(2);
	}
	if (!f->quiet)
		fprintf(stderr, "gofips-link: %s: left to %s\n", what,
			f->real);
	while (f->args[n])
		n++;
	argv = calloc(n + 2, sizeof *argv);
	if (!argv)
		DIE("out of memory");
	argv[0] = (char *)(uintptr_t)f->real;
	memcpy(argv + 1, f->args, n * sizeof *argv);
	run(argv);
}
