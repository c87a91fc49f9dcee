/* What an assembler takes from its environment. */
#ifndef OBJ_ASMCFG_H
#define OBJ_ASMCFG_H

#include "obj/asm.h"

enum { ASM_MAXEXP = 40 };

typedef struct {
	View goos, goarch;
	char version[200];	/* "go1.27.4" */
	Release release;
	char level[40];	/* "GOAMD64=v1" */
	unsigned goamd64;
	bool lse;	/* GOARM64 has it */
	bool exp[ASM_MAXEXP];
} AsmConfig;

/* Reads goos and goarch. NULL or what is wrong. */
const char *asm_target(AsmConfig *g);
/* Reads the rest. goversion may be NULL: then root, a GOROOT, has the release.
 * NULL or what is wrong. */
const char *asm_config(AsmConfig *g, const char *goversion, const char *root);
/* The lines in front of an object. */
void asm_header(Buf *out, const AsmConfig *g);
bool asm_has_dwarf5(const AsmConfig *g);
/* gofips-obj asm without a word: 0 if the object was written, else why not.
 * root as in asm_config. 1: no other assembler may try. The source is wrong
 * while symbols are bisected: another would not leave out the symbols that we
 * did, nor report any; so it has been said what is wrong. -1: another may. */
int asm_quietly(int argc, char **argv, const char *root, Buf *why);
/* The i-th experiment's name, "" if it is off, NULL if there is none. */
const char *asm_experiment(const AsmConfig *g, size_t i);

#endif
