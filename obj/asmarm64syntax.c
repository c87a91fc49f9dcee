/*
 * arm64's operand syntax: R1<<3, R1.UXTB<<2, V1.B16, V1.B[2], (R1)(R2<<3),
 * [V1.B16, V2.B16], and the suffixes .P and .W.
 *
 * A shifted register is TYPE_SHIFT, its bits in offset. An extended or
 * arranged one is TYPE_REG, all of it in the register's number; an element
 * has its index besides. In an address the number goes to index.
 *
 * Source: EncodeRegisterExtension and RegisterListOffset in
 * cmd/internal/obj/arm64/asm7.go, parse.go in cmd/asm/internal/asm.
 */
#include "obj/asmarm64.h"

#define TEXT(v) (int)(v).n, (const char *)(v).p

__attribute__((format(printf, 2, 3)))
static bool wrong(AsmIn *in, const char *fmt, ...)
{
	char text[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	asm_error(in->ctx, in->ctx->pos, "%s", text);
	return true;
}

/* R1<<3, as the instruction has it. */
static bool shifted(AsmIn *in, AsmAddr *a, i16 r, int prefix)
{
	int kind = asm_next(in).kind;
	i64 n, type = kind == TOK_LSH ? 0 : kind == TOK_RSH ? 1 :
		kind == TOK_ARR ? 2 : 3;

	if (prefix)
		return wrong(in, "prefix %c not allowed for shifted register",
			     prefix);
	if (asm_peek(in) != TOK_INT && asm_peek(in) != '(')
		return wrong(in, "rhs of shift must be integer");
	n = (i64)asm_expr(in);
	if (n >= 64)
		return wrong(in, "register shift count too large: %lld",
			     (long long)n);
	if (!reg_in(r, REG_R0, 32))
		return wrong(in, "invalid register for shift operation");
	a->type = TYPE_SHIFT;
	a->offset = type << 22 | (i64)num(r) << 16 | (n & 63) << 10;
	return true;
}

/* A small number behind << or in []. */
static int small(AsmIn *in)
{
	AsmTok t = asm_get(in, TOK_INT);

	return t.kind == TOK_INT && t.text.n <= 4 ?
		(int)asm_atoi(in, t.text) : -1;
}

/* R1.UXTB<<n; in an address also R1<<n, and only what that can have. */
static bool extended(AsmIn *in, AsmAddr *a, i16 r, View name, int amount,
		     bool index)
{
	int ext = 0, base = REG_LSL;
	i16 v;

	if (amount < 0 || amount > 7)
		return wrong(in, "index shift amount is out of range");
	if (name.n) {
		while (ext < NEXT && !view_is(name, arm64_ext_name[ext]))
			ext++;
		base = REG_EXT | ext << 8;
	}
	if (ext == NEXT || !reg_in(r, REG_R0, 32))
		return wrong(in, "unsupported general register extension "
			     "type: %.*s", TEXT(name));
	if (index && name.n && (ext & 3) != EXT_UXTW && ext != EXT_SXTX)
		return wrong(in, "invalid shift for the register offset "
			     "addressing mode");
	v = (i16)(base | amount << 5 | (int)num(r));
	if (index)
		a->index = v;
	else
		a->reg = v;
	return true;
}

/* V1.B16, V1.B[n]. n is -1 without brackets. */
static bool arranged(AsmIn *in, AsmAddr *a, i16 r, View name, int n)
{
	int g = 0;

	while (g < NARNG && !view_is(name, arm64_arng_name[g]))
		g++;
	if (g == NARNG)
		return wrong(in, "unsupported simd register extension type: "
			     "%.*s", TEXT(name));
	if ((n >= 0) != (g >= ARNG_B))
		return wrong(in, "invalid register extension");
	a->reg = (i16)((n >= 0 ? REG_ELEM : REG_ARNG) | g << 5 | (int)num(r));
	if (n >= 0)
		a->index = (i16)n;
	return true;
}

/* V1.B16, most of what has a dot. */
bool arm64_dotted(AsmAddr *a, i16 r, View name)
{
	if (!reg_in(r, REG_V0, 32) || name.n < 2 || name.n > 3)
		return false;
	for (int g = 0; g < ARNG_B; g++) {
		const char *s = arm64_arng_name[g];

		if (name.p[0] != (u8)s[0] || name.p[1] != (u8)s[1] ||
		    (name.n == 3 ? name.p[2] : 0) != (u8)s[2])
			continue;
		a->type = TYPE_REG;
		a->reg = (i16)(REG_ARNG | g << 5 | (int)num(r));
		return true;
	}
	return false;
}

bool arm64_reg_tail(AsmIn *in, AsmAddr *a, AsmTok name, int prefix,
		    bool index)
{
	View ext = {0};
	int amount = 0, element = -1, k;
	i16 r;

	if (!asm_register(in, name, &r))
		return true;
	k = asm_peek(in);
	if (k != '.' && k != '[' && !(index && k == TOK_LSH))
		return shifted(in, a, r, prefix);
	if (prefix && !index)
		return wrong(in, "prefix %c not allowed for shifted register",
			     prefix);
	if (k == '.') {
		asm_next(in);
		ext = asm_next(in).text;
	}
	if (asm_peek(in) == TOK_LSH) {
		asm_next(in);
		amount = small(in);
	} else if (asm_peek(in) == '[') {
		asm_next(in);
		element = small(in);
		asm_get(in, ']');
		if (element < 0)
			return wrong(in, "register element index");
	}
	if (!index)
		a->type = TYPE_REG;
	return !index && reg_in(r, REG_V0, 32) ?
		arranged(in, a, r, ext, element) :
		element >= 0 ? wrong(in, "invalid register extension") :
		extended(in, a, r, ext, amount, index);
}

/* The next register of a list that has n: the same arrangement as the first,
 * the number behind the last. */
static bool list_reg(AsmIn *in, int n, i16 *first)
{
	AsmTok name = asm_next(in);
	AsmAddr v = {0};
	View ext;
	i16 r;

	if (!asm_register(in, name, &r))
		return false;
	asm_get(in, '.');
	ext = asm_next(in).text;
	arranged(in, &v, r, ext, -1);
	if (!reg_in(r, REG_V0, 32) || !is_arng(v.reg) ||
	    arng_of(v.reg) > ARNG_D2)
		return !wrong(in, "invalid arrangement in ARM64 register "
			      "list");
	if (n == 0)
		*first = v.reg;
	if (arng_of(v.reg) != arng_of(*first))
		return !wrong(in, "inconsistent arrangement in ARM64 "
			      "register list");
	if (num(r) != ((num(*first) + (unsigned)n) & 31))
		return !wrong(in, "incontiguous register in ARM64 register "
			      "list: %.*s", TEXT(name.text));
	return true;
}

/* [V1.B16, V2.B16]: the first number, Q << 30, size << 10, and in bits 12
 * to 15 how many, as VLD1 and VST1 have it. */
void arm64_reglist(AsmIn *in, AsmAddr *a)
{
	static const u8 count[] = {0, 7, 10, 6, 2};
	i16 first = 0;
	int n = 0;

	while (n <= 4 && asm_peek(in) != ']' && asm_peek(in) != TOK_EOF) {
		if (!list_reg(in, n++, &first))
			return;
		if (asm_peek(in) != ']')
			asm_get(in, ',');
	}
	asm_get(in, ']');
	if (n < 1 || n > 4) {
		wrong(in, "invalid register numbers in ARM64 register list");
		return;
	}
	a->type = TYPE_REGLIST;
	a->offset = (i64)num(first) | count[n] << 12 |
		(i64)(arng_of(first) & 1) << 30 | arng_of(first) / 2 << 10;
}

const char *arm64_suffix(AsmProg *p, View v)
{
	static const char why[] = "unrecognized suffix";

	for (size_t i = 0; i < v.n; i += 2) {
		if (v.p[i] != '.' || i + 1 == v.n)
			return why;
		if (v.p[i + 1] == 'P')
			p->scond |= SCOND_POST;
		else if (v.p[i + 1] == 'W')
			p->scond |= SCOND_PRE;
		else
			return why;
	}
	return NULL;
}
