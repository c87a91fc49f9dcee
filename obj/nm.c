/*
 * go tool nm for one object: definitions, then references by name, then
 * the referenced symbols of other packages.
 *
 * Builtins are not listed, symbols without name neither. Symbols that are
 * local to the file have <1> behind their name. The address is that of the
 * symbol's bytes in the object. Go sorts with an unstable sort, so equal
 * names stand in the order that go_sort knows.
 *
 * Source: cmd/nm/nm.go, cmd/internal/objfile/goobj.go, objfile.go
 */
#include <stdlib.h>

#include "obj/obj.h"

typedef struct {
	View name;
	u64 addr, size;
	char code;
} NmSym;

typedef struct {
	NmSym *p;
	size_t n;
	NmSort by;
	Arena arena;	/* of the names with <1> */
} NmList;

static char code_of(u8 kind, u16 abi)
{
	static const char codes[] = {
		[STEXT] = 'T', [STEXTFIPS] = 'T', [SRODATA] = 'R',
		[SRODATAFIPS] = 'R', [SNOPTRDATA] = 'D',
		[SNOPTRDATAFIPS] = 'D', [SDATA] = 'D', [SDATAFIPS] = 'D',
		[SBSS] = 'B', [SNOPTRBSS] = 'B', [STLSBSS] = 'B',
	};
	char c = kind < sizeof codes && codes[kind] ? codes[kind] : '?';

	/* Go lowers '?' likewise, into '_'. */
	return abi == SymABIstatic ? (char)(c + 'a' - 'A') : c;
}

static View static_name(NmList *l, View name)
{
	u8 *p = arena_alloc(&l->arena, name.n + 3);

	memcpy(p, name.p, name.n);
	memcpy(p + name.n, "<1>", 3);
	return view_of(p, name.n + 3);
}

static void collect(NmList *l, const GoObj *o)
{
	for (u32 i = 0; i < o->ndef; i++) {
		GoSym s = goobj_sym(o, i);

		if (s.name.n == 0)
			continue;
		l->p[l->n++] = (NmSym){
			s.abi == SymABIstatic ? static_name(l, s.name) : s.name,
			o->blk[BlkData] + goobj_idx(o, BlkDataIdx, i), s.size,
			code_of(s.kind, s.abi)};
	}
	for (u32 i = o->ndef; i < o->nsym; i++)
		l->p[l->n++] = (NmSym){goobj_sym(o, i).name, 0, 0, 'U'};
	for (u32 i = 0; i < o->nrefname; i++) {
		View name;

		goobj_refname(o, i, &name);
		l->p[l->n++] = (NmSym){name, 0, 0, 'U'};
	}
}

static bool name_less(View a, View b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	return c ? c < 0 : a.n < b.n;
}

static bool nm_less(void *arg, size_t i, size_t j)
{
	const NmList *l = arg;

	if (l->by == NM_NAME)
		return name_less(l->p[i].name, l->p[j].name);
	if (l->by == NM_ADDRESS)
		return l->p[i].addr < l->p[j].addr;
	return l->p[i].size > l->p[j].size;
}

static void nm_swap(void *arg, size_t i, size_t j)
{
	NmList *l = arg;
	NmSym t = l->p[i];

	l->p[i] = l->p[j];
	l->p[j] = t;
}

static void print(Buf *out, const char *prefix, const NmSym *s, bool size)
{
	buf_str(out, prefix);
	if (s->code == 'U')
		buf_str(out, "        ");
	else
		buf_printf(out, "%8llx", (unsigned long long)s->addr);
	if (size)
		buf_printf(out, " %10llu", (unsigned long long)s->size);
	buf_printf(out, " %c ", s->code);
	buf_add(out, s->name);
	buf_str(out, "\n");
}

size_t nm_object(Buf *out, const char *prefix, const GoObj *o,
		 const NmOptions *opt)
{
	size_t max = (size_t)o->nsym + o->nrefname;
	NmList l = {.p = xrealloc(NULL, (max + 1) * sizeof *l.p)};
	GoSort sort = {nm_less, nm_swap, &l};

	collect(&l, o);
	/* By address in any case, when the package that reads objects hands
	 * the symbols out; this shows where they are equal in the end. */
	l.by = NM_ADDRESS;
	go_sort(&sort, l.n);
	l.by = opt->sort;
	if (opt->sort != NM_NONE)
		go_sort(&sort, l.n);
	for (size_t i = 0; i < l.n; i++)
		print(out, prefix, &l.p[i], opt->size);
	free(l.p);
	arena_free(&l.arena);
	return l.n;
}
