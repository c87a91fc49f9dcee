/*
 * obj: Go object files: read, build, write.
 *
 * Two layers. A GoObj is a validated view of an object that lies in a mapped
 * file: no memory, no copies, usable from several threads; the linker reads
 * through it. An Obj is an object under construction, made of LSyms: built
 * from nothing by an assembler, or loaded from a GoObj to be changed; it
 * owns memory and belongs to one thread.
 *
 * Grouped by the file that implements each part.
 */
#ifndef OBJ_OBJ_H
#define OBJ_OBJ_H

#include "objabi/objabi.h"

/* ---- gosort.c, map.c ----------------------------------------------- */

/* Sorts places 0..n-1 with the very comparisons and swaps of Go's
 * sort.Slice and slices.SortFunc, which are not stable: equal elements end
 * where Go leaves them. less(arg, i, j), swap(arg, i, j) know the array. */
typedef struct {
	bool (*less)(void *arg, size_t i, size_t j);
	void (*swap)(void *arg, size_t i, size_t j);
	void *arg;
} GoSort;

void go_sort(const GoSort *g, size_t n);

/* buf_add of a single byte. */
static inline void buf_byte(Buf *b, u8 x)
{
	if (b->n < b->cap)
		b->p[b->n++] = (char)x;
	else
		buf_add(b, view_of(&x, 1));
}

/* From (bytes, tag) to a pointer or number. Keys are not copied. */
typedef struct {
	View key;
	u64 tag;
	u64 hash;
	union { void *p; u64 n; } val;
	bool used;
} MapSlot;

typedef struct {
	MapSlot *slot;
	size_t n, cap;	/* cap a power of two, or 0 */
	u64 k0, k1;	/* the hash's key */
} Map;

/* The slot of the key; a new one has used = true, val.n = 0, and *fresh is
 * true. Valid until the next map_put. */
MapSlot *map_put(Map *m, View key, u64 tag, bool *fresh);
const MapSlot *map_get(const Map *m, View key, u64 tag);	/* or NULL */
void map_free(Map *m);

/* ---- archive.c: the container -------------------------------------- */

/* The lines in front of an object: "go object linux amd64 go1.27.4
 * GOAMD64=v1 X:...\n", build id, main, $$ sections, up to "\n!\n". */
typedef struct {
	View text;	/* all of it; the object begins behind it */
	View line;	/* the first line, without its newline */
	View goos, goarch, version;
	View buildid;	/* a Go string literal, or empty */
	View cgo;	/* JSON behind "$$  // cgo\n", or empty */
	View exports;	/* what lies between "$$B\n" and "\n$$\n" */
	bool main;
} ObjHeader;

/* v begins with a text header. End is looked for as the linker does it:
 * a line "!" outside of $$ pairs. Without one (__.PKGDEF has none), text is
 * all of v. The fault's offset counts from v. */
Fault objheader_parse(View v, ObjHeader *h);

typedef enum {
	MEMBER_PKGDEF,	/* __.PKGDEF: export data */
	MEMBER_GOOBJ,
	MEMBER_NATIVE,	/* of another format, for the host's linker */
	MEMBER_SENTINEL	/* preferlinkext, dynimportfail: empty, for cmd/link */
} MemberKind;

typedef struct {
	MemberKind kind;
	View name;	/* at most 16 bytes, without blanks behind it */
	View bytes;
	u64 off;	/* of bytes, in the file */
	View ar;	/* the 60 bytes in front; empty for a bare object */
	u8 pad;		/* the byte behind bytes of odd length */
	ObjHeader header;	/* MEMBER_PKGDEF, MEMBER_GOOBJ */
	View obj;	/* MEMBER_GOOBJ: the object proper */
	u64 obj_off;
} Member;

/* An archive ("!<arch>\n"), or a bare object ("go object "), which counts
 * as an archive of one member without name. */
typedef struct {
	View file;
	u64 next;
	bool bare;
} Archive;

bool archive_match(View file);
Fault archive_open(Archive *a, View file);
/* The next member; false at the end, or when why has a fault. */
bool archive_next(Archive *a, Member *m, Fault *why);
/* The same in two steps, for who does not want to touch each member: the
 * first leaves the bytes alone, the second fills in kind, header and obj. */
bool archive_peek(Archive *a, Member *m, Fault *why);
Fault member_open(Member *m);

void archive_begin(Buf *out);
/* Adds a member, with the header fields that Go's tools write. A name of
 * over 16 bytes is cut at a character. */
void archive_add(Buf *out, View name, View body);
/* Adds m with another body, keeping everything else as it was. */
void archive_copy(Buf *out, const Member *m, View body);

/* The "go object ..." line and what follows; archive.c has the layout. */
typedef struct {
	View line;	/* without newline */
	View buildid;	/* quoted; empty: none */
	bool main;
	View cgo;	/* JSON line or empty */
} HeaderText;

void header_write(Buf *out, const HeaderText *h);

/* ---- goobj.c: reading objects -------------------------------------- */

typedef enum {
	BlkAutolib, BlkPkgIdx, BlkFile, BlkSymdef, BlkHashed64def,
	BlkHasheddef, BlkNonpkgdef, BlkNonpkgref, BlkRefFlags, BlkHash64,
	BlkHash, BlkRelocIdx, BlkAuxIdx, BlkDataIdx, BlkReloc, BlkAux,
	BlkData, BlkRefName, BlkEnd, NBlk
} Blk;

enum {
	GOOBJ_HEADER = 8 + 8 + 4 + 4 * NBlk,
	SYM_SIZE = 21, RELOC_SIZE = 23, AUX_SIZE = 9, STRREF_SIZE = 8,
	AUTOLIB_SIZE = 16, REFFLAGS_SIZE = 10, REFNAME_SIZE = 16,
	HASH64_SIZE = 8, HASH_SIZE = 16, FINGERPRINT_SIZE = 8,
	FUNCINFO_SIZE = 20, INLNODE_SIZE = 24
};

#define GOOBJ_MAGIC "\0go120ld"	/* 8 bytes */

/* Header.Flags */
enum {
	ObjFlagShared = 1, ObjFlagFromAssembly = 4, ObjFlagUnlinkable = 8,
	ObjFlagStd = 16
};

/* Package indices of a symbol reference with a meaning of their own. */
enum {
	PkgIdxNone = 0x7fffffff, PkgIdxHashed64 = 0x7ffffffe,
	PkgIdxHashed = 0x7ffffffd, PkgIdxBuiltin = 0x7ffffffc,
	PkgIdxSelf = 0x7ffffffb, PkgIdxInvalid = 0
};

enum { SymABI0 = 0, SymABIInternal = 1, SymABIstatic = 0xffff };

/* Sym.Flag */
enum {
	SymFlagDupok = 1, SymFlagLocal = 2, SymFlagTypelink = 4,
	SymFlagLeaf = 8, SymFlagNoSplit = 16, SymFlagReflectMethod = 32,
	SymFlagGoType = 64
};

/* Sym.Flag2. The last two were one bit lower up to 1.26, where there was no
 * LinknameStd: symflag2_abiwrapper and symflag2_wasmexport know. */
enum {
	SymFlagUsedInIface = 1, SymFlagItab = 2, SymFlagDict = 4,
	SymFlagPkgInit = 8, SymFlagLinkname = 16, SymFlagLinknameStd = 32
};
static inline u8 symflag2_abiwrapper(Release r)
{
	return r >= GO127 ? 64 : 32;
}
static inline u8 symflag2_wasmexport(Release r)
{
	return r >= GO127 ? 128 : 64;
}

typedef enum {
	AuxGotype, AuxFuncInfo, AuxFuncdata, AuxDwarfInfo, AuxDwarfLoc,
	AuxDwarfRanges, AuxDwarfLines, AuxPcsp, AuxPcfile, AuxPcline,
	AuxPcinline, AuxPcdata, AuxWasmImport, AuxWasmType,
	AuxSehUnwindInfo, NAux
} AuxType;

/* Symbol kinds by name. Their values are the numbers in objects of the
 * newest release, and up to SDWARFLINES those of every release: enough for
 * every kind that decides anything before linking. */
typedef enum {
#define SYMKIND(name, ...) name,
#include "objabi/symkind.def"
#undef SYMKIND
	NSYMKIND
} SymKind;

/* Relocation types by name: a row of reloctype.def. */
typedef enum {
#define RELOC(name, ...) ROW_##name,
#include "objabi/reloctype.def"
#undef RELOC
	NRELOC
} RelocRow;

/* The number of a kind, of a relocation type, in objects of that release;
 * 0: it has none. */
u8 symkind_number(Release r, SymKind k);
u16 reloc_number(Release r, RelocRow row);
/* The row of a number in an object; NRELOC: unknown. */
RelocRow reloc_row(Release r, u16 type);

/* STEXT, or its FIPS kind, in any release. */
static inline bool kind_is_text(u8 kind)
{
	return kind == STEXT || kind == STEXTFIPS;
}

typedef struct {
	u32 pkg, sym;
} SymRef;

/* The fields of a symbol's 21 bytes. */
typedef struct {
	View name;
	u16 abi;
	u8 kind, flag, flag2;
	u32 size, align;
} GoSym;

typedef struct {
	i32 off;
	u8 siz;
	u16 type;	/* with the weak bit */
	i64 add;
	SymRef sym;
} GoReloc;

typedef struct {
	u8 type;
	SymRef sym;
} GoAux;

/* A validated object. Symbols are numbered as the format does it: package
 * definitions, Hashed64, Hashed, non-package definitions, non-package
 * references; the first ndef are defined here. */
typedef struct {
	View obj;
	u32 flags;
	u32 blk[NBlk];	/* offsets */
	u32 nautolib, npkg, nfile;
	u32 nsymdef, nhashed64def, nhasheddef, nnonpkgdef, nnonpkgref;
	u32 nrefflags, nrefname;
	u32 ndef, nsym;
	u32 nreloc, naux, ndata;
} GoObj;

/* Validates the whole of an object: blocks, names, index tables, every
 * symbol reference, that relocations are sorted and lie within their
 * symbols (their size or their bytes, whichever is more), FuncInfo. What the
 * accessors below return afterwards is in bounds. The fault's offset counts
 * from the object's first byte. */
Fault goobj_open(View obj, GoObj *o);
/* Piece by piece, for who needs but a few of the symbols. After the first
 * only the strings of Autolib and PkgIdx are known to be good, after the
 * second those of File and the references of RefFlags, too. The third says it
 * of all that symbol i < ndef has: name, bytes, relocations, auxiliary
 * symbols; not of what its FuncInfo says, which goobj_funcinfo checks. */
Fault goobj_begin(View obj, GoObj *o);
Fault goobj_check_common(const GoObj *o);
Fault goobj_check_def(const GoObj *o, u32 i);
/* Is it a symbol that there is? What another package has is not known. */
bool goobj_ref_good(const GoObj *o, SymRef r);

static inline const u8 *goobj_at(const GoObj *o, Blk b, u32 i, u32 size)
{
	return o->obj.p + o->blk[b] + (size_t)i * size;
}
static inline bool goobj_str_good(const GoObj *o, const u8 *ref)
{
	u64 n = ld32(ref, false), off = ld32(ref + 4, false);

	return n == 0 ? off <= o->obj.n :
		off >= GOOBJ_HEADER && off + n <= o->blk[BlkAutolib];
}
static inline View goobj_str(const GoObj *o, const u8 *ref)
{
	return (View){o->obj.p + ld32(ref + 4, false), ld32(ref, false)};
}
static inline SymRef goobj_symref(const u8 *p)
{
	return (SymRef){ld32(p, false), ld32(p + 4, false)};
}
static inline View goobj_fingerprint(const GoObj *o)
{
	return (View){o->obj.p + 8, FINGERPRINT_SIZE};
}
static inline View goobj_autolib(const GoObj *o, u32 i, View *fingerprint)
{
	const u8 *p = goobj_at(o, BlkAutolib, i, AUTOLIB_SIZE);

	*fingerprint = (View){p + STRREF_SIZE, FINGERPRINT_SIZE};
	return goobj_str(o, p);
}
static inline View goobj_pkg(const GoObj *o, u32 i)
{
	return goobj_str(o, goobj_at(o, BlkPkgIdx, i, STRREF_SIZE));
}
static inline View goobj_file(const GoObj *o, u32 i)
{
	return goobj_str(o, goobj_at(o, BlkFile, i, STRREF_SIZE));
}
/* Symbol i < nsym: the five symbol blocks are contiguous. */
static inline GoSym goobj_sym(const GoObj *o, u32 i)
{
	const u8 *p = goobj_at(o, BlkSymdef, i, SYM_SIZE);

	return (GoSym){goobj_str(o, p), ld16(p + 8, false), p[10], p[11],
		       p[12], ld32(p + 13, false), ld32(p + 17, false)};
}
static inline u32 goobj_idx(const GoObj *o, Blk b, u32 i)
{
	return ld32(goobj_at(o, b, i, 4), false);
}
/* What index table b gives symbol i < ndef of a block of n: from *first on, so
 * many. Nothing, if the table has not been checked and is wrong. */
static inline u32 goobj_span(const GoObj *o, Blk b, u32 i, u32 n, u32 *first)
{
	u32 at = goobj_idx(o, b, i), end = goobj_idx(o, b, i + 1);
	bool good = at <= end && end <= n;

	*first = good ? at : 0;
	return good ? end - at : 0;
}
/* Does definition i's part of that index rise, and end within n? */
static inline bool goobj_index_good(const GoObj *o, Blk b, u32 i, u32 n)
{
	u32 end = goobj_idx(o, b, i + 1);

	return goobj_idx(o, b, i) <= end && end <= n;
}
/* Symbol i < ndef. */
static inline View goobj_data(const GoObj *o, u32 i)
{
	u32 at, n = goobj_span(o, BlkDataIdx, i, o->ndata, &at);

	return (View){o->obj.p + o->blk[BlkData] + at, n};
}
/* Relocations of symbol i < ndef are *first .. *first + return value - 1. */
static inline u32 goobj_relocs(const GoObj *o, u32 i, u32 *first)
{
	return goobj_span(o, BlkRelocIdx, i, o->nreloc, first);
}
static inline u32 goobj_auxs(const GoObj *o, u32 i, u32 *first)
{
	return goobj_span(o, BlkAuxIdx, i, o->naux, first);
}
static inline GoReloc goobj_reloc(const GoObj *o, u32 k)
{
	const u8 *p = goobj_at(o, BlkReloc, k, RELOC_SIZE);

	return (GoReloc){(i32)ld32(p, false), p[4], ld16(p + 5, false),
			 (i64)ld64(p + 7, false), goobj_symref(p + 15)};
}
static inline GoAux goobj_aux(const GoObj *o, u32 k)
{
	const u8 *p = goobj_at(o, BlkAux, k, AUX_SIZE);

	return (GoAux){p[0], goobj_symref(p + 1)};
}
static inline SymRef goobj_refname(const GoObj *o, u32 i, View *name)
{
	const u8 *p = goobj_at(o, BlkRefName, i, REFNAME_SIZE);

	*name = goobj_str(o, p + 8);
	return goobj_symref(p);
}
static inline SymRef goobj_refflags(const GoObj *o, u32 i, u8 *flag,
				    u8 *flag2)
{
	const u8 *p = goobj_at(o, BlkRefFlags, i, REFFLAGS_SIZE);

	*flag = p[8];
	*flag2 = p[9];
	return goobj_symref(p);
}
/* Of the i-th Hashed64, Hashed symbol. */
static inline const u8 *goobj_hash64(const GoObj *o, u32 i)
{
	return goobj_at(o, BlkHash64, i, HASH64_SIZE);
}
static inline const u8 *goobj_hash(const GoObj *o, u32 i)
{
	return goobj_at(o, BlkHash, i, HASH_SIZE);
}

#define NOSYM UINT32_MAX

/* The number of the symbol that ref means, < nsym; NOSYM if it is nil, a
 * builtin, or in another package. */
static inline u32 goobj_local(const GoObj *o, SymRef ref)
{
	switch (ref.pkg) {
	case PkgIdxSelf: return ref.sym;
	case PkgIdxHashed64: return o->nsymdef + ref.sym;
	case PkgIdxHashed: return o->nsymdef + o->nhashed64def + ref.sym;
	case PkgIdxNone: return o->nsymdef + o->nhashed64def +
		o->nhasheddef + ref.sym;
	default: return NOSYM;
	}
}
static inline bool symref_is_nil(SymRef r)
{
	return r.pkg == 0 && r.sym == 0;
}
/* Into another package: the only ones that RefName names. */
static inline bool symref_is_extern(SymRef r)
{
	return r.pkg != 0 && r.pkg < PkgIdxSelf;
}

/* The data of a FuncInfo symbol. */
typedef struct {
	u32 args, locals;
	u8 funcid, funcflag;
	i32 startline;
	u32 nfile, ninl;
	View files;	/* nfile u32 */
	View inl;	/* ninl nodes of INLNODE_SIZE bytes */
} GoFuncInfo;

typedef struct {
	i32 parent;	/* -1: none */
	u32 file;
	i32 line;
	SymRef func;
	i32 parentpc;
} InlNode;

/* NULL, or what is wrong with the length of the data. */
const char *funcinfo_parse(View data, GoFuncInfo *f);
/* The same of a FuncInfo of o, of which nothing is known to be good. */
const char *goobj_funcinfo(const GoObj *o, View data, GoFuncInfo *f);
static inline u32 funcinfo_file(const GoFuncInfo *f, u32 i)
{
	return ld32(f->files.p + (size_t)i * 4, false);
}
static inline InlNode funcinfo_inl(const GoFuncInfo *f, u32 i)
{
	const u8 *p = f->inl.p + (size_t)i * INLNODE_SIZE;

	return (InlNode){(i32)ld32(p, false), ld32(p + 4, false),
			 (i32)ld32(p + 8, false), goobj_symref(p + 12),
			 (i32)ld32(p + 20, false)};
}

/* Escapes an import path as symbol names have it (objabi.PathToPrefix). */
void path_to_prefix(Buf *out, View path);

/* ---- builtin.c ----------------------------------------------------- */

/* The i-th builtin of that release: its name, NULL if there is none. */
const char *builtin_name(Release r, u32 i, u16 *abi);
/* The index of a builtin, NOSYM if it is none. Where functions have one
 * ABI only (arch_regabi is false), the ABI does not count. */
u32 builtin_index(Release r, const Arch *arch, View name, u16 abi);
bool arch_regabi(Release r, const Arch *arch);

/* ---- lsym.c: objects under construction ---------------------------- */

typedef struct LSym LSym;

typedef struct {
	i32 off;
	u8 siz;
	u16 type;	/* as numbered in the object's release */
	i64 add;
	LSym *sym;	/* NULL: a marker without target */
} Reloc;

typedef struct {
	u8 type;
	LSym *sym;	/* NULL: an empty slot */
} Aux;

/* What the numbers of a symbol are in: a list of its own each. */
typedef enum {
	LIST_NONE,	/* not numbered yet */
	LIST_DEF, LIST_HASHED64, LIST_HASHED, LIST_NONPKGDEF,
	LIST_NONPKGREF,
	LIST_BUILTIN,	/* symidx is the index */
	LIST_EXTERN,	/* pkg is its package, symidx its number there */
	NLIST
} SymList;

struct LSym {
	View name;	/* empty: has none */
	u16 abi;	/* SymABIstatic: local to the file */
	u8 kind;	/* as numbered in the object's release */
	u8 flag, flag2;
	bool content;	/* content-addressable: deduplicated by its hash */
	bool pcdata;	/* a pc table: hashed apart from other data */
	bool linkname;	/* named by a linkname directive */
	bool data_shared;	/* data lies in the input: copied when written */
	bool hash_known;	/* hash is that of the contents */
	bool onlist;	/* in text or data */
	u32 size, align;
	u8 *data;
	u32 ndata, capdata;
	Reloc *r;
	u32 nr, capr;
	Aux *aux;
	u32 naux, capaux;
	LSym **inl;	/* FuncInfo: functions of its inline tree */
	u32 ninl;
	View pkg;	/* package to find it in by number; empty: by name */
	SymList list;
	u32 symidx;	/* its number in list */
	u32 pkgidx;	/* LIST_EXTERN: place in pkglist */
	u8 hash[HASH_SIZE];
	u32 mark;	/* for passes: 0 between them */
	u32 walked;	/* the walk that was here last */
};

typedef struct {
	LSym **p;
	size_t n, cap;
} Syms;

typedef struct {
	View pkg;
	u8 fingerprint[FINGERPRINT_SIZE];
} Autolib;

/* One string of the string table, or of a list of names. */
typedef struct {
	View *p;
	size_t n, cap;
} Strs;

typedef struct Obj Obj;

/* What becomes of kinds and relocations as a symbol is built: the FIPS
 * rules. Called at every place where a kind is set or changed, and for each
 * relocation added. */
typedef struct {
	void (*set_kind)(Obj *o, LSym *s);
	void (*check_reloc)(Obj *o, LSym *s, const Reloc *r);
} ObjRules;

struct Obj {
	Arena arena;
	const ObjRules *rules;	/* NULL: none */
	Release release;
	const Arch *arch;
	View pkgpath;	/* import path */
	u32 flags;
	u8 fingerprint[FINGERPRINT_SIZE];
	Autolib *autolib;
	size_t nautolib, capautolib;
	Strs files;	/* the compilation unit's */
	Strs pkglist;	/* [0] is "" */
	Syms text, data;	/* definitions, in the order they were made */
	Syms list[NLIST];	/* the numbered ones */
	Syms refnames, refflags;	/* in the order written */
	Strs strings;	/* of a loaded object: its table, in order */
	bool norefname;	/* leave out RefName */
	u32 walks;	/* begun so far */
	Map byname;	/* (name, abi) */
	Map bypkg;	/* ("", pkgidx and symidx as loaded) or (pkg, symidx) */
	const char *why;	/* the first thing that went wrong, or NULL */
	View who;	/* and the symbol's name */
};

/* An object with nothing in it. */
void obj_init(Obj *o, Release r, const Arch *arch, View pkgpath);
/* Everything of g. Its bytes must outlive o. The fault says what cannot be
 * represented. */
Fault obj_load(Obj *o, const GoObj *g, Release r, const Arch *arch);
void obj_free(Obj *o);

/* The symbol of that name and ABI (SymABI0, SymABIInternal), made if there
 * is none; static ones are found among themselves. */
LSym *lsym_lookup(Obj *o, View name, u16 abi);
/* One that no name finds: pc tables, FuncInfo, DWARF. */
LSym *lsym_new(Obj *o, View name, u16 abi);
/* Symbol number symidx of another package, as its object has it. name is
 * for people (RefName), and may be empty. */
LSym *lsym_extern(Obj *o, View pkg, u32 symidx, View name);
/* Sets the kind, and lets the rules change it. */
void lsym_set_kind(Obj *o, LSym *s, u8 kind);
/* Puts s on the list of definitions: text or data by its kind. */
void lsym_define(Obj *o, LSym *s);

/* Writes at an offset, growing data and size; the kind becomes one that has
 * data. Integers and addresses are in the target's byte order. */
void lsym_write_int(Obj *o, LSym *s, u32 off, unsigned siz, u64 x);
void lsym_write_bytes(Obj *o, LSym *s, u32 off, View b);
/* siz bytes, of which str fills the first. */
void lsym_write_string(Obj *o, LSym *s, u32 off, u32 siz, View str);
/* siz is the pointer's size, or 4. */
void lsym_write_addr(Obj *o, LSym *s, u32 off, unsigned siz, LSym *to,
		     i64 add);
void lsym_write_weak_addr(Obj *o, LSym *s, u32 off, unsigned siz, LSym *to,
			  i64 add);
void lsym_write_off(Obj *o, LSym *s, u32 off, LSym *to, i64 add);
void lsym_write_weak_off(Obj *o, LSym *s, u32 off, LSym *to, i64 add);
/* Readies siz bytes at off to be written to: s->data + off. NULL after a
 * mistake, which o->why has. */
u8 *lsym_prepwrite(Obj *o, LSym *s, u32 off, u32 siz);
void lsym_add_reloc(Obj *o, LSym *s, Reloc r);
/* Auxiliary symbols are written in the order they are added: AuxGotype |
 * FuncInfo Funcdata* DwarfInfo DwarfLoc DwarfRanges DwarfLines Pcsp Pcfile
 * Pcline Pcinline SehUnwindInfo Pcdata* WasmImport WasmType. */
void lsym_add_aux(Obj *o, LSym *s, AuxType type, LSym *aux);
LSym *lsym_aux(const LSym *s, AuxType type);	/* the first, or NULL */

/* The array behind p with room for one more than its n elements. */
void *obj_grow(Obj *o, void *p, u32 n, u32 *cap, size_t size);

/* A mistake of the caller's: the first is kept. */
void obj_fail(Obj *o, const LSym *s, const char *why);

void syms_add(Syms *l, LSym *s);
void strs_add(Strs *l, View v);
u32 obj_autolib(Obj *o, View pkg, View fingerprint);
/* The file's place in the file table, added if it is new. */
u32 obj_file(Obj *o, View name);

/* ---- funcinfo.c: what a function carries ---------------------------- */

typedef struct {
	i32 parent;
	u32 file;
	i32 line;
	LSym *func;
	i32 parentpc;
} InlCall;

typedef struct {
	u32 args, locals;
	u8 funcid, funcflag;
	i32 startline;
	const u32 *files;	/* ascending */
	u32 nfile;
	const InlCall *inl;
	u32 ninl;
} FuncInfo;

/* The unnamed symbol with f in it, for AuxFuncInfo. */
LSym *funcinfo_sym(Obj *o, const FuncInfo *f);

/* A table from pc to value. Values run from their pc to that of the next
 * step; step(pc, value) must be called with rising pc. */
typedef struct {
	Buf buf;
	u64 pc;
	i32 val;
	u8 shift;	/* Arch.minlc is 1 << shift */
	bool started;
} PcTab;

void pctab_begin(PcTab *t, const Obj *o);
void pctab_put(PcTab *t, u64 pc, i32 val);
static inline void pctab_step(PcTab *t, u64 pc, i32 val)
{
	if (val != t->val || !t->started)
		pctab_put(t, pc, val);
}
/* The symbol, for AuxPcsp and its like; size is the function's. Frees t. */
LSym *pctab_end(PcTab *t, Obj *o, u64 size);

/* Reads such a table: false at its end, or when c has an error. Starts with
 * a zeroed PcIter but for c. */
typedef struct {
	Cursor c;
	u64 pc;	/* in units of minlc; value holds up to it */
	i32 val;
	bool started;
} PcIter;
bool pciter_next(PcIter *it);

/* ---- number.c, contenthash.c, goobjw.c: writing ---------------------- */

/* What a walk over the symbols visits, in Go's order (traverseSyms). */
enum {
	WALK_DEFS = 1, WALK_REFS = 2, WALK_AUX = 4, WALK_PCDATA = 8,
	WALK_ALL = 15
};
void obj_walk(Obj *o, unsigned what, void (*fn)(void *, LSym *), void *arg);

/* Gives every symbol without one its list and number (NumberSyms). */
void obj_number(Obj *o);
SymRef lsym_ref(const Obj *o, const LSym *s);	/* NULL: nil */

/* The section letter that keeps symbols of different sections apart. */
u8 content_section(const LSym *s);
/* s->hash for the Hashed64 and Hashed symbols; with again also where it is
 * known. Returns how many differed from what was known. */
size_t obj_hash(Obj *o, bool again);

/* Numbers, hashes, sorts relocations and appends the object to out. NULL or
 * why it cannot be written (o->who: the symbol). */
const char *obj_write(Obj *o, Buf *out);

/* cmd/internal/hash: Sum32 as that release has it; New32's sum. */
void go_sum32(Release r, View v, u8 sum[SHA256_SIZE]);
void go_new32(View v, u8 sum[SHA256_SIZE]);
/* The name that GCLocalsSym gives to contents. */
void gclocals_name(Release r, View data, Buf *out);

/* ---- dump.c, nm.c ---------------------------------------------------- */

typedef struct {
	bool brief;	/* a line for each symbol, and no more */
	const char *kind;	/* only symbols of that kind; NULL: all */
} DumpOptions;

/* file is the path, for people. */
void dump_object(Buf *out, const char *file, const Member *m,
		 const GoObj *o, Release r, const DumpOptions *opt);
void dump_json(Buf *out, const char *file, const Member *m, const GoObj *o,
	       Release r, const DumpOptions *opt);
/* What dump.c and dumpjson.c share. */
typedef struct {
	u8 bit;
	const char *name;
} BitName;
const BitName *goobj_flag_names(void);	/* up to a NULL name */
const BitName *sym_flag_names(void);
const BitName *sym_flag2_names(Release r);
const char *aux_name(unsigned type);	/* "FuncInfo", or NULL */
const char *list_name(const GoObj *o, u32 i);	/* where symbol i is */
/* For each symbol < ndef 1 << type of the last auxiliary use of it: what
 * its bytes mean. To be freed. */
u32 *aux_uses(const GoObj *o);

typedef enum { NM_NAME, NM_ADDRESS, NM_NONE, NM_SIZE } NmSort;
typedef struct {
	NmSort sort;
	bool size;	/* print sizes */
} NmOptions;

/* As go tool nm: prefix goes in front of every line. Returns the number of
 * symbols. */
size_t nm_object(Buf *out, const char *prefix, const GoObj *o,
		 const NmOptions *opt);

/* ---- bisect.c: internal/bisect's patterns ---------------------------- */

enum { BISECT_MARKER = 35 };	/* "[bisect-match 0x0123456789abcdef]" */

/* An id whose masked bits are bits: result. */
typedef struct {
	u64 mask, bits;
	bool result;
} BisectCond;

typedef struct {
	bool quiet, verbose;
	bool enable;	/* the list says what to enable, not to disable */
	BisectCond *list;	/* the last that fits counts */
	size_t n;
} Bisect;

/* Parses a pattern that is not empty (the empty one is no pattern: use no
 * Bisect). NULL, or why not: Go's words, which the pattern is to follow. */
const char *bisect_parse(Bisect *m, View pattern, Arena *a);
/* Does the decision with that id fall as usual; is it to be reported? */
bool bisect_enables(const Bisect *m, u64 id);
bool bisect_prints(const Bisect *m, u64 id);
u64 bisect_hash(View name);
void bisect_marker(char out[BISECT_MARKER + 1], u64 id);
/* The value of fipshash in the argument of a -d flag, and in that of the
 * variable GOCOMPILEDEBUG, which wins over the flags; false: not there. */
bool bisect_option(View list, View *pattern);

/* ---- fips.c: the FIPS rules ------------------------------------------ */

/* What the rules depend on besides the symbol: one for each object. */
typedef struct {
	Release release;
	bool enabled;	/* this GOOS/GOARCH has FIPS symbols */
	bool module;	/* the package is one of the module's (IsFIPS) */
	bool test;	/* an external test package: never FIPS */
	bool shared;	/* compiled with -shared */
	const Bisect *bisect;	/* may leave symbols out; or NULL */
	Buf *report;	/* gets bisect's lines; or NULL */
} FipsRules;

/* GloblPos's flags, as in textflag.h. */
enum { DUPOK = 2, RODATA = 8, NOPTR = 16, TLSBSS = 256 };

bool fips_enabled(Release r, View goos, View goarch);
/* Without a bisect pattern. */
void fips_rules(FipsRules *f, Release r, View goos, View goarch,
		View pkgpath, bool shared);

bool kind_is_fips(u8 kind);
u8 kind_without_fips(u8 kind);	/* STEXT for STEXTFIPS ... */

/* Would the symbol be a FIPS symbol, bisection apart? */
bool fips_symbol(const FipsRules *f, View name, bool is_static, u8 kind);
/* The kind that a symbol gets whose kind has just been set to kind. */
u8 fips_kind(const FipsRules *f, View name, bool is_static, u8 kind);
/* The three places that set one: InitTextSym; GloblPos, which declares a
 * variable; prepwrite, at each write into its data. */
u8 fips_text_kind(const FipsRules *f, View name, bool is_static);
u8 fips_globl_kind(const FipsRules *f, View name, bool is_static, u8 kind,
		   unsigned flags);
u8 fips_write_kind(const FipsRules *f, View name, bool is_static, u8 kind);

/* May a symbol of that kind have a relocation of that type? */
bool fips_reloc_ok(const FipsRules *f, u8 kind, u16 type);
/* Appends what Go's compiler and assembler say if not. */
void fips_reloc_error(Buf *out, Release r, View name, u8 kind, u16 type);

/* The rules as hooks of an object under construction; r must outlive it.
 * What Go says of relocations that are refused goes to errors, a line each. */
typedef struct {
	ObjRules hooks;	/* first: this is what Obj.rules points to */
	const FipsRules *rules;
	Buf *errors;
} FipsHooks;

FipsHooks fips_hooks(const FipsRules *r, Buf *errors);

/* ---- lint.c: the FIPS rules applied to finished objects --------------- */

typedef struct {
	View pkgpath;	/* the package; empty: found in the archive */
	const Bisect *bisect;	/* the pattern it was compiled with; or NULL */
} LintOptions;

/* Appends a line "FILE: SYMBOL: what is wrong with it" for each finding in
 * the Go objects of an archive or of a bare object, and counts them. A fault
 * says why the file cannot be read; findings before that stand. */
Fault lint_archive(Buf *out, const char *path, View file,
		   const LintOptions *opt, size_t *found);

/* ---- text.c, textlex.c, textparse.c, textdata.c: objects as text ------ */

enum { TEXT_AR = 48 };	/* bytes of an ar header in front of the size */

/* Appends a member of an archive, or a bare object, as text; g is the opened
 * object, or NULL. text_parse makes the same bytes of it. In front of the
 * members of an archive there must be a line "archive". */
void text_member(Buf *out, const Member *m, const GoObj *g, Release r);
void text_quote(Buf *out, View v);	/* as a Go string */

typedef struct {
	Buf out;	/* the file: an archive, or a bare object */
	Buf messages;	/* lines "FILE:LINE: what is wrong" */
	Buf report;	/* bisect's lines */
	u32 errors;	/* out is to be used only if there are none */
	const Bisect *bisect;	/* set by the caller; or NULL */
} TextResult;

/* Makes the objects that text describes. file is its name, for messages;
 * res is the caller's, who frees its texts. */
void text_parse(TextResult *res, const char *file, View text);

#endif
