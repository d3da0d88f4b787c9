/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "light.h"

#include <math.h>
#include <string.h>

#include "metadata-private.h"

/* Of a primary's x and y, and of an exponent: what rounding and 2.2 for sRGB's curve
 * make. */
#define PRIMARY_TOLERANCE 0.004
#define GAMMA_TOLERANCE 2300
#define SRGB_GAMMA 45455

#define CHUNK_HEADER_SIZE 8

static const struct
{
  gchar type[5];
  guint32 length;
  CupLightKind kind;
} chunks[] = {
  {"cICP", 4, CUP_LIGHT_CICP},
  {"sRGB", 1, CUP_LIGHT_SRGB},
  {"gAMA", 4, CUP_LIGHT_GAMMA},
  {"cHRM", 32, CUP_LIGHT_CHROMATICITIES},
  {"mDCV", 24, CUP_LIGHT_MASTERING},
  {"cLLI", 8, CUP_LIGHT_CONTENT},
  /* As drafts had them. */
  {"mDCv", 24, CUP_LIGHT_MASTERING},
  {"cLLi", 8, CUP_LIGHT_CONTENT},
};

static void
take_data (CupImageLight * light, CupLightKind kind, const guint8 * data)
{
  guint i;

  switch (kind) {
    case CUP_LIGHT_CICP:
      memcpy (light->cicp, data, sizeof light->cicp);
      break;
    case CUP_LIGHT_SRGB:
      light->intent = data[0];
      break;
    case CUP_LIGHT_GAMMA:
      light->gamma = cup_image_read_be32 (data);
      break;
    case CUP_LIGHT_CHROMATICITIES:
      for (i = 0; i < G_N_ELEMENTS (light->chromaticities); i++)
        light->chromaticities[i] = cup_image_read_be32 (data + 4 * i);
      break;
    case CUP_LIGHT_MASTERING:
      memcpy (light->mastering, data, sizeof light->mastering);
      break;
    case CUP_LIGHT_CONTENT:
      memcpy (light->content, data, sizeof light->content);
      break;
  }
}

void
cup_image_light_take (CupImageLight * light, const guint8 * chunk,
    guint32 length)
{
  const guint8 *type = chunk + 4, *data = chunk + CHUNK_HEADER_SIZE;
  guint i;

  if (memcmp (type, "iCCP", 4) == 0)
    light->has_profile = TRUE;
  for (i = 0; i < G_N_ELEMENTS (chunks); i++) {
    if (memcmp (type, chunks[i].type, 4) != 0 || length != chunks[i].length
        || (light->kinds & chunks[i].kind)
        || !cup_png_is_sound (chunk, length))
      continue;
    /* An exponent of nothing says nothing. */
    if (chunks[i].kind == CUP_LIGHT_GAMMA && cup_image_read_be32 (data) == 0)
      continue;
    take_data (light, chunks[i].kind, data);
    light->kinds |= chunks[i].kind;
  }
}

gboolean
cup_image_light_is_near (const guint32 * chromaticities, const gdouble * other)
{
  guint i;

  for (i = 0; i < 8; i++) {
    if (fabs (chromaticities[i] / 100000. - other[i]) > PRIMARY_TOLERANCE)
      return FALSE;
  }
  return TRUE;
}

/* Of SDR video and sRGB, which everybody takes one for the other; 2 is "not said". */
static gboolean
is_plain_cicp (const guint8 * cicp)
{
  static const guint8 primaries[] = { 1, 2, 5, 6, 7 };
  static const guint8 transfers[] = { 1, 2, 6, 7, 13, 14, 15 };

  return memchr (primaries, cicp[0], sizeof primaries)
      && memchr (transfers, cicp[1], sizeof transfers) && cicp[3] == 1;
}

gboolean
cup_image_light_is_plain (const CupImageLight * light)
{
  static const gdouble srgb[8] = { 0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15,
    0.06
  };

  if (light->kinds & CUP_LIGHT_CICP)
    return is_plain_cicp (light->cicp);
  if (light->has_profile || (light->kinds & CUP_LIGHT_SRGB))
    return TRUE;
  if ((light->kinds & CUP_LIGHT_GAMMA)
      && ABS ((gint64) light->gamma - SRGB_GAMMA) > GAMMA_TOLERANCE)
    return FALSE;
  return !(light->kinds & CUP_LIGHT_CHROMATICITIES)
      || cup_image_light_is_near (light->chromaticities, srgb);
}

gchar *
cup_image_light_describe (const CupImageLight * light)
{
  const guint8 *cicp = light->cicp;

  if (light->kinds & CUP_LIGHT_CICP)
    return g_strdup_printf ("cICP %u/%u/%u/%u (primaries, transfer function, "
        "matrix, full range)", cicp[0], cicp[1], cicp[2], cicp[3]);
  if (!(light->kinds & CUP_LIGHT_GAMMA))
    return g_strdup ("primaries that are not those of sRGB");
  return g_strdup_printf ("gamma %.5f%s", light->gamma / 100000.,
      light->kinds & CUP_LIGHT_CHROMATICITIES ? " and primaries" : "");
}
