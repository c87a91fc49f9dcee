/*
 * Which list a symbol is in, and its number there.
 *
 * Symbols are visited function by function and then datum by datum: the
 * symbol, the targets of its relocations, its auxiliary symbols, its pc
 * tables. The first visit decides the order of everything in the object:
 * lists, packages, strings, names.
 *
 *   definitions   content-addressable, at most 8 bytes without relocations
 *                   nor a section of its own: Hashed64
 *                 other content-addressable: Hashed
 *                 found by name (all of the assembler's but static ones;
 *                   linknamed ones; those that may be duplicated): Nonpkgdef
 *                 else: Symdef
 *   references    builtins have a fixed number; symbols of packages that
 *                   were compiled before have their number there; others
 *                   go by name: Nonpkgref
 *
 * FuncInfo and the DWARF of functions join Symdef last. By then the DWARF has
 * been taken for references, and so stands, without names, in Nonpkgref too.
 *
 * Source: cmd/internal/obj/sym.go (NumberSyms, traverseSyms), objfile.go
 * (genFuncInfoSyms)
 */
#include "obj/obj.h"

typedef void WalkFn(void *, LSym *);

/* ---- the walk -------------------------------------------------------- */

static void visit(LSym *s, WalkFn *fn, void *arg)
{
	if (s)
		fn(arg, s);
}

/* Is this walk here for the first time? What hangs on several functions
 * need not be looked into again: a first visit is all that counts. */
static bool first_time(const Obj *o, LSym *s)
{
	bool first = s->walked != o->walks;

	s->walked = o->walks;
	return first;
}

/* Files and inlined functions. The file's name is a symbol of its own. */
static void walk_funcinfo(Obj *o, LSym *info, WalkFn *fn, void *arg)
{
	GoFuncInfo f;

	if (!info || !first_time(o, info) ||
	    funcinfo_parse(view_of(info->data, info->ndata), &f))
		return;
	for (u32 i = 0; i < f.nfile; i++)
		if (funcinfo_file(&f, i) < o->files.n)
			fn(arg, lsym_lookup(o, o->files.p[
				funcinfo_file(&f, i)], SymABI0));
	for (u32 i = 0; i < info->ninl; i++)
		visit(info->inl[i], fn, arg);
}

/* The auxiliary symbols of one type, with what their relocations go to if
 * refs is set. */
static void walk_type(const Obj *o, const LSym *s, AuxType type, bool refs,
		      WalkFn *fn, void *arg)
{
	for (u32 i = 0; i < s->naux; i++) {
		LSym *a = s->aux[i].sym;

		if (s->aux[i].type != type)
			continue;
		visit(a, fn, arg);
		if (!a || !refs || !first_time(o, a))
			continue;
		for (u32 k = 0; k < a->nr; k++)
			visit(a->r[k].sym, fn, arg);
	}
}

static void walk_aux(Obj *o, LSym *s, bool refs, WalkFn *fn, void *arg)
{
	static const AuxType rest[] = {AuxDwarfRanges, AuxDwarfLoc,
		AuxDwarfLines, AuxDwarfInfo, AuxSehUnwindInfo, AuxWasmImport,
		AuxWasmType};

	walk_type(o, s, AuxGotype, false, fn, arg);
	if (!kind_is_text(s->kind)) {
		walk_type(o, s, AuxDwarfInfo, false, fn, arg);
		return;
	}
	walk_type(o, s, AuxFuncdata, false, fn, arg);
	walk_funcinfo(o, lsym_aux(s, AuxFuncInfo), fn, arg);
	for (size_t i = 0; i < NELEM(rest); i++)
		walk_type(o, s, rest[i], refs, fn, arg);
}

static void walk_sym(Obj *o, LSym *s, unsigned what, WalkFn *fn, void *arg)
{
	static const AuxType pc[] = {AuxPcsp, AuxPcfile, AuxPcline,
				     AuxPcinline, AuxPcdata};

	if (what & WALK_DEFS)
		fn(arg, s);
	for (u32 i = 0; (what & WALK_REFS) && i < s->nr; i++)
		visit(s->r[i].sym, fn, arg);
	if (what & WALK_AUX)
		walk_aux(o, s, what & WALK_REFS, fn, arg);
	if (!(what & WALK_PCDATA) || !kind_is_text(s->kind))
		return;
	for (size_t i = 0; i < NELEM(pc); i++)
		walk_type(o, s, pc[i], false, fn, arg);
}

void obj_walk(Obj *o, unsigned what, WalkFn *fn, void *arg)
{
	o->walks++;
	for (size_t i = 0; i < o->text.n; i++)
		walk_sym(o, o->text.p[i], what, fn, arg);
	for (size_t i = 0; i < o->data.n; i++)
		walk_sym(o, o->data.p[i], what, fn, arg);
}

/* ---- numbers --------------------------------------------------------- */

static void enlist(Obj *o, LSym *s, SymList list)
{
	s->list = list;
	s->symidx = (u32)o->list[list].n;
	syms_add(&o->list[list], s);
}

static bool by_name(const Obj *o, const LSym *s)
{
	return ((o->flags & ObjFlagFromAssembly) && s->abi != SymABIstatic) ||
		s->linkname || (s->flag & SymFlagDupok);
}

static void number_def(void *arg, LSym *s)
{
	Obj *o = arg;

	if (s->list != LIST_NONE)
		return;
	if (!s->content)
		enlist(o, s, by_name(o, s) ? LIST_NONPKGDEF : LIST_DEF);
	else if (s->size <= 8 && s->nr == 0 && content_section(s) == 0)
		enlist(o, s, LIST_HASHED64);
	else
		enlist(o, s, LIST_HASHED);
}

/* A package's place in the list, which it gets when it is first met. The
 * map has it as a symbol number that there cannot be. */
static void number_pkg(Obj *o, LSym *s)
{
	bool fresh;
	MapSlot *m;

	if (s->pkgidx != 0)
		return;
	m = map_put(&o->bypkg, s->pkg, UINT64_MAX, &fresh);
	if (fresh) {
		m->val.n = o->pkglist.n;
		strs_add(&o->pkglist, s->pkg);
	}
	s->pkgidx = (u32)m->val.n;
}

static void number_ref(void *arg, LSym *s)
{
	Obj *o = arg;
	u32 i;

	if (s->list == LIST_EXTERN)
		number_pkg(o, s);
	if (s->list != LIST_NONE)
		return;
	i = s->linkname ? NOSYM :
		builtin_index(o->release, o->arch, s->name, s->abi);
	if (i != NOSYM) {
		s->list = LIST_BUILTIN;
		s->symidx = i;
	} else {
		enlist(o, s, LIST_NONPKGREF);
	}
}

/* What a function brings with it. Its DWARF is a reference by now, and
 * becomes a definition. */
static void number_func(Obj *o, const LSym *s)
{
	static const AuxType order[] = {AuxFuncInfo, AuxDwarfRanges,
		AuxDwarfLoc, AuxDwarfLines, AuxDwarfInfo, AuxWasmImport,
		AuxWasmType};

	for (size_t i = 0; i < NELEM(order); i++) {
		LSym *a = lsym_aux(s, order[i]);

		if (a && a->list != LIST_DEF)
			enlist(o, a, LIST_DEF);
	}
}

void obj_number(Obj *o)
{
	obj_walk(o, WALK_DEFS | WALK_PCDATA, number_def, o);
	obj_walk(o, WALK_REFS | WALK_AUX, number_ref, o);
	for (size_t i = 0; i < o->text.n; i++)
		number_func(o, o->text.p[i]);
	/* A loaded object may have grown in the middle. */
	for (SymList l = LIST_DEF; l <= LIST_NONPKGREF; l++)
		for (size_t i = 0; i < o->list[l].n; i++)
			if (o->list[l].p[i]->list == l)
				o->list[l].p[i]->symidx = (u32)i;
}

SymRef lsym_ref(const Obj *o, const LSym *s)
{
	static const u32 pkg[NLIST] = {
		[LIST_DEF] = PkgIdxSelf, [LIST_HASHED64] = PkgIdxHashed64,
		[LIST_HASHED] = PkgIdxHashed, [LIST_NONPKGDEF] = PkgIdxNone,
		[LIST_NONPKGREF] = PkgIdxNone,
		[LIST_BUILTIN] = PkgIdxBuiltin,
	};

	if (!s)
		return (SymRef){0, 0};
	if (s->list == LIST_EXTERN)
		return (SymRef){s->pkgidx, s->symidx};
	if (s->list == LIST_NONPKGREF)
		return (SymRef){PkgIdxNone, s->symidx +
				(u32)o->list[LIST_NONPKGDEF].n};
	return (SymRef){pkg[s->list], s->symidx};
}
