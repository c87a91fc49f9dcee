/*
 * Which form of an instruction its operands fit.
 *
 * An operand is of one class, the narrowest; a class may count as several
 * others: AX as Yrl, Yml, Ymb, 5 as Yi8, Yu8, Ys32, Yi32 ... The first form
 * in the tables whose classes the operands count as is the one to encode,
 * and so the tables' order decides between encodings.
 *
 * Source: oclass, ycover and doasm in cmd/internal/obj/x86/asm6.go
 */
#include "obj/asmamd64.h"

/* ---- the tables ---------------------------------------------------------- */

#define C(...) {__VA_ARGS__}

#define I(...)
#define G(...)
#define PAT(...)
#define L(name, cls, roles, fl, code, mod) {A##name, FORM_LEGACY, \
	sizeof(roles) - 1, sizeof(code) - 1, cls, roles, fl, mod, code},
#define S(name, cls, what, op1, op2) {A##name, FORM_##what, \
	sizeof((u8[])cls), 2, cls, "", 0, NONE, {op1, op2}},
#define P(name, n, cls) {A##name, FORM_NOTHING, n, 0, cls, "", 0, NONE, {0}},
static const Form forms[] = {
#include "obj/asmamd64.def"
};
#undef PAT
#undef G
#undef L
#undef S
#undef P

#define L(...)
#define S(...)
#define P(...)
#define G(...)
#define V(cls, roles, bits) {FORM_VEX, sizeof(roles) - 1, cls, roles, bits}
#define E(cls, roles, bits) {FORM_EVEX, sizeof(roles) - 1, cls, roles, bits}
#define PAT(name, ...) static const Shape pat_##name[] = {__VA_ARGS__};
#include "obj/asmamd64avx.def"
#undef PAT
#undef G
#define PAT(...)
#define G(name, pat, bits, opcode, mod) {A##name, NELEM(pat_##pat), opcode, \
	mod, bits, pat_##pat},
static const Group groups[] = {
#include "obj/asmamd64avx.def"
};
#undef I
#undef G
#define G(...)

/* Names by opcode; the two files' are sorted each by itself. */
#define I(name, flags) {#name, flags},
#define DST 1
static const struct {
	char name[19];
	u8 dst;
} ops[] = {
#include "obj/asmamd64.def"
	{"", 0},	/* A_LEGACY */
#include "obj/asmamd64avx.def"
};

static int compare(View a, const char *b)
{
	size_t i = 0;

	for (; i < a.n && b[i]; i++)
		if (a.p[i] != (u8)b[i])
			return a.p[i] < (u8)b[i] ? -1 : 1;
	return i < a.n ? 1 : b[i] ? -1 : 0;
}

static bool find(View name, size_t lo, size_t hi, u16 *op)
{
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int d = compare(name, ops[mid].name);

		if (d == 0) {
			*op = (u16)(A_ARCH + mid);
			return true;
		}
		if (d < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return false;
}

bool amd64_opcode(View name, u16 *op)
{
	return name.n && (find(name, 0, A_LEGACY - A_ARCH, op) ||
			  find(name, A_LEGACY + 1 - A_ARCH, NELEM(ops), op));
}

const char *amd64_opname(u16 op)
{
	return op >= A_ARCH && op < A_MAX ? ops[op - A_ARCH].name : "?";
}

bool amd64_unary_dst(u16 op)
{
	return op >= A_ARCH && op < A_MAX && ops[op - A_ARCH].dst;
}

/* ---- what covers what -------------------------------------------------------- */

#define B(y) ((u64)1 << (y))
#define SMALL (B(Yu8) | B(Ys32) | B(Yi32) | B(Yi64))

static const u64 covers[NCLASS] = {
	[Yi0] = B(Yu2) | B(Yi8) | B(Yu7) | SMALL,
	[Yi1] = B(Yu2) | B(Yi8) | B(Yu7) | SMALL,
	[Yu2] = B(Yi8) | B(Yu7) | SMALL,
	[Yu7] = B(Yi8) | SMALL,
	[Yu8] = B(Ys32) | B(Yi32) | B(Yi64),
	[Yi8] = B(Ys32) | B(Yi32) | B(Yi64),
	[Ys32] = B(Yi32) | B(Yi64),
	[Yi32] = B(Yi64),
	[Yal] = B(Yrb) | B(Ymb),
	[Ycl] = B(Yrb) | B(Ymb) | B(Ycx),
	[Yax] = B(Yrb) | B(Yrx) | B(Yrl) | B(Ymb) | B(Yml) | B(Ymm),
	[Ycx] = B(Yrb) | B(Yrx) | B(Yrl) | B(Ymb) | B(Yml) | B(Ymm),
	[Yrx] = B(Yrb) | B(Yrl) | B(Ymb) | B(Yml) | B(Ymm),
	[Yrl] = B(Yrb) | B(Ymb) | B(Yml) | B(Ymm),
	[Yrb] = B(Ymb),
	[Yf0] = B(Yrf),
	[Ym] = B(Ymb) | B(Yml) | B(Ymm) | B(Yxm) | B(Yym) | B(Yxme) |
		B(Yyme) | B(Yzm) | B(Ykm),
	[Ymr] = B(Ymm),
	[Yxr0] = B(Yxr) | B(Yxm) | B(Yxe) | B(Yxme),
	[Yxr] = B(Yxm) | B(Yxe) | B(Yxme),
	[Yxe] = B(Yxme),
	[Yyr] = B(Yym) | B(Yye) | B(Yyme),
	[Yye] = B(Yyme),
	[Yzr] = B(Yzm),
	[Yk0] = B(Yk) | B(Ykm),
	[Ykn] = B(Yk) | B(Ykm),
	[Yk] = B(Ykm),
	[Yxvm] = B(Yxvme),
	[Yyvm] = B(Yyvme),
	[Yfs] = B(Ysr),
	[Ygs] = B(Ysr),
};

bool amd64_covers(Class actual, Class wanted)
{
	return actual == wanted || covers[actual] >> wanted & 1;
}

static const char *const class_names[NCLASS] = {
	[Yi0] = "$0", [Yi1] = "$1", [Yu2] = "$u2", [Yi8] = "$i8",
	[Yu8] = "$u8", [Yu7] = "$u7", [Ys32] = "$s32", [Yi32] = "$i32",
	[Yi64] = "$i64", [Yiauto] = "$sym", [Yal] = "AL", [Ycl] = "CL",
	[Yax] = "AX", [Ycx] = "CX", [Yrb] = "r8", [Yrl] = "r", [Yrf] = "F",
	[Yf0] = "F0", [Yrx] = "BX/DX", [Ymb] = "r8/m8", [Yml] = "r/m",
	[Ym] = "m", [Ybr] = "label", [Ysr] = "sreg", [Yfs] = "FS",
	[Ygs] = "GS", [Ygdtr] = "GDTR", [Yidtr] = "IDTR", [Yldtr] = "LDTR",
	[Ymsw] = "MSW", [Ytask] = "TASK", [Ycr] = "CR", [Ydr] = "DR",
	[Ymr] = "M", [Ymm] = "M/m", [Yxr0] = "X0", [Yx4] = "[X-X]",
	[Yxr] = "X", [Yxe] = "X", [Yxm] = "X/m", [Yxme] = "X/m",
	[Yxvm] = "(X*s)", [Yxvme] = "(X*s)", [Yy4] = "[Y-Y]", [Yyr] = "Y",
	[Yye] = "Y", [Yym] = "Y/m", [Yyme] = "Y/m", [Yyvm] = "(Y*s)",
	[Yyvme] = "(Y*s)", [Yz4] = "[Z-Z]", [Yzr] = "Z", [Yzm] = "Z/m",
	[Yzvm] = "(Z*s)", [Yk0] = "K0", [Ykn] = "K", [Yk] = "K",
	[Ykm] = "K/m", [Ytls] = "TLS", [Yindir] = "*sym",
	[Ytextsize] = "$frame-args",
};

const char *amd64_class_name(Class y)
{
	return y < NCLASS && class_names[y] ? class_names[y] : "?";
}

/* ---- an operand's class --------------------------------------------------------- */

static Class const_class(i64 v)
{
	if (v >= -128 && v <= 255)
		return v == 0 ? Yi0 : v == 1 ? Yi1 : v < 0 ? Yi8 :
			v <= 3 ? Yu2 : v <= 127 ? Yu7 : Yu8;
	if (v == (i32)v)
		return Ys32;
	return (u64)v >> 32 ? Yi64 : Yi32;
}

/* Registers with a class of their own, then ranges. */
static const struct {
	u8 first, last;
	u8 cls;
} reg_classes[] = {
	{R_AL, R_AL, Yal}, {R_CL, R_CL, Ycl}, {R_DL, R_BL, Yrb},
	{R_BPB, R_R15B, Yrb}, {R_AX, R_AX, Yax}, {R_CX, R_CX, Ycx},
	{R_DX, R_BX, Yrx}, {R_SP, R_R15, Yrl}, {R_AH, R_BH, Yrb},
	{R_F0, R_F0, Yf0}, {R_F1, R_F7, Yrf}, {R_M0, R_M7, Ymr},
	{R_K0, R_K0, Yk0}, {R_K1, R_K7, Ykn}, {R_X0, R_X0, Yxr0},
	{R_X1, R_X15, Yxr}, {R_X16, R_X31, Yxe}, {R_Y0, R_Y15, Yyr},
	{R_Y16, R_Y31, Yye}, {R_Z0, R_Z31, Yzr}, {R_CS, R_ES, Ysr},
	{R_FS, R_FS, Yfs}, {R_GS, R_GS, Ygs}, {R_GDTR, R_GDTR, Ygdtr},
	{R_IDTR, R_IDTR, Yidtr}, {R_LDTR, R_LDTR, Yldtr},
	{R_MSW, R_MSW, Ymsw}, {R_TASK, R_TASK, Ytask}, {R_CR0, R_CR0, Ycr},
	{R_CR2, R_CR4, Ycr}, {R_CR8, R_CR8, Ycr}, {R_DR0, R_DR0, Ydr},
	{R_DR2, R_DR3, Ydr}, {R_DR6, R_DR7, Ydr}, {R_TLS, R_TLS, Ytls},
};

static Class reg_class(int r)
{
	for (size_t i = 0; i < NELEM(reg_classes); i++)
		if (reg_in(r, reg_classes[i].first, reg_classes[i].last))
			return reg_classes[i].cls;
	return Yxxx;
}

/* Memory whose index is a vector register. */
static Class vector_mem(int index)
{
	return reg_in(index, R_X0, R_X15) ? Yxvm :
		reg_in(index, R_X16, R_X31) ? Yxvme :
		reg_in(index, R_Y0, R_Y15) ? Yyvm :
		reg_in(index, R_Y16, R_Y31) ? Yyvme :
		reg_in(index, R_Z0, R_Z31) ? Yzvm : Yxxx;
}

static Class mem_class(const AsmAddr *a)
{
	Class v;

	if (a->index == R_SP || a->index < 0)
		return Yxxx;
	v = vector_mem(a->index);
	if (v != Yxxx)
		return v;
	switch (a->name) {
	case NAME_EXTERN:
	case NAME_STATIC:
	case NAME_GOTREF:
		/* These are relative to the instruction pointer. */
		return a->reg || a->index || a->scale ? Yxxx : Ym;
	case NAME_AUTO:
	case NAME_PARAM:
		return a->reg && a->reg != R_SP ? Yxxx : Ym;
	case NAME_NONE:
		break;
	}
	return Ym;
}

static Class list_class(const AsmAddr *a)
{
	int lo = (int)(a->offset & 0xffff), hi = (int)(a->offset >> 16);

	if (amd64_regindex(hi) - amd64_regindex(lo) != 3)
		return Yxxx;
	return reg_in(lo, R_X0, R_X31) && reg_in(hi, R_X0, R_X31) ? Yx4 :
		reg_in(lo, R_Y0, R_Y31) && reg_in(hi, R_Y0, R_Y31) ? Yy4 :
		reg_in(lo, R_Z0, R_Z31) && reg_in(hi, R_Z0, R_Z31) ? Yz4 :
		Yxxx;
}

static inline Class known_reg_class(const AsmCtx *c, int r)
{
	Amd64Facts *f = c->archdata;

	if (r < 0 || r >= R_MAX)
		return Yxxx;
	if (f->cls[r] == Yxxx)
		f->cls[r] = (u8)reg_class(r);
	return f->cls[r];
}

Class amd64_class(AsmCtx *c, const AsmAddr *a)
{
	switch (a->type) {
	case TYPE_NONE: return Ynone;
	case TYPE_REGLIST: return list_class(a);
	case TYPE_BRANCH: return Ybr;
	case TYPE_INDIR:
		return a->name != NAME_NONE && !a->reg && !a->index &&
			!a->scale ? Yindir : Yxxx;
	case TYPE_MEM: return mem_class(a);
	case TYPE_ADDR:
		if (a->name != NAME_NONE)
			return a->name == NAME_GOTREF ? Yxxx : Yiauto;
		return a->sym || a->reg || a->index ? Yxxx :
			const_class(a->offset);
	case TYPE_CONST: return const_class(a->offset);
	case TYPE_TEXTSIZE: return Ytextsize;
	case TYPE_REG: return known_reg_class(c, a->reg);
	default: return Yxxx;
	}
}

/* ---- forms ----------------------------------------------------------------------- */

static bool all_covered(const Class *actual, const u8 *wanted, int n)
{
	for (int i = 0; i < n; i++)
		if (!amd64_covers(actual[i], (Class)wanted[i]))
			return false;
	return true;
}

static void fit_form(const Form *f, Fit *t)
{
	t->kind = (FormKind)f->kind;
	t->role = f->role;
	t->flags = f->flags;
	t->nbytes = f->nbytes;
	memcpy(t->bytes, f->bytes, sizeof t->bytes);
	t->modrm = f->modrm;
	t->bits = 0;
}

/* Both tables are sorted by opcode: the first row of op. */
static size_t first_form(u16 op)
{
	size_t lo = 0, hi = NELEM(forms);

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (forms[mid].op < op)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static size_t first_group(u16 op)
{
	size_t lo = 0, hi = NELEM(groups);

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (groups[mid].op < op)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The first row of op in its table. */
static size_t first_row(const AsmCtx *c, u16 op)
{
	u16 *row = &((Amd64Facts *)c->archdata)->row[op];

	if (*row == 0)
		*row = (u16)(1 + (op > A_LEGACY ? first_group(op) :
				  first_form(op)));
	return *row - 1u;
}

/* Suffixes are for EVEX alone. Forms of older releases are out of the way
 * of the newer. */
static bool form_fits(AsmCtx *c, const Form *f, const Class *cls, int n,
		      const AsmProg *p)
{
	return f->nargs == n && p->scond == 0 &&
		!((f->flags & OLD) && c->obj->release >= GO127) &&
		all_covered(cls, f->cls, n);
}

static void fit_shape(const Group *g, const Shape *s, Fit *t)
{
	t->kind = (FormKind)s->kind;
	t->role = s->role;
	t->flags = 0;
	t->nbytes = 1;
	t->bytes[0] = g->opcode;
	t->modrm = g->modrm;
	t->bits = s->bits | g->bits;
}

static bool group_fits(const Group *g, const Class *cls, int n,
		       const AsmProg *p, u8 *pat)
{
	for (*pat = 0; *pat < g->npat; ++*pat) {
		const Shape *s = &g->pat[*pat];

		if (s->nargs == n && (!p->scond || s->kind == FORM_EVEX) &&
		    all_covered(cls, s->cls, n))
			return true;
	}
	return false;
}

/* The class of a, which is kept there. */
static inline u64 set_class(AsmCtx *c, AsmAddr *a)
{
	Class y = a->type == TYPE_REG ? known_reg_class(c, a->reg) :
		amd64_class(c, a);

	a->cls = (i16)y;
	return y;
}

/* from and to keep the class that they had first, as in Go. */
static inline u64 kept_class(AsmCtx *c, AsmAddr *a)
{
	return a->cls ? (u64)a->cls : set_class(c, a);
}

/* The operands that there are. Opcode, suffixes and classes in one number. */
static inline u64 operands_of(AsmCtx *c, AsmProg *p, Operands *o)
{
	u64 key = (u64)p->opcode << 8 | p->scond;

	o->n = 0;
	if (p->from.type != TYPE_NONE) {
		o->a[o->n++] = &p->from;
		key = key << 6 | kept_class(c, &p->from);
	}
	for (u8 i = 0; i < p->nrest && o->n < FORM_MAXOPS - 1; i++) {
		o->a[o->n++] = &p->rest[i];
		key = key << 6 | set_class(c, &p->rest[i]);
	}
	if (p->to.type != TYPE_NONE) {
		o->a[o->n++] = &p->to;
		key = key << 6 | kept_class(c, &p->to);
	}
	return key << 3 | (u64)o->n;
}

/* Looks through the opcode's rows. */
static bool search(AsmCtx *c, const AsmProg *p, const Class *cls, int n,
		   u16 *row, u8 *pat)
{
	size_t i = first_row(c, p->opcode);

	if (p->opcode > A_LEGACY) {
		while (i < NELEM(groups) && groups[i].op == p->opcode &&
		       !group_fits(&groups[i], cls, n, p, pat))
			i++;
		*row = (u16)i;
		return i < NELEM(groups) && groups[i].op == p->opcode;
	}
	while (i < NELEM(forms) && forms[i].op == p->opcode &&
	       !form_fits(c, &forms[i], cls, n, p))
		i++;
	*row = (u16)i;
	return i < NELEM(forms) && forms[i].op == p->opcode;
}

_Static_assert(NCLASS <= 64 && A_MAX < 1 << 14, "a key has 64 bits");
_Static_assert(NELEM(forms) < UINT16_MAX && NELEM(groups) < UINT16_MAX,
	       "rows are 16 bits");

/* What was found once for an opcode with operands of these classes holds. */
static bool fill_slot(AsmCtx *c, AsmProg *p, const Operands *o, u64 key,
		      Amd64Slot *slot)
{
	Class cls[FORM_MAXOPS];

	for (int k = 0; k < o->n; k++)
		cls[k] = (Class)o->a[k]->cls;
	slot->recipe.kind = 0;
	slot->key = search(c, p, cls, o->n, &slot->row, &slot->pat) ? key : 0;
	return slot->key != 0;
}

Amd64Slot *amd64_find(AsmCtx *c, AsmProg *p, Operands *o)
{
	Amd64Facts *facts = c->archdata;
	u64 key = operands_of(c, p, o);
	Amd64Slot *slot = &facts->fit[key * 0x9e3779b97f4a7c15 >> 57];

	return slot->key == key || fill_slot(c, p, o, key, slot) ? slot :
		NULL;
}

bool amd64_fit(AsmCtx *c, AsmProg *p, Fit *fit)
{
	const Amd64Slot *slot = amd64_find(c, p, &fit->ops);

	if (!slot)
		return false;
	if (p->opcode > A_LEGACY) {
		const Group *g = &groups[slot->row];

		fit_shape(g, &g->pat[slot->pat], fit);
	} else {
		fit_form(&forms[slot->row], fit);
	}
	return true;
}

/* ---- forms for people ------------------------------------------------------ */

static void put_form(Buf *out, const char *indent, const char *name,
		     const u8 *cls, int n)
{
	buf_str(out, indent);
	buf_str(out, name);
	for (int i = 0; i < n; i++) {
		buf_str(out, i ? ", " : " ");
		buf_str(out, amd64_class_name((Class)cls[i]));
	}
	buf_str(out, "\n");
}

static const char *name_of(u16 op)
{
	static const char *const common[A_ARCH] = {[ACALL] = "CALL",
		[AJMP] = "JMP", [ANOP] = "NOP", [ARET] = "RET",
		[AUNDEF] = "UNDEF"};

	return op < A_ARCH ? common[op] ? common[op] : "?" :
		amd64_opname(op);
}

void amd64_forms(Buf *out, u16 op, const char *indent)
{
	for (size_t i = first_form(op); i < NELEM(forms) &&
	     forms[i].op == op; i++)
		put_form(out, indent, name_of(op), forms[i].cls,
			 forms[i].nargs);
	for (size_t i = first_group(op); i < NELEM(groups) &&
	     groups[i].op == op; i++)
		for (u8 k = 0; k < groups[i].npat; k++)
			put_form(out, indent, name_of(op),
				 groups[i].pat[k].cls,
				 groups[i].pat[k].nargs);
}
