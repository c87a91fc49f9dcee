/*
 * gofips-link: how Go objects become a program. The passes are cmd/link's,
 * in its order and with its names; docs/linking.md tells what each decides.
 * Under each pass: what holds from there on. Mistakes in the program end the
 * run where cmd/link ends it, so that several passes may report theirs.
 */
#include <stdlib.h>
#include <unistd.h>

#include "link/link.h"

#define PASS(fn) do { \
	stats_pass(L, #fn); \
	fn(L); \
	mem_reset(&L->tmp); \
} while (0)

/* Everything up to the symbols that the program consists of. */
static void load(Link *L)
{
	/* The output is no old program any more, whatever happens. */
	PASS(libinit);

	PASS(loadlib);
	/* Every name has its definition; numbers are not yet settled. Later
	 * symbols are ours. The target is known. */
	exit_if_errors(L);

	PASS(inittasks);
	/* The order of package initialisation is decided. */

	PASS(deadcode);
	/* A_REACHABLE says what becomes part of the program. That, and what it
	 * refers to, has been found valid, and its symbols have their numbers
	 * and rows. Of all others hardly anything has been read. */

	PASS(linksetup);
	/* L->lib is in dependency order, L->textp has all functions. */

	PASS(dostrdata);
	/* -X variables have their strings. */
}

/* Contents that the linker makes, up to the addresses of functions. */
static void make_contents(Link *L)
{
	PASS(dwarf_scan);
	PASS(stack_check_begin);
	PASS(pclntab_begin);
	PASS(textaddress_begin);
	PASS(dwarf_frames_begin);
	/* Functions are looked through: types and units are one thread's
	 * work; pclntab's pieces, stacks and frames are others'. */
	PASS(dwarf_generate_debug_info);
	PASS(do_stack_check);
	PASS(doelf);
	PASS(set_arch_syms);

	PASS(textaddress);
	/* Functions have addresses and sizes: tables of pcs can be made. */

	PASS(buildinfo);
	PASS(pclntab);
	PASS(findfunctab);
	PASS(dwarf_generate_debug_syms);

	PASS(symtab);
	/* All symbols exist, all contents but addresses are final. */
}

/* Places in memory and in the file. */
static void lay_out(Link *L)
{
	PASS(dodata);
	/* Each symbol has a section and an offset in it. */

	PASS(address);
	/* Sections and symbols have addresses. */

	PASS(layout);
	/* Sections have places in the file, but those for debuggers. */
}

static void write_all(Link *L)
{
	PASS(asmb);
	/* The file has the bytes of text and data, relocated. */

	PASS(dwarfcompress);
	PASS(layout_debug);
	PASS(asmb_debug);
	/* It has those of all sections. What duplicates count for is known
	 * since the debug information is made. */
	if (L->flag.strictdups > 1)
		L->diag.n += L->strictdups;
	exit_if_errors(L);

	PASS(asmbfips);
	/* The sum over the FIPS ranges is in go:fipsinfo. */

	PASS(asmb2);
	exit_if_errors(L);
	PASS(write_output);
	if (LINK_DEBUG)
		recheck(L);
}

int main(int argc, char **argv)
{
	Link link = {.diag = {.prefix = "", .limit = 20},
		     .mem.huge = &link.huge, .tmp.huge = &link.huge};
	Link *L = &link;

	toolexec(L, &argc, &argv);
	parse_flags(L, argc, argv);
	save_repro(L);
	L->pool = pool_new((unsigned)L->flag.nthreads);
	load(L);
	make_contents(L);
	lay_out(L);
	write_all(L);
	why(L);
	print_map(L);
	stats_print(L);
	unload(L);
	fflush(NULL);
	_exit(0);
}
