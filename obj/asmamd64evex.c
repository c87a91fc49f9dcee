/*
 * The prefixes VEX and EVEX.
 *
 *   C5  R' vvvv' L pp                              map 0F, no X, B, W
 *   C4  R' X' B' map(5), W vvvv' L pp
 *   62  R' X' B' R2' 00 map(2), W vvvv' 1 pp, z LL b V2' aaa
 *
 * Primed bits are inverted: 1 means a register below 8 (R2, V2: below 16).
 * LL with b and registers only is the rounding mode; b with memory broadcasts.
 *
 * Source: Intel SDM volume 2, 2.3 and 2.7; asmvex, asmevex in
 * cmd/internal/obj/x86/asm6.go; the suffixes from evex.go
 */
#include "obj/asmamd64.h"

const Suffix amd64_suffix[] = {
	{"", 4, false, false, false}, {"Z", 4, false, true, false},
	{"SAE", 4, true, false, false}, {"SAE.Z", 4, true, true, false},
	{"RN_SAE", 0, false, false, false}, {"RZ_SAE", 3, false, false, false},
	{"RD_SAE", 1, false, false, false}, {"RU_SAE", 2, false, false, false},
	{"RN_SAE.Z", 0, false, true, false},
	{"RZ_SAE.Z", 3, false, true, false},
	{"RD_SAE.Z", 1, false, true, false},
	{"RU_SAE.Z", 2, false, true, false},
	{"BCST", 4, false, false, true}, {"BCST.Z", 4, false, true, true},
	{NULL, 4, false, false, false},
};

/* What the roles of an instruction's operands are. */
typedef struct {
	const AsmAddr *rm, *reg, *vvvv, *mask, *imm, *high;
} Roles;

static Roles roles_of(const Fit *f)
{
	const Operands *o = &f->ops;
	Roles r = {0};

	for (int i = 0; i < o->n && f->role[i]; i++)
		switch (f->role[i]) {
		case 'm': r.rm = o->a[i]; break;
		case 'r': r.reg = o->a[i]; break;
		case 'v': r.vvvv = o->a[i]; break;
		case 'k': r.mask = o->a[i]; break;
		case 'i': r.imm = o->a[i]; break;
		case 'h': r.high = o->a[i]; break;
		}
	return r;
}

static int rex_of(const AsmAddr *a)
{
	return a ? amd64_regrex(a->reg) : 0;
}

static int index_rex(const AsmAddr *a)
{
	return a ? amd64_regrex(a->index) : 0;
}

/* vvvv, inverted. */
static unsigned vvvv_of(const AsmAddr *a)
{
	return (a ? (unsigned)amd64_regindex(a->reg) & 15 : 0) ^ 15;
}

static void put_vex(Amd64 *s, const Roles *r, const Fit *f)
{
	unsigned bits = f->bits, map = bits >> 4 & 3, pp = bits & 3;
	unsigned r_ = (unsigned)rex_of(r->reg) & REXR;
	unsigned b = (unsigned)rex_of(r->rm) & REXB;
	unsigned x = (unsigned)index_rex(r->rm) & REXX;
	unsigned wvlp = (bits & W1) | vvvv_of(r->vvvv) << 3 |
		(bits & L256) | pp;

	s->in.vex = true;
	if (map == 1 && !x && !b && !(bits & W1)) {
		amd64_put(s, 0xc5);
		amd64_put(s, (r_ << 5 ^ 0x80) | wvlp);
	} else {
		amd64_put(s, 0xc4);
		amd64_put(s, ((r_ | x | b) << 5 ^ 0xe0) | map);
		amd64_put(s, wvlp);
	}
	amd64_put(s, f->bytes[0]);
}

/* ---- EVEX ------------------------------------------------------------------- */

/* What suffixes ask for must be allowed. */
static void check_suffix(Amd64 *s, const AsmProg *p, const Roles *r,
			 unsigned bits)
{
	const Suffix *x = &amd64_suffix[p->scond];
	bool mem = r->rm && r->rm->type == TYPE_MEM;
	const char *why = NULL;

	if (x->zeroing && !(bits & Z))
		why = "unsupported zeroing";
	else if (x->zeroing && !r->mask)
		why = "mask register must be specified for .Z instructions";
	else if (x->rounding < 4 && mem)
		why = "illegal rounding with memory argument";
	else if (x->rounding < 4 && !(bits & RC))
		why = "unsupported rounding";
	else if (x->broadcast && !mem)
		why = "illegal broadcast without memory argument";
	else if (x->broadcast && !(bits & (B4 | B8)))
		why = "unsupported broadcast";
	else if (x->sae && mem)
		why = "illegal SAE with memory argument";
	else if (x->sae && !(bits & SAE))
		why = "unsupported SAE";
	if (why)
		asm_error_prog(s->ctx, p, "%s", why);
}

static unsigned evex_p0(const Roles *r, unsigned bits)
{
	int reg = rex_of(r->reg), rm = rex_of(r->rm);
	unsigned b = bits >> 4 & 3;
	bool x;

	/* A register in rm has its fifth bit in X. */
	x = r->rm && r->rm->index == 0 && rm & EVEXR ? false :
		!(index_rex(r->rm) & REXX);
	b |= reg & REXR ? 0 : 0x80u;
	b |= x ? 0x40u : 0;
	b |= rm & REXB ? 0 : 0x20u;
	b |= reg & EVEXR ? 0 : 0x10u;
	return b;
}

static unsigned evex_p2(const AsmProg *p, const Roles *r, unsigned bits)
{
	const Suffix *x = &amd64_suffix[p->scond];
	bool far = index_rex(r->rm) & EVEXR || rex_of(r->vvvv) & EVEXR;
	unsigned ll = x->rounding < 4 ? x->rounding : bits >> 2 & 3;
	bool b = x->rounding < 4 || x->broadcast || x->sae;

	return (x->zeroing ? 0x80u : 0) | ll << 5 | (b ? 0x10u : 0) |
		(far ? 0 : 8u) |
		(r->mask ? (unsigned)amd64_regnum(r->mask->reg) : 0);
}

static void put_evex(Amd64 *s, const AsmProg *p, const Roles *r, const Fit *f)
{
	unsigned bits = f->bits;

	s->in.evex = true;
	s->in.bits = bits;
	check_suffix(s, p, r, bits);
	amd64_put(s, 0x62);
	amd64_put(s, evex_p0(r, bits));
	amd64_put(s, (bits & W1) | vvvv_of(r->vvvv) << 3 | 4 | (bits & 3));
	amd64_put(s, evex_p2(p, r, bits));
	amd64_put(s, f->bytes[0]);
}

/* ---- all of it ----------------------------------------------------------------- */

/* A gather whose registers overlap is an invalid instruction. */
static bool is_gather(u16 op)
{
	switch (op) {
	case AVGATHERDPD: case AVGATHERQPD: case AVGATHERDPS:
	case AVGATHERQPS: case AVPGATHERDD: case AVPGATHERQD:
	case AVPGATHERDQ: case AVPGATHERQQ:
		return true;
	}
	return false;
}

static void check_gather(Amd64 *s, const AsmProg *p)
{
	bool masked;
	int index, mask, dest = amd64_regindex(p->to.reg);

	if (p->nrest == 0) {
		asm_error_prog(s->ctx, p,
			       "need a third arg for gather instruction");
		return;
	}
	masked = reg_in(p->rest[0].reg, R_K0, R_K7);
	index = amd64_regindex(masked ? p->from.index : p->rest[0].index);
	mask = masked ? -1 : amd64_regindex(p->from.reg);
	if (dest == index || dest == mask || mask == index)
		asm_error_prog(s->ctx, p, "index, mask and destination "
			       "registers should be distinct");
}

void amd64_vex(Amd64 *s, const AsmProg *p, const Fit *f)
{
	Roles r = roles_of(f);

	if (is_gather(p->opcode))
		check_gather(s, p);
	if (f->kind == FORM_VEX)
		put_vex(s, &r, f);
	else
		put_evex(s, p, &r, f);
	if (r.rm)
		amd64_modrm(s, p, r.rm, f->modrm == R && r.reg ?
			    amd64_regnum(r.reg->reg) :
			    f->modrm >= 0 ? f->modrm : 0, 0);
	if (r.high)
		amd64_put(s, (unsigned)amd64_regindex(r.high->reg) << 4);
	if (r.imm)
		amd64_put(s, (unsigned)r.imm->offset & 0xff);
}
