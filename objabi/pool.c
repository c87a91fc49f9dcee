/*
 * The one way to use several threads: a loop whose iterations are handed
 * out in order. One thread runs the same code, so that -j 1 differs in
 * nothing but time.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "objabi/objabi.h"

enum { MAXTHREADS = 64 };

typedef struct {
	atomic_size_t next;
	size_t n;
	void (*fn)(void *, size_t);
	void *arg;
} Loop;

static void *work(void *p)
{
	Loop *l = p;
	size_t i;

	while ((i = atomic_fetch_add(&l->next, 1)) < l->n)
		l->fn(l->arg, i);
	return NULL;
}

/* Those that the process may use, which may be fewer than there are. */
unsigned pool_cpus(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > MAXTHREADS ? MAXTHREADS : (unsigned)n;
}

void pool_for(unsigned threads, size_t n, void (*fn)(void *, size_t),
	      void *arg)
{
	Loop l = {.n = n, .fn = fn, .arg = arg};
	pthread_t t[MAXTHREADS];
	unsigned started = 0;

	if (threads == 0)
		threads = pool_cpus();
	if (threads > MAXTHREADS)
		threads = MAXTHREADS;
	if (threads > n)
		threads = (unsigned)n;
	/* A thread that cannot be had is no error: the others do its work. */
	while (started + 1 < threads &&
	       pthread_create(&t[started], NULL, work, &l) == 0)
		started++;
	work(&l);
	while (started > 0)
		pthread_join(t[--started], NULL);
}
