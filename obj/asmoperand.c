/*
 * Operands: sym+off(SB), sym-8(SP), 4(R1)(R2*8), $value, $sym(SB), R1, label.
 *
 * Every piece may be missing, so they are looked for from left to right.
 * What an architecture has of its own (lists, shifts, extensions, names)
 * it reads itself.
 *
 * Source: operand in cmd/asm/internal/asm/parse.go
 */
#include "obj/asmlex.h"

#define BAD(in, ...) asm_parse_error((in)->ctx->parser, __VA_ARGS__)
#define TEXT(v) (int)(v).n, (const char *)(v).p

/* ---- registers --------------------------------------------------------- */

bool asm_at_register(AsmIn *in, AsmTok name)
{
	const AsmArch *a = in->ctx->arch;

	return asm_word_reg(in->ctx, name.word) ||
		(a->reg_prefix && asm_peek(in) == '(' &&
		 a->reg_prefix(name.text));
}

bool asm_register(AsmIn *in, AsmTok tok, i16 *reg)
{
	const AsmArch *a = in->ctx->arch;
	View name = tok.text;
	AsmTok t;

	if (asm_word_reg(in->ctx, tok.word)) {
		*reg = tok.word->reg;
		return true;
	}
	*reg = 0;
	if (!a->reg_prefix || !a->reg_prefix(name)) {
		BAD(in, "expected register; found %.*s", TEXT(name));
		return false;
	}
	asm_get(in, '(');
	t = asm_get(in, TOK_INT);
	asm_get(in, ')');
	if (t.kind == TOK_INT && t.text.n < 6 &&
	    a->reg_number(name, (i64)asm_atoi(in, t.text), reg))
		return true;
	BAD(in, "illegal register %.*s(%.*s)", TEXT(name), TEXT(t.text));
	return false;
}

/* Does a shift, an extension or an element follow the register, of which
 * (N) may still be to come? */
static bool tail_follows(const AsmIn *in)
{
	u32 at = in->pos;
	int k;

	if (!in->ctx->arch->reg_tail)
		return false;
	if (at + 3 < in->n && in->tok[at].kind == '(' &&
	    in->tok[at + 1].kind == TOK_INT && in->tok[at + 2].kind == ')')
		at += 3;
	k = at < in->n ? in->tok[at].kind : TOK_EOF;
	return k == TOK_LSH || k == TOK_RSH || k == TOK_ARR || k == TOK_ROT ||
		(at == in->pos && (k == '.' || k == '['));
}

/* R1, R1*4, (R1, R2). pair is 0 if there is none. */
static bool reg_ref(AsmIn *in, AsmTok name, int prefix, i16 *reg, i16 *pair,
		    i16 *scale)
{
	AsmTok t;
	int k;

	*pair = *scale = 0;
	if (!asm_register(in, name, reg))
		return false;
	if (prefix && prefix != '*')
		BAD(in, "prefix %c not allowed for register: %c%.*s", prefix,
		    prefix, TEXT(name.text));
	k = asm_peek(in);
	if (k == ',' || k == '+' || k == ':') {
		asm_next(in);
		if (k != ',' || !in->ctx->arch->pairs) {
			BAD(in, "(register%cregister) not supported on this "
			    "architecture", k);
			return false;
		}
		if (!asm_register(in, asm_next(in), pair))
			return false;
	}
	if (asm_peek(in) != '*')
		return true;
	asm_next(in);
	t = asm_next(in);
	if (t.text.n == 1 && strchr("1248", t.text.p[0]))
		*scale = (i16)(t.text.p[0] - '0');
	else
		BAD(in, "bad scale: %.*s", TEXT(t.text));
	return true;
}

/* ---- symbols -------------------------------------------------------------- */

/* The name with the package in front, if it begins with a dot. */
static View qualified(AsmIn *in, View name)
{
	const AsmParser *p = in->ctx->parser;
	Arena *a = &in->ctx->obj->arena;
	View pre = p->pkg_prefix;
	char *s;

	if (name.n == 0 || name.p[0] != '.')
		return name;
	s = arena_alloc(a, pre.n + name.n + 1);
	memcpy(s, pre.p, pre.n);
	memcpy(s + pre.n, name.p, name.n);
	return view_of(s, pre.n + name.n);
}

/* Nothing, <>, <ABI0>, <ABIInternal>: the ABI as LSym has it. */
static u16 sym_attrs(AsmIn *in, View name, bool quiet)
{
	const AsmParser *p = in->ctx->parser;
	u16 abi = SymABI0;
	View v;

	if (asm_peek(in) != '<')
		return abi;
	asm_next(in);
	if (asm_peek(in) == '>') {
		abi = SymABIstatic;
	} else if (asm_peek(in) == TOK_IDENT) {
		v = asm_next(in).text;
		if (view_is(v, "ABIInternal") && p->allow_abi)
			abi = SymABIInternal;
		else if (!p->allow_abi && !quiet)
			BAD(in, "ABI selector only permitted when compiling "
			    "runtime, reference was to \"%.*s\"", TEXT(name));
		else if (!view_is(v, "ABI0") && p->allow_abi && !quiet)
			BAD(in, "malformed ABI selector \"%.*s\" in "
			    "reference to \"%.*s\"", TEXT(v), TEXT(name));
	}
	asm_get(in, '>');
	return abi;
}

static void set_pseudo(AsmIn *in, AsmAddr *a, View reg, bool is_static,
		       int prefix)
{
	if (view_is(reg, "FP")) {
		a->name = NAME_PARAM;
	} else if (view_is(reg, "PC")) {
		if (prefix)
			BAD(in, "illegal addressing mode for PC");
		a->type = TYPE_BRANCH;
	} else if (view_is(reg, "SB")) {
		a->name = is_static ? NAME_STATIC : NAME_EXTERN;
	} else if (view_is(reg, "SP")) {
		a->name = NAME_AUTO;
	} else {
		BAD(in, "expected pseudo-register; found %.*s", TEXT(reg));
	}
	if (prefix == '$')
		a->type = TYPE_ADDR;
}

/* sym, and what follows up to (SB). Alone it is a jump's label, which is
 * left in str without a symbol. */
static void symbol(AsmIn *in, AsmAddr *a, View name, int prefix)
{
	u16 abi;
	View reg;

	a->type = prefix == '$' ? TYPE_ADDR : prefix == '*' ? TYPE_INDIR :
		TYPE_MEM;
	name = qualified(in, name);
	abi = sym_attrs(in, name, false);
	if (asm_peek(in) == '+' || asm_peek(in) == '-')
		a->offset = (i64)asm_expr(in);
	if (asm_peek(in) == TOK_EOF) {
		if (prefix == 0 && in->jump)
			asm_set_str(a, name);
		else
			BAD(in, "illegal or missing addressing mode for "
			    "symbol %.*s", TEXT(name));
		return;
	}
	a->sym = lsym_lookup(in->ctx->obj, name, abi);
	asm_get(in, '(');
	reg = asm_get(in, TOK_IDENT).text;
	asm_get(in, ')');
	set_pseudo(in, a, reg, abi == SymABIstatic, prefix);
}

bool asm_func_address(AsmIn *in, Buf *out, u16 *abi)
{
	View name;
	AsmTok t;

	if (asm_peek(in) == '$' || asm_peek(in) == '*')
		asm_next(in);
	t = asm_next(in);
	name = qualified(in, t.text);
	if (t.kind != TOK_IDENT || asm_at_register(in, t))
		return false;
	*abi = sym_attrs(in, name, true);
	if (*abi == SymABIstatic)
		return false;
	t = asm_next(in);
	if (t.kind == '+') {
		if (asm_next(in).kind != TOK_INT)
			return false;
		t = asm_next(in);
	}
	if (t.kind != '(' || !view_is(asm_next(in).text, "SB") ||
	    asm_next(in).kind != ')' || asm_peek(in) != TOK_EOF)
		return false;
	buf_add(out, name);
	return true;
}

/* ---- (reg), (index*scale), (reg)(index*scale) ------------------------------- */

static void index_reg(AsmIn *in, AsmAddr *a, int prefix)
{
	const AsmArch *arch = in->ctx->arch;
	i16 reg, pair, scale;
	AsmTok name;

	asm_get(in, '(');
	name = asm_next(in);
	if (tail_follows(in)) {
		arch->reg_tail(in, a, name, prefix, true);
	} else {
		if (!reg_ref(in, name, 0, &reg, &pair, &scale))
			return;
		if (pair)
			BAD(in, "unimplemented two-register form");
		a->index = reg;
		if (scale > 1 && !arch->scaled)
			BAD(in, "no scaled registers on this architecture");
		else
			a->scale = scale;
	}
	asm_get(in, ')');
}

static void indirect(AsmIn *in, AsmAddr *a, int prefix)
{
	const AsmArch *arch = in->ctx->arch;
	i16 reg, pair, scale;
	AsmTok name;

	asm_get(in, '(');
	name = asm_next(in);
	if (!reg_ref(in, name, 0, &reg, &pair, &scale))
		return;
	asm_get(in, ')');
	a->type = TYPE_MEM;
	if (reg < 0) {
		if (pair)
			BAD(in, "cannot use pseudo-register in pair");
		if (reg != REG_PC && a->name == NAME_NONE)
			BAD(in, "cannot reference %.*s without a symbol",
			    TEXT(name.text));
		set_pseudo(in, a, name.text, false, prefix);
		return;
	}
	a->reg = reg;
	if (pair) {
		if (prefix || scale)
			BAD(in, "illegal address mode for register pair");
		a->type = TYPE_REGREG;
		a->offset = pair;
		return;
	}
	if (prefix == '$')
		a->type = TYPE_ADDR;
	if (scale == 0 && asm_peek(in) == '(') {
		index_reg(in, a, prefix);
	} else if (scale) {
		if (!arch->scaled)
			BAD(in, "no scaled registers on this architecture");
		a->reg = 0;
		a->index = reg;
		a->scale = scale;
	}
}

/* ---- constants ------------------------------------------------------------------ */

static void string(AsmIn *in, AsmAddr *a, int prefix)
{
	View v;
	char *s;
	size_t n;

	if (prefix != '$')
		BAD(in, "string constant must be an immediate");
	v = asm_get(in, TOK_STRING).text;
	s = arena_str(&in->ctx->obj->arena, v);
	if (!go_unquote(v, (u8 *)s, &n)) {
		BAD(in, "string parse error: %.*s", TEXT(v));
		n = 0;
	}
	a->type = TYPE_SCONST;
	asm_set_str(a, view_of(s, n));
}

/* true: that was all; else an offset, and (reg) is to come. */
static bool constant(AsmIn *in, AsmAddr *a, int prefix)
{
	if (asm_have(in, TOK_FLOAT)) {
		if (prefix != '$')
			BAD(in, "floating-point constant must be an "
			    "immediate");
		a->type = TYPE_FCONST;
		a->fval = asm_float_expr(in);
		return true;
	}
	if (asm_have(in, TOK_STRING)) {
		string(in, a, prefix);
		return true;
	}
	a->offset = (i64)asm_expr(in);
	if (asm_peek(in) == '(')
		return false;
	a->type = prefix == '$' ? TYPE_CONST : prefix == '*' ? TYPE_INDIR :
		TYPE_MEM;
	return true;
}

static bool begins_constant(int kind)
{
	return kind == TOK_INT || kind == TOK_FLOAT || kind == TOK_STRING ||
		kind == TOK_CHAR || kind == '+' || kind == '-' || kind == '~';
}

/* Behind the (: an expression, or a register? */
static bool paren_constant(AsmIn *in)
{
	u32 pos = in->pos;
	AsmTok t = asm_next(in);
	bool reg = t.kind == TOK_IDENT && asm_at_register(in, t);

	in->pos = pos;
	return !reg;
}

/* ---- all of it -------------------------------------------------------------------- */

static void register_operand(AsmIn *in, AsmAddr *a, AsmTok name, int prefix)
{
	i16 pair, scale;

	if (tail_follows(in)) {
		in->ctx->arch->reg_tail(in, a, name, prefix, false);
		return;
	}
	if (!reg_ref(in, name, prefix, &a->reg, &pair, &scale))
		return;
	if (scale || pair)
		BAD(in, "expected simple register reference");
	a->type = TYPE_REG;
}

static void operand(AsmIn *in, AsmAddr *a)
{
	const AsmArch *arch = in->ctx->arch;
	int k = asm_peek(in), prefix = k == '$' || k == '*' ? k : 0;
	AsmTok t;

	if (prefix)
		asm_next(in);
	t = asm_next(in);
	if (t.kind == '[' && arch->reglist) {
		if (prefix)
			BAD(in, "illegal use of register list");
		arch->reglist(in, a);
		return;
	}
	if (t.kind == TOK_IDENT && asm_at_register(in, t)) {
		register_operand(in, a, t, prefix);
		return;
	}
	if (t.kind == TOK_IDENT) {
		if (asm_word_special(in->ctx, t.word, &a->offset))
			a->type = TYPE_SPECIAL;
		else
			symbol(in, a, t.text, prefix);
		if (asm_peek(in) == '(')
			indirect(in, a, prefix);
		return;
	}
	if (t.kind != '(' && !begins_constant(t.kind)) {
		BAD(in, "unexpected %.*s in operand", TEXT(t.text));
		return;
	}
	if (t.kind != '(' || paren_constant(in)) {
		in->pos--;
		if (constant(in, a, prefix))
			return;
	} else {
		in->pos--;
	}
	indirect(in, a, prefix);
}

/* 123, or 0x with digits: what cannot be too large. */
static bool small_number(const AsmTok *t, i64 *x)
{
	const u8 *p = t->text.p, *end = p + t->text.n;
	bool hex = t->text.n > 2 && p[0] == '0' && (p[1] | 32) == 'x';
	u64 v = 0;

	if (t->kind != TOK_INT || t->text.n > 17 ||
	    (!hex && t->text.n > 1 && *p == '0'))
		return false;
	for (p += hex ? 2 : 0; p < end; p++) {
		u64 digit = *p - (u64)'0', letter = (*p | 32) - (u64)'a';

		if (digit > 9 && (!hex || letter > 5))
			return false;
		v = hex ? v << 4 : 10 * v;
		v += digit > 9 ? letter + 10 : digit;
	}
	*x = (i64)v;
	return true;
}

/* The number of n tokens: none, 8 or -8. */
static bool small_offset(const AsmTok *t, u32 n, i64 *x)
{
	if (n == 2 && t[0].kind == '-' && small_number(t + 1, x)) {
		*x = -*x;
		return true;
	}
	return n == 0 || (n == 1 && small_number(t, x));
}

/* V1.B16. */
static bool dotted(const AsmIn *in, AsmAddr *a)
{
	const AsmTok *t = in->tok;
	const AsmArch *arch = in->ctx->arch;

	return arch->dotted && t[2].kind == TOK_IDENT &&
		asm_word_reg(in->ctx, t->word) &&
		arch->dotted(a, t->word->reg, t[2].text);
}

/* (R1, R2). */
static bool pair(const AsmIn *in, AsmAddr *a)
{
	AsmWord *first = in->tok[1].word, *second = in->tok[3].word;

	if (!in->ctx->arch->pairs || !asm_word_reg(in->ctx, first) ||
	    !asm_word_reg(in->ctx, second))
		return false;
	a->type = TYPE_REGREG;
	a->reg = first->reg;
	a->offset = second->reg;
	return first->reg > 0 && second->reg > 0;
}

/* R1, $8, 8(R1) and the like, which most are. */
static bool simple(const AsmIn *in, AsmAddr *a)
{
	const AsmTok *t = in->tok;
	AsmWord *w = t->word;
	u32 n = in->n;

	if (n == 1) {
		a->type = TYPE_REG;
		if (!asm_word_reg(in->ctx, w))
			return false;
		a->reg = w->reg;
		return true;
	}
	if (t->kind == '$') {
		a->type = TYPE_CONST;
		return small_offset(t + 1, n - 1, &a->offset);
	}
	if (n == 3 && t[1].kind == '.')
		return dotted(in, a);
	if (n == 5 && t[0].kind == '(' && t[2].kind == ',' &&
	    t[4].kind == ')')
		return pair(in, a);
	if (n < 3 || t[n - 1].kind != ')' || t[n - 3].kind != '(')
		return false;
	w = t[n - 2].word;
	if (!asm_word_reg(in->ctx, w) || w->reg < 0)
		return false;
	a->type = TYPE_MEM;
	a->reg = w->reg;
	return small_offset(t, n - 3, &a->offset);
}

void asm_operand(AsmIn *in, AsmAddr *a)
{
	*a = (AsmAddr){0};
	if (simple(in, a))
		return;
	*a = (AsmAddr){0};
	operand(in, a);
	asm_expect_end(in);
}
