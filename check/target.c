/*
 * One binary opened for a command: dump, nm, diff, seal. Where the
 * verifier reports what it finds, these need a binary that is sound enough
 * to work on, and say in one line why it is not.
 */
#include "check/check.h"

static bool complain(const Target *t, Fault why)
{
	Buf b = {0};

	buf_text(&b, view_str(t->path));
	fprintf(stderr, "gofips-check: %.*s: %s", (int)b.n, b.p, why.why);
	if (t->open)
		fprintf(stderr, " (offset %#llx)", (unsigned long long)why.off);
	fputs("\n", stderr);
	buf_free(&b);
	return false;
}

/* The slice for goarch; the only one, if goarch is NULL. */
static Fault pick_slice(Target *t, const char *goarch)
{
	Fat fat;
	Fault why = fat_open(&fat, t->file.bytes);

	if (!why.why && !goarch && fat.n > 1)
		return fault("a universal file: choose a slice with --slice",
			     0);
	for (u32 i = 0; !why.why && i < fat.n; i++) {
		const Arch *arch;

		why = fat_slice(&fat, i, &t->bytes, &t->base, &arch);
		if (!why.why && (!goarch || (arch &&
					     strcmp(arch->goarch, goarch) == 0)))
			return OK;
	}
	return why.why ? why : fault("there is no such slice", 0);
}

static Fault find_info(Target *t)
{
	Fault why = fipsinfo_need(&t->img, &t->info);

	if (why.why)
		return why;
	for (int i = 0; i < FIPS_NRANGE; i++)
		if (t->info.range_fault[i].why)
			return fault(FIPS_BAD_RANGE,
				     t->info.range_fault[i].off);
	return OK;
}

bool target_open(Target *t, const char *path, const char *goarch)
{
	const char *err;
	Fault why = OK;

	*t = (Target){.path = path};
	err = file_open(&t->file, path);
	if (err)
		return complain(t, fault(err, 0));
	t->open = true;
	t->bytes = t->file.bytes;
	if (view_prefix(t->bytes, FIPS_DUMP_MAGIC)) {
		t->is_dump = true;
		return true;
	}
	if (fat_match(t->bytes))
		why = pick_slice(t, goarch);
	if (!why.why)
		why = image_open(&t->img, t->bytes);
	if (!why.why)
		why = find_info(t);
	if (!why.why)
		return true;
	complain(t, why);
	target_close(t);
	return false;
}

bool target_close(Target *t)
{
	const char *err;

	if (!t->open)
		return true;
	t->open = false;
	err = file_close(&t->file);
	return !err || complain(t, fault(err, 0));
}
