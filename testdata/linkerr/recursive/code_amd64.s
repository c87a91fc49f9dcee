#include "textflag.h"

TEXT ·again(SB), NOSPLIT, $8
	CALL ·again2(SB)
	RET

TEXT ·again2(SB), NOSPLIT, $8
	CALL ·again(SB)
	RET
