/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Server-sent events: what a stream means, however it is cut into pieces, and
 * how much of it is held.
 */
#include <string.h>

#include "base/error.h"
#include "net/sse.h"

#define LIMIT 1024

/* Writes events down as "type=data;". */
static void
write_down (const gchar * type, GBytes * data, gpointer user_data)
{
  gsize size;
  const gchar *bytes = g_bytes_get_data (data, &size);

  g_string_append_printf (user_data, "%s=", type);
  g_string_append_len (user_data, bytes, size);
  g_string_append_c (user_data, ';');
}

static void
feed (CupSse * sse, const gchar * text, gsize size)
{
  GError *error = NULL;
  /* A copy of its own, for what checks memory. */
  guint8 *copy = g_memdup2 (text, size);

  g_assert_true (cup_sse_feed (sse, copy, size, &error));
  g_assert_no_error (error);
  g_free (copy);
}

static const struct
{
  const gchar *name, *stream, *events;
} streams[] = {
  {"simple", "data: a\n\n", "message=a;"},
  {"no-space", "data:a\n\n", "message=a;"},
  {"one-space-only", "data:  a\n\n", "message= a;"},
  {"type", "event: x\ndata: a\n\n", "x=a;"},
  {"type-after", "data: a\nevent: x\n\n", "x=a;"},
  {"last-type", "event: x\nevent: y\ndata: a\n\n", "y=a;"},
  {"type-for-one-only", "event: x\ndata: a\n\ndata: b\n\n", "x=a;message=b;"},
  {"type-without-data", "event: x\n\ndata: b\n\n", "message=b;"},
  {"empty-type", "event\ndata: a\n\n", "message=a;"},
  {"type-not-utf8", "event: \xff\ndata: a\n\n", "\xef\xbf\xbd=a;"},
  {"lines", "data: a\ndata: b\ndata:\ndata: c\n\n", "message=a\nb\n\nc;"},
  {"empty-data", "data\n\n", "message=;"},
  {"empty-data-colon", "data:\n\n", "message=;"},
  {"two-empty-data", "data\ndata\n\n", "message=\n;"},
  {"not-ended", "data: a\n\ndata: b\n", "message=a;"},
  {"not-ended-line", "data: a\n\ndata: b", "message=a;"},
  {"crlf", "event: x\r\ndata: a\r\ndata: b\r\n\r\n", "x=a\nb;"},
  {"cr", "event: x\rdata: a\rdata: b\r\r", "x=a\nb;"},
  {"mixed-ends", "data: a\r\ndata: b\rdata: c\n\r\ndata: d\r\n\n",
      "message=a\nb\nc;message=d;"},
  {"comments", ": hi\n:\ndata: a\n: in between\n\n: x\n\n", "message=a;"},
  {"unknown", "id: 7\nretry: 10\nfoo: bar\ndata: a\nbaz\n\n", "message=a;"},
  {"case-counts", "Data: a\nDATA: b\ndata : c\n data: d\ndata: e\n\n",
      "message=e;"},
  {"colon-in-data", "data: {\"a\": 1}\n\n", "message={\"a\": 1};"},
  {"byte-order-mark", "\xef\xbb\xbf" "data: a\n\n", "message=a;"},
  {"second-byte-order-mark", "\xef\xbb\xbf\xef\xbb\xbf" "data: a\n\n", ""},
  {"late-byte-order-mark", "\n\xef\xbb\xbf" "data: a\n\ndata: b\n\n",
      "message=b;"},
  {"empty-lines", "\n\n\r\n\r\rdata: a\n\n\n\n", "message=a;"},
  {"nothing", "", ""},
};

static void
test_streams (void)
{
  gsize i, piece, size, position;

  for (i = 0; i < G_N_ELEMENTS (streams); i++) {
    size = strlen (streams[i].stream);
    for (piece = 1; piece <= MAX (size, 1); piece++) {
      GString *events = g_string_new (NULL);
      CupSse *sse = cup_sse_new (LIMIT, write_down, events);

      for (position = 0; position < size; position += piece)
        feed (sse, streams[i].stream + position, MIN (piece, size - position));
      g_test_message ("%s in pieces of %" G_GSIZE_FORMAT, streams[i].name,
          piece);
      g_assert_cmpstr (events->str, ==, streams[i].events);
      cup_sse_free (sse);
      g_string_free (events, TRUE);
    }
  }
}

/* An event is there with the CR of its empty line, not with what follows. */
static void
test_at_once (void)
{
  GString *events = g_string_new (NULL);
  CupSse *sse = cup_sse_new (LIMIT, write_down, events);

  feed (sse, "data: a\r\n\r", 10);
  g_assert_cmpstr (events->str, ==, "message=a;");
  feed (sse, "\n", 1);
  feed (sse, "data: b\n", 8);
  g_assert_cmpstr (events->str, ==, "message=a;");
  feed (sse, "\n", 1);
  g_assert_cmpstr (events->str, ==, "message=a;message=b;");
  cup_sse_free (sse);
  g_string_free (events, TRUE);
}

/* Data may hold anything but ends of lines. */
static void
take_binary (const gchar * type, GBytes * data, gpointer user_data)
{
  const gchar expected[] = { 'a', '\0', '\xff', 'b' };

  g_assert_cmpmem (g_bytes_get_data (data, NULL), g_bytes_get_size (data),
      expected, sizeof (expected));
  (*(guint *) user_data)++;
}

static void
test_binary (void)
{
  guint count = 0;
  CupSse *sse = cup_sse_new (LIMIT, take_binary, &count);

  feed (sse, "data:a\0\xff" "b\n\n", 11);
  g_assert_cmpuint (count, ==, 1);
  cup_sse_free (sse);
}

static void
count_events (const gchar * type, GBytes * data, gpointer user_data)
{
  (*(guint *) user_data)++;
}

static void
test_limit (void)
{
  const struct
  {
    const gchar *begin;         /* then as many 'x' as are wanted */
    gsize size;
    const gchar *end;
    gboolean fits;
  } cases[] = {
    {"data:", LIMIT - 5, "\n\n", TRUE},
    {"data:", LIMIT - 4, "\n\n", FALSE},
    {"data:", LIMIT - 4, "", FALSE},
    {"data:a\ndata:", LIMIT - 11, "\n\n", TRUE},
    {"data:a\ndata:", LIMIT - 10, "\n\n", FALSE},
    {"event:", LIMIT - 6, "\n\n", TRUE},
    {"event:", LIMIT - 5, "", FALSE},
    {":", LIMIT - 1, "\n", TRUE},
    {":", LIMIT, "", FALSE},
    {"foo", LIMIT, "", FALSE},
    /* The one before does not count. */
    {"data:aaaaaaaaaaaaaaaa\n\ndata:", LIMIT - 5, "\n\n", TRUE},
  };
  gsize i, piece;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    gchar *middle = g_strnfill (cases[i].size, 'x');
    gchar *text = g_strconcat (cases[i].begin, middle, cases[i].end, NULL);
    gsize size = strlen (text), position;

    for (piece = 1; piece <= size; piece = piece * 3 + 1) {
      guint count = 0;
      CupSse *sse = cup_sse_new (LIMIT, count_events, &count);
      GError *error = NULL;
      gboolean fits = TRUE;

      for (position = 0; fits && position < size; position += piece)
        fits = cup_sse_feed (sse, (const guint8 *) text + position,
            MIN (piece, size - position), &error);
      g_assert_cmpint (fits, ==, cases[i].fits);
      if (!fits) {
        g_assert_error (error, CUP_ERROR, CUP_ERROR_TOO_LARGE);
        g_assert_nonnull (strstr (error->message, "1024"));
        g_clear_error (&error);
        /* It stays so. */
        g_assert_false (cup_sse_feed (sse, (const guint8 *) "\n\n", 2, NULL));
      } else {
        g_assert_no_error (error);
      }
      cup_sse_free (sse);
    }
    g_free (text);
    g_free (middle);
  }
}

/* Hours of a stream that only shows that it is alive. */
static void
test_comments_for_ever (void)
{
  guint count = 0, i;
  CupSse *sse = cup_sse_new (LIMIT, count_events, &count);

  feed (sse, "data: a\n", 8);
  for (i = 0; i < 10000; i++)
    feed (sse, ": ping\n", 7);
  feed (sse, "\n", 1);
  g_assert_cmpuint (count, ==, 1);
  cup_sse_free (sse);
}

/* 16 MiB of data in one line, byte by byte: what is quadratic takes hours. */
static void
test_linear (void)
{
  const gsize size = 16 << 20;
  GString *events = g_string_new (NULL);
  CupSse *sse = cup_sse_new (size + 5, write_down, events);
  gsize i;

  g_assert_true (cup_sse_feed (sse, (const guint8 *) "data:", 5, NULL));
  for (i = 0; i < size; i++)
    g_assert_true (cup_sse_feed (sse, (const guint8 *) "x", 1, NULL));
  g_assert_true (cup_sse_feed (sse, (const guint8 *) "\n\n", 2, NULL));
  g_assert_cmpuint (events->len, ==, size + strlen ("message=;"));
  cup_sse_free (sse);
  g_string_free (events, TRUE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sse/streams", test_streams);
  g_test_add_func ("/sse/at-once", test_at_once);
  g_test_add_func ("/sse/binary", test_binary);
  g_test_add_func ("/sse/limit", test_limit);
  g_test_add_func ("/sse/comments-for-ever", test_comments_for_ever);
  g_test_add_func ("/sse/linear", test_linear);
  return g_test_run ();
}
