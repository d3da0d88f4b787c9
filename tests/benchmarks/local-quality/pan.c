/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * See pan.h.
 */
#include "pan.h"

#include "engine/local/resample.h"
#include "measure.h"
#include "run.h"
#include "scaling.h"

#define FACTOR 2
/* Pixels of the large picture from a frame to the next: neither axis comes to
 * the same fraction of a small pixel again soon. */
#define STEP_X 0.61
#define STEP_Y 0.27
/* What is not looked at at the borders of a frame, large pixels. */
#define MARGIN 24
#define MAX_WIDTH 512
#define MAX_HEIGHT 384
#define MIN_SIDE 64

static const struct
{
  const gchar *name;
  RunSettings settings;
} methods[PAN_N_METHODS] = {
  [PAN_BICUBIC] = {"bicubic"},
  [PAN_LANCZOS] = {"Lanczos"},
  [PAN_STILL] = {"still", {0, 0, 0}},
  [PAN_RESTORATION] = {"restored", {0, 0, 0, FALSE, FALSE, TRUE}},
  [PAN_DETAIL] = {"detail", {0, RUN_UNSET, RUN_UNSET, FALSE, FALSE, TRUE}},
  [PAN_TEXTURE] = {"texture", {0.5, 0, RUN_UNSET, FALSE, FALSE, TRUE}},
  [PAN_DEFAULTS] = {"defaults", {RUN_UNSET, RUN_UNSET, RUN_UNSET, FALSE, FALSE,
          TRUE}},
};

const gchar *
pan_method_get_name (PanMethod method)
{
  return methods[method].name;
}

static CupPixels *
upscale (const CupPixels * frame, PanMethod method)
{
  switch (method) {
    case PAN_BICUBIC:
      return cup_scaling_expand (frame, FACTOR);
    case PAN_LANCZOS:
      return cup_resample (frame, FACTOR * frame->width,
          FACTOR * frame->height, NULL, NULL);
    default:
      return run_upscale (frame, FACTOR, &methods[method].settings);
  }
}

/**
 * Pan:
 * @luma: what is moved over
 * @width, @height: of a frame at its full size
 * @n_frames: how many
 */
typedef struct
{
  Luma luma;
  guint width;
  guint height;
  guint n_frames;
} Pan;

/* The frame @number at its full size starts at (@number × STEP) of the picture. */
static CupPixels *
make_frame (const Pan * pan, guint number)
{
  Luma large = luma_cut (&pan->luma, number * STEP_X, number * STEP_Y,
      pan->width, pan->height);
  Luma small = luma_reduce (&large, FACTOR);
  CupPixels *frame = luma_to_picture (&small);

  luma_clear (&small);
  luma_clear (&large);
  return frame;
}

/* What is in all frames, moved back. */
static Luma
align (const Pan * pan, const CupPixels * frame, guint number)
{
  const gdouble last = pan->n_frames - 1;
  Luma luma = luma_new (frame), part;

  part = luma_cut (&luma, MARGIN + (last - number) * STEP_X,
      MARGIN + (last - number) * STEP_Y,
      pan->width - 2 * MARGIN - (guint) (last * STEP_X),
      pan->height - 2 * MARGIN - (guint) (last * STEP_Y));
  luma_clear (&luma);
  return part;
}

static gdouble
get_noise (const Pan * pan, PanMethod method)
{
  Luma before = { 0, };
  gdouble sum = 0;
  guint i;

  for (i = 0; i < pan->n_frames; i++) {
    CupPixels *frame = make_frame (pan, i);
    CupPixels *result = upscale (frame, method);
    Luma aligned = align (pan, result, i);

    if (i > 0)
      sum += luma_mean_difference (&aligned, &before, 0);
    luma_clear (&before);
    before = aligned;
    cup_pixels_unref (result);
    cup_pixels_unref (frame);
  }
  luma_clear (&before);
  return sum / (pan->n_frames - 1);
}

gboolean
pan_measure (const CupPixels * picture, guint n_frames, gdouble * noise)
{
  const guint way_x = n_frames * STEP_X + 1, way_y = n_frames * STEP_Y + 1;
  Pan pan = {.n_frames = n_frames };
  guint i;

  /* A frame loses as much as is moved, and as much again when it is moved
   * back. */
  if (n_frames < 2 || picture->width < 2 * way_x + 2 * MARGIN + MIN_SIDE
      || picture->height < 2 * way_y + 2 * MARGIN + MIN_SIDE)
    return FALSE;
  pan.width = MIN (picture->width - way_x, MAX_WIDTH) / FACTOR * FACTOR;
  pan.height = MIN (picture->height - way_y, MAX_HEIGHT) / FACTOR * FACTOR;
  pan.luma = luma_new (picture);
  for (i = 0; i < PAN_N_METHODS; i++)
    noise[i] = get_noise (&pan, i);
  luma_clear (&pan.luma);
  return TRUE;
}
