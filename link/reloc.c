/*
 * Relocations: numbers that could not be known before everything has its
 * address are put into the output's bytes.
 *
 * A relocation says where (off, siz), to which symbol, what to add, and by
 * its type which number is wanted. With S the target's address, A what is to
 * be added, P the place's own address:
 *
 *   R_ADDR       S + A
 *   R_CALL, R_PCREL   S + A - (P + siz): from behind the place
 *   R_ADDROFF    S + A - start of the target's section
 *   R_METHODOFF  the same, of text; -1 if the method was left out
 *   R_TLS_LE     offset from the thread pointer
 *   R_DWARFSECREF     S + A - start of the target's debug section
 *   R_DWTXTADDR_Un    the function's slot in .debug_addr, as n bytes ULEB
 *
 * Those of size 0 are notes to deadcode. A weak one may refer to a symbol
 * that is not in the output. Architectures add their own types, or replace
 * some: LinkArch.relocs.
 *
 * Many threads write at once, so an error is only noted; report_relocs then
 * goes over everything again, in order, and tells.
 *
 * The types are described in cmd/internal/objabi/reloctype.go; relocsym in
 * cmd/link/internal/ld/data.go is what Go does with them.
 */
#include <stdlib.h>

#include "link/dwarf.h"
#include "link/link.h"

enum { AHEAD = 32 };	/* relocations decoded before the first is applied */

/* ---- errors ---------------------------------------------------------- */

bool fix_fail(const Fix *f, const char *fmt, ...)
{
	va_list ap;
	char *text;

	__atomic_store_n(&f->L->badrelocs, true, __ATOMIC_RELAXED);
	if (!f->say)
		return false;
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		DIE("out of memory");
	va_end(ap);
	sym_errorf(f->L, f->sym, "%s", text);
	free(text);
	return false;
}

#define NAME(L, s) (int)sym_name(L, s).n, (const char *)sym_name(L, s).p

static const char *type_name(const Fix *f)
{
	const char *s = reloc_name(f->L->release,
				   reloc_number(f->L->release,
						(RelocRow)f->r->type));

	return s ? s : "?";
}

static bool defined(const Link *L, Sym s)
{
	return s && row(L, s)->kind != K_Sxxx && row(L, s)->kind != K_SXREF;
}

/* The last ABI that has a definition of that name. */
static const char *defined_for(const Link *L, View name)
{
	if (defined(L, sym_lookup(L, name, 1)))
		return "ABIInternal";
	return defined(L, sym_lookup(L, name, 0)) ? "ABI0" : NULL;
}

static void unresolved(const Fix *f)
{
	Sym to = f->r->sym;
	View name = sym_name(f->L, to);
	u32 ver = sym_version(f->L, to);
	const char *have = ver <= 1 ? defined_for(f->L, name) : NULL;

	if (view_is(name, "main.main"))
		fix_fail(f, "function main is undeclared in the main package");
	else if (have)
		fix_fail(f, "relocation target %.*s not defined for %s (but "
			 "is defined for %s)", (int)name.n,
			 (const char *)name.p, ver ? "ABIInternal" : "ABI0",
			 have);
	else
		fix_fail(f, "relocation target %.*s not defined",
			 (int)name.n, (const char *)name.p);
}

static bool too_big(const Fix *f, i64 x, bool pcrel)
{
	bool minus = pcrel && x < 0;

	return fix_fail(f, "%spc-relative relocation %s address for %.*s is "
			"too big: %s0x%llx", pcrel ? "" : "non-",
			type_name(f), NAME(f->L, f->r->sym), minus ? "-" : "",
			(unsigned long long)(minus ? -(u64)x : (u64)x));
}

/* ---- types of every architecture ------------------------------------- */

bool fix_put(const Fix *f, i64 x, bool pcrel)
{
	bool big = f->L->arch->big;

	switch (f->r->siz) {
	case 8:
		st64(f->loc, (u64)x, big);
		return true;
	case 4:
		st32(f->loc, (u32)x, big);
		return x == (i32)x || (!pcrel && x == (i64)(u32)x) ||
			too_big(f, x, pcrel);
	case 2:
		f->loc[big] = (u8)x;
		f->loc[!big] = (u8)(x >> 8);
		return x == (int16_t)x || (!pcrel && x == (uint16_t)x) ||
			too_big(f, x, pcrel);
	case 1:
		f->loc[0] = (u8)x;
		return true;
	default:
		return fix_fail(f, "bad reloc size %#x for %.*s",
				(unsigned)f->r->siz, NAME(f->L, f->r->sym));
	}
}

/* A 4-byte address is sign-extended on amd64: 2 GB is the limit, everywhere
 * to be fair. */
static bool r_addr(const Fix *f)
{
	u64 S = f->S;
	i64 x;

	if (f->dead)
		S = (u64)row(f->L, sym_lookup(f->L, view_str(
			"runtime.unreachableMethod"), 1))->value;
	x = (i64)(S + (u64)f->A);
	if (f->r->siz == 4 && (i32)x < 0 && f->L->arch->ptrsize > 4)
		return fix_fail(f, "non-pc-relative relocation address for "
				"%.*s is too big: %#llx (%#llx + %#llx)",
				NAME(f->L, f->r->sym), (unsigned long long)x,
				(unsigned long long)S,
				(unsigned long long)f->A);
	return fix_put(f, x, false);
}

static bool r_pcrel(const Fix *f)
{
	return fix_put(f, (i64)(f->S + (u64)f->A - f->P - f->r->siz), true);
}

static bool no_section(const Fix *f, const char *what)
{
	return fix_fail(f, "missing %ssection for relocation target %.*s",
			what, NAME(f->L, f->r->sym));
}

static bool put_offset(const Fix *f, const char *what)
{
	const Sect *t = sym_sect(f->L, f->r->sym);

	return t ? fix_put(f, (i64)(f->S + (u64)f->A - t->vaddr), false)
		: no_section(f, what);
}

static bool r_addroff(const Fix *f)
{
	return f->dead || put_offset(f, "");
}

static bool r_methodoff(const Fix *f)
{
	return f->dead ? fix_put(f, -1, false) : put_offset(f, "");
}

static bool r_dwarfsecref(const Fix *f)
{
	return put_offset(f, "DWARF ");
}

static bool r_tls_le(const Fix *f)
{
	return fix_put(f, f->L->la->tlsoffset + f->A, false);
}

static bool r_size(const Fix *f)
{
	return fix_put(f, row(f->L, f->r->sym)->size + f->A, false);
}

static bool r_const(const Fix *f)
{
	return fix_put(f, f->A, false);
}

/* From the start of the compilation unit's text. */
static bool r_addrcuoff(const Fix *f)
{
	const Unit *u = sym_unit(f->L, f->r->sym);

	if (!u || u->textp.n == 0)
		return no_section(f, "");
	return fix_put(f, (i64)(f->S + (u64)f->A) -
		       row(f->L, u->textp.p[0])->value, false);
}

static bool put_slot(const Fix *f, unsigned n)
{
	u32 slot = f->L->dwarf ? dwarf_addr_slot(f->L, f->r->sym) : 0;
	unsigned k;

	if (f->r->siz < n)
		return fix_fail(f, "bad reloc size %#x for %.*s",
				(unsigned)f->r->siz, NAME(f->L, f->r->sym));
	for (k = 0; k < n; k++, slot >>= 7)
		f->loc[k] = (u8)((slot & 0x7f) | (k + 1 < n ? 0x80 : 0));
	return slot == 0 || fix_fail(f, "internal error: "
		"writeUleb128FixedLength: length too small applying %s to "
		"DWARF sym with reloc target %.*s", type_name(f),
		NAME(f->L, f->r->sym));
}

static bool r_dwtxtaddr_u1(const Fix *f) { return put_slot(f, 1); }
static bool r_dwtxtaddr_u2(const Fix *f) { return put_slot(f, 2); }
static bool r_dwtxtaddr_u3(const Fix *f) { return put_slot(f, 3); }
static bool r_dwtxtaddr_u4(const Fix *f) { return put_slot(f, 4); }

static Apply *const generic[NRELOC] = {
	[ROW_R_ADDR] = r_addr,
	[ROW_R_CALL] = r_pcrel,
	[ROW_R_PCREL] = r_pcrel,
	[ROW_R_GOTPCREL] = r_pcrel,
	[ROW_R_ADDROFF] = r_addroff,
	[ROW_R_METHODOFF] = r_methodoff,
	[ROW_R_TLS_LE] = r_tls_le,
	[ROW_R_SIZE] = r_size,
	[ROW_R_CONST] = r_const,
	[ROW_R_DWARFSECREF] = r_dwarfsecref,
	[ROW_R_ADDRCUOFF] = r_addrcuoff,
	[ROW_R_DWTXTADDR_U1] = r_dwtxtaddr_u1,
	[ROW_R_DWTXTADDR_U2] = r_dwtxtaddr_u2,
	[ROW_R_DWTXTADDR_U3] = r_dwtxtaddr_u3,
	[ROW_R_DWTXTADDR_U4] = r_dwtxtaddr_u4,
};

static Apply *apply_of(const LinkArch *la, u16 type)
{
	Apply *a;

	if (type >= NRELOC)
		return NULL;
	a = la->relocs ? la->relocs[type] : NULL;
	return a ? a : generic[type];
}

/* ---- one symbol ------------------------------------------------------ */

/* The next relocations that change bytes: there are many that do not. The
 * targets' rows are far from each other, and all asked for at once. */
static u32 decode(const Link *L, Rels rels, u32 *k, Rel r[AHEAD])
{
	u32 n = 0;

	for (; *k < rels.n && n < AHEAD; ++*k) {
		if (rels.p[(size_t)*k * RELOC_SIZE + 4] == 0)
			continue;
		r[n] = rel_at(L, rels, *k);
		__builtin_prefetch(row(L, r[n].sym));
		n++;
	}
	return n;
}

/* Is there a target to speak of? Else what was wrong has been told. */
static bool good_target(Fix *f, const SymRow *to)
{
	if (to->kind == K_Sxxx || to->kind == K_SXREF) {
		unresolved(f);
		return false;
	}
	if (to->kind == K_SDYNIMPORT && !(to->attr & A_SUBSYM))
		return fix_fail(f, "unhandled relocation for %.*s (rtype %d "
				"(%s))", NAME(f->L, f->r->sym),
				(int)reloc_number(f->L->release,
						  (RelocRow)f->r->type),
				type_name(f));
	if (to->attr & A_REACHABLE)
		return true;
	f->dead = f->r->weak || f->r->type == ROW_R_METHODOFF;
	if (f->dead || to->kind == K_STLSBSS)
		return true;
	return fix_fail(f, "unreachable sym in relocation: %.*s",
			NAME(f->L, f->r->sym));
}

static bool apply(Fix *f, const Rel *r, u8 *out, u32 n, u64 at)
{
	const SymRow *to = row(f->L, r->sym);
	Apply *a = apply_of(f->L->la, r->type);

	f->r = r;
	if (r->off < 0 || (u32)r->off > n || r->siz > n - (u32)r->off)
		return fix_fail(f, "invalid relocation %.*s: %d+%d not in "
				"[%d,%d)", NAME(f->L, r->sym), r->off,
				r->siz, 0, (int)n);
	f->dead = false;
	if (r->sym && (!(to->attr & A_REACHABLE) || to->kind == K_Sxxx ||
		       kind_in(to->kind, K_SFirstUnallocated, K_SUNDEFEXT)) &&
	    !good_target(f, to))
		return false;
	f->loc = out + r->off;
	f->P = at + (u64)r->off;
	f->S = (u64)to->value;
	f->A = r->add;
	if (!a)
		return fix_fail(f, "unknown reloc to %.*s: %d (%s)",
				NAME(f->L, r->sym),
				(int)reloc_number(f->L->release,
						  (RelocRow)r->type),
				type_name(f));
	return a(f);
}

/* told: by symbol, the last one whose undefined reference to it was told;
 * or NULL. */
static void relocsym(Fix *f, u8 *out, u32 n, Sym *told)
{
	Rels rels = sym_rels(f->L, f->sym);
	u64 at = (u64)row(f->L, f->sym)->value;
	Rel r[AHEAD];
	u32 k = 0, i, m;

	while ((m = decode(f->L, rels, &k, r)) > 0)
		for (i = 0; i < m; i++) {
			if (told && !defined(f->L, r[i].sym)) {
				if (told[r[i].sym] == f->sym)
					continue;
				told[r[i].sym] = f->sym;
			}
			apply(f, &r[i], out, n, at);
		}
}

static void relocate(Fix *f, u8 *out, Sym *told)
{
	View data = sym_data(f->L, f->sym);
	u32 size = row(f->L, f->sym)->size;

	if (data.n > size) {
		fix_fail(f, "initialize bounds (%u < %zu)", (unsigned)size,
			 data.n);
		return;
	}
	if (data.n)
		memcpy(out, data.p, data.n);
	relocsym(f, out, (u32)data.n, told);
}

void relocate_into(Link *L, Sym s, u8 *out)
{
	Fix f = {.L = L, .sym = s};

	relocate(&f, out, NULL);
}

/* ---- all of them again, to tell what is wrong ------------------------- */

static void report(Link *L, const SymVec *v, Sym *told)
{
	u32 i;

	for (i = 0; i < v->n; i++) {
		Fix f = {.L = L, .sym = v->p[i], .say = true};
		size_t n = sym_data(L, v->p[i]).n;
		u8 *out = xrealloc(NULL, n + 1);

		relocate(&f, out, told);
		free(out);
	}
}

void report_relocs(Link *L)
{
	Sym *told;
	u32 i;

	if (!__atomic_load_n(&L->badrelocs, __ATOMIC_RELAXED))
		return;
	dynreloc_errors(L);
	told = mem_alloc(&L->mem, (size_t)L->symend * sizeof *told);
	report(L, &L->textp, told);
	report(L, &L->datap, told);
	for (i = 0; i < L->ndwarfp; i++)
		report(L, &L->dwarfp[i].syms, told);
}
