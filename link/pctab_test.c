/*
 * pc tables against the plainest way to place them: each once, in the order in
 * which functions mention them.
 */
#include "link/pcln.h"
#include "objabi/test.h"

enum {
	NKEY = 3000, NFUNC = 2500, PER = 7,	/* tables, functions, auxs of one */
	HASH = 0, IDX = HASH + NKEY * HASH_SIZE, DATA = IDX + 4 * (NKEY + 1),
	AUX = DATA + 8 * NKEY, END = AUX + NFUNC * PER * AUX_SIZE
};

static u8 object[END];
static LObj obj;
static u32 slots[NFUNC][PCDATA + 3];

static u32 next(u32 *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 16;
}

/* Half of each hash is another's, and some tables are empty. */
static void make_tables(void)
{
	GoObj *g = &obj.o;
	u32 at = 0;

	g->obj = view_of(object, sizeof object);
	g->nhasheddef = g->ndef = g->nsym = NKEY;
	g->blk[BlkHash] = HASH;
	g->blk[BlkDataIdx] = IDX;
	g->blk[BlkData] = DATA;
	g->blk[BlkAux] = AUX;
	for (u32 i = 0; i < NKEY; i++) {
		st64(object + HASH + (size_t)i * HASH_SIZE, i / 2, false);
		st64(object + HASH + (size_t)i * HASH_SIZE + 8, i % 2, false);
		st32(object + IDX + 4 * (size_t)i, at, false);
		at += i % 8;
	}
	st32(object + IDX + 4 * NKEY, at, false);
	g->ndata = at;
}

static u32 add_aux(u32 k, AuxType type, u32 key)
{
	u8 *p = object + AUX + (size_t)k * AUX_SIZE;

	p[0] = (u8)type;
	st32(p + 1, PkgIdxHashed, false);
	st32(p + 5, key, false);
	return k + 1;
}

/* In this order a function mentions them; the last of two of one type counts. */
static void make_func(PcFunc *f, u32 i, u32 key[6])
{
	u32 seed = i, k = i * PER;

	for (u32 j = 0; j < 6; j++)
		key[j] = next(&seed) % NKEY;
	*f = (PcFunc){.valid = i % 50 > 0, .rawpcdata = 2, .npcdata = 3,
		      .ninl = i % 3, .slot = slots[i],
		      .aux = {&obj, k, PER}};
	k = add_aux(k, AuxPcdata, key[3]);
	k = add_aux(k, AuxPcsp, key[5]);
	k = add_aux(k, AuxPcinline, key[5]);
	k = add_aux(k, AuxPcline, key[2]);
	k = add_aux(k, AuxPcfile, key[1]);
	k = add_aux(k, AuxPcdata, key[4]);
	add_aux(k, AuxPcsp, key[0]);
}

static u32 place(u32 off[NKEY], u32 key, u32 *size)
{
	if (!off[key] && key % 8) {
		off[key] = *size;
		*size += key % 8;
	}
	return off[key];
}

TEST(places)
{
	static u32 off[NKEY];
	static PcFunc func[NFUNC];
	Link *L = mem_reserve(NULL, sizeof *L, 0);
	Pcln P = {.func = func, .nfunc = NFUNC};
	u32 key[6], size = 1, wrong = 0, end = 1;

	L->load = mem_alloc(&L->mem, sizeof *L->load);
	L->load->L = L;
	make_tables();
	for (u32 i = 0; i < NFUNC; i++)
		make_func(&func[i], i, key);
	pctab_room(L, &P);
	pctab_find(L, &P);
	pctab_place(L, &P);
	for (u32 i = 0; i < NFUNC; i++) {
		const PcFunc *f = &func[i];

		make_func(&(PcFunc){0}, i, key);
		for (u32 k = 0; f->valid && k < 6; k++) {
			u32 slot = k < 3 ? PCSP + k : k < 5 ? PCDATA + k - 3 :
				PCDATA + PCDATA_InlTreeIndex;

			if (k < 5 || f->ninl)
				wrong += f->slot[slot] !=
					place(off, key[k], &size);
		}
	}
	EXPECT_EQ(wrong, 0);
	EXPECT_EQ(P.pcsize, size);
	for (u32 i = 0; i < P.npc; i++) {
		const PcTable *t = &P.tab[P.pc[i]];

		wrong += t->first != (PLACED | end);
		end += t->n;
	}
	EXPECT_EQ(wrong, 0);
	EXPECT_EQ(end, size);
}

TEST_MAIN(RUN(places))
