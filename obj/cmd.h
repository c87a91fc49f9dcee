/* The subcommands of gofips-obj: what they share with its main. */
#ifndef OBJ_CMD_H
#define OBJ_CMD_H

#include "obj/obj.h"

/* argv[0] is the subcommand's name. Returns the exit status: 0 good, 1
 * something was found, 2 usage or a file that cannot be read. */
typedef int CmdFn(int argc, char **argv);

typedef struct {
	const char *name, *args, *what;
	CmdFn *run;
} Cmd;

/* Reports wrong usage; returns 2. */
int cmd_usage(const Cmd *c, const char *what, const char *arg);
/* Prints the command's help to stdout; returns 0. */
int cmd_help(const Cmd *c, const char *flags);
/* Says what is wrong with a file, and a member if it is not NULL; off is
 * not printed if it is 0. */
void cmd_error(const char *path, const Member *m, const char *why, u64 off);

/* Calls fn for each member of the archive at path, with g opened if it is
 * a Go object. Returns 0, or 2 after a cmd_error. */
typedef struct {
	const char *path;
	View file;
	const Member *m;
	const GoObj *g;	/* NULL: not a Go object */
	Release release;
} CmdMember;
int cmd_each(const char *path, void (*fn)(void *, const CmdMember *),
	     void *arg);
/* Writes b to stdout and empties it. */
void cmd_flush(Buf *b);
/* Writes a file by way of one beside it, so that no half of one is left.
 * NULL or why not. */
const char *cmd_write_file(const char *path, View v);
/* 2 if stdout could not be written, else status. */
int cmd_done(int status);

extern const Cmd cmd_dump, cmd_nm, cmd_copy, cmd_lint, cmd_write,
	cmd_asm, cmd_toolexec;

#endif
