/*
 * arm64: what a function has around its instructions.
 *
 *     frame, from below: what calls pass, locals, and in front of them
 *     LR at 0(RSP), the caller's FP at -8(RSP); a multiple of 16
 *
 *     prologue  MOVD 16(g), R16; CMP R16, RSP; BLS more   unless NOSPLIT
 *               MOVD.W LR, -size(RSP); MOVD FP, -8(RSP); SUB $8, RSP, FP
 *     RET       MOVD -8(RSP), FP; MOVD.P size(RSP), LR; RET
 *     more:     MOVD LR, R3; CALL runtime.morestack; JMP start
 *
 * A leaf without locals has none of it. Frames above 0xf0 bytes need more
 * instructions: at no moment may the stack pointer be below what is saved.
 *
 * Source: progedit, preprocess, stacksplit in cmd/internal/obj/arm64/obj7.go.
 */
#include "obj/asmarm64.h"

enum {
	STACK_SMALL = 128, STACK_BIG = 4096,	/* abi.StackSmall, StackBig */
	MAX_INDEXED = 0xf0,	/* what MOVD.W can take off RSP, aligned */
	FUNCFLAG_SPWRITE = 2,	/* abi.FuncFlagSPWrite */
	MAX_FRAME = 1 << 30
};

/* ---- making instructions ---------------------------------------------- */

static AsmAddr reg_addr(i16 r)
{
	return (AsmAddr){.type = TYPE_REG, .reg = r};
}

static AsmAddr con_addr(i64 v)
{
	return (AsmAddr){.type = TYPE_CONST, .offset = v};
}

static AsmAddr mem_addr(i16 base, i64 off)
{
	return (AsmAddr){.type = TYPE_MEM, .reg = base, .offset = off};
}

/* Behind q. */
static AsmProg *emit(AsmCtx *c, AsmProg *q, u16 op, AsmAddr from, i16 rn,
		     AsmAddr to)
{
	AsmProg *p = asm_append(c, q);

	p->opcode = op;
	p->from = from;
	p->reg = rn;
	p->to = to;
	return p;
}

static AsmProg *emit_branch(AsmCtx *c, AsmProg *q, u16 op)
{
	return emit(c, q, op, (AsmAddr){0}, 0,
		    (AsmAddr){.type = TYPE_BRANCH});
}

/* ---- rewriting -------------------------------------------------------- */

static void to_sym(AsmAddr *a, LSym *s)
{
	*a = (AsmAddr){.type = TYPE_MEM, .name = NAME_EXTERN, .sym = s};
}

/* A constant that no instruction has lies in a symbol; 0 is ZR. */
static void float_const(AsmCtx *c, AsmProg *p)
{
	bool single = p->opcode == A(FMOVS);
	double d = p->from.fval;
	float f = (float)d;
	u64 bits = 0;

	if (arm64_chipfloat(d) > 0)
		return;
	if (single) {
		u32 b;

		memcpy(&b, &f, 4);
		bits = b;
	} else {
		memcpy(&bits, &d, 8);
	}
	if (bits == 0)
		p->from = reg_addr(REG_ZR);
	else
		to_sym(&p->from, asm_float_sym(c, bits, single ? 4 : 8));
}

static void vector_const(AsmCtx *c, AsmProg *p)
{
	u64 lo = (u64)p->from.offset, hi = 0;
	unsigned size = 1u << arm64_op_of(p)->sz;

	if (size == 16) {
		/* VMOVQ $lo, $hi, V1 */
		if (!p->nrest)
			return;
		hi = (u64)p->rest[0].offset;
		p->nrest = 0;
	}
	to_sym(&p->from, asm_int_sym(c, hi, lo, size));
}

/* ---- -dynlink: global data by the global offset table ----------------- */

static bool is_global(const AsmAddr *a)
{
	return a->name == NAME_EXTERN && a->sym &&
		!(a->sym->flag & SymFlagLocal);
}

/* MOVD $sym+8(SB), R1  ->  MOVD sym@GOT(SB), R1; ADD $8, R1 */
static void address_by_got(AsmCtx *c, AsmProg *p)
{

	if (p->opcode != A(MOVD) || p->to.type != TYPE_REG) {
		asm_error_prog(c, p, "do not know how to handle an address "
			       "with -dynlink");
		return;
	}
	p->from.type = TYPE_MEM;
	p->from.name = NAME_GOTREF;
	if (p->from.offset) {
		emit(c, p, A(ADD), con_addr(p->from.offset), 0, p->to);
		p->from.offset = 0;
	}
}

/* MOVW sym(SB), R1  ->  MOVD sym@GOT(SB), R27; MOVW (R27), R1 */
static void move_by_got(AsmCtx *c, AsmProg *p)
{
	bool load = is_global(&p->from);
	const AsmAddr *a = load ? &p->from : &p->to;
	AsmAddr slot = {.type = TYPE_MEM, .name = NAME_GOTREF,
		.sym = a->sym}, through;
	AsmProg *q;

	if (a->sym->kind == STLSBSS)
		return;
	if (a->type != TYPE_MEM || (load && is_global(&p->to))) {
		asm_error_prog(c, p, "do not know how to handle this with "
			       "-dynlink");
		return;
	}
	through = *a;
	through.name = NAME_NONE;
	through.sym = NULL;
	through.reg = REGTMP;
	q = emit(c, p, A(MOVD), slot, 0, reg_addr(REGTMP));
	emit(c, q, p->opcode, load ? through : p->from, 0,
	     load ? p->to : through);
	p->opcode = ANOP;
	p->from = p->to = (AsmAddr){0};
	p->reg = p->scond = 0;
	p->nrest = 0;
}

static void by_got(AsmCtx *c, AsmProg *p)
{
	if (p->from.type == TYPE_ADDR && is_global(&p->from))
		address_by_got(c, p);
	else if ((is_global(&p->from) || is_global(&p->to)) &&
		 p->opcode != AFUNCDATA && p->opcode != ACALL &&
		 p->opcode != ARET && p->opcode != AJMP)
		move_by_got(c, p);
}

void arm64_progedit(AsmCtx *c, AsmProg *p)
{
	const Arm64Op *op;

	if (p->opcode == ATEXT)
		return;
	op = arm64_op_of(p);
	if ((op->flags & F_ZERO) && p->from.type == TYPE_CONST &&
	    p->from.offset == 0) {
		p->from.type = TYPE_REG;
		p->from.reg = REG_ZR;
	}
	if ((p->opcode == AJMP || p->opcode == ACALL || p->opcode == ARET) &&
	    p->to.sym)
		p->to.type = TYPE_BRANCH;
	if (op->group == GRP_VMOVQ && p->from.type == TYPE_CONST)
		vector_const(c, p);
	if (op->group == GRP_FMOVD && p->from.type == TYPE_FCONST)
		float_const(c, p);
	if (c->flags->dynlink)
		by_got(c, p);
}

/* ADD R1<<2, RSP is an extended register, not a shifted one. */
static void shift_of_sp(AsmCtx *c, AsmProg *p)
{
	i64 v = p->from.offset, amount = v >> 10 & 63;

	if (p->from.type != TYPE_SHIFT ||
	    (p->to.reg != REG_RSP && p->reg != REG_RSP))
		return;
	if (v >> 22 & 3)
		asm_error_prog(c, p, "illegal combination");
	p->from = reg_addr((i16)(REG_LSL | (amount > 4 ? 7 : amount) << 5 |
				 (v >> 16 & 31)));
}

/* ---- the stack check -------------------------------------------------- */

static AsmProg *compare(AsmCtx *c, AsmProg *p, i64 size, AsmProg **blo)
{
	u16 sub = size <= STACK_BIG ? A(SUB) : A(SUBS);

	*blo = NULL;
	if (size <= STACK_SMALL)
		return emit(c, p, A(CMP), reg_addr(REGRT1), REG_RSP,
			    (AsmAddr){0});
	p = emit(c, p, sub, con_addr(size - STACK_SMALL), REG_RSP,
		 reg_addr(REGRT2));
	/* RSP less the frame may be below zero. */
	if (size > STACK_BIG)
		p = *blo = emit_branch(c, p, A(BLO));
	return emit(c, p, A(CMP), reg_addr(REGRT1), REGRT2, (AsmAddr){0});
}

/* At the end, but with the stack as it is at the beginning. Returns where
 * the check jumps to; start is where it returns to. */
static AsmProg *last_of(const AsmFunc *f)
{
	AsmProg *p = f->last;

	while (p->link)
		p = p->link;
	return p;
}

static AsmProg *more_stack(AsmCtx *c, AsmFunc *f, i64 size, AsmProg *start)
{
	const char *name = f->flag & NEEDCTXT ? "runtime.morestack" :
		"runtime.morestack_noctxt";
	AsmProg *p = asm_append(c, last_of(f)), *entry;

	p->opcode = ANOP;
	p->spadj = (i32)-size;
	entry = p = asm_start_unsafe(c, asm_entry_stackmap(c, p));
	p = emit(c, p, A(MOVD), reg_addr(REGLINK), 0, reg_addr(REG_R0 + 3));
	p = emit_branch(c, p, ACALL);
	p->to.sym = asm_lookup(c, name, SymABI0);
	p = asm_end_unsafe(c, p, -1);
	p = emit_branch(c, p, AJMP);
	p->to.target = start;
	p->spadj = (i32)size;
	return entry;
}

static AsmProg *stack_split(AsmCtx *c, AsmFunc *f, AsmProg *p, i64 size)
{
	AsmProg *start, *blo, *bls, *more, *end;

	start = p = emit(c, p, A(MOVD), mem_addr(REGG, 2 * 8), 0,
			 reg_addr(REGRT1));
	p = asm_start_unsafe(c, p);
	p = compare(c, p, size, &blo);
	bls = emit_branch(c, p, A(BLS));
	end = asm_end_unsafe(c, bls, -1);
	more = more_stack(c, f, size, start);
	bls->to.target = more;
	if (blo)
		blo->to.target = more;
	return end;
}

/*
 * Up to 1.25 a wrapper that runs while its caller panics moves the panic's
 * arguments to its own frame:
 *
 *	if (g->panic && g->panic->argp == FP) g->panic->argp = bottom of frame
 */
static AsmProg *fix_argp(AsmCtx *c, AsmFunc *f, AsmProg *p, i64 size)
{
	i16 r20 = REG_R0 + 20;
	AsmProg *cbnz, *end, *q;

	p = emit(c, p, A(MOVD), mem_addr(REGG, 4 * 8), 0, reg_addr(REGRT1));
	cbnz = emit_branch(c, p, A(CBNZ));
	cbnz->from = reg_addr(REGRT1);
	end = asm_append(c, cbnz);
	end->opcode = ANOP;
	q = emit(c, last_of(f), A(MOVD), mem_addr(REGRT1, 0), 0,
		 reg_addr(REGRT2));
	cbnz->to.target = q;
	q = emit(c, q, A(ADD), con_addr(size + 8), REG_RSP, reg_addr(r20));
	q = emit(c, q, A(CMP), reg_addr(REGRT2), r20, (AsmAddr){0});
	q = emit_branch(c, q, A(BNE));
	q->to.target = end;
	q = emit(c, q, A(ADD), con_addr(8), REG_RSP, reg_addr(r20));
	q = emit(c, q, A(MOVD), reg_addr(r20), 0, mem_addr(REGRT1, 0));
	q = emit_branch(c, q, AJMP);
	q->to.target = end;
	return end;
}

/* ---- prologue, epilogue ----------------------------------------------- */

static AsmAddr fp_lr(void)
{
	return (AsmAddr){.type = TYPE_REGREG, .reg = REGFP,
		.offset = REGLINK};
}

static AsmProg *big_prologue(AsmCtx *c, AsmProg *p, i64 size)
{
	i16 r20 = REG_R0 + 20;

	p = emit(c, p, A(SUB), con_addr(size), REG_RSP, reg_addr(r20));
	p = emit(c, p, A(STP), fp_lr(), 0, mem_addr(r20, -8));
	p = asm_start_unsafe(c, p);
	p = emit(c, p, A(MOVD), reg_addr(r20), 0, reg_addr(REG_RSP));
	p->spadj = (i32)size;
	p = asm_end_unsafe(c, p, -1);
	if (view_is(c->flags->goos, "ios"))
		p = emit(c, p, A(STP), fp_lr(), 0, mem_addr(REG_RSP, -8));
	return p;
}

static AsmProg *prologue(AsmCtx *c, AsmProg *text, i64 size)
{
	AsmProg *p = text;

	if (size > MAX_INDEXED) {
		p = big_prologue(c, p, size);
	} else {
		p = emit(c, p, A(MOVD), reg_addr(REGLINK), 0,
			 mem_addr(REG_RSP, -size));
		p->scond = SCOND_PRE;
		p->spadj = (i32)size;
		p = emit(c, p, A(MOVD), reg_addr(REGFP), 0,
			 mem_addr(REG_RSP, -8));
	}
	p = emit(c, p, A(SUB), con_addr(8), REG_RSP, reg_addr(REGFP));
	/* From the first instruction on the frame can be found. */
	text->link->pos.prologue_end = true;
	return p;
}

static AsmProg *big_epilogue(AsmCtx *c, AsmProg *p, i64 size)
{
	p->opcode = A(LDP);
	p->from = mem_addr(REG_RSP, -8);
	p->to = fp_lr();
	if (size < 1 << 12 || c->obj->release < GO125) {
		p = emit(c, p, A(ADD), con_addr(size), 0, reg_addr(REG_RSP));
	} else {
		/* In one step: a frame is all there, or gone. */
		p = emit(c, p, A(MOVD), con_addr(size), 0,
			 reg_addr(REGTMP));
		p = emit(c, p, A(ADD), reg_addr(REGTMP), 0,
			 reg_addr(REG_RSP));
	}
	p->spadj = (i32)-size;
	return p;
}

/* p is the RET; returns the last instruction that it has become. */
static AsmProg *epilogue(AsmCtx *c, AsmProg *p, i64 size, bool leaf)
{
	LSym *jmp = p->to.sym;
	i16 reg = p->to.reg ? p->to.reg : REGLINK;

	p->to = (AsmAddr){0};
	if (leaf && size) {
		p->opcode = A(ADD);
		p->from = con_addr(size - 8);
		p->reg = REG_RSP;
		p->to = reg_addr(REGFP);
		p = emit(c, p, A(ADD), con_addr(size), 0, reg_addr(REG_RSP));
		p->spadj = (i32)-size;
	} else if (!leaf && size <= MAX_INDEXED) {
		p->opcode = A(MOVD);
		p->from = mem_addr(REG_RSP, -8);
		p->to = reg_addr(REGFP);
		p = emit(c, p, A(MOVD), mem_addr(REG_RSP, size), 0,
			 reg_addr(REGLINK));
		p->scond = SCOND_POST;
		p->spadj = (i32)-size;
	} else if (!leaf) {
		p = big_epilogue(c, p, size);
	}
	if (p->opcode != ARET)
		p = asm_append(c, p);
	p->opcode = jmp ? AJMP : ARET;
	p->to = jmp ? (AsmAddr){.type = TYPE_BRANCH, .sym = jmp} :
		mem_addr(reg, 0);
	p->spadj = (i32)size;
	return p;
}

/* ---- a function ------------------------------------------------------- */

/* Rounds the frame up; f->text keeps what arm64_assemble needs of it. */
static i64 frame_size(AsmCtx *c, AsmFunc *f, bool noframe)
{
	AsmProg *text = f->text;
	i64 size = text->to.offset + (noframe ? 0 : 8);
	u8 extra = 0;

	if (size % 16 == 8)
		extra = 8;	/* for FP */
	else if (size && size % 16 == 0)
		extra = 16;	/* FP, and 8 that nobody uses */
	else if (size)
		asm_error_prog(c, text, "unaligned frame size %lld - must be "
			       "16 aligned", (long long)size - 8);
	size += extra;
	f->locals += extra;
	text->to.offset = size;
	text->isize = extra;
	return size;
}

static bool has_call(const AsmFunc *f)
{
	for (const AsmProg *p = f->text; p; p = p->link)
		if (p->opcode == ACALL)
			return true;
	return false;
}

/* END is of old, and of no function. */
static void drop_end(AsmFunc *f)
{
	for (AsmProg *p = f->text; p->link;) {
		if (p->link->opcode == AEND)
			p->link = p->link->link;
		else
			p = p->link;
		f->last = p;
	}
}

/* The caller's 8 bytes, of old the way to write NOFRAME. */
static bool check_frame(AsmCtx *c, AsmFunc *f)
{
	AsmAddr *to = &f->text->to;

	if (to->offset == -8) {
		f->flag |= NOFRAME;
		to->offset = 0;
	}
	if (to->offset < 0)
		asm_error_prog(c, f->text, "negative frame size %lld - did "
			       "you mean NOFRAME?", (long long)to->offset);
	else if (to->offset > MAX_FRAME)
		asm_error_prog(c, f->text, "frame too large");
	else if ((f->flag & NOFRAME) && to->offset)
		asm_error_prog(c, f->text, "NOFRAME functions must have a "
			       "frame size of 0, not %lld",
			       (long long)to->offset);
	else
		return true;
	return false;
}

static void instruction(AsmFunc *f, AsmProg *p)
{
	bool to_sp = p->to.type == TYPE_REG && p->to.reg == REG_RSP;

	if (to_sp && p->from.type == TYPE_CONST) {
		if (p->opcode == A(ADD))
			p->spadj = (i32)(0 - (u64)p->from.offset);
		else if (p->opcode == A(SUB))
			p->spadj = (i32)p->from.offset;
	}
	if (to_sp && p->spadj == 0)
		f->funcflag |= FUNCFLAG_SPWRITE;
}

static void caller_pc(AsmProg *p, bool leaf)
{
	p->opcode = A(MOVD);
	p->from = leaf ? reg_addr(REGLINK) : mem_addr(REG_RSP, 0);
}

static AsmProg *begin(AsmCtx *c, AsmFunc *f, bool leaf, i64 *size)
{
	AsmProg *p = f->text;

	if (leaf && p->to.offset == 0)
		f->flag |= NOFRAME;
	*size = frame_size(c, f, f->flag & NOFRAME);
	if (leaf || *size == 0)
		f->sym->flag |= SymFlagLeaf;
	if ((leaf || *size == 0) && (f->flag & NOFRAME))
		return p;
	if (leaf && *size < STACK_SMALL) {
		f->flag |= NOSPLIT;
		f->sym->flag |= SymFlagNoSplit;
	}
	if (!(f->flag & NOSPLIT))
		p = stack_split(c, f, p, *size);
	p = prologue(c, p, *size);
	if ((f->flag & WRAPPER) && c->obj->release < GO126)
		p = fix_argp(c, f, p, *size);
	return p;
}

void arm64_preprocess(AsmCtx *c, AsmFunc *f)
{
	bool leaf = !has_call(f);
	AsmProg *p;
	i64 size;

	drop_end(f);
	if (!f->text->link || !check_frame(c, f))
		return;
	f->args = f->text->to.size2;
	f->locals = (i32)f->text->to.offset;
	p = begin(c, f, leaf, &size);
	leaf |= size == 0;
	for (p = p->link; p && !c->stop; p = p->link) {
		if (p->opcode == ARET && p->from.type == TYPE_CONST)
			asm_error_prog(c, p, "using BECOME is not supported");
		else if (p->opcode == ARET)
			p = epilogue(c, p, size, leaf);
		else if (p->opcode == AGETCALLERPC)
			caller_pc(p, leaf);
		instruction(f, p);
		shift_of_sp(c, p);
	}
}
