/* A small object made from nothing, for the unit tests: two functions, one
 * inlined call, a pc table, constants, and a reference of every kind. */
#ifndef OBJ_OBJ_SAMPLE_H
#define OBJ_OBJ_SAMPLE_H

#include "obj/obj.h"

static inline LSym *sample_func(Obj *o, const char *name, View code,
				LSym *inlined)
{
	LSym *f = lsym_lookup(o, view_str(name), SymABIInternal);
	InlCall call = {-1, 0, 7, inlined, 1};
	u32 file = obj_file(o, view_str("p.go"));
	FuncInfo info = {.args = 8, .locals = 16, .startline = 3,
			 .files = &file, .nfile = 1,
			 .inl = &call, .ninl = inlined ? 1 : 0};
	PcTab t;

	lsym_set_kind(o, f, STEXT);
	lsym_write_bytes(o, f, 0, code);
	lsym_define(o, f);
	lsym_add_aux(o, f, AuxFuncInfo, funcinfo_sym(o, &info));
	pctab_begin(&t, o);
	pctab_step(&t, 0, 0);
	pctab_step(&t, 1, 8);
	pctab_step(&t, 0x23, 0);
	lsym_add_aux(o, f, AuxPcsp, pctab_end(&t, o, 0x24));
	return f;
}

static inline LSym *sample_const(Obj *o, const char *name, u64 x)
{
	LSym *s = lsym_lookup(o, view_str(name), SymABI0);

	lsym_set_kind(o, s, SRODATA);
	lsym_write_int(o, s, 0, 8, x);
	s->flag |= SymFlagLocal;
	s->content = true;
	s->align = 8;
	lsym_define(o, s);
	return s;
}

/* Relocations are added out of order: the writer sorts them. */
static inline void sample_object(Obj *o, Release r, const Arch *arch)
{
	static const u8 code[0x24] = {0x55};
	u16 call;
	LSym *dup, *f, *k, *type;

	obj_init(o, r, arch, view_str("example.com/p"));
	call = reloc_number(r, ROW_R_CALL);
	obj_autolib(o, view_str("fmt"), view_str("12345678"));
	dup = lsym_lookup(o, view_str("p.dup"), SymABIInternal);
	dup->flag |= SymFlagDupok;
	f = sample_func(o, "p.f", view_of(code, sizeof code), dup);
	k = sample_const(o, "$i64.1", 1);
	lsym_add_reloc(o, f, (Reloc){20, 4, call, 0, lsym_lookup(o,
		view_str("runtime.panicdivide"), SymABIInternal)});
	lsym_add_reloc(o, f, (Reloc){12, 4, call, 0, lsym_extern(o,
		view_str("fmt"), 3, view_str("fmt.Print"))});
	lsym_add_reloc(o, f, (Reloc){4, 4, call, -1, k});
	lsym_add_reloc(o, f, (Reloc){28, 4, call, 0, lsym_lookup(o,
		view_str("main.other"), SymABI0)});
	lsym_add_reloc(o, f, (Reloc){32, 0, call, 0, NULL});
	sample_func(o, "p.dup", view_of(code, sizeof code), NULL);
	type = lsym_lookup(o, view_str("type:p.T"), SymABI0);
	lsym_set_kind(o, type, SRODATA);
	type->content = true;
	type->align = o->arch->ptrsize;
	lsym_write_addr(o, type, 0, o->arch->ptrsize, f, 0);
	lsym_write_addr(o, type, o->arch->ptrsize, o->arch->ptrsize, k, 8);
	lsym_define(o, type);
}

#endif
