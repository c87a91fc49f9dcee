/*
 * gofips-check: verifies the FIPS 140 module of Go binaries without
 * running them. With one of the words below as first argument it does
 * something else; a file of such a name is ./NAME.
 */
#include "check/check.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"dump", dump_main},
	{"nm", nm_main},
	{"diff", diff_main},
	{"seal", seal_main},
};

int main(int argc, char **argv)
{
	int (*run)(int, char **) = verify_main;

	for (size_t i = 0; argc > 1 && i < NELEM(commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			run = commands[i].run;
	done(run(argc, argv));
}
