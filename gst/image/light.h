/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a PNG says of the light that its samples stand for, beside a profile: cICP, sRGB,
 * gAMA, cHRM, and mDCV and cLLI of HDR. Plain data; all zero where a file says nothing.
 *
 * Without padding, so that two of them can be compared as memory. Any thread, at any
 * time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  CUP_LIGHT_CICP = 1 << 0,
  CUP_LIGHT_SRGB = 1 << 1,
  CUP_LIGHT_GAMMA = 1 << 2,
  CUP_LIGHT_CHROMATICITIES = 1 << 3,
  CUP_LIGHT_MASTERING = 1 << 4,
  CUP_LIGHT_CONTENT = 1 << 5,
} CupLightKind;

/**
 * CupImageLight:
 * @kinds: which of the others are said, CupLightKind
 * @has_profile: an ICC profile is there, which counts instead of all but @cicp
 * @intent: of sRGB
 * @cicp: primaries, transfer function, matrix (0: RGB) and range (1: full), as
 *   ISO/IEC 23091-2 numbers them
 * @gamma: exponent of the encoding, times 100000
 * @chromaticities: x and y of white, red, green and blue, times 100000
 * @mastering: x and y of red, green, blue and white in 0.00002, 16 bits each; the
 *   greatest and the least luminance in 0.0001 cd/m², 32 bits each; big endian
 * @content: the brightest sample and frame in 0.0001 cd/m², 32 bits each, big endian
 */
typedef struct
{
  guint32 kinds;
  guint32 has_profile;
  guint32 gamma;
  guint32 chromaticities[8];
  guint32 intent;
  guint8 cicp[4];
  guint8 mastering[24];
  guint8 content[8];
} CupImageLight;

/* Takes what a PNG's chunk says, of the whole chunk, of which all is there. Of each
 * kind the first counts, where its checksum and its length are right. */
void cup_image_light_take (CupImageLight * light, const guint8 * chunk,
    guint32 length);

/* Whether it makes no difference to sRGB: nothing is said, or the curve and the
 * primaries are sRGB's or near enough, or ones that are taken for it everywhere. */
gboolean cup_image_light_is_plain (const CupImageLight * light);

/* In a few words ("gamma 1.00000"), for a person; free with g_free(). */
gchar *cup_image_light_describe (const CupImageLight * light);

/* Whether @chromaticities are those of @other (x and y of white, red, green, blue), near
 * enough. */
gboolean cup_image_light_is_near (const guint32 * chromaticities,
    const gdouble * other);

G_END_DECLS
