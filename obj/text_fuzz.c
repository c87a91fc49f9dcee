/* Any text: it is refused, or makes objects that dump and lint take. What
 * was made goes through its own dump and must come back the same. */
#include <stdlib.h>

#include "obj/obj.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void dump(Buf *out, View file)
{
	Fault f = OK;
	Archive a;
	Member m;
	GoObj g;

	if (archive_open(&a, file).why)
		return;
	if (!a.bare)
		buf_str(out, "archive\n");
	while (archive_next(&a, &m, &f)) {
		Release r = NGO - 1;
		bool good = m.kind == MEMBER_GOOBJ &&
			release_of(m.header.version, &r) &&
			!goobj_open(m.obj, &g).why;

		text_member(out, &m, good ? &g : NULL, r);
	}
	if (f.why)
		out->n = 0;
}

static void lint(View file)
{
	LintOptions opt = {0};
	Buf out = {0};
	size_t found;

	lint_archive(&out, "f", file, &opt, &found);
	buf_free(&out);
}

static void result_free(TextResult *r)
{
	buf_free(&r->out);
	buf_free(&r->messages);
	buf_free(&r->report);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	TextResult one = {0}, two = {0};
	Buf text = {0};
	View file;

	text_parse(&one, "f", view_of(p, n));
	file = view_of(one.out.p, one.out.n);
	if (one.errors == 0) {
		lint(file);
		dump(&text, file);
	}
	if (text.n) {
		text_parse(&two, "g", view_of(text.p, text.n));
		if (two.errors || !view_eq(file, view_of(two.out.p,
							 two.out.n)))
			abort();
	}
	buf_free(&text);
	result_free(&one);
	result_free(&two);
	return 0;
}
