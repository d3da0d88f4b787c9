/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A picture in memory: what codecs read and write, and engines work on.
 *
 * Samples are interleaved, gamma-encoded as they came (nothing here changes
 * the transfer function), full range; 16-bit samples are in the machine's
 * byte order; alpha is straight (not premultiplied) and comes last.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The largest picture that this project handles at all: what every size from
 * outside is checked against before it is used for anything. Engines and
 * callers set lower limits of their own. */
#define CUP_PIXELS_MAX_SIDE 65535
#define CUP_PIXELS_MAX_COUNT (G_GUINT64_CONSTANT (1) << 28)

/**
 * CupPixels:
 * @width: in pixels, 1…CUP_PIXELS_MAX_SIDE
 * @height: in rows, 1…CUP_PIXELS_MAX_SIDE; width × height is at most
 *   CUP_PIXELS_MAX_COUNT
 * @channels: 1 (gray), 3 (RGB) or 4 (RGBA); 2 (gray and alpha) only on the way into a
 *   PNG file
 * @depth: bits per sample, 8 or 16
 * @stride: bytes from one row to the next, a multiple of 4 (GStreamer's
 *   default stride, so that a frame can take the memory over as it is)
 * @data: (array): stride × height bytes, aligned to 64
 *
 * Reference counted; may be read from any thread once it is filled.
 */
typedef struct
{
  guint width;
  guint height;
  guint channels;
  guint depth;
  gsize stride;
  guint8 *data;

  /*< private > */
  gint ref_count;
} CupPixels;

/* New picture with uninitialised samples; NULL with CUP_ERROR_TOO_LARGE where
 * the size is over the limits above or memory cannot be had, and with
 * CUP_ERROR_UNSUPPORTED for other channels or depths. */
CupPixels *cup_pixels_new (guint width, guint height, guint channels,
    guint depth, GError ** error);
CupPixels *cup_pixels_ref (CupPixels * pixels);
void cup_pixels_unref (CupPixels * pixels);

/* Bytes of stride × height. Never overflows: checked when it was made. */
gsize cup_pixels_get_size (const CupPixels * pixels);

/* Checks a size that came from outside against a limit. @max_count is the
 * largest allowed width × height, at most CUP_PIXELS_MAX_COUNT, 0 for that.
 * @what names the thing in the error ("PNG image", "result"). */
gboolean cup_pixels_check_size (guint64 width, guint64 height,
    guint64 max_count, const gchar * what, GError ** error);

/* Whether every sample but alpha is at most 2/255 of the range: black, as far as
 * a lossy format keeps it. Ends at the first few pixels that are brighter. */
gboolean cup_pixels_is_black (const CupPixels * pixels);

/* Whether red, green and blue are the same everywhere. */
gboolean cup_pixels_is_gray (const CupPixels * pixels);

/* Whether nothing that can be seen is lost with alpha: there is none, or all of
 * it is what 8 bits have as 255. */
gboolean cup_pixels_is_opaque (const CupPixels * pixels);

static inline guint8 *
cup_pixels_row (const CupPixels * pixels, guint y)
{
  return pixels->data + (gsize) y * pixels->stride;
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CupPixels, cup_pixels_unref);

G_END_DECLS
