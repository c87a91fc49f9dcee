/*
 * Most instructions at once: legacy and VEX forms whose operands are general
 * and vector registers, memory by way of a register, and plain constants.
 *
 * What a form means for its operands is worked out once for each form and
 * kept with what was found for these classes (amd64_find): a Recipe. All that
 * is relocated, jumps, or is rare goes the way of asmamd64enc.c, which this
 * must agree with.
 *
 * Source: Intel SDM volume 2, 2.1 to 2.3
 */
#include "obj/asmamd64.h"

/* A register's number if it is one of those that all forms take, else 16 or
 * more. */
static unsigned number(int r)
{
	unsigned n = (unsigned)r - R_AX;

	if (n < 16)
		return n;
	n = (unsigned)r - R_X0;
	return n < 96 ? n & 31 : 16;
}

/* ---- from a form to a recipe --------------------------------------------- */

enum { NOT_YET, SLOW, LEGACY, VEX };	/* Recipe.kind */

static bool is_prefix(u8 c)
{
	return c == 0xf2 || c == 0xf3 || (c >= 0x64 && c <= 0x67) ||
		c == 0x2e || c == 0x3e || c == 0x26;
}

/* Operands are counted from 1 on: 0 is none. false: not for us. */
static bool take_role(Recipe *r, char role, u8 i)
{
	switch (role) {
	case 'm': r->rm = i; break;
	case 'r': r->reg = i; break;
	case 'b': r->rm = r->reg = i; break;
	case 'o': r->low = i; break;
	case 'v': r->vvvv = i; break;
	case 'i': r->imm = i; r->nimm = 1; break;
	case 'w': r->imm = i; r->nimm = 2; break;
	case 'd':
	case 'D': r->imm = i; r->nimm = 4; break;
	case '-': break;
	default: return false;
	}
	return true;
}

/* Is operand i, if there is one, a register that all forms take? That is the
 * same for all of its class. */
static bool is_plain_reg(const Operands *o, u8 i)
{
	return i == 0 || (o->a[i - 1]->type == TYPE_REG &&
			  number(o->a[i - 1]->reg) < 16);
}

static bool make(Recipe *r, const Fit *f)
{
	u8 roles = 0;

	for (; f->role[roles]; roles++)
		if (!take_role(r, f->role[roles], (u8)(roles + 1)))
			return false;
	if (roles != f->ops.n || f->flags & ~REXW)
		return false;
	r->rexw = f->flags & REXW;
	r->nbytes = f->nbytes;
	memcpy(r->bytes, f->bytes, sizeof r->bytes);
	while (r->nprefix < r->nbytes && is_prefix(r->bytes[r->nprefix]))
		r->nprefix++;
	r->digit = f->modrm < 0 ? 0 : (u8)f->modrm;
	r->bits = (u8)f->bits;
	if (!is_plain_reg(&f->ops, r->reg) || !is_plain_reg(&f->ops, r->low) ||
	    !is_plain_reg(&f->ops, r->vvvv))
		return false;
	if (f->modrm == R ? !r->rm || !r->reg :
	    r->reg || (r->rm != 0) != (f->modrm >= 0))
		return false;
	r->kind = f->kind == FORM_LEGACY ? LEGACY : VEX;
	r->memory = r->rm && f->ops.a[r->rm - 1]->type == TYPE_MEM;
	if (r->rm && !r->memory && f->ops.a[r->rm - 1]->type != TYPE_REG)
		return false;
	return f->kind == FORM_VEX ? r->nprefix == 0 :
		f->kind == FORM_LEGACY && r->nprefix < r->nbytes && !r->vvvv;
}

static void make_recipe(AsmCtx *c, AsmProg *p, Recipe *r)
{
	Recipe new = {.kind = NOT_YET};
	Fit f;

	*r = (Recipe){.kind = SLOW};
	if (amd64_fit(c, p, &f) && make(&new, &f))
		*r = new;
}

/* ---- operands ------------------------------------------------------------- */

/* ModRM.rm and what follows; ModRM.reg is still to come. */
typedef struct {
	u8 mod, rm, sib, ndisp;
	unsigned b, x;	/* the fourth bits of rm or base, and of index */
	bool has_sib;
	i32 disp;
} Rm;

static bool register_rm(const AsmAddr *a, Rm *m)
{
	unsigned n = number(a->reg);

	*m = (Rm){.mod = 3, .rm = n & 7, .b = n >> 3 & 1};
	return n < 16 && a->offset == 0;
}

static bool memory_rm(const AsmAddr *a, Rm *m)
{
	static const u8 log[9] = {9, 0, 1, 9, 2, 9, 9, 9, 3};
	bool local = a->name == NAME_AUTO || a->name == NAME_PARAM;
	unsigned base = local ? R_SP - R_AX : (unsigned)a->reg - R_AX;
	unsigned index = (unsigned)a->index - R_AX, scale = (u16)a->scale;

	if (base > 15 || a->sym || (!local && a->name != NAME_NONE) ||
	    a->offset != (i32)a->offset)
		return false;
	*m = (Rm){.rm = base & 7, .b = base >> 3 & 1, .disp = (i32)a->offset};
	if (a->index) {
		if (index > 15 || index == 4 || scale > 8 || log[scale] > 3)
			return false;
		m->sib = (u8)((unsigned)log[scale] << 6 | (index & 7) << 3 |
			      m->rm);
		m->x = index >> 3 & 1;
		m->has_sib = true;
	} else if (m->rm == 4) {
		m->sib = 4 << 3 | 4;
		m->has_sib = true;
	}
	if (m->disp != (int8_t)m->disp) {
		m->mod = 2;
		m->ndisp = 4;
	} else if (m->disp || m->rm == 5) {
		m->mod = 1;
		m->ndisp = 1;
	}
	if (m->has_sib)
		m->rm = 4;
	return true;
}

/* There is room for 8 bytes, whatever n is. */
static u8 *put(u8 *q, u64 x, unsigned n)
{
	st64(q, x, false);
	return q + n;
}

static u8 *put_rm(u8 *q, const Rm *m, unsigned reg)
{
	*q++ = (u8)((unsigned)m->mod << 6 | (reg & 7) << 3 | m->rm);
	if (m->has_sib)
		*q++ = (u8)m->sib;
	return put(q, (u32)m->disp, m->ndisp);
}

/* ---- instructions ------------------------------------------------------------ */

static u8 *put_legacy(u8 *q, const Recipe *r, const Rm *m, unsigned reg,
		      unsigned low)
{
	unsigned rex = r->rexw | (reg >> 3) * REXR | m->x * REXX |
		(m->b | low >> 3) * REXB, i = 0;

	for (; i < r->nprefix; i++)
		*q++ = r->bytes[i];
	if (rex)
		*q++ = (u8)(REX | rex);
	*q++ = r->bytes[i++];
	for (; i < r->nbytes; i++)
		*q++ = r->bytes[i];
	q[-1] = (u8)(q[-1] + (low & 7));
	return r->rm ? put_rm(q, m, reg | r->digit) : q;
}

static u8 *put_vex(u8 *q, const Recipe *r, const Rm *m, unsigned reg,
		   unsigned vvvv)
{
	unsigned wvlp = (r->bits & (W1 | L256 | 3)) | (vvvv ^ 15) << 3;
	unsigned map = r->bits >> 4 & 3;

	if (map == 1 && !m->x && !m->b && !(r->bits & W1)) {
		*q++ = 0xc5;
		*q++ = (u8)((reg >> 3 ^ 1) << 7 | wvlp);
	} else {
		*q++ = 0xc4;
		*q++ = (u8)((reg >> 3 ^ 1) << 7 | (m->x ^ 1) << 6 |
			    (m->b ^ 1) << 5 | map);
		*q++ = (u8)wvlp;
	}
	*q++ = r->bytes[0];
	return r->rm ? put_rm(q, m, reg | r->digit) : q;
}

/* The number of operand i, 0 if there is none. */
static inline unsigned number_of(const Operands *o, u8 i)
{
	return i ? number(o->a[i - 1]->reg) : 0;
}

u32 amd64_quick(AsmCtx *c, AsmProg *p, u8 out[INSN_MAX])
{
	Rm m = {.mod = 0};
	Amd64Slot *slot;
	const Recipe *r;
	unsigned reg;
	Operands o;
	u8 *q;

	if (p->opcode < A_ARCH)
		return 0;
	slot = amd64_find(c, p, &o);
	if (!slot)
		return 0;
	r = &slot->recipe;
	if (r->kind == NOT_YET)
		make_recipe(c, p, &slot->recipe);
	if (r->kind == SLOW)
		return 0;
	if (r->rm && !(r->memory ? memory_rm(o.a[r->rm - 1], &m) :
		       register_rm(o.a[r->rm - 1], &m)))
		return 0;
	if (r->imm && o.a[r->imm - 1]->type != TYPE_CONST)
		return 0;
	reg = number_of(&o, r->reg);
	q = r->kind == VEX ? put_vex(out, r, &m, reg, number_of(&o, r->vvvv)) :
		put_legacy(out, r, &m, reg, number_of(&o, r->low));
	if (r->imm)
		q = put(q, (u64)o.a[r->imm - 1]->offset, r->nimm);
	return (u32)(q - out);
}
