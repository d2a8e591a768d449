#include "textflag.h"

// func fetch(at *uintptr, count int)
TEXT ·fetch(SB), NOSPLIT, $0-16
	MOVD at+0(FP), R0
	MOVD count+8(FP), R1
next:
	CBZ  R1, done
	MOVD.P 8(R0), R2
	PRFM (R2), PLDL1KEEP
	SUB  $1, R1
	B    next
done:
	RET
