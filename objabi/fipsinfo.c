/*
 * go:fipsinfo, the struct through which a Go program finds the part of
 * itself that it must check, and the sum over that part.
 *
 *	magic   16 bytes  "\xff Go fipsinfo \xff\x00"
 *	sum     32 bytes  HMAC-SHA256 with a key of 32 zero bytes
 *	self    uintptr   the address of this struct
 *	4 x { start, end uintptr }   text, rodata, noptrdata, data
 *
 * uintptr has the size and byte order of the target. The sum is taken over
 * "go fips object v1\n" and then, for each range, its length as 8 bytes
 * big-endian whatever the target is, and its bytes as they stand in the
 * file. Written by cmd/link (ld/fips140.go), read at start-up by
 * crypto/internal/fips140/check.
 *
 * The pointers are judged as the loader will leave them. In a position
 * independent file the words themselves may be anything (lld leaves zeros
 * and keeps the addresses in .rela.dyn only; with Mach-O's chained fixups
 * a word is a link of the chain), so all dynamic relocations that touch the
 * struct are applied first.
 */
#include "objabi/objabi.h"

const char fips_magic[FIPS_MAGIC_SIZE + 1] = "\xff Go fipsinfo \xff";

const char *const fips_range_name[FIPS_NRANGE] = {
	"text", "rodata", "noptrdata", "data",
};

const char *const fips_bracket_name[2 * FIPS_NRANGE] = {
	"go:textfipsstart", "go:textfipsend",
	"go:rodatafipsstart", "go:rodatafipsend",
	"go:noptrdatafipsstart", "go:noptrdatafipsend",
	"go:datafipsstart", "go:datafipsend",
};

enum {
	NPTR = 1 + 2 * FIPS_NRANGE,
	SELF_OFF = FIPS_MAGIC_SIZE + SHA256_SIZE,
	/* The linker lines the struct up to 16 at least. */
	ALIGN = 16,
	/* Programs that handle the magic hold it once or twice more. */
	MAXCAND = 64,
};

typedef struct {
	u64 addr, off;
	View bytes;
	u64 ptr[NPTR];
	const char *bad;	/* a relocation that makes it senseless */
	bool differs;
} Cand;

typedef struct {
	const Image *img;
	u32 size;
	int n;
	Cand cand[MAXCAND];
} Search;

static bool add_cand(Search *s, u64 addr)
{
	const Image *img = s->img;
	Cand *c = &s->cand[s->n];

	*c = (Cand){.addr = addr};
	if (!image_bytes(img, addr, s->size, &c->bytes, &c->off) ||
	    memcmp(c->bytes.p, fips_magic, FIPS_MAGIC_SIZE) != 0)
		return true;
	for (unsigned i = 0; i < NPTR; i++)
		c->ptr[i] = ldptr(c->bytes.p + SELF_OFF + i * img->ptrsize,
				  img->ptrsize, img->big);
	return ++s->n < MAXCAND;
}

/* The linker's own way on PE, which has no section for the struct. */
static bool scan_segment(Search *s, const Segment *seg)
{
	View magic = {(const u8 *)fips_magic, FIPS_MAGIC_SIZE};
	size_t off = (size_t)(-seg->addr & (ALIGN - 1));

	if (off > seg->data.n)
		return true;
	for (View v = {seg->data.p + off, seg->data.n - off};;) {
		size_t at = view_find(v, 0, magic, ALIGN);

		if (at == v.n)
			return true;
		if (!add_cand(s, seg->addr + (u64)(v.p - seg->data.p) + at))
			return false;
		at = view_has(v, at, ALIGN) ? at + ALIGN : v.n;
		v = (View){v.p + at, v.n - at};
	}
}

static void apply(void *arg, const DynReloc *r)
{
	Search *s = arg;
	u32 ptrsize = s->img->ptrsize;

	for (int i = 0; i < s->n; i++) {
		Cand *c = &s->cand[i];
		u64 first = c->addr + SELF_OFF, d = r->addr - first;

		if (!span_hit((Span){c->addr, c->addr + s->size}, r->addr,
			      r->size))
			continue;
		if (r->addr < first)
			c->bad = "a dynamic relocation changes the magic or "
				 "the sum of go:fipsinfo";
		else if (d % ptrsize != 0 || r->size != ptrsize)
			c->bad = "a dynamic relocation changes part of a "
				 "pointer of go:fipsinfo";
		else if (!r->known)
			c->bad = "a pointer of go:fipsinfo is only known "
				 "when the program is loaded";
		else {
			c->differs |= c->ptr[d / ptrsize] != r->value;
			c->ptr[d / ptrsize] = r->value;
		}
	}
}

/* One pass over the relocations for all candidates together. */
static Fault apply_relocs(Search *s)
{
	Span span[MAXCAND];

	for (int i = 0; i < s->n; i++)
		span[i] = (Span){s->cand[i].addr, s->cand[i].addr + s->size};
	if (s->n == 0 || !s->img->format->dynrelocs)
		return OK;
	return s->img->format->dynrelocs(s->img, span, s->n, apply, s);
}

static void fill(const Search *s, const Cand *c, Fipsinfo *info)
{
	const Image *img = s->img;

	*info = (Fipsinfo){
		.addr = c->addr, .off = c->off, .size = s->size,
		.self = c->ptr[0], .word_differs = c->differs,
	};
	memcpy(info->stored, c->bytes.p + FIPS_MAGIC_SIZE, SHA256_SIZE);
	for (int i = 0; i < FIPS_NRANGE; i++) {
		Span r = {c->ptr[1 + 2 * i], c->ptr[2 + 2 * i]};
		u64 at = c->off + SELF_OFF +
			(u64)(1 + 2 * i) * img->ptrsize;

		info->range[i] = r;
		if (r.start == r.end)
			info->range_fault[i] = fault("is empty: not even its "
				"opening marker lies in it", at);
		else if (r.start > r.end)
			info->range_fault[i] = fault("ends before it starts",
						     at);
		else if (!image_bytes(img, r.start, r.end - r.start,
				      &info->bytes[i], &info->range_off[i]))
			info->range_fault[i] = fault("does not lie in the "
				"file part of one segment", at);
	}
}

/* Which of the candidates is the struct? The one that knows where it is. */
static FipsFind choose(const Search *s, Fipsinfo *info, Fault *why)
{
	const Cand *good = NULL;

	for (int i = 0; i < s->n; i++) {
		const Cand *c = &s->cand[i];

		if (c->bad || c->ptr[0] != c->addr)
			continue;
		if (good) {
			*why = fault("there are two go:fipsinfo, each with "
				     "a right self pointer", c->off);
			return FIPS_BAD;
		}
		good = c;
	}
	if (good) {
		fill(s, good, info);
		return FIPS_FOUND;
	}
	if (s->n == 0)
		return FIPS_NONE;
	fill(s, &s->cand[0], info);
	*why = s->cand[0].bad ? fault(s->cand[0].bad, s->cand[0].off) :
		fault("the self pointer of go:fipsinfo does not point to it",
		      s->cand[0].off + SELF_OFF);
	return FIPS_BAD;
}

static FipsFind judge(Search *s, Fipsinfo *info, Fault *why)
{
	Fault f = apply_relocs(s);

	if (f.why) {
		*why = f;
		return FIPS_BAD_RELOCS;
	}
	return choose(s, info, why);
}

/* All candidates in writable memory: the linker puts the struct nowhere
 * else. False if there are too many. */
static bool scan_all(Search *s, Fault *why)
{
	const Image *img = s->img;

	s->n = 0;
	for (int i = 0; i < img->nseg; i++) {
		if (!(img->seg[i].perm & PERM_W))
			continue;
		if (!scan_segment(s, &img->seg[i])) {
			*why = fault("there are too many go:fipsinfo magics",
				     img->seg[i].off);
			return false;
		}
	}
	return true;
}

static bool in_writable(const Image *img, u64 addr)
{
	const Segment *seg = image_segment(img, addr);

	return seg && (seg->perm & PERM_W);
}

/* A section header saves nothing but the choice: the running program does
 * not use it, so what it shows must be in writable memory, and must be the
 * only one there. */
FipsFind fipsinfo_find(const Image *img, Fipsinfo *info, Fault *why)
{
	Search s = {.img = img, .size = SELF_OFF + NPTR * (u32)img->ptrsize};
	Section sec;
	FipsFind found;
	bool nobits = false;

	*why = OK;
	if (img->format->bare)
		return FIPS_NONE;
	if (!scan_all(&s, why))
		return FIPS_BAD;
	if (image_section(img, img->format->fipsinfo, &sec)) {
		nobits = sec.nobits;
		/* It need not be lined up as those that are searched for. */
		if (sec.addr % ALIGN != 0 && in_writable(img, sec.addr))
			add_cand(&s, sec.addr);
	}
	found = judge(&s, info, why);
	return found == FIPS_NONE && nobits ? FIPS_NOBITS : found;
}

Fault fipsinfo_need(const Image *img, Fipsinfo *info)
{
	Fault why;

	switch (fipsinfo_find(img, info, &why)) {
	case FIPS_NONE:
		return fault("there is no go:fipsinfo", 0);
	case FIPS_NOBITS:
		return fault("the section of go:fipsinfo has no bytes: this "
			     "is the debug information of another file", 0);
	default:
		return why;
	}
}

void fips_sum(const View range[FIPS_NRANGE], u8 sum[SHA256_SIZE])
{
	Hmac h;
	u8 len[8];

	hmac_init(&h);
	hmac_add(&h, view_str(FIPS_DUMP_MAGIC));
	for (int i = 0; i < FIPS_NRANGE; i++) {
		st64(len, range[i].n, true);
		hmac_add(&h, view_of(len, sizeof len));
		hmac_add(&h, range[i]);
	}
	hmac_sum(&h, sum);
}
