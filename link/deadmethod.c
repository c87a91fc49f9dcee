/*
 * deadcode's methods: of those that types in interfaces have, which may be
 * called. A method waits in the list of its signature, which is in the list
 * of its name, until one of them is wanted; then its three relocations are
 * followed. Names are numbered by their bytes, since a name may be in several
 * symbols; types of methods by their symbols, for these are one each.
 *
 * Source: cmd/link/internal/ld/deadcode.go
 */
#include "link/deadcode.h"

static void mark_method(Deadcode *d, const Method *m)
{
	Rels r = sym_rels(d->L, m->src);

	for (u32 k = m->rel; k < m->rel + 3; k++)
		mark(d, d->into, rel_at(d->L, r, k).sym, m->src);
}

void want_sig(Deadcode *d, u32 sig)
{
	Sig *s = &d->sig[sig];

	s->wanted = true;
	for (u32 m = s->methods; m; m = d->method[m].next)
		mark_method(d, &d->method[m]);
	s->methods = 0;
}

void want_name(Deadcode *d, u32 name)
{
	if (d->name[name].wanted)
		return;
	d->name[name].wanted = true;
	for (u32 s = d->name[name].sigs; s; s = d->sig[s].next)
		want_sig(d, s);
}

void see_reflect(Deadcode *d)
{
	if (d->reflect_seen)
		return;
	d->reflect_seen = true;
	for (u32 n = 1; n < d->nname; n++)
		if (d->name[n].exported)
			want_name(d, n);
}

u32 name_number(Deadcode *d, View name, bool exported)
{
	bool fresh;
	MapSlot *slot = map_put(&d->name_of, name, 0, &fresh);

	if (fresh) {
		d->name = mem_grow(&d->L->tmp, d->name, d->nname, &d->capname,
				   sizeof *d->name);
		d->name[d->nname] = (Name){0};
		slot->val.n = d->nname++;
	}
	/* The compiler's word for it; R_USENAMEDMETHOD does not have it. */
	d->name[slot->val.n].exported |= exported;
	if (exported && d->reflect_seen)
		want_name(d, (u32)slot->val.n);
	return (u32)slot->val.n;
}

static u32 *pair_slot(const PairMap *m, u64 key)
{
	u64 h = (key ^ m->seed) * 0x9e3779b97f4a7c15;
	u32 i = (u32)(h >> 32) & m->mask;

	while (m->key[i] && m->key[i] != key)
		i = (i + 1) & m->mask;
	return &m->val[i];
}

/* Room for one more; half of the slots stay free. */
static void pair_grow(Mem *mem, PairMap *m)
{
	PairMap old = *m;

	if (m->key && m->n <= m->mask / 2)
		return;
	m->mask = m->key ? 2 * m->mask + 1 : 4095;
	m->key = mem_alloc(mem, ((size_t)m->mask + 1) * sizeof *m->key);
	m->val = mem_alloc(mem, ((size_t)m->mask + 1) * sizeof *m->val);
	for (u32 i = 0; old.key && i <= old.mask; i++) {
		u32 *slot;

		if (!old.key[i])
			continue;
		slot = pair_slot(m, old.key[i]);
		m->key[slot - m->val] = old.key[i];
		*slot = old.val[i];
	}
}

/* The number of key, to be set if it is 0. */
static u32 *pair_put(Deadcode *d, PairMap *m, u64 key)
{
	u32 *slot;

	pair_grow(&d->L->tmp, m);
	slot = pair_slot(m, key);
	if (!*slot) {
		m->key[slot - m->val] = key;
		m->n++;
	}
	return slot;
}

static u32 name_sym_number(Deadcode *d, Sym s)
{
	u32 *n = pair_put(d, &d->name_of_sym, s + (u64)1);
	u8 flags;
	View name;

	if (!*n) {
		name = decode_name(d->L, s, &flags);
		*n = name_number(d, name, flags & 1);
	}
	return *n;
}

u32 sig_number(Deadcode *d, Sym name, Sym type)
{
	u32 n = name_sym_number(d, name), *slot;

	slot = pair_put(d, &d->sig_of, (u64)n << 32 | type);
	if (*slot)
		return *slot;
	d->sig = mem_grow(&d->L->tmp, d->sig, d->nsig, &d->capsig,
			  sizeof *d->sig);
	d->sig[d->nsig] = (Sig){.next = d->name[n].sigs,
				.wanted = d->name[n].wanted};
	d->name[n].sigs = d->nsig;
	return *slot = d->nsig++;
}

/* In front of its type the descriptor has a method's name. */
void add_method(Deadcode *d, Sym src, Rels r, u32 k, Rel mtyp)
{
	Method m = {.src = src, .rel = k};
	Rel name = {0};
	u32 sig;

	if (k > 0)
		name = rel_at(d->L, r, k - 1);
	if (k == 0 || name.off != mtyp.off - 4)
		name.sym = decode_reloc_sym(d->L, r, (u32)mtyp.off - 4);
	sig = sig_number(d, name.sym, mtyp.sym);
	if (d->sig[sig].wanted) {
		mark_method(d, &m);
		return;
	}
	d->method = mem_grow(&d->L->tmp, d->method, d->nmethod, &d->capmethod,
			     sizeof *d->method);
	m.next = d->sig[sig].methods;
	d->sig[sig].methods = d->nmethod;
	d->method[d->nmethod++] = m;
}

void deadmethod_init(Deadcode *d)
{
	Mem *m = &d->L->tmp;

	d->sig_of.seed = d->name_of_sym.seed = d->ld->seed[0];
	d->nname = d->nsig = d->nmethod = 1;
	d->name = mem_grow(m, NULL, 0, &d->capname, sizeof *d->name);
	d->sig = mem_grow(m, NULL, 0, &d->capsig, sizeof *d->sig);
	d->method = mem_grow(m, NULL, 0, &d->capmethod, sizeof *d->method);
}

void deadmethod_free(Deadcode *d)
{
	map_free(&d->name_of);
}
