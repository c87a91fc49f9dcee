/*
 * The code signature of a Mach-O file, as far as it can be made without a
 * key.
 *
 *	at LC_CODE_SIGNATURE's offset, all of it big-endian:
 *	SuperBlob      magic length count, count times {slot, offset}
 *	each Blob      magic length, and what belongs to it
 *	CodeDirectory  a Blob with a table of hashes, one for each page of
 *	               the file up to codeLimit, where the signature begins
 *	special slots  hashes before that table: of the other blobs
 *
 * A system for arm64 does not run a program whose pages do not have these
 * hashes. What linkers write is signed by nobody ("ad hoc"): the hashes
 * stand for themselves, and whoever changes a page puts the new hash in
 * place. A signature proper is over the hash of the code directory and lies
 * in a CMS blob; only who has the key can make that one.
 *
 * Source: Apple's osfmk/kern/cs_blobs.h and bsd/kern/ubc_subr.c; what Go
 * writes: cmd/internal/codesign.
 */
#include "check/check.h"

/* Not an enum's: these do not fit an int. */
#define MAGIC_SUPERBLOB 0xfade0cc0U
#define MAGIC_DIRECTORY 0xfade0c02U

enum {
	SLOT_DIRECTORY = 0,
	SLOT_ALTERNATE = 0x1000,	/* and four more */
	NALTERNATE = 5,
	SLOT_CMS = 0x10000,

	BLOB_SIZE = 8,
	SUPER_SIZE = 12,
	MAXBLOB = 64,	/* there are about 20 kinds */

	CS_ADHOC = 2,
	HASH_SHA256 = 2,
	HASH_SHA256_TRUNCATED = 3,
	TRUNCATED_SIZE = 20,
};

/* The header of a code directory grows with its version; offsets of what
 * matters here. */
enum {
	VERSION = 8, FLAGS = 12, HASH_OFFSET = 16, IDENT_OFFSET = 20,
	NSPECIAL = 24, NSLOTS = 28, LIMIT = 32, HASH_SIZE = 36,
	HASH_TYPE = 37, PAGE_SIZE = 39,
	SCATTER = 44, TEAM = 48, LIMIT64 = 56, PRE_ENCRYPT = 92,
};

static const struct {
	u32 version, size;
} headers[] = {
	{0x20600, 108}, {0x20500, 96}, {0x20400, 88}, {0x20300, 64},
	{0x20200, 52}, {0x20100, 48}, {0, 44},
};

static u32 header_size(u32 version)
{
	size_t i = 0;

	while (version < headers[i].version)
		i++;
	return headers[i].size;
}

static u32 be32(View v, u64 at)
{
	return ld32(v.p + at, true);
}

/* A field of a header that older versions do not have. */
static u32 later(View cd, u32 header, u32 at)
{
	return at + 4 <= header ? be32(cd, at) : 0;
}

static u64 code_limit(View cd, u32 header)
{
	u64 wide = header > LIMIT64 ? ld64(cd.p + LIMIT64, true) : 0;

	return wide ? wide : be32(cd, LIMIT);
}

static bool hash_known(View cd)
{
	return (cd.p[HASH_TYPE] == HASH_SHA256 &&
		cd.p[HASH_SIZE] == SHA256_SIZE) ||
	       (cd.p[HASH_TYPE] == HASH_SHA256_TRUNCATED &&
		cd.p[HASH_SIZE] == TRUNCATED_SIZE);
}

/* How many pages limit bytes are. */
static u64 pages(u64 limit, unsigned bits)
{
	u64 mask = ((u64)1 << bits) - 1;

	if (bits == 0)
		return limit != 0;
	return (limit >> bits) + ((limit & mask) != 0);
}

/* Identifier and team stand before the hashes, special slots included. */
static bool strings_good(View cd, u32 header, u64 first)
{
	View head = {cd.p, (size_t)first}, s;
	u32 ident = be32(cd, IDENT_OFFSET), team = later(cd, header, TEAM);

	return ident >= header && view_cstr(head, ident, &s) &&
	       (team == 0 || (team >= header && view_cstr(head, team, &s)));
}

/* limit is where the signature begins, and at the place of cd. */
static Fault read_directory(View cd, u64 at, u64 limit, CodeDir *d)
{
	u32 header = header_size(be32(cd, VERSION));
	u64 special, first = be32(cd, HASH_OFFSET);

	if (cd.n < header)
		return fault("the code directory is shorter than its header",
			     at);
	if (!hash_known(cd))
		return fault("the code signature has another hash than "
			     "SHA-256", at + HASH_SIZE);
	if (later(cd, header, SCATTER) || later(cd, header, PRE_ENCRYPT))
		return fault("the code signature is of scattered or of "
			     "encrypted pages", at + SCATTER);
	if (code_limit(cd, header) != limit)
		return fault("the code signature does not sign everything "
			     "before it", at + LIMIT);
	*d = (CodeDir){
		.slots = at + first, .nslots = be32(cd, NSLOTS),
		.hashsize = cd.p[HASH_SIZE], .pagebits = cd.p[PAGE_SIZE],
	};
	if (d->pagebits > 31 || d->nslots != pages(limit, d->pagebits))
		return fault("the code directory has not one hash for each "
			     "page", at + NSLOTS);
	special = (u64)be32(cd, NSPECIAL) * d->hashsize;
	if (first > cd.n || special > first ||
	    !view_has(cd, first, (u64)d->nslots * d->hashsize))
		return fault("the hashes do not lie in the code directory",
			     at + HASH_OFFSET);
	if (!strings_good(cd, header, first - special))
		return fault("the code directory's identifier does not stand "
			     "before its hashes", at + IDENT_OFFSET);
	return OK;
}

static bool is_directory(u32 slot)
{
	return slot == SLOT_DIRECTORY ||
	       (slot >= SLOT_ALTERNATE && slot - SLOT_ALTERNATE < NALTERNATE);
}

/* One entry of the super blob: sig is the signature, at at in the file. */
static Fault read_blob(View sig, u64 at, u32 entry, Codesign *c)
{
	u32 slot = be32(sig, entry), off = be32(sig, entry + 4);
	View blob;

	if (!view_has(sig, off, BLOB_SIZE) ||
	    !view_sub(sig, off, be32(sig, (u64)off + 4), &blob) ||
	    blob.n < BLOB_SIZE)
		return fault("a blob is not all in the code signature",
			     at + entry);
	if (slot == SLOT_CMS && blob.n > BLOB_SIZE)
		c->adhoc = false;
	if (!is_directory(slot))
		return OK;
	if (be32(blob, 0) != MAGIC_DIRECTORY || blob.n < headers[
	    NELEM(headers) - 1].size)
		return fault("a code directory is none", at + off);
	if (c->n == CODESIGN_MAXDIR)
		return fault("too many code directories", at + entry);
	if (!(be32(blob, FLAGS) & CS_ADHOC))
		c->adhoc = false;
	return read_directory(blob, at + off, at, &c->dir[c->n++]);
}

Fault codesign_read(const Image *img, Codesign *c)
{
	u64 at = img->macho.codesign_off, size = img->macho.codesign_size;
	View sig;
	u32 n;

	*c = (Codesign){.adhoc = true, .limit = at};
	if (img->format != &macho_format || size == 0)
		return OK;
	if (!view_sub(img->file, at, size, &sig) || size < SUPER_SIZE ||
	    be32(sig, 0) != MAGIC_SUPERBLOB ||
	    !view_sub(sig, 0, be32(sig, 4), &sig) || sig.n < SUPER_SIZE)
		return fault("the code signature is not an embedded one", at);
	n = be32(sig, 8);
	if (n > MAXBLOB || !view_has(sig, SUPER_SIZE, (u64)n * 8))
		return fault("the code signature has too many blobs", at + 8);
	for (u32 i = 0; i < n; i++) {
		Fault why = read_blob(sig, at, SUPER_SIZE + 8 * i, c);

		if (why.why)
			return why;
	}
	if (c->n == 0)
		return fault("the code signature has no code directory", at);
	return OK;
}

static void page_hash(const Codesign *c, const CodeDir *d, View file, u32 i,
		      u8 sum[SHA256_SIZE])
{
	u64 size = d->pagebits ? (u64)1 << d->pagebits : c->limit;
	u64 at = i * size, left = c->limit - at;

	sha256(view_of(file.p + at, (size_t)(left < size ? left : size)),
	       sum);
}

bool codesign_good(const Codesign *c, View file)
{
	u8 sum[SHA256_SIZE];

	for (int k = 0; k < c->n; k++) {
		const CodeDir *d = &c->dir[k];

		for (u32 i = 0; i < d->nslots; i++) {
			page_hash(c, d, file, i, sum);
			if (memcmp(file.p + d->slots + (u64)i * d->hashsize,
				   sum, d->hashsize) != 0)
				return false;
		}
	}
	return true;
}

/* What is hashed ends where the signature begins, so the directories do
 * not depend on each other. */
void codesign_make(const Codesign *c, u8 *file, size_t n)
{
	u8 sum[SHA256_SIZE];

	for (int k = 0; k < c->n; k++) {
		const CodeDir *d = &c->dir[k];

		for (u32 i = 0; i < d->nslots; i++) {
			page_hash(c, d, view_of(file, n), i, sum);
			memcpy(file + d->slots + (u64)i * d->hashsize, sum,
			       d->hashsize);
		}
	}
}
