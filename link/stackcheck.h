/* Between stackcheck.c and stackreport.c. */
#ifndef LINK_STACKCHECK_H
#define LINK_STACKCHECK_H

#include "link/link.h"

enum {
	STACK_NOSPLIT_BASE = 800,	/* abi.StackNosplitBase */
	STACK_CYCLE = 32767	/* height of what never ends */
};
/* Stands for whatever an indirect call may reach. */
#define STACK_INDIRECT UINT32_MAX

typedef struct {
	i64 growth;	/* of the stack, up to and with the call */
	Sym to;	/* 0: no call */
	u32 next;	/* edge of the same function; 0: none */
} StackEdge;

/* A function in the call graph, by its symbol. */
typedef struct {
	u32 first, last;	/* edges; 0: none */
	bool present;	/* in the graph */
	bool root;	/* nobody calls it, as far as is known */
} StackNode;

typedef struct StackCheck {
	PoolLoop *aside;	/* the rough check */
	bool failed;	/* says this */
	Link *L;
	u32 nsym;	/* symbols there are */
	Mem mem;	/* for stack */
	Sym morestack;
	/* By symbol, that of indirect calls last: 1 + the height, which is
	 * STACK_CYCLE while it is being found; 0: unknown. */
	u16 *height;
	void *stack;	/* of functions whose callees are looked at */
	u32 depth, capstack;

	bool exact;	/* false: heights may be too large */
	bool edges;	/* record the graph */
	StackNode *node;	/* by symbol, as height */
	SymVec nodes;	/* those present */
	StackEdge *edge;	/* [0] is not used */
	u32 nedge, capedge;
} StackCheck;

/* stackcheck.c */
StackCheck stack_check_new(Link *L, bool edges);
i64 stack_check(StackCheck *c, Sym s);	/* its height */
i64 stack_height(const StackCheck *c, Sym s);	/* if it is known */

/* stackreport.c */
void stack_node(StackCheck *c, Sym s);	/* s is in the graph */
void stack_edge(StackCheck *c, Sym from, i64 growth, Sym to);
void stack_debug(const StackCheck *c, Sym s);	/* -debugnosplit */
/* An error for each root of the chains that begin at the failed. */
void stack_report(Link *L, const SymVec *failed, i64 limit);

#endif
