/* Between deadcode.c and deadmethod.c. */
#ifndef LINK_DEADCODE_H
#define LINK_DEADCODE_H

#include "link/decodesym.h"

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
	const Sym *syms[NSPECIAL];
	u32 n[NSPECIAL];
} Bases;

typedef struct {
	Link *L;
	/* A bit for each symbol: is marked, is to be visited; and for each
	 * word of waiting: is not 0. Symbol 0 is marked. */
	u64 *marked, *waiting, *words;
	u32 nwords;	/* of words */
	u32 at;	/* place in waiting */
	Bases *bases;	/* by object */
	Sym *parent;	/* NULL if nobody asks */
	u8 action[512];	/* by number in objects */
	bool aux[NAux];	/* which auxiliary symbols are marked */
	bool reflect_seen;
	SymVec pkginits;

	/* numbers of names and signatures; what has number 0 is not used */
	Map name_of;	/* by bytes */
	u32 *name_of_sym;
	PairMap sig_of;	/* by name and type */
	Name *name;
	Sig *sig;
	Method *method;
	u32 nname, capname, nsig, capsig, nmethod, capmethod;
} Deadcode;

/* Most are marked already, but which cannot be foreseen: no branch. */
static inline void mark(Deadcode *d, Sym s, Sym parent)
{
	u32 w = s / 64;
	u64 bit = 1ull << s % 64, fresh = ~d->marked[w] & bit;

	d->marked[w] |= bit;
	d->waiting[w] |= fresh;
	d->words[w / 64] |= (u64)(fresh != 0) << w % 64;
	if (d->parent && s && !d->parent[s])
		d->parent[s] = parent;
}

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
