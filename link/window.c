/*
 * Windows: the output is composed in pieces and never lies in memory as a
 * whole. A thread fills a window with what comes next in the file, and
 * writes it while it is still in the cache; memory for as much as the whole
 * file would have to be touched first, which costs more than the bytes do.
 *
 * What nobody writes is a hole in the file, and reads as zeros.
 */
#include "link/link.h"

enum {
	ROOM = 256 << 10,	/* fits in a core's own cache */
	/* More than is between symbols for the sake of alignment, and less
	 * than anything that somebody else may have to write. */
	GAP = 64,
	NWINDOW = 64
};

void win_flush(Window *w)
{
	if (w->n)
		out_write(w->L, w->off, view_of(w->p, w->n));
	w->n = 0;
}

/* More than a window: memory that goes back as soon as something of the
 * usual size comes. */
static void widen(Window *w, size_t n)
{
	if (w->wide) {
		mem_release(w->p, w->cap);
		w->p = w->own;
		w->cap = ROOM;
	}
	w->wide = n > ROOM;
	if (w->wide) {
		w->p = mem_reserve(NULL, n, n);
		w->cap = n;
	}
}

u8 *win_space(Window *w, u64 at, size_t n)
{
	u64 off = w->base + at;
	u64 gap = w->n ? off - (w->off + w->n) : 0;
	u8 *p;

	if (gap > GAP || n > w->cap - w->n || gap > w->cap - w->n - n) {
		win_flush(w);
		gap = 0;
	}
	if (w->n == 0) {
		if (w->wide || n > w->cap)
			widen(w, n);
		w->off = off;
	}
	p = w->p + w->n;
	if (gap)
		memset(p, 0, gap);
	w->n += gap + n;
	return p + gap;
}

u8 *win_room(Window *w, u64 at, size_t n)
{
	return memset(win_space(w, at, n), 0, n);
}

void win_copy(Window *w, u64 at, View v)
{
	if (v.n >= ROOM / 4) {
		win_flush(w);
		out_write(w->L, w->base + at, v);
	} else if (v.n) {
		memcpy(win_space(w, at, v.n), v.p, v.n);
	}
}

/* ---- a loop whose tasks write ---------------------------------------- */

typedef struct {
	Window win[NWINDOW];
	unsigned n;
	void (*fn)(Window *w, void *arg, size_t i);
	void *arg;
} Loop;

/* There are as many as threads: one is always free, or about to be. */
static Window *take(Loop *l)
{
	unsigned k = 0;

	while (__atomic_exchange_n(&l->win[k].taken, true, __ATOMIC_ACQUIRE))
		k = (k + 1) % l->n;
	return &l->win[k];
}

static void run(void *arg, size_t i)
{
	Loop *l = arg;
	Window *w = take(l);

	w->base = 0;
	l->fn(w, l->arg, i);
	win_flush(w);
	__atomic_store_n(&w->taken, false, __ATOMIC_RELEASE);
}

void win_for(Link *L, size_t n, void (*fn)(Window *w, void *arg, size_t i),
	     void *arg)
{
	unsigned threads = pool_threads(L->pool), k;
	Loop l = {.fn = fn, .arg = arg};

	l.n = threads < NWINDOW ? threads : NWINDOW;
	if (!L->window)
		L->window = mem_alloc(&L->mem, (size_t)ROOM * l.n);
	for (k = 0; k < l.n; k++) {
		u8 *p = L->window + (size_t)k * ROOM;

		l.win[k] = (Window){.L = L, .p = p, .own = p, .cap = ROOM};
	}
	pool_for(L->pool, n, run, &l);
	for (k = 0; k < l.n; k++)
		widen(&l.win[k], 0);
	out_check(L);
}
