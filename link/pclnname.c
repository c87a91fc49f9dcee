/*
 * Names of functions in pclntab: of those in the program, and of those that
 * are only there as calls inlined in others. Each is written once, in the
 * order in which functions mention them.
 *
 * generateFuncnametab in cmd/link's ld/pcln.go.
 */
#include "link/pcln.h"

enum { CHUNK = 128 };	/* names that a thread looks up at once */

static u32 *name_slot(const Pcln *P, Sym s)
{
	u32 mask = (UINT32_C(1) << P->namebits) - 1;
	u32 i = s * UINT32_C(0x9e3779b1) >> (32 - P->namebits);

	while (P->nameof[i] && P->name[P->nameof[i] - 1].s != s)
		i = (i + 1) & mask;
	return &P->nameof[i];
}

/* At most half of the places are used. */
void pcln_name_room(Pcln *P, Mem *m, u32 n)
{
	u32 i;

	P->namebits = 8;
	while (n > UINT32_C(1) << (P->namebits - 1))
		P->namebits++;
	P->nameof = mem_alloc(m, sizeof *P->nameof << P->namebits);
	for (i = 0; i < P->nname; i++)
		*name_slot(P, P->name[i].s) = 1 + i;
}

static u32 add_name(Pcln *P, Sym s)
{
	u32 *slot = name_slot(P, s);

	if (*slot)
		return *slot - 1;
	if (P->nname == UINT32_C(1) << (P->namebits - 1)) {
		pcln_name_room(P, &P->mem[NAMES], 2 * P->nname);
		slot = name_slot(P, s);
	}
	P->name = mem_grow(&P->mem[NAMES], P->name, P->nname, &P->capname,
			   sizeof *P->name);
	P->name[P->nname] = (PcName){.s = s};
	*slot = ++P->nname;
	return P->nname - 1;
}

void pcln_names(Pcln *P)
{
	u32 i, k;

	for (i = 0; i < P->nfunc; i++) {
		PcFunc *f = &P->func[i];
		PcName *n;

		f->name = add_name(P, f->s);
		n = &P->name[f->name];
		n->known = f->valid;
		n->funcid = f->funcid;
		n->startline = f->startline;
		for (k = 0; k < f->ninl; k++)
			f->inlfunc[k] = add_name(P, f->inlfunc[k]);
	}
}

/* Its name; what a FuncInfo says, if it is inlined everywhere. */
static void know_name(const Link *L, PcName *n)
{
	GoFuncInfo f;

	n->name = sym_name(L, n->s);
	if (n->known || !sym_funcinfo(L, n->s, &f))
		return;
	n->known = true;
	n->funcid = f.funcid;
	n->startline = f.startline;
}

static void know_chunk(void *arg, size_t chunk)
{
	const Link *L = arg;
	size_t i = chunk * CHUNK, end = i + CHUNK;

	for (; i < end && i < L->pcln->nname; i++)
		know_name(L, &L->pcln->name[i]);
}

static void place_names(Pcln *P)
{
	u32 i;

	for (i = 0; i < P->nname; i++) {
		P->name[i].off = (u32)P->namesize;
		P->namesize += P->name[i].name.n + 1;
	}
}

void pcln_know_names(Link *L, Pcln *P)
{
	pool_for(L->pool, (P->nname + CHUNK - 1) / CHUNK, know_chunk, L);
	place_names(P);
}
