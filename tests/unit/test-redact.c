/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * No form of a key survives in what is shown; URLs keep their rule.
 */
#include <string.h>

#include "base/error.h"
#include "net/backoff.h"
#include "net/redact.h"
#include "net/url.h"

#define ID "3f2b8c1e-0000-4a7c"
#define SECRET "s3cr3t/with+chars=and\"quotes"
#define KEY ID ":" SECRET

static void
check_gone (const gchar * text)
{
  gchar *redacted = cup_redact (text, KEY);

  g_assert_nonnull (strstr (redacted, CUP_REDACTED));
  g_assert_null (strstr (redacted, "s3cr3t"));
  g_assert_null (strstr (redacted, "quotes"));
  g_free (redacted);
}

static void
test_forms (void)
{
  gchar *escaped = g_uri_escape_string (KEY, NULL, FALSE);
  gchar *lower = g_ascii_strdown (escaped, -1);
  gchar *text;

  check_gone (KEY);
  check_gone ("Authorization: Key " KEY "\r\nAccept: x");
  check_gone ("only the half " SECRET);
  check_gone (SECRET SECRET);
  check_gone (escaped);
  text = g_strconcat ("?key=", lower, "&x", NULL);
  check_gone (text);
  g_free (text);
  check_gone ("{\"detail\":\"bad key s3cr3t/with+chars=and\\\"quotes\"}");
  check_gone ("{\"detail\":\"bad key s3cr3t\\/with+chars=and\\\"quotes\"}");
  g_free (escaped);
  g_free (lower);
}

static void
check_base64 (const gchar * secret, const gchar * tail)
{
  gchar *whole = g_strconcat (secret, tail, NULL);
  gchar *encoded = g_base64_encode ((const guchar *) whole, strlen (whole));
  gchar *text = g_strdup_printf ("Basic %s, and so on", encoded);
  gchar *redacted = cup_redact (text, KEY);

  g_assert_cmpstr (redacted, ==, "Basic " CUP_REDACTED ", and so on");
  g_free (redacted);
  g_free (text);
  g_free (encoded);
  g_free (whole);
}

static void
test_base64 (void)
{
  check_base64 (KEY, "");
  check_base64 (SECRET, "");
  check_base64 (KEY, "\n");
  check_base64 (KEY, "more");
}

static void
test_untouched (void)
{
  gchar *text = cup_redact ("a plain text", KEY);

  g_assert_cmpstr (text, ==, "a plain text");
  g_free (text);
  text = cup_redact ("a plain text", NULL);
  g_assert_cmpstr (text, ==, "a plain text");
  g_free (text);
  text = cup_redact ("a plain text", "");
  g_assert_cmpstr (text, ==, "a plain text");
  g_free (text);
  /* A half of two letters would replace half of all words. */
  text = cup_redact ("id:in and in", "id:in");
  g_assert_cmpstr (text, ==, CUP_REDACTED " and in");
  g_free (text);
}

static void
check_url (const gchar * url, const gchar * expected)
{
  gchar *shown = cup_redact_url (url);

  g_assert_cmpstr (shown, ==, expected);
  g_free (shown);
}

static void
test_url (void)
{
  gchar *huge = g_strnfill (10000, 'x');
  gchar *url = g_strconcat ("https://host/", huge, "?key=1", NULL);
  gchar *shown;

  check_url ("https://fal.run/a/b", "https://fal.run/a/b");
  check_url ("https://u:p@fal.run:8/a?b=c#d", "https://fal.run:8/a?…");
  check_url ("https://u:p@q@fal.run/a@b", "https://fal.run/a@b");
  check_url ("https://u:p@fal.run?x", "https://fal.run?…");
  check_url ("https://h/a#b?c", "https://h/a");
  check_url ("https://h/a\nb\x01", "https://h/a_b_");
  check_url ("data:image/png;base64,AAAA", "data:…");
  check_url ("u:p@host/path", "(no URL)");
  check_url ("", "(no URL)");
  shown = cup_redact_url (url);
  g_assert_cmpuint (strlen (shown), <, 400);
  g_assert_true (g_str_has_suffix (shown, "?…"));
  g_free (shown);
  g_free (url);
  g_free (huge);
}

static void
check_rule (const gchar * url, gboolean valid)
{
  GError *error = NULL;
  GUri *uri = cup_url_parse (url, &error);

  if (valid) {
    g_assert_no_error (error);
    g_uri_unref (uri);
  } else {
    g_assert_error (error, CUP_ERROR, CUP_ERROR_SETTINGS);
    g_assert_null (strstr (error->message, "hunter2"));
    g_clear_error (&error);
    g_assert_null (uri);
  }
}

static void
test_rule (void)
{
  check_rule ("https://queue.fal.run", TRUE);
  check_rule ("HTTPS://queue.fal.run/a?b=%2F", TRUE);
  check_rule ("http://127.0.0.1:8080/x", TRUE);
  check_rule ("http://127.9.9.9/x", TRUE);
  check_rule ("http://[::1]:80/x", TRUE);
  check_rule ("http://LocalHost/x", TRUE);
  check_rule ("http://queue.fal.run", FALSE);
  check_rule ("http://127.0.0.1.example.org/", FALSE);
  check_rule ("http://localhost.example.org/", FALSE);
  check_rule ("http://10.0.0.1/", FALSE);
  check_rule ("http://0x7f.1/", FALSE);
  check_rule ("https://user:hunter2@host/", FALSE);
  check_rule ("https://user@host/", FALSE);
  check_rule ("https:///path", FALSE);
  check_rule ("https://", FALSE);
  check_rule ("file:///etc/passwd", FALSE);
  check_rule ("ftp://127.0.0.1/", FALSE);
  check_rule ("/relative", FALSE);
  check_rule ("", FALSE);
  check_rule ("https://host/a b", FALSE);
  check_rule ("https://host/a\r\nX: y", FALSE);
  check_rule ("https://host:0/", FALSE);
  check_rule ("https://host:99999/", FALSE);
}

static gboolean
same (const gchar * a, const gchar * b)
{
  GUri *one = cup_url_parse (a, NULL), *two = cup_url_parse (b, NULL);
  gboolean result = cup_url_same_origin (one, two);

  g_uri_unref (one);
  g_uri_unref (two);
  return result;
}

static void
test_origin (void)
{
  g_assert_true (same ("https://a/x", "https://A:443/y?z"));
  g_assert_true (same ("http://127.0.0.1", "http://127.0.0.1:80/"));
  g_assert_false (same ("https://a", "https://a:8443"));
  g_assert_false (same ("https://a", "https://b"));
  g_assert_false (same ("https://a", "https://a.b"));
  g_assert_false (same ("https://localhost", "http://localhost"));
}

static void
test_backoff (void)
{
  CupBackoff backoff = {.max_attempts = 5,.base = 1000,.maximum = 3000 };
  gint64 limits[] = { 1000, 2000, 3000, 3000 };
  gint64 delay, longest = 0;
  guint round, i;

  for (round = 0; round < 200; round++) {
    for (i = 0; i < G_N_ELEMENTS (limits); i++) {
      g_assert_true (cup_backoff_next (&backoff, &delay));
      g_assert_cmpint (delay, >=, 0);
      g_assert_cmpint (delay, <=, limits[i]);
      longest = MAX (longest, delay);
    }
    g_assert_false (cup_backoff_next (&backoff, &delay));
    cup_backoff_reset (&backoff);
  }
  g_assert_cmpint (longest, >, 2000);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/redact/forms", test_forms);
  g_test_add_func ("/redact/base64", test_base64);
  g_test_add_func ("/redact/untouched", test_untouched);
  g_test_add_func ("/redact/url", test_url);
  g_test_add_func ("/url/rule", test_rule);
  g_test_add_func ("/url/origin", test_origin);
  g_test_add_func ("/backoff", test_backoff);
  return g_test_run ();
}
