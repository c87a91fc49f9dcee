/*
 * Sealing an image in memory: what cmd/link's hostlinkfips does after an
 * external link, and what it does not do.
 *
 *	find go:fipsinfo, its pointers as the loader will leave them
 *	refuse what would make a sum that is right here and wrong there
 *	write the sum
 *	make anew what the format computes over it
 *
 * A sealer with a wrong idea of the layout would write a wrong sum and then
 * find it right. So everything that is not understood is refused, and
 * seal_verify judges the result as the verifier does, from its bytes alone.
 */
#include <stdlib.h>

#include "check/check.h"

enum {
	SUM_OFF = FIPS_MAGIC_SIZE,
	CHECKSUM_SIZE = 4,
};

/* ---- what is refused ----------------------------------------------- */

static bool overlap(u64 a, u64 an, u64 b, u64 bn)
{
	return an != 0 && bn != 0 &&
	       (a < b ? b - a < an : a - b < bn);
}

static Fault check_ranges(const Fipsinfo *info)
{
	for (int i = 0; i < FIPS_NRANGE; i++) {
		u64 off = info->range_off[i], n = info->bytes[i].n;

		if (info->range_fault[i].why)
			return fault(FIPS_BAD_RANGE,
				     info->range_fault[i].off);
		if (overlap(off, n, info->off, info->size))
			return fault("go:fipsinfo lies in one of its own "
				     "ranges", info->off);
		for (int k = 0; k < i; k++)
			if (overlap(off, n, info->range_off[k],
				    info->bytes[k].n))
				return fault("two ranges of go:fipsinfo "
					     "overlap", off);
	}
	return OK;
}

typedef struct {
	bool hit;
	u64 addr;
} FirstReloc;

static void see_reloc(void *arg, const DynReloc *r)
{
	FirstReloc *f = arg;

	if (!f->hit)
		*f = (FirstReloc){true, r->addr};
}

/* The sum over the file would be right, and the one in memory wrong. */
static Fault check_relocs(const Image *img, const Fipsinfo *info)
{
	FirstReloc f = {0};
	Fault why = OK;
	View v;
	u64 off = 0;

	if (img->format->dynrelocs)
		why = img->format->dynrelocs(img, info->range, FIPS_NRANGE,
					     see_reloc, &f);
	if (why.why || !f.hit)
		return why;
	image_bytes(img, f.addr, 1, &v, &off);
	return fault("a dynamic relocation changes a byte inside a range "
		     "(gofips-check shows which)", off);
}

/* What is signed or certified begins behind everything that is sealed. */
static Fault check_tail(const Fipsinfo *info, u64 off, u64 n)
{
	bool bad = overlap(off, n, info->off, info->size);

	for (int i = 0; i < FIPS_NRANGE; i++)
		bad |= overlap(off, n, info->range_off[i],
			       info->bytes[i].n);
	return bad ? fault("the signature overlaps what it signs", off) : OK;
}

static Fault open_image(View bytes, Image *img, Fipsinfo *info)
{
	Fault why = image_open(img, bytes);

	if (!why.why && img->kind == IMAGE_OTHER)
		why = fault("not a finished executable or library", 0);
	if (!why.why)
		why = fipsinfo_need(img, info);
	if (!why.why)
		why = check_ranges(info);
	if (!why.why)
		why = check_relocs(img, info);
	return why;
}

/* ---- PE's CheckSum ------------------------------------------------- */

/* Behind e_lfanew: "PE\0\0", the file header, 64 bytes of the optional
 * one. 0: no such field. The image was opened, so it is there. */
static u64 checksum_at(const Image *img)
{
	if (img->format != &pe_format)
		return 0;
	return (u64)ld32(img->file.p + 0x3c, false) + 4 + 20 + 64;
}

/* The sum of all 16-bit words, the carry added to it, without the field
 * itself; and the size of the file. at is even: headers are aligned. */
static u32 checksum(View file, u64 at)
{
	u64 sum = 0;
	size_t i;

	for (i = 0; i + 1 < file.n; i += 2)
		sum += ld16(file.p + i, false);
	if (i < file.n)
		sum += file.p[i];
	sum -= ld16(file.p + at, false);
	sum -= ld16(file.p + at + 2, false);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (u32)sum + (u32)file.n;
}

/* Nearly nothing looks at it, and Go's linker leaves the external one's
 * number as it was. What was right before stays right. */
static bool checksum_right(const Image *img, u64 at)
{
	return at != 0 && at % 2 == 0 && ld32(img->file.p + at, false) != 0 &&
	       ld32(img->file.p + at, false) == checksum(img->file, at);
}

/* ---- sealing ------------------------------------------------------- */

/* Keeps the pieces in order. */
static Fault add_piece(Seal *s, u64 off, u64 size)
{
	int i = s->n++;

	while (i > 0 && s->piece[i - 1].off > off) {
		s->piece[i] = s->piece[i - 1];
		i--;
	}
	s->piece[i] = (Piece){off, size};
	for (i = 1; i < s->n; i++)
		if (s->piece[i - 1].off + s->piece[i - 1].size >
		    s->piece[i].off)
			return fault("the sum, checksum or hashes of the code "
				     "signature overlap", off);
	return OK;
}

/* Who may write here? A signature that is right is no obstacle to leaving
 * the file as it is. */
static Fault check_signature(const Image *img, const Fipsinfo *info,
			     Codesign *sig)
{
	Fault why;

	if (img->format == &pe_format && img->pe.cert_size)
		return fault("the file is signed (Authenticode): remove the "
			     "signature, seal, then sign again",
			     img->pe.cert_off);
	why = codesign_read(img, sig);
	if (why.why)
		return why;
	if (!sig->adhoc)
		return fault("the file has a signer's code signature: remove "
			     "it (codesign --remove-signature), seal, then "
			     "sign again", sig->limit);
	return sig->n ? check_tail(info, sig->limit,
				   img->macho.codesign_size) : OK;
}

static Fault list_pieces(Seal *s, const Fipsinfo *info, const Codesign *sig,
			 u64 pe)
{
	Fault why = add_piece(s, info->off + SUM_OFF, SHA256_SIZE);

	for (int i = 0; i < sig->n && !why.why; i++)
		why = add_piece(s, sig->dir[i].slots, (u64)sig->dir[i].nslots *
				sig->dir[i].hashsize);
	if (pe && !why.why)
		why = add_piece(s, pe, CHECKSUM_SIZE);
	return why;
}

static void write_all(u8 *p, size_t n, Seal *s, const Fipsinfo *info,
		      const Codesign *sig, u64 pe)
{
	memcpy(p + info->off + SUM_OFF, s->sum, SHA256_SIZE);
	codesign_make(sig, p, n);
	if (pe)
		st32(p + pe, checksum(view_of(p, n), pe), false);
	s->signed_anew = sig->n != 0;
	s->checksummed = pe != 0;
}

/* Headers and tables may lie where the pieces were written, in a file made
 * for it. */
static Fault look_again(View bytes, const Fipsinfo *was, const Seal *s)
{
	Image img;
	Fipsinfo info;
	Fault why = open_image(bytes, &img, &info);
	u8 sum[SHA256_SIZE];

	if (why.why)
		return why;
	fips_sum(info.bytes, sum);
	if (info.addr != was->addr || info.off != was->off ||
	    memcmp(info.range, was->range, sizeof info.range) != 0 ||
	    memcmp(info.stored, s->sum, SHA256_SIZE) != 0 ||
	    memcmp(sum, s->sum, SHA256_SIZE) != 0)
		return fault("the sum lies in what it is computed from",
			     was->off);
	return OK;
}

Fault seal_bytes(u8 *p, size_t n, Seal *s)
{
	View bytes = view_of(p, n);
	Image img;
	Fipsinfo info;
	Codesign sig;
	Fault why = open_image(bytes, &img, &info);
	u64 pe;

	*s = (Seal){0};
	if (why.why)
		return why;
	fips_sum(info.bytes, s->sum);
	memcpy(s->before, info.stored, SHA256_SIZE);
	s->summed = memcmp(s->sum, s->before, SHA256_SIZE) != 0;
	why = check_signature(&img, &info, &sig);
	if (!s->summed && (why.why || codesign_good(&sig, bytes))) {
		s->already = true;
		return OK;
	}
	pe = checksum_right(&img, checksum_at(&img)) ? checksum_at(&img) : 0;
	if (!why.why)
		why = list_pieces(s, &info, &sig, pe);
	if (why.why)
		return why;
	write_all(p, n, s, &info, &sig, pe);
	return look_again(bytes, &info, s);
}

/* ---- verifying ----------------------------------------------------- */

static Fault same_elsewhere(View before, View after, u64 base, const Seal *s)
{
	u64 at = 0;

	for (int i = 0; i <= s->n; i++) {
		u64 end = i < s->n ? base + s->piece[i].off : after.n;

		if (!view_has(after, at, end - at) ||
		    memcmp(before.p + at, after.p + at,
			   (size_t)(end - at)) != 0)
			return fault("the result differs from the input "
				     "outside of what was written", at);
		at = i < s->n ? end + s->piece[i].size : end;
	}
	return OK;
}

Fault seal_verify(View before, View after, u64 base, u64 n, const Seal *s)
{
	Report r = {.file = ""};
	Fault why = OK;
	Image img;
	Codesign sig;
	View slice;

	if (before.n != after.n || !view_sub(after, base, n, &slice))
		return fault("the result has not the size of the input", 0);
	why = same_elsewhere(before, after, base, s);
	if (why.why)
		return why;
	check_image(&r, &img, slice);
	if (r.verdict != VERDICT_OK || report_failed(&r) ||
	    memcmp(r.info.stored, s->sum, SHA256_SIZE) != 0)
		why = fault("the result does not verify", 0);
	else if (s->signed_anew)
		why = codesign_read(&img, &sig);
	if (!why.why && s->signed_anew && !codesign_good(&sig, slice))
		why = fault("the code signature of the result is wrong", 0);
	report_free(&r);
	return why;
}
