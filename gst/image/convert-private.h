/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What both directions of convert.h share. Private to this folder.
 */
#pragma once

#include "convert-kernels.h"
#include "convert.h"

G_BEGIN_DECLS

/* The fastest that this machine runs. */
const CupConvertKernels *cup_convert_get_kernels (void);

/* A factor in units of 2^-(shift + @bits); @bits: of the rest, 0 for none. */
CupConvertFactor cup_convert_split_factor (gint64 factor, guint bits);
gint64 cup_convert_in_units (gdouble value, guint shift);
/* With a half: the sum is then rounded down. */
CupConvertFactor cup_convert_make_offset (gdouble offset, guint shift,
    guint bits);

static inline guint
cup_planes_get_chroma_width (const CupPlanes * planes)
{
  return planes->half_width ? planes->width / 2 + planes->width % 2 :
      planes->width;
}

static inline guint8 *
cup_planes_get_row (const CupPlanes * planes, guint component, guint y)
{
  return planes->data[component] + (gssize) y * planes->stride[component];
}

G_END_DECLS
