/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Any bytes at all as a stream of events: it must mean the same in whatever
 * pieces it comes, and keep the limit.
 *
 * The first byte of the input gives the limit and the size of the pieces.
 */
#include <string.h>

#include "base/error.h"
#include "net/sse.h"

int LLVMFuzzerTestOneInput (const guint8 * data, size_t size);

typedef struct
{
  gsize limit;
  GString *events;
} Record;

static void
take_event (const gchar * type, GBytes * data, gpointer user_data)
{
  Record *record = user_data;
  gsize size;
  const gchar *bytes = g_bytes_get_data (data, &size);

  g_assert_cmpuint (size, <=, record->limit);
  g_assert_true (*type && g_utf8_validate (type, -1, NULL));
  g_assert_true (!memchr (bytes, '\r', size));
  g_string_append_printf (record->events, "%s:%" G_GSIZE_FORMAT ":", type,
      size);
  g_string_append_len (record->events, bytes, size);
}

static gboolean
run (Record * record, const guint8 * data, gsize size, gsize piece)
{
  CupSse *sse = cup_sse_new (record->limit, take_event, record);
  GError *error = NULL;
  gboolean fits = TRUE;
  gsize position;

  for (position = 0; fits && position < size; position += piece)
    fits = cup_sse_feed (sse, data + position, MIN (piece, size - position),
        &error);
  g_assert_true (fits == (error == NULL));
  if (error)
    g_assert_error (error, CUP_ERROR, CUP_ERROR_TOO_LARGE);
  g_clear_error (&error);
  cup_sse_free (sse);
  return fits;
}

int
LLVMFuzzerTestOneInput (const guint8 * data, size_t size)
{
  Record whole, pieces;

  if (size == 0)
    return 0;
  whole.limit = pieces.limit = 8 << (data[0] & 7);
  whole.events = g_string_new (NULL);
  pieces.events = g_string_new (NULL);

  g_assert_true (run (&whole, data + 1, size - 1, MAX (size - 1, 1))
      == run (&pieces, data + 1, size - 1, (data[0] >> 3) + 1));
  g_assert_true (g_string_equal (whole.events, pieces.events));
  g_string_free (whole.events, TRUE);
  g_string_free (pieces.events, TRUE);
  return 0;
}
