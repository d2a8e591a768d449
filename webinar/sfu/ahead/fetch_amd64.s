#include "textflag.h"

// func fetch(at *uintptr, count int)
TEXT ·fetch(SB), NOSPLIT, $0-16
	MOVQ at+0(FP), AX
	MOVQ count+8(FP), CX
next:
	DECQ CX
	JLT  done
	MOVQ (AX)(CX*8), DX
	PREFETCHT0 (DX)
	JMP  next
done:
	RET
