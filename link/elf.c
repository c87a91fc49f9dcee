/*
 * ELF, before layout: where the program lies, the build ID, the symbols
 * that hold dynamic sections.
 *
 * The first page of the file is kept for what asmelf.c writes at the end:
 *
 *	0      ELF header, program headers, section headers
 *	       (nothing)
 *	4096   notes and .interp grow down from here
 *
 * and is mapped in front of the text, whose address is therefore always
 * 4096 above a page's start.
 *
 * Source: cmd/link/internal/ld/elf.go, lib.go (setArchSyms); archinit in
 * cmd/link/internal/amd64/obj.go and its like.
 */
#include "link/elf.h"

static struct Elf *elf_of(Link *L)
{
	if (!L->elf)
		L->elf = mem_alloc(&L->mem, sizeof *L->elf);
	return L->elf;
}

void elfinit(Link *L)
{
	Flags *f = &L->flag;

	elf_of(L);
	L->headr = ELFRESERVE;
	if (f->round == -1)
		f->round = (i64)L->la->round;
	if (f->textaddr == -1)
		f->textaddr = (i64)((L->la->textaddr + (u64)f->round - 1) &
				    ~((u64)f->round - 1)) + ELFRESERVE;
	if (!f->entry.n)
		f->entry = mem_printf(&L->mem, "_rt0_%.*s_%.*s",
				      (int)L->goarch.n,
				      (const char *)L->goarch.p,
				      (int)L->goos.n,
				      (const char *)L->goos.p);
	if (f->dataaddr != -1 && f->dataaddr % f->round)
		link_exitf(L, "invalid -D value 0x%llx: not aligned to "
			   "rounding quantum 0x%llx",
			   (unsigned long long)f->dataaddr,
			   (unsigned long long)f->round);
}

/* ---- the build ID --------------------------------------------------- */

static int hex_digit(u8 c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Go prints the byte as if it were a code point. */
static _Noreturn void bad_digit(Link *L, u8 c, View arg)
{
	char text[3] = {(char)c};

	if (c >= 0x80) {
		text[0] = (char)(0xc0 | c >> 6);
		text[1] = (char)(0x80 | (c & 0x3f));
	}
	link_exitf(L, "-B argument contains invalid hex digit %s: %.*s", text,
		   (int)arg.n, (const char *)arg.p);
}

static View hex_bytes(Link *L, View arg)
{
	View hex = {arg.p + 2, arg.n - 2};
	u8 *out;
	size_t i;

	if (hex.n / 2 > 32)
		link_exitf(L, "-B option too long (max %d digits): %.*s", 32,
			   (int)arg.n, (const char *)arg.p);
	out = mem_alloc(&L->mem, hex.n / 2 + 1);
	for (i = 0; i < hex.n; i++) {
		int d = hex_digit(hex.p[i]);

		if (d < 0)
			bad_digit(L, hex.p[i], arg);
		out[i / 2] = (u8)(out[i / 2] << 4 | d);
	}
	if (hex.n % 2)
		link_exitf(L, "-B argument must have even number of digits: "
			   "%.*s", (int)arg.n, (const char *)arg.p);
	return (View){out, hex.n / 2};
}

/* cmd/internal/hash is SHA-256 with its first byte inverted. */
static View hashed_buildid(Link *L, View id)
{
	u8 *sum = mem_alloc(&L->mem, SHA256_SIZE);

	if (!id.n)
		link_exitf(L, "-B gobuildid requires a Go build ID supplied "
			   "via -buildid");
	sha256(id, sum);
	sum[0] ^= 0xff;
	return (View){sum, 20};
}

void addbuildinfo(Link *L)
{
	View v = L->flag.hostbuildid;

	if (!v.n || view_is(v, "none"))
		return;
	if (view_is(v, "gobuildid"))
		elf_of(L)->buildinfo = hashed_buildid(L, L->flag.buildid);
	else if (view_prefix(v, "0x"))
		elf_of(L)->buildinfo = hex_bytes(L, v);
	else
		link_exitf(L, "-B argument must start with 0x: %.*s",
			   (int)v.n, (const char *)v.p);
}

/* ---- symbols -------------------------------------------------------- */

void doelf(Link *L)
{
	elf_of(L);
	if (!L->flag.d)
		dyn_sections(L);
}

/* They take their numbers here even in programs that have none of these
 * sections: later symbols' numbers depend on it. */
void set_arch_syms(Link *L)
{
	static const struct {
		const char *name;
		u32 ver;
		size_t at;
	} syms[] = {
		{".got", 0, offsetof(struct Elf, got)},
		{".plt", 0, offsetof(struct Elf, plt)},
		{".got.plt", 0, offsetof(struct Elf, gotplt)},
		{".dynamic", 0, offsetof(struct Elf, dynamic)},
		{".dynsym", 0, offsetof(struct Elf, dynsym)},
		{".dynstr", 0, offsetof(struct Elf, dynstr)},
		{"runtime.unreachableMethod", 1,
		 offsetof(struct Elf, unreachableMethod)},
		{".rel", 0, offsetof(struct Elf, rel)},
		{".rela", 0, offsetof(struct Elf, rela)},
		{".rel.plt", 0, offsetof(struct Elf, relplt)},
		{".rela.plt", 0, offsetof(struct Elf, relaplt)},
	};
	u8 *e = (u8 *)elf_of(L);
	size_t i;

	for (i = 0; i < NELEM(syms); i++) {
		Sym s = sym_lookup_or_create(L, view_str(syms[i].name),
					     syms[i].ver);

		row(L, s)->attr |= A_REACHABLE;
		memcpy(e + syms[i].at, &s, sizeof s);
	}
}
