/*
 * The output file. It is composed in memory, where sections are written and
 * relocated by several threads at once, and goes to disk in one piece when
 * everything has succeeded: that is faster than mapping it (each page of a
 * new file costs a fault), and a run that fails leaves no half of a program.
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

/* Room for what comes behind the sections: touched when it is used. */
enum { SPARE = 64 << 20 };

void out_reserve(Link *L, u64 n)
{
	u8 *p;

	if (n > SIZE_MAX / 2)
		link_exitf(L, "output too large");
	if (n > L->outlen)
		L->outlen = n;
	if (n <= L->outcap)
		return;
	p = mem_reserve((size_t)n + n / 2 + SPARE);
	if (L->outcap) {
		memcpy(p, L->out, (size_t)L->outcap);
		mem_release(L->out, (size_t)L->outcap);
	}
	L->out = p;
	L->outcap = n + n / 2 + SPARE;
}

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

void out_prepare(Link *L)
{
	struct stat st;

	if (stat(L->flag.out, &st) == 0 && S_ISREG(st.st_mode) &&
	    is_input(L, &st))
		link_exitf(L, "output file %s is also an input",
			   L->flag.out);
	if (lstat(L->flag.out, &st) == 0 && S_ISREG(st.st_mode))
		unlink(L->flag.out);
}

/* Possibly before all flags are known: an archive may be an input. */
void out_remove(const Link *L)
{
	struct stat st;

	if (L->flag.out && lstat(L->flag.out, &st) == 0 &&
	    S_ISREG(st.st_mode) && !is_archive(L->flag.out) &&
	    !is_input(L, &st))
		unlink(L->flag.out);
}

/* ---- after ----------------------------------------------------------- */

/* As Go words errors of the system: glibc's words, but no capital. */
static const char *why_not(int err, char *buf, size_t n)
{
	snprintf(buf, n, "%s", strerror(err));
	if (isupper((unsigned char)buf[0]) && islower((unsigned char)buf[1]))
		buf[0] = (char)tolower((unsigned char)buf[0]);
	return buf;
}

/* What a symbolic link points to stays, empty. */
static _Noreturn void give_up(const Link *L, int fd, int err)
{
	struct stat st;
	char buf[128];

	if (lstat(L->flag.out, &st) == 0 && S_ISREG(st.st_mode))
		unlink(L->flag.out);
	else if (ftruncate(fd, 0) != 0)
		err = errno;
	link_exitf(L, "write %s: %s", L->flag.out,
		   why_not(err, buf, sizeof buf));
}

static int create(const Link *L)
{
	struct stat st;
	char buf[128];
	int fd;

	if (lstat(L->flag.out, &st) == 0 && S_ISREG(st.st_mode))
		unlink(L->flag.out);
	/* A pipe that nobody reads would have to be waited for. */
	fd = open(L->flag.out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
		  O_NONBLOCK, 0775);
	if (fd < 0)
		link_exitf(L, "cannot create %s: open %s: %s", L->flag.out,
			   L->flag.out, why_not(errno, buf, sizeof buf));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		link_exitf(L, "mapping output file failed: no such device");
	return fd;
}

void write_output(Link *L)
{
	int fd;
	u64 done = 0;

	/* Over the limit of the file size: an error, not the end. */
	signal(SIGXFSZ, SIG_IGN);
	fd = create(L);
	while (done < L->outlen) {
		ssize_t n = write(fd, L->out + done,
				  (size_t)(L->outlen - done));

		if (n < 0 && errno != EINTR)
			give_up(L, fd, errno);
		if (n > 0)
			done += (u64)n;
	}
	if (close(fd) != 0)
		give_up(L, fd, errno);
}
