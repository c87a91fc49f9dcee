#include "textflag.h"

TEXT ·asmFunc(SB), NOSPLIT, $0
	CALL nowhere(SB)
	CALL fmt·Println(SB)
	RET
