/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * For each row of the result: the input rows that it needs are converted to
 * float and combined into one line (the vertical pass), which is combined into
 * the pixels of the row (the horizontal pass). There is no picture in between.
 *
 * Inside, a pixel is one float (gray) or four (RGB and RGBA), so that one
 * vector is one pixel and the horizontal pass needs no shuffling.
 *
 * Enlarging has six taps and is what matters for speed: it is written out.
 * Shrinking may have tens of thousands of taps, where rounding errors of a
 * single float sum would be seen: these are summed TAPS_AT_ONCE at a time in
 * float, and the sums in double.
 */
#include "resample.h"

#include <math.h>
#include <string.h>

#define LOBES 3
#define ENLARGING_TAPS (2 * LOBES)
#define TAPS_AT_ONCE 8
/* Rows that are kept as float. Enough for all that is combined at once; with
 * more taps a row is converted once for each row of the result that it is
 * part of, which is about as fast as keeping it, and bounds the memory. */
#define MAX_ROWS 16

#define ALWAYS_INLINE inline __attribute__ ((always_inline))

/* GCC's and clang's vectors; these may stand at any float. */
typedef gfloat Vector __attribute__((vector_size (16), aligned (4), may_alias));
typedef gdouble DoubleVector __attribute__((vector_size (32), aligned (8),
        may_alias));

/* The weights of one direction: sample i of the result is the sum of
 * weights[i * taps + k] * input[first[i] + k]. Every sample has the same
 * number of taps, all inside of the input; those it has no use for weigh 0. */
typedef struct
{
  guint taps;
  guint *first;
  gfloat *weights;
} Axis;

typedef struct
{
  const CupPixels *input;
  CupPixels *output;
  const CupInterrupt *interrupt;

  Axis horizontal;
  Axis vertical;

  guint planes;                 /* floats of a pixel: 1 or 4 */
  gboolean premultiply;
  gfloat max;                   /* value of white */

  gsize row_length;             /* floats of an input row, a multiple of 4 */
  guint n_rows;
  gfloat *rows;                 /* input row y is in slot y % n_rows, … */
  gint64 *row_in_slot;          /* … if this says so */
  gfloat *line;                 /* an input row's width, the result's height */
  gdouble *sums;                /* of a line, for many taps */
  gfloat *result;               /* a row of the result, interleaved */
} Resampler;

static gdouble
lanczos (gdouble x)
{
  gdouble a;

  x = fabs (x);
  if (x < 1e-9)
    return 1.0;
  if (x >= LOBES)
    return 0.0;
  a = G_PI * x;
  return LOBES * sin (a) * sin (a / LOBES) / (a * a);
}

static void
axis_clear (Axis * axis)
{
  g_clear_pointer (&axis->first, g_free);
  g_clear_pointer (&axis->weights, g_free);
}

/* Weights of sample @i of the result, at @weights (zeroed). @ratio: samples of
 * the input for one of the result. */
static guint
axis_fill (gdouble * weights, guint taps, guint i, guint in, gdouble ratio)
{
  gdouble stretch = MAX (ratio, 1.0);
  gdouble center = (i + 0.5) * ratio - 0.5;
  gdouble sum = 0;
  gint64 first = (gint64) floor (center - LOBES * stretch) + 1;
  gint64 last = (gint64) ceil (center + LOBES * stretch) - 1;
  gint64 base, k;

  first = MAX (first, 0);
  last = MIN (last, (gint64) in - 1);
  base = MIN (first, (gint64) in - taps);
  /* Rounding of the centre can make the range one longer than its length. */
  last = MIN (last, base + taps - 1);
  for (k = first; k <= last; k++) {
    weights[k - base] = lanczos ((k - center) / stretch);
    sum += weights[k - base];
  }
  for (k = first; k <= last; k++)
    weights[k - base] /= sum;
  return (guint) base;
}

static gboolean
axis_init (Axis * axis, guint in, guint out)
{
  gdouble ratio = (gdouble) in / out;
  gdouble *weights;
  guint i, k;

  if (in == out)
    axis->taps = 1;
  else
    axis->taps = MIN ((guint) ceil (2 * LOBES * MAX (ratio, 1.0)), in);

  /* At most 6 * in + 6 * out weights, as out * ratio is in. */
  axis->first = g_try_new (guint, out);
  axis->weights = g_try_new (gfloat, (gsize) out * axis->taps);
  weights = g_try_new (gdouble, axis->taps);
  if (!axis->first || !axis->weights || !weights) {
    g_free (weights);
    return FALSE;
  }

  for (i = 0; i < out; i++) {
    gfloat *row = axis->weights + (gsize) i * axis->taps;

    if (in == out) {
      axis->first[i] = i;
      row[0] = 1;
      continue;
    }
    memset (weights, 0, axis->taps * sizeof (gdouble));
    axis->first[i] = axis_fill (weights, axis->taps, i, in, ratio);
    for (k = 0; k < axis->taps; k++)
      row[k] = weights[k];
  }
  g_free (weights);
  return TRUE;
}

static ALWAYS_INLINE gfloat
get_sample (const guint8 * row, gsize i, guint depth)
{
  return depth == 8 ? row[i] : ((const guint16 *) row)[i];
}

/* Called with constants for @channels and @depth only, so that each kind of
 * picture has a loop of its own. */
static ALWAYS_INLINE void
convert_row (const guint8 * source, gfloat * row, guint width, guint channels,
    guint depth)
{
  guint x;

  for (x = 0; x < width; x++) {
    if (channels == 1) {
      row[x] = get_sample (source, x, depth);
    } else {
      const gsize i = (gsize) x * channels;
      const Vector pixel = {
        get_sample (source, i, depth),
        get_sample (source, i + 1, depth),
        get_sample (source, i + 2, depth),
        channels == 4 ? get_sample (source, i + 3, depth) : 0
      };

      *(Vector *) (row + (gsize) x * 4) = pixel;
    }
  }
}

static void
premultiply_row (gfloat * row, guint width, gfloat max)
{
  guint x;

  for (x = 0; x < width; x++, row += 4) {
    gfloat alpha = row[3] / max;

    row[0] *= alpha;
    row[1] *= alpha;
    row[2] *= alpha;
  }
}

/* Input row @y as float; valid until n_rows others were asked for. */
static const gfloat *
resampler_get_row (Resampler * self, guint y)
{
  const guint slot = y % self->n_rows;
  gfloat *row = self->rows + slot * self->row_length;
  const guint8 *source = cup_pixels_row (self->input, y);
  const guint width = self->input->width;

  if (self->row_in_slot[slot] == y)
    return row;

  switch (self->input->channels * 100 + self->input->depth) {
    case 108:
      convert_row (source, row, width, 1, 8);
      break;
    case 116:
      convert_row (source, row, width, 1, 16);
      break;
    case 308:
      convert_row (source, row, width, 3, 8);
      break;
    case 316:
      convert_row (source, row, width, 3, 16);
      break;
    case 408:
      convert_row (source, row, width, 4, 8);
      break;
    case 416:
      convert_row (source, row, width, 4, 16);
      break;
    default:
      g_assert_not_reached ();
  }
  if (self->premultiply)
    premultiply_row (row, width, self->max);
  self->row_in_slot[slot] = y;
  return row;
}

static ALWAYS_INLINE Vector
at (const gfloat * floats)
{
  return *(const Vector *) floats;
}

/* The sum of six vectors, in the order that keeps small terms together. */
static ALWAYS_INLINE Vector
combine_six (const gfloat * weights, Vector a, Vector b, Vector c, Vector d,
    Vector e, Vector f)
{
  return ((a * weights[0] + f * weights[5]) + (b * weights[1] +
          e * weights[4])) + (c * weights[2] + d * weights[3]);
}

static void
combine_six_rows (Resampler * self, guint first, const gfloat * weights)
{
  const gfloat *rows[ENLARGING_TAPS];
  gsize i;
  guint k;

  for (k = 0; k < ENLARGING_TAPS; k++)
    rows[k] = resampler_get_row (self, first + k);

  for (i = 0; i < self->row_length; i += 4)
    *(Vector *) (self->line + i) = combine_six (weights, at (rows[0] + i),
        at (rows[1] + i), at (rows[2] + i), at (rows[3] + i), at (rows[4] + i),
        at (rows[5] + i));
}

static gboolean
combine_many_rows (Resampler * self, guint first, const gfloat * weights,
    GError ** error)
{
  const guint taps = self->vertical.taps;
  guint done, n, k;
  gsize i;

  memset (self->sums, 0, self->row_length * sizeof (gdouble));
  for (done = 0; done < taps; done += n) {
    const gfloat *rows[TAPS_AT_ONCE];

    n = MIN (taps - done, TAPS_AT_ONCE);
    for (k = 0; k < n; k++)
      rows[k] = resampler_get_row (self, first + done + k);
    for (i = 0; i < self->row_length; i += 4) {
      Vector sum = at (rows[0] + i) * weights[done];

      for (k = 1; k < n; k++)
        sum += at (rows[k] + i) * weights[done + k];
      *(DoubleVector *) (self->sums + i) +=
          __builtin_convertvector (sum, DoubleVector);
    }
    /* One row of the result may need the whole of a tall input. */
    if (!cup_interrupt_check (self->interrupt, error))
      return FALSE;
  }
  for (i = 0; i < self->row_length; i++)
    self->line[i] = self->sums[i];
  return TRUE;
}

static gboolean
resampler_combine_rows (Resampler * self, guint y, GError ** error)
{
  const Axis *axis = &self->vertical;
  const gfloat *weights = axis->weights + (gsize) y * axis->taps;

  if (axis->taps == 1) {
    memcpy (self->line, resampler_get_row (self, axis->first[y]),
        self->row_length * sizeof (gfloat));
  } else if (axis->taps == ENLARGING_TAPS) {
    combine_six_rows (self, axis->first[y], weights);
  } else if (!combine_many_rows (self, axis->first[y], weights, error)) {
    return FALSE;
  }
  return cup_interrupt_check (self->interrupt, error);
}

/* Pixels of four floats; the fourth of RGB is overwritten by the next pixel's
 * first, and the last one's is in the row's padding. */
static ALWAYS_INLINE void
combine_colour_columns (Resampler * self, guint channels, guint taps)
{
  const gfloat *weights = self->horizontal.weights;
  gfloat *result = self->result;
  guint x, done, n, k;

  for (x = 0; x < self->output->width; x++, weights += taps) {
    const gfloat *p = self->line + (gsize) self->horizontal.first[x] * 4;

    if (taps == ENLARGING_TAPS) {
      *(Vector *) result = combine_six (weights, at (p), at (p + 4),
          at (p + 8), at (p + 12), at (p + 16), at (p + 20));
    } else {
      DoubleVector sums = { 0, 0, 0, 0 };

      for (done = 0; done < taps; done += n) {
        Vector sum = { 0, 0, 0, 0 };

        n = MIN (taps - done, TAPS_AT_ONCE);
        for (k = done; k < done + n; k++)
          sum += at (p + (gsize) k * 4) * weights[k];
        sums += __builtin_convertvector (sum, DoubleVector);
      }
      *(Vector *) result = __builtin_convertvector (sums, Vector);
    }
    result += channels;
  }
}

static ALWAYS_INLINE void
combine_gray_columns (Resampler * self, guint taps)
{
  const gfloat *w = self->horizontal.weights;
  guint x, done, n, k;

  for (x = 0; x < self->output->width; x++, w += taps) {
    const gfloat *p = self->line + self->horizontal.first[x];

    if (taps == ENLARGING_TAPS) {
      self->result[x] = ((p[0] * w[0] + p[5] * w[5]) + (p[1] * w[1] +
              p[4] * w[4])) + (p[2] * w[2] + p[3] * w[3]);
    } else {
      gdouble sums = 0;

      for (done = 0; done < taps; done += n) {
        gfloat sum = 0;

        n = MIN (taps - done, TAPS_AT_ONCE);
        for (k = done; k < done + n; k++)
          sum += p[k] * w[k];
        sums += sum;
      }
      self->result[x] = sums;
    }
  }
}

static void
resampler_combine_columns (Resampler * self)
{
  const guint taps = self->horizontal.taps;

  if (self->planes == 1) {
    if (taps == ENLARGING_TAPS)
      combine_gray_columns (self, ENLARGING_TAPS);
    else
      combine_gray_columns (self, taps);
  } else if (self->input->channels == 3) {
    if (taps == ENLARGING_TAPS)
      combine_colour_columns (self, 3, ENLARGING_TAPS);
    else
      combine_colour_columns (self, 3, taps);
  } else {
    if (taps == ENLARGING_TAPS)
      combine_colour_columns (self, 4, ENLARGING_TAPS);
    else
      combine_colour_columns (self, 4, taps);
  }
}

/* Back to straight alpha. Colour is divided by alpha as it was filtered:
 * where that overshoots, colour does by the same factor. The quotient is
 * clamped here since it may be too large for an integer. */
static void
unpremultiply_row (gfloat * row, guint width, gfloat max)
{
  guint x, c;

  for (x = 0; x < width; x++, row += 4) {
    /* Alpha that is rounded to 0: the same sum as in quantise(). */
    gfloat factor = row[3] + 0.5f < 1.0f ? 0 : max / row[3];

    for (c = 0; c < 3; c++) {
      gfloat colour = row[c] * factor;

      row[c] = CLAMP (colour, 0, max);
    }
  }
}

/* Rounds before it clamps: what is cut off towards zero is negative and
 * becomes zero anyway, and compilers turn integer limits, unlike those of
 * floats, into vector code without being asked for more than -O2. */
static ALWAYS_INLINE gint
quantise (gfloat value, gint max)
{
  gint level = (gint) (value + 0.5f);

  level = MAX (level, 0);
  return MIN (level, max);
}

/* Samples that are stored by one pass of a loop of known length: vector code
 * at -O2 again. */
#define BLOCK 16

static void
store_row_8 (const gfloat * restrict row, gsize length,
    guint8 * restrict samples)
{
  gsize i, k;

  for (i = 0; i + BLOCK <= length; i += BLOCK) {
    for (k = 0; k < BLOCK; k++)
      samples[i + k] = quantise (row[i + k], 255);
  }
  for (; i < length; i++)
    samples[i] = quantise (row[i], 255);
}

static void
store_row_16 (const gfloat * restrict row, gsize length,
    guint16 * restrict samples)
{
  gsize i, k;

  for (i = 0; i + BLOCK <= length; i += BLOCK) {
    for (k = 0; k < BLOCK; k++)
      samples[i + k] = quantise (row[i + k], 65535);
  }
  for (; i < length; i++)
    samples[i] = quantise (row[i], 65535);
}

/* Row padding is handed on with the picture: it must not show what was in that
 * memory before. */
static void
clear_padding (CupPixels * pixels, guint y)
{
  gsize used = (gsize) pixels->width * pixels->channels * (pixels->depth / 8);

  memset (cup_pixels_row (pixels, y) + used, 0, pixels->stride - used);
}

static void
resampler_store_row (Resampler * self, guint y)
{
  guint8 *row = cup_pixels_row (self->output, y);
  gsize length = (gsize) self->output->width * self->output->channels;

  if (self->premultiply)
    unpremultiply_row (self->result, self->output->width, self->max);
  if (self->output->depth == 8)
    store_row_8 (self->result, length, row);
  else
    store_row_16 (self->result, length, (guint16 *) row);
  clear_padding (self->output, y);
}

/* Whether any alpha is below white. */
static gboolean
is_translucent (const CupPixels * pixels)
{
  guint x, y;

  if (pixels->channels != 4)
    return FALSE;
  for (y = 0; y < pixels->height; y++) {
    const guint8 *row = cup_pixels_row (pixels, y);
    guint alpha = pixels->depth == 8 ? 0xff : 0xffff;

    if (pixels->depth == 8) {
      for (x = 0; x < pixels->width; x++)
        alpha &= row[(gsize) x * 4 + 3];
      if (alpha != 0xff)
        return TRUE;
    } else {
      for (x = 0; x < pixels->width; x++)
        alpha &= ((const guint16 *) row)[(gsize) x * 4 + 3];
      if (alpha != 0xffff)
        return TRUE;
    }
  }
  return FALSE;
}

static void
resampler_clear (Resampler * self)
{
  g_clear_pointer (&self->output, cup_pixels_unref);
  axis_clear (&self->horizontal);
  axis_clear (&self->vertical);
  g_clear_pointer (&self->rows, g_free);
  g_clear_pointer (&self->row_in_slot, g_free);
  g_clear_pointer (&self->line, g_free);
  g_clear_pointer (&self->sums, g_free);
  g_clear_pointer (&self->result, g_free);
}

/* To be cleared also where this fails. */
static gboolean
resampler_init (Resampler * self, const CupPixels * input, guint width,
    guint height, const CupInterrupt * interrupt, GError ** error)
{
  guint i;

  self->input = input;
  self->interrupt = interrupt;
  self->planes = input->channels == 1 ? 1 : 4;
  self->premultiply = is_translucent (input);
  self->max = input->depth == 8 ? 255 : 65535;
  self->row_length = ((gsize) input->width * self->planes + 3) & ~(gsize) 3;

  /* Checks the size, before anything depends on it. */
  self->output = cup_pixels_new (width, height, input->channels, input->depth,
      error);
  if (!self->output)
    return FALSE;

  if (!axis_init (&self->horizontal, input->width, width)
      || !axis_init (&self->vertical, input->height, height))
    goto no_memory;
  self->n_rows = MIN (self->vertical.taps, MAX_ROWS);
  self->rows = g_try_new0 (gfloat, self->row_length * self->n_rows);
  self->row_in_slot = g_try_new (gint64, self->n_rows);
  self->line = g_try_new (gfloat, self->row_length);
  self->sums = g_try_new (gdouble, self->row_length);
  self->result = g_try_new (gfloat, (gsize) width * input->channels + 4);
  if (!self->rows || !self->row_in_slot || !self->line || !self->sums
      || !self->result)
    goto no_memory;
  for (i = 0; i < self->n_rows; i++)
    self->row_in_slot[i] = -1;
  return TRUE;

no_memory:
  g_set_error (error, CUP_ERROR, CUP_ERROR_TOO_LARGE,
      "no memory to resample a picture of %u×%u to %u×%u", input->width,
      input->height, width, height);
  return FALSE;
}

static CupPixels *
copy_pixels (const CupPixels * input, GError ** error)
{
  gsize used = (gsize) input->width * input->channels * (input->depth / 8);
  CupPixels *output;
  guint y;

  output = cup_pixels_new (input->width, input->height, input->channels,
      input->depth, error);
  if (!output)
    return NULL;
  for (y = 0; y < input->height; y++) {
    memcpy (cup_pixels_row (output, y), cup_pixels_row (input, y), used);
    clear_padding (output, y);
  }
  return output;
}

CupPixels *
cup_resample_interruptible (const CupPixels * input, guint width, guint height,
    const CupInterrupt * interrupt, GError ** error)
{
  Resampler self = { 0 };
  CupPixels *output = NULL;
  guint y;

  if (!cup_interrupt_check (interrupt, error))
    return NULL;
  if (width == input->width && height == input->height)
    return copy_pixels (input, error);

  if (!resampler_init (&self, input, width, height, interrupt, error))
    goto out;
  for (y = 0; y < height; y++) {
    if (!resampler_combine_rows (&self, y, error))
      goto out;
    resampler_combine_columns (&self);
    resampler_store_row (&self, y);
  }
  output = g_steal_pointer (&self.output);

out:
  resampler_clear (&self);
  return output;
}

CupPixels *
cup_resample (const CupPixels * input, guint width, guint height,
    GCancellable * cancellable, GError ** error)
{
  const CupInterrupt interrupt = { cancellable, 0 };

  return cup_resample_interruptible (input, width, height, &interrupt, error);
}
