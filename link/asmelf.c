/*
 * asmb2 for ELF: headers, notes and string tables, when everything else has
 * its place.
 *
 *	0x0000  ELF header; program headers; section headers
 *	        ... .note.go.buildid .note.gnu.build-id .interp
 *	0x1000  .text ...: what asmb has written
 *	end     .symtab .strtab .shstrtab
 *
 * Source: asmbElf in cmd/link/internal/ld/elf.go.
 */
#include <stdlib.h>
#include <sys/stat.h>

#include "link/elf.h"

enum { ET_EXEC = 2, ET_DYN = 3 };
enum { NOTE_GNU_BUILD_ID = 3, NOTE_GO_BUILDID = 4 };

static Phdr *new_phdr(Link *L, u32 type, u32 flags)
{
	struct Elf *e = L->elf;
	Phdr *p = &e->phdr[e->nphdr];

	if (e->nphdr == MAXPHDR)
		DIE("too many program headers");
	e->nphdr++;
	p->type = type;
	p->flags = flags;
	return p;
}

/* phsh: the segment is what the section is. */
static void cover(Phdr *p, const Shdr *h)
{
	p->addr = h->addr;
	p->off = h->off;
	p->filesz = p->memsz = h->size;
	p->align = h->align;
}

/* ---- the reserved page, from its end downwards ----------------------- */

typedef struct {
	u64 base;	/* address of file offset 0 */
	u64 off;	/* of the lowest byte taken so far */
} Reserve;

static void take_interp(Link *L, Reserve *r)
{
	Shdr *h = shdr_named(L, ".interp");

	h->type = SHT_PROGBITS;
	h->flags = SHF_ALLOC;
	h->align = 1;
	h->size = strlen(L->elf->interp) + 1;
	r->off -= h->size;
	h->off = r->off;
	h->addr = r->base + r->off;
	cover(new_phdr(L, PT_INTERP, PF_R), h);
}

static u64 round4(u64 n)
{
	return (n + 3) & ~(u64)3;
}

/* *p: the PT_NOTE; it covers only the note that was taken last. */
static void take_note(Link *L, Reserve *r, const char *name, View desc,
		      Phdr **p)
{
	Shdr *h;

	if (!desc.n)
		return;
	h = shdr_named(L, name);
	h->type = SHT_NOTE;
	h->flags = SHF_ALLOC;
	h->align = 4;
	h->size = 3 * 4 + 4 + round4(desc.n);
	r->off = (r->off & ~(u64)3) - h->size;
	h->off = r->off;
	h->addr = r->base + r->off;
	if (!*p)
		*p = new_phdr(L, PT_NOTE, PF_R);
	cover(*p, h);
}

static void put_note(Link *L, u8 *head, const char *section, const char *name,
		     u32 type, View desc)
{
	bool big = L->arch->big;
	u8 *p;

	if (!desc.n)
		return;
	p = head + shdr_named(L, section)->off;
	st32(p, 4, big);
	st32(p + 4, (u32)desc.n, big);
	st32(p + 8, type, big);
	memcpy(p + 12, name, 4);
	memcpy(p + 16, desc.p, desc.n);
}

static bool there(const char *path)
{
	struct stat st;

	return path && stat(path, &st) == 0;
}

/* With neither C library on this machine it is glibc's. */
static const char *interpreter(const Link *L)
{
	const LinkArch *a = L->la;

	if (L->flag.interp.n)
		return (const char *)L->flag.interp.p;
	return !there(a->dynld) && there(a->dynldmusl) ? a->dynldmusl
		: a->dynld;
}

/* ---- program headers ------------------------------------------------- */

static Phdr *load_segment(Link *L, u32 type, const Seg *s)
{
	Phdr *p = new_phdr(L, type, type == PT_LOAD ? s->rwx : PF_R);

	p->addr = s->vaddr;
	p->memsz = s->length;
	p->off = s->fileoff;
	p->filesz = s->filelen;
	p->align = (u64)L->flag.round;
	return p;
}

/* fixElfPhdr: from the start of a page on. */
static void align_down(Phdr *p)
{
	u64 frag = p->addr & (p->align - 1);

	p->off -= frag;
	p->addr -= frag;
	p->filesz += frag;
	p->memsz += frag;
}

/* The text segment includes the headers, since PT_PHDR must be mapped. */
static void load_segments(Link *L, const Phdr *headers)
{
	Seg text = L->seg[SEG_TEXT];
	u64 more = text.vaddr - headers->addr;

	text.vaddr -= more;
	text.length += more;
	more = text.fileoff - headers->off;
	text.fileoff -= more;
	text.filelen += more;
	align_down(load_segment(L, PT_LOAD, &text));
	if (L->seg[SEG_RODATA].n)
		align_down(load_segment(L, PT_LOAD, &L->seg[SEG_RODATA]));
	if (L->seg[SEG_RELRODATA].n) {
		align_down(load_segment(L, PT_LOAD, &L->seg[SEG_RELRODATA]));
		load_segment(L, PT_GNU_RELRO, &L->seg[SEG_RELRODATA]);
	}
	align_down(load_segment(L, PT_LOAD, &L->seg[SEG_DATA]));
}

/* ---- dynamic sections ------------------------------------------------ */

/* One section that the dynamic linker reads; align and entsize in words of
 * a pointer if they are negative. */
typedef struct {
	const char *name;
	u32 type;
	u8 flags;	/* besides SHF_ALLOC */
	signed char entsize, align;
	u8 info;
	const char *link, *infosect;
	size_t sym;
} DynSect;

/* Datoff: there is one line from addresses to offsets for the data segment
 * and one for all others. */
static u64 datoff(const Link *L, u64 addr)
{
	const Seg *s = &L->seg[addr >= L->seg[SEG_DATA].vaddr ? SEG_DATA
		: SEG_TEXT];

	return addr - s->vaddr + s->fileoff;
}

static u64 units(const Link *L, int n)
{
	return n < 0 ? (u64)(-n * L->arch->ptrsize) : (u64)n;
}

static Shdr *dyn_section(Link *L, const DynSect *d)
{
	struct Elf *e = L->elf;
	u32 i = shdr_index(L, d->name);
	Sym s;

	memcpy(&s, (u8 *)e + d->sym, sizeof s);
	e->shdr[i].type = d->type;
	e->shdr[i].flags = SHF_ALLOC | d->flags;
	e->shdr[i].entsize = units(L, d->entsize);
	e->shdr[i].align = units(L, d->align);
	e->shdr[i].info = d->info;
	if (d->link)
		e->shdr[i].linksect = 1 + shdr_index(L, d->link);
	if (d->infosect)
		e->shdr[i].infosect = 1 + shdr_index(L, d->infosect);
	e->shdr[i].addr = (u64)row(L, s)->value;
	e->shdr[i].off = datoff(L, e->shdr[i].addr);
	e->shdr[i].size = row(L, s)->size;
	return &e->shdr[i];
}

static void tls_segment(Link *L)
{
	const Seg *data = &L->seg[SEG_DATA];
	Phdr *p;
	u32 i;

	for (i = 0; i < data->n; i++)
		if (strcmp(data->sect[i]->name, ".tbss") == 0 &&
		    data->sect[i]->length) {
			p = new_phdr(L, PT_TLS, PF_R);
			p->memsz = data->sect[i]->length;
			p->align = L->arch->ptrsize;
		}
}

#define AT(member) offsetof(struct Elf, member)
#define RELA SHT_RELA, 0, -3, -1, 0, ".dynsym"

static void dynamic_headers(Link *L)
{
	static const DynSect sections[] = {
		{".dynsym", SHT_DYNSYM, 0, -3, -1, 1, ".dynstr", NULL,
		 AT(dynsym)},
		{".dynstr", SHT_STRTAB, 0, 0, 1, 0, NULL, NULL, AT(dynstr)},
		{".rela.plt", RELA, ".plt", AT(relaplt)},
		{".rela", RELA, NULL, AT(rela)},
		{".plt", SHT_PROGBITS, SHF_EXECINSTR, 0, 0, 0, NULL, NULL,
		 AT(plt)},
		{".got", SHT_PROGBITS, SHF_WRITE, -1, -1, 0, NULL, NULL,
		 AT(got)},
		{".got.plt", SHT_PROGBITS, SHF_WRITE, -1, -1, 0, NULL, NULL,
		 AT(gotplt)},
		{".hash", SHT_HASH, 0, 4, -1, 0, ".dynsym", NULL, AT(hash)},
		{".dynamic", SHT_DYNAMIC, SHF_WRITE, -2, -1, 0, ".dynstr",
		 NULL, AT(dynamic)},
	};
	Shdr *h = NULL;
	size_t i;

	for (i = 0; i < NELEM(sections); i++)
		h = dyn_section(L, &sections[i]);
	cover(new_phdr(L, PT_DYNAMIC, PF_R | PF_W), h);
	h = shdr_named(L, ".plt");
	h->entsize = h->align = L->la->pltentry;
	tls_segment(L);
}

/* ---- symbol and string tables ---------------------------------------- */

/* Behind everything; returns where .shstrtab begins. */
static u64 put_symtab(Link *L, u64 at)
{
	ElfSyms t = asm_elf_sym(L, at);
	Shdr *h = shdr_named(L, ".symtab");

	h->type = SHT_SYMTAB;
	h->off = t.symtab;
	h->entsize = elf64(L) ? ELFSYM_SIZE : ELFSYM32_SIZE;
	h->size = t.nsym * h->entsize;
	h->align = L->arch->ptrsize;
	h->linksect = 1 + shdr_index(L, ".strtab");
	h->info = (u32)t.nlocal;
	h = shdr_named(L, ".strtab");
	h->type = SHT_STRTAB;
	h->off = t.strtab;
	h->size = t.strlen;
	h->align = 1;
	return t.strtab + t.strlen;
}

static void put_tables(Link *L)
{
	const Seg *last = &L->seg[SEG_DWARF];
	u64 ptr = L->arch->ptrsize;
	u64 at = (last->fileoff + last->filelen + ptr - 1) & ~(ptr - 1);
	Buf names;
	Shdr *h;

	sort_shdrs(L->elf);
	if (!L->flag.s)
		at = put_symtab(L, at);
	names = shstrtab(L);
	h = shdr_named(L, ".shstrtab");
	h->type = SHT_STRTAB;
	h->off = at;
	h->size = names.n;
	h->align = 1;
	out_write(L, at, view_of(names.p, names.n));
	L->outlen = at + names.n;
	buf_free(&names);
}

/* ---- writing the headers --------------------------------------------- */

typedef struct {
	u8 *p;
	bool big, wide;
} Put;

static void half(Put *o, u32 x)
{
	put16(o->p, (u16)x, o->big);
	o->p += 2;
}

static void word(Put *o, u32 x)
{
	st32(o->p, x, o->big);
	o->p += 4;
}

/* Of the size of an address. */
static void addr(Put *o, u64 x)
{
	if (!o->wide) {
		word(o, (u32)x);
		return;
	}
	st64(o->p, x, o->big);
	o->p += 8;
}

static void put_phdr(Put *o, const Phdr *p)
{
	word(o, p->type);
	if (o->wide)
		word(o, p->flags);
	addr(o, p->off);
	addr(o, p->addr);
	addr(o, p->addr);
	addr(o, p->filesz);
	addr(o, p->memsz);
	if (!o->wide)
		word(o, p->flags);
	addr(o, p->align);
}

static void put_shdr(const struct Elf *e, Put *o, const Shdr *h)
{
	word(o, h->nameoff);
	word(o, h->type);
	addr(o, h->flags);
	addr(o, h->addr);
	addr(o, h->off);
	addr(o, h->size);
	word(o, h->linksect ? e->num[h->linksect - 1] : h->link);
	word(o, h->infosect ? e->num[h->infosect - 1] : h->info);
	addr(o, h->align);
	addr(o, h->entsize);
}

/* Entryvalue; -E may be a number. */
static u64 entry_address(Link *L)
{
	View v = L->flag.entry;
	char *end;
	u64 n;
	Sym s;

	if (v.p[0] >= '0' && v.p[0] <= '9') {
		n = strtoull((const char *)v.p, &end, 0);
		return *end ? 0 : n;
	}
	s = sym_lookup(L, v, 0);
	if (!s) {
		link_errorf(L, "missing entry symbol \"%.*s\"", (int)v.n,
			    (const char *)v.p);
		return 0;
	}
	if (row(L, s)->kind == K_Sxxx)
		return (u64)L->flag.textaddr;
	if (!link_kind_is_text(row(L, s)->kind))
		sym_errorf(L, s, "entry not text");
	return (u64)row(L, s)->value;
}

static u64 ehdr_size(const Link *L)
{
	return elf64(L) ? EHDR_SIZE : EHDR32_SIZE;
}

static u64 phdr_size(const Link *L)
{
	return elf64(L) ? PHDR_SIZE : PHDR32_SIZE;
}

static void put_ehdr(Link *L, Put *o)
{
	const struct Elf *e = L->elf;
	const u8 ident[16] = {0x7f, 'E', 'L', 'F', elf64(L) ? 2 : 1,
			      o->big ? 2 : 1, 1};

	memcpy(o->p, ident, sizeof ident);
	o->p += sizeof ident;
	half(o, L->flag.pie ? ET_DYN : ET_EXEC);
	half(o, L->arch->elf);
	word(o, 1);
	addr(o, entry_address(L));
	addr(o, ehdr_size(L));
	addr(o, ehdr_size(L) + e->nphdr * phdr_size(L));
	word(o, L->la->elfflags);
	half(o, (u32)ehdr_size(L));
	half(o, (u32)phdr_size(L));
	half(o, e->nphdr);
	half(o, elf64(L) ? SHDR_SIZE : SHDR32_SIZE);
	half(o, e->nshdr);
	half(o, e->num[shdr_index(L, ".shstrtab")]);
}

static void put_headers(Link *L, u8 *head, u64 lowest)
{
	const struct Elf *e = L->elf;
	Put o = {head, L->arch->big, elf64(L)};
	u64 size = ehdr_size(L) + e->nphdr * phdr_size(L) +
		e->nshdr * (u64)(elf64(L) ? SHDR_SIZE : SHDR32_SIZE);
	u32 i;

	if (size > lowest || lowest > ELFRESERVE)
		link_exitf(L, "ELFRESERVE too small: %llu > %d with %d text "
			   "sections", (unsigned long long)
			   (size + ELFRESERVE - lowest), ELFRESERVE, 1);
	put_ehdr(L, &o);
	for (i = 0; i < e->nphdr; i++)
		put_phdr(&o, &e->phdr[i]);
	for (i = 0; i < e->nshdr; i++)
		put_shdr(e, &o, &e->shdr[e->order[i]]);
}

static void put_reserved(Link *L, u8 *head)
{
	const struct Elf *e = L->elf;

	if (e->interp)
		memcpy(head + shdr_named(L, ".interp")->off, e->interp,
		       strlen(e->interp) + 1);
	put_note(L, head, ".note.gnu.build-id", "GNU", NOTE_GNU_BUILD_ID,
		 e->buildinfo);
	put_note(L, head, ".note.go.buildid", "Go\0", NOTE_GO_BUILDID,
		 L->flag.buildid);
}

/* ---- all of it ------------------------------------------------------- */

static void program_headers(Link *L, Reserve *r)
{
	Phdr *headers = new_phdr(L, PT_PHDR, PF_R), *note = NULL, *p;

	headers->off = ehdr_size(L);
	headers->addr = r->base + headers->off;
	headers->align = (u64)L->flag.round;
	if (!L->flag.d) {
		L->elf->interp = interpreter(L);
		take_interp(L, r);
	}
	take_note(L, r, ".note.gnu.build-id", L->elf->buildinfo, &note);
	take_note(L, r, ".note.go.buildid", L->flag.buildid, &note);
	load_segments(L, headers);
	if (!L->flag.d)
		dynamic_headers(L);
	p = new_phdr(L, PT_GNU_STACK, PF_R | PF_W);
	p->align = L->arch->ptrsize;
	headers->filesz = headers->memsz = L->elf->nphdr * phdr_size(L);
}

void asmb2(Link *L)
{
	Reserve r = {(u64)L->flag.textaddr - L->headr, ELFRESERVE};
	u8 head[ELFRESERVE] = {0};

	new_shdr(L, "");
	for_sections(L, name_section);
	program_headers(L, &r);
	if (!L->flag.s) {
		shdr_index(L, ".symtab");
		shdr_index(L, ".strtab");
	}
	shdr_index(L, ".shstrtab");
	for_sections(L, describe_section);
	put_tables(L);
	put_headers(L, head, r.off);
	put_reserved(L, head);
	out_write(L, 0, view_of(head, sizeof head));
}
