/*
 * Symbols get their numbers, on which the layout of the program depends:
 *
 *   1. the package definitions (Symdef) of all objects, object by object
 *   2. for each object its Hashed64, Hashed and non-package definitions that
 *      are not there yet: by content or by name, and then only the content
 *      is chosen, not the number
 *   3. for each object the names it refers to that nobody defines
 *
 * What needs no order is done object by object in parallel: checking the
 * object and hashing its names; the rows of the package definitions, whose
 * numbers are known beforehand; finding what references mean. Until it is
 * known, syms[i] of an object holds the hash of the name.
 *
 * Source: LoadSyms in cmd/link/internal/loader/loader.go
 */
#include <stdlib.h>
#include <sys/auxv.h>

#include "link/load.h"

enum { AHEAD = 32 };	/* names in the pipeline of fetches */

/* A short constant, or the hash of a longer one, and the symbol with it. */
typedef struct {
	u64 key[2];
	u32 sym, size;
	u8 align, use;	/* of the copies so far */
} Content;

/* Slots of hash << 32 | number in content, from 1 on; 0: empty. */
typedef struct {
	u64 *slot;
	Content *content;
	u32 mask, n;
} Contents;

/* What loading knows of an object. */
typedef struct {
	u32 base;	/* the number of its first package definition */
	u32 named;	/* definitions for the name table, at most */
	u32 first;	/* package definitions among them */
	u32 *todo;	/* references that need a closer look, in order */
	u32 ntodo;
	u32 nopkg;	/* PkgIdx of a package that is not there */
	u32 badref;	/* 1 + symbol it must not refer to by name */
	const char *why;
} ObjLoad;

typedef struct {
	Link *L;
	ObjLoad *obj;	/* as L->obj */
	u32 *order;	/* objects, the largest first */
	u32 norder;
	u32 flag[256], flag2[256];	/* to attributes */
	Contents hash64, hash;
	u64 seed[2];
	SymVec var, varobj;	/* linknamed variables without a value */
	SymVec fix, fixsize;	/* symbols that become larger */
	u32 strictdups;
} Load;

/* ---- rows ------------------------------------------------------------ */

static void flag_tables(Load *ld)
{
	Release r = ld->L->release;
	const struct {
		u8 bit;
		u32 attr;
	} f[] = {
		{SymFlagDupok, A_DUPOK}, {SymFlagTypelink, A_TYPELINK},
		{SymFlagNoSplit, A_NOSPLIT},
		{SymFlagReflectMethod, A_REFLECTMETHOD},
		{SymFlagGoType, A_GOTYPE},
	}, f2[] = {
		{SymFlagItab, A_ITAB}, {SymFlagDict, A_DICT},
		{SymFlagPkgInit, A_PKGINIT}, {SymFlagLinkname, A_LINKNAME},
		{r >= GO127 ? SymFlagLinknameStd : 0, A_LINKNAMESTD},
		{symflag2_abiwrapper(r), A_ABIWRAPPER},
	};

	for (u32 x = 0; x < 256; x++) {
		for (size_t i = 0; i < NELEM(f); i++)
			ld->flag[x] |= x & f[i].bit ? f[i].attr : 0;
		for (size_t i = 0; i < NELEM(f2); i++)
			ld->flag2[x] |= x & f2[i].bit ? f2[i].attr : 0;
	}
}

static inline u32 object_attr(const Load *ld, const LObj *o, u32 li,
			      const u8 *p)
{
	const GoObj *g = &o->o;
	u32 hashed = g->nsymdef + g->nhashed64def;
	u16 abi = ld16(p + 8, false);
	u32 attr = ld->flag[p[11]] | ld->flag2[p[12]];

	attr |= abi == SymABIstatic ? A_STATIC : abi ? A_ABIINTERNAL : 0;
	attr |= g->flags & ObjFlagShared ? A_SHARED : 0;
	return attr | (li - hashed < g->nhasheddef ? A_HASHED : 0);
}

/* What a use of the symbol adds to it, whoever defines it. */
static inline u32 use_attr(const u8 *p)
{
	return (p[11] & SymFlagLocal ? A_LOCAL : 0) |
		(p[12] & SymFlagUsedInIface ? A_USEDINIFACE : 0);
}

static inline const u8 *record(const LObj *o, u32 li)
{
	return goobj_at(&o->o, BlkSymdef, li, SYM_SIZE);
}

static void set_def(const Load *ld, SymRow *r, const LObj *o, u32 li)
{
	const u8 *p = record(o, li);

	r->obj = o->idx;
	r->li = li;
	r->size = ld32(p + 13, false);
	r->kind = ld->L->kindrow[p[10]];
	r->attr = (r->attr & ~(u32)A_OBJECT) | object_attr(ld, o, li, p);
}

static inline u8 record_align(const u8 *p)
{
	u32 align = ld32(p + 17, false);

	return align ? (u8)(1 + __builtin_ctz(align)) : 0;
}

static inline void add_use(SymRow *r, const u8 *p)
{
	u8 log = record_align(p);

	r->attr |= use_attr(p);
	r->align = log > r->align ? log : r->align;
}

static Sym new_sym(Load *ld, const LObj *o, u32 li)
{
	Sym s = ld->L->nsym++;

	set_def(ld, &ld->L->sym[s], o, li);
	return s;
}

/* ---- 0. objects are checked, names hashed ---------------------------- */

static const char *hash_names(Load *ld, const LObj *o, ObjLoad *ol)
{
	const u8 *p = record(o, 0);
	u32 hashed = o->o.nhashed64def + o->o.nhasheddef;

	for (u32 i = 0; i < o->o.nsym; i++, p += SYM_SIZE) {
		u16 abi = ld16(p + 8, false);
		u32 align = ld32(p + 17, false), ver = abi;
		bool def = i < o->o.ndef;

		if (p[10] >= NELEM(ld->L->kindrow))
			return "symbol of unknown kind";
		if (align & (align - 1) || align > 1u << 30)
			return "alignment that is no power of two";
		if (abi > SymABIInternal && abi != SymABIstatic)
			return "invalid symbol ABI";
		if (i - o->o.nsymdef < hashed)
			continue;
		if (def && (abi == SymABIstatic || ld32(p, false) == 0))
			continue;
		if (abi == SymABIstatic)
			ver = o->version;
		o->syms[i] = name_hash(ld->L->names, goobj_str(&o->o, p),
				       ver);
		ol->named += def;
		ol->first += i < o->o.nsymdef;
	}
	return NULL;
}

static void rows(const Load *ld, const LObj *o, Sym s)
{
	for (u32 li = 0; li < o->o.nsymdef; li++, s++) {
		SymRow *r = &ld->L->sym[s];

		set_def(ld, r, o, li);
		add_use(r, record(o, li));
	}
}

static void check_one(void *arg, size_t i)
{
	Load *ld = arg;
	u32 k = ld->order[i];
	const LObj *o = ld->L->obj[k];
	Fault f = goobj_check(&o->o, GOOBJ_NO_FUNCINFO |
			      (ld->L->flag.w ? GOOBJ_NO_DWARF : 0));

	ld->obj[k].why = f.why ? f.why : hash_names(ld, o, &ld->obj[k]);
	if (!ld->obj[k].why)
		rows(ld, o, ld->obj[k].base);
}

static void check_objects(Load *ld)
{
	Link *L = ld->L;

	for (u32 k = OBJ_FIRST; k < L->nobj; k++) {
		ld->obj[k].base = L->nsym;
		L->nsym += L->obj[k]->o.nsymdef;
	}
	pool_for(L->flag.threads, ld->norder, check_one, ld);
	for (u32 k = OBJ_FIRST; k < L->nobj; k++)
		if (ld->obj[k].why)
			link_exitf(L, "%s(%.*s): cannot read object file: %s",
				   L->obj[k]->path, (int)L->obj[k]->member.n,
				   (const char *)L->obj[k]->member.p,
				   ld->obj[k].why);
}

/* ---- 1. package definitions ------------------------------------------ */

static void names_one(void *arg, size_t i)
{
	Load *ld = arg;
	u32 k = ld->order[i];
	const LObj *o = ld->L->obj[k];
	u32 n = o->o.nsymdef, base = ld->obj[k].base;

	for (u32 li = 0; li < n; li++) {
		u32 hash = o->syms[li];

		if (li + AHEAD < n && o->syms[li + AHEAD])
			names_prefetch(ld->L->names, o->syms[li + AHEAD]);
		if (hash)
			names_add_def(ld->L, hash, base + li);
		o->syms[li] = base + li;
	}
}

static void package_defs(Load *ld)
{
	Link *L = ld->L;

	pool_for(L->flag.threads, ld->norder, names_one, ld);
}

/* ---- 2. content-addressed definitions -------------------------------- */

static void contents_init(Contents *c, u64 max)
{
	c->mask = (1 << 12) - 1;
	c->slot = mem_reserve((c->mask + (size_t)1) * sizeof *c->slot);
	c->content = mem_reserve((max + 1) * sizeof *c->content);
	c->n = 1;
}

static void contents_free(Contents *c, u64 max)
{
	mem_release(c->slot, (c->mask + (size_t)1) * sizeof *c->slot);
	mem_release(c->content, (max + 1) * sizeof *c->content);
}

static inline u32 content_hash(const Load *ld, const u64 key[2])
{
	__extension__ typedef unsigned __int128 u128;
	u128 x = (u128)(key[0] ^ ld->seed[0]) * (key[1] ^ ld->seed[1]);

	return (u32)(x ^ x >> 64);
}

static void contents_put(Contents *c, u32 hash, u32 i)
{
	u32 k = hash & c->mask;

	while (c->slot[k])
		k = (k + 1) & c->mask;
	c->slot[k] = (u64)hash << 32 | i;
}

static void contents_grow(const Load *ld, Contents *c)
{
	mem_release(c->slot, (c->mask + (size_t)1) * sizeof *c->slot);
	c->mask = 4 * c->mask + 3;
	c->slot = mem_reserve((c->mask + (size_t)1) * sizeof *c->slot);
	for (u32 i = 1; i < c->n; i++)
		contents_put(c, content_hash(ld, c->content[i].key), i);
}

static Content *contents_find(const Contents *c, u32 hash, const u64 key[2])
{
	u64 x;

	for (u32 k = hash & c->mask; (x = c->slot[k]) != 0;
	     k = (k + 1) & c->mask) {
		Content *e = &c->content[(u32)x];

		if (x >> 32 == hash && e->key[0] == key[0] &&
		    e->key[1] == key[1])
			return e;
	}
	return NULL;
}

/* Short data with and without zeros behind it has one hash: the longer one
 * is taken. */
static void again(Load *ld, const LObj *o, u32 li, Content *e)
{
	const u8 *p = record(o, li);
	u32 size = ld32(p + 13, false);
	u8 align = record_align(p), use = (u8)use_attr(p);

	if (size > e->size) {
		e->size = size;
		set_def(ld, &ld->L->sym[e->sym], o, li);
	}
	if (align > e->align || (use & ~e->use)) {
		e->align = align > e->align ? align : e->align;
		e->use |= use;
		add_use(&ld->L->sym[e->sym], p);
	}
}

static Sym content_sym(Load *ld, Contents *c, const LObj *o, u32 li,
		       u32 hash, const u64 key[2])
{
	Content *e = contents_find(c, hash, key);
	const u8 *p = record(o, li);
	Sym s;

	if (e) {
		again(ld, o, li, e);
		return e->sym;
	}
	if (c->n > c->mask / 2)
		contents_grow(ld, c);
	s = new_sym(ld, o, li);
	add_use(&ld->L->sym[s], p);
	c->content[c->n] = (Content){{key[0], key[1]}, s,
				     ld32(p + 13, false), record_align(p),
				     (u8)use_attr(p)};
	contents_put(c, hash, c->n++);
	return s;
}

/* The n symbols from li on, whose hashes of size bytes begin at p. */
static void contents(Load *ld, Contents *c, const LObj *o, u32 li, u32 n,
		     const u8 *p, u32 size)
{
	u64 key[AHEAD][2];
	u32 hash[AHEAD];

	for (u32 i = 0; i < n + AHEAD / 2; i++) {
		u32 a = i % AHEAD, b = (i - AHEAD / 4) % AHEAD,
			d = (i - AHEAD / 2) % AHEAD;

		if (i < n) {
			key[a][0] = ld64(p, false);
			key[a][1] = size == HASH_SIZE ? ld64(p + 8, false) : 0;
			hash[a] = content_hash(ld, key[a]);
			__builtin_prefetch(&c->slot[hash[a] & c->mask]);
			p += size;
		}
		if (i >= AHEAD / 4 && i - AHEAD / 4 < n)
			__builtin_prefetch(&c->content[(u32)
				c->slot[hash[b] & c->mask]]);
		if (i >= AHEAD / 2)
			o->syms[li + i - AHEAD / 2] = content_sym(ld, c, o,
				li + i - AHEAD / 2, hash[d], key[d]);
	}
}

/* ---- 2. definitions by name ------------------------------------------ */

static const char *const kind_name[NKIND] = {
#define KIND(name) [K_##name] = #name,
#include "link/kind.def"
#undef KIND
};

/* -strictdups: copies that differ are worth a message. */
static void checkdup(Load *ld, const LObj *o, u32 li, Sym old)
{
	static const char *const allowed[] = {
		"go:info.go.interface", "go:info.go.builtin", "go:debuglines",
	};
	const Link *L = ld->L;
	GoSym g = goobj_sym(&o->o, li);
	View a = goobj_data(&o->o, li), b = sym_data(L, old);
	View at = o->lib->pkg, was = L->obj[row(L, old)->obj]->lib->pkg;
	const char *fmt = "same length but different contents";
	unsigned long long x = a.n, y = b.n;
	Buf out = {0};

	if (a.n != b.n) {
		fmt = "new length %llu != old length %llu";
	} else if (view_eq(a, b)) {
		if (g.size == row(L, old)->size)
			return;
		fmt = "different sizes: new size %llu != old size %llu";
		x = g.size;
		y = row(L, old)->size;
	}
	fprintf(stderr, "cmd/link: while reading object for '%.*s': "
		"duplicate symbol '%.*s', previous def at '%.*s', with "
		"mismatched payload: ", (int)at.n, (const char *)at.p,
		(int)g.name.n, (const char *)g.name.p, (int)was.n,
		(const char *)was.p);
	if (fmt[0] == 's')
		buf_str(&out, fmt);
	else if (fmt[0] == 'n')
		buf_printf(&out, "new length %llu != old length %llu", x, y);
	else
		buf_printf(&out, "different sizes: new size %llu != old size "
			   "%llu", x, y);
	fprintf(stderr, "%.*s\n", (int)out.n, out.p);
	buf_free(&out);
	for (size_t i = 0; i < NELEM(allowed); i++)
		if (view_prefix(g.name, allowed[i]))
			return;
	ld->strictdups++;
}

static _Noreturn void duplicated(const Load *ld, const LObj *o, u32 li,
				 Sym old)
{
	const Link *L = ld->L;
	const SymRow *r = row(L, old);
	GoSym g = goobj_sym(&o->o, li);
	View a = o->lib->pkg, b = L->obj[r->obj]->lib->pkg;

	link_fatalf(L, "duplicated definition of symbol %.*s, from %.*s "
		   "(type %s size %u) and %.*s (type %s size %u)",
		   (int)g.name.n, (const char *)g.name.p, (int)a.n,
		   (const char *)a.p, kind_name[L->kindrow[g.kind]],
		   (unsigned)g.size, (int)b.n, (const char *)b.p,
		   kind_name[r->kind], (unsigned)r->size);
}

static void fix_size(Load *ld, Sym s, u32 size)
{
	symvec_add(&ld->L->mem, &ld->fix, s);
	symvec_add(&ld->L->mem, &ld->fixsize, size);
}

static bool is_data(u8 kind)
{
	return kind_in(kind, K_SNOPTRDATA, K_SNOPTRBSS);
}

/* Two definitions of which neither may be one of several: contents win over
 * BSS, and get its size if that is larger; code wins over BSS; the larger of
 * two BSS wins. */
static void redefined(Load *ld, const LObj *o, u32 li, Sym old)
{
	SymRow *r = &ld->L->sym[old];
	const u8 *p = record(o, li);
	u8 kind = ld->L->kindrow[p[10]];
	u32 size = ld32(p + 13, false), oldsize = r->size;
	bool contents = goobj_data(&o->o, li).n > 0;
	bool bss = is_data(kind) && !contents;
	bool oldbss = is_data(r->kind) && sym_data(ld->L, old).n == 0;

	if (oldbss && (link_kind_is_text(kind) || contents ||
		       (bss && size > oldsize))) {
		set_def(ld, r, o, li);
		if (oldsize > size)
			fix_size(ld, old, oldsize);
	} else if (bss) {
		if (size > oldsize)
			fix_size(ld, old, size);
	} else {
		duplicated(ld, o, li, old);
	}
}

static void defined_again(Load *ld, const LObj *o, u32 li, Sym old)
{
	SymRow *r = &ld->L->sym[old];
	const u8 *p = record(o, li);
	bool dupok = p[11] & SymFlagDupok;

	if (r->attr & A_DUPOK) {
		if (dupok && ld->L->flag.strictdups)
			checkdup(ld, o, li, old);
		if (!dupok || r->size < ld32(p + 13, false))
			set_def(ld, r, o, li);
	} else if (!dupok) {
		redefined(ld, o, li, old);
	}
}

/* Brings what names_find will look at into the cache, a step for each of
 * several names ahead: slot, row, record, string. */
static void fetch(const Link *L, const u32 *hash, u32 i, u32 n,
		  Sym guess[AHEAD])
{
	const LObj *o;
	const SymRow *r;
	Sym s;

	if (i + 24 < n && hash[i + 24])
		names_prefetch(L->names, hash[i + 24]);
	if (i + 16 < n) {
		s = hash[i + 16] ? names_guess(L, hash[i + 16]) : 0;
		guess[(i + 16) % AHEAD] = s;
		if (s)
			__builtin_prefetch(row(L, s));
	}
	if (i + 8 < n && (s = guess[(i + 8) % AHEAD]) != 0) {
		r = row(L, s);
		o = L->obj[r->obj];
		if (o)
			__builtin_prefetch(record(o, r->li));
	}
	if (i + 4 < n && (s = guess[(i + 4) % AHEAD]) != 0) {
		r = row(L, s);
		o = L->obj[r->obj];
		if (o)
			__builtin_prefetch(goobj_str(&o->o,
						     record(o, r->li)).p);
	}
}

/* A variable that is declared with linkname and has no value is a reference
 * to somebody else's. */
static void note_linkname_var(Load *ld, const LObj *o, u32 li, const u8 *p)
{
	View name = goobj_str(&o->o, p);

	if (!(ld->flag2[p[12]] & (A_LINKNAME | A_LINKNAMESTD)) ||
	    goobj_data(&o->o, li).n || view_index(name, 0, '.') == name.n)
		return;
	symvec_add(&ld->L->mem, &ld->varobj, o->idx);
	symvec_add(&ld->L->mem, &ld->var, li);
}

static Sym define(Load *ld, const LObj *o, u32 li, u32 hash)
{
	const u8 *p = record(o, li);
	View name = goobj_str(&o->o, p);
	Sym s;

	if (!hash)
		return new_sym(ld, o, li);
	s = names_find(ld->L, hash, name, ld16(p + 8, false));
	if (s) {
		defined_again(ld, o, li, s);
		return s;
	}
	s = new_sym(ld, o, li);
	names_add(ld->L, hash, s);
	return s;
}

static void nonpkgdefs(Load *ld, const LObj *o)
{
	u32 first = o->o.ndef - o->o.nnonpkgdef, n = o->o.nnonpkgdef;
	Sym *syms = o->syms + first, guess[AHEAD] = {0};

	for (u32 i = 0; i < n; i++) {
		const u8 *p = record(o, first + i);

		fetch(ld->L, syms, i, n, guess);
		syms[i] = define(ld, o, first + i, syms[i]);
		add_use(&ld->L->sym[syms[i]], p);
		note_linkname_var(ld, o, first + i, p);
	}
}

static void other_defs(Load *ld)
{
	Link *L = ld->L;
	u64 n64 = 0, n = 0;

	for (u32 k = OBJ_FIRST; k < L->nobj; k++) {
		n64 += L->obj[k]->o.nhashed64def;
		n += L->obj[k]->o.nhasheddef;
	}
	contents_init(&ld->hash64, n64);
	contents_init(&ld->hash, n);
	for (u32 k = OBJ_FIRST; k < L->nobj; k++) {
		const GoObj *o = &L->obj[k]->o;
		u32 li = o->nsymdef;

		contents(ld, &ld->hash64, L->obj[k], li, o->nhashed64def,
			 goobj_hash64(o, 0), HASH64_SIZE);
		li += o->nhashed64def;
		contents(ld, &ld->hash, L->obj[k], li, o->nhasheddef,
			 goobj_hash(o, 0), HASH_SIZE);
		nonpkgdefs(ld, L->obj[k]);
	}
	contents_free(&ld->hash64, n64);
	contents_free(&ld->hash, n);
}

/* ---- builtins -------------------------------------------------------- */

static void builtins(Link *L)
{
	bool regabi = arch_regabi(L->release, L->arch);
	const char *name;
	u16 abi;
	u32 n;

	for (n = 0; builtin_name(L->release, n, &abi); n++)
		;
	L->nbuiltin = n;
	L->builtin = mem_alloc(&L->mem, n * sizeof *L->builtin);
	for (u32 i = 0; i < n; i++) {
		Sym s;

		name = builtin_name(L->release, i, &abi);
		s = sym_lookup(L, view_str(name), abi);
		if (!s && !regabi)
			s = sym_lookup(L, view_str(name), 1u - abi);
		L->builtin[i] = s;
	}
}

/* ---- 3. references --------------------------------------------------- */

static _Noreturn void bad_linkname(const Link *L, const LObj *o, u32 i)
{
	View name = goobj_sym(&o->o, i).name;

	link_fatalf(L, "%.*s: invalid reference to %.*s", (int)o->lib->pkg.n,
		   (const char *)o->lib->pkg.p, (int)name.n,
		   (const char *)name.p);
}

static void check_vars(const Load *ld)
{
	const Link *L = ld->L;

	for (u32 i = 0; i < ld->var.n && L->flag.checklinkname; i++) {
		const LObj *o = L->obj[ld->varobj.p[i]];
		u32 li = ld->var.p[i];

		if (!linkname_ok(L, o, goobj_sym(&o->o, li).name,
				 o->syms[li]))
			bad_linkname(L, o, li);
	}
}

/* Imported packages by their place in L->obj. */
static void packages(Load *ld, LObj *o, ObjLoad *ol)
{
	for (u32 i = 1; i < o->o.npkg; i++) {
		const MapSlot *m = map_get(&ld->L->objbypkg,
					   goobj_pkg(&o->o, i), 0);

		if (m)
			o->pkg[i] = (u32)m->val.n;
		else if (!ol->nopkg)
			ol->nopkg = i;
	}
}

/* A reference that is new, or changes what it refers to, waits until all
 * are seen that do not. */
static void refs_one(void *arg, size_t k)
{
	Load *ld = arg;
	Link *L = ld->L;
	LObj *o = L->obj[ld->order[k]];
	ObjLoad *ol = &ld->obj[ld->order[k]];
	u32 ndef = o->o.ndef, n = o->o.nnonpkgref;
	Sym *syms = o->syms + ndef, guess[AHEAD] = {0};
	bool assembly = L->release >= GO127 &&
		(o->o.flags & ObjFlagFromAssembly);

	for (u32 i = 0; i < n; i++) {
		const u8 *p = record(o, ndef + i);
		u16 abi = ld16(p + 8, false);
		View name = goobj_str(&o->o, p);
		Sym s;

		fetch(L, syms, i, n, guess);
		s = names_find(L, syms[i], name, abi == SymABIstatic ?
			       o->version : abi);
		if (L->flag.checklinkname && !ol->badref &&
		    (assembly || ld->flag2[p[12]] &
		     (A_LINKNAME | A_LINKNAMESTD)) &&
		    !linkname_ok(L, o, name, s))
			ol->badref = 1 + ndef + i;
		if (s && !use_attr(p))
			syms[i] = s;
		else
			ol->todo[ol->ntodo++] = i;
	}
	packages(ld, o, ol);
}

static void finish_refs(Load *ld, const LObj *o, const ObjLoad *ol)
{
	Link *L = ld->L;
	View pkg;
	Sym s;

	if (ol->badref)
		bad_linkname(L, o, ol->badref - 1);
	if (ol->nopkg) {
		pkg = goobj_pkg(&o->o, ol->nopkg);
		link_fatalf(L, "%.*s: reference to nonexistent package %.*s",
			   (int)o->lib->pkg.n, (const char *)o->lib->pkg.p,
			   (int)pkg.n, (const char *)pkg.p);
	}
	for (u32 k = 0; k < ol->ntodo; k++) {
		u32 li = o->o.ndef + ol->todo[k], hash = o->syms[li];
		const u8 *p = record(o, li);
		u16 abi = ld16(p + 8, false);
		u32 ver = abi == SymABIstatic ? o->version : abi;
		View name = goobj_str(&o->o, p);

		s = names_find(L, hash, name, ver);
		if (!s)
			s = names_create(L, hash, name, ver);
		L->sym[s].attr |= use_attr(p);
		o->syms[li] = s;
	}
	for (u32 i = 0; i < o->o.nrefflags; i++) {
		u8 flag, flag2;
		SymRef r = goobj_refflags(&o->o, i, &flag, &flag2);

		s = resolve(L, o, r);
		if (flag2 & SymFlagUsedInIface)
			L->sym[s].attr |= A_USEDINIFACE;
	}
}

static void references(Load *ld)
{
	Link *L = ld->L;

	for (u32 k = OBJ_FIRST; k < L->nobj; k++)
		ld->obj[k].todo = mem_alloc(&L->mem,
			L->obj[k]->o.nnonpkgref * sizeof(u32));
	pool_for(L->flag.threads, ld->norder, refs_one, ld);
	for (u32 k = OBJ_FIRST; k < L->nobj; k++)
		finish_refs(ld, L->obj[k], &ld->obj[k]);
	for (u32 i = 0; i < ld->fix.n; i++) {
		sym_update(L, ld->fix.p[i]);
		L->sym[ld->fix.p[i]].size = ld->fixsize.p[i];
	}
}

/* ---- all of it ------------------------------------------------------- */

/* Room for the symbols: the linker makes a few for each function and type
 * that it finds. */
static void make_room(Load *ld)
{
	Link *L = ld->L;
	u64 nsym = 0, ndef = 0, npkg = 0, max;
	u32 *pkg;
	Sym *syms;

	for (u32 k = OBJ_FIRST; k < L->nobj; k++) {
		nsym += L->obj[k]->o.nsym;
		ndef += L->obj[k]->o.ndef;
		npkg += L->obj[k]->o.npkg;
	}
	if (nsym + npkg > 1u << 28)
		link_exitf(L, "too many symbols");
	max = nsym + 6 * ndef + (1 << 20);
	L->maxsym = L->maxext = (u32)max;
	L->sym = mem_reserve(max * sizeof *L->sym);
	L->ext = mem_reserve(max * sizeof *L->ext);
	L->nsym = L->next = 1;
	syms = mem_alloc(&L->mem, nsym * sizeof *syms);
	pkg = mem_alloc(&L->mem, npkg * sizeof *pkg);
	for (u32 k = OBJ_FIRST; k < L->nobj; k++) {
		LObj *o = L->obj[k];

		o->syms = syms;
		o->pkg = pkg;
		syms += o->o.nsym;
		pkg += o->o.npkg;
	}
}

static int larger_first(const void *a, const void *b, void *arg)
{
	const Link *L = arg;
	const LObj *x = L->obj[*(const u32 *)a], *y = L->obj[*(const u32 *)b];

	if (x->o.obj.n != y->o.obj.n)
		return x->o.obj.n < y->o.obj.n ? 1 : -1;
	return x->idx < y->idx ? -1 : 1;
}

static void prepare(Load *ld)
{
	Link *L = ld->L;
	const u8 *seed = (const u8 *)(uintptr_t)getauxval(AT_RANDOM);
	SymTab *t = mem_alloc(&L->mem, sizeof *t);

	L->names = t;
	t->seed[0] = seed ? ld64(seed, false) : 0x9e3779b97f4a7c15;
	t->seed[1] = seed ? ld64(seed + 8, false) : 0xc2b2ae3d27d4eb4f;
	memcpy(ld->seed, t->seed, sizeof ld->seed);
	ld->obj = mem_alloc(&L->mem, L->nobj * sizeof *ld->obj);
	ld->order = mem_alloc(&L->mem, L->nobj * sizeof *ld->order);
	for (u32 k = OBJ_FIRST; k < L->nobj; k++)
		ld->order[ld->norder++] = k;
	qsort_r(ld->order, ld->norder, sizeof *ld->order, larger_first, L);
	flag_tables(ld);
	make_room(ld);
}

void load_syms(Link *L)
{
	Load ld = {.L = L};
	u32 named = 0, first = 0;

	if (L->flag.strictdups < 0 || L->flag.strictdups > 2)
		link_fatalf(L, "invalid -strictdups flag value %lld",
			   (long long)L->flag.strictdups);
	prepare(&ld);
	check_objects(&ld);
	for (u32 k = OBJ_FIRST; k < L->nobj; k++) {
		named += ld.obj[k].named;
		first += ld.obj[k].first;
	}
	names_init(L, named, first);
	package_defs(&ld);
	other_defs(&ld);
	builtins(L);
	check_vars(&ld);
	references(&ld);
	if (L->flag.strictdups > 1)
		L->diag.n += ld.strictdups;
}

void sym_set_def(Link *L, Sym s, u32 obj, u32 li)
{
	Load ld = {.L = L};

	flag_tables(&ld);
	set_def(&ld, &L->sym[s], L->obj[obj], li);
}
