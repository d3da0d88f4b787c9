/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "upscale.h"

#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "luma.h"
#include "resample.h"

/* A frame of 4K is one band; more would be as fast. */
#define BAND_SAMPLES ((gsize) 1 << 24)
/* Bands look at some rows around them: fewer rows would be mostly that. */
#define MIN_BAND_ROWS 256

typedef struct
{
  const CupUpscaling *upscaling;
  const CupPixels *input;
  CupPixels *output;
  CupPlane luma;                /* the input's */
  gboolean adds_luma;           /* in place of exchanging it */
  CupEnhancement enhancement;
  CupTeam *team;
  const CupInterrupt *interrupt;
  gint64 restoring, enhancing, colouring;       /* microseconds */
} Upscaler;

static gboolean
init_plane (const Upscaler * self, CupPlane * plane, CupRows rows,
    GError ** error)
{
  if (cup_plane_init (plane, self->output->width, self->output->height,
          rows.first, rows.n))
    return TRUE;
  g_set_error (error, CUP_ERROR, CUP_ERROR_TOO_LARGE,
      "no memory for %u rows of luma of %u samples", rows.n,
      self->output->width);
  return FALSE;
}

static gboolean
restore (Upscaler * self, CupRows rows, CupPlane * base, GError ** error)
{
  return init_plane (self, base, rows, error)
      && cup_restore_run (self->upscaling->network,
      self->upscaling->instructions, &self->luma, base, self->team,
      self->interrupt, error);
}

static gboolean
enhance (Upscaler * self, CupRows rows, const CupPlane * base, CupPlane * luma,
    GError ** error)
{
  return init_plane (self, luma, rows, error)
      && cup_enhance_run (&self->enhancement, base, luma, self->team,
      self->interrupt, error);
}

/* Luma has 15 bits, and goes on into what is transparent: where the picture has
 * more, or is so, what luma changes is added to it, and nothing where that is
 * nothing. */
static gboolean
colour (Upscaler * self, CupRows rows, const CupPlane * luma, GError ** error)
{
  CupPlane own = { 0 };
  gboolean done = TRUE;

  if (self->adds_luma)
    done = init_plane (self, &own, rows, error)
        && cup_resample_plane (&self->luma, &own, self->team, self->interrupt,
        error);
  done = done && cup_resample_rows (self->input, self->output, rows, luma,
      own.data ? &own : NULL, self->team, self->interrupt, error);
  cup_plane_clear (&own);
  return done;
}

static gsize
get_band_samples (guint width)
{
  return MAX (BAND_SAMPLES, (gsize) MIN_BAND_ROWS * width);
}

/* Of a band: what restoration gives, what enhancement gives, the input's own luma
 * where that is needed; and what restoration enlarges to on its way, which is
 * more where it has to be reduced to the exact size afterwards. Rows around a
 * band add to each of them. */
guint64
cup_upscale_get_room (guint in_width, guint in_height, guint out_width,
    guint out_height)
{
  const guint64 in = (guint64) in_width * in_height;
  const guint64 out = (guint64) out_width * out_height;
  const guint64 band = MIN (out, get_band_samples (out_width));
  const guint n = cup_restore_get_doublings (in_width, in_height, out_width,
      out_height);
  const guint64 doubled = band * ((gdouble) (in << (2 * n)) / out);

  return sizeof (gint16) * (in + 3 * band + doubled + doubled / 4);
}

static gboolean
is_enhanced (const CupUpscaling * upscaling)
{
  return upscaling->creativity > 0 || upscaling->detail > 0;
}

static gboolean
run_band (Upscaler * self, CupRows rows, GError ** error)
{
  const gboolean enhanced = is_enhanced (self->upscaling);
  gint64 start = g_get_monotonic_time (), end;
  CupPlane base = { 0 }, luma = { 0 };
  CupRows base_rows = rows;
  gboolean done;

  if (enhanced)
    base_rows = cup_enhance_get_base_rows (&self->enhancement, rows,
        self->output->height);
  done = restore (self, base_rows, &base, error);
  end = g_get_monotonic_time ();
  self->restoring += end - start;

  start = end;
  if (done && enhanced)
    done = enhance (self, rows, &base, &luma, error);
  end = g_get_monotonic_time ();
  self->enhancing += end - start;

  start = end;
  if (done)
    done = colour (self, rows, enhanced ? &luma : &base, error);
  self->colouring += g_get_monotonic_time () - start;
  cup_plane_clear (&base);
  cup_plane_clear (&luma);
  return done;
}

static gboolean
run_bands (Upscaler * self, gsize band_samples, GError ** error)
{
  const guint height = self->output->height;
  CupRows rows = { 0, 0 };
  guint at_once;

  /* Nothing but exact resampling, which needs no luma, and has bands of its
   * own. */
  if (!is_enhanced (self->upscaling) && (!self->upscaling->network
          || cup_restore_get_doublings (self->input->width,
              self->input->height, self->output->width, height) == 0)) {
    rows.n = height;
    return cup_resample_rows (self->input, self->output, rows, NULL, NULL,
        self->team, self->interrupt, error);
  }

  self->adds_luma = self->input->depth > 8
      || cup_luma_is_translucent (self->input);
  if (!cup_luma_read (self->input, &self->luma, self->team, self->interrupt,
          error))
    return FALSE;
  if (band_samples == 0)
    band_samples = get_band_samples (self->output->width);
  at_once = MAX (band_samples / self->output->width, 1);
  for (; rows.first < height; rows.first += rows.n) {
    rows.n = MIN (at_once, height - rows.first);
    if (!run_band (self, rows, error))
      return FALSE;
  }
  cup_debug
      ("%u×%u to %u×%u: luma in %.1f ms, detail and texture in %.1f ms, "
      "colours in %.1f ms", self->input->width, self->input->height,
      self->output->width, height, self->restoring / 1000.0,
      self->enhancing / 1000.0, self->colouring / 1000.0);
  return TRUE;
}

static void
upscaler_init (Upscaler * self, const CupUpscaling * upscaling,
    const CupPixels * input, CupTeam * team, const CupInterrupt * interrupt)
{
  memset (self, 0, sizeof *self);
  self->upscaling = upscaling;
  self->input = input;
  self->team = team;
  self->interrupt = interrupt;
  self->enhancement.creativity = upscaling->creativity;
  self->enhancement.detail = upscaling->detail;
  self->enhancement.shape_preservation = upscaling->shape_preservation;
  self->enhancement.seed = upscaling->seed;
  self->enhancement.is_lossy = upscaling->is_lossy;
  self->enhancement.input_width = input->width;
  self->enhancement.input_height = input->height;
}

CupPixels *
cup_upscale (const CupUpscaling * upscaling, const CupPixels * input,
    guint width, guint height, gsize band_samples, CupTeam * team,
    const CupInterrupt * interrupt, GError ** error)
{
  Upscaler self;

  if (!cup_interrupt_check (interrupt, error))
    return NULL;
  upscaler_init (&self, upscaling, input, team, interrupt);
  /* Checks the size, before anything depends on it. */
  self.output = cup_pixels_new (width, height, input->channels, input->depth,
      error);
  if (self.output && !run_bands (&self, band_samples, error))
    g_clear_pointer (&self.output, cup_pixels_unref);
  cup_plane_clear (&self.luma);
  return self.output;
}

CupYuv *
cup_upscale_yuv (const CupUpscaling * upscaling, const CupYuv * input,
    guint width, guint height, gsize band_samples, CupTeam * team,
    const CupInterrupt * interrupt, GError ** error)
{
  CupYuv *output;
  Upscaler self;
  gboolean done;

  if (!cup_interrupt_check (interrupt, error))
    return NULL;
  upscaler_init (&self, upscaling, input->planes[0], team, interrupt);
  output = cup_yuv_new (width, height, input->half_width, input->half_height,
      error);
  if (!output)
    return NULL;
  output->cosited_x = input->cosited_x;
  output->cosited_y = input->cosited_y;
  self.output = output->planes[0];
  done = run_bands (&self, band_samples, error)
      && cup_resample_chroma (input, output, team, interrupt, error);
  cup_plane_clear (&self.luma);
  if (!done)
    g_clear_pointer (&output, cup_yuv_unref);
  return output;
}
