/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fingerprints: a hash of two levels, each of which has a bound that is proven.
 *
 * Rows are cut into blocks. Of a block with the words m₀, m₁, … and secret words
 * k₀, k₁, …, the sum of all (m₂ᵢ + k₂ᵢ mod 2⁶⁴) · (m₂ᵢ₊₁ + k₂ᵢ₊₁ mod 2⁶⁴), modulo
 * 2¹²⁸, is the function NH (of UMAC, RFC 4418, and VMAC): the sums of two blocks
 * that differ are apart by any given number with a probability of 2⁻⁶⁴ at most.
 * There are two lanes, with secrets of their own, so that both fail together with
 * 2⁻¹²⁸; that sums are reduced modulo p = 2¹²⁷ − 1 then makes it 2⁻¹²³.
 *
 * The sums are the coefficients of a polynomial, which is evaluated at a secret
 * place modulo p. Two polynomials that differ agree at as many places as their
 * degree, which is about 2 · size / BLOCK: for 1080p, of 6 MB, 2⁻¹¹⁴, for the
 * largest picture there may be 2⁻¹⁰⁴. The first coefficient has the shape, and is
 * never 0: so pictures of different shapes are different polynomials, whatever
 * follows, and blocks that are compared have the same size.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "fingerprint.h"

#include <string.h>

#include "wide.h"

/* Bytes: the secret of both lanes stays in the innermost cache. */
#define BLOCK 2048
#define N_WORDS (BLOCK / 8)

typedef struct
{
  guint64 lanes[2][N_WORDS];
  guint64 place[2];
} Secret;

G_STATIC_ASSERT (sizeof (Secret) % 32 == 16);

/* GRand begins with 128 bits of the system's randomness; SHA-256 spreads them, so
 * that no word tells of another. */
static const Secret *
make_secret (void)
{
  Secret *secret = g_new (Secret, 1);
  GRand *rand = g_rand_new ();
  guint32 seed[9];
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (seed) - 1; i++)
    seed[i] = g_rand_int (rand);
  g_rand_free (rand);
  for (i = 0; i < sizeof (Secret); i += 32) {
    GChecksum *checksum = g_checksum_new (G_CHECKSUM_SHA256);
    gsize length = 32;
    guint8 bytes[32];

    seed[G_N_ELEMENTS (seed) - 1] = (guint32) i;
    g_checksum_update (checksum, (const guchar *) seed, sizeof (seed));
    g_checksum_get_digest (checksum, bytes, &length);
    g_checksum_free (checksum);
    memcpy ((guint8 *) secret + i, bytes, MIN (length, sizeof (Secret) - i));
  }
  return secret;
}

static const Secret *
get_secret (void)
{
  static const Secret *secret;

  if (g_once_init_enter (&secret))
    g_once_init_leave (&secret, make_secret ());
  return secret;
}

static inline void
add_pair (CupWide sums[2], const Secret * secret, gsize word,
    const guint8 * data)
{
  const guint64 *a = &secret->lanes[0][word], *b = &secret->lanes[1][word];
  guint64 m[2];

  memcpy (m, data, sizeof (m));
  sums[0] = cup_wide_add (sums[0], cup_wide_multiply (m[0] + a[0],
          m[1] + a[1]));
  sums[1] = cup_wide_add (sums[1], cup_wide_multiply (m[0] + b[0],
          m[1] + b[1]));
}

/* @size: at most BLOCK. What is missing of the last pair is 0. */
static void
sum_block (CupWide sums[2], const Secret * secret, const guint8 * data,
    gsize size)
{
  gsize i;

  for (i = 0; i + 16 <= size; i += 16)
    add_pair (sums, secret, i / 8, data + i);
  if (i < size) {
    guint8 rest[16] = { 0, };

    memcpy (rest, data + i, size - i);
    add_pair (sums, secret, i / 8, rest);
  }
}

static CupWide
get_place (const Secret * secret)
{
  CupWide place = { secret->place[0], secret->place[1] };

  return cup_wide_reduce (place);
}

static CupWide
add_row (CupWide hash, const Secret * secret, const guint8 * data, gsize size)
{
  CupWide place = get_place (secret);

  while (size > 0) {
    CupWide sums[2] = { {0, 0}, {0, 0}
    };
    gsize part = MIN (size, BLOCK);

    sum_block (sums, secret, data, part);
    hash = cup_wide_multiply_add (hash, place, sums[0]);
    hash = cup_wide_multiply_add (hash, place, sums[1]);
    data += part;
    size -= part;
  }
  return hash;
}

/* Once more by the secret place: a sum of the last block is not to be seen. */
static void
finish (CupWide hash, const Secret * secret, CupFingerprint * fingerprint)
{
  const CupWide zero = { 0, 0 };

  hash = cup_wide_multiply_add (hash, get_place (secret), zero);
  memcpy (fingerprint->bytes, &hash.high, 8);
  memcpy (fingerprint->bytes + 8, &hash.low, 8);
}

static CupWide
add_rows (CupWide hash, const Secret * secret, const CupPixels * pixels)
{
  gsize size = (gsize) pixels->width * pixels->channels * (pixels->depth / 8);
  guint y;

  for (y = 0; y < pixels->height; y++)
    hash = add_row (hash, secret, cup_pixels_row (pixels, y), size);
  return hash;
}

void
cup_fingerprint_pixels (const CupPixels * pixels, CupFingerprint * fingerprint)
{
  const Secret *secret = get_secret ();
  CupWide hash;

  hash.high = (guint64) 'P' << 32 | pixels->channels << 8 | pixels->depth;
  hash.low = (guint64) pixels->width << 32 | pixels->height;
  finish (add_rows (hash, secret, pixels), secret, fingerprint);
}

void
cup_fingerprint_yuv (const CupYuv * yuv, CupFingerprint * fingerprint)
{
  const Secret *secret = get_secret ();
  guint form = 0, i;
  CupWide hash;

  if (yuv->half_width)
    form |= yuv->cosited_x ? 3 : 1;
  if (yuv->half_height)
    form |= yuv->cosited_y ? 3 << 2 : 1 << 2;
  hash.high = (guint64) 'Y' << 32 | form;
  hash.low = (guint64) cup_yuv_get_width (yuv) << 32 | cup_yuv_get_height (yuv);
  for (i = 0; i < 3; i++)
    hash = add_rows (hash, secret, yuv->planes[i]);
  finish (hash, secret, fingerprint);
}

void
cup_fingerprint_bytes (GBytes * bytes, CupFingerprint * fingerprint)
{
  const Secret *secret = get_secret ();
  gconstpointer data;
  CupWide hash;
  gsize size;

  data = g_bytes_get_data (bytes, &size);
  hash.high = (guint64) 'E' << 32;
  hash.low = size;
  hash = add_row (hash, secret, data, size);
  finish (hash, secret, fingerprint);
}
