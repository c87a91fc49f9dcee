/*
 * The output file. Pieces of it are written by several threads, each as soon
 * as it is composed (window.c).
 *
 * A run that fails leaves no half of a program, however it ends: the file has
 * no name before it is complete (O_TMPFILE). Where the file system cannot do
 * that, and where the name is a symbolic link, it has one from the start, and
 * loses it when there was an error.
 *
 * As cmd/link does it (ld/outbuf.go, mayberemoveoutfile in ld/lib.go), what
 * was there is removed first, since a running program's file cannot be
 * written to; and something that is no file is not written to.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "link/link.h"

/* ---- before: what is there now --------------------------------------- */

static bool same_file(const struct stat *out, const char *path)
{
	struct stat st;

	return path && stat(path, &st) == 0 && st.st_dev == out->st_dev &&
		st.st_ino == out->st_ino;
}

static bool is_archive(const char *path)
{
	char head[8] = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool ar = fd >= 0 && read(fd, head, sizeof head) == sizeof head &&
		memcmp(head, "!<arch>\n", sizeof head) == 0;

	if (fd >= 0)
		close(fd);
	return ar;
}

/* Only what looks like an archive can be one of the hundreds of them. */
static bool is_input(const Link *L, const struct stat *out)
{
	const Map *m = &L->packagefile;
	bool ar = is_archive(L->flag.out);
	bool in = same_file(out, L->flag.main) ||
		same_file(out, L->flag.importcfg);
	size_t i;

	for (i = 0; ar && !in && i < m->cap; i++)
		if (m->slot[i].used) {
			const PackageFile *f = m->slot[i].val.p;

			in = same_file(out, (const char *)f->file.p);
		}
	return in;
}

static void close_old(void *arg, size_t i)
{
	const int *fd = arg;

	(void)i;
	close(*fd);
}

/* An old program's pages go when nobody has it open any more, which takes as
 * long as a pass: let that be somebody's who is idle. */
static void remove_old(Link *L)
{
	int *fd = mem_alloc(&L->mem, sizeof *fd);

	*fd = open(L->flag.out, O_RDONLY | O_NOFOLLOW | O_CLOEXEC |
		   O_NONBLOCK);
	unlink(L->flag.out);
	if (*fd >= 0)
		L->old = pool_begin(L->pool, 1, close_old, fd);
}

void out_prepare(Link *L)
{
	struct stat st;

	if (stat(L->flag.out, &st) == 0 && S_ISREG(st.st_mode) &&
	    is_input(L, &st))
		link_exitf(L, "output file %s is also an input",
			   L->flag.out);
	if (lstat(L->flag.out, &st) == 0 && S_ISREG(st.st_mode))
		remove_old(L);
}

static bool is_file(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* What a symbolic link points to stays, empty. */
static void remove_ours(const Link *L)
{
	if (is_file(L->flag.out))
		unlink(L->flag.out);
	else if (truncate(L->flag.out, 0) != 0)
		fprintf(stderr, "%s: %s: %s\n", L->flag.argv0, L->flag.out,
			strerror(errno));
}

/* Possibly before all flags are known: an archive may be an input. */
void out_remove(const Link *L)
{
	struct stat st;

	if (L->outopen && L->outnamed)
		remove_ours(L);
	else if (L->flag.out && lstat(L->flag.out, &st) == 0 &&
		 S_ISREG(st.st_mode) && !is_archive(L->flag.out) &&
		 !is_input(L, &st))
		unlink(L->flag.out);
}

/* ---- opening --------------------------------------------------------- */

/* As Go words errors of the system: glibc's words, but no capital. */
static const char *why_not(int err, char *buf, size_t n)
{
	snprintf(buf, n, "%s", strerror(err));
	if (isupper((unsigned char)buf[0]) && islower((unsigned char)buf[1]))
		buf[0] = (char)tolower((unsigned char)buf[0]);
	return buf;
}

/* By this name a file without one gets one. */
static void path_of_fd(char buf[32], int fd)
{
	snprintf(buf, 32, "/proc/self/fd/%d", fd);
}

/* A file without a name, where out is to be; -1: that cannot be. */
static int open_nameless(Link *L)
{
	const char *out = L->flag.out, *slash = strrchr(out, '/');
	size_t n = slash ? (size_t)(slash - out) + 1 : 0;
	char *dir = mem_alloc(&L->mem, n + 2), proc[32];
	struct stat st;
	int fd;

	if (lstat(out, &st) == 0 || !out[n])
		return -1;
	memcpy(dir, out, n);
	dir[n] = '.';
	fd = open(dir, O_RDWR | O_TMPFILE | O_CLOEXEC, 0775);
	if (fd < 0)
		return -1;
	path_of_fd(proc, fd);
	if (access(proc, F_OK) == 0)
		return fd;
	close(fd);
	return -1;
}

static int open_named(const Link *L)
{
	struct stat st;
	char buf[128];
	/* A pipe that nobody reads would have to be waited for. */
	int fd = open(L->flag.out, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC |
		      O_NONBLOCK, 0775);

	if (fd < 0)
		link_exitf(L, "cannot create %s: open %s: %s", L->flag.out,
			   L->flag.out, why_not(errno, buf, sizeof buf));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		link_exitf(L, "mapping output file failed: no such device");
	return fd;
}

static void failed(Link *L, int err)
{
	int none = 0;

	__atomic_compare_exchange_n(&L->outerr, &none, err, false,
				    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

void out_open(Link *L)
{
	/* Over the limit of the file size: an error, not the end. */
	signal(SIGXFSZ, SIG_IGN);
	if (is_file(L->flag.out))
		unlink(L->flag.out);
	L->outfd = open_nameless(L);
	L->outnamed = L->outfd < 0;
	if (L->outnamed)
		L->outfd = open_named(L);
	L->outopen = true;
	if (LINK_DEBUG)
		L->extents = new_extents(&L->mem);
}

void out_size(Link *L)
{
	if (ftruncate(L->outfd, (off_t)L->filesize) != 0)
		failed(L, errno);
}

/* ---- writing --------------------------------------------------------- */

void out_note(Link *L, u64 off, u64 n)
{
	if (LINK_DEBUG)
		note_extent(L, off, n);
}

void out_write(Link *L, u64 off, View v)
{
	out_note(L, off, v.n);
	out_patch(L, off, v);
}

/* The kernel could not read them, which are an input's: let it be told which
 * one's. */
static void touch_all(View v)
{
	const volatile u8 *p = v.p;

	for (size_t i = 0; i < v.n; i++)
		(void)p[i];
}

void out_patch(Link *L, u64 off, View v)
{
	while (v.n) {
		ssize_t n = pwrite(L->outfd, v.p, v.n, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EFAULT)
			touch_all(v);
		if (n <= 0) {
			failed(L, n < 0 ? errno : EIO);
			return;
		}
		v = (View){v.p + n, v.n - (size_t)n};
		off += (u64)n;
	}
}

void out_read(Link *L, u64 off, u8 *p, size_t n)
{
	while (n) {
		ssize_t k = pread(L->outfd, p, n, (off_t)off);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0) {
			memset(p, 0, n);
			failed(L, k < 0 ? errno : EIO);
			return;
		}
		p += k;
		n -= (size_t)k;
		off += (u64)k;
	}
}

void out_check(Link *L)
{
	char buf[128];

	if (L->outerr)
		link_exitf(L, "write %s: %s", L->flag.out,
			   why_not(L->outerr, buf, sizeof buf));
}

/* ---- after ----------------------------------------------------------- */

static bool give_name(const Link *L)
{
	char proc[32];

	path_of_fd(proc, L->outfd);
	if (linkat(AT_FDCWD, proc, AT_FDCWD, L->flag.out,
		   AT_SYMLINK_FOLLOW) == 0)
		return true;
	/* Somebody else's that has come meanwhile: as if it had before. */
	return errno == EEXIST && is_file(L->flag.out) &&
		unlink(L->flag.out) == 0 &&
		linkat(AT_FDCWD, proc, AT_FDCWD, L->flag.out,
		       AT_SYMLINK_FOLLOW) == 0;
}

void write_output(Link *L)
{
	out_check(L);
	if (!L->outnamed && !give_name(L))
		failed(L, errno);
	L->outnamed = true;
	if (L->old)
		pool_end(L->pool, L->old);
	if (close(L->outfd) != 0)
		failed(L, errno);
	out_check(L);
}
