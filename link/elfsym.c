/*
 * .symtab and .strtab:
 *
 *	number 0; "go.go", the FILE symbol
 *	local symbols, then global ones, each time:
 *		functions in the order of the text
 *		data in the order of symbol numbers
 *
 * Names lie in .strtab in the same order, each as often as it occurs. What
 * goes in is decided in one parallel pass, which also adds up sizes; then
 * every task knows where its symbols and their names begin, and writes them:
 * all that it has in one of the four places at a time.
 *
 * Source: genelfsym, putelfsym in cmd/link/internal/ld/symtab.go.
 */
#include "link/elf.h"

enum { CHUNK = 4096 };
enum { FIRST = 2 };	/* symbols before the first local one of ours */

/* A symbol that goes in. */
enum { GLOBAL = 1 << 30, ABI0 = 1 << 29, DOTS = 1 << 28 };
typedef struct {
	Sym s;
	u32 what;	/* flags, and the length of the name with its NUL */
} Item;

static u32 item_len(const Item *it)
{
	return it->what & ~(u32)(GLOBAL | ABI0 | DOTS);
}

typedef struct {
	Item *item;
	u32 n;
	u32 nsym[2];	/* by binding: locals, globals */
	u64 len[2];	/* of their names */
	u64 sym[2], str[2];	/* where they begin: number, offset */
} Piece;

typedef struct {
	Link *L;
	SymVec text;	/* with the markers around it */
	Piece *piece;
	u32 ntext, npiece;
	ElfSyms out;
} Table;

/* ---- what goes in ---------------------------------------------------- */

static bool contains(View v, const char *s, size_t n)
{
	return v.n >= n && memmem(v.p, v.n, s, n);
}

/* An ABI0 function whose name an ABIInternal one has as well. */
static bool has_twin(const Link *L, Sym s, View name)
{
	u32 attr = row(L, s)->attr;
	Sym twin;

	if (!link_kind_is_text(row(L, s)->kind) ||
	    attr & (A_STATIC | A_ABIINTERNAL))
		return false;
	twin = sym_lookup(L, name, 1);
	return twin && link_kind_is_text(row(L, twin)->kind);
}

/* Content-hashed functions may share a name; what the compiler calls
 * .stmp_ is meant to be seen by other modules. */
static bool is_local(const SymRow *r, View name)
{
	if (r->attr & (A_HIDDEN | A_LOCAL))
		return true;
	if (r->attr & A_HASHED && link_kind_is_text(r->kind))
		return true;
	return r->attr & A_STATIC && !contains(name, ".stmp_", 6);
}

/* A middle dot is written as a dot. */
static u32 count_dots(View v)
{
	u32 n = 0;
	size_t i;

	for (i = 0; i + 1 < v.n; i++)
		if (v.p[i] == 0xc2 && v.p[i + 1] == 0xb7)
			n++;
	return n;
}

static void add_item(const Link *L, Piece *p, Sym s, View name)
{
	const SymRow *r = row(L, s);
	Item *it = &p->item[p->n++];
	u32 dots = 0, len = (u32)name.n + 1;
	unsigned bind = !is_local(r, name);

	if (name.n && memchr(name.p, 0xc2, name.n))
		dots = count_dots(name);
	it->s = s;
	it->what = (bind ? (u32)GLOBAL : 0) | (dots ? DOTS : 0);
	if (has_twin(L, s, name)) {
		it->what |= ABI0;
		len += 5;
	}
	it->what |= len - dots;
	p->nsym[bind]++;
	p->len[bind] += len - dots;
}

/* Of data; *name is its name then. */
static bool goes_in(const Link *L, Sym s, View *name)
{
	const SymRow *r = row(L, s);

	if (!(r->attr & A_REACHABLE) || r->attr & A_NOTINSYMTAB ||
	    r->kind < K_SELFRXSECT || r->kind >= K_SFirstUnallocated ||
	    r->kind == K_STLSBSS)
		return false;
	*name = sym_name(L, s);
	return name->n && name->p[0] != '.';
}

static void choose_text(const Table *t, Piece *p, u32 from, u32 end)
{
	for (; from < end; from++) {
		Sym s = t->text.p[from];

		add_item(t->L, p, s, sym_name(t->L, s));
	}
}

static void choose_data(const Link *L, Piece *p, Sym s, Sym end)
{
	View name;

	for (; s < end; s++)
		if (goes_in(L, s, &name))
			add_item(L, p, s, name);
}

static void choose(void *arg, size_t i)
{
	Table *t = arg;
	Piece *p = &t->piece[i];
	bool text = i < t->ntext;
	u32 from = (u32)(text ? i : i - t->ntext) * CHUNK;
	u32 end = text ? t->text.n : t->L->nsym;
	Mem m = {.from = &t->L->tmp};
	Item found[CHUNK];

	p->item = found;
	end = end - from < CHUNK ? end : from + CHUNK;
	if (text)
		choose_text(t, p, from, end);
	else
		choose_data(t->L, p, from ? from : 1, end);
	p->item = mem_alloc(&m, p->n * sizeof *found);
	memcpy(p->item, found, p->n * sizeof *found);
}

/* ---- writing --------------------------------------------------------- */

static size_t sym_size(const Link *L)
{
	return elf64(L) ? ELFSYM_SIZE : ELFSYM32_SIZE;
}

static void put_sym(const Link *L, u8 *p, u32 name, u8 info, u16 shndx,
		    u64 value, u64 size)
{
	bool big = L->arch->big, wide = elf64(L);

	st32(p, name, big);
	p += 4;
	if (!wide) {
		st32(p, (u32)value, big);
		st32(p + 4, (u32)size, big);
		p += 8;
	}
	p[0] = info;
	p[1] = 0;
	put16(p + 2, shndx, big);
	if (wide) {
		st64(p + 4, value, big);
		st64(p + 12, size, big);
	}
}

/* The section of what x lies in. */
static u16 shndx_of(Link *L, Sym x)
{
	Sym outer = row(L, x)->outer;
	const Sect *t = sym_sect(L, outer ? outer : x);

	if (!t || !t->elfsect) {
		sym_errorf(L, x, "missing %ssection in putelfsym",
			   t ? "ELF " : "");
		return 0;
	}
	return L->elf->num[t->elfsect];
}

static u8 *put_dotted(u8 *out, View v)
{
	size_t i;

	for (i = 0; i < v.n; i++)
		if (v.p[i] == 0xc2 && i + 1 < v.n && v.p[i + 1] == 0xb7) {
			*out++ = '.';
			i++;
		} else {
			*out++ = v.p[i];
		}
	return out;
}

/* The NUL is there already. */
static void put_name(const Link *L, const Item *it, u8 *out)
{
	View v = sym_name(L, it->s);

	if (it->what & DOTS) {
		out = put_dotted(out, v);
	} else if (v.n) {
		memcpy(out, v.p, v.n);
		out += v.n;
	}
	if (it->what & ABI0)
		memcpy(out, ".abi0", 5);
}

static unsigned binding(const Item *it)
{
	return it->what & GLOBAL ? STB_GLOBAL : STB_LOCAL;
}

static void write_names(const Table *t, const Piece *p, unsigned bind,
			Window *w)
{
	u8 *out = win_room(w, t->out.strtab + p->str[bind], p->len[bind]);
	u32 k;

	for (k = 0; k < p->n; k++)
		if (binding(&p->item[k]) == bind) {
			put_name(t->L, &p->item[k], out);
			out += item_len(&p->item[k]);
		}
}

static void write_syms(const Table *t, const Piece *p, unsigned bind, u8 type,
		       Window *w)
{
	Link *L = t->L;
	size_t size = sym_size(L);
	u8 *out = win_space(w, t->out.symtab + p->sym[bind] * size,
			   p->nsym[bind] * size);
	u64 str = p->str[bind];
	u32 k;

	for (k = 0; k < p->n; k++) {
		const Item *it = &p->item[k];
		const SymRow *r = row(L, it->s);

		if (binding(it) != bind)
			continue;
		put_sym(L, out, (u32)str, (u8)(bind << 4 | type),
			shndx_of(L, it->s), (u64)r->value, r->size);
		str += item_len(it);
		out += size;
	}
}

static void write_piece(Window *w, void *arg, size_t i)
{
	const Table *t = arg;
	const Piece *p = &t->piece[i];
	u8 type = i < t->ntext ? STT_FUNC : STT_OBJECT;
	unsigned bind;

	for (bind = 0; bind < 2; bind++) {
		if (!p->nsym[bind])
			continue;
		write_syms(t, p, bind, type, w);
		write_names(t, p, bind, w);
	}
}

/* Number 0 is nothing. */
static void write_first(Link *L, const ElfSyms *t)
{
	u8 sym[FIRST * ELFSYM_SIZE] = {0};

	put_sym(L, sym + sym_size(L), 1, STT_FILE, SHN_ABS, 0, 0);
	out_write(L, t->symtab, view_of(sym, FIRST * sym_size(L)));
	out_write(L, t->strtab, view_of("\0go.go", 7));
}

/* ---- all of it ------------------------------------------------------- */

/* Functions, between the markers that are symbols, too. */
static void list_text(Table *t)
{
	Link *L = t->L;
	Sym begin = sym_lookup(L, view_str("runtime.text"), 0);
	Sym end = sym_lookup(L, view_str("runtime.etext"), 0);
	SymVec *v = &t->text;

	v->p = mem_alloc(&L->tmp, (L->textp.n + 2) * sizeof *v->p);
	if (begin)
		v->p[v->n++] = begin;
	memcpy(v->p + v->n, L->textp.p, L->textp.n * sizeof *v->p);
	v->n += L->textp.n;
	if (end && link_kind_is_text(row(L, end)->kind))
		v->p[v->n++] = end;
}

static void cut(Table *t)
{
	Link *L = t->L;

	t->ntext = (t->text.n + CHUNK - 1) / CHUNK;
	t->npiece = t->ntext + (L->nsym + CHUNK - 1) / CHUNK;
	t->piece = mem_alloc(&L->tmp, t->npiece * sizeof *t->piece);
}

/* Places of all pieces: locals of all of them, then globals. */
static void place(Table *t, u64 at)
{
	u64 nsym = FIRST, len = sizeof "\0go.go";
	unsigned bind;
	u32 i;

	for (bind = 0; bind < 2; bind++) {
		for (i = 0; i < t->npiece; i++) {
			Piece *p = &t->piece[i];

			p->sym[bind] = nsym;
			p->str[bind] = len;
			nsym += p->nsym[bind];
			len += p->len[bind];
		}
		if (bind == STB_LOCAL)
			t->out.nlocal = nsym;
	}
	t->out.nsym = nsym;
	t->out.symtab = at;
	t->out.strtab = at + nsym * sym_size(t->L);
	t->out.strlen = len;
}

ElfSyms asm_elf_sym(Link *L, u64 at)
{
	Table t = {.L = L};

	list_text(&t);
	cut(&t);
	pool_for(L->pool, t.npiece, choose, &t);
	place(&t, at);
	if (t.out.strlen > UINT32_MAX || t.out.nsym > UINT32_MAX)
		link_exitf(L, "too many symbols");
	write_first(L, &t.out);
	win_for(L, t.npiece, write_piece, &t);
	return t.out;
}
