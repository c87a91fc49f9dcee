/*
 * Memory for things that live as long as the run, and text that grows.
 * There is no way to handle a lack of memory here that would help anybody:
 * die() says where.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "objabi/objabi.h"

/* A block is large enough for calloc to map it: then only what is used of it
 * is touched. */
enum { BLOCK = 256 << 10, HUGE = 2 << 20 };

struct ArenaBlock {
	ArenaBlock *next;
	bool mapped;
	_Alignas(16) u8 data[];
};

_Noreturn void die(const char *file, int line, const char *why)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, why);
	abort();
}

void *xrealloc(void *p, size_t n)
{
	p = realloc(p, n);
	if (!p)
		DIE("out of memory");
	return p;
}

static void add_block(Arena *a, ArenaBlock *b, size_t size)
{
	b->next = a->block;
	a->block = b;
	a->next = b->data;
	a->left = size;
}

void *arena_alloc_slow(Arena *a, size_t n)
{
	size_t size;
	ArenaBlock *b;

	if (n > SIZE_MAX / 2)
		DIE("allocation too large");
	size = n > BLOCK ? (n + 15) & ~(size_t)15 : BLOCK;
	b = calloc(1, sizeof *b + size);
	if (!b)
		DIE("out of memory");
	add_block(a, b, size);
	return arena_alloc(a, n);
}

char *arena_str(Arena *a, View v)
{
	char *s = arena_alloc(a, v.n + 1);

	if (v.n)
		memcpy(s, v.p, v.n);
	return s;
}

void arena_huge(Arena *a)
{
	u8 *p = mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t front = -(uintptr_t)p & (HUGE - 1);
	ArenaBlock *b;

	if (p == MAP_FAILED)
		return;	/* small blocks will do */
	if (front)
		munmap(p, front);
	munmap(p + front + HUGE, HUGE - front);
	madvise(p + front, HUGE, MADV_HUGEPAGE);
	b = (ArenaBlock *)(void *)(p + front);
	b->mapped = true;
	add_block(a, b, HUGE - sizeof *b);
}

void arena_free(Arena *a)
{
	while (a->block) {
		ArenaBlock *next = a->block->next;

		if (a->block->mapped)
			munmap(a->block, HUGE);
		else
			free(a->block);
		a->block = next;
	}
	*a = (Arena){NULL, NULL, 0};
}

void *buf_grow(Buf *b, size_t n)
{
	if (n > SIZE_MAX / 4 || b->cap > SIZE_MAX / 4)
		DIE("text too large");
	b->cap = 2 * b->cap > b->n + n ? 2 * b->cap : b->n + n + 256;
	b->p = xrealloc(b->p, b->cap);
	return b->p + b->n;
}

void buf_add(Buf *b, View v)
{
	if (v.n) {
		memcpy(buf_room(b, v.n), v.p, v.n);
		b->n += v.n;
	}
}

void buf_str(Buf *b, const char *s)
{
	buf_add(b, view_str(s));
}

/* Mostly there is room: then it is formatted once. */
void buf_printf(Buf *b, const char *fmt, ...)
{
	size_t room = b->cap - b->n;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(room ? b->p + b->n : NULL, room, fmt, ap);
	va_end(ap);
	if (n < 0)
		DIE("vsnprintf failed");
	if ((size_t)n >= room) {
		buf_room(b, (size_t)n + 1);
		va_start(ap, fmt);
		vsnprintf(b->p + b->n, (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	b->n += (size_t)n;
}

const char hex_digits[16 + 1] = "0123456789abcdef";

void buf_hex(Buf *b, View v)
{
	for (size_t i = 0; i < v.n; i++) {
		char *p = buf_room(b, 2);

		p[0] = hex_digits[v.p[i] >> 4];
		p[1] = hex_digits[v.p[i] & 15];
		b->n += 2;
	}
}

/* The length of the UTF-8 sequence at off, 0 if it is none. Overlong
 * forms, surrogates and code points over 10FFFF are none. */
static size_t utf8_len(View v, size_t off)
{
	const u8 *p = v.p + off;
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 :
		p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;

	if (n == 0 || !view_has(v, off, n))
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] >= 0x90))
		return 0;
	return n;
}

/* Bytes that are no UTF-8 become U+FFFD, as in Go's encoding/json. */
void buf_json(Buf *b, View v)
{
	buf_str(b, "\"");
	for (size_t i = 0; i < v.n;) {
		size_t n = utf8_len(v, i);
		u8 c = v.p[i];

		if (n == 0) {
			buf_str(b, "\\ufffd");
			n = 1;
		} else if (c == '"' || c == '\\') {
			buf_printf(b, "\\%c", c);
		} else if (c == '\n') {
			buf_str(b, "\\n");
		} else if (c == '\t') {
			buf_str(b, "\\t");
		} else if (c < 0x20 || c == 0x7f) {
			buf_printf(b, "\\u%04x", c);
		} else {
			buf_add(b, (View){v.p + i, n});
		}
		i += n;
	}
	buf_str(b, "\"");
}

void buf_text(Buf *b, View v)
{
	for (size_t i = 0; i < v.n;) {
		size_t n = utf8_len(v, i);
		u8 c = v.p[i];
		/* U+0080..U+009F are control characters too. */
		bool ctrl = c < 0x20 || c == 0x7f ||
			(n == 2 && c == 0xc2 && v.p[i + 1] < 0xa0);

		if (n == 0 || ctrl) {
			n = n ? n : 1;
			for (size_t k = 0; k < n; k++)
				buf_printf(b, "\\x%02x", v.p[i + k]);
		} else {
			buf_add(b, (View){v.p + i, n});
		}
		i += n;
	}
}

void buf_free(Buf *b)
{
	free(b->p);
	*b = (Buf){0};
}
