/*
 * What a function carries besides its code: FuncInfo, and tables from pc to
 * stack depth, file, line, inlined call, and whatever else the runtime asks.
 *
 * A pc table is a list of (value delta, pc delta): the value holds from the
 * pc reached before up to the one reached by the delta. Value deltas are
 * zigzag varints from -1 on, pc deltas uvarints in units of the smallest
 * instruction (Arch.minlc), and a value delta of 0, other than the first,
 * ends the table.
 *
 * Source: cmd/internal/goobj/funcinfo.go, cmd/internal/obj/pcln.go
 */
#include <stdlib.h>

#include "obj/obj.h"

/* ---- FuncInfo -------------------------------------------------------- */

static void put32(Buf *b, u32 x)
{
	u8 p[4];

	st32(p, x, false);
	buf_add(b, view_of(p, 4));
}

/* References are zero here: the writer fills them in when all symbols have
 * their numbers. */
static void put_inl(Buf *b, const InlCall *c)
{
	put32(b, (u32)c->parent);
	put32(b, c->file);
	put32(b, (u32)c->line);
	put32(b, 0);
	put32(b, 0);
	put32(b, (u32)c->parentpc);
}

LSym *funcinfo_sym(Obj *o, const FuncInfo *f)
{
	LSym *s = lsym_new(o, view_str(""), SymABI0);
	Buf b = {0};

	put32(&b, f->args);
	put32(&b, f->locals);
	put32(&b, (u32)(f->funcid | f->funcflag << 8));
	put32(&b, (u32)f->startline);
	put32(&b, f->nfile);
	for (u32 i = 0; i < f->nfile; i++)
		put32(&b, f->files[i]);
	put32(&b, f->ninl);
	s->inl = arena_alloc(&o->arena, (f->ninl + 1) * sizeof(LSym *));
	s->ninl = f->ninl;
	for (u32 i = 0; i < f->ninl; i++) {
		put_inl(&b, &f->inl[i]);
		s->inl[i] = f->inl[i].func;
	}
	s->kind = SDATA;
	s->size = s->ndata = s->capdata = (u32)b.n;
	s->data = arena_alloc(&o->arena, b.n);
	memcpy(s->data, b.p, b.n);
	buf_free(&b);
	return s;
}

/* ---- pc tables, written ---------------------------------------------- */

enum { MAX_VARINT = 10 };

static u8 *put_uvarint(u8 *p, u64 x)
{
	for (; x >= 0x80; x >>= 7)
		*p++ = (u8)(x | 0x80);
	*p++ = (u8)x;
	return p;
}

void pctab_begin(PcTab *t, const Obj *o)
{
	unsigned minlc = o->arch->minlc[o->release];

	*t = (PcTab){.val = -1, .shift = (u8)__builtin_ctz(minlc)};
}

void pctab_put(PcTab *t, u64 pc, i32 val)
{
	u8 *p = buf_room(&t->buf, 2 * MAX_VARINT);
	/* The delta wraps at 32 bits, as in Go. */
	i64 delta = (i32)((u32)val - (u32)t->val);

	if (t->started)
		p = put_uvarint(p, (pc - t->pc) >> t->shift);
	p = put_uvarint(p, (u64)delta << 1 ^ (u64)(delta >> 63));
	t->buf.n = (size_t)(p - (u8 *)t->buf.p);
	t->pc = pc;
	t->val = val;
	t->started = true;
}

LSym *pctab_end(PcTab *t, Obj *o, u64 size)
{
	LSym *s = lsym_new(o, view_str(""), SymABI0);

	if (t->started) {
		u8 *p = buf_room(&t->buf, 2 * MAX_VARINT);

		p = put_uvarint(p, (size - t->pc) >> t->shift);
		p = put_uvarint(p, 0);
		t->buf.n = (size_t)(p - (u8 *)t->buf.p);
	}
	s->kind = SRODATA;
	s->content = s->pcdata = true;
	s->align = o->release >= GO127 ? 1 : 0;	/* before: the writer's */
	s->size = s->ndata = s->capdata = (u32)t->buf.n;
	s->data = arena_alloc(&o->arena, t->buf.n);
	if (t->buf.n)
		memcpy(s->data, t->buf.p, t->buf.n);
	buf_free(&t->buf);
	return s;
}

/* ---- pc tables, read ------------------------------------------------- */

/* Nearly all numbers are a byte long. */
static u64 pciter_uleb(Cursor *c)
{
	if (!c->err && c->off < c->v.n && c->v.p[c->off] < 0x80)
		return c->v.p[c->off++];
	return cur_uleb(c);
}

bool pciter_next(PcIter *it)
{
	u64 v, d;
	u32 delta;

	if (it->c.off >= it->c.v.n)
		return false;
	v = pciter_uleb(&it->c);
	if (!it->started)
		it->val = -1;
	else if (v == 0)
		return false;
	it->started = true;
	delta = (u32)(v >> 1) ^ (v & 1 ? UINT32_MAX : 0);
	d = pciter_uleb(&it->c);
	it->val = (i32)((u32)it->val + delta);
	it->pc += d;
	return !it->c.err;
}
