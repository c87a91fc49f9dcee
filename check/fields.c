/*
 * A report as named values: one walk over them serves the JSON and the
 * requirements, so that --require can ask for everything that --json
 * prints. docs/gofips-check.1 has the schema; fields are added, never
 * renamed or removed.
 */
#include "check/check.h"

static void put_str(Sink *s, const char *key, const char *v)
{
	s->string(s, view_str(key), view_str(v));
}

static void put_view(Sink *s, const char *key, View v)
{
	s->string(s, view_str(key), v);
}

static void put_num(Sink *s, const char *key, u64 v)
{
	char num[24];

	snprintf(num, sizeof num, "%llu", (unsigned long long)v);
	s->literal(s, view_str(key), num);
}

static void put_bool(Sink *s, const char *key, bool v)
{
	s->literal(s, view_str(key), v ? "true" : "false");
}

/* As a number, and as text: a double cannot hold 64 bits. */
static void put_addr(Sink *s, const char *key, u64 v)
{
	char name[32], hex[24];

	put_num(s, key, v);
	snprintf(name, sizeof name, "%s_hex", key);
	snprintf(hex, sizeof hex, "%#llx", (unsigned long long)v);
	put_str(s, name, hex);
}

static void put_sum(Sink *s, const char *key, const u8 sum[SHA256_SIZE])
{
	Buf b = {0};

	buf_hex(&b, view_of(sum, SHA256_SIZE));
	put_view(s, key, view_of(b.p, b.n));
	buf_free(&b);
}

static void put_reasons(const Report *r, Sink *s)
{
	s->open(s, view_str("reasons"), '[');
	for (int i = 0; i < r->nreason; i++) {
		const Reason *why = &r->reason[i];

		s->open(s, (View){0}, '{');
		put_str(s, "code", reason_table[why->id].code);
		put_str(s, "severity", severity_name[why->severity]);
		put_str(s, "text", r->text.p + why->text);
		s->close(s, '}');
	}
	s->close(s, ']');
}

static void put_platform(const Report *r, Sink *s)
{
	const Image *img = r->img;
	View goos, goarch, mode;

	report_platform(r, &goos, &goarch);
	put_str(s, "format", img->format->name);
	put_view(s, "goos", goos);
	put_view(s, "goarch", goarch);
	put_bool(s, "pie", img->pie);
	if (report_setting(r, "-buildmode", &mode))
		put_view(s, "buildmode", mode);
	else if (img->kind != IMAGE_OTHER)
		put_str(s, "buildmode", img->kind == IMAGE_SHLIB ?
			"c-shared" : img->pie ? "pie" : "exe");
}

static void put_ranges(const Report *r, Sink *s)
{
	const Fipsinfo *info = &r->info;

	s->open(s, view_str("ranges"), '[');
	for (int i = 0; i < FIPS_NRANGE; i++) {
		s->open(s, (View){0}, '{');
		put_str(s, "name", fips_range_name[i]);
		put_addr(s, "start", info->range[i].start);
		put_addr(s, "end", info->range[i].end);
		if (!info->range_fault[i].why) {
			put_num(s, "offset", r->slice_off +
				info->range_off[i]);
			put_num(s, "size", info->bytes[i].n);
		}
		s->close(s, '}');
	}
	s->close(s, ']');
}

static void put_hits(const Report *r, Sink *s)
{
	put_num(s, "relocation_count", r->nhit);
	s->open(s, view_str("relocations"), '[');
	for (u64 i = 0; i < r->nhit && i < MAXHIT; i++) {
		const Hit *h = &r->hit[i];

		s->open(s, (View){0}, '{');
		put_str(s, "range", fips_range_name[h->range]);
		put_addr(s, "address", h->reloc.addr);
		put_num(s, "type", h->reloc.type);
		put_str(s, "name", h->reloc.name ? h->reloc.name : "");
		put_view(s, "symbol", h->reloc.sym);
		s->close(s, '}');
	}
	s->close(s, ']');
}

static void put_info(const Report *r, Sink *s)
{
	put_sum(s, "stored", r->info.stored);
	if (r->has_sum)
		put_sum(s, "computed", r->computed);
	s->open(s, view_str("fipsinfo"), '{');
	put_addr(s, "address", r->info.addr);
	put_num(s, "offset", r->slice_off + r->info.off);
	put_num(s, "size", r->info.size);
	put_addr(s, "self", r->info.self);
	s->close(s, '}');
	put_ranges(r, s);
	if (r->has_sum) {
		put_bool(s, "module_linked", r->linked);
		put_hits(r, s);
	}
}

static void put_build(const Report *r, Sink *s)
{
	const Buildinfo *bi = &r->build;
	View v;

	put_view(s, "go_version", bi->version);
	put_view(s, "path", bi->path);
	put_view(s, "module", bi->module);
	put_view(s, "module_version", bi->modversion);
	s->open(s, view_str("settings"), '{');
	for (int i = 0; i < r->nsetting; i++)
		s->string(s, r->setting[i].key, r->setting[i].value);
	s->close(s, '}');
	if (report_setting(r, "GOFIPS140", &v)) {
		put_view(s, "snapshot", v);
		put_str(s, "snapshot_status", r->snapshot_status[0] ?
			r->snapshot_status : "unknown");
		put_str(s, "snapshot_evidence", r->snapshot_evidence);
	}
	if (r->code_snapshot.n)
		put_view(s, "code_snapshot", r->code_snapshot);
	if (r->has_godebug)
		put_view(s, "godebug_default", r->godebug);
}

void report_fields(const Report *r, const char *policy, Sink *s)
{
	s->open(s, (View){0}, '{');
	put_str(s, "file", r->file);
	if (r->slice) {
		put_str(s, "slice", r->slice);
		put_num(s, "slice_offset", r->slice_off);
	}
	put_str(s, "verdict", verdict_name[r->verdict]);
	put_bool(s, "passed", !report_failed(r));
	put_str(s, "policy", policy);
	put_reasons(r, s);
	if (r->img) {
		put_str(s, "origin", r->go ? "go" : "other");
		put_platform(r, s);
	}
	if (r->has_info)
		put_info(r, s);
	if (r->has_build)
		put_build(r, s);
	s->close(s, '}');
}

/* ---- as JSON ------------------------------------------------------- */

typedef struct {
	Sink sink;
	Buf *out;
	bool comma;
} JsonSink;

static void json_key(JsonSink *j, View key)
{
	if (j->comma)
		buf_str(j->out, ",");
	j->comma = true;
	if (key.p) {	/* none in an array */
		buf_json(j->out, key);
		buf_str(j->out, ":");
	}
}

static void json_open(Sink *s, View key, char bracket)
{
	JsonSink *j = (JsonSink *)s;

	json_key(j, key);
	buf_add(j->out, view_of(&bracket, 1));
	j->comma = false;
}

static void json_close(Sink *s, char bracket)
{
	JsonSink *j = (JsonSink *)s;

	buf_add(j->out, view_of(&bracket, 1));
	j->comma = true;
}

static void json_string(Sink *s, View key, View v)
{
	JsonSink *j = (JsonSink *)s;

	json_key(j, key);
	buf_json(j->out, v);
}

static void json_literal(Sink *s, View key, const char *v)
{
	JsonSink *j = (JsonSink *)s;

	json_key(j, key);
	buf_str(j->out, v);
}

void report_json(const Report *r, const char *policy, Buf *out)
{
	JsonSink j = {{json_open, json_close, json_string, json_literal},
		      out, false};

	report_fields(r, policy, &j.sink);
	buf_str(out, "\n");
}
