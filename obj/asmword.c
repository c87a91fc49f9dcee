/*
 * The names of a source, one AsmWord for each spelling.
 *
 * A name is met again and again: AX in every line, MOVQ in every other. Each
 * time its text is found in a table, and what it stands for (a macro, a
 * register, an instruction, a name of the architecture's) hangs on it, found
 * out when it was asked for first.
 *
 * Names of up to 8 bytes, which nearly all are, are compared as one number.
 * The hash is keyed as in map.c.
 */
#include <stdlib.h>
#include <sys/auxv.h>

#include "obj/asmlex.h"

enum { MINCAP = 256 };

#define mix asm_word_mix

/* Up to 8 bytes at p. room: so many may be read. */
static u64 load(const u8 *p, size_t n, size_t room)
{
	u8 b[8] = {0};

	if (n >= 8)
		return ld64(p, false);
	if (room >= 8)
		return n ? ld64(p, false) & UINT64_MAX >> (64 - 8 * n) : 0;
	memcpy(b, p, n);
	return ld64(b, false);
}

static u64 hash_of(const AsmWords *w, View v, u64 first)
{
	u64 h = mix(first ^ w->k0, w->k1 ^ v.n);

	for (size_t i = 8; i < v.n; i += 8)
		h = mix(h ^ load(v.p + i, v.n - i, 0), w->k1 ^ (i + w->k0));
	return h;
}

void asm_words_init(AsmWords *w, AsmCtx *c)
{
	const u8 *seed = (const u8 *)(uintptr_t)getauxval(AT_RANDOM);

	*w = (AsmWords){.ctx = c, .cap = MINCAP};
	w->k0 = seed ? ld64(seed, false) : 0x9e3779b97f4a7c15;
	w->k1 = seed ? ld64(seed + 8, false) : 0xc2b2ae3d27d4eb4f;
	w->slot = calloc(w->cap, sizeof *w->slot);
	if (!w->slot)
		DIE("out of memory");
}

void asm_words_free(AsmWords *w)
{
	free(w->slot);
}

static void grow(AsmWords *w)
{
	AsmWords old = *w;

	w->cap *= 2;
	w->slot = calloc(w->cap, sizeof *w->slot);
	if (!w->slot)
		DIE("out of memory");
	for (u32 k = 0; k < old.cap; k++) {
		AsmWord *s = old.slot[k];
		size_t i = s ? s->hash & (w->cap - 1) : 0;

		if (!s)
			continue;
		while (w->slot[i])
			i = (i + 1) & (w->cap - 1);
		w->slot[i] = s;
	}
	free(old.slot);
}

/* · becomes . and ∕ becomes /. */
static View undotted(AsmCtx *c, View v)
{
	char *s = arena_str(&c->obj->arena, v);
	size_t n = 0;

	for (size_t i = 0; i < v.n; i++) {
		bool dot = v.p[i] == 0xc2 && i + 1 < v.n && v.p[i + 1] == 0xb7;
		bool slash = v.p[i] == 0xe2 && i + 2 < v.n &&
			v.p[i + 1] == 0x88 && v.p[i + 2] == 0x95;

		s[n++] = dot ? '.' : slash ? '/' : (char)v.p[i];
		i += dot ? 1 : slash ? 2 : 0;
	}
	return view_of(s, n);
}

/* The slot of v, which is empty if v is new. */
static AsmWord **probe(const AsmWords *w, View v, u64 first, u64 hash)
{
	size_t i = hash & (w->cap - 1);
	const AsmWord *s;

	for (; (s = w->slot[i]); i = (i + 1) & (w->cap - 1))
		if (s->hash == hash && s->first == first &&
		    s->spelt.n == v.n && (v.n <= 8 || memcmp(
			    s->spelt.p + 8, v.p + 8, v.n - 8) == 0))
			break;
	return &w->slot[i];
}

static AsmWord *plain(AsmWords *w, View v, size_t room)
{
	u64 first = load(v.p, v.n, room), hash = hash_of(w, v, first);
	AsmWord **at = probe(w, v, first, hash), *s = *at;

	if (s)
		return s;
	s = arena_alloc(&w->ctx->obj->arena, sizeof *s);
	s->text = s->spelt = v;
	s->first = first;
	s->hash = hash;
	*at = s;
	if (++w->n > w->cap / 2)
		grow(w);
	return s;
}

/* With dots in it it is the same word as without. */
AsmWord *asm_word(AsmWords *w, View v, size_t room, bool dotted)
{
	AsmWord *s = plain(w, v, room);

	if (!dotted)
		return s;
	if (!s->same) {
		View t = undotted(w->ctx, v);

		s->same = plain(w, t, t.n);
	}
	return s->same;
}

/* ---- what it stands for ------------------------------------------------ */

static const struct {
	const char *name;
	i16 reg;
} pseudo[] = {{"SB", REG_SB}, {"FP", REG_FP}, {"PC", REG_PC}};

static bool is_register(const AsmCtx *c, View name, i16 *reg)
{
	for (size_t i = 0; name.n == 2 && i < NELEM(pseudo); i++)
		if (memcmp(name.p, pseudo[i].name, 2) == 0) {
			*reg = pseudo[i].reg;
			return true;
		}
	return c->arch->reg(name, reg);
}

bool asm_word_reg_slow(const AsmCtx *c, AsmWord *w)
{
	w->reg_is = is_register(c, w->text, &w->reg) ? WORD_YES : WORD_NO;
	return w->reg_is == WORD_YES;
}

bool asm_word_special(const AsmCtx *c, AsmWord *w, i64 *which)
{
	if (w->special_is == WORD_UNKNOWN)
		w->special_is = c->arch->special &&
			c->arch->special(w->text, &w->special) ? WORD_YES :
			WORD_NO;
	*which = w->special;
	return w->special_is == WORD_YES;
}

/* Pseudo-instructions come first, then the architecture's. */
void asm_word_head_slow(const AsmCtx *c, AsmWord *w)
{
	if (asm_is_pseudo(w->text, &w->op))
		w->head = HEAD_PSEUDO;
	else if (c->arch->opcode(w->text, &w->op) ||
		 asm_common_opcode(w->text, &w->op))
		w->head = HEAD_OPCODE;
	else
		w->head = HEAD_NONE;
	w->jump = w->head == HEAD_OPCODE && c->arch->is_jump(w->text);
}
