/*
 * Between the files that load packages and number their symbols, and those
 * that look at symbols without number or row.
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
typedef struct Input {
	const Link *L;
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
void input_open(const Link *L, Input *in, const char *path);
void input_scan(Input *in);

/* ---- numbers before deadcode ------------------------------------------ */

/*
 * Most symbols of the objects do not become part of the program, and so no
 * more is done for each of them than must be. Until deadcode has found those
 * that do, a symbol's number is L->alias + x, where x is
 *
 *   its place, if it is a package definition,
 *   sharebase + k, if it is number k of those that may have several
 *	definitions (Shared), of which the place of the first counts,
 *   extbase + k, if no object defines it.
 *
 * Places are in the order of final numbers: first the package definitions,
 * object by object, then for each object its other definitions. Each object
 * has them to itself in groups of 64. load_settle gives those numbers from 1
 * on that are needed, and rows with them. Others keep theirs.
 */
enum { GROUP = 64, MAXPLACE = 1 << 28 };

/* Of a group of places: whose, and what makes a number in the object of it
 * when subtracted. */
typedef struct {
	u32 obj, delta;
} Owner;

/* A definition known by name or by content. All but key and id may be changed
 * by several threads. */
typedef struct {
	/* Of content; or a name's address, length << 32 | version. */
	u64 key[2];
	/* Size << 32 | ~place, the greatest: whose contents count; 0: not
	 * known yet. */
	u64 best;
	u32 first;	/* place of the first definition; see is_pctab */
	u32 use;	/* of all definitions, or-ed: alignments, USE_* */
	u32 id;	/* place of any definition; 0: not in use */
	Sym num;	/* of a name, while loading: NAMED_* */
} Shared;

enum {
	USE_ALIGN = (1u << 30) - 1,
	USE_LOCAL = 1 << 30,

	NAMED_STRONG = 1,	/* a definition says that it is the only one */
	NAMED_AGAIN = 2,	/* there are several */
	NAMED_PKG = 4	/* one of them is a package definition */
};
#define USE_IFACE (1u << 31)

/* What one is known by. */
enum { KEY_NAME = 1, KEY_HASH64, KEY_HASH };

/* A thread's own few of them, which it gets so many at a time: handed out to
 * it, but not in use. */
enum { NBATCH = 16 };
typedef struct {
	u32 at, end;
} Batch;

/* Which of them has a key. A slot, 0: empty, has its number under mask, and
 * bits of the key's hash above, so that others are seldom looked at. Slots are
 * in blocks of a cache line, of which each key has one at every level, to be
 * filled in turn; at the last level, what follows. Few of all contents are
 * asked for: the first level has a block for so many, the last one has room
 * for all. */
enum { BLOCK = 16, NLEVEL = 3 };
typedef struct {
	struct {
		u32 *slot, nblock;
	} level[NLEVEL];
	u32 mask;
} Keys;

/* What loading knows of an object. */
typedef struct {
	u32 pkg, other;	/* places: of package definitions, of others */
	u32 ndefname, nrefname;	/* names that it defines and refers to */
	u32 unnamed;	/* 1 + its first reference without a name, or 0 */
	u32 nlinked;	/* names of others that it may have to ask for */
	u32 undef, nundef;	/* in Load.undef: what nobody defines */
	u32 text, ntext;	/* in Load.text */
	u64 namebytes, infobytes;	/* to be bounded, of what is needed */
	const char *why;	/* it cannot be read, because of that symbol */
	u32 faultli;
} ObjLoad;

typedef struct {
	u32 li, hash;
} Undef;

/* A function that is a content and needed, and may be in other objects, too. */
typedef struct {
	u32 obj, li;
} TextCopy;

typedef struct Load {
	Link *L;
	ObjLoad *obj;	/* as L->obj */
	u32 *order;	/* objects, the largest first */
	u32 norder;
	u64 seed[2];
	Owner *owner;	/* by place / GROUP */
	u32 nplace, sharebase, extbase, maxext;
	/* By number: from nshared on none has been handed out. */
	Shared *shared;
	u8 *sharedkey;	/* KEY_* */
	u32 nshared, endshared;
	Keys hash64, hash;
	u32 flag[256], flag2[256];	/* to attributes */
	u64 *own;	/* a bit for each number: has a row under it */
	u64 *iface;	/* likewise: A_USEDINIFACE */
	/* By a thread: own and the rows under these numbers; faults; batch. */
	bool taken;
	Batch batch;
	Undef *undef;
	Sym unnamed;	/* what references without a name mean */
	u64 *conflict;	/* names: a bit for each of which order counts, */
	u64 *withpkg;	/* and that a package definition has */
	u32 nconflict;
	SymVec fix, fixsize;	/* symbols that become larger */
	u32 strictdups;
	/* Once numbers are settled: which places have one, how many have in
	 * front of each group; and what is to be added to x of exts. */
	u64 *live;
	u32 *rank;
	u32 extshift;
	u64 *seen;	/* hashes of contents that are needed: a filter */
	TextCopy *text;	/* by object and li; of the thread that has taken */
	u32 ntext, captext;
	bool more;	/* a copy has USE_IFACE that was not known to */
} Load;

static inline const u8 *record(const LObj *o, u32 li)
{
	return goobj_at(&o->o, BlkSymdef, li, SYM_SIZE);
}
static inline u32 record_size(const u8 *p)
{
	return ld32(p + 13, false);
}
static inline u32 record_align(const u8 *p)
{
	return ld32(p + 17, false);
}
/* What a use of the symbol adds to it, whoever defines it. */
static inline u32 use_attr(const u8 *p)
{
	return (p[11] & SymFlagLocal ? A_LOCAL : 0) |
		(p[12] & SymFlagUsedInIface ? A_USEDINIFACE : 0);
}
static inline Shared *shared_of(const Load *ld, u32 x)
{
	return &ld->shared[x - ld->sharebase];
}
/* The object and number of what is at a place. */
static inline const LObj *place_obj(const Load *ld, u32 place, u32 *li)
{
	Owner w = ld->owner[place / GROUP];

	*li = place - w.delta;
	return ld->L->obj[w.obj];
}
/* Of a number below extbase, the place of the definition that counts. */
static inline u32 def_place(const Load *ld, u32 x)
{
	const Shared *e;
	u64 best;

	if (x < ld->sharebase)
		return x;
	e = shared_of(ld, x);
	best = __atomic_load_n(&e->best, __ATOMIC_RELAXED);
	return best ? ~(u32)best : e->id;
}
/* Keys come from input, and are not to fall into one slot by intent. */
static inline u64 key_hash(const Load *ld, u64 a, u64 b)
{
	__extension__ typedef unsigned __int128 u128;
	u128 x = (u128)(a ^ ld->seed[0]) * (b ^ ld->seed[1]);

	return (u64)(x ^ x >> 64);
}
static inline bool has_bit(const u64 *set, u32 i)
{
	return __atomic_load_n(&set[i / 64], __ATOMIC_ACQUIRE) >> i % 64 & 1;
}

/* ---- loader.c ------------------------------------------------------- */

/* Gives all symbols of L->obj their numbers. */
void load_syms(Link *L);
enum { MAXNAME = 1 << 26 };
static inline bool record_good(const GoObj *o, const u8 *p)
{
	u32 abi = ld16(p + 8, false), align = record_align(p);

	return goobj_str_good(o, p) && ld32(p, false) <= MAXNAME &&
		p[10] < NELEM(((Link *)0)->kindrow) &&
		!(align & (align - 1)) && align <= USE_ALIGN &&
		(abi <= SymABIInternal || abi == SymABIstatic);
}
/* NULL, or what is wrong with a symbol's record; its name is in bounds. */
const char *record_fault(const Link *L, const GoObj *o, const u8 *p);
/* Something is wrong with symbol li of o; by any thread. objects_check then
 * tells of the first one of the first object, if there is any. */
/* Only one thread at a time: Load.taken. */
static inline void load_lock(Load *ld)
{
	while (__atomic_exchange_n(&ld->taken, true, __ATOMIC_ACQUIRE))
		;
}
static inline void load_unlock(Load *ld)
{
	__atomic_store_n(&ld->taken, false, __ATOMIC_RELEASE);
}
void object_fault(Load *ld, const LObj *o, u32 li, const char *why);
void objects_check(const Load *ld);
/* Ends the run because of what is wrong with an object. */
_Noreturn void cannot_read(const Link *L, const LObj *o, const char *why);

/* ---- row.c: facts of symbols that are not settled --------------------- */

/* Attributes that the object gives symbol li. */
static inline u32 object_attr(const Load *ld, const LObj *o, u32 li)
{
	const GoObj *g = &o->o;
	const u8 *p = record(o, li);
	u32 hashed = g->nsymdef + g->nhashed64def;
	u16 abi = ld16(p + 8, false);
	u32 attr = ld->flag[p[11]] | ld->flag2[p[12]];

	attr |= abi == SymABIstatic ? A_STATIC : abi ? A_ABIINTERNAL : 0;
	attr |= g->flags & ObjFlagShared ? A_SHARED : 0;
	return attr | (li - hashed < g->nhasheddef ? A_HASHED : 0);
}
/* False if s has a row; else what that would say. */
static inline bool sym_def(const Link *L, Sym s, u32 *obj, u32 *li)
{
	const Load *ld = L->load;
	u32 x = s - L->alias, place;
	Owner w;

	if (!ld || s < L->alias || x >= ld->extbase || has_bit(ld->own, x))
		return false;
	place = def_place(ld, x);
	w = ld->owner[place / GROUP];
	*obj = w.obj;
	*li = place - w.delta;
	return true;
}
/* The row's facts from that definition. */
void load_def(const Load *ld, SymRow *r, const LObj *o, u32 li);
void add_use(SymRow *r, u32 use, u32 aligns);
/* The row of number L->alias + x as its definition and uses make it. */
void make_row(const Load *ld, SymRow *to, u32 x);
/* The same without making it a row. */
SymRow facts(const Link *L, Sym s);
/* A number's row, made if need be. */
SymRow *own_row(Link *L, Sym s);
/* A number that is settled as it will stay; it has a row. */
Sym settled(const Link *L, Sym s);

/* A pc table is a content, which pclntab wants once, whether it is something
 * else, too, or not; most are not, and have no row. Those with a hash have no
 * number at all (pctab.c). A short one, whose key is its bytes, has that from
 * before deadcode there, since the largest of all copies counts, and from
 * load_settle on its place in runtime.pctab is in first, 0: none yet. A table
 * that is no content has a number as others. */
static inline bool is_pctab(const Load *ld, Sym s)
{
	return s - ld->L->alias - ld->sharebase < ld->extbase - ld->sharebase;
}
/* What ref means in o, if it is a pc table of a function in the program, and
 * has no hash. */
Sym resolve_pctab(const Link *L, const LObj *o, SymRef ref);

/* ---- loadcontent.c --------------------------------------------------- */

/* Slots for n contents, among numbers up to end. */
void keys_init(Link *L, Keys *c, u32 n, u32 end);
/* The number of what object o defines as li, which is content-addressed.
 * Several threads, each with a batch of its own. */
Sym content_sym(Load *ld, const LObj *o, u32 li, Batch *b);
/* The same for several; s[i] is what a[i] asks for. */
enum { NASK = 64 };
typedef struct {
	const LObj *obj;
	u32 li;
} Ask;
void content_syms(Load *ld, const Ask *a, u32 n, Batch *b, Sym s[NASK]);
/* Numbers and copies of all of o's that have auxiliary symbols. */
void contents_with_auxs(Load *ld, const LObj *o);
/* The number, but 0 if nobody has asked for it before. */
Sym content_known(const Load *ld, const LObj *o, u32 li);
/* Looks for copies of what is needed in all objects: they tell who was first,
 * and which is to be used, and of functions which objects have them. */
void contents_scan(Load *ld, const u64 *marked);
/* A new one, found at place; and what a definition there adds to it. */
u32 new_shared(Load *ld, u8 key, Batch *b, u32 place);
void add_copy(Shared *e, const u8 *p, u32 place);

/* ---- loadname.c ------------------------------------------------------ */

/* The name table gets all definitions; then non-package definitions and
 * references get the numbers of what they mean. */
void names_load(Load *ld);

/* ---- loadsettle.c ----------------------------------------------------- */

/* Numbers, in the order of places, and rows, for what is in one of two sets
 * of numbers less L->alias; what is in marked is A_REACHABLE. */
void load_settle(Load *ld, const u64 *marked, const u64 *touched);

/* ---- names.c: from name and version to symbol ------------------------ */

/* Slots of hash << 32 | symbol, 0: empty; symbols are as before they were
 * settled. Definitions are put in by all threads at once, the rest by one. */
typedef struct SymTab {
	u64 *slot;
	u32 mask, used;
	u64 seed[2];
} SymTab;

/* For n names or more. */
void names_init(Link *L, u32 n);
/* Never 0. */
u32 name_hash(const SymTab *t, View name, u32 ver);
enum { FETCH = 16 };	/* so many ahead */
static inline void names_fetch(const SymTab *t, u32 hash)
{
	__builtin_prefetch(&t->slot[hash & t->mask]);
}
/* For a loop over hashes, 0: none, that is at i: asks for what it will need
 * of the table soon. */
void names_ahead(const Link *L, const u32 *hash, u32 i, u32 end);
/* The symbol, or 0. */
Sym names_find(const Link *L, u32 hash, View name, u32 ver);
/* A name that is not there yet; one thread. */
void names_add(Link *L, u32 hash, Sym s);
/* Looks for a name from slot *at on, at first the hash's: *at is then that of
 * a symbol which has it, or free, and the result 0. */
Sym names_next(const Link *L, u32 hash, View name, u32 ver, u32 *at);
/* Puts s where *at is, in place of was; false: another thread has put
 * something there. */
bool names_put(Link *L, u32 hash, Sym was, Sym s, u32 at);
/* Makes row s, and an Ext, one of that name. */
void ext_init(Link *L, Sym s, View name, u32 ver);

/* ---- cgo.c ---------------------------------------------------------- */

/* Obeys the directives of L's objects; all symbols have their numbers. */
void load_cgo_directives(Link *L);

/* ---- linkname.c ----------------------------------------------------- */

/* May an object refer to s by name? */
bool linkname_ok(const Link *L, const LObj *ref, View name, Sym s);

#endif
