/*
 * Symbols under construction, as cmd/internal/obj has them: an assembler
 * looks symbols up, writes data and relocations into them, hangs auxiliary
 * symbols on them and puts them on the list of definitions. goobjw.c then
 * makes an object of it all.
 *
 * Everything lives in the object's arena. Mistakes are remembered, the first
 * of them, so that a caller can write a hundred fields and look once.
 *
 * Source: cmd/internal/obj/sym.go, data.go
 */
#include <stdlib.h>

#include "obj/obj.h"

/* A symbol's greatest size, as in Go's writer. */
#define MAXSIZE 2000000000u

void obj_fail(Obj *o, const LSym *s, const char *why)
{
	if (o->why)
		return;
	o->why = why;
	o->who = s ? s->name : view_str("");
}

void *obj_grow(Obj *o, void *p, u32 n, u32 *cap, size_t size)
{
	void *q;

	if (n < *cap)
		return p;
	if (n > UINT32_MAX / 4)
		DIE("a symbol with too many parts");
	*cap = n ? 2 * n : 4;
	q = arena_alloc(&o->arena, *cap * size);
	if (n)
		memcpy(q, p, n * size);
	return q;
}

void syms_add(Syms *l, LSym *s)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 64;
		l->p = xrealloc(l->p, l->cap * sizeof(LSym *));
	}
	l->p[l->n++] = s;
}

void strs_add(Strs *l, View v)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 64;
		l->p = xrealloc(l->p, l->cap * sizeof *l->p);
	}
	l->p[l->n++] = v;
}

/* ---- the object ------------------------------------------------------ */

void obj_init(Obj *o, Release r, const Arch *arch, View pkgpath)
{
	*o = (Obj){.release = r, .arch = arch};
	o->pkgpath = view_of(arena_str(&o->arena, pkgpath), pkgpath.n);
	strs_add(&o->pkglist, view_str(""));
}

void obj_free(Obj *o)
{
	for (int i = 0; i < NLIST; i++)
		free(o->list[i].p);
	free(o->text.p);
	free(o->data.p);
	free(o->refnames.p);
	free(o->refflags.p);
	free(o->files.p);
	free(o->pkglist.p);
	free(o->strings.p);
	free(o->autolib);
	map_free(&o->byname);
	map_free(&o->bypkg);
	arena_free(&o->arena);
}

u32 obj_autolib(Obj *o, View pkg, View fingerprint)
{
	Autolib *a;

	if (o->nautolib == o->capautolib) {
		o->capautolib = o->capautolib ? 2 * o->capautolib : 16;
		o->autolib = xrealloc(o->autolib,
				      o->capautolib * sizeof *o->autolib);
	}
	a = &o->autolib[o->nautolib];
	*a = (Autolib){.pkg = pkg};
	if (fingerprint.n >= FINGERPRINT_SIZE)
		memcpy(a->fingerprint, fingerprint.p, FINGERPRINT_SIZE);
	return (u32)o->nautolib++;
}

/* A compilation unit has few files, and asks for each of them once. */
u32 obj_file(Obj *o, View name)
{
	for (size_t i = 0; i < o->files.n; i++)
		if (view_eq(o->files.p[i], name))
			return (u32)i;
	strs_add(&o->files, view_of(arena_str(&o->arena, name), name.n));
	return (u32)(o->files.n - 1);
}

/* ---- symbols --------------------------------------------------------- */

LSym *lsym_new(Obj *o, View name, u16 abi)
{
	LSym *s = arena_alloc(&o->arena, sizeof *s);

	s->name = view_of(arena_str(&o->arena, name), name.n);
	s->abi = abi;
	return s;
}

LSym *lsym_lookup(Obj *o, View name, u16 abi)
{
	bool fresh;
	MapSlot *m = map_put(&o->byname, name, abi, &fresh);

	if (fresh) {
		LSym *s = lsym_new(o, name, abi);

		m->key = s->name;	/* the caller's may not last */
		m->val.p = s;
	}
	return m->val.p;
}

LSym *lsym_extern(Obj *o, View pkg, u32 symidx, View name)
{
	bool fresh;
	MapSlot *m = map_put(&o->bypkg, pkg, symidx, &fresh);

	if (fresh) {
		LSym *s = lsym_new(o, name, SymABI0);

		s->pkg = view_of(arena_str(&o->arena, pkg), pkg.n);
		s->symidx = symidx;
		s->list = LIST_EXTERN;
		m->key = s->pkg;
		m->val.p = s;
	}
	return m->val.p;
}

void lsym_set_kind(Obj *o, LSym *s, u8 kind)
{
	s->kind = kind;
	if (o->rules)
		o->rules->set_kind(o, s);
}

void lsym_define(Obj *o, LSym *s)
{
	if (s->onlist) {
		obj_fail(o, s, "symbol defined twice");
		return;
	}
	s->onlist = true;
	syms_add(kind_is_text(s->kind) ? &o->text : &o->data, s);
}

/* ---- data ------------------------------------------------------------ */

/* Makes at least n bytes of the symbol its own. */
static void lsym_grow(Obj *o, LSym *s, u32 n)
{
	u32 cap = n > s->capdata ? n : s->capdata;

	if (cap > s->capdata || s->data_shared) {
		u8 *p;

		if (s->ndata > 0 && cap < 2 * s->ndata && n > s->ndata)
			cap = 2 * s->ndata;
		if (cap < s->ndata)
			cap = s->ndata;
		p = arena_alloc(&o->arena, cap);
		if (s->ndata)
			memcpy(p, s->data, s->ndata);
		s->data = p;
		s->capdata = cap;
		s->data_shared = false;
	}
	if (n > s->ndata)
		s->ndata = n;	/* the arena's bytes are zero */
}

u8 *lsym_prepwrite(Obj *o, LSym *s, u32 off, u32 siz)
{
	u64 end = (u64)off + siz;
	u8 kind = s->kind;

	if (off >= 1u << 30 || end > MAXSIZE) {
		obj_fail(o, s, "data written beyond what a symbol can have");
		return NULL;
	}
	if (s->kind == STLSBSS) {
		obj_fail(o, s, "cannot supply data for STLSBSS");
		return NULL;
	}
	if (s->kind == Sxxx || s->kind == SBSS)
		s->kind = SDATA;
	else if (s->kind == SNOPTRBSS)
		s->kind = SNOPTRDATA;
	/* Up to 1.26, a write that leaves the kind alone does not set it. */
	if (o->rules && (s->kind != kind || o->release >= GO127))
		o->rules->set_kind(o, s);
	lsym_grow(o, s, (u32)end);
	if (end > s->size)
		s->size = (u32)end;
	s->hash_known = false;
	return s->data + off;
}

void lsym_write_int(Obj *o, LSym *s, u32 off, unsigned siz, u64 x)
{
	u8 *p;

	if (siz != 1 && siz != 2 && siz != 4 && siz != 8) {
		obj_fail(o, s, "an integer of a size that is none");
		return;
	}
	p = lsym_prepwrite(o, s, off, siz);
	for (unsigned i = 0; p && i < siz; i++)
		p[o->arch->big ? siz - 1 - i : i] = (u8)(x >> 8 * i);
}

void lsym_write_bytes(Obj *o, LSym *s, u32 off, View b)
{
	u8 *p = b.n > MAXSIZE ? NULL :
		lsym_prepwrite(o, s, off, (u32)b.n);

	if (b.n > MAXSIZE)
		obj_fail(o, s, "data written beyond what a symbol can have");
	if (p && b.n)
		memcpy(p, b.p, b.n);
}

void lsym_write_string(Obj *o, LSym *s, u32 off, u32 siz, View str)
{
	u8 *p;

	if (str.n > siz) {
		obj_fail(o, s, "a string longer than its place");
		return;
	}
	p = lsym_prepwrite(o, s, off, siz);
	if (p && str.n)
		memcpy(p, str.p, str.n);
}

/* ---- relocations ----------------------------------------------------- */

void lsym_add_reloc(Obj *o, LSym *s, Reloc r)
{
	if (o->rules)
		o->rules->check_reloc(o, s, &r);
	s->r = obj_grow(o, s->r, s->nr, &s->capr, sizeof *s->r);
	s->r[s->nr++] = r;
	s->hash_known = false;
}

static void add_addr(Obj *o, LSym *s, u32 off, unsigned siz, RelocRow row,
		     LSym *to, i64 add)
{
	/* The place is zero in the file: the addend is the relocation's. */
	if (lsym_prepwrite(o, s, off, siz))
		lsym_add_reloc(o, s, (Reloc){
			(i32)off, (u8)siz, reloc_number(o->release, row), add,
			to});
}

static bool addr_size(Obj *o, LSym *s, unsigned siz)
{
	if (siz == o->arch->ptrsize || siz == 4)
		return true;
	obj_fail(o, s, "an address of a size that is none");
	return false;
}

void lsym_write_addr(Obj *o, LSym *s, u32 off, unsigned siz, LSym *to,
		     i64 add)
{
	if (addr_size(o, s, siz))
		add_addr(o, s, off, siz, ROW_R_ADDR, to, add);
}

void lsym_write_weak_addr(Obj *o, LSym *s, u32 off, unsigned siz, LSym *to,
			  i64 add)
{
	if (addr_size(o, s, siz))
		add_addr(o, s, off, siz, ROW_R_WEAKADDR, to, add);
}

void lsym_write_off(Obj *o, LSym *s, u32 off, LSym *to, i64 add)
{
	add_addr(o, s, off, 4, ROW_R_ADDROFF, to, add);
}

void lsym_write_weak_off(Obj *o, LSym *s, u32 off, LSym *to, i64 add)
{
	add_addr(o, s, off, 4, ROW_R_WEAKADDROFF, to, add);
}

/* ---- auxiliary symbols ----------------------------------------------- */

void lsym_add_aux(Obj *o, LSym *s, AuxType type, LSym *aux)
{
	s->aux = obj_grow(o, s->aux, s->naux, &s->capaux, sizeof *s->aux);
	s->aux[s->naux++] = (Aux){(u8)type, aux};
}

LSym *lsym_aux(const LSym *s, AuxType type)
{
	for (u32 i = 0; i < s->naux; i++)
		if (s->aux[i].type == type)
			return s->aux[i].sym;
	return NULL;
}
