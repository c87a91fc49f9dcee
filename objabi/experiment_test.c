#include "objabi/objabi.h"
#include "objabi/test.h"

static View V(const char *s)
{
	return view_str(s);
}

/* What list makes of the baseline, and how that is told. */
static const char *told(Release r, const char *goarch, const char *list,
			bool all)
{
	static char text[400];
	Experiments base = experiments_baseline(r, V("linux"), V(goarch));
	Experiments e = base;
	View unknown;
	Buf b = {0};

	if (!experiments_parse(r, V("linux"), V(goarch), V(list), &e,
			       &unknown))
		return "unknown";
	experiments_print(&b, r, e, all ? 0 : base);
	snprintf(text, sizeof text, "%.*s", (int)b.n, b.p ? b.p : "");
	buf_free(&b);
	return text;
}

TEST(baseline_is_what_objects_list)
{
	EXPECT_STR(told(GO127, "amd64", "", true), "regabiwrappers,regabiargs,"
		   "dwarf5,jsonv2,greenteagc,randomizedheapbase64,"
		   "sizespecializedmalloc");
	EXPECT_STR(told(GO124, "386", "", true), "coverageredesign,"
		   "aliastypeparams,swissmap,spinbitmutex,synchashtriemap");
}

TEST(only_differences_are_in_a_version)
{
	EXPECT_STR(told(GO127, "amd64", "", false), "");
	EXPECT_STR(told(GO127, "amd64", "simd,nojsonv2", false),
		   "nojsonv2,simd");
	EXPECT_STR(told(GO127, "386", "regabi", false), "");
	EXPECT_STR(told(GO127, "amd64", "noregabi,,arenas", false), "arenas");
	EXPECT_STR(told(GO126, "s390x", "noregabi", false),
		   "noregabiwrappers,noregabiargs");
	EXPECT_STR(told(GO127, "amd64", "nosuch", false), "unknown");
	EXPECT_STR(told(GO127, "amd64", "swissmap", false), "unknown");
}

TEST_MAIN(
	RUN(baseline_is_what_objects_list)
	RUN(only_differences_are_in_a_version)
)
