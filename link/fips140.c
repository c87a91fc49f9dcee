/*
 * The sum of the FIPS 140 module. go:fipsinfo (made by loadfips) is
 *
 *	16 bytes  magic
 *	32 bytes  HMAC-SHA256, key 32 zero bytes, over
 *	              "go fips object v1\n"
 *	              for each range: its length, 8 bytes big-endian; its bytes
 *	pointer   to go:fipsinfo itself
 *	8 pointers  start and end of the ranges: text, rodata, noptrdata, data
 *
 * and what is hashed are the bytes as they are in the file, with all
 * relocations applied. The program does the same sum when it starts, so a
 * range that lies where it is not expected must not become a program.
 *
 * -fipso writes what is hashed to a file: two of them that should be equal
 * can be compared with cmp.
 *
 * Source: cmd/link/internal/ld/fips140.go.
 */
#include <ctype.h>
#include <errno.h>

#include "link/link.h"

enum {
	SUM = 16,	/* offset of the sum in go:fipsinfo */
	PART = 32 << 10	/* bytes read from the output at a time */
};

static const struct {
	const char *start, *end;
	u8 seg;
} ranges[] = {
	{"go:textfipsstart", "go:textfipsend", SEG_TEXT},
	{"go:rodatafipsstart", "go:rodatafipsend", SEG_RODATA},
	{"go:noptrdatafipsstart", "go:noptrdatafipsend", SEG_DATA},
	{"go:datafipsstart", "go:datafipsend", SEG_DATA},
};

/* What is hashed, and copied to -fipso. */
typedef struct {
	Hmac h;
	FILE *copy;
} FipsObj;

static void obj_add(FipsObj *f, View v)
{
	hmac_add(&f->h, v);
	if (f->copy && v.n)
		fwrite(v.p, 1, v.n, f->copy);
}

/* Bytes of the output. */
static void obj_add_range(Link *L, FipsObj *f, u64 off, u64 end)
{
	u8 part[PART];

	while (off < end) {
		size_t n = end - off < PART ? (size_t)(end - off) : PART;

		out_read(L, off, part, n);
		obj_add(f, view_of(part, n));
		off += n;
	}
}

static void file_error(Link *L, const char *what)
{
	char buf[128];

	snprintf(buf, sizeof buf, "%s", strerror(errno));
	if (islower((unsigned char)buf[1]))
		buf[0] = (char)tolower((unsigned char)buf[0]);
	link_errorf(L, "asmbfips: %s %.*s: %s", what,
		    (int)L->flag.fipso.n, (const char *)L->flag.fipso.p, buf);
}

static bool obj_open(Link *L, FipsObj *f)
{
	char *path;

	hmac_init(&f->h);
	f->copy = NULL;
	if (L->flag.fipso.n) {
		path = mem_alloc(&L->mem, L->flag.fipso.n + 1);
		memcpy(path, L->flag.fipso.p, L->flag.fipso.n);
		f->copy = fopen(path, "we");
		if (!f->copy) {
			file_error(L, "open");
			return false;
		}
	}
	obj_add(f, view_str("go fips object v1\n"));
	return true;
}

static void obj_close(Link *L, FipsObj *f)
{
	bool bad = f->copy && ferror(f->copy);

	if (f->copy && (fclose(f->copy) != 0 || bad))
		file_error(L, "write");
}

/* Some systems have no rodata segment of its own. */
static const Seg *segment(const Link *L, u8 i)
{
	const Seg *s = &L->seg[i];

	return s->vaddr == 0 && i == SEG_RODATA ? &L->seg[SEG_TEXT] : s;
}

static bool add_range(Link *L, FipsObj *f, size_t i)
{
	const Seg *s = segment(L, ranges[i].seg);
	Sym a = sym_lookup(L, view_str(ranges[i].start), 0);
	Sym b = sym_lookup(L, view_str(ranges[i].end), 0);
	u64 start = (u64)row(L, a)->value, end = (u64)row(L, b)->value;
	u8 len[8];

	if (!a || !b || start < s->vaddr || end < start ||
	    end > s->vaddr + s->filelen) {
		link_errorf(L, "asmbfips: %s not in expected segment "
			    "(%#llx..%#llx not in %#llx..%#llx)",
			    ranges[i].start, (unsigned long long)start,
			    (unsigned long long)end,
			    (unsigned long long)s->vaddr,
			    (unsigned long long)(s->vaddr + s->filelen));
		return false;
	}
	st64(len, end - start, true);
	obj_add(f, view_of(len, sizeof len));
	obj_add_range(L, f, s->fileoff + (start - s->vaddr),
		      s->fileoff + (end - s->vaddr));
	return true;
}

static void store_sum(Link *L, FipsObj *f, Sym info)
{
	const Seg *s = &L->seg[SEG_DATA];
	u64 addr = (u64)row(L, info)->value;
	u8 sum[SHA256_SIZE];

	if (addr < s->vaddr || addr + SHA256_SIZE >= s->vaddr + s->filelen) {
		link_errorf(L, "asmbfips: fipsinfo not in expected segment "
			    "(%#llx..%#llx not in %#llx..%#llx)",
			    (unsigned long long)addr,
			    (unsigned long long)(addr + SHA256_SIZE),
			    (unsigned long long)s->vaddr,
			    (unsigned long long)(s->vaddr + s->filelen));
		return;
	}
	hmac_sum(&f->h, sum);
	out_patch(L, s->fileoff + (addr - s->vaddr) + SUM,
		  view_of(sum, sizeof sum));
}

void asmbfips(Link *L)
{
	Sym info = sym_lookup(L, view_str("go:fipsinfo"), 0);
	FipsObj f;
	size_t i;

	if (!fips_written(L->release, L->goos, L->goarch) || !info ||
	    row(L, info)->kind != K_SFIPSINFO || !obj_open(L, &f))
		return;
	for (i = 0; i < NELEM(ranges); i++)
		if (!add_range(L, &f, i))
			break;
	if (i == NELEM(ranges))
		store_sum(L, &f, info);
	obj_close(L, &f);
}
