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
#define REASON(id, code, severity, verdict, text) REASON_##id,
#include "check/reasons.def"
#undef REASON
	NREASON
} ReasonId;

typedef struct {
	const char *code;
	Severity severity;
	Verdict verdict;
	const char *text;	/* the paragraph of --explain */
} ReasonRow;

extern const ReasonRow reason_table[NREASON];
extern const char *const severity_name[];
extern const char *const verdict_name[];

typedef struct {
	ReasonId id;
	Severity severity;
	size_t text;	/* offset of the sentence, NUL-terminated, in text */
} Reason;

enum {
	MAXHIT = 16,
	MAXSETTING = 1000,	/* build settings that are looked at; real
				 * programs have 40 */
};

/* A build setting, without the quotes that either part may have. */
typedef struct {
	View key, value;
} Setting;

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
	bool opened;	/* img is sound enough to be looked into */
	bool has_build;
	Buildinfo build;
	Setting *setting;	/* of the build, each key once, unquoted */
	int nsetting;
	Arena arena;	/* for what had quotes */
	View code_snapshot;	/* as the functions' paths have it, or empty */
	bool has_godebug;
	View godebug;	/* runtime.godebugDefault, if its symbol is there */
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

/* Judges the image in bytes. img is the caller's and must live as long as
 * the report is read, as must the bytes. */
void check_image(Report *r, Image *img, View bytes);

/* Do the bytes of a damaged file look like those of a Go program? */
bool trace_of_go(View bytes);

bool report_failed(const Report *r);	/* some reason is an ERROR */
int report_exit(const Report *r);	/* 0, 1 or 2 */
void report_free(Report *r);

/* The value of a build setting; false, and *v empty, if there is none. */
bool report_setting(const Report *r, const char *key, View *v);
/* GOOS and GOARCH: what the build information says counts before what the
 * format can tell, as an ELF header does not know android from linux. Empty
 * if unknown. */
void report_platform(const Report *r, View *goos, View *goarch);

/* ---- evidence.c ---------------------------------------------------- */

/* Compares what the build information claims with what the program holds,
 * and adds findings. Takes time that grows with the file. */
void evidence_find(Report *r);

/* ---- explain.c ----------------------------------------------------- */

/* Prints the paragraph of a reason code, or of all; false if there is no
 * such code. */
bool explain_code(const char *code);

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
/* Does it judge more than the sum? */
bool policy_wants_evidence(const Policy *p);
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
	bool silent;	/* print nothing */
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
	const char *files_from, *pid;
	bool zero;
	unsigned threads;	/* 0: as many as there are processors */
	Arena arena;
} Options;

/* Checks all inputs, prints the reports to stdout in the order of the
 * inputs, and remarks to stderr. Returns the exit status. */
int run_checks(const Options *o, const Inputs *in);

/* ---- codesign.c ---------------------------------------------------- */

/* As many as a system looks at: one, and five alternates. */
enum { CODESIGN_MAXDIR = 6 };

/* A code directory: a hash for each page of the file. */
typedef struct {
	u64 slots;	/* file offset of the first hash */
	u32 nslots;
	u8 hashsize;
	u8 pagebits;	/* 0: one page, the whole file */
} CodeDir;

typedef struct {
	bool adhoc;	/* nobody's: it can be made anew without a key */
	u64 limit;	/* the bytes before this one are signed */
	int n;		/* 0: not signed at all */
	CodeDir dir[CODESIGN_MAXDIR];
} Codesign;

/* Reads the code signature; any image that is not a signed Mach-O has
 * none. A signature that is not understood is a fault. */
Fault codesign_read(const Image *img, Codesign *c);
/* Do all pages have their hashes? */
bool codesign_good(const Codesign *c, View file);
/* Puts the hashes in place. file has the n bytes that c was read from. */
void codesign_make(const Codesign *c, u8 *file, size_t n);

/* ---- sealbytes.c --------------------------------------------------- */

typedef struct {
	u64 off, size;
} Piece;

enum { SEAL_MAXPIECE = CODESIGN_MAXDIR + 2 };

typedef struct {
	bool already;	/* there was nothing to do, and nothing was done */
	bool summed, signed_anew, checksummed;
	u8 before[SHA256_SIZE], sum[SHA256_SIZE];
	int n;
	Piece piece[SEAL_MAXPIECE];	/* what was written, in order */
} Seal;

/* Computes the sum of the image in the n bytes at p, which are the
 * caller's copy, and writes it; makes anew what depends on it. After a
 * fault, which says what was not understood, the bytes are worth nothing. */
Fault seal_bytes(u8 *p, size_t n, Seal *s);
/* Is after, an image at base in its file, before and sealed, and nothing
 * else? Looks at it as the verifier does. */
Fault seal_verify(View before, View after, u64 base, u64 n, const Seal *s);

/* ---- output.c ------------------------------------------------------ */

/* A file that takes its place when it is finished, or never. */
typedef struct {
	char *path, *tmp;	/* in the same directory */
	int fd;
	unsigned char mask[128];	/* room for a sigset_t */
} Output;

/* All of these give NULL or the reason. After a reason from the first
 * nothing is to be undone; after one from the others, output_drop. */
const char *output_open(Output *o, const char *path);
const char *output_write(Output *o, View bytes);
/* Reads back what is there now; buf has room for n bytes. */
const char *output_read(const Output *o, u8 *buf, size_t n);
/* The mode; and the owner, if keep is set. */
const char *output_mode(Output *o, u32 mode, bool keep, u32 uid, u32 gid);
const char *output_commit(Output *o);
void output_drop(Output *o);

#define FIPS_BAD_RANGE "a range of go:fipsinfo is not sound (gofips-check " \
	"says how)"

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

/* ---- syms.c: the module's symbols ----------------------------------- */

typedef struct {
	View name;	/* without Mach-O's leading underscore */
	View key;	/* by which it is matched: without the snapshot */
	/* It ends where another begins or the range ends. */
	u64 addr, size;
	int range;
} ModSym;

typedef enum {
	SYMS_NONE,
	SYMS_TABLE,	/* the symbol table */
	SYMS_PCLNTAB,	/* stripped: functions from runtime.pclntab */
} SymSource;

typedef struct {
	ModSym *v;	/* by range, then by address */
	size_t n, cap;
	size_t first[FIPS_NRANGE + 1];	/* where each range begins in v */
	SymSource source[FIPS_NRANGE];
	u64 room;	/* bytes of names that may still be added */
} Syms;

/* In the order of bytes; long names that begin the same count as equal. */
int name_order(View a, View b);

/* The symbols that begin in a range of info. With functions, those of the
 * text are taken from runtime.pclntab even if there is a symbol table. */
void syms_load(Syms *s, const Image *img, const Fipsinfo *info,
	       bool functions);
void syms_free(Syms *s);
/* The symbol of this range that holds the address, or NULL. */
const ModSym *syms_at(const Syms *s, int range, u64 addr);

/* ---- compare.c: what was hashed, twice ------------------------------ */

/* A binary, a dump, or the memory of a process. */
typedef struct {
	const char *label;
	View range[FIPS_NRANGE];
	const Image *img;	/* NULL: a dump, which has no addresses */
	const Fipsinfo *info;
	u64 base;	/* offset of the image in its file */
	u64 bias;	/* what the loader added to the addresses */
	bool memory;	/* the bytes have no file offsets */
	Syms syms;
	DynReloc *reloc;	/* those that touch a range, by address */
	size_t nreloc, caprel;
} Side;

typedef enum {
	DIFF_REMOVED, DIFF_ADDED, DIFF_RESIZED, DIFF_CHANGED,
	DIFF_BYTES,	/* not in a symbol */
	NDIFF
} DiffKind;

typedef struct {
	DiffKind kind;
	int range;
	const ModSym *a, *b;	/* NULL: not there */
	u64 at_a, at_b;	/* the first byte that differs, in the range */
	u64 ndiff;	/* bytes that differ, of those on both sides */
	u64 len;	/* from the first to the last of them */
	bool shifted;	/* it looks as if only addresses were others */
} DiffItem;

typedef struct {
	DiffItem *v;	/* by range, in the order of DiffKind and address */
	size_t n, cap;
	size_t count[FIPS_NRANGE][NDIFF];
	size_t nshifted;	/* items of the text */
	bool differs[FIPS_NRANGE];
	bool any;
} Diff;

/* The ranges in what `dump` and -fipso write. */
Fault dump_parse(View dump, View range[FIPS_NRANGE]);

/* t must live as long as the side. */
Fault side_open(Side *s, const Target *t);
/* An image's symbols and relocations, for a side whose bytes the caller
 * fills in. */
void side_of_image(Side *s, const Image *img, const Fipsinfo *info);
void side_close(Side *s);
/* The relocation that changes one of len bytes at addr, or NULL. */
const DynReloc *side_reloc(const Side *s, u64 addr, u64 len);

/* Both may get other symbols, so that they can be compared. */
void compare(Diff *d, Side *a, Side *b);
void diff_free(Diff *d);

/* The bytes of a symbol, and where they begin in its range. */
View side_bytes(const Side *s, const ModSym *m, u64 *at);

/* ---- shift.c ------------------------------------------------------- */

/* Marks those of the n items (changed functions) that are shifted. */
void mark_shifted(DiffItem *it, size_t n, const Side *a, const Side *b);

/* ---- difftext.c ---------------------------------------------------- */

typedef struct {
	bool all;	/* no limit to the list */
	bool disassemble;
} DiffStyle;

/* What the side is, and whether its sum is right. */
void diff_summary(const Side *s, char letter, Buf *out);
void diff_text(const Diff *d, const Side *a, const Side *b,
	       const DiffStyle *style, Buf *out);

/* ---- disasm.c ------------------------------------------------------ */

/* The instructions around addr in the function from start to end, from
 * objdump; what went wrong if it has none. */
void disassemble(const char *path, u64 start, u64 end, u64 addr, Buf *out);

/* ---- pid.c --------------------------------------------------------- */

/* Compares the ranges in the memory of a process with those of its file,
 * and with the sum. Prints; returns the exit status. */
int pid_main(const char *pid, bool all);

/* ---- the commands: verify.c, ... ------------------------------------- */

/* Each takes main's arguments (argv[1] is the command's name, except for
 * verify) and returns the exit status. */
int verify_main(int argc, char **argv);
int dump_main(int argc, char **argv);
int nm_main(int argc, char **argv);
int diff_main(int argc, char **argv);
int seal_main(int argc, char **argv);

/* ---- usage.c ------------------------------------------------------- */

#define GOFIPS_VERSION "0.1"

/* Prints "gofips-check [command]: what arg: why" and how to get help, and
 * exits with 2. command, arg and why may be NULL. */
_Noreturn void usage_error(const char *command, const char *what,
			   const char *arg, const char *why);
/* Exits, with 2 if what was printed could not be written. */
_Noreturn void done(int status);
/* auto, always, never; false if when is none of them. auto looks at
 * standard output and NO_COLOR. */
bool want_color(const char *when, bool *color);

#endif
