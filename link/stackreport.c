/*
 * What is printed of calls that use too much stack: for each function that
 * nobody calls, as far as the failed functions' callees go, an error, and to
 * standard output every chain of calls below it that is too long, as a tree:
 *
 *	main.f<1>
 *	    grows 608 bytes, calls main.g<1>
 *	        grows 616 bytes, calls main.h<1>
 *	            grows 8 bytes, calls runtime.morestack<0>
 *	            440 bytes over limit
 *
 * The number of chains may be exponential, so there is an end to them.
 *
 * Source: cmd/link/internal/ld/stackcheck.go
 */
#include <stdlib.h>

#include "link/stackcheck.h"

enum { MAX_STEPS = 10000000 };	/* edges that are followed for chains */

/* ---- the graph ------------------------------------------------------- */

static StackNode *node(const StackCheck *c, Sym s)
{
	return &c->node[s == STACK_INDIRECT ? c->nsym : s];
}

void stack_node(StackCheck *c, Sym s)
{
	StackNode *n = node(c, s);

	if (n->present)
		return;
	n->present = n->root = true;
	symvec_add(&c->L->mem, &c->nodes, s);
}

void stack_edge(StackCheck *c, Sym from, i64 growth, Sym to)
{
	StackNode *n = node(c, from);

	if (!c->nedge)
		c->nedge = 1;
	c->edge = mem_grow(&c->L->mem, c->edge, c->nedge, &c->capedge,
			   sizeof *c->edge);
	c->edge[c->nedge] = (StackEdge){growth, to, 0};
	if (n->last)
		c->edge[n->last].next = c->nedge;
	else
		n->first = c->nedge;
	n->last = c->nedge++;
}

static void print_name(const Link *L, Sym s)
{
	View name;

	if (s == STACK_INDIRECT) {
		printf("indirect");
		return;
	}
	name = sym_name(L, s);
	printf("%.*s<%u>", (int)name.n, (const char *)name.p,
	       (unsigned)sym_version(L, s));
}

void stack_debug(const StackCheck *c, Sym s)
{
	for (u32 e = node(c, s)->first; e; e = c->edge[e].next) {
		printf("nosplit: ");
		print_name(c->L, s);
		printf(" +%lld", (long long)c->edge[e].growth);
		if (c->edge[e].to) {
			printf(" -> ");
			print_name(c->L, c->edge[e].to);
		}
		printf("\n");
	}
}

/* ---- roots ----------------------------------------------------------- */

/* A step of the way from origin to functions that therefore are no roots. */
typedef struct {
	Sym s;
	u32 edge;	/* the next one */
	bool cycle;	/* it leads back to origin */
	Sym lowest;	/* of the cycle */
} Walk;

typedef struct {
	StackCheck *c;
	Walk *stack;	/* room for all nodes and one more */
	u32 n;
} Roots;

static void lower(Walk *w, Sym lowest)
{
	w->cycle = true;
	if (!w->lowest || w->s < w->lowest)
		w->lowest = w->s;
	if (lowest < w->lowest)
		w->lowest = lowest;
}

/* What origin calls, and what that calls, is no root. */
static void walk(Roots *r, Sym origin, Sym s)
{
	StackCheck *c = r->c;
	Walk *w;

	r->stack[r->n++] = (Walk){.s = s, .edge = node(c, s)->first};
	while (r->n > 0) {
		Sym to;

		w = &r->stack[r->n - 1];
		if (!w->edge) {
			if (--r->n > 0 && w->cycle)
				lower(w - 1, w->lowest);
			continue;
		}
		to = c->edge[w->edge].to;
		w->edge = c->edge[w->edge].next;
		if (!to || !node(c, to)->root)
			continue;
		node(c, to)->root = false;
		if (to == origin)
			lower(w, to);
		else
			r->stack[r->n++] = (Walk){
				.s = to, .edge = node(c, to)->first};
	}
	/* A cycle that nobody enters: one of it has to be the root. */
	if (r->stack[0].cycle)
		node(c, r->stack[0].lowest)->root = true;
}

typedef struct {
	i64 height;
	Sym s;
} Root;

static int by_height(const void *a, const void *b)
{
	const Root *x = a, *y = b;

	if (x->height != y->height)
		return x->height > y->height ? -1 : 1;
	return x->s < y->s ? -1 : x->s > y->s;
}

static u32 find_roots(StackCheck *c, Root *root)
{
	Roots r = {.c = c};
	u32 n = 0;

	r.stack = mem_alloc(&c->L->mem, (c->nodes.n + 1) * sizeof *r.stack);
	for (u32 i = 0; i < c->nodes.n; i++)
		if (node(c, c->nodes.p[i])->root)
			walk(&r, c->nodes.p[i], c->nodes.p[i]);
	for (u32 i = 0; i < c->nodes.n; i++) {
		Sym s = c->nodes.p[i];

		if (node(c, s)->root)
			root[n++] = (Root){stack_height(c, s), s};
	}
	qsort(root, n, sizeof *root, by_height);
	return n;
}

/* ---- chains ---------------------------------------------------------- */

/* A function on the chain from the root, and the call that led there. */
typedef struct {
	Sym s;
	i64 growth, depth;	/* depth: what is left of the limit */
	u32 edges, next;	/* all of it; the one to be followed */
	bool cycle, printed;
} Call;

typedef struct {
	StackCheck *c;
	Call *chain;
	u32 n;
	u32 steps;
} Report;

static void print_call(const Report *r, u32 i)
{
	const Call *l = &r->chain[i];

	if (i > 0) {
		printf("%*sgrows %lld bytes", 4 * (int)i, "",
		       (long long)l->growth);
		if (l->s) {
			printf(", calls ");
			print_name(r->c->L, l->s);
		}
	} else {
		print_name(r->c->L, l->s);
	}
	printf("\n");
}

static void print_chain(const Report *r)
{
	const Call *end = &r->chain[r->n - 1];
	int indent = 0;

	for (u32 i = 0; i < r->n; i++) {
		if (r->chain[i].printed)
			continue;
		r->chain[i].printed = true;
		print_call(r, i);
		indent = 4 * (int)i;
	}
	if (end->cycle)
		printf("%*sinfinite cycle\n", indent, "");
	else
		printf("%*s%lld bytes over limit\n", indent, "",
		       (long long)-end->depth);
}

/* While a function is on the chain it has no edges, so that a cycle ends
 * where it comes back to it. */
static void enter(Report *r, Sym s, i64 growth, i64 depth)
{
	StackNode *n = s ? node(r->c, s) : NULL;
	Call l = {.s = s, .growth = growth, .depth = depth};

	if (n) {
		l.edges = l.next = n->first;
		l.cycle = !n->present;
		n->present = false;
		n->first = 0;
	}
	r->chain[r->n++] = l;
	if (!l.edges && (depth < 0 || l.cycle))
		print_chain(r);
}

static void leave(Report *r)
{
	const Call *l = &r->chain[--r->n];
	StackNode *n = l->s ? node(r->c, l->s) : NULL;

	if (n) {
		n->present = true;
		n->first = l->edges;
	}
}

static void report(Report *r, Sym root, i64 limit)
{
	const StackEdge *e;
	Call *l;

	enter(r, root, 0, limit);
	while (r->n > 0) {
		l = &r->chain[r->n - 1];
		if (!l->next || r->steps == MAX_STEPS) {
			leave(r);
			continue;
		}
		r->steps++;
		e = &r->c->edge[l->next];
		l->next = e->next;
		enter(r, e->to, e->growth, l->depth - e->growth);
	}
}

void stack_report(Link *L, const SymVec *failed, i64 limit)
{
	StackCheck c = stack_check_new(L, true);
	Report r = {.c = &c};
	Root *root;
	u32 n;

	for (u32 i = 0; i < failed->n; i++)
		stack_check(&c, failed->p[i]);
	root = mem_alloc(&L->mem, c.nodes.n * sizeof *root);
	n = find_roots(&c, root);
	/* A function is there once, then perhaps again, then no call. */
	r.chain = mem_alloc(&L->mem, (c.nodes.n + 2) * sizeof *r.chain);
	for (u32 i = 0; i < n; i++) {
		sym_errorf(L, root[i].s, "nosplit stack over %lld byte limit",
			   (long long)limit);
		report(&r, root[i].s, limit);
		fflush(stdout);	/* the next error comes behind it */
	}
}
