/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SHA-256, whichever library it is made by: by the standard's examples, and
 * wherever the data is cut.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <sys/mman.h>

#include "store/digest.h"

static gchar *
to_text (const guint8 * digest)
{
  GString *text = g_string_new (NULL);
  guint i;

  for (i = 0; i < CUP_DIGEST_SIZE; i++)
    g_string_append_printf (text, "%02x", digest[i]);
  return g_string_free (text, FALSE);
}

/* In pieces of @step bytes. */
static gchar *
digest_in_steps (const guint8 * data, gsize size, gsize step)
{
  CupDigest *state = cup_digest_new ();
  guint8 digest[CUP_DIGEST_SIZE];

  while (size > 0) {
    gsize part = MIN (size, step);

    cup_digest_update (state, data, part);
    data += part;
    size -= part;
  }
  cup_digest_finish (state, digest);
  return to_text (digest);
}

static void
assert_digest (const gchar * data, gsize size, const gchar * expected)
{
  GBytes *bytes = g_bytes_new_static (data, size);
  guint8 digest[CUP_DIGEST_SIZE];
  gchar *text;

  cup_digest_bytes (bytes, digest);
  text = to_text (digest);
  g_assert_cmpstr (text, ==, expected);
  g_free (text);
  g_bytes_unref (bytes);
}

/* FIPS 180-4 refers to them. */
static void
test_examples (void)
{
  static const gchar two_blocks[] =
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
  gchar *million = g_strnfill (1000000, 'a');

  assert_digest ("", 0,
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  assert_digest ("abc", 3,
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  assert_digest (two_blocks, strlen (two_blocks),
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  assert_digest (million, 1000000,
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  g_free (million);
}

/* Sizes around the borders of blocks of 64 bytes, of which the last holds the
 * length where there is room for it, and pieces of all of these sizes. */
static void
test_borders (void)
{
  static const gsize steps[] = { 1, 7, 55, 56, 63, 64, 65, 128, 1000 };
  guint8 data[320];
  gsize size, i;

  for (i = 0; i < sizeof (data); i++)
    data[i] = (guint8) (i * 151 + 3);
  for (size = 0; size <= sizeof (data); size++) {
    gchar *expected = g_compute_checksum_for_data (G_CHECKSUM_SHA256, data,
        size);

    for (i = 0; i < G_N_ELEMENTS (steps); i++) {
      gchar *text = digest_in_steps (data, size, steps[i]);

      g_assert_cmpstr (text, ==, expected);
      g_free (text);
    }
    g_free (expected);
  }
}

/* Addresses at which nothing is aligned. */
static void
test_places (void)
{
  guint8 data[256 + 32] = { 0, };
  gchar *expected;
  gsize i;

  expected = g_compute_checksum_for_data (G_CHECKSUM_SHA256, data, 256);
  for (i = 0; i < 32; i++) {
    gchar *text = digest_in_steps (data + i, 256, 256);

    g_assert_cmpstr (text, ==, expected);
    g_free (text);
  }
  g_free (expected);
}

/* A length in bytes that no int holds, in bits no guint32. Memory that is never
 * written to takes none. */
static void
test_long (void)
{
  const gsize size = ((gsize) 1 << 31) + 65;
  gpointer zeros;
  gchar *text;

#ifndef HAVE_NETTLE
  if (!g_test_slow ()) {
    g_test_skip ("takes a quarter of a minute with GLib's");
    return;
  }
#endif
  zeros = mmap (NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS
      | MAP_NORESERVE, -1, 0);
  if (zeros == MAP_FAILED) {
    g_test_skip ("no address space of 2 GiB");
    return;
  }
  text = digest_in_steps (zeros, size, size);
  g_assert_cmpstr (text, ==,
      "22a637d779e99804d019b5d604210f2bfc664571d2e507a1d1fdeb68da569d04");
  g_free (text);
  munmap (zeros, size);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/store/digest/examples", test_examples);
  g_test_add_func ("/store/digest/borders", test_borders);
  g_test_add_func ("/store/digest/places", test_places);
  g_test_add_func ("/store/digest/long", test_long);
  return g_test_run ();
}
