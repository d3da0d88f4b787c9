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

#include <string.h>

#include "base/memory.h"
#include "lanczos.h"
#include "luma.h"
#include "rows.h"

#define ENLARGING_TAPS CUP_LANCZOS_ENLARGING_TAPS
#define TAPS_AT_ONCE 8
/* Rows that are kept as float. Enough for all that is combined at once; with
 * more taps a row is converted once for each row of the result that it is
 * part of, which is about as fast as keeping it, and bounds the memory. */
#define MAX_ROWS 16
/* Rows of the result that one thread makes at a time, at least. */
#define MIN_ROWS_AT_ONCE 32

#define ALWAYS_INLINE inline __attribute__ ((always_inline))

/* GCC's and clang's vectors; these may stand at any float. */
typedef gfloat Vector __attribute__((vector_size (16), aligned (4), may_alias));
typedef gdouble DoubleVector __attribute__((vector_size (32), aligned (8),
        may_alias));

/* What all parts of the work share, and none changes. */
typedef struct
{
  /* Either pictures or planes. */
  const CupPixels *input;
  CupPixels *output;
  const CupPlane *input_plane;
  CupPlane *output_plane;
  /* (nullable): takes the place of the luma that interpolation gives. */
  const CupPlane *luma;
  const CupPlane *own_luma;
  const CupInterrupt *interrupt;

  guint in_width, in_height;
  guint out_width, out_height;
  gdouble ratio_x, ratio_y;     /* see cup_lanczos_init() */
  gdouble offset_x, offset_y;
  guint channels;
  CupLanczos horizontal;
  CupLanczos vertical;

  guint planes;                 /* floats of a pixel: 1 or 4 */
  gboolean premultiply;
  gsize row_length;             /* floats of an input row, a multiple of 4 */
} Resampler;

/* What a part of the work has for itself. */
typedef struct
{
  guint n_rows;
  gfloat *rows;                 /* input row y is in slot y % n_rows, … */
  gint64 *row_in_slot;          /* … if this says so */
  gfloat *line;                 /* an input row's width, the result's height */
  gdouble *sums;                /* of a line, for many taps */
  gfloat *result;               /* a row of the result, interleaved */
} Scratch;

/* Input row @y as float; valid until n_rows others were asked for. */
static const gfloat *
resampler_get_row (const Resampler * self, Scratch * scratch, guint y)
{
  const guint slot = y % scratch->n_rows;
  gfloat *row = scratch->rows + slot * self->row_length;

  if (scratch->row_in_slot[slot] != y) {
    if (self->input_plane)
      cup_row_read_plane (self->input_plane, y, row);
    else
      cup_row_read (self->input, y, self->premultiply, row);
    scratch->row_in_slot[slot] = y;
  }
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
combine_six_rows (const Resampler * self, Scratch * scratch, guint first,
    const gfloat * weights)
{
  const gfloat *rows[ENLARGING_TAPS];
  gsize i;
  guint k;

  for (k = 0; k < ENLARGING_TAPS; k++)
    rows[k] = resampler_get_row (self, scratch, first + k);

  for (i = 0; i < self->row_length; i += 4)
    *(Vector *) (scratch->line + i) = combine_six (weights, at (rows[0] + i),
        at (rows[1] + i), at (rows[2] + i), at (rows[3] + i), at (rows[4] + i),
        at (rows[5] + i));
}

static gboolean
combine_many_rows (const Resampler * self, Scratch * scratch, guint first,
    const gfloat * weights, GError ** error)
{
  const guint taps = self->vertical.taps;
  guint done, n, k;
  gsize i;

  memset (scratch->sums, 0, self->row_length * sizeof (gdouble));
  for (done = 0; done < taps; done += n) {
    const gfloat *rows[TAPS_AT_ONCE];

    n = MIN (taps - done, TAPS_AT_ONCE);
    for (k = 0; k < n; k++)
      rows[k] = resampler_get_row (self, scratch, first + done + k);
    for (i = 0; i < self->row_length; i += 4) {
      Vector sum = at (rows[0] + i) * weights[done];

      for (k = 1; k < n; k++)
        sum += at (rows[k] + i) * weights[done + k];
      *(DoubleVector *) (scratch->sums + i) +=
          __builtin_convertvector (sum, DoubleVector);
    }
    /* One row of the result may need the whole of a tall input. */
    if (!cup_interrupt_check (self->interrupt, error))
      return FALSE;
  }
  for (i = 0; i < self->row_length; i++)
    scratch->line[i] = scratch->sums[i];
  return TRUE;
}

static gboolean
resampler_combine_rows (const Resampler * self, Scratch * scratch, guint y,
    GError ** error)
{
  const CupLanczos *axis = &self->vertical;
  const gfloat *weights = axis->weights + (gsize) y * axis->taps;

  if (axis->taps == 1) {
    memcpy (scratch->line, resampler_get_row (self, scratch, axis->first[y]),
        self->row_length * sizeof (gfloat));
  } else if (axis->taps == ENLARGING_TAPS) {
    combine_six_rows (self, scratch, axis->first[y], weights);
  } else if (!combine_many_rows (self, scratch, axis->first[y], weights, error)) {
    return FALSE;
  }
  return cup_interrupt_check (self->interrupt, error);
}

/* Pixels of four floats; the fourth of RGB is overwritten by the next pixel's
 * first, and the last one's is in the row's padding. */
static ALWAYS_INLINE void
combine_colour_columns (const Resampler * self, Scratch * scratch,
    guint channels, guint taps)
{
  const gfloat *weights = self->horizontal.weights;
  gfloat *result = scratch->result;
  guint x, done, n, k;

  for (x = 0; x < self->out_width; x++, weights += taps) {
    const gfloat *p = scratch->line + (gsize) self->horizontal.first[x] * 4;

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
combine_gray_columns (const Resampler * self, Scratch * scratch, guint taps)
{
  const gfloat *w = self->horizontal.weights;
  guint x, done, n, k;

  for (x = 0; x < self->out_width; x++, w += taps) {
    const gfloat *p = scratch->line + self->horizontal.first[x];

    if (taps == ENLARGING_TAPS) {
      scratch->result[x] = ((p[0] * w[0] + p[5] * w[5]) + (p[1] * w[1] +
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
      scratch->result[x] = sums;
    }
  }
}

static void
resampler_combine_columns (const Resampler * self, Scratch * scratch)
{
  const guint taps = self->horizontal.taps;

  if (self->planes == 1) {
    if (taps == ENLARGING_TAPS)
      combine_gray_columns (self, scratch, ENLARGING_TAPS);
    else
      combine_gray_columns (self, scratch, taps);
  } else if (self->channels == 3) {
    if (taps == ENLARGING_TAPS)
      combine_colour_columns (self, scratch, 3, ENLARGING_TAPS);
    else
      combine_colour_columns (self, scratch, 3, taps);
  } else {
    if (taps == ENLARGING_TAPS)
      combine_colour_columns (self, scratch, 4, ENLARGING_TAPS);
    else
      combine_colour_columns (self, scratch, 4, taps);
  }
}

static void
store_row (const Resampler * self, Scratch * scratch, guint y)
{
  if (self->output_plane)
    cup_row_store_plane (self->output_plane, y, scratch->result);
  else
    cup_row_store (self->output, y, self->premultiply,
        self->luma ? cup_plane_row (self->luma, y) : NULL,
        self->own_luma ? cup_plane_row (self->own_luma, y) : NULL,
        scratch->result);
}

static void
scratch_clear (Scratch * scratch)
{
  cup_memory_free (scratch->rows);
  cup_memory_free (scratch->row_in_slot);
  cup_memory_free (scratch->line);
  cup_memory_free (scratch->sums);
  cup_memory_free (scratch->result);
}

/* To be cleared also where this fails. */
static gboolean
scratch_init (Scratch * scratch, const Resampler * resampler)
{
  guint i;

  memset (scratch, 0, sizeof *scratch);
  scratch->n_rows = MIN (resampler->vertical.taps, MAX_ROWS);
  scratch->rows = cup_memory_alloc (scratch->n_rows,
      resampler->row_length * sizeof (gfloat));
  scratch->row_in_slot = cup_memory_new (gint64, scratch->n_rows);
  scratch->line = cup_memory_new (gfloat, resampler->row_length);
  scratch->sums = cup_memory_new (gdouble, resampler->row_length);
  scratch->result = cup_memory_new (gfloat,
      (gsize) resampler->out_width * resampler->channels + 4);
  if (!scratch->rows || !scratch->row_in_slot || !scratch->line
      || !scratch->sums || !scratch->result)
    return FALSE;
  memset (scratch->rows, 0,
      scratch->n_rows * resampler->row_length * sizeof (gfloat));
  for (i = 0; i < scratch->n_rows; i++)
    scratch->row_in_slot[i] = -1;
  return TRUE;
}

static void
set_no_memory (const Resampler * self, GError ** error)
{
  g_set_error (error, CUP_ERROR, CUP_ERROR_TOO_LARGE,
      "no memory to resample a picture of %u×%u to %u×%u", self->in_width,
      self->in_height, self->out_width, self->out_height);
}

static gboolean
resample_rows (CupRows rows, gpointer data, GError ** error)
{
  const Resampler *self = data;
  gboolean done = FALSE;
  Scratch scratch;
  guint y;

  if (!scratch_init (&scratch, self)) {
    set_no_memory (self, error);
    goto out;
  }
  for (y = rows.first; y < rows.first + rows.n; y++) {
    if (!resampler_combine_rows (self, &scratch, y, error))
      goto out;
    resampler_combine_columns (self, &scratch);
    store_row (self, &scratch, y);
  }
  done = TRUE;

out:
  scratch_clear (&scratch);
  return done;
}

/* The sizes, channels, depth and pictures are there. */
static gboolean
resampler_run (Resampler * self, CupRows rows, CupTeam * team, GError ** error)
{
  gboolean done = FALSE;
  guint at_once;

  self->planes = self->channels == 1 ? 1 : 4;
  self->row_length = ((gsize) self->in_width * self->planes + 3) & ~(gsize) 3;
  if (cup_lanczos_init (&self->horizontal, self->in_width, self->out_width,
          self->ratio_x, self->offset_x)
      && cup_lanczos_init (&self->vertical, self->in_height, self->out_height,
          self->ratio_y, self->offset_y)) {
    /* Every part reads the rows around it again: not too small. */
    at_once = rows.n / (4 * cup_team_get_n_threads (team)) + 1;
    done = cup_team_run_rows (team, rows, MAX (at_once, MIN_ROWS_AT_ONCE),
        resample_rows, self, self->interrupt, error);
  } else {
    set_no_memory (self, error);
  }
  cup_lanczos_clear (&self->horizontal);
  cup_lanczos_clear (&self->vertical);
  return done;
}

/* Pictures that have the same edges. */
static void
resampler_set_size (Resampler * self, guint in_width, guint in_height,
    guint out_width, guint out_height)
{
  self->in_width = in_width;
  self->in_height = in_height;
  self->out_width = out_width;
  self->out_height = out_height;
  self->ratio_x = (gdouble) in_width / out_width;
  self->ratio_y = (gdouble) in_height / out_height;
}

static void
copy_rows (const CupPixels * input, CupPixels * output, CupRows rows)
{
  gsize used = (gsize) input->width * input->channels * (input->depth / 8);
  guint y;

  for (y = rows.first; y < rows.first + rows.n; y++) {
    guint8 *row = cup_pixels_row (output, y);

    memcpy (row, cup_pixels_row (input, y), used);
    memset (row + used, 0, output->stride - used);
  }
}

gboolean
cup_resample_rows (const CupPixels * input, CupPixels * output, CupRows rows,
    const CupPlane * luma, const CupPlane * own_luma, CupTeam * team,
    const CupInterrupt * interrupt, GError ** error)
{
  Resampler self = {.input = input,.output = output };

  if (!cup_interrupt_check (interrupt, error))
    return FALSE;
  if (!luma && input->width == output->width && input->height == output->height) {
    copy_rows (input, output, rows);
    return TRUE;
  }
  if (luma && !own_luma && input->channels == 1)
    return cup_luma_write (luma, output, rows, team, interrupt, error);
  self.luma = luma;
  self.own_luma = own_luma;
  self.interrupt = interrupt;
  resampler_set_size (&self, input->width, input->height, output->width,
      output->height);
  self.channels = input->channels;
  self.premultiply = cup_luma_is_translucent (input);
  return resampler_run (&self, rows, team, error);
}

gboolean
cup_resample_plane (const CupPlane * input, CupPlane * output, CupTeam * team,
    const CupInterrupt * interrupt, GError ** error)
{
  const CupRows rows = { output->top, output->n_rows };
  Resampler self = {.input_plane = input,.output_plane = output };

  g_assert (input->n_rows == input->height);

  if (!cup_interrupt_check (interrupt, error))
    return FALSE;
  self.interrupt = interrupt;
  resampler_set_size (&self, input->width, input->height, output->width,
      output->height);
  self.channels = 1;
  return resampler_run (&self, rows, team, error);
}

/* Chroma samples of half resolution lie at 2i + 1/2 of luma, or at 2i where they
 * are cosited. Where luma goes from x to (x + 1/2) × ratio - 1/2 the former are
 * planes with the same edges, and the latter are not. The planes' own sizes are
 * rounded up, so it is luma's that tell the ratio. */
static void
set_chroma (gdouble * ratio, gdouble * offset, guint luma_in, guint luma_out,
    gboolean cosited)
{
  *ratio = (gdouble) luma_in / luma_out;
  *offset = cosited ? 0.25 - 0.25 * *ratio : 0;
}

gboolean
cup_resample_chroma (const CupYuv * input, CupYuv * output, CupTeam * team,
    const CupInterrupt * interrupt, GError ** error)
{
  guint i;

  for (i = 1; i < 3; i++) {
    const CupPixels *from = input->planes[i];
    Resampler self = {.input = from,.output = output->planes[i] };
    const CupRows rows = { 0, self.output->height };

    self.interrupt = interrupt;
    self.channels = 1;
    resampler_set_size (&self, from->width, from->height, self.output->width,
        self.output->height);
    set_chroma (&self.ratio_x, &self.offset_x, input->planes[0]->width,
        output->planes[0]->width, input->half_width && input->cosited_x);
    set_chroma (&self.ratio_y, &self.offset_y, input->planes[0]->height,
        output->planes[0]->height, input->half_height && input->cosited_y);
    if (!resampler_run (&self, rows, team, error))
      return FALSE;
  }
  return TRUE;
}

CupPixels *
cup_resample_interruptible (const CupPixels * input, guint width, guint height,
    const CupInterrupt * interrupt, GError ** error)
{
  const CupRows rows = { 0, height };
  CupPixels *output;

  if (!cup_interrupt_check (interrupt, error))
    return NULL;
  /* Checks the size, before anything depends on it. */
  output = cup_pixels_new (width, height, input->channels, input->depth, error);
  if (output && !cup_resample_rows (input, output, rows, NULL, NULL, NULL,
          interrupt, error))
    g_clear_pointer (&output, cup_pixels_unref);
  return output;
}

CupPixels *
cup_resample (const CupPixels * input, guint width, guint height,
    GCancellable * cancellable, GError ** error)
{
  const CupInterrupt interrupt = { cancellable, 0 };

  return cup_resample_interruptible (input, width, height, &interrupt, error);
}
