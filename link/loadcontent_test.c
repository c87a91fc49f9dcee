/*
 * Numbers of contents: each key has one, whatever level of slots it comes to.
 */
#include "link/load.h"
#include "objabi/test.h"

enum { N = 3000 };

static u8 object[2 * N * (SYM_SIZE + HASH_SIZE)];

/* An object of 2 N contents with hashes, of which each key is there twice. */
static LObj *new_object(void)
{
	static Sym syms[2 * N];
	static LObj o;
	GoObj *g = &o.o;
	u8 *p;

	g->obj = view_of(object, sizeof object);
	g->nhasheddef = g->ndef = g->nsym = 2 * N;
	g->blk[BlkSymdef] = 0;
	g->blk[BlkHash] = 2 * N * SYM_SIZE;
	for (u32 i = 0; i < 2 * N; i++) {
		p = object + g->blk[BlkHash] + (size_t)i * HASH_SIZE;
		st64(p, i % N / 2, false);	/* half of it is another's */
		st64(p + 8, i % N, false);
		syms[i] = 0;
	}
	o.syms = syms;
	o.idx = OBJ_FIRST;
	return &o;
}

static Load *new_load(void)
{
	Link *L = mem_reserve(NULL, sizeof *L, 0);
	Load *ld = mem_alloc(&L->mem, sizeof *ld);

	ld->L = L;
	L->load = ld;
	L->alias = 1 << 20;
	ld->seed[0] = 1;
	ld->seed[1] = 2;
	ld->obj = mem_alloc(&L->mem, (OBJ_FIRST + 1) * sizeof *ld->obj);
	ld->obj[OBJ_FIRST].other = GROUP;
	ld->sharebase = 2 * N + GROUP;
	ld->nshared = NBATCH;
	ld->endshared = 2 * N + 2 * NBATCH;
	ld->shared = mem_alloc(&L->mem, ld->endshared * sizeof *ld->shared);
	ld->sharedkey = mem_alloc(&L->mem, ld->endshared);
	keys_init(L, &ld->hash, 2 * N, ld->endshared);
	return ld;
}

/* How many have another number than they should. */
static u32 number_all(Load *ld, const LObj *o)
{
	static bool used[2 * N + 2 * NBATCH];
	u32 wrong = 0, li, i;
	Batch b = {0};
	Sym s[NASK];
	Ask a[NASK];

	memset(used, 0, sizeof used);
	for (li = 0; li < N; li++) {
		wrong += content_known(ld, o, li) != 0;
		i = content_sym(ld, o, li, &b) - ld->L->alias - ld->sharebase;
		wrong += i >= ld->endshared || used[i] ||
			ld->sharedkey[i] != KEY_HASH || ld->shared[i].id !=
			GROUP + li;
		used[i % ld->endshared] = true;
	}
	for (; li < 2 * N; li += NASK) {
		u32 n = 2 * N - li < NASK ? 2 * N - li : NASK;

		for (i = 0; i < n; i++)
			a[i] = (Ask){o, li + i};
		content_syms(ld, a, n, &b, s);
		for (i = 0; i < n; i++)
			wrong += content_known(ld, o, li + i - N) != s[i] ||
				(o->syms[li + i] & ~SYM_LAZY) != s[i];
	}
	return wrong;
}

TEST(numbers)
{
	Load *ld = new_load();

	EXPECT_EQ(number_all(ld, new_object()), 0);
	EXPECT(ld->nshared <= ld->endshared);
}

/* Once the first levels are full, the last has what is left, round its end. */
TEST(levels)
{
	Load *ld = new_load();
	u32 n = 0;

	ld->hash.level[0].nblock = ld->hash.level[1].nblock = 1;
	ld->hash.level[2].nblock = N / BLOCK + 1;
	EXPECT_EQ(number_all(ld, new_object()), 0);
	for (u32 i = 0; i < BLOCK; i++)
		n += ld->hash.level[0].slot[i] != 0 &&
			ld->hash.level[1].slot[i] != 0;
	EXPECT_EQ(n, BLOCK);
}

TEST_MAIN(
	RUN(numbers)
	RUN(levels)
)
