/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Vectors of LANES pixels, for doubling-kernels.c alone:
 *
 *   Pairs    two numbers of 16 bits a pixel
 *   Sums     one of 32 bits a pixel
 *   Weights  two factors for all pixels
 *
 * All give the same on every processor. multiply_add() adds both products, as
 * 32 bits, exactly; narrow() shifts two sums (rounding down), limits them to
 * 16 bits, and pairs them up; bend() multiplies what is negative with slopes
 * (Q15, rounded to nearest); add16() limits its result; scale16() is
 * (a × factor) >> 8 for what is not negative; swap() exchanges the two.
 *
 * VECTORS × MAX_OUTPUTS sums have to fit into the registers, beside what is
 * multiplied.
 */
#pragma once

#include <stdint.h>
#include <string.h>

#if defined CUP_VECTORS_AVX512_VNNI || defined CUP_VECTORS_AVX2
#include "doubling-vectors-avx.h"
#elif defined CUP_VECTORS_NEON
#include "doubling-vectors-neon.h"
#else
#include "doubling-vectors-portable.h"
#endif
