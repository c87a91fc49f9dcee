/*
 * deadcode's search, by any number of threads. What is to be visited is a set
 * of bits, by number of symbol, in which every thread goes round: symbols of
 * an object lie near each other, and most references lead onwards. A thread
 * takes a word of 64 symbols at once, by exchanging it for 0.
 *
 * A second set tells which words are not 0. Who adds a symbol sets its bit
 * first, then the word's; who takes the word clears the word's bit first.
 * So a bit in a word that is not told of has been taken by somebody: a word
 * may be told of and be 0, but never the other way round for long.
 *
 * The search is over when no thread is active. A thread is until it has seen
 * no word in the whole set after all that it did itself; and it becomes
 * active again before it takes a word.
 */
#include <sched.h>

#include "link/deadcode.h"

enum { BATCH = 64, WORD = 64 };

/* Goes to the next word of waiting that is told of, round once at most. */
static bool next_word(Worker *w)
{
	const Deadcode *d = w->d;
	u32 i = w->at / 64;
	u64 here = __atomic_load_n(&d->words[i], __ATOMIC_SEQ_CST) &
		~0ull << w->at % 64;

	for (u32 k = 0; !here && k < d->nwords; k++) {
		i = i + 1 < d->nwords ? i + 1 : 0;
		here = __atomic_load_n(&d->words[i], __ATOMIC_SEQ_CST);
	}
	if (here)
		w->at = i * 64 + (u32)__builtin_ctzll(here);
	return here;
}

static u32 next_batch(Worker *w, Visit *v)
{
	Deadcode *d = w->d;
	u32 n = 0;

	while (n < BATCH && next_word(w)) {
		u64 word;

		__atomic_fetch_and(&d->words[w->at / 64],
				   ~(1ull << w->at % 64), __ATOMIC_SEQ_CST);
		word = __atomic_exchange_n(&d->waiting[w->at], 0,
					   __ATOMIC_SEQ_CST);
		for (; word; word &= word - 1) {
			u32 x = w->at * 64 + (u32)__builtin_ctzll(word);

			v[n++].s = d->L->alias + x;
			if (x >= d->ld->sharebase && x < d->ld->extbase)
				__builtin_prefetch(shared_of(d->ld, x));
		}
	}
	return n;
}

/* false: nothing will come any more. */
static bool wait_for_others(Worker *w)
{
	Deadcode *d = w->d;

	__atomic_fetch_sub(&d->active, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&d->active, __ATOMIC_SEQ_CST)) {
		if (next_word(w)) {
			__atomic_fetch_add(&d->active, 1, __ATOMIC_SEQ_CST);
			return true;
		}
		sched_yield();
	}
	return false;
}

static void work(void *arg, size_t i)
{
	Deadcode *d = arg;
	Worker w;
	Visit v[BATCH + WORD];
	u32 n;

	w.d = d;
	w.nlater = w.nask = 0;
	w.batch[0] = w.batch[1] = (Batch){.step = NBATCH};
	w.at = (u32)(d->nwords * i / d->threads) * 64;
	__atomic_fetch_add(&d->active, 1, __ATOMIC_SEQ_CST);
	do {
		while ((n = next_batch(&w, v)) > 0 || w.nlater > 0) {
			visit_all(&w, v, n);
			settle(&w, n == 0);
		}
	} while (wait_for_others(&w));
}

void flood(Deadcode *d)
{
	pool_for(d->L->pool, d->threads, work, d);
}
