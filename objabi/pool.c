/*
 * The one way to use several threads: a loop whose iterations are handed
 * out in order. One thread runs the same code, so that -j 1 differs in
 * nothing but time.
 *
 * A pool's threads are made once and wait for loops in between: making one
 * costs as much as many a whole loop does. Who waits, for a loop or for the
 * last iterations of one, first looks for as long as waking up may take, and
 * sleeps if that was in vain. A loop may begin others, which then have the
 * threads that are free; and so may whoever has begun one that goes on aside.
 *
 * The kernel likes to put a thread that is new, or woken, on the processor of
 * the one that made or woke it, above all in a virtual machine, where others
 * that have nothing to do count as taken away; and it may leave both there
 * for milliseconds, which is a good part of a whole link. So threads begin on
 * other processors than the first one's, and do not sleep too soon.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "objabi/objabi.h"

enum {
	MAXTHREADS = 64,
	STACK = 1 << 20,
	PATIENCE = 20000,	/* looks before somebody sleeps: 1 ms or so */
	YIELD = 32	/* of which one lets others have the processor */
};

struct PoolLoop {
	atomic_size_t next;
	size_t n;
	void (*fn)(void *, size_t);
	void *arg;
	atomic_uint busy;	/* threads in it besides its own */
	struct PoolLoop *outer;
};

struct Pool {
	unsigned threads;	/* with the one that begins loops */
	unsigned nasleep;
	pthread_t thread[MAXTHREADS];
	pthread_mutex_t lock;	/* of what follows, and nasleep */
	pthread_cond_t begun, done;
	PoolLoop *loop;	/* the newest that may have iterations left */
	bool end;
	bool apart;	/* threads are made elsewhere, and free to move then: */
	cpu_set_t cpus;
	atomic_uint nloop;	/* loops begun so far */
};

static void run(PoolLoop *l)
{
	size_t i;

	while ((i = atomic_fetch_add(&l->next, 1)) < l->n)
		l->fn(l->arg, i);
}

/* Between looks number i and i + 1. */
static void relax(int i)
{
	if (i % YIELD == 0)
		sched_yield();
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#endif
}

/* ---- those who help --------------------------------------------------- */

static PoolLoop *open_loop(const Pool *p)
{
	PoolLoop *l = p->loop;

	while (l && atomic_load(&l->next) >= l->n)
		l = l->outer;
	return l;
}

static void help(Pool *p, PoolLoop *l)
{
	atomic_fetch_add(&l->busy, 1);
	pthread_mutex_unlock(&p->lock);
	run(l);
	pthread_mutex_lock(&p->lock);
	/* Afterwards it may be gone. */
	if (atomic_fetch_sub(&l->busy, 1) == 1)
		pthread_cond_broadcast(&p->done);
}

static void wait_for_loop(Pool *p, unsigned seen)
{
	pthread_mutex_unlock(&p->lock);
	for (int i = 0; i < PATIENCE && atomic_load(&p->nloop) == seen; i++)
		relax(i);
	pthread_mutex_lock(&p->lock);
	if (atomic_load(&p->nloop) != seen || p->end)
		return;
	p->nasleep++;
	pthread_cond_wait(&p->begun, &p->lock);
	p->nasleep--;
}

static void *helper(void *arg)
{
	Pool *p = arg;

	if (p->apart)
		sched_setaffinity(0, sizeof p->cpus, &p->cpus);
	pthread_mutex_lock(&p->lock);
	while (!p->end) {
		unsigned seen = atomic_load(&p->nloop);
		PoolLoop *l = open_loop(p);

		if (l)
			help(p, l);
		else
			wait_for_loop(p, seen);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* ---- loops ------------------------------------------------------------ */

/* others: how many threads besides the caller could take part. */
static void begin_loop(Pool *p, PoolLoop *l, size_t others)
{
	pthread_mutex_lock(&p->lock);
	l->outer = p->loop;
	p->loop = l;
	atomic_fetch_add(&p->nloop, 1);
	for (size_t i = 0; i < others && i < p->nasleep; i++)
		pthread_cond_signal(&p->begun);
	pthread_mutex_unlock(&p->lock);
}

static void end_loop(Pool *p, const PoolLoop *l)
{
	PoolLoop **at = &p->loop;

	for (int i = 0; i < PATIENCE && atomic_load(&l->busy); i++)
		relax(i);
	pthread_mutex_lock(&p->lock);
	while (*at != l)
		at = &(*at)->outer;
	*at = l->outer;
	while (atomic_load(&l->busy))
		pthread_cond_wait(&p->done, &p->lock);
	pthread_mutex_unlock(&p->lock);
}

void pool_for(Pool *p, size_t n, void (*fn)(void *, size_t), void *arg)
{
	PoolLoop l = {.n = n, .fn = fn, .arg = arg};
	bool alone = n <= 1 || !p || p->threads == 1;

	if (!alone)
		begin_loop(p, &l, n - 1);
	run(&l);
	if (!alone)
		end_loop(p, &l);
}

PoolLoop *pool_begin(Pool *p, size_t n, void (*fn)(void *, size_t), void *arg)
{
	PoolLoop *l = calloc(1, sizeof *l);

	if (!l)
		DIE("out of memory");
	l->n = n;
	l->fn = fn;
	l->arg = arg;
	if (p)
		begin_loop(p, l, n);
	return l;
}

void pool_end(Pool *p, PoolLoop *l)
{
	run(l);
	if (p)
		end_loop(p, l);
	free(l);
}

/* ---- pools ------------------------------------------------------------ */

/* How many the process may use, which may be fewer than there are. */
static unsigned cpus(Pool *p)
{
	/* It fails where there are more than fit in. */
	return sched_getaffinity(0, sizeof p->cpus, &p->cpus) == 0 ?
		(unsigned)CPU_COUNT(&p->cpus) : 0;
}

static bool begin_apart(const Pool *p, pthread_attr_t *a)
{
	cpu_set_t others = p->cpus;
	int here = sched_getcpu();

	if (here < 0)
		return false;
	CPU_CLR((size_t)here, &others);
	return CPU_COUNT(&others) > 0 &&
		pthread_attr_setaffinity_np(a, sizeof others, &others) == 0;
}

unsigned pool_threads(const Pool *p)
{
	return p ? p->threads : 1;
}

Pool *pool_new(unsigned threads)
{
	Pool *p = calloc(1, sizeof *p);
	unsigned ncpu;
	pthread_attr_t a;

	if (!p)
		DIE("out of memory");
	ncpu = cpus(p);
	if (threads == 0)
		threads = ncpu ? ncpu : MAXTHREADS;
	if (threads > MAXTHREADS)
		threads = MAXTHREADS;
	p->threads = 1;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->begun, NULL);
	pthread_cond_init(&p->done, NULL);
	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, STACK);
	p->apart = ncpu > 1 && begin_apart(p, &a);
	/* A thread that cannot be had is no error: the others do its work. */
	while (p->threads < threads &&
	       pthread_create(&p->thread[p->threads], &a, helper, p) == 0)
		p->threads++;
	pthread_attr_destroy(&a);
	return p;
}

void pool_free(Pool *p)
{
	pthread_mutex_lock(&p->lock);
	p->end = true;
	atomic_fetch_add(&p->nloop, 1);
	pthread_cond_broadcast(&p->begun);
	pthread_mutex_unlock(&p->lock);
	while (p->threads > 1)
		pthread_join(p->thread[--p->threads], NULL);
	pthread_cond_destroy(&p->begun);
	pthread_cond_destroy(&p->done);
	pthread_mutex_destroy(&p->lock);
	free(p);
}
