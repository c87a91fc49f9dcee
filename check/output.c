/*
 * A new file in the place of another, or none: written beside it under a
 * name of its own, synced, renamed. Until the rename the old file is as it
 * was, and nothing is left behind when something fails.
 *
 * That holds for signals too. Those that would end the program wait while
 * the temporary file exists: each step of the writing looks whether one is
 * there and then gives up like on any failure, and as soon as the file is
 * gone the signal does what it does. Only SIGKILL and a loss of power can
 * leave the temporary file; it is named .gofips-seal.XXXXXX.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check/check.h"

_Static_assert(sizeof(sigset_t) <= sizeof ((Output *)NULL)->mask,
	       "Output holds a sigset_t");

enum { CHUNK = 1 << 20 };

static const int waiting[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE};

/* One that is ignored, as by nohup or in the background, ends nothing: but
 * while it is held it would be there. */
static bool is_ignored(int sig)
{
	struct sigaction sa;

	return sigaction(sig, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN;
}

static void hold_signals(Output *o)
{
	sigset_t hold, old;

	/* A limit on the size of files is an error of write then. */
	signal(SIGXFSZ, SIG_IGN);
	sigemptyset(&hold);
	for (size_t i = 0; i < NELEM(waiting); i++)
		if (!is_ignored(waiting[i]))
			sigaddset(&hold, waiting[i]);
	sigprocmask(SIG_BLOCK, &hold, &old);
	memcpy(o->mask, &old, sizeof old);
}

static void release_signals(const Output *o)
{
	sigset_t old;

	memcpy(&old, o->mask, sizeof old);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

static bool interrupted(void)
{
	sigset_t set;

	if (sigpending(&set) != 0)
		return false;
	for (size_t i = 0; i < NELEM(waiting); i++)
		if (sigismember(&set, waiting[i]) == 1)
			return true;
	return false;
}

/* ---- names --------------------------------------------------------- */

/* What a symbolic link leads to is replaced, not the link. */
static char *resolve(const char *path)
{
	char *real = realpath(path, NULL);

	return real ? real : strdup(path);
}

/* The directory with its slash; empty for the working directory. */
static size_t dir_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) + 1 : 0;
}

static char *sibling(const char *path)
{
	Buf b = {0};

	buf_add(&b, view_of(path, dir_len(path)));
	buf_add(&b, view_of(".gofips-seal.XXXXXX", 20));	/* with NUL */
	return b.p;
}

/* ---- steps --------------------------------------------------------- */

/* A device or a directory must not be renamed away. */
const char *output_open(Output *o, const char *path)
{
	struct stat st;
	const char *why;

	*o = (Output){.fd = -1};
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? strerror(EISDIR) :
		       "not a regular file";
	o->path = resolve(path);
	if (!o->path)
		return strerror(errno);
	o->tmp = sibling(o->path);
	hold_signals(o);
	o->fd = mkostemp(o->tmp, O_CLOEXEC);
	if (o->fd >= 0)
		return NULL;
	why = strerror(errno);
	release_signals(o);
	free(o->tmp);
	free(o->path);
	return why;
}

const char *output_write(Output *o, View bytes)
{
	size_t at = 0;

	while (at < bytes.n) {
		size_t n = bytes.n - at < CHUNK ? bytes.n - at : CHUNK;
		ssize_t done = write(o->fd, bytes.p + at, n);

		if (interrupted())
			return "interrupted";
		if (done < 0)
			return strerror(errno);
		at += (size_t)done;
	}
	return NULL;
}

/* The owner first: a change of it clears the set-user-ID bits. */
const char *output_mode(Output *o, u32 mode, bool keep, u32 uid, u32 gid)
{
	struct stat st;

	if (fstat(o->fd, &st) != 0)
		return strerror(errno);
	if (keep && (st.st_uid != uid || st.st_gid != gid) &&
	    fchown(o->fd, uid, gid) != 0)
		return "the owner cannot be kept";
	return fchmod(o->fd, mode) == 0 ? NULL : strerror(errno);
}

/* Synced first, so that an error of the disk is seen before anything of
 * the old file is gone. */
const char *output_read(const Output *o, u8 *buf, size_t n)
{
	const char *why = NULL;
	size_t at = 0;
	int fd;

	if (fsync(o->fd) != 0)
		return strerror(errno);
	fd = open(o->tmp, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return strerror(errno);
	while (at < n && !why) {
		ssize_t got = read(fd, buf + at, n - at < CHUNK ? n - at :
				   CHUNK);

		if (interrupted())
			why = "interrupted";
		else if (got < 0)
			why = strerror(errno);
		else if (got == 0)
			why = "the result is shorter than what was written";
		else
			at += (size_t)got;
	}
	close(fd);
	return why;
}

static void output_end(Output *o)
{
	if (o->fd >= 0)
		close(o->fd);
	release_signals(o);
	free(o->tmp);
	free(o->path);
}

/* So that the new name survives a loss of power; not all file systems can
 * do it, and the file is complete in any case. */
static void sync_dir(Output *o)
{
	size_t n = dir_len(o->path);
	int fd;

	o->path[n] = 0;
	fd = open(n ? o->path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

const char *output_commit(Output *o)
{
	int bad = close(o->fd);

	o->fd = -1;
	if (bad)
		return strerror(errno);
	if (interrupted())
		return "interrupted";
	if (rename(o->tmp, o->path) != 0)
		return strerror(errno);
	sync_dir(o);
	output_end(o);
	return NULL;
}

void output_drop(Output *o)
{
	unlink(o->tmp);
	output_end(o);
}
