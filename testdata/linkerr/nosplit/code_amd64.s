#include "textflag.h"

TEXT ·deep(SB), NOSPLIT, $496
	CALL ·deeper(SB)
	RET

TEXT ·deeper(SB), NOSPLIT, $400
	CALL ·deepest(SB)
	RET

TEXT ·deepest(SB), NOSPLIT, $16
	MOVQ $0, AX
	CALL AX
	RET
