/*
 * Everything that reads objects, on any bytes; and what was read is written
 * again, must then be readable, and must not change any more.
 */
#include "obj/obj.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void show(const Member *m, const GoObj *g, Release r)
{
	DumpOptions opt = {0};
	NmOptions nm = {0};
	Buf out = {0};

	dump_object(&out, "f", m, g, r, &opt);
	dump_json(&out, "f", m, g, r, &opt);
	nm_object(&out, "f:", g, &nm);
	nm.sort = NM_SIZE;
	nm_object(&out, "", g, &nm);
	buf_free(&out);
}

/* Writes g into out; false if it cannot be. */
static bool rewrite(const GoObj *g, Release r, bool rehash, Buf *out)
{
	Obj o;
	bool good = !obj_load(&o, g, r, &arch_table[ARCH_s390x]).why;

	if (good && rehash) {
		obj_number(&o);
		obj_hash(&o, true);
	}
	good = good && !obj_write(&o, out);
	obj_free(&o);
	return good;
}

static void twice(const GoObj *g, Release r)
{
	Buf one = {0}, two = {0};
	GoObj again;

	if (!rewrite(g, r, false, &one))
		goto done;
	/* Strings that overlapped no longer do, so there may be more. */
	if (goobj_open(view_of(one.p, one.n), &again).why)
		DIE("cannot read what was written");
	if (!rewrite(&again, r, false, &two))
		DIE("cannot write what was written");
	if (!view_eq(view_of(one.p, one.n), view_of(two.p, two.n)))
		DIE("writing changes what was written");
	two.n = 0;
	rewrite(&again, r, true, &two);
done:
	buf_free(&one);
	buf_free(&two);
}

static void object(const Member *m, View obj, Release r)
{
	GoObj g;
	Fault f = goobj_open(obj, &g);

	if (f.why) {
		if (f.off > obj.n)
			DIE("a fault outside of the object");
		return;
	}
	show(m, &g, r);
	twice(&g, r);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	View file = view_of(data, size);
	Archive a;
	Member m = {0};
	Buf copy = {0};
	Fault f = archive_open(&a, file);

	if (f.why) {
		object(&m, file, size & 1 ? GO124 : GO127);
		return 0;
	}
	if (!a.bare)
		archive_begin(&copy);
	while (archive_next(&a, &m, &f)) {
		Release r = NGO - 1;

		if (m.kind == MEMBER_GOOBJ) {
			release_of(m.header.version, &r);
			object(&m, m.obj, r);
		}
		archive_copy(&copy, &m, m.bytes);
	}
	if (f.why && f.off > size)
		DIE("a fault outside of the file");
	buf_free(&copy);
	return 0;
}
