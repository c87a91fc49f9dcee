/*
 * An object as one line of JSON, for programs.
 *
 * A symbol's place in "symbols" is its number (with a filter, see "n").
 * References are {"sym":N}, {"builtin":N}, {"pkg":N,"sym":N} with a place in
 * "packages", or null; "names" gives those of other packages' symbols once.
 */
#include <stdlib.h>

#include "obj/obj.h"

typedef struct {
	Buf *out;
	const GoObj *o;
	Release r;
	u32 *use;	/* aux_uses */
} Json;

static void put_key(Buf *out, const char *key, View value)
{
	buf_printf(out, "\"%s\":", key);
	buf_json(out, value);
	buf_str(out, ",");
}

static void put_hex(Buf *out, const char *key, View value)
{
	buf_printf(out, "\"%s\":\"", key);
	buf_hex(out, value);
	buf_str(out, "\"");
}

static void put_bits(Buf *out, const BitName *names, u32 bits, bool *comma)
{
	for (; names->name; names++)
		if (bits & names->bit) {
			buf_printf(out, "%s\"%s\"", *comma ? "," : "",
				   names->name);
			*comma = true;
		}
}

static void put_ref(const Json *j, SymRef r)
{
	u32 i = goobj_local(j->o, r);

	if (symref_is_nil(r))
		buf_str(j->out, "null");
	else if (r.pkg == PkgIdxBuiltin)
		buf_printf(j->out, "{\"builtin\":%u}", r.sym);
	else if (i != NOSYM)
		buf_printf(j->out, "{\"sym\":%u}", i);
	else
		buf_printf(j->out, "{\"pkg\":%u,\"sym\":%u}", r.pkg, r.sym);
}

/* ---- symbols --------------------------------------------------------- */

static void put_funcinfo(const Json *j, View data)
{
	GoFuncInfo f;

	if (funcinfo_parse(data, &f))
		return;
	buf_printf(j->out, ",\"funcinfo\":{\"args\":%u,\"locals\":%u,"
		   "\"funcid\":%u,\"flag\":%u,\"startline\":%d,\"files\":[",
		   f.args, f.locals, f.funcid, f.funcflag, f.startline);
	for (u32 i = 0; i < f.nfile; i++)
		buf_printf(j->out, "%s%u", i ? "," : "", funcinfo_file(&f, i));
	buf_str(j->out, "],\"inlined\":[");
	for (u32 i = 0; i < f.ninl; i++) {
		InlNode n = funcinfo_inl(&f, i);

		buf_printf(j->out, "%s{\"parent\":%d,\"file\":%u,\"line\":%d,"
			   "\"pc\":%d,\"func\":", i ? "," : "", n.parent,
			   n.file, n.line, n.parentpc);
		put_ref(j, n.func);
		buf_str(j->out, "}");
	}
	buf_str(j->out, "]}");
}

static void put_pctab(const Json *j, View data)
{
	PcIter it = {.c = cursor(data, false)};

	buf_str(j->out, ",\"pctab\":[");
	for (bool comma = false; pciter_next(&it); comma = true)
		buf_printf(j->out, "%s[%llu,%d]", comma ? "," : "",
			   (unsigned long long)it.pc, it.val);
	buf_str(j->out, "]");
}

static void put_relocs(const Json *j, u32 i)
{
	u32 first, n = goobj_relocs(j->o, i, &first);

	buf_str(j->out, ",\"relocs\":[");
	for (u32 k = first; k < first + n; k++) {
		GoReloc r = goobj_reloc(j->o, k);
		const char *name = reloc_name(j->r, r.type);

		buf_printf(j->out, "%s{\"off\":%d,\"siz\":%u,\"type\":",
			   k > first ? "," : "", r.off, r.siz);
		if (name)
			buf_json(j->out, view_str(name));
		else
			buf_printf(j->out, "%u", r.type);
		buf_printf(j->out, ",\"add\":%lld,\"to\":", (long long)r.add);
		put_ref(j, r.sym);
		buf_str(j->out, "}");
	}
	buf_str(j->out, "]");
}

static void put_auxs(const Json *j, u32 i)
{
	u32 first, n = goobj_auxs(j->o, i, &first);

	buf_str(j->out, ",\"aux\":[");
	for (u32 k = first; k < first + n; k++) {
		GoAux a = goobj_aux(j->o, k);

		buf_printf(j->out, "%s{\"type\":\"%s\",\"to\":",
			   k > first ? "," : "", aux_name(a.type));
		put_ref(j, a.sym);
		buf_str(j->out, "}");
	}
	buf_str(j->out, "]");
}

static void put_contents(const Json *j, u32 i)
{
	View data = goobj_data(j->o, i);

	if (data.n) {
		buf_str(j->out, ",");
		put_hex(j->out, "data", data);
	}
	if (j->use[i] == 1u << AuxFuncInfo)
		put_funcinfo(j, data);
	else if (j->use[i] >= 1u << AuxPcsp && j->use[i] <= 1u << AuxPcdata)
		put_pctab(j, data);
	put_relocs(j, i);
	put_auxs(j, i);
}

static void put_hash(const Json *j, u32 i)
{
	const GoObj *o = j->o;
	View hash = view_str("");

	if (i >= o->nsymdef && i < o->nsymdef + o->nhashed64def)
		hash = view_of(goobj_hash64(o, i - o->nsymdef), HASH64_SIZE);
	i -= o->nsymdef + o->nhashed64def;
	if (i < o->nhasheddef)
		hash = view_of(goobj_hash(o, i), HASH_SIZE);
	if (hash.n) {
		buf_str(j->out, ",");
		put_hex(j->out, "hash", hash);
	}
}

static void put_sym(const Json *j, u32 i, bool brief)
{
	GoSym s = goobj_sym(j->o, i);
	const char *kind = symkind_name(j->r, s.kind);
	bool comma = false;

	buf_printf(j->out, "{\"n\":%u,", i);
	put_key(j->out, "name", s.name);
	buf_printf(j->out, "\"list\":\"%s\",\"kind\":", list_name(j->o, i));
	if (kind)
		buf_json(j->out, view_str(kind));
	else
		buf_printf(j->out, "%u", s.kind);
	buf_printf(j->out, ",\"size\":%u,\"align\":%u,\"abi\":%d,\"flags\":[",
		   s.size, s.align, s.abi == SymABIstatic ? -1 : s.abi);
	put_bits(j->out, sym_flag_names(), s.flag, &comma);
	put_bits(j->out, sym_flag2_names(j->r), s.flag2, &comma);
	buf_str(j->out, "]");
	put_hash(j, i);
	if (i < j->o->ndef && !brief)
		put_contents(j, i);
	buf_str(j->out, "}");
}

/* ---- all of it ------------------------------------------------------- */

static void put_head(const Json *j, const char *file, const Member *m)
{
	bool comma = false;

	buf_str(j->out, "{");
	put_key(j->out, "file", view_str(file));
	put_key(j->out, "member", m->name);
	put_key(j->out, "goos", m->header.goos);
	put_key(j->out, "goarch", m->header.goarch);
	put_key(j->out, "version", m->header.version);
	put_key(j->out, "header", m->header.line);
	put_key(j->out, "buildid", m->header.buildid);
	put_key(j->out, "cgo", m->header.cgo);
	buf_printf(j->out, "\"main\":%s,", m->header.main ? "true" : "false");
	put_hex(j->out, "fingerprint", goobj_fingerprint(j->o));
	buf_str(j->out, ",\"flags\":[");
	put_bits(j->out, goobj_flag_names(), j->o->flags, &comma);
	buf_str(j->out, "],\"imports\":[");
}

static void put_tables(const Json *j)
{
	const GoObj *o = j->o;

	for (u32 i = 0; i < o->nautolib; i++) {
		View fp, pkg = goobj_autolib(o, i, &fp);

		buf_str(j->out, i ? ",{" : "{");
		put_key(j->out, "pkg", pkg);
		put_hex(j->out, "fingerprint", fp);
		buf_str(j->out, "}");
	}
	buf_str(j->out, "],\"packages\":[");
	for (u32 i = 0; i < o->npkg; i++) {
		buf_str(j->out, i ? "," : "");
		buf_json(j->out, goobj_pkg(o, i));
	}
	buf_str(j->out, "],\"files\":[");
	for (u32 i = 0; i < o->nfile; i++) {
		buf_str(j->out, i ? "," : "");
		buf_json(j->out, goobj_file(o, i));
	}
	buf_str(j->out, "],\"names\":[");
	for (u32 i = 0; i < o->nrefname; i++) {
		View name;
		SymRef r = goobj_refname(o, i, &name);

		buf_str(j->out, i ? ",{" : "{");
		put_key(j->out, "name", name);
		buf_printf(j->out, "\"pkg\":%u,\"sym\":%u}", r.pkg, r.sym);
	}
	buf_str(j->out, "],\"symbols\":[");
}

void dump_json(Buf *out, const char *file, const Member *m, const GoObj *o,
	       Release r, const DumpOptions *opt)
{
	Json j = {out, o, r, aux_uses(o)};
	bool comma = false;

	put_head(&j, file, m);
	put_tables(&j);
	for (u32 i = 0; i < o->nsym; i++) {
		const char *kind = symkind_name(r, goobj_sym(o, i).kind);

		if (opt->kind && !(kind && strcmp(kind, opt->kind) == 0))
			continue;
		buf_str(out, comma ? "," : "");
		put_sym(&j, i, opt->brief);
		comma = true;
	}
	buf_str(out, "]}\n");
	free(j.use);
}
