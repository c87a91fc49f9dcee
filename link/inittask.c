/*
 * The order in which packages are initialized. Each package p that has
 * something to do has a symbol p..inittask, a list of functions, and from it
 * an R_INITORDER to that of each package it imports. A package comes when
 * all it imports are done; among those that could come next, the one whose
 * name is first. The runtime gets two such lists: its own packages', and
 * main's.
 *
 * Source: cmd/link/internal/ld/inittask.go
 */
#include <stdlib.h>

#include "link/load.h"

/* An inittask symbol; importers begin at edge in a list of nodes. */
typedef struct {
	Sym sym;
	u32 waits;	/* for so many imports */
	u32 rank;	/* its name's */
	u32 first, n;	/* importers */
} Node;

typedef struct {
	u32 from, to;
} Edge;

typedef struct {
	Link *L;
	Node *node;
	u32 n, cap;
	Edge *edge;
	u32 nedge, capedge;
	u32 *importer;
	u32 *byrank;
	u32 *heap;	/* ranks of those that could come next */
	u32 nheap;
	Map bysym;
} Sched;

/* ---- the graph ------------------------------------------------------- */

static u32 node_of(Sched *d, Sym s)
{
	bool fresh;
	MapSlot *m = map_put(&d->bysym, view_str(""), s, &fresh);

	if (!fresh)
		return (u32)m->val.n;
	m->val.n = d->n;
	d->node = mem_grow(&d->L->tmp, d->node, d->n, &d->cap,
			   sizeof *d->node);
	d->node[d->n] = (Node){.sym = s};
	return d->n++;
}

static void add_edges(Sched *d, u32 from)
{
	Link *L = d->L;
	Rels rels = sym_rels(L, d->node[from].sym);

	for (u32 k = 0; k < rels.n; k++) {
		Rel r = rel_at(L, rels, k);
		u32 to;

		if (r.type != ROW_R_INITORDER || !r.sym)
			continue;
		to = node_of(d, r.sym);
		d->edge = mem_grow(&L->tmp, d->edge, d->nedge, &d->capedge,
				   sizeof *d->edge);
		d->edge[d->nedge++] = (Edge){from, to};
		d->node[from].waits++;
		d->node[to].n++;
	}
}

static void list_importers(Sched *d)
{
	u32 at = 0;

	d->importer = mem_alloc(&d->L->tmp, d->nedge * sizeof(u32));
	for (u32 i = 0; i < d->n; i++) {
		d->node[i].first = at;
		at += d->node[i].n;
		d->node[i].n = 0;
	}
	for (u32 k = 0; k < d->nedge; k++) {
		Node *to = &d->node[d->edge[k].to];

		d->importer[to->first + to->n++] = d->edge[k].from;
	}
}

static int by_name(const void *a, const void *b, void *arg)
{
	const Sched *d = arg;
	Sym x = d->node[*(const u32 *)a].sym, y = d->node[*(const u32 *)b].sym;
	View v = sym_name(d->L, x), w = sym_name(d->L, y);
	size_t n = v.n < w.n ? v.n : w.n;
	int c = n ? memcmp(v.p, w.p, n) : 0;

	if (c == 0)
		c = (v.n > w.n) - (v.n < w.n);
	return c ? c : (x > y) - (x < y);
}

static void rank(Sched *d)
{
	d->byrank = mem_alloc(&d->L->tmp, d->n * sizeof(u32));
	for (u32 i = 0; i < d->n; i++)
		d->byrank[i] = i;
	qsort_r(d->byrank, d->n, sizeof(u32), by_name, d);
	for (u32 i = 0; i < d->n; i++)
		d->node[d->byrank[i]].rank = i;
}

/* ---- a heap, least first --------------------------------------------- */

static void push(Sched *d, u32 x)
{
	u32 i = d->nheap++;

	for (; i > 0 && d->heap[(i - 1) / 2] > x; i = (i - 1) / 2)
		d->heap[i] = d->heap[(i - 1) / 2];
	d->heap[i] = x;
}

static u32 pop(Sched *d)
{
	u32 min = d->heap[0], x = d->heap[--d->nheap], i = 0, k;

	while ((k = 2 * i + 1) < d->nheap) {
		if (k + 1 < d->nheap && d->heap[k + 1] < d->heap[k])
			k++;
		if (d->heap[k] >= x)
			break;
		d->heap[i] = d->heap[k];
		i = k;
	}
	d->heap[i] = x;
	return min;
}

/* ---- the order ------------------------------------------------------- */

static void schedule(Sched *d, SB *out)
{
	Link *L = d->L;
	u32 done = 0;

	d->heap = mem_alloc(&L->tmp, d->n * sizeof(u32));
	for (u32 i = 0; i < d->n; i++)
		if (d->node[i].waits == 0)
			push(d, d->node[i].rank);
	for (; d->nheap; done++) {
		const Node *x = &d->node[d->byrank[pop(d)]];

		/* A record is 8 bytes and its functions. */
		if (facts(L, x->sym).size > 8)
			sb_addr(out, x->sym);
		for (u32 k = x->first; k < x->first + x->n; k++) {
			Node *from = &d->node[d->importer[k]];

			if (--from->waits == 0)
				push(d, from->rank);
		}
	}
	for (u32 i = 0; i < d->n && done < d->n; i++)
		if (d->node[i].waits) {
			View v = sym_name(L, d->node[i].sym);

			link_exitf(L, "inittask for %.*s is not schedulable "
				   "%u", (int)v.n, (const char *)v.p,
				   (unsigned)d->node[i].waits);
		}
}

/* The symbol with the list, 0 if there is no root. */
static Sym inittask_sym(Link *L, const char *root, const char *name)
{
	Sym r = sym_lookup(L, view_str(root), 0);
	Sched d = {.L = L};
	SB out;

	if (!r)
		return 0;
	node_of(&d, r);
	for (u32 i = 0; i < d.n; i++)
		add_edges(&d, i);
	list_importers(&d);
	rank(&d);
	out = sb_of(L, sym_create_static(L, view_str(name)));
	row(L, out.s)->kind = K_SNOPTRDATA;
	schedule(&d, &out);
	map_free(&d.bysym);
	return out.s;
}

void inittasks(Link *L)
{
	Sym s, t;
	SB sb;

	L->mainInittasks = inittask_sym(L, "main..inittask",
					"go:main.inittasks");
	s = sym_lookup(L, view_str("runtime.runtime_inittasks"), 0);
	if (!s)
		return;
	t = inittask_sym(L, "runtime..inittask", "go:runtime.inittasks");
	sb = sb_of(L, s);
	sb_set_size(&sb, 0);
	row(L, s)->kind = K_SNOPTRDATA;
	sb_addr(&sb, t);
	for (int i = 0; i < 2; i++)
		sb_uint(&sb, L->arch->ptrsize, row(L, t)->size /
			L->arch->ptrsize);
}
