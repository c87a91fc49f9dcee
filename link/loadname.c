/*
 * Non-package definitions and references: known by name. All definitions are
 * put into the name table at once, by all threads, and what is known of those
 * with one name is added up (Shared). That is enough where each of them may
 * be one of several. For the few names of which it may not, it depends on the
 * order of definitions which one counts: one thread goes through them again.
 *
 * Then references are looked up. Names that nobody defines get their numbers
 * in the order of references: type descriptors, for DWARF, that the linker
 * will make.
 *
 * Source: addSym, loadObjRefs in cmd/link/internal/loader/loader.go
 */
#include "link/load.h"

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
		   (const char *)a.p, kind_name(L->kindrow[g.kind]),
		   (unsigned)g.size, (int)b.n, (const char *)b.p,
		   kind_name(r->kind), (unsigned)r->size);
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
	u32 size = record_size(p), oldsize = r->size;
	bool contents = goobj_data(&o->o, li).n > 0;
	bool bss = is_data(kind) && !contents;
	bool oldbss = is_data(r->kind) && sym_data(ld->L, old).n == 0;

	if (oldbss && (link_kind_is_text(kind) || contents ||
		       (bss && size > oldsize))) {
		load_def(ld, r, o, li);
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
		if (!dupok || r->size < record_size(p))
			load_def(ld, r, o, li);
	} else if (!dupok) {
		redefined(ld, o, li, old);
	}
}

/* ---- definitions ------------------------------------------------------ */

static void string_ahead(const LObj *o, u32 li, u32 end)
{
	if (li + FETCH / 2 < end)
		__builtin_prefetch(goobj_str(&o->o, record(o, li + FETCH / 2))
				   .p);
}

/* Of two package definitions with one name the greater number stays. */
static void add_pkg(Load *ld, u32 hash, View name, u32 ver, Sym s)
{
	Link *L = ld->L;
	u32 at = hash & L->names->mask;

	for (;;) {
		Sym t = names_next(L, hash, name, ver, &at);
		u32 x = t - L->alias;

		if (t && x >= ld->sharebase) {
			__atomic_fetch_or(&shared_of(ld, x)->num, NAMED_PKG,
					  __ATOMIC_RELAXED);
			at = (at + 1) & L->names->mask;
		} else if (t > s || names_put(L, hash, t, s, at)) {
			return;
		}
	}
}

/* The shared symbol of that name. */
static u32 add_named(Load *ld, u32 hash, View name, u32 ver, u32 place,
		     Batch *b)
{
	Link *L = ld->L;
	u32 at = hash & L->names->mask, fresh = 0, flags = 0;
	Sym base = L->alias + ld->sharebase, t;

	for (;;) {
		t = names_next(L, hash, name, ver, &at);
		if (t >= base)
			break;
		if (t) {
			flags = NAMED_PKG;
			at = (at + 1) & L->names->mask;
			continue;
		}
		if (!fresh) {
			fresh = new_shared(ld, KEY_NAME, b, place);
			ld->shared[fresh].key[0] = (uintptr_t)name.p;
			ld->shared[fresh].key[1] = (u64)name.n << 32 | ver;
		}
		ld->shared[fresh].num = flags;
		if (names_put(L, hash, 0, base + fresh, at))
			return fresh;
	}
	if (fresh) {
		ld->shared[fresh].id = 0;
		b->at--;
	}
	__atomic_fetch_or(&ld->shared[t - base].num, NAMED_AGAIN | flags,
			  __ATOMIC_RELAXED);
	return t - base;
}

static void add_pkgs(Load *ld, const LObj *o)
{
	Sym s = ld->L->alias + ld->obj[o->idx].pkg;

	u32 *hashes = o->syms, n = o->o.nsymdef;

	for (u32 li = 0; li < n; li++) {
		u32 hash = hashes[li];
		const u8 *p;

		if (li + FETCH < n && hashes[li + FETCH])
			names_fetch(ld->L->names, hashes[li + FETCH]);
		if (!hash)
			continue;
		p = record(o, li);
		hashes[li] = 0;
		add_pkg(ld, hash, goobj_str(&o->o, p), ld16(p + 8, false),
			s + li);
	}
}

static void add_others(Load *ld, const LObj *o)
{
	u32 end = o->o.ndef, place = ld->obj[o->idx].other - o->o.nsymdef;
	Batch b = {0};

	for (u32 li = end - o->o.nnonpkgdef; li < end; li++) {
		u32 hash = o->syms[li], i;
		const u8 *p = record(o, li);

		names_ahead(ld->L, o->syms, li, end);
		string_ahead(o, li, end);
		if (hash) {
			i = add_named(ld, hash, goobj_str(&o->o, p),
				      ld16(p + 8, false), place + li, &b);
		} else {
			i = new_shared(ld, KEY_NAME, &b, place + li);
			ld->shared[i].num = 0;
		}
		add_copy(&ld->shared[i], p, place + li);
		if (!(p[11] & SymFlagDupok))
			__atomic_fetch_or(&ld->shared[i].num, NAMED_STRONG,
					  __ATOMIC_RELAXED);
		o->syms[li] = ld->L->alias + ld->sharebase + i;
	}
}

static void add_one(void *arg, size_t i)
{
	Load *ld = arg;
	const LObj *o = ld->L->obj[ld->order[i]];

	add_pkgs(ld, o);
	add_others(ld, o);
	contents_with_auxs(ld, o);
}

/* ---- names whose definitions have an order ---------------------------- */

static void number_named(Load *ld)
{
	Link *L = ld->L;

	for (u32 i = 1; i < ld->nshared; i++) {
		Shared *e = &ld->shared[i];
		u32 flags = e->num;

		if (ld->sharedkey[i] != KEY_NAME || !e->id)
			continue;
		e->num = L->alias + ld->sharebase + i;
		if (!(flags & NAMED_PKG) && !(flags & NAMED_AGAIN &&
		    (flags & NAMED_STRONG || L->flag.strictdups)))
			continue;
		ld->conflict[i / 64] |= 1ull << i % 64;
		if (flags & NAMED_PKG)
			ld->withpkg[i / 64] |= 1ull << i % 64;
		ld->nconflict++;
	}
}

static Sym pkg_def(const Load *ld, const LObj *o, u32 li)
{
	const Link *L = ld->L;
	const u8 *p = record(o, li);
	View name = goobj_str(&o->o, p);
	u32 ver = ld16(p + 8, false), hash = name_hash(L->names, name, ver);
	u32 at = hash & L->names->mask;
	Sym s;

	while ((s = names_next(L, hash, name, ver, &at)) >=
	       L->alias + ld->sharebase)
		at = (at + 1) & L->names->mask;
	return s;
}

static void define(Load *ld, const LObj *o, u32 li, u32 i)
{
	Link *L = ld->L;
	Shared *e = &ld->shared[i];
	const u8 *p = record(o, li);
	u32 x = ld->sharebase + i;
	SymRow *r;

	if (ld->withpkg[i / 64] >> i % 64 & 1 && e->num == L->alias + x) {
		e->num = pkg_def(ld, o, li);
		own_row(L, e->num);
	}
	r = row(L, e->num);
	if (e->num == L->alias + x && !has_bit(ld->own, x)) {
		load_def(ld, r, o, li);
		ld->own[x / 64] |= 1ull << x % 64;
	} else {
		defined_again(ld, o, li, e->num);
	}
	add_use(r, use_attr(p), record_align(p));
}

static void define_in_order(Load *ld)
{
	const Link *L = ld->L;

	for (u32 k = OBJ_FIRST; ld->nconflict && k < L->nobj; k++) {
		const LObj *o = L->obj[k];

		for (u32 li = o->o.ndef - o->o.nnonpkgdef; li < o->o.ndef;
		     li++) {
			u32 i = o->syms[li] - L->alias - ld->sharebase;

			if (ld->conflict[i / 64] >> i % 64 & 1)
				define(ld, o, li, i);
		}
	}
}

/* ---- references ------------------------------------------------------ */

static Sym number_of(const Load *ld, Sym s)
{
	u32 x = s - ld->L->alias;

	return x >= ld->sharebase && x < ld->extbase ?
		shared_of(ld, x)->num : s;
}

static u32 ref_version(const LObj *o, const u8 *p)
{
	u16 abi = ld16(p + 8, false);

	return abi == SymABIstatic ? o->version : abi;
}

static void look_up_one(void *arg, size_t i)
{
	Load *ld = arg;
	const Link *L = ld->L;
	const LObj *o = L->obj[ld->order[i]];
	ObjLoad *ol = &ld->obj[o->idx];
	Undef *undef = ld->undef + ol->undef;
	u32 end = o->o.nsym;

	for (u32 li = o->o.ndef - o->o.nnonpkgdef; li < o->o.ndef; li++)
		o->syms[li] = number_of(ld, o->syms[li]) | SYM_LAZY;
	for (u32 li = o->o.ndef; li < end; li++) {
		u32 hash = o->syms[li];
		const u8 *p = record(o, li);
		Sym s;

		names_ahead(L, o->syms, li, end);
		string_ahead(o, li, end);
		if (!hash)
			continue;
		s = names_find(L, hash, goobj_str(&o->o, p),
			       ref_version(o, p));
		if (!s)
			undef[ol->nundef++] = (Undef){li, hash};
		o->syms[li] = s ? number_of(ld, s) | SYM_LAZY : 0;
	}
}

static Sym new_ref(Load *ld, const LObj *o, u32 li, u32 hash)
{
	Link *L = ld->L;
	const u8 *p = record(o, li);
	View name = goobj_str(&o->o, p);
	u32 ver = ref_version(o, p);
	Sym s = names_find(L, hash, name, ver);

	if (!s) {
		s = sym_create(L, name, ver);
		names_add(L, hash, s);
	}
	return s;
}

static void number_undefined(Load *ld)
{
	const Link *L = ld->L;

	for (u32 k = OBJ_FIRST; k < L->nobj; k++) {
		const LObj *o = L->obj[k];
		const ObjLoad *ol = &ld->obj[k];
		const Undef *u = ld->undef + ol->undef;

		for (u32 i = 0; i <= ol->nundef; i++) {
			bool last = i == ol->nundef;

			if (i + FETCH < ol->nundef)
				names_fetch(L->names, u[i + FETCH].hash);
			if (!ld->unnamed && ol->unnamed &&
			    (last || u[i].li > ol->unnamed - 1))
				ld->unnamed = sym_create(ld->L, (View){0}, 0);
			if (!last)
				o->syms[u[i].li] = new_ref(ld, o, u[i].li,
					u[i].hash) | SYM_LAZY;
		}
	}
}

/* ---- linkname ---------------------------------------------------------- */

static _Noreturn void bad_linkname(const Link *L, const LObj *o, u32 i)
{
	View name = goobj_sym(&o->o, i).name;

	link_fatalf(L, "%.*s: invalid reference to %.*s", (int)o->lib->pkg.n,
		   (const char *)o->lib->pkg.p, (int)name.n,
		   (const char *)name.p);
}

static void check_linkname(Load *ld, const LObj *o, u32 li)
{
	Link *L = ld->L;
	View name = goobj_str(&o->o, record(o, li));
	Sym s = li >= o->o.ndef && !o->syms[li] ? ld->unnamed :
		o->syms[li] & ~SYM_LAZY;

	if (L->flag.checklinkname && !linkname_ok(L, o, name, s))
		bad_linkname(L, o, li);
}

/* A variable that is declared with linkname and has no value is a reference
 * to somebody else's. */
static void check_vars(Load *ld, const LObj *o)
{
	for (u32 li = o->o.ndef - o->o.nnonpkgdef; li < o->o.ndef; li++) {
		const u8 *p = record(o, li);
		View name = goobj_str(&o->o, p);

		if (ld->flag2[p[12]] & (A_LINKNAME | A_LINKNAMESTD) &&
		    !goobj_data(&o->o, li).n &&
		    view_index(name, 0, '.') < name.n)
			check_linkname(ld, o, li);
	}
}

static void check_refs(Load *ld, const LObj *o)
{
	Link *L = ld->L;
	bool assembly = L->release >= GO127 &&
		(o->o.flags & ObjFlagFromAssembly);

	for (u32 li = o->o.ndef; li < o->o.nsym; li++) {
		const u8 *p = record(o, li);
		u32 use = use_attr(p);

		if (use && o->syms[li])
			own_row(L, o->syms[li] & ~SYM_LAZY)->attr |= use;
		if (assembly ||
		    ld->flag2[p[12]] & (A_LINKNAME | A_LINKNAMESTD))
			check_linkname(ld, o, li);
	}
}

static void check_linknames(Load *ld)
{
	const Link *L = ld->L;

	for (u32 k = OBJ_FIRST; k < L->nobj; k++)
		if (ld->obj[k].nlinked)
			check_vars(ld, L->obj[k]);
	for (u32 k = OBJ_FIRST; k < L->nobj; k++)
		if (ld->obj[k].nlinked)
			check_refs(ld, L->obj[k]);
}

/* ---- all of it ------------------------------------------------------- */

void names_load(Load *ld)
{
	Link *L = ld->L;
	u32 defs = 0, refs = 0;

	for (u32 k = OBJ_FIRST; k < L->nobj; k++) {
		defs += ld->obj[k].ndefname;
		ld->obj[k].undef = refs;
		refs += ld->obj[k].nrefname;
	}
	names_init(L, defs + refs / 2);
	ld->conflict = mem_alloc(&L->tmp, ld->endshared / 8 + 8);
	ld->withpkg = mem_alloc(&L->tmp, ld->endshared / 8 + 8);
	ld->undef = mem_alloc(&L->tmp, refs * sizeof *ld->undef);
	pool_for(L->pool, ld->norder, add_one, ld);
	L->names->used = defs;
	number_named(ld);
	define_in_order(ld);
	pool_for(L->pool, ld->norder, look_up_one, ld);
	number_undefined(ld);
	check_linknames(ld);
}
