#include "textflag.h"

// The offset basis and the prime; <> makes it local to this file.
DATA constants<>+0(SB)/8, $0xcbf29ce484222325
DATA constants<>+8(SB)/8, $0x100000001b3
GLOBL constants<>(SB), RODATA|NOPTR, $16

// func Sum(data []byte) uint64
TEXT ·Sum(SB), NOSPLIT, $0-32
	MOVQ data_base+0(FP), SI
	MOVQ data_len+8(FP), CX
	MOVQ constants<>+0(SB), AX
	MOVQ constants<>+8(SB), BX

loop:
	TESTQ CX, CX
	JEQ done
	MOVBLZX (SI), DX
	XORQ DX, AX
	IMULQ BX, AX
	INCQ SI
	DECQ CX
	JMP loop

done:
	MOVQ AX, ret+24(FP)
	RET
