/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which URLs are talked to, which are the same place, and which hosts belong to
 * the public network.
 */
#include <string.h>

#include "base/error.h"
#include "net/url.h"

static void
test_rule (void)
{
  const struct
  {
    const gchar *url;
    const gchar *word;          /* of the error, NULL for none */
  } cases[] = {
    {"https://queue.fal.run/a/b?c=d#e", NULL},
    {"HTTPS://QUEUE.fal.run", NULL},
    {"http://localhost:8080/x", NULL},
    {"http://127.0.0.2/x", NULL},
    {"http://[::1]:80/x", NULL},
    {"http://queue.fal.run/", "not encrypted"},
    {"http://10.0.0.1/", "not encrypted"},
    {"http://localhost.example.com/", "not encrypted"},
    {"ftp://localhost/", "neither https nor http"},
    {"file:///etc/passwd", "neither https nor http"},
    {"https:///path", "host"},
    {"https://hunter2@host/", "user name"},
    {"https://u:hunter2@host/", "user name"},
    {"https://host:0/", "port 0"},
    {"https://host:port/", "port"},
    {"https://127%2e0.0.1/", "host"},
    {"https://host/with space", "space"},
    {"https://host/\n", "control"},
    {"queue.fal.run", "https://"},
    {"", "https://"},
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    GError *error = NULL;
    GUri *uri = cup_url_parse (cases[i].url, &error);

    if (cases[i].word) {
      g_assert_null (uri);
      g_assert_error (error, CUP_ERROR, CUP_ERROR_SETTINGS);
      if (!strstr (error->message, cases[i].word))
        g_error ("\"%s\" does not say \"%s\"", error->message, cases[i].word);
      g_assert_null (strstr (error->message, "hunter2"));
      g_error_free (error);
    } else {
      g_assert_no_error (error);
      g_uri_unref (uri);
    }
  }
}

static void
test_too_long (void)
{
  gchar *path = g_strnfill (9000, 'x');
  gchar *url = g_strconcat ("https://host/", path, NULL);
  GError *error = NULL;

  g_assert_null (cup_url_parse (url, &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_SETTINGS);
  g_assert_cmpuint (strlen (error->message), <, 1000);
  g_error_free (error);
  g_free (url);
  g_free (path);
}

static void
test_same_origin (void)
{
  const struct
  {
    const gchar *a, *b;
    gboolean same;
  } cases[] = {
    {"https://a/x", "https://A:443/y?z", TRUE},
    {"http://localhost", "http://localhost:80/", TRUE},
    {"https://a", "https://a:444", FALSE},
    {"https://a", "https://b", FALSE},
    {"https://localhost", "http://localhost", FALSE},
    {"https://localhost:80", "http://localhost:80", FALSE},
    {"https://a", "https://a.b", FALSE},
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    GUri *a = cup_url_parse (cases[i].a, NULL);
    GUri *b = cup_url_parse (cases[i].b, NULL);

    g_assert_cmpint (cup_url_same_origin (a, b), ==, cases[i].same);
    g_assert_cmpint (cup_url_same_origin (b, a), ==, cases[i].same);
    g_uri_unref (a);
    g_uri_unref (b);
  }
}

static void
test_authority (void)
{
  const struct
  {
    const gchar *url, *authority;
  } cases[] = {
    {"https://host/path", "host:443"},
    {"https://host:8443", "host:8443"},
    {"http://[::1]:80/", "[::1]:80"},
    {"http://[::1]/", "[::1]:80"},
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    GUri *uri = cup_url_parse (cases[i].url, NULL);
    gchar *authority = cup_url_get_authority (uri);

    g_assert_cmpstr (authority, ==, cases[i].authority);
    g_free (authority);
    g_uri_unref (uri);
  }
}

/* First and last of each block, and their neighbours. */
static const struct
{
  const gchar *address;
  gboolean is_public;
} addresses[] = {
  {"0.0.0.0", FALSE},
  {"0.255.255.255", FALSE},
  {"1.0.0.0", TRUE},
  {"8.8.8.8", TRUE},
  {"9.255.255.255", TRUE},
  {"10.0.0.0", FALSE},
  {"10.255.255.255", FALSE},
  {"11.0.0.0", TRUE},
  {"100.63.255.255", TRUE},
  {"100.64.0.0", FALSE},
  {"100.127.255.255", FALSE},
  {"100.128.0.0", TRUE},
  {"126.255.255.255", TRUE},
  {"127.0.0.0", FALSE},
  {"127.0.0.1", FALSE},
  {"127.255.255.255", FALSE},
  {"128.0.0.0", TRUE},
  {"169.253.255.255", TRUE},
  {"169.254.0.0", FALSE},
  {"169.254.169.254", FALSE},
  {"169.254.255.255", FALSE},
  {"169.255.0.0", TRUE},
  {"172.15.255.255", TRUE},
  {"172.16.0.0", FALSE},
  {"172.31.255.255", FALSE},
  {"172.32.0.0", TRUE},
  {"191.255.255.255", TRUE},
  {"192.0.0.0", FALSE},
  {"192.0.0.255", FALSE},
  {"192.0.1.0", TRUE},
  {"192.0.2.1", FALSE},
  {"192.0.3.0", TRUE},
  {"192.88.99.1", FALSE},
  {"192.167.255.255", TRUE},
  {"192.168.0.0", FALSE},
  {"192.168.255.255", FALSE},
  {"192.169.0.0", TRUE},
  {"198.17.255.255", TRUE},
  {"198.18.0.0", FALSE},
  {"198.19.255.255", FALSE},
  {"198.20.0.0", TRUE},
  {"198.51.100.7", FALSE},
  {"203.0.113.7", FALSE},
  {"223.255.255.255", TRUE},
  {"224.0.0.0", FALSE},
  {"239.255.255.255", FALSE},
  {"240.0.0.0", FALSE},
  {"255.255.255.255", FALSE},

  {"::", FALSE},
  {"::1", FALSE},
  {"::2", FALSE},
  {"::8.8.8.8", FALSE},
  {"::ffff:8.8.8.8", TRUE},
  {"::ffff:10.1.2.3", FALSE},
  {"::ffff:127.0.0.1", FALSE},
  {"::ffff:169.254.169.254", FALSE},
  {"::ffff:0:8.8.8.8", FALSE},
  {"64:ff9b::8.8.8.8", TRUE},
  {"64:ff9b::192.168.1.1", FALSE},
  {"64:ff9b::127.0.0.1", FALSE},
  {"64:ff9b::1:8.8.8.8", FALSE},
  {"64:ff9b:1::8.8.8.8", FALSE},
  {"100::1", FALSE},
  {"1fff:ffff::1", FALSE},
  {"2000::1", TRUE},
  {"2001::1", FALSE},
  {"2001:1ff:ffff::1", FALSE},
  {"2001:200::1", TRUE},
  {"2001:db8::1", FALSE},
  {"2001:db9::1", TRUE},
  {"2002:808:808::1", TRUE},
  {"2002:a00:1::1", FALSE},
  {"2002:7f00:1::1", FALSE},
  {"2002:c0a8:101::1", FALSE},
  {"2003::1", TRUE},
  {"2606:4700::1111", TRUE},
  {"2a00:1450:4001::200e", TRUE},
  {"3ffe:ffff::1", TRUE},
  {"3fff::1", FALSE},
  {"3fff:fff:ffff::1", FALSE},
  {"3fff:1000::1", TRUE},
  {"4000::1", FALSE},
  {"5f00::1", FALSE},
  {"fbff:ffff::1", FALSE},
  {"fc00::1", FALSE},
  {"fdff:ffff::1", FALSE},
  {"fe80::1", FALSE},
  {"febf:ffff::1", FALSE},
  {"fec0::1", FALSE},
  {"ff00::1", FALSE},
  {"ff02::1", FALSE},
  {"ff0e::1", FALSE},
  {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", FALSE},
};

static gboolean
may_be_public (const gchar * host)
{
  gchar *url = g_strdup_printf ("https://%s:8443/x", host);
  GError *error = NULL;
  GUri *uri = cup_url_parse (url, &error);
  gboolean result;

  g_assert_no_error (error);
  result = cup_url_may_be_public (uri);
  g_uri_unref (uri);
  g_free (url);
  return result;
}

static void
test_addresses (void)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (addresses); i++) {
    const gchar *text = addresses[i].address;
    GInetAddress *address = g_inet_address_new_from_string (text);
    gchar *host = g_strdup_printf (strchr (text, ':') ? "[%s]" : "%s", text);

    g_test_message ("%s", text);
    g_assert_nonnull (address);
    g_assert_cmpint (cup_url_address_is_public (address), ==,
        addresses[i].is_public);
    g_assert_cmpint (may_be_public (host), ==, addresses[i].is_public);
    g_free (host);
    g_object_unref (address);
  }
}

static void
test_hosts (void)
{
  const struct
  {
    const gchar *host;
    gboolean may_be_public;
  } cases[] = {
    {"v3.fal.media", TRUE},
    {"v3.fal.media.", TRUE},
    {"10.example", TRUE},
    {"1e100.net", TRUE},
    {"3com", TRUE},
    {"0xample.com", TRUE},
    {"a.0xample", TRUE},
    {"localhost.example", TRUE},
    {"notlocalhost", TRUE},
    {"xn--bcher-kva.example", TRUE},
    {"localhost", FALSE},
    {"LocalHost", FALSE},
    {"localhost.", FALSE},
    {"foo.localhost", FALSE},
    {"a.b.LOCALHOST.", FALSE},
    /* What inet_aton(), or somebody else's parser, takes for an address. */
    {"2130706433", FALSE},
    {"0x7f000001", FALSE},
    {"0X7F000001", FALSE},
    {"017700000001", FALSE},
    {"0", FALSE},
    {"0x", FALSE},
    {"127.1", FALSE},
    {"127.0.1", FALSE},
    {"0x7f.1", FALSE},
    {"0177.0.0.1", FALSE},
    {"010.0.0.1", FALSE},
    {"127.0.0.1.", FALSE},
    {"127.0.0.0x1", FALSE},
    {"127.0.0.1.1", FALSE},
    {"999.1.1.1", FALSE},
    {"99999999999999999999", FALSE},
    /* The parser of URLs has decoded it before it is looked at. */
    {"%6c%6fcalhost", FALSE},
    {"[fe80::1%25lo]", FALSE},
    {"[::ffff:7f00:1]", FALSE},
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_test_message ("%s", cases[i].host);
    g_assert_cmpint (may_be_public (cases[i].host), ==, cases[i].may_be_public);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/url/rule", test_rule);
  g_test_add_func ("/url/too-long", test_too_long);
  g_test_add_func ("/url/same-origin", test_same_origin);
  g_test_add_func ("/url/authority", test_authority);
  g_test_add_func ("/url/addresses", test_addresses);
  g_test_add_func ("/url/hosts", test_hosts);
  return g_test_run ();
}
