/*
 * DIEs of types, made of the descriptors that the runtime has of them.
 *
 * A type's DIE has the symbol go:info.NAME, by which the compiler's DIEs
 * refer to it; so it may exist before the DIE does. What is not a plain
 * composite gets two: the definition, without a name to be found by, and a
 * typedef in front of everybody, so that circular types go through it.
 *
 * DIEs stand in the output in the order in which they are made: that of a
 * walk that begins with what functions name, and goes into each constituent
 * before the next. The walk keeps a stack of its own, as types in a program
 * can be nested to any depth.
 *
 * Source: cmd/link/internal/ld/dwarf.go: newdie, dotypedef, defgotype, newtype
 */
#include "link/decodesym.h"
#include "link/dwarf.h"

enum {
	DW_ATE_boolean = 2, DW_ATE_complex_float = 3, DW_ATE_float = 4,
	DW_ATE_signed = 5, DW_ATE_unsigned = 7
};

enum { UNCOMMON_SIZE = 16, NAME_EMBEDDED = 8 };	/* internal/abi */

/* What newtype does for a kind, but for the references. */
typedef struct {
	u8 abbrev, encoding;
	bool size, typedecl;
} TypeKind;

#define BASE(enc) {DW_ABRV_BASETYPE, DW_ATE_##enc, true, false}
static const TypeKind type_kind[32] = {
	[ABI_Bool] = BASE(boolean),
	[ABI_Int] = BASE(signed), [ABI_Int8] = BASE(signed),
	[ABI_Int16] = BASE(signed), [ABI_Int32] = BASE(signed),
	[ABI_Int64] = BASE(signed),
	[ABI_Uint] = BASE(unsigned), [ABI_Uint8] = BASE(unsigned),
	[ABI_Uint16] = BASE(unsigned), [ABI_Uint32] = BASE(unsigned),
	[ABI_Uint64] = BASE(unsigned), [ABI_Uintptr] = BASE(unsigned),
	[ABI_Float32] = BASE(float), [ABI_Float64] = BASE(float),
	[ABI_Complex64] = BASE(complex_float),
	[ABI_Complex128] = BASE(complex_float),
	[ABI_Array] = {DW_ABRV_ARRAYTYPE, 0, true, true},
	[ABI_Chan] = {DW_ABRV_CHANTYPE, 0, false, false},
	[ABI_Func] = {DW_ABRV_FUNCTYPE, 0, true, true},
	[ABI_Interface] = {DW_ABRV_IFACETYPE, 0, false, true},
	[ABI_Map] = {DW_ABRV_MAPTYPE, 0, false, false},
	[ABI_Pointer] = {DW_ABRV_PTRTYPE, 0, false, true},
	[ABI_Slice] = {DW_ABRV_SLICETYPE, 0, true, true},
	[ABI_String] = {DW_ABRV_STRINGTYPE, 0, true, false},
	[ABI_Struct] = {DW_ABRV_STRUCTTYPE, 0, true, true},
	[ABI_UnsafePointer] = {DW_ABRV_BARE_PTRTYPE, 0, false, false},
};
#undef BASE

/* ---- symbols by prefix and name ---------------------------------- */

/* The two put together, behind the names that are in use already. */
static View joined(Link *L, const char *prefix, View name)
{
	enum { CHUNK = 64 << 10 };
	Dwarf *d = L->dwarf;
	size_t np = strlen(prefix), n = np + name.n;

	if (d->namecap - d->nameused < n) {
		d->namecap = n > CHUNK ? n : CHUNK;
		d->nameused = 0;
		d->names = mem_alloc(&L->mem, d->namecap);
	}
	memcpy(d->names + d->nameused, prefix, np);
	if (name.n)
		memcpy(d->names + d->nameused + np, name.p, name.n);
	return (View){d->names + d->nameused, n};
}

Sym dwarf_lookup(Link *L, const char *prefix, View name)
{
	return sym_lookup(L, joined(L, prefix, name), 0);
}

/* A new symbol keeps the name that was put together for it. */
Sym dwarf_lookup_or_create(Link *L, const char *prefix, View name)
{
	u32 had = L->nsym;
	View v = joined(L, prefix, name);
	Sym s = sym_lookup_or_create(L, v, 0);

	if (L->nsym != had)
		L->dwarf->nameused += v.n;
	return s;
}

Sym dwarf_type_or_exit(Link *L, const char *name)
{
	Sym s = sym_lookup(L, view_str(name), 0);

	if (!s)
		link_exitf(L, "dwarf: missing type: %s", name);
	if (!sym_data(L, s).n)
		link_exitf(L, "dwarf: missing type (no data): %s", name);
	return s;
}

/* ---- making DIEs ------------------------------------------------- */

static void make_die_symbol(Link *L, Sym s)
{
	SymRow *r = row(L, s);

	if (r->kind == K_SDWARFCUINFO)
		dwarf_twice(L, s);
	sym_update(L, s);
	r->kind = K_SDWARFTYPE;
	r->attr |= A_NOTINSYMTAB | A_REACHABLE;
}

/* Names are copied, and many may share one: what cannot fit into the section
 * is not to take all memory first. */
static void count_name(Link *L, View name)
{
	L->dwarf->namebytes += name.n;
	if (L->dwarf->namebytes > INT32_MAX)
		link_exitf(L, "too much data in section .debug_info");
}

/* With the symbol s; 0: that of its name. */
static u32 newdie(Link *L, Abbrev abbrev, View name, Sym s)
{
	Dwarf *d = L->dwarf;

	count_name(L, name);
	if (!s)
		s = dwarf_lookup_or_create(L, "go:info.", name);
	make_die_symbol(L, s);
	d->die = mem_grow(&L->mem, d->die, d->ndie, &d->capdie,
			  sizeof *d->die);
	d->die[d->ndie] = (DwDie){.name = name, .sym = s,
				  .abbrev = (u8)abbrev};
	d->of[s] = DW_KNOWN;
	return d->ndie++;
}

u32 dwarf_newdie(Link *L, Abbrev abbrev, View name)
{
	return newdie(L, abbrev, name, 0);
}

DwChild *dwarf_children(Link *L, u32 die, u32 n)
{
	Dwarf *d = L->dwarf;

	while (!d->child || d->capchild - d->nchild < n)
		d->child = mem_grow(&L->mem, d->child, d->capchild,
				    &d->capchild, sizeof *d->child);
	d->die[die].child = d->nchild;
	d->die[die].nchild = n;
	d->nchild += n;
	return d->child + d->die[die].child;
}

void dwarf_describes(Link *L, Sym die, Sym gotype)
{
	L->dwarf->of[die] = DW_KNOWN | gotype;
	L->dwarf->of[gotype] = die;
}

/* Types whose names only say how they are composed have no typedef. */
static bool wants_typedef(View name)
{
	return name.n && name.p[0] != '[' && name.p[0] != '*' &&
		!view_prefix(name, "map[") &&
		!view_prefix(name, "struct {") &&
		!view_prefix(name, "noalg.struct {") &&
		!view_prefix(name, "chan ");
}

/* The definition gets a symbol without name, the typedef that of die. */
static void dotypedef(Link *L, u32 die)
{
	Dwarf *d = L->dwarf;
	Sym s = d->die[die].sym, tds = sym_create(L, (View){0}, 0);
	u32 decl;

	make_die_symbol(L, tds);
	d->die[die].sym = tds;
	decl = newdie(L, DW_ABRV_TYPEDECL, d->die[die].name, s);
	d->die[decl].type = tds;
}

/* ---- the walk ---------------------------------------------------- */

/* Where the DIE of a type is to be put once it is known. */
enum { AT_NOWHERE, AT_TYPE, AT_KEY, AT_ELEM, AT_CHILD };

typedef struct DwRef {
	Sym gotype;
	u32 at;	/* number of the DIE or child */
	u8 where;
	Sym die;	/* symbol of its DIE if that is known; or 0 */
} DwRef;

static void push(Link *L, Sym gotype, u8 where, u32 at)
{
	Dwarf *d = L->dwarf;

	d->stack = mem_grow(&L->mem, d->stack, d->nstack, &d->capstack,
			    sizeof *d->stack);
	d->stack[d->nstack++] = (DwRef){gotype, at, where, 0};
}

static void store(Dwarf *d, const DwRef *r, Sym die)
{
	switch (r->where) {
	case AT_TYPE: d->die[r->at].type = die; break;
	case AT_KEY: d->die[r->at].key = die; break;
	case AT_ELEM: d->die[r->at].elem = die; break;
	case AT_CHILD: d->child[r->at].type = die; break;
	}
}

static View type_name(const Link *L, Sym gotype)
{
	View v = sym_name(L, gotype);

	return view_prefix(v, "type:") ? (View){v.p + 5, v.n - 5} : v;
}

static u32 min(u32 a, u32 b)
{
	return a < b ? a : b;
}

static void array_refs(Link *L, u32 die, const TypeDesc *t)
{
	DwChild *c = dwarf_children(L, die, 1);

	c->abbrev = DW_ABRV_ARRAYRANGE;
	c->value = (i64)decodetype_array_len(t);
	c->type = L->dwarf->uintptr_die;
	push(L, decodetype_elem(t), AT_TYPE, die);
}

/* Not more parameters than the descriptor has room for. */
static void func_refs(Link *L, u32 die, const TypeDesc *t)
{
	u32 room = (u32)(t->p.n / t->ptrsize), k;
	u32 in = min(decodetype_func_in_count(t), room);
	u32 out = min(decodetype_func_out_count(t), room);
	bool dots = decodetype_func_dotdotdot(t);
	DwChild *c = dwarf_children(L, die, in + dots + out);
	u32 at = L->dwarf->die[die].child;

	for (k = 0; k < in; k++, c++) {
		c->abbrev = DW_ABRV_FUNCTYPEPARAM;
		push(L, decodetype_func_in(t, k), AT_CHILD, at++);
	}
	if (dots) {
		c++->abbrev = DW_ABRV_DOTDOTDOT;
		at++;
	}
	for (k = 0; k < out; k++, c++) {
		c->abbrev = DW_ABRV_FUNCTYPEOUTPARAM;
		c->flag = true;
		push(L, decodetype_func_out(t, k), AT_CHILD, at++);
	}
}

/* What the first relocation at off refers to. Fields are asked for in their
 * order, so *k goes on from where the last was found. */
static Sym next_ref(const TypeDesc *t, u32 *k, u32 off)
{
	for (; *k < t->r.n; ++*k) {
		const u8 *p = t->r.p + (size_t)*k * RELOC_SIZE;
		u32 at = ld32(p, false);

		if (at == off)
			return rel_at(t->L, t->r, *k).sym;
		if (at > off)
			break;
	}
	return 0;
}

static void struct_refs(Link *L, u32 die, const TypeDesc *t)
{
	u32 n = decodetype_struct_field_count(t), i, k = 0;
	u32 w = t->ptrsize, off = rtype_size(L, ABI_Struct);
	DwChild *c = dwarf_children(L, die, n);
	u32 at = L->dwarf->die[die].child;

	off += t->tflag & TFlagUncommon ? UNCOMMON_SIZE : 0;
	for (i = 0; i < n; i++, c++, off += 3 * w) {
		u8 flags;
		Sym name = next_ref(t, &k, off);
		Sym type = next_ref(t, &k, off + w);

		c->abbrev = DW_ABRV_STRUCTFIELD;
		c->name = decode_name(L, name, &flags);
		c->flag = flags & NAME_EMBEDDED;
		if (!c->name.n)
			c->name = type_name(L, type);
		count_name(L, c->name);
		c->value = (i32)decodetype_struct_field_off(t, i);
		push(L, type, AT_CHILD, at + i);
	}
}

/* Pushes what the type consists of, in order. Channels and maps keep a type
 * in place of a DIE, for dwarf_synthesize. */
static void push_refs(Link *L, u32 die, const TypeDesc *t)
{
	Dwarf *d = L->dwarf;

	switch (t->kind) {
	case ABI_Array:
		array_refs(L, die, t);
		break;
	case ABI_Chan:
		push(L, decodetype_elem(t), AT_ELEM, die);
		d->die[die].type = decodetype_elem(t);
		break;
	case ABI_Func:
		func_refs(L, die, t);
		break;
	case ABI_Interface:
		push(L, decodetype_iface_method_count(t) ? d->iface
		     : d->eface, AT_TYPE, die);
		break;
	case ABI_Map:
		push(L, decodetype_elem(t), AT_KEY, die);
		push(L, decodetype_map_value(t), AT_ELEM, die);
		d->die[die].type = t->s;
		break;
	case ABI_Pointer:
		push(L, decodetype_elem(t), AT_TYPE, die);
		break;
	case ABI_Slice:
		push(L, decodetype_elem(t), AT_ELEM, die);
		break;
	case ABI_Struct:
		struct_refs(L, die, t);
		break;
	}
}

/* So that what was pushed first is popped first. */
static void reverse(DwRef *r, u32 n)
{
	u32 k;

	for (k = 0; k < n / 2; k++) {
		DwRef x = r[k];

		r[k] = r[n - 1 - k];
		r[n - 1 - k] = x;
	}
}

static void note_prototype(Dwarf *d, Sym gotype, u32 die)
{
	unsigned k;

	for (k = 0; k < NPROTO; k++)
		if (d->proto[k].gotype == gotype)
			d->proto[k].die = 1 + die;
}

/* The DIE of gotype, to get symbol s. */
static void newtype(Link *L, Sym gotype, View name, Sym s)
{
	Dwarf *d = L->dwarf;
	TypeDesc t = decodetype(L, gotype);
	TypeKind k = type_kind[t.kind];
	u32 die, from = d->nstack;
	DwDie *x;

	if (!t.p.n)
		sym_errorf(L, gotype, "missing type");
	if (!k.abbrev) {
		sym_errorf(L, gotype, "dwarf: definition of unknown kind %u",
			   t.kind);
		k.abbrev = DW_ABRV_TYPEDECL;
	}
	die = newdie(L, k.abbrev, name, s);
	x = &d->die[die];
	x->encoding = k.encoding;
	x->kind = t.kind;
	if (k.size)
		x->size = (i64)decodetype_size(&t);
	if (k.abbrev == DW_ABRV_TYPEDECL)
		x->type = d->unspecified;
	if (sym_reachable(L, gotype))
		x->rtype = gotype;
	note_prototype(d, gotype, die);
	if (k.typedecl && wants_typedef(name))
		dotypedef(L, die);
	dwarf_describes(L, s, gotype);
	push_refs(L, die, &t);
	if (d->nstack > from)
		reverse(d->stack + from, d->nstack - from);
}

/* Has s been seen as a type? A bad object may well use a DIE as one. */
static bool is_type(const Dwarf *d, Sym s)
{
	u32 x = d->of[s];

	return x && !(x & DW_KNOWN) && x != DW_NOTYPE;
}

/* The symbol of a type's DIE, which is made if it is not there yet, but
 * not what it refers to. */
static Sym visit(Link *L, Sym gotype, Sym s)
{
	Dwarf *d = L->dwarf;
	View name;

	if (!gotype)
		return d->unspecified;
	if (is_type(d, gotype))
		return d->of[gotype];
	name = sym_name(L, gotype);
	if (!view_prefix(name, "type:")) {
		sym_errorf(L, gotype,
			   "dwarf: type name doesn't start with \"type:\"");
		return d->unspecified;
	}
	name = type_name(L, gotype);
	if (!s)
		s = dwarf_lookup_or_create(L, "go:info.", name);
	if (!(d->of[s] & DW_KNOWN))
		newtype(L, gotype, name, s);
	return s;
}

static Sym walk(Link *L, Sym gotype, Sym s)
{
	Dwarf *d = L->dwarf;
	Sym first = visit(L, gotype, s);

	while (d->nstack) {
		DwRef r = d->stack[--d->nstack];

		store(d, &r, visit(L, r.gotype, 0));
	}
	return first;
}

Sym dwarf_defgotype(Link *L, Sym gotype)
{
	return is_type(L->dwarf, gotype) ? L->dwarf->of[gotype]
		: walk(L, gotype, 0);
}

/* A symbol that belongs to no type is remembered, as not to be looked at
 * again. */
void dwarf_import_type(Link *L, Sym die)
{
	Dwarf *d = L->dwarf;
	View name;
	Sym gotype;

	if (d->of[die] & ~(u32)DW_KNOWN)
		return;
	name = sym_name(L, die);
	if (!view_prefix(name, "go:info."))
		return;
	gotype = dwarf_lookup(L, "type:", (View){name.p + 8, name.n - 8});
	if (!gotype)
		d->of[die] |= DW_NOTYPE;
	else
		walk(L, gotype, sym_version(L, die) ? 0 : die);
}

/* ---- types that every program has -------------------------------- */

static Sym builtin(Link *L, Abbrev abbrev, const char *name, DwDie *x)
{
	Dwarf *d = L->dwarf;
	u32 die = dwarf_newdie(L, abbrev, view_str(name + 5));
	Sym gotype = dwarf_type_or_exit(L, name), s = d->die[die].sym;

	dwarf_describes(L, s, gotype);
	x->name = d->die[die].name;
	x->sym = s;
	x->abbrev = (u8)abbrev;
	x->rtype = gotype;
	d->die[die] = *x;
	return s;
}

/* Those of which others are synthesised, and those which the pretty printers
 * of debuggers need. */
void dwarf_types_begin(Link *L)
{
	static const char *const proto[NPROTO] = {
#define PROTO(id, name) [PROTO_##id] = "type:" name,
		DW_PROTOTYPES
#undef PROTO
	};
	static const char *const needed[] = {
		"type:internal/abi.Type", "type:internal/abi.ArrayType",
		"type:internal/abi.ChanType", "type:internal/abi.FuncType",
		"type:internal/abi.MapType", "type:internal/abi.PtrType",
		"type:internal/abi.SliceType", "type:internal/abi.StructType",
		"type:internal/abi.InterfaceType", "type:internal/abi.ITab",
		"type:internal/abi.Imethod",
	};
	Dwarf *d = L->dwarf;
	u32 k;

	d->eface = dwarf_type_or_exit(L, "type:runtime.eface");
	d->iface = dwarf_type_or_exit(L, "type:runtime.iface");
	k = dwarf_newdie(L, DW_ABRV_NULLTYPE, view_str("<unspecified>"));
	d->unspecified = d->die[k].sym;
	builtin(L, DW_ABRV_BARE_PTRTYPE, "type:unsafe.Pointer", &(DwDie){0});
	d->uintptr_die = builtin(L, DW_ABRV_BASETYPE, "type:uintptr",
				 &(DwDie){.encoding = DW_ATE_unsigned,
					  .size = L->arch->ptrsize,
					  .kind = ABI_Uintptr});
	for (k = 0; k < NPROTO; k++) {
		d->proto[k].name = proto[k];
		d->proto[k].gotype = sym_lookup(L, view_str(proto[k]), 0);
	}
	for (k = 0; k < NELEM(needed); k++)
		dwarf_defgotype(L, dwarf_type_or_exit(L, needed[k]));
}

/* The DIE of a prototype, made if nothing has needed it yet. */
u32 dwarf_prototype(Link *L, unsigned id)
{
	Dwarf *d = L->dwarf;

	if (!d->proto[id].die)
		dwarf_defgotype(L, dwarf_type_or_exit(L, d->proto[id].name));
	if (!d->proto[id].die)
		link_exitf(L, "internal error: DIE generation failed for %s",
			   d->proto[id].name);
	return d->proto[id].die - 1;
}
