/*
 * The sections of a PIE that the dynamic linker reads. A Go program without
 * cgo imports nothing, so that nearly all of them are as short as they can
 * be: what is needed is .rela with the places where an address must be
 * changed by wherever the program is loaded (dynreloc.c), and .dynamic,
 * which says where it is:
 *
 *	.dynamic	pairs of words: DT_ number, value or address
 *	.dynsym .dynstr .hash .gnu.version	the null symbol only
 *	.plt .got.plt	what binding lazily needs at their start
 *	.got .rela.plt .gnu.version_r	empty
 *
 * They are symbols as all others; dodata makes each a section of its own.
 * The order here is Go's, since symbol numbers follow from it.
 *
 * Sources: doelf and elfdynhash in cmd/link/internal/ld/elf.go; the gABI.
 */
#include "link/elf.h"

enum {
	DT_NULL = 0, DT_PLTRELSZ = 2, DT_PLTGOT = 3, DT_HASH = 4,
	DT_STRTAB = 5, DT_SYMTAB = 6, DT_RELA = 7, DT_RELASZ = 8,
	DT_RELAENT = 9, DT_STRSZ = 10, DT_SYMENT = 11, DT_REL = 17,
	DT_RELSZ = 18, DT_RELENT = 19, DT_PLTREL = 20, DT_DEBUG = 21,
	DT_JMPREL = 23, DT_RUNPATH = 29, DT_FLAGS = 30,
	DT_FLAGS_1 = 0x6ffffffb
};
enum { DF_BIND_NOW = 8, DF_1_NOW = 1, DF_1_PIE = 0x08000000 };

static void dynent(SB *b, u32 tag, u64 val)
{
	unsigned n = b->L->arch->ptrsize;

	sb_uint(b, n, tag);
	sb_uint(b, n, val);
}

static void dynent_sym(SB *b, u32 tag, Sym s)
{
	sb_uint(b, b->L->arch->ptrsize, tag);
	sb_addr(b, s);
}

static void dynent_symsize(SB *b, u32 tag, Sym s)
{
	unsigned n = b->L->arch->ptrsize;

	sb_uint(b, n, tag);
	sb_ref(b, ROW_R_SIZE, n, s, 0);
}

static u32 add_string(SB *b, View v)
{
	u32 off = b->e->ndata;

	sb_str(b, v);
	return off;
}

/* .dynamic, but for what elfdynhash adds. */
static void fill_dynamic(Link *L, SB *dyn, SB *dynstr, Sym hash, Sym dynsym,
			 Sym gotplt)
{
	bool rela = elf_rela(L);
	Sym r;

	dynent_sym(dyn, DT_HASH, hash);
	dynent_sym(dyn, DT_SYMTAB, dynsym);
	dynent(dyn, DT_SYMENT, elf64(L) ? ELFSYM_SIZE : ELFSYM32_SIZE);
	dynent_sym(dyn, DT_STRTAB, dynstr->s);
	dynent_symsize(dyn, DT_STRSZ, dynstr->s);
	r = sym_lookup_or_create(L, view_str(rela ? ".rela" : ".rel"), 0);
	dynent_sym(dyn, rela ? DT_RELA : DT_REL, r);
	dynent_symsize(dyn, rela ? DT_RELASZ : DT_RELSZ, r);
	dynent(dyn, rela ? DT_RELAENT : DT_RELENT,
	       rela ? RELA_SIZE : REL_SIZE);
	if (L->flag.rpath.n)
		dynent(dyn, DT_RUNPATH, add_string(dynstr, L->flag.rpath));
	dynent_sym(dyn, DT_PLTGOT, gotplt);
	dynent(dyn, DT_DEBUG, 0);
}

void dyn_sections(Link *L)
{
	bool relro = L->flag.pie, rela = elf_rela(L);
	SB dynsym = sb_named(L, ".dynsym", K_SELFROSECT);
	SB dynstr, dynamic;
	Sym hash, gotplt;

	sb_set_size(&dynsym, elf64(L) ? ELFSYM_SIZE : ELFSYM32_SIZE);
	dynstr = sb_named(L, ".dynstr", K_SELFROSECT);
	if (!dynstr.e->ndata)
		sb_u8(&dynstr, 0);
	sb_named(L, rela ? ".rela" : ".rel", K_SELFROSECT);
	sb_named(L, ".got", relro ? K_SELFRELROSECT : K_SELFGOT);
	hash = sb_named(L, ".hash", K_SELFROSECT).s;
	gotplt = sb_named(L, ".got.plt", relro && L->flag.bindnow
			  ? K_SELFRELROSECT : K_SELFSECT).s;
	sb_named(L, ".plt", K_SELFRXSECT);
	sb_named(L, rela ? ".rela.plt" : ".rel.plt", K_SELFROSECT);
	sb_named(L, ".gnu.version", K_SELFROSECT);
	sb_named(L, ".gnu.version_r", K_SELFROSECT);
	dynamic = sb_named(L, ".dynamic", relro ? K_SELFRELROSECT
			   : K_SELFSECT);
	L->elf->ndynsym = 1;
	L->elf->hash = hash;
	if (!L->la->elfsetupplt)
		hand_over(L, "dynamic linking on %s", L->arch->goarch);
	L->la->elfsetupplt(L);
	fill_dynamic(L, &dynamic, &dynstr, hash, dynsym.s, gotplt);
}

/* SysV hash table of the null symbol alone: buckets and chains are empty,
 * but their number is as for any other count of symbols. */
static void fill_hash(SB *b, u32 nsym)
{
	u32 nbucket = 1, i;

	for (i = nsym; i > 0; i >>= 1)
		nbucket++;
	sb_u32(b, nbucket);
	sb_u32(b, nsym);
	sb_grow(b, 4 * (nbucket + nsym));
}

void elfdynhash(Link *L)
{
	bool rela = elf_rela(L);
	SB b = sb_named(L, ".hash", K_SELFROSECT);
	u64 flags = L->flag.pie ? DF_1_PIE : 0;
	Sym relplt;

	fill_hash(&b, L->elf->ndynsym);
	b = sb_of(L, sym_lookup_or_create(L, view_str(".gnu.version"), 0));
	sb_grow(&b, 2 * L->elf->ndynsym);
	b = sb_of(L, L->elf->dynamic);
	if (L->flag.bindnow) {
		flags |= DF_1_NOW;
		dynent(&b, DT_FLAGS, DF_BIND_NOW);
	}
	dynent(&b, DT_FLAGS_1, flags);
	relplt = rela ? L->elf->relaplt : L->elf->relplt;
	if (row(L, relplt)->size > 0) {
		dynent(&b, DT_PLTREL, rela ? DT_RELA : DT_REL);
		dynent_symsize(&b, DT_PLTRELSZ, relplt);
		dynent_sym(&b, DT_JMPREL, relplt);
	}
	dynent(&b, DT_NULL, 0);
}
