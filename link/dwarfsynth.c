/*
 * Types of the runtime that no descriptor says: what a string, a slice, a
 * map, a channel is made of. Their DIEs get the fields of a prototype, a
 * struct of the runtime, with those fields changed that depend on the type:
 *
 *   string   runtime.stringStructDWARF
 *   []T      runtime.slice: array *T
 *   map[K]V  a pointer to map<K,V>: dirPtr **table<K,V>;
 *            table<K,V>: groups groupReference<K,V>;
 *            groupReference<K,V>: data *the map's group type
 *   chan T   a pointer to hchan<T>: recvq, sendq waitq<T>;
 *            waitq<T>: first, last *sudog<T>; sudog<T>: elem *T
 *
 * DIEs are gone through from the newest to the oldest, once for each of the
 * four; those made meanwhile are seen by the next of the four only.
 *
 * Source: cmd/link/internal/ld/dwarf.go: synthesizestringtypes ...
 */
#include "link/decodesym.h"
#include "link/dwarf.h"

/* The name behind "go:info.". */
static View die_name(const Link *L, Sym die)
{
	View v = sym_name(L, die);

	return view_prefix(v, "go:info.") ? (View){v.p + 8, v.n - 8} : v;
}

static Sym die_symbol(const Link *L, u32 die)
{
	return L->dwarf->die[die].sym;
}

/* The type that points to what die describes; the runtime may have a
 * descriptor of it or not. */
static Sym defptrto(Link *L, Sym die)
{
	Dwarf *d = L->dwarf;
	View to = die_name(L, die), name;
	Sym s = dwarf_lookup(L, "go:info.*", to), gotype;
	u32 p;

	if (s && d->of[s] & DW_KNOWN)
		return s;
	name = mem_printf(&L->mem, "*%.*s", (int)to.n, (const char *)to.p);
	p = dwarf_newdie(L, DW_ABRV_PTRTYPE, name);
	d->die[p].type = die;
	s = die_symbol(L, p);
	gotype = dwarf_lookup(L, "type:", name);
	if (gotype && sym_reachable(L, gotype)) {
		d->die[p].kind = ABI_Pointer;
		d->die[p].rtype = gotype;
	}
	if (gotype)
		dwarf_describes(L, s, gotype);
	return s;
}

static void copychildren(Link *L, u32 dst, u32 src)
{
	Dwarf *d = L->dwarf;
	u32 n = d->die[src].nchild;
	DwChild *c = dwarf_children(L, dst, n);

	if (n)
		memcpy(c, d->child + d->die[src].child, n * sizeof *c);
}

static void substitutetype(Link *L, u32 die, const char *field, Sym type)
{
	const DwDie *x = &L->dwarf->die[die];
	DwChild *c = L->dwarf->child + x->child;
	u32 k;

	for (k = 0; k < x->nchild; k++)
		if (view_is(c[k].name, field)) {
			c[k].type = type;
			return;
		}
	link_exitf(L, "dwarf substitutetype: %.*s does not have member %s",
		   (int)x->name.n, (const char *)x->name.p, field);
}

/* BASE<K> or BASE<K,V>. If it is there already, its symbol; if not, 0, and
 * *die is a new one, as large as its prototype and with its fields. */
static Sym mkinternaltype(Link *L, const char *base, View k, View v,
			  unsigned proto, u32 *die)
{
	u32 p = dwarf_prototype(L, proto);
	View name = mem_printf(&L->mem, "%s<%.*s%s%.*s>", base, (int)k.n,
			       (const char *)k.p, v.n ? "," : "", (int)v.n,
			       (const char *)v.p);
	Sym s = dwarf_lookup(L, "go:info.", name);

	if (s && row(L, s)->kind == K_SDWARFTYPE)
		return s;
	*die = dwarf_newdie(L, DW_ABRV_STRUCTTYPE, name);
	L->dwarf->die[*die].size = L->dwarf->die[p].size;
	copychildren(L, *die, p);
	return 0;
}

/* ---- strings, slices --------------------------------------------- */

static void string_type(Link *L, u32 die)
{
	copychildren(L, die, dwarf_prototype(L, PROTO_string));
}

static void slice_type(Link *L, u32 die)
{
	copychildren(L, die, dwarf_prototype(L, PROTO_slice));
	substitutetype(L, die, "array",
		       defptrto(L, L->dwarf->die[die].elem));
}

/* ---- maps -------------------------------------------------------- */

static Sym map_groups(Link *L, View key, View val, Sym group)
{
	u32 die;
	Sym s = mkinternaltype(L, "groupReference", key, val, PROTO_groups,
			       &die);

	if (s)
		return s;
	substitutetype(L, die, "data", defptrto(L, group));
	L->dwarf->die[die].kind = ABI_Struct;
	return die_symbol(L, die);
}

static Sym map_table(Link *L, View key, View val, Sym groups)
{
	u32 die;
	Sym s = mkinternaltype(L, "table", key, val, PROTO_table, &die);

	if (s)
		return s;
	substitutetype(L, die, "groups", groups);
	L->dwarf->die[die].kind = ABI_Struct;
	return die_symbol(L, die);
}

static Sym map_map(Link *L, View key, View val, Sym table)
{
	u32 die;
	Sym s = mkinternaltype(L, "map", key, val, PROTO_map, &die);

	if (s)
		return s;
	substitutetype(L, die, "dirPtr", defptrto(L, defptrto(L, table)));
	L->dwarf->die[die].kind = ABI_Struct;
	return die_symbol(L, die);
}

static void map_type(Link *L, u32 die)
{
	TypeDesc t = decodetype(L, L->dwarf->die[die].type);
	Sym key = dwarf_defgotype(L, decodetype_elem(&t));
	Sym val = dwarf_defgotype(L, decodetype_map_value(&t));
	Sym group = dwarf_defgotype(L, decodetype_map_group(&t));
	View k = die_name(L, key), v = die_name(L, val);
	Sym s = map_groups(L, k, v, group);

	s = map_table(L, k, v, s);
	s = map_map(L, k, v, s);
	s = defptrto(L, s);
	L->dwarf->die[die].type = s;
}

/* ---- channels ---------------------------------------------------- */

static Sym chan_sudog(Link *L, View name, Sym elem)
{
	u32 die;
	Sym s = mkinternaltype(L, "sudog", name, (View){0}, PROTO_sudog,
			       &die);

	if (s)
		return s;
	substitutetype(L, die, "elem", defptrto(L, elem));
	return die_symbol(L, die);
}

static Sym chan_waitq(Link *L, View name, Sym sudog)
{
	u32 die;
	Sym s = mkinternaltype(L, "waitq", name, (View){0}, PROTO_waitq,
			       &die);

	if (s)
		return s;
	s = defptrto(L, sudog);
	substitutetype(L, die, "first", s);
	substitutetype(L, die, "last", s);
	return die_symbol(L, die);
}

static Sym chan_hchan(Link *L, View name, Sym waitq)
{
	u32 die;
	Sym s = mkinternaltype(L, "hchan", name, (View){0}, PROTO_hchan,
			       &die);

	if (s)
		return s;
	substitutetype(L, die, "recvq", waitq);
	substitutetype(L, die, "sendq", waitq);
	return die_symbol(L, die);
}

static void chan_type(Link *L, u32 die)
{
	Sym gotype = L->dwarf->die[die].type;
	Sym elem = dwarf_defgotype(L, gotype), s;
	View name = die_name(L, elem);

	s = chan_sudog(L, name, elem);
	s = chan_waitq(L, name, s);
	s = chan_hchan(L, name, s);
	s = defptrto(L, s);
	L->dwarf->die[die].type = s;
}

/* ---- all --------------------------------------------------------- */

void dwarf_synthesize(Link *L)
{
	static const struct {
		Abbrev abbrev;
		void (*make)(Link *L, u32 die);
		u8 proto[3];	/* needed even if there is no such type */
	} step[] = {
		{DW_ABRV_STRINGTYPE, string_type,
		 {PROTO_string, PROTO_string, PROTO_string}},
		{DW_ABRV_SLICETYPE, slice_type,
		 {PROTO_slice, PROTO_slice, PROTO_slice}},
		{DW_ABRV_MAPTYPE, map_type,
		 {PROTO_map, PROTO_table, PROTO_groups}},
		{DW_ABRV_CHANTYPE, chan_type,
		 {PROTO_sudog, PROTO_waitq, PROTO_hchan}},
	};
	unsigned k, i;
	u32 n;

	for (k = 0; k < NELEM(step); k++) {
		n = L->dwarf->ndie;
		for (i = 0; i < NELEM(step[k].proto); i++)
			dwarf_prototype(L, step[k].proto[i]);
		while (n-- > 0)
			if (L->dwarf->die[n].abbrev == step[k].abbrev)
				step[k].make(L, n);
	}
}
