#include "textflag.h"

DATA ·table+0(SB)/8, $1
DATA ·table+16(SB)/8, $42
GLOBL ·table(SB), NOPTR, $32

DATA hidden<>+0(SB)/8, $·callback(SB)
GLOBL hidden<>(SB), RODATA, $8

// func aligned(x uint64) uint64
TEXT ·aligned(SB), NOSPLIT, $0-16
	MOVQ x+0(FP), AX
	PCALIGN $64
	ADDQ $41, AX
	MOVQ AX, ret+8(FP)
	RET

// func spin(n uint64) uint64
TEXT ·spin(SB), $32-16
	MOVQ n+0(FP), CX
	XORQ AX, AX
	PCALIGN $2048
loop:
	ADDQ CX, AX
	DECQ CX
	JNZ loop
	MOVQ AX, 0(SP)
	CALL ·callback(SB)
	MOVQ 8(SP), AX
	MOVQ AX, ret+8(FP)
	RET
