/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What enhancing makes of procedural pictures that were enlarged by a network:
 * how far it is from the original and from the input, and whether what it adds
 * stays where it is when the picture moves by parts of a pixel.
 */
#include <math.h>
#include <string.h>

#include "engine/local/enhance.h"
#include "engine/local/tables.h"
#include "picture.h"
#include "reference.h"
#include "scaling.h"

/* Of the moving picture: as the camera would see it, and how much more finely it
 * is made. A frame is moved by one pixel of that. */
#define FRAME_WIDTH 96
#define FRAME_HEIGHT 64
#define FINENESS 8
#define N_FRAMES 12
/* Frames until the enlarged picture has moved by a whole pixel. */
#define FRAMES_A_PIXEL (FINENESS / 2)

static void
init_plane (CupPlane * plane, const CupPixels * pixels)
{
  guint x, y;

  g_assert_true (cup_plane_init (plane, pixels->width, pixels->height, 0,
          pixels->height));
  for (y = 0; y < pixels->height; y++) {
    for (x = 0; x < pixels->width; x++)
      cup_plane_row (plane, y)[x] =
          (cup_pixels_row (pixels, y)[x] - 128) * (1 << CUP_PLANE_BITS);
  }
}

static CupPixels *
to_pixels (const CupPlane * plane)
{
  const gint half = 1 << (CUP_PLANE_BITS - 1);
  CupPixels *pixels = cup_pixels_new (plane->width, plane->height, 1, 8, NULL);
  guint x, y;

  for (y = 0; y < plane->height; y++) {
    for (x = 0; x < plane->width; x++) {
      gint value = 128 + ((cup_plane_row (plane, y)[x] + half)
          >> CUP_PLANE_BITS);

      cup_pixels_row (pixels, y)[x] = CLAMP (value, 0, 255);
    }
  }
  return pixels;
}

/* @base, which was made of a picture of half its size, enhanced. */
static CupPixels *
enhance (const CupPixels * base, gdouble creativity, gdouble detail,
    gdouble preservation)
{
  const CupInterrupt never = { NULL, 0 };
  CupEnhancement enhancement = { creativity, detail, preservation, 42 };
  CupTeam *team = cup_team_new (1);
  CupPlane plane, output;
  GError *error = NULL;
  CupPixels *pixels;

  enhancement.input_width = base->width / 2;
  enhancement.input_height = base->height / 2;
  init_plane (&plane, base);
  g_assert_true (cup_plane_init (&output, base->width, base->height, 0,
          base->height));
  cup_enhance_run (&enhancement, &plane, &output, team, &never, &error);
  g_assert_no_error (error);
  pixels = to_pixels (&output);
  cup_plane_clear (&plane);
  cup_plane_clear (&output);
  cup_team_free (team);
  return pixels;
}

static gdouble
gradient (const CupPixels * pixels)
{
  gdouble sum = 0;
  guint x, y;

  for (y = 1; y < pixels->height; y++) {
    const guint8 *row = cup_pixels_row (pixels, y);
    const guint8 *above = cup_pixels_row (pixels, y - 1);

    for (x = 1; x < pixels->width; x++)
      sum += hypot (row[x] - row[x - 1], row[x] - above[x]);
  }
  return sum;
}

/* PSNR of what is left of both at half their size. */
static gdouble
consistency (const CupPixels * a, const CupPixels * b)
{
  CupPixels *low_a = cup_scaling_reduce (a, 2);
  CupPixels *low_b = cup_scaling_reduce (b, 2);
  gdouble psnr = cup_scaling_psnr (low_a, low_b, 2);

  cup_pixels_unref (low_a);
  cup_pixels_unref (low_b);
  return psnr;
}

/* Means over pictures. */
typedef struct
{
  gdouble loss;                 /* of PSNR by enhancing, with the defaults */
  gdouble gradient_before;      /* parts of the original's */
  gdouble gradient_after;
  gdouble consistency[3];       /* for preservation 0, 1, 3 */
} Figures;

static void
add_figures (Figures * figures, guint number)
{
  static const gdouble preservations[] = { 0, 1, 3 };
  CupPixels *original = cup_picture_new (CUP_PICTURE_HELD_OUT_SEED, number,
      CUP_PICTURE_HELD_OUT_WIDTH, CUP_PICTURE_HELD_OUT_HEIGHT, 1);
  CupPixels *input = cup_scaling_reduce (original, 2);
  CupPixels *base = cup_reference_upscale (&cup_network_balanced_clean, input,
      2, TRUE);
  CupPixels *output = enhance (base, 0.5, 1, 0.25);
  guint i;

  figures->loss += (cup_scaling_psnr (base, original, 2)
      - cup_scaling_psnr (output, original, 2)) / CUP_PICTURE_HELD_OUT_COUNT;
  figures->gradient_before += gradient (base) / gradient (original)
      / CUP_PICTURE_HELD_OUT_COUNT;
  figures->gradient_after += gradient (output) / gradient (original)
      / CUP_PICTURE_HELD_OUT_COUNT;
  cup_pixels_unref (output);
  for (i = 0; i < G_N_ELEMENTS (preservations); i++) {
    output = enhance (base, 0.5, 1, preservations[i]);
    figures->consistency[i] += consistency (output, base)
        / CUP_PICTURE_HELD_OUT_COUNT;
    cup_pixels_unref (output);
  }
  cup_pixels_unref (original);
  cup_pixels_unref (input);
  cup_pixels_unref (base);
}

static void
test_figures (void)
{
  Figures figures = { 0 };
  guint i;

  for (i = 0; i < CUP_PICTURE_HELD_OUT_COUNT; i++)
    add_figures (&figures, i);
  g_test_message ("%.2f dB lost, gradient %.3f before and %.3f after",
      figures.loss, figures.gradient_before, figures.gradient_after);
  g_test_message ("consistency %.2f, %.2f, %.2f dB", figures.consistency[0],
      figures.consistency[1], figures.consistency[2]);
  g_assert_cmpfloat (figures.loss, <, 1.5);
  g_assert_cmpfloat (figures.gradient_after, >, figures.gradient_before + 0.03);
  g_assert_cmpfloat (figures.gradient_after, <, 1);
  g_assert_cmpfloat (figures.consistency[1], >=, 50);
  g_assert_cmpfloat (figures.consistency[1], >, figures.consistency[0]);
  g_assert_cmpfloat (figures.consistency[2], >, figures.consistency[1]);
}

/* The part of @scene that frame @number shows. */
static CupPixels *
take_frame (const CupPixels * scene, guint number)
{
  CupPixels *part = cup_pixels_new (FRAME_WIDTH * FINENESS,
      FRAME_HEIGHT * FINENESS, 1, 8, NULL);
  CupPixels *frame;
  guint y;

  for (y = 0; y < part->height; y++)
    memcpy (cup_pixels_row (part, y), cup_pixels_row (scene, y) + number,
        part->width);
  frame = cup_scaling_reduce (part, FINENESS);
  cup_pixels_unref (part);
  return frame;
}

/* Mean difference of @frames whose pictures are a whole pixel apart, where they
 * show the same. */
static gdouble
temporal_noise (CupPixels ** frames)
{
  const guint border = 8;
  gdouble sum = 0;
  guint i, x, y, n = 0;

  for (i = FRAMES_A_PIXEL; i < N_FRAMES; i++) {
    for (y = border; y < frames[i]->height - border; y++) {
      const guint8 *now = cup_pixels_row (frames[i], y);
      const guint8 *before = cup_pixels_row (frames[i - FRAMES_A_PIXEL], y);

      for (x = border; x < frames[i]->width - border; x++, n++)
        sum += ABS (now[x] - before[x + 1]);
    }
  }
  return sum / n;
}

static gdouble
enhanced_noise (CupPixels ** bases, gdouble creativity, gdouble detail)
{
  CupPixels *frames[N_FRAMES];
  gdouble noise;
  guint i;

  for (i = 0; i < N_FRAMES; i++)
    frames[i] = enhance (bases[i], creativity, detail, 0.25);
  noise = temporal_noise (frames);
  for (i = 0; i < N_FRAMES; i++)
    cup_pixels_unref (frames[i]);
  return noise;
}

static void
test_moving (void)
{
  CupPixels *scene = cup_picture_new (CUP_PICTURE_HELD_OUT_SEED, 3,
      FRAME_WIDTH * FINENESS + N_FRAMES, FRAME_HEIGHT * FINENESS, 1);
  CupPixels *bases[N_FRAMES], *bicubic[N_FRAMES];
  gdouble interpolated, plain, detail, texture, most;
  guint i;

  for (i = 0; i < N_FRAMES; i++) {
    CupPixels *frame = take_frame (scene, i);

    bases[i] = cup_reference_upscale (&cup_network_balanced_clean, frame, 2,
        TRUE);
    bicubic[i] = cup_scaling_expand (frame, 2);
    cup_pixels_unref (frame);
  }
  interpolated = temporal_noise (bicubic);
  plain = temporal_noise (bases);
  detail = enhanced_noise (bases, 0, 1);
  texture = enhanced_noise (bases, 0.5, 1);
  most = enhanced_noise (bases, 1, 1);
  g_test_message ("levels of difference: bicubic %.3f, network %.3f, "
      "detail 1 %.3f, creativity 0.5 %.3f, 1 %.3f", interpolated, plain,
      detail, texture, most);
  /* What is added moves with the picture. */
  g_assert_cmpfloat (texture, <, 1.1 * detail);
  g_assert_cmpfloat (most, <, 1.2 * detail);
  for (i = 0; i < N_FRAMES; i++) {
    cup_pixels_unref (bases[i]);
    cup_pixels_unref (bicubic[i]);
  }
  cup_pixels_unref (scene);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/enhance-pictures/figures", test_figures);
  g_test_add_func ("/enhance-pictures/moving", test_moving);
  return g_test_run ();
}
