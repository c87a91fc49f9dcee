/*
 * crosscheck/deflate's side of ours: reads inputs from standard input, each
 * after its length (4 bytes, little-endian), compresses them and prints size
 * and SHA-256 of what came out. An argument is a number of repetitions: then
 * it prints the least processor time instead, in microseconds.
 */
#include <stdlib.h>
#include <time.h>

#include "link/link.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void print_sum(View out)
{
	u8 sum[SHA256_SIZE];

	sha256(out, sum);
	printf("%zu ", out.n);
	for (size_t i = 0; i < sizeof sum; i++)
		printf("%02x", sum[i]);
	printf("\n");
}

int main(int argc, char **argv)
{
	int reps = argc > 1 ? atoi(argv[1]) : 1;
	Arena a = {0};
	Zlib *z = arena_alloc(&a, sizeof(Zlib));
	u8 head[4], *in = NULL, *out = NULL;

	while (fread(head, 4, 1, stdin) == 1) {
		size_t n = ld32(head, false), len = 0;
		double best = 0, t;

		in = xrealloc(in, n ? n : 1);
		out = xrealloc(out, zlib_bound(n));
		if (n && fread(in, n, 1, stdin) != 1)
			return 1;
		for (int i = 0; i < reps; i++) {
			t = now();
			len = zlib_deflate(z, view_of(in, n), out);
			t = now() - t;
			if (!i || t < best)
				best = t;
		}
		if (argc > 1)
			printf("%.0f\n", best);
		else
			print_sum(view_of(out, len));
	}
	free(in);
	free(out);
	arena_free(&a);
	return 0;
}
