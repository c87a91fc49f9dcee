/*
 * Content-addressable symbols: equal contents, one copy in the program.
 *
 * Short ones are their own hash: up to 8 bytes, zero-padded. Others have the
 * first 16 bytes of New32 (SHA-256 over a byte 1 and the message) over
 *
 *   size u64, section letter
 *   the name, if it is a function (1.27)
 *   the bytes without the zeros at their end
 *   for each relocation: off u32, siz u8, type's low byte, add u64, target
 *
 * where the target is what is the same in every object: a byte 0 and the
 * short hash, 1 and the hash, 2 and the name of a symbol without package, 3
 * and the number of a builtin; a package's path and the number there; the
 * words "nil symbol" and "self symbol" (1.27).
 *
 * Source: cmd/internal/obj/objfile.go (contentHash), cmd/internal/hash
 */
#include <stdlib.h>

#include "obj/obj.h"

/* ---- Go's variants of SHA-256 ---------------------------------------- */

void go_new32(View v, u8 sum[SHA256_SIZE])
{
	u8 one = 1;
	Buf b = {0};

	buf_add(&b, view_of(&one, 1));
	buf_add(&b, v);
	sha256(view_of(b.p, b.n), sum);
	buf_free(&b);
}

void go_sum32(Release r, View v, u8 sum[SHA256_SIZE])
{
	sha256(v, sum);
	sum[0] ^= r == GO124 ? 1 : 0xff;
}

static void base64(Buf *out, const u8 *p, size_t n)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		u32 x = (u32)p[i] << 16;

		x |= i + 1 < n ? (u32)p[i + 1] << 8 : 0;
		x |= i + 2 < n ? p[i + 2] : 0;
		buf_printf(out, "%c%c%c%c", digit[x >> 18],
			   digit[x >> 12 & 63],
			   i + 1 < n ? digit[x >> 6 & 63] : '=',
			   i + 2 < n ? digit[x & 63] : '=');
	}
}

/* 1.24 took the middle of the sum. */
void gclocals_name(Release r, View data, Buf *out)
{
	u8 sum[SHA256_SIZE];

	go_sum32(r, data, sum);
	buf_str(out, "gclocals\xc2\xb7");
	base64(out, sum + (r == GO124 ? 8 : 0), 16);
}

/* ---- the message ----------------------------------------------------- */

u8 content_section(const LSym *s)
{
	static const char *const prefix[] = {"gcargs.", "gclocals.",
		"gclocals\xc2\xb7"};
	static const char *const suffix[] = {".opendefer", ".arginfo0",
		".arginfo1", ".argliveinfo", ".wrapinfo", ".args_stackmap",
		".stkobj"};

	if (kind_is_text(s->kind))
		return s->kind == STEXT ? 't' : 'f';
	if (s->pcdata)
		return 'P';
	for (size_t i = 0; i < NELEM(prefix); i++)
		if (view_prefix(s->name, prefix[i]))
			return 'F';
	for (size_t i = 0; i < NELEM(suffix); i++)
		if (view_suffix(s->name, suffix[i]))
			return 'F';
	return view_prefix(s->name, "type:") ? 'T' : 0;
}

static void put(Buf *b, u64 x, size_t n)
{
	st64(buf_room(b, 8), x, false);
	b->n += n;
}

static void put_target(Buf *b, const Obj *o, const LSym *t)
{
	static const u8 tag[NLIST] = {[LIST_HASHED64] = 0, [LIST_HASHED] = 1,
		[LIST_NONPKGDEF] = 2, [LIST_NONPKGREF] = 2,
		[LIST_BUILTIN] = 3};

	switch (t->list) {
	case LIST_HASHED64:
	case LIST_HASHED:
		put(b, tag[t->list], 1);
		buf_add(b, view_of(t->hash, t->list == LIST_HASHED64 ?
				   HASH64_SIZE : HASH_SIZE));
		break;
	case LIST_NONPKGDEF:
	case LIST_NONPKGREF:
		put(b, tag[t->list], 1);
		buf_add(b, t->name);
		break;
	case LIST_BUILTIN:
		put(b, tag[t->list], 1);
		put(b, t->symidx, 4);
		break;
	case LIST_DEF:
		path_to_prefix(b, o->pkgpath);
		put(b, t->symidx, 4);
		break;
	default:
		buf_add(b, t->pkg);
		put(b, t->symidx, 4);
	}
}

static void message(Buf *b, const Obj *o, const LSym *s)
{
	View data = view_of(s->data, s->ndata);

	put(b, s->size, 8);
	put(b, content_section(s), 1);
	if (kind_is_text(s->kind))
		buf_add(b, s->name);
	while (data.n > 0 && data.p[data.n - 1] == 0)
		data.n--;
	buf_add(b, data);
	for (u32 i = 0; i < s->nr; i++) {
		const Reloc *r = &s->r[i];

		put(b, (u32)r->off, 4);
		put(b, r->siz, 1);
		put(b, r->type & 0xff, 1);
		put(b, (u64)r->add, 8);
		if (!r->sym)
			buf_str(b, "nil symbol");
		else if (r->sym == s)
			buf_str(b, "self symbol");
		else
			put_target(b, o, r->sym);
	}
}

/* ---- in order of dependence ------------------------------------------ */

static size_t set_hash(LSym *s, const u8 *hash, size_t n)
{
	u8 h[HASH_SIZE] = {0};
	bool differs;

	if (n)		/* a symbol without bytes has no pointer */
		memcpy(h, hash, n);
	differs = s->hash_known && memcmp(h, s->hash, HASH_SIZE) != 0;
	memcpy(s->hash, h, HASH_SIZE);
	s->hash_known = true;
	return differs;
}

static size_t hash_one(Obj *o, LSym *s)
{
	u8 sum[SHA256_SIZE];
	Buf b = {0};

	message(&b, o, s);
	go_new32(view_of(b.p, b.n), sum);
	buf_free(&b);
	return set_hash(s, sum, HASH_SIZE);
}

/* A symbol whose targets are being hashed, and the next one to look at. */
typedef struct {
	LSym *s;
	u32 next;
} Frame;

enum { NEW, ON_STACK, DONE };

/* The next target that needs its hash first, NULL if none does. */
static LSym *dependency(Obj *o, Frame *f)
{
	while (f->next < f->s->nr) {
		LSym *t = f->s->r[f->next++].sym;

		if (!t || t == f->s || t->list != LIST_HASHED)
			continue;
		if (t->mark == ON_STACK)
			obj_fail(o, t, "content-addressable symbols refer to "
				 "each other");
		else if (t->mark == NEW)
			return t;
	}
	return NULL;
}

static size_t hash_from(Obj *o, LSym *s, bool again, Frame *stack)
{
	size_t top = 0, differ = 0;

	if (s->mark != NEW)
		return 0;
	s->mark = ON_STACK;
	stack[top++] = (Frame){s, 0};
	while (top > 0) {
		LSym *t = dependency(o, &stack[top - 1]);

		if (t) {
			t->mark = ON_STACK;
			stack[top++] = (Frame){t, 0};
			continue;
		}
		t = stack[--top].s;
		t->mark = DONE;
		if (again || !t->hash_known)
			differ += hash_one(o, t);
	}
	return differ;
}

size_t obj_hash(Obj *o, bool again)
{
	const Syms *h64 = &o->list[LIST_HASHED64], *h = &o->list[LIST_HASHED];
	Frame *stack = xrealloc(NULL, (h->n + 1) * sizeof *stack);
	size_t differ = 0;

	for (size_t i = 0; i < h64->n; i++) {
		LSym *s = h64->p[i];

		if (s->ndata > HASH64_SIZE)
			obj_fail(o, s, "too long for a short hash");
		else if (again || !s->hash_known)
			differ += set_hash(s, s->data, s->ndata);
	}
	for (size_t i = 0; i < h->n; i++)
		differ += hash_from(o, h->p[i], again, stack);
	for (size_t i = 0; i < h->n; i++)
		h->p[i]->mark = NEW;
	free(stack);
	return differ;
}
