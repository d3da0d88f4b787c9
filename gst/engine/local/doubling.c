/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The picture is cut into parts: strips of columns, so that some rows of all
 * layers stay in a core's cache, and bands of rows. In a part all layers run
 * together: a row of the input comes in, and each layer makes its next row of the
 * last three of the layer before it, down to two rows of the result. What parts
 * need of their neighbours they compute themselves, so that no part waits for
 * another and each pixel is what it would be without parts.
 */
#include "doubling.h"

#include <string.h>

#include "base/memory.h"
#include "doubling-choice.h"
#include "doubling-weights.h"

/* Columns of the widest rows that are computed, the first layer's. */
#define STRIP_COLUMNS 256
/* Rows of a band: more of them for more threads, but not so few that the rows
 * that are computed twice are more than a tenth. */
#define MAX_BAND_ROWS 128
#define MIN_BAND_ROWS 48
#define PARTS_PER_THREAD 4

/* Samples from two rows above the middle one to two below are interpolated. */
#define REACH 2
#define MAX_SAMPLE_ROWS (CUP_NETWORK_MAX_LAYERS + 1 + REACH)
#define MAX_PAIRS (CUP_NETWORK_MAX_CHANNELS / 2)

/* Of a row in a part, in numbers of 16 bits: the widest is the input's, and
 * kernels go beyond. */
#define PAIRS_STRIDE ((gsize) 2 * 320)
G_STATIC_ASSERT (320 >= STRIP_COLUMNS + 2 + CUP_DOUBLING_SLACK);
G_STATIC_ASSERT (2 * 320 * sizeof (gint16) % CUP_MEMORY_ALIGNMENT == 0);

typedef struct
{
  const CupPlane *input;
  CupPlane *output;
  const CupInterrupt *interrupt;
  const CupDoublingKernels *kernels;
  gint16 max_margin;            /* of the clamp */
  CupDoublingWeights weights;

  guint n_layers;               /* also what a result needs of the input */
  guint strip_columns, band_rows;
  CupRows rows;                 /* of the input: what the output is twice of */
} Doubling;

/* A part, and its scratch rows, all of PAIRS_STRIDE. Rows of the input and the
 * layers are counted from the first that the part needs. */
typedef struct
{
  const Doubling *doubling;
  guint left, n_columns;
  guint top, n_rows;

  gint16 *memory;
  gint16 *line;                 /* of the input, mirrored */
  gint16 *samples[MAX_SAMPLE_ROWS];     /* by turns */
  /* What goes into each layer: three rows by turns, each of all pairs. */
  gint16 *values[CUP_NETWORK_MAX_LAYERS][3][MAX_PAIRS];
  gint16 *residuals[2];
  gint16 *results[2];
} Part;

static guint
count_pairs (const Doubling * doubling, guint layer)
{
  return layer == 0 ? 1 : doubling->weights.layers[layer - 1].n_outputs / 2;
}

static guint
count_sample_rows (const Doubling * doubling)
{
  return doubling->n_layers + 1 + REACH;
}

static gboolean
part_init_memory (Part * part, GError ** error)
{
  const Doubling *doubling = part->doubling;
  gsize n = 1 + count_sample_rows (doubling) + 2 + 2;
  gint16 *next;
  guint i, j, k;

  for (i = 0; i < doubling->n_layers; i++)
    n += 3 * count_pairs (doubling, i);
  part->memory = next = cup_memory_new (gint16, n * PAIRS_STRIDE);
  if (!next) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_TOO_LARGE,
        "there is no memory for %" G_GSIZE_FORMAT " bytes to enlarge the "
        "picture in; free some, or enlarge fewer pictures at once",
        n * PAIRS_STRIDE * sizeof *next);
    return FALSE;
  }
  memset (next, 0, n * PAIRS_STRIDE * sizeof *next);

  part->line = next;
  for (i = 0; i < count_sample_rows (doubling); i++)
    part->samples[i] = next += PAIRS_STRIDE;
  for (i = 0; i < doubling->n_layers; i++) {
    for (j = 0; j < 3; j++) {
      for (k = 0; k < count_pairs (doubling, i); k++)
        part->values[i][j][k] = next += PAIRS_STRIDE;
    }
  }
  for (i = 0; i < 2; i++) {
    part->residuals[i] = next += PAIRS_STRIDE;
    part->results[i] = next += PAIRS_STRIDE;
  }
  return TRUE;
}

/* Where in 0…n - 1 the mirrored picture has what is at @i. */
static guint
mirror (gint64 i, guint n)
{
  gint64 period = 2 * (gint64) n;

  i %= period;
  if (i < 0)
    i += period;
  return i < n ? i : period - 1 - i;
}

/* Row @row of the part's input: samples and values of it. */
static void
load_row (Part * part, guint row)
{
  const Doubling *doubling = part->doubling;
  const CupPlane *input = doubling->input;
  const guint margin = doubling->n_layers;
  const guint n = part->n_columns + 2 * margin;
  const gint64 left = (gint64) part->left - margin;
  const guint before = MAX (-left, 0);
  const guint within = MIN (n, input->width - left) - before;
  const gint16 *from = cup_plane_row (input,
      mirror ((gint64) part->top + row - margin, input->height));
  gint16 *line = part->line;
  guint i;

  for (i = 0; i < before; i++)
    line[i] = from[mirror (left + i, input->width)];
  memcpy (line + before, from + (left + before), within * sizeof *line);
  for (i = before + within; i < n; i++)
    line[i] = from[mirror (left + i, input->width)];
  doubling->kernels->split (line, n,
      part->samples[row % count_sample_rows (doubling)],
      part->values[0][row % 3][0]);
}

/* Row @row of what layer @layer gives. */
static void
run_layer (Part * part, guint layer, guint row)
{
  const Doubling *doubling = part->doubling;
  const guint step = layer == 0 ? 2 : 1;
  const gint16 *taps[CUP_DOUBLING_MAX_TAPS];
  gint16 *const *outputs;
  guint n = 0, i, pair, column;

  for (i = 0; i < 3; i++) {
    for (pair = 0; pair < count_pairs (doubling, layer); pair++) {
      for (column = 0; column < 3; column += step)
        taps[n++] = part->values[layer][(row + i) % 3][pair] + 2 * column;
    }
  }
  g_assert (n == doubling->weights.layers[layer].n_taps);

  if (layer + 1 < doubling->n_layers)
    outputs = part->values[layer + 1][row % 3];
  else
    outputs = part->residuals;
  doubling->kernels->convolve (&doubling->weights.layers[layer], taps, outputs,
      part->n_columns + 2 * (doubling->n_layers - 1 - layer));
}

/* The two rows of the result that are row @row of the part. */
static void
finish_row (Part * part, guint row)
{
  const Doubling *doubling = part->doubling;
  const CupPlane *output = doubling->output;
  const guint margin = doubling->n_layers;
  const gint16 *samples[1 + 2 * REACH];
  guint i;

  for (i = 0; i < G_N_ELEMENTS (samples); i++) {
    samples[i] = part->samples[(row + margin - REACH + i)
        % count_sample_rows (doubling)] + 2 * (margin - REACH);
  }
  doubling->kernels->finish (samples, (const gint16 * const *) part->residuals,
      doubling->max_margin, part->results, part->n_columns);

  for (i = 0; i < 2; i++) {
    guint y = 2 * (part->top + row) + i;

    if (y >= output->top && y - output->top < output->n_rows)
      memcpy (cup_plane_row (output, y) + 2 * (gsize) part->left,
          part->results[i], 2 * (gsize) part->n_columns * sizeof (gint16));
  }
}

static gboolean
part_run (Part * part, GError ** error)
{
  const Doubling *doubling = part->doubling;
  const guint n_layers = doubling->n_layers;
  guint row, layer;

  for (row = 0; row < part->n_rows + 2 * n_layers; row++) {
    if (!cup_interrupt_check (doubling->interrupt, error))
      return FALSE;
    load_row (part, row);
    /* Each layer's rows come two after those that go into it. */
    for (layer = 0; layer < n_layers && row >= 2 * (layer + 1); layer++)
      run_layer (part, layer, row - 2 * (layer + 1));
    if (row >= 2 * n_layers)
      finish_row (part, row - 2 * n_layers);
  }
  return TRUE;
}

static guint
count_strips (const Doubling * doubling)
{
  return (doubling->input->width + doubling->strip_columns - 1)
      / doubling->strip_columns;
}

static gboolean
run_part (guint index, gpointer data, GError ** error)
{
  const Doubling *doubling = data;
  const guint n_strips = count_strips (doubling);
  const guint column = index % n_strips * doubling->strip_columns;
  const guint row = index / n_strips * doubling->band_rows;
  Part part = { 0, };
  gboolean done;

  part.doubling = doubling;
  part.left = column;
  part.n_columns = MIN (doubling->strip_columns,
      doubling->input->width - column);
  part.top = doubling->rows.first + row;
  part.n_rows = MIN (doubling->band_rows, doubling->rows.n - row);
  done = part_init_memory (&part, error) && part_run (&part, error);
  cup_memory_free (part.memory);
  return done;
}

/* The rows of the input that @rows of the result are made of, without what is
 * around them. */
static CupRows
halve (CupRows rows)
{
  CupRows half;

  half.first = rows.first / 2;
  half.n = (rows.first + rows.n - 1) / 2 - half.first + 1;
  return half;
}

CupRows
cup_doubling_get_input_rows (const CupNetwork * network, CupRows rows,
    guint height)
{
  return cup_rows_widen (halve (rows), network->n_layers, network->n_layers,
      height);
}

static guint
choose_band_rows (const Doubling * doubling, guint n_threads)
{
  guint n_bands = (PARTS_PER_THREAD * n_threads - 1)
      / count_strips (doubling) + 1;
  const guint wanted = CLAMP (doubling->rows.n / n_bands, MIN_BAND_ROWS,
      MAX_BAND_ROWS);

  /* All about the same. */
  n_bands = (doubling->rows.n + wanted - 1) / wanted;
  return (doubling->rows.n + n_bands - 1) / n_bands;
}

gboolean
cup_doubling_run (const CupNetwork * network, CupInstructions instructions,
    const CupPlane * input, gboolean is_doubled, CupPlane * output,
    CupTeam * team, const CupInterrupt * interrupt, GError ** error)
{
  CupRows rows = { output->top, output->n_rows }, needed;
  Doubling doubling = { input, output, interrupt, };
  guint n_bands;
  gboolean done;

  g_assert (input->width <= G_MAXINT / 2 && input->height <= G_MAXINT / 2);
  g_assert (output->width == 2 * input->width
      && output->height == 2 * input->height);
  needed = cup_doubling_get_input_rows (network, rows, input->height);
  g_assert (input->top <= needed.first
      && input->top + input->n_rows >= needed.first + needed.n);
  doubling.kernels = cup_doubling_choose (instructions);
  g_assert (doubling.kernels != NULL);

  doubling.max_margin = is_doubled ? 0 : G_MAXINT16;
  doubling.n_layers = network->n_layers;
  doubling.strip_columns = STRIP_COLUMNS - 2 * (network->n_layers - 1);
  doubling.rows = halve (rows);
  doubling.band_rows = choose_band_rows (&doubling,
      cup_team_get_n_threads (team));
  n_bands = (doubling.rows.n + doubling.band_rows - 1) / doubling.band_rows;

  cup_doubling_weights_init (&doubling.weights, network);
  done = cup_team_run (team, n_bands * count_strips (&doubling), run_part,
      &doubling, interrupt, error);
  cup_doubling_weights_clear (&doubling.weights);
  return done;
}
