//go:build !purego

#include "textflag.h"

// func xorAVX2(dst, src *byte, n int, key uint32)
//
// No length has a remainder: the last vectors overlap those before them. What overlaps is loaded before anything is stored, so
// in place too no byte is masked twice. Y0 is the key for the first byte, Y15 for the last vectors.
TEXT ·xorAVX2(SB), NOSPLIT, $0-28
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), DX
	MOVL key+24(FP), AX
	MOVL DX, CX
	SHLL $3, CX
	MOVL AX, BX
	RORL CX, BX            // rotated by n bytes; the count is taken modulo 32
	VMOVD AX, X0
	VMOVD BX, X15
	VPBROADCASTD X0, Y0
	VPBROADCASTD X15, Y15
	CMPQ DX, $64
	JA   over64
	VPXOR   (SI), Y0, Y1
	VPXOR   -32(SI)(DX*1), Y15, Y2
	VMOVDQU Y1, (DI)
	VMOVDQU Y2, -32(DI)(DX*1)
	VZEROUPPER
	RET

over64:
	CMPQ DX, $128
	JA   over128
	VPXOR   (SI), Y0, Y1
	VPXOR   32(SI), Y0, Y2
	VPXOR   -64(SI)(DX*1), Y15, Y3
	VPXOR   -32(SI)(DX*1), Y15, Y4
	VMOVDQU Y1, (DI)
	VMOVDQU Y2, 32(DI)
	VMOVDQU Y3, -64(DI)(DX*1)
	VMOVDQU Y4, -32(DI)(DX*1)
	VZEROUPPER
	RET

over128:
	VPXOR (SI), Y0, Y10
	VPXOR -128(SI)(DX*1), Y15, Y11
	VPXOR -96(SI)(DX*1), Y15, Y12
	VPXOR -64(SI)(DX*1), Y15, Y13
	VPXOR -32(SI)(DX*1), Y15, Y14
	LEAQ  (DI)(DX*1), R8   // the end of dst
	MOVQ  DI, R9           // its start

	// Begin the turns where dst is aligned; the first vector covers what is skipped.
	MOVQ DI, CX
	NEGQ CX
	ANDQ $31, CX
	ADDQ CX, DI
	ADDQ CX, SI
	SUBQ CX, DX
	SHLL $3, CX
	RORL CX, AX
	VMOVD AX, X0
	VPBROADCASTD X0, Y0
	CMPQ DX, $128
	JBE  ends

	PCALIGN $32
turn:
	VPXOR   (SI), Y0, Y1
	VPXOR   32(SI), Y0, Y2
	VPXOR   64(SI), Y0, Y3
	VPXOR   96(SI), Y0, Y4
	VMOVDQU Y1, (DI)
	VMOVDQU Y2, 32(DI)
	VMOVDQU Y3, 64(DI)
	VMOVDQU Y4, 96(DI)
	ADDQ $128, SI
	ADDQ $128, DI
	SUBQ $128, DX
	CMPQ DX, $128
	JA   turn

ends:
	VMOVDQU Y10, (R9)
	VMOVDQU Y11, -128(R8)
	VMOVDQU Y12, -96(R8)
	VMOVDQU Y13, -64(R8)
	VMOVDQU Y14, -32(R8)
	VZEROUPPER
	RET

// func hasAVX2() bool
TEXT ·hasAVX2(SB), NOSPLIT, $0-1
	MOVB $0, ret+0(FP)
	XORL AX, AX
	XORL CX, CX
	CPUID
	CMPL AX, $7            // the highest leaf
	JB   no
	MOVL $1, AX
	XORL CX, CX
	CPUID
	ANDL $0x18000000, CX   // OSXSAVE and AVX
	CMPL CX, $0x18000000
	JNE  no
	XORL CX, CX
	XGETBV
	ANDL $6, AX            // the system saves the XMM and the YMM state
	CMPL AX, $6
	JNE  no
	MOVL $7, AX
	XORL CX, CX
	CPUID
	ANDL $0x20, BX         // AVX2
	SETNE ret+0(FP)

no:
	RET
