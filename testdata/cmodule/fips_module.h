/*
 * The run-time half of Go's FIPS 140 integrity check, for any program that
 * an ordinary linker links.
 *
 * A module is what lies in four sections, fips_text, fips_rodata,
 * fips_noptrdata and fips_data (fips_module.ld puts it there). ELF linkers
 * define __start_X and __stop_X around a section whose name is a C
 * identifier; these are the brackets. `gofips-check seal` computes
 *
 *	HMAC-SHA256(32 zero bytes, "go fips object v1\n" and, for each
 *	section, its length as 8 bytes big-endian, and its bytes)
 *
 * over the finished file and writes it into the struct below; fips_check
 * computes it again over the memory of the running program. The same in Go:
 * cmd/link/internal/ld/fips140.go and crypto/internal/fips140/check.
 *
 * To use it: in one file of the module
 *
 *	#include "sha256.h"		see "what it needs"
 *	#include "fips_module.h"
 *	FIPS_MODULE();
 *
 * and call fips_check before the module does anything else. It gives NULL,
 * or why the module must not be used.
 *
 * What it needs: a type and three functions, of the module itself, since
 * what checks must be checked too. Other names can be given by macros.
 *
 *	void sha256_init(Sha256 *);
 *	void sha256_add(Sha256 *, const void *, size_t);
 *	void sha256_sum(Sha256 *, unsigned char sum[32]);
 */
#ifndef FIPS_MODULE_H
#define FIPS_MODULE_H

#include <stddef.h>
#include <stdint.h>

#ifndef FIPS_SHA256
#define FIPS_SHA256 Sha256
#define FIPS_SHA256_INIT sha256_init
#define FIPS_SHA256_ADD sha256_add
#define FIPS_SHA256_SUM sha256_sum
#endif

enum { FIPS_SECTIONS = 4 };

/* go:fipsinfo: 120 bytes with 64-bit pointers, 84 with 32-bit ones. */
struct fips_info {
	unsigned char magic[16];
	unsigned char sum[32];	/* zero until sealed */
	const volatile void *self;
	struct {
		const unsigned char *start, *end;	/* [start, end) */
	} section[FIPS_SECTIONS];
};

/* volatile: the compiler must not know that the sum is zero. */
extern volatile struct fips_info fips_info
	__attribute__((visibility("hidden")));

#define FIPS_BRACKETS(name) \
	extern const unsigned char __start_##name[], __stop_##name[] \
		__attribute__((visibility("hidden")))
FIPS_BRACKETS(fips_text);
FIPS_BRACKETS(fips_rodata);
FIPS_BRACKETS(fips_noptrdata);
FIPS_BRACKETS(fips_data);

/* A byte that makes sure that the section exists. */
#define FIPS_MARK(name, flags) \
	__asm__(".pushsection " #name ",\"" flags "\"\n.byte 0\n.popsection")

/* The struct is data, not constant: the loader may have to relocate its
 * pointers, and gofips-check looks for it in writable memory. Its section
 * has the name that Go's linker gives it. */
#define FIPS_MODULE() \
	FIPS_MARK(fips_text, "ax"); \
	FIPS_MARK(fips_rodata, "a"); \
	FIPS_MARK(fips_noptrdata, "aw"); \
	FIPS_MARK(fips_data, "aw"); \
	volatile struct fips_info fips_info __attribute__(( \
		section(".go.fipsinfo"), used, aligned(32))) = { \
		.magic = "\xff Go fipsinfo \xff", \
		.self = &fips_info, \
		.section = { \
			{__start_fips_text, __stop_fips_text}, \
			{__start_fips_rodata, __stop_fips_rodata}, \
			{__start_fips_noptrdata, __stop_fips_noptrdata}, \
			{__start_fips_data, __stop_fips_data}, \
		}, \
	}

/* A key of 32 zero bytes leaves of HMAC's pads the pads. */
static inline void fips_pad(FIPS_SHA256 *h, unsigned char fill)
{
	unsigned char pad[64];

	for (size_t i = 0; i < sizeof pad; i++)
		pad[i] = fill;
	FIPS_SHA256_INIT(h);
	FIPS_SHA256_ADD(h, pad, sizeof pad);
}

static inline void fips_sum(unsigned char sum[32])
{
	FIPS_SHA256 h;

	fips_pad(&h, 0x36);
	FIPS_SHA256_ADD(&h, "go fips object v1\n", 18);
	for (int i = 0; i < FIPS_SECTIONS; i++) {
		const unsigned char *p = fips_info.section[i].start;
		size_t n = (size_t)(fips_info.section[i].end - p);
		unsigned char len[8];

		for (int k = 0; k < 8; k++)
			len[k] = (unsigned char)((uint64_t)n >> (56 - 8 * k));
		FIPS_SHA256_ADD(&h, len, sizeof len);
		FIPS_SHA256_ADD(&h, p, n);
	}
	FIPS_SHA256_SUM(&h, sum);
	fips_pad(&h, 0x5c);
	FIPS_SHA256_ADD(&h, sum, 32);
	FIPS_SHA256_SUM(&h, sum);
}

/* NULL if the module is what was sealed; else why it must not be used. */
static inline const char *fips_check(void)
{
	static const char magic[16] = "\xff Go fipsinfo \xff";
	unsigned char sum[32], differs = 0, any = 0;

	for (int i = 0; i < 16; i++)
		differs |= fips_info.magic[i] ^ (unsigned char)magic[i];
	if (differs)
		return "there is no module information";
	fips_sum(sum);
	for (int i = 0; i < 32; i++) {
		differs |= fips_info.sum[i] ^ sum[i];
		any |= fips_info.sum[i];
	}
	if (!any)
		return "the module was never sealed";
	return differs ? "the module is not what was sealed" : NULL;
}

#endif
