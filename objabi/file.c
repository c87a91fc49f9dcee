/*
 * Files mapped for reading.
 *
 * A mapped file that another process cuts off raises SIGBUS at the next
 * touch. Checking must survive that, in any of its threads and in the
 * middle of libcrypto: the handler puts a page of zeros under the address
 * and marks the file as lost, the reader goes on, and file_close then says
 * that what was read is worth nothing. The thread-local list of the open
 * files is what a signal handler can know; it is the only mutable state
 * outside a function in the programs.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "objabi/objabi.h"

static _Thread_local File *mapped;

static void on_sigbus(int sig, siginfo_t *si, void *ctx)
{
	File *f;
	uintptr_t at = (uintptr_t)si->si_addr;

	(void)ctx;
	for (f = mapped; f; f = f->next)
		if (at - (uintptr_t)f->bytes.p < f->bytes.n)
			break;
	if (f && mmap((void *)(at & ~(f->page - 1)), f->page, PROT_READ,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
	    MAP_FAILED) {
		f->lost = true;
		return;
	}
	signal(sig, SIG_DFL);	/* a bug of ours: die of it, visibly */
}

static void catch_sigbus(void)
{
	struct sigaction sa = {.sa_sigaction = on_sigbus,
			       .sa_flags = SA_SIGINFO};

	sigaction(SIGBUS, &sa, NULL);
}

/* A pipe or a device is found out before it is opened (opening one may
 * block or do something), and looked at again afterwards, since the name
 * may have changed hands in between; O_NONBLOCK covers that moment. */
const char *file_open(File *f, const char *path)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct stat st;
	void *p = NULL;

	*f = (File){.fd = -1, .page = (size_t)sysconf(_SC_PAGESIZE)};
	pthread_once(&once, catch_sigbus);
	if (stat(path, &st) != 0)
		return strerror(errno);
	if (S_ISDIR(st.st_mode))
		return strerror(EISDIR);
	if (!S_ISREG(st.st_mode))
		return "not a regular file";
	f->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (f->fd < 0)
		return strerror(errno);
	if (fstat(f->fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(f->fd);
		return "not a regular file";
	}
	if (st.st_size > 0) {
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED,
			 f->fd, 0);
		if (p == MAP_FAILED) {
			close(f->fd);
			return "cannot be mapped into memory";
		}
	}
	f->bytes = view_of(p ? p : "", (size_t)st.st_size);
	f->size = (u64)st.st_size;
	f->dev = (u64)st.st_dev;
	f->ino = (u64)st.st_ino;
	f->mode = (u32)st.st_mode;
	f->next = mapped;
	mapped = f;
	return NULL;
}

static void forget(const File *f)
{
	for (File **p = &mapped; *p; p = &(*p)->next) {
		if (*p == f) {
			*p = f->next;
			return;
		}
	}
}

const char *file_close(File *f)
{
	struct stat st;
	bool changed = fstat(f->fd, &st) != 0 || (u64)st.st_size < f->size;

	forget(f);
	close(f->fd);
	if (f->bytes.n)
		munmap((void *)(uintptr_t)f->bytes.p, f->bytes.n);
	if (changed)
		return "changed while it was being read";
	return f->lost ? "could not be read to its end" : NULL;
}

int file_begin(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size < 1 << 30) {
		*size = (size_t)st.st_size;
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

size_t file_finish(int fd, void *to, size_t n)
{
	size_t got = 0;
	ssize_t r = 1;

	while (got < n && r > 0) {
		r = read(fd, (u8 *)to + got, n - got);
		got += r > 0 ? (size_t)r : 0;
	}
	close(fd);
	return got;
}

void file_want(View bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uintptr_t at = (uintptr_t)bytes.p & ~(page - 1);
	size_t n = bytes.n + ((uintptr_t)bytes.p - at);

#ifdef MADV_POPULATE_READ
	if (bytes.n > 16 << 10 &&
	    madvise((void *)at, n, MADV_POPULATE_READ) == 0)
		return;
#endif
	(void)n;
}
