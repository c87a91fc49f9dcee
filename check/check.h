/*
 * check: judging finished binaries.
 *
 * A Report holds what was found in one image (a file, or one slice of a
 * universal one). It is filled by check_image, extended by policy_apply
 * and require_apply, and read by the printers only.
 */
#ifndef CHECK_H
#define CHECK_H

#include <regex.h>

#include "objabi/objabi.h"

typedef enum {
	VERDICT_OK, VERDICT_MISMATCH, VERDICT_UNSEALED, VERDICT_NO_FIPSINFO,
	VERDICT_CORRUPT, VERDICT_NOT_GO, VERDICT_UNREADABLE,
} Verdict;

typedef enum { NOTE, WARNING, ERROR } Severity;

typedef enum {
#define REASON(id, code, severity, verdict) REASON_##id,
#include "check/reasons.def"
#undef REASON
	NREASON
} ReasonId;

typedef struct {
	const char *code;
	Severity severity;
	Verdict verdict;
} ReasonRow;

extern const ReasonRow reason_table[NREASON];
extern const char *const severity_name[];
extern const char *const verdict_name[];

typedef struct {
	ReasonId id;
	Severity severity;
	size_t text;	/* offset of the sentence, NUL-terminated, in text */
} Reason;

enum { MAXHIT = 16 };

/* A relocation that touches a range; range FIPS_NRANGE is the struct. */
typedef struct {
	int range;
	DynReloc reloc;
} Hit;

typedef struct {
	const char *file;
	const char *slice;	/* GOARCH of a slice, NULL in a thin file */
	u64 slice_off;
	Verdict verdict;
	bool go;	/* there is a trace of Go: see origin in the docs */
	const Image *img;	/* NULL: no image */
	bool has_info, has_sum;
	Fipsinfo info;
	u8 computed[SHA256_SIZE];
	bool linked;	/* more than the markers lies between the brackets */
	u64 nhit;
	Hit hit[MAXHIT];	/* the first of them */
	bool has_build;
	Buildinfo build;
	const char *snapshot_status;	/* from the module table, or "" */
	const char *snapshot_evidence;
	Reason *reason;
	int nreason;
	Buf text;
} Report;

/* ---- check.c ------------------------------------------------------- */

/* Adds a finding; a NUL-terminated sentence is made from fmt. An ERROR
 * sets the verdict of its row, if no earlier one has. */
__attribute__((format(printf, 3, 4)))
void report_add(Report *r, ReasonId id, const char *fmt, ...);
/* The same with a severity other than the row's. */
__attribute__((format(printf, 4, 5)))
void report_add_as(Report *r, ReasonId id, Severity s, const char *fmt, ...);

/* Judges the image in bytes. img is the caller's and must live as long as
 * the report is read, as must the bytes. */
void check_image(Report *r, Image *img, View bytes);

bool report_failed(const Report *r);	/* some reason is an ERROR */
int report_exit(const Report *r);	/* 0, 1 or 2 */
void report_free(Report *r);

/* The value of a build setting without its quotes, in *tmp if it had
 * some; false if there is none. */
bool report_setting(const Report *r, const char *key, Buf *tmp, View *v);

/* ---- fields.c: a report as named values ----------------------------- */

/* Takes the values of a report in order. key is "" in an array. */
typedef struct Sink Sink;
struct Sink {
	void (*open)(Sink *s, View key, char bracket);	/* '{' or '[' */
	void (*close)(Sink *s, char bracket);
	void (*string)(Sink *s, View key, View v);
	/* A number, "true", "false" or "null", as JSON has it. */
	void (*literal)(Sink *s, View key, const char *v);
};

/* Every field of the JSON, in its order; docs/gofips-check.1 is the
 * schema. */
void report_fields(const Report *r, const char *policy, Sink *s);
void report_json(const Report *r, const char *policy, Buf *out);

/* ---- text.c -------------------------------------------------------- */

typedef struct {
	bool quiet, status, verbose, json, color;
	const char *policy;
} Style;

void report_text(const Report *r, const Style *style, Buf *out);

/* ---- policy.c ------------------------------------------------------ */

typedef struct {
	const char *snapshot, *status, *evidence, *date;
} Module;

typedef struct {
	const Module *row;
	size_t n;
} Modules;

/* The built-in table. */
Modules modules_builtin(void);
/* Reads a table from a file; NULL or what is wrong with it. */
const char *modules_read(const char *path, Arena *a, Modules *m, int *line);

/* NULL if there is no such policy. */
typedef struct Policy Policy;
const Policy *policy_by_name(const char *name);
void policy_apply(const Policy *p, const Modules *m, Report *r);

/* ---- require.c ----------------------------------------------------- */

typedef struct {
	const char *spec;	/* as the user wrote it */
	View key, value;
	enum { REQ_IS, REQ_MATCH, REQ_ELEMENT } op;
	regex_t re;
} Require;

/* Parses KEY=VALUE, KEY=/re/, KEY=(element). NULL or what is wrong. */
const char *require_parse(Require *q, const char *spec, Arena *a);
void require_apply(const Require *q, size_t n, const char *policy,
		   Report *r);

/* ---- inputs.c ------------------------------------------------------ */

typedef struct {
	const char *path;
	bool named;	/* by the user, not found in a directory */
	u64 dev, ino;
	bool symlink;
} Input;

typedef struct {
	Input *v;
	size_t n, cap;
	Arena arena;
	int errors;	/* that were printed: a directory not readable */
} Inputs;

/* Adds a path of the command line: a file, or all candidates in a
 * directory, found as `go version` finds them. */
void inputs_add(Inputs *in, const char *path, bool verbose);
/* Adds the paths that stand in a file ("-": standard input), each ended
 * by a newline or, with zero, by a NUL. NULL or the reason. */
const char *inputs_from(Inputs *in, const char *file, bool zero,
			bool verbose);
/* Drops symbolic links found in directories to files that are there
 * anyway. */
void inputs_once(Inputs *in);

/* ---- run.c --------------------------------------------------------- */

typedef struct {
	Style style;
	const Policy *policy;
	Modules modules;
	Require *require;
	size_t nrequire;
	const char *files_from;
	bool zero;
	unsigned threads;	/* 0: as many as there are processors */
	Arena arena;
} Options;

/* Checks all inputs, prints the reports to stdout in the order of the
 * inputs, and remarks to stderr. Returns the exit status. */
int run_checks(const Options *o, const Inputs *in);

/* ---- target.c ------------------------------------------------------ */

typedef struct {
	const char *path;
	File file;
	bool open;
	View bytes;	/* of the slice, or of the whole file */
	u64 base;	/* its offset in the file */
	bool is_dump;	/* what `dump` and cmd/link's -fipso write */
	Image img;	/* these two not for a dump */
	Fipsinfo info;	/* all ranges are sound; offsets are the slice's */
} Target;

/* Opens a binary with a sound go:fipsinfo (whatever its sum), or a dump.
 * goarch chooses the slice of a universal file and may be NULL. Prints why
 * not and returns false; then nothing is to be closed. */
bool target_open(Target *t, const char *path, const char *goarch);
/* False, after saying so, if the file changed while it was open. */
bool target_close(Target *t);

/* ---- the commands: verify.c, ... ------------------------------------- */

/* Each takes main's arguments (argv[1] is the command's name, except for
 * verify) and returns the exit status. */
int verify_main(int argc, char **argv);
int later_main(int argc, char **argv);	/* those that are still to come */

/* ---- usage.c ------------------------------------------------------- */

#define GOFIPS_VERSION "0.1"

/* Prints "gofips-check [command]: what arg: why" and how to get help, and
 * exits with 2. command, arg and why may be NULL. */
_Noreturn void usage_error(const char *command, const char *what,
			   const char *arg, const char *why);
/* auto, always, never; false if when is none of them. auto looks at
 * standard output and NO_COLOR. */
bool want_color(const char *when, bool *color);

#endif
