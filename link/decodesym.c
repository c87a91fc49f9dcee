/*
 * Runtime type descriptors, read from symbols. A pointer's size is w:
 *
 *   0     size, ptrdata          words
 *   2w    hash u32, tflag u8, align u8, fieldalign u8, kind u8
 *   2w+8  equal                  pointer
 *   3w+8  gcdata                 pointer to the mask
 *   4w+8  str i32, ptrToThis i32 offsets of a name, of a type
 *   4w+16 what the kind has more (rtype_size: up to where):
 *           array     elem, slice, len      chan   elem, dir
 *           func      nin u16, nout u16 (bit 15: variadic)
 *           interface pkgpath, methods      map    key, elem, group, ...
 *           pointer   elem                  slice  elem
 *           struct    pkgpath, fields (pointer, len, cap)
 *         uncommon part, 16 bytes, if tflag says so
 *         parameters (pointers); fields {name, type, offset}
 *
 * A name is {flags u8, length uvarint, bytes}.
 *
 * Source: internal/abi/type.go, compiletype.go; cmd/link/internal/ld/
 * decodesym.go; cmd/compile/internal/reflectdata/reflect.go
 */
#include "link/decodesym.h"

enum { UNCOMMON_SIZE = 16, KIND_MASK = 31 };

static u64 field(const TypeDesc *t, u64 off, unsigned siz)
{
	const u8 *p;

	if (!view_has(t->p, off, siz))
		return 0;
	p = t->p.p + off;
	switch (siz) {
	case 1: return *p;
	case 2: return ld16(p, t->big);
	case 4: return ld32(p, t->big);
	default: return ld64(p, t->big);
	}
}

static u64 word(const TypeDesc *t, u64 off)
{
	return field(t, off, t->ptrsize);
}

static u32 commonsize(unsigned ptrsize)
{
	return 4 * ptrsize + 16;
}

TypeDesc decodetype(const Link *L, Sym s)
{
	unsigned w = L->arch->ptrsize;
	TypeDesc t = {.L = L, .s = s, .ptrsize = (u8)w, .big = L->arch->big};

	if (!s)
		return t;
	t.p = sym_data(L, s);
	t.r = sym_rels(L, s);
	t.tflag = (u8)field(&t, 2 * w + 4, 1);
	/* Up to 1.25 the bits above were flags. */
	t.kind = field(&t, 2 * w + 7, 1) & KIND_MASK;
	return t;
}

/* Maps changed twice: swissmap, an experiment that was on by default in
 * 1.24 and 1.25 and could be turned off, and three more words in 1.27. */
static u32 map_size(const Link *L, u32 w)
{
	if (L->release >= GO127)
		return 10 * w + (w == 8 ? 8 : 4);
	if (L->release <= GO125 &&
	    view_find(L->experiments, 0, view_str("swissmap"), 1) ==
	    L->experiments.n)
		return 4 * w + 8;
	return 7 * w + (w == 8 ? 8 : 4);
}

u32 rtype_size(const Link *L, u8 kind)
{
	static const u8 words[] = {
		[ABI_Array] = 3, [ABI_Chan] = 2, [ABI_Func] = 1,
		[ABI_Pointer] = 1, [ABI_Slice] = 1, [ABI_Struct] = 4,
	};
	u32 w = L->arch->ptrsize, common = commonsize(w);

	if (kind == ABI_Map)
		return common + map_size(L, w);
	if (kind == ABI_Interface)
		return common + w * (L->release >= GO127 ? 4 : 3);
	return common + w * (kind < NELEM(words) ? words[kind] : 0);
}

/* ---- references ------------------------------------------------------ */

static i32 rel_off(Rels r, u32 k)
{
	return (i32)ld32(r.p + (size_t)k * RELOC_SIZE, false);
}

/* The first relocation at or after off. Those of objects are sorted. */
static u32 find_rel(Rels r, i32 off)
{
	u32 lo = 0, n = r.n;

	while (n > 0) {
		u32 half = n / 2;

		if (rel_off(r, lo + half) < off) {
			lo += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return lo;
}

Sym decode_reloc_sym(const Link *L, Rels r, u32 off)
{
	u32 k = 0;

	if (off > INT32_MAX)
		return 0;
	if (r.obj)
		k = find_rel(r, (i32)off);
	else
		while (k < r.n && rel_off(r, k) != (i32)off)
			k++;
	return k < r.n && rel_off(r, k) == (i32)off ? rel_at(L, r, k).sym : 0;
}

static Sym ref(const TypeDesc *t, u32 off)
{
	return decode_reloc_sym(t->L, t->r, off);
}

Sym decode_itab_type(const Link *L, Sym itab)
{
	return decode_reloc_sym(L, sym_rels(L, itab), L->arch->ptrsize);
}

View decode_name(const Link *L, Sym name, u8 *flags)
{
	Cursor c = cursor(name ? sym_data(L, name) : (View){0}, false);
	u8 f = cur_u8(&c);

	if (flags)
		*flags = f;
	return cur_bytes(&c, cur_uleb(&c));
}

/* ---- what all types have --------------------------------------------- */

u64 decodetype_size(const TypeDesc *t)
{
	return word(t, 0);
}

u64 decodetype_ptrdata(const TypeDesc *t)
{
	return word(t, t->ptrsize);
}

View decodetype_str(const TypeDesc *t)
{
	View s = decode_name(t->L, ref(t, 4u * t->ptrsize + 8), NULL);

	if (t->tflag & TFlagExtraStar && s.n > 0)
		s = (View){s.p + 1, s.n - 1};
	return s;
}

View decodetype_gcmask(const TypeDesc *t)
{
	Sym mask = ref(t, 3u * t->ptrsize + 8);

	return mask ? sym_data(t->L, mask) : (View){0};
}

/* ---- what only some have --------------------------------------------- */

/* The n-th word behind the common part. */
static u32 word_at(const TypeDesc *t, u32 n)
{
	return commonsize(t->ptrsize) + n * t->ptrsize;
}

Sym decodetype_elem(const TypeDesc *t)
{
	return ref(t, word_at(t, 0));
}

Sym decodetype_map_value(const TypeDesc *t)
{
	return ref(t, word_at(t, 1));
}

Sym decodetype_map_group(const TypeDesc *t)
{
	return ref(t, word_at(t, 2));
}

u64 decodetype_array_len(const TypeDesc *t)
{
	return word(t, word_at(t, 2));
}

u64 decodetype_iface_method_count(const TypeDesc *t)
{
	return word(t, word_at(t, 2));
}

u32 decodetype_func_in_count(const TypeDesc *t)
{
	return (u32)field(t, word_at(t, 0), 2);
}

u32 decodetype_func_out_count(const TypeDesc *t)
{
	return field(t, word_at(t, 0) + 2, 2) & 0x7fff;
}

bool decodetype_func_dotdotdot(const TypeDesc *t)
{
	return field(t, word_at(t, 0) + 2, 2) & 0x8000;
}

/* Where what follows the descriptor proper begins. */
static u32 tail(const TypeDesc *t)
{
	return rtype_size(t->L, t->kind) +
		(t->tflag & TFlagUncommon ? UNCOMMON_SIZE : 0);
}

Sym decodetype_func_in(const TypeDesc *t, u32 i)
{
	return ref(t, tail(t) + i * t->ptrsize);
}

Sym decodetype_func_out(const TypeDesc *t, u32 i)
{
	return decodetype_func_in(t, decodetype_func_in_count(t) + i);
}

/* ---- structs --------------------------------------------------------- */

u32 decodetype_struct_field_count(const TypeDesc *t)
{
	u64 n = word(t, word_at(t, 2)), off = tail(t);
	u64 room = off < t->p.n ? (t->p.n - off) / (3u * t->ptrsize) : 0;

	return (u32)(n < room ? n : room);
}

static u32 struct_field(const TypeDesc *t, u32 i)
{
	return tail(t) + i * 3u * t->ptrsize;
}

View decodetype_struct_field_name(const TypeDesc *t, u32 i)
{
	return decode_name(t->L, ref(t, struct_field(t, i)), NULL);
}

bool decodetype_struct_field_embedded(const TypeDesc *t, u32 i)
{
	u8 flags;

	decode_name(t->L, ref(t, struct_field(t, i)), &flags);
	return flags & 8;
}

Sym decodetype_struct_field_type(const TypeDesc *t, u32 i)
{
	return ref(t, struct_field(t, i) + t->ptrsize);
}

u64 decodetype_struct_field_off(const TypeDesc *t, u32 i)
{
	return word(t, struct_field(t, i) + 2u * t->ptrsize);
}
