/*
 * Symbols: where their names, bytes, relocations and auxiliary symbols come
 * from, and building those that the linker makes itself.
 *
 * A symbol's contents lie either in the object that defines it or in an Ext.
 * Ext relocations are kept in the objects' own 23-byte form, but their
 * symbol reference is {0, global number}: one decoder reads both.
 *
 * The linker's loader.go and symbolbuilder.go, under cmd/link/internal/loader.
 */
#include "link/load.h"

const char *kind_name(Kind k)
{
	static const char *const name[NKIND] = {
#define KIND(name) [K_##name] = #name,
#include "link/kind.def"
#undef KIND
	};

	return k < NKIND ? name[k] : "?";
}

static const Ext *ext_of(const Link *L, Sym s)
{
	return &L->ext[L->sym[s].li];
}

/* Where s is defined, or OBJ_EXT, OBJ_NONE. */
typedef struct {
	u32 obj, li;
} Place;

static inline Place place_of(const Link *L, Sym s)
{
	Place at;

	if (s < L->alias || !sym_def(L, s, &at.obj, &at.li))
		at = (Place){L->sym[s].obj, L->sym[s].li};
	return at;
}

bool sym_is_ext(const Link *L, Sym s)
{
	return place_of(L, s).obj == OBJ_EXT;
}

View sym_name(const Link *L, Sym s)
{
	Place at = place_of(L, s);
	const GoObj *o;
	const u8 *p;

	if (at.obj == OBJ_NONE)
		return (View){0};
	if (at.obj == OBJ_EXT)
		return ext_of(L, s)->name;
	o = &L->obj[at.obj]->o;
	p = goobj_at(o, BlkSymdef, at.li, SYM_SIZE);
	return goobj_str_good(o, p) ? goobj_str(o, p) : (View){0};
}

u32 sym_version(const Link *L, Sym s)
{
	Place at = place_of(L, s);
	u16 abi;

	if (at.obj == OBJ_NONE)
		return 0;
	if (at.obj == OBJ_EXT)
		return ext_of(L, s)->ver;
	abi = ld16(goobj_at(&L->obj[at.obj]->o, BlkSymdef, at.li, SYM_SIZE) +
		   8, false);
	return abi == SymABIstatic ? L->obj[at.obj]->version : abi != 0;
}

View sym_data(const Link *L, Sym s)
{
	Place at = place_of(L, s);

	if (at.obj == OBJ_EXT) {
		const Ext *e = ext_of(L, s);

		return (View){e->data, e->ndata};
	}
	if (at.obj == OBJ_NONE)
		return (View){0};
	return goobj_data(&L->obj[at.obj]->o, at.li);
}

Rels sym_rels(const Link *L, Sym s)
{
	Place at = place_of(L, s);
	u32 first;
	Rels v = {0};

	if (at.obj == OBJ_EXT) {
		v.p = ext_of(L, s)->rel;
		v.n = ext_of(L, s)->nrel;
	} else if (at.obj != OBJ_NONE) {
		v.obj = L->obj[at.obj];
		v.n = goobj_relocs(&v.obj->o, at.li, &first);
		v.p = goobj_at(&v.obj->o, BlkReloc, first, RELOC_SIZE);
	}
	return v;
}

/* Symbols lie all over memory: first the row is asked for, then where the
 * bytes and relocations are, then those. */
void sym_ahead(const Link *L, const SymVec *v, u32 i, u32 to)
{
	enum { AHEAD = 6 };
	const SymRow *r;
	const GoObj *o;

	if (i + 3 * AHEAD < to)
		__builtin_prefetch(row(L, v->p[i + 3 * AHEAD]));
	if (i + 2 * AHEAD < to) {
		r = row(L, v->p[i + 2 * AHEAD]);
		if (r->obj >= OBJ_FIRST) {
			o = &L->obj[r->obj]->o;
			__builtin_prefetch(goobj_at(o, BlkDataIdx, r->li, 4));
			__builtin_prefetch(goobj_at(o, BlkRelocIdx, r->li,
						    4));
		}
	}
	if (i + AHEAD < to) {
		__builtin_prefetch(sym_data(L, v->p[i + AHEAD]).p);
		__builtin_prefetch(sym_rels(L, v->p[i + AHEAD]).p);
	}
}

/* The object and number whose auxiliary symbols s has; false: none. */
static bool defined_in(const Link *L, Sym s, u32 *obj, u32 *li)
{
	Place at = place_of(L, s);

	*obj = at.obj;
	*li = at.li;
	if (at.obj == OBJ_EXT) {
		*obj = ext_of(L, s)->obj;
		*li = ext_of(L, s)->li;
	}
	return *obj >= OBJ_FIRST;
}

Auxs sym_auxs(const Link *L, Sym s)
{
	u32 obj, li;
	Auxs a = {0};

	if (defined_in(L, s, &obj, &li)) {
		a.obj = L->obj[obj];
		a.n = goobj_auxs(&a.obj->o, li, &a.first);
	}
	return a;
}

/* The first of a that is of type t, or a nil reference. */
static SymRef find_aux(Auxs a, AuxType t)
{
	u32 k;

	for (k = 0; k < a.n; k++) {
		GoAux x = aux_at(a, k);

		if (x.type == t)
			return x.sym;
	}
	return (SymRef){0, 0};
}

Sym sym_aux(const Link *L, Sym s, AuxType t)
{
	Auxs a = sym_auxs(L, s);
	SymRef ref = find_aux(a, t);

	return symref_is_nil(ref) ? 0 : resolve(L, a.obj, ref);
}

View sym_aux_data(const Link *L, Sym s, AuxType t)
{
	Auxs a = sym_auxs(L, s);
	SymRef ref = find_aux(a, t);

	return symref_is_nil(ref) ? (View){0} : aux_data(a.obj, ref);
}

Sym sym_gotype(const Link *L, Sym s)
{
	if (sym_is_ext(L, s) && ext_of(L, s)->obj == OBJ_NONE)
		return ext_of(L, s)->gotype;
	return sym_aux(L, s, AuxGotype);
}

bool sym_funcinfo(const Link *L, Sym s, GoFuncInfo *f)
{
	return !funcinfo_parse(sym_aux_data(L, s, AuxFuncInfo), f);
}

Unit *sym_unit(const Link *L, Sym s)
{
	u32 obj, li;

	return defined_in(L, s, &obj, &li) ? &L->obj[obj]->unit : NULL;
}

View sym_pkg(const Link *L, Sym s)
{
	u32 obj, li;

	return defined_in(L, s, &obj, &li) ? L->obj[obj]->lib->pkg
		: (View){0};
}

bool sym_toplevel(const Link *L, Sym s)
{
	static const bool unnamed[NKIND] = {
		[K_SDWARFFCN] = true, [K_SDWARFABSFCN] = true,
		[K_SDWARFTYPE] = true, [K_SDWARFCONST] = true,
		[K_SDWARFCUINFO] = true, [K_SDWARFRANGE] = true,
		[K_SDWARFLOC] = true, [K_SDWARFLINES] = true,
		[K_SGOFUNC] = true,
	};

	return unnamed[L->sym[s].kind] || sym_name(L, s).n > 0;
}

u32 sym_align(const Link *L, Sym s)
{
	u8 a = L->sym[s].align;

	return a ? UINT32_C(1) << (a - 1) : 0;
}

void sym_set_align(Link *L, Sym s, u32 align)
{
	L->sym[s].align = align
		? (u8)(1 + __builtin_ctz(align)) : 0;
}

/* ---- changing and building ------------------------------------------ */

static u16 rel_number(const Link *L, const Rel *r)
{
	return (u16)(reloc_number(L->release, (RelocRow)r->type) |
		     (r->weak ? 0x8000 : 0));
}

static void st16(u8 *p, u16 x, bool big)
{
	p[big] = (u8)x;
	p[!big] = (u8)(x >> 8);
}

static void put_rel(const Link *L, u8 *p, const Rel *r)
{
	st32(p, (u32)r->off, false);
	p[4] = r->siz;
	st16(p + 5, rel_number(L, r), false);
	st64(p + 7, (u64)r->add, false);
	st32(p + 15, 0, false);
	st32(p + 19, r->sym, false);
}

/* A reference without definition has no contents to copy. */
Ext *sym_update(Link *L, Sym s)
{
	SymRow *r = own_row(L, s);
	View data = sym_data(L, s);
	const char *why;
	Ext *e;
	Rels rels;
	u32 k;

	if (r->obj == OBJ_EXT)
		return &L->ext[r->li];
	why = r->obj ? goobj_check_def(&L->obj[r->obj]->o, r->li).why : NULL;
	if (why)
		cannot_read(L, L->obj[r->obj], why);
	if (L->next == L->maxext)
		link_exitf(L, "too many symbols");
	e = &L->ext[L->next];
	*e = (Ext){.name = sym_name(L, s), .ver = sym_version(L, s),
		   .obj = r->obj, .li = r->li};
	rels = sym_rels(L, s);
	e->rel = mem_alloc(&L->mem, (size_t)rels.n * RELOC_SIZE);
	e->caprel = e->nrel = rels.n;
	for (k = 0; k < rels.n; k++) {
		Rel x = rel_at(L, rels, k);

		put_rel(L, e->rel + (size_t)k * RELOC_SIZE, &x);
	}
	e->capdata = e->ndata = (u32)data.n;
	e->data = mem_alloc(&L->mem, data.n);
	if (data.n)
		memcpy(e->data, data.p, data.n);
	r->obj = OBJ_EXT;
	r->li = L->next++;
	return e;
}

SB sb_of(Link *L, Sym s)
{
	Ext *e = sym_update(L, s);

	return (SB){L, &L->mem, s, e};
}

SB sb_mem(Link *L, Mem *m, Sym s)
{
	return (SB){L, m, s, &L->ext[L->sym[s].li]};
}

static _Noreturn void too_large(const SB *b)
{
	View name = sym_name(b->L, b->s);

	link_exitf(b->L, "%.*s: symbol too large", (int)name.n,
		   (const char *)name.p);
}

u8 *sb_grow(SB *b, u32 n)
{
	Ext *e = b->e;
	u8 *p;

	if (n > UINT32_MAX / 4 - e->ndata)
		too_large(b);
	if (e->capdata - e->ndata < n) {
		u32 cap = e->ndata + n, had = e->capdata;
		u8 *old = e->data;

		cap = cap < 32 ? 32 : had ? cap + cap / 2 : cap;
		e->data = mem_alloc(b->m, cap);
		if (e->ndata)
			memcpy(e->data, old, e->ndata);
		e->capdata = cap;
	}
	p = e->data + e->ndata;
	e->ndata += n;
	if (b->L->sym[b->s].size < e->ndata)
		b->L->sym[b->s].size = e->ndata;
	return p;
}

void sb_set_size(SB *b, u32 n)
{
	if (n > b->e->ndata)
		sb_grow(b, n - b->e->ndata);
	else if (b->e->ndata > n)	/* grown again, it is zero */
		memset(b->e->data + n, 0, b->e->ndata - n);
	b->e->ndata = n;
	b->L->sym[b->s].size = n;
}

void sb_u8(SB *b, u8 x)
{
	*sb_grow(b, 1) = x;
}

static void put_uint(const Link *L, u8 *p, unsigned siz, u64 x)
{
	bool big = L->arch->big;

	switch (siz) {
	case 1: *p = (u8)x; break;
	case 2: st16(p, (u16)x, big); break;
	case 4: st32(p, (u32)x, big); break;
	default: st64(p, x, big);
	}
}

void sb_uint(SB *b, unsigned siz, u64 x)
{
	put_uint(b->L, sb_grow(b, siz), siz, x);
}

void sb_u16(SB *b, u16 x)
{
	sb_uint(b, 2, x);
}

void sb_u32(SB *b, u32 x)
{
	sb_uint(b, 4, x);
}

void sb_u64(SB *b, u64 x)
{
	sb_uint(b, 8, x);
}

static void need(SB *b, u32 end)
{
	if (b->e->ndata < end)
		sb_grow(b, end - b->e->ndata);
}

void sb_set_uint(SB *b, u32 off, unsigned siz, u64 x)
{
	need(b, off + siz);
	put_uint(b->L, b->e->data + off, siz, x);
}

void sb_bytes(SB *b, View v)
{
	if (v.n > UINT32_MAX / 4)
		too_large(b);
	if (v.n)
		memcpy(sb_grow(b, (u32)v.n), v.p, v.n);
}

void sb_str(SB *b, View v)
{
	sb_bytes(b, v);
	sb_u8(b, 0);
}

void sb_uleb(SB *b, u64 x)
{
	while (x >= 0x80) {
		sb_u8(b, (u8)(x | 0x80));
		x >>= 7;
	}
	sb_u8(b, (u8)x);
}

void sb_sleb(SB *b, i64 x)
{
	for (;;) {
		u8 c = x & 0x7f;

		x >>= 7;	/* arithmetic: gcc and clang say so */
		if ((x == 0 && !(c & 0x40)) || (x == -1 && (c & 0x40))) {
			sb_u8(b, c);
			return;
		}
		sb_u8(b, c | 0x80);
	}
}

void sb_rel(SB *b, Rel r)
{
	Ext *e = b->e;

	e->rel = mem_grow(b->m, e->rel, e->nrel, &e->caprel, RELOC_SIZE);
	put_rel(b->L, e->rel + (size_t)e->nrel++ * RELOC_SIZE, &r);
}

void sb_ref(SB *b, RelocRow type, unsigned siz, Sym to, i64 add)
{
	u32 off = b->e->ndata;

	sb_grow(b, siz);
	sb_rel(b, (Rel){(i32)off, (u8)siz, false, (u16)type, add, to});
}

void sb_addr_plus(SB *b, Sym to, i64 add)
{
	sb_ref(b, ROW_R_ADDR, b->L->arch->ptrsize, to, add);
}

void sb_addr(SB *b, Sym to)
{
	sb_addr_plus(b, to, 0);
}

void sb_pcrel_plus(SB *b, Sym to, i64 add)
{
	sb_ref(b, ROW_R_PCREL, 4, to, add);
}

void sb_set_addr(SB *b, u32 off, Sym to, i64 add)
{
	unsigned siz = b->L->arch->ptrsize;

	need(b, off + siz);
	sb_rel(b, (Rel){(i32)off, (u8)siz, false, ROW_R_ADDR, add, to});
}

/* ---- sections -------------------------------------------------------- */

Sect *seg_add(Link *L, Seg *seg, const char *name, u8 rwx)
{
	Sect *s = mem_alloc(&L->mem, sizeof *s);

	if (L->nsect == 0) {
		L->sect = mem_grow(&L->mem, L->sect, 0, &L->capsect,
				   sizeof *L->sect);
		L->sect[L->nsect++] = NULL;
	}
	if (L->nsect > UINT16_MAX)
		link_exitf(L, "too many sections");
	s->name = name;
	s->rwx = rwx;
	s->seg = seg;
	s->align = L->arch->ptrsize;
	s->idx = (u16)L->nsect;
	L->sect = mem_grow(&L->mem, L->sect, L->nsect, &L->capsect,
			   sizeof *L->sect);
	L->sect[L->nsect++] = s;
	seg->sect = mem_grow(&L->mem, seg->sect, seg->n, &seg->cap,
			     sizeof *seg->sect);
	seg->sect[seg->n++] = s;
	return s;
}
