/*
 * Patterns and hashes, one case for each turn of the parser. Go's own
 * package decides over many more in crosscheck/rules.
 */
#include "obj/obj.h"
#include "objabi/test.h"

/* What becomes of ids 0..7 under a pattern: a digit each, 2: enabled, 1:
 * reported. Or the reason for which it is refused. */
static const char *decide(const char *pattern)
{
	static char out[64];
	Arena a = {0};
	Bisect m;
	const char *why = bisect_parse(&m, view_str(pattern), &a);

	snprintf(out, sizeof out, "%s", why ? why : "");
	for (u64 id = 0; !why && id < 8; id++)
		snprintf(out + id, 2, "%d", 2 * bisect_enables(&m, id) +
			 bisect_prints(&m, id));
	arena_free(&a);
	return out;
}

TEST(sets)
{
	EXPECT_STR(decide("y"), "33333333");
	EXPECT_STR(decide("n"), "11111111");
	EXPECT_STR(decide("0"), "30303030");
	EXPECT_STR(decide("+0"), "30303030");
	EXPECT_STR(decide("01+10"), "03300330");
	EXPECT_STR(decide("0+1-01"), "30333033");
	EXPECT_STR(decide("-01-111"), "30333030");
	EXPECT_STR(decide("y-01-111"), "30333030");
	EXPECT_STR(decide("x3"), "00030000");
	EXPECT_STR(decide("x3+xB+0"), "30333030");
	EXPECT_STR(decide("x0000000000000003"), "00030000");
}

TEST(letters)
{
	EXPECT_STR(decide("!0"), "12121212");
	EXPECT_STR(decide("!!0"), "30303030");
	EXPECT_STR(decide("!n"), "33333333");
	EXPECT_STR(decide("q0"), "20202020");
	EXPECT_STR(decide("qn"), "00000000");
	EXPECT_STR(decide("v0"), "30303030");
	EXPECT_STR(decide("qvv!0"), "12121212");
}

/* Odd, and so in Go. */
TEST(y_between_digits)
{
	EXPECT_STR(decide("1y"), "30003000");
	EXPECT_STR(decide("xy"), "33333333");
	EXPECT_STR(decide("yy"), "33333333");
}

#define SYNTAX "invalid pattern syntax: "
#define B32 "01010101010101010101010101010101"

TEST(refused)
{
	static const char *const bad[] = {
		"", "q", "v", "!", "qv!", "vq", "z", "2", "1x", "x", "xg",
		"x1x", "0--1", "01-", "+", "-", "++1", "nn", "0n", "y0",
		"y1", "!n0", "0,1", " 0", "A",
	};

	for (size_t i = 0; i < NELEM(bad); i++)
		EXPECT_STR(decide(bad[i]), SYNTAX);
	EXPECT_STR(decide("0+1-01+001"),
		   "invalid pattern syntax (+ after -): ");
	EXPECT_STR(decide(B32 B32 "0"), "pattern bits too long: ");
	EXPECT_STR(decide("x00000000000000003"), "pattern bits too long: ");
	EXPECT_STR(decide(B32 B32), "00000000");
}

/* As many conditions as a pattern of that length can have. */
TEST(many)
{
	char p[1001] = "";

	for (size_t i = 0; i < sizeof p - 1; i++)
		p[i] = "-0"[i % 2];
	EXPECT_STR(decide(p), "03030303");
}

TEST(hash)
{
	EXPECT(bisect_hash(view_str("")) == 0xcbf29ce484222325);
	EXPECT(bisect_hash(view_str("a")) == 0xaf63dc4c8601ec8c);
	EXPECT(bisect_hash(view_str("foobar")) == 0x85944171f73967e8);
}

TEST(marker)
{
	char buf[BISECT_MARKER + 1];

	bisect_marker(buf, 0x12ab);
	EXPECT_STR(buf, "[bisect-match 0x00000000000012ab]");
	bisect_marker(buf, UINT64_MAX);
	EXPECT_STR(buf, "[bisect-match 0xffffffffffffffff]");
}

static const char *option(const char *list)
{
	static char out[64];
	View v;

	if (!bisect_option(view_str(list), &v))
		return "none";
	snprintf(out, sizeof out, "%.*s", (int)v.n, (const char *)v.p);
	return out;
}

TEST(options)
{
	EXPECT_STR(option("fipshash=01+1"), "01+1");
	EXPECT_STR(option("fipshash:qn"), "qn");
	EXPECT_STR(option("a,fipshash=y,b=2"), "y");
	EXPECT_STR(option("fipshash=0,fipshash=1"), "1");
	EXPECT_STR(option("fipshash"), "");
	EXPECT_STR(option("fipshash="), "");
	EXPECT_STR(option("fipshashes=1"), "none");
	EXPECT_STR(option("xfipshash=1"), "none");
	EXPECT_STR(option(""), "none");
	EXPECT_STR(option(",,"), "none");
}

TEST_MAIN(
	RUN(sets)
	RUN(letters)
	RUN(y_between_digits)
	RUN(refused)
	RUN(many)
	RUN(hash)
	RUN(marker)
	RUN(options)
)
