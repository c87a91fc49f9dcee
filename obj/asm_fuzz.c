/* Any text as assembly, for each architecture, with and without -shared: it
 * is refused with a message, or makes an object that can be read. Go's
 * assembler, too, writes an object that nothing can link where GLOBL says a
 * smaller size than DATA has filled. */
#include <stdlib.h>

#include "obj/asm.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void assemble(View text, const char *goarch, bool shared, Release r)
{
	static char name[] = "f.s";
	char *const files[] = {name};
	AsmFlags f = {
		.release = r, .arch = asm_arch(view_str(goarch)),
		.goos = view_str("linux"), .goarch = view_str(goarch),
		.pkgpath = view_str("crypto/internal/fips140/f"),
		.cwd = view_str("/d"), .trimpath = view_str(""),
		.text = &text, .shared = shared, .dynlink = shared,
		.dwarf5 = !shared,
	};
	AsmResult res = {0};
	const char *why = NULL;
	GoObj g;

	asm_files(&res, &f, files, 1);
	if (!res.errors)
		why = goobj_open(view_of(res.out.p, res.out.n), &g).why;
	else if (res.messages.n == 0)
		abort();
	if (why && strcmp(why, "a symbol has more bytes than its size") != 0)
		DIE(why);
	buf_free(&res.out);
	buf_free(&res.messages);
	buf_free(&res.report);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	assemble(view_of(p, n), "amd64", false, GO127);
	assemble(view_of(p, n), "amd64", true, GO126);
	assemble(view_of(p, n), "arm64", n & 1, GO127);
	return 0;
}
