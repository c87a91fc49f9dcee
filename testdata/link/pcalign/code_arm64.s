#include "textflag.h"

DATA ·table+0(SB)/8, $1
DATA ·table+16(SB)/8, $42
GLOBL ·table(SB), NOPTR, $32

DATA hidden<>+0(SB)/8, $·callback(SB)
GLOBL hidden<>(SB), RODATA, $8

// func aligned(x uint64) uint64
TEXT ·aligned(SB), NOSPLIT, $0-16
	MOVD x+0(FP), R0
	PCALIGN $64
	ADD $41, R0
	MOVD R0, ret+8(FP)
	RET

// func spin(n uint64) uint64
TEXT ·spin(SB), $32-16
	MOVD n+0(FP), R1
	MOVD $0, R0
	PCALIGN $2048
loop:
	ADD R1, R0
	SUBS $1, R1
	BNE loop
	MOVD R0, 8(RSP)
	CALL ·callback(SB)
	MOVD 16(RSP), R0
	MOVD R0, ret+8(FP)
	RET
