/*
 * --why NAME: what keeps a symbol in the program. Prints for each symbol of
 * that name, from where deadcode set out to the symbol itself, how each of
 * the symbols between refers to the next: by a relocation or as auxiliary
 * symbol of that type.
 *
 *	root             _rt0_amd64_linux
 *	R_CALL           _rt0_amd64
 *	...
 *	R_CALL           fmt.Println
 *
 * There may be other ways; this is one that deadcode went.
 */
#include "link/link.h"

static const char *how(const Link *L, Sym from, Sym to)
{
	Rels r = sym_rels(L, from);
	Auxs a = sym_auxs(L, from);
	const char *name = NULL;

	if (from == to)
		return "root";
	for (u32 k = 0; k < r.n && !name; k++) {
		Rel x = rel_at(L, r, k);

		if (x.sym == to && !x.weak && x.type < NRELOC)
			name = reloc_name(L->release, reloc_number(L->release,
				(RelocRow)x.type));
	}
	for (u32 k = 0; k < a.n && !name; k++) {
		GoAux x = aux_at(a, k);

		if (resolve(L, a.obj, x.sym) == to)
			name = aux_name(x.type);
	}
	/* The type behind an itab that R_USEIFACE refers to. */
	return name ? name : "type of itab";
}

static void print_step(Buf *b, const Link *L, Sym from, Sym to)
{
	View name = sym_name(L, to);
	bool abi0 = sym_version(L, to) == 0 &&
		link_kind_is_text(row(L, to)->kind);

	buf_printf(b, "%-16s ", how(L, from, to));
	if (name.n > 0)
		buf_text(b, name);
	else
		buf_printf(b, "symbol %u", (unsigned)to);
	buf_str(b, abi0 ? " (ABI0)\n" : "\n");
}

static void print_chain(const Link *L, Sym s)
{
	SymVec chain = {0};
	Mem m = {0};
	Buf b = {0};

	for (; L->reachparent[s] != s; s = L->reachparent[s])
		symvec_add(&m, &chain, s);
	print_step(&b, L, s, s);
	while (chain.n > 0) {
		Sym to = chain.p[--chain.n];

		print_step(&b, L, L->reachparent[to], to);
	}
	printf("%.*s", (int)b.n, b.p);
	buf_free(&b);
}

void why(Link *L)
{
	u32 found = 0, printed = 0;

	if (!L->flag.why)
		return;
	for (Sym s = 1; s < L->nreachparent; s++) {
		if (!view_is(sym_name(L, s), L->flag.why))
			continue;
		found++;
		if (L->reachparent[s] == 0)
			continue;
		if (printed++ > 0)
			printf("\n");
		print_chain(L, s);
	}
	if (found == 0)
		printf("%s: there is no such symbol\n", L->flag.why);
	else if (printed == 0)
		printf("%s: not in the program\n", L->flag.why);
}
