/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The parser of server-sent events: see sse.h.
 *
 * Lines are looked at where they lie. Only what is left of one at the end of a
 * piece is copied, so that each byte is read once and copied at most twice.
 */
#include "sse.h"

#include <string.h>

#include "base/error.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

struct _CupSse
{
  gsize max_size;
  CupSseEvent func;
  gpointer user_data;

  GByteArray *line;             /* what has come of it in earlier pieces */
  GByteArray *data;             /* of the event; each line with its end */
  gchar *type;
  gsize size;                   /* of the event's complete lines */
  gboolean started;             /* past the first line */
  gboolean after_cr;            /* a LF belongs to the line before */
  gboolean failed;
};

CupSse *
cup_sse_new (gsize max_size, CupSseEvent func, gpointer user_data)
{
  CupSse *sse = g_new0 (CupSse, 1);

  /* Within what a GByteArray can hold. */
  sse->max_size = MIN (max_size, G_MAXINT);
  sse->func = func;
  sse->user_data = user_data;
  sse->line = g_byte_array_new ();
  sse->data = g_byte_array_new ();
  return sse;
}

void
cup_sse_free (CupSse * sse)
{
  g_byte_array_unref (sse->line);
  g_byte_array_unref (sse->data);
  g_free (sse->type);
  g_free (sse);
}

static gboolean
is_name (const guint8 * name, gsize length, const gchar * expected)
{
  return length == strlen (expected) && memcmp (name, expected, length) == 0;
}

static void
dispatch (CupSse * sse)
{
  GByteArray *data = sse->data;
  gchar *type = g_steal_pointer (&sse->type);
  GBytes *bytes;

  sse->size = 0;
  /* Without any data line it is none, whatever its type. */
  if (data->len > 0) {
    sse->data = g_byte_array_new ();
    /* The end of the last line is not part of it. */
    g_byte_array_set_size (data, data->len - 1);
    bytes = g_byte_array_free_to_bytes (data);
    sse->func (type && *type ? type : "message", bytes, sse->user_data);
    g_bytes_unref (bytes);
  }
  g_free (type);
}

/* "name: value", "name:value" or "name". What the client would need in order to
 * come back later, "id" and "retry", is not used. */
static void
take_field (CupSse * sse, const guint8 * line, gsize length)
{
  const guint8 *colon = memchr (line, ':', length);
  gsize name_length = colon ? (gsize) (colon - line) : length;
  const guint8 *value = line + name_length;
  gsize value_length = length - name_length;

  if (value_length > 0) {
    value++;
    value_length--;
  }
  if (value_length > 0 && *value == ' ') {
    value++;
    value_length--;
  }

  if (is_name (line, name_length, "data")) {
    g_byte_array_append (sse->data, value, value_length);
    g_byte_array_append (sse->data, (const guint8 *) "\n", 1);
  } else if (is_name (line, name_length, "event")) {
    g_free (sse->type);
    sse->type = g_utf8_make_valid ((const gchar *) value, value_length);
  }
}

static void
take_line (CupSse * sse, const guint8 * line, gsize length)
{
  if (!sse->started && length >= 3 && memcmp (line, BYTE_ORDER_MARK, 3) == 0) {
    line += 3;
    length -= 3;
  }
  sse->started = TRUE;

  if (length == 0) {
    dispatch (sse);
  } else if (*line != ':') {
    /* Comments do not count: they keep a quiet stream alive for hours. */
    sse->size += length;
    take_field (sse, line, length);
  }
}

/* Up to the next end of a line, or all where there is none. */
static gsize
find_end (const guint8 * data, gsize size)
{
  gsize i;

  for (i = 0; i < size && data[i] != '\n' && data[i] != '\r'; i++);
  return i;
}

gboolean
cup_sse_feed (CupSse * sse, const guint8 * data, gsize size, GError ** error)
{
  gsize length;

  while (size > 0 && !sse->failed) {
    if (sse->after_cr && *data == '\n') {
      sse->after_cr = FALSE;
      data++;
      size--;
      continue;
    }
    sse->after_cr = FALSE;

    length = find_end (data, size);
    /* One after the other, so that nothing can overflow. */
    if (sse->size > sse->max_size
        || sse->line->len > sse->max_size - sse->size
        || length > sse->max_size - sse->size - sse->line->len) {
      sse->failed = TRUE;
      break;
    }
    if (sse->line->len > 0 || length == size)
      g_byte_array_append (sse->line, data, length);
    if (length == size)
      break;

    sse->after_cr = data[length] == '\r';
    if (sse->line->len > 0)
      take_line (sse, sse->line->data, sse->line->len);
    else
      take_line (sse, data, length);
    g_byte_array_set_size (sse->line, 0);
    data += length + 1;
    size -= length + 1;
  }

  if (sse->failed)
    g_set_error (error, CUP_ERROR, CUP_ERROR_TOO_LARGE,
        "an event of the stream has more than the %" G_GSIZE_FORMAT " bytes "
        "that are the limit", sse->max_size);
  return !sse->failed;
}
