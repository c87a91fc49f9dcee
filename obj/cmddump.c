/* gofips-obj dump and nm: objects to look at. */
#include <getopt.h>
#include <stdlib.h>

#include "obj/cmd.h"

/* ---- dump ------------------------------------------------------------ */

typedef struct {
	DumpOptions opt;
	bool json, text;
	const char *path;	/* the file that text was last made of */
	Buf out;
} DumpCmd;

/* Every member: the text makes the whole archive again. */
static void dump_text(DumpCmd *d, const CmdMember *c)
{
	if (d->path != c->path && c->m->ar.n)
		buf_str(&d->out, "archive\n");
	d->path = c->path;
	text_member(&d->out, c->m, c->g, c->release);
	cmd_flush(&d->out);
}

static void dump_member(void *arg, const CmdMember *c)
{
	DumpCmd *d = arg;

	if (d->text)
		dump_text(d, c);
	if (!c->g || d->text)
		return;
	if (d->json)
		dump_json(&d->out, c->path, c->m, c->g, c->release, &d->opt);
	else
		dump_object(&d->out, c->path, c->m, c->g, c->release,
			    &d->opt);
	cmd_flush(&d->out);
}

static bool known_kind(const char *kind)
{
	for (unsigned k = 0; k < NSYMKIND; k++) {
		const char *name = symkind_name(NGO - 1, k);

		if (name && strcmp(name, kind) == 0)
			return true;
	}
	return false;
}

static const char dump_flags[] =
"\n"
"  -k, --kind KIND       only symbols of that kind, as STEXTFIPS\n"
"  -b, --brief           a line for each symbol: no bytes, no relocations\n"
"      --json            one JSON object a line for each object\n"
"      --text            as `gofips-obj write` reads it; one file\n";

static int run_dump(int argc, char **argv)
{
	static const struct option flags[] = {
		{"kind", required_argument, NULL, 'k'},
		{"brief", no_argument, NULL, 'b'},
		{"json", no_argument, NULL, 'j'},
		{"text", no_argument, NULL, 't'},
		{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0},
	};
	DumpCmd d = {0};
	int c, status = 0;

	while ((c = getopt_long(argc, argv, "k:bh", flags, NULL)) != -1)
		switch (c) {
		case 'k':
			d.opt.kind = optarg;
			if (!known_kind(optarg))
				return cmd_usage(&cmd_dump, "there is no "
						 "symbol kind", optarg);
			break;
		case 'b': d.opt.brief = true; break;
		case 'j': d.json = true; break;
		case 't': d.text = true; break;
		case 'h': return cmd_help(&cmd_dump, dump_flags);
		default: return cmd_usage(&cmd_dump, "that is no flag", NULL);
		}
	if (optind == argc)
		return cmd_usage(&cmd_dump, "no files named", NULL);
	if (d.text && optind + 1 < argc)
		return cmd_usage(&cmd_dump, "--text is for one file", NULL);
	for (int i = optind; i < argc; i++)
		status |= cmd_each(argv[i], dump_member, &d);
	buf_free(&d.out);
	return cmd_done(status);
}

const Cmd cmd_dump = {"dump", "[flags] FILE...",
	"Prints Go objects: header, symbols, relocations, bytes.", run_dump};

/* ---- nm -------------------------------------------------------------- */

typedef struct {
	NmOptions opt;
	Buf out;
	bool many;	/* files: their names go in front */
	size_t entries;	/* of this file */
	size_t found;
	int status;
} NmCmd;

static bool is_entry(const Member *m)
{
	return m->kind == MEMBER_GOOBJ || m->kind == MEMBER_NATIVE;
}

static void nm_count(void *arg, const CmdMember *c)
{
	NmCmd *n = arg;

	n->entries += is_entry(c->m);
}

static void nm_member(void *arg, const CmdMember *c)
{
	NmCmd *n = arg;
	Buf prefix = {0};

	if (!c->g) {
		if (is_entry(c->m)) {
			cmd_error(c->path, c->m, "not a Go object", 0);
			n->status = 2;
		}
		return;
	}
	if (n->entries > 1 || n->many)
		buf_str(&prefix, c->path);
	if (n->entries > 1) {
		buf_str(&prefix, "(");
		buf_add(&prefix, c->m->name.n ? c->m->name :
			view_str("_go_.o"));
		buf_str(&prefix, ")");
	}
	if (prefix.n)
		buf_str(&prefix, ":\t");
	buf_add(&prefix, view_of("", 1));
	n->found += nm_object(&n->out, prefix.p, c->g, &n->opt);
	buf_free(&prefix);
	cmd_flush(&n->out);
}

static int nm_file(NmCmd *n, const char *path)
{
	int status;

	n->entries = n->found = 0;
	status = cmd_each(path, nm_count, n);
	if (status)
		return status;
	n->status = 0;
	status = cmd_each(path, nm_member, n) | n->status;
	if (!status && n->found == 0) {
		cmd_error(path, NULL, "no symbols", 0);
		status = 1;
	}
	return status;
}

static bool parse_sort(const char *arg, NmSort *by)
{
	static const struct { const char *name; NmSort by; } sorts[] = {
		{"address", NM_ADDRESS}, {"name", NM_NAME},
		{"none", NM_NONE}, {"size", NM_SIZE},
	};

	for (size_t i = 0; i < NELEM(sorts); i++)
		if (strcmp(arg, sorts[i].name) == 0) {
			*by = sorts[i].by;
			return true;
		}
	return false;
}

static const char nm_flags[] =
"The lines are those of `go tool nm` for the same file.\n"
"\n"
"  -n                    as -sort address\n"
"  -size                 also print sizes\n"
"  -sort ORDER           address, name (default), none, size\n"
"  -type                 nothing more for objects; taken as go tool nm does\n";

static int run_nm(int argc, char **argv)
{
	/* With one dash, as Go has them. */
	static const struct option flags[] = {
		{"n", no_argument, NULL, 'n'},
		{"size", no_argument, NULL, 's'},
		{"sort", required_argument, NULL, 'o'},
		{"type", no_argument, NULL, 't'},
		{"help", no_argument, NULL, 'h'},
		{"h", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0},
	};
	NmCmd n = {0};
	int c, status = 0;

	while ((c = getopt_long_only(argc, argv, "", flags, NULL)) != -1)
		switch (c) {
		case 'n': n.opt.sort = NM_ADDRESS; break;
		case 's': n.opt.size = true; break;
		case 't': break;
		case 'h': return cmd_help(&cmd_nm, nm_flags);
		case 'o':
			if (parse_sort(optarg, &n.opt.sort))
				break;
			return cmd_usage(&cmd_nm, "unknown sort order",
					 optarg);
		default: return cmd_usage(&cmd_nm, "that is no flag", NULL);
		}
	if (optind == argc)
		return cmd_usage(&cmd_nm, "no files named", NULL);
	n.many = argc - optind > 1;
	for (int i = optind; i < argc; i++) {
		int s = nm_file(&n, argv[i]);

		status = s > status ? s : status;
	}
	buf_free(&n.out);
	return cmd_done(status);
}

const Cmd cmd_nm = {"nm", "[flags] FILE...",
	"Lists the symbols of Go objects as go tool nm does.", run_nm};
