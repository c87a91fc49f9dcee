/*
 * Sealing ELF files in memory: what is written, what is refused, and that
 * the verification of the result can fail.
 */
#include "check/check.h"
#include "objabi/elf_sample.h"
#include "objabi/test.h"

enum { INFO = WORDS, SECOND = 0x340, PTRS = INFO + 48 };

/* Four ranges, as file offsets; the struct at INFO. */
static const u64 range[][2] = {
	{TEXT + 0x100, TEXT + 0x140}, {TEXT + 0x140, TEXT + 0x160},
	{DATA + 0x680, DATA + 0x690}, {DATA + 0x690, DATA + 0x6a0},
};

static void put_info(Elf *e, size_t at, u64 self)
{
	memcpy(e->b + at, fips_magic, FIPS_MAGIC_SIZE);
	put(e, at + 48, self, e->word);
	for (size_t i = 0; i < 8; i++)
		put(e, at + 48 + (1 + i) * e->word, range[i / 2][i % 2],
		    e->word);
}

static Elf unsealed(unsigned word, bool big)
{
	Elf e = make(word, big, word == 4 ? big ? 8 : 3 : big ? 22 : 62);

	put_info(&e, INFO, DATA + INFO);
	memset(e.b + 0x680, 7, 0x20);
	return e;
}

static const char *seal(Elf *e, Seal *s)
{
	Fault f = seal_bytes(e->b, e->n, s);

	return f.why ? f.why : "";
}

static const char *refused(Elf e)
{
	Seal s;

	return seal(&e, &s);
}

static void set_range(Elf *e, int i, u64 start, u64 end)
{
	put(e, PTRS + (1 + 2 * (size_t)i) * e->word, start, e->word);
	put(e, PTRS + (2 + 2 * (size_t)i) * e->word, end, e->word);
}

TEST(written)
{
	for (unsigned i = 0; i < 4; i++) {
		Elf before = unsealed(i & 1 ? 8 : 4, i & 2), e = before;
		View was = view_of(before.b, e.n), now = view_of(e.b, e.n);
		View r[4];
		u8 sum[SHA256_SIZE];
		Seal s;

		for (int k = 0; k < 4; k++)
			r[k] = view_of(before.b + (range[k][0] & 0xffff),
				       range[k][1] - range[k][0]);
		fips_sum(r, sum);
		EXPECT_STR(seal(&e, &s), "");
		EXPECT(s.summed && !s.already && s.n == 1);
		EXPECT(memcmp(e.b + INFO + 16, sum, 32) == 0);
		EXPECT(!seal_verify(was, now, 0, e.n, &s).why);
		memcpy(e.b + INFO + 16, before.b + INFO + 16, 32);
		EXPECT(memcmp(e.b, before.b, e.n) == 0);
	}
}

TEST(again)
{
	Elf e = unsealed(8, false), copy;
	Seal s;

	EXPECT_STR(seal(&e, &s), "");
	copy = e;
	EXPECT_STR(seal(&e, &s), "");
	EXPECT(s.already && s.n == 0);
	EXPECT(memcmp(e.b, copy.b, e.n) == 0);
	e.b[0x101] ^= 1;
	EXPECT_STR(seal(&e, &s), "");
	EXPECT(!s.already);
}

TEST(ranges)
{
	Elf e = unsealed(8, false);

	set_range(&e, 1, TEXT + 0x13f, TEXT + 0x160);
	EXPECT_STR(refused(e), "two ranges of go:fipsinfo overlap");
	e = unsealed(8, false);
	set_range(&e, 3, DATA + 0x690, DATA + INFO + 1);
	EXPECT_STR(refused(e), "go:fipsinfo lies in one of its own ranges");
	set_range(&e, 3, DATA + INFO + 119, DATA + INFO + 120);
	EXPECT_STR(refused(e), "go:fipsinfo lies in one of its own ranges");
	e = unsealed(8, false);
	set_range(&e, 3, DATA + 0x7f0, DATA + 0x801);	/* into the bss */
	EXPECT(strstr(refused(e), "is not sound"));
	set_range(&e, 3, DATA + 0x691, DATA + 0x690);
	EXPECT(strstr(refused(e), "is not sound"));
	set_range(&e, 3, DATA + 0x690, DATA + 0x690);	/* no marker */
	EXPECT(strstr(refused(e), "is not sound"));
}

/* One RELATIVE relocation at addr. */
static Elf with_reloc(u64 addr, u64 addend)
{
	Elf e = unsealed(8, false);

	put(&e, TABLE, addr, 8);
	put(&e, TABLE + 8, 8, 8);
	put(&e, TABLE + 16, addend, 8);
	add_dyn(&e, 7, DATA + TABLE);
	add_dyn(&e, 8, 24);
	add_dyn(&e, 9, 24);
	return e;
}

TEST(relocations)
{
	Elf e = with_reloc(DATA + 0x6a0, 1);
	Seal s;

	EXPECT_STR(refused(e), "");
	EXPECT(strstr(refused(with_reloc(DATA + 0x69f, 1)), "inside a range"));
	EXPECT(strstr(refused(with_reloc(TEXT + 0xf9, 1)), "inside a range"));
	EXPECT(strstr(refused(with_reloc(DATA + INFO + 40, 1)), "the sum"));
	/* The address stands in the relocation only. */
	e = with_reloc(DATA + PTRS + 8, TEXT + 0x100);
	put(&e, PTRS + 8, 0, 8);
	EXPECT_STR(seal(&e, &s), "");
	EXPECT_EQ(ldptr(e.b + PTRS + 8, 8, false), 0);
}

TEST(not_this)
{
	Elf e = unsealed(8, false);
	Seal s;

	set(&e, "type", 4);	/* a core file has all that memory had */
	EXPECT_STR(refused(e), "not a finished executable or library");
	e = unsealed(8, false);
	put(&e, PTRS, DATA + INFO + 1, 8);
	EXPECT(strstr(refused(e), "self pointer"));
	e.b[INFO] = 0;
	EXPECT_STR(refused(e), "there is no go:fipsinfo");
	e = unsealed(8, false);
	e.n = 0;
	EXPECT(seal_bytes(e.b, 0, &s).why);
}

TEST(two_of_them)
{
	Elf e = unsealed(8, false);

	/* In the other segment, where the headers of sections are; the scan
	 * looks into writable segments only. */
	set_phdr(&e, 0, P_FLAGS, 7);
	put_info(&e, SECOND, TEXT + SECOND);
	EXPECT(strstr(refused(e), "two go:fipsinfo"));
	put(&e, SECOND + 48, TEXT + SECOND + 1, 8);
	EXPECT_STR(refused(e), "");
}

/* The segments share bytes of the file: the sum is in a range without
 * being so by its address. */
TEST(shared_bytes)
{
	Elf e = unsealed(8, false);

	set_phdr(&e, 0, P_FILESZ, SIZE);
	set_phdr(&e, 0, P_MEMSZ, SIZE);
	set_range(&e, 0, TEXT + INFO + 16, TEXT + INFO + 17);
	EXPECT_STR(refused(e), "go:fipsinfo lies in one of its own ranges");
}

TEST(verify_fails)
{
	Elf before = unsealed(8, false), e = before;
	View was = view_of(before.b, e.n), now = view_of(e.b, e.n);
	Seal s;

	EXPECT_STR(seal(&e, &s), "");
	EXPECT(seal_verify(was, view_of(e.b, e.n - 1), 0, e.n - 1, &s).why);
	e.b[0]++;
	EXPECT(strstr(seal_verify(was, now, 0, e.n, &s).why, "differs"));
	e.b[0]--;
	e.b[e.n - 1]++;
	EXPECT(strstr(seal_verify(was, now, 0, e.n, &s).why, "differs"));
	e.b[e.n - 1]--;
	e.b[INFO + 16]++;
	EXPECT(strstr(seal_verify(was, now, 0, e.n, &s).why, "not verify"));
	e.b[INFO + 16]--;
	EXPECT(!seal_verify(was, now, 0, e.n, &s).why);
	before.b[0x101]++, e.b[0x101]++;	/* in text, in both */
	EXPECT(strstr(seal_verify(was, now, 0, e.n, &s).why, "not verify"));
	before.b[0x101]--, e.b[0x101]--;
	s.sum[0]++;
	EXPECT(strstr(seal_verify(was, now, 0, e.n, &s).why, "not verify"));
}

TEST_MAIN(
	RUN(written)
	RUN(again)
	RUN(ranges)
	RUN(relocations)
	RUN(not_this)
	RUN(two_of_them)
	RUN(shared_bytes)
	RUN(verify_fails)
)
