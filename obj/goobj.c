/*
 * The object file: everything is checked here, once.
 *
 *   header   magic "\0go120ld", fingerprint 8, flags u32, 19 offsets u32
 *   strings  their bytes; elsewhere a string is {length u32, offset u32}
 *   blocks   arrays of records, named in Blk, each up to the next offset
 *
 * All little-endian for every target, offsets from the magic, nothing
 * aligned. A symbol record is {name, abi u16, kind, flag, flag2, size u32,
 * align u32}; the five symbol blocks stand one behind the other. RelocIdx,
 * AuxIdx and DataIdx have one u32 for each defined symbol and one more: where
 * its relocations, auxiliary symbols and bytes begin in their blocks.
 *
 * The linker opens some 85 MB of objects to link one program, so the loops
 * over records do not branch on what they find: they gather whether anything
 * was wrong, and a second, slow pass says what and where.
 *
 * Source: cmd/internal/goobj/objfile.go, funcinfo.go
 */
#include "obj/obj.h"

enum { NBUILTIN_MAX = 1024 };	/* no release has had more than 300 */

static const u8 record_size[NBlk] = {
	[BlkAutolib] = AUTOLIB_SIZE, [BlkPkgIdx] = STRREF_SIZE,
	[BlkFile] = STRREF_SIZE, [BlkSymdef] = SYM_SIZE,
	[BlkHashed64def] = SYM_SIZE, [BlkHasheddef] = SYM_SIZE,
	[BlkNonpkgdef] = SYM_SIZE, [BlkNonpkgref] = SYM_SIZE,
	[BlkRefFlags] = REFFLAGS_SIZE, [BlkHash64] = HASH64_SIZE,
	[BlkHash] = HASH_SIZE, [BlkRelocIdx] = 4, [BlkAuxIdx] = 4,
	[BlkDataIdx] = 4, [BlkReloc] = RELOC_SIZE, [BlkAux] = AUX_SIZE,
	[BlkData] = 1, [BlkRefName] = REFNAME_SIZE, [BlkEnd] = 1,
};

/* ---- references ------------------------------------------------------ */

/* How many symbols a package index has; an index below that is good. What
 * another package has is not known here. */
typedef struct {
	u32 special[5];	/* PkgIdxNone downwards */
	u32 npkg;
} Limits;

static Limits limits_of(const GoObj *o)
{
	return (Limits){{o->nnonpkgdef + o->nnonpkgref, o->nhashed64def,
			 o->nhasheddef, NBUILTIN_MAX, o->nsymdef},
			o->npkg};
}

static inline bool ref_good(const Limits *l, SymRef r)
{
	u32 k = PkgIdxNone - r.pkg, lim;

	if (k < NELEM(l->special))
		lim = l->special[k];
	else if (r.pkg == 0)
		lim = 1;	/* nil is {0, 0} */
	else
		lim = r.pkg < l->npkg ? UINT32_MAX : 0;
	return r.sym < lim;
}

/* ---- header and blocks ----------------------------------------------- */

static u32 block_bytes(const GoObj *o, Blk b)
{
	return o->blk[b + 1] - o->blk[b];
}

static u32 block_count(const GoObj *o, Blk b)
{
	return block_bytes(o, b) / record_size[b];
}

static Fault read_header(GoObj *o)
{
	if (!view_has(o->obj, 0, GOOBJ_HEADER))
		return fault("the object is shorter than its header", 0);
	if (memcmp(o->obj.p, "\0go1", 4) == 0 &&
	    memcmp(o->obj.p + 4, &GOOBJ_MAGIC[4], 4) != 0)
		return fault("an object of another version of the format", 0);
	if (memcmp(o->obj.p, GOOBJ_MAGIC, 8) != 0)
		return fault("no object magic", 0);
	o->flags = ld32(o->obj.p + 16, false);
	for (int b = 0; b < NBlk; b++)
		o->blk[b] = ld32(o->obj.p + 20 + 4 * b, false);
	return OK;
}

static Fault check_blocks(const GoObj *o)
{
	u32 before = GOOBJ_HEADER;

	for (int b = 0; b < NBlk; b++) {
		u64 at = 20 + 4 * (u64)b;

		if (o->blk[b] < before)
			return fault("a block begins before the one in front "
				     "of it ends", at);
		if (b > 0 && block_bytes(o, (Blk)(b - 1)) %
		    record_size[b - 1] != 0)
			return fault("a block is no whole number of records",
				     at);
		before = o->blk[b];
	}
	if (o->blk[BlkEnd] != o->obj.n)
		return fault("the object's size is not what its header says",
			     20 + 4 * BlkEnd);
	return OK;
}

static void count_records(GoObj *o)
{
	o->nautolib = block_count(o, BlkAutolib);
	o->npkg = block_count(o, BlkPkgIdx);
	o->nfile = block_count(o, BlkFile);
	o->nsymdef = block_count(o, BlkSymdef);
	o->nhashed64def = block_count(o, BlkHashed64def);
	o->nhasheddef = block_count(o, BlkHasheddef);
	o->nnonpkgdef = block_count(o, BlkNonpkgdef);
	o->nnonpkgref = block_count(o, BlkNonpkgref);
	o->nrefflags = block_count(o, BlkRefFlags);
	o->nrefname = block_count(o, BlkRefName);
	o->ndef = (o->blk[BlkNonpkgref] - o->blk[BlkSymdef]) / SYM_SIZE;
	o->nsym = o->ndef + o->nnonpkgref;
	o->nreloc = block_count(o, BlkReloc);
	o->naux = block_count(o, BlkAux);
	o->ndata = block_count(o, BlkData);
}

static Fault check_counts(const GoObj *o)
{
	if (o->npkg > PkgIdxSelf)
		return fault("too many packages", o->blk[BlkPkgIdx]);
	if (block_count(o, BlkHash64) != o->nhashed64def)
		return fault("Hash64 has not one entry for each symbol",
			     o->blk[BlkHash64]);
	if (block_count(o, BlkHash) != o->nhasheddef)
		return fault("Hash has not one entry for each symbol",
			     o->blk[BlkHash]);
	for (Blk b = BlkRelocIdx; b <= BlkDataIdx; b++)
		if (block_count(o, b) != (u64)o->ndef + 1)
			return fault("an index table has not one entry for "
				     "each symbol", o->blk[b]);
	return OK;
}

/* ---- tables ---------------------------------------------------------- */

/* Every record of block b has a good string at byte at; *total grows by
 * their lengths. */
static Fault check_strings(const GoObj *o, Blk b, u32 n, u32 at, u64 *total)
{
	bool good = true;

	for (u32 i = 0; i < n; i++) {
		const u8 *p = goobj_at(o, b, i, record_size[b]) + at;

		good &= goobj_str_good(o, p);
		*total += ld32(p, false);
	}
	if (good)
		return OK;
	for (u32 i = 0; i < n; i++) {
		const u8 *p = goobj_at(o, b, i, record_size[b]) + at;

		if (!goobj_str_good(o, p))
			return fault("a string lies outside of the strings",
				     (u64)(p - o->obj.p));
	}
	return OK;
}

/* Strings may be shared, and in a hostile file every record may have one as
 * long as the file. Who prints or hashes all names must not need more than
 * linear time for it. Real objects stay below twice their size. */
static Fault check_total(const GoObj *o, u64 total)
{
	return total <= 16 * (u64)o->obj.n ? OK :
		fault("the names are longer than can be true", GOOBJ_HEADER);
}

static Fault check_all_strings(const GoObj *o)
{
	static const struct { Blk b; u8 at; } strs[] = {
		{BlkAutolib, 0}, {BlkPkgIdx, 0}, {BlkFile, 0},
		{BlkRefName, 8},
	};
	u64 total = 0;
	Fault f = check_strings(o, BlkSymdef, o->nsym, 0, &total);

	for (size_t i = 0; !f.why && i < NELEM(strs); i++)
		f = check_strings(o, strs[i].b, block_count(o, strs[i].b),
				  strs[i].at, &total);
	return f.why ? f : check_total(o, total);
}

/* Every record of block b has a good reference at its beginning. */
static Fault check_refs(const GoObj *o, const Limits *l, Blk b, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		const u8 *p = goobj_at(o, b, i, record_size[b]);
		SymRef r = goobj_symref(p);

		if (!symref_is_extern(r) || !ref_good(l, r))
			return fault("not a symbol of another package",
				     (u64)(p - o->obj.p));
	}
	return OK;
}

static Fault check_index(const GoObj *o, Blk b, u32 total)
{
	u32 before = 0;
	bool good = goobj_idx(o, b, 0) == 0;

	for (u32 i = 0; i <= o->ndef; i++) {
		u32 x = goobj_idx(o, b, i);

		good &= x >= before;
		before = x;
	}
	if (!good)
		return fault("an index table does not rise from 0",
			     o->blk[b]);
	if (before != total)
		return fault("an index table does not end with its block",
			     o->blk[b] + (u64)o->ndef * 4);
	return OK;
}

/* Not more bytes than the size says. But the compiler leaves the size of the
 * symbols that describe the compilation 0, and that of a wasm function
 * counts something else than bytes. */
static inline bool size_good(const GoObj *o, u32 i)
{
	const u8 *p = goobj_at(o, BlkSymdef, i, SYM_SIZE);

	return goobj_data(o, i).n <= ld32(p + 13, false) ||
		p[10] == SDWARFCUINFO || kind_is_text(p[10]);
}

static Fault check_sizes(const GoObj *o)
{
	bool good = true;
	u32 i;

	for (i = 0; i < o->ndef; i++)
		good &= size_good(o, i);
	if (good)
		return OK;
	for (i = 0; size_good(o, i);)
		i++;
	return fault("a symbol has more bytes than its size",
		     o->blk[BlkSymdef] + (u64)i * SYM_SIZE);
}

/* ---- relocations ----------------------------------------------------- */

/* In order, in the symbol, and to something that there is. */
static inline bool reloc_good(const Limits *l, const u8 *p, i32 before,
			      u32 size)
{
	i32 off = (i32)ld32(p, false);

	return off >= before && (u64)(u32)off + p[4] <= size &&
		ref_good(l, goobj_symref(p + 15));
}

static Fault reloc_fault(const GoObj *o, const Limits *l, u32 k, i32 before)
{
	const u8 *p = goobj_at(o, BlkReloc, k, RELOC_SIZE);
	u64 at = (u64)(p - o->obj.p);

	if (!ref_good(l, goobj_symref(p + 15)))
		return fault("a relocation to a symbol that is not there",
			     at + 15);
	if ((i32)ld32(p, false) < before)
		return fault("relocations are not in order", at);
	return fault("a relocation lies outside of its symbol", at);
}

static Fault check_relocs(const GoObj *o, const Limits *l, u32 i)
{
	u32 k, end = goobj_relocs(o, i, &k), size, n;
	i32 before = 0;
	const u8 *p;

	if (end == 0)
		return OK;
	end += k;
	size = ld32(goobj_at(o, BlkSymdef, i, SYM_SIZE) + 13, false);
	n = (u32)goobj_data(o, i).n;
	size = size > n ? size : n;
	p = goobj_at(o, BlkReloc, k, RELOC_SIZE);
	for (; k < end; k++, p += RELOC_SIZE) {
		if (!reloc_good(l, p, before, size))
			return reloc_fault(o, l, k, before);
		before = (i32)ld32(p, false);
	}
	return OK;
}

static Fault check_all_relocs(const GoObj *o, const Limits *l)
{
	Fault f = OK;

	for (u32 i = 0; !f.why && i < o->ndef; i++)
		f = check_relocs(o, l, i);
	return f;
}

/* ---- auxiliary symbols ----------------------------------------------- */

const char *funcinfo_parse(View data, GoFuncInfo *f)
{
	Cursor c = cursor(data, false);

	f->args = cur_u32(&c);
	f->locals = cur_u32(&c);
	f->funcid = cur_u8(&c);
	f->funcflag = cur_u8(&c);
	cur_u16(&c);
	f->startline = (i32)cur_u32(&c);
	f->nfile = cur_u32(&c);
	f->files = cur_bytes(&c, 4 * (u64)f->nfile);
	f->ninl = cur_u32(&c);
	f->inl = cur_bytes(&c, (u64)INLNODE_SIZE * f->ninl);
	if (c.err)
		return "FuncInfo is cut off";
	return c.off == data.n ? NULL : "FuncInfo is too long";
}

/* Parents come before their children, so that a walk up an inline tree
 * ends. */
const char *goobj_funcinfo(const GoObj *o, View data, GoFuncInfo *f)
{
	const char *why = funcinfo_parse(data, f);
	Limits l = limits_of(o);

	for (u32 i = 0; !why && i < f->nfile; i++)
		if (funcinfo_file(f, i) >= o->nfile)
			why = "FuncInfo has a file that is not there";
	for (u32 i = 0; !why && i < f->ninl; i++) {
		InlNode n = funcinfo_inl(f, i);

		if (n.file >= o->nfile)
			why = "FuncInfo has a file that is not there";
		else if (n.parent < -1 || n.parent >= (i64)i)
			why = "an inlined call is its own ancestor";
		else if (!ref_good(&l, n.func))
			why = "an inlined function that is not there";
	}
	return why;
}

/* FuncInfo, pc tables, DWARF: read by the linker and therefore defined in
 * this object. A slot of funcdata or pcdata may be empty. */
static const char *aux_wrong(const GoObj *o, const Limits *l, GoAux a)
{
	bool slot = a.type == AuxFuncdata || a.type == AuxPcdata;

	if (a.type >= NAux)
		return "an auxiliary symbol of unknown type";
	if (!ref_good(l, a.sym))
		return "an auxiliary symbol that is not there";
	if (a.type == AuxGotype || a.type == AuxFuncdata ||
	    (slot && symref_is_nil(a.sym)))
		return NULL;
	return goobj_local(o, a.sym) < o->ndef ? NULL :
		"an auxiliary symbol that is not defined here";
}

/* No two functions have one FuncInfo, so that those of all of them are not
 * longer than the data: a bound for whoever looks into each. */
static Fault check_auxs(const GoObj *o, const Limits *l)
{
	GoFuncInfo info;
	u64 total = 0;

	for (u32 k = 0; k < o->naux; k++) {
		GoAux a = goobj_aux(o, k);
		const char *why = aux_wrong(o, l, a);

		if (!why && a.type == AuxFuncInfo) {
			View data = goobj_data(o, goobj_local(o, a.sym));

			total += data.n;
			if (total > o->ndata)
				why = "functions share their FuncInfo";
			else
				why = goobj_funcinfo(o, data, &info);
		}
		if (why)
			return fault(why, o->blk[BlkAux] +
				     (u64)k * AUX_SIZE);
	}
	return OK;
}

/* ---- all of it ------------------------------------------------------- */

static Fault check_tables(const GoObj *o)
{
	Fault f = check_all_strings(o);

	if (!f.why)
		f = check_index(o, BlkRelocIdx, o->nreloc);
	if (!f.why)
		f = check_index(o, BlkAuxIdx, o->naux);
	if (!f.why)
		f = check_index(o, BlkDataIdx, o->ndata);
	return f.why ? f : check_sizes(o);
}

Fault goobj_begin(View obj, GoObj *o)
{
	u64 total = 0;
	Fault f;

	*o = (GoObj){.obj = obj};
	f = read_header(o);
	if (!f.why)
		f = check_blocks(o);
	if (f.why)
		return f;
	count_records(o);
	f = check_counts(o);
	if (!f.why)
		f = check_strings(o, BlkAutolib, o->nautolib, 0, &total);
	if (!f.why)
		f = check_strings(o, BlkPkgIdx, o->npkg, 0, &total);
	if (!f.why)
		f = check_total(o, total);
	return f;
}

Fault goobj_check_common(const GoObj *o)
{
	Limits l = limits_of(o);
	u64 total = 0;
	Fault f = check_strings(o, BlkFile, o->nfile, 0, &total);

	if (!f.why)
		f = check_total(o, total);
	return f.why ? f : check_refs(o, &l, BlkRefFlags, o->nrefflags);
}

static Fault check_def_index(const GoObj *o, u32 i)
{
	u64 at = o->blk[BlkSymdef] + (u64)i * SYM_SIZE;

	if (!goobj_str_good(o, o->obj.p + at))
		return fault("a string lies outside of the strings", at);
	if (!goobj_index_good(o, BlkRelocIdx, i, o->nreloc) ||
	    !goobj_index_good(o, BlkAuxIdx, i, o->naux) ||
	    !goobj_index_good(o, BlkDataIdx, i, o->ndata))
		return fault("an index table does not rise from 0", at);
	if (!size_good(o, i))
		return fault("a symbol has more bytes than its size", at);
	return OK;
}

Fault goobj_check_def(const GoObj *o, u32 i)
{
	Limits l = limits_of(o);
	Fault f = check_def_index(o, i);
	u32 k, n = goobj_auxs(o, i, &k);

	if (!f.why)
		f = check_relocs(o, &l, i);
	for (u32 end = k + n; !f.why && k < end; k++)
		f = fault(aux_wrong(o, &l, goobj_aux(o, k)),
			  o->blk[BlkAux] + (u64)k * AUX_SIZE);
	return f;
}

bool goobj_ref_good(const GoObj *o, SymRef r)
{
	Limits l = limits_of(o);

	return ref_good(&l, r);
}

static Fault check_all(const GoObj *o)
{
	Limits l = limits_of(o);
	Fault f = check_tables(o);

	if (!f.why)
		f = check_all_relocs(o, &l);
	if (!f.why)
		f = check_auxs(o, &l);
	if (!f.why)
		f = check_refs(o, &l, BlkRefName, o->nrefname);
	if (!f.why)
		f = check_refs(o, &l, BlkRefFlags, o->nrefflags);
	return f;
}

Fault goobj_open(View obj, GoObj *o)
{
	Fault f = goobj_begin(obj, o);

	return f.why ? f : check_all(o);
}

/* ---- names ----------------------------------------------------------- */

void path_to_prefix(Buf *out, View path)
{
	size_t slash = 0;

	for (size_t i = 0; i < path.n; i++)
		if (path.p[i] == '/')
			slash = i + 1;
	for (size_t i = 0; i < path.n; i++) {
		u8 c = path.p[i];

		if (c <= ' ' || c >= 0x7f || c == '%' || c == '"' ||
		    (c == '.' && i >= slash))
			buf_printf(out, "%%%02x", c);
		else
			buf_add(out, (View){path.p + i, 1});
	}
}
