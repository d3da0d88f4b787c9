/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What engine/local/network.h defines, as plainly as it can be written: what
 * faster implementations are compared with.
 */
#pragma once

#include "engine/local/network.h"
#include "engine/local/plane.h"
#include "image/pixels.h"

G_BEGIN_DECLS

typedef enum
{
  CUP_REFERENCE_FREE,           /* no clamp */
  CUP_REFERENCE_CLAMPED,
  CUP_REFERENCE_TIGHT,          /* of what has been doubled already */
} CupReferenceClamp;

/* Inits @output with @input, a whole plane, at twice its size. */
void cup_reference_double (const CupNetwork * network, const CupPlane * input,
    CupReferenceClamp clamp, CupPlane * output);

/* A gray picture of 8 bits as a plane, which is initialised, and the other way
 * round. */
void cup_reference_read (const CupPixels * luma, CupPlane * plane);
CupPixels *cup_reference_write (const CupPlane * plane);

/* The gray picture @luma at @factor times its size, a power of 2: doubled so
 * often, and rounded to 8 bits once, at the end; with or without the clamps. */
CupPixels *cup_reference_upscale (const CupNetwork * network,
    const CupPixels * luma, guint factor, gboolean clamp);

G_END_DECLS
