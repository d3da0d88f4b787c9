/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every way to run the networks against what network.h says, written down as
 * plainly as it can be.
 */
#include "engine/local/doubling.h"
#include "engine/local/restrained.h"
#include "engine/local/tables.h"

#include <string.h>

#define MAX_CHANNELS CUP_NETWORK_MAX_CHANNELS

typedef gint16 (*Pattern) (GRand * rand, guint x, guint y);

static const CupInterrupt never;

static const CupNetwork *const tables[] = {
  &cup_network_fast_clean, &cup_network_balanced_clean,
  &cup_network_balanced_mix, &cup_network_quality_clean,
};

static gint16
noise (GRand * rand, guint x, guint y)
{
  return g_rand_int_range (rand, CUP_PLANE_BLACK, 16384);
}

static gint16
checkers (GRand * rand, guint x, guint y)
{
  return (x + y) % 2 ? CUP_PLANE_BLACK : CUP_PLANE_WHITE;
}

/* Edges in all directions, and some noise. */
static gint16
shapes (GRand * rand, guint x, guint y)
{
  gint value = (x / 7 + y / 5) % 2 ? -9000 : 7000;

  if ((x * x + y * y) % 900 < 400)
    value += 5000;
  return value + g_rand_int_range (rand, -300, 300);
}

static void
init_plane (CupPlane * plane, guint width, guint height, guint top,
    guint n_rows)
{
  if (!cup_plane_init (plane, width, height, top, n_rows))
    g_error ("no memory");
  memset (plane->data, 0x5a, plane->stride * n_rows * sizeof (gint16));
}

static void
make_plane (CupPlane * plane, guint width, guint height, Pattern pattern)
{
  GRand *rand = g_rand_new_with_seed (7);
  guint x, y;

  init_plane (plane, width, height, 0, height);
  for (y = 0; y < height; y++) {
    for (x = 0; x < width; x++)
      cup_plane_row (plane, y)[x] = pattern (rand, x, y);
  }
  g_rand_free (rand);
}

/* The rows of @rows alone, with their neighbours overwritten. */
static void
copy_rows (CupPlane * to, const CupPlane * from, CupRows rows)
{
  guint y;

  init_plane (to, from->width, from->height, rows.first, rows.n);
  for (y = rows.first; y < rows.first + rows.n; y++)
    memcpy (cup_plane_row (to, y), cup_plane_row (from, y),
        from->width * sizeof (gint16));
}

static void
assert_same_rows (const CupPlane * plane, const CupPlane * expected)
{
  guint x, y;

  for (y = plane->top; y < plane->top + plane->n_rows; y++) {
    const gint16 *row = cup_plane_row (plane, y);
    const gint16 *wanted = cup_plane_row (expected, y);

    for (x = 0; x < plane->width; x++) {
      if (row[x] != wanted[x])
        g_error ("%ux%u: at %u,%u there is %d, not %d", plane->width,
            plane->height, x, y, row[x], wanted[x]);
    }
  }
}

/* The oracle: all of a layer, then all of the next. */

static guint
mirror (gint i, gint n)
{
  while (i < 0 || i >= n)
    i = i < 0 ? -1 - i : 2 * n - 1 - i;
  return i;
}

static gint32
sample (const CupPlane * plane, gint x, gint y)
{
  return cup_plane_row (plane, mirror (y, plane->height))[mirror (x,
          plane->width)];
}

static gint32
floor_shift (gint64 a, guint bits)
{
  const gint64 unit = (gint64) 1 << bits;

  return a >= 0 ? a / unit : -((-a + unit - 1) / unit);
}

static gint32
sat16 (gint32 a)
{
  return CLAMP (a, G_MININT16, G_MAXINT16);
}

/* Values of a layer, @inset fewer than those of the input's at each side. */
static gint16 *
oracle_layer (const CupNetworkLayer * layer, gboolean last, const gint16 * x,
    guint columns, guint rows)
{
  gint16 *values = g_new (gint16, (gsize) (columns - 2) * (rows - 2)
      * layer->outputs), *to = values;
  guint r, c, o, t, i;

  for (r = 0; r < rows - 2; r++) {
    for (c = 0; c < columns - 2; c++) {
      for (o = 0; o < layer->outputs; o++) {
        gint64 sum = layer->biases[o];
        gint32 value;

        for (t = 0; t < CUP_NETWORK_TAPS; t++) {
          for (i = 0; i < layer->inputs; i++)
            sum += (gint64)
                layer->weights[(t * layer->inputs + i) * layer->outputs + o]
                * x[((r + t / 3) * columns + c + t % 3) * layer->inputs + i];
        }
        g_assert_cmpint (sum, >=, G_MININT32);
        g_assert_cmpint (sum, <=, G_MAXINT32);
        value = sat16 (floor_shift (sum, layer->fraction - (last ? 1 : 0)));
        if (layer->slopes && value < 0)
          value = floor_shift ((gint64) value * layer->slopes[o] + (1 << 14),
              15);
        *to++ = value;
      }
    }
  }
  return values;
}

static gint32
oracle_base (const CupPlane * input, guint x, guint y)
{
  static const gint kernels[2][4] = { {-3, 29, 111, -9}, {-9, 111, 29, -3} };
  gint64 sum = 0;
  gint i, j;

  for (j = 0; j < 4; j++) {
    for (i = 0; i < 4; i++)
      sum += (gint64) kernels[y % 2][j] * kernels[x % 2][i]
          * sample (input, (gint) (x / 2) + i - 2 + (gint) (x % 2),
          (gint) (y / 2) + j - 2 + (gint) (y % 2));
  }
  return floor_shift (sum + (1 << 13), 14);
}

static gint32
oracle_clamp (const CupPlane * input, guint x, guint y, gboolean is_doubled,
    gint32 value)
{
  gint32 low = G_MAXINT32, high = G_MININT32, margin;
  gint i, j;

  for (j = -1; j <= 1; j++) {
    for (i = -1; i <= 1; i++) {
      gint32 v = sample (input, (gint) (x / 2) + i, (gint) (y / 2) + j);

      low = MIN (low, v);
      high = MAX (high, v);
    }
  }
  margin = is_doubled ? 0 : MIN (high - low, 128 + 25 * (high - low) / 256);
  value = CLAMP (value, low - margin, high + margin);
  return CLAMP (value, CUP_PLANE_BLACK, CUP_PLANE_WHITE);
}

static void
oracle (const CupNetwork * network, const CupPlane * input,
    gboolean is_doubled, CupPlane * output)
{
  const guint margin = network->n_layers;
  guint columns = input->width + 2 * margin, rows = input->height + 2 * margin;
  gint16 *values = g_new (gint16, (gsize) columns * rows), *next;
  guint x, y, i;

  for (y = 0; y < rows; y++) {
    for (x = 0; x < columns; x++) {
      gint32 v = sample (input, (gint) x - (gint) margin,
          (gint) y - (gint) margin);

      values[y * columns + x] = MIN (floor_shift (v + 4, 3), 2047);
    }
  }
  for (i = 0; i < network->n_layers; i++, columns -= 2, rows -= 2) {
    next = oracle_layer (&network->layers[i], i + 1 == network->n_layers,
        values, columns, rows);
    g_free (values);
    values = next;
  }

  init_plane (output, 2 * input->width, 2 * input->height, 0,
      2 * input->height);
  for (y = 0; y < output->height; y++) {
    for (x = 0; x < output->width; x++) {
      gint32 value = oracle_base (input, x, y)
          + values[((y / 2) * input->width + x / 2) * 4 + y % 2 * 2 + x % 2];

      cup_plane_row (output, y)[x] = oracle_clamp (input, x, y, is_doubled,
          value);
    }
  }
  g_free (values);
}

static void
run (const CupNetwork * network, CupInstructions instructions,
    const CupPlane * input, gboolean is_doubled, CupPlane * output,
    guint n_threads)
{
  CupTeam *team = cup_team_new (n_threads);
  GError *error = NULL;
  gboolean done;

  done = cup_doubling_run (network, instructions, input, is_doubled, output,
      team, &never, &error);
  g_assert_no_error (error);
  g_assert_true (done);
  cup_team_free (team);
}

static void
check (const CupNetwork * network, guint width, guint height, Pattern pattern)
{
  CupPlane input, expected[2], output;
  CupInstructions i;
  guint k;

  make_plane (&input, width, height, pattern);
  for (k = 0; k < 2; k++)
    oracle (network, &input, k, &expected[k]);
  for (i = CUP_INSTRUCTIONS_PORTABLE; i <= CUP_INSTRUCTIONS_NEON; i++) {
    if (!cup_instructions_available (i))
      continue;
    for (k = 0; k < 2; k++) {
      init_plane (&output, 2 * width, 2 * height, 0, 2 * height);
      run (network, i, &input, k, &output, 1);
      assert_same_rows (&output, &expected[k]);
      cup_plane_clear (&output);
    }
  }
  for (k = 0; k < 2; k++)
    cup_plane_clear (&expected[k]);
  cup_plane_clear (&input);
}

static void
test_sizes (gconstpointer data)
{
  static const guint sizes[][2] = {
    {1, 1}, {2, 3}, {5, 3}, {3, 17}, {37, 29}, {481, 33},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (sizes); i++)
    check (data, sizes[i][0], sizes[i][1], shapes);
}

static void
test_extremes (gconstpointer data)
{
  check (data, 37, 29, checkers);
  check (data, 53, 31, noise);
}

/* Networks of a shape and with values that the tables do not have. */
static void
check_random (GRand * rand, guint n_layers, guint channels)
{
  CupNetwork network = { "random", n_layers, };
  guint i, j;

  for (i = 0; i < n_layers; i++) {
    CupNetworkLayer *layer = &network.layers[i];
    gint16 *weights, *slopes;
    gint32 *biases;
    gint32 most;

    layer->inputs = i == 0 ? 1 : channels;
    layer->outputs = i + 1 == n_layers ? 4 : channels;
    layer->fraction = g_rand_int_range (rand, 8, 15);
    weights = g_new (gint16, 9 * layer->inputs * layer->outputs);
    biases = g_new (gint32, layer->outputs);
    slopes = g_new (gint16, layer->outputs);
    /* As large as the sums allow, so that values are often out of range. */
    most = MIN (60000 / (9 * layer->inputs), 32767);
    for (j = 0; j < 9 * layer->inputs * layer->outputs; j++)
      weights[j] = g_rand_int_range (rand, -most, most + 1);
    for (j = 0; j < layer->outputs; j++) {
      biases[j] = g_rand_int_range (rand, -100000000, 100000000);
      slopes[j] = g_rand_int_range (rand, -32767, 32768);
    }
    layer->weights = weights;
    layer->biases = biases;
    layer->slopes = i + 1 == n_layers ? NULL : slopes;
    if (!layer->slopes)
      g_free (slopes);
  }
  check (&network, 43, 19, noise);
  for (i = 0; i < n_layers; i++) {
    g_free ((gpointer) network.layers[i].weights);
    g_free ((gpointer) network.layers[i].biases);
    g_free ((gpointer) network.layers[i].slopes);
  }
}

static void
test_other_networks (void)
{
  GRand *rand = g_rand_new_with_seed (3);
  guint i;

  for (i = 0; i < 4; i++) {
    check_random (rand, 2, 4);
    check_random (rand, 3, 12);
    check_random (rand, CUP_NETWORK_MAX_LAYERS, 8);
    check_random (rand, 3, 16);
  }
  g_rand_free (rand);
}

/* Several strips and bands, by several threads. */
static void
test_threads (void)
{
  static const guint n_threads[] = { 1, 2, 7 };
  const CupNetwork *network = &cup_network_balanced_clean;
  CupPlane input, expected, output;
  CupInstructions instructions;
  guint i;

  make_plane (&input, 517, 203, shapes);
  oracle (network, &input, FALSE, &expected);
  for (instructions = 0; instructions <= CUP_INSTRUCTIONS_NEON; instructions++) {
    for (i = 0; i < G_N_ELEMENTS (n_threads); i++) {
      if (!cup_instructions_available (instructions))
        continue;
      init_plane (&output, 1034, 406, 0, 406);
      run (network, instructions, &input, FALSE, &output, n_threads[i]);
      assert_same_rows (&output, &expected);
      cup_plane_clear (&output);
    }
  }
  cup_plane_clear (&expected);
  cup_plane_clear (&input);
}

/* Rows of the result, odd ones too, from no more of the input than they need. */
static void
test_bands (gconstpointer data)
{
  static const CupRows bands[] = {
    {0, 1}, {0, 2}, {1, 1}, {3, 2}, {0, 57}, {57, 64}, {121, 1}, {1, 121},
  };
  const CupNetwork *network = data;
  CupPlane input, band, expected, output;
  guint i;

  make_plane (&input, 40, 61, shapes);
  oracle (network, &input, FALSE, &expected);
  for (i = 0; i < G_N_ELEMENTS (bands); i++) {
    CupRows needed = cup_doubling_get_input_rows (network, bands[i], 61);

    g_assert_cmpuint (needed.n, <=, bands[i].n / 2 + 2 + 2 * network->n_layers);
    copy_rows (&band, &input, needed);
    init_plane (&output, 80, 122, bands[i].first, bands[i].n);
    run (network, cup_instructions_best (), &band, FALSE, &output, 2);
    assert_same_rows (&output, &expected);
    cup_plane_clear (&output);
    cup_plane_clear (&band);
  }
  cup_plane_clear (&expected);
  cup_plane_clear (&input);
}

/* What is beside the rows of the result belongs to somebody else. */
static void
test_nothing_beside (void)
{
  CupPlane input, output;
  guint x, y;

  make_plane (&input, 37, 20, noise);
  init_plane (&output, 74, 40, 0, 40);
  run (&cup_network_fast_clean, cup_instructions_best (), &input, FALSE,
      &output, 1);
  for (y = 0; y < 40; y++) {
    for (x = 74; x < output.stride; x++)
      g_assert_cmpint (cup_plane_row (&output, y)[x], ==, 0x5a5a);
  }
  cup_plane_clear (&output);
  cup_plane_clear (&input);
}

static void
test_flat (gconstpointer data)
{
  static const gint16 levels[] = {
    CUP_PLANE_BLACK, -1, 0, 1, 5000, 12345, CUP_PLANE_WHITE,
  };
  guint i, x, y;

  for (i = 0; i < G_N_ELEMENTS (levels); i++) {
    CupPlane input, output;

    init_plane (&input, 21, 9, 0, 9);
    for (y = 0; y < 9; y++) {
      for (x = 0; x < 21; x++)
        cup_plane_row (&input, y)[x] = levels[i];
    }
    init_plane (&output, 42, 18, 0, 18);
    run (data, cup_instructions_best (), &input, FALSE, &output, 1);
    for (y = 0; y < 18; y++) {
      for (x = 0; x < 42; x++)
        g_assert_cmpint (cup_plane_row (&output, y)[x], ==, levels[i]);
    }
    cup_plane_clear (&output);
    cup_plane_clear (&input);
  }
}

/* Of what the oracle gives, too: neither may change, nor depend on machine,
 * compiler or options. */
static void
test_digests (void)
{
  static const gchar *const expected[] = {
    "fe6c5c6ede6d390e743fe2452d59c661c72d5d7f68ebb05a1990406903874e6f",
    "afaa3d2962138e7c222ba02a48bddec719ac2b400d96996223c5e61a362c96be",
    "196c7f86fd0152539e49549770136a958c19d204a29230f020f48b90307e0c11",
    "42339a80b97b477d156226538e268cad98e770e56f0d98e6f2f18fc8007bd916",
  };
  guint i, x, y;

  for (i = 0; i < G_N_ELEMENTS (tables); i++) {
    GChecksum *checksum = g_checksum_new (G_CHECKSUM_SHA256);
    CupPlane input, output;

    check (tables[i], 97, 61, shapes);
    make_plane (&input, 97, 61, shapes);
    init_plane (&output, 194, 122, 0, 122);
    run (tables[i], cup_instructions_best (), &input, FALSE, &output, 2);
    for (y = 0; y < 122; y++) {
      for (x = 0; x < 194; x++) {
        gint16 value = GINT16_TO_LE (cup_plane_row (&output, y)[x]);

        g_checksum_update (checksum, (const guchar *) &value, sizeof value);
      }
    }
    g_assert_cmpstr (g_checksum_get_string (checksum), ==, expected[i]);
    g_checksum_free (checksum);
    cup_plane_clear (&output);
    cup_plane_clear (&input);
  }
}

/* At once, and in the middle of a part, which takes many times as long. */
static void
test_deadline (void)
{
  CupTeam *team = cup_team_new (1);
  CupInterrupt interrupt = { NULL, 1 };
  CupPlane input, output;
  GError *error = NULL;
  guint i;

  make_plane (&input, 240, 48, noise);
  init_plane (&output, 480, 96, 0, 96);
  for (i = 0; i < 2; i++) {
    g_assert_false (cup_doubling_run (&cup_network_quality_clean,
            CUP_INSTRUCTIONS_PORTABLE, &input, FALSE, &output, team, &interrupt,
            &error));
    g_assert_error (error, CUP_ERROR, CUP_ERROR_TIMEOUT);
    g_clear_error (&error);
    interrupt.deadline = g_get_monotonic_time () + 1000;
  }
  cup_plane_clear (&output);
  cup_plane_clear (&input);
  cup_team_free (team);
}

static gpointer
cancel (gpointer data)
{
  g_cancellable_cancel (data);
  return NULL;
}

/* Before it begins, and at some time while it runs. */
static void
test_cancel (void)
{
  GCancellable *cancellable = g_cancellable_new ();
  const CupInterrupt interrupt = { cancellable, 0 };
  CupTeam *team = cup_team_new (2);
  GError *error = NULL;
  CupPlane input, output;
  GThread *thread;

  make_plane (&input, 300, 200, noise);
  init_plane (&output, 600, 400, 0, 400);
  thread = g_thread_new ("cancel", cancel, cancellable);
  while (cup_doubling_run (&cup_network_quality_clean,
          cup_instructions_best (), &input, FALSE, &output, team, &interrupt,
          &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_thread_join (thread);

  memset (output.data, 0x5a, output.stride * 400 * sizeof (gint16));
  g_assert_false (cup_doubling_run (&cup_network_quality_clean,
          cup_instructions_best (), &input, FALSE, &output, team, &interrupt,
          &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_cmpint (output.data[0], ==, 0x5a5a);
  cup_plane_clear (&output);
  cup_plane_clear (&input);
  cup_team_free (team);
  g_object_unref (cancellable);
}

static void
test_instructions (void)
{
  CupInstructions i;

  g_assert_true (cup_instructions_available (CUP_INSTRUCTIONS_PORTABLE));
  g_assert_true (cup_instructions_available (cup_instructions_best ()));
  for (i = CUP_INSTRUCTIONS_PORTABLE; i <= CUP_INSTRUCTIONS_NEON; i++)
    g_test_message ("%s: %s", cup_instructions_get_name (i),
        cup_instructions_available (i) ? "yes" : "no");
}

static void
add_for_tables (const gchar * name, GTestDataFunc func)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (tables); i++) {
    gchar *path = g_strdup_printf ("/doubling/%s/%s", name, tables[i]->name);

    g_test_add_data_func (path, tables[i], func);
    g_free (path);
  }
}

/* Sum of the samples' distances. */
static gdouble
distance (const CupPlane * a, const CupPlane * b)
{
  gdouble sum = 0;
  guint x, y;

  for (y = 0; y < a->height; y++)
    for (x = 0; x < a->width; x++)
      sum += ABS (cup_plane_row (a, y)[x] - cup_plane_row (b, y)[x]);
  return sum;
}

/* Of 256 parts nothing is left out, of none all that was learned. */
static void
test_restrained (gconstpointer data)
{
  static const guint parts[] = { 0, CUP_RESTRAINED_PART, 256 };
  const CupNetwork *network = data;
  CupRestrained restrained[G_N_ELEMENTS (parts)];
  CupPlane input, whole, output[G_N_ELEMENTS (parts)];
  gdouble ratio;
  guint i;

  make_plane (&input, 61, 43, shapes);
  oracle (network, &input, FALSE, &whole);
  for (i = 0; i < G_N_ELEMENTS (parts); i++) {
    cup_restrained_init (&restrained[i], network, parts[i]);
    check (&restrained[i].network, 61, 43, shapes);
    oracle (&restrained[i].network, &input, FALSE, &output[i]);
  }
  assert_same_rows (&output[2], &whole);
  /* It would be the part, but for the clamp. */
  ratio = distance (&output[1], &output[0]) / distance (&whole, &output[0]);
  g_assert_cmpfloat (ratio, >, 0.68);
  g_assert_cmpfloat (ratio, <, 0.8);
  for (i = 0; i < G_N_ELEMENTS (parts); i++)
    cup_plane_clear (&output[i]);
  cup_plane_clear (&whole);
  cup_plane_clear (&input);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_for_tables ("sizes", test_sizes);
  add_for_tables ("extremes", test_extremes);
  add_for_tables ("bands", test_bands);
  add_for_tables ("flat", test_flat);
  add_for_tables ("restrained", test_restrained);
  g_test_add_func ("/doubling/other-networks", test_other_networks);
  g_test_add_func ("/doubling/threads", test_threads);
  g_test_add_func ("/doubling/nothing-beside", test_nothing_beside);
  g_test_add_func ("/doubling/digests", test_digests);
  g_test_add_func ("/doubling/deadline", test_deadline);
  g_test_add_func ("/doubling/cancel", test_cancel);
  g_test_add_func ("/doubling/instructions", test_instructions);
  return g_test_run ();
}
