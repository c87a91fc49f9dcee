/*
 * What is being linked for: release, system and architecture, told by the
 * header line of the first object ("go object linux amd64 go1.27.4
 * GOAMD64=v1 X:..."). cmd/link has this built in; here every object brings
 * it along, and the loader sees to it that all say the same.
 */
#include "link/link.h"

static const LinkArch *const archs[] = {&arch_amd64, &arch_arm64};

const LinkArch *link_arch(ArchId id)
{
	size_t i;

	for (i = 0; i < NELEM(archs); i++)
		if (archs[i]->id == id)
			return archs[i];
	return NULL;
}

/* Kinds by name: what symkind.def calls STEXT is K_STEXT here. */
static void fill_kinds(Link *L)
{
	static const Kind kind_of[NSYMKIND] = {
#define SYMKIND(name, ...) [name] = K_##name,
#include "objabi/symkind.def"
#undef SYMKIND
	};
	u32 k;

	for (k = 0; k < NSYMKIND; k++) {
		u8 n = symkind_number(L->release, (SymKind)k);

		if (n < NELEM(L->kindrow) && kind_of[k])
			L->kindrow[n] = (u8)kind_of[k];
	}
}

static void fill_relocs(Link *L)
{
	u16 n;

	for (n = 0; n < NELEM(L->relrow); n++)
		L->relrow[n] = (u8)reloc_row(L->release, n);
}

/* "X:a,b" behind the version, and what lies between: GOAMD64=v1. */
static View experiments_of(View line)
{
	size_t x = view_find(line, 0, view_str(" X:"), 1);
	View list = {0};

	if (x < line.n)
		view_sub(line, x + 3, line.n - x - 3, &list);
	return list;
}

/* runtime.buildVersion: the version, and the experiments that the release
 * would not have chosen. */
static View build_version(Link *L)
{
	Experiments base, e = 0;
	View unknown;
	Buf b = {0};
	size_t n;

	base = experiments_baseline(L->release, L->goos, L->goarch);
	if (!experiments_parse(L->release, L->goos, L->goarch,
			       L->experiments, &e, &unknown))
		hand_over(L, "experiment %.*s", (int)unknown.n,
			  (const char *)unknown.p);
	buf_add(&b, L->version);
	n = b.n;
	/* See go.dev/issue/75953: "-" unless the version has one. */
	buf_str(&b, L->release >= GO126 &&
		view_index(L->version, 0, '-') == L->version.n ? "-X:" :
		" X:");
	experiments_print(&b, L->release, e, base);
	if (b.n == n + 3)
		b.n = n;
	return mem_view(&L->mem, view_of(b.p, b.n));
}

static void set_build_version(Link *L)
{
	u32 i;

	L->buildversion = build_version(L);
	for (i = 0; i < L->flag.nstrdata; i++) {
		StrData *d = &L->flag.strdata[i];

		if (view_is(d->name, "runtime.buildVersion")) {
			/* Unless a -X has given another one. */
			if (d->value.n == 0)
				d->value = L->buildversion;
			L->buildversion = d->value;
		}
	}
}

void set_target(Link *L, const ObjHeader *h)
{
	const Arch *a = arch_by_name(h->goarch);

	L->goos = h->goos;
	L->goarch = h->goarch;
	L->version = h->version;
	L->headline = h->line;
	L->experiments = experiments_of(h->line);
	if (!view_is(h->goos, "linux") || !a ||
	    !link_arch((ArchId)(a - arch_table)))
		hand_over(L, "%.*s/%.*s", (int)h->goos.n,
			  (const char *)h->goos.p, (int)h->goarch.n,
			  (const char *)h->goarch.p);
	/* Release candidates of the next release come with new formats. */
	if (!release_of(h->version, &L->release) || L->release != GO127 ||
	    !view_prefix(h->version, "go1.27"))
		hand_over(L, "objects of %.*s", (int)h->version.n,
			  (const char *)h->version.p);
	L->arch = a;
	L->la = link_arch((ArchId)(a - arch_table));
	fill_kinds(L);
	fill_relocs(L);
	set_build_version(L);
	elfinit(L);
}
