/*
 * What a function carries besides its code: FuncInfo, FUNCDATA, debug
 * information, and the tables from pc to stack depth, file, line, inlined
 * call and PCDATA. All follow from where its instructions came to lie.
 *
 * Source: linkpcln in cmd/internal/obj/pcln.go
 */
#include <stdlib.h>

#include "obj/asmlex.h"

/* ---- pc tables ----------------------------------------------------------------------- */

/* A value may change with an instruction that has no bytes, or not all of
 * them: what counts is the last one at a pc. */
static bool has_bytes(const AsmProg *p)
{
	return !(p->link && p->link->pc == p->pc);
}

/* Does it say nothing of files and lines? */
static bool no_place(const AsmProg *p)
{
	return p->opcode == ATEXT || p->opcode == ANOP || p->pos.line == 0;
}

/* The stack's depth behind p. The limits are Go's. */
static i32 depth(AsmCtx *c, const AsmProg *p, i32 val)
{
	i64 sum = (i64)val + p->spadj;

	if (sum >= -10000 && sum <= 1100000000)
		return (i32)sum;
	asm_error(c, p->pos, "overflow in spadj: %d + %d = %d", val,
		  p->spadj, (i32)(u32)sum);
	return 0;
}

/* The tables that all functions have, and which files its instructions are
 * from. */
typedef struct {
	PcTab sp, file, line, inlined;
	bool *used;
} Tables;

static void fill_tables(AsmCtx *c, const AsmFunc *f, Tables *t)
{
	i32 sp = -1, file = -1, line = -1;
	u32 base = UINT32_MAX, delta = 0;

	pctab_begin(&t->sp, c->obj);
	pctab_begin(&t->file, c->obj);
	pctab_begin(&t->line, c->obj);
	pctab_begin(&t->inlined, c->obj);
	for (const AsmProg *p = f->text; p; p = p->link) {
		if (!no_place(p)) {
			if (p->pos.base != base) {
				base = p->pos.base;
				delta = asm_pos_line(c, p->pos) - p->pos.line;
				file = (i32)asm_pos_file(c, p->pos);
				t->used[file] = true;
			}
			line = (i32)(p->pos.line + delta);
		}
		if (sp == -1)
			sp = 0;
		if (has_bytes(p)) {
			pctab_step(&t->sp, (u64)p->pc, sp);
			pctab_step(&t->file, (u64)p->pc, file);
			pctab_step(&t->line, (u64)p->pc, line);
			pctab_step(&t->inlined, (u64)p->pc, -1);
		}
		if (p->spadj)
			sp = depth(c, p, sp);
	}
}

static void add_table(AsmCtx *c, AsmFunc *f, AuxType type, PcTab *t)
{
	LSym *s = pctab_end(t, c->obj, f->sym->size);

	if (s->size || type == AuxPcdata)
		lsym_add_aux(c->obj, f->sym, type, s);
}

/* What PCDATA number id says. */
static void add_pcdata(AsmCtx *c, AsmFunc *f, u32 id)
{
	i32 val = -1;
	PcTab t;

	pctab_begin(&t, c->obj);
	for (const AsmProg *p = f->text; p; p = p->link) {
		if (has_bytes(p))
			pctab_step(&t, (u64)p->pc, val);
		if (p->opcode == APCDATA && p->from.offset == id)
			val = (i32)p->to.offset;
	}
	add_table(c, f, AuxPcdata, &t);
}

/* Numbers of PCDATA that say something other than -1: one more than the
 * greatest, and which; the FUNCDATA likewise. */
typedef struct {
	bool pc[256];
	u32 npc, nfunc;
	LSym *func[256];
} FuncTables;

static void collect(AsmCtx *c, const AsmFunc *f, FuncTables *t)
{
	bool seen[256] = {false};

	for (const AsmProg *p = f->text; p; p = p->link) {
		u32 i = (u32)p->from.offset & 255;

		if (p->opcode == APCDATA && p->to.offset != -1) {
			t->pc[i] = true;
			t->npc = i >= t->npc ? i + 1 : t->npc;
		} else if (p->opcode == AFUNCDATA) {
			if (seen[i])
				asm_error(c, p->pos, "multiple definitions "
					  "for FUNCDATA $%u", i);
			seen[i] = true;
			t->func[i] = p->to.sym;
			t->nfunc = i >= t->nfunc ? i + 1 : t->nfunc;
		}
	}
}

static void add_funcinfo(AsmCtx *c, AsmFunc *f, const bool *used)
{
	u32 *files = xrealloc(NULL, (c->obj->files.n + 1) * sizeof *files);
	FuncInfo info = {
		.args = (u32)f->args, .locals = (u32)f->locals,
		.funcid = f->funcid, .funcflag = f->funcflag,
		.startline = f->startline, .files = files,
	};

	for (u32 i = 0; i < c->obj->files.n; i++)
		if (used[i])
			files[info.nfile++] = i;
	lsym_add_aux(c->obj, f->sym, AuxFuncInfo,
		     funcinfo_sym(c->obj, &info));
	free(files);
}

void asm_linkpcln(AsmCtx *c, AsmFunc *f)
{
	FuncTables t = {0};
	Tables all;
	LSym *empty;

	all.used = arena_alloc(&c->obj->arena, c->obj->files.n + 1);
	collect(c, f, &t);
	fill_tables(c, f, &all);
	add_funcinfo(c, f, all.used);
	for (u32 i = 0; i < t.nfunc; i++)
		lsym_add_aux(c->obj, f->sym, AuxFuncdata, t.func[i]);
	asm_dwarf(c, f);
	add_table(c, f, AuxPcsp, &all.sp);
	add_table(c, f, AuxPcfile, &all.file);
	add_table(c, f, AuxPcline, &all.line);
	add_table(c, f, AuxPcinline, &all.inlined);
	if (c->arch->seh && view_is(c->flags->goos, "windows")) {
		LSym *s = c->arch->seh(c, f);

		if (s)
			lsym_add_aux(c->obj, f->sym, AuxSehUnwindInfo, s);
	}
	for (u32 i = 0; i < t.npc; i++) {
		if (t.pc[i]) {
			add_pcdata(c, f, i);
			continue;
		}
		empty = lsym_new(c->obj, view_str(""), SymABI0);
		empty->kind = SRODATA;
		empty->content = empty->pcdata = true;
		empty->align = c->obj->release >= GO127 ? 1 : 0;
		lsym_add_aux(c->obj, f->sym, AuxPcdata, empty);
	}
}
