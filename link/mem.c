/*
 * Memory of the linker: never given back before the run ends, taken from the
 * kernel in huge pages where it is much. A fault on a 4 KiB page costs about 2
 * us, more than all the work done on the few symbols that fit in; a huge page
 * costs less than a tenth of that for the same bytes, 0.2 ms.
 *
 * But not always. A virtual machine may tell its host which of its huge pages
 * are free (free page reporting), and the host takes them away. One of these
 * costs 5 ms and more, as the host has to find memory for it again, and once
 * one has come most of the next will be such; 512 small ones cost 1 ms then as
 * ever, for they are made of what the kernel keeps. So who comes to a new huge
 * page touches it, and looks how long that takes: what follows the first that
 * takes too long are small ones, everywhere. A link that needs little memory
 * does without from the start.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "link/link.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23	/* Linux 5.14; others make pages one by one */
#endif

enum {
	HUGE = 2 << 20,
	WORTH = 1 << 20,	/* bytes for which a huge page costs less */
	PIECE = 64 << 20,	/* address space: what is not touched is free */
	SHARE = 4 << 10,	/* what a task takes at a time */
	CHUNK = 64 << 10,	/* of small pages that come together */
	DEAR = 2000000,	/* ns: more than small pages cost for as much */
#ifdef __SANITIZE_ADDRESS__
	REDZONE = 16	/* behind each allocation: may not be touched */
#else
	REDZONE = 0
#endif
};

static size_t round_up(size_t n, size_t to)
{
	if (n > SIZE_MAX - to)
		DIE("allocation too large");
	return (n + to - 1) & ~(to - 1);
}

/* Address space on a boundary of huge pages: what is too much in front and
 * behind goes back. */
static void *reserve(size_t n)
{
	size_t len = round_up(n, HUGE);
	u8 *p = mmap(NULL, len + HUGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t front;

	if (p == MAP_FAILED)
		DIE("out of memory");
	front = round_up((uintptr_t)p, HUGE) - (uintptr_t)p;
	if (front)
		munmap(p, front);
	if (front < HUGE)
		munmap(p + front + len, HUGE - front);
	return p + front;
}

/* ---- huge pages ------------------------------------------------------- */

static bool are_wanted(const HugePages *h)
{
	return __atomic_load_n(&h->wanted, __ATOMIC_RELAXED);
}

static void lock(bool *taken)
{
	while (__atomic_exchange_n(taken, true, __ATOMIC_ACQUIRE))
		;
}

static void unlock(bool *taken)
{
	__atomic_store_n(taken, false, __ATOMIC_RELEASE);
}

/* Where there are many places, the last ones stay small. */
static void allow(HugePages *h, void *p, size_t n)
{
	lock(&h->taken);
	if (h->n < NELEM(h->at)) {
		h->at[h->n].p = p;
		h->at[h->n++].n = n;
		if (are_wanted(h))
			madvise(p, n, MADV_HUGEPAGE);
	}
	unlock(&h->taken);
}

/* Those that have been touched stay. */
void mem_huge(HugePages *h, bool wanted)
{
	lock(&h->taken);
	__atomic_store_n(&h->wanted, wanted, __ATOMIC_RELAXED);
	for (u32 i = 0; i < h->n; i++)
		madvise(h->at[i].p, h->at[i].n, wanted ? MADV_HUGEPAGE :
			MADV_NOHUGEPAGE);
	unlock(&h->taken);
}

static i64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (i64)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void touch_huge(HugePages *h, volatile u8 *p)
{
	i64 before = now();

	*p = 0;
	if (now() - before > DEAR)
		mem_huge(h, false);
}

void mem_touch(HugePages *h, void *p, size_t n)
{
	u8 *at = p, *end = at + n;

	at += -(uintptr_t)at % HUGE;
	for (; h && at < end && are_wanted(h); at += HUGE)
		touch_huge(h, at);
}

void mem_fill(HugePages *h, void *p, size_t n)
{
	u8 *at = p, *end = at + n;

	mem_touch(h, p, n);
	if (!h || are_wanted(h))
		return;
	at += -(uintptr_t)at % CHUNK;
	for (; at < end; at += CHUNK)
		madvise(at, CHUNK, MADV_POPULATE_WRITE);
}

/* ---- address space ---------------------------------------------------- */

void *mem_reserve(HugePages *h, size_t n, size_t upto)
{
	void *p = reserve(n);
	size_t filled = upto / HUGE * HUGE;

	if (upto - filled >= WORTH)
		filled += HUGE;
	if (filled && h)
		allow(h, p, filled);
	else if (filled)
		madvise(p, filled, MADV_HUGEPAGE);
	return p;
}

void mem_release(void *p, size_t n)
{
	if (!p)
		return;
	ASAN_UNPOISON_MEMORY_REGION(p, round_up(n, HUGE));
	munmap(p, round_up(n, HUGE));
}

/* ---- arenas ----------------------------------------------------------- */

void mem_skip(Mem *m)
{
	size_t left = m->p ? -(uintptr_t)(m->p + m->used) % HUGE : 0;

	if (left <= m->cap - m->used)
		m->used += left;
}

/* Clearing what has been touched before costs less than touching more. */
void mem_reset(Mem *m)
{
	if (m->used == 0)
		return;
	ASAN_UNPOISON_MEMORY_REGION(m->p, m->used);
	memset(m->p, 0, m->used);
	ASAN_POISON_MEMORY_REGION(m->p, m->used);
	m->used = 0;
}

static void *take_share(Mem *m, size_t n)
{
	void *p;

	lock(&m->taken);
	p = mem_alloc(m, n);
	unlock(&m->taken);
	return p;
}

void *mem_alloc(Mem *m, size_t n)
{
	size_t len = round_up(n, 16) + REDZONE;
	u8 *p;

	if (m->cap - m->used < len) {
		if (m->from && len > SHARE / 4)
			return take_share(m->from, n);
		/* The rest of the old piece is lost. */
		m->cap = m->from ? SHARE : len < PIECE ? PIECE
			: round_up(len, HUGE);
		m->p = m->from ? take_share(m->from, m->cap)
			: mem_reserve(m->huge, m->cap, m->huge ? m->cap : 0);
		m->used = 0;
		ASAN_POISON_MEMORY_REGION(m->p, m->cap);
	}
	p = m->p + m->used;
	m->used += len;
	ASAN_UNPOISON_MEMORY_REGION(p, n);
	if (n <= CHUNK)
		mem_fill(m->huge, p, n);
	else
		mem_touch(m->huge, p, n);
	return p;
}

/* Grown in place when p is what was handed out last: then a list that is
 * built in one go is never copied. */
void *mem_grow(Mem *m, void *p, u32 n, u32 *cap, size_t size)
{
	size_t old = round_up((size_t)*cap * size, 16), more;
	void *q;

	if (n < *cap)
		return p;
	if (n > UINT32_MAX / 4)
		DIE("too many elements");
	*cap = n < 8 ? 16 : 2 * n;
	more = round_up((size_t)*cap * size, 16) - old;
	if (p && m->p && (u8 *)p + old == m->p + m->used &&
	    more <= m->cap - m->used) {
		mem_touch(m->huge, m->p + m->used, more);
		m->used += more;
		return p;
	}
	q = mem_alloc(m, (size_t)*cap * size);
	/* Without p the first n are new, too: zero. */
	if (p)
		memcpy(q, p, n * size);
	return q;
}

View mem_view(Mem *m, View v)
{
	u8 *p = mem_alloc(m, v.n);

	if (v.n)
		memcpy(p, v.p, v.n);
	return (View){p, v.n};
}

View mem_printf(Mem *m, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	p = mem_alloc(m, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return view_of(p, (size_t)n);
}

void symvec_add(Mem *m, SymVec *v, Sym s)
{
	v->p = mem_grow(m, v->p, v->n, &v->cap, sizeof *v->p);
	v->p[v->n++] = s;
}
