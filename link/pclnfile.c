/*
 * Names of source files in pclntab. A function names a file by its number in
 * the object; cutab has, for each unit, where in filetab each number's name
 * is. Units that share a file share its name.
 *
 * generateFilenameTabs in cmd/link's ld/pcln.go; expandFile.
 */
#include "link/pcln.h"

/* root/rest, cleaned as filepath.Join does it. */
static View join_clean(Mem *m, View root, View rest)
{
	u8 *in = mem_alloc(m, 2 * (root.n + 1 + rest.n)), *out;
	size_t len = root.n + 1 + rest.n, n = 0, i = 0, base = root.p[0] == '/';

	memcpy(in, root.p, root.n);
	in[root.n] = '/';
	memcpy(in + root.n + 1, rest.p, rest.n);
	out = in + len;
	if (base)
		out[n++] = '/';
	while (i < len) {
		size_t end = view_index((View){in, len}, i, '/');
		View e = {in + i, end - i};
		bool up = view_is(e, "..");

		i = end + 1;
		if (e.n == 0 || view_is(e, ".") || (up && base && n == base))
			continue;
		if (up && n > base &&
		    (base || !view_suffix((View){out, n}, ".."))) {
			while (n > base && out[n - 1] != '/')
				n--;
			n -= n > base;
			continue;
		}
		if (n > base)
			out[n++] = '/';
		memcpy(out + n, e.p, e.n);
		n += e.n;
	}
	return (View){out, n};
}

View expand_file(const Link *L, Mem *m, View name)
{
	static const char prefix[] = "gofile..", goroot[] = "$GOROOT";
	size_t n = sizeof goroot - 1;

	if (view_prefix(name, prefix)) {
		name.p += sizeof prefix - 1;
		name.n -= sizeof prefix - 1;
	}
	if (name.n > n && view_prefix(name, goroot) && L->flag.goroot.n &&
	    (name.p[n] == '/' || name.p[n] == '\\'))
		return join_clean(m, L->flag.goroot,
				  (View){name.p + n, name.n - n});
	return name;
}

typedef struct {
	Link *L;
	Pcln *P;
	Map seen;	/* raw name to offset */
} Files;

static void add_file(Files *c, const LObj *o, u32 i)
{
	Pcln *P = c->P;
	PcUnit *u = &P->unit[P->unitof[o->idx] - 1];
	bool fresh;
	MapSlot *slot;

	if (!u->fileoff)
		u->fileoff = mem_alloc(&P->mem[FILES], (size_t)o->o.nfile *
				       sizeof *u->fileoff);
	if (u->fileoff[i])
		return;
	slot = map_put(&c->seen, goobj_file(&o->o, i), 0, &fresh);
	if (fresh) {
		View name = expand_file(c->L, &P->mem[FILES], slot->key);

		P->file = mem_grow(&P->mem[FILES], P->file, P->nfile,
				   &P->capfile, sizeof *P->file);
		P->file[P->nfile++] = (PcFile){name, (u32)P->filesize};
		slot->val.n = P->filesize;
		P->filesize += name.n + 1;
	}
	u->fileoff[i] = 1 + (u32)slot->val.n;
	if (u->n <= i)
		u->n = i + 1;
}

/* A file that the unit has, but only functions of other units name. */
static void fill_unit(const Files *c, const LObj *o)
{
	PcUnit *u = &c->P->unit[c->P->unitof[o->idx] - 1];
	const MapSlot *slot;
	u32 i;

	for (i = 0; i < u->n; i++) {
		if (u->fileoff[i])
			continue;
		slot = map_get(&c->seen, goobj_file(&o->o, i), 0);
		if (slot)
			u->fileoff[i] = 1 + (u32)slot->val.n;
	}
}

void pcln_files(Link *L, Pcln *P)
{
	Files c = {L, P, {0}};
	u32 i, k;

	for (i = 0; i < P->nfunc; i++) {
		const PcFunc *f = &P->func[i];

		for (k = 0; k < f->nfile; k++)
			add_file(&c, f->aux.obj, ld32(f->files + (size_t)k * 4,
						  false));
		for (k = 0; k < f->ninl; k++)
			add_file(&c, f->aux.obj, ld32(f->inl + (size_t)k *
						  INLNODE_SIZE + 4, false));
	}
	for (i = OBJ_FIRST; i < L->nobj; i++)
		if (L->obj[i] && P->unitof[i])
			fill_unit(&c, L->obj[i]);
	for (i = 0; i < P->nunit; i++) {
		P->unit[i].off = P->cuentries;
		P->cuentries += P->unit[i].n;
	}
	map_free(&c.seen);
}
