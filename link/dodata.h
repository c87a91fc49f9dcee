/*
 * dodata: what dodata.c, dodatasect.c and gcprog.c share.
 */
#ifndef LINK_DODATA_H
#define LINK_DODATA_H

#include "link/link.h"

/* Symbols to be laid out, by the kind that they are laid out as. */
typedef struct {
	SymVec sym[NKIND];
	u32 maxalign[NKIND];	/* 0: there are none */
	u64 size;	/* of the segment so far */
} DoData;

static inline u64 rnd(u64 x, u64 align)
{
	return align > 1 ? (x + align - 1) / align * align : x;
}

/* dodatasect.c: brings each kind's symbols into their order and sets their
 * alignment. Types take as long as all others do, side by side: nothing that
 * is writable waits for them. */
typedef struct Sort Sort;
Sort *dodata_sort_begin(Link *L, DoData *d);
void dodata_sort_types(const Sort *o);
void dodata_sort_others(Sort *o);
/* What is known of the types then, for the runtime. */
void dodata_moduledata(Link *L);

/* gcprog.c: fills the symbol of that name (runtime.gcdata) with the places
 * of the pointers in v, which are end bytes. */
void gcprog_emit(Link *L, const char *name, const SymVec *v, u64 end);

#endif
