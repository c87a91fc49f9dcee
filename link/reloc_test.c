/* Relocations: generic ones of a symbol built by hand; instructions. */
#include "link/link.h"
#include "objabi/test.h"

/* Symbol 1 is being relocated, at 0x1000; 2 lies at 0x401234 in a section
 * at 0x401000; 3 is left out. */
static Link *link_of(const LinkArch *la)
{
	Link *L = calloc(1, sizeof *L);
	static Sect text = {.name = ".text", .vaddr = 0x401000};
	static Sect *sects[2];
	u16 n;

	sects[1] = &text;
	L->release = GO127;
	L->arch = &arch_table[la->id];
	L->la = la;
	L->sect = sects;
	for (n = 0; n < NELEM(L->relrow); n++)
		L->relrow[n] = (u8)reloc_row(L->release, n);
	L->nsym = 4;
	L->sym = calloc(L->nsym, sizeof *L->sym);
	L->ext = calloc(2, sizeof *L->ext);
	L->next = 2;
	L->sym[1] = (SymRow){.value = 0x1000, .obj = OBJ_EXT, .li = 1,
			     .kind = K_SRODATA, .attr = A_REACHABLE};
	L->sym[2] = (SymRow){.value = 0x401234, .kind = K_STEXT, .sect = 1,
			     .attr = A_REACHABLE};
	L->sym[3] = (SymRow){.kind = K_STEXT};
	return L;
}

static u8 out[64];

static bool relocated(Link *L)
{
	memset(out, 0, sizeof out);
	L->badrelocs = false;
	relocate_into(L, 1, out);
	return !L->badrelocs;
}

TEST(generic)
{
	Link *L = link_of(&arch_amd64);
	SB b = sb_of(L, 1);

	sb_addr_plus(&b, 2, 3);
	sb_pcrel_plus(&b, 2, 0);
	sb_ref(&b, ROW_R_ADDROFF, 4, 2, 1);
	sb_ref(&b, ROW_R_METHODOFF, 4, 2, 0);
	sb_ref(&b, ROW_R_METHODOFF, 4, 3, 0);
	sb_ref(&b, ROW_R_TLS_LE, 4, 0, 0);
	sb_ref(&b, ROW_R_KEEP, 0, 3, 0);
	EXPECT(relocated(L));
	EXPECT_EQ(ld64(out, false), 0x401237);
	EXPECT_EQ(ld32(out + 8, false), 0x401234 - 0x100c);
	EXPECT_EQ(ld32(out + 12, false), 0x235);
	EXPECT_EQ(ld32(out + 16, false), 0x234);
	EXPECT_EQ(ld32(out + 20, false), UINT32_MAX);
	EXPECT_EQ((i32)ld32(out + 24, false), -8);
}

TEST(weak)
{
	Link *L = link_of(&arch_amd64);
	SB b = sb_of(L, 1);

	sb_u32(&b, 7);
	sb_rel(&b, (Rel){0, 4, true, ROW_R_ADDROFF, 0, 3});
	EXPECT(relocated(L));
	EXPECT_EQ(ld32(out, false), 7);
	b.e->nrel = 0;
	sb_rel(&b, (Rel){0, 4, false, ROW_R_ADDROFF, 0, 3});
	EXPECT(!relocated(L));
}

static bool refuses(RelocRow type, unsigned siz, i64 value, i32 off)
{
	Link *L = link_of(&arch_amd64);
	SB b = sb_of(L, 1);

	L->sym[2].value = value;
	sb_ref(&b, type, siz, 2, 0);
	b.e->rel[0] = (u8)off;
	return !relocated(L);
}

TEST(range)
{
	EXPECT(!refuses(ROW_R_PCREL, 4, 0x80001003, 0));
	EXPECT(refuses(ROW_R_PCREL, 4, 0x80001004, 0));
	EXPECT(!refuses(ROW_R_ADDR, 4, 0x7fffffff, 0));
	EXPECT(refuses(ROW_R_ADDR, 4, 0x80000000, 0));
	EXPECT(!refuses(ROW_R_ADDROFF, 2, 0x410fff, 0));
	EXPECT(refuses(ROW_R_ADDROFF, 2, 0x411000, 0));
	EXPECT(refuses(ROW_R_ADDR, 3, 0, 0));
	EXPECT(refuses(ROW_R_ADDR, 8, 0, 1));
	EXPECT(refuses(ROW_R_CALLARM64, 4, 0, 0));
}

static bool apply(const LinkArch *la, RelocRow type, i64 S, u64 P, unsigned siz,
		  bool pie, unsigned before)
{
	Link *L = link_of(la);
	Rel r = {.off = (i32)before, .siz = (u8)siz, .type = (u16)type};
	Fix f = {.L = L, .sym = 1, .r = &r, .loc = out + before, .P = P,
		 .S = (u64)S};

	L->flag.pie = pie;
	return la->relocs[type](&f);
}

TEST(amd64)
{
	/* movq x(%rip), %rax; %r15 */
	memcpy(out, "\x48\x8b\x05\0\0\0\0", 7);
	EXPECT(apply(&arch_amd64, ROW_R_TLS_IE, 0, 0, 4, true, 3));
	EXPECT(!memcmp(out, "\x48\xc7\xc0\xf8\xff\xff\xff", 7));
	memcpy(out, "\x4c\x8b\x3d\0\0\0\0", 7);
	EXPECT(apply(&arch_amd64, ROW_R_TLS_IE, 0, 0, 4, true, 3));
	EXPECT(!memcmp(out, "\x49\xc7\xc7\xf8\xff\xff\xff", 7));
	EXPECT(!apply(&arch_amd64, ROW_R_TLS_IE, 0, 0, 4, false, 3));
	EXPECT(!apply(&arch_amd64, ROW_R_TLS_IE, 0, 0, 4, true, 2));
	memcpy(out, "\x48\x03\x05\0\0\0\0", 7);	/* addq */
	EXPECT(!apply(&arch_amd64, ROW_R_TLS_IE, 0, 0, 4, true, 3));
}

static void words(u32 a, u32 b)
{
	st32(out, a, false);
	st32(out + 4, b, false);
}

TEST(arm64)
{
	words(0x90000000, 0x91000000);	/* adrp x0; add x0, x0 */
	EXPECT(apply(&arch_arm64, ROW_R_ADDRARM64, 0x7a2f48, 0x11004, 8,
		     false, 0));
	EXPECT_EQ(ld32(out, false), 0xb0003c80);
	EXPECT_EQ(ld32(out + 4, false), 0x913d2000);
	words(0x9000001b, 0xf9400360);	/* adrp x27; ldr x0, [x27] */
	EXPECT(apply(&arch_arm64, ROW_R_ARM64_PCREL_LDST64, 0x7a2f48, 0x11004,
		     8, false, 0));
	EXPECT_EQ(ld32(out + 4, false), 0xf947a760);
	EXPECT(!apply(&arch_arm64, ROW_R_ARM64_PCREL_LDST64, 0x7a2f44,
		      0x11004, 8, false, 0));
	words(0x94000000, 0);	/* bl */
	EXPECT(apply(&arch_arm64, ROW_R_CALLARM64, 0x11000, 0x11004, 4,
		     false, 0));
	EXPECT_EQ(ld32(out, false), 0x97ffffff);
	EXPECT(!apply(&arch_arm64, ROW_R_CALLARM64, 0x8011004, 0x11004, 4,
		      false, 0));
	words(0xd280001b, 0);	/* movz x27 */
	EXPECT(apply(&arch_arm64, ROW_R_ARM64_TLS_LE, 0, 0, 4, false, 0));
	EXPECT_EQ(ld32(out, false), 0xd280021b);
	words(0x9000001b, 0xf940037b);	/* adrp x27; ldr x27, [x27] */
	EXPECT(apply(&arch_arm64, ROW_R_ARM64_TLS_IE, 0, 0, 8, true, 0));
	EXPECT_EQ(ld32(out, false), 0xd2a0001b);
	EXPECT_EQ(ld32(out + 4, false), 0xf280021b);
}

TEST_MAIN(RUN(generic) RUN(weak) RUN(range) RUN(amd64) RUN(arm64))
