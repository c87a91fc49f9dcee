#include "textflag.h"

// Two mistakes that different passes find: both are reported.
TEXT ·deep(SB), NOSPLIT, $896
	RET
