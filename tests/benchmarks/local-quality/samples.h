/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pictures to look at what becomes of them, one of each kind that upscalers
 * treat differently: painted, no photograph among them.
 */
#pragma once

#include "image/pixels.h"

G_BEGIN_DECLS

#define SAMPLE_WIDTH 256
#define SAMPLE_HEIGHT 192

/**
 * Sample:
 * @name: of the kind
 * @quality: of the JPEG that it has to go through when it was reduced, 0 for
 *   none
 * @paint: makes it, in colours
 */
typedef struct
{
  const gchar *name;
  guint quality;
  CupPixels *(*paint) (void);
} Sample;

/* Up to one without a name. */
extern const Sample samples[];

G_END_DECLS
