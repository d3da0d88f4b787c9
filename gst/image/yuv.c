/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "yuv.h"

CupYuv *
cup_yuv_new (guint width, guint height, gboolean half_width,
    gboolean half_height, GError ** error)
{
  CupYuv *yuv = g_new0 (CupYuv, 1);
  guint i;

  yuv->ref_count = 1;
  yuv->half_width = half_width;
  yuv->half_height = half_height;
  for (i = 0; i < 3; i++) {
    const guint plane_width =
        i > 0 && half_width ? width / 2 + width % 2 : width;
    const guint plane_height =
        i > 0 && half_height ? height / 2 + height % 2 : height;

    yuv->planes[i] = cup_pixels_new (plane_width, plane_height, 1, 8, error);
    if (!yuv->planes[i]) {
      cup_yuv_unref (yuv);
      return NULL;
    }
  }
  return yuv;
}

CupYuv *
cup_yuv_ref (CupYuv * yuv)
{
  g_atomic_int_inc (&yuv->ref_count);
  return yuv;
}

void
cup_yuv_unref (CupYuv * yuv)
{
  guint i;

  if (!g_atomic_int_dec_and_test (&yuv->ref_count))
    return;
  for (i = 0; i < 3; i++)
    g_clear_pointer (&yuv->planes[i], cup_pixels_unref);
  g_free (yuv);
}
