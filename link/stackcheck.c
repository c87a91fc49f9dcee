/*
 * do_stack_check: no chain of calls uses more stack than there certainly is.
 *
 * A function that may grow the stack asks for it in its first instructions,
 * and what it leaves free below itself are StackNosplit bytes. Functions
 * marked nosplit do not ask: they and what they call have to do with those
 * bytes, down to the next function that asks. The height of a function is
 * what it and its callees may use of them:
 *
 *   a function that asks       the call of morestack
 *   runtime.morestack          0: it goes over to another stack
 *   an indirect call           as a function that asks
 *   what has no FuncInfo (C)   0: it runs on another stack
 *   nosplit                    the largest of its own stack depth, and of
 *                              the depth at a call, the call, the callee
 *
 * How deep the stack is at a pc is in the function's table Pcsp. Recursion of
 * nosplit functions counts as 32767 bytes.
 *
 * Only errors come of this. If there is one, the part of the call graph that
 * is concerned is built (stackreport.c) to show every chain that is too long.
 *
 * Source: cmd/link/internal/ld/stackcheck.go
 */
#include <stdlib.h>

#include "link/stackcheck.h"

/* ---- the edges of a function ----------------------------------------- */

/* A function whose callees are being looked at. */
typedef struct {
	Sym s;
	Rels r;
	u32 next;	/* relocation */
	PcIter pcsp;
	u64 nextpc;	/* up to which depth holds */
	i64 depth, deepest;	/* of its own frame */
	i64 height;	/* so far */
	i64 growth;	/* of the call that is followed */
	bool done;
} Frame;

static void next_span(const StackCheck *c, Frame *f)
{
	f->done = !pciter_next(&f->pcsp);
	if (f->done)
		return;
	f->nextpc = f->pcsp.pc * c->L->la->minlc;
	f->depth = f->pcsp.val;
	if (f->depth > f->deepest)
		f->deepest = f->depth;
}

static bool is_nosplit(const Link *L, Sym s)
{
	return sym_has(L, s, A_NOSPLIT) && !sym_is_ext(L, s);
}

static Frame frame_of(const StackCheck *c, Sym s)
{
	Frame f = {.s = s, .done = true};
	View tab = sym_aux_data(c->L, s, AuxPcsp);

	f.r = sym_rels(c->L, s);
	if (tab.n) {
		f.pcsp.c = cursor(pctab_of(tab, (u32)sym_data(c->L, s).n),
				  false);
		next_span(c, &f);
	}
	return f;
}

/* Its next call, the relocations being consumed; false: no more. */
static bool next_call(const StackCheck *c, Frame *f, Sym *to)
{
	while (!f->done) {
		Rel r;

		if (f->next == f->r.n) {
			next_span(c, f);
			continue;
		}
		r = rel_at(c->L, f->r, f->next);
		if ((u32)r.off >= f->nextpc) {
			next_span(c, f);
			continue;
		}
		f->next++;
		if (reloc_is_call(r.type) || r.type == ROW_R_CALLIND) {
			*to = r.type == ROW_R_CALLIND ? STACK_INDIRECT :
				r.sym;
			return true;
		}
	}
	return false;
}

/* ---- heights --------------------------------------------------------- */

static u16 *height_of(const StackCheck *c, Sym s)
{
	return &c->height[s == STACK_INDIRECT ? c->nsym : s];
}

i64 stack_height(const StackCheck *c, Sym s)
{
	return (i64)*height_of(c, s) - 1;
}

static i64 done_with(StackCheck *c, Sym s, i64 height)
{
	*height_of(c, s) = (u16)(1 + (height < STACK_CYCLE ? height :
				      STACK_CYCLE));
	if (c->edges)
		stack_node(c, s);
	if (c->L->flag.debugnosplit)
		stack_debug(c, s);
	return height;
}

static void add_edge(StackCheck *c, Sym from, i64 growth, Sym to)
{
	if (c->edges)
		stack_edge(c, from, growth, to);
}

/* The height of a function that calls nothing but morestack, if s is one. */
static bool simple_height(StackCheck *c, Sym s, i64 *height)
{
	const Link *L = c->L;
	GoFuncInfo info;

	*height = 0;
	if (s == c->morestack)
		return true;
	if (s != STACK_INDIRECT) {
		if (sym_has(L, s, A_EXTERNAL) ||
		    (c->exact && !sym_funcinfo(L, s, &info)))
			return true;
		if (is_nosplit(L, s))
			return false;
	}
	/* Height 0, once morestack has its own. Go looks at morestack for a
	 * function, but not for an indirect call, and a report of what it
	 * has not looked at reads otherwise. */
	add_edge(c, s, L->la->callsize, c->morestack);
	*height = L->la->callsize;
	if (c->edges && s != STACK_INDIRECT && c->morestack &&
	    !*height_of(c, c->morestack))
		done_with(c, c->morestack, 0);
	return true;
}

/* The end of f: what the caller, if there is one, has of it. */
static i64 finish(StackCheck *c, Frame *f)
{
	if (f->deepest > f->height) {
		add_edge(c, f->s, f->deepest, 0);
		f->height = f->deepest;
	}
	return done_with(c, f->s, f->height);
}

static void raise(Frame *f, i64 height)
{
	if (height > f->height)
		f->height = height;
}

static void push(StackCheck *c, Sym s)
{
	Frame f = frame_of(c, s);

	*height_of(c, s) = STACK_CYCLE + 1;
	c->stack = mem_grow(&c->mem, c->stack, c->depth, &c->capstack,
			    sizeof f);
	((Frame *)c->stack)[c->depth++] = f;
}

/* The height of s if it is known or simple; else its frame is pushed. */
static bool known_height(StackCheck *c, Sym s, i64 *height)
{
	if (*height_of(c, s)) {
		*height = stack_height(c, s);
		return true;
	}
	if (!simple_height(c, s, height)) {
		push(c, s);
		return false;
	}
	done_with(c, s, *height);
	return true;
}

i64 stack_check(StackCheck *c, Sym s)
{
	i64 height;
	Sym to;

	if (known_height(c, s, &height))
		return height;
	while (c->depth > 0) {
		Frame *f = &((Frame *)c->stack)[c->depth - 1];

		if (next_call(c, f, &to)) {
			f->growth = f->depth + c->L->la->callsize;
			add_edge(c, f->s, f->growth, to);
			if (!to)
				raise(f, f->growth);
			else if (known_height(c, to, &height))
				raise(f, f->growth + height);
			continue;
		}
		height = finish(c, f);
		c->depth--;
		if (c->depth > 0)
			raise(f - 1, f[-1].growth + height);
	}
	return height;
}

StackCheck stack_check_new(Link *L, bool edges)
{
	StackCheck c = {.L = L, .nsym = L->nsym, .edges = edges,
			.exact = true};

	c.morestack = sym_lookup(L, view_str("runtime.morestack"), 0);
	c.height = mem_alloc(&L->mem, ((size_t)L->nsym + 1) * sizeof(u16));
	/* Deeper than calls without a check of the stack usually go. */
	c.mem.cap = 64 << 10;
	c.mem.p = mem_alloc(&L->mem, c.mem.cap);
	if (edges)
		c.node = mem_alloc(&L->mem, ((size_t)L->nsym + 1) *
				   sizeof *c.node);
	return c;
}

static i64 limit_of(const Link *L)
{
	return STACK_NOSPLIT_BASE - L->la->callsize - L->la->fpsize;
}

/* Others than these have the height of a call: no news. */
static bool is_checked(const Link *L, Sym s)
{
	return is_nosplit(L, s) || L->flag.debugnosplit;
}

/* Heights that may be too large: does a function need to be looked at? */
static void check_roughly(void *arg, size_t i)
{
	StackCheck *c = arg;
	Link *L = c->L;

	for (i = 0; i < L->textp.n && !c->failed; i++)
		c->failed = is_checked(L, L->textp.p[i]) &&
			stack_check(c, L->textp.p[i]) > limit_of(L);
}

static void check_all(StackCheck *c, SymVec *failed)
{
	Link *L = c->L;

	for (u32 i = 0; i < L->textp.n; i++) {
		Sym s = L->textp.p[i];

		if (is_checked(L, s) && stack_check(c, s) > limit_of(L))
			symvec_add(&L->mem, failed, s);
	}
}

void stack_check_begin(Link *L)
{
	StackCheck *c = L->stackcheck = mem_alloc(&L->mem, sizeof *c);

	if (L->flag.debugnosplit)
		return;
	*c = stack_check_new(L, false);
	c->exact = false;
	c->aside = pool_begin(L->pool, 1, check_roughly, c);
}

/* Whether a function has a FuncInfo is asked only if it matters. */
void do_stack_check(Link *L)
{
	StackCheck c, *rough = L->stackcheck;
	SymVec failed = {0};

	if (rough->aside)
		pool_end(L->pool, rough->aside);
	if (!rough->failed && !L->flag.debugnosplit)
		return;
	c = stack_check_new(L, L->flag.debugnosplit);
	check_all(&c, &failed);
	if (failed.n > 0)
		stack_report(L, &failed, limit_of(L));
}
