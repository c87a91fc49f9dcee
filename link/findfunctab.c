/*
 * findfunctab: from a pc to its function, without a search. Text is divided
 * into buckets of 4096 bytes, each of 16 smaller ones:
 *
 *   bucket: u32 number of the function at its beginning
 *           u8[16] what is to be added for each of the smaller ones
 *
 * which gives the first function that reaches into the 256 bytes; the
 * runtime goes on from there in functab. As no function takes less than 16
 * bytes, a bucket has no more than 256 of them. The last bucket ends with
 * the last of the smaller ones that there are.
 *
 * findfunctab in cmd/link's ld/pcln.go; findfunc in Go's runtime/symtab.go.
 */
#include "link/pcln.h"

enum {
	BUCKET = 4096, NSUB = 16, SUB = BUCKET / NSUB,
	ENTRY = 4 + NSUB
};

static u64 text_begin(const Link *L)
{
	return (u64)row(L, L->textp.p[0])->value;
}

static u64 text_length(const Link *L)
{
	const SymRow *last = row(L, L->textp.p[L->textp.n - 1]);

	return (u64)last->value + last->size - text_begin(L);
}

u64 findfunctab_size(const Link *L)
{
	u64 len = text_length(L);

	return (len + SUB - 1) / SUB + 4 * ((len + BUCKET - 1) / BUCKET);
}

void findfunctab_write(Link *L, u8 *out)
{
	u64 begin = text_begin(L), len = text_length(L), end;
	u32 n = (u32)((len + SUB - 1) / SUB), sub = 0, f, base = 0;

	for (f = 0; f < L->textp.n; f++) {
		end = f + 1 < L->textp.n
			? (u64)row(L, L->textp.p[f + 1])->value - begin : len;
		for (; sub < n && (u64)sub * SUB < end; sub++) {
			u8 *p = out + (size_t)(sub / NSUB) * ENTRY;

			if (sub % NSUB == 0) {
				base = f;
				put32(p, f, L->arch->big);
			}
			if (f - base >= 256)
				link_errorf(L, "too many functions in a "
					    "findfunc bucket! %u/%u %u %u",
					    sub / NSUB,
					    (n + NSUB - 1) / NSUB,
					    sub % NSUB, f - base);
			p[4 + sub % NSUB] = (u8)(f - base);
		}
	}
}

static void gen_findfunctab(Link *L, const Gen *g, Window *w)
{
	findfunctab_write(L, win_room(w, 0, row(L, g->sym)->size));
}

void findfunctab(Link *L)
{
	u64 size = findfunctab_size(L);
	SB b = sb_named(L, "runtime.findfunctab", K_SPCLNTAB);

	if (size > INT32_MAX)
		link_exitf(L, "runtime.findfunctab too large");
	row(L, b.s)->size = (u32)size;
	row(L, b.s)->attr |= A_LOCAL;
	sym_set_align(L, b.s, 4);
	L->pcln->findfunctab = b.s;
	gen_add(L, b.s, 1, gen_findfunctab);
}
