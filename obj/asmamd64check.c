/*
 * -dynlink: variables are reached by way of R15, so code that uses R15 after
 * such an access finds an address in it that it did not put there. Refused.
 *
 * From each access on, along every path, until something writes R15; the
 * first reader is reported.
 *
 * Source: errorCheck in cmd/internal/obj/x86/obj6.go
 */
#include <stdlib.h>

#include "obj/asmamd64.h"

enum { MARK = 1 };	/* AsmProg.mark */
enum { READ_FROM = 1, READ_TO = 2, READ_3 = 4, WRITE_TO = 8, WRITE_3 = 16 };

static bool is_r15(int r)
{
	return r == R_R15 || r == R_R15B;
}

static const AsmAddr *third(const AsmProg *p)
{
	return p->nrest ? &p->rest[0] : NULL;
}

static bool mentions(const AsmAddr *a)
{
	return a && (is_r15(a->reg) || is_r15(a->index));
}

static bool uses_global(const AsmAddr *a)
{
	return a && a->name == NAME_EXTERN && a->sym &&
		!(a->sym->flag & SymFlagLocal);
}

/* Is R15 overwritten by p's access to a variable? */
static bool clobbers(const AsmProg *p)
{
	if (p->opcode == ACALL || p->opcode == ATEXT ||
	    p->opcode == AFUNCDATA || p->opcode == ARET ||
	    p->opcode == AJMP || p->opcode == ALEAQ)
		return false;
	return uses_global(&p->from) || uses_global(&p->to) ||
		uses_global(third(p));
}

/* Instructions that only write their last operand. */
static bool is_pure_write(u16 op)
{
	static const u16 ops[] = {APOPW, APOPL, APOPQ, ALEAL, ALEAQ,
		AIMUL3W, AIMUL3L, AIMUL3Q, APEXTRB, APEXTRW, APEXTRD,
		APEXTRQ, AVPEXTRB, AVPEXTRW, AVPEXTRD, AVPEXTRQ, AEXTRACTPS,
		ABSFW, ABSFL, ABSFQ, ABSRW, ABSRL, ABSRQ, APOPCNTW,
		APOPCNTL, APOPCNTQ, ALZCNTW, ALZCNTL, ALZCNTQ, ASHLXL,
		ASHLXQ, ASHRXL, ASHRXQ, ASARXL, ASARXQ};
	View name = view_str(amd64_opname(op));

	for (size_t i = 0; i < NELEM(ops); i++)
		if (op == ops[i])
			return true;
	return view_prefix(name, "MOV") || view_prefix(name, "PMOV");
}

static unsigned effects(const AsmProg *p)
{
	unsigned m = 0;

	if (p->from.type != TYPE_NONE)
		m |= READ_FROM;
	if (p->to.type != TYPE_NONE)
		m |= READ_TO | WRITE_TO;
	if (third(p))
		m |= READ_3;
	if (is_pure_write(p->opcode))
		m &= ~(unsigned)READ_TO;
	/* The idiom that clears a register. */
	if ((p->opcode == AXORL || p->opcode == AXORQ) &&
	    p->from.type == TYPE_REG && p->to.type == TYPE_REG &&
	    p->from.reg == p->to.reg)
		m &= ~(unsigned)(READ_FROM | READ_TO);
	if (p->opcode == AMULXL || p->opcode == AMULXQ)
		m = (m & ~(unsigned)(READ_TO | READ_3)) | WRITE_3;
	return m;
}

static bool is_r15_reg(const AsmAddr *a)
{
	return a && a->type == TYPE_REG && is_r15(a->reg);
}

static bool is_r15_mem(const AsmAddr *a)
{
	return a && a->type == TYPE_MEM && mentions(a);
}

static bool reads(const AsmProg *p)
{
	unsigned m = effects(p);

	return (m & READ_FROM && is_r15_reg(&p->from)) ||
		(m & READ_TO && is_r15_reg(&p->to)) ||
		(m & READ_3 && is_r15_reg(third(p))) ||
		is_r15_mem(&p->from) || is_r15_mem(&p->to) ||
		is_r15_mem(third(p));
}

static bool writes(const AsmProg *p)
{
	unsigned m = effects(p);

	return (m & WRITE_TO && is_r15_reg(&p->to)) ||
		(m & WRITE_3 && is_r15_reg(third(p)));
}

typedef struct {
	AsmProg **p;
	size_t n, cap;
} Work;

static void push(Work *w, AsmProg *p)
{
	if (!p || p->mark & MARK)
		return;
	p->mark |= MARK;
	if (w->n == w->cap) {
		w->cap = w->cap ? 2 * w->cap : 64;
		w->p = xrealloc(w->p, w->cap * sizeof(AsmProg *));
	}
	w->p[w->n++] = p;
}

/* x(PC) is not resolved yet, as in Go. */
static void flood(AsmCtx *c, Work *w)
{
	while (w->n > 0) {
		AsmProg *p = w->p[--w->n];

		if (reads(p)) {
			asm_error_prog(c, p, "when dynamic linking, R15 is "
				       "clobbered by a global variable "
				       "access and is used here");
			return;
		}
		if (writes(p))
			continue;
		if (p->to.type == TYPE_BRANCH)
			push(w, p->to.target);
		if (p->opcode != AJMP && p->opcode != ARET)
			push(w, p->link);
	}
}

void amd64_check(AsmCtx *c, AsmFunc *f)
{
	bool mentioned = false;
	Work w = {0};
	AsmProg *p;

	if (!c->flags->dynlink)
		return;
	for (p = f->text; p; p = p->link) {
		if (clobbers(p))
			push(&w, p);
		mentioned |= mentions(&p->from) || mentions(&p->to) ||
			mentions(third(p));
	}
	if (mentioned)
		flood(c, &w);
	for (p = f->text; p; p = p->link)
		p->mark &= (u16)~MARK;
	free(w.p);
}
