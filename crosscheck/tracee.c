/*
 * Runs a program under ptrace for crosscheck/compare: stops it right after
 * exec, or, with "run" as first argument, when it is about to exit and all
 * its memory is still there. Prints its process id. Then each line "ADDRESS
 * BYTE" of the input (both hex) is written into it, and answered by "done";
 * the end of the input kills it.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static int fail(const char *what)
{
	perror(what);
	return 1;
}

/* Until it is about to exit; signals are passed on. */
static int run(pid_t pid)
{
	int st;
	long sig = 0;

	if (ptrace(PTRACE_SETOPTIONS, pid, NULL,
		   PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL) != 0)
		return fail("PTRACE_SETOPTIONS");
	for (;;) {
		if (ptrace(PTRACE_CONT, pid, NULL, sig) != 0)
			return fail("PTRACE_CONT");
		if (waitpid(pid, &st, 0) != pid || !WIFSTOPPED(st))
			return fail("waitpid");
		if (st >> 8 == (SIGTRAP | PTRACE_EVENT_EXIT << 8))
			return 0;
		sig = WSTOPSIG(st);
	}
}

static int poke(pid_t pid, unsigned long addr, unsigned byte)
{
	unsigned long at = addr & ~(sizeof(long) - 1);
	long word;

	errno = 0;
	word = ptrace(PTRACE_PEEKDATA, pid, (void *)at, NULL);
	if (errno)
		return fail("PTRACE_PEEKDATA");
	((unsigned char *)&word)[addr - at] = (unsigned char)byte;
	if (ptrace(PTRACE_POKEDATA, pid, (void *)at, word) != 0)
		return fail("PTRACE_POKEDATA");
	puts("done");
	fflush(stdout);
	return 0;
}

int main(int argc, char **argv)
{
	int running = argc > 2 && strcmp(argv[1], "run") == 0, st;
	char **prog = argv + 1 + running;
	unsigned long addr;
	unsigned byte;
	pid_t pid = fork();

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execv(prog[0], prog);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &st, 0) != pid || !WIFSTOPPED(st))
		return fail(prog[0]);
	if (running && run(pid) != 0)
		return 1;
	printf("%d\n", (int)pid);
	fflush(stdout);
	while (scanf("%lx %x", &addr, &byte) == 2)
		if (poke(pid, addr, byte) != 0)
			break;
	/* One that is exiting already only waits to be let go. */
	kill(pid, SIGKILL);
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
	waitpid(pid, &st, 0);
	return 0;
}
