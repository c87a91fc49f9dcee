/*
 * pcln.h: what pcln.c collects and pclngen.c writes.
 */
#ifndef LINK_PCLN_H
#define LINK_PCLN_H

#include "link/load.h"

/* Fixed places among a function's pc tables and funcdata (internal/abi). */
enum {
	PCDATA_InlTreeIndex = 2,
	FUNCDATA_ArgsPointerMaps = 0,
	FUNCDATA_InlTree = 3,
	FUNCDATA_ArgInfo = 5
};

enum {
	FUNC_SIZE = 44,	/* runtime._func */
	INLCALL_SIZE = 16	/* runtime.inlinedCall */
};
#define PCLNTAB_MAGIC UINT32_C(0xfffffff1)
#define NO_OFFSET UINT32_MAX

/* The tables in PcFunc.slot: these, then those of pcdata and of funcdata. */
enum { PCSP, PCFILE, PCLINE, PCINLINE, PCDATA };

/* What is collected side by side, the longest first. */
enum { FILES, PCTABS, PIECES, NAMES, NTASK };

/* A function as the tables have it. */
typedef struct {
	Sym s;
	bool valid;	/* has a FuncInfo; without one only s counts */
	bool assembly;
	u8 funcid, funcflag;
	u32 npcdata, nfuncdata;	/* entries that are written */
	u32 rawpcdata;	/* that the object has */
	View pcsp;	/* table of stack depths */
	u32 args;
	i32 startline;
	u32 nfile, ninl;
	const u8 *files, *inl;	/* in its FuncInfo */
	Auxs aux;	/* aux.obj: where it is defined, or NULL */
	u32 tab, ntab;	/* its pc tables in Pcln.tab */
	/* Offsets in pctab; symbols at first, then numbers in Pcln.fd or
	 * NO_OFFSET. Inlined functions: numbers in Pcln.name. */
	u32 *slot, *inlfunc;
	u32 name;	/* in Pcln.name */
	u32 inloff;	/* of its inline tree in go:func.* */
	u32 start;	/* of its _func in functab */
} PcFunc;

/* Of its _func, with the offsets behind it. */
static inline u64 func_size(const PcFunc *f)
{
	return FUNC_SIZE + ((u64)f->npcdata + f->nfuncdata) * 4;
}

/* A function whose name is in funcnametab. */
typedef struct {
	View name;
	Sym s;
	u32 off;
	i32 startline;
	u8 funcid;
	bool known;	/* the two above */
} PcName;

/* A pc table as a function mentions it. */
typedef struct {
	const u8 *p;	/* its bytes; NULL: a symbol's */
	u32 n;	/* so many; or the symbol, 0: there is none */
	/* The first of those that are the same; and if this is the one:
	 * PLACED and where it is in pctab, once that is known. */
	u32 first;
} PcTable;
#define PLACED (1u << 31)

/* A symbol whose bytes are in go:func.*. */
typedef struct {
	Sym s;	/* 0: an inline tree */
	u32 off, size;
	u32 arg;	/* its alignment; an inline tree's function */
} PcPiece;

typedef struct {
	View name;	/* as written */
	u32 off;
} PcFile;

/* A compilation unit with functions in the program. */
typedef struct {
	u32 *fileoff;	/* by number in its object: 1 + offset, 0: unused */
	u32 n;	/* as many as are written */
	u32 off;	/* in cutab, counted in entries */
} PcUnit;

typedef struct Pcln {
	PoolLoop *aside;	/* which collects */
	PcFunc *func;	/* by place in L->textp */
	u32 nfunc;
	PcName *name;
	u32 nname, capname;
	PcTable *tab;
	struct PcTables *tables;
	u32 ntab;
	u32 *pc;	/* in pctab: numbers in tab */
	PcPiece *fd;	/* of go:func.* */
	u32 npc, cappc, nfd, capfd;
	PcFile *file;
	u32 nfile, capfile;
	PcUnit *unit;	/* in the order of their first functions */
	u32 nunit;
	u32 *unitof;	/* by number of the object: 1 + place in unit */

	u64 namesize, filesize, pcsize, fdsize;
	u32 cuentries;	/* of cutab */
	u32 fdalign;
	Mem mem[NTASK];
	u32 *nameof;	/* by hash of the symbol: 1 + place in name, or 0 */
	u32 namebits;	/* log2 of its size */

	Sym carrier, pcheader, funcnametab, cutab, filetab, pctab, functab,
		funcdata, findfunctab;
	Sym deferreturn;
} Pcln;

/* Where s is in pctab, which begins with 1; 0: nowhere yet. */
static inline u32 pctab_offset(const Link *L, Sym s)
{
	return is_pctab(L->load, s) ? shared_of(L->load, s - L->alias)->first :
		(u32)row(L, s)->value;
}
static inline void set_pctab_offset(const Link *L, Sym s, u32 off)
{
	if (is_pctab(L->load, s))
		shared_of(L->load, s - L->alias)->first = off;
	else
		row(L, s)->value = off;
}
static inline u32 pctab_size(const Link *L, Sym s)
{
	return is_pctab(L->load, s) ?
		(u32)(shared_of(L->load, s - L->alias)->best >> 32) :
		row(L, s)->size;
}

static inline u32 piece_align(const PcPiece *x)
{
	return x->s ? x->arg : 4;
}

/* pctab.c: memory; then which tables are the same, by any thread; then where
 * they are; all anew. */
void pctab_room(Link *L, Pcln *P);
void pctab_find(const Link *L, const Pcln *P);
void pctab_place(const Link *L, Pcln *P);
void pctab_forget(const Link *L, const Pcln *P);

void pcln_files(Link *L, Pcln *P);	/* pclnfile.c */

/* pclnname.c: room for n names; then which there are; then all of them. */
void pcln_name_room(Pcln *P, Mem *m, u32 n);
void pcln_names(Pcln *P);
void pcln_know_names(Link *L, Pcln *P);

/* findfunctab.c: of L->textp, with its addresses */
u64 findfunctab_size(const Link *L);
void findfunctab_write(Link *L, u8 *out);

/* Registers writers for the contents of s, each for a part. */
void gen_add(Link *L, Sym s, u32 nparts,
	     void (*write)(Link *L, const Gen *g, Window *w));
/* Elements of n that belong to g's part: from *from, to the result. */
static inline u32 gen_part(const Gen *g, u32 n, u32 *from)
{
	*from = (u32)((u64)n * g->part / g->nparts);
	return (u32)((u64)n * (g->part + 1) / g->nparts);
}

void gen_pcheader(Link *L, const Gen *g, Window *w);
void gen_funcnametab(Link *L, const Gen *g, Window *w);
void gen_cutab(Link *L, const Gen *g, Window *w);
void gen_filetab(Link *L, const Gen *g, Window *w);
void gen_pctab(Link *L, const Gen *g, Window *w);
void gen_functab(Link *L, const Gen *g, Window *w);
void gen_funcdata(Link *L, const Gen *g, Window *w);

static inline void put32(u8 *p, u32 x, bool big)
{
	if (big != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__))
		x = __builtin_bswap32(x);
	memcpy(p, &x, 4);
}

#endif
