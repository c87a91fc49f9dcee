/*
 * Between the files that load packages and number their symbols; nobody else
 * includes it.
 */
#ifndef LINK_LOAD_H
#define LINK_LOAD_H

#include "link/link.h"

/* ---- importcfg.c ----------------------------------------------------- */

/* What strerror said, as Go words it. */
const char *go_strerror(Link *L, const char *why);

/* ---- ldobj.c: archives ---------------------------------------------- */

/* An input file, looked into but not yet part of the link: importcfg may
 * list what nobody imports, and that must not be an error. */
typedef struct {
	const char *path;
	File file;
	const char *why;	/* it cannot be opened */
	bool taken;	/* its objects are part of the link */
	LObj **obj;
	u32 nobj, capobj;
	/* What is wrong behind the last of obj. */
	char *hand;	/* for hand_over */
	char *error;
	enum { INPUT_ERROR, INPUT_EXIT, INPUT_FATAL } how;
} Input;

/* Two steps, the first for one thread: the kernel lets only one at a time
 * map files, and those who wait cost more than they would save. */
void input_open(Input *in, const char *path);
void input_scan(Input *in);

/* ---- loader.c ------------------------------------------------------- */

/* Gives all symbols of L->obj their numbers. */
void load_syms(Link *L);

/* What loading knows of an object. */
typedef struct {
	Sym base;	/* of its first package definition, then of the others */
	u32 first;	/* package definitions that the name table gets */
	u32 named;	/* those and other definitions that may get there */
	u32 rec;	/* place of its others in the order of all others,
			 * rounded up: see PLACES */
	u32 nnew;	/* of its others that are not copies */
	u32 nopkg;	/* PkgIdx of a package that is not there */
	const char *why;
} ObjLoad;

/* Places in the order of content-addressed and non-package definitions: each
 * object has so many of them at a time, and no other object has those. So a
 * place tells the object. 0 is nobody's. */
enum { PLACES = 1 << 8, MAXPLACE = 1 << 30 };

/* A short constant, or the hash of a longer one, and what is known of its
 * copies. All but the key may be changed by several threads. There are some
 * 100,000 of them: two to a cache line. */
typedef struct {
	u64 key[2];
	/* Size << 32 | ~place, the greatest. Once there is a number: that. */
	u64 best;
	u32 first;	/* place of the first copy */
	u32 use;	/* of all copies, or-ed: alignments, USE_* */
} Content;

enum {
	USE_ALIGN = (1u << 30) - 1,
	USE_LOCAL = 1 << 30
};
#define USE_IFACE (1u << 31)

typedef struct {
	u32 *slot;	/* place in content; 0: empty */
	Content *content;
	u32 nslot, n;
	u64 max;
} Contents;

enum { PROV_UNIT = (2 << 20) / sizeof(SymRow) };

typedef struct {
	Link *L;
	ObjLoad *obj;	/* as L->obj */
	u32 *order;	/* objects, the largest first */
	u32 norder;
	u32 *owner;	/* by place / PLACES: in L->obj */
	u64 seed[2];
	Contents hash64, hash;
	void *scratch;	/* memory of both */
	size_t nscratch;
	u32 flag[256], flag2[256];	/* to attributes */
	/* Symbols known by name get their rows, and for the time being their
	 * numbers, from here on: a number that begins a huge page, for the
	 * rows are given back. */
	Sym prov, nprov;
	Sym ref;	/* the first of those that nobody defines */
	SymVec var, varobj;	/* linknamed variables without a value */
	SymVec fix, fixsize;	/* symbols that become larger */
	u32 strictdups;
} Load;

static inline const u8 *record(const LObj *o, u32 li)
{
	return goobj_at(&o->o, BlkSymdef, li, SYM_SIZE);
}
static inline u32 record_size(const u8 *p)
{
	return ld32(p + 13, false);
}
/* What a use of the symbol adds to it, whoever defines it. */
static inline u32 use_attr(const u8 *p)
{
	return (p[11] & SymFlagLocal ? A_LOCAL : 0) |
		(p[12] & SymFlagUsedInIface ? A_USEDINIFACE : 0);
}
/* Of the bits of alignments, the greatest, as in SymRow. */
static inline u8 align_row(u32 aligns)
{
	return aligns ? (u8)(32 - __builtin_clz(aligns)) : 0;
}
static inline void add_use(SymRow *r, u32 use, u32 aligns)
{
	u8 align = align_row(aligns);

	r->attr |= use;
	r->align = align > r->align ? align : r->align;
}
/* The row's facts from that definition. */
void load_def(const Load *ld, SymRow *r, const LObj *o, u32 li);
/* Brings what names_find will look at into the cache, for symbol li of o and
 * some behind it, up to end. */
enum { FETCH = 32 };
void fetch_names(const Link *L, const LObj *o, u32 li, u32 end,
		 Sym guess[FETCH]);

/* ---- loadcontent.c --------------------------------------------------- */

void contents_init(Load *ld);
/* Finds out for an object's content-addressed definitions who has the same
 * content; syms are then places in content. Several threads. */
void contents_find(Load *ld, const LObj *o);
/* How many of each object are not copies. */
void contents_count(Load *ld);
/* Gives those of o that are not copies the numbers from s on, and their
 * rows; returns the next. */
Sym contents_number(Load *ld, const LObj *o, Sym s);
/* Places become numbers. */
void contents_resolve(Load *ld, const LObj *o);
void contents_free(Load *ld);

/* ---- loadname.c ------------------------------------------------------ */

/* All objects' non-package definitions and references; new symbols get
 * provisional numbers. */
void names_find_all(Load *ld);
/* As those for contents. */
Sym names_number(Load *ld, const LObj *o, Sym s);
void names_number_refs(Load *ld);	/* those of nobody, from L->nsym on */
void names_resolve(Load *ld, const LObj *o);
/* Likewise the numbers that the name table and fix have. */
void names_settle(Load *ld);

/* ---- names.c: from name and version to symbol ------------------------ */

/* Slots of hash << 32 | symbol, 0: empty. Definitions are put in by all
 * threads at once, the rest by one. */
typedef struct SymTab {
	u64 *slot;
	u32 mask, used;
	u64 seed[2];
} SymTab;

/* For n names or more; the first used of them come by names_add_def. */
void names_init(Link *L, u32 n, u32 used);
/* Never 0. */
u32 name_hash(const SymTab *t, View name, u32 ver);
static inline void names_prefetch(const SymTab *t, u32 hash)
{
	__builtin_prefetch(&t->slot[hash & t->mask]);
}
/* The symbol, or 0. */
Sym names_find(const Link *L, u32 hash, View name, u32 ver);
/* The first symbol with that hash, probably the one; or 0. */
Sym names_guess(const Link *L, u32 hash);
/* A name that is not there yet; one thread. */
void names_add(Link *L, u32 hash, Sym s);
/* Makes row s, and an Ext, one of that name. */
void ext_init(Link *L, Sym s, View name, u32 ver);
/* From number from on, all get the number that their row's outer is. */
void names_renumber(Link *L, Sym from);
/* Any name, several threads; of two symbols with one name the greater number
 * stays. s has its row. */
void names_add_def(Link *L, u32 hash, Sym s);

/* ---- cgo.c ---------------------------------------------------------- */

/* Obeys the directives of L's objects; all symbols have their numbers. */
void load_cgo_directives(Link *L);

/* ---- linkname.c ----------------------------------------------------- */

/* May an object refer to s by name? */
bool linkname_ok(const Link *L, const LObj *ref, View name, Sym s);

#endif
