/*
 * What the commands share at the surface: wrong usage, colour.
 */
#include <stdlib.h>
#include <unistd.h>

#include "check/check.h"

_Noreturn void usage_error(const char *command, const char *what,
			   const char *arg, const char *why)
{
	fprintf(stderr, "gofips-check%s%s: %s%s%s%s%s\n"
		"run 'gofips-check%s%s --help' for usage\n",
		command ? " " : "", command ? command : "", what,
		arg ? " " : "", arg ? arg : "", why ? ": " : "",
		why ? why : "", command ? " " : "", command ? command : "");
	exit(2);
}

_Noreturn void done(int status)
{
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fputs("gofips-check: cannot write the results\n", stderr);
		status = 2;
	}
	exit(status);
}

bool want_color(const char *when, bool *color)
{
	const char *no = getenv("NO_COLOR");

	if (strcmp(when, "always") == 0)
		*color = true;
	else if (strcmp(when, "never") == 0)
		*color = false;
	else if (strcmp(when, "auto") == 0)
		*color = isatty(STDOUT_FILENO) && !(no && no[0]);
	else
		return false;
	return true;
}
