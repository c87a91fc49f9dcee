/*
 * arm64: a function's layout and its bytes.
 *
 *     p->pc for every instruction; constants that do not fit gather in a
 *     literal pool, which is dumped behind the instruction after which the
 *     first of its users would lose sight of it
 *     until nothing changes: a conditional branch that does not reach its
 *     target goes to a jump behind it, over which another jump leads
 *     encode; zeros up to a multiple of 16
 *
 * Source: span7 in cmd/internal/obj/arm64/asm7.go.
 */
#include "obj/asmarm64.h"

enum {
	NOOP = (int)0xd503201f,
	FUNC_ALIGN = 16,
	POOL_REACH = 512 * 1024,	/* half of what a load reaches */
	POOL_MAX = 0xffff0,
	MAX_PASSES = 100,	/* over a function with far branches */
	MAX_FUNC = 1 << 28
};

/* ---- what encoders use ------------------------------------------------ */

void arm64_bad(Arm64 *e, const AsmProg *p, const char *fmt, ...)
{
	char text[200];
	va_list ap;

	if (e->bad)
		return;
	e->bad = true;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	asm_error_prog(e->c, p, "%s", text);
}

void arm64_reloc(Arm64 *e, const AsmProg *p, RelocRow row, u8 siz,
		 const AsmAddr *a)
{
	lsym_add_reloc(e->c->obj, e->s, (Reloc){(i32)p->pc, siz,
		asm_reloc_type(e->c, row), a->offset, a->sym});
}

/* LDR: 32 bits, or 64, or 32 with the sign. */
u32 arm64_literal(Arm64 *e, const AsmProg *p, unsigned rt)
{
	u32 w;

	if (!p->pool) {
		arm64_bad(e, p, "constant is not in pool");
		return 0;
	}
	w = p->pool->opcode == A(DWORD) ? 1 : p->pool->to.offset < 0 ? 2 : 0;
	return w << 30 | 3 << 27 | rt |
		(u32)arm64_brdist(e, p, p->pool, 0, 19, 2) << 5;
}

/* ---- sizes ------------------------------------------------------------ */

static bool is_pcalign(const AsmProg *p)
{
	return p->opcode == APCALIGN || p->opcode == APCALIGNMAX;
}

static bool has_no_code(const AsmProg *p)
{
	return p->opcode == AFUNCDATA || p->opcode == APCDATA ||
		p->opcode == ANOP || p->opcode == ATEXT;
}

/* Up to a multiple of $n; PCALIGNMAX only if it takes $max at most. */
static i64 padding(Arm64 *e, const AsmProg *p)
{
	i64 a = p->from.offset, over, n;

	if (a < 8 || a > 2048 || (a & (a - 1))) {
		arm64_bad(e, p, "alignment value of an instruction must be a "
			  "power of two and in the range [8, 2048], got %lld",
			  (long long)a);
		return 0;
	}
	over = p->pc & (a - 1);
	n = over ? a - over : 0;
	if (p->opcode == APCALIGN)
		return n;
	if (p->to.offset < 0 || p->to.offset >= a) {
		arm64_bad(e, p, "PCALIGNMAX 'amount' %lld must be "
			  "non-negative and smaller than the alignment %lld",
			  (long long)p->to.offset, (long long)a);
		return 0;
	}
	/* Go's rule: a place that is aligned counts as a whole step. */
	return p->to.offset >= a - over ? a - over : 0;
}

static i64 size_of(Arm64 *e, AsmProg *p)
{
	const Arm64Form *f;
	i64 n;

	e->bad = false;
	if (is_pcalign(p)) {
		n = padding(e, p);
		if (e->s->align < (u32)p->from.offset && !e->bad)
			e->s->align = (u32)p->from.offset;
		return n;
	}
	if (has_no_code(p))
		return 0;
	f = arm64_oplook(e, p);
	n = f ? f->size : 4;
	if (f && n == 12 && ((f->from == C1(ADDR) &&
			      arm64_lo12(e, p, &p->from)) ||
			     (f->to == C1(ADDR) &&
			      arm64_lo12(e, p, &p->to))) &&
	    arm64_op_of(p)->ld)
		n = 8;
	p->isize = (u8)n;
	return n;
}

/* ---- the literal pool ------------------------------------------------- */

static void pool_flush(Arm64 *e, AsmProg *p)
{
	if (p->opcode != AJMP && p->opcode != ARET && p->opcode != A(ERET)) {
		AsmProg *q = asm_prog(e->c);

		/* Behind the last instruction there is nothing to leap to. */
		q->opcode = p->link ? AJMP : AUNDEF;
		if (p->link) {
			q->to.type = TYPE_BRANCH;
			q->to.target = p->link;
		}
		q->link = e->blitrl;
		e->blitrl = q;
	}
	for (AsmProg *q = e->blitrl; q; q = q->link)
		q->pos = p->pos;
	e->elitrl->link = p->link;
	p->link = e->blitrl;
	e->blitrl = e->elitrl = NULL;
	e->poolsize = e->poolstart = 0;
	map_free(&e->lits);
	e->lits = (Map){0};
}

/* The constant of a, or the offset of the place that it means. */
static void pool_add(Arm64 *e, AsmProg *p, const AsmAddr *a)
{
	i64 lit = a->type == TYPE_CONST ? a->offset : arm64_mem(e, a).off;
	bool wide = a->type == TYPE_CONST ?
		lit != (i32)lit && (u64)lit != (u32)lit :
		(p->opcode == A(MOVD) && a->type != TYPE_MEM) ||
		lit != (i32)lit || (u64)lit != (u32)lit;
	bool fresh;
	MapSlot *m = map_put(&e->lits, (View){0}, (u64)lit, &fresh);
	AsmProg *t;

	if (!fresh) {
		p->pool = m->val.p;
		return;
	}
	t = asm_prog(e->c);
	m->val.p = p->pool = t;
	t->opcode = wide ? A(DWORD) : A(WORD);
	t->to.type = TYPE_CONST;
	t->to.offset = lit;
	if (e->blitrl) {
		e->elitrl->link = t;
	} else {
		e->blitrl = t;
		e->poolstart = (u64)p->pc;
	}
	e->elitrl = t;
	if (wide)
		e->poolsize = (e->poolsize + 7) & ~(u64)7;
	e->poolsize += wide ? 8 : 4;
}

static bool in_reach(i64 v)
{
	return -POOL_REACH < v && v < POOL_REACH && v % 4 == 0;
}

static void pool_check(Arm64 *e, AsmProg *p)
{
	unsigned flags = p->optab ? arm64_form[p->optab - 1].flags : 0;

	if (flags & LFROM)
		pool_add(e, p, &p->from);
	if (flags & LTO)
		pool_add(e, p, &p->to);
	if (e->blitrl &&
	    (e->poolsize >= POOL_MAX || !p->link ||
	     !in_reach(p->pc + 4 + (i64)e->poolsize - (i64)e->poolstart + 8)))
		pool_flush(e, p);
}

/* ---- far branches ----------------------------------------------------- */

static AsmProg *jump_behind(Arm64 *e, AsmProg *p, AsmProg *target)
{
	AsmProg *q = asm_prog(e->c);

	q->link = p->link;
	p->link = q;
	q->opcode = AJMP;
	q->to.type = TYPE_BRANCH;
	q->to.target = target;
	return q;
}

/*
 *	    TBZ  $3, R1, far            TBZ  $3, R1, q1
 *	next:                    ->     JMP  next
 *	                            q1: JMP  far
 *	                          next:
 */
static bool fix_far(Arm64 *e, AsmProg *p)
{
	unsigned flags = p->optab ? arm64_form[p->optab - 1].flags : 0;
	i64 reach, d;
	AsmProg *q;

	if (!(flags & (BR14 | BR19)) || p->to.type != TYPE_BRANCH ||
	    !p->to.target)
		return false;
	reach = ((i64)1 << (flags & BR14 ? 15 : 20)) - 10;
	d = p->to.target->pc - p->pc;
	if (d > -reach && d < reach)
		return false;
	q = jump_behind(e, p, p->to.target);
	p->to.target = q;
	jump_behind(e, p, q->link);
	return true;
}

/* ---- all of it -------------------------------------------------------- */

static void lay_out(Arm64 *e)
{
	i64 pc = 0;

	e->f->text->pc = 0;
	for (AsmProg *p = e->f->text->link; p && !e->c->stop; p = p->link) {
		p->pc = pc;
		pc += size_of(e, p);
		pool_check(e, p);
	}
}

static i64 relax(Arm64 *e)
{
	bool changed = true;
	i64 pc = 0;

	for (int pass = 0; changed; pass++) {
		changed = false;
		pc = 0;
		if (pass == MAX_PASSES || e->c->stop) {
			asm_error_prog(e->c, e->f->text,
				       "far branches do not settle");
			return 0;
		}
		for (AsmProg *p = e->f->text->link; p; p = p->link) {
			p->pc = pc;
			changed |= fix_far(e, p);
			pc += size_of(e, p);
		}
	}
	return pc;
}

static u8 *put(u8 *at, u32 w)
{
	st32(at, w, false);
	return at + 4;
}

static u8 *encode(Arm64 *e, AsmProg *p, u8 *at)
{
	memset(e->o, 0, sizeof e->o);
	e->bad = false;
	if (is_pcalign(p)) {
		for (i64 n = padding(e, p); n > 0; n -= 4)
			at = put(at, (u32)NOOP);
		return at;
	}
	if (has_no_code(p) || !p->optab)
		return at;
	e->op = arm64_op_of(p);
	e->form = &arm64_form[p->optab - 1];
	e->form->enc(e, p);
	for (unsigned i = 0; i < p->isize / 4u; i++)
		at = put(at, e->o[i]);
	return at;
}

/* R27 is the assembler's, and the preemption's: who uses it must not be
 * interrupted; who had it used by the assembler can begin again. */
static bool is_unsafe(const AsmProg *p)
{
	return p->from.reg == REGTMP || p->to.reg == REGTMP ||
		p->reg == REGTMP ||
		(p->from.type == TYPE_REGREG && p->from.offset == REGTMP) ||
		(p->to.type == TYPE_REGREG && p->to.offset == REGTMP);
}

static bool is_restartable(const AsmProg *p)
{
	return p->optab && !is_unsafe(p) && p->isize > 4 &&
		!(arm64_form[p->optab - 1].flags & NOTMP);
}

void arm64_assemble(AsmCtx *c, AsmFunc *f)
{
	Arm64 e = {.c = c, .f = f, .s = f->sym};
	i64 size;
	u8 *at;

	if (!f->text->link)
		return;
	e.autosize = f->text->to.offset;
	e.extrasize = f->text->isize;
	lay_out(&e);
	map_free(&e.lits);
	if (c->errors)
		return;
	size = relax(&e);
	if (c->errors)
		return;
	if (size > MAX_FUNC) {
		asm_error_prog(c, f->text, "function too large");
		return;
	}
	size = (size + FUNC_ALIGN - 1) & -FUNC_ALIGN;
	at = lsym_prepwrite(c->obj, e.s, 0, (u32)size);
	if (!at)
		return;
	for (AsmProg *p = f->text->link; p; p = p->link)
		at = encode(&e, p, at);
	asm_mark_unsafe(c, f->text, is_unsafe, is_restartable);
}
