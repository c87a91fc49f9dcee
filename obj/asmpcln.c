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

typedef enum { PC_SP, PC_FILE, PC_LINE, PC_INLINE, PC_DATA } Which;

typedef struct {
	AsmCtx *ctx;
	Which which;
	i64 id;	/* PC_DATA */
} PcKind;

/* The value in p, from what it was before. */
static i32 before(const PcKind *k, const AsmProg *p, i32 old)
{
	bool none = p->opcode == ATEXT || p->opcode == ANOP ||
		p->pos.line == 0;

	switch (k->which) {
	case PC_SP: return old == -1 ? 0 : old;
	case PC_FILE: return none ? old : (i32)asm_pos_file(k->ctx, p->pos);
	case PC_LINE: return none ? old : (i32)asm_pos_line(k->ctx, p->pos);
	case PC_INLINE: return -1;
	case PC_DATA: break;
	}
	return old;
}

/* The stack's depth behind p. The limits are Go's. */
static i32 depth(AsmCtx *c, const AsmProg *p, i32 val)
{
	i64 sum = (i64)(val == -1 ? 0 : val) + p->spadj;

	if (sum >= -10000 && sum <= 1100000000)
		return (i32)sum;
	asm_error(c, p->pos, "overflow in spadj: %d + %d = %d",
		  val == -1 ? 0 : val, p->spadj, (i32)(u32)sum);
	return 0;
}

/* The value behind p. */
static i32 behind(const PcKind *k, const AsmProg *p, i32 val)
{
	if (k->which == PC_SP)
		return depth(k->ctx, p, val);
	if (k->which == PC_DATA && p->opcode == APCDATA &&
	    p->from.offset == k->id)
		return (i32)p->to.offset;
	return val;
}

/* A step is made only at an instruction that has bytes. */
static LSym *pc_table(AsmCtx *c, const AsmFunc *f, Which which, i64 id)
{
	PcKind k = {c, which, id};
	i32 val = -1, old = -1;
	bool started = false;
	PcTab t;

	pctab_begin(&t, c->obj);
	for (const AsmProg *p = f->text; p; p = p->link) {
		/* No inlined calls: that does not change. */
		if (which == PC_INLINE && started)
			break;
		val = before(&k, p, val);
		if (!(started && val == old) &&
		    !(p->link && p->link->pc == p->pc)) {
			pctab_step(&t, (u64)p->pc, val);
			old = val;
			started = true;
		}
		val = behind(&k, p, val);
	}
	return pctab_end(&t, c->obj, f->sym->size);
}

static void add_table(AsmCtx *c, AsmFunc *f, AuxType type, Which which,
		      i64 id)
{
	LSym *t = pc_table(c, f, which, id);

	if (t->size || which == PC_DATA)
		lsym_add_aux(c->obj, f->sym, type, t);
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

/* The files of a function's instructions, ascending. */
static u32 used_files(AsmCtx *c, const AsmFunc *f, u32 **files)
{
	size_t n = c->obj->files.n;
	bool *used = xrealloc(NULL, n + 1);
	u32 k = 0;

	memset(used, 0, n + 1);
	for (const AsmProg *p = f->text; p; p = p->link)
		if (p->opcode != ATEXT && p->opcode != ANOP && p->pos.line)
			used[asm_pos_file(c, p->pos)] = true;
	*files = xrealloc(NULL, (n + 1) * sizeof **files);
	for (u32 i = 0; i < n; i++)
		if (used[i])
			(*files)[k++] = i;
	free(used);
	return k;
}

static void add_funcinfo(AsmCtx *c, AsmFunc *f)
{
	u32 *files, n = used_files(c, f, &files);
	FuncInfo info = {
		.args = (u32)f->args, .locals = (u32)f->locals,
		.funcid = f->funcid, .funcflag = f->funcflag,
		.startline = f->startline, .files = files, .nfile = n,
	};

	lsym_add_aux(c->obj, f->sym, AuxFuncInfo,
		     funcinfo_sym(c->obj, &info));
	free(files);
}

void asm_linkpcln(AsmCtx *c, AsmFunc *f)
{
	FuncTables t = {0};
	LSym *empty;

	collect(c, f, &t);
	add_funcinfo(c, f);
	for (u32 i = 0; i < t.nfunc; i++)
		lsym_add_aux(c->obj, f->sym, AuxFuncdata, t.func[i]);
	asm_dwarf(c, f);
	add_table(c, f, AuxPcsp, PC_SP, 0);
	add_table(c, f, AuxPcfile, PC_FILE, 0);
	add_table(c, f, AuxPcline, PC_LINE, 0);
	add_table(c, f, AuxPcinline, PC_INLINE, 0);
	if (c->arch->seh && view_is(c->flags->goos, "windows")) {
		LSym *s = c->arch->seh(c, f);

		if (s)
			lsym_add_aux(c->obj, f->sym, AuxSehUnwindInfo, s);
	}
	for (u32 i = 0; i < t.npc; i++) {
		if (t.pc[i]) {
			add_table(c, f, AuxPcdata, PC_DATA, i);
			continue;
		}
		empty = lsym_new(c->obj, view_str(""), SymABI0);
		empty->kind = SRODATA;
		empty->content = empty->pcdata = true;
		empty->align = c->obj->release >= GO127 ? 1 : 0;
		lsym_add_aux(c->obj, f->sym, AuxPcdata, empty);
	}
}
