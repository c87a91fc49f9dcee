/*
 * TEXT, DATA, GLOBL, FUNCDATA, PCDATA, PCALIGN: lines that are no
 * instructions.
 *
 *   TEXT pkg·name(SB), FLAGS, $frame-args
 *   DATA name<>+8(SB)/4, $value
 *   GLOBL name<>(SB), FLAGS, $size
 *
 * Source: cmd/asm/internal/asm/asm.go, InitTextSym and GloblPos in
 * cmd/internal/obj/plist.go, cmd/internal/objabi/funcid.go, pkgspecial.go
 */
#include <stdlib.h>

#include "obj/asmlex.h"

#define TEXT(v) (int)(v).n, (const char *)(v).p
#define ARGS_UNKNOWN INT32_MIN	/* abi.ArgsSizeUnknown */

/* Bytes that DATA may leap over: no source pays for them. */
enum { MAX_GAPS = 1 << 26 };

/* ---- tables ------------------------------------------------------------ */

/* Which packages may write <ABIInternal>, and since and up to when. */
static const struct {
	const char *pkg;
	Release first, last;
} abi_packages[] = {
	{"runtime", GO124, GO127}, {"reflect", GO124, GO127},
	{"syscall", GO124, GO127}, {"internal/bytealg", GO124, GO127},
	{"internal/chacha8rand", GO124, GO127},
	{"internal/runtime/syscall", GO124, GO125},
	{"internal/runtime/syscall/linux", GO126, GO127},
	{"internal/runtime/syscall/windows", GO126, GO127},
	{"runtime/internal/startlinetest", GO124, GO124},
	{"internal/runtime/startlinetest", GO125, GO127},
	{"internal/runtime/maps", GO127, GO127},
};

bool asm_allow_abi(Release r, View pkg)
{
	for (size_t i = 0; i < NELEM(abi_packages); i++)
		if (view_is(pkg, abi_packages[i].pkg))
			return r >= abi_packages[i].first &&
				r <= abi_packages[i].last;
	return false;
}

/* Functions that the runtime knows by number: those of 1.24, and since
 * 1.25. */
static const struct {
	const char *name;
	u8 id124, id125;
} func_ids[] = {
	{"abort", 1, 1}, {"asmcgocall", 2, 2}, {"asyncPreempt", 3, 3},
	{"cgocallback", 4, 4}, {"corostart", 5, 5}, {"debugCallV2", 6, 6},
	{"gcBgMarkWorker", 7, 7}, {"goexit", 8, 8}, {"gogo", 9, 9},
	{"gopanic", 10, 10}, {"handleAsyncEvent", 11, 11},
	{"mcall", 12, 12}, {"morestack", 13, 13}, {"mstart", 14, 14},
	{"panicwrap", 15, 15}, {"rt0_go", 16, 16}, {"runfinq", 17, 0},
	{"main", 18, 17}, {"runFinalizers", 0, 18}, {"runCleanups", 0, 19},
	{"sigpanic", 19, 20}, {"systemstack", 20, 21},
	{"systemstack_switch", 21, 22}, {"deferreturn", 22, 23},
};

u8 asm_func_id(Release r, View name, bool wrapper)
{
	static const char runtime[] = "runtime.";
	View rest;

	if (wrapper)
		return r == GO124 ? 22 : 23;
	if (!view_prefix(name, runtime))
		return 0;
	view_sub(name, sizeof runtime - 1, name.n - sizeof runtime + 1,
		 &rest);
	for (size_t i = 0; i < NELEM(func_ids); i++)
		if (view_is(rest, func_ids[i].name))
			return r == GO124 ? func_ids[i].id124 :
				func_ids[i].id125;
	return 0;
}

/* ---- operands ----------------------------------------------------------- */

/* Operand i as symbol(SB). */
static bool symbol(AsmParser *p, const char *what, u32 i, bool offset,
		   AsmAddr *a)
{
	if (!asm_address(p, i, a))
		return false;
	if (!a->sym || (a->name != NAME_EXTERN && a->name != NAME_STATIC) ||
	    a->scale || a->reg || a->index || a->type != TYPE_MEM) {
		asm_parse_error(p, "%s symbol must be a symbol(SB)", what);
		return false;
	}
	if (!offset && a->offset) {
		asm_parse_error(p, "%s symbol \"%.*s\" must not be offset "
				"from SB", what, TEXT(a->sym->name));
		return false;
	}
	return true;
}

static bool is_plain(const AsmAddr *a)
{
	return a->name == NAME_NONE && a->reg == 0 && a->index == 0 &&
		!a->sym;
}

/* Operand i as $number. */
static bool immediate(AsmParser *p, const char *what, u32 i, AsmAddr *a)
{
	if (!asm_address(p, i, a))
		return false;
	if (a->type == TYPE_CONST && is_plain(a))
		return true;
	asm_parse_error(p, "%s: expected immediate constant", what);
	return false;
}

/* The flags: a number without $. */
static bool flags(AsmParser *p, const char *what, u32 i, u32 *flag)
{
	AsmAddr a;

	*flag = 0;
	if (!asm_address(p, i, &a))
		return false;
	if (a.type == TYPE_MEM && is_plain(&a)) {
		*flag = (u32)a.offset;
		return true;
	}
	asm_parse_error(p, "%s: expected integer constant", what);
	return false;
}

static bool count(AsmParser *p, const char *what, u32 min, u32 max)
{
	if (p->nop >= min && p->nop <= max)
		return true;
	if (min == max)
		asm_parse_error(p, "expect %u operands for %s", max, what);
	else
		asm_parse_error(p, "expect %u or %u operands for %s", min,
				max, what);
	return false;
}

static AsmPos here(AsmParser *p)
{
	return asm_pos(p->ctx, asm_lex_pos(p->lex).base, p->pos.line);
}

/* ---- TEXT ------------------------------------------------------------------ */

static bool small_int(AsmParser *p, AsmIn *in, i64 *x)
{
	AsmTok t = asm_next(in);
	u64 v;

	if (t.kind != TOK_INT) {
		asm_parse_error(p, "TEXT: frame size must be an immediate "
				"constant");
		return false;
	}
	v = asm_atoi(in, t.text);
	*x = (i64)v;
	if (v < 1u << 31)
		return true;
	asm_parse_error(p, "TEXT: a size of %.*s bytes", TEXT(t.text));
	return false;
}

/* $frame-args, where - separates two numbers. */
static bool sizes(AsmParser *p, u32 i, i64 *frame, i32 *args)
{
	AsmIn in = {p->ctx, p->tok + p->op[i].at, p->op[i].n, 0, false};
	bool neg;
	i64 x;

	*args = ARGS_UNKNOWN;
	if (asm_next(&in).kind != '$') {
		asm_parse_error(p, "TEXT: frame size must be an immediate "
				"constant");
		return false;
	}
	neg = asm_peek(&in) == '-';
	if (neg)
		asm_next(&in);
	if (!small_int(p, &in, frame))
		return false;
	if (neg)
		*frame = -*frame;
	if (asm_peek(&in) == TOK_EOF)
		return true;
	if (asm_next(&in).kind != '-' || !small_int(p, &in, &x) ||
	    asm_peek(&in) != TOK_EOF) {
		asm_parse_error(p, "TEXT: argument size must be of form "
				"-integer");
		return false;
	}
	*args = (i32)x;
	return true;
}

/* Go: InitTextSym. */
static bool begin_func(AsmParser *p, LSym *s, u32 flag, AsmProg *text)
{
	AsmCtx *c = p->ctx;
	AsmFunc *f;

	if (s->onlist) {
		asm_parse_error(p, "symbol %.*s redeclared", TEXT(s->name));
		return false;
	}
	if (c->nfunc == c->capfunc) {
		c->capfunc = c->capfunc ? 2 * c->capfunc : 16;
		c->func = xrealloc(c->func, c->capfunc * sizeof *c->func);
	}
	f = &c->func[c->nfunc++];
	*f = (AsmFunc){.sym = s, .text = text, .last = text, .flag = flag};
	f->funcid = asm_func_id(c->obj->release, s->name,
				flag & (WRAPPER | ABIWRAPPER));
	f->funcflag = (u8)((flag & TOPFRAME ? 1 : 0) | 4);	/* asm */
	f->startline = (i32)asm_pos_line(c, text->pos);
	if (flag & DUPOK)
		s->flag |= SymFlagDupok;
	if (flag & NOSPLIT)
		s->flag |= SymFlagNoSplit;
	if (flag & REFLECTMETHOD)
		s->flag |= SymFlagReflectMethod;
	if (flag & ABIWRAPPER)
		s->flag2 |= symflag2_abiwrapper(c->obj->release);
	if (flag & 8192)
		s->flag2 |= SymFlagPkgInit;
	lsym_set_kind(c->obj, s, STEXT);
	lsym_define(c->obj, s);
	return true;
}

static void text(AsmParser *p)
{
	AsmProg *prog;
	u32 flag = 0;
	AsmAddr name;
	i64 frame;
	i32 args;

	if (!count(p, "TEXT", 2, 3))
		return;
	/* Labels are a function's. */
	asm_patch(p);
	p->scope++;
	if (!symbol(p, "TEXT", 0, false, &name) ||
	    (p->nop == 3 && !flags(p, "TEXT", 1, &flag)) ||
	    !sizes(p, p->nop - 1, &frame, &args))
		return;
	if (name.sym->abi == SymABIInternal && !(flag & NOSPLIT))
		asm_parse_error(p, "TEXT \"%.*s\": ABIInternal requires "
				"NOSPLIT", TEXT(name.sym->name));
	prog = asm_prog(p->ctx);
	prog->opcode = ATEXT;
	prog->pos = here(p);
	prog->from = name;
	prog->to = (AsmAddr){.type = TYPE_TEXTSIZE, .offset = frame,
			     .size2 = args};
	if (begin_func(p, name.sym, flag, prog))
		asm_add(p, prog, true);
}

/* ---- DATA, GLOBL ---------------------------------------------------------------- */

static void write_value(AsmParser *p, LSym *s, u32 off, u32 siz,
			const AsmAddr *v)
{
	Obj *o = p->ctx->obj;
	float f = (float)v->fval;
	u64 bits;
	u32 bits32;

	if (v->type == TYPE_SCONST) {
		lsym_write_string(o, s, off, siz, asm_addr_str(v));
	} else if (v->type == TYPE_CONST) {
		lsym_write_int(o, s, off, siz, (u64)v->offset);
	} else if (v->type == TYPE_FCONST && siz == 4) {
		memcpy(&bits32, &f, 4);
		lsym_write_int(o, s, off, siz, bits32);
	} else if (v->type == TYPE_FCONST && siz == 8) {
		memcpy(&bits, &v->fval, 8);
		lsym_write_int(o, s, off, siz, bits);
	} else if (v->type == TYPE_ADDR && siz == o->arch->ptrsize) {
		lsym_write_addr(o, s, off, siz, v->sym, v->offset);
	} else {
		asm_parse_error(p, "bad %s size for DATA argument: %u",
				v->type == TYPE_ADDR ? "addr" : "float",
				siz);
	}
	if (o->why)
		asm_parse_error(p, "%s: %.*s", o->why, TEXT(o->who));
	o->why = NULL;
}

/* The size behind the last / of operand 0, which is then taken off. */
static bool data_size(AsmParser *p, u32 *siz)
{
	const AsmTok *t = p->tok + p->op[0].at;
	u32 n = p->op[0].n;
	AsmIn in = {p->ctx, t, n, 0, false};
	u64 x;

	if (n < 3 || t[n - 2].kind != '/' || t[n - 1].kind != TOK_INT) {
		asm_parse_error(p, "expect /size for DATA argument");
		return false;
	}
	x = asm_atoi(&in, t[n - 1].text);
	if (x > 1 << 20) {
		asm_parse_error(p, "bad size for DATA argument: %.*s",
				TEXT(t[n - 1].text));
		return false;
	}
	*siz = (u32)x;
	p->op[0].n -= 2;
	return true;
}

/* Data of one symbol must be written in the order of its addresses. */
static bool in_order(AsmParser *p, const AsmAddr *name, u32 siz)
{
	bool fresh;
	MapSlot *m = map_put(&p->data_end, name->sym->name, 0, &fresh);
	const LSym *s = name->sym;

	if (name->offset < 0 || name->offset >= 1 << 30) {
		asm_parse_error(p, "bad offset of DATA for %.*s",
				TEXT(s->name));
		return false;
	}
	if (!fresh && (u64)name->offset < m->val.n) {
		asm_parse_error(p, "overlapping DATA entry for %.*s",
				TEXT(s->name));
		return false;
	}
	p->gaps += siz;
	if ((u64)name->offset > s->ndata)
		p->gaps += (u64)name->offset - s->ndata;
	if (p->gaps > MAX_GAPS) {
		asm_parse_error(p, "more than %d bytes of DATA", MAX_GAPS);
		return false;
	}
	m->val.n = (u64)name->offset + siz;
	return true;
}

static void data(AsmParser *p)
{
	AsmAddr name, v;
	u32 siz;

	if (!count(p, "DATA", 2, 2) || !data_size(p, &siz) ||
	    !symbol(p, "DATA", 0, true, &name) || !asm_address(p, 1, &v))
		return;
	if (v.type != TYPE_CONST && v.type != TYPE_FCONST &&
	    v.type != TYPE_SCONST && (v.type != TYPE_ADDR || !v.sym)) {
		asm_parse_error(p, "DATA value must be an immediate constant "
				"or address");
		return;
	}
	if (in_order(p, &name, siz))
		write_value(p, name.sym, (u32)name.offset, siz, &v);
}

void asm_globl(AsmCtx *c, LSym *s, i64 size, u32 flag, AsmPos pos)
{
	u8 kind = s->kind ? s->kind : SBSS;

	if (s->onlist) {
		asm_error(c, pos, "symbol %.*s redeclared", TEXT(s->name));
		return;
	}
	if (flag & DUPOK)
		s->flag |= SymFlagDupok;
	if (flag & RODATA)
		kind = SRODATA;
	else if (flag & NOPTR)
		kind = kind == SDATA || kind == SDATAFIPS ? SNOPTRDATA :
			SNOPTRBSS;
	else if (flag & TLSBSS)
		kind = STLSBSS;
	s->size = (u32)size;
	lsym_set_kind(c->obj, s, kind);
	lsym_define(c->obj, s);
}

static void globl(AsmParser *p)
{
	AsmAddr name, size;
	u32 flag = 0;

	if (!count(p, "GLOBL", 2, 3) ||
	    !symbol(p, "GLOBL", 0, false, &name) ||
	    (p->nop == 3 && !flags(p, "GLOBL", 1, &flag)) ||
	    !immediate(p, "GLOBL", p->nop - 1, &size))
		return;
	if (size.offset < 0 || size.offset > 2000000000) {
		asm_parse_error(p, "%.*s: symbol too large (%lld bytes > "
				"2000000000 bytes)", TEXT(name.sym->name),
				(long long)size.offset);
		return;
	}
	asm_globl(p->ctx, name.sym, size.offset, flag, here(p));
}

/* ---- FUNCDATA, PCDATA, PCALIGN --------------------------------------------------------- */

static AsmProg *pseudo_prog(AsmParser *p, u16 op, const AsmAddr *from)
{
	AsmProg *prog = asm_prog(p->ctx);

	prog->opcode = op;
	prog->pos = here(p);
	prog->from = *from;
	return prog;
}

static void funcdata(AsmParser *p)
{
	AsmAddr which, name;
	AsmProg *prog;

	if (!count(p, "FUNCDATA", 2, 2) ||
	    !immediate(p, "FUNCDATA", 0, &which) ||
	    !symbol(p, "FUNCDATA", 1, true, &name))
		return;
	if (which.offset < 0 || which.offset > 255 || name.offset) {
		asm_parse_error(p, "FUNCDATA: no such number, or an offset");
		return;
	}
	p->ctx->funcdata = true;
	prog = pseudo_prog(p, AFUNCDATA, &which);
	prog->to = name;
	asm_add(p, prog, true);
}

static void pcdata(AsmParser *p)
{
	AsmAddr which, value;
	AsmProg *prog;

	if (!count(p, "PCDATA", 2, 2) ||
	    !immediate(p, "PCDATA", 0, &which) ||
	    !immediate(p, "PCDATA", 1, &value))
		return;
	if (which.offset < 0 || which.offset > 255 ||
	    value.offset != (i32)value.offset) {
		asm_parse_error(p, "overflow in PCDATA instruction");
		return;
	}
	prog = pseudo_prog(p, APCDATA, &which);
	prog->to = value;
	asm_add(p, prog, true);
}

static void pcalign(AsmParser *p)
{
	AsmAddr align;

	if (count(p, "PCALIGN", 1, 1) && immediate(p, "PCALIGN", 0, &align))
		asm_add(p, pseudo_prog(p, APCALIGN, &align), true);
}

/* ---- which ------------------------------------------------------------------------------ */

static const struct {
	const char *word;
	void (*fn)(AsmParser *);
} pseudos[] = {
	{"TEXT", text}, {"DATA", data}, {"GLOBL", globl},
	{"FUNCDATA", funcdata}, {"PCDATA", pcdata}, {"PCALIGN", pcalign},
};

bool asm_is_pseudo(View name, u16 *which)
{
	for (*which = 0; *which < NELEM(pseudos); ++*which)
		if (view_is(name, pseudos[*which].word))
			return true;
	return false;
}

void asm_pseudo(AsmParser *p, u16 which)
{
	pseudos[which].fn(p);
}
