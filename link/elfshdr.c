/*
 * ELF section headers: made in one order, standing in the file in another:
 * those in memory by address, then the rest as made. References between
 * them are by the first number (an index in Elf.shdr); Elf.num gives the
 * second. Their names in .shstrtab are in the order of the file, but those
 * of sections with relocations come first, whose ends serve as names too.
 *
 * Source: cmd/link/internal/ld/elf.go.
 */
#include "link/elf.h"

u32 new_shdr(Link *L, const char *name)
{
	struct Elf *e = L->elf;

	if (e->nshdr == MAXSHDR)
		link_exitf(L, "too many ELF sections");
	e->shdr[e->nshdr].name = name;
	return e->nshdr++;
}

u32 shdr_index(Link *L, const char *name)
{
	u32 i;

	for (i = 0; i < L->elf->nshdr; i++)
		if (strcmp(L->elf->shdr[i].name, name) == 0)
			return i;
	return new_shdr(L, name);
}

Shdr *shdr_named(Link *L, const char *name)
{
	return &L->elf->shdr[shdr_index(L, name)];
}

void for_sections(Link *L, void (*fn)(Link *L, Sect *s))
{
	u32 i, k;

	for (i = 0; i < NSEG; i++)
		for (k = 0; k < L->seg[i].n; k++)
			fn(L, L->seg[i].sect[k]);
}

/* There may be several .text. */
void name_section(Link *L, Sect *s)
{
	if (strcmp(s->name, ".text") == 0)
		s->elfsect = new_shdr(L, s->name);
	else
		s->elfsect = shdr_index(L, s->name);
}

/* elfshbits: what follows from the section, unless it is of a special type
 * and has been described already. */
void describe_section(Link *L, Sect *s)
{
	Shdr *h = &L->elf->shdr[s->elfsect];
	bool tls = strcmp(s->name, ".tbss") == 0;
	bool debug = strncmp(s->name, ".debug", 6) == 0;

	if (h->type)
		return;
	h->type = !tls && s->vaddr < s->seg->vaddr + s->seg->filelen
		? SHT_PROGBITS : SHT_NOBITS;
	h->addr = s->vaddr;
	h->flags = SHF_ALLOC | (s->rwx & 1 ? SHF_EXECINSTR : 0) |
		(s->rwx & 2 ? SHF_WRITE : 0) | (tls ? SHF_TLS : 0);
	if (debug) {
		h->addr = 0;
		h->flags = s->compressed ? SHF_COMPRESSED : 0;
	}
	h->align = s->align;
	h->size = s->length;
	if (!tls)
		h->off = s->seg->fileoff + s->vaddr - s->seg->vaddr;
}

/* ---- order and names of section headers ------------------------------ */

static bool comes_before(const Shdr *a, const Shdr *b)
{
	bool in_memory = a->flags & SHF_ALLOC;

	if (in_memory != (bool)(b->flags & SHF_ALLOC))
		return in_memory;
	if (!in_memory || a->addr != b->addr)
		return in_memory && a->addr < b->addr;
	return a->size < b->size;
}

/* elfSortShdrs: stable; the null header stays in front. */
void sort_shdrs(struct Elf *e)
{
	u32 i, k;

	for (i = 0; i < e->nshdr; i++) {
		for (k = i; k > 1 && comes_before(&e->shdr[i],
				&e->shdr[e->order[k - 1]]); k--)
			e->order[k] = e->order[k - 1];
		e->order[k] = (u16)i;
	}
	for (i = 0; i < e->nshdr; i++)
		e->num[e->order[i]] = (u16)i;
}

/* Section names on their way into .shstrtab. */
typedef struct {
	struct { const char *name; u32 off; } known[2 * MAXSHDR];
	u32 n;
	Buf text;
} Names;

static void know(Names *t, const char *name, u32 off)
{
	t->known[t->n].name = name;
	t->known[t->n++].off = off;
}

static bool known(const Names *t, const char *name, u32 *off)
{
	u32 i;

	for (i = 0; i < t->n; i++)
		if (strcmp(t->known[i].name, name) == 0) {
			*off = t->known[i].off;
			return true;
		}
	return false;
}

static u32 add_name(Names *t, const char *name)
{
	u32 off = (u32)t->text.n;

	buf_add(&t->text, view_of(name, strlen(name) + 1));
	return off;
}

/* ".rela.plt" comes first and lends its end to ".plt". */
static void rel_names(struct Elf *e, Names *t, const char *prefix)
{
	size_t n = strlen(prefix);
	u32 i, off;

	for (i = 0; i < e->nshdr; i++) {
		const char *name = e->shdr[e->order[i]].name;

		if (strncmp(name, prefix, n) != 0)
			continue;
		if (!known(t, name + n, &off))
			know(t, name + n, (u32)(t->text.n + n));
		know(t, name, add_name(t, name));
	}
}

Buf shstrtab(Link *L)
{
	struct Elf *e = L->elf;
	Names t = {.n = 0};
	u32 i;

	know(&t, "", add_name(&t, ""));
	rel_names(e, &t, elf_rela(L) ? ".rela" : ".rel");
	for (i = 0; i < e->nshdr; i++) {
		Shdr *h = &e->shdr[e->order[i]];

		if (!known(&t, h->name, &h->nameoff)) {
			h->nameoff = add_name(&t, h->name);
			know(&t, h->name, h->nameoff);
		}
	}
	return t.text;
}
