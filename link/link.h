/*
 * link: makes executables of Go object files, byte for byte as cmd/link.
 *
 * One Link holds everything. A symbol is a number (Sym), its facts are row
 * L->sym[s], and passes in the order of main.c turn the objects' symbols
 * into sections, addresses and bytes. Inputs stay mapped: names, contents
 * and relocations are read where they lie. Symbols that the linker makes or
 * changes itself are Exts, whose contents are built in memory.
 *
 * Order is everything: symbol numbers decide ties in layout and the order of
 * the symbol table, so symbols are made in exactly the order cmd/link makes
 * them.
 *
 * Grouped by the file that implements each part; pass names are Go's.
 */
#ifndef LINK_H
#define LINK_H

#include "obj/obj.h"
#include "objabi/objabi.h"

#define GOFIPS_VERSION "0.1"

typedef struct Link Link;

/* Number of a symbol; 0: none. */
typedef u32 Sym;
#define SYM_LAZY (1u << 31)

/* Linker's kinds of symbols, in the order of memory: kind.def. */
typedef enum {
#define KIND(name) K_##name,
#include "link/kind.def"
#undef KIND
	NKIND
} Kind;

const char *kind_name(Kind k);	/* "STEXTFIPS" */

/* ---- mem.c ---------------------------------------------------------- */

/* Where there may be huge pages, for as long as they are worth it. */
typedef struct {
	struct {
		void *p;
		size_t n;
	} at[16];
	u32 n;
	bool wanted;	/* as yet, and still */
	bool taken;	/* by a thread that changes it */
} HugePages;

/* Memory that lives as long as the run, in huge pages: first touch of a
 * small page costs more than anything that is done with it. One thread at a
 * time; a parallel task has a Mem of its own, which takes small pieces from
 * one that all share: {.from = &L->mem}. Without either it is in small pages,
 * for a little that seldom is more. */
typedef struct Mem {
	u8 *p;
	size_t used, cap;
	HugePages *huge;
	struct Mem *from;
	bool taken;	/* by a thread that takes a piece */
} Mem;

void *mem_alloc(Mem *m, size_t n);	/* zeroed, aligned to 16 */
/* The next allocation begins on a huge page, if there is room. */
void mem_skip(Mem *m);
/* What m has handed out is nobody's any more, and may be handed out again. */
void mem_reset(Mem *m);
/* Address space for n bytes of which few may ever be touched; zeroed. Of the
 * first upto bytes most will be: huge pages, if there are such; behind them
 * hardly anything is: small ones. h: NULL for what is released again. */
void *mem_reserve(HugePages *h, size_t n, size_t upto);
/* From now on, and where there is memory already, or not any more. */
void mem_huge(HugePages *h, bool wanted);
/* n bytes from p on, which have not been touched yet, will be soon. */
void mem_touch(HugePages *h, void *p, size_t n);
/* The same, and all of them: if pages are small, they are made by the chunk,
 * when the first of a chunk is asked for. */
void mem_fill(HugePages *h, void *p, size_t n);
void mem_release(void *p, size_t n);	/* of mem_reserve */
/* p with room for one more than its n elements of that size. */
void *mem_grow(Mem *m, void *p, u32 n, u32 *cap, size_t size);
View mem_view(Mem *m, View v);	/* a copy */
__attribute__((format(printf, 2, 3)))
View mem_printf(Mem *m, const char *fmt, ...);

/* A list of symbols that grows. */
typedef struct {
	Sym *p;
	u32 n, cap;
} SymVec;
void symvec_add(Mem *m, SymVec *v, Sym s);

/* ---- sym.c: symbols ------------------------------------------------- */

/* Facts of a symbol that are one bit. The second group comes from the object
 * that defines it. */
enum {
	A_REACHABLE = 1 << 0,
	A_ONLIST = 1 << 1,	/* in textp or datap */
	A_LOCAL = 1 << 2,
	A_NOTINSYMTAB = 1 << 3,
	A_USEDINIFACE = 1 << 4,
	A_SPECIAL = 1 << 5,	/* laid out by somebody else than dodata */
	A_HIDDEN = 1 << 6,	/* VisibilityHidden */
	A_SUBSYM = 1 << 7,	/* lies inside outer, at value */
	A_EXTERNAL = 1 << 8,	/* attrExternal: from cgo_import */
	A_CGOEXPORT = 1 << 9,	/* cgo_export_static or _dynamic */
	A_MARK = 1 << 10,	/* for one pass; 0 between passes */

	A_STATIC = 1 << 16,	/* file-local: version >= 10 */
	A_ABIINTERNAL = 1 << 17,	/* version 1 */
	A_DUPOK = 1 << 18,
	A_REFLECTMETHOD = 1 << 19,
	A_NOSPLIT = 1 << 20,
	A_GOTYPE = 1 << 21,
	A_TYPELINK = 1 << 22,
	A_ITAB = 1 << 23,
	A_DICT = 1 << 24,
	A_PKGINIT = 1 << 25,
	A_LINKNAME = 1 << 26,
	A_LINKNAMESTD = 1 << 27,
	A_ABIWRAPPER = 1 << 28,
	A_HASHED = 1 << 29,	/* in the object's Hashed block */
	A_SHARED = 1 << 30,	/* the object was compiled with -shared */
	A_OBJECT = (int)0xffff0000u	/* all that come from the object */
};

typedef struct {
	i64 value;	/* address, once there is one; before, what the
			 * pass that sets it says */
	u32 size;
	u32 obj;	/* in L->obj; OBJ_EXT: in L->ext */
	u32 li;		/* number there */
	u32 attr;
	Sym outer;	/* the carrier or container; 0: none */
	u16 sect;	/* in L->sect; 0: none */
	u8 kind;
	u8 align;	/* 1 + log2 of it; 0: not set */
} SymRow;

enum { OBJ_NONE, OBJ_EXT, OBJ_FIRST };

/* What the linker knows of a symbol that no object defines, or that it has
 * changed. */
typedef struct {
	View name;
	u8 *data;
	u32 ndata, capdata;
	u8 *rel;	/* records as in objects, but naming global numbers */
	u32 nrel, caprel;
	u32 ver;
	u32 obj, li;	/* copied from there, auxiliary symbols are its;
			 * obj 0: from nowhere */
	Sym gotype;	/* if there is no obj */
} Ext;

typedef struct LObj LObj;
typedef struct Lib Lib;

/* One compilation unit: every object is one, assembly too. */
typedef struct {
	u32 obj;
	Lib *lib;
	SymVec textp;	/* its functions, in the order of L->textp */
	u32 pclnindex;	/* pcln.c: place of its files in cutab */
	struct DwUnit *dw;	/* dwarf.c */
} Unit;

/* A Go object among the inputs. */
struct LObj {
	GoObj o;
	ObjHeader header;
	Lib *lib;
	const char *path;	/* of the archive */
	View member;
	u32 idx;	/* in L->obj */
	u32 version;	/* of its static symbols: 10, 11, ... */
	/* Global numbers of its o.nsym symbols; 0 or SYM_LAZY: resolve_late
	 * says more. */
	Sym *syms;
	u32 *pkg;	/* of its PkgIdx: index in L->obj, 0: not loaded */
	Unit unit;
};

/* A package. */
struct Lib {
	View pkg;	/* import path; "main" for the first */
	const char *file;
	View objref, srcref;	/* who wanted it */
	u8 fingerprint[FINGERPRINT_SIZE];
	u32 firstobj, nobj;	/* its objects in L->obj */
	Lib **imports;	/* as its objects name them, with repetitions */
	u32 nimports, capimports;
	u32 text, ntext;	/* in textp as linksetup made it */
	bool main;
	bool mark;	/* for one pass */
};

/* A relocation as code sees it. */
typedef struct {
	i32 off;
	u8 siz;
	bool weak;
	u16 type;	/* RelocRow: ROW_R_ADDR, whatever the release */
	i64 add;
	Sym sym;
} Rel;

typedef struct {
	const u8 *p;
	u32 n;
	const LObj *obj;	/* NULL: records name global numbers */
} Rels;

static inline SymRow *row(const Link *L, Sym s);

View sym_name(const Link *L, Sym s);
u32 sym_version(const Link *L, Sym s);	/* 0 ABI0, 1 ABIInternal, >= 10 */
/* Its bytes; those up to size are zero. */
View sym_data(const Link *L, Sym s);
Rels sym_rels(const Link *L, Sym s);
/* For a loop over the bytes or relocations of v up to to - 1, which is at i:
 * asks for those that it will need soon. */
void sym_ahead(const Link *L, const SymVec *v, u32 i, u32 to);
static inline Rel rel_at(const Link *L, Rels r, u32 k);
/* The global number of what ref means in o; ends the run where an object
 * refers to what is not there. */
static inline Sym resolve(const Link *L, const LObj *o, SymRef ref);
/* The same for symbol li of o. */
Sym resolve_late(const Link *L, const LObj *o, u32 li);

/* Auxiliary symbols. */
typedef struct {
	const LObj *obj;
	u32 first, n;
} Auxs;
Auxs sym_auxs(const Link *L, Sym s);
static inline GoAux aux_at(Auxs a, u32 k)
{
	return goobj_aux(&a.obj->o, a.first + k);
}
/* The bytes of a FuncInfo, pc table ...: an object has its own, and has been
 * checked with what it says of them itself. */
static inline View aux_data(const LObj *o, SymRef ref)
{
	u32 li = goobj_local(&o->o, ref);

	return li < o->o.ndef ? goobj_data(&o->o, li) : (View){0};
}
/* Of a pc table, what a function of size bytes can need: each step goes on
 * by a byte at least, and takes 10 at most. Many may share one that is much
 * longer than they are. */
static inline View pctab_of(View tab, u32 size)
{
	u64 most = 64 + 12 * (u64)size;

	return (View){tab.p, tab.n < most ? tab.n : (size_t)most};
}
Sym sym_aux(const Link *L, Sym s, AuxType t);	/* the first, or 0 */
Sym sym_gotype(const Link *L, Sym s);
View sym_aux_data(const Link *L, Sym s, AuxType t);	/* of aux_data */
bool sym_funcinfo(const Link *L, Sym s, GoFuncInfo *f);	/* false: none */
Unit *sym_unit(const Link *L, Sym s);	/* NULL for an Ext without obj */
View sym_pkg(const Link *L, Sym s);	/* its package's import path */
bool sym_is_ext(const Link *L, Sym s);
/* Named, or of a kind that is laid out without a name. */
bool sym_toplevel(const Link *L, Sym s);
u32 sym_align(const Link *L, Sym s);	/* bytes; 0: not set */
void sym_set_align(Link *L, Sym s, u32 align);
u32 sym_fixed_align(Link *L, Sym s);	/* symalign(): dodata.c */

/* By name and version; 0: there is none. */
Sym sym_lookup(const Link *L, View name, u32 ver);
Sym sym_lookup_or_create(Link *L, View name, u32 ver);
/* A new one that no name finds. */
Sym sym_create(Link *L, View name, u32 ver);
Sym sym_create_static(Link *L, View name);
/* Turns s into an Ext with its contents, if it is none yet
 * (MakeSymbolUpdater). */
Ext *sym_update(Link *L, Sym s);

/* Building the contents of an Ext. Memory comes from m, so that several
 * threads can build different symbols at once. */
typedef struct {
	Link *L;
	Mem *m;
	Sym s;
	Ext *e;
} SB;

SB sb_of(Link *L, Sym s);	/* sym_update, memory of L */
SB sb_mem(Link *L, Mem *m, Sym s);	/* s is an Ext */
u8 *sb_grow(SB *b, u32 n);	/* n more zero bytes; where they begin */
void sb_set_size(SB *b, u32 n);	/* of data and symbol */
void sb_u8(SB *b, u8 x);
void sb_u16(SB *b, u16 x);
void sb_u32(SB *b, u32 x);
void sb_u64(SB *b, u64 x);
void sb_uint(SB *b, unsigned siz, u64 x);	/* siz 1, 2, 4, 8 */
void sb_set_uint(SB *b, u32 off, unsigned siz, u64 x);	/* grows if needed */
void sb_bytes(SB *b, View v);
void sb_str(SB *b, View v);	/* and a NUL */
void sb_uleb(SB *b, u64 x);
void sb_sleb(SB *b, i64 x);
void sb_rel(SB *b, Rel r);	/* appends it */
/* Pointer-sized R_ADDR, and others; *plus adds to it. */
void sb_addr(SB *b, Sym to);
void sb_addr_plus(SB *b, Sym to, i64 add);
void sb_pcrel_plus(SB *b, Sym to, i64 add);	/* 4 bytes, R_PCREL */
void sb_ref(SB *b, RelocRow type, unsigned siz, Sym to, i64 add);
/* At off, pointer-sized; grows if needed. */
void sb_set_addr(SB *b, u32 off, Sym to, i64 add);

/* ---- sections and segments ------------------------------------------ */

typedef struct Seg Seg;

typedef struct {
	const char *name;	/* ".text" */
	u16 idx;	/* in L->sect */
	u8 rwx;	/* 4 read, 2 write, 1 execute */
	bool compressed;
	u32 align;
	u64 vaddr, length;
	Seg *seg;
	Sym sym;	/* of debug sections */
	u32 elfsect;	/* elf.c: its header, 0: none */
} Sect;

struct Seg {
	u8 rwx;
	u64 vaddr, length;
	u64 fileoff, filelen;
	Sect **sect;
	u32 n, cap;
};

/* In the order of the file. */
enum { SEG_TEXT, SEG_RODATA, SEG_RELRODATA, SEG_DATA, SEG_DWARF, NSEG };

Sect *seg_add(Link *L, Seg *seg, const char *name, u8 rwx);
static inline Sect *sym_sect(const Link *L, Sym s);	/* or NULL */

/* A debug section: its own symbol, then those that make its contents. */
typedef struct {
	Sym secsym;
	SymVec syms;
	bool vars;	/* has addresses of variables */
	u8 **piece;	/* dwarfcompress: what it has become, if compressed */
} DwSec;

/* ---- target.c, arch_amd64.c, arch_arm64.c: facts -------------------- */

typedef struct LinkArch LinkArch;

/* One relocation that is being applied. loc has the object's bytes already;
 * P, S and A are those of the psABIs. */
typedef struct {
	Link *L;
	Sym sym;	/* whose relocation it is */
	const Rel *r;
	u8 *loc;	/* its siz bytes, of the symbol's; off of them before */
	u64 P;	/* their address */
	u64 S;	/* that of the target; 0 if there is none */
	i64 A;
	bool dead;	/* the target is not in the output */
	bool say;	/* fix_fail prints */
} Fix;

/* false: that cannot be, and fix_fail was told why. */
typedef bool Apply(const Fix *f);

struct LinkArch {
	ArchId id;
	u32 funcalign, maxalign, minalign, minlc;
	u64 textaddr;	/* of a non-PIE ELF without its header: 0x400000 */
	u64 round;	/* FlagRound */
	View codepad;	/* what lies between functions; empty: zeros */
	u32 callsize;	/* bytes that a call pushes */
	u32 fpsize;	/* bytes for the frame pointer below the stack's end */
	u64 tramplimit;	/* 0: never any */
	u32 trampsize;	/* bytes of a trampoline */
	i64 tlsoffset;	/* what R_TLS_LE adds on ELF */
	u8 dwarfregsp, dwarfreglr;
	u8 deferreturn;	/* the call's offset is the return's less this */
	u32 elfflags;
	u8 pltentry;	/* sh_entsize of .plt */
	u8 alignment;	/* sys.Arch.Alignment, of compressed sections; 0: 1 */
	const char *dynld, *dynldmusl;	/* linux */
	Apply *const *relocs;	/* by RelocRow; NULL: as reloc.c does it */
	void (*elfsetupplt)(Link *L);
	void (*trampoline)(Link *L, Sym s, Rel r, u32 k);
};
extern const LinkArch arch_amd64, arch_arm64;
const LinkArch *link_arch(ArchId id);	/* NULL: not supported yet */

/* ---- Link ----------------------------------------------------------- */

typedef struct {
	View name, value;
} StrData;

/* The command line and the environment; flag.def has the flags. */
typedef struct {
	const char *out;
	const char *main;	/* the archive to be linked */
	const char *importcfg, *installsuffix;
	View buildid, fipso, entry, interp, rpath, hostbuildid;
	StrData *strdata;	/* -X and modinfo, in order */
	u32 nstrdata, capstrdata;
	Map strbyname;	/* name to place there */
	const char **libdir;
	u32 nlibdir, caplibdir;
	bool s, w, w_given, d, f, g, pie, compressdwarf, checklinkname,
		prune, all_errors, bindnow, debugnosplit;
	bool internal;	/* -linkmode=internal */
	bool external;	/* GO_EXTLINK_ENABLED=1 */
	bool quiet, strict;	/* GOFIPS_LINK_QUIET, _STRICT */
	i64 round, textaddr, dataaddr;	/* -R, -T, -D; -1: not given */
	i64 funcalign;	/* 0: not given */
	i64 strictdups;
	i64 nthreads;	/* 0: one for each processor */
	bool stats, printmap;
	const char *why, *repro;
	View goroot;	/* environment */
	/* The real linker, NULL if unknown, and what it is to be given. */
	const char *real;
	const char *argv0;
	char **args;
	char **expanded;	/* args without @files */
	/* accepted and not used, or handed over */
	bool noop, hand;
	View noopstr, handstr;
	i64 noopint, handint;
} Flags;

/* One "packagefile path=file" of importcfg. */
typedef struct {
	View pkg, file;
} PackageFile;

/* window.c: a piece of the output that a thread composes in memory. */
typedef struct {
	Link *L;
	u8 *p;
	size_t n, cap;
	u64 off;	/* of p in the file */
	u64 base;	/* what offsets count from: 0, or a Gen's symbol */
	u8 *own;	/* p, unless it is wide */
	bool wide, taken;
} Window;

/* Room for n bytes, zeros, at base + at. Valid until the next call: then what
 * was there before may have been written already. Fastest in order. */
u8 *win_room(Window *w, u64 at, size_t n);
/* The same, but the bytes are anything. */
u8 *win_space(Window *w, u64 at, size_t n);
/* The same, and v to it. */
void win_copy(Window *w, u64 at, View v);
void win_flush(Window *w);
/* pool_for, whose tasks write to the output. */
void win_for(Link *L, size_t n, void (*fn)(Window *w, void *arg, size_t i),
	     void *arg);

/* A part of a symbol's contents that is only made when all addresses are
 * known: write(L, g, w) puts it into w, where offsets count from the symbol's
 * first byte. What it does not write is zero. All Gens can run at the same
 * time; their symbols have no other contents. */
typedef struct Gen {
	Sym sym;
	u32 part, nparts;
	void (*write)(Link *L, const struct Gen *g, Window *w);
} Gen;

struct Link {
	Flags flag;
	Pool *pool;
	HugePages huge;
	Mem mem;
	Mem tmp;	/* what only the pass that is running needs */
	Release release;
	const Arch *arch;
	const LinkArch *la;
	View goos, goarch, version, experiments, headline;	/* of objects */
	View buildversion;	/* runtime.buildVersion */

	/* loadlib */
	Lib **lib;	/* in the order of loading; postorder after linksetup */
	u32 nlib, caplib;
	LObj **obj;	/* from OBJ_FIRST on */
	u32 nobj, capobj;
	Map packagefile;	/* importcfg: package to PackageFile */
	Map libbypkg, objbypkg;
	struct Input *input;	/* lib.c: what importcfg lists */
	u32 ninput;
	u32 nextversion;	/* of static symbols */
	struct SymTab *names;	/* sym.c */

	/* symbols; nsym and next also count number 0 */
	SymRow *sym;
	u32 nsym, maxsym;
	/* Numbers from here on, up to symend, are those of objects' symbols
	 * before deadcode; afterwards, of those that it did not find. */
	Sym alias, symend;
	struct Load *load;	/* load.h */
	Ext *ext;
	u32 next, maxext;
	u32 extstart;	/* the first symbol made by reference or linker */
	u32 nanon;
	Sym *builtin;	/* by index */
	u32 nbuiltin;
	u8 relrow[512];	/* number in objects to RelocRow */
	u8 kindrow[64];	/* kind in objects to Kind */

	/* what passes leave for later ones */
	SymVec textp, datap, dynexp;
	Sym *textorder;	/* text_order, or NULL */
	u64 textend;	/* textaddress_begin: where functions end */
	bool trampolines;	/* they are too far from each other */
	u64 *reach;	/* deadcode: a bit for each symbol that it had */
	/* For --why: who needed a symbol first, itself for where deadcode
	 * sets out, 0: nobody. By Sym, nreachparent of them; or NULL. */
	Sym *reachparent;
	u32 nreachparent;
	SymVec tramps;	/* text.c: in textp too */
	Gen *gen;	/* for asmb */
	u32 ngen, capgen, ngenwritten;
	DwSec *dwarfp;
	u32 ndwarfp, capdwarfp;
	Sect **sect;	/* [0] is NULL */
	u32 nsect, capsect;
	Seg seg[NSEG];
	Unit *runtime_unit;	/* the last of package runtime */
	u32 strictdups;	/* how many -strictdups has found */
	Sym moduledata, mainInittasks;
	u8 *regroup;	/* symtab: Kind to lay a symbol out as, by Sym */
	u32 nregroup;
	u64 headr;	/* room for ELF header and what follows */
	u64 filesize;	/* up to and with the debug sections */
	u64 typedesclen, itaboffset, itabsize;	/* dodata, for moduledata */
	u32 off_typedesclen, off_itaboffset, off_itabsize;
	struct Pcln *pcln;
	struct StackCheck *stackcheck;
	struct Elf *elf;
	struct Dwarf *dwarf;
	struct Stats *stats;

	u64 outlen;	/* of the output file, at the end */
	int outfd, outerr;	/* errno of what failed first, any thread's */
	PoolLoop *old;	/* what removes the program that was there */
	bool outopen, outnamed;	/* outnamed: seen under its name already */
	u8 *window;	/* memory of all windows */
	struct Extents *extents;	/* recheck.c */
	bool badrelocs;	/* set by any thread */

	Diag diag;
};

/* ---- main.c's passes, in order; a file each ------------------------- */

/* flags.c, response.c, toolexec.c, repro.c */

/* Does what argv asks for besides linking, and then does not return: help,
 * -V, another tool than link. Else fills L->flag. */
void toolexec(Link *L, int *argc, char ***argv);
void parse_flags(Link *L, int argc, char **argv);
/* The arguments with every @file replaced by what is in it; ended by NULL.
 * NULL, or the file that cannot be read. */
const char *expand_args(Mem *m, int *argc, char ***argv);
void save_repro(Link *L);

/* target.c: release, architecture and version, once they are known from the
 * first object's header line; the rest of runtime.buildVersion. */
void set_target(Link *L, const ObjHeader *h);

/* lib.c, loader.c, linkname.c: packages, objects, symbol numbers */
/* While flags are parsed, since modinfo takes its place among the -X. */
void read_importcfg(Link *L, const char *path);
void libinit(Link *L);
void loadlib(Link *L);
/* Nobody looks into inputs any more. */
void unload(Link *L);
void inittasks(Link *L);	/* inittask.c */

/* deadcode.c, decodesym.c */
void deadcode(Link *L);

/* linksetup.c */
void linksetup(Link *L);	/* Textp and package order, runtime.tlsg ... */
void dostrdata(Link *L);
void addstrdata1(Link *L, View nameval);	/* while flags are parsed */

/* dwarf.c, dwarftype.c ... */
void dwarf_scan(Link *L);	/* the first, parallel part of the next */
/* Begins with .debug_frame, beside the passes up to debug_syms. */
void dwarf_frames_begin(Link *L);
void dwarf_generate_debug_info(Link *L);
void dwarf_generate_debug_syms(Link *L);
void dwarfcompress(Link *L);
/* Of that, what needs addresses of data, at least: by a thread of asmb. */
void dwarfcompress_asmb(Link *L);

/* stackcheck.c: errors only. Begins beside the passes in between, which leave
 * functions alone. */
void stack_check_begin(Link *L);
void do_stack_check(Link *L);

/* elf.c, elfdyn.c, elfsym.c */
/* -B, once all flags are parsed. */
void addbuildinfo(Link *L);
/* Archinit, when the target is known: headr; -R, -T, -E where not given. */
void elfinit(Link *L);
void doelf(Link *L);
void set_arch_syms(Link *L);

/* text.c */
/* Functions have addresses, unless there will be trampolines. */
void textaddress_begin(Link *L);
void textaddress(Link *L);
/* L->textp in the order that textaddress gives it, but for trampolines. */
Sym *text_order(Link *L);
/* For LinkArch.trampoline: s, of that kind, is to be laid down behind the
 * function that is being looked at. */
void add_tramp(Link *L, Sym s, Kind k);
/* Is it a package that the runtime consists of (runtimepkg.def)? */
bool pkg_is_runtime(Release r, View pkg);
void buildinfo(Link *L);

/* pcln.c, pclnname.c, pclnfile.c, pclngen.c, findfunctab.c */
/* Begins to collect what pclntab is made of, beside the passes in between;
 * these leave functions' auxiliary symbols alone. */
void pclntab_begin(Link *L);
void pclntab(Link *L);
void findfunctab(Link *L);
/* A file's name as programs have it: $GOROOT replaced (expandFile). */
View expand_file(const Link *L, Mem *m, View name);

/* symtab.c: marker symbols, groups, moduledata */
void symtab(Link *L);
/* The symbol of that name, made if need be: reachable, local, special. */
Sym xdefine(Link *L, const char *name, Kind k, u64 value);
/* CreateSymForUpdate: the same, but neither local nor special. */
SB sb_named(Link *L, const char *name, Kind k);

/* dodata.c, gcprog.c, dynreloc.c, address.c */
void dodata(Link *L);
/* For dodata, with its symbols by kind, before they are sorted. */
void dynreloc(Link *L, const SymVec bucket[NKIND]);
/* For report_relocs: gives .rela the relocations that cannot be applied,
 * since cmd/link, where it has them all, tells of those too. */
void dynreloc_errors(Link *L);
void address(Link *L);
void layout(Link *L);	/* but debug sections */
void layout_debug(Link *L);	/* those, when compressed */

/* reloc.c. The bytes of s, sym_data, relocated, to out. What is wrong with
 * them is only noted, in L->badrelocs, and for asmb to tell. */
void relocate_into(Link *L, Sym s, u8 *out);
void report_relocs(Link *L);
bool fix_put(const Fix *f, i64 x, bool pcrel);	/* range is checked */
__attribute__((format(printf, 2, 3)))
bool fix_fail(const Fix *f, const char *fmt, ...);	/* false */

/* asmb.c, reloc.c; fips140.c; asmelf.c; out.c */
void asmb(Link *L);
void asmb_debug(Link *L);
void asmbfips(Link *L);
void asmb2(Link *L);
void write_output(Link *L);

/* recheck.c: reads the output again. Only debug builds do, which also look
 * whether two pieces were written to one place. */
void recheck(Link *L);
struct Extents *new_extents(Mem *m);
void note_extent(Link *L, u64 off, u64 n);	/* by any thread */
#ifndef LINK_DEBUG
#define LINK_DEBUG 0
#endif

/* For libinit: refuses to destroy an input, and removes an old output. */
void out_prepare(Link *L);
/* When a run ends with an error: what cmd/link does to an old output. */
void out_remove(const Link *L);
void out_open(Link *L);
void out_size(Link *L);	/* L->filesize: what nobody writes can be read */
/* By any thread. What goes wrong is for out_check, which ends the run. */
void out_write(Link *L, u64 off, View v);
void out_patch(Link *L, u64 off, View v);	/* what is there already */
void out_note(Link *L, u64 off, u64 n);	/* patched, and now final */
void out_read(Link *L, u64 off, u8 *p, size_t n);
void out_check(Link *L);

/* stats.c, printmap.c, why.c */
void stats_pass(Link *L, const char *name);	/* begins a pass */
void stats_print(Link *L);
void print_map(Link *L);
void why(Link *L);

/* ---- errors.c ------------------------------------------------------- */

/* ld.Errorf: counted, after 20 the run ends (unless -e). */
__attribute__((format(printf, 2, 3)))
void link_errorf(Link *L, const char *fmt, ...);
/* ctxt.Errorf: with the symbol's name in front, or "sym N" if it has none. */
__attribute__((format(printf, 3, 4)))
void sym_errorf(Link *L, Sym s, const char *fmt, ...);
/* Exitf: the program's name in front, status 2. log.Fatalf: "link: " in
 * front, status 1. */
__attribute__((format(printf, 2, 3)))
_Noreturn void link_exitf(const Link *L, const char *fmt, ...);
__attribute__((format(printf, 2, 3)))
_Noreturn void link_fatalf(const Link *L, const char *fmt, ...);
/* Ends the run with status 2 if there was an error. */
void exit_if_errors(Link *L);
/* What is not supported: the real linker's job, or an error. */
__attribute__((format(printf, 2, 3)))
_Noreturn void hand_over(const Link *L, const char *fmt, ...);
_Noreturn void bad_symref(const Link *L, const LObj *o, SymRef ref);

/* ---- accessors ------------------------------------------------------ */

static inline SymRow *row(const Link *L, Sym s)
{
	return &L->sym[s];
}
static inline Sect *sym_sect(const Link *L, Sym s)
{
	return L->sect[L->sym[s].sect];
}
static inline bool sym_has(const Link *L, Sym s, u32 attr)
{
	return L->sym[s].attr & attr;
}
static inline bool sym_reachable(const Link *L, Sym s)
{
	return L->sym[s].attr & A_REACHABLE;
}

static inline Sym resolve(const Link *L, const LObj *o, SymRef ref)
{
	const LObj *in = o;
	u32 i = ref.sym;
	Sym s;

	if (ref.pkg < PkgIdxBuiltin && ref.pkg != PkgIdxSelf) {
		if (ref.pkg == PkgIdxInvalid)
			return 0;
		in = ref.pkg < o->o.npkg ? L->obj[o->pkg[ref.pkg]] : NULL;
		if (!in || i >= in->o.nsymdef)
			bad_symref(L, o, ref);
	} else if (ref.pkg == PkgIdxBuiltin) {
		if (i >= L->nbuiltin || !L->builtin[i])
			bad_symref(L, o, ref);
		return L->builtin[i];
	} else {
		i = goobj_local(&o->o, ref);
		if (i >= o->o.nsym)
			bad_symref(L, o, ref);
	}
	s = __atomic_load_n(&in->syms[i], __ATOMIC_ACQUIRE);
	return s && !(s & SYM_LAZY) ? s : resolve_late(L, in, i);
}

/* The symbol that the record at p refers to. */
static inline Sym rel_sym(const Link *L, const Rels *r, const u8 *p)
{
	SymRef ref = goobj_symref(p + 15);

	return r->obj ? resolve(L, r->obj, ref) : ref.sym;
}

static inline Rel rel_at(const Link *L, Rels r, u32 k)
{
	const u8 *p = r.p + (size_t)k * RELOC_SIZE;
	u16 type = ld16(p + 5, false);

	return (Rel){(i32)ld32(p, false), p[4], type >> 15,
		     L->relrow[type & 511], (i64)ld64(p + 7, false),
		     rel_sym(L, &r, p)};
}

static inline bool kind_in(u8 k, Kind from, Kind to)
{
	return from <= k && k <= to;
}
/* Version of symbols with ABIInternal: 0 where functions have one ABI. */
static inline u32 abi_internal(const Link *L)
{
	return arch_regabi(L->release, L->arch);
}
static inline bool link_kind_is_text(u8 k)
{
	return kind_in(k, K_STEXT, K_STEXTEND);
}

/* RelocType.IsDirectCall: the instruction holds its target's address. */
static inline bool reloc_is_call(u16 type)
{
	switch (type) {
	case ROW_R_CALL: case ROW_R_CALLARM: case ROW_R_CALLARM64:
	case ROW_R_CALLLOONG64: case ROW_R_CALLMIPS: case ROW_R_CALLPOWER:
	case ROW_R_RISCV_CALL: case ROW_R_RISCV_JAL:
	case ROW_R_RISCV_JAL_TRAMP:
		return true;
	default:
		return false;
	}
}

/* ---- deflate.c ------------------------------------------------------ */

/* Compresses one stream at a time: the bytes that Go 1.27's compress/zlib
 * writes at level 1, whatever pieces its input came in. It needs not be
 * cleared in between. */
typedef struct Zlib Zlib;

/* Of the input, cut into blocks of DEFLATE_BLOCK bytes of which only the last
 * may be shorter, or empty: each is put at zlib_room, and zlib_block returns
 * what has become of it so far; at most DEFLATE_ROOM bytes, which are there
 * until the next call. */
void zlib_begin(Zlib *z);
u8 *zlib_room(Zlib *z);
View zlib_block(Zlib *z, size_t n, bool last);

/* All at once: to out, which has zlib_bound(in.n) bytes; returns how many were
 * written. */
size_t zlib_deflate(Zlib *z, View in, u8 *out);
size_t zlib_bound(size_t n);

/* ---- deflate.c, deflblock.c, huffman.c: between themselves ---------- */

enum {
	DEFLATE_BLOCK = 65535,	/* bytes of input */
	/* What a block takes at most: it is stored unless something smaller
	 * is found. Only the table of a block of literals is guessed instead
	 * of counted, and takes at most 7 bits for each of 258 lengths; the
	 * rest is for ends of blocks, what begins and ends the stream, and
	 * the 8 bytes that are written at once. */
	DEFLATE_ROOM = DEFLATE_BLOCK + 320,
	MAXDIST = 1 << 15,	/* of a match */
	DEFLATE_HASH_BITS = 15,
	NLIT = 286, NOFF = 30, NGEN = 19,	/* sizes of the alphabets */
	EOB = 256,	/* the literal that ends a block */
	MAXLEN = 258, MINLEN = 3,	/* of a length code */
	MAXBITS = 15	/* of a Huffman code */
};

/* A Huffman code as it goes into the stream, first bit lowest, above its
 * length, which is in the low 8 bits. 0: the symbol has none. */
typedef u32 Code;

/* Codes of at most max (<= MAXBITS) bits for the symbols with freq > 0, each
 * freq < 2^16; nsym <= NLIT. */
void huffman_codes(const u32 *freq, unsigned nsym, unsigned max, Code *code);
void huffman_fixed(Code *lit, Code *off);	/* NLIT, NOFF of them */

/* run literals, then a match of len + 3 bytes, off + 1 bytes back. A longer
 * match is several of them. */
typedef struct {
	u16 run, off;
	u8 len, offcode;
} Seq;

/* Where compressed bytes go; fewer than 8 bits wait between two puts. */
typedef struct {
	u8 *p;
	u64 bits;
	unsigned n;
} Bits;

struct Zlib {
	/* The low half of the newest place of each hash. */
	u32 table[1 << DEFLATE_HASH_BITS];
	/* The block as parsed; a match has at least 4 bytes. */
	Seq seq[DEFLATE_BLOCK / 4 + 1];
	u8 lit[DEFLATE_BLOCK + 65];
	u32 nseq, nlit;
	u32 lenfreq[256];	/* by Seq.len */
	u32 litfreq[NLIT], offfreq[NOFF];
	/* Tables; the literals' is code[cur]. header is the size in bits of
	 * the one in use, not 0 while a block is open. */
	Code code[2][NLIT], offcode[NOFF], gencode[NGEN];
	unsigned cur;
	u32 header;
	bool litonly;	/* the table has no codes for matches */
	/* Code lengths as they are sent, RFC 1951 3.2.7. */
	u8 gen[NLIT + NOFF], genextra[NLIT + NOFF];
	u32 ngen, genfreq[NGEN];
	Bits out;
	/* The stream: bytes and blocks so far, its Adler-32. */
	u64 total;
	u32 nblock, adler;
	/* What a match may reach back to, then the block. */
	u8 win[MAXDIST + DEFLATE_BLOCK];
	u8 packed[DEFLATE_ROOM];
};

void deflate_stored(Zlib *z, View in);
/* A block with no, or hardly any, matches; last: it is not left open. */
void deflate_unmatched(Zlib *z, View in, bool last);
/* A block with the matches that z has; at least one. */
void deflate_matched(Zlib *z, View in, bool last);
/* Ends the stream of blocks on a byte boundary. */
void deflate_end(Zlib *z);

#endif
