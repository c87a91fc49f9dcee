/*
 * From parsed functions to an object.
 *
 * For each file, as Flushplist does it: FUNCDATA with a meaning of its own
 * is rewritten, functions get references to what the compiler knows of their
 * arguments; then function by function labels become targets, the
 * architecture makes code, and tables and debug information follow from
 * where each instruction came to lie.
 *
 * Source: cmd/internal/obj/plist.go, pass.go
 */
#include <stdlib.h>

#include "obj/asmlex.h"

#define TEXT(v) (int)(v).n, (const char *)(v).p

/* ---- for back ends -------------------------------------------------------- */

AsmProg *asm_prog(AsmCtx *c)
{
	return arena_alloc(&c->obj->arena, sizeof(AsmProg));
}

AsmProg *asm_append(AsmCtx *c, AsmProg *q)
{
	AsmProg *p = asm_prog(c);

	p->link = q->link;
	q->link = p;
	p->pos = q->pos;
	return p;
}

void asm_rest(AsmCtx *c, AsmProg *p, const AsmAddr *a, int n, bool dest)
{
	AsmAddr *rest = arena_alloc(&c->obj->arena,
				    (size_t)(p->nrest + n) * sizeof *rest);

	if (p->nrest)
		memcpy(rest, p->rest, p->nrest * sizeof *rest);
	for (int i = 0; i < n; i++) {
		rest[p->nrest] = a[i];
		if (dest)
			p->restdest |= (u8)(1u << p->nrest);
		p->nrest++;
	}
	p->rest = rest;
}

LSym *asm_lookup(AsmCtx *c, const char *name, u16 abi)
{
	return lsym_lookup(c->obj, view_str(name), abi);
}

/* Constants in memory come last of all data, sorted by name. */
static LSym *const_sym(AsmCtx *c, const char *name, unsigned size, u64 lo,
		       u64 hi)
{
	LSym *s = asm_lookup(c, name, SymABI0);
	unsigned align = size > 8 ? 8 : size;

	if (s->content)
		return s;
	s->kind = SRODATA;
	s->flag |= SymFlagLocal;
	s->content = true;
	/* Up to 1.26 the writer works it out. */
	s->align = c->obj->release < GO127 ? 0 :
		size > 4 ? c->obj->arch->ptrsize : align;
	lsym_write_int(c->obj, s, 0, align, lo);
	if (size == 16)
		lsym_write_int(c->obj, s, 8, 8, hi);
	syms_add(&c->consts, s);
	return s;
}

LSym *asm_float_sym(AsmCtx *c, u64 bits, unsigned size)
{
	char name[40];

	snprintf(name, sizeof name, size == 4 ? "$f32.%08llx" :
		 "$f64.%016llx", (unsigned long long)bits);
	return const_sym(c, name, size, bits, 0);
}

LSym *asm_int_sym(AsmCtx *c, u64 hi, u64 lo, unsigned size)
{
	char name[60];

	if (size == 16)
		snprintf(name, sizeof name, "$i128.%016llx%016llx",
			 (unsigned long long)hi, (unsigned long long)lo);
	else
		snprintf(name, sizeof name, size == 4 ? "$i32.%08llx" :
			 "$i64.%016llx", (unsigned long long)lo);
	return const_sym(c, name, size, lo, hi);
}

/* ---- PCDATA ------------------------------------------------------------------ */

static AsmProg *add_pcdata(AsmCtx *c, AsmProg *p, i64 which, i64 value)
{
	AsmProg *q = asm_append(c, p);

	q->opcode = APCDATA;
	q->from.type = q->to.type = TYPE_CONST;
	q->from.offset = which;
	q->to.offset = value;
	return q;
}

AsmProg *asm_entry_stackmap(AsmCtx *c, AsmProg *p)
{
	AsmProg *q = add_pcdata(c, p, PCDATA_StackMapIndex, -1);

	q->pos = c->cur->text->pos;
	return q;
}

AsmProg *asm_entry_unsafe(AsmCtx *c, AsmProg *p)
{
	AsmProg *q = add_pcdata(c, p, PCDATA_UnsafePoint, -1);

	q->pos = c->cur->text->pos;
	return q;
}

AsmProg *asm_entry_liveness(AsmCtx *c, AsmProg *p)
{
	return asm_entry_unsafe(c, asm_entry_stackmap(c, p));
}

AsmProg *asm_start_unsafe(AsmCtx *c, AsmProg *p)
{
	return add_pcdata(c, p, PCDATA_UnsafePoint, UNSAFE_UNSAFE);
}

AsmProg *asm_end_unsafe(AsmCtx *c, AsmProg *p, i64 old)
{
	return add_pcdata(c, p, PCDATA_UnsafePoint, old);
}

/* The value to restart with; two neighbours must differ. */
static i64 next_restart(i64 last)
{
	return last == UNSAFE_RESTART1 ? UNSAFE_RESTART2 : UNSAFE_RESTART1;
}

static AsmProg *mark_run(AsmCtx *c, AsmProg *prev, AsmProg *p, i64 old,
			 bool (*unsafe)(const AsmProg *))
{
	asm_start_unsafe(c, prev)->pc = p->pc;
	while (p->link && unsafe(p->link))
		p = p->link;
	if (!p->link)
		return NULL;
	p = asm_end_unsafe(c, p, old);
	p->pc = p->link->pc;
	return p;
}

void asm_mark_unsafe(AsmCtx *c, AsmProg *first,
		     bool (*unsafe)(const AsmProg *),
		     bool (*restart)(const AsmProg *))
{
	AsmProg *prev = first, *p;
	i64 old = UNSAFE_SAFE, last = 0;

	for (p = prev->link; p; prev = p, p = p->link) {
		if (p->opcode == APCDATA &&
		    p->from.offset == PCDATA_UnsafePoint) {
			old = p->to.offset;
			continue;
		}
		if (old == UNSAFE_UNSAFE)
			continue;
		if (unsafe(p)) {
			p = mark_run(c, prev, p, old, unsafe);
			if (!p)
				break;
		} else if (restart && restart(p)) {
			last = next_restart(last);
			add_pcdata(c, prev, PCDATA_UnsafePoint, last)->pc =
				p->pc;
			if (!p->link)
				break;
			if (restart(p->link))
				continue;
			p = add_pcdata(c, p, PCDATA_UnsafePoint, old);
			p->pc = p->link->pc;
		}
	}
}

/* ---- FUNCDATA ------------------------------------------------------------------- */

/* NAME + suffix, local to the file if the function is. */
static LSym *derived(AsmCtx *c, const LSym *s, const char *suffix)
{
	Buf b = {0};
	LSym *d;

	buf_add(&b, s->name);
	buf_str(&b, suffix);
	d = lsym_lookup(c->obj, view_of(b.p, b.n), s->abi == SymABIstatic ?
			SymABIstatic : SymABI0);
	buf_free(&b);
	return d;
}

/* Two bitmaps of no bits: one without results, one with. */
static LSym *no_pointers(AsmCtx *c, AsmPos pos)
{
	u8 data[8] = {0};
	Buf name = {0};
	LSym *s;

	st32(data, 2, c->obj->arch->big);
	gclocals_name(c->obj->release, view_of(data, 8), &name);
	s = lsym_lookup(c->obj, view_of(name.p, name.n), SymABI0);
	buf_free(&name);
	if (s->onlist)
		return s;
	s->data = arena_alloc(&c->obj->arena, 8);
	memcpy(s->data, data, 8);
	s->ndata = s->capdata = 8;
	s->content = true;
	s->align = c->obj->release >= GO127 ? 4 : 0;
	asm_globl(c, s, 8, RODATA | DUPOK, pos);
	return s;
}

static void rewrite_funcdata(AsmCtx *c, const AsmFunc *f, AsmProg *p)
{
	bool args = view_is(p->to.sym->name, "go_args_stackmap");
	bool none = view_is(p->to.sym->name, "no_pointers_stackmap");

	if (!args && !none)
		return;
	if (p->from.offset != (args ? FUNCDATA_ArgsPointerMaps :
			       FUNCDATA_LocalsPointerMaps))
		asm_error(c, p->pos, "FUNCDATA use of %.*s(SB) with another "
			  "number than its own", TEXT(p->to.sym->name));
	p->to.sym = args ? derived(c, f->sym, ".args_stackmap") :
		no_pointers(c, p->pos);
}

static bool has_funcdata(const AsmCtx *c, const AsmFunc *f, i64 which)
{
	for (const AsmProg *p = f->text; p && c->funcdata; p = p->link)
		if (p->opcode == AFUNCDATA && p->from.offset == which)
			return true;
	return false;
}

static void add_funcdata(AsmCtx *c, AsmFunc *f, i64 which,
			 const char *suffix)
{
	AsmProg *p = asm_append(c, f->text);

	p->opcode = AFUNCDATA;
	p->from.type = TYPE_CONST;
	p->from.offset = which;
	p->to.type = TYPE_MEM;
	p->to.name = NAME_EXTERN;
	p->to.sym = derived(c, f->sym, suffix);
}

/* What the compiler says of the arguments of a function of this package,
 * which must have Go's declaration and ABI0. */
static void arg_maps(AsmCtx *c, AsmFunc *f, View prefix)
{
	bool map, info;

	if (!view_prefix(f->sym->name, (const char *)prefix.p) ||
	    f->sym->abi == SymABIInternal ||
	    view_is(f->sym->name, "runtime.addmoduledata"))
		return;
	map = has_funcdata(c, f, FUNCDATA_ArgsPointerMaps);
	info = has_funcdata(c, f, FUNCDATA_ArgInfo);
	if (!map)
		add_funcdata(c, f, FUNCDATA_ArgsPointerMaps,
			     ".args_stackmap");
	if (!info)
		add_funcdata(c, f, FUNCDATA_ArgInfo, ".arginfo0");
}

/* ---- labels -------------------------------------------------------------------------- */

enum { MAX_JUMPS = 5000, MAX_HOPS = 1 << 25 };

typedef struct {
	AsmProg **at;	/* by number, from the TEXT's on */
	u64 n, base;
} Numbers;

static Numbers numbers(const AsmFunc *f)
{
	Numbers t = {NULL, 0, (u64)f->text->pc};
	const AsmProg *p;

	for (p = f->text; p; p = p->link)
		t.n = (u64)p->pc >= t.base ? (u64)p->pc - t.base + 1 : t.n;
	t.at = xrealloc(NULL, (size_t)t.n * sizeof *t.at);
	memset(t.at, 0, (size_t)t.n * sizeof *t.at);
	for (p = f->text; p; p = p->link)
		if ((u64)p->pc >= t.base && !t.at[(u64)p->pc - t.base])
			t.at[(u64)p->pc - t.base] = (AsmProg *)(uintptr_t)p;
	return t;
}

/* n(PC) has only a number yet. What progedit appends has none. */
static void set_target(AsmCtx *c, const AsmFunc *f, AsmProg *p, Numbers *t)
{
	u64 i;

	if (!t->at)
		*t = numbers(f);
	i = (u64)p->to.offset - t->base;
	if (i < t->n)
		p->to.target = t->at[i];
	if (!p->to.target) {
		asm_error_prog(c, p, "branch out of range");
		p->to.type = TYPE_NONE;
	}
}

/* Where a jump to a jump to ... ends. NULL: nowhere; then it is left without
 * a target, which means itself. */
static AsmProg *brloop(AsmProg *p, u64 *hops)
{
	for (int n = 0; n < MAX_JUMPS; n++, ++*hops) {
		if (p->opcode != AJMP || p->to.type != TYPE_BRANCH ||
		    !p->to.target)
			return p;
		if (p->to.target == p)
			return NULL;
		p = p->to.target;
	}
	return NULL;
}

static void linkpatch(AsmCtx *c, AsmFunc *f)
{
	AsmProg *jumps = NULL, **last = &jumps, *next;
	Numbers t = {NULL, 0, 0};
	bool enough = false;
	u64 hops = 0;

	for (AsmProg *p = f->text; p && !c->stop; p = p->link) {
		if (c->arch->progedit)
			c->arch->progedit(c, p);
		if (p->to.type != TYPE_BRANCH || p->to.sym)
			continue;
		if (!p->to.target)
			set_target(c, f, p, &t);
		*last = p;
		last = &p->rel;
	}
	for (AsmProg *p = jumps; p; p = next) {
		next = p->rel;
		p->rel = NULL;
		if (c->stop || enough || p->to.type != TYPE_BRANCH || !p->to.target)
			continue;
		p->to.target = brloop(p->to.target, &hops);
		if (p->to.target)
			p->to.offset = p->to.target->pc;
		if (hops > MAX_HOPS) {
			asm_error_prog(c, p, "too many jumps to jumps");
			enough = true;
		}
	}
	free(t.at);
}

/* ---- a file's functions ----------------------------------------------------------------- */

void asm_flush(AsmCtx *c, u32 first)
{
	Buf prefix = {0};
	AsmFunc *f;
	AsmProg *p;
	u32 i;

	for (i = first; i < c->nfunc && c->funcdata; i++)
		for (p = c->func[i].text; p; p = p->link)
			if (p->opcode == AFUNCDATA)
				rewrite_funcdata(c, &c->func[i], p);
	path_to_prefix(&prefix, c->flags->pkgpath);
	buf_str(&prefix, ".");
	buf_add(&prefix, view_of("", 1));
	for (i = first; i < c->nfunc; i++)
		arg_maps(c, &c->func[i], view_of(prefix.p, prefix.n - 1));
	buf_free(&prefix);
	for (i = first; i < c->nfunc && !c->stop; i++) {
		f = c->cur = &c->func[i];
		if (c->arch->error_check)
			c->arch->error_check(c, f);
		linkpatch(c, f);
		if (c->errors)
			continue;
		c->arch->preprocess(c, f);
		if (c->errors == 0)
			c->arch->assemble(c, f);
		if (c->errors == 0)
			asm_linkpcln(c, f);
	}
	c->cur = NULL;
}

static int by_name(const void *a, const void *b)
{
	const LSym *s = *(LSym *const *)a, *t = *(LSym *const *)b;
	size_t n = s->name.n < t->name.n ? s->name.n : t->name.n;
	int d = memcmp(s->name.p, t->name.p, n);

	return d ? d : s->name.n < t->name.n ? -1 : s->name.n > t->name.n;
}

static void define_sorted(AsmCtx *c, Syms *l)
{
	if (l->n > 1)
		qsort(l->p, l->n, sizeof *l->p, by_name);
	for (size_t i = 0; i < l->n; i++) {
		l->p[i]->onlist = true;
		syms_add(&c->obj->data, l->p[i]);
	}
	free(l->p);
	*l = (Syms){0};
}

/* What Go's rules refused, a line each. */
static void refusals(AsmCtx *c, Buf *b)
{
	View v = view_of(b->p, b->n), line;
	size_t end;

	for (size_t at = 0; at < v.n; at = end + 1) {
		end = view_index(v, at, '\n');
		view_sub(v, at, end - at, &line);
		asm_error(c, (AsmPos){0}, "asm: %.*s", TEXT(line));
	}
	buf_free(b);
}

static u32 obj_flags(const AsmFlags *f)
{
	return (u32)ObjFlagFromAssembly | (f->shared ? ObjFlagShared : 0) |
		(f->std && f->release >= GO127 ? ObjFlagStd : 0) |
		(view_is(f->pkgpath, "<unlinkable>") ? ObjFlagUnlinkable : 0);
}

static void finish(AsmCtx *c, AsmResult *res)
{
	const char *why;

	define_sorted(c, &c->consts);
	define_sorted(c, &c->seh);
	why = c->obj->why ? c->obj->why : obj_write(c->obj, &res->out);
	if (why)
		asm_error(c, (AsmPos){0}, "asm: %.*s: %s",
			  TEXT(c->obj->who), why);
}

void asm_files(AsmResult *res, const AsmFlags *flags, char *const *file,
	       size_t n)
{
	Obj obj;
	AsmCtx c = {.arch = flags->arch, .flags = flags, .obj = &obj};
	FipsRules rules;
	FipsHooks hooks;
	Buf refused = {0};

	obj_init(&obj, flags->release, arch_by_name(flags->goarch),
		 flags->pkgpath);
	obj.flags = obj_flags(flags);
	fips_rules(&rules, flags->release, flags->goos, flags->goarch,
		   flags->pkgpath, flags->shared);
	rules.bisect = flags->bisect;
	rules.report = &res->report;
	hooks = fips_hooks(&rules, &refused);
	obj.rules = &hooks.hooks;
	if (c.arch->init)
		c.arch->init(&c);
	for (size_t i = 0; i < n && c.errors == 0; i++) {
		u32 first = c.nfunc;

		asm_parse_file(&c, file[i], flags->gensymabis ? &res->out :
			       NULL);
		if (c.errors == 0 && !flags->gensymabis)
			asm_flush(&c, first);
	}
	refusals(&c, &refused);
	if (c.errors == 0 && !flags->gensymabis)
		finish(&c, res);
	free(c.consts.p);
	free(c.seh.p);
	res->messages = c.messages;
	res->errors = c.errors;
	free(c.func);
	free(c.base);
	obj_free(&obj);
}
