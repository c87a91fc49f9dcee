/*
 * Files mapped for reading.
 *
 * A mapped file that another process cuts off raises SIGBUS at the next
 * touch. Checking must survive that, in any of its threads and in the
 * middle of libcrypto: the handler puts a page of zeros under the address
 * and marks the file as lost, the reader goes on, and file_close then says
 * that what was read is worth nothing. A file that is kept until the process
 * ends is nobody's to close: who keeps it says what is to happen then.
 *
 * Lists of the open files, a thread's own and those of all, are what a signal
 * handler can know; they and the place for the next file are the only mutable
 * state outside a function in the programs, but for what malloc keeps where it
 * is our own (obj/musl.c).
 *
 * Pages are mapped as they are touched. Asking for a range in advance
 * (MADV_POPULATE_READ) looks each page up a second time, and copying it
 * with pread costs what mapping does where the page cache has larger pages.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "objabi/objabi.h"

static _Thread_local File *mapped;
static _Atomic(File *) kept;

static File *file_at(File *f, uintptr_t at)
{
	while (f && at - (uintptr_t)f->bytes.p >= f->bytes.n)
		f = f->next;
	return f;
}

static void on_sigbus(int sig, siginfo_t *si, void *ctx)
{
	uintptr_t at = (uintptr_t)si->si_addr;
	File *f = file_at(atomic_load(&kept), at);

	(void)ctx;
	if (f)
		f->on_loss(f);
	f = file_at(mapped, at);
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

/* ---- where they are mapped ------------------------------------------ */

/* The room of a thread for the files that it opens one after the other.
 * One that is closed stays mapped until there is no room for the next:
 * unmapping stops the other threads, and so it is done for many files at
 * once. */
enum { ROOM = 128 << 20 };

static _Thread_local struct {
	u8 *p;
	size_t used;
} room;

static bool in_room(const u8 *p)
{
	return (uintptr_t)p - (uintptr_t)room.p < room.used;
}

/* New, or in the place of what is there. */
static bool empty_room(void)
{
	void *p;

	for (const File *f = mapped; f; f = f->next)
		if (in_room(f->bytes.p))
			return false;
	p = mmap(room.p, ROOM, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
		 MAP_NORESERVE | (room.p ? MAP_FIXED : 0), -1, 0);
	if (p == MAP_FAILED)
		return false;
	room.p = p;
	room.used = 0;
	return true;
}

/* The next place of n bytes in it, at which the kernel can map its largest
 * pages if the page cache has such; NULL if there is none. */
static u8 *place(size_t n)
{
	enum { HUGE = 2 << 20 };
	size_t skip = n < HUGE ? 0 : -((uintptr_t)room.p + room.used) % HUGE;

	if (!room.p || skip + n > ROOM - room.used)
		return NULL;
	return room.p + room.used + skip;
}

/* A large file would leave no room for others. */
static void *map(int fd, size_t n, size_t page)
{
	u8 *at = NULL;

	if (n <= ROOM / 4) {
		at = place(n);
		if (!at && empty_room())
			at = place(n);
	}
	if (at)
		room.used = (size_t)(at - room.p) +
			((n + page - 1) & ~(page - 1));
	return mmap(at, n, PROT_READ, MAP_SHARED | (at ? MAP_FIXED : 0), fd,
		    0);
}

/* A pipe or a device is found out before it is opened (opening one may
 * block or do something), and looked at again afterwards, since the name
 * may have changed hands in between; O_NONBLOCK covers that moment. */
static const char *open_regular(const char *path, int *fd, struct stat *st)
{
	if (stat(path, st) != 0)
		return strerror(errno);
	if (S_ISDIR(st->st_mode))
		return strerror(EISDIR);
	if (!S_ISREG(st->st_mode))
		return "not a regular file";
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (*fd < 0)
		return strerror(errno);
	if (fstat(*fd, st) == 0 && S_ISREG(st->st_mode))
		return NULL;
	close(*fd);
	return "not a regular file";
}

const char *file_open(File *f, const char *path)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const char *why;
	struct stat st;
	void *p = NULL;

	*f = (File){.fd = -1, .page = (size_t)sysconf(_SC_PAGESIZE)};
	pthread_once(&once, catch_sigbus);
	why = open_regular(path, &f->fd, &st);
	if (why)
		return why;
	if (st.st_size > 0) {
		p = map(f->fd, (size_t)st.st_size, f->page);
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

void file_keep(File *f, void (*on_loss)(const File *))
{
	close(f->fd);
	f->fd = -1;
	forget(f);
	f->on_loss = on_loss;
	f->next = atomic_load(&kept);
	while (!atomic_compare_exchange_weak(&kept, &f->next, f))
		;
}

const char *file_close(File *f)
{
	struct stat st;
	bool changed = fstat(f->fd, &st) != 0 || (u64)st.st_size < f->size;

	forget(f);
	close(f->fd);
	if (f->bytes.n && !in_room(f->bytes.p))
		munmap((void *)(uintptr_t)f->bytes.p, f->bytes.n);
	if (changed)
		return "changed while it was being read";
	return f->lost ? "could not be read to its end" : NULL;
}

const char *file_begin(const char *path, int *fd, size_t *size)
{
	struct stat st;
	const char *why = open_regular(path, fd, &st);

	if (why)
		return why;
	*size = (size_t)st.st_size;
	if (st.st_size < 1 << 30)
		return NULL;
	close(*fd);
	return strerror(EFBIG);
}

const char *file_finish(int fd, void *to, size_t n)
{
	const char *why = NULL;
	size_t got = 0;

	while (got < n && !why) {
		ssize_t r = read(fd, (u8 *)to + got, n - got);

		if (r > 0)
			got += (size_t)r;
		else
			why = r < 0 ? strerror(errno) :
				"changed while it was being read";
	}
	close(fd);
	return why;
}
