/*
 * ELF's dynamic section: {tag, value} pairs, by which the loader finds its
 * tables. The values are addresses, not offsets, and the tables are taken
 * from the bytes that a segment has there, as the loader would; section
 * headers are not asked.
 *
 * Sources: the System V gABI, chapter 5; the numbers of Android and GNU from
 * llvm/BinaryFormat/DynamicTags.def.
 */
#include "objabi/objabi.h"

enum { EM_S390 = 22 };
enum { DF_1_PIE = 0x08000000 };

enum {
	D_PLTRELSZ, D_HASH, D_STRTAB, D_SYMTAB, D_RELA, D_RELASZ, D_RELAENT,
	D_STRSZ, D_SYMENT, D_REL, D_RELSZ, D_RELENT, D_PLTREL, D_JMPREL,
	D_RELRSZ, D_RELR, D_RELRENT, D_ANDROID_REL, D_ANDROID_RELSZ,
	D_ANDROID_RELA, D_ANDROID_RELASZ, D_ANDROID_RELR, D_ANDROID_RELRSZ,
	D_ANDROID_RELRENT, D_GNU_HASH, D_FLAGS_1, ND
};

static const u32 dyn_tag[ND] = {
	[D_PLTRELSZ] = 2, [D_HASH] = 4, [D_STRTAB] = 5, [D_SYMTAB] = 6,
	[D_RELA] = 7, [D_RELASZ] = 8, [D_RELAENT] = 9, [D_STRSZ] = 10,
	[D_SYMENT] = 11, [D_REL] = 17, [D_RELSZ] = 18, [D_RELENT] = 19,
	[D_PLTREL] = 20, [D_JMPREL] = 23,
	[D_RELRSZ] = 35, [D_RELR] = 36, [D_RELRENT] = 37,
	[D_ANDROID_REL] = 0x6000000f, [D_ANDROID_RELSZ] = 0x60000010,
	[D_ANDROID_RELA] = 0x60000011, [D_ANDROID_RELASZ] = 0x60000012,
	[D_ANDROID_RELR] = 0x6fffe000, [D_ANDROID_RELRSZ] = 0x6fffe001,
	[D_ANDROID_RELRENT] = 0x6fffe003,
	[D_GNU_HASH] = 0x6ffffef5, [D_FLAGS_1] = 0x6ffffffb,
};

/* The values, and the file offset of each entry: 0, there is none. */
typedef struct {
	u64 val[ND], off[ND];
} Dyn;

/* From addr to the end of its segment's bytes: tables whose length the
 * loader does not need either. */
static View bytes_from(const Image *img, u64 addr)
{
	const Segment *s = image_segment(img, addr);
	View v = {img->file.p, 0};

	if (s && addr - s->addr < s->data.n)
		view_sub(s->data, addr - s->addr,
			 s->data.n - (addr - s->addr), &v);
	return v;
}

/* Like the loaders: from p_vaddr to DT_NULL, whatever p_filesz says, and
 * the last entry of a tag counts. */
static void read_dynamic(const Image *img, View v, Dyn *d)
{
	unsigned word = img->ptrsize;

	for (size_t at = 0; view_has(v, at, 2 * word); at += 2 * word) {
		u64 tag = ldptr(v.p + at, word, img->big);

		if (tag == 0)
			break;
		for (int i = 0; i < ND; i++) {
			if (tag != dyn_tag[i])
				continue;
			d->val[i] = ldptr(v.p + at + word, word, img->big);
			d->off[i] = (u64)(v.p - img->file.p) + at;
		}
	}
}

/* The first thing wrong with the dynamic section is kept for dynrelocs:
 * the file can be looked at without. */
static void blame(Image *img, const char *why, u64 off)
{
	if (!img->elf.dynfault.why)
		img->elf.dynfault = fault(why, off);
}

static void open_tables(Image *img, const Dyn *d)
{
	ElfImage *e = &img->elf;
	const struct { View *to; u8 addr, size; } table[] = {
		{&e->rel, D_REL, D_RELSZ},
		{&e->rela, D_RELA, D_RELASZ},
		{&e->relr, D_RELR, D_RELRSZ},
		{&e->android_relr, D_ANDROID_RELR, D_ANDROID_RELRSZ},
		{&e->jmprel, D_JMPREL, D_PLTRELSZ},
		{&e->android_rel, D_ANDROID_REL, D_ANDROID_RELSZ},
		{&e->android_rela, D_ANDROID_RELA, D_ANDROID_RELASZ},
	};

	for (size_t i = 0; i < NELEM(table); i++) {
		u8 a = table[i].addr, n = table[i].size;

		if (d->off[a] == 0 || d->val[n] == 0)
			continue;
		if (!image_bytes(img, d->val[a], d->val[n], table[i].to,
				 NULL))
			blame(img, "a table of relocations is not in the "
			      "file", d->off[a]);
	}
}

static void check_entries(Image *img, const Dyn *d)
{
	ElfImage *e = &img->elf;
	const struct { u64 want; u8 tag; } ent[] = {
		{e->relent, D_RELENT}, {e->relaent, D_RELAENT},
		{e->syment, D_SYMENT}, {img->ptrsize, D_RELRENT},
		{img->ptrsize, D_ANDROID_RELRENT},
	};

	for (size_t i = 0; i < NELEM(ent); i++)
		if (d->off[ent[i].tag] && d->val[ent[i].tag] != ent[i].want)
			blame(img, "the dynamic section has entries of an "
			      "unknown size", d->off[ent[i].tag]);
	e->jmprel_is_rela = d->off[D_PLTREL] ?
		d->val[D_PLTREL] == dyn_tag[D_RELA] : d->off[D_RELA] != 0;
	if (d->off[D_PLTREL] && !e->jmprel_is_rela &&
	    d->val[D_PLTREL] != dyn_tag[D_REL])
		blame(img, "DT_PLTREL is neither REL nor RELA",
		      d->off[D_PLTREL]);
}

/* Some linkers count JMPREL into RELA: then RELA is enough, if it has the
 * same entries and not others in between. */
static void drop_doubled(Image *img)
{
	ElfImage *e = &img->elf;
	View all = e->jmprel_is_rela ? e->rela : e->rel;
	unsigned size = (e->jmprel_is_rela ? 3u : 2u) * img->ptrsize;

	if (e->jmprel.n && all.n && e->jmprel.p >= all.p &&
	    e->jmprel.p + e->jmprel.n <= all.p + all.n &&
	    (size_t)(e->jmprel.p - all.p) % size == 0)
		e->jmprel.n = 0;
}

/* The highest symbol of DT_GNU_HASH ends the chain of the highest bucket. */
static u64 gnu_hash_count(const Image *img, View v)
{
	Cursor c = cursor(v, img->big);
	u32 nbucket = cur_u32(&c), first = cur_u32(&c), nbloom = cur_u32(&c);
	u64 top = 0;

	cur_u32(&c);
	cur_bytes(&c, (u64)nbloom * img->ptrsize);
	for (u32 i = 0; i < nbucket && !c.err; i++) {
		u32 b = cur_u32(&c);

		top = b > top ? b : top;
	}
	if (top < first)
		return c.err ? 0 : first;
	cur_bytes(&c, (top - first) * 4);
	while (!c.err && !(cur_u32(&c) & 1))
		top++;
	return c.err ? 0 : top + 1;
}

/* The number of dynamic symbols is only in the hash tables. s390x has
 * hash words of 8 bytes. */
static u64 dynsym_count(const Image *img, const Dyn *d)
{
	bool wide = img->arch && img->arch->elf == EM_S390;
	unsigned word = wide ? 8 : 4;
	Cursor c;

	if (d->off[D_HASH]) {
		c = cursor(bytes_from(img, d->val[D_HASH]), img->big);
		cur_ptr(&c, word);
		return cur_ptr(&c, word);
	}
	if (d->off[D_GNU_HASH])
		return gnu_hash_count(img, bytes_from(img,
						      d->val[D_GNU_HASH]));
	return 0;
}

static void open_dynsym(Image *img, const Dyn *d)
{
	ElfImage *e = &img->elf;
	u64 n;

	e->dynsym = bytes_from(img, d->val[D_SYMTAB]);
	image_bytes(img, d->val[D_STRTAB], d->val[D_STRSZ], &e->dynstr, NULL);
	if (e->symtab.n)
		return;
	n = dynsym_count(img, d);
	if (n > e->dynsym.n / e->syment)
		return;
	view_sub(e->dynsym, 0, n * e->syment, &e->symtab);
	e->strtab = e->dynstr;
}

void elf_open_dynamic(Image *img, u64 addr, u64 at)
{
	View v = bytes_from(img, addr);
	Dyn d = {0};

	if (v.n < 2u * img->ptrsize) {
		blame(img, "the dynamic section is not in the file", at);
		return;
	}
	read_dynamic(img, v, &d);
	open_tables(img, &d);
	check_entries(img, &d);
	drop_doubled(img);
	if (d.off[D_SYMTAB])
		open_dynsym(img, &d);
	img->pie = (d.val[D_FLAGS_1] & DF_1_PIE) != 0;
}
