/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which lossless format gets a frame to the service soonest: PNG takes less time
 * to encode, WebP less to send. Goes by what both have taken so far, and by how
 * fast the uplink has been. Never by a format that loses something.
 *
 * Any thread; the lock inside is a leaf.
 */
#pragma once

#include "engine/job.h"

G_BEGIN_DECLS

/* What a format takes for each pixel, as measured lately. */
typedef struct
{
  gdouble bytes;
  gdouble seconds;
} CupUploadCost;

/**
 * CupUploadFormat:
 * @png: what PNG has cost, all 0 where it was not used yet
 * @webp: the same
 * @n: frames for which there was a choice
 */
typedef struct
{
  GMutex lock;
  CupUploadCost png;
  CupUploadCost webp;
  guint n;
} CupUploadFormat;

void cup_upload_format_init (CupUploadFormat * format);
void cup_upload_format_clear (CupUploadFormat * format);

/* For the next frame. @speed: of the uplink, in bytes a second, 0 where it is
 * not known. PNG for what WebP does not hold as it is (16 bits, gray, long
 * sides). */
CupImageType cup_upload_format_choose (CupUploadFormat * format,
    const CupPixels * pixels, gdouble speed);

/* A frame of @n_pixels was encoded. */
void cup_upload_format_note (CupUploadFormat * format, CupImageType type,
    guint64 n_pixels, gsize bytes, gdouble seconds);

G_END_DECLS
