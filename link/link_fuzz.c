/*
 * A program of damaged objects: it is refused with a message, or linked.
 *
 * The input is a few files, each as length of its name u8, name, size u32,
 * bytes; the name is a package's import path, and the first is the program.
 * They become files in memory that a child links, since errors end a run.
 * What it must not do is to end otherwise, or not at all.
 *
 * The counters by which libFuzzer sees what is new are shared with the child.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define main link_main
int link_main(int argc, char **argv);
#include "link/main.c"
#undef main

enum { MAXFILES = 8, PATH = 32, SECONDS = 20, PAGE = 4096 };

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

extern char __start___sancov_cntrs[] __attribute__((weak));
extern char __stop___sancov_cntrs[] __attribute__((weak));

/* All whole pages of them. */
static void share_counters(void)
{
	uintptr_t p = (uintptr_t)__start___sancov_cntrs + PAGE - 1;
	uintptr_t end = (uintptr_t)__stop___sancov_cntrs / PAGE * PAGE;

	p = p / PAGE * PAGE;
	if (p < end && mmap((void *)p, end - p, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
	    MAP_FAILED)
		abort();
}

static int memory_file(char path[PATH], View v)
{
	int fd = memfd_create("link_fuzz", 0);

	if (fd < 0 || (v.n && write(fd, v.p, v.n) != (ssize_t)v.n))
		abort();
	snprintf(path, PATH, "/proc/self/fd/%d", fd);
	return fd;
}

static void limit(__rlimit_resource_t what, rlim_t n)
{
	struct rlimit r = {n, n};

	setrlimit(what, &r);
}

static _Noreturn void link_files(const char *cfg, const char *program,
				 const char *out, int says, size_t size)
{
	static const char *const mode[] = {
		"-s -w", "-compressdwarf=false", "-s -buildmode=pie", "-w",
	};
	char text[256], *argv[16], *rest = NULL;
	int argc = 0;

	snprintf(text, sizeof text, "link_fuzz -importcfg %s -o %s %s "
		 "--threads=1 %s", cfg, out, mode[size % NELEM(mode)],
		 program);
	while ((argv[argc] = strtok_r(argc ? NULL : text, " ", &rest)))
		argc++;
	limit(RLIMIT_FSIZE, 64 << 20);
	limit(RLIMIT_CORE, 0);
	alarm(SECONDS);
	setenv("GOFIPS_LINK_STRICT", "1", 1);
	dup2(says, STDOUT_FILENO);
	dup2(says, STDERR_FILENO);
	_exit(link_main(argc, argv));
}

static void judge(int status, int says)
{
	char text[4096];
	ssize_t n;
	off_t at = 0;

	if (WIFEXITED(status) && WEXITSTATUS(status) <= 2)
		return;
	while ((n = pread(says, text, sizeof text, at)) > 0) {
		fwrite(text, 1, (size_t)n, stderr);
		at += n;
	}
	fprintf(stderr, "link_fuzz: the linker ended with status %#x\n",
		(unsigned)status);
	abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static bool shared;
	Cursor c = cursor(view_of(data, size), false);
	char path[MAXFILES][PATH], cfgpath[PATH], out[PATH], said[PATH];
	int fd[MAXFILES], own[3], n = 0, status;
	Buf cfg = {0};
	pid_t pid;

	if (!shared)
		share_counters();
	shared = true;
	while (n < MAXFILES && c.off < size) {
		View name = cur_bytes(&c, cur_u8(&c));
		View file = cur_bytes(&c, cur_u32(&c));

		if (c.err || memchr(name.p, '\n', name.n))
			break;
		fd[n] = memory_file(path[n], file);
		buf_printf(&cfg, "packagefile %.*s=%s\n", (int)name.n,
			   (const char *)name.p, path[n]);
		n++;
	}
	if (n > 0) {
		own[0] = memory_file(cfgpath, view_of(cfg.p, cfg.n));
		own[1] = memory_file(out, view_of("", 0));
		own[2] = memory_file(said, view_of("", 0));
		pid = fork();
		if (pid == 0)
			link_files(cfgpath, path[0], out, own[2], size);
		if (pid < 0 || waitpid(pid, &status, 0) != pid)
			abort();
		judge(status, own[2]);
		for (size_t i = 0; i < NELEM(own); i++)
			close(own[i]);
	}
	while (n-- > 0)
		close(fd[n]);
	buf_free(&cfg);
	return 0;
}
