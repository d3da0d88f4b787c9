/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libsoup 3 is loaded where it can be, and where libsoup 2 is in the process
 * there is an error instead of libsoup 3's abort. Built twice: with
 * FAKE_LIBSOUP2 the program itself exports the symbol that gives libsoup 2
 * away.
 */
#include <string.h>

#include "base/error.h"
#include "net/http.h"
#include "net/soup.h"

#ifdef FAKE_LIBSOUP2
void soup_uri_new (void);

void
soup_uri_new (void)
{
}

static void
test_refused (void)
{
  GError *error = NULL;
  guint i;

  for (i = 0; i < 2; i++) {
    g_assert_null (cup_soup_get (&error));
    g_assert_error (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED);
    g_assert_nonnull (strstr (error->message, "libsoup 2"));
    g_clear_error (&error);
  }
  g_assert_null (cup_soup_get (NULL));
  g_assert_null (cup_http_new (NULL, &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED);
  g_clear_error (&error);
}
#else
static void
test_loaded (void)
{
  GError *error = NULL;
  const CupSoup *soup = cup_soup_get (&error);

  g_assert_no_error (error);
  g_assert_nonnull (soup);
  g_assert_true (cup_soup_get (NULL) == soup);
  g_assert_cmpstr (g_quark_to_string (soup->session_error_quark ()), !=, NULL);
}
#endif

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#ifdef FAKE_LIBSOUP2
  g_test_add_func ("/soup/refused", test_refused);
#else
  g_test_add_func ("/soup/loaded", test_loaded);
#endif
  return g_test_run ();
}
