#include "objabi/objabi.h"
#include "objabi/test.h"

TEST(view_has)
{
	View v = {(const u8 *)"abcd", 4};

	EXPECT(view_has(v, 0, 4));
	EXPECT(view_has(v, 4, 0));
	EXPECT(!view_has(v, 5, 0));
	EXPECT(!view_has(v, 1, 4));
	EXPECT(!view_has(v, UINT64_MAX, 2));
	EXPECT(!view_has(v, 2, UINT64_MAX));
}

TEST(view_find)
{
	View v = view_str("xxabxxxxabxxxxxx"), ab = view_str("ab");

	EXPECT_EQ(view_find(v, 0, ab, 1), 2);
	EXPECT_EQ(view_find(v, 3, ab, 1), 8);
	EXPECT_EQ(view_find(v, 0, ab, 4), 8);
	EXPECT_EQ(view_find(v, 9, ab, 1), 16);
	EXPECT_EQ(view_find(v, 1, ab, 8), 8);
	EXPECT_EQ(view_find(view_str("a"), 0, ab, 1), 1);
}

TEST(view_cstr)
{
	View v = {(const u8 *)"ab\0cd", 5}, s;

	EXPECT(view_cstr(v, 0, &s) && view_is(s, "ab"));
	EXPECT(view_cstr(v, 2, &s) && s.n == 0);
	EXPECT(!view_cstr(v, 3, &s));
	EXPECT(!view_cstr(v, 9, &s));
}

TEST(loads)
{
	static const u8 b[] = {1, 2, 3, 4, 5, 6, 7, 8};
	u8 out[8];

	EXPECT_EQ(ld16(b, true), 0x102);
	EXPECT_EQ(ld16(b, false), 0x201);
	EXPECT_EQ(ld32(b, true), 0x1020304);
	EXPECT_EQ(ld64(b, false), 0x807060504030201);
	EXPECT_EQ(ldptr(b, 4, false), 0x4030201);
	st64(out, 0x102030405060708, true);
	EXPECT(memcmp(out, b, 8) == 0);
	st32(out, 0x4030201, false);
	EXPECT(memcmp(out, b, 4) == 0);
}

static u64 uleb(const char *s, size_t n, bool *err)
{
	Cursor c = cursor(view_of(s, n), false);
	u64 x = cur_uleb(&c);

	*err = c.err;
	return x;
}

static i64 sleb(const char *s, size_t n, bool *err)
{
	Cursor c = cursor(view_of(s, n), false);
	i64 x = cur_sleb(&c);

	*err = c.err;
	return x;
}

TEST(leb)
{
	bool err;

	EXPECT_EQ(uleb("\xe5\x8e\x26", 3, &err), 624485);
	EXPECT(!err);
	EXPECT(uleb("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10, &err) ==
	       UINT64_MAX && !err);
	uleb("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10, &err);
	EXPECT(err);
	uleb("\x80\x80", 2, &err);
	EXPECT(err);
	EXPECT_EQ(sleb("\xc0\xbb\x78", 3, &err), -123456);
	EXPECT(!err);
	EXPECT_EQ(sleb("\x7f", 1, &err), -1);
	EXPECT(sleb("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7f", 10, &err) ==
	       INT64_MIN && !err);
	sleb("\xff", 1, &err);
	EXPECT(err);
}

TEST(cursor_sticks)
{
	Cursor c = cursor(view_of("\1\2\3", 3), false);

	EXPECT_EQ(cur_u16(&c), 0x201);
	EXPECT_EQ(cur_u32(&c), 0);
	EXPECT(c.err);
	EXPECT_EQ(cur_u8(&c), 0);	/* though one byte is left */
}

static bool unquotes(const char *from, const char *to, size_t n)
{
	u8 dst[64];
	size_t got;

	return go_unquote(view_str(from), dst, &got) && got == n &&
		memcmp(dst, to, n) == 0;
}

static bool refused(const char *from)
{
	u8 dst[64];
	size_t n;

	return !go_unquote(view_str(from), dst, &n);
}

TEST(unquote)
{
	EXPECT(unquotes("\"a b\"", "a b", 3));
	EXPECT(unquotes("`a\\n\r`", "a\\n", 3));
	EXPECT(unquotes("\"\\t\\\"\\\\\"", "\t\"\\", 3));
	EXPECT(unquotes("\"\\x00\\377\"", "\0\377", 2));
	EXPECT(unquotes("\"\\u00e9\\U0001F600\"", "\303\251\360\237\230\200",
			6));
	EXPECT(refused("\"a"));
	EXPECT(refused("\""));
	EXPECT(refused("\"a\"b\""));
	EXPECT(refused("\"\\'\""));
	EXPECT(refused("\"\\400\""));
	EXPECT(refused("\"\\ud800\""));
	EXPECT(refused("\"\\x0\""));
	EXPECT(refused("`a`b`"));
}

/* Whether it fits, just fits, or does not. */
TEST(buf_printf)
{
	char want[700];
	u32 wrong = 0;

	memset(want, 'x', sizeof want);
	for (int n = 0; n < (int)sizeof want; n++) {
		Buf b = {0};

		buf_printf(&b, "%.*s", 200, want);
		buf_printf(&b, "%.*s", n, want);
		wrong += b.n != 200 + (size_t)n ||
			memcmp(b.p, want, 200) != 0 ||
			memcmp(b.p + 200, want, (size_t)n) != 0;
		buf_free(&b);
	}
	EXPECT_EQ(wrong, 0);
}

TEST(buf_json)
{
	Buf b = {0};

	buf_json(&b, view_str("a\"\\\n\x01\xff\303\251"));
	EXPECT(view_is(view_of(b.p, b.n),
		       "\"a\\\"\\\\\\n\\u0001\\ufffd\303\251\""));
	b.n = 0;
	buf_json(&b, view_str("\xed\xa0\x80"));	/* a surrogate */
	EXPECT(view_is(view_of(b.p, b.n), "\"\\ufffd\\ufffd\\ufffd\""));
	b.n = 0;
	buf_text(&b, view_str("\x1b[31m\xc2\x9bx"));
	EXPECT(view_is(view_of(b.p, b.n), "\\x1b[31m\\xc2\\x9bx"));
	buf_free(&b);
}

TEST(hmac)
{
	/* RFC 4231 has no zero key; this is openssl's answer:
	 * printf abc | openssl mac -digest SHA256 -macopt hexkey:00 HMAC */
	static const char *want =
		"fd7adb152c05ef80dccf50a1fa4c05d5a3ec6da95575fc312ae7c5d091836351";
	u8 sum[SHA256_SIZE];
	Buf b = {0};
	Hmac h;

	hmac_init(&h);
	hmac_add(&h, view_str("a"));
	hmac_add(&h, view_str("bc"));
	hmac_sum(&h, sum);
	buf_hex(&b, view_of(sum, sizeof sum));
	EXPECT(view_is(view_of(b.p, b.n), want));
	b.n = 0;
	sha256(view_str("abc"), sum);
	buf_hex(&b, view_of(sum, 4));
	EXPECT(view_is(view_of(b.p, b.n), "ba7816bf"));
	buf_free(&b);
}

TEST(empty_ranges)
{
	/* The sum that cmd/link stores when it was shown four empty ranges
	 * (see docs/format.md). */
	static const u8 want[4] = {0x5b, 0xfb, 0x56, 0x25};
	View none[FIPS_NRANGE] = {{(const u8 *)"", 0}, {(const u8 *)"", 0},
				  {(const u8 *)"", 0}, {(const u8 *)"", 0}};
	u8 sum[SHA256_SIZE];

	fips_sum(none, sum);
	EXPECT(memcmp(sum, want, sizeof want) == 0);
}

static void add_index(void *arg, size_t i)
{
	((u8 *)arg)[i]++;
}

typedef struct {
	Pool *pool;
	u8 seen[40][25];
} Nested;

static void add_row(void *arg, size_t i)
{
	Nested *n = arg;

	pool_for(n->pool, sizeof n->seen[i], add_index, n->seen[i]);
}

TEST(pool)
{
	Nested n = {.pool = pool_new(8)};
	u8 *seen = n.seen[0];
	int wrong = 0;

	EXPECT_EQ(pool_threads(n.pool), 8);
	EXPECT_EQ(pool_threads(NULL), 1);
	/* Often enough for threads to be asleep, awake or late. */
	for (int k = 0; k < 200; k++) {
		PoolLoop *aside = pool_begin(n.pool, 500, add_index, seen);

		pool_for(n.pool, 500, add_index, seen + 500);
		pool_end(n.pool, aside);
		pool_for(n.pool, 40, add_row, &n);
		for (size_t i = 0; i < 1000; i++) {
			wrong += seen[i] != 2;
			seen[i] = 0;
		}
	}
	EXPECT_EQ(wrong, 0);
	pool_free(n.pool);
	pool_for(NULL, 3, add_index, seen);
	pool_end(NULL, pool_begin(NULL, 3, add_index, seen));
	EXPECT_EQ(seen[2], 2);
}

TEST(arena)
{
	Arena a = {0};
	char *s = arena_str(&a, view_str("hello"));
	u8 *big = arena_alloc(&a, 5 << 20);

	big[(5 << 20) - 1] = 1;
	EXPECT_STR(s, "hello");
	EXPECT(arena_alloc(&a, 3) != arena_alloc(&a, 3));
	arena_free(&a);
}

TEST_MAIN(
	RUN(view_has) RUN(view_find) RUN(view_cstr) RUN(loads) RUN(leb)
	RUN(cursor_sticks) RUN(unquote) RUN(buf_printf) RUN(buf_json) RUN(hmac)
	RUN(empty_ranges) RUN(pool) RUN(arena)
)
