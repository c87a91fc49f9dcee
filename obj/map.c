/*
 * A hash map from bytes to a pointer. Names come from input: the hash is
 * keyed with what the kernel gives each process, so that nobody can write
 * names that all fall into one slot.
 */
#include <stdlib.h>
#include <sys/auxv.h>

#include "obj/obj.h"

static u64 mix(u64 a, u64 b)
{
	__extension__ typedef unsigned __int128 u128;
	u128 x = (u128)a * b;

	return (u64)x ^ (u64)(x >> 64);
}

static void set_key(Map *m)
{
	const u8 *seed = (const u8 *)(uintptr_t)getauxval(AT_RANDOM);

	m->k0 = seed ? ld64(seed, false) : 0x9e3779b97f4a7c15;
	m->k1 = seed ? ld64(seed + 8, false) : 0xc2b2ae3d27d4eb4f;
}

static u64 hash_of(const Map *m, View key, u64 tag)
{
	u64 k0 = m->k0, k1 = m->k1, h = mix(k0 ^ tag, k1 ^ key.n);
	size_t i;

	for (i = 0; key.n - i >= 8; i += 8)
		h = mix(h ^ ld64(key.p + i, false), k1 ^ (i + k0));
	if (i < key.n) {
		u8 tail[8] = {0};

		memcpy(tail, key.p + i, key.n - i);
		h = mix(h ^ ld64(tail, false), k1 ^ (i + k0));
	}
	return mix(h, k0 | 1);
}

static MapSlot *probe(const Map *m, View key, u64 tag, u64 hash)
{
	size_t i = (size_t)hash & (m->cap - 1);

	while (m->slot[i].used &&
	       !(m->slot[i].hash == hash && m->slot[i].tag == tag &&
		 view_eq(m->slot[i].key, key)))
		i = (i + 1) & (m->cap - 1);
	return &m->slot[i];
}

/* Pages of calloc's that are read before they are written cost two faults. */
static void grow(Map *m)
{
	Map bigger = {.n = m->n, .cap = m->cap ? 2 * m->cap : 16,
		      .k0 = m->k0, .k1 = m->k1};

	bigger.slot = xrealloc(NULL, bigger.cap * sizeof *bigger.slot);
	memset(bigger.slot, 0, bigger.cap * sizeof *bigger.slot);
	for (size_t i = 0; i < m->cap; i++) {
		const MapSlot *s = &m->slot[i];

		if (s->used)
			*probe(&bigger, s->key, s->tag, s->hash) = *s;
	}
	free(m->slot);
	*m = bigger;
}

MapSlot *map_put(Map *m, View key, u64 tag, bool *fresh)
{
	MapSlot *s;
	u64 hash;

	if (m->cap == 0)
		set_key(m);
	if (m->n >= m->cap / 2)
		grow(m);
	hash = hash_of(m, key, tag);
	s = probe(m, key, tag, hash);
	*fresh = !s->used;
	if (!s->used) {
		*s = (MapSlot){key, tag, hash, {0}, true};
		m->n++;
	}
	return s;
}

const MapSlot *map_get(const Map *m, View key, u64 tag)
{
	const MapSlot *s;

	if (m->cap == 0)
		return NULL;
	s = probe(m, key, tag, hash_of(m, key, tag));
	return s->used ? s : NULL;
}

void map_free(Map *m)
{
	free(m->slot);
	*m = (Map){0};
}
