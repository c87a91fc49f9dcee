/*
 * Encoding one instruction.
 *
 *   segment prefixes | 66 F2 F3 | REX | opcode | ModRM SIB disp | constant
 *
 * A row's bytes begin with its prefixes; REX, if it turns out to be needed,
 * is put in behind those. Jumps to what is ahead are filled in when their
 * target is reached (asmamd64span.c); a symbol elsewhere is relocated.
 *
 * Source: Intel SDM volume 2, 2.2.1; doasm and asmins in
 * cmd/internal/obj/x86/asm6.go
 */
#include "obj/asmamd64.h"

/* ---- constants ---------------------------------------------------------- */

static void put_const(Amd64 *s, i64 v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		amd64_put(s, (unsigned)((u64)v >> 8 * i) & 0xff);
}

/* MOVQ $x, R: 5 bytes if the upper half is zero, 7 if it is all ones, 10. */
static void put_movq(Amd64 *s, const AsmProg *p, unsigned op)
{
	i64 v = p->from.offset;
	unsigned low = (unsigned)amd64_regnum(p->to.reg);
	int b = amd64_regrex(p->to.reg) & REXB;

	if (v >> 32 == 0) {
		s->in.rex &= ~(REX | REXW);
		s->in.rex |= b;
		amd64_put(s, 0xb8 + low);
		put_const(s, v, 4);
	} else if (v >> 31 == -1) {
		amd64_put(s, 0xc7);
		amd64_modrm(s, p, &p->to, 0, 0);
		put_const(s, v, 4);
	} else {
		s->in.rex |= b;
		amd64_put(s, op + low);
		put_const(s, v, 8);
	}
}

/* ---- rows of L ------------------------------------------------------------- */

/* Byte registers go by the names of the whole: AX means AL. That lasts: the
 * next pass finds AL, and maybe another form, as in Go. */
static void byte_register(AsmAddr *a)
{
	if (a->type == TYPE_REG && a->index == 0 &&
	    reg_in(a->reg, R_AX, R_R15)) {
		a->reg = (i16)(a->reg + R_AL - R_AX);
		a->cls = 0;
	}
}

typedef struct {
	const AsmAddr *rm, *reg, *low;
} Parts;

static Parts parts_of(const Operands *o, const Fit *f)
{
	Parts t = {0};

	for (int i = 0; i < o->n && f->role[i]; i++) {
		char r = f->role[i];

		if (r == 'm' || r == 'b')
			t.rm = o->a[i];
		if (r == 'r' || r == 'b')
			t.reg = o->a[i];
		if (r == 'o')
			t.low = o->a[i];
	}
	return t;
}

static void put_opcode(Amd64 *s, const Fit *f, const AsmAddr *low)
{
	u8 n = f->nbytes;

	for (u8 i = 0; i + 1 < n; i++)
		amd64_put(s, f->bytes[i]);
	if (!low) {
		amd64_put(s, f->bytes[n - 1]);
		return;
	}
	s->in.rex |= amd64_regrex(low->reg) & (REXB | REX);
	amd64_put(s, f->bytes[n - 1] + (unsigned)amd64_regnum(low->reg));
}

static void put_constants(Amd64 *s, const Operands *o, const Fit *f)
{
	for (int i = 0; i < o->n && f->role[i]; i++)
		switch (f->role[i]) {
		case 'i': put_const(s, o->a[i]->offset, 1); break;
		case 'w': put_const(s, o->a[i]->offset, 2); break;
		case 'd':
		case 'D': put_const(s, o->a[i]->offset, 4); break;
		}
}

static void legacy(Amd64 *s, AsmProg *p, const Fit *f)
{
	const Operands *o = &f->ops;
	Parts t = parts_of(o, f);
	AsmAddr lea;

	if (f->flags & BYTES)
		byte_register(&p->to);
	if (f->flags & (BYTES | BYTE0))
		byte_register(&p->from);
	s->in.rex |= f->flags & REXW;
	if (f->role[0] == 'q') {
		put_movq(s, p, f->bytes[0]);
		return;
	}
	if (f->flags & CALLIND)
		amd64_reloc(s, p, ROW_R_CALLIND, 0, NULL, 0);
	if (f->flags & CALLIND)
		s->rel.r[s->rel.n - 1].off = (i32)p->pc;
	put_opcode(s, f, t.low);
	if (t.rm && f->flags & LEA) {
		lea = *t.rm;
		lea.type = TYPE_MEM;
		t.rm = &lea;
	}
	if (f->modrm >= 0 && t.rm)
		amd64_modrm(s, p, t.rm, f->modrm, 0);
	else if (f->modrm == R && t.rm && t.reg)
		amd64_modrm(s, p, t.rm, amd64_regnum(t.reg->reg),
			    amd64_regrex(t.reg->reg));
	put_constants(s, o, f);
}

/* ---- rows of S --------------------------------------------------------------- */

static void call_to(Amd64 *s, const AsmProg *p, const Fit *f, RelocRow row)
{
	amd64_put(s, f->bytes[0]);
	if (f->kind == FORM_CALLMEM)
		amd64_put(s, f->bytes[1]);
	if (f->kind == FORM_CALLSYM && !p->to.sym) {
		asm_error_prog(s->ctx, p, "call without target");
		return;
	}
	amd64_reloc(s, p, row, 4, f->kind == FORM_CALLCON ? NULL : p->to.sym,
		    p->to.offset);
	amd64_put32(s, 0);
}

enum { SHORT = 2, BACKWARDS = 1 };	/* AsmProg.back */

static void backwards(Amd64 *s, const AsmProg *p, const Fit *f)
{
	bool xbegin = p->opcode == AXBEGIN;
	i64 v = p->to.target->pc - (p->pc + 2);

	if (v >= -128 && !xbegin) {
		if (p->opcode == AJCXZL)
			amd64_put(s, 0x67);
		amd64_put(s, f->bytes[0]);
		amd64_put(s, (unsigned)v & 0xff);
		return;
	}
	if (f->kind == FORM_LOOPREL)
		asm_error_prog(s->ctx, p, "loop too far");
	v -= 3 + (xbegin ? 1 : 0) + (f->kind == FORM_JCC ? 1 : 0);
	if (f->kind == FORM_JCC)
		amd64_put(s, 0x0f);
	amd64_put(s, f->bytes[1]);
	amd64_put32(s, (u32)v);
}

/* Its displacement is filled in when the target is reached: until then it
 * hangs there, on rel, linked by pool. */
static void forwards(Amd64 *s, AsmProg *p, const Fit *f)
{
	AsmProg *q = p->to.target;

	p->pool = q->rel;
	q->rel = p;
	if (p->back & SHORT && p->opcode != AXBEGIN) {
		if (p->opcode == AJCXZL)
			amd64_put(s, 0x67);
		amd64_put(s, f->bytes[0]);
		amd64_put(s, 0);
		return;
	}
	if (f->kind == FORM_LOOPREL)
		asm_error_prog(s->ctx, p, "loop too far");
	if (f->kind == FORM_JCC)
		amd64_put(s, 0x0f);
	amd64_put(s, f->bytes[1]);
	amd64_put32(s, 0);
}

static void jump(Amd64 *s, AsmProg *p, const Fit *f)
{
	if (p->opcode == AXBEGIN)
		amd64_put(s, f->bytes[0]);
	if (p->to.sym) {
		if (f->kind != FORM_JMPREL)
			asm_error_prog(s->ctx, p, "branch to ATEXT");
		amd64_put(s, f->bytes[1]);
		amd64_reloc(s, p, ROW_R_CALL, 4, p->to.sym, 0);
		amd64_put32(s, 0);
	} else if (!p->to.target) {
		asm_error_prog(s->ctx, p, "jump without target");
	} else if (p->back & BACKWARDS) {
		backwards(s, p, f);
	} else {
		forwards(s, p, f);
	}
}

/* MOVQ TLS, R with -shared: movq g@gottpoff(%rip), R. */
static void load_tls(Amd64 *s, const AsmProg *p)
{
	Amd64Os os = amd64_os(s->ctx);

	if (!s->ctx->flags->shared || (os != OS_LINUX && os != OS_FREEBSD)) {
		asm_error_prog(s->ctx, p, "unknown TLS base location");
		return;
	}
	s->in.rex = REXW | (amd64_regrex(p->to.reg) & REXR);
	amd64_put(s, 0x8b);
	amd64_put(s, 5u | (unsigned)amd64_regnum(p->to.reg) << 3);
	amd64_reloc(s, p, ROW_R_TLS_IE, 4, NULL, -4);
	amd64_put32(s, 0);
}

static void encode(Amd64 *s, AsmProg *p, const Fit *f)
{
	switch (f->kind) {
	case FORM_LEGACY: legacy(s, p, f); break;
	case FORM_VEX:
	case FORM_EVEX: amd64_vex(s, p, f); break;
	case FORM_NOTHING: break;
	case FORM_CALLCON:
	case FORM_CALLMEM: call_to(s, p, f, ROW_R_PCREL); break;
	case FORM_CALLSYM: call_to(s, p, f, ROW_R_CALL); break;
	case FORM_JCC:
	case FORM_JMPREL:
	case FORM_LOOPREL: jump(s, p, f); break;
	case FORM_BYTES: put_const(s, p->from.offset, f->bytes[0]); break;
	case FORM_LOADTLS: load_tls(s, p); break;
	}
}

/* ---- afterwards ---------------------------------------------------------------- */

static bool is_prefix(u8 c)
{
	return c == 0xf2 || c == 0xf3 || (c >= 0x64 && c <= 0x67) ||
		c == 0x2e || c == 0x3e || c == 0x26;
}

static void insert_rex(Insn *in)
{
	u32 at = 0;

	while (at < in->n && is_prefix(in->b[at]))
		at++;
	if (in->n == INSN_MAX)
		return;
	for (u32 i = in->n; i > at; i--)
		in->b[i] = in->b[i - 1];
	in->b[at] = (u8)(REX | in->rex);
	in->n++;
}

/* The linker counts from a relocation's end, the processor from the
 * instruction's. */
static void settle_relocs(Amd64 *s, const AsmProg *p, u32 first, bool rex)
{
	u16 pcrel = s->rel.n == first ? 0 :
		asm_reloc_type(s->ctx, ROW_R_PCREL);

	for (u32 i = first; i < s->rel.n; i++) {
		Reloc *r = &s->rel.r[i];

		r->off += rex;
		if (r->type == pcrel)
			r->add -= p->pc + s->in.n - (r->off + r->siz);
	}
}

void amd64_encode(Amd64 *s, AsmProg *p)
{
	u32 first = s->rel.n;
	bool rex;
	Fit f;

	s->in = (Insn){.n = 0};
	p->mark = 0;
	if (p->opcode == ATEXT || p->opcode == AFUNCDATA ||
	    p->opcode == APCDATA)
		return;
	amd64_segment(s, &p->from);
	amd64_segment(s, &p->to);
	if (!amd64_fit(s->ctx, p, &f)) {
		asm_error_prog(s->ctx, p, "invalid instruction");
		return;
	}
	encode(s, p, &f);
	rex = s->in.rex && !s->in.vex && !s->in.evex;
	if (rex)
		insert_rex(&s->in);
	settle_relocs(s, p, first, rex);
	/* Does the next pass make the same of it? Not where it lies counts,
	 * nor where a register has become another. */
	p->mark = s->rel.n == first && p->to.type != TYPE_BRANCH &&
		!(f.flags & (BYTES | BYTE0)) ? AMD64_SAME : 0;
}
