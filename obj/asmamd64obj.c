/*
 * A function's frame: the stack check, prologue and epilogue, and what SP is
 * at each instruction.
 *
 *     TEXT                        stack check unless NOSPLIT or a small leaf
 *     PUSHQ BP; MOVQ SP, BP       unless NOFRAME, or no frame and no call
 *     ADJSP $frame
 *     ...
 *     RET                         ADJSP $-frame; POPQ BP; RET
 *     the call of morestack
 *
 * Source: cmd/internal/obj/x86/obj6.go
 */
#include "obj/asmamd64.h"

enum { STACK_SMALL = 128, STACK_BIG = 4096 };	/* internal/abi/stack.go */
enum { R_G = R_R14, R_TMP = R_R12 };

/* ---- the stack check ------------------------------------------------------------- */

static AsmProg *add(AsmCtx *c, AsmProg *p, u16 op, AsmAddr from, AsmAddr to)
{
	p = asm_append(c, p);
	p->opcode = op;
	p->from = from;
	p->to = to;
	return p;
}

static AsmAddr reg(int r)
{
	return (AsmAddr){.type = TYPE_REG, .reg = (i16)r};
}

static AsmAddr mem(int r, i64 off)
{
	return (AsmAddr){.type = TYPE_MEM, .reg = (i16)r, .offset = off};
}

static AsmAddr imm(i64 v)
{
	return (AsmAddr){.type = TYPE_CONST, .offset = v};
}

/* Progedit for p and what it appends, up to the instruction behind. */
static AsmProg *edit_run(AsmCtx *c, AsmProg *p)
{
	AsmProg *next = p->link;

	amd64_progedit(c, p);
	while (p->link != next) {
		p = p->link;
		amd64_progedit(c, p);
	}
	return p;
}

static AsmProg *load_g(AsmCtx *c, AsmFunc *f, AsmProg *p)
{
	if (f->sym->abi == SymABIInternal)
		return p;
	p = edit_run(c, add(c, p, AMOVQ, mem(R_TLS, 0), reg(R_G)));
	if (p->from.index == R_TLS)
		p->from.scale = 2;
	return p;
}

/* The comparison with g.stackguard0; *wrapped is the jump taken if the frame
 * is larger than the address space below. */
static AsmProg *compare(AsmCtx *c, AsmProg *p, i32 frame, AsmProg **wrapped)
{
	AsmAddr guard = mem(R_G, 16), none = {.type = TYPE_NONE};
	i64 below = (i64)frame - STACK_SMALL;

	*wrapped = NULL;
	if (frame <= STACK_SMALL) {
		p = add(c, p, ACMPQ, reg(R_SP), guard);
		return asm_start_unsafe(c, p);
	}
	if (frame <= STACK_BIG) {
		p = add(c, p, ALEAQ, mem(R_SP, -below), reg(R_TMP));
		p = add(c, p, ACMPQ, reg(R_TMP), guard);
		return asm_start_unsafe(c, p);
	}
	p = add(c, p, AMOVQ, reg(R_SP), reg(R_TMP));
	p = asm_start_unsafe(c, p);
	p = add(c, p, ASUBQ, imm(below), reg(R_TMP));
	p = *wrapped = add(c, p, AJCS, none, none);
	p->to.type = TYPE_BRANCH;
	return add(c, p, ACMPQ, reg(R_TMP), guard);
}

/* Behind the function's end: call morestack, and begin again. Returns what
 * to jump to. */
static AsmProg *call_morestack(AsmCtx *c, AsmFunc *f, i32 frame,
			       AsmProg *begin)
{
	AsmProg *p = f->text, *spill;

	while (p->link)
		p = p->link;
	p = asm_append(c, p);
	p->opcode = ANOP;
	p->spadj = -frame;
	p = asm_entry_stackmap(c, p);
	p = spill = asm_start_unsafe(c, p);
	p = asm_append(c, p);
	p->pos = f->text->pos;
	p->opcode = ACALL;
	p->to.type = TYPE_BRANCH;
	p->to.name = NAME_EXTERN;
	p->to.sym = asm_lookup(c, f->flag & NEEDCTXT ? "runtime.morestack" :
			       "runtime.morestack_noctxt", SymABI0);
	p = asm_end_unsafe(c, edit_run(c, p), -1);
	p = asm_append(c, p);
	p->opcode = AJMP;
	p->to.type = TYPE_BRANCH;
	p->to.target = begin->link;
	p->spadj = frame;
	return spill;
}

static AsmProg *stacksplit(AsmCtx *c, AsmFunc *f, AsmProg *p, i32 frame)
{
	AsmProg *begin = p, *wrapped, *jls, *end, *spill;

	p = compare(c, load_g(c, f, p), frame, &wrapped);
	jls = asm_append(c, p);
	jls->opcode = AJLS;
	jls->to.type = TYPE_BRANCH;
	end = asm_end_unsafe(c, jls, -1);
	spill = call_morestack(c, f, frame, begin);
	jls->to.target = spill;
	if (wrapped)
		wrapped->to.target = spill;
	return end;
}

/* ---- preprocess --------------------------------------------------------------------- */

static bool has_call(const AsmFunc *f)
{
	for (const AsmProg *p = f->text; p; p = p->link)
		if (p->opcode == ACALL || p->opcode == ADUFFCOPY ||
		    p->opcode == ADUFFZERO)
			return true;
	return false;
}

/* Calls that count as part of a leaf: since 1.26 others than before. */
static bool is_small_call(const AsmCtx *c, const LSym *s)
{
	static const char *const names[] = {"runtime.panicdivide",
		"runtime.panicwrap", "runtime.panicshift",
		"runtime.panicBounds", "runtime.panicExtend"};
	bool old = c->obj->release < GO126;

	for (size_t i = 0; s && i < (old ? 3 : NELEM(names)); i++)
		if (view_is(s->name, names[i]))
			return true;
	return s && old && (view_prefix(s->name, "runtime.panicIndex") ||
			    view_prefix(s->name, "runtime.panicSlice"));
}

static bool is_leaf(const AsmCtx *c, const AsmFunc *f, i32 frame)
{
	for (const AsmProg *p = f->text; p; p = p->link) {
		if (p->opcode == ACALL && !is_small_call(c, p->to.sym))
			return false;
		if ((p->opcode == ACALL || p->opcode == ADUFFCOPY ||
		     p->opcode == ADUFFZERO) && frame >= STACK_SMALL - 8)
			return false;
	}
	return true;
}

typedef struct {
	i32 frame;	/* BP's slot included */
	i32 bpsize, deltasp;
} Frame;

/* x-8(SP) counts from the top of the locals, x+8(FP) from the arguments. */
static void place_local(AsmAddr *a, const Frame *fr)
{
	if (a->name == NAME_AUTO)
		a->offset += (i64)fr->deltasp - fr->bpsize;
	else if (a->name == NAME_PARAM)
		a->offset += (i64)fr->deltasp + 8;
}

/* By how much a push or pop moves SP. */
static i32 push_size(const AsmProg *p)
{
	switch (p->opcode) {
	case APUSHL: case APUSHFL: return 4;
	case APUSHQ: case APUSHFQ: return 8;
	case APUSHW: case APUSHFW: return 2;
	case APOPL: case APOPFL: return -4;
	case APOPQ: case APOPFQ: return -8;
	case APOPW: case APOPFW: return -2;
	case AADJSP: return (i32)p->from.offset;
	}
	return 0;
}

static bool is_push(u16 op)
{
	switch (op) {
	case APUSHL: case APUSHFL: case APUSHQ: case APUSHFQ: case APUSHW:
	case APUSHFW: case APOPL: case APOPFL: case APOPQ: case APOPFQ:
	case APOPW: case APOPFW: case AADJSP:
		return true;
	}
	return false;
}

/* RET undoes the frame. Returns the RET proper. */
static AsmProg *epilogue(AsmCtx *c, AsmProg *p, const Frame *fr)
{
	i32 locals = fr->frame - fr->bpsize;
	AsmAddr to = p->to;

	if (fr->frame == 0)
		return p;
	p->to = (AsmAddr){.type = TYPE_NONE};
	if (locals) {
		p->opcode = AADJSP;
		p->from = imm(-(i64)locals);
		p->spadj = -locals;
		p = asm_append(c, p);
	}
	if (fr->bpsize) {
		p->opcode = APOPQ;
		p->to = reg(R_BP);
		p->spadj = -fr->bpsize;
		p = asm_append(c, p);
	}
	p->opcode = ARET;
	p->to = to;
	/* Behind it the frame is as it was before. */
	p->spadj = fr->frame;
	return p;
}

/* RET to another function is a jump. From 1.27 on only RET. */
static void ret_jump(const AsmCtx *c, AsmProg *p)
{
	bool reg_too = c->obj->release >= GO127;

	if (p->opcode == ARET &&
	    (p->to.sym || (reg_too && p->to.type == TYPE_REG)))
		p->opcode = AJMP;
}

static void walk_sp(AsmCtx *c, AsmFunc *f, Frame *fr)
{
	for (AsmProg *p = f->text; p; p = p->link) {
		place_local(&p->from, fr);
		if (p->nrest)
			place_local(&p->rest[0], fr);
		place_local(&p->to, fr);
		if (is_push(p->opcode)) {
			p->spadj = push_size(p);
			fr->deltasp += p->spadj;
		} else if (p->opcode == ARET) {
			if (fr->frame != fr->deltasp)
				asm_error_prog(c, p, "unbalanced PUSH/POP");
			p = epilogue(c, p, fr);
			ret_jump(c, p);
		} else if (p->to.type == TYPE_REG && p->to.reg == R_SP &&
			   p->opcode != ACMPL && p->opcode != ACMPQ) {
			f->funcflag |= 2;	/* FuncFlagSPWrite */
		}
	}
}

/* Up to 1.25 a WRAPPER tells a panic that goes on in the frame below:
 *
 *     if g._panic != nil && g._panic.argp == FP { g._panic.argp = SP }
 *
 * The unlikely part lies behind the function's end. */
static AsmProg *wrapper(AsmCtx *c, AsmFunc *f, AsmProg *p, const Frame *fr)
{
	enum { TMP0 = R_R12, TMP1 = R_R13 };
	AsmAddr none = {.type = TYPE_NONE};
	AsmProg *jne, *end;

	if (!(f->flag & WRAPPER) || c->obj->release >= GO126)
		return p;
	p = add(c, p, AMOVQ, mem(R_G, 32), reg(TMP0));
	p = add(c, p, ATESTQ, reg(TMP0), reg(TMP0));
	jne = add(c, p, AJNE, none, none);
	p = end = add(c, jne, ANOP, none, none);
	while (p->link)
		p = p->link;
	p = add(c, p, ALEAQ, mem(R_SP, (i64)fr->frame + 8), reg(TMP1));
	jne->to = (AsmAddr){.type = TYPE_BRANCH, .target = p};
	p = add(c, p, ACMPQ, mem(TMP0, 0), reg(TMP1));
	p = add(c, p, AJNE, none,
		(AsmAddr){.type = TYPE_BRANCH, .target = end});
	p = add(c, p, AMOVQ, reg(R_SP), mem(TMP0, 0));
	add(c, p, AJMP, none,
	    (AsmAddr){.type = TYPE_BRANCH, .target = end});
	return end;
}

static AsmProg *prologue(AsmCtx *c, AsmProg *p, const Frame *fr)
{
	i32 locals = fr->frame - fr->bpsize;

	if (fr->bpsize) {
		p = add(c, p, APUSHQ, reg(R_BP),
			(AsmAddr){.type = TYPE_NONE});
		p = add(c, p, AMOVQ, reg(R_SP), reg(R_BP));
	}
	if (fr->frame % 8)
		asm_error(c, p->pos, "unaligned stack size %d", fr->frame);
	if (locals) {
		p = add(c, p, AADJSP, imm(locals),
			(AsmAddr){.type = TYPE_NONE});
		p->spadj = locals;
	}
	if (fr->frame)
		p->pos.prologue_end = true;
	return p;
}

void amd64_preprocess(AsmCtx *c, AsmFunc *f)
{
	AsmProg *p = f->text;
	i64 size = p->to.offset;
	Frame fr = {.frame = size < 0 ? 0 : (i32)size};

	if (!p->link)
		return;
	if (!(f->flag & NOFRAME) && (fr.frame || has_call(f))) {
		fr.bpsize = 8;
		fr.frame += 8;
		p->to.offset += 8;
	} else {
		f->flag |= NOFRAME;
	}
	f->args = p->to.size2;
	f->locals = (i32)p->to.offset;
	if (fr.frame < STACK_SMALL && !(f->sym->flag & SymFlagNoSplit) &&
	    is_leaf(c, f, fr.frame))
		f->sym->flag |= SymFlagNoSplit;
	if (!(f->sym->flag & SymFlagNoSplit))
		p = stacksplit(c, f, p, fr.frame);
	else if (f->flag & WRAPPER && c->obj->release < GO126)
		p = load_g(c, f, p);
	wrapper(c, f, prologue(c, p, &fr), &fr);
	walk_sp(c, f, &fr);
}
