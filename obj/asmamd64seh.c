/*
 * Windows: what unwinds a function, in a symbol of its own.
 *
 *   u8 version 1 | flags << 3; u8 bytes of prologue; u8 nodes = 2;
 *   u8 frame register = BP
 *   node { u8 offset behind the instruction, u8 operation | value << 4 }:
 *       SET_FPREG (MOVQ SP, BP), PUSH_NONVOL BP (PUSHQ BP)
 *   u32 the exception handler, relocated if there is one
 *
 * Functions that have the same share it: its name is made of its bytes.
 *
 * Source: cmd/internal/obj/x86/seh.go; x64 exception handling, UNWIND_INFO
 */
#include "obj/asmamd64.h"

enum { PUSH_NONVOL = 0, SET_FPREG = 3, SEH_BP = 5, EHANDLER = 8 };
enum { SEH_SIZE = 12 };

static void base64(Buf *out, const u8 *p, size_t n)
{
	static const char abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmn"
		"opqrstuvwxyz0123456789+/";

	for (size_t i = 0; i + 2 < n; i += 3) {
		u32 x = (u32)p[i] << 16 | (u32)p[i + 1] << 8 | p[i + 2];

		for (int s = 18; s >= 0; s -= 6)
			buf_printf(out, "%c", abc[x >> s & 63]);
	}
}

static const AsmProg *push_bp(const AsmFunc *f)
{
	for (const AsmProg *p = f->text; p; p = p->link) {
		if (p->opcode == APUSHQ && p->from.type == TYPE_REG &&
		    p->from.reg == R_BP)
			return p;
		if (p->pos.prologue_end)
			break;
	}
	return NULL;
}

static bool is_mov_bp(const AsmProg *p)
{
	return p && p->opcode == AMOVQ && p->from.type == TYPE_REG &&
		p->from.reg == R_SP && p->to.type == TYPE_REG &&
		p->to.reg == R_BP && p->link;
}

static LSym *unwind_sym(AsmCtx *c, const u8 *data, LSym *handler)
{
	Obj *o = c->obj;
	Buf b = {0};
	LSym *s;

	buf_printf(&b, "go:sehuw.%d.", SEH_SIZE);
	base64(&b, data, SEH_SIZE);
	s = lsym_lookup(o, view_of(b.p, b.n), SymABI0);
	buf_free(&b);
	if (s->content)
		return s;
	lsym_write_bytes(o, s, 0, view_of(data, SEH_SIZE));
	s->kind = symkind_number(o->release, SSEHUNWINDINFO);
	s->align = o->release >= GO127 ? 4 : 0;
	s->flag |= SymFlagDupok | SymFlagLocal;
	s->content = true;
	if (handler)
		lsym_add_reloc(o, s, (Reloc){SEH_SIZE - 4, 4,
			asm_reloc_type(c, ROW_R_PEIMAGEOFF), 0, handler});
	syms_add(&c->seh, s);
	return s;
}

LSym *amd64_seh(AsmCtx *c, AsmFunc *f)
{
	const AsmProg *push = push_bp(f), *mov = push ? push->link : NULL;
	LSym *handler = NULL;
	u8 d[SEH_SIZE] = {1};

	if (f->flag & NOFRAME)
		return NULL;
	if (!is_mov_bp(mov)) {
		asm_error(c, f->text->pos,
			  "missing frame pointer instructions");
		return NULL;
	}
	if (mov->link->pc > 255)
		return NULL;	/* longer than the format can say */
	if (view_is(f->sym->name, "runtime.asmcgocall_landingpad")) {
		handler = asm_lookup(c, "runtime.sehtramp", SymABI0);
		d[0] |= EHANDLER;
	}
	d[1] = d[4] = (u8)mov->link->pc;
	d[2] = 2;
	d[3] = SEH_BP;
	d[5] = SET_FPREG;
	d[6] = (u8)mov->pc;
	d[7] = SEH_BP << 4 | PUSH_NONVOL;
	return unwind_sym(c, d, handler);
}
