/*
 * A unit test is a function TEST(name) { ... } with EXPECT(cond) in it,
 * listed in TEST_MAIN(...) at the end of the file, which makes main().
 * Prints "ok name" or "FAILED name" with the place for each test; crosscheck/run
 * counts those lines.
 */
#ifndef OBJABI_TEST_H
#define OBJABI_TEST_H

#include <stdio.h>
#include <stdlib.h>

static int test_failures;

#define TEST(name) static void test_##name(void)
#define EXPECT(cond) do { \
	if (!(cond)) { \
		printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #cond); \
		test_failures++; \
	} \
} while (0)
/* Like EXPECT(a == b) for integers, with both values shown. */
#define EXPECT_EQ(a, b) do { \
	long long a_ = (long long)(a), b_ = (long long)(b); \
	if (a_ != b_) { \
		printf("%s:%d: %s is %lld (%#llx), not %s = %lld (%#llx)\n", \
		       __FILE__, __LINE__, #a, a_, (unsigned long long)a_, \
		       #b, b_, (unsigned long long)b_); \
		test_failures++; \
	} \
} while (0)
#define EXPECT_STR(a, b) do { \
	const char *a_ = (a), *b_ = (b); \
	if (!a_ || !b_ || strcmp(a_, b_) != 0) { \
		printf("%s:%d: %s is \"%s\", not \"%s\"\n", __FILE__, \
		       __LINE__, #a, a_ ? a_ : "(null)", b_ ? b_ : "(null)"); \
		test_failures++; \
	} \
} while (0)

#define RUN(name) do { \
	int before = test_failures; \
	test_##name(); \
	printf("%s %s %s\n", test_failures == before ? "ok" : "FAILED", \
	       __FILE__, #name); \
} while (0);

#define TEST_MAIN(runs) \
int main(void) \
{ \
	runs \
	return test_failures != 0; \
}

#endif
