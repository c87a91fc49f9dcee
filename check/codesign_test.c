/*
 * The ad-hoc signature of a hand-made Mach-O file: two code directories, one
 * for pages of 4 KB and one for the whole file, and what must be refused.
 */
#include "check/check.h"
#include "objabi/macho_sample.h"
#include "objabi/test.h"

/* Of the signature; the blobs' places count from SIG. */
enum {
	SIG = F_FIX,
	BLOBS = 12,
	DIR1 = 0x40, HASHES1 = 0xa0, DIR1_SIZE = HASHES1 + 3 * 32,
	DIR2 = 0x140, HASHES2 = 0x40, DIR2_SIZE = HASHES2 + 20,
	CMS = 0x1a0, SIG_SIZE = 0x1b0,
	ELSEWHERE = 0x600,	/* outside of all ranges */
	EARLY = F_DATA + 0x108,	/* inside noptrdata */
};

static void be(Sample *m, u32 at, u32 x)
{
	st32(m->b + at, x, true);
}

static void put_blob(Sample *m, u32 i, u32 slot, u32 off, u32 magic, u32 n)
{
	be(m, SIG + BLOBS + 8 * i, slot);
	be(m, SIG + BLOBS + 8 * i + 4, off);
	be(m, SIG + off, magic);
	be(m, SIG + off + 4, n);
}

static void put_dir(Sample *m, u32 dir, u32 version, u32 hashes, u32 ident,
		    u32 nslots, const char *kind)
{
	u32 at = SIG + dir;

	be(m, at + 8, version);
	be(m, at + 12, 0x20002);
	be(m, at + 16, hashes);
	be(m, at + 20, ident);
	be(m, at + 28, nslots);
	be(m, at + 32, SIG);
	memcpy(m->b + at + 36, kind, 4);
	memcpy(m->b + at + ident, "a.out", 6);
}

static Sample signed_sample(void)
{
	Sample m = sample();

	put_table(&m, CODESIGN, 8, SIG, SIG_SIZE);
	be(&m, SIG, 0xfade0cc0);
	be(&m, SIG + 4, SIG_SIZE);
	be(&m, SIG + 8, 3);
	put_blob(&m, 0, 0, DIR1, 0xfade0c02, DIR1_SIZE);
	put_blob(&m, 1, 0x1000, DIR2, 0xfade0c02, DIR2_SIZE);
	put_blob(&m, 2, 0x10000, CMS, 0xfade0b01, 8);
	put_dir(&m, DIR1, 0x20400, HASHES1, 88, 3, "\x20\2\0\x0c");
	be(&m, SIG + DIR1 + 24, 2);	/* special slots */
	put_dir(&m, DIR2, 0x20001, HASHES2, 44, 1, "\x14\3\0\0");
	return m;
}

static Sample unsealed(void)
{
	static const u64 ptr[] = {
		DATA, TEXT + 0x700, TEXT + 0x780, TEXT + 0x780, TEXT + 0x790,
		DATA + 0x100, DATA + 0x110, DATA + 0x200, DATA + 0x208,
	};
	Sample m = signed_sample();

	memcpy(m.b + F_DATA, fips_magic, FIPS_MAGIC_SIZE);
	for (u32 i = 0; i < NELEM(ptr); i++)
		put64(&m, F_DATA + 48 + 8 * i, ptr[i]);
	memset(m.b + 0x700, 0xcc, 0x90);
	return m;
}

static Sample sealed(void)
{
	Sample m = unsealed();
	Seal s;

	EXPECT(!seal_bytes(m.b, sizeof m.b, &s).why);
	return m;
}

static const char *why(Sample *m)
{
	Seal s;
	Fault f = seal_bytes(m->b, sizeof m->b, &s);

	return f.why ? f.why : "";
}

TEST(both_directories)
{
	Sample before = unsealed(), m = before;
	View was = view_of(before.b, sizeof m.b);
	View now = view_of(m.b, sizeof m.b);
	u8 sum[SHA256_SIZE];
	Seal s;

	EXPECT(!seal_bytes(m.b, sizeof m.b, &s).why);
	EXPECT(s.summed && s.signed_anew && !s.already && !s.checksummed);
	EXPECT_EQ(s.n, 3);
	EXPECT(!seal_verify(was, now, 0, now.n, &s).why);
	for (u32 i = 0; i < 3; i++) {
		u32 n = i < 2 ? 0x1000 : SIG - 0x2000;

		sha256(view_of(m.b + i * 0x1000, n), sum);
		EXPECT(memcmp(sum, m.b + SIG + DIR1 + HASHES1 + 32 * i,
			      32) == 0);
	}
	sha256(view_of(m.b, SIG), sum);
	EXPECT(memcmp(sum, m.b + SIG + DIR2 + HASHES2, 20) == 0);
	EXPECT_EQ(m.b[SIG + DIR2 + HASHES2 + 20], 0);
}

TEST(again)
{
	Sample m = sealed(), copy = m;
	Seal s;

	EXPECT(!seal_bytes(m.b, sizeof m.b, &s).why);
	EXPECT(s.already && !s.signed_anew && s.n == 0);
	EXPECT(memcmp(m.b, copy.b, sizeof m.b) == 0);
}

/* The sum is right, a page is not what was signed. */
TEST(only_signature)
{
	Sample m = sealed(), copy = m;
	Seal s;

	m.b[ELSEWHERE] ^= 1;
	EXPECT(!seal_bytes(m.b, sizeof m.b, &s).why);
	EXPECT(!s.already && !s.summed && s.signed_anew);
	EXPECT(memcmp(m.b + SIG, copy.b + SIG, SIG_SIZE) != 0);
}

TEST(not_signed)
{
	Sample m = unsealed();
	Seal s;

	put_table(&m, CODESIGN, 8, 0, 0);
	EXPECT(!seal_bytes(m.b, sizeof m.b, &s).why);
	EXPECT(!s.already && !s.signed_anew);
	EXPECT_EQ(s.n, 1);
}

/* Somebody's signature: refused, unless nothing is to be done. */
TEST(signers)
{
	static const struct {
		u32 at, x;
	} rows[] = {
		{SIG + CMS + 4, 12},
		{SIG + DIR1 + 12, 0},
		{SIG + DIR2 + 12, 0x10000},
	};

	for (size_t i = 0; i < NELEM(rows); i++) {
		Sample m = unsealed(), good = sealed();
		Seal s;

		be(&m, rows[i].at, rows[i].x);
		EXPECT(strstr(why(&m), "signer's code signature"));
		be(&good, rows[i].at, rows[i].x);
		EXPECT(!seal_bytes(good.b, sizeof good.b, &s).why);
		EXPECT(s.already);
	}
}

TEST(refused)
{
	static const struct {
		u32 at, x;
		const char *why;
	} rows[] = {
		{SIG, 0xfade0cc1, "not an embedded one"},
		{SIG + 4, SIG_SIZE + 1, "not an embedded one"},
		{SIG + 4, 11, "not an embedded one"},
		{SIG + 8, 0x20000000, "too many blobs"},
		{SIG + 8, 65, "too many blobs"},
		{SIG + 8, 0, "no code directory"},
		{SIG + BLOBS + 4, SIG_SIZE - 7, "a blob is not all"},
		{SIG + BLOBS + 4, 0xfffffffc, "a blob is not all"},
		{SIG + DIR1 + 4, 0xffffffff, "a blob is not all"},
		{SIG + DIR1 + 4, 7, "a blob is not all"},
		{SIG + DIR1, 0xfade0c03, "a code directory is none"},
		{SIG + DIR1 + 4, 43, "a code directory is none"},
		{SIG + DIR1 + 4, 87, "shorter than its header"},
		{SIG + DIR1 + 8, 0x20600, "encrypted"},
		{SIG + DIR1 + 36, 0x2001000c, "another hash"},
		{SIG + DIR1 + 36, 0x1402000c, "another hash"},
		{SIG + DIR1 + 36, 0x30040000, "another hash"},
		{SIG + DIR1 + 36, 0x2002000d, "one hash for each page"},
		{SIG + DIR1 + 36, 0x20020020, "one hash for each page"},
		{SIG + DIR1 + 28, 2, "one hash for each page"},
		{SIG + DIR1 + 44, 1, "scattered"},
		{SIG + DIR1 + 32, SIG - 1, "sign everything"},
		{SIG + DIR1 + 32, SIG + 1, "sign everything"},
		{SIG + DIR1 + 60, 1, "sign everything"},	/* 64 bits */
		{SIG + DIR1 + 16, DIR1_SIZE - 95, "hashes do not lie"},
		{SIG + DIR1 + 16, 0xffffffff, "hashes do not lie"},
		{SIG + DIR1 + 24, 0x10000000, "hashes do not lie"},
		{SIG + DIR1 + 24, 3, "identifier"},
		{SIG + DIR1 + 20, 40, "identifier"},
		{SIG + DIR1 + 20, HASHES1, "identifier"},
		{SIG + DIR1 + 48, 1, "identifier"},	/* the team's */
		{SIG + BLOBS + 12, DIR1, "overlap"},	/* the same twice */
	};

	for (size_t i = 0; i < NELEM(rows); i++) {
		Sample m = unsealed();
		char want[128];

		be(&m, rows[i].at, rows[i].x);
		if (strstr(why(&m), rows[i].why))
			continue;
		m = unsealed();
		be(&m, rows[i].at, rows[i].x);
		snprintf(want, sizeof want, "%#x: %s", rows[i].at - SIG,
			 rows[i].why);
		EXPECT_STR(why(&m), want);
	}
}

/* The signature begins before the last byte that is hashed. */
TEST(signature_in_module)
{
	Sample m = unsealed();

	put64(&m, F_DATA + 48 + 16, TEXT + 0x7f0);
	EXPECT_STR(why(&m), "two ranges of go:fipsinfo overlap");
	m = unsealed();
	put_table(&m, CODESIGN, 8, EARLY, SIG_SIZE);
	memcpy(m.b + EARLY, m.b + SIG, SIG_SIZE);
	be(&m, EARLY + DIR1 + 28, 1);
	be(&m, EARLY + DIR1 + 32, EARLY);
	be(&m, EARLY + DIR2 + 32, EARLY);
	EXPECT_STR(why(&m), "the signature overlaps what it signs");
}

/* The last page is a whole one. */
TEST(whole_pages)
{
	Sample m = unsealed();
	Seal s;

	memcpy(m.b + F_LINK, m.b + SIG, SIG_SIZE);
	put_table(&m, CODESIGN, 8, F_LINK, SIG_SIZE);
	be(&m, F_LINK + DIR1 + 28, 2);
	be(&m, F_LINK + DIR1 + 32, F_LINK);
	be(&m, F_LINK + DIR2 + 32, F_LINK);
	EXPECT(!seal_bytes(m.b, sizeof m.b, &s).why);
	EXPECT(s.signed_anew);
	be(&m, F_LINK + DIR1 + 28, 3);
	EXPECT_STR(why(&m), "");	/* nothing is to be done */
	m.b[0x700] ^= 1;
	EXPECT(strstr(why(&m), "one hash for each page"));
}

/* A command beyond those that the sample keeps the places of. */
static u32 more_command(Sample *m, u32 cmd, u32 size)
{
	u32 at = m->n;

	put32(m, at, cmd);
	put32(m, at + 4, size);
	m->n += size;
	put32(m, 16, ld32(m->b + 16, false) + 1);
	put32(m, 20, m->n - 32);
	return at;
}

/* The page hash lies where a load command is: sealed, the file is no longer
 * one. */
TEST(over_commands)
{
	Sample m = unsealed();
	u32 sig = more_command(&m, 0x7f, 88) + 8, cd = sig + 24;
	u32 next = more_command(&m, 0x7e, 32);

	EXPECT_EQ(next, cd + 56);
	put_table(&m, CODESIGN, 8, sig, 112);
	be(&m, sig, 0xfade0cc0);
	be(&m, sig + 4, 112);
	be(&m, sig + 8, 1);
	be(&m, sig + 16, 24);
	be(&m, cd, 0xfade0c02);
	be(&m, cd + 4, 56 + 32);
	be(&m, cd + 8, 0x20001);
	be(&m, cd + 12, 2);
	be(&m, cd + 16, 56);
	be(&m, cd + 20, 44);
	be(&m, cd + 28, 1);
	be(&m, cd + 32, sig);
	memcpy(m.b + cd + 36, "\x20\2\0\x0c", 4);
	EXPECT(strstr(why(&m), "load command"));
}

/* A section that shows a struct in memory that is not writable is not
 * believed. */
TEST(section_and_other)
{
	Sample m = unsealed();

	memcpy(m.b + ELSEWHERE, m.b + F_DATA, 120);
	put64(&m, ELSEWHERE + 48, TEXT + ELSEWHERE);
	put64(&m, m.at[DATA_SEG] + 72 + 32, TEXT + ELSEWHERE);
	EXPECT_STR(why(&m), "");
	m.b[F_DATA]++;
	EXPECT_STR(why(&m), "there is no go:fipsinfo");
}

TEST_MAIN(
	RUN(both_directories)
	RUN(again)
	RUN(only_signature)
	RUN(not_signed)
	RUN(signers)
	RUN(refused)
	RUN(signature_in_module)
	RUN(whole_pages)
	RUN(over_commands)
	RUN(section_and_other)
)
