#include "textflag.h"

// The offset basis and the prime; <> makes it local to this file.
DATA constants<>+0(SB)/8, $0xcbf29ce484222325
DATA constants<>+8(SB)/8, $0x100000001b3
GLOBL constants<>(SB), RODATA|NOPTR, $16

// func Sum(data []byte) uint64
TEXT ·Sum(SB), NOSPLIT, $0-32
	MOVD data_base+0(FP), R0
	MOVD data_len+8(FP), R1
	MOVD constants<>+0(SB), R2
	MOVD constants<>+8(SB), R3

loop:
	CBZ R1, done
	MOVBU.P 1(R0), R4
	EOR R4, R2
	MUL R3, R2
	SUB $1, R1
	JMP loop

done:
	MOVD R2, ret+24(FP)
	RET
