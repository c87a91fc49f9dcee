/*
 * Between the files that load packages and number their symbols; nobody else
 * includes it.
 */
#ifndef LINK_LOAD_H
#define LINK_LOAD_H

#include "link/link.h"

/* ---- ldobj.c: archives ---------------------------------------------- */

/* An input file, looked into but not yet part of the link: importcfg may
 * list what nobody imports, and that must not be an error. */
typedef struct {
	const char *path;
	File file;
	const char *why;	/* it cannot be opened */
	LObj **obj;
	u32 nobj, capobj;
	/* What is wrong behind the last of obj. */
	char *hand;	/* for hand_over */
	char *error;
	enum { INPUT_ERROR, INPUT_EXIT, INPUT_FATAL } how;
} Input;

void input_open(Input *in, const char *path);

/* ---- loader.c ------------------------------------------------------- */

/* Gives all symbols of L->obj their numbers. */
void load_syms(Link *L);

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
/* Any name, several threads; of two symbols with one name the greater number
 * stays. s has its row. */
void names_add_def(Link *L, u32 hash, Sym s);
Sym names_create(Link *L, u32 hash, View name, u32 ver);

/* ---- cgo.c ---------------------------------------------------------- */

/* Obeys the directives of L's objects; all symbols have their numbers. */
void load_cgo_directives(Link *L);

/* ---- linkname.c ----------------------------------------------------- */

/* May an object refer to s by name? */
bool linkname_ok(const Link *L, const LObj *ref, View name, Sym s);

#endif
