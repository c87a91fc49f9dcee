/*
 * deadcode's search, by any number of threads. What a thread is to visit is a
 * set of its own, by number of symbol, in which it goes round: symbols of an
 * object lie near each other, and most references lead onwards. Threads have
 * to do with each other where they mark, and when one of them has nothing
 * left: then it is hungry, and who sees it gives half of what is its own.
 *
 * The search is over when all are hungry and nothing is given.
 */
#include <sched.h>

#include "link/deadcode.h"

enum {
	BATCH = 64, WORD = 64,
	FEW = 8	/* words that are not worth being given */
};

/* ---- a thread's own --------------------------------------------------- */

/* Goes to the next word that is not 0, round once at most. */
static bool next_word(Worker *w)
{
	const Waiting *t = w->own;
	u32 i = w->at / 64;
	u64 here = t->words[i] & ~0ull << w->at % 64;

	for (u32 k = 0; !here && k < t->nwords; k++) {
		i = i + 1 < t->nwords ? i + 1 : 0;
		here = t->words[i];
	}
	if (here)
		w->at = i * 64 + (u32)__builtin_ctzll(here);
	return here;
}

static u64 take_word(Waiting *t, u32 at)
{
	u64 word = t->waiting[at];

	t->words[at / 64] &= ~(1ull << at % 64);
	t->waiting[at] = 0;
	return word;
}

static u32 next_batch(Worker *w, Visit *v)
{
	const Deadcode *d = w->d;
	u32 n = 0;

	while (n < BATCH && next_word(w))
		for (u64 word = take_word(w->own, w->at); word;
		     word &= word - 1) {
			u32 x = w->at * 64 + (u32)__builtin_ctzll(word);

			v[n++].s = d->L->alias + x;
			if (x >= d->ld->sharebase && x < d->ld->extbase)
				__builtin_prefetch(shared_of(d->ld, x));
		}
	return n;
}

/* ---- giving and taking ------------------------------------------------ */

/* Both are looked at without the lock, too. */
static u32 count(const u32 *n)
{
	return __atomic_load_n(n, __ATOMIC_RELAXED);
}

static void set_count(u32 *n, u32 to)
{
	__atomic_store_n(n, to, __ATOMIC_RELAXED);
}

static u32 own_words(const Waiting *t)
{
	u32 n = 0;

	for (u32 i = 0; i < t->nwords; i++)
		n += (u32)__builtin_popcountll(t->words[i]);
	return n;
}

/* The half that this thread would come to last. */
static void give(Worker *w)
{
	Deadcode *d = w->d;
	Waiting *t = w->own;
	u32 at = w->at, n = own_words(t), half = n / 2;

	if (n < FEW || count(&d->ngiven))
		return;
	for (u32 keep = n - half; keep > 0 && next_word(w); keep--)
		w->at = (w->at + 1) % (t->nwords * 64);
	pthread_mutex_lock(&d->giving);
	while (half-- > 0 && d->ngiven < NELEM(d->given) && next_word(w)) {
		d->given[d->ngiven] = (Given){w->at, take_word(t, w->at)};
		set_count(&d->ngiven, d->ngiven + 1);
	}
	pthread_mutex_unlock(&d->giving);
	w->at = at;
}

/* A part for each who is hungry. */
static void take(Worker *w)
{
	Deadcode *d = w->d;
	u32 n = (d->ngiven + d->hungry - 1) / d->hungry;

	for (; n > 0; n--) {
		const Given *g = &d->given[d->ngiven - 1];

		w->at = g->at;
		w->own->waiting[g->at] |= g->word;
		w->own->words[g->at / 64] |= 1ull << g->at % 64;
		set_count(&d->ngiven, d->ngiven - 1);
	}
}

/* false: nothing will come any more. */
static bool wait_for_more(Worker *w)
{
	Deadcode *d = w->d;
	bool more;

	pthread_mutex_lock(&d->giving);
	set_count(&d->hungry, d->hungry + 1);
	while (!d->ngiven && d->hungry < d->present) {
		pthread_mutex_unlock(&d->giving);
		while (!count(&d->ngiven) &&
		       count(&d->hungry) < count(&d->present))
			sched_yield();
		pthread_mutex_lock(&d->giving);
	}
	more = d->ngiven;
	if (more) {
		take(w);
		set_count(&d->hungry, d->hungry - 1);
	}
	pthread_mutex_unlock(&d->giving);
	return more;
}

/* The first thread has been counted before it comes: it has all there is. */
static void arrive(Deadcode *d, size_t i)
{
	pthread_mutex_lock(&d->giving);
	set_count(&d->present, d->present + (i > 0));
	pthread_mutex_unlock(&d->giving);
}

static void work(void *arg, size_t i)
{
	Deadcode *d = arg;
	Worker w;
	Visit v[BATCH + WORD];
	u32 n;

	w.d = d;
	w.own = &d->waiting[i];
	w.nlater = w.nask = w.npart = 0;
	w.at = 0;
	w.batch = w.own->batch;
	arrive(d, i);
	do {
		while ((n = next_batch(&w, v)) > 0 || w.nlater > 0) {
			visit_all(&w, v, n);
			settle(&w, n == 0);
			if (count(&d->hungry))
				give(&w);
		}
	} while (wait_for_more(&w));
	w.own->batch = w.batch;	/* for the next time */
}

void flood(Deadcode *d)
{
	d->present = 1;
	d->hungry = 0;
	pool_for(d->L->pool, d->threads, work, d);
	d->into = d->waiting;
}
