/*
 * What stands in a symbol of a textual object: bytes, addresses, relocations,
 * auxiliary symbols; and how the text refers to symbols. text.c describes the
 * language.
 */
#include "obj/textparse.h"

/* ---- references ---------------------------------------------------- */

LSym *text_label(Parser *p, View w)
{
	bool fresh;
	MapSlot *m = map_put(&p->labels, w, 0, &fresh);

	if (fresh)
		m->val.p = lsym_new(&p->obj, view_str(""), SymABI0);
	return m->val.p;
}

/* @builtin/N or @PKG/N, without the @. */
static LSym *elsewhere(Parser *p, View w)
{
	Obj *o = &p->obj;
	size_t slash = view_index(w, 0, '/');
	i64 pkg = PkgIdxBuiltin, n;
	bool fresh;
	View a, b;
	MapSlot *m;
	LSym *s;

	view_sub(w, 0, slash, &a);
	if (!view_sub(w, slash + 1, w.n - slash - 1, &b) ||
	    !text_parse_number(b, &n) || n < 0 || n > UINT32_MAX ||
	    (!view_is(a, "builtin") &&
	     (!text_parse_number(a, &pkg) || pkg < 1 ||
	      (u64)pkg >= o->pkglist.n))) {
		text_error(p, "@builtin/N or @PKG/N expected, PKG being a pkg "
			   "line");
		return NULL;
	}
	m = map_put(&o->bypkg, view_str(""), (u64)pkg << 32 | (u32)n, &fresh);
	if (!fresh)
		return m->val.p;
	m->val.p = s = lsym_new(o, view_str(""), SymABI0);
	s->symidx = (u32)n;
	if (pkg == PkgIdxBuiltin) {
		s->list = LIST_BUILTIN;
	} else {
		s->list = LIST_EXTERN;
		s->pkgidx = (u32)pkg;
		s->pkg = o->pkglist.p[pkg];
	}
	return s;
}

bool text_symref(Parser *p, LSym **s)
{
	View w, name;
	u16 abi;

	*s = NULL;
	if (!text_need(p, &w, "symbol"))
		return false;
	if (view_is(w, "-"))
		return true;
	if (w.p[0] == '#') {
		*s = text_label(p, w);
	} else if (w.p[0] == '@') {
		view_sub(w, 1, w.n - 1, &w);
		*s = elsewhere(p, w);
	} else if (text_split(p, w, &name, &abi)) {
		*s = lsym_lookup(&p->obj, name, abi);
	}
	return *s != NULL;
}

/* ---- contents ------------------------------------------------------ */

/* Writes at the place reached so far. What lies between it and the end of
 * what was written costs memory that the text does not pay for. */
static bool gap(Parser *p, u32 n)
{
	u32 have = p->sym->ndata;

	if (p->off > have || n)
		p->gaps += (p->off > have ? p->off - have : 0) + n;
	if (p->gaps <= TEXT_MAX_GAPS)
		return true;
	text_error(p, "more than %d bytes of zeros", TEXT_MAX_GAPS);
	return false;
}

static void advance(Parser *p, size_t n)
{
	if (p->obj.why) {
		text_error(p, "%s", p->obj.why);
		p->obj.why = NULL;
		return;
	}
	p->off += (u32)n;
}

void st_at(Parser *p)
{
	i64 x;

	if (text_number(p, &x, 0, 1 << 30))
		p->off = (u32)x;
}

static void write_bytes(Parser *p, View v)
{
	if (v.n == 0 || !gap(p, 0))
		return;
	lsym_write_bytes(&p->obj, p->sym, p->off, v);
	advance(p, v.n);
}

void st_bytes(Parser *p)
{
	Buf b = {0};

	if (text_hex(p, &b))
		write_bytes(p, view_of(b.p, b.n));
	buf_free(&b);
}

void st_string(Parser *p)
{
	View s;

	if (text_string(p, &s))
		write_bytes(p, s);
}

void st_int(Parser *p)
{
	i64 siz, x;

	if (!text_number(p, &siz, 1, 8) ||
	    !text_number(p, &x, INT64_MIN, INT64_MAX) || !gap(p, 0))
		return;
	lsym_write_int(&p->obj, p->sym, p->off, (unsigned)siz, (u64)x);
	advance(p, (size_t)siz);
}

typedef enum { ADDR, WEAKADDR, OFF, WEAKOFF } Addr;

static void address(Parser *p, Addr a)
{
	unsigned siz = a >= OFF ? 4 : p->obj.arch->ptrsize;
	i64 add = 0;
	View rest = p->line, w;
	LSym *to;

	if (!text_symref(p, &to))
		return;
	rest = p->line;
	if (text_word(p, &w)) {
		p->line = rest;
		if (!text_number(p, &add, INT64_MIN, INT64_MAX))
			return;
	}
	if (!gap(p, siz))
		return;
	switch (a) {
	case ADDR:
		lsym_write_addr(&p->obj, p->sym, p->off, siz, to, add);
		break;
	case WEAKADDR:
		lsym_write_weak_addr(&p->obj, p->sym, p->off, siz, to, add);
		break;
	case OFF:
		lsym_write_off(&p->obj, p->sym, p->off, to, add);
		break;
	case WEAKOFF:
		lsym_write_weak_off(&p->obj, p->sym, p->off, to, add);
		break;
	}
	advance(p, siz);
}

void st_addr(Parser *p) { address(p, ADDR); }
void st_weakaddr(Parser *p) { address(p, WEAKADDR); }
void st_off(Parser *p) { address(p, OFF); }
void st_weakoff(Parser *p) { address(p, WEAKOFF); }

void st_reloc(Parser *p)
{
	i64 off, siz, add;
	u16 type;
	LSym *to;

	if (text_number(p, &off, INT32_MIN, INT32_MAX) &&
	    text_number(p, &siz, 0, 255) && text_reloctype(p, &type) &&
	    text_symref(p, &to) &&
	    text_number(p, &add, INT64_MIN, INT64_MAX))
		lsym_add_reloc(&p->obj, p->sym, (Reloc){
			(i32)off, (u8)siz, type, add, to});
}

void st_aux(Parser *p)
{
	unsigned t = 0;
	View w;
	LSym *s;

	if (!text_need(p, &w, "kind of auxiliary symbol"))
		return;
	while (t < NAux && !view_is(w, aux_name(t)))
		t++;
	if (t == NAux) {
		text_error(p, "%.*s is no auxiliary symbol", (int)w.n,
			   (const char *)w.p);
		return;
	}
	if (!text_symref(p, &s))
		return;
	lsym_add_aux(&p->obj, p->sym, (AuxType)t, s);
	/* As in load.c: such a symbol is on no list of its own. */
	if (s && t != AuxGotype && t != AuxFuncdata && s->list != LIST_EXTERN)
		s->onlist = true;
	if (s && t >= AuxPcsp && t <= AuxPcdata)
		s->pcdata = true;
}

/* A function without a frame, or with one of the same size everywhere. */
void st_func(Parser *p)
{
	FuncInfo *f = &p->funcinfo;
	i64 x;
	View w;

	if (p->asis || !kind_is_text(p->sym->kind)) {
		text_error(p, "func is for a text symbol");
		return;
	}
	*f = (FuncInfo){.funcflag = 4};	/* FuncFlagAsm */
	p->func = true;
	while (text_word(p, &w)) {
		u32 *to = view_is(w, "args") ? &f->args :
			view_is(w, "locals") ? &f->locals : NULL;

		if (!text_number(p, &x, 0, INT32_MAX))
			return;
		if (to)
			*to = (u32)x;
		else if (view_is(w, "line"))
			f->startline = (i32)x;
		else
			text_error(p, "args, locals or line expected");
	}
}

/* ---- what the linker wants of functions ------------------------------ */

/* A table with one value for the whole function. */
static void constant(Parser *p, AuxType type, i32 value)
{
	LSym *t;
	PcTab tab;

	pctab_begin(&tab, &p->obj);
	pctab_step(&tab, 0, value);
	t = pctab_end(&tab, &p->obj, p->sym->size);
	if (t)
		lsym_add_aux(&p->obj, p->sym, type, t);
}

static void empty(Parser *p, AuxType type, SymKind kind)
{
	LSym *s = lsym_new(&p->obj, view_str(""), SymABI0);

	s->kind = symkind_number(p->obj.release, kind);
	lsym_add_aux(&p->obj, p->sym, type, s);
}

/* The linker wants all of these of every function, though there be nothing
 * in its debugging information. */
void text_end_func(Parser *p)
{
	static const u32 first;
	FuncInfo *f = &p->funcinfo;

	if (p->obj.files.n == 0)
		strs_add(&p->obj.files, view_str("<autogenerated>"));
	f->files = &first;
	f->nfile = 1;
	lsym_add_aux(&p->obj, p->sym, AuxFuncInfo,
		     funcinfo_sym(&p->obj, f));
	empty(p, AuxDwarfInfo, SDWARFFCN);
	empty(p, AuxDwarfLines, SDWARFLINES);
	constant(p, AuxPcsp, (i32)f->locals);
	constant(p, AuxPcfile, 0);
	constant(p, AuxPcline, f->startline);
}
