/*
 * Debug information of assembly functions: a subprogram without children,
 * and the line table's program.
 *
 *   3 (abbreviation: function) or 4 (wrapper)
 *   name, NUL
 *   DWARF 5: index into .debug_addr (4 bytes, R_DWTXTADDR_U4), uleb size
 *   else: low pc, high pc (R_ADDR)
 *   block of 1: DW_OP_call_frame_cfa
 *   function: u32 file from 1 on, uleb line, external; wrapper: 1
 *   0
 *
 * The line program begins with the function's address and ends its
 * sequence; file numbers are those of the object's file table, from 1 on.
 *
 * Source: cmd/internal/obj/dwarf.go, PutDefaultFunc in cmd/internal/dwarf
 */
#include "obj/asmlex.h"

enum { ABRV_FUNCTION = 3, ABRV_WRAPPER = 4, OP_call_frame_cfa = 0x9c };
enum {
	LNS_advance_pc = 2, LNS_advance_line = 3, LNS_set_file = 4,
	LNS_const_add_pc = 8, LNS_fixed_advance_pc = 9,
	LNS_set_prologue_end = 10,
	LNE_end_sequence = 1, LNE_set_address = 2
};
/* The linker writes these into the table's header. */
enum { LINE_BASE = -4, LINE_RANGE = 10, OPCODE_BASE = 11,
	PC_RANGE = (255 - OPCODE_BASE) / LINE_RANGE };

/* ---- writing ------------------------------------------------------------- */

static void put8(Buf *b, unsigned x)
{
	*(u8 *)buf_room(b, 1) = (u8)x;
	b->n++;
}

static void put_uleb(Buf *b, u64 x)
{
	for (; x >= 0x80; x >>= 7)
		put8(b, (u8)x | 0x80);
	put8(b, (u8)x);
}

static void put_sleb(Buf *b, i64 x)
{
	for (; x < -64 || x > 63; x = x >> 7)
		put8(b, ((unsigned)x & 0x7f) | 0x80);
	put8(b, (unsigned)x & 0x7f);
}

/* Empties b into s. */
static void flush(AsmCtx *c, LSym *s, Buf *b)
{
	lsym_write_bytes(c->obj, s, s->size, view_of(b->p, b->n));
	b->n = 0;
}

static LSym *dwarf_sym(AsmCtx *c, SymKind kind)
{
	LSym *s = lsym_new(c->obj, view_str(""), SymABI0);

	s->kind = symkind_number(c->obj->release, kind);
	return s;
}

/* ---- the function ----------------------------------------------------------- */

static void put_range(AsmCtx *c, LSym *s, Buf *b, LSym *func)
{
	unsigned ptr = c->obj->arch->ptrsize;

	flush(c, s, b);
	if (!c->flags->dwarf5) {
		lsym_write_addr(c->obj, s, s->size, ptr, func, 0);
		lsym_write_addr(c->obj, s, s->size, ptr, func, func->size);
		return;
	}
	if (lsym_prepwrite(c->obj, s, s->size, 4))
		lsym_add_reloc(c->obj, s, (Reloc){(i32)s->size - 4, 4,
			asm_reloc_type(c, ROW_R_DWTXTADDR_U4), 0, func});
	put_uleb(b, func->size);
}

static LSym *subprogram(AsmCtx *c, AsmFunc *f)
{
	LSym *s = dwarf_sym(c, SDWARFFCN);
	bool wrapper = f->flag & WRAPPER;
	Buf b = {0};
	u8 file[4];

	put8(&b, wrapper ? ABRV_WRAPPER : ABRV_FUNCTION);
	buf_add(&b, f->sym->name);
	put8(&b, 0);
	put_range(c, s, &b, f->sym);
	put8(&b, 1);
	put8(&b, OP_call_frame_cfa);
	if (wrapper) {
		put8(&b, 1);
	} else {
		st32(file, asm_pos_file(c, f->text->pos) + 1,
		     c->obj->arch->big);
		buf_add(&b, view_of(file, 4));
		put_uleb(&b, asm_pos_line(c, f->text->pos));
		put8(&b, f->sym->abi != SymABIstatic);
	}
	put8(&b, 0);
	flush(c, s, &b);
	buf_free(&b);
	return s;
}

/* ---- lines ------------------------------------------------------------------- */

/* The special opcode that leaves the least to encode apart. */
static i64 special(u64 pc, i64 line)
{
	i64 near = pc < PC_RANGE ? (i64)pc : PC_RANGE, op;
	u64 more = pc - PC_RANGE;

	if (line < LINE_BASE)
		return OPCODE_BASE + LINE_RANGE * near;
	if (line < LINE_BASE + LINE_RANGE) {
		op = OPCODE_BASE + (line - LINE_BASE) + LINE_RANGE * near;
		return op > 255 ? op - LINE_RANGE : op;
	}
	if (pc <= PC_RANGE) {
		op = OPCODE_BASE + LINE_RANGE - 1 + LINE_RANGE * near;
		return op > 255 ? 255 : op;
	}
	/* One more would take one more byte: at the limits of the encodings
	 * of what is left, DW_LNS_fixed_advance_pc included. */
	if (more == PC_RANGE || more == (1 << 16) - 1)
		return 255;
	for (int n = 7; n <= 63; n += 7)
		if (n != 14 && more == ((u64)1 << n) - 1)
			return 255;
	return OPCODE_BASE + LINE_RANGE * PC_RANGE - 1;
}

static void advance(AsmCtx *c, Buf *b, u64 pc, i64 line)
{
	i64 op = special(pc, line);
	u8 fixed[2];

	if (pc < PC_RANGE && line >= LINE_BASE &&
	    line < LINE_BASE + LINE_RANGE &&
	    op == OPCODE_BASE + line - LINE_BASE + LINE_RANGE * (i64)pc) {
		put8(b, (unsigned)op);	/* says it all */
		return;
	}
	pc -= (u64)((op - OPCODE_BASE) / LINE_RANGE);
	line -= (op - OPCODE_BASE) % LINE_RANGE + LINE_BASE;
	if (pc && pc <= PC_RANGE) {
		op -= LINE_RANGE * (PC_RANGE - (i64)pc);
		put8(b, LNS_const_add_pc);
	} else if (pc >= 1 << 14 && pc < 1 << 16) {
		put8(b, LNS_fixed_advance_pc);
		fixed[c->obj->arch->big] = (u8)pc;
		fixed[!c->obj->arch->big] = (u8)(pc >> 8);
		buf_add(b, view_of(fixed, 2));
	} else if (pc) {
		put8(b, LNS_advance_pc);
		put_uleb(b, pc);
	}
	if (line) {
		put8(b, LNS_advance_line);
		put_sleb(b, line);
	}
	put8(b, (unsigned)op);
}

/* The rows of a function. Returns the last pc that has one. */
static i64 rows(AsmCtx *c, AsmFunc *f, Buf *b)
{
	bool prologue = false, told = false;
	i64 pc = f->text->pc, last = 0, line = 1;
	u32 file = 1, in = 0, base = UINT32_MAX, delta = 0;

	for (const AsmProg *p = f->text; p; p = p->link) {
		bool wrote = false;
		i64 to;

		prologue |= p->pos.prologue_end;
		if (p->pos.line == 0 || (p->link && p->link->pc == p->pc))
			continue;
		if (p->pos.base != base) {
			base = p->pos.base;
			delta = asm_pos_line(c, p->pos) - p->pos.line;
			in = asm_pos_file(c, p->pos) + 1;
		}
		to = p->pos.line + delta;
		if (in != file) {
			put8(b, LNS_set_file);
			put_uleb(b, file = in);
			wrote = true;
		}
		if (prologue && !told) {
			put8(b, LNS_set_prologue_end);
			wrote = told = true;
		}
		if (to == line && !wrote)
			continue;
		advance(c, b, (u64)(p->pc - pc), to - line);
		line = to;
		last = pc = p->pc;
	}
	return last;
}

static LSym *lines(AsmCtx *c, AsmFunc *f)
{
	LSym *s = dwarf_sym(c, SDWARFLINES);
	unsigned ptr = c->obj->arch->ptrsize;
	Buf b = {0};
	i64 last;

	put8(&b, 0);
	put_uleb(&b, 1 + ptr);
	put8(&b, LNE_set_address);
	flush(c, s, &b);
	lsym_write_addr(c->obj, s, s->size, ptr, f->sym, 0);
	last = rows(c, f, &b);
	put8(&b, LNS_advance_pc);
	put_uleb(&b, f->sym->size - (u64)(last - f->text->pc));
	put8(&b, 0);
	put8(&b, 1);
	put8(&b, LNE_end_sequence);
	flush(c, s, &b);
	buf_free(&b);
	return s;
}

void asm_dwarf(AsmCtx *c, AsmFunc *f)
{
	lsym_add_aux(c->obj, f->sym, AuxDwarfInfo, subprogram(c, f));
	lsym_add_aux(c->obj, f->sym, AuxDwarfLines, lines(c, f));
}
