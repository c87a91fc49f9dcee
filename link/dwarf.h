/*
 * dwarf: what the files dwarf*.c share. Sources: cmd/link/internal/ld/dwarf.go
 * and cmd/internal/dwarf.
 *
 * The compiler writes the debugging information of functions, variables and
 * constants; the linker makes that of types, out of the descriptors that the
 * runtime has of them, and puts the compilation units together.
 *
 * Part 1, dwarf_generate_debug_info, before layout: finds all DIEs of the
 * compiler, makes DIEs of all types that they name. Part 2,
 * dwarf_generate_debug_syms, once text has addresses: makes the contents.
 *
 * Go keeps a DIE's attributes in a list, of which the first of its kind
 * wins. Here each attribute that occurs has its field; what the abbreviation
 * of the DIE does not have is not written.
 */
#ifndef LINK_DWARF_H
#define LINK_DWARF_H

#include "link/link.h"

/* Rows of abbrev.def, numbered as in the output. */
typedef enum {
#define ABBREV(name, ...) DW_ABRV_##name,
#include "link/abbrev.def"
#undef ABBREV
	NABBREV
} Abbrev;

/* A child of a type's DIE: a field, a parameter, the range of an array. It
 * has no symbol of its own. */
typedef struct {
	View name;	/* DW_AT_name, if the abbreviation has one */
	i64 value;	/* member's offset; count */
	Sym type;	/* DIE of DW_AT_type; 0: none */
	u8 abbrev;
	bool flag;	/* go_embedded_field, variable_parameter */
} DwChild;

/* A type's DIE. Symbols are those of DIEs; 0: no such attribute. */
typedef struct {
	View name;
	Sym sym;
	Sym type;	/* DW_AT_type */
	Sym key, elem;	/* DW_AT_go_key, _elem */
	Sym rtype;	/* DW_AT_go_runtime_type: a type: symbol */
	u32 child, nchild;	/* in Dwarf.child */
	u8 abbrev;
	u8 kind;	/* DW_AT_go_kind */
	u8 encoding;	/* DW_AT_encoding */
	i64 size;	/* DW_AT_byte_size */
} DwDie;

/* The auxiliary symbols of a function; 0: none. */
typedef struct {
	Sym info, loc, ranges, lines;
} DwFunc;

typedef struct {
	i64 start, end;	/* relative to the unit's first function */
} DwRange;

/* A compilation unit. */
typedef struct DwUnit {
	Unit *unit;
	const LObj *obj;
	/* part 1 */
	Sym sym;	/* its DIE */
	bool textless;	/* abbreviation COMPUNIT_TEXTLESS */
	View name, producer, pkgname;	/* attributes of the DIE */
	Sym consts;	/* DIEs of the package's constants; 0: none */
	DwFunc *func;	/* of unit->textp, place by place */
	SymVec funcdies, vardies, absfns;
	SymVec rangesyms;	/* of functions that have some */
	SymVec locsyms;	/* one for each function that has one */
	u32 *refs;	/* what the functions name, for the serial pass */
	u32 nrefs, caprefs;
	/* part 2 */
	DwRange *pc;
	u32 npc, cappc;
	u8 *addr;	/* contents of addrsym */
	u32 naddr;	/* its slots */
	Sym lineprolog, rangeprolog, infoepilog, addrsym;
	/* What it adds to the sections, in their order. addrsym is all that
	 * it adds to .debug_addr. */
	SymVec line, info, loc, ranges;
	View gdbscript;
	Mem mem;	/* for its own task */
} DwUnit;

/* Types of the runtime that others are synthesised of; proto[].die is one
 * more than the number of the DIE, 0 as long as there is none. */
#define DW_PROTOTYPES \
	PROTO(string, "runtime.stringStructDWARF") \
	PROTO(slice, "runtime.slice") \
	PROTO(sudog, "runtime.sudog") \
	PROTO(waitq, "runtime.waitq") \
	PROTO(hchan, "runtime.hchan") \
	PROTO(map, "internal/runtime/maps.Map") \
	PROTO(table, "internal/runtime/maps.table") \
	PROTO(groups, "internal/runtime/maps.groupsReference")
enum {
#define PROTO(id, name) PROTO_##id,
	DW_PROTOTYPES
#undef PROTO
	NPROTO
};

typedef struct Dwarf {
	struct DwScan *scan;	/* dwarf.c: part 1's first half */
	unsigned version;	/* 5; 4 for Mach-O and up to Go 1.24 */
	DwUnit **unit;	/* part 2: in the order of the sections */
	u32 nunit, capunit;
	DwUnit *runtime;	/* the unit that gets the types */
	DwDie *die;	/* of types, in order of creation */
	u32 ndie, capdie;
	DwChild *child;
	u32 nchild, capchild;
	/* By symbol. In part 1 of a type: its DIE. Of a DIE: DW_KNOWN once it
	 * is made, and the type that it describes, if any; or DW_NOTYPE if
	 * only its name is used. In part 2 of a function: DW_TEXT and 1 + its
	 * slot in .debug_addr, if it has one. In the end all others are 0,
	 * but of what lies in a debug section: 1 + its distance from the
	 * section's start. */
	u32 *of;
	u32 nof;	/* as many as there can be numbers */
	struct DwFrames *frames;	/* dwarfframe.c */
	struct DwStreams *streams;	/* dwarfcompress.c */
	struct { const char *name; Sym gotype; u32 die; } proto[NPROTO];
	Sym eface, iface;	/* types */
	Sym unspecified, uintptr_die;	/* DIEs */
	struct DwRef *stack;	/* dwarftype.c: types still to be walked */
	u32 nstack, capstack;
	u64 namebytes;	/* of all names of DIEs, and of their children */
	u8 *names;	/* where new names are put together */
	size_t nameused, namecap;
} Dwarf;

#define DW_KNOWN UINT32_C(0x80000000)
#define DW_NOTYPE UINT32_C(0x7fffffff)
#define DW_TEXT DW_KNOWN

/* The slot of a function in .debug_addr, for R_DWTXTADDR_U*. */
static inline u32 dwarf_addr_slot(const Link *L, Sym text)
{
	u32 n = text < L->dwarf->nof ? L->dwarf->of[text] : 0;

	return n & DW_TEXT && n != DW_TEXT ? (n & ~DW_TEXT) - 1 : 0;
}

/* ---- dwarftype.c: types ------------------------------------------ */

/* The types that every program has; makes Dwarf.die. */
void dwarf_types_begin(Link *L);
/* The DIE of a type: symbol, made with all those that it needs. */
Sym dwarf_defgotype(Link *L, Sym gotype);
/* The same, given the symbol of its DIE, "go:info.NAME". */
void dwarf_import_type(Link *L, Sym die);
/* A new DIE: its number in Dwarf.die. Its symbol is that of the name. */
u32 dwarf_newdie(Link *L, Abbrev abbrev, View name);
/* n zeroed children for it. */
DwChild *dwarf_children(Link *L, u32 die, u32 n);
void dwarf_describes(Link *L, Sym die, Sym gotype);
u32 dwarf_prototype(Link *L, unsigned id);
/* Symbol of prefix and name; 0: there is none. */
Sym dwarf_lookup(Link *L, const char *prefix, View name);
Sym dwarf_lookup_or_create(Link *L, const char *prefix, View name);
_Noreturn void dwarf_twice(Link *L, Sym die);	/* it is listed twice */
Sym dwarf_type_or_exit(Link *L, const char *name);	/* lookupOrDiag */

/* ---- dwarfsynth.c: strings, slices, maps, channels --------------- */

void dwarf_synthesize(Link *L);

/* ---- dwarfattr.c: abbreviations and DIEs ------------------------- */

void dwarf_put_abbrevs(const Link *L, SB *b);
/* Writes a group of the types' DIEs, which are numbered from 0. */
enum { DW_GROUP = 128 };
void dwarf_put_types(Link *L, u32 group);
/* Header and DIE of a unit, without the unit's length. */
void dwarf_put_unit(Link *L, DwUnit *u, Sym abbrev);
/* 4 bytes R_DWARFSECREF: where to lies in its section, and add. */
void dwarf_secref(SB *b, Sym to, i64 add);

/* ---- dwarfline.c: .debug_line ------------------------------------ */

/* u->line; in the runtime, u->gdbscript. */
void dwarf_line(Link *L, DwUnit *u);

/* ---- dwarfframe.c: .debug_frame ---------------------------------- */

/* Contents of the section, whose symbol is s. */
void dwarf_frames(Link *L, Sym s);

/* ---- dwarfaddr.c: .debug_addr, and what refers to it ------------- */

/* The unit's slots and contents of u->addrsym. */
void dwarf_addr(Link *L, DwUnit *u);
/* The slot of a function, given one if it has none. */
u32 dwarf_assign_slot(Link *L, DwUnit *u, Sym text, RelocRow type);
void dwarf_calc_ranges(Link *L);	/* DwUnit.pc of all units */
void dwarf_ranges(Link *L, DwUnit *u);	/* u->ranges */

/* ---- dwarfreloc.c: relocations, before compression --------------- */

void dwarf_relocate(Link *L, Sym s, u8 *out);
/* The same before data has addresses; false: that cannot be. */
bool dwarf_relocate_early(Link *L, Sym s, u8 *out);

/* ---- dwarfcompress.c --------------------------------------------- */

/* Begins with what does not need addresses of data, beside the passes up to
 * dwarfcompress. Those leave the symbols of debug sections alone, but for
 * their value and sect, and text. */
void dwarfcompress_begin(Link *L);

#endif
