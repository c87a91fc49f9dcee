/*
 * gofips-check nm: the symbols that the sum covers.
 */
#include <getopt.h>
#include <stdlib.h>

#include "check/check.h"

static const char help[] =
"usage: gofips-check nm [flags] EXE\n"
"Lists the symbols of the FIPS module: address, size, range, name; in the order\n"
"of their names. A stripped file still has its functions in runtime.pclntab, but\n"
"no names of data.\n"
"\n"
"  -n                    in the order of addresses\n"
"      --size-sort       the largest first\n"
"      --json            one JSON object a line\n"
"      --slice ARCH      the slice of a universal file: amd64, arm64\n"
"  -h, --help            this text\n"
"\n"
"exit status: 0 listed, 1 there are no symbols, 2 trouble\n"
"\n"
"  gofips-check nm --size-sort ./server | head\n"
"  gofips-check nm --json ./server | jq -r 'select(.range == \"text\").name'\n";

typedef int OrderFn(const void *a, const void *b);

typedef struct {
	OrderFn *order;
	bool json;
	const char *slice;
} Flags;

enum { SIZE_SORT = 256, JSON, SLICE };

static const struct option flags[] = {
	{"size-sort", no_argument, NULL, SIZE_SORT},
	{"json", no_argument, NULL, JSON},
	{"slice", required_argument, NULL, SLICE},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static int by_addr(const void *x, const void *y)
{
	const ModSym *a = x, *b = y;

	return a->addr < b->addr ? -1 : a->addr > b->addr;
}

static int by_name(const void *x, const void *y)
{
	const ModSym *a = x, *b = y;
	int c = name_order(a->name, b->name);

	return c ? c : by_addr(x, y);
}

static int by_size(const void *x, const void *y)
{
	const ModSym *a = x, *b = y;

	if (a->size != b->size)
		return a->size > b->size ? -1 : 1;
	return by_addr(x, y);
}

static void parse_flags(Flags *f, int argc, char **argv)
{
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":nh", flags, NULL)) != -1) {
		switch (c) {
		case 'n': f->order = by_addr; break;
		case SIZE_SORT: f->order = by_size; break;
		case JSON: f->json = true; break;
		case SLICE: f->slice = optarg; break;
		case 'h': fputs(help, stdout); exit(0);
		default:
			usage_error("nm", argv[optind - 1], NULL, c == '?' ?
				    "no such flag, or it takes no value" :
				    "it needs a value");
		}
	}
}

/* ---- output -------------------------------------------------------- */

static void put_text(const Side *s, const ModSym *m, Buf *out)
{
	char line[80];

	snprintf(line, sizeof line, "%0*llx %8llu %-9s ",
		 2 * s->img->ptrsize, (unsigned long long)m->addr,
		 (unsigned long long)m->size, fips_range_name[m->range]);
	buf_str(out, line);
	buf_text(out, m->name);
	buf_str(out, "\n");
}

static void put_json(const Side *s, const ModSym *m, Buf *out)
{
	const Fipsinfo *info = s->info;
	u64 off = s->base + info->range_off[m->range] +
		(m->addr - info->range[m->range].start);
	char line[256];

	buf_str(out, "{\"name\":");
	buf_json(out, m->name);
	snprintf(line, sizeof line, ",\"range\":\"%s\",\"address\":%llu,"
		 "\"address_hex\":\"0x%llx\",\"size\":%llu,\"offset\":%llu,"
		 "\"source\":\"%s\"}\n", fips_range_name[m->range],
		 (unsigned long long)m->addr, (unsigned long long)m->addr,
		 (unsigned long long)m->size, (unsigned long long)off,
		 s->syms.source[m->range] == SYMS_TABLE ? "symtab" :
		 "pclntab");
	buf_str(out, line);
}

static int list(const Flags *f, Side *s, Buf *out)
{
	Syms *syms = &s->syms;

	if (syms->n)
		qsort(syms->v, syms->n, sizeof *syms->v, f->order);
	for (size_t i = 0; i < syms->n; i++)
		(f->json ? put_json : put_text)(s, &syms->v[i], out);
	if (syms->n == 0)
		fprintf(stderr, "gofips-check: there are no symbols, and no "
			"runtime.pclntab that can be read\n");
	else if (syms->source[0] == SYMS_PCLNTAB)
		fprintf(stderr, "gofips-check: no symbol table: these are "
			"the functions in runtime.pclntab; data have no "
			"names there\n");
	return syms->n == 0;
}

int nm_main(int argc, char **argv)
{
	Flags f = {.order = by_name};
	Target t;
	Side s;
	Buf out = {0};
	int status;

	argc--;
	argv++;
	parse_flags(&f, argc, argv);
	if (argc - optind != 1)
		usage_error("nm", "one file is needed", NULL, NULL);
	if (!target_open(&t, argv[optind], f.slice))
		return 2;
	if (t.is_dump) {
		target_close(&t);
		usage_error("nm", argv[optind], NULL, "a dump has no "
			    "symbols");
	}
	side_open(&s, &t);
	status = list(&f, &s, &out);
	side_close(&s);
	if (!target_close(&t))
		status = 2;
	if (status < 2 && out.n)
		fwrite(out.p, 1, out.n, stdout);
	buf_free(&out);
	return status;
}
