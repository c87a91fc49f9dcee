/*
 * Objects as text: what `dump --text` prints and `write` reads.
 *
 *     object linux amd64 go1.27.4 GOAMD64=v1    or: header "LINE\n" ...
 *     package crypto/internal/fips140/demo
 *     flags shared
 *     rodata crypto/internal/fips140/demo.answer size 8
 *             int 8 42
 *     text crypto/internal/fips140/demo.F nosplit
 *             bytes b8 2a000000 c3
 *             func args 8
 *
 * Such symbols get their kinds by the FIPS rules, and their relocations are
 * held against them. A symbol that exists is printed with everything as it
 * is, and no rule applies:
 *
 *     sym def STEXTFIPS crypto/internal/fips140/demo.F<1> size 6 align 32
 *             bytes b82a000000c3
 *             reloc 1 4 R_PCREL other.name 0
 *             aux FuncInfo #12
 *
 * A symbol is named by its name and, in <>, its ABI (1: ABIInternal, empty:
 * local to the file); by #LABEL, if it has no name of its own; by @builtin/N
 * or @PKG/N, if it has a number elsewhere; "-" is none. Names in quotes are
 * Go strings. What begins with // is a comment.
 *
 * An archive is "archive" and its members: ar "HEADER" PAD, or member NAME,
 * and then an object or raw bytes.
 */
#include "obj/obj.h"

typedef struct {
	Buf *out;
	const GoObj *g;
	Release r;
	Map names;	/* (name, abi) -> symbol, NOSYM: more than one */
} Text;

enum { BYTES_A_LINE = 32 };

/* ---- words --------------------------------------------------------- */

void text_quote(Buf *out, View v)
{
	buf_str(out, "\"");
	for (size_t i = 0; i < v.n; i++) {
		u8 c = v.p[i];

		if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", c);
		else if (c == '\n')
			buf_str(out, "\\n");
		else if (c < 0x20 || c >= 0x7f)
			buf_printf(out, "\\x%02x", c);
		else
			buf_add(out, view_of(&v.p[i], 1));
	}
	buf_str(out, "\"");
}

/* Is the name a word that cannot be taken for anything else? The middle dot
 * of Go's names may be in it. */
static bool is_word(View v)
{
	if (v.n == 0 || strchr("#@-/", v.p[0]))
		return false;
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] <= ' ' || v.p[i] == 0x7f ||
		    strchr("\"<>\\", v.p[i]) ||
		    (v.p[i] >= 0x80 && !(v.p[i] == 0xc2 && i + 1 < v.n &&
			v.p[i + 1] == 0xb7) &&
		     !(v.p[i] == 0xb7 && i > 0 && v.p[i - 1] == 0xc2)))
			return false;
	return true;
}

static void put_word(Buf *out, View v)
{
	buf_str(out, " ");
	if (is_word(v))
		buf_add(out, v);
	else
		text_quote(out, v);
}

static void put_name(Buf *out, View name, u16 abi)
{
	put_word(out, name);
	if (abi == SymABIstatic)
		buf_str(out, "<>");
	else if (abi != SymABI0)
		buf_printf(out, "<%u>", abi);
}

static void put_bits(Buf *out, const BitName *t, unsigned bits,
		     const char *rest)
{
	for (; t->name; t++)
		if (bits & t->bit) {
			buf_printf(out, " %s", t->name);
			bits &= ~(unsigned)t->bit;
		}
	if (bits)
		buf_printf(out, " %s %u", rest, bits);
}

static void put_bytes(Buf *out, const char *what, View v)
{
	for (size_t at = 0; at < v.n; at += BYTES_A_LINE) {
		View part;
		size_t n = v.n - at < BYTES_A_LINE ? v.n - at : BYTES_A_LINE;

		view_sub(v, at, n, &part);
		buf_printf(out, "%s ", what);
		buf_hex(out, part);
		buf_str(out, "\n");
	}
}

/* ---- symbols ------------------------------------------------------- */

static bool unique(const Text *t, u32 i)
{
	GoSym s = goobj_sym(t->g, i);
	const MapSlot *m = map_get(&t->names, s.name, s.abi);

	return s.name.n > 0 && m && m->val.n == i;
}

static void find_names(Text *t)
{
	for (u32 i = 0; i < t->g->nsym; i++) {
		GoSym s = goobj_sym(t->g, i);
		bool fresh;
		MapSlot *m = map_put(&t->names, s.name, s.abi, &fresh);

		m->val.n = fresh ? i : NOSYM;
	}
}

static void put_ref(Text *t, SymRef ref)
{
	u32 i = goobj_local(t->g, ref);

	if (symref_is_nil(ref)) {
		buf_str(t->out, " -");
	} else if (i == NOSYM) {
		if (ref.pkg == PkgIdxBuiltin)
			buf_printf(t->out, " @builtin/%u", ref.sym);
		else
			buf_printf(t->out, " @%u/%u", ref.pkg, ref.sym);
	} else if (unique(t, i)) {
		GoSym s = goobj_sym(t->g, i);

		put_name(t->out, s.name, s.abi);
	} else {
		buf_printf(t->out, " #%u", i);
	}
}

static void put_kind(Text *t, u8 kind)
{
	const char *name = symkind_name(t->r, kind);

	if (name)
		buf_printf(t->out, " %s", name);
	else
		buf_printf(t->out, " %u", kind);
}

static void put_hash(Text *t, u32 i)
{
	const GoObj *g = t->g;

	if (i < g->nsymdef || i >= g->nsymdef + g->nhashed64def +
	    g->nhasheddef)
		return;
	buf_str(t->out, " hash ");
	i -= g->nsymdef;
	if (i < g->nhashed64def)
		buf_hex(t->out, view_of(goobj_hash64(g, i), HASH64_SIZE));
	else
		buf_hex(t->out, view_of(goobj_hash(g, i - g->nhashed64def),
					HASH_SIZE));
}

static void put_sym(Text *t, u32 i)
{
	GoSym s = goobj_sym(t->g, i);

	buf_printf(t->out, "sym %s", list_name(t->g, i));
	put_kind(t, s.kind);
	put_name(t->out, s.name, s.abi);
	if (!unique(t, i))
		buf_printf(t->out, " #%u", i);
	if (s.size)
		buf_printf(t->out, " size %u", s.size);
	if (s.align)
		buf_printf(t->out, " align %u", s.align);
	put_bits(t->out, sym_flag_names(), s.flag, "flag");
	put_bits(t->out, sym_flag2_names(t->r), s.flag2, "flag2");
	put_hash(t, i);
	buf_str(t->out, "\n");
}

static void put_reloc(Text *t, const GoReloc *r)
{
	const char *whole = reloc_name(t->r, r->type);
	const char *base = reloc_name(t->r, r->type & 0x7fff);

	buf_printf(t->out, "\treloc %d %u ", r->off, r->siz);
	if (whole)
		buf_str(t->out, whole);
	else if (base)
		buf_printf(t->out, "%s|weak", base);
	else
		buf_printf(t->out, "%u", r->type);
	put_ref(t, r->sym);
	buf_printf(t->out, " %lld\n", (long long)r->add);
}

static void put_contents(Text *t, u32 i)
{
	u32 first, n = goobj_relocs(t->g, i, &first);

	put_bytes(t->out, "\tbytes", goobj_data(t->g, i));
	for (u32 k = first; k < first + n; k++) {
		GoReloc r = goobj_reloc(t->g, k);

		put_reloc(t, &r);
	}
	n = goobj_auxs(t->g, i, &first);
	for (u32 k = first; k < first + n; k++) {
		GoAux a = goobj_aux(t->g, k);

		buf_printf(t->out, "\taux %s", aux_name(a.type));
		put_ref(t, a.sym);
		buf_str(t->out, "\n");
	}
}

/* ---- an object ----------------------------------------------------- */

static void put_header(Buf *out, View text)
{
	for (size_t at = 0; at < text.n;) {
		size_t end = view_index(text, at, '\n');
		View line;

		end += end < text.n;
		view_sub(text, at, end - at, &line);
		buf_str(out, "header ");
		text_quote(out, line);
		buf_str(out, "\n");
		at = end;
	}
}

static void put_lists(Text *t)
{
	const GoObj *g = t->g;
	View v, fingerprint;

	buf_str(t->out, "flags");
	put_bits(t->out, goobj_flag_names(), g->flags, "flag");
	buf_str(t->out, "\nfingerprint ");
	buf_hex(t->out, goobj_fingerprint(g));
	buf_str(t->out, "\n");
	for (u32 i = 0; i < g->nautolib; i++) {
		v = goobj_autolib(g, i, &fingerprint);
		buf_str(t->out, "import");
		put_word(t->out, v);
		buf_str(t->out, " ");
		buf_hex(t->out, fingerprint);
		buf_str(t->out, "\n");
	}
	for (u32 i = 0; i < g->npkg; i++) {
		buf_str(t->out, "pkg");
		put_word(t->out, goobj_pkg(g, i));
		buf_str(t->out, "\n");
	}
	for (u32 i = 0; i < g->nfile; i++) {
		buf_str(t->out, "file");
		put_word(t->out, goobj_file(g, i));
		buf_str(t->out, "\n");
	}
}

/* What one does not want to read comes last. */
static void put_rest(Text *t, const Obj *o)
{
	const GoObj *g = t->g;
	u8 flag, flag2;
	View name;

	for (u32 i = 0; i < g->nrefname; i++) {
		SymRef r = goobj_refname(g, i, &name);

		buf_str(t->out, "refname");
		put_ref(t, r);
		put_word(t->out, name);
		buf_str(t->out, "\n");
	}
	for (u32 i = 0; i < g->nrefflags; i++) {
		SymRef r = goobj_refflags(g, i, &flag, &flag2);

		buf_str(t->out, "refflags");
		put_ref(t, r);
		buf_printf(t->out, " %u %u\n", flag, flag2);
	}
	for (size_t i = 0; i < o->strings.n; i++) {
		buf_str(t->out, "strtab");
		put_word(t->out, o->strings.p[i]);
		buf_str(t->out, "\n");
	}
}

static void put_object(Buf *out, const Member *m, const GoObj *g, Release r,
		       const Obj *o)
{
	Text t = {.out = out, .g = g, .r = r};

	find_names(&t);
	put_header(out, m->header.text);
	put_lists(&t);
	for (u32 i = 0; i < g->nsym; i++) {
		put_sym(&t, i);
		if (i < g->ndef)
			put_contents(&t, i);
	}
	put_rest(&t, o);
	map_free(&t.names);
}

void text_member(Buf *out, const Member *m, const GoObj *g, Release r)
{
	const Arch *arch = g ? arch_by_name(m->header.goarch) : NULL;
	bool good = false;
	Buf again = {0};
	View ar;
	Obj o;

	if (view_sub(m->ar, 0, TEXT_AR, &ar)) {
		buf_str(out, "ar ");
		text_quote(out, ar);
		buf_printf(out, " %u\n", m->pad);
	}
	if (arch) {
		good = !obj_load(&o, g, r, arch).why &&
			!obj_write(&o, &again) &&
			view_eq(view_of(again.p, again.n), m->obj);
		if (good)
			put_object(out, m, g, r, &o);
		obj_free(&o);
	}
	/* With bytes in it that no writer of Go's would write. */
	if (!good)
		put_bytes(out, "raw", m->bytes);
	buf_free(&again);
}
