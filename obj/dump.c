/*
 * An object as text, for people: its header, and each symbol with its
 * relocations, auxiliary symbols and bytes, much as `go tool compile -S`
 * shows them. FuncInfo and pc tables are taken apart.
 *
 * Symbols have the numbers of GoObj; those without name are #NUMBER. A name
 * in a reference is cut after 200 bytes: references are many.
 */
#include <stdlib.h>

#include "obj/obj.h"

enum { NAME_MAX_REF = 200, ROW = 16 };

typedef struct {
	Buf *out;
	const GoObj *o;
	Release r;
	const Arch *arch;	/* NULL: unknown */
	Map refname;	/* ("", symref) -> RefName's place + 1 */
	u32 *use;	/* aux_uses */
} Dump;

/* ---- names of bits --------------------------------------------------- */

const BitName *goobj_flag_names(void)
{
	static const BitName names[] = {
		{ObjFlagShared, "shared"},
		{ObjFlagFromAssembly, "assembly"},
		{ObjFlagUnlinkable, "unlinkable"}, {ObjFlagStd, "std"},
		{0, NULL},
	};

	return names;
}

const BitName *sym_flag_names(void)
{
	static const BitName names[] = {
		{SymFlagDupok, "dupok"}, {SymFlagLocal, "local"},
		{SymFlagTypelink, "typelink"}, {SymFlagLeaf, "leaf"},
		{SymFlagNoSplit, "nosplit"},
		{SymFlagReflectMethod, "reflectmethod"},
		{SymFlagGoType, "gotype"}, {0, NULL},
	};

	return names;
}

const BitName *sym_flag2_names(Release r)
{
	static const BitName before[] = {
		{SymFlagUsedInIface, "usediniface"}, {SymFlagItab, "itab"},
		{SymFlagDict, "dict"}, {SymFlagPkgInit, "pkginit"},
		{SymFlagLinkname, "linkname"}, {32, "abiwrapper"},
		{64, "wasmexport"}, {0, NULL},
	}, since127[] = {
		{SymFlagUsedInIface, "usediniface"}, {SymFlagItab, "itab"},
		{SymFlagDict, "dict"}, {SymFlagPkgInit, "pkginit"},
		{SymFlagLinkname, "linkname"},
		{SymFlagLinknameStd, "linknamestd"}, {64, "abiwrapper"},
		{128, "wasmexport"}, {0, NULL},
	};

	return r >= GO127 ? since127 : before;
}

const char *aux_name(unsigned type)
{
	static const char *const names[NAux] = {
		"Gotype", "FuncInfo", "Funcdata", "DwarfInfo", "DwarfLoc",
		"DwarfRanges", "DwarfLines", "Pcsp", "Pcfile", "Pcline",
		"Pcinline", "Pcdata", "WasmImport", "WasmType",
		"SehUnwindInfo",
	};

	return type < NAux ? names[type] : NULL;
}

const char *list_name(const GoObj *o, u32 i)
{
	static const char *const names[] = {"def", "hashed64", "hashed",
		"nonpkgdef"};
	const u32 count[] = {o->nsymdef, o->nhashed64def, o->nhasheddef,
			     o->nnonpkgdef};

	for (size_t k = 0; k < NELEM(names); i -= count[k++])
		if (i < count[k])
			return names[k];
	return "nonpkgref";
}

u32 *aux_uses(const GoObj *o)
{
	u32 *use = calloc((size_t)o->ndef + 1, sizeof *use);

	if (!use)
		DIE("out of memory");
	for (u32 k = 0; k < o->naux; k++) {
		GoAux a = goobj_aux(o, k);
		u32 i = goobj_local(o, a.sym);

		if (i < o->ndef)
			use[i] = 1u << a.type;
	}
	return use;
}

/* ---- pieces of lines ------------------------------------------------- */

static void put_bits(Buf *out, const BitName *names, u32 bits)
{
	for (; names->name; names++)
		if (bits & names->bit) {
			buf_printf(out, " %s", names->name);
			bits &= ~(u32)names->bit;
		}
	if (bits)
		buf_printf(out, " %#x", bits);
}

static void put_name(Buf *out, View name)
{
	bool cut = name.n > NAME_MAX_REF;

	buf_text(out, cut ? view_of(name.p, NAME_MAX_REF) : name);
	if (cut)
		buf_str(out, "...");
}

static void put_ref(Dump *d, SymRef r)
{
	u32 i = goobj_local(d->o, r);
	const MapSlot *m;
	View name = view_str("");
	u16 abi;

	if (symref_is_nil(r)) {
		buf_str(d->out, "nil");
		return;
	}
	if (r.pkg == PkgIdxBuiltin) {
		const char *b = builtin_name(d->r, r.sym, &abi);

		buf_printf(d->out, "%s (builtin %u)", b ? b : "-", r.sym);
		return;
	}
	if (i != NOSYM) {
		name = goobj_sym(d->o, i).name;
		put_name(d->out, name);
		if (name.n == 0)
			buf_printf(d->out, "#%u", i);
		return;
	}
	m = map_get(&d->refname, view_str(""), (u64)r.pkg << 32 | r.sym);
	if (m)
		goobj_refname(d->o, (u32)m->val.n - 1, &name);
	put_name(d->out, name);
	buf_str(d->out, name.n ? " (" : "(");
	put_name(d->out, goobj_pkg(d->o, r.pkg));
	buf_printf(d->out, " %u)", r.sym);
}

static void put_rows(Buf *out, View data)
{
	for (size_t at = 0; at < data.n; at += ROW) {
		size_t n = data.n - at < ROW ? data.n - at : ROW;
		char hex[3 * ROW + 2 + ROW], *text = hex + 3 * ROW + 2;

		memset(hex, ' ', sizeof hex);
		for (size_t i = 0; i < n; i++) {
			u8 c = data.p[at + i];

			hex[3 * i + 1] = hex_digits[c >> 4];
			hex[3 * i + 2] = hex_digits[c & 15];
			text[i] = c >= ' ' && c < 0x7f ? (char)c : '.';
		}
		buf_printf(out, "\t0x%04zx", at);
		buf_add(out, view_of(hex, 3 * ROW + 2 + n));
		buf_str(out, "\n");
	}
}

/* ---- what symbols hold ----------------------------------------------- */

static void put_funcinfo(Dump *d, View data)
{
	GoFuncInfo f;

	if (funcinfo_parse(data, &f))
		return;
	buf_printf(d->out, "\targs %u locals %u funcid %u flag %#x "
		   "startline %d files", f.args, f.locals, f.funcid,
		   f.funcflag, f.startline);
	for (u32 i = 0; i < f.nfile; i++)
		buf_printf(d->out, " %u", funcinfo_file(&f, i));
	buf_str(d->out, "\n");
	for (u32 i = 0; i < f.ninl; i++) {
		InlNode n = funcinfo_inl(&f, i);

		buf_printf(d->out, "\tinlined %u parent %d at file %u line %d "
			   "pc %d: ", i, n.parent, n.file, n.line, n.parentpc);
		put_ref(d, n.func);
		buf_str(d->out, "\n");
	}
}

/* Ranges of pcs with the value in each; eight to a line. */
static void put_pctab(Dump *d, View data)
{
	PcIter it = {.c = cursor(data, false)};
	u32 minlc = d->arch ? d->arch->minlc[d->r] : 1;
	u64 from = 0;
	int n = 0;

	for (; pciter_next(&it); from = it.pc)
		buf_printf(d->out, "%s[0x%llx-0x%llx) %d", n++ % 8 ? ", " :
			   n > 1 ? ",\n\t" : "\t",
			   (unsigned long long)(from * minlc),
			   (unsigned long long)(it.pc * minlc), it.val);
	if (n)
		buf_str(d->out, "\n");
	if (it.c.err)
		buf_str(d->out, "\t(the table is damaged)\n");
}

static void put_contents(Dump *d, u32 i)
{
	View data = goobj_data(d->o, i);

	if (d->use[i] == 1u << AuxFuncInfo)
		put_funcinfo(d, data);
	else if (d->use[i] >= 1u << AuxPcsp && d->use[i] <= 1u << AuxPcdata)
		put_pctab(d, data);
	else
		put_rows(d->out, data);
}

static void put_relocs(Dump *d, u32 i)
{
	u32 first, n = goobj_relocs(d->o, i, &first);

	for (u32 k = first; k < first + n; k++) {
		GoReloc r = goobj_reloc(d->o, k);
		const char *name = reloc_name(d->r, r.type);

		buf_printf(d->out, "\trel %d+%u ", r.off, r.siz);
		if (name)
			buf_printf(d->out, "%s ", name);
		else
			buf_printf(d->out, "type %u ", r.type);
		put_ref(d, r.sym);
		if (r.add)
			buf_printf(d->out, "%+lld", (long long)r.add);
		buf_str(d->out, "\n");
	}
}

static void put_auxs(Dump *d, u32 i)
{
	u32 first, n = goobj_auxs(d->o, i, &first);

	for (u32 k = first; k < first + n; k++) {
		GoAux a = goobj_aux(d->o, k);

		buf_printf(d->out, "\taux %s ", aux_name(a.type));
		put_ref(d, a.sym);
		buf_str(d->out, "\n");
	}
}

static void put_hash(Dump *d, u32 i)
{
	const GoObj *o = d->o;

	if (i >= o->nsymdef && i < o->nsymdef + o->nhashed64def) {
		buf_str(d->out, " hash ");
		buf_hex(d->out, view_of(goobj_hash64(o, i - o->nsymdef),
					HASH64_SIZE));
	}
	i -= o->nsymdef + o->nhashed64def;
	if (i < o->nhasheddef) {
		buf_str(d->out, " hash ");
		buf_hex(d->out, view_of(goobj_hash(o, i), HASH_SIZE));
	}
}

/* "#12 main.main STEXT size 10 ABIInternal nosplit" */
static void put_sym(Dump *d, u32 i)
{
	GoSym s = goobj_sym(d->o, i);
	const char *kind = symkind_name(d->r, s.kind);

	buf_printf(d->out, "#%u ", i);
	buf_text(d->out, s.name);
	buf_str(d->out, s.name.n ? " " : "- ");
	if (kind)
		buf_str(d->out, kind);
	else
		buf_printf(d->out, "kind %u", s.kind);
	buf_printf(d->out, " size %u", s.size);
	if (s.align)
		buf_printf(d->out, " align %u", s.align);
	if (s.abi == SymABIstatic)
		buf_str(d->out, " static");
	else if (s.abi)
		buf_printf(d->out, " abi %u", s.abi);
	put_bits(d->out, sym_flag_names(), s.flag);
	put_bits(d->out, sym_flag2_names(d->r), s.flag2);
	put_hash(d, i);
	buf_str(d->out, "\n");
}

/* ---- all of it ------------------------------------------------------- */

static void put_head(Dump *d, const char *file, const Member *m)
{
	buf_text(d->out, view_str(file));
	if (m->name.n) {
		buf_str(d->out, "(");
		buf_text(d->out, m->name);
		buf_str(d->out, ")");
	}
	buf_str(d->out, ": ");
	buf_text(d->out, m->header.line);
	if (m->header.main)
		buf_str(d->out, "\nmain");
	if (m->header.buildid.n) {
		buf_str(d->out, "\nbuild id ");
		buf_text(d->out, m->header.buildid);
	}
	if (m->header.cgo.n) {
		buf_str(d->out, "\ncgo ");
		buf_text(d->out, m->header.cgo);
	}
	buf_str(d->out, "\nfingerprint ");
	buf_hex(d->out, goobj_fingerprint(d->o));
	buf_str(d->out, "\nflags");
	put_bits(d->out, goobj_flag_names(), d->o->flags);
	buf_str(d->out, "\n");
}

static void put_tables(Dump *d)
{
	for (u32 i = 0; i < d->o->nautolib; i++) {
		View fp, pkg = goobj_autolib(d->o, i, &fp);

		buf_str(d->out, "import ");
		buf_hex(d->out, fp);
		buf_str(d->out, " ");
		buf_text(d->out, pkg);
		buf_str(d->out, "\n");
	}
	for (u32 i = 1; i < d->o->npkg; i++) {
		buf_printf(d->out, "package %u ", i);
		buf_text(d->out, goobj_pkg(d->o, i));
		buf_str(d->out, "\n");
	}
	for (u32 i = 0; i < d->o->nfile; i++) {
		buf_printf(d->out, "file %u ", i);
		buf_text(d->out, goobj_file(d->o, i));
		buf_str(d->out, "\n");
	}
}

static bool wanted(const Dump *d, u32 i, const DumpOptions *opt)
{
	const char *kind = symkind_name(d->r, goobj_sym(d->o, i).kind);

	return !opt->kind || (kind && strcmp(kind, opt->kind) == 0);
}

static void put_symbols(Dump *d, const DumpOptions *opt)
{
	const char *list = NULL;

	for (u32 i = 0; i < d->o->nsym; i++) {
		if (!wanted(d, i, opt))
			continue;
		if (!list || strcmp(list, list_name(d->o, i)) != 0) {
			list = list_name(d->o, i);
			buf_printf(d->out, "\n%s\n", list);
		}
		put_sym(d, i);
		if (opt->brief || i >= d->o->ndef)
			continue;
		put_contents(d, i);
		put_relocs(d, i);
		put_auxs(d, i);
	}
}

void dump_object(Buf *out, const char *file, const Member *m,
		 const GoObj *o, Release r, const DumpOptions *opt)
{
	Dump d = {.out = out, .o = o, .r = r,
		  .arch = arch_by_name(m->header.goarch),
		  .use = aux_uses(o)};

	for (u32 i = 0; i < o->nrefname; i++) {
		View name;
		SymRef ref = goobj_refname(o, i, &name);
		bool fresh;

		map_put(&d.refname, view_str(""), (u64)ref.pkg << 32 | ref.sym,
			&fresh)->val.n = i + 1;
	}
	if (!opt->kind) {
		put_head(&d, file, m);
		if (!opt->brief)
			put_tables(&d);
	}
	put_symbols(&d, opt);
	map_free(&d.refname);
	free(d.use);
}
