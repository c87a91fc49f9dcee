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
#include <errno.h>
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
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max,
			       unsigned seed);
__attribute__((weak)) size_t LLVMFuzzerMutate(u8 *data, size_t size,
					      size_t max);
const char *__asan_default_options(void);

/* Unless told so, a report ends the child as an error message does. */
const char *__asan_default_options(void)
{
	return "exitcode=99:detect_leaks=0";
}

/* Where clang has put the counters. It declares these names itself, which C
 * must therefore not do; without -fsanitize=fuzzer they are 0. */
__asm__(".data\n"
	".balign 8\n"
	".weak __start___sancov_cntrs\n"
	".weak __stop___sancov_cntrs\n"
	"link_fuzz_counters:\n"
	".quad __start___sancov_cntrs, __stop___sancov_cntrs\n"
	".text\n");
extern uintptr_t link_fuzz_counters[2];

/* All whole pages of them. */
static void share_counters(void)
{
	uintptr_t p = link_fuzz_counters[0] + PAGE - 1;
	uintptr_t end = link_fuzz_counters[1] / PAGE * PAGE;

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

/* libFuzzer takes every end of the process for a crash. */
static void leave(int status, void *arg)
{
	(void)arg;
	_exit(status);
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
	signal(SIGALRM, SIG_DFL);	/* libFuzzer has it */
	alarm(SECONDS);
	on_exit(leave, NULL);
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
		while (pid < 0 || waitpid(pid, &status, 0) != pid)
			if (pid < 0 || errno != EINTR)
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

/* ---- damage that leaves most of an object valid ------------------------ */

typedef struct {
	u8 off, n;
} Field;

static const struct {
	Blk from, to;
	u8 size;
	Field field[7];	/* up to one of no length */
} records[] = {
	{BlkSymdef, BlkNonpkgref, SYM_SIZE, {{0, 8}, {8, 2}, {10, 1},
	 {11, 1}, {12, 1}, {13, 4}, {17, 4}}},
	{BlkRefFlags, BlkRefFlags, REFFLAGS_SIZE, {{0, 8}, {8, 1}, {9, 1}}},
	{BlkHash64, BlkHash64, HASH64_SIZE, {{0, 8}}},
	{BlkHash, BlkHash, HASH_SIZE, {{0, 16}}},
	{BlkRelocIdx, BlkDataIdx, 4, {{0, 4}}},
	{BlkReloc, BlkReloc, RELOC_SIZE, {{0, 4}, {4, 1}, {5, 2}, {7, 8},
	 {15, 4}, {19, 4}, {15, 8}}},
	{BlkAux, BlkAux, AUX_SIZE, {{0, 1}, {1, 4}, {5, 4}, {1, 8}}},
	{BlkData, BlkData, 1, {{0, 1}}},
	{BlkData, BlkData, 4, {{0, 4}}},
};

static u32 pick(u32 *rnd, u32 n)
{
	*rnd ^= *rnd << 13;
	*rnd ^= *rnd >> 17;
	*rnd ^= *rnd << 5;
	return n ? *rnd % n : 0;
}

/* One of the objects among the bytes. */
static bool pick_object(View v, u32 *rnd, GoObj *o, size_t *at)
{
	size_t found[MAXFILES], off = 0;
	u32 n = 0, end;

	for (; n < MAXFILES; off++) {
		off = view_find(v, off, view_of(GOOBJ_MAGIC, 8), 1);
		if (!view_has(v, off, GOOBJ_HEADER))
			break;
		found[n++] = off;
	}
	if (n == 0)
		return false;
	*at = found[pick(rnd, n)];
	end = ld32(v.p + *at + 20 + 4 * BlkEnd, false);
	return view_sub(v, *at, end, &v) && !goobj_begin(v, o).why;
}

static void change(u8 *p, Field f, u32 *rnd)
{
	static const u32 value[] = {
		0, 1, 2, 8, 64, 127, 255, 4096, 65536, 1 << 24, 1 << 30,
		0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff,
	};
	u32 x = 0, how = pick(rnd, 3);

	for (unsigned i = 0; i < f.n && i < 4; i++)
		x |= (u32)p[i] << 8 * i;
	if (how == 0)
		x = value[pick(rnd, NELEM(value))];
	else if (how == 1)
		x += pick(rnd, 33) - 16;
	else
		x ^= 1u << pick(rnd, f.n < 4 ? 8u * f.n : 32);
	for (unsigned i = 0; i < f.n && i < 4; i++)
		p[i] = (u8)(x >> 8 * i);
}

/* Changes a field of a record, or copies it from another one. */
static bool damage(u8 *data, size_t size, u32 *rnd)
{
	u32 k = pick(rnd, NELEM(records)), b, n, nfield = 0;
	GoObj o;
	size_t at;
	u8 *p;
	const u8 *q;
	Field f;

	if (!pick_object(view_of(data, size), rnd, &o, &at))
		return false;
	b = records[k].from + pick(rnd, records[k].to - records[k].from + 1u);
	n = (o.blk[b + 1] - o.blk[b]) / records[k].size;
	if (n == 0)
		return false;
	while (nfield < 7 && records[k].field[nfield].n)
		nfield++;
	f = records[k].field[pick(rnd, nfield)];
	p = data + at + o.blk[b] + f.off;
	q = p + (size_t)pick(rnd, n) * records[k].size;
	p += (size_t)pick(rnd, n) * records[k].size;
	if (p != q && pick(rnd, 2))
		memcpy(p, q, f.n);
	else
		change(p, f, rnd);
	return true;
}

size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max,
			       unsigned seed)
{
	u32 rnd = seed | 1, n = 1 + pick(&rnd, 4);
	bool done = false;

	while (n-- > 0 && pick(&rnd, 16))
		done |= damage(data, size, &rnd);
	return done ? size : LLVMFuzzerMutate(data, size, max);
}
