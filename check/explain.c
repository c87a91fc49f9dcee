/*
 * --explain: the paragraph behind a reason code. docs/reasons.md is what
 * `--explain all` prints.
 */
#include "check/check.h"

enum { WIDTH = 76 };

static void wrap(const char *text)
{
	int column = 0;

	while (*text) {
		int n = (int)strcspn(text, " ");

		if (column && column + 1 + n > WIDTH) {
			putchar('\n');
			column = 0;
		}
		column += printf("%s%.*s", column ? " " : "", n, text);
		text += n;
		text += *text == ' ';
	}
	putchar('\n');
}

static void explain(const ReasonRow *row)
{
	printf("## %s\n\n%s", row->code, severity_name[row->severity]);
	if (row->severity == ERROR && row->verdict != VERDICT_OK)
		printf("; verdict %s", verdict_name[row->verdict]);
	printf("\n\n");
	wrap(row->text);
}

static void explain_all(void)
{
	puts("# What gofips-check finds\n");
	wrap("Each finding has a stable code, a severity, and, where it is an "
	     "error of the file itself, a verdict. Errors without a verdict "
	     "are those of a policy or requirement that was asked for. Under "
	     "--policy certified every warning is an error. This page is what "
	     "`gofips-check --explain all` prints.");
	for (int i = 0; i < NREASON; i++) {
		putchar('\n');
		explain(&reason_table[i]);
	}
	puts("\n# How the findings are tested\n");
	wrap("crosscheck/reasons has a file for each code, built by real tools. "
	     "Made by hand are packed (upx cannot be installed everywhere) and "
	     "go-too-old for Go 1.17; real programs with some bytes changed "
	     "are those for vendor-toolchain, go-too-old, bad-image, "
	     "bad-range, bad-relocations, mismatch, snapshot-not-in-code, "
	     "bad-buildinfo, one of those for bad-fipsinfo and one of those "
	     "for snapshot-not-verifiable. Chained fixups of the formats 1, 6, "
	     "9 and 12 are tested on images made in objabi/machofix_test.c.");
}

bool explain_code(const char *code)
{
	if (strcmp(code, "all") == 0) {
		explain_all();
		return true;
	}
	for (int i = 0; i < NREASON; i++) {
		if (strcmp(code, reason_table[i].code) == 0) {
			explain(&reason_table[i]);
			return true;
		}
	}
	return false;
}
