/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whom the HTTP thread talks to: the public network only where that is asked
 * for, through proxies, and whom it trusts.
 *
 * Names stand for what this program says, and so do this machine's proxy
 * settings.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "http-fetch.h"
#include "proxy-server.h"

static const struct
{
  const gchar *name, *address;
} names[] = {
  {"one.example", "127.0.0.1"},
  {"two.example", "127.0.0.1"},
  {"six.example", "::1"},
  {"mapped.example", "::ffff:127.0.0.1"},
  {"ten.example", "10.1.2.3"},
  {"link.example", "169.254.169.254"},
};

static gint n_lookups;          /* atomic */

typedef struct
{
  GResolver parent;
} TestResolver;

typedef struct
{
  GResolverClass parent_class;
} TestResolverClass;

GType test_resolver_get_type (void);
G_DEFINE_TYPE (TestResolver, test_resolver, G_TYPE_RESOLVER);

static void
free_addresses (gpointer addresses)
{
  g_resolver_free_addresses (addresses);
}

static void
test_resolver_lookup_async (GResolver * resolver, const gchar * name,
    GResolverNameLookupFlags flags, GCancellable * cancellable,
    GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (resolver, cancellable, callback, user_data);
  GList *addresses = NULL;
  gsize i;

  g_atomic_int_inc (&n_lookups);
  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    GInetAddress *address = g_inet_address_new_from_string (names[i].address);
    gboolean is_ipv6 = g_inet_address_get_family (address) ==
        G_SOCKET_FAMILY_IPV6;

    if (strcmp (names[i].name, name) == 0
        && !(flags & (is_ipv6 ? G_RESOLVER_NAME_LOOKUP_FLAGS_IPV4_ONLY :
                G_RESOLVER_NAME_LOOKUP_FLAGS_IPV6_ONLY)))
      addresses = g_list_append (addresses, g_object_ref (address));
    g_object_unref (address);
  }
  if (addresses)
    g_task_return_pointer (task, addresses, free_addresses);
  else
    g_task_return_new_error (task, G_RESOLVER_ERROR,
        G_RESOLVER_ERROR_NOT_FOUND, "no %s here", name);
  g_object_unref (task);
}

static GList *
test_resolver_lookup_finish (GResolver * resolver, GAsyncResult * result,
    GError ** error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
test_resolver_class_init (TestResolverClass * class)
{
  GResolverClass *resolver_class = G_RESOLVER_CLASS (class);

  resolver_class->lookup_by_name_with_flags_async = test_resolver_lookup_async;
  resolver_class->lookup_by_name_with_flags_finish =
      test_resolver_lookup_finish;
}

static void
test_resolver_init (TestResolver * resolver)
{
}

/* This machine's settings: a proxy for one.example, or none. */
static gchar *system_proxy;     /* atomic */

typedef struct
{
  GObject parent;
} TestProxyResolver;

typedef struct
{
  GObjectClass parent_class;
} TestProxyResolverClass;

static gchar **
test_proxy_resolver_lookup (GProxyResolver * resolver, const gchar * uri,
    GCancellable * cancellable, GError ** error)
{
  const gchar *answer[] = { "direct://", NULL };
  const gchar *proxy = g_atomic_pointer_get (&system_proxy);

  if (proxy && strstr (uri, "one.example"))
    answer[0] = proxy;
  return g_strdupv ((gchar **) answer);
}

static void
test_proxy_resolver_lookup_async (GProxyResolver * resolver, const gchar * uri,
    GCancellable * cancellable, GAsyncReadyCallback callback,
    gpointer user_data)
{
  GTask *task = g_task_new (resolver, cancellable, callback, user_data);

  g_task_return_pointer (task, test_proxy_resolver_lookup (resolver, uri,
          NULL, NULL), (GDestroyNotify) g_strfreev);
  g_object_unref (task);
}

static gchar **
test_proxy_resolver_lookup_finish (GProxyResolver * resolver,
    GAsyncResult * result, GError ** error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static gboolean
test_proxy_resolver_is_supported (GProxyResolver * resolver)
{
  return TRUE;
}

static void
test_proxy_resolver_iface_init (GProxyResolverInterface * iface)
{
  iface->is_supported = test_proxy_resolver_is_supported;
  iface->lookup = test_proxy_resolver_lookup;
  iface->lookup_async = test_proxy_resolver_lookup_async;
  iface->lookup_finish = test_proxy_resolver_lookup_finish;
}

GType test_proxy_resolver_get_type (void);
G_DEFINE_TYPE_WITH_CODE (TestProxyResolver, test_proxy_resolver, G_TYPE_OBJECT,
    G_IMPLEMENT_INTERFACE (G_TYPE_PROXY_RESOLVER,
        test_proxy_resolver_iface_init));

static void
test_proxy_resolver_class_init (TestProxyResolverClass * class)
{
}

static void
test_proxy_resolver_init (TestProxyResolver * resolver)
{
}

static void
install_resolvers (void)
{
  GResolver *resolver = g_object_new (test_resolver_get_type (), NULL);
  GIOExtensionPoint *point;

  g_resolver_set_default (resolver);
  g_object_unref (resolver);

  /* GIO takes the one with the highest priority. */
  point = g_io_extension_point_register (G_PROXY_RESOLVER_EXTENSION_POINT_NAME);
  g_io_extension_point_set_required_type (point, G_TYPE_PROXY_RESOLVER);
  g_io_extension_point_implement (G_PROXY_RESOLVER_EXTENSION_POINT_NAME,
      test_proxy_resolver_get_type (), "test", G_MAXINT);
}

/* A fixture whose server speaks TLS, and a proxy that leads there. */
typedef struct
{
  Fixture fixture;
  Authority *authority;
  CupHttpOptions options;
  Proxy *proxy;
  guint16 port;
} Hosts;

static void
hosts_set_up (Hosts * hosts, gconstpointer data)
{
  Fixture *fixture = &hosts->fixture;
  const gchar *base;

  set_up (fixture, data);
  g_atomic_int_set (&n_lookups, 0);
  hosts->authority = authority_new ();
  if (!hosts->authority)
    return;
  base = server_listen_tls (fixture->server, hosts->authority);
  hosts->port = g_ascii_strtoull (strrchr (base, ':') + 1, NULL, 10);
  hosts->proxy = proxy_new (hosts->port);
  hosts->options.tls_database = hosts->authority->database;
  fixture_replace_http (fixture, &hosts->options);
}

static void
hosts_tear_down (Hosts * hosts, gconstpointer data)
{
  tear_down (&hosts->fixture, data);
  g_free (g_atomic_pointer_get (&system_proxy));
  g_atomic_pointer_set (&system_proxy, NULL);
  if (hosts->proxy)
    proxy_free (hosts->proxy);
  if (hosts->authority)
    authority_free (hosts->authority);
}

static gboolean
skip_without_tls (Hosts * hosts)
{
  if (!hosts->authority)
    g_test_skip ("there is no openssl");
  return !hosts->authority;
}

/* Uses a proxy that is set as an option. */
static void
use_proxy (Hosts * hosts, const gchar * scheme)
{
  gchar *url = proxy_get_url (hosts->proxy, scheme, NULL);

  hosts->options.proxy = url;
  fixture_replace_http (&hosts->fixture, &hosts->options);
  hosts->options.proxy = NULL;
  g_free (url);
}

/* Uses one of this machine's settings. */
static void
use_system_proxy (Hosts * hosts, const gchar * scheme,
    const gchar * credentials)
{
  g_free (g_atomic_pointer_get (&system_proxy));
  g_atomic_pointer_set (&system_proxy, proxy_get_url (hosts->proxy, scheme,
          credentials));
  fixture_replace_http (&hosts->fixture, &hosts->options);
}

static Fetch *
get_checked (Fixture * fixture, const gchar * base, const gchar * path,
    gboolean from_own)
{
  Fetch *fetch = fetch_new (fixture->http, base, path);

  fetch->request.public_only = !from_own;
  fetch->request.public_redirects = from_own;
  fetch->request.follow_redirects = TRUE;
  fetch_start (fetch);
  fetch_wait (fetch);
  return fetch;
}

static Fetch *
get_public (Fixture * fixture, const gchar * base, const gchar * path)
{
  return get_checked (fixture, base, path, FALSE);
}

static void
test_refused (Fixture * fixture, gconstpointer data)
{
  const struct
  {
    const gchar *scheme, *host;
    const gchar *what;
  } cases[] = {
    {"http", "127.0.0.1", "127.0.0.1, an address of this machine"},
    {"https", "127.0.0.1", "127.0.0.1, an address of this machine"},
    {"http", "[::1]", "::1, an address of this machine"},
    {"http", "localhost", "this machine"},
    {"https", "LOCALHOST", "this machine"},
    {"https", "foo.localhost", "this machine"},
    {"https", "10.1.2.3", "10.1.2.3, an address of a private network"},
    {"https", "[::ffff:7f00:1]", "an address of this machine"},
    {"https", "2130706433", "spelling"},
    {"https", "0x7f.1", "spelling"},
    {"https", "one.example", "127.0.0.1, an address of this machine"},
    {"https", "six.example", "::1, an address of this machine"},
    {"https", "mapped.example", "an address of this machine"},
    {"https", "ten.example", "10.1.2.3, an address of a private network"},
    {"https", "link.example", "169.254.169.254, an address that holds on one"},
  };
  const gchar *port = strrchr (fixture->server->raw_base, ':');
  gchar *base, *host;
  Fetch *fetch;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    base = g_strdup_printf ("%s://%s%s", cases[i].scheme, cases[i].host, port);
    fetch = get_public (fixture, base, "/hunter2");
    assert_error (fetch, CUP_ERROR, CUP_ERROR_BAD_DATA, cases[i].what);
    host = g_strdup_printf ("%s%s is refused", cases[i].host, port);
    assert_error (fetch, CUP_ERROR, CUP_ERROR_BAD_DATA, host);
    g_assert_cmpstr (fetch->stage, ==, CUP_HTTP_STAGE_CONNECT);
    g_free (host);
    g_free (base);
    fetch_free (fetch);
  }

  base = g_strconcat ("https://nowhere.example", port, NULL);
  fetch = get_public (fixture, base, "/");
  assert_error (fetch, CUP_ERROR, CUP_ERROR_NETWORK, "cannot be reached");
  fetch_free (fetch);
  g_free (base);
  g_assert_cmpint (g_atomic_int_get (&fixture->server->raw_connections), ==, 0);
}

/* Many at once, of which libsoup lets all but one wait for a connection. */
static void
test_refused_together (Fixture * fixture, gconstpointer data)
{
  gchar *base = g_strconcat ("https://one.example",
      strrchr (fixture->server->raw_base, ':'), NULL);
  Fetch *fetch[20];
  guint i;

  for (i = 0; i < G_N_ELEMENTS (fetch); i++) {
    fetch[i] = fetch_new (fixture->http, base, "/");
    fetch[i]->request.public_only = TRUE;
    fetch_start (fetch[i]);
  }
  for (i = 0; i < G_N_ELEMENTS (fetch); i++) {
    fetch_wait (fetch[i]);
    assert_error (fetch[i], CUP_ERROR, CUP_ERROR_BAD_DATA, "127.0.0.1");
    fetch_free (fetch[i]);
  }
  g_assert_cmpint (g_atomic_int_get (&fixture->server->raw_connections), ==, 0);
  g_free (base);
}

/* A connection that somebody else has made, and that stands, is none either. */
static void
test_refused_standing (Hosts * hosts, gconstpointer data)
{
  Fixture *fixture = &hosts->fixture;
  gchar *base;
  Fetch *fetch;
  guint i;

  if (skip_without_tls (hosts))
    return;
  base = g_strdup_printf ("https://one.example:%u", hosts->port);
  for (i = 1; i <= 3; i++) {
    fetch = get (fixture, base, "/echo");
    g_assert_no_error (fetch->error);
    fetch_free (fetch);
    fetch = get_public (fixture, base, "/echo");
    assert_error (fetch, CUP_ERROR, CUP_ERROR_BAD_DATA, "127.0.0.1");
    fetch_free (fetch);
    g_assert_cmpint (g_atomic_int_get (&fixture->server->requests), ==, i);
  }
  g_free (base);
}

/* From a host that may be talked to, behind a proxy, to others: it is one of the
 * public network, or one that is trusted itself (@data). */
static void
test_refused_redirect (Hosts * hosts, gconstpointer data)
{
  Fixture *fixture = &hosts->fixture;
  const struct
  {
    const gchar *target;        /* a port is added where it ends in ':' */
    const gchar *word;          /* of the error, NULL for none */
    gint requests;
  } cases[] = {
    {"/landed", NULL, 2},
    {"https://10.0.0.1/landed", "it stands for 10.0.0.1", 1},
    {"https://2130706433/landed", "spelling", 1},
    {"https://foo.localhost/landed", "this machine", 1},
    {"https://127.0.0.1:", "this machine", 1},
    {"https://two.example:", "127.0.0.1, an address of this machine", 1},
    {"https://ten.example/landed", "10.1.2.3", 1},
  };
  guint i;

  if (skip_without_tls (hosts))
    return;
  use_system_proxy (hosts, "http", NULL);
  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    gboolean open = g_str_has_suffix (cases[i].target, ":");
    gchar *path = g_strdup_printf (open ? "/redirect?count=0&to=%s%u/landed" :
        "/redirect?count=0&to=%s", cases[i].target, hosts->port);
    Fetch *fetch;

    g_atomic_int_set (&fixture->server->requests, 0);
    fetch = get_checked (fixture, "https://one.example", path, data != NULL);
    if (cases[i].word) {
      assert_error (fetch, CUP_ERROR, CUP_ERROR_BAD_DATA, cases[i].word);
      g_assert_cmpstr (fetch->stage, !=, CUP_HTTP_STAGE_CONNECT);
    } else {
      g_assert_no_error (fetch->error);
      g_assert_cmpstr (fetch->body, ==, "landed");
    }
    g_assert_cmpint (g_atomic_int_get (&fixture->server->requests), ==,
        cases[i].requests);
    fetch_free (fetch);
    g_free (path);
  }
}

static void
test_proxy (Hosts * hosts, gconstpointer data)
{
  const gchar *scheme = data;
  Fixture *fixture = &hosts->fixture;
  Fetch *fetch;

  if (skip_without_tls (hosts))
    return;
  use_proxy (hosts, scheme);
  fetch = get (fixture, "https://one.example:8443", "/echo");
  g_assert_no_error (fetch->error);
  g_assert_cmpuint (fetch->status, ==, 200);
  fetch_free (fetch);
  proxy_assert_asked (hosts->proxy, "one.example:8443", NULL);
  g_assert_cmpint (g_atomic_int_get (&hosts->proxy->tunnels), ==, 1);
  /* It is the proxy that looks names up. */
  g_assert_cmpint (g_atomic_int_get (&n_lookups), ==, 0);

  /* Not to this machine. */
  fetch = get (fixture, fixture->server->tls_base, "/echo");
  g_assert_no_error (fetch->error);
  fetch_free (fetch);
  fetch = get (fixture, fixture->server->base, "/echo");
  g_assert_no_error (fetch->error);
  fetch_free (fetch);
  g_assert_cmpint (g_atomic_int_get (&hosts->proxy->tunnels), ==, 1);
}

static void
test_proxy_public (Hosts * hosts, gconstpointer data)
{
  const gchar *scheme = data;
  Fixture *fixture = &hosts->fixture;
  Fetch *fetch;

  if (skip_without_tls (hosts))
    return;
  use_proxy (hosts, scheme);
  fetch = get_public (fixture, "https://10.0.0.1", "/echo");
  assert_error (fetch, CUP_ERROR, CUP_ERROR_BAD_DATA, "10.0.0.1");
  fetch_free (fetch);
  g_assert_cmpint (g_atomic_int_get (&hosts->proxy->tunnels), ==, 0);

  /* The proxy's own address is private, and nobody's business. */
  fetch = get_public (fixture, "https://two.example", "/echo");
  g_assert_no_error (fetch->error);
  fetch_free (fetch);
  proxy_assert_asked (hosts->proxy, "two.example:443", NULL);
}

static void
test_proxy_declines (Hosts * hosts, gconstpointer data)
{
  const struct
  {
    gint status;
    const gchar *word;
  } cases[] = {
    {403, "HTTP 403"},
    {407, "user name"},
    {502, "HTTP 502"},
    {302, "HTTP 302"},
  };
  Fetch *fetch;
  guint i;

  if (skip_without_tls (hosts))
    return;
  use_proxy (hosts, "http");
  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_atomic_int_set (&hosts->proxy->status, cases[i].status);
    fetch = get (&hosts->fixture, "https://one.example", "/hunter2");
    assert_error (fetch, CUP_ERROR, CUP_ERROR_NETWORK, cases[i].word);
    assert_error (fetch, CUP_ERROR, CUP_ERROR_NETWORK, "the proxy does not");
    assert_error (fetch, CUP_ERROR, CUP_ERROR_NETWORK, "one.example");
    g_assert_cmpstr (fetch->stage, ==, CUP_HTTP_STAGE_CONNECT);
    fetch_free (fetch);
  }
}

static void
test_proxy_gone (Hosts * hosts, gconstpointer data)
{
  Fetch *fetch;

  if (skip_without_tls (hosts))
    return;
  hosts->options.proxy = "http://127.0.0.1:1";
  fixture_replace_http (&hosts->fixture, &hosts->options);
  fetch = get (&hosts->fixture, "https://one.example", "/");
  assert_error (fetch, CUP_ERROR, CUP_ERROR_NETWORK, "cannot be reached");
  g_assert_cmpstr (fetch->stage, ==, CUP_HTTP_STAGE_CONNECT);
  fetch_free (fetch);
}

/* A proxy's password comes from this machine's settings. Not for an HTTP proxy:
 * having been told to authenticate, libsoup (3.2) asks it for itself instead of
 * the host. */
static void
test_proxy_credentials (Hosts * hosts, gconstpointer data)
{
  Fetch *fetch;

  if (skip_without_tls (hosts))
    return;
  hosts->proxy->wanted = "joe:hunter2";
  use_system_proxy (hosts, "socks5", "joe:hunter2");
  fetch = get (&hosts->fixture, "https://one.example", "/echo");
  g_assert_no_error (fetch->error);
  fetch_free (fetch);
  proxy_assert_asked (hosts->proxy, "one.example:443", "joe:hunter2");
}

static void
test_proxy_settings (void)
{
  const struct
  {
    const gchar *proxy;
    const gchar *word;          /* of the error, NULL for none */
  } cases[] = {
    {"http://proxy.example:3128", NULL},
    {"http://proxy.example:3128/", NULL},
    {"HTTP://[::1]:3128", NULL},
    {"socks://127.0.0.1:1080", NULL},
    {"socks4://127.0.0.1:1080", NULL},
    {"socks4a://127.0.0.1:1080", NULL},
    {"socks5://127.0.0.1:1080", NULL},
    {"https://proxy.example:3128", "http://"},
    {"ftp://proxy.example:3128", "http://"},
    {"direct://", "http://"},
    {"proxy.example:3128", "http://"},
    {"", "well-formed"},
    {"http://proxy.example", "no port"},
    {"http://proxy.example:0", "no port"},
    {"http://proxy.example:99999", "well-formed"},
    {"http://:3128", "no host"},
    {"http://proxy.example:3128/path", "after the port"},
    {"http://proxy.example:3128?query", "after the port"},
    {"http://joe:hunter2@proxy.example:3128", "environment"},
    {"http://hunter2@proxy.example:3128", "environment"},
    {"socks5://joe:hunter2@proxy.example:1080", "environment"},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    CupHttpOptions options = {.proxy = cases[i].proxy };
    GError *error = NULL;
    CupHttp *http = cup_http_new (&options, &error);

    g_test_message ("%s", cases[i].proxy);
    if (cases[i].word) {
      g_assert_null (http);
      g_assert_error (error, CUP_ERROR, CUP_ERROR_SETTINGS);
      g_assert_true (g_str_has_prefix (error->message, "proxy: "));
      if (!strstr (error->message, cases[i].word))
        g_error ("\"%s\" does not say \"%s\"", error->message, cases[i].word);
      g_assert_null (strstr (error->message, "hunter2"));
      g_error_free (error);
    } else {
      g_assert_no_error (error);
      cup_http_close (http);
      fetch_join (http);
      cup_http_unref (http);
    }
  }
}

static void
test_authorities (Hosts * hosts, gconstpointer data)
{
  Fixture *fixture = &hosts->fixture;
  Authority *other;
  CupHttpOptions options = { NULL };
  Fetch *fetch;
  guint i;

  if (skip_without_tls (hosts))
    return;
  fetch = get (fixture, fixture->server->tls_base, "/echo");
  g_assert_no_error (fetch->error);
  fetch_free (fetch);

  other = authority_new ();
  for (i = 0; i < 2; i++) {
    options.tls_database = i == 0 ? NULL : other->database;
    fixture_replace_http (fixture, i == 0 ? NULL : &options);
    g_atomic_int_set (&fixture->server->requests, 0);
    fetch = get (fixture, fixture->server->tls_base, "/hunter2");
    assert_error (fetch, CUP_ERROR, CUP_ERROR_CERTIFICATE, i == 0 ?
        "ca-certificates" : "tls-ca-file");
    g_assert_cmpint (g_atomic_int_get (&fixture->server->requests), ==, 0);
    fetch_free (fetch);
  }
  authority_free (other);
}

/* It is trusted, but is somebody else's. */
static void
test_other_host (Hosts * hosts, gconstpointer data)
{
  Fetch *fetch;

  if (skip_without_tls (hosts))
    return;
  use_proxy (hosts, "http");
  fetch = get (&hosts->fixture, "https://three.example", "/hunter2");
  assert_error (fetch, CUP_ERROR, CUP_ERROR_CERTIFICATE, "for another host");
  g_assert_cmpint (g_atomic_int_get (&hosts->fixture.server->requests), ==, 0);
  fetch_free (fetch);
}

#define TEST(path, data, func) \
  g_test_add ("/http-hosts/" path, Hosts, data, hosts_set_up, func, \
      hosts_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  install_resolvers ();
  cup_log_set_writer (enabled, quiet);
  g_test_add ("/http-hosts/refused", Fixture, NULL, set_up, test_refused,
      tear_down);
  g_test_add ("/http-hosts/refused-together", Fixture, NULL, set_up,
      test_refused_together, tear_down);
  TEST ("refused-standing", NULL, test_refused_standing);
  TEST ("refused-redirect", NULL, test_refused_redirect);
  TEST ("refused-redirect-of-own", GINT_TO_POINTER (TRUE),
      test_refused_redirect);
  TEST ("proxy/http", "http", test_proxy);
  TEST ("proxy/socks5", "socks5", test_proxy);
  TEST ("proxy-public/http", "http", test_proxy_public);
  TEST ("proxy-public/socks5", "socks5", test_proxy_public);
  TEST ("proxy-declines", NULL, test_proxy_declines);
  TEST ("proxy-gone", NULL, test_proxy_gone);
  TEST ("proxy-credentials", NULL, test_proxy_credentials);
  TEST ("authorities", NULL, test_authorities);
  TEST ("other-host", NULL, test_other_host);
  g_test_add_func ("/http-hosts/proxy-settings", test_proxy_settings);
  return g_test_run ();
}
