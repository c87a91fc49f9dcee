/* findfunctab against its definition; names of source files. */
#include "link/pcln.h"
#include "objabi/test.h"

enum { NFUNC = 900 };

static const Arch arch = {.ptrsize = 8};

/* The number of the first function that reaches into the 256 bytes at at. */
static u32 first_in(const Link *L, i64 at)
{
	u32 f = 0;

	while (f + 1 < L->textp.n && row(L, L->textp.p[f + 1])->value <= at)
		f++;
	return f;
}

static void make_text(Link *L, u32 seed)
{
	static SymRow rows[NFUNC + 1];
	static Sym textp[NFUNC];
	i64 va = 0x401000;
	u32 i;

	L->arch = &arch;
	L->sym = rows;
	L->textp = (SymVec){textp, NFUNC, NFUNC};
	for (i = 0; i < NFUNC; i++) {
		seed = seed * 1103515245 + 12345;
		textp[i] = i + 1;
		rows[i + 1].value = va;
		rows[i + 1].size = 1 + (seed >> 16) % (i % 50 ? 90 : 9000);
		va += (rows[i + 1].size + 31) / 32 * 32;
	}
}

TEST(findfunctab)
{
	u32 seed, sub;

	for (seed = 1; seed <= 5; seed++) {
		static u8 out[1 << 20];
		Link L = {.release = GO127};
		u32 size;

		make_text(&L, seed);
		memset(out, 0, sizeof out);
		size = (u32)findfunctab_size(&L);
		findfunctab_write(&L, out);
		/* 4 bytes, then up to 16 of one each. */
		for (sub = 0; (sub / 16) * 20 + 4 + sub % 16 < size; sub++) {
			const u8 *p = out + (sub / 16) * 20;

			EXPECT_EQ(ld32(p, false) + p[4 + sub % 16],
				  first_in(&L, 0x401000 + 256 * (i64)sub));
		}
		EXPECT_EQ(out[size], 0);
	}
}

static void expands(const char *goroot, const char *name, const char *to)
{
	Link L = {.flag = {.goroot = view_str(goroot)}};
	View v = expand_file(&L, &L.mem, view_str(name));
	char s[64] = {0};

	memcpy(s, v.p, v.n < 63 ? v.n : 63);
	EXPECT_STR(s, to);
	mem_release(L.mem.p, L.mem.cap);
}

TEST(files)
{
	expands("/usr/go", "$GOROOT/src/a.go", "/usr/go/src/a.go");
	expands("/usr/./go//", "$GOROOT/src/../b.go", "/usr/go/b.go");
	expands("/..", "$GOROOT/a", "/a");
	expands("../x", "$GOROOT/../../a", "../../a");
	expands("", "$GOROOT/src/a.go", "$GOROOT/src/a.go");
	expands("/usr/go", "$GOROOTS/a.go", "$GOROOTS/a.go");
	expands("/usr/go", "$GOROOT", "$GOROOT");
	expands("/usr/go", "gofile..$GOROOT/a", "/usr/go/a");
	expands("/usr/go", "/home/a.go", "/home/a.go");
}

TEST_MAIN(RUN(findfunctab) RUN(files))
