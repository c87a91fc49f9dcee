/*
 * Places in the source, and what is said about them.
 *
 * A position is a line of a base: a file, or what #line made of it. In the
 * object a file is known by its absolute name with -trimpath's rewrites
 * applied, and has the number that its first position gave it.
 *
 * Source: cmd/internal/src/pos.go, cmd/internal/objabi/line.go
 */
#include <stdlib.h>

#include "obj/asmlex.h"

/* ---- names of files ----------------------------------------------------- */

static int folded(u8 c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c == '\\' ? '/' : c;
}

/* Is prefix a leading sequence of path's elements? */
static bool path_prefix(View path, View prefix)
{
	if (prefix.n > path.n)
		return false;
	for (size_t i = 0; i < prefix.n; i++)
		if (folded(path.p[i]) != folded(prefix.p[i]))
			return false;
	return prefix.n == path.n || folded(path.p[prefix.n]) == '/';
}

/* "prefix" or "prefix=>replacement". */
static bool rewrite(View path, View rule, Buf *out)
{
	View prefix = rule, to = view_str(""), rest;

	for (size_t i = 0; i + 1 < rule.n; i++)
		if (rule.p[i] == '=' && rule.p[i + 1] == '>') {
			prefix = view_of(rule.p, i);
			to = view_of(rule.p + i + 2, rule.n - i - 2);
		}
	if (prefix.n == 0 || !path_prefix(path, prefix))
		return false;
	view_sub(path, prefix.n, path.n - prefix.n, &rest);
	if (to.n == 0 && rest.n)
		view_sub(rest, 1, rest.n - 1, &rest);
	buf_add(out, to);
	buf_add(out, rest);
	return true;
}

static bool rewritten(View path, View rules, Buf *out)
{
	size_t end;
	View rule;

	for (size_t at = 0; at <= rules.n; at = end + 1) {
		end = view_index(rules, at, ';');
		view_sub(rules, at, end - at, &rule);
		if (rewrite(path, rule, out))
			return true;
	}
	return false;
}

/* Appends an element of a path to out, as filepath.Clean has it. */
static void add_element(Buf *out, View e)
{
	if (e.n == 0 || view_is(e, "."))
		return;
	if (view_is(e, "..")) {
		while (out->n > 0 && out->p[--out->n] != '/')
			;
		return;
	}
	buf_str(out, "/");
	buf_add(out, e);
}

static void join(Buf *out, View dir, View name)
{
	View part[2] = {dir, name}, e;
	size_t end;

	for (int i = 0; i < 2; i++)
		for (size_t at = 0; at < part[i].n; at = end + 1) {
			end = view_index(part[i], at, '/');
			view_sub(part[i], at, end - at, &e);
			add_element(out, e);
		}
	if (out->n == 0)
		buf_str(out, "/");
}

View asm_abs_file(AsmCtx *c, View name)
{
	const char *root = getenv("GOROOT");
	Buf abs = {0}, out = {0};
	View v, r = view_str(root ? root : "");

	if (name.n && name.p[0] == '/')
		buf_add(&abs, name);
	else
		join(&abs, c->flags->cwd, name);
	v = view_of(abs.p, abs.n);
	if (!rewritten(v, c->flags->trimpath, &out)) {
		if (r.n && path_prefix(v, r)) {
			buf_str(&out, "$GOROOT");
			view_sub(v, r.n, v.n - r.n, &v);
		}
		buf_add(&out, v);
	}
	if (out.n == 0)
		buf_str(&out, "??");
	v = view_of(arena_str(&c->obj->arena, view_of(out.p, out.n)), out.n);
	buf_free(&abs);
	buf_free(&out);
	return v;
}

/* ---- positions -------------------------------------------------------------- */

u16 asm_base(AsmCtx *c, View name, u32 delta)
{
	Arena *a = &c->obj->arena;

	if (c->nbase == 0)
		c->nbase = 1;	/* 0 is no base */
	if (c->nbase == UINT16_MAX) {
		asm_error(c, c->pos, "more than %d files and #lines",
			  UINT16_MAX);
		return 0;
	}
	if (c->nbase >= c->capbase) {
		c->capbase = c->capbase ? 2 * c->capbase : 16;
		c->base = xrealloc(c->base, c->capbase * sizeof *c->base);
		c->base[0] = (AsmBase){0};
	}
	c->base[c->nbase] = (AsmBase){
		.name = view_of(arena_str(a, name), name.n), .delta = delta};
	return (u16)c->nbase++;
}

/* Go keeps 20 bits of a line. */
AsmPos asm_pos_first(AsmCtx *c, u16 base, u32 line)
{
	AsmBase *b = base < c->nbase ? &c->base[base] : NULL;

	if (b && base && !b->known) {
		b->absname = asm_abs_file(c, b->name);
		b->file = obj_file(c->obj, b->absname);
		b->known = true;
	}
	return (AsmPos){line < 1 << 20 ? line : (1 << 20) - 1, base, false};
}

/* ---- messages ----------------------------------------------------------------- */

enum { MAX_ERRORS = 10 };

static bool begin_error(AsmCtx *c, AsmPos pos)
{
	View name;

	if (++c->errors > MAX_ERRORS && !c->flags->all_errors) {
		if (!c->stop)
			buf_str(&c->messages, "asm: too many errors\n");
		c->stop = true;
		return false;
	}
	if (pos.base && pos.base < c->nbase) {
		name = c->base[pos.base].name;
		buf_text(&c->messages, name);
		buf_printf(&c->messages, ":%u: ", asm_pos_line(c, pos));
	}
	return true;
}

__attribute__((format(printf, 2, 0)))
static void say(Buf *out, const char *fmt, va_list ap)
{
	char text[500];

	vsnprintf(text, sizeof text, fmt, ap);
	buf_text(out, view_str(text));
}

void asm_error(AsmCtx *c, AsmPos pos, const char *fmt, ...)
{
	va_list ap;

	if (!begin_error(c, pos))
		return;
	va_start(ap, fmt);
	say(&c->messages, fmt, ap);
	va_end(ap);
	buf_str(&c->messages, "\n");
}

void asm_error_prog(AsmCtx *c, const AsmProg *p, const char *fmt, ...)
{
	Buf b = {0};
	va_list ap;

	if (!begin_error(c, p->pos))
		return;
	va_start(ap, fmt);
	say(&c->messages, fmt, ap);
	va_end(ap);
	asm_prog_text(&b, c, p);
	buf_str(&c->messages, ": ");
	buf_text(&c->messages, view_of(b.p, b.n));
	buf_str(&c->messages, "\n");
	if (c->arch->nearest)
		c->arch->nearest(&c->messages, p);
	buf_free(&b);
}

/* ---- instructions as text -------------------------------------------------------- */

static const char *const common[A_ARCH] = {"XXX", "CALL", "DUFFCOPY",
	"DUFFZERO", "END", "FUNCDATA", "JMP", "NOP", "PCALIGN", "PCALIGNMAX",
	"PCDATA", "RET", "GETCALLERPC", "TEXT", "UNDEF"};

static void add_offset(Buf *out, i64 off, bool sign)
{
	if (off || !sign)
		buf_printf(out, sign ? "%+lld" : "%lld", (long long)off);
}

static void add_mem(Buf *out, const AsmCtx *c, const AsmAddr *a)
{
	static const char *const pseudo[] = {"", "(SB)", "<>(SB)", "(SP)",
		"(FP)", "@GOT(SB)"};

	if (a->sym)
		buf_add(out, a->sym->name);
	add_offset(out, a->offset, a->sym || a->reg || a->index);
	buf_str(out, pseudo[a->name]);
	if (a->reg > 0) {
		buf_str(out, "(");
		c->arch->reg_name(out, a->reg);
		buf_str(out, ")");
	}
	if (a->index > 0) {
		buf_str(out, "(");
		c->arch->reg_name(out, a->index);
		buf_printf(out, "*%d)", a->scale);
	}
}

void asm_addr_text(Buf *out, const AsmCtx *c, const AsmAddr *a)
{
	if (c->arch->addr_text && c->arch->addr_text(out, a))
		return;
	switch (a->type) {
	case TYPE_NONE:
		break;
	case TYPE_REG:
		c->arch->reg_name(out, a->reg);
		break;
	case TYPE_CONST:
		buf_printf(out, "$%lld", (long long)a->offset);
		break;
	case TYPE_FCONST:
		buf_printf(out, "$(%.17g)", a->fval);
		break;
	case TYPE_SCONST:
		buf_str(out, "$");
		buf_json(out, asm_addr_str(a));
		break;
	case TYPE_BRANCH:
		if (a->sym)
			add_mem(out, c, a);
		else
			buf_str(out, "label");
		break;
	case TYPE_ADDR:
		buf_str(out, "$");
		add_mem(out, c, a);
		break;
	case TYPE_INDIR:
		buf_str(out, "*");
		add_mem(out, c, a);
		break;
	default:
		add_mem(out, c, a);
	}
}

void asm_prog_text(Buf *out, const AsmCtx *c, const AsmProg *p)
{
	const char *sep = " ";

	buf_str(out, p->opcode < A_ARCH ? common[p->opcode] :
		c->arch->op_name(p->opcode));
	if (p->from.type) {
		buf_str(out, sep);
		asm_addr_text(out, c, &p->from);
		sep = ", ";
	}
	if (p->reg) {
		buf_str(out, sep);
		c->arch->reg_name(out, p->reg);
		sep = ", ";
	}
	for (u8 i = 0; i < p->nrest; i++, sep = ", ") {
		buf_str(out, sep);
		asm_addr_text(out, c, &p->rest[i]);
	}
	if (p->to.type) {
		buf_str(out, sep);
		asm_addr_text(out, c, &p->to);
		sep = ", ";
	}
	if (p->reg_to2) {
		buf_str(out, sep);
		c->arch->reg_name(out, p->reg_to2);
	}
}

bool asm_common_opcode(View name, u16 *op)
{
	for (u16 i = 0; i < A_ARCH; i++)
		if (view_is(name, common[i])) {
			*op = i;
			return true;
		}
	return false;
}

const AsmArch *asm_arch(View goarch)
{
	static const AsmArch *const all[] = {&asm_amd64, &asm_arm64};

	for (size_t i = 0; i < NELEM(all); i++)
		if (view_is(goarch, arch_table[all[i]->id].goarch))
			return all[i];
	return NULL;
}
