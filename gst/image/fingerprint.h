/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What equal pictures are recognised by within one process: as fast as memory is
 * read, and good for nothing on disk, since each process has fingerprints of its
 * own.
 *
 * Two different pictures may have the same fingerprint, and one would leave with
 * the other's result. How likely that is does not depend on the pictures, because
 * the function is chosen at random when the process starts, and nothing that the
 * process tells depends on the choice: neither chance nor somebody who makes the
 * pictures has better than the bound in fingerprint.c, which is about 2⁻¹¹⁴ for a
 * pair of 1080p. Among a million of pictures, 2³⁹ pairs, it is 2⁻⁷⁵: memory fails
 * more often.
 */
#pragma once

#include "yuv.h"

G_BEGIN_DECLS

#define CUP_FINGERPRINT_SIZE 16

typedef struct
{
  guint8 bytes[CUP_FINGERPRINT_SIZE];
} CupFingerprint;

/* Any thread. Width, height, channels and depth are part of it, what is between
 * rows is not; different kinds of pictures never have the same. */
void cup_fingerprint_pixels (const CupPixels * pixels,
    CupFingerprint * fingerprint);
/* The sizes of all planes, and where chroma lies, are part of it. */
void cup_fingerprint_yuv (const CupYuv * yuv, CupFingerprint * fingerprint);
void cup_fingerprint_bytes (GBytes * bytes, CupFingerprint * fingerprint);

G_END_DECLS
