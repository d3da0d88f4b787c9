/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How fast pictures are told apart: SHA-256 by the library that the store uses
 * and by GLib's, and fingerprints, over 8 MiB, which is a picture of 1080p.
 */
#include <string.h>

#include "image/fingerprint.h"
#include "store/digest.h"

#define WIDTH 2048
#define HEIGHT 1024
#define SIZE (WIDTH * HEIGHT * 4)
#define ROUNDS 5

typedef void (*Measured) (GBytes * bytes);

static CupPixels *pixels;

static void
run_digest (GBytes * bytes)
{
  guint8 digest[CUP_DIGEST_SIZE];

  cup_digest_bytes (bytes, digest);
}

static void
run_glib (GBytes * bytes)
{
  g_free (g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes));
}

static void
run_fingerprint (GBytes * bytes)
{
  CupFingerprint fingerprint;

  cup_fingerprint_bytes (bytes, &fingerprint);
}

static void
run_pixels (GBytes * bytes)
{
  CupFingerprint fingerprint;

  cup_fingerprint_pixels (pixels, &fingerprint);
}

/* The best of some rounds. */
static void
measure (const gchar * what, Measured run, GBytes * bytes)
{
  gdouble best = G_MAXDOUBLE;
  guint i;

  for (i = 0; i < ROUNDS; i++) {
    gint64 start = g_get_monotonic_time ();
    gdouble seconds;

    run (bytes);
    seconds = (gdouble) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;
    best = MIN (best, seconds);
  }
  g_print ("%-22s %6.0f MB/s\n", what, SIZE / best / 1e6);
}

int
main (void)
{
  guint8 *data = g_malloc (SIZE);
  GBytes *bytes;
  guint i;

  for (i = 0; i < SIZE; i++)
    data[i] = (guint8) (i * 2654435761u >> 24);
  pixels = cup_pixels_new (WIDTH, HEIGHT, 4, 8, NULL);
  memcpy (pixels->data, data, SIZE);
  bytes = g_bytes_new_take (data, SIZE);
  measure ("SHA-256 of the store", run_digest, bytes);
  measure ("SHA-256 of GLib", run_glib, bytes);
  measure ("fingerprint, bytes", run_fingerprint, bytes);
  measure ("fingerprint, pixels", run_pixels, bytes);
  cup_pixels_unref (pixels);
  g_bytes_unref (bytes);
  return 0;
}
