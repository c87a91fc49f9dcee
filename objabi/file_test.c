/*
 * Files one after the other, more than a thread has room for, beside one
 * that stays open; and ones that are cut off while they are mapped.
 */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "objabi/objabi.h"
#include "objabi/test.h"

typedef struct {
	char path[32];
	File f;
	const char *why;
} Temp;

/* n bytes, nearly all of them a hole, that end with c. */
static Temp temp(size_t n, char c)
{
	Temp t = {.path = "/tmp/gofips-test.XXXXXX"};
	int fd = mkstemp(t.path);

	EXPECT(fd >= 0 && pwrite(fd, &c, 1, (off_t)n - 1) == 1);
	close(fd);
	return t;
}

static void open_it(Temp *t, size_t n, u8 c)
{
	t->why = file_open(&t->f, t->path);
	EXPECT(!t->why);
	if (t->why)
		exit(1);
	EXPECT_EQ(t->f.bytes.n, n);
	EXPECT_EQ(t->f.bytes.p[n - 1], c);
}

static void end(Temp *t)
{
	unlink(t->path);
}

TEST(many)
{
	enum { N = 20 << 20, SMALL = 5000, LARGE = 100 << 20 };
	Temp stay = temp(SMALL, 's'), next = temp(N, 'n');
	Temp large = temp(LARGE, 'l');

	for (int k = 0; k < 3; k++) {
		if (k == 1)
			open_it(&stay, SMALL, 's');
		for (int i = 0; i < 12; i++) {
			open_it(&next, N, 'n');
			EXPECT(!file_close(&next.f));
		}
		open_it(&large, LARGE, 'l');
		EXPECT(!file_close(&large.f));
	}
	EXPECT_EQ(stay.f.bytes.p[SMALL - 1], 's');
	EXPECT(!file_close(&stay.f));
	end(&stay);
	end(&next);
	end(&large);
}

TEST(cut_off)
{
	enum { N = 3 << 20 };
	Temp t = temp(N, 'x');

	for (int i = 0; i < 100; i++) {
		open_it(&t, N, 'x');
		EXPECT(truncate(t.path, 100) == 0);
		EXPECT_EQ(t.f.bytes.p[N - 1], 0);
		EXPECT(t.f.lost);
		EXPECT_STR(file_close(&t.f), "changed while it was being "
			   "read");
		end(&t);
		t = temp(N, 'x');
	}
	end(&t);
}

static void on_loss(const File *f)
{
	_exit(f->size == 3 << 20 ? 7 : 8);
}

static void *touch(void *p)
{
	const Temp *t = p;

	_exit(t->f.bytes.p[t->f.bytes.n - 1]);
}

/* One that is kept is lost to all threads. */
TEST(kept)
{
	Temp t = temp(3 << 20, 'x'), other = temp(5000, 'o');
	int status = 0;
	pthread_t thread;
	pid_t pid;

	open_it(&t, 3 << 20, 'x');
	open_it(&other, 5000, 'o');
	file_keep(&t.f, on_loss);
	EXPECT(!file_close(&other.f));
	EXPECT(truncate(t.path, 100) == 0);
	fflush(NULL);
	pid = fork();
	if (pid == 0 && pthread_create(&thread, NULL, touch, &t) == 0)
		pthread_join(thread, NULL);
	if (pid == 0)
		_exit(1);
	EXPECT(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	EXPECT_EQ(WEXITSTATUS(status), 7);
	end(&t);
	end(&other);
}

TEST(read)
{
	enum { N = 5000 };
	Temp t = temp(N, 'x');
	u8 bytes[N + 1];
	size_t n = 0;
	int fd;

	EXPECT(!file_begin(t.path, &fd, &n));
	EXPECT_EQ(n, N);
	EXPECT(!file_finish(fd, bytes, n));
	EXPECT_EQ(bytes[N - 1], 'x');
	EXPECT(!file_begin(t.path, &fd, &n));
	EXPECT_STR(file_finish(fd, bytes, n + 1), "changed while it was "
		   "being read");
	end(&t);
	EXPECT_STR(file_begin("/dev/null", &fd, &n), "not a regular file");
}

TEST_MAIN(RUN(many) RUN(cut_off) RUN(kept) RUN(read))
