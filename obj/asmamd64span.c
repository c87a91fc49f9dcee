/*
 * The code of a function: where each instruction comes to lie.
 *
 * A jump back knows its distance. A jump ahead is made short at first, and
 * long for the next pass if its target turns out to be too far: passes go on
 * until none had to be lengthened. No jump becomes short again.
 *
 * Source: span6 in cmd/internal/obj/x86/asm6.go, AlignmentPadding in
 * cmd/internal/obj/util.go; NOPs: Intel SDM volume 2, NOP
 */
#include "obj/asmamd64.h"

enum { BACKWARDS = 1, SHORT = 2 };
enum { MAX_PASSES = 1000, MAX_WORK = 1 << 26, MAX_CODE = 1 << 28 };

/* ---- padding -------------------------------------------------------------- */

static const u8 nops[9][9] = {
	{0x90}, {0x66, 0x90}, {0x0f, 0x1f, 0x00}, {0x0f, 0x1f, 0x40},
	{0x0f, 0x1f, 0x44}, {0x66, 0x0f, 0x1f, 0x44}, {0x0f, 0x1f, 0x80},
	{0x0f, 0x1f, 0x84}, {0x66, 0x0f, 0x1f, 0x84},
};

static void pad(Buf *code, i64 n)
{
	for (i64 m; n > 0; n -= m) {
		m = n < 9 ? n : 9;
		buf_add(code, view_of(nops[m - 1], (size_t)m));
	}
}

/* How much PCALIGN, PCALIGNMAX take at pc. */
static i64 padding(Amd64 *s, const AsmProg *p, i64 pc)
{
	i64 a = p->from.offset, low, max = p->to.offset;

	if (a < 8 || a > 2048 || a & (a - 1)) {
		asm_error_prog(s->ctx, p, "alignment value of an instruction "
			       "must be a power of two and in the range "
			       "[8, 2048], got %lld", (long long)a);
		return 0;
	}
	if (s->func->sym->align < a)
		s->func->sym->align = (u32)a;
	low = pc & (a - 1);
	if (p->opcode == APCALIGN)
		return low ? a - low : 0;
	if (max < 0 || max >= a) {
		asm_error_prog(s->ctx, p, "PCALIGNMAX 'amount' %lld must be "
			       "non-negative and smaller than the alignment "
			       "%lld", (long long)max, (long long)a);
		return 0;
	}
	return low && max >= a - low ? a - low : 0;
}

/* ---- before ----------------------------------------------------------------- */

/* ADJSP $n is SUBQ $n, SP, or ADDQ where that is shorter. */
static void adjsp(AsmProg *p)
{
	i64 v = p->from.offset;

	p->to.type = TYPE_REG;
	p->to.reg = R_SP;
	if (v == 0) {
		p->opcode = ANOP;
	} else if (v == 0x80 || (v < 0 && v != -0x80)) {
		p->opcode = AADDQ;
		p->from.offset = -v;
	} else {
		p->opcode = ASUBQ;
	}
}

/* -spectre=ret: CALL AX goes by way of runtime.retpolineAX. */
static void retpoline(AsmCtx *c, AsmProg *p)
{
	Buf b = {0};

	if (p->to.type != TYPE_REG) {
		asm_error_prog(c, p, "non-retpoline-compatible");
		return;
	}
	buf_str(&b, "runtime.retpoline");
	c->arch->reg_name(&b, p->to.reg);
	p->to.type = TYPE_BRANCH;
	p->to.name = NAME_EXTERN;
	p->to.sym = lsym_lookup(c->obj, view_of(b.p, b.n), SymABI0);
	p->to.target = NULL;
	p->to.reg = 0;
	p->to.offset = 0;
	buf_free(&b);
}

/* Returns the number of instructions. */
static u64 prepare(AsmCtx *c, AsmFunc *f)
{
	AsmProg *p, *q;
	u64 n = 0;

	for (p = f->text; p; p = p->link, n++) {
		if (p->to.type == TYPE_BRANCH && !p->to.target && !p->to.sym)
			p->to.target = p;
		if (p->opcode == AADJSP)
			adjsp(p);
		if (c->flags->spectre_ret &&
		    (p->opcode == ACALL || p->opcode == AJMP) &&
		    (p->to.type == TYPE_REG || p->to.type == TYPE_MEM))
			retpoline(c, p);
		p->back = SHORT;
		q = p->to.type == TYPE_BRANCH ? p->to.target : NULL;
		if (q && q->back & SHORT)
			p->back |= BACKWARDS;
	}
	return n;
}

/* ---- a pass -------------------------------------------------------------------- */

/* Fills in the jumps ahead that meant p. true: one must be lengthened. */
static bool reached(Amd64 *s, AsmProg *p)
{
	u8 *code = (u8 *)s->code.p;
	bool again = false;

	for (AsmProg *q = p->rel; q; q = q->pool) {
		i64 end = q->pc + q->isize, v = p->pc - end;

		if (q->back & SHORT) {
			if (v > 127) {
				again = true;
				q->back ^= SHORT;
			}
			if (q->opcode == AXBEGIN)
				st32(code + end - 4, (u32)v, false);
			else
				code[end - 1] = (u8)v;
		} else {
			st32(code + end - 4, (u32)v, false);
		}
	}
	p->rel = NULL;
	return again;
}

/* The instruction's bytes, which are those of the pass before if nothing can
 * have changed them. */
static void put_insn(Amd64 *s, AsmProg *p, i64 old)
{
	u8 *to = buf_room(&s->code, INSN_MAX);
	u32 n;

	if (p->mark & AMD64_SAME) {
		memcpy(to, s->old.p + old, p->isize);
		s->code.n += p->isize;
		return;
	}
	n = amd64_quick(s->ctx, p, to);
	if (n) {
		p->mark = AMD64_SAME;
		p->isize = (u8)n;
		s->code.n += n;
		return;
	}
	amd64_encode(s, p);
	p->isize = (u8)s->in.n;
	buf_add(&s->code, view_of(s->in.b, s->in.n));
}

static bool pass(Amd64 *s)
{
	Buf b = s->old;
	bool again = false;
	i64 n, old;

	s->old = s->code;
	s->code = b;
	s->code.n = s->rel.n = 0;
	for (AsmProg *p = s->func->text; p && !s->ctx->stop; p = p->link) {
		old = p->pc;
		p->pc = (i64)s->code.n;
		again |= reached(s, p);
		if (p->opcode == APCALIGN || p->opcode == APCALIGNMAX) {
			n = padding(s, p, p->pc);
			pad(&s->code, n);
			continue;
		}
		put_insn(s, p, old);
		if (s->code.n > MAX_CODE) {
			asm_error_prog(s->ctx, p, "function too large");
			break;
		}
	}
	return again;
}

static bool uses_tls(const AsmProg *p)
{
	return p->from.index == R_TLS;
}

/* The code and relocations become the symbol's. */
static void keep(Amd64 *s)
{
	Obj *o = s->ctx->obj;
	LSym *sym = s->func->sym;

	sym->data = arena_alloc(&o->arena, s->code.n + 1);
	if (s->code.n)
		memcpy(sym->data, s->code.p, s->code.n);
	sym->size = sym->ndata = sym->capdata = (u32)s->code.n;
	for (u32 i = 0; i < s->rel.n; i++)
		lsym_add_reloc(o, sym, s->rel.r[i]);
}

void amd64_assemble(AsmCtx *c, AsmFunc *f)
{
	Amd64 s = {.ctx = c, .func = f};
	u64 n = prepare(c, f), work = 0;
	int passes = 0;
	bool again;

	do {
		again = pass(&s);
		work += n;
		if (again && (++passes > MAX_PASSES || work > MAX_WORK)) {
			asm_error(c, f->text->pos, "jumps that cannot be "
				  "placed");
			break;
		}
	} while (again && c->errors == 0);
	keep(&s);
	buf_free(&s.code);
	buf_free(&s.old);
	/* Preempted between the two instructions of a TLS access, a thread
	 * might go on as another one. */
	if (!amd64_one_insn_tls(c))
		asm_mark_unsafe(c, f->text, uses_tls, NULL);
}
