/* The assembler, on sources that crosscheck has no file for: messages with
 * their places, the preprocessor's limits, expressions, encodings. */
#include "obj/asm.h"
#include "objabi/test.h"

static AsmResult assemble(const char *goarch, const char *source)
{
	static char name[] = "f.s";
	char *const files[] = {name};
	View text = view_str(source);
	AsmFlags f = {
		.release = GO127, .arch = asm_arch(view_str(goarch)),
		.goos = view_str("linux"), .goarch = view_str(goarch),
		.pkgpath = view_str("x"), .cwd = view_str("/d"),
		.trimpath = view_str(""), .text = &text, .dwarf5 = true,
	};
	AsmResult res = {0};

	asm_files(&res, &f, files, 1);
	buf_add(&res.messages, view_of("", 1));
	return res;
}

static void free_result(AsmResult *res)
{
	buf_free(&res->out);
	buf_free(&res->messages);
	buf_free(&res->report);
}

/* Does the source make an object with these bytes in it? */
static bool makes(const char *goarch, const char *source, const char *bytes,
		  size_t n)
{
	AsmResult res = assemble(goarch, source);
	View out = view_of(res.out.p, res.out.n);
	bool found = res.errors == 0 &&
		view_find(out, 0, view_of(bytes, n), 1) < out.n;
	GoObj g;

	if (res.errors)
		printf("%s", res.messages.p);
	found = found && !goobj_open(out, &g).why;
	free_result(&res);
	return found;
}

/* Is it refused with that text in a message? */
static bool refuses(const char *source, const char *message)
{
	AsmResult res = assemble("amd64", source);
	bool found = res.errors && strstr(res.messages.p, message);

	if (!found)
		printf("not \"%s\" but \"%s\"\n", message, res.messages.p);
	free_result(&res);
	return found;
}

#define MAKES(source, bytes) \
	EXPECT(makes("amd64", source, bytes, sizeof(bytes) - 1))
#define TEXT4 "TEXT f(SB),4,$0\n"

TEST(instructions)
{
	MAKES(TEXT4 "ADDQ $300, AX\nRET\n", "\x48\x05\x2c\x01\0\0\xc3");
	MAKES(TEXT4 "MOVQ 8(R12)(R13*4), R9\n", "\x4f\x8b\x4c\xac\x08");
	MAKES(TEXT4 "CMPB AX, $0\n", "\x80\xf8\0");
	MAKES(TEXT4 "VPADDD Y1, Y2, Y3\n", "\xc5\xed\xfe\xd9");
	MAKES(TEXT4 "VADDPD.RZ_SAE.Z Z1, Z2, K3, Z4\n",
	      "\x62\xf1\xed\xfb\x58\xe1");
	EXPECT(makes("arm64", TEXT4 "ADD R1<<3, R0, R2\nRET\n",
		     "\x02\x0c\x01\x8b", 4));
}

/* 127 bytes ahead are reached by a short jump, 128 are not. */
TEST(jumps)
{
	Buf b = {0};

	for (int n = 127; n < 129; n++) {
		b.n = 0;
		buf_str(&b, TEXT4 "JMP done\n");
		for (int i = 0; i < n; i++)
			buf_str(&b, "BYTE $0x90\n");
		buf_str(&b, "done:\nRET\n");
		buf_add(&b, view_of("", 1));
		if (n == 127)
			MAKES(b.p, "\xeb\x7f\x90\x90");
		else
			MAKES(b.p, "\xe9\x80\0\0\0\x90\x90");
	}
	buf_free(&b);
	MAKES(TEXT4 "a: NOP\nJMP a\nRET\n", "\xeb\xfe\xc3");
}

TEST(frames)
{
	MAKES("TEXT f(SB),4,$16-8\nMOVQ x+0(FP), AX\nRET\n",
	      "\x55\x48\x89\xe5\x48\x83\xec\x10"
	      "\x48\x8b\x44\x24\x20\x48\x83\xc4\x10\x5d\xc3");
}

TEST(macros)
{
	MAKES("#define A(x, y) MOVQ x, y; \\\n\tADDQ $1, y\n" TEXT4
	      "A(AX, BX)\n", "\x48\x89\xc3\x48\x83\xc3\x01");
	EXPECT(refuses("#define A B\n#define B A\nA\n",
		       "f.s:3: recursive macro invocation"));
	EXPECT(refuses("#define A(x) A(x x)\nA(1)\n", "f.s:2: "));
	EXPECT(refuses("#include \"f.s\"\n", "f.s:"));
	EXPECT(refuses("#ifdef A\n", "unclosed #ifdef"));
	EXPECT(refuses("#define A\n#define A\n", "f.s:2: redefinition"));
	EXPECT(refuses("\n#line 7 \"q.s\"\nFOO\n", "q.s:7: unrecognized"));
}

TEST(expressions)
{
	MAKES(TEXT4 "LONG $(1+2*3<<4|0x100)\n", "\x61\x01\0\0");
	MAKES(TEXT4 "LONG $~1\nLONG $'a'\n", "\xfe\xff\xff\xff\x61\0\0\0");
	EXPECT(refuses(TEXT4 "MOVQ $1/0, AX\n", "f.s:2: division by zero"));
	EXPECT(refuses(TEXT4 "MOVQ $99999999999999999999, AX\n", "f.s:2: "));
	EXPECT(refuses(TEXT4 "MOVQ $(1, AX\n", "f.s:2: "));
}

TEST(refusals)
{
	EXPECT(refuses(TEXT4 "\nFROB AX\n",
		       "f.s:3: unrecognized instruction \"FROB\""));
	EXPECT(refuses(TEXT4 "ADDQ X0, AX\n", "f.s:2: invalid instruction: "
		       "ADDQ X0, AX\n\tADDQ $i8, r/m\n"));
	EXPECT(refuses(TEXT4 "JMP a\nRET\n", "f.s:2: undefined label a"));
	EXPECT(refuses(TEXT4 "a:\nNOP\na:\nNOP\n", "multiply defined"));
	EXPECT(refuses(TEXT4 TEXT4, "f.s:2: symbol f redeclared"));
	EXPECT(refuses("TEXT f(SB),4,$8\nPUSHQ AX\nRET\n",
		       "f.s:3: unbalanced PUSH/POP"));
	EXPECT(refuses("DATA x+0(SB)/8, $1\nDATA x+4(SB)/8, $1\n",
		       "f.s:2: overlapping DATA"));
	EXPECT(refuses(TEXT4 "PCALIGN $7\n", "f.s:2: alignment"));
	EXPECT(refuses(TEXT4 "ADJSP $1100000000\nADJSP $1\nJMP 0(PC)\n",
		       "f.s:3: overflow in spadj: 1100000000 + 1"));
	EXPECT(refuses("#ifdef A\n#else\n" TEXT4, "unclosed #ifdef"));
	EXPECT(refuses(TEXT4 "#define A ADDQ\n#define A\n",
		       "f.s:3: redefinition of macro: A"));
	EXPECT(refuses(TEXT4 "MOVQ \"a\n", "f.s:2: literal"));
}

TEST_MAIN(RUN(instructions) RUN(jumps) RUN(frames) RUN(macros)
	  RUN(expressions) RUN(refusals))
