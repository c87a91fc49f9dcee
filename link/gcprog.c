/*
 * gcprog: where in .data and .bss the pointers are, for the garbage
 * collector, as a program that makes a bitmap of one bit a word:
 *
 *   0nnnnnnn bits...      the next n bits
 *   1nnnnnnn c            the last n bits again, c (varint) times
 *   10000000 n c          the same with a varint n
 *   00000000              end
 *
 * Each symbol's type says which of its words are pointers: arrays and
 * structs are gone through, all other types have a mask of their own.
 *
 * cmd/internal/gcprog, GCProg in cmd/link/internal/ld/data.go
 */
#include "link/decodesym.h"
#include "link/dodata.h"

enum {
	MAXLITERAL = 127,
	MAXDEPTH = 1024,	/* types in types */
	MAXSTEPS = 1 << 27
};

/* A type that is being gone through. */
typedef struct {
	TypeDesc t;
	u64 off;
	u32 next;	/* field, or 1 when the array's element is done */
} Level;

typedef struct {
	Link *L;
	SB b;
	u64 index;	/* bits so far */
	u8 lit[MAXLITERAL];
	unsigned nlit;
	u64 left;	/* types, fields, bits that may still be looked at */
} Gc;

static void flush(Gc *g)
{
	unsigned i;
	u8 *p;

	if (g->nlit == 0)
		return;
	p = sb_grow(&g->b, 1 + (g->nlit + 7) / 8);
	*p++ = (u8)g->nlit;
	for (i = 0; i < g->nlit; i++)
		p[i / 8] |= (u8)(g->lit[i] << i % 8);
	g->nlit = 0;
}

static void lit(Gc *g, u8 bit)
{
	if (g->nlit == MAXLITERAL)
		flush(g);
	g->lit[g->nlit++] = bit;
	g->index++;
}

static void repeat(Gc *g, u64 n, u64 c)
{
	if (n == 0 || c == 0)
		return;
	flush(g);
	if (n < 128) {
		sb_u8(&g->b, (u8)(0x80 | n));
	} else {
		sb_u8(&g->b, 0x80);
		sb_uleb(&g->b, n);
	}
	sb_uleb(&g->b, c);
	g->index += n * c;
}

/* Types that overlap, or contain themselves, are none of Go's. */
static void bad_type(const Gc *g, Sym type)
{
	View name = sym_name(g->L, type);

	link_exitf(g->L, "gcprog: type %.*s does not fit its variable",
		   (int)name.n, (const char *)name.p);
}

static void spend(Gc *g, u64 steps, Sym type)
{
	if (g->left < steps)
		bad_type(g, type);
	g->left -= steps;
}

static void zero_until(Gc *g, u64 index, Sym type)
{
	u64 skip = index - g->index;

	if (index < g->index)
		bad_type(g, type);
	if (skip < 4 * 8) {
		while (skip-- > 0)
			lit(g, 0);
		return;
	}
	lit(g, 0);
	flush(g);
	repeat(g, 1, skip - 1);
}

static void add_mask(Gc *g, const TypeDesc *t, u64 off)
{
	unsigned ptr = t->ptrsize;
	View mask = decodetype_gcmask(t);
	u64 n = decodetype_ptrdata(t) / ptr, i;

	if (t->tflag & TFlagGCMaskOnDemand)
		sym_errorf(g->L, g->b.s, "GC mask not available");
	if (n > 8 * (u64)mask.n)
		n = 8 * (u64)mask.n;
	spend(g, n, t->s);
	for (i = 0; i < n; i++)
		if (mask.p[i / 8] >> i % 8 & 1) {
			zero_until(g, off / ptr + i, t->s);
			lit(g, 1);
		}
}

static void push(Gc *g, Level *l, Sym type, u64 off)
{
	*l = (Level){decodetype(g->L, type), off, 0};
	spend(g, 1, type);
	if (decodetype_ptrdata(&l->t) == 0)
		sym_errorf(g->L, g->b.s, "has no pointers but in data "
			   "section");
}

/* false: the array has no more of its own to do. */
static bool array_step(Gc *g, Level *l, Sym *type, u64 *off)
{
	u64 n = decodetype_array_len(&l->t), size;
	TypeDesc e;

	*type = decodetype_elem(&l->t);
	*off = l->off;
	if (l->next++ == 0)
		return true;
	if (n > 1) {
		e = decodetype(g->L, *type);
		size = decodetype_size(&e);
		zero_until(g, (l->off + size) / e.ptrsize, l->t.s);
		repeat(g, size / e.ptrsize, n - 1);
	}
	return false;
}

static bool struct_step(Gc *g, Level *l, Sym *type, u64 *off)
{
	u32 n = decodetype_struct_field_count(&l->t), i;

	while ((i = l->next++) < n) {
		TypeDesc f;

		spend(g, 1, l->t.s);
		*type = decodetype_struct_field_type(&l->t, i);
		f = decodetype(g->L, *type);
		if (decodetype_ptrdata(&f) == 0)
			continue;
		*off = l->off + decodetype_struct_field_off(&l->t, i);
		return true;
	}
	return false;
}

static void add_type(Gc *g, Level *level, Sym type, u64 off)
{
	u32 depth = 1;

	push(g, level, type, off);
	while (depth > 0) {
		Level *l = &level[depth - 1];
		bool more = false;

		if (l->t.kind == ABI_Array)
			more = array_step(g, l, &type, &off);
		else if (l->t.kind == ABI_Struct)
			more = struct_step(g, l, &type, &off);
		else
			add_mask(g, &l->t, l->off);
		if (!more)
			depth--;
		else if (depth == MAXDEPTH)
			bad_type(g, type);
		else
			push(g, &level[depth++], type, off);
	}
}

/* Those that only mark places have no type. */
static bool is_marker(View name)
{
	static const char *const marker[] = {
		"runtime.data", "runtime.edata", "runtime.bss",
		"runtime.ebss", "runtime.gcdata", "runtime.gcbss",
	};
	size_t i;

	for (i = 0; i < NELEM(marker); i++)
		if (view_is(name, marker[i]))
			return true;
	return false;
}

void gcprog_emit(Link *L, const char *name, const SymVec *v, u64 end)
{
	Gc g = {.L = L, .b = sb_of(L, sym_lookup_or_create(
		L, view_str(name), 0))};
	Level *level = mem_alloc(&L->mem, MAXDEPTH * sizeof *level);
	u32 i;

	/* Every type has a word at least, a field mostly a byte. */
	g.left = 64 * (end / L->arch->ptrsize + 64);
	if (g.left > MAXSTEPS)
		g.left = MAXSTEPS;
	for (i = 0; i < v->n; i++) {
		Sym type = sym_gotype(L, v->p[i]);

		if (type)
			add_type(&g, level, type, (u64)row(L, v->p[i])->value);
		else if (!is_marker(sym_name(L, v->p[i])))
			sym_errorf(L, g.b.s, "missing Go type information for "
				   "global symbol %.*s: size %u",
				   (int)sym_name(L, v->p[i]).n,
				   (const char *)sym_name(L, v->p[i]).p,
				   (unsigned)row(L, v->p[i])->size);
	}
	zero_until(&g, end / L->arch->ptrsize, 0);
	flush(&g);
	sb_u8(&g.b, 0);
}
