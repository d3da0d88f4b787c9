/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The two ways of PNG: by libpng, which has the last word on what a file is
 * worth, and the fast one for the kinds of files that matter. Private to this
 * folder, and for tests that compare the two.
 */
#pragma once

#include <string.h>

#include "codecs.h"

G_BEGIN_DECLS

#define CUP_PNG_SIGNATURE "\x89PNG\r\n\x1a\n"
#define CUP_PNG_SIGNATURE_SIZE 8
/* Length and type before a chunk's data, checksum behind. */
#define CUP_PNG_CHUNK_HEADER_SIZE 8
#define CUP_PNG_CHUNK_OVERHEAD 12
#define CUP_PNG_CHUNK_LENGTH_MAX 0x7fffffff
#define CUP_PNG_IHDR_LENGTH 13

/* As the format numbers them. */
#define CUP_PNG_GRAY 0
#define CUP_PNG_RGB 2
#define CUP_PNG_PALETTE 3
#define CUP_PNG_GRAY_ALPHA 4
#define CUP_PNG_RGB_ALPHA 6

static inline guint
cup_png_color_type (guint channels)
{
  static const guint8 types[] = { CUP_PNG_GRAY, CUP_PNG_GRAY_ALPHA, CUP_PNG_RGB,
    CUP_PNG_RGB_ALPHA
  };

  return types[channels - 1];
}

/* Bounds what a chunk that is not skipped may claim to hold, but for IDAT, which
 * has a bound from the picture's size where that is larger. */
#define CUP_PNG_CHUNK_MALLOC_MAX (64 * 1024 * 1024)

/* Returns whether the chunk of @type has no part in the pixels. Such a chunk is
 * passed over whatever it holds, with a wrong checksum too: damage in a comment
 * is no reason to lose the picture, and code that is not run has no bugs. Of the
 * ancillary chunks only tRNS changes pixels. */
static inline gboolean
cup_png_is_skipped (const guint8 * type)
{
  return g_ascii_islower (type[0]) && g_ascii_isalpha (type[1])
      && g_ascii_isalpha (type[2]) && g_ascii_isalpha (type[3])
      && memcmp (type, "tRNS", 4) != 0;
}

/* As cup_png_decode(), which has read the header. */
gboolean cup_png_decode_by_libpng (const guint8 * data, gsize size,
    CupPixels * pixels, GError ** error);
/* @level as in cup_image_encode_png(). */
GBytes *cup_png_encode_by_libpng (const CupPixels * pixels, guint level,
    GError ** error);

/* Decodes what is in the plainest order and has nothing wrong with it: 8 or 16
 * bits, or a palette with 8, without interlacing. FALSE for all else, with
 * anything in @pixels: libpng can tell what it is. */
gboolean cup_png_read (const guint8 * data, gsize size, CupPixels * pixels);
/* The same, row by row; rows may have been taken where it is FALSE. */
gboolean cup_png_read_rows (const guint8 * data, gsize size,
    const CupImageInfo * info, CupConvertRows * rows);

/* FALSE where this build has no library for @level, or memory cannot be had;
 * @buffer is to be cleared then. */
gboolean cup_png_write (const CupPixels * pixels, guint level,
    CupImageBuffer * buffer);

G_END_DECLS
