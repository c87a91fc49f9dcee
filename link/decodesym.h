/*
 * Runtime type descriptors, as the compiler has written them: symbols of
 * which some bytes are numbers and others relocations to further symbols.
 * Shared by deadcode, DWARF and the garbage collector's programs.
 *
 * Descriptors come from objects and are not trusted: a field that its bytes
 * do not have reads as 0 or empty, a reference that is not there as symbol 0.
 */
#ifndef LINK_DECODESYM_H
#define LINK_DECODESYM_H

#include "link/link.h"

/* internal/abi.Kind. Those up to Complex128 have no fields of their own. */
enum {
	ABI_Invalid, ABI_Bool, ABI_Int, ABI_Int8, ABI_Int16, ABI_Int32,
	ABI_Int64, ABI_Uint, ABI_Uint8, ABI_Uint16, ABI_Uint32, ABI_Uint64,
	ABI_Uintptr, ABI_Float32, ABI_Float64, ABI_Complex64, ABI_Complex128,
	ABI_Array, ABI_Chan, ABI_Func, ABI_Interface, ABI_Map, ABI_Pointer,
	ABI_Slice, ABI_String, ABI_Struct, ABI_UnsafePointer
};

/* abi.TFlag */
enum {
	TFlagUncommon = 1, TFlagExtraStar = 2, TFlagNamed = 4,
	TFlagRegularMemory = 8, TFlagGCMaskOnDemand = 16
};

typedef struct {
	const Link *L;
	Sym s;
	View p;	/* its bytes */
	Rels r;
	u8 kind, tflag;
	u8 ptrsize;
	bool big;
} TypeDesc;

/* s 0: a descriptor without bytes. */
TypeDesc decodetype(const Link *L, Sym s);

u64 decodetype_size(const TypeDesc *t);
u64 decodetype_ptrdata(const TypeDesc *t);
/* Its name as Go writes it, without the star that TFlagExtraStar means. */
View decodetype_str(const TypeDesc *t);
View decodetype_gcmask(const TypeDesc *t);

/* Of arrays, channels, pointers, slices; of a map: the key. */
Sym decodetype_elem(const TypeDesc *t);
u64 decodetype_array_len(const TypeDesc *t);
Sym decodetype_map_value(const TypeDesc *t);
Sym decodetype_map_group(const TypeDesc *t);	/* the bucket, of old maps */

u32 decodetype_func_in_count(const TypeDesc *t);
u32 decodetype_func_out_count(const TypeDesc *t);
bool decodetype_func_dotdotdot(const TypeDesc *t);
Sym decodetype_func_in(const TypeDesc *t, u32 i);
Sym decodetype_func_out(const TypeDesc *t, u32 i);

u64 decodetype_iface_method_count(const TypeDesc *t);

/* At most as many as its bytes have room for. */
u32 decodetype_struct_field_count(const TypeDesc *t);
View decodetype_struct_field_name(const TypeDesc *t, u32 i);
Sym decodetype_struct_field_type(const TypeDesc *t, u32 i);
u64 decodetype_struct_field_off(const TypeDesc *t, u32 i);
bool decodetype_struct_field_embedded(const TypeDesc *t, u32 i);

/* sizeof of a descriptor of that kind, up to its uncommon part. */
u32 rtype_size(const Link *L, u8 kind);

/* The type of an itab. */
Sym decode_itab_type(const Link *L, Sym itab);
/* What the relocation at off, the first if there are several, refers to. */
Sym decode_reloc_sym(const Link *L, Rels r, u32 off);
/* The string in a name (reflect.name), which the symbol nameoff refers to;
 * *flags, if flags is not NULL, are its first byte: 1 exported, 8 embedded. */
View decode_name(const Link *L, Sym name, u8 *flags);

#endif
