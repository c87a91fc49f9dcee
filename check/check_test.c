/*
 * Each file in testdata/fuzz/check is named for the finding that it must
 * be refused with, or ok: the part of its name before the first dot. And
 * what reports, requirements and policies do with findings.
 */
#include <dirent.h>
#include <stdlib.h>

#include "check/check.h"
#include "objabi/test.h"

#define DIR_NAME "testdata/fuzz/check"

static const char *first_error(const Report *r)
{
	for (int i = 0; i < r->nreason; i++)
		if (r->reason[i].severity == ERROR)
			return reason_table[r->reason[i].id].code;
	return "ok";
}

typedef struct {
	File f;
	Image img;
	Report r;
} Case;

static bool load(Case *c, const char *name)
{
	char path[512];

	snprintf(path, sizeof path, DIR_NAME "/%s", name);
	c->r = (Report){.file = "f"};
	if (file_open(&c->f, path))
		return false;
	check_image(&c->r, &c->img, c->f.bytes);
	return true;
}

static void unload(Case *c)
{
	report_free(&c->r);
	file_close(&c->f);
}

TEST(every_file_is_what_its_name_says)
{
	DIR *d = opendir(DIR_NAME);
	struct dirent *e;
	int n = 0;

	EXPECT(d != NULL);
	while (d && (e = readdir(d))) {
		char want[300];
		Case c;

		if (e->d_name[0] == '.' ||
		    strncmp(e->d_name, "crash-", 6) == 0)
			continue;
		snprintf(want, sizeof want, "%.*s",
			 (int)strcspn(e->d_name, "."), e->d_name);
		EXPECT(load(&c, e->d_name));
		EXPECT_STR(first_error(&c.r), want);
		unload(&c);
		n++;
	}
	if (d)
		closedir(d);
	EXPECT(n > 20);
}

static bool requires(Report *r, const char *spec)
{
	Arena a = {0};
	Require q;
	int before = r->nreason;

	EXPECT(require_parse(&q, spec, &a) == NULL);
	require_apply(&q, 1, "integrity", r);
	if (q.op == REQ_MATCH)
		regfree(&q.re);
	arena_free(&a);
	return r->nreason == before;
}

TEST(requirements)
{
	Case c;

	EXPECT(load(&c, "ok.elf64"));
	EXPECT(requires(&c.r, "verdict=ok"));
	EXPECT(!requires(&c.r, "verdict=mismatch"));
	EXPECT(requires(&c.r, "settings.DefaultGODEBUG=(fips140=on)"));
	EXPECT(!requires(&c.r, "settings.DefaultGODEBUG=(fips140=o)"));
	EXPECT(requires(&c.r, "settings.-buildmode=exe"));
	EXPECT(requires(&c.r, "go_version=/^go1\\.(2[4-9]|3[0-9])/"));
	EXPECT(!requires(&c.r, "go_version=/^1/"));
	EXPECT(requires(&c.r, "ranges.0.size=128"));
	EXPECT(requires(&c.r, "ranges.3.name=data"));
	EXPECT(!requires(&c.r, "ranges.4.name=data"));
	EXPECT(!requires(&c.r, "ranges=x"));
	EXPECT(!requires(&c.r, "settings.GOARCH.x=amd64"));
	EXPECT(!requires(&c.r, "nothing=/.*/"));
	EXPECT(requires(&c.r, "pie=false"));
	unload(&c);
}

static const char *require_error(const char *spec)
{
	Arena a = {0};
	Require q;
	const char *why = require_parse(&q, spec, &a);

	arena_free(&a);
	return why;
}

TEST(bad_requirements)
{
	EXPECT(require_error("verdict") != NULL);
	EXPECT(require_error("=ok") != NULL);
	EXPECT(require_error("verdict=/(/") != NULL);
	EXPECT(require_error("verdict=") == NULL);
}

static const char *under(const char *policy, const char *name,
			 const char *status)
{
	Module row = {"latest", status, "x", "y"};
	Modules m = {&row, 1};
	const char *code;
	Case c;

	EXPECT(load(&c, name));
	policy_apply(policy_by_name(policy), &m, &c.r);
	code = first_error(&c.r);
	unload(&c);
	return code;
}

TEST(policies)
{
	EXPECT(policy_by_name("strict") == NULL);
	EXPECT_STR(under("integrity", "ok.elf64", "unvalidated"), "ok");
	EXPECT_STR(under("module", "ok.elf64", "unvalidated"), "ok");
	EXPECT_STR(under("certified", "ok.elf64", "unvalidated"),
		   "not-certified");
	EXPECT_STR(under("certified", "ok.elf64", "certified"), "ok");
	EXPECT_STR(under("certified", "mismatch.sum", "certified"),
		   "mismatch");
	EXPECT_STR(under("certified", "ok.no-buildinfo", "certified"),
		   "not-certified");
}

TEST(json)
{
	Case c;
	Buf b = {0};
	View v;

	EXPECT(load(&c, "mismatch.sum"));
	report_json(&c.r, "integrity", &b);
	v = view_of(b.p, b.n);
	EXPECT(view_prefix(v, "{\"file\":\"f\",\"verdict\":\"mismatch\","
			   "\"passed\":false,"));
	EXPECT(view_suffix(v, "}\n"));
	EXPECT(view_find(v, 0, view_str("\"settings\":{\"-buildmode\":\"exe\""),
			 1) < v.n);
	buf_free(&b);
	unload(&c);
}

TEST_MAIN(
	RUN(every_file_is_what_its_name_says) RUN(requirements)
	RUN(bad_requirements) RUN(policies) RUN(json)
)
