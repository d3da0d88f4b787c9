/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bodies that are too large.
 */
#include "filler.h"

#include <string.h>
#include <gio/gio.h>

#define BOMB_SIZE (200 * 1000 * 1000)
/* Fast, and small enough for any limit on what comes over the wire. */
#define BOMB_LEVEL 1
#define BLOCK_SIZE 50000

/* Pictures begin like one, so that the length is what a client has to trip
 * over; JSON is blanks, which a parser would take for ever. */
static const CupServiceFiller fillers[CUP_SERVICE_N_FORMS] = {
  [CUP_SERVICE_FORM_OBJECT] = {"application/json", "{", ' '},
  [CUP_SERVICE_FORM_EVENTS] = {"text/event-stream", "data: {", ' '},
  [CUP_SERVICE_FORM_PICTURE] = {"image/png", "\x89PNG\r\n\x1a\n", 0},
};

const CupServiceFiller *
cup_service_filler_for_stage (CupFalStage stage)
{
  switch (stage) {
    case CUP_FAL_STAGE_STREAM:
      return &fillers[CUP_SERVICE_FORM_EVENTS];
    case CUP_FAL_STAGE_DOWNLOAD:
      return &fillers[CUP_SERVICE_FORM_PICTURE];
    default:
      return &fillers[CUP_SERVICE_FORM_OBJECT];
  }
}

/* Until all of @data is taken, and with @flags until there is nothing more to
 * come of it. */
static void
compress (GConverter * converter, const guint8 * data, gsize size,
    GConverterFlags flags, GByteArray * out)
{
  gboolean end = flags == G_CONVERTER_INPUT_AT_END;
  GConverterResult result;
  guint8 buffer[16384];
  gsize read, written;

  do {
    result = g_converter_convert (converter, data, size, buffer,
        sizeof (buffer), flags, &read, &written, NULL);
    g_assert (result != G_CONVERTER_ERROR);
    g_byte_array_append (out, buffer, written);
    data += read;
    size -= read;
  } while (size > 0 || (end && result != G_CONVERTER_FINISHED));
}

static GBytes *
make_bomb (const CupServiceFiller * filler)
{
  GConverter *converter =
      G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP,
          BOMB_LEVEL));
  GByteArray *bomb = g_byte_array_new ();
  guint8 block[BLOCK_SIZE];
  guint i;

  compress (converter, (const guint8 *) filler->opening,
      strlen (filler->opening), G_CONVERTER_NO_FLAGS, bomb);
  memset (block, filler->byte, sizeof (block));
  for (i = 0; i < BOMB_SIZE / BLOCK_SIZE; i++)
    compress (converter, block, sizeof (block), G_CONVERTER_NO_FLAGS, bomb);
  compress (converter, block, 0, G_CONVERTER_INPUT_AT_END, bomb);
  g_object_unref (converter);
  return g_byte_array_free_to_bytes (bomb);
}

GBytes *
cup_service_filler_get_bomb (const CupServiceFiller * filler)
{
  /* Of the process: a test may have a service for each of its cases. */
  static GBytes *bombs[CUP_SERVICE_N_FORMS];
  static GMutex mutex;
  GBytes **bomb = &bombs[filler - fillers];

  g_mutex_lock (&mutex);
  if (!*bomb)
    *bomb = make_bomb (filler);
  g_mutex_unlock (&mutex);
  return *bomb;
}
