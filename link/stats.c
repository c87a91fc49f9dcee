/*
 * --stats: what each pass cost and how many symbols there are after it; and
 * GOFIPS_LINK_LOG, a line for each program linked, so that a build can tell
 * that it was us.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "link/link.h"

enum { MAXPASS = 64 };

struct Stats {
	struct {
		const char *name;
		u64 ns;		/* when it began */
		u64 cpu;	/* of all threads until then */
		u64 anon;	/* bytes of memory that is not of a file */
		u32 nsym;
	} pass[MAXPASS];
	u32 n;
};

static u64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000u + (u64)t.tv_nsec;
}

static u64 cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (u64)t.tv_sec * 1000000000u + (u64)t.tv_nsec;
}

/* What the kernel gave us page by page: what a link costs besides work. */
static u64 anon_memory(const Link *L)
{
	unsigned long long size, resident = 0, shared = 0;
	FILE *f;

	if (!L->flag.stats)
		return 0;
	f = fopen("/proc/self/statm", "r");
	if (!f)
		return 0;
	if (fscanf(f, "%llu %llu %llu", &size, &resident, &shared) != 3)
		resident = shared = 0;
	fclose(f);
	return (resident - shared) * (u64)sysconf(_SC_PAGESIZE);
}

void stats_pass(Link *L, const char *name)
{
	struct Stats *s = L->stats;

	if (!s)
		s = L->stats = mem_alloc(&L->mem, sizeof *s);
	if (s->n < MAXPASS) {
		s->pass[s->n].name = name;
		s->pass[s->n].anon = anon_memory(L);
		s->pass[s->n].cpu = cpu();
		s->pass[s->n].ns = now();
		/* Not yet settled: they have no order. */
		s->pass[s->n++].nsym = L->nsym < L->alias ? L->nsym : 0;
	}
}

static u32 count_reachable(const Link *L)
{
	u32 s, n = 0;

	for (s = 1; s < L->nsym; s++)
		n += sym_reachable(L, s);
	return n;
}

/* One write, so that links side by side do not mix their lines. */
static void log_line(const Link *L)
{
	const char *path = getenv("GOFIPS_LINK_LOG");
	char line[4200];
	int fd, n;

	if (!path || !*path)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	n = snprintf(line, sizeof line, "gofips-link linked %s %llu\n",
		     L->flag.out, (unsigned long long)L->outlen);
	if (fd < 0 || n < 0 || write(fd, line, (size_t)n) != n)
		fprintf(stderr, "gofips-link: GOFIPS_LINK_LOG: cannot write "
			"%s\n", path);
	if (fd >= 0)
		close(fd);
}

static void print_row(const char *name, u64 ns, u64 busy, u64 anon, u32 nsym,
		      u32 more)
{
	fprintf(stderr, "%-28s %8.2f %8.2f %6.1f %9u", name, (double)ns / 1e6,
		(double)busy / 1e6, (double)anon / 1e6, (unsigned)nsym);
	if (more)
		fprintf(stderr, "  +%u", (unsigned)more);
	fputc('\n', stderr);
}

void stats_print(Link *L)
{
	const struct Stats *s = L->stats;
	struct rusage ru;
	u64 end = now(), busy = cpu(), anon = anon_memory(L);
	u32 i;

	log_line(L);
	if (!L->flag.stats)
		return;
	fprintf(stderr, "%-28s %8s %8s %6s %9s\n", "pass", "ms", "cpu", "MB",
		"symbols");
	for (i = 0; i < s->n; i++) {
		bool last = i + 1 == s->n;
		u32 nsym = last ? L->nsym : s->pass[i + 1].nsym;
		u64 to = last ? end : s->pass[i + 1].ns;
		u64 c = last ? busy : s->pass[i + 1].cpu;
		u64 mem = last ? anon : s->pass[i + 1].anon;

		print_row(s->pass[i].name, to - s->pass[i].ns,
			  c - s->pass[i].cpu, mem - s->pass[i].anon, nsym,
			  nsym - s->pass[i].nsym);
	}
	print_row("total", end - s->pass[0].ns,
		  busy - s->pass[0].cpu, anon, L->nsym, 0);
	getrusage(RUSAGE_SELF, &ru);
	fprintf(stderr, "packages %u, objects %u, symbols reachable %u, "
		"functions %u, data symbols %u\n"
		"output %llu bytes; peak memory %ld KB\n",
		(unsigned)L->nlib, (unsigned)(L->nobj ? L->nobj - OBJ_FIRST
					      : 0),
		(unsigned)count_reachable(L), (unsigned)L->textp.n,
		(unsigned)L->datap.n, (unsigned long long)L->outlen,
		ru.ru_maxrss);
}
