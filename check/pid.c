/*
 * gofips-check --pid: the module in the memory of a running process.
 *
 * A program checks itself once, when it starts. Later a debugger, a tracer
 * or an agent may have planted breakpoints and hooks in it. Here the ranges
 * are read from /proc/PID/mem and compared with the file that the process
 * was started from: /proc/PID/exe leads to it even if its name is gone or
 * belongs to another file by now.
 *
 * Where the file was loaded is found out with /proc/PID/maps: a mapping of
 * the file at some offset, and the segment that lies at this offset, give a
 * base. It is right if go:fipsinfo is there and its self pointer says so.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check/check.h"

enum {
	MAXMAPS = 1 << 20,	/* lines looked at; a process has 65,530 */
	MAXTRY = 4096,		/* bases */
	PATH = 64,		/* bytes of /proc/PID/NAME */
};

typedef struct {
	char pid[24], exe[PATH];
	Target t;
	int mem;
	u64 bias;
	bool found;
	int tries;
} Proc;

static void complain(const Proc *p, const char *what, const char *why)
{
	fprintf(stderr, "gofips-check: process %s: %s: %s\n", p->pid, what,
		why);
}

/* Why another process's memory may be closed to us, with the setting that
 * most often is the reason. */
static void refused(const Proc *p, const char *what, int err)
{
	static const char path[] = "/proc/sys/kernel/yama/ptrace_scope";
	FILE *f;
	int scope = -1;

	complain(p, what, err == ENOENT ? "there is no such process" :
		 strerror(err));
	if (err != EPERM && err != EACCES)
		return;
	f = fopen(path, "re");
	if (f && fscanf(f, "%d", &scope) != 1)
		scope = -1;
	if (f)
		fclose(f);
	fputs("It takes the right to trace the process: be its owner or "
	      "root (CAP_SYS_PTRACE)", stderr);
	if (scope > 0)
		fprintf(stderr, ";\n%s is %d: %s", path, scope, scope == 1 ?
			"only a parent or root may trace" : scope == 2 ?
			"only root may trace" : "nobody may trace");
	else
		fprintf(stderr, ",\nand %s must allow it", path);
	fputs("\n", stderr);
}

/* /proc/PID/mem takes addresses as offsets; those over 2^63 as negative
 * ones, which pread refuses. No process has any. */
static bool mem_read(const Proc *p, u64 addr, u8 *dst, size_t n)
{
	while (n > 0) {
		ssize_t got;

		if (addr > INT64_MAX) {
			errno = EFAULT;
			return false;
		}
		got = pread(p->mem, dst, n, (off_t)addr);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			if (got == 0)
				errno = ESRCH;	/* its memory is gone */
			return false;
		}
		dst += got;
		addr += (u64)got;
		n -= (size_t)got;
	}
	return true;
}

/* ---- where it was loaded ------------------------------------------- */

/* Is go:fipsinfo at this place? A position independent program that has
 * not begun to run yet, as a tracer sees it, has the file's words. */
static bool is_info(const Proc *p, u64 bias, bool started)
{
	const Fipsinfo *info = &p->t.info;
	const Image *img = &p->t.img;
	u8 got[FIPS_MAXSIZE];
	View want;

	if (!mem_read(p, info->addr + bias, got, info->size))
		return false;
	if (!started)
		return view_sub(p->t.bytes, info->off, info->size, &want) &&
			view_eq(want, view_of(got, info->size));
	return memcmp(got, fips_magic, FIPS_MAGIC_SIZE) == 0 &&
		ldptr(got + FIPS_MAGIC_SIZE + SHA256_SIZE, img->ptrsize,
		      img->big) == info->addr + bias;
}

typedef struct {
	u64 start, len, off, ino;
	bool writable;
} Mapping;

/* Not the device: btrfs and overlays show another one than stat does. */
static bool parse_mapping(const char *line, Mapping *m)
{
	unsigned long long start, end, off, ino;
	char perm[5];

	if (sscanf(line, "%llx-%llx %4s %llx %*x:%*x %llu", &start, &end,
		   perm, &off, &ino) != 5 || end < start)
		return false;
	*m = (Mapping){start, end - start, off, ino, perm[1] == 'w'};
	return true;
}

/* Mappings begin at pages, segments need not; and a page may be mapped for
 * two segments, which is why a base has to prove itself. */
static void try_mapping(Proc *p, const Mapping *m, bool started)
{
	const Image *img = &p->t.img;

	/* The bytes of the file are elsewhere too, go:fipsinfo is not. */
	if (!started && !m->writable)
		return;
	for (int i = 0; i < img->nseg && !p->found; i++) {
		const Segment *s = &img->seg[i];
		u64 addr = s->addr + (m->off - s->off);

		if (m->off + m->len <= s->off ||
		    m->off >= s->off + s->data.n || p->tries++ >= MAXTRY)
			continue;
		p->bias = m->start - addr;
		p->found = is_info(p, p->bias, started);
	}
}

static bool try_maps(Proc *p, bool started)
{
	char path[PATH], *line = NULL;
	size_t cap = 0;
	Mapping m;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%s/maps", p->pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	for (int i = 0; i < MAXMAPS && !p->found &&
	     getline(&line, &cap, f) > 0; i++)
		if (parse_mapping(line, &m) && m.ino == p->t.file.ino)
			try_mapping(p, &m, started);
	free(line);
	fclose(f);
	return true;
}

/* ---- comparing ----------------------------------------------------- */

static bool read_ranges(Proc *p, Side *mem, Arena *arena)
{
	for (int i = 0; i < FIPS_NRANGE; i++) {
		Span r = p->t.info.range[i];
		size_t n = p->t.info.bytes[i].n;
		u8 *dst = arena_alloc(arena, n);

		if (!mem_read(p, r.start + p->bias, dst, n))
			return false;
		mem->range[i] = view_of(dst, n);
	}
	return true;
}

static void put_exe(const Proc *p, Buf *out)
{
	char name[4096];
	ssize_t n = readlink(p->exe, name, sizeof name);
	struct stat st;
	View v = view_of(name, n > 0 ? (size_t)n : 0);
	bool gone = view_suffix(v, " (deleted)");

	buf_printf(out, "process %s: ", p->pid);
	buf_text(out, v);
	if (n > 0 && (size_t)n < sizeof name) {
		name[n] = 0;
		if (gone)
			name[n - 10] = 0;
		if (gone && stat(name, &st) == 0)
			buf_str(out, "; another file has that name now");
	}
	if (p->bias) {
		char hex[64];

		snprintf(hex, sizeof hex, ", loaded at +0x%llx",
			 (unsigned long long)p->bias);
		buf_str(out, hex);
	}
	buf_str(out, "\n");
}

static bool all_same(const Diff *d, const Side *file, const Side *mem)
{
	u8 sum[SHA256_SIZE];

	fips_sum(mem->range, sum);
	return !d->any && memcmp(sum, file->info->stored, sizeof sum) == 0;
}

static int report(Proc *p, const DiffStyle *style, Buf *out)
{
	Arena arena = {0};
	Side file, mem = {.label = "the process", .memory = true,
			  .bias = p->bias};
	Diff d;
	int status = 2;

	side_open(&file, &p->t);
	side_of_image(&mem, &p->t.img, &p->t.info);
	if (read_ranges(p, &mem, &arena)) {
		compare(&d, &file, &mem);
		put_exe(p, out);
		if (d.any) {
			diff_text(&d, &file, &mem, style, out);
		} else {
			diff_summary(&file, 'A', out);
			buf_str(out, "the module in memory is that of the "
				"file\n");
		}
		status = !all_same(&d, &file, &mem);
		diff_free(&d);
	} else {
		refused(p, "its memory cannot be read", errno);
	}
	side_close(&file);
	side_close(&mem);
	arena_free(&arena);
	return status;
}

static bool open_proc(Proc *p)
{
	char path[PATH];
	struct stat st;

	p->mem = -1;
	snprintf(p->exe, sizeof p->exe, "/proc/%s/exe", p->pid);
	if (stat(p->exe, &st) != 0) {
		refused(p, "its executable cannot be opened", errno);
		return false;
	}
	if (!target_open(&p->t, p->exe, NULL))
		return false;
	snprintf(path, sizeof path, "/proc/%s/mem", p->pid);
	p->mem = open(path, O_RDONLY | O_CLOEXEC);
	if (p->mem < 0) {
		refused(p, "its memory cannot be opened", errno);
		target_close(&p->t);
		return false;
	}
	return true;
}

static void pid_of(Proc *p, const char *arg)
{
	size_t n = strlen(arg);

	if (n == 0 || n > 10 || strspn(arg, "0123456789") != n)
		usage_error(NULL, "--pid", arg, "it must be the number of a "
			    "process");
	memcpy(p->pid, arg, n + 1);
}

int pid_main(const char *pid, bool all)
{
	Proc p = {0};
	DiffStyle style = {.all = all};
	Buf out = {0};
	int status = 2;

	pid_of(&p, pid);
	if (!open_proc(&p))
		return 2;
	if (!try_maps(&p, true) || (!p.found && !try_maps(&p, false)))
		refused(&p, "its memory cannot be read", errno);
	else if (p.found)
		status = report(&p, &style, &out);
	else
		complain(&p, "go:fipsinfo", "it is not in memory where the "
			 "file's mappings lead to it");
	close(p.mem);
	if (!target_close(&p.t))
		status = 2;
	if (status < 2 && out.n)
		fwrite(out.p, 1, out.n, stdout);
	buf_free(&out);
	return status;
}
