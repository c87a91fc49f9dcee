/* Between deadcode.c, deadflood.c, deadmethod.c and deadvisit.c. */
#ifndef LINK_DEADCODE_H
#define LINK_DEADCODE_H

#include <pthread.h>

#include "link/decodesym.h"
#include "link/load.h"

typedef struct {
	Sym src;	/* the type */
	u32 rel;	/* the first of its three relocations */
	u32 next;	/* of the same signature; 0: none */
} Method;

/* A name and a type, as function, of methods. */
typedef struct {
	u32 methods;	/* that are not marked: first of a list, 0: none */
	u32 next;	/* of the same name; 0: none */
	bool wanted;
} Sig;

typedef struct {
	u32 sigs;	/* first of a list, 0: none */
	bool wanted, exported;
} Name;

/* From pairs of numbers to numbers, open addressing. */
typedef struct {
	u64 *key;	/* 0: free */
	u32 *val;
	u32 n, mask;
	u64 seed;
} PairMap;

/* Where the symbols are that an object's references mean, by how far the
 * package number is below PkgIdxNone. */
enum { NSPECIAL = PkgIdxNone - PkgIdxSelf + 1 };
typedef struct {
	Sym *syms[NSPECIAL];	/* not of package definitions, */
	Sym pkg;	/* which are numbered from here on */
	u32 n[NSPECIAL];
} Bases;

/* What a thread is to visit: a bit for each symbol, by number less L->alias,
 * and for each word of these: is not 0. */
typedef struct {
	u64 *waiting, *words;
	u32 nwords;	/* of words */
	Batch batch;	/* of contents, between searches */
} Waiting;

/* A word of waiting on its way from one thread to another. */
typedef struct {
	u32 at;
	u64 word;
} Given;

typedef struct {
	Link *L;
	Load *ld;
	/* A bit for each symbol, by number less L->alias: is marked; is
	 * referred to, marked or not. Any thread changes them. */
	u64 *marked, *touched;
	unsigned threads;
	Waiting *waiting;	/* by thread */
	Bases *bases;	/* by object */
	Sym *parent;	/* NULL if nobody asks; else there is one thread */
	u8 action[512];	/* by number in objects */
	u8 aux[NAux];	/* AUX_*: what is done with one of that type */

	/* Of the thread that has giving: threads that take part, those of
	 * them that have nothing to visit, and what these may have. */
	pthread_mutex_t giving;
	u32 present, hungry, ngiven;
	Given given[256];

	/* What follows is of the thread that has the lock. */
	pthread_mutex_t lock;
	Waiting *into;	/* its own; the first, while nobody searches */
	bool reflect_seen;
	SymVec pkginits;

	/* numbers of names and signatures; what has number 0 is not used */
	Map name_of;	/* by bytes */
	PairMap name_of_sym;
	PairMap sig_of;	/* by name and type */
	Name *name;
	Sig *sig;
	Method *method;
	u32 nname, capname, nsig, capsig, nmethod, capmethod;
} Deadcode;

/* What is done with an auxiliary symbol. */
enum { AUX_IGNORE, AUX_MARK, AUX_TOUCH, AUX_PCTAB, AUX_FUNCINFO };

/* What is done with a relocation, by its type; the last two, with a symbol.
 * What is in the second row is left to the thread that has the lock. */
enum {
	FOLLOW, IGNORE, USEIFACE,
	METHODOFF, USEIFACEMETHOD, USENAMEDMETHOD, REFLECT, PKGINIT
};

/* Relocation rel of s, or s, of which that kind of thing is to be told. */
typedef struct {
	Sym s;
	u32 rel;
	u32 action;
} Later;

/* A thread that searches. */
#define BY_KEY UINT32_MAX
enum { MAXLATER = 512 };
typedef struct {
	Deadcode *d;
	Waiting *own;
	/* Contents without number that were found, what is then to be marked,
	 * by whom; by nobody: touched; BY_KEY: nothing. */
	Ask ask[NASK];
	Sym askedby[NASK];
	u32 nask;
	/* What types that are used in interfaces refer to: types, or not. */
	Sym part[NASK];
	u32 npart;
	Batch batch;	/* of contents */
	u32 at;	/* word of own */
	u32 nlater;
	Later later[MAXLATER];
} Worker;

/* A bit of a set that other threads change, too; false: it was there. Most
 * are there, and looking costs much less than changing. */
static inline bool set_bit(u64 *set, u32 i)
{
	u64 *w = &set[i / 64], bit = 1ull << i % 64;

	return !(__atomic_load_n(w, __ATOMIC_SEQ_CST) & bit) &&
		!(__atomic_fetch_or(w, bit, __ATOMIC_SEQ_CST) & bit);
}

static inline bool is_marked(const Deadcode *d, Sym s)
{
	u32 x = s - d->L->alias;

	return __atomic_load_n(&d->marked[x / 64], __ATOMIC_SEQ_CST) >>
		x % 64 & 1;
}

/* s is to be visited, once more if it was. */
static inline void enqueue(Waiting *t, u32 x)
{
	t->waiting[x / 64] |= 1ull << x % 64;
	t->words[x / 4096] |= 1ull << x / 64 % 64;
}

static inline void mark(Deadcode *d, Waiting *t, Sym s, Sym parent)
{
	u32 x = s - d->L->alias;

	if (!s || !set_bit(d->marked, x))
		return;
	if (d->parent)
		d->parent[x] = parent;
	enqueue(t, x);
}

static inline void touch(Deadcode *d, Sym s)
{
	if (s)
		set_bit(d->touched, s - d->L->alias);
}

/* deadvisit.c */
/* What is to be read of a symbol that is visited. */
typedef struct {
	Sym s;
	const LObj *obj;	/* that defines it; NULL: none, or changed */
	u32 li;
	u32 attr;
	bool index;	/* says where r and a are */
	u32 n, size;	/* bytes that there are, that there may be */
	Rels r;
	Auxs a;
	u32 info;	/* its FuncInfo; NOSYM: none, as far as is known */
} Visit;
void visit_all(Worker *w, Visit *v, u32 n);
void settle(Worker *w, bool now);	/* w->later */

/* deadflood.c: visits whatever is marked until nothing is left. */
void flood(Deadcode *d);

/* deadmethod.c */
void deadmethod_init(Deadcode *d);
void deadmethod_free(Deadcode *d);
/* The number of a method's name; exported: as a descriptor says. */
u32 name_number(Deadcode *d, View name, bool exported);
/* The number of a signature, from the symbols of name and type. */
u32 sig_number(Deadcode *d, Sym name, Sym type);
/* Methods of that signature, of that name, exported ones are called. */
void want_sig(Deadcode *d, u32 sig);
void want_name(Deadcode *d, u32 name);
void see_reflect(Deadcode *d);
/* A method of a type that is in interfaces: relocations k .. k+2 of src, the
 * first of which is mtyp. */
void add_method(Deadcode *d, Sym src, Rels r, u32 k, Rel mtyp);

#endif
