/* arm64's encoders: the arithmetic of constants by its own inverse, and
 * instructions with the bytes that the architecture gives them. Everything
 * else is compared with Go's assembler by crosscheck. */
#include <stdlib.h>
#include <unistd.h>

#include "obj/asmarm64.h"
#include "objabi/test.h"

/* ---- constants -------------------------------------------------------- */

/* DecodeBitMasks of the architecture's manual. */
static u64 unmask(u32 w, int mode)
{
	unsigned n = w >> 22 & 1, immr = w >> 16 & 63, imms = w >> 10 & 63;
	unsigned key = n << 6 | (~imms & 63), len = 0, size, s, r;
	u64 e, x = 0;

	while (key >> (len + 1))
		len++;
	size = 1u << len;
	s = imms & (size - 1);
	r = immr & (size - 1);
	e = s == 63 ? UINT64_MAX : ((u64)1 << (s + 1)) - 1;
	if (r)
		e = e >> r | (e << (size - r) &
			      (size == 64 ? UINT64_MAX :
			       ((u64)1 << size) - 1));
	for (unsigned i = 0; i < 64; i += size)
		x |= e << i;
	return mode == 32 ? (u32)x : x;
}

static u64 pattern(unsigned size, unsigned ones, unsigned rot)
{
	u64 e = ((u64)1 << ones) - 1, x = 0;
	u64 all = size == 64 ? UINT64_MAX : ((u64)1 << size) - 1;

	if (rot)
		e = (e >> rot | e << (size - rot)) & all;
	for (unsigned i = 0; i < 64; i += size)
		x |= e << i;
	return x;
}

TEST(bitcon)
{
	for (unsigned size = 2; size <= 64; size *= 2)
		for (unsigned ones = 1; ones < size; ones++)
			for (unsigned rot = 0; rot < size; rot++) {
				u64 x = pattern(size, ones, rot);

				EXPECT(arm64_isbitcon(x));
				EXPECT(unmask(arm64_bitcon(x, 64), 64) == x);
				if (size < 64)
					EXPECT(unmask(arm64_bitcon(x, 32), 32)
					       == (u32)x);
			}
	EXPECT(!arm64_isbitcon(0));
	EXPECT(!arm64_isbitcon(UINT64_MAX));
	EXPECT(!arm64_isbitcon(5));
	EXPECT(!arm64_isbitcon(0x0ff00ff10ff00ff1));
}

TEST(splitoff)
{
	i64 hi, lo;

	for (unsigned shift = 0; shift <= 4; shift++)
		for (i64 v = 0; v < 0x1010000; v += 997) {
			bool new = arm64_splitoff(GO127, v, shift, &hi, &lo);

			if (new)
				EXPECT(hi + (lo << shift) == v && lo >= 0 &&
				       lo <= 0xfff && hi <= 0xfff000 &&
				       (hi <= 0xfff || !(hi & 0xfff)));
			if (arm64_splitoff(GO126, v, shift, &hi, &lo))
				EXPECT(new && hi + (lo << shift) == v);
			else
				EXPECT(v >> 12 > 0xfff ||
				       (v & ((1 << shift) - 1)));
		}
	EXPECT(!arm64_splitoff(GO127, -8, 3, &hi, &lo));
}

TEST(chipfloat)
{
	EXPECT_EQ(arm64_chipfloat(2.0), 0x00);
	EXPECT_EQ(arm64_chipfloat(1.0), 0x70);
	EXPECT_EQ(arm64_chipfloat(-31.0), 0xbf);
	EXPECT_EQ(arm64_chipfloat(0.125), 0x40);
	EXPECT_EQ(arm64_chipfloat(0.0), -1);
	EXPECT_EQ(arm64_chipfloat(1.1), -1);
}

TEST(names)
{
	EXPECT(arm64_find_sysreg(view_str("ACTLR_EL1")) == 0);
	EXPECT(arm64_find_sysreg(view_str("ZCR_EL1")) >= 0);
	EXPECT(arm64_find_sysreg(view_str("ZCR_EL")) < 0);
	for (size_t i = 1; i < arm64_nsysreg; i++)
		EXPECT(strcmp(arm64_sysreg[i - 1].name,
			      arm64_sysreg[i].name) < 0);
	for (size_t i = 1; i < arm64_nspecial; i++)
		EXPECT(strcmp(arm64_special[i - 1].name,
			      arm64_special[i].name) < 0);
}

/* ---- instructions ----------------------------------------------------- */

/* Assembles a text; the caller frees res. */
static void assemble(AsmResult *res, const char *text)
{
	char path[] = P_tmpdir "/asmarm64_testXXXXXX", *file = path;
	AsmFlags f = {.release = GO127, .arch = &asm_arm64,
		.goos = view_str("linux"), .goarch = view_str("arm64"),
		.pkgpath = view_str("p"), .cwd = view_str("/")};
	int fd = mkstemp(path);

	*res = (AsmResult){0};
	EXPECT(fd >= 0);
	if (fd < 0)
		return;
	EXPECT(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	asm_files(res, &f, &file, 1);
	unlink(path);
}

static void release(AsmResult *res)
{
	buf_free(&res->out);
	buf_free(&res->messages);
	buf_free(&res->report);
}

/* The code of the only function, as hex. */
static void code_of(const AsmResult *res, Buf *hex)
{
	GoObj g;

	hex->n = 0;
	if (!res->errors &&
	    !goobj_open(view_of(res->out.p, res->out.n), &g).why)
		for (u32 i = 0; i < g.ndef; i++)
			if (view_is(goobj_sym(&g, i).name, "p.f"))
				buf_hex(hex, goobj_data(&g, i));
	buf_add(hex, view_of("", 1));
}

/* TEXT flags and frame, the instructions, the code without its padding. */
static const struct {
	const char *text, *head, *code;
} good[] = {
	{"ADD $0xaaaaaa, R2, R3", "4, $0", "43a82a9163a86a91"},
	{"ADD R1<<4, RSP", "512, $0", "ff73218b"},
	{"AND $0xff00ff00ff00ff00, R1", "4, $0", "219c0892"},
	{"CMP $0xf4240, R1", "4, $0", "1b4888d2fb01a0f23f001beb"},
	{"MOVD $0x123456789abcdef, R4", "4, $0",
	 "e4bd99d26435b1f2e4acc8f26424e0f2"},
	{"MOVD $-2, R0", "4, $0", "20008092"},
	{"MOVD 0x8010(R1), R2", "4, $0", "3b60009162ff7ff9"},
	{"MOVD.P 8(R1), R2", "4, $0", "228440f8"},
	{"LDP 1024(R1), (R2, R3)", "4, $0", "3b001091620f40a9"},
	{"MOVW (R1)(R2.SXTW<<2), R3", "4, $0", "23d8a2b8"},
	{"VMOV V1.S[3], V2.S[0]", "4, $0", "2264046e"},
	{"VLD1.P 64(R0), [V1.B16, V2.B16, V3.B16, V4.B16]", "4, $0",
	 "0120df4c"},
	{"VUSHR $63, V1.D2, V2.D2", "4, $0", "2204416f"},
	{"CSET EQ, R1", "4, $0", "e1179f9a"},
	{"TBZ $40, R1, 2(PC); NOOP", "4, $0", "410040b61f2003d5"},
	{"MSR $3, DAIFSet", "4, $0", "df4303d5"},
	/* 8 for the function, LR, FP, and 8 to make it a multiple of 16 */
	{"CALL (R1)", "4, $8", "fe0f1ef8fd831ff8fd2300d120003fd6"},
};

TEST(instructions)
{
	for (size_t i = 0; i < NELEM(good); i++) {
		AsmResult res;
		Buf text = {0}, hex = {0};
		size_t n = strlen(good[i].code);

		buf_printf(&text, "TEXT ·f(SB),%s\n\t%s\n\tRET\n",
			   good[i].head, good[i].text);
		buf_add(&text, view_of("", 1));
		assemble(&res, text.p);
		code_of(&res, &hex);
		if (strncmp(hex.p, good[i].code, n)) {
			hex.p[n < hex.n ? n : hex.n - 1] = '\0';
			printf("%s\n", good[i].text);
			EXPECT_STR(hex.p, good[i].code);
		}
		release(&res);
		buf_free(&text);
		buf_free(&hex);
	}
}

/* What Go's assembler refuses, too; or, the last ones, makes zeros of. */
static const struct {
	const char *text, *why;
} bad[] = {
	{"MOVD R1, R2, R3, R4", "illegal combination"},
	{"ADDS $1, RSP, RSP", "illegal"},
	{"MOVD.P 256(R1), R2", "out of range"},
	{"LDP.P 8(R1), (R1, R2)", "unpredictable"},
	{"STLXR R1, (R2), R1", "unpredictable"},
	{"VADD V1.B16, V2.B8, V3.B16", "mismatch"},
	{"VMOV V1.S[4], R2", "index"},
	{"VSHL $8, V1.B16, V2.B16", "shift out of range"},
	{"VLD1.P 8(R0), [V1.B16]", "offset"},
	{"TBZ $64, R1, 1(PC)", "bit number"},
	{"TLBI VMALLE1, R1", "extraneous"},
	{"MSR R1, CNTPCT_EL0", "writable"},
	{"BFI $64, R1, $1, R2", "bit number"},
	{"PCALIGN $3", "power of two"},
	{"MOVD $x-8(SP), F1", "illegal combination"},
	{"FOO R1", "unrecognized"},
	{"MOVD.X R1, R2", "suffix"},
	{"MOVWU $7, R1", "no constants"},
	{"CMN $48, ZR", "invalid constant"},
};

TEST(refused)
{
	for (size_t i = 0; i < NELEM(bad); i++) {
		AsmResult res;
		Buf text = {0};

		buf_printf(&text, "TEXT ·f(SB),4,$16\n\t%s\n\tRET\n",
			   bad[i].text);
		buf_add(&text, view_of("", 1));
		assemble(&res, text.p);
		buf_add(&res.messages, view_of("", 1));
		if (!res.errors || !strstr(res.messages.p, bad[i].why)) {
			printf("%s\n", bad[i].text);
			EXPECT_STR(res.messages.p, bad[i].why);
		}
		release(&res);
		buf_free(&text);
	}
}

TEST_MAIN(
	RUN(bitcon)
	RUN(splitoff)
	RUN(chipfloat)
	RUN(names)
	RUN(instructions)
	RUN(refused)
)
