/*
 * Sealing a PE file: the CheckSum stays right if it was, a signature is not
 * broken.
 */
#include "check/check.h"
#include "objabi/pe_sample.h"
#include "objabi/test.h"

enum { INFO = DATA + 0x40, CHECKSUM = OPT + 64 };

static Pe unsealed(void)
{
	static const u32 rva[] = {
		0x3040, 0x1000, 0x1020, 0x2000, 0x2010, 0x3110, 0x3120,
		0x3120, 0x3124,
	};
	Pe f;

	make(&f, true);
	put_dir(&f, 4, 0, 0);
	put_dir(&f, 12, 0, 0);
	memcpy(f.b + INFO, fips_magic, FIPS_MAGIC_SIZE);
	for (size_t i = 0; i < NELEM(rva); i++)
		put64(&f, INFO + 48 + 8 * i, BASE + rva[i]);
	/* The sample's entries of the text's page stand in its ranges. */
	put_dir(&f, 5, 0x4000, 16);
	return f;
}

static const char *seal(Pe *f, Seal *s)
{
	Fault why = seal_bytes(f->b, f->n, s);

	return why.why ? why.why : "";
}

/* As Microsoft's documentation of ImageHlp has it: word by word. */
static u32 slow_checksum(const Pe *f)
{
	u32 sum = 0;

	for (size_t i = 0; i < f->n; i += 2) {
		u32 w = f->b[i];

		if (i + 1 < f->n)
			w |= (u32)f->b[i + 1] << 8;
		if (i == CHECKSUM || i == CHECKSUM + 2)
			w = 0;
		sum += w;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum + (u32)f->n;
}

TEST(none)
{
	Pe f = unsealed(), before = f;
	Seal s;

	EXPECT_STR(seal(&f, &s), "");
	EXPECT(s.summed && !s.checksummed && s.n == 1);
	EXPECT_EQ(ld32(f.b + CHECKSUM, false), 0);
	EXPECT(!seal_verify(view_of(before.b, f.n), view_of(f.b, f.n), 0,
			    f.n, &s).why);
}

TEST(right)
{
	for (size_t odd = 0; odd < 2; odd++) {
		Pe f = unsealed(), before;
		Seal s;

		f.n += odd;
		f.b[f.n - 1] = 0xa5;
		put32(&f, CHECKSUM, slow_checksum(&f));
		before = f;
		EXPECT_STR(seal(&f, &s), "");
		EXPECT(s.checksummed && s.n == 2);
		EXPECT_EQ(ld32(f.b + CHECKSUM, false), slow_checksum(&f));
		EXPECT(ld32(f.b + CHECKSUM, false) !=
		       ld32(before.b + CHECKSUM, false));
		EXPECT(!seal_verify(view_of(before.b, f.n),
				    view_of(f.b, f.n), 0, f.n, &s).why);
	}
}

TEST(wrong)
{
	Pe f = unsealed();
	Seal s;

	put32(&f, CHECKSUM, 0x1234);
	EXPECT_STR(seal(&f, &s), "");
	EXPECT(!s.checksummed);
	EXPECT_EQ(ld32(f.b + CHECKSUM, false), 0x1234);
}

TEST(certificate)
{
	Pe f = unsealed();
	Seal s;

	put_dir(&f, 4, END, 0x80);
	EXPECT(strstr(seal(&f, &s), "Authenticode"));
	f = unsealed();
	EXPECT_STR(seal(&f, &s), "");
	put_dir(&f, 4, END, 0x80);	/* signed after it: right */
	EXPECT_STR(seal(&f, &s), "");
	EXPECT(s.already);
}

TEST_MAIN(
	RUN(none)
	RUN(right)
	RUN(wrong)
	RUN(certificate)
)
