/*
 * DIEs as bytes: the number of an abbreviation, the attributes that it lists,
 * in its order, the children, and a 0 behind them if it may have children.
 *
 * Source: cmd/internal/dwarf/dwarf.go: GetAbbrev, PutAttrs, putattr; putdie
 * and writeUnitInfo in cmd/link/internal/ld/dwarf.go
 */
#include <stdlib.h>

#include "link/dwarf.h"

enum {
	DW_TAG_none = 0x00, DW_TAG_array_type = 0x01,
	DW_TAG_formal_parameter = 0x05, DW_TAG_lexical_block = 0x0b,
	DW_TAG_member = 0x0d, DW_TAG_pointer_type = 0x0f,
	DW_TAG_compile_unit = 0x11, DW_TAG_structure_type = 0x13,
	DW_TAG_subroutine_type = 0x15, DW_TAG_typedef = 0x16,
	DW_TAG_unspecified_parameters = 0x18,
	DW_TAG_inlined_subroutine = 0x1d, DW_TAG_subrange_type = 0x21,
	DW_TAG_base_type = 0x24, DW_TAG_constant = 0x27,
	DW_TAG_subprogram = 0x2e, DW_TAG_variable = 0x34,
	DW_TAG_unspecified_type = 0x3b
};

enum {
	DW_AT_none = 0,
	DW_AT_location = 0x02, DW_AT_name = 0x03, DW_AT_byte_size = 0x0b,
	DW_AT_stmt_list = 0x10, DW_AT_low_pc = 0x11, DW_AT_high_pc = 0x12,
	DW_AT_language = 0x13, DW_AT_comp_dir = 0x1b,
	DW_AT_const_value = 0x1c, DW_AT_inline = 0x20,
	DW_AT_producer = 0x25, DW_AT_abstract_origin = 0x31,
	DW_AT_count = 0x37, DW_AT_data_member_location = 0x38,
	DW_AT_decl_file = 0x3a, DW_AT_decl_line = 0x3b,
	DW_AT_encoding = 0x3e, DW_AT_external = 0x3f,
	DW_AT_frame_base = 0x40, DW_AT_type = 0x49,
	DW_AT_variable_parameter = 0x4b, DW_AT_ranges = 0x55,
	DW_AT_trampoline = 0x56, DW_AT_call_file = 0x58,
	DW_AT_call_line = 0x59, DW_AT_addr_base = 0x73,
	DW_AT_go_kind = 0x2900, DW_AT_go_key = 0x2901,
	DW_AT_go_elem = 0x2902, DW_AT_go_embedded_field = 0x2903,
	DW_AT_go_runtime_type = 0x2904, DW_AT_go_package_name = 0x2905,
	DW_AT_go_dict_index = 0x2906, DW_AT_go_closure_offset = 0x2907
};

enum {
	DW_FORM_none = 0,
	DW_FORM_addr = 0x01, DW_FORM_data4 = 0x06, DW_FORM_string = 0x08,
	DW_FORM_block1 = 0x0a, DW_FORM_data1 = 0x0b, DW_FORM_flag = 0x0c,
	DW_FORM_sdata = 0x0d, DW_FORM_udata = 0x0f,
	DW_FORM_ref_addr = 0x10, DW_FORM_sec_offset = 0x17,
	DW_FORM_addrx = 0x1b,
	/* not in the output: abbrev.def */
	DW_FORM_udata_pseudo = 0x99, DW_FORM_lo_pc_pseudo = 0x9a,
	DW_FORM_hi_pc_pseudo = 0x9b, DW_FORM_dwarf5_pseudo = 0x9c
};

enum { DW_LANG_Go = 0x16, DW_UT_compile = 1 };

typedef struct {
	u16 attr;
	u8 form;
} AttrForm;

typedef struct {
	u8 tag, children;
	AttrForm attr[10];	/* up to one that is 0 */
} AbbrevRow;

#define A(at, form) {DW_AT_##at, DW_FORM_##form},
#define ABBREV(name, tag, children, attrs) {DW_TAG_##tag, children, {attrs}},
static const AbbrevRow abbrevs[NABBREV] = {
#include "link/abbrev.def"
};
#undef ABBREV
#undef A

/* ---- .debug_abbrev ----------------------------------------------- */

/* The form that stands for it; 0: the attribute is left out. */
static u8 real_form(const Link *L, u8 form)
{
	bool v5 = L->dwarf->version >= 5;

	switch (form) {
	case DW_FORM_udata_pseudo:
		return view_is(L->goos, "darwin") || view_is(L->goos, "ios")
			? DW_FORM_data4 : DW_FORM_udata;
	case DW_FORM_lo_pc_pseudo:
		return v5 ? DW_FORM_addrx : DW_FORM_addr;
	case DW_FORM_hi_pc_pseudo:
		return v5 ? DW_FORM_udata : DW_FORM_addr;
	case DW_FORM_dwarf5_pseudo:
		return v5 ? DW_FORM_sec_offset : 0;
	}
	return form;
}

void dwarf_put_abbrevs(const Link *L, SB *b)
{
	const AttrForm *f;
	u32 k;

	for (k = 1; k < NABBREV; k++) {
		sb_uleb(b, k);
		sb_uleb(b, abbrevs[k].tag);
		sb_u8(b, abbrevs[k].children);
		for (f = abbrevs[k].attr; f->attr; f++) {
			u8 form = real_form(L, f->form);

			if (form) {
				sb_uleb(b, f->attr);
				sb_uleb(b, form);
			}
		}
		sb_u16(b, 0);
	}
	sb_u8(b, 0);
}

/* ---- attributes of types ----------------------------------------- */

/* The value of an attribute; what it is, its form says. */
typedef struct {
	View str;
	u64 num;
	Sym sym;
} Value;

/* Where the bytes and relocations of DIEs go; there is room for them. */
typedef struct {
	u8 *p, *start;	/* start: of the symbol */
	u8 *rel;
	u32 nrel;
	u16 secref, addroff;	/* numbers of the types in objects */
	u8 ptrsize;
} Out;

static void put_uleb(Out *o, u64 x)
{
	while (x >= 0x80) {
		*o->p++ = (u8)(x | 0x80);
		x >>= 7;
	}
	*o->p++ = (u8)x;
}

static void put_ref(Out *o, u16 type, u8 siz, Sym to)
{
	u8 *r = o->rel + (size_t)o->nrel++ * RELOC_SIZE;

	st32(r, (u32)(o->p - o->start), false);
	r[4] = siz;
	r[5] = (u8)type;
	r[6] = (u8)(type >> 8);
	memset(r + 7, 0, 12);
	st32(r + 19, to, false);
	memset(o->p, 0, siz);
	o->p += siz;
}

static void put_str(Out *o, View v)
{
	if (v.n)
		memcpy(o->p, v.p, v.n);
	o->p[v.n] = 0;
	o->p += v.n + 1;
}

/* A reference to nothing leaves no bytes: that is how Go does it. The only
 * address is that of a runtime type, which may be missing. */
static void put_attr(Out *o, u8 form, const Value *v)
{
	switch (form) {
	case DW_FORM_string:
		put_str(o, v->str);
		break;
	case DW_FORM_data1:
		*o->p++ = (u8)v->num;
		break;
	case DW_FORM_flag:
		*o->p++ = v->num != 0;
		break;
	case DW_FORM_udata:
		put_uleb(o, v->num);
		break;
	case DW_FORM_ref_addr:
		if (v->sym)
			put_ref(o, o->secref, 4, v->sym);
		break;
	case DW_FORM_addr:
		if (v->sym)
			put_ref(o, o->addroff, o->ptrsize, v->sym);
		else
			o->p = (u8 *)memset(o->p, 0, o->ptrsize) + o->ptrsize;
		break;
	}
}

static Value child_value(const DwChild *c, u16 attr)
{
	switch (attr) {
	case DW_AT_name: return (Value){.str = c->name};
	case DW_AT_type: return (Value){.sym = c->type};
	case DW_AT_variable_parameter:
	case DW_AT_go_embedded_field: return (Value){.num = c->flag};
	case DW_AT_count:
	case DW_AT_data_member_location: return (Value){.num = (u64)c->value};
	}
	return (Value){0};
}

static Value die_value(const DwDie *d, u16 attr)
{
	switch (attr) {
	case DW_AT_name: return (Value){.str = d->name};
	case DW_AT_type: return (Value){.sym = d->type};
	case DW_AT_byte_size: return (Value){.num = (u64)d->size};
	case DW_AT_encoding: return (Value){.num = d->encoding};
	case DW_AT_go_kind: return (Value){.num = d->kind};
	case DW_AT_go_key: return (Value){.sym = d->key};
	case DW_AT_go_elem: return (Value){.sym = d->elem};
	case DW_AT_go_runtime_type: return (Value){.sym = d->rtype};
	}
	return (Value){0};
}

static void put_die(Out *o, const DwDie *d, const DwChild *child)
{
	const AttrForm *f;

	put_uleb(o, d->abbrev);
	for (f = abbrevs[d->abbrev].attr; f->attr; f++) {
		Value v = die_value(d, f->attr);

		put_attr(o, f->form, &v);
	}
	if (!abbrevs[d->abbrev].children)
		return;
	for (u32 k = 0; k < d->nchild; k++) {
		const DwChild *c = &child[d->child + k];

		put_uleb(o, c->abbrev);
		for (f = abbrevs[c->abbrev].attr; f->attr; f++) {
			Value v = child_value(c, f->attr);

			put_attr(o, f->form, &v);
		}
	}
	*o->p++ = 0;
}

/* ---- types, in groups for several threads ------------------------ */

/* At most so many bytes without the name, and relocations. */
enum { DIE_ROOM = 64, CHILD_ROOM = 24, DIE_RELS = 5 };

/* Writes DIEs from .. to - 1 to where there is certainly room. */
static void put_dies(Link *L, Out *o, u32 from, u32 to)
{
	const Dwarf *d = L->dwarf;
	u32 i;

	for (i = from; i < to; i++) {
		const DwDie *x = &d->die[i];
		SymRow *r = row(L, x->sym);
		Ext *e = &L->ext[r->li];

		o->start = o->p;
		put_die(o, x, d->child);
		e->ndata = e->capdata = (u32)(o->p - o->start);
		e->nrel = e->caprel = o->nrel;
		r->size = e->ndata;
		o->rel += (size_t)o->nrel * RELOC_SIZE;
		o->nrel = 0;
	}
}

static size_t room_for(const Dwarf *d, u32 from, u32 to, size_t *rels)
{
	size_t room = 0;
	u32 i, k;

	for (i = from; i < to; i++) {
		const DwDie *x = &d->die[i];

		room += DIE_ROOM + x->name.n;
		*rels += DIE_RELS + x->nchild;
		for (k = 0; k < x->nchild; k++)
			room += CHILD_ROOM + d->child[x->child + k].name.n;
	}
	return room;
}

/* They get memory of which nothing is wasted. */
static void keep_dies(Link *L, const Out *o, const u8 *data, const u8 *rel,
		      u32 from, u32 to)
{
	size_t n = (size_t)(o->p - data), nrel = (size_t)(o->rel - rel);
	Mem m = {.from = &L->mem};
	u8 *p = mem_alloc(&m, n), *r = mem_alloc(&m, nrel);
	u32 i;

	memcpy(p, data, n);
	memcpy(r, rel, nrel);
	for (i = from; i < to; i++) {
		Ext *e = &L->ext[row(L, L->dwarf->die[i].sym)->li];

		e->data = p;
		e->rel = r;
		p += e->ndata;
		r += (size_t)e->nrel * RELOC_SIZE;
	}
}

void dwarf_put_types(Link *L, u32 group)
{
	const Dwarf *d = L->dwarf;
	u32 from = group * DW_GROUP, to;
	size_t room, rels = 0;
	Out o = {.secref = reloc_number(L->release, ROW_R_DWARFSECREF),
		 .addroff = reloc_number(L->release, ROW_R_ADDROFF),
		 .ptrsize = L->arch->ptrsize};
	u8 *data, *rel;

	to = d->ndie - from < DW_GROUP ? d->ndie : from + DW_GROUP;
	room = room_for(d, from, to, &rels);
	o.p = data = xrealloc(NULL, room);
	o.rel = rel = xrealloc(NULL, rels * RELOC_SIZE);
	put_dies(L, &o, from, to);
	keep_dies(L, &o, data, rel, from, to);
	free(data);
	free(rel);
}

/* ---- units ------------------------------------------------------- */

void dwarf_secref(SB *b, Sym to, i64 add)
{
	sb_ref(b, ROW_R_DWARFSECREF, 4, to, add);
}

static void put_unit_attr(const Link *L, const DwUnit *u, SB *b, u16 attr)
{
	switch (attr) {
	case DW_AT_name:
		sb_str(b, u->name);
		break;
	case DW_AT_language:
		sb_u8(b, DW_LANG_Go);
		break;
	case DW_AT_stmt_list:
		dwarf_secref(b, u->lineprolog, 0);
		break;
	case DW_AT_low_pc:
		sb_uint(b, L->arch->ptrsize,
			(u64)row(L, u->unit->textp.p[0])->value);
		break;
	case DW_AT_ranges:
		dwarf_secref(b, u->rangeprolog, 0);
		break;
	case DW_AT_comp_dir:
		sb_str(b, view_str("."));
		break;
	case DW_AT_producer:
		sb_str(b, u->producer);
		break;
	case DW_AT_go_package_name:
		sb_str(b, u->pkgname);
		break;
	case DW_AT_addr_base:
		dwarf_secref(b, u->addrsym, 0);
		break;
	}
}

/* Header, of which the length is not known yet, and DIE. */
void dwarf_put_unit(Link *L, DwUnit *u, Sym abbrev)
{
	Abbrev a = u->textless ? DW_ABRV_COMPUNIT_TEXTLESS : DW_ABRV_COMPUNIT;
	bool v5 = L->dwarf->version >= 5;
	SB b = sb_mem(L, &u->mem, u->sym);
	const AttrForm *f;

	sb_u32(&b, 0);
	sb_u16(&b, v5 ? 5 : 4);
	if (v5) {
		sb_u8(&b, DW_UT_compile);
		sb_u8(&b, L->arch->ptrsize);
	}
	dwarf_secref(&b, abbrev, 0);
	if (!v5)
		sb_u8(&b, L->arch->ptrsize);
	sb_uleb(&b, a);
	for (f = abbrevs[a].attr; f->attr; f++)
		if (real_form(L, f->form))
			put_unit_attr(L, u, &b, f->attr);
}
