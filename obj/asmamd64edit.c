/*
 * What is done to single instructions before anything else, while labels are
 * resolved: how the thread-local g is reached on that system, jumps to
 * symbols, addresses by LEAQ, floating constants in memory, the GOT.
 *
 * Source: progedit, rewriteToUseGot in cmd/internal/obj/x86/obj6.go
 */
#include "obj/asmamd64.h"

enum { R_GOT = R_R15 };

/* ---- systems ---------------------------------------------------------------- */

static Amd64Os find_os(const AsmCtx *c)
{
	static const struct {
		const char *goos;
		Amd64Os os;
	} rows[] = {
		{"linux", OS_LINUX}, {"android", OS_ANDROID},
		{"darwin", OS_DARWIN}, {"ios", OS_DARWIN},
		{"freebsd", OS_FREEBSD}, {"netbsd", OS_OTHERBSD},
		{"openbsd", OS_OTHERBSD}, {"dragonfly", OS_OTHERBSD},
		{"windows", OS_WINDOWS}, {"plan9", OS_PLAN9},
		{"solaris", OS_SOLARIS}, {"illumos", OS_SOLARIS},
	};

	for (size_t i = 0; i < NELEM(rows); i++)
		if (view_is(c->flags->goos, rows[i].goos))
			return rows[i].os;
	return OS_UNKNOWN;
}

static bool one_insn_tls(Amd64Os os, bool shared)
{
	switch (os) {
	case OS_ANDROID:
	case OS_PLAN9:
	case OS_WINDOWS: return false;
	case OS_LINUX:
	case OS_FREEBSD: return !shared;
	default: return true;
	}
}

void amd64_init(AsmCtx *c)
{
	Amd64Facts *f = arena_alloc(&c->obj->arena, sizeof *f);

	f->os = find_os(c);
	f->one_insn_tls = one_insn_tls(f->os, c->flags->shared);
	c->archdata = f;
}

Amd64Os amd64_os(const AsmCtx *c)
{
	const Amd64Facts *f = c->archdata;

	return f->os;
}

bool amd64_one_insn_tls(const AsmCtx *c)
{
	const Amd64Facts *f = c->archdata;

	return f->one_insn_tls;
}

/* ---- progedit ---------------------------------------------------------------- */

static bool is_mov(const AsmProg *p)
{
	return p->opcode == AMOVQ || p->opcode == AMOVL;
}

static bool is_reg(const AsmAddr *a)
{
	return a->type == TYPE_REG && reg_in(a->reg, R_AX, R_R15);
}

static bool loads_tls(const AsmProg *p)
{
	return is_mov(p) && p->from.type == TYPE_REG &&
		p->from.reg == R_TLS && is_reg(&p->to);
}

static void nopout(AsmProg *p)
{
	p->opcode = ANOP;
	p->scond = 0;
	p->from = p->to = (AsmAddr){.type = TYPE_NONE};
	p->rest = NULL;
	p->nrest = 0;
	p->reg = p->reg_to2 = 0;
}

/* off(R)(TLS*1) becomes off(TLS). */
static void direct_tls(AsmAddr *a)
{
	if (a->type == TYPE_MEM && a->index == R_TLS &&
	    reg_in(a->reg, R_AX, R_R15)) {
		a->reg = R_TLS;
		a->scale = 0;
		a->index = 0;
	}
}

/* MOVQ 0(TLS), R becomes MOVQ TLS, R; MOVQ 0(R)(TLS*2), R. */
static void indirect_tls(AsmCtx *c, AsmProg *p)
{
	AsmProg *q;

	if (!is_mov(p) || p->from.type != TYPE_MEM || p->from.reg != R_TLS ||
	    !is_reg(&p->to))
		return;
	q = asm_append(c, p);
	q->opcode = p->opcode;
	q->from = p->from;
	q->from.reg = p->to.reg;
	q->from.index = R_TLS;
	q->from.scale = 2;
	q->to = p->to;
	p->from.type = TYPE_REG;
	p->from.index = 0;
	p->from.offset = 0;
}

/* Where the offset is known at run time only: from runtime.tls_g. */
static void tls_variable(AsmCtx *c, AsmProg *p, Amd64Os os)
{
	AsmProg *q;

	if ((os != OS_ANDROID && os != OS_WINDOWS) || !loads_tls(p))
		return;
	p->from = (AsmAddr){.type = TYPE_MEM, .name = NAME_EXTERN,
			    .sym = asm_lookup(c, "runtime.tls_g", SymABI0)};
	if (os != OS_WINDOWS)
		return;
	q = asm_append(c, p);
	q->opcode = p->opcode;
	q->from = (AsmAddr){.type = TYPE_MEM, .reg = p->to.reg,
			    .index = R_GS, .scale = 1};
	q->to = p->to;
}

static void edit_tls(AsmCtx *c, AsmProg *p)
{
	Amd64Os os = amd64_os(c);

	if (amd64_one_insn_tls(c)) {
		if (loads_tls(p) && os != OS_SOLARIS)
			nopout(p);
		direct_tls(&p->from);
		direct_tls(&p->to);
	} else {
		indirect_tls(c, p);
	}
	tls_variable(c, p, os);
	if (os == OS_WINDOWS || os == OS_PLAN9) {
		if (p->from.scale == 1 && p->from.index == R_TLS)
			p->from.scale = 2;
		if (p->to.scale == 1 && p->to.index == R_TLS)
			p->to.scale = 2;
	}
}

/* Instructions whose floating constant is kept in memory: in how many
 * bytes. */
static unsigned float_size(const AsmCtx *c, u16 op)
{
	if (op == AVMOVSS || op == AVMOVSD)
		return c->obj->release < GO126 ? 0 : op == AVMOVSS ? 4 : 8;
	switch (op) {
	case AMOVSS: case AFMOVF: case AFADDF: case AFSUBF:
	case AFSUBRF: case AFMULF: case AFDIVF: case AFDIVRF: case AFCOMF:
	case AFCOMFP: case AADDSS: case ASUBSS: case AMULSS: case ADIVSS:
	case ACOMISS: case AUCOMISS:
		return 4;
	case AMOVSD: case AFMOVD: case AFADDD: case AFSUBD:
	case AFSUBRD: case AFMULD: case AFDIVD: case AFDIVRD: case AFCOMD:
	case AFCOMDP: case AADDSD: case ASUBSD: case AMULSD: case ADIVSD:
	case ACOMISD: case AUCOMISD:
		return 8;
	}
	return 0;
}

static void edit_float(AsmCtx *c, AsmProg *p)
{
	unsigned size = float_size(c, p->opcode);
	bool mov = p->opcode == AMOVSS || p->opcode == AVMOVSS ||
		p->opcode == AMOVSD || p->opcode == AVMOVSD;
	float f = (float)p->from.fval;
	u64 bits = 0;
	u32 bits32;

	if (size == 0 || p->from.type != TYPE_FCONST)
		return;
	memcpy(&bits, &p->from.fval, 8);
	if (mov && bits == 0 && p->to.type == TYPE_REG &&
	    reg_in(p->to.reg, R_X0, R_X15)) {
		p->opcode = AXORPS;
		p->from = p->to;
		return;
	}
	if (size == 4) {
		memcpy(&bits32, &f, 4);
		bits = bits32;
	}
	p->from = (AsmAddr){.type = TYPE_MEM, .name = NAME_EXTERN,
			    .sym = asm_float_sym(c, bits, size)};
}

static bool is_plain_mem(const AsmAddr *a)
{
	return a->type == TYPE_MEM && a->name == NAME_NONE && !a->reg &&
		!a->index && !a->sym;
}

/* ---- the GOT: -dynlink --------------------------------------------------------- */

static bool is_extern(const AsmAddr *a)
{
	return a->name == NAME_EXTERN && !(a->sym->flag & SymFlagLocal);
}

static AsmProg *got_load(AsmCtx *c, AsmProg *p, LSym *sym, int reg)
{
	AsmProg *q = asm_append(c, p);

	q->opcode = AMOVQ;
	q->from = (AsmAddr){.type = TYPE_MEM, .name = NAME_GOTREF,
			    .sym = sym};
	q->to = (AsmAddr){.type = TYPE_REG, .reg = (i16)reg};
	return q;
}

/* $sym+off into a register: sym@GOT, and LEAQ for the offset. */
static void got_address(AsmCtx *c, AsmProg *p)
{
	AsmProg *q;

	if (p->opcode == ALEAQ && p->from.type == TYPE_MEM &&
	    is_extern(&p->from)) {
		p->opcode = AMOVQ;
		p->from.type = TYPE_ADDR;
	}
	if (p->from.type != TYPE_ADDR || !is_extern(&p->from))
		return;
	if (p->to.type != TYPE_REG || p->opcode != AMOVQ) {
		asm_error_prog(c, p, "do not know how to handle LEA-type "
			       "insn to non-register with -dynlink");
		return;
	}
	p->from.type = TYPE_MEM;
	p->from.name = NAME_GOTREF;
	if (p->from.offset == 0)
		return;
	q = asm_append(c, p);
	q->opcode = ALEAQ;
	q->from = (AsmAddr){.type = TYPE_MEM, .reg = p->to.reg,
			    .offset = p->from.offset};
	q->to = p->to;
	p->from.offset = 0;
}

/* The operand that is a variable of elsewhere, NULL: none. */
static AsmAddr *got_operand(AsmCtx *c, AsmProg *p)
{
	AsmAddr *third = p->nrest ? &p->rest[0] : NULL, *found = NULL;
	AsmAddr *all[] = {&p->from, third, &p->to};
	int n = 0;

	for (size_t i = 0; i < NELEM(all); i++)
		if (all[i] && is_extern(all[i])) {
			found = all[i];
			n++;
		}
	for (u8 i = 1; i < p->nrest; i++)
		n += is_extern(&p->rest[i]) ? 2 : 0;
	if (n > 1)
		asm_error_prog(c, p, "cannot handle NAME_EXTERN on multiple "
			       "operands with -dynlink");
	return found;
}

/* MOVx sym, R becomes MOVQ sym@GOT, R15; MOVx (R15), R. */
static void use_got(AsmCtx *c, AsmProg *p)
{
	AsmAddr *a;
	AsmProg *q;
	LSym *sym;

	got_address(c, p);
	a = got_operand(c, p);
	if (!a || p->opcode == ACALL || p->opcode == ATEXT ||
	    p->opcode == AFUNCDATA || p->opcode == ARET || p->opcode == AJMP)
		return;
	if (a->type != TYPE_MEM) {
		asm_error_prog(c, p, "don't know how to handle with "
			       "-dynlink");
		return;
	}
	sym = a->sym;
	a->reg = R_GOT;
	a->name = NAME_NONE;
	a->sym = NULL;
	q = asm_append(c, got_load(c, p, sym, R_GOT));
	q->opcode = p->opcode;
	q->from = p->from;
	q->to = p->to;
	q->rest = p->rest;
	q->nrest = p->nrest;
	nopout(p);
}

static bool mentions_tls(const AsmProg *p)
{
	return p->from.reg == R_TLS || p->from.index == R_TLS ||
		p->to.index == R_TLS;
}

/* CMPPS has its constant last, and without $. */
static bool is_cmp(u16 op)
{
	return op == ACMPPD || op == ACMPPS || op == ACMPSD || op == ACMPSS;
}

void amd64_progedit(AsmCtx *c, AsmProg *p)
{
	u16 op = p->opcode;

	if (mentions_tls(p))
		edit_tls(c, p);
	if (p->to.type == TYPE_MEM) {
		if (is_plain_mem(&p->to) && is_cmp(op))
			p->to.type = TYPE_CONST;
		if ((op == ACALL || op == AJMP || op == ARET) && p->to.sym &&
		    (p->to.name == NAME_EXTERN || p->to.name == NAME_STATIC))
			p->to.type = TYPE_BRANCH;
	}
	if (p->from.type == TYPE_ADDR && is_mov(p)) {
		p->opcode = p->opcode == AMOVL ? ALEAL : ALEAQ;
		p->from.type = TYPE_MEM;
	}
	if (p->from.type == TYPE_FCONST)
		edit_float(c, p);
	if (c->flags->dynlink)
		use_got(c, p);
}
