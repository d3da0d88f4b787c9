/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fingerprints: the arithmetic, by a slow way that is easily seen to be right;
 * and that everything that makes a picture another one changes them.
 */
#include <string.h>

#include "image/fingerprint.h"
#include "image/wide.h"

/* Arithmetic */

static const guint64 numbers[] = { 0, 1, 2, 3, 0xffffffff, 0x100000000,
  0x123456789abcdef0, 0x7fffffffffffffff, 0x8000000000000000,
  0xfffffffffffffffe, 0xffffffffffffffff
};

static gboolean
is_equal (CupWide a, CupWide b)
{
  return a.high == b.high && a.low == b.low;
}

static void
test_products (void)
{
  guint i, j;

  for (i = 0; i < G_N_ELEMENTS (numbers); i++) {
    for (j = 0; j < G_N_ELEMENTS (numbers); j++)
      g_assert_true (is_equal (cup_wide_multiply (numbers[i], numbers[j]),
              cup_wide_multiply_portably (numbers[i], numbers[j])));
  }
  for (i = 0; i < 100000; i++) {
    guint64 a = (guint64) g_test_rand_int () << 32 ^ g_test_rand_int ();
    guint64 b = (guint64) g_test_rand_int () << 32 ^ g_test_rand_int ();

    g_assert_true (is_equal (cup_wide_multiply (a, b),
            cup_wide_multiply_portably (a, b)));
  }
}

/* Less than 2¹²⁷ − 1 both. */
static CupWide
slow_add (CupWide a, CupWide b)
{
  CupWide sum = cup_wide_add (a, b);

  if (sum.high > G_MAXINT64 || (sum.high == G_MAXINT64
          && sum.low == G_MAXUINT64)) {
    const CupWide one = { 0, 1 };

    sum = cup_wide_add (sum, one);
    sum.high -= G_GUINT64_CONSTANT (1) << 63;
  }
  return sum;
}

/* By doubling, from the highest bit on. */
static CupWide
slow_multiply (CupWide a, CupWide b)
{
  CupWide product = { 0, 0 };
  gint bit;

  for (bit = 126; bit >= 0; bit--) {
    guint64 word = bit < 64 ? b.low : b.high;

    product = slow_add (product, product);
    if (word >> (bit % 64) & 1)
      product = slow_add (product, a);
  }
  return product;
}

static CupWide
get_number (guint i)
{
  const guint n = G_N_ELEMENTS (numbers);
  CupWide wide;

  if (i < n * n) {
    wide.high = numbers[i / n];
    wide.low = numbers[i % n];
  } else {
    wide.high = (guint64) g_test_rand_int () << 32 ^ g_test_rand_int ();
    wide.low = (guint64) g_test_rand_int () << 32 ^ g_test_rand_int ();
  }
  return wide;
}

static void
test_modulo (void)
{
  const guint n = 300;
  guint i, j;

  for (i = 0; i < n; i++) {
    CupWide a = cup_wide_reduce (get_number (i));

    for (j = 0; j < n; j++) {
      CupWide b = cup_wide_reduce (get_number (j)), c = get_number (i ^ j);
      CupWide expected = slow_add (slow_multiply (a, b), cup_wide_reduce (c));

      g_assert_true (is_equal (cup_wide_multiply_add (a, b, c), expected));
    }
  }
}

/* 2¹²⁷ − 1 is 0; what is below it stays. */
static void
test_reduce (void)
{
  const guint64 top = G_GUINT64_CONSTANT (1) << 63;
  const struct
  {
    CupWide from;
    CupWide to;
  } rows[] = {
    {{0, 7}, {0, 7}},
    {{top - 1, G_MAXUINT64 - 1}, {top - 1, G_MAXUINT64 - 1}},
    {{top - 1, G_MAXUINT64}, {0, 0}},
    {{top, 0}, {0, 1}},
    {{top, G_MAXUINT64}, {1, 0}},
    {{G_MAXUINT64, G_MAXUINT64 - 1}, {0, 0}},
    {{G_MAXUINT64, G_MAXUINT64}, {0, 1}},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_true (is_equal (cup_wide_reduce (rows[i].from), rows[i].to));
}

/* Pictures */

typedef GHashTable Seen;

static guint
hash_fingerprint (gconstpointer fingerprint)
{
  guint hash;

  memcpy (&hash, fingerprint, sizeof (hash));
  return hash;
}

static gboolean
equal_fingerprints (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (CupFingerprint)) == 0;
}

static Seen *
seen_new (void)
{
  return g_hash_table_new_full (hash_fingerprint, equal_fingerprints, g_free,
      NULL);
}

/* Whether it is new. */
static gboolean
see (Seen * seen, CupFingerprint fingerprint)
{
  return g_hash_table_add (seen, g_memdup2 (&fingerprint,
          sizeof (fingerprint)));
}

static CupFingerprint
get_bytes_fingerprint (const guint8 * data, gsize size)
{
  GBytes *bytes = g_bytes_new (data, size);
  CupFingerprint fingerprint;

  cup_fingerprint_bytes (bytes, &fingerprint);
  g_bytes_unref (bytes);
  return fingerprint;
}

static CupFingerprint
get_pixels_fingerprint (const CupPixels * pixels)
{
  CupFingerprint fingerprint;

  cup_fingerprint_pixels (pixels, &fingerprint);
  return fingerprint;
}

/* Nothing but zeros, of all sizes around the borders of words and blocks; once
 * more each, and with each byte changed. */
static void
test_bytes (void)
{
  guint8 data[200] = { 0, };
  Seen *seen = seen_new ();
  gsize size, i;

  for (size = 0; size <= sizeof (data); size++) {
    g_assert_true (see (seen, get_bytes_fingerprint (data, size)));
    g_assert_false (see (seen, get_bytes_fingerprint (data, size)));
    for (i = 0; i < size; i++) {
      data[i] ^= (guint8) (1 << i % 8);
      g_assert_true (see (seen, get_bytes_fingerprint (data, size)));
      data[i] = 0;
    }
  }
  g_hash_table_unref (seen);
}

/* Several blocks, and blocks in another order. */
static void
test_blocks (void)
{
  const gsize block = 2048, size = 3 * block + 40;
  guint8 *data = g_malloc0 (size);
  Seen *seen = seen_new ();
  gsize i;

  g_assert_true (see (seen, get_bytes_fingerprint (data, size)));
  for (i = 0; i < size; i++) {
    data[i] = 1;
    g_assert_true (see (seen, get_bytes_fingerprint (data, size)));
    data[i] = 0;
  }
  for (i = 0; i <= 3; i++)
    g_assert_true (see (seen, get_bytes_fingerprint (data, i * block)));
  g_hash_table_unref (seen);
  g_free (data);
}

static CupPixels *
make_pixels (guint width, guint height, guint channels, guint depth,
    guint8 padding)
{
  CupPixels *pixels = cup_pixels_new (width, height, channels, depth, NULL);
  gsize size = (gsize) width * channels * depth / 8;
  guint y;

  memset (pixels->data, padding, cup_pixels_get_size (pixels));
  for (y = 0; y < height; y++)
    memset (cup_pixels_row (pixels, y), 0, size);
  return pixels;
}

static void
run_shape (Seen * seen, guint width, guint height, guint channels, guint depth)
{
  CupPixels *pixels = make_pixels (width, height, channels, depth, 0);
  CupPixels *other = make_pixels (width, height, channels, depth, 0xa5);
  gsize size = (gsize) width * channels * depth / 8, i;
  guint y;

  g_assert_true (see (seen, get_pixels_fingerprint (pixels)));
  g_assert_false (see (seen, get_pixels_fingerprint (other)));
  for (y = 0; y < height; y++) {
    guint8 *row = cup_pixels_row (pixels, y);

    for (i = 0; i < size; i++) {
      row[i] = 1;
      g_assert_true (see (seen, get_pixels_fingerprint (pixels)));
      row[i] = 0;
    }
  }
  cup_pixels_unref (other);
  cup_pixels_unref (pixels);
}

/* Among them many of as many bytes, all of them 0. */
static void
test_pixels (void)
{
  static const guint channels[] = { 1, 3, 4 };
  Seen *seen = seen_new ();
  guint8 zeros[24 * 4 * 8] = { 0, };
  guint width, height, i;

  for (i = 0; i < G_N_ELEMENTS (channels); i++) {
    for (height = 1; height <= 4; height++) {
      for (width = 1; width <= 24; width++) {
        run_shape (seen, width, height, channels[i], 8);
        run_shape (seen, width, height, channels[i], 16);
      }
    }
  }
  run_shape (seen, 1500, 2, 3, 8);
  for (i = 0; i <= sizeof (zeros); i++)
    g_assert_true (see (seen, get_bytes_fingerprint (zeros, i)));
  g_hash_table_unref (seen);
}

/* A changed bit changes half of the bits, and each about as often. There are 127:
 * the first is 0. */
static void
test_distribution (void)
{
  enum
  { SIZE = 64, N = SIZE * 8 };
  guint counts[128] = { 0, }, i, bit;
  guint8 data[SIZE] = { 0, };
  CupFingerprint plain = get_bytes_fingerprint (data, SIZE);

  for (i = 0; i < N; i++) {
    CupFingerprint changed;

    data[i / 8] ^= (guint8) (1 << i % 8);
    changed = get_bytes_fingerprint (data, SIZE);
    data[i / 8] ^= (guint8) (1 << i % 8);
    for (bit = 0; bit < 128; bit++)
      counts[bit] += (changed.bytes[bit / 8] ^ plain.bytes[bit / 8])
          >> bit % 8 & 1;
  }
  bit = G_BYTE_ORDER == G_LITTLE_ENDIAN ? 63 : 7;
  g_assert_cmpuint (counts[bit], ==, 0);
  counts[bit] = N / 2;
  /* Eleven standard deviations. */
  for (bit = 0; bit < 128; bit++) {
    g_assert_cmpuint (counts[bit], >, N / 4);
    g_assert_cmpuint (counts[bit], <, N / 4 * 3);
  }
}

/* Another process has others. */
static void
print_fingerprint (void)
{
  CupFingerprint fingerprint = get_bytes_fingerprint ((const guint8 *) "a", 1);
  guint i;

  for (i = 0; i < CUP_FINGERPRINT_SIZE; i++)
    g_print ("%02x", fingerprint.bytes[i]);
}

static void
test_processes (void)
{
  Seen *seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  gchar *self = g_file_read_link ("/proc/self/exe", NULL);
  guint i;

  if (!self) {
    g_test_skip ("no /proc");
    g_hash_table_unref (seen);
    return;
  }
  for (i = 0; i < 5; i++) {
    gchar *command[] = { self, (gchar *) "--print", NULL }, *text = NULL;
    gint status;

    g_assert_true (g_spawn_sync (NULL, command, NULL, 0, NULL, NULL, &text,
            NULL, &status, NULL));
    g_assert_cmpint (status, ==, 0);
    g_assert_cmpuint (strlen (text), ==, 2 * CUP_FINGERPRINT_SIZE);
    g_assert_true (g_hash_table_add (seen, text));
  }
  g_hash_table_unref (seen);
  g_free (self);
}

int
main (int argc, char **argv)
{
  if (argc == 2 && strcmp (argv[1], "--print") == 0) {
    print_fingerprint ();
    return 0;
  }
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fingerprint/products", test_products);
  g_test_add_func ("/fingerprint/modulo", test_modulo);
  g_test_add_func ("/fingerprint/reduce", test_reduce);
  g_test_add_func ("/fingerprint/bytes", test_bytes);
  g_test_add_func ("/fingerprint/blocks", test_blocks);
  g_test_add_func ("/fingerprint/pixels", test_pixels);
  g_test_add_func ("/fingerprint/distribution", test_distribution);
  g_test_add_func ("/fingerprint/processes", test_processes);
  return g_test_run ();
}
