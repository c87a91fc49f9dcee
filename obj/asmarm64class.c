/*
 * arm64: what an operand can be, and which form of an instruction fits.
 *
 * An operand fits several classes at once: 1 is an immediate of ADD, a
 * MOVZ, a bit pattern, any constant. So its class is a set, and a form fits
 * if each of its operands has the class asked for. What decides is the value
 * in the end: how a constant or an offset can be made, with how many
 * instructions. The limits are those of Go's assembler, the odd ones too:
 * another choice would be other bytes.
 *
 * Source: aclass, conclass, cmp, oplook in cmd/internal/obj/arm64/asm7.go.
 */
#include "obj/asmarm64.h"

/* ---- constants -------------------------------------------------------- */

static bool is_addcon(i64 v)
{
	if (v < 0)
		return false;
	return v <= 0xfff || ((v & 0xfff) == 0 && v >> 12 <= 0xfff);
}

static bool ones_in_a_row(u64 x)
{
	u64 y = x + (x & -x);

	return ((y - 1) & y) == 0;
}

static u64 ror64(u64 x, unsigned n)
{
	return n ? x >> n | x << (64 - n) : x;
}

/* The length of the pattern that x repeats, 2..64. */
static unsigned bit_period(u64 x)
{
	unsigned n = 64;

	while (n > 2 && x == ror64(x, n / 2))
		n /= 2;
	return n;
}

static u64 sext(u64 x, unsigned bits)
{
	return (u64)((i64)(x << (64 - bits)) >> (64 - bits));
}

/* Can AND and its like have x: ones in a row, rotated, repeated? */
bool arm64_isbitcon(u64 x)
{
	unsigned n;

	if (x == 0 || x == UINT64_MAX)
		return false;
	n = bit_period(x);
	x = sext(x, n);
	return n <= 4 || ones_in_a_row(x) || ones_in_a_row(~x);
}

static unsigned log2of(u64 x)
{
	return 63 - (unsigned)__builtin_clzll(x);
}

u32 arm64_bitcon(u64 x, int mode)
{
	unsigned period, start, len, rot, n;
	bool neg;

	if (mode == 32)
		x = x << 32 | (x & UINT32_MAX);
	period = bit_period(x);
	x = sext(x, period);
	neg = x >> 63;
	if (neg)
		x = ~x;
	if (x == 0)
		return 0;
	start = log2of(x & -x);
	len = log2of(x + (x & -x)) - start;
	if (neg) {
		start += len;
		len = period - len;
	}
	n = mode == 64 && period == 64;
	rot = (period - start) & (period - 1) & (unsigned)(mode - 1);
	return n << 22 | rot << 16 |
		((len - 1) | (63u & ~(period * 2 - 1))) << 10;
}

int arm64_movcon(u64 v)
{
	for (int s = 0; s < 64; s += 16)
		if ((v & ~((u64)0xffff << s)) == 0)
			return s;
	return -1;
}

/* The classes that a constant of each primary class fits. */
#define ANYCON (C1(LCON) | C1(MOVCON2) | C1(VCON))
enum { K_Z, K_AB0, K_ADD0, K_AB, K_AM, K_ADD, K_MB, K_MOV, K_BIT, K_ADD2,
	K_L, K_MOV2, K_MOV3, K_V };
static const Class con_class[] = {
	[K_Z] = C1(ZCON) | C1(ADDCON) | C1(MOVCON) | C1(ADDCON2) | ANYCON,
	[K_AB0] = C1(ADDCON) | C1(MBCON) | C1(BITCON) | C1(MOVCON) | ANYCON,
	[K_ADD0] = C1(ADDCON) | C1(MOVCON) | C1(ADDCON2) | ANYCON,
	[K_AB] = C1(ADDCON) | C1(BITCON) | ANYCON,
	[K_AM] = C1(ADDCON) | C1(MOVCON) | ANYCON,
	[K_ADD] = C1(ADDCON) | C1(ADDCON2) | ANYCON,
	[K_MB] = C1(MBCON) | C1(BITCON) | C1(MOVCON) | ANYCON,
	[K_MOV] = C1(MOVCON) | ANYCON,
	[K_BIT] = C1(BITCON) | ANYCON,
	[K_ADD2] = C1(ADDCON2) | ANYCON,
	[K_L] = ANYCON,
	[K_MOV2] = C1(MOVCON2),
	[K_MOV3] = C1(MOVCON3),
	[K_V] = C1(VCON)
};

static int addcon_kind(i64 v, bool bit, u64 inverse)
{
	if (v <= 0xfff)
		return bit ? K_AB0 : K_ADD0;
	if (bit)
		return K_AB;
	return arm64_movcon((u64)v) >= 0 || arm64_movcon(inverse) >= 0 ?
		K_AM : K_ADD;
}

/* w: an instruction of 32 bits has it. */
static int con_kind(i64 v, bool w)
{
	u64 x = (u64)v;
	bool bit = arm64_isbitcon(w ? x << 32 | x : x);
	u64 inverse = w ? (u32)~x : ~x;

	if (v == 0)
		return K_Z;
	if (is_addcon(v))
		return addcon_kind(v, bit, inverse);
	if (arm64_movcon(x) >= 0 || arm64_movcon(inverse) >= 0)
		return bit ? K_MB : K_MOV;
	if (bit)
		return K_BIT;
	if (v >= 0 && v <= 0xffffff)
		return K_ADD2;
	return x == (u32)x || v == (i32)v ? K_L : K_V;
}

bool arm64_is_orr(i64 v, bool w)
{
	int k = con_kind(v, w);

	return k == K_AB0 || k == K_AB || k == K_BIT;
}

/* x with the 16 bits at 16 i as the rest of a repeated pattern would have
 * them: ORR makes it, MOVK puts the 16 bits in; since Go 1.26. */
static bool bit_and_movk(u64 v, int i)
{
	u64 mask = (u64)0xffff << (16 * i);

	for (unsigned period = 16; period <= 32; period *= 2)
		if (arm64_isbitcon((v & ~mask) |
				   (ror64(v, 64 - period) & mask)))
			return true;
	return false;
}

/* How many instructions make a constant that needs more than one. */
static int con64_kind(Release r, u64 v)
{
	int zeros = 0, ones = 0;

	for (int i = 0; i < 4; i++) {
		u64 h = v >> (16 * i) & 0xffff;

		zeros += h == 0;
		ones += h == 0xffff;
	}
	if (zeros >= 3 || ones >= 3)
		return K_MOV;
	if (zeros == 2 || ones == 2)
		return K_MOV2;
	for (int i = 0; i < 4 && r >= GO126; i++)
		if (bit_and_movk(v, i))
			return K_MOV2;
	return zeros == 1 || ones == 1 ? K_MOV3 : K_V;
}

/* fromside: it is p->from, whose instruction may look closer. */
static Class constant_class(const Arm64 *e, const Arm64Op *op, i64 v,
			    bool fromside)
{
	bool c32 = fromside && (op->flags & F_C32);
	int k = con_kind(c32 ? (i64)(u32)v : v, c32);

	if (fromside && (op->flags & F_S) && k == K_ADD2)
		k = K_L;
	if (fromside && (op->flags & F_C64) && (k == K_L || k == K_V))
		k = con64_kind(e->c->obj->release, (u64)v);
	return con_class[k];
}

/* ---- memory ----------------------------------------------------------- */

/* As Go adds: round and round. */
static i64 sum(i64 a, i64 b)
{
	return (i64)((u64)a + (u64)b);
}

Arm64Mem arm64_mem(const Arm64 *e, const AsmAddr *a)
{
	switch (a->name) {
	case NAME_AUTO:
		return (Arm64Mem){REG_RSP, sum(e->autosize - e->extrasize,
					       a->offset)};
	case NAME_PARAM:
		return (Arm64Mem){REG_RSP, sum(e->autosize + 8, a->offset)};
	default:
		return (Arm64Mem){a->reg, a->offset};
	}
}

/* v as hi + (lo << shift), both immediates of 12 bits, hi one that ADD can
 * shift. Go 1.27 knows more ways. */
bool arm64_splitoff(Release r, i64 v, unsigned shift, i64 *hi, i64 *lo)
{
	i64 most = (i64)0xfff << shift, low = ((i64)1 << shift) - 1;

	if (v < 0 || v > 0xfff000 + most)
		return false;
	if (r >= GO127) {
		*hi = v - most > (v & low) ? v - most : v & low;
		*lo = (v - *hi) >> shift;
		if (*hi <= 0xfff && *lo <= 0xfff)
			return true;
	} else if (v & low) {
		return false;
	}
	*lo = v >> shift & 0xfff;
	*hi = v - (*lo << shift);
	if (*hi > 0xfff000) {
		*hi = 0xfff000;
		*lo = (v - *hi) >> shift;
	}
	return (*hi & ~(i64)0xfff000) == 0 && *hi + (*lo << shift) == v;
}

static Class move_class(const Arm64 *e, const Arm64Op *op, i64 v)
{
	i64 size = (i64)1 << op->sz, hi, lo;
	bool aligned = (v & (size - 1)) == 0;

	if ((v >= -256 && v <= 255) ||
	    (v >= 0 && aligned && v <= 4095 * size))
		return C1(NEAR);
	if (v >= -4095 && v <= 4095)
		return C1(FAR);
	return arm64_splitoff(e->c->obj->release, v, op->sz, &hi, &lo) ?
		C1(FAR) : C1(FARPOOL);
}

static Class pair_class(const Arm64Op *op, i64 v)
{
	i64 size = (i64)1 << op->sz;

	if (v >= -64 * size && v <= 63 * size && (v & (size - 1)) == 0)
		return C1(PNEAR);
	if (v >= -4095 && v <= 4095)
		return C1(P12);
	if (v >= 0 && v <= 0xffffff)
		return C1(PFAR);
	return op->flags & F_NOPOOL ? 0 : C1(PFARPOOL);
}

/* base+offset, of the frame or of a register. */
static Class offset_class(const Arm64 *e, const AsmProg *p, const AsmAddr *a)
{
	const Arm64Op *op = arm64_op_of(p);
	Arm64Mem m = arm64_mem(e, a);
	bool frame = a->name != NAME_NONE;
	Class c = 0;

	if (m.base == 0)
		return 0;
	if (m.off == 0)
		c |= C1(ZMEM) | (frame ? 0 : C1(ZOREG));
	if (!frame && m.off >= 0 && m.off <= 32760 && m.off % 8 == 0)
		c |= C1(PREIDX);
	if (!frame)
		c |= C1(LOREG);
	if (frame && p->scond != SCOND_NONE)
		return 0;
	if (op->group == GRP_LDP || op->group == GRP_STP)
		c |= pair_class(op, m.off);
	else if (op->ld && p->scond == SCOND_NONE)
		c |= move_class(e, op, m.off);
	return c;
}

static Class mem_class(const Arm64 *e, const AsmProg *p, const AsmAddr *a)
{
	if (reg_in(a->reg, REG_F0, 64))
		return 0;
	switch (a->name) {
	case NAME_EXTERN:
	case NAME_STATIC:
		if (!a->sym)
			return 0;
		if (a->sym->kind != STLSBSS)
			return C1(ADDR);
		return e->c->flags->shared ? C1(TLS_IE) : C1(TLS_LE);
	case NAME_GOTREF:
		return C1(GOTADDR);
	case NAME_NONE:
		if (a->index == 0)
			return offset_class(e, p, a);
		/* Only a shifted or extended index may have an offset, which
		 * Go drops; we do not. */
		return a->offset == 0 && a->reg ? C1(ROFF) : 0;
	default:
		return offset_class(e, p, a);
	}
}

/* $a-8(SP), $a+8(FP) */
static Class auto_class(const Arm64 *e, const AsmAddr *a)
{
	i64 v = arm64_mem(e, a).off;

	if (is_addcon(v) || (v != INT64_MIN && is_addcon(-v)))
		return C1(AACON) | C1(LACON);
	if (v >= 0 && v <= 0xffffff)
		return C1(AACON2) | C1(LACON);
	return C1(LACON);
}

static Class address_class(Arm64 *e, const AsmProg *p, const AsmAddr *a)
{
	switch (a->name) {
	case NAME_NONE:
		/* $8(R1): an addition */
		if (a->reg != 0 && a->reg != REG_ZR)
			return auto_class(e, a);
		return constant_class(e, arm64_op_of(p), a->offset,
				      a == &p->from && a->type == TYPE_CONST);
	case NAME_EXTERN:
	case NAME_STATIC:
		if (!a->sym)
			return 0;
		if (a->sym->kind == STLSBSS)
			arm64_bad(e, p, "taking address of TLS variable is "
				  "not supported");
		return C1(VCONADDR);
	case NAME_AUTO:
	case NAME_PARAM:
		return auto_class(e, a);
	default:
		return 0;
	}
}

/* ---- operands, forms -------------------------------------------------- */

static Class reg_class(i16 r)
{
	if (reg_in(r, REG_R0, 31))
		return C1(REG) | C1(ZREG) | C1(RSP);
	if (r == REG_ZR)
		return C1(ZREG);
	if (r == REG_RSP)
		return C1(RSP);
	if (reg_in(r, REG_F0, 32))
		return C1(FREG);
	if (reg_in(r, REG_V0, 32))
		return C1(VREG);
	if (is_arng(r))
		return C1(ARNG);
	if (is_elem(r))
		return C1(ELEM);
	if (reg_in(r, REG_EXT, 0x800) || reg_in(r, REG_LSL, 0x1000))
		return C1(EXTREG);
	return r >= REG_SPR ? C1(SPR) : 0;
}

static Class operand_class(Arm64 *e, const AsmProg *p, const AsmAddr *a)
{
	switch (a->type) {
	case TYPE_NONE: return C1(NONE);
	case TYPE_REG: return reg_class(a->reg);
	case TYPE_REGREG: return C1(PAIR);
	case TYPE_SHIFT: return C1(SHIFT);
	case TYPE_REGLIST: return C1(LIST);
	case TYPE_MEM: return mem_class(e, p, a);
	case TYPE_FCONST: return C1(FCON);
	case TYPE_CONST:
	case TYPE_ADDR: return address_class(e, p, a);
	case TYPE_BRANCH: return C1(SBRA);
	case TYPE_SPECIAL:
		return arm64_special[a->offset].kind == SPOP_COND ?
			C1(COND) : C1(SPOP);
	default: return 0;
	}
}

const Arm64Form arm64_form[] = {
#define GROUP(name)
#define FORM(group, from, reg, from3, to, to2, scond, size, flags, enc, regs) \
	{GRP_##group, SCOND_##scond, size, flags, from, reg, from3, to, to2, \
	 arm64_##enc, regs},
#include "obj/asmarm64form.def"
#undef FORM
#undef GROUP
};
enum { NFORM = NELEM(arm64_form) };

/* The first form of a group: they stand in the order of the groups. */
static size_t find_first(unsigned group)
{
	size_t lo = 0, hi = NFORM;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (arm64_form[mid].group < group)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

void arm64_init(AsmCtx *c)
{
	c->archdata = arena_alloc(&c->obj->arena, NGRP * sizeof(u16));
}

/* The same, found out once. */
static size_t first_form(const AsmCtx *c, unsigned group)
{
	u16 *first = c->archdata;

	if (first[group] == 0)
		first[group] = (u16)(1 + find_first(group));
	return first[group] - 1u;
}

const Arm64Form *arm64_oplook(Arm64 *e, AsmProg *p)
{
	unsigned group = arm64_op_of(p)->group;
	Class from, to, reg, from3, to2;

	if (p->optab)
		return &arm64_form[p->optab - 1];
	from = operand_class(e, p, &p->from);
	to = operand_class(e, p, &p->to);
	reg = p->reg ? reg_class(p->reg) : C1(NONE);
	to2 = p->reg_to2 ? reg_class(p->reg_to2) : C1(NONE);
	from3 = p->nrest ? operand_class(e, p, &p->rest[0]) : C1(NONE);
	for (size_t i = first_form(e->c, group); i < NFORM &&
	     arm64_form[i].group == group; i++) {
		const Arm64Form *f = &arm64_form[i];

		if (!(f->from & from) || !(f->to & to) || !(f->reg & reg) ||
		    !(f->to2 & to2) || !(f->from3 & from3) ||
		    f->scond != p->scond)
			continue;
		p->optab = (u16)(i + 1);
		return f;
	}
	if (!e->bad)
		asm_error_prog(e->c, p, "illegal combination");
	return NULL;
}

/* ---- forms as text ---------------------------------------------------- */

static const char *const class_name[NCLASS] = {
#define X(c) #c,
	ARM64_CLASSES(X)
#undef X
};

static void operand_text(Buf *out, Class c, const char **sep)
{
	const char *or = "";

	if (c == C1(NONE))
		return;
	buf_str(out, *sep);
	*sep = ", ";
	if (c & C1(NONE))
		buf_str(out, "[");
	for (unsigned i = 1; i < NCLASS; i++) {
		if (!(c >> i & 1))
			continue;
		buf_printf(out, "%s%s", or, class_name[i]);
		or = "|";
	}
	if (c & C1(NONE))
		buf_str(out, "]");
}

static void form_text(Buf *out, const char *name, const Arm64Form *f)
{
	static const char *const suffix[] = {"", ".P", ".W"};
	bool last = f->group == GRP_CASPD;
	const char *sep = " ";

	buf_printf(out, "%s%s", name, suffix[f->scond]);
	operand_text(out, f->from, &sep);
	operand_text(out, f->reg, &sep);
	operand_text(out, last ? f->to : f->from3, &sep);
	operand_text(out, last ? f->from3 : f->to, &sep);
	operand_text(out, f->to2, &sep);
	buf_str(out, "\n");
}

void arm64_list(Buf *out, const Arm64Op *op)
{
	for (size_t i = find_first(op->group); i < NFORM &&
	     arm64_form[i].group == op->group; i++)
		form_text(out, op->name, &arm64_form[i]);
}

/* Every class that an operand of that type may have, whatever its value. */
static Class any_class(const AsmAddr *a)
{
	Class upto = C1(ZOREG) - 1;

	switch (a->type) {
	case TYPE_NONE: return C1(NONE);
	case TYPE_REG: return reg_class(a->reg);
	case TYPE_MEM: return ~upto;
	case TYPE_CONST:
	case TYPE_ADDR: return upto & ~(C1(ZCON) - 1) & ~C1(SBRA);
	case TYPE_BRANCH: return C1(SBRA);
	case TYPE_REGREG: return C1(PAIR);
	case TYPE_SHIFT: return C1(SHIFT);
	case TYPE_REGLIST: return C1(LIST);
	case TYPE_SPECIAL: return C1(COND) | C1(SPOP);
	default: return C1(FCON);
	}
}

static int likeness(const Arm64Form *f, const AsmProg *p)
{
	Class reg = p->reg ? reg_class(p->reg) : C1(NONE);
	Class from3 = p->nrest ? any_class(&p->rest[0]) : C1(NONE);

	return !!(f->from & any_class(&p->from)) + !!(f->reg & reg) +
		!!(f->from3 & from3) + !!(f->to & any_class(&p->to)) +
		(f->scond == p->scond);
}

/* At most three of the forms that are most like p. */
void arm64_nearest(Buf *out, const AsmProg *p)
{
	const Arm64Op *op = arm64_op_of(p);
	size_t first = find_first(op->group), i;
	int best = 0, n = 0, like;

	if (!op->name[0])
		return;
	for (i = first; i < NFORM &&
	     arm64_form[i].group == op->group; i++) {
		like = likeness(&arm64_form[i], p);
		best = like > best ? like : best;
	}
	for (i = first; i < NFORM && n < 3 &&
	     arm64_form[i].group == op->group; i++)
		if (likeness(&arm64_form[i], p) == best) {
			form_text(out, op->name, &arm64_form[i]);
			n++;
		}
}
