/*
 * The assembler's arm64: names of instructions, registers and operands, and
 * where operands go.
 *
 *   R0..R30 ZR RSP g  F0..F31  V0..V31  system registers
 *   EQ PLDL1KEEP VMALLE1IS ...          TYPE_SPECIAL
 *
 * Source: cmd/asm/internal/arch/arm64.go, asm.go in cmd/asm/internal/asm.
 */
#include "obj/asmarm64.h"

/* ---- tables ----------------------------------------------------------- */

static const Arm64Op ops[] = {
#define OP(name, group, rrr, irr, arr, flags, sz) \
	{#name, rrr, irr, 0, 0, flags, GRP_##group, ARR_##arr, sz},
#define MOVE(name, group, rrr, irr, ld, st, flags, sz) \
	{#name, rrr, irr, ld, st, flags, GRP_##group, ARR_NONE, sz},
#include "obj/asmarm64op.def"
#include "obj/asmarm64simd.def"
#undef MOVE
#undef OP
};

/* Those that all architectures have. */
static const Arm64Op common[A_ARCH] = {
	[ACALL] = {.name = "CALL", .rrr = 0xd63f0000, .irr = 0x94000000,
		.group = GRP_BL},
	[AJMP] = {.name = "JMP", .rrr = 0xd61f0000, .irr = 0x14000000,
		.group = GRP_B},
	[ARET] = {.name = "RET", .rrr = 0xd65f0000, .group = GRP_RET},
	[AUNDEF] = {.name = "UNDEF", .group = GRP_UNDEF},
	[ANOP] = {.name = "NOP", .group = GRP_NOP},
	[AEND] = {.name = "END"},
	[AGETCALLERPC] = {.name = "GETCALLERPC", .group = GRP_MOVD}
};

const Arm64Op *arm64_op_of(const AsmProg *p)
{
	return p->opcode < A_ARCH ? &common[p->opcode] :
		&ops[p->opcode - A_ARCH];
}

const Arm64Special arm64_special[] = {
#define SYSREG(...)
#define SPECIAL(name, kind, bits, reg) {#name, SPOP_##kind, bits, reg},
#include "obj/asmarm64sys.def"
#undef SPECIAL
#undef SYSREG
};
const size_t arm64_nspecial = NELEM(arm64_special);

enum { R = 1, W = 2, RW = 3 };
const Arm64Sysreg arm64_sysreg[] = {
#define SYSREG(name, bits, access) {#name, bits, access},
#define SPECIAL(...)
#include "obj/asmarm64sys.def"
#undef SPECIAL
#undef SYSREG
};
const size_t arm64_nsysreg = NELEM(arm64_sysreg);

const char *const arm64_arng_name[NARNG] = {"B8", "B16", "H4", "H8", "S2",
	"S4", "D1", "D2", "Q1", "B", "H", "S", "D"};
const char *const arm64_ext_name[NEXT] = {"UXTB", "UXTH", "UXTW", "UXTX",
	"SXTB", "SXTH", "SXTW", "SXTX"};

/* The number of name among n sorted rows, each of which begins with its
 * name; -1 if it is none. */
static int find(View name, const void *row, size_t n, size_t size)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		const char *s = (const char *)row + mid * size;
		int d = strncmp((const char *)name.p, s, name.n);

		if (d == 0 && s[name.n] == '\0')
			return (int)mid;
		if (d > 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return -1;
}

int arm64_find_special(View name)
{
	return find(name, arm64_special, NELEM(arm64_special),
		    sizeof *arm64_special);
}

int arm64_find_sysreg(View name)
{
	return find(name, arm64_sysreg, NELEM(arm64_sysreg),
		    sizeof *arm64_sysreg);
}

/* ---- names ------------------------------------------------------------ */

static bool common_opcode(View name, u16 *op)
{
	if (view_is(name, "B") || view_is(name, "BL")) {
		*op = name.n == 1 ? AJMP : ACALL;
		return true;
	}
	for (*op = 0; *op < A_ARCH; ++*op)
		if (common[*op].name[0] && view_is(name, common[*op].name))
			return true;
	return false;
}

static bool opcode(View name, u16 *op)
{
	enum { NINT = ARM64_NINT - A_ARCH };
	int i = find(name, ops, NINT, sizeof *ops);

	if (i < 0) {
		i = find(name, ops + NINT, NELEM(ops) - NINT, sizeof *ops);
		i = i < 0 ? -1 : i + NINT;
	}
	*op = (u16)(A_ARCH + i);
	return i >= 0 || common_opcode(name, op);
}

static const char *op_name(u16 op)
{
	return op - A_ARCH < (int)NELEM(ops) ? ops[op - A_ARCH].name : "?";
}

static bool reg_prefix(View v)
{
	return v.n == 1 && strchr("RFV", v.p[0]);
}

static bool reg_number(View prefix, i64 n, i16 *reg)
{
	int base = prefix.p[0] == 'R' ? REG_R0 : prefix.p[0] == 'F' ?
		REG_F0 : REG_V0;

	if (n < 0 || n > 31 || (base == REG_R0 && n == 31))
		return false;
	*reg = (i16)(base + n);
	return true;
}

static const struct {
	const char *name;
	i16 reg;
} named_regs[] = {{"ZR", REG_ZR}, {"RSP", REG_RSP}, {"LR", REGLINK},
	{"g", REGG}, {"R18_PLATFORM", REG_R0 + 18}, {"SP", REG_SP}};

static bool reg(View name, i16 *r)
{
	int i;

	for (size_t k = 0; k < NELEM(named_regs); k++)
		if (view_is(name, named_regs[k].name)) {
			*r = named_regs[k].reg;
			return true;
		}
	if (name.n >= 2 && name.n <= 3 && strchr("RFV", name.p[0]) &&
	    name.p[1] >= '0' && name.p[1] <= '9' &&
	    (name.n == 2 || (name.p[1] != '0' && name.p[2] >= '0' &&
			     name.p[2] <= '9'))) {
		i = name.p[1] - '0';
		if (name.n == 3)
			i = 10 * i + name.p[2] - '0';
		/* R18 is the platform's, R28 is g: not by accident. */
		return !(name.p[0] == 'R' && (i == 18 || i == 28)) &&
			reg_number(name, i, r);
	}
	i = arm64_find_sysreg(name);
	*r = (i16)(REG_SPR + i);
	return i >= 0;
}

static void reg_name(Buf *out, i16 r)
{
	unsigned n = num(r), amount = (unsigned)r >> 5 & 7;

	for (size_t k = 0; k < NELEM(named_regs); k++)
		if (r == named_regs[k].reg && r != REGLINK &&
		    r != REG_R0 + 18) {
			buf_str(out, named_regs[k].name);
			return;
		}
	if (r >= REG_SPR) {
		buf_str(out, arm64_sysreg[r - REG_SPR].name);
	} else if (is_arng(r) || is_elem(r)) {
		buf_printf(out, "V%u.%s", n, arm64_arng_name[arng_of(r)]);
	} else if (reg_in(r, REG_EXT, 0x800)) {
		buf_printf(out, "R%u.%s", n, arm64_ext_name[r >> 8 & 7]);
		if (amount)
			buf_printf(out, "<<%u", amount);
	} else if (reg_in(r, REG_LSL, 0x1000)) {
		buf_printf(out, "R%u<<%u", n, amount);
	} else {
		buf_printf(out, "%c%u", reg_in(r, REG_R0, 32) ? 'R' :
			   reg_in(r, REG_F0, 32) ? 'F' : 'V', n);
	}
}

static bool special(View name, i64 *which)
{
	int i = arm64_find_special(name);

	if (i >= 0)
		*which = i;
	return i >= 0;
}

/* ---- places ----------------------------------------------------------- */

static bool is_reg(const AsmAddr *a)
{
	return a->type == TYPE_REG && a->offset == 0 && a->index == 0 &&
		a->name == NAME_NONE;
}

/* The only operand is what the instruction writes, or goes to. */
static bool unary_dst(const Arm64Op *op, u16 opcode)
{
	return op->group == GRP_WORD || op->group == GRP_DWORD ||
		op->group == GRP_CLREX || opcode == ARET || opcode == ACALL ||
		opcode == AJMP || opcode == AGETCALLERPC;
}

static const char *place2(AsmProg *p, const Arm64Op *op, const AsmAddr *a)
{
	p->from = a[0];
	switch (op->group) {
	case GRP_CMP:
	case GRP_TST:
	case GRP_FCMPS:
		if (!is_reg(&a[1]))
			return "expected register as second operand";
		p->reg = a[1].reg;
		return NULL;
	default:
		p->to = a[1];
		return NULL;
	}
}

static const char *place3(AsmCtx *c, AsmProg *p, const Arm64Op *op,
			  const AsmAddr *a)
{
	p->from = a[0];
	switch (op->group) {
	case GRP_STXR:
	case GRP_STXP:
	case GRP_SWPD:
		if (a[2].type != TYPE_REG)
			return "invalid addressing modes for third operand, "
				"must be register";
		p->to = a[1];
		p->reg_to2 = a[2].reg;
		return NULL;
	case GRP_VTBL:
	case GRP_VMOVQ:
		asm_rest(c, p, &a[1], 1, false);
		break;
	case GRP_CASPD:
		if (a[0].type != TYPE_REGREG || a[2].type != TYPE_REGREG)
			return "invalid addressing modes for first or third "
				"operand, must be register pair";
		p->to = a[1];
		asm_rest(c, p, &a[2], 1, true);
		return NULL;
	default:
		if (!is_reg(&a[1]))
			return "expected register as second operand";
		p->reg = a[1].reg;
		break;
	}
	p->to = a[2];
	return NULL;
}

static const char *place(AsmCtx *c, AsmProg *p, const AsmAddr *a, int n)
{
	const Arm64Op *op = arm64_op_of(p);

	switch (n) {
	case 0:
		return NULL;
	case 1:
		*(unary_dst(op, p->opcode) ? &p->to : &p->from) = a[0];
		return NULL;
	case 2:
		return place2(p, op, a);
	case 3:
		return place3(c, p, op, a);
	case 4:
		if (!is_reg(&a[1]))
			return "expected register as second operand";
		p->from = a[0];
		p->reg = a[1].reg;
		asm_rest(c, p, &a[2], 1, false);
		p->to = a[3];
		return NULL;
	default:
		return "too many operands";
	}
}

static bool is_jump(View name)
{
	u16 op;
	u8 g;

	if (!opcode(name, &op))
		return false;
	if (op < A_ARCH)
		return op == ACALL || op == AJMP;
	g = ops[op - A_ARCH].group;
	return g == GRP_BEQ || g == GRP_CBZ || g == GRP_TBZ || g == GRP_ADR ||
		g == GRP_ADRP;
}

static const char *place_jump(AsmCtx *c, AsmProg *p, const AsmAddr *a, int n,
			      int *target, AsmAddr **slot)
{
	u8 g = arm64_op_of(p)->group;

	(void)c;
	*slot = &p->to;
	*target = n - 1;
	if (n == 2 && (g == GRP_ADR || g == GRP_ADRP)) {
		*slot = &p->from;
		*target = 0;
		p->to = a[1];
		return NULL;
	}
	if (n == 3) {
		if (a[0].type != TYPE_CONST)
			return "expected immediate constant as first operand";
		if (!is_reg(&a[1]))
			return "expected register as second operand";
		p->reg = a[1].reg;
	}
	if (n < 1 || n > 3)
		return "wrong number of arguments";
	if (n > 1)
		p->from = a[0];
	return NULL;
}

/* ---- for people ------------------------------------------------------- */

static void list(Buf *out)
{
	for (size_t i = 0; i < A_ARCH; i++)
		if (common[i].group && common[i].group != GRP_MOVD)
			arm64_list(out, &common[i]);
	for (size_t i = 0; i < NELEM(ops); i++)
		arm64_list(out, &ops[i]);
}

static bool addr_text(Buf *out, const AsmAddr *a)
{
	static const char *const shift[] = {"<<", ">>", "->", "@>"};
	u64 v = (u64)a->offset;

	if (a->type == TYPE_SHIFT) {
		buf_printf(out, "R%u%s%u", (unsigned)(v >> 16 & 31),
			   shift[v >> 22 & 3], (unsigned)(v >> 10 & 63));
	} else if (a->type == TYPE_SPECIAL) {
		buf_str(out, arm64_special[v].name);
	} else if (a->type == TYPE_REGLIST) {
		buf_printf(out, "[V%u.%s, ...]", (unsigned)(v & 31),
			   arm64_arng_name[(v >> 10 & 3) * 2 + (v >> 30 & 1)]);
	} else if (a->type == TYPE_REGREG) {
		buf_str(out, "(");
		reg_name(out, a->reg);
		buf_str(out, ", ");
		reg_name(out, (i16)v);
		buf_str(out, ")");
	} else if (a->type == TYPE_MEM && a->name == NAME_NONE && a->index) {
		buf_str(out, "(");
		reg_name(out, a->reg);
		buf_str(out, ")(");
		reg_name(out, a->index);
		buf_str(out, ")");
	} else if (a->type == TYPE_REG && is_elem(a->reg)) {
		reg_name(out, a->reg);
		buf_printf(out, "[%d]", a->index);
	} else {
		return false;
	}
	return true;
}

const AsmArch asm_arm64 = {
	.id = ARCH_arm64,
	.suffixes = true,
	.pairs = true,
	.reg = reg,
	.reg_prefix = reg_prefix,
	.reg_number = reg_number,
	.opcode = opcode,
	.is_jump = is_jump,
	.reg_name = reg_name,
	.op_name = op_name,
	.special = special,
	.reglist = arm64_reglist,
	.reg_tail = arm64_reg_tail,
	.dotted = arm64_dotted,
	.suffix = arm64_suffix,
	.place = place,
	.place_jump = place_jump,
	.init = arm64_init,
	.progedit = arm64_progedit,
	.preprocess = arm64_preprocess,
	.assemble = arm64_assemble,
	.list = list,
	.nearest = arm64_nearest,
	.addr_text = addr_text
};
