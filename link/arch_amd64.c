/*
 * amd64: facts of the target, and relocations that only it has.
 *
 * Sources: cmd/link/internal/amd64/{asm.go,obj.go,l.go}.
 */
#include "link/link.h"

/*
 * Code made for shared objects loads the offset of a thread-local variable
 * out of memory (initial exec); in a program it is known:
 *
 *   REX.W 8b modrm disp32  movq x(%rip), %reg
 *   REX.W c7 modrm imm32   movq $x, %reg
 *
 * The register moves from the reg field of modrm to its rm field, and its
 * high bit from REX.R to REX.B.
 */
static bool r_tls_ie(const Fix *f)
{
	u8 *op, reg;

	if (!f->L->flag.pie)
		return fix_fail(f, "cannot handle R_TLS_IE when linking "
				"internally");
	if (f->r->off < 3)
		return fix_fail(f, "R_X86_64_GOTTPOFF reloc not preceded by "
				"MOVQ or ADDQ instruction");
	op = f->loc - 3;
	reg = op[2] >> 3;
	if (op[1] != 0x8b && reg != 4)
		return fix_fail(f, "expected TLS IE op to be MOVQ, got "
				"[%d %d %d]", op[0], op[1], op[2]);
	if (op[0] == 0x4c)
		op[0] = 0x49;
	else if (f->r->siz == 4 && op[0] == 0x44)
		op[0] = 0x41;
	op[1] = op[1] == 0x8b ? 0xc7 : 0x81;
	op[2] = 0xc0 | reg;
	return fix_put(f, f->L->la->tlsoffset, false);
}

static Apply *const relocs[NRELOC] = {
	[ROW_R_TLS_IE] = r_tls_ie,
};

/* The first entry of .plt, which calls the dynamic linker, and the three
 * words of .got.plt that it needs:
 *   pushq got+8(%rip); jmpq *got+16(%rip); nopl 0(%rax) */
static void elfsetupplt(Link *L)
{
	SB plt = sb_of(L, sym_lookup_or_create(L, view_str(".plt"), 0));
	SB got = sb_of(L, sym_lookup_or_create(L, view_str(".got.plt"), 0));

	if (row(L, plt.s)->size)
		return;
	sb_bytes(&plt, view_of("\xff\x35", 2));
	sb_pcrel_plus(&plt, got.s, 8);
	sb_bytes(&plt, view_of("\xff\x25", 2));
	sb_pcrel_plus(&plt, got.s, 16);
	sb_u32(&plt, 0x00401f0f);
	sb_addr(&got, sym_lookup(L, view_str(".dynamic"), 0));
	sb_u64(&got, 0);
	sb_u64(&got, 0);
}

const LinkArch arch_amd64 = {
	.id = ARCH_amd64,
	.funcalign = 32, .maxalign = 32, .minalign = 1, .minlc = 1,
	.textaddr = 0x400000, .round = 0x1000,
	.codepad = {(const u8 *)"\xcc", 1},	/* int3 */
	.callsize = 8,
	.tlsoffset = -8,
	.dwarfregsp = 7, .dwarfreglr = 16,
	.deferreturn = 1,
	.dynld = "/lib64/ld-linux-x86-64.so.2",
	.dynldmusl = "/lib/ld-musl-x86_64.so.1",
	.relocs = relocs,
	.pltentry = 16,
	.elfsetupplt = elfsetupplt,
};
