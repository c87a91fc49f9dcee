/*
 * amd64: its row, names and operands.
 *
 * Source: cmd/asm/internal/arch/arch.go, asmInstruction and asmJump in
 * cmd/asm/internal/asm/asm.go
 */
#include "obj/asmamd64.h"

/* ---- registers ----------------------------------------------------------- */

static const struct {
	char name[6];
	u8 reg;
} regs[] = {
#define REG(name) {#name, R_##name},
#define REG_ALIAS(name, of) {#name, R_##of},
#include "obj/asmamd64reg.def"
};

static int compare(View a, const char *b)
{
	size_t i = 0;

	for (; i < a.n && b[i]; i++)
		if (a.p[i] != (u8)b[i])
			return a.p[i] < (u8)b[i] ? -1 : 1;
	return i < a.n ? 1 : b[i] ? -1 : 0;
}

/* X0 to X31 and the like, which most names are. */
static bool vector_reg(View name, i16 *r)
{
	static const u8 first[] = {R_X0, R_Y0, R_Z0};
	u8 c = name.p[0];
	int n = name.p[1] - '0';

	if (c < 'X' || c > 'Z' || n < 0 || n > 9)
		return false;
	if (name.n == 3) {
		if (n == 0 || name.p[2] < '0' || name.p[2] > '9')
			return false;
		n = 10 * n + name.p[2] - '0';
	}
	*r = (i16)(first[c - 'X'] + n);
	return n < 32;
}

static bool reg(View name, i16 *r)
{
	size_t lo = 0, hi = NELEM(regs);

	if (name.n > 4 || name.n == 0)
		return false;
	if ((name.n == 2 || name.n == 3) && vector_reg(name, r))
		return true;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int d = compare(name, regs[mid].name);

		if (d == 0) {
			*r = regs[mid].reg;
			return true;
		}
		if (d < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return false;
}

static void reg_name(Buf *out, i16 r)
{
	for (size_t i = 0; i < NELEM(regs); i++)
		if (regs[i].reg == r && regs[i].name[0] != 'g') {
			buf_str(out, regs[i].name);
			return;
		}
	buf_printf(out, "?%d", r);
}

/* ---- instructions ---------------------------------------------------------- */

/* Other names; sorted. */
static const struct {
	const char *name;
	u16 op;
} aliases[] = {
	{"JA", AJHI}, {"JAE", AJCC}, {"JB", AJCS}, {"JBE", AJLS},
	{"JC", AJCS}, {"JE", AJEQ}, {"JG", AJGT}, {"JHS", AJCC}, {"JL", AJLT},
	{"JLO", AJCS}, {"JNA", AJLS}, {"JNAE", AJCS}, {"JNB", AJCC},
	{"JNBE", AJHI}, {"JNC", AJCC}, {"JNG", AJLE}, {"JNGE", AJLT},
	{"JNL", AJGE}, {"JNLE", AJGT}, {"JNO", AJOC}, {"JNP", AJPC},
	{"JNS", AJPL}, {"JNZ", AJNE}, {"JO", AJOS}, {"JP", AJPS},
	{"JPE", AJPS}, {"JPO", AJPC}, {"JS", AJMI}, {"JZ", AJEQ},
	{"MASKMOVDQU", AMASKMOVOU}, {"MOVBELL", AMOVBEL},
	{"MOVBEQQ", AMOVBEQ}, {"MOVBEWW", AMOVBEW}, {"MOVD", AMOVQ},
	{"MOVDQ2Q", AMOVQ}, {"MOVNTDQ", AMOVNTO}, {"MOVOA", AMOVO},
	{"PADDD", APADDL}, {"PSLLDQ", APSLLO}, {"PSRLDQ", APSRLO},
};

static bool opcode(View name, u16 *op)
{
	if (amd64_opcode(name, op))
		return true;
	for (size_t i = 0; i < NELEM(aliases); i++)
		if (view_is(name, aliases[i].name)) {
			*op = aliases[i].op;
			return true;
		}
	return false;
}

static bool is_jump(View w)
{
	switch (w.p[0]) {
	case 'J': return true;
	case 'C': return view_is(w, "CALL");
	case 'L': return view_prefix(w, "LOOP");
	case 'X': return view_is(w, "XBEGIN");
	}
	return false;
}

/* [X4-X7] */
static void reglist(AsmIn *in, AsmAddr *a)
{
	i16 lo = 0, hi = 0;
	bool ok = reg(asm_next(in).text, &lo) && asm_next(in).kind == '-' &&
		reg(asm_next(in).text, &hi) && asm_next(in).kind == ']';

	if (!ok)
		asm_error(in->ctx, in->ctx->pos,
			  "register list: [low-high] expected");
	a->type = TYPE_REGLIST;
	a->reg = lo;
	a->offset = lo | (i64)hi << 16;
}

static const char *suffix(AsmProg *p, View v)
{
	View s;

	view_sub(v, 1, v.n - 1, &s);
	for (u8 i = 0; amd64_suffix[i].name; i++)
		if (view_is(s, amd64_suffix[i].name)) {
			p->scond = i;
			return NULL;
		}
	return "unknown suffix, or suffixes that do not go together";
}

/* ---- operands ---------------------------------------------------------------- */

static const char *place(AsmCtx *c, AsmProg *p, const AsmAddr *a, int n)
{
	if (n > 5)
		return "too many operands";
	if (n == 1 && (p->opcode == ARET || p->opcode == AGETCALLERPC ||
		       amd64_unary_dst(p->opcode)))
		p->to = a[0];
	else if (n >= 1)
		p->from = a[0];
	if (n >= 2)
		p->to = a[n - 1];
	if (n >= 3)
		asm_rest(c, p, a + 1, n - 2, false);
	return NULL;
}

static const char *place_jump(AsmCtx *c, AsmProg *p, const AsmAddr *a, int n,
			      int *target, AsmAddr **slot)
{
	(void)c;
	(void)slot;
	if (n != 1 && n != 2)
		return "wrong number of arguments";
	*target = n - 1;
	if (n == 2)
		p->from = a[0];
	return NULL;
}

/* ---- for people ---------------------------------------------------------------- */

static void list(Buf *out)
{
	static const u16 common[] = {ACALL, AJMP, ANOP, ARET, AUNDEF};

	for (size_t i = 0; i < NELEM(common); i++)
		amd64_forms(out, common[i], "");
	for (u16 op = A_ARCH; op < A_MAX; op++)
		if (op != A_LEGACY)
			amd64_forms(out, op, "");
}

static void nearest(Buf *out, const AsmProg *p)
{
	amd64_forms(out, p->opcode, "\t");
}

static bool addr_text(Buf *out, const AsmAddr *a)
{
	if (a->type != TYPE_REGLIST)
		return false;
	buf_str(out, "[");
	reg_name(out, (i16)(a->offset & 0xffff));
	buf_str(out, "-");
	reg_name(out, (i16)(a->offset >> 16));
	buf_str(out, "]");
	return true;
}

const AsmArch asm_amd64 = {
	.id = ARCH_amd64, .suffixes = true, .scaled = true,
	.reg = reg, .opcode = opcode, .is_jump = is_jump,
	.reg_name = reg_name, .op_name = amd64_opname, .reglist = reglist,
	.suffix = suffix, .place = place, .place_jump = place_jump,
	.init = amd64_init, .error_check = amd64_check, .seh = amd64_seh,
	.progedit = amd64_progedit, .preprocess = amd64_preprocess,
	.assemble = amd64_assemble, .list = list, .nearest = nearest,
	.addr_text = addr_text,
};
