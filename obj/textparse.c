/*
 * From text to objects, a statement a line. text.c describes the language.
 *
 * What a symbol refers to may come later: the first mention makes it, and its
 * definition fills it in. A name without definition becomes a reference by
 * name; a label without one is a mistake.
 */
#include <stdlib.h>

#include "obj/textparse.h"

/* ---- members ------------------------------------------------------- */

static const char *finish_object(Parser *p, Buf *body);

static void end_member(Parser *p)
{
	Buf body = {0};
	Member m = {.ar = p->ar, .pad = p->pad};
	const char *why;

	if (p->in_obj) {
		buf_add(&body, view_of(p->header.p, p->header.n));
		why = finish_object(p, &body);
		if (why)
			text_error(p, "%s", why);
	} else if (p->header.n && !p->res->errors) {
		text_error(p, "a header without object");
	}
	if (p->raw.n && body.n)
		text_error(p, "raw bytes beside an object");
	buf_add(&body, view_of(p->raw.p, p->raw.n));
	if (!p->archive || p->ar.n)
		archive_copy(&p->res->out, &m, view_of(body.p, body.n));
	else if (p->member)
		archive_add(&p->res->out, p->name, view_of(body.p, body.n));
	else if (body.n)
		text_error(p, "bytes in front of the first member");
	buf_free(&body);
	p->raw.n = p->header.n = 0;
	p->member = false;
	p->ar = p->name = (View){0};
}

static void st_archive(Parser *p)
{
	if (p->archive || p->in_obj || p->header.n || p->raw.n) {
		text_error(p, "archive must come first");
		return;
	}
	p->archive = true;
	archive_begin(&p->res->out);
}

static void begin_member(Parser *p)
{
	if (!p->archive)
		text_error(p, "a member, but no archive");
	end_member(p);
	p->member = true;
}

static void st_ar(Parser *p)
{
	View ar;
	i64 pad;

	begin_member(p);
	if (!text_string(p, &ar) || !text_number(p, &pad, 0, 255))
		return;
	if (ar.n != TEXT_AR) {
		text_error(p, "%d bytes of header expected", TEXT_AR);
		return;
	}
	p->ar = ar;
	p->pad = (u8)pad;
}

static void st_member(Parser *p)
{
	begin_member(p);
	text_string(p, &p->name);
}

static void st_raw(Parser *p)
{
	text_hex(p, &p->raw);
}

/* ---- the object's head --------------------------------------------- */

static void st_header(Parser *p)
{
	View s;

	if (p->in_obj)
		text_error(p, "the header comes before the object");
	else if (text_string(p, &s))
		buf_add(&p->header, s);
}

static void st_object(Parser *p)
{
	View v = p->line;

	if (p->in_obj || p->header.n) {
		text_error(p, "a second object; an archive has members");
		return;
	}
	while (v.n && (v.p[0] == ' ' || v.p[0] == '\t'))
		view_sub(v, 1, v.n - 1, &v);
	buf_str(&p->header, "go object ");
	buf_add(&p->header, v);
	buf_str(&p->header, "\n!\n");
	p->line.n = 0;
}

/* The rules depend on the package and the flags, which come first. */
static void set_rules(Parser *p)
{
	Obj *o = &p->obj;

	fips_rules(&p->rules, o->release, p->goos, p->goarch, o->pkgpath,
		   (o->flags & ObjFlagShared) != 0);
	p->rules.bisect = p->res->bisect;
	p->rules.report = &p->res->report;
}

static bool begin_object(Parser *p)
{
	View text = view_of(p->header.p, p->header.n);
	const Arch *arch;
	ObjHeader h;
	Release r;

	if (p->in_obj)
		return true;
	if (text.n == 0 || objheader_parse(text, &h).why ||
	    h.text.n != text.n || !view_suffix(text, "!\n")) {
		text_error(p, "no proper object line before this");
		p->hopeless = true;
		return false;
	}
	arch = arch_by_name(h.goarch);
	if (!arch || !release_of(h.version, &r)) {
		text_error(p, "an object line of no GOARCH or Go release that "
			   "is known");
		p->hopeless = true;
		return false;
	}
	p->in_obj = true;
	/* The header's buffer stays where it is from now on. */
	p->goos = h.goos;
	p->goarch = h.goarch;
	obj_init(&p->obj, r, arch, view_str(""));
	p->hooks = fips_hooks(&p->rules, &p->refused);
	set_rules(p);
	text_terms(p);
	return true;
}

static void st_package(Parser *p)
{
	if (text_string(p, &p->obj.pkgpath))
		set_rules(p);
}

/* Words of a table of bits, or its word for a number. */
static bool bits(Parser *p, View w, const BitName *t, const char *rest,
		 u32 *x)
{
	i64 n;

	for (; t->name; t++)
		if (view_is(w, t->name)) {
			*x |= t->bit;
			return true;
		}
	if (!view_is(w, rest))
		return false;
	if (text_number(p, &n, 0, UINT32_MAX))
		*x |= (u32)n;
	return true;
}

static void st_flags(Parser *p)
{
	View w;

	while (text_word(p, &w))
		if (!bits(p, w, goobj_flag_names(), "flag", &p->obj.flags))
			text_error(p, "%.*s is no flag of an object",
				   (int)w.n, (const char *)w.p);
	set_rules(p);
}

static void st_fingerprint(Parser *p)
{
	text_hex_field(p, p->obj.fingerprint, FINGERPRINT_SIZE);
}

static void st_import(Parser *p)
{
	u8 fingerprint[FINGERPRINT_SIZE];
	View pkg;

	if (text_string(p, &pkg) &&
	    text_hex_field(p, fingerprint, sizeof fingerprint))
		obj_autolib(&p->obj, pkg, view_of(fingerprint,
						  sizeof fingerprint));
}

/* The first is "", as in an object, which has it from the start. */
static void st_pkg(Parser *p)
{
	Obj *o = &p->obj;
	bool fresh;
	View s;
	MapSlot *m;

	if (!text_string(p, &s))
		return;
	m = map_put(&o->bypkg, s, UINT64_MAX, &fresh);
	if (s.n == 0 && o->pkglist.n == 1 && fresh)
		return;
	if (fresh)
		m->val.n = o->pkglist.n;
	strs_add(&o->pkglist, s);
}

static void st_file(Parser *p)
{
	View s;

	if (text_string(p, &s))
		strs_add(&p->obj.files, s);
}

static void st_strtab(Parser *p)
{
	View s;

	if (text_string(p, &s))
		strs_add(&p->obj.strings, s);
}

/* ---- references ---------------------------------------------------- */

static void st_refname(Parser *p)
{
	View name;
	LSym *s;

	if (!text_symref(p, &s) || !text_string(p, &name))
		return;
	if (!s || s->list != LIST_EXTERN) {
		text_error(p, "refname is for symbols of other packages");
		return;
	}
	s->name = name;
	syms_add(&p->obj.refnames, s);
}

static void st_refflags(Parser *p)
{
	i64 flag, flag2;
	LSym *s;

	if (!text_symref(p, &s) || !text_number(p, &flag, 0, 255) ||
	    !text_number(p, &flag2, 0, 255))
		return;
	if (!s) {
		text_error(p, "flags of no symbol");
		return;
	}
	if (s->list == LIST_EXTERN) {
		s->flag = (u8)flag;
		s->flag2 = (u8)flag2;
	}
	syms_add(&p->obj.refflags, s);
}

/* ---- symbols ------------------------------------------------------- */

static void end_symbol(Parser *p)
{
	LSym *s = p->sym;

	if (!s)
		return;
	if (p->asis) {
		s->kind = p->kind;
		s->size = p->size;
		s->hash_known = p->hashed;
	} else {
		if (p->size > s->size)
			s->size = p->size;
		if (p->func)
			text_end_func(p);
	}
	p->sym = NULL;
	p->func = false;
}

/* size N, align N, content, flags, hash HEX */
static void attributes(Parser *p, LSym *s)
{
	u32 flag = 0, flag2 = 0;
	Buf hash = {0};
	i64 x;
	View w;

	while (text_word(p, &w)) {
		if (view_is(w, "size") && text_number(p, &x, 0, UINT32_MAX))
			p->size = (u32)x;
		else if (view_is(w, "align") &&
			 text_number(p, &x, 0, UINT32_MAX))
			s->align = (u32)x;
		else if (view_is(w, "content"))
			s->content = true;
		else if (view_is(w, "hash"))
			text_hex(p, &hash);
		else if (!bits(p, w, sym_flag_names(), "flag", &flag) &&
			 !bits(p, w, sym_flag2_names(p->obj.release),
			       "flag2", &flag2))
			text_error(p, "%.*s is nothing that a symbol has",
				   (int)w.n, (const char *)w.p);
	}
	s->flag = (u8)flag;
	s->flag2 = (u8)flag2;
	s->linkname = (flag2 & SymFlagLinkname) != 0;
	if (hash.n > HASH_SIZE)
		text_error(p, "a hash of %d bytes expected", HASH_SIZE);
	else if (hash.n)
		memcpy(s->hash, hash.p, hash.n);
	p->hashed = hash.n > 0;
	buf_free(&hash);
}

static LSym *begin_symbol(Parser *p, bool asis)
{
	View name, w = p->line, lab;
	u16 abi;
	LSym *s;

	if (!text_name(p, &name, &abi))
		return NULL;
	w = p->line;
	if (text_word(p, &lab) && lab.p[0] == '#') {
		s = text_label(p, lab);
		s->name = name;
		s->abi = abi;
	} else {
		p->line = w;
		s = lsym_lookup(&p->obj, name, abi);
	}
	if (s->list != LIST_NONE || s->mark) {
		text_error(p, "a second definition");
		return NULL;
	}
	s->mark = 1;	/* taken back in finish_object */
	syms_add(&p->asis_defs, s);
	p->sym = s;
	p->asis = asis;
	p->off = p->size = 0;
	p->obj.rules = asis ? NULL : &p->hooks.hooks;
	return s;
}

static void st_sym(Parser *p)
{
	static const char *const lists[] = {"def", "hashed64", "hashed",
		"nonpkgdef", "nonpkgref"};
	size_t l = 0;
	View w;
	LSym *s;

	if (!text_need(p, &w, "list") || !text_kind(p, &p->kind))
		return;
	while (l < NELEM(lists) && !view_is(w, lists[l]))
		l++;
	if (l == NELEM(lists)) {
		text_error(p, "%.*s is no list of symbols", (int)w.n,
			   (const char *)w.p);
		return;
	}
	s = begin_symbol(p, true);
	if (!s)
		return;
	attributes(p, s);
	s->list = (SymList)(LIST_DEF + l);
	s->symidx = (u32)p->obj.list[s->list].n;
	s->content = s->list == LIST_HASHED64 || s->list == LIST_HASHED;
	/* A kind that can be written to; end_symbol sets the real one. */
	s->kind = SDATA;
	syms_add(&p->obj.list[s->list], s);
}

static void by_rule(Parser *p, u8 kind)
{
	LSym *s = begin_symbol(p, false);

	if (!s)
		return;
	attributes(p, s);
	lsym_set_kind(&p->obj, s, kind);
	lsym_define(&p->obj, s);
}

static void st_text(Parser *p) { by_rule(p, STEXT); }
static void st_data(Parser *p) { by_rule(p, SDATA); }
static void st_rodata(Parser *p) { by_rule(p, SRODATA); }
static void st_noptrdata(Parser *p) { by_rule(p, SNOPTRDATA); }
static void st_bss(Parser *p) { by_rule(p, SBSS); }
static void st_noptrbss(Parser *p) { by_rule(p, SNOPTRBSS); }

/* ---- all of it ----------------------------------------------------- */

typedef enum { ARCHIVE, OBJECT, SYMBOL } Where;

static const struct {
	const char *name;
	Where where;	/* what must have begun */
	void (*fn)(Parser *);
} statements[] = {
	{"archive", ARCHIVE, st_archive}, {"ar", ARCHIVE, st_ar},
	{"member", ARCHIVE, st_member}, {"raw", ARCHIVE, st_raw},
	{"header", ARCHIVE, st_header}, {"object", ARCHIVE, st_object},
	{"package", OBJECT, st_package}, {"flags", OBJECT, st_flags},
	{"fingerprint", OBJECT, st_fingerprint},
	{"import", OBJECT, st_import}, {"pkg", OBJECT, st_pkg},
	{"file", OBJECT, st_file}, {"strtab", OBJECT, st_strtab},
	{"refname", OBJECT, st_refname}, {"refflags", OBJECT, st_refflags},
	{"sym", OBJECT, st_sym}, {"text", OBJECT, st_text},
	{"data", OBJECT, st_data}, {"rodata", OBJECT, st_rodata},
	{"noptrdata", OBJECT, st_noptrdata}, {"bss", OBJECT, st_bss},
	{"noptrbss", OBJECT, st_noptrbss},
	{"at", SYMBOL, st_at}, {"bytes", SYMBOL, st_bytes},
	{"string", SYMBOL, st_string}, {"int", SYMBOL, st_int},
	{"addr", SYMBOL, st_addr}, {"weakaddr", SYMBOL, st_weakaddr},
	{"off", SYMBOL, st_off}, {"weakoff", SYMBOL, st_weakoff},
	{"reloc", SYMBOL, st_reloc}, {"aux", SYMBOL, st_aux},
	{"func", SYMBOL, st_func},
};

static void free_object(Parser *p)
{
	obj_free(&p->obj);
	map_free(&p->labels);
	map_free(&p->terms);
	free(p->asis_defs.p);
	p->asis_defs = (Syms){0};
	p->in_obj = false;
}

static void check_labels(Parser *p)
{
	for (size_t i = 0; i < p->labels.cap; i++) {
		const MapSlot *m = &p->labels.slot[i];
		const LSym *s = m->val.p;

		if (m->used && !s->mark)
			text_error(p, "%.*s is nowhere defined",
				   (int)m->key.n, (const char *)m->key.p);
	}
}

static const char *finish_object(Parser *p, Buf *body)
{
	const char *why = NULL;
	Buf obj = {0};
	GoObj g;

	end_symbol(p);
	check_labels(p);
	for (size_t i = 0; i < p->asis_defs.n; i++) {
		LSym *s = p->asis_defs.p[i];

		s->mark = 0;
		if (s->list != LIST_NONPKGREF && !s->onlist)
			lsym_define(&p->obj, s);
	}
	if (p->res->errors == 0) {
		why = obj_write(&p->obj, &obj);
		if (!why)
			why = goobj_open(view_of(obj.p, obj.n), &g).why;
	}
	buf_add(body, view_of(obj.p, obj.n));
	buf_free(&obj);
	free_object(p);
	return why;
}

static void statement(Parser *p, View word)
{
	size_t i = 0;

	while (i < NELEM(statements) && !view_is(word, statements[i].name))
		i++;
	if (i == NELEM(statements)) {
		text_error(p, "%.*s is no statement", (int)word.n,
			   (const char *)word.p);
		return;
	}
	if (statements[i].where != SYMBOL)
		end_symbol(p);
	if (statements[i].where >= OBJECT && !begin_object(p))
		return;
	if (statements[i].where == SYMBOL && !p->sym) {
		if (p->res->errors == 0)
			text_error(p, "no symbol before this");
		return;
	}
	statements[i].fn(p);
}

/* Go's words end in a newline each. */
static void refusals(Parser *p)
{
	View v = view_of(p->refused.p, p->refused.n), line;

	for (size_t at = 0; at < v.n;) {
		size_t end = view_index(v, at, '\n');

		view_sub(v, at, end - at, &line);
		text_error(p, "%.*s", (int)line.n, (const char *)line.p);
		at = end + 1;
	}
	p->refused.n = 0;
}

void text_parse(TextResult *res, const char *file, View text)
{
	Parser p = {.text = text, .file = file, .res = res};
	View word;

	while (p.at < text.n && res->errors <= TEXT_MAX_ERRORS &&
	       !p.hopeless) {
		size_t end = view_index(text, p.at, '\n');

		view_sub(text, p.at, end - p.at, &p.line);
		p.at = end + 1;
		p.lineno++;
		if (!text_word(&p, &word))
			continue;
		statement(&p, word);
		if (res->errors == 0 && text_word(&p, &word))
			text_error(&p, "%.*s is too much", (int)word.n,
				   (const char *)word.p);
		refusals(&p);
	}
	end_member(&p);
	if (res->errors == 0 && res->out.n == 0)
		text_error(&p, "nothing in it");
	if (p.in_obj)
		free_object(&p);
	buf_free(&p.raw);
	buf_free(&p.header);
	buf_free(&p.refused);
	arena_free(&p.arena);
}
