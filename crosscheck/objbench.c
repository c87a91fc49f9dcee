/*
 * Opens, that is validates, every object of the archives named, again and
 * again: the first thing that a linker does.
 *
 *	objbench THREADS ROUNDS ARCHIVE...
 *
 * Prints bytes, wall and CPU seconds of one round, the fastest of each.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "obj/obj.h"

typedef struct {
	File *file;
	atomic_size_t bytes;
} Bench;

static double clock_of(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void validate(void *arg, size_t i)
{
	Bench *b = arg;
	Archive a;
	Member m;
	Fault why = archive_open(&a, b->file[i].bytes);
	GoObj o;

	while (!why.why && archive_next(&a, &m, &why)) {
		if (m.kind != MEMBER_GOOBJ)
			continue;
		why = goobj_open(m.obj, &o);
		if (why.why)
			break;
		atomic_fetch_add(&b->bytes, m.obj.n);
	}
	if (why.why)
		DIE(why.why);
}

int main(int argc, char **argv)
{
	unsigned threads = (unsigned)atoi(argc > 2 ? argv[1] : "1");
	int rounds = argc > 2 ? atoi(argv[2]) : 0;
	size_t n = argc > 3 ? (size_t)(argc - 3) : 0;
	Bench b = {.file = calloc(n + 1, sizeof(File))};
	double wall = 1e9, cpu = 1e9;
	Pool *pool = pool_new(threads);

	for (size_t i = 0; i < n; i++)
		if (file_open(&b.file[i], argv[3 + i]))
			DIE(argv[3 + i]);
	for (int r = 0; r < rounds; r++) {
		double w = clock_of(CLOCK_MONOTONIC);
		double c = clock_of(CLOCK_PROCESS_CPUTIME_ID);

		atomic_store(&b.bytes, 0);
		pool_for(pool, n, validate, &b);
		w = clock_of(CLOCK_MONOTONIC) - w;
		c = clock_of(CLOCK_PROCESS_CPUTIME_ID) - c;
		wall = w < wall ? w : wall;
		cpu = c < cpu ? c : cpu;
	}
	printf("%zu %.6f %.6f\n", atomic_load(&b.bytes), wall, cpu);
	pool_free(pool);
	return 0;
}
