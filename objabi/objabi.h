/*
 * objabi: names, numbers, bytes: what the three programs share.
 *
 * Grouped by the file that implements each part. Everything that comes
 * from a file is untrusted: readers say what is wrong with a Fault, never
 * print, never exit, and never allocate by a count that they read.
 */
#ifndef OBJABI_H
#define OBJABI_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t i32;
typedef int64_t i64;

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

/* Why an input was refused, and where. why is a static string, NULL when
 * nothing is wrong; off is a file offset in bytes. */
typedef struct {
	const char *why;
	u64 off;
} Fault;

#define OK ((Fault){0})
static inline Fault fault(const char *why, u64 off)
{
	return (Fault){why, off};
}

/* ---- bytes.c ------------------------------------------------------- */

/* Bytes that somebody else owns: nearly always a piece of a mapped file. */
typedef struct {
	const u8 *p;
	size_t n;
} View;

static inline View view_of(const void *p, size_t n)
{
	return (View){p, n};
}
static inline View view_str(const char *s)
{
	return (View){(const u8 *)s, strlen(s)};
}

/* Do len bytes at off lie in v? The only length comparison there is. */
static inline bool view_has(View v, u64 off, u64 len)
{
	return off <= v.n && len <= v.n - off;
}

/* The len bytes of v at off, or false (and *sub empty) if they are not
 * all there. */
static inline bool view_sub(View v, u64 off, u64 len, View *sub)
{
	bool ok = view_has(v, off, len);

	/* An empty view may have no bytes at all to point to. */
	*sub = ok && v.n ? (View){v.p + off, (size_t)len} : (View){v.p, 0};
	return ok;
}

bool view_eq(View a, View b);
bool view_is(View v, const char *s);
bool view_prefix(View v, const char *s);
bool view_suffix(View v, const char *s);

/* The offset of the first c (of the first needle, lined up to align bytes
 * counted from the start of v) at or after off; v.n if there is none. */
size_t view_index(View v, size_t off, u8 c);
size_t view_find(View v, size_t off, View needle, size_t align);

/* The NUL-terminated string at off, without the NUL. false if off is
 * outside or no NUL follows. */
bool view_cstr(View v, u64 off, View *s);
/* The same, false also if it is longer than max: a table of which every
 * entry names one endless string is not to be read again for each. */
bool view_cstr_max(View v, u64 off, size_t max, View *s);

/* Loads. p must have the bytes; big is the byte order. */
static inline u16 ld16(const u8 *p, bool big)
{
	return (u16)(big ? p[0] << 8 | p[1] : p[1] << 8 | p[0]);
}
static inline u32 ld32(const u8 *p, bool big)
{
	u32 x;

	memcpy(&x, p, 4);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	big = !big;
#endif
	return big ? __builtin_bswap32(x) : x;
}
static inline u64 ld64(const u8 *p, bool big)
{
	u64 x;

	memcpy(&x, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	big = !big;
#endif
	return big ? __builtin_bswap64(x) : x;
}
/* A word of size 4 or 8. */
static inline u64 ldptr(const u8 *p, unsigned size, bool big)
{
	return size == 4 ? ld32(p, big) : ld64(p, big);
}
void st32(u8 *p, u32 x, bool big);
void st64(u8 *p, u64 x, bool big);

/* Sequential reading. The first read beyond the end sets err, and from
 * then on every read gives 0, so that one test at the end is enough. */
typedef struct {
	View v;
	size_t off;
	bool big;
	bool err;
} Cursor;

static inline Cursor cursor(View v, bool big)
{
	return (Cursor){v, 0, big, false};
}
u8 cur_u8(Cursor *c);
u16 cur_u16(Cursor *c);
u32 cur_u32(Cursor *c);
u64 cur_u64(Cursor *c);
u64 cur_ptr(Cursor *c, unsigned size);	/* size 4 or 8 */
u64 cur_uleb(Cursor *c);	/* err also when it needs over 64 bits */
i64 cur_sleb(Cursor *c);
View cur_bytes(Cursor *c, u64 n);
View cur_cstr(Cursor *c);

/* Undoes strconv.Quote: s with its quotes, " or `. Writes at most s.n
 * bytes to dst, the length to *n; false if s is not a Go string. */
bool go_unquote(View s, u8 *dst, size_t *n);

/* ---- file.c -------------------------------------------------------- */

/* A file mapped for reading. A file that shrinks, or that cannot be read
 * any more, while it is mapped does not kill the program: its pages read
 * as zero from then on and file_close says so. A File does not move while
 * it is open, and is closed by the thread that opened it. */
typedef struct File File;
struct File {
	View bytes;
	u64 dev, ino, size;
	u32 mode;
	size_t page;	/* the machine's page size */
	bool lost;	/* set by the SIGBUS handler */
	int fd;
	File *next;	/* the others that this thread has open, or are kept */
	void (*on_loss)(const File *);
};

/* Maps a regular file. Anything else (a directory, a device, a pipe) is
 * refused without being opened for reading. Returns NULL or the reason;
 * then nothing is to be closed. */
const char *file_open(File *f, const char *path);

/* For who opens more files than a process may have open: the bytes stay until
 * the process ends, for all threads, and file_close is not to be called. Also,
 * a table of open files that outgrows 64 in a process with threads waits
 * milliseconds for the kernel. What has been found true of the bytes may be
 * wrong once the file shrinks; then on_loss is called, in a signal handler, by
 * any thread or by several: it ends the process. */
void file_keep(File *f, void (*on_loss)(const File *));

/* The lost flag and the size on disk, looked at again. NULL or why the
 * bytes that were read are not to be trusted. Closes in any case. */
const char *file_close(File *f);

/* Short files are read faster than mapped. file_begin opens a regular file of
 * less than 1 GiB and tells its size; file_finish reads its first n bytes,
 * which must be there, and closes it. Both: NULL or the reason. */
const char *file_begin(const char *path, int *fd, size_t *size);
const char *file_finish(int fd, void *to, size_t n);

/* ---- arena.c ------------------------------------------------------- */

/* Memory that is never freed before the whole arena is. */
typedef struct ArenaBlock ArenaBlock;
typedef struct {
	ArenaBlock *block;
	u8 *next;
	size_t left;	/* a multiple of 16 */
} Arena;

/* Zeroed, aligned to 16. */
void *arena_alloc_slow(Arena *a, size_t n);
static inline void *arena_alloc(Arena *a, size_t n)
{
	size_t size = (n + 15) & ~(size_t)15;
	u8 *p = a->next;

	if (n > a->left)
		return arena_alloc_slow(a, n);
	a->next += size;
	a->left -= size;
	return p;
}
char *arena_str(Arena *a, View v);	/* NUL-terminated copy */
/* Takes the next 2 MiB in one page, where the kernel has such: one fault for
 * what is to hold much. */
void arena_huge(Arena *a);
void arena_free(Arena *a);

/* Reports a bug of ours or lack of memory, and aborts. */
_Noreturn void die(const char *file, int line, const char *why);
#define DIE(why) die(__FILE__, __LINE__, why)
void *xrealloc(void *p, size_t n);

/* Text that grows. */
typedef struct {
	char *p;
	size_t n, cap;
} Buf;

void *buf_grow(Buf *b, size_t n);
/* Room for n bytes more behind the others. */
static inline void *buf_room(Buf *b, size_t n)
{
	return b->cap - b->n < n ? buf_grow(b, n) : b->p + b->n;
}
void buf_add(Buf *b, View v);
void buf_str(Buf *b, const char *s);
__attribute__((format(printf, 2, 3)))
void buf_printf(Buf *b, const char *fmt, ...);
extern const char hex_digits[16 + 1];
void buf_hex(Buf *b, View v);
void buf_json(Buf *b, View v);	/* as a JSON string, quotes included */
void buf_text(Buf *b, View v);	/* for a terminal: control bytes as \x1b */
void buf_free(Buf *b);

/* ---- diag.c -------------------------------------------------------- */

/* Mistakes of the user or of the program being linked or assembled: counted,
 * so that a run can go on to find more of them, and ends after limit. */
typedef struct {
	const char *prefix;	/* "link: " */
	u32 n;
	u32 limit;	/* 0: none */
} Diag;

/* Prints prefix, message and newline to standard error. false: that was one
 * more than the limit, and the caller is to stop. */
__attribute__((format(printf, 2, 3)))
bool diag_error(Diag *d, const char *fmt, ...);
__attribute__((format(printf, 2, 0)))
bool diag_verror(Diag *d, const char *fmt, va_list ap);

/* ---- pool.c -------------------------------------------------------- */

/* So many threads, up to 64, with the one that calls; 0: one for each
 * processor. NULL is a pool of one thread. */
typedef struct Pool Pool;
Pool *pool_new(unsigned threads);
void pool_free(Pool *p);
unsigned pool_threads(const Pool *p);
/* Calls fn(arg, i) for i = 0..n-1 on p's threads and returns when all are
 * done. Indices are handed out in order. fn may do the same. */
void pool_for(Pool *p, size_t n, void (*fn)(void *, size_t), void *arg);
/* The same, aside: threads that have nothing else to do begin with it, until
 * pool_end does what is left and waits for the rest. */
typedef struct PoolLoop PoolLoop;
PoolLoop *pool_begin(Pool *p, size_t n, void (*fn)(void *, size_t), void *arg);
void pool_end(Pool *p, PoolLoop *l);

/* ---- hash.c -------------------------------------------------------- */

enum { SHA256_SIZE = 32 };

/* HMAC-SHA256 with the 32 zero bytes that serve as key in Go's scheme. */
typedef struct {
	u64 state[28];	/* room for libcrypto's SHA256_CTX */
} Hmac;

void hmac_init(Hmac *h);
void hmac_add(Hmac *h, View v);
void hmac_sum(Hmac *h, u8 sum[SHA256_SIZE]);
void sha256(View v, u8 sum[SHA256_SIZE]);

/* ---- tables.c: the .def files -------------------------------------- */

/* The Go releases whose numbers and rules the tables hold. */
typedef enum { GO124, GO125, GO126, GO127, NGO } Release;

/* The release behind a version as build info has it ("go1.27.4", "go1.26rc1
 * X:...", "devel go1.25-..."). One that is newer than the tables counts as
 * the newest; false if it is older, or cannot be told. */
bool release_of(View goversion, Release *r);
/* Is it certainly one before Go 1.24? */
bool release_is_old(View goversion);

typedef enum {
#define ARCH(goarch, ...) ARCH_##goarch,
#include "arch.def"
#undef ARCH
	NARCH
} ArchId;

/* One GOARCH. Facts only; arch.def has the legend and the sources. */
typedef struct {
	const char *goarch;
	u8 ptrsize;	/* bytes of a uintptr */
	bool big;	/* byte order */
	u8 minlc[NGO];	/* pc quantum: the smallest instruction, in bytes */
	u16 elf;	/* e_machine, 0: none */
	u32 macho;	/* cputype, 0: none */
	u16 pe;		/* Machine, 0: none */
	u32 plan9;	/* a.out magic, 0: none */
	/* dynamic relocations, psABI numbers */
	u32 r_relative;	/* base + addend */
	u32 r_abs;	/* symbol + addend, of a pointer's size */
	u32 r_glob_dat, r_jump_slot;
} Arch;

extern const Arch arch_table[NARCH];
const Arch *arch_by_name(View goarch);
const Arch *arch_by_elf(u16 machine, unsigned ptrsize, bool big);
const Arch *arch_by_macho(u32 cputype);
const Arch *arch_by_pe(u16 machine);
const Arch *arch_by_plan9(u32 magic);

/* One GOOS. */
typedef struct {
	const char *goos;
	const char *format;	/* Format.name, or "xcoff", "wasm" */
	bool pie;	/* by default */
} Goos;

const Goos *goos_by_name(View goos);

/* What a program built for a GOOS/GOARCH pair is; platform.def. */
typedef enum {
	PORT_NONE,	/* the release has no such port */
	PORT_BARE,	/* without go:fipsinfo */
	PORT_SUM,	/* sealed, but refuses GODEBUG=fips140=on */
	PORT_FIPS	/* sealed, and verifies itself */
} Port;

Port port_of(Release r, View goos, View goarch);
static inline bool fips_written(Release r, View goos, View goarch)
{
	return port_of(r, goos, goarch) >= PORT_SUM;
}

/* ---- experiment.c: GOEXPERIMENT ------------------------------------- */

typedef u32 Experiments;	/* a bit for each row of experiment.def */

/* Those that are on without being asked for. */
Experiments experiments_baseline(Release r, View goos, View goarch);
/* Changes *e by a list as GOEXPERIMENT has it ("none,simd,nojsonv2"); start
 * with the baseline, or, for the list in an object's header line, with 0.
 * false: the release does not know *unknown. */
bool experiments_parse(Release r, View goos, View goarch, View list,
		       Experiments *e, View *unknown);
/* Appends those that differ from base, comma-separated: all that are on
 * when base is 0. */
void experiments_print(Buf *out, Release r, Experiments e, Experiments base);

/* The names of a symbol kind and of a relocation type (with its weak bit) in
 * that release's object files: "STEXTFIPS", "R_CALL"; NULL if unknown. */
const char *symkind_name(Release r, unsigned kind);
const char *reloc_name(Release r, unsigned type);

/* ---- image.c: finished executables --------------------------------- */

enum { PERM_R = 4, PERM_W = 2, PERM_X = 1 };
enum { IMAGE_MAXSEG = 64 };	/* Go's linkers write 12 at most */

/* A piece of memory that the loader makes from the file. */
typedef struct {
	View name;	/* empty where the format has none */
	u64 addr, memsz;	/* link-time addresses (PE: with ImageBase) */
	u64 off;	/* file offset of data */
	View data;	/* its bytes in the file; data.n <= memsz */
	u8 perm;
} Segment;

typedef struct {
	View name;	/* ".go.fipsinfo", "__go_fipsinfo" */
	View segment;	/* Mach-O: "__DATA" */
	u64 addr, size;
	u64 off;
	View data;	/* empty if nobits or not all in the file */
	u32 type;	/* as the format numbers it */
	u64 flags;
	bool nobits;
} Section;

/* A symbol's place; the letter is that of `go tool nm`, lower case when
 * the symbol is local: T text, R rodata, D data, B bss, U undefined,
 * A absolute, ? other. */
typedef struct {
	View name;
	u64 addr, size;	/* size 0 where the format has none */
	char letter;
} Symbol;

typedef struct {
	u64 start, end;	/* addresses; end is the first not included */
} Span;

/* A change that the loader will make to the image in memory. */
typedef struct {
	u64 addr;	/* link-time address of the first byte changed */
	u32 size;	/* bytes changed */
	u32 type;	/* the format's number */
	const char *name;	/* "R_X86_64_RELATIVE", "rebase", ... or "" */
	View sym;	/* the symbol's name, or empty */
	bool known;	/* value is the link-time address it will hold */
	u64 value;
} DynReloc;

typedef void DynRelocFn(void *arg, const DynReloc *r);

typedef enum { IMAGE_EXEC, IMAGE_SHLIB, IMAGE_OTHER } ImageKind;

typedef struct Image Image;

/* A file format: elf.c, macho.c, pe.c, plan9.c; and, only so far that a Go
 * program is recognised, xcoff.c and wasm.c. */
typedef struct {
	const char *name;	/* "elf", "macho", "pe", "plan9" */
	/* Does the file begin like this format? */
	bool (*match)(View file);
	/* Fills img (zeroed but for file and format) and validates all
	 * headers that the functions below rely on. */
	Fault (*open)(Image *img);
	/* The i-th section, symbol: false beyond the last (or, for a
	 * single damaged symbol, true with an empty name). */
	bool (*section)(const Image *img, u32 i, Section *s);
	bool (*symbol)(const Image *img, u64 i, Symbol *s);
	/* Calls fn for each dynamic relocation that touches one of the n
	 * spans (n <= 64). Time is linear in the size of the tables. NULL:
	 * the format has none. */
	Fault (*dynrelocs)(const Image *img, const Span *spans, int n,
			   DynRelocFn *fn, void *arg);
	/* Names of the sections that Go's linker makes. */
	const char *fipsinfo, *buildinfo, *pclntab;
	bool bare;	/* Go writes no go:fipsinfo into such files */
} Format;

extern const Format elf_format, macho_format, pe_format, plan9_format,
	xcoff_format, wasm_format;

/* What each format keeps for itself between calls. */
typedef struct {
	u64 shoff;
	u32 shnum, shentsize;
	View shstrtab;
	View symtab, strtab;	/* .symtab, else .dynsym */
	View dynsym, dynstr;
	View rel, rela, relr, jmprel, android_rel, android_rela, android_relr;
	u64 relent, relaent, syment;
	bool jmprel_is_rela;
	Fault dynfault;	/* what dynrelocs will say of the tables */
} ElfImage;

typedef struct {
	View symtab, strtab;
	View rebase, bind, weak_bind, lazy_bind;	/* LC_DYLD_INFO */
	View fixups;	/* LC_DYLD_CHAINED_FIXUPS */
	View locrel, extrel;	/* LC_DYSYMTAB */
	View cmds;
	u32 ncmds, cputype, cpusubtype, filetype, flags;
	u64 base;	/* address of the segment that maps the header */
	struct { u64 cmd; u32 nsects; } seg[IMAGE_MAXSEG];
	u64 codesign_off, codesign_size;
} MachoImage;

typedef struct {
	u64 base;	/* ImageBase */
	u64 sections, symtab;	/* file offsets */
	u32 nsections, nsymtab;
	View strtab, reloc;
	u64 cert_off, cert_size;
	u64 imports, iat, iat_size;	/* import address table */
} PeImage;

typedef struct {
	View symtab;
} Plan9Image;

struct Image {
	View file;
	const Format *format;	/* NULL: no format matches */
	const Arch *arch;	/* NULL: not one of Go's */
	const char *goos;	/* as far as the format tells; "" if not */
	ImageKind kind;
	bool big, pie;
	u8 ptrsize;
	bool dynamic;	/* the loader may apply relocations */
	bool go;	/* the format's own headers say that it is Go's */
	int nseg;
	Segment seg[IMAGE_MAXSEG];
	union {
		ElfImage elf;
		MachoImage macho;
		PeImage pe;
		Plan9Image plan9;
	};
};

/* What elf.c, elfdyn.c and elfreloc.c need of each other. */
typedef struct {
	u32 name;	/* in the string table */
	u8 info;
	u16 shndx;
	u64 value, size;
} ElfSym;

bool elf_sym(const Image *img, View symtab, u64 i, ElfSym *s);
View elf_name(View strtab, u32 off, u64 max);	/* empty if longer */
void elf_open_dynamic(Image *img, u64 addr, u64 at);
Fault elf_dynrelocs(const Image *img, const Span *spans, int n,
		    DynRelocFn *fn, void *arg);

/* Picks the format by the first bytes and opens the image; file stays
 * the caller's and must outlive img. If no format matches, img->format is
 * NULL and the fault says so. */
Fault image_open(Image *img, View file);

/* For formats whose sections and symbols are of no interest. */
bool image_no_section(const Image *img, u32 i, Section *s);
bool image_no_symbol(const Image *img, u64 i, Symbol *s);

/* The len file bytes behind addr: they must lie in one segment, inside its
 * file part. *off, if off is not NULL, is their file offset. */
bool image_bytes(const Image *img, u64 addr, u64 len, View *v, u64 *off);

/* The segment that holds addr in memory, or NULL. */
const Segment *image_segment(const Image *img, u64 addr);

bool image_section(const Image *img, const char *name, Section *s);

/* Does r touch s? For the formats' dynrelocs. */
static inline bool span_hit(Span s, u64 addr, u32 size)
{
	return addr < s.end && (addr >= s.start || s.start - addr < size);
}
bool spans_hit(const Span *spans, int n, u64 addr, u32 size);

/* ---- macho.c, machofix.c, machochain.c: between themselves --------- */

enum { MACHO_FIX_SIZE = 8 };

typedef struct {
	const Image *img;
	const Span *spans;
	int n;
	DynRelocFn *fn;
	void *arg;
	/* How many fixups the table may still make. A sound one does not
	 * touch a byte of the file twice. */
	u64 left;
} MachoFix;

/* count pieces of size bytes, one every stride (not 0) bytes; the last
 * ends below 2^64. */
typedef struct {
	u64 addr, stride, size, count;
} MachoRun;

/* The first piece at or after the i-th that touches a span; count if there
 * is none. */
u64 macho_run_next(const MachoFix *f, const MachoRun *r, u64 i);
Fault macho_dynrelocs(const Image *img, const Span *spans, int n,
		      DynRelocFn *fn, void *arg);
Fault macho_chained(MachoFix *f);
/* The list of links that begins *off bytes into seg; *off is then the last
 * one's place. */
Fault macho_threaded(MachoFix *f, const Segment *seg, u64 *off);

/* ---- macho.c: universal binaries ----------------------------------- */

/* Universal binaries: several Mach-O files in one, 32- and 64-bit
 * headers. fat_match tells by the magic and, as Java has the same, by the
 * number of slices; fat_open checks that the slices lie in the file and do
 * not overlap, and then fat_slice does not fail. */
typedef struct {
	View file;
	u32 n;
	bool is64;
} Fat;

bool fat_match(View file);
Fault fat_open(Fat *fat, View file);
/* The i-th slice. *arch is NULL when it is not one of Go's. */
Fault fat_slice(const Fat *fat, u32 i, View *slice, u64 *off,
		const Arch **arch);

/* ---- fipsinfo.c: the mechanism's format ---------------------------- */

enum {
	FIPS_MAGIC_SIZE = 16,
	FIPS_NRANGE = 4,
	FIPS_MAXSIZE = 16 + 32 + 9 * 8	/* of the struct */
};

/* What the hashed bytes begin with, and so a dump of them. */
#define FIPS_DUMP_MAGIC "go fips object v1\n"

extern const char fips_magic[FIPS_MAGIC_SIZE + 1];
extern const char *const fips_range_name[FIPS_NRANGE];
/* go:textfipsstart, go:textfipsend, go:rodatafipsstart ... */
extern const char *const fips_bracket_name[2 * FIPS_NRANGE];

/* go:fipsinfo as the loader will leave it: pointers with their relocations
 * applied, as link-time addresses. */
typedef struct {
	u64 addr, off;	/* of the struct */
	u32 size;	/* 120 or 84 */
	u8 stored[SHA256_SIZE];
	u64 self;
	Span range[FIPS_NRANGE];
	u64 range_off[FIPS_NRANGE];	/* file offsets */
	View bytes[FIPS_NRANGE];	/* what is hashed */
	Fault range_fault[FIPS_NRANGE];	/* bytes is empty if there is one */
	bool word_differs;	/* a pointer stands only in a relocation */
} Fipsinfo;

typedef enum {
	FIPS_FOUND,
	FIPS_NONE,	/* no magic, no section */
	FIPS_NOBITS,	/* the section is there, but has no bytes */
	FIPS_BAD,	/* see the fault */
	FIPS_BAD_RELOCS	/* so that no pointer is certain; see the fault */
} FipsFind;

/* Finds the struct by scanning the writable segments in 16-byte steps, and
 * by its section where that is lined up otherwise; resolves its pointers,
 * checks the self pointer, that there is one only, and that each range lies
 * in one segment's file part (a range that does not has its own fault).
 * info is filled for FIPS_FOUND, and for FIPS_BAD as far as known (size 0:
 * not at all). */
FipsFind fipsinfo_find(const Image *img, Fipsinfo *info, Fault *why);

/* The same for those who can do nothing without it: a fault if there is
 * none. Single ranges may still be bad. */
Fault fipsinfo_need(const Image *img, Fipsinfo *info);

/* The sum over four ranges, as cmd/link (ld/fips140.go) and
 * crypto/internal/fips140/check compute it. */
void fips_sum(const View range[FIPS_NRANGE], u8 sum[SHA256_SIZE]);

/* ---- buildinfo.c: what `go version -m` reads ------------------------ */

typedef struct {
	View version;	/* "go1.27.4" */
	View mod;	/* "path\t...\nmod\t...\nbuild\tKEY=VALUE\n..." */
	View path, module, modversion;
	bool old;	/* of Go 1.17 or older: nothing of it is read */
} Buildinfo;

/* false: none there. A damaged one is a fault. */
bool buildinfo_find(const Image *img, Buildinfo *bi, Fault *why);

/* Iterates over the build settings: *at starts as 0. Key and value are
 * views into mod, still quoted if they were. */
bool buildinfo_setting(const Buildinfo *bi, size_t *at, View *key,
		       View *value);
/* The value of one setting; false if absent. */
bool buildinfo_get(const Buildinfo *bi, const char *key, View *value);

/* ---- pclntab.c: the runtime's table of functions -------------------- */

/* The bytes from the runtime.pclntab header on, by section or by its magic,
 * whatever the release; false if there is none. */
bool pclntab_find(const Image *img, View *pclntab);

/* The table as Go 1.18 and later have it. */
typedef struct {
	View bytes;	/* from the header on */
	u64 addr;	/* of the header */
	u32 nfunc;
	bool big, has_text;
	View names;	/* runtime.funcnametab: strings, each ended by NUL */
	View functab;	/* nfunc x { entry, offset of _func }, then an end */
	u64 text;	/* runtime.text, to which the entries are relative */
} Pclntab;

typedef struct {
	View name;	/* empty if damaged */
	u64 addr, size;	/* size: up to the next entry */
} PclnFunc;

/* Everything but text: cheap. */
Fault pclntab_open(const Image *img, Pclntab *t);
/* Finds text and sets has_text; false if nothing tells. Reads the data
 * segments and the dynamic relocations. */
bool pclntab_locate(const Image *img, Pclntab *t);
/* The i-th function, in the order of addresses; false beyond the last. */
bool pclntab_func(const Pclntab *t, u32 i, PclnFunc *f);
/* Iterates over the names alone, which include those of functions that were
 * inlined everywhere; *at starts as 0. */
bool pclntab_name(const Pclntab *t, size_t *at, View *name);

#endif
