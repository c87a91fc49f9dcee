/*
 * Writing objects: the blocks of goobj.c, in order. Go's writer goes over the
 * lists once for each block, and so does this.
 *
 * The string table holds each string once, in the order in which a walk over
 * everything meets it: "", imports, packages, symbols, files. Names of
 * builtins are in no object.
 *
 * Source: cmd/internal/obj/objfile.go (WriteObjFile)
 */
#include "obj/obj.h"

typedef struct {
	Obj *o;
	Buf *out;
	size_t start;	/* of the object in out */
	u32 blk[NBlk];
	Map strs;	/* string -> offset */
} Writer;

static const SymList defined[] = {LIST_DEF, LIST_HASHED64, LIST_HASHED,
				  LIST_NONPKGDEF};

/* The n low bytes of x. */
static inline void put(Writer *w, u64 x, size_t n)
{
	st64(buf_room(w->out, 8), x, false);
	w->out->n += n;
}

static void put8(Writer *w, u8 x) { put(w, x, 1); }
static void put16(Writer *w, u16 x) { put(w, x, 2); }
static void put32(Writer *w, u32 x) { put(w, x, 4); }
static void put64(Writer *w, u64 x) { put(w, x, 8); }

static u64 offset(const Writer *w)
{
	return w->out->n - w->start;
}

static void begin(Writer *w, Blk b)
{
	w->blk[b] = (u32)offset(w);
}

/* ---- strings --------------------------------------------------------- */

static void add_string(Writer *w, View v)
{
	bool fresh;
	MapSlot *m = map_put(&w->strs, v, 0, &fresh);

	if (fresh) {
		m->val.n = offset(w);
		buf_add(w->out, v);
	}
}

static void put_string(Writer *w, View v)
{
	const MapSlot *m = map_get(&w->strs, v, 0);

	if (!m)
		DIE("a string that is not in the table");
	put32(w, (u32)v.n);
	put32(w, (u32)m->val.n);
}

static void add_name(void *arg, LSym *s)
{
	Writer *w = arg;

	if (s->list == LIST_BUILTIN ||
	    (w->o->norefname && s->list == LIST_EXTERN))
		return;
	add_string(w, s->name);
}

static void string_table(Writer *w)
{
	Obj *o = w->o;

	add_string(w, view_str(""));
	for (size_t i = 0; i < o->strings.n; i++)
		add_string(w, o->strings.p[i]);
	for (size_t i = 0; i < o->nautolib; i++)
		add_string(w, o->autolib[i].pkg);
	for (size_t i = 0; i < o->pkglist.n; i++)
		add_string(w, o->pkglist.p[i]);
	obj_walk(o, WALK_ALL, add_name, w);
	for (size_t i = 0; i < o->files.n; i++)
		add_string(w, o->files.p[i]);
	/* Of a loaded object, the walk does not meet what hangs on nothing. */
	for (SymList l = LIST_DEF; l <= LIST_NONPKGREF; l++)
		for (size_t i = 0; i < o->list[l].n; i++)
			add_string(w, o->list[l].p[i]->name);
	for (size_t i = 0; i < o->refnames.n; i++)
		add_string(w, o->refnames.p[i]->name);
}

/* ---- symbols --------------------------------------------------------- */

/* The name behind prefix, or an empty one. */
static View behind(View name, View prefix)
{
	View rest;

	if (!view_has(name, 0, prefix.n) ||
	    !view_eq(view_of(name.p, prefix.n), prefix))
		return view_str("");
	view_sub(name, prefix.n, name.n - prefix.n, &rest);
	return rest;
}

static u8 flag_of(const LSym *s)
{
	View type = behind(s->name, view_str("type:"));

	return type.n > 0 && type.p[0] != '.' && s->kind == SRODATA ?
		s->flag | SymFlagGoType : s->flag;
}

/* Whatever the assembler names counted as linknamed up to 1.26. */
static u8 flag2_of(const Obj *o, const LSym *s)
{
	u8 flag2 = s->flag2;

	if (view_prefix(s->name, "go:itab.") && s->kind == SRODATA)
		flag2 |= SymFlagItab;
	if (o->pkgpath.n > 0 &&
	    view_prefix(behind(s->name, o->pkgpath), "..dict"))
		flag2 |= SymFlagDict;
	if (view_is(s->name, "main.main") ||
	    (o->release < GO127 && s->name.n > 0 &&
	     (o->flags & ObjFlagFromAssembly)))
		flag2 |= SymFlagLinkname;
	return flag2;
}

static void put_sym(Writer *w, const LSym *s)
{
	put_string(w, s->name);
	put16(w, s->abi);
	put8(w, s->kind);
	put8(w, flag_of(s));
	put8(w, flag2_of(w->o, s));
	put32(w, s->size);
	put32(w, s->align);
}

static void put_ref(Writer *w, const LSym *s)
{
	SymRef r = lsym_ref(w->o, s);

	if (s && s->list == LIST_NONE)
		obj_fail(w->o, s, "a reference to a symbol without number");
	put32(w, r.pkg);
	put32(w, r.sym);
}

static void put_lists(Writer *w)
{
	Obj *o = w->o;

	begin(w, BlkAutolib);
	for (size_t i = 0; i < o->nautolib; i++) {
		put_string(w, o->autolib[i].pkg);
		buf_add(w->out, view_of(o->autolib[i].fingerprint,
					FINGERPRINT_SIZE));
	}
	begin(w, BlkPkgIdx);
	for (size_t i = 0; i < o->pkglist.n; i++)
		put_string(w, o->pkglist.p[i]);
	begin(w, BlkFile);
	for (size_t i = 0; i < o->files.n; i++)
		put_string(w, o->files.p[i]);
	for (SymList l = LIST_DEF; l <= LIST_NONPKGREF; l++) {
		begin(w, (Blk)(BlkSymdef + l - LIST_DEF));
		for (size_t i = 0; i < o->list[l].n; i++)
			put_sym(w, o->list[l].p[i]);
	}
}

static void put_hashes(Writer *w)
{
	const Syms *h64 = &w->o->list[LIST_HASHED64];
	const Syms *h = &w->o->list[LIST_HASHED];

	begin(w, BlkHash64);
	for (size_t i = 0; i < h64->n; i++)
		buf_add(w->out, view_of(h64->p[i]->hash, HASH64_SIZE));
	begin(w, BlkHash);
	for (size_t i = 0; i < h->n; i++)
		buf_add(w->out, view_of(h->p[i]->hash, HASH_SIZE));
}

/* ---- what belongs to each symbol ------------------------------------- */

typedef u32 CountFn(const LSym *);
typedef void PutFn(Writer *, LSym *);

static u32 count_relocs(const LSym *s)
{
	return s->nr;
}

static u32 count_aux(const LSym *s)
{
	return s->naux;
}

static u32 count_data(const LSym *s)
{
	return s->ndata;
}

static void put_index(Writer *w, Blk b, CountFn *count)
{
	u64 n = 0;

	begin(w, b);
	for (size_t l = 0; l < NELEM(defined); l++) {
		const Syms *list = &w->o->list[defined[l]];

		for (size_t i = 0; i < list->n; i++) {
			put32(w, (u32)n);
			n += count(list->p[i]);
		}
	}
	if (n > UINT32_MAX)
		obj_fail(w->o, NULL, "data too large");
	put32(w, (u32)n);
}

static void put_each(Writer *w, Blk b, PutFn *fn)
{
	begin(w, b);
	for (size_t l = 0; l < NELEM(defined); l++) {
		const Syms *list = &w->o->list[defined[l]];

		for (size_t i = 0; i < list->n; i++)
			fn(w, list->p[i]);
	}
}

static bool reloc_less(void *arg, size_t i, size_t j)
{
	const Reloc *r = arg;

	return r[i].off < r[j].off;
}

static void reloc_swap(void *arg, size_t i, size_t j)
{
	Reloc *r = arg, t = r[i];

	r[i] = r[j];
	r[j] = t;
}

static void put_relocs(Writer *w, LSym *s)
{
	go_sort(&(GoSort){reloc_less, reloc_swap, s->r}, s->nr);
	for (u32 i = 0; i < s->nr; i++) {
		put32(w, (u32)s->r[i].off);
		put8(w, s->r[i].siz);
		put16(w, s->r[i].type);
		put64(w, (u64)s->r[i].add);
		put_ref(w, s->r[i].sym);
	}
}

static void put_auxs(Writer *w, LSym *s)
{
	for (u32 i = 0; i < s->naux; i++) {
		put8(w, s->aux[i].type);
		put_ref(w, s->aux[i].sym);
	}
}

/* FuncInfo has references within its data, at the end of it. */
static void put_data(Writer *w, LSym *s)
{
	size_t at = w->out->n;

	buf_add(w->out, view_of(s->data, s->ndata));
	if (s->ninl == 0)
		return;
	if (s->ndata < (u64)s->ninl * INLNODE_SIZE)
		DIE("a FuncInfo without its inline tree");
	at += s->ndata - (size_t)s->ninl * INLNODE_SIZE;
	for (u32 i = 0; i < s->ninl; i++) {
		u8 *p = (u8 *)w->out->p + at + (size_t)i * INLNODE_SIZE + 12;
		SymRef r = lsym_ref(w->o, s->inl[i]);

		if (s->inl[i] && s->inl[i]->list == LIST_NONE)
			obj_fail(w->o, s, "an inlined function without "
				 "number");
		st32(p, r.pkg, false);
		st32(p + 4, r.sym, false);
	}
}

/* ---- symbols of other packages --------------------------------------- */

/* mark tells those that are on the lists already. */
static void list_extern(void *arg, LSym *s)
{
	Obj *o = arg;

	if (s->list != LIST_EXTERN || s->mark)
		return;
	s->mark = 1;
	syms_add(&o->refnames, s);
	if (s->flag2 & SymFlagUsedInIface)
		syms_add(&o->refflags, s);
}

/* Of a loaded object, both lists are there, and only what was added since
 * is missing. Unless it was loaded without names: then it has none. */
static void list_externs(Obj *o)
{
	for (size_t i = 0; i < o->refnames.n; i++)
		o->refnames.p[i]->mark = 1;
	if (!o->norefname)
		obj_walk(o, WALK_REFS, list_extern, o);
	for (size_t i = 0; i < o->refnames.n; i++)
		o->refnames.p[i]->mark = 0;
}

static void put_refflags(Writer *w)
{
	begin(w, BlkRefFlags);
	for (size_t i = 0; i < w->o->refflags.n; i++) {
		put_ref(w, w->o->refflags.p[i]);
		put8(w, w->o->refflags.p[i]->flag);
		put8(w, w->o->refflags.p[i]->flag2);
	}
}

static void put_refnames(Writer *w)
{
	begin(w, BlkRefName);
	for (size_t i = 0; i < w->o->refnames.n; i++) {
		put_ref(w, w->o->refnames.p[i]);
		put_string(w, w->o->refnames.p[i]->name);
	}
}

/* ---- alignment ------------------------------------------------------- */

/* What the writer gave to content-addressable symbols up to 1.26: bytes
 * and strings 1, else by the size. */
static u32 default_align(const LSym *s, unsigned ptrsize)
{
	static const char *const prefix[] = {"go:string.",
		"type:.namedata.", "type:.importpath."};
	static const char *const suffix[] = {".opendefer", ".arginfo0",
		".arginfo1", ".argliveinfo"};

	for (size_t i = 0; i < NELEM(prefix); i++)
		if (view_prefix(s->name, prefix[i]))
			return 1;
	for (size_t i = 0; i < NELEM(suffix); i++)
		if (view_suffix(s->name, suffix[i]))
			return 1;
	if (view_prefix(s->name, "gclocals\xc2\xb7"))
		return 4;
	if (ptrsize == 8 && s->size % 8 == 0)
		return 8;
	return s->size % 4 == 0 ? 4 : s->size % 2 == 0 ? 2 : 1;
}

/* From 1.27 on they must have one, but for functions. */
static void set_aligns(Obj *o)
{
	static const SymList hashed[] = {LIST_HASHED64, LIST_HASHED};

	for (size_t l = 0; l < NELEM(hashed); l++) {
		const Syms *list = &o->list[hashed[l]];

		for (size_t i = 0; i < list->n; i++) {
			LSym *s = list->p[i];

			if (s->align || s->size == 0 || kind_is_text(s->kind))
				continue;
			if (o->release >= GO127)
				obj_fail(o, s, "is content-addressable but "
					 "alignment is not set");
			else
				s->align = default_align(s,
							 o->arch->ptrsize);
		}
	}
}

/* ---- all of it ------------------------------------------------------- */

static void put_header(Writer *w)
{
	u8 *p = (u8 *)w->out->p + w->start;

	memcpy(p, GOOBJ_MAGIC, 8);
	memcpy(p + 8, w->o->fingerprint, FINGERPRINT_SIZE);
	st32(p + 16, w->o->flags, false);
	for (int b = 0; b < NBlk; b++)
		st32(p + 20 + 4 * b, w->blk[b], false);
}

static void put_blocks(Writer *w)
{
	put_lists(w);
	put_refflags(w);
	put_hashes(w);
	put_index(w, BlkRelocIdx, count_relocs);
	put_index(w, BlkAuxIdx, count_aux);
	put_index(w, BlkDataIdx, count_data);
	put_each(w, BlkReloc, put_relocs);
	put_each(w, BlkAux, put_auxs);
	put_each(w, BlkData, put_data);
	put_refnames(w);
	begin(w, BlkEnd);
}

const char *obj_write(Obj *o, Buf *out)
{
	static const u8 header[GOOBJ_HEADER];
	Writer w = {.o = o, .out = out, .start = out->n};

	obj_number(o);
	set_aligns(o);
	obj_hash(o, false);
	list_externs(o);
	buf_add(out, view_of(header, sizeof header));
	string_table(&w);
	put_blocks(&w);
	if (offset(&w) > UINT32_MAX)
		obj_fail(o, NULL, "the object is too large");
	put_header(&w);
	map_free(&w.strs);
	return o->why;
}
