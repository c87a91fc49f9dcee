/*
 * gofips-obj: reads and writes Go object files.
 *
 * A table of subcommands; each has its own file (cmdNAME.c) and a row here.
 */
#include "obj/cmd.h"

#define VERSION "0.1"

/* Called in place of libcrypto's function, which runs before main() and asks
 * what the processor can: in a virtual machine each question is one to the
 * host. Without an answer SHA-256 takes instructions that every processor
 * has, and nothing here hashes much. */
void __wrap_OPENSSL_cpuid_setup(void);
void __wrap_OPENSSL_cpuid_setup(void)
{
}

static const Cmd *const cmds[] = {&cmd_dump, &cmd_nm, &cmd_copy, &cmd_lint,
	&cmd_write, &cmd_asm, &cmd_toolexec};

static const char examples[] =
"\n"
"FILE is an archive that the Go compiler wrote, or an object of its\n"
"assembler. `go list -export -f '{{.Export}}' PKG` names a package's.\n"
"\n"
"  gofips-obj dump hello.a | less\n"
"  gofips-obj dump --json hello.a | jq '.symbols[].name'\n"
"  gofips-obj dump --brief -k STEXTFIPS sha256.a\n"
"  gofips-obj nm -size -sort size hello.a | head\n"
"  gofips-obj copy -o same.a hello.a && cmp same.a hello.a\n"
"\n"
"exit status: 0 good; 1 something was found; 2 usage, or a file that cannot\n"
"be read\n";

static void help(void)
{
	printf("usage: gofips-obj COMMAND [flags] FILE...\n"
	       "Reads and writes Go object files, Go 1.24 to 1.27.\n\n");
	for (size_t i = 0; i < NELEM(cmds); i++)
		printf("  %-10s %s\n", cmds[i]->name, cmds[i]->what);
	printf("\n  gofips-obj COMMAND --help has its flags; --version\n%s",
	       examples);
}

static int usage(const char *what, const char *arg)
{
	fprintf(stderr, "gofips-obj: %s%s%s\n"
		"run 'gofips-obj --help' for usage\n", what, arg ? " " : "",
		arg ? arg : "");
	return 2;
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	if (!name)
		return usage("no command given", NULL);
	for (size_t i = 0; i < NELEM(cmds); i++)
		if (strcmp(name, cmds[i]->name) == 0)
			return cmds[i]->run(argc - 1, argv + 1);
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
		help();
		return cmd_done(0);
	}
	if (strcmp(name, "--version") == 0) {
		puts("gofips-obj " VERSION);
		return cmd_done(0);
	}
	return usage("there is no command", name);
}
