/*
 * Instructions through the system's objdump. It is not our code that reads
 * a possibly hostile file there, so it runs only when it was asked for, for
 * a few bytes, and not for long.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check/check.h"

enum {
	BEFORE = 3,	/* lines, the last being the instruction meant */
	AFTER = 3,
	REACH = 64,	/* bytes after it that are asked for */
	SECONDS = 20,
};

/* GNU's knows the architectures that it was built for; LLVM's most. */
static const char *const tools[] = {"objdump", "llvm-objdump"};

static _Noreturn void child(const char *tool, const char *path, u64 start,
			    u64 end, int out)
{
	char from[64], to[64];
	char *argv[] = {
		(char *)(uintptr_t)tool, (char []){"-d"}, from, to,
		(char []){"--"}, (char *)(uintptr_t)path, NULL,
	};
	struct rlimit cpu = {SECONDS, SECONDS};
	int null = open("/dev/null", O_RDWR);

	snprintf(from, sizeof from, "--start-address=0x%llx",
		 (unsigned long long)start);
	snprintf(to, sizeof to, "--stop-address=0x%llx",
		 (unsigned long long)end);
	setrlimit(RLIMIT_CPU, &cpu);
	dup2(null, STDIN_FILENO);
	dup2(null, STDERR_FILENO);
	dup2(out, STDOUT_FILENO);
	execvp(tool, argv);
	_exit(127);
}

static FILE *spawn(const char *tool, const char *path, u64 start, u64 end,
		   pid_t *pid)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) != 0)
		return NULL;
	*pid = fork();
	if (*pid == 0)
		child(tool, path, start, end, fd[1]);
	close(fd[1]);
	if (*pid < 0) {
		close(fd[0]);
		return NULL;
	}
	return fdopen(fd[0], "r");
}

static bool instruction(const char *line, u64 *addr)
{
	char *end;

	errno = 0;
	*addr = strtoull(line, &end, 16);
	return end != line && *end == ':' && errno == 0;
}

static void put_line(const char *line, Buf *out)
{
	size_t n = strcspn(line, "\n");

	buf_str(out, "     ");
	for (size_t i = 0; i < n; i++)
		if (line[i] == '\t')
			buf_str(out, "  ");
		else
			buf_text(out, (View){(const u8 *)line + i, 1});
	buf_str(out, "\n");
}

/* The lines around addr. They come by address; the one with addr in it is
 * the last that does not begin behind it. */
static bool window(FILE *f, u64 addr, Buf *out)
{
	char *last[BEFORE] = {0}, *line = NULL;
	size_t cap = 0;
	unsigned n = 0, after = 0;
	u64 at;

	while (after < AFTER && getline(&line, &cap, f) > 0) {
		if (!instruction(line, &at))
			continue;
		if (at > addr && after++ == 0)
			for (unsigned i = n < BEFORE ? 0 : n - BEFORE; i < n;
			     i++)
				put_line(last[i % BEFORE], out);
		if (after) {
			put_line(line, out);
			continue;
		}
		free(last[n % BEFORE]);
		last[n++ % BEFORE] = line;
		line = NULL;
		cap = 0;
	}
	/* It was the function's last instruction. */
	for (unsigned i = n < BEFORE ? 0 : n - BEFORE; !after && i < n; i++)
		put_line(last[i % BEFORE], out);
	for (unsigned i = 0; i < BEFORE; i++)
		free(last[i]);
	free(line);
	return n || after;
}

static bool run(const char *tool, const char *path, u64 start, u64 end,
		u64 addr, Buf *out)
{
	pid_t pid;
	FILE *f = spawn(tool, path, start, end, &pid);
	bool some;

	if (!f)
		return false;
	some = window(f, addr, out);
	fclose(f);
	kill(pid, SIGKILL);	/* it may have more to say */
	waitpid(pid, NULL, 0);
	return some;
}

void disassemble(const char *path, u64 start, u64 end, u64 addr, Buf *out)
{
	const char *own = getenv("OBJDUMP");

	if (end - addr > REACH)
		end = addr + REACH;
	if (own && own[0]) {
		if (run(own, path, start, end, addr, out))
			return;
	} else {
		for (size_t i = 0; i < NELEM(tools); i++)
			if (run(tools[i], path, start, end, addr, out))
				return;
	}
	buf_str(out, "     (objdump shows nothing here; another one can be "
		"named in OBJDUMP)\n");
}
