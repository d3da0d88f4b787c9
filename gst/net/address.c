/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of addresses that are not public: see address.h.
 */
#include "address.h"

#include <string.h>

#define THIS_MACHINE "an address of this machine"
#define PRIVATE "an address of a private network"
#define LINK "an address that holds on one link only"
#define GROUP "the address of a group"
#define RESERVED "a reserved address"

typedef struct
{
  const gchar *prefix;
  guint length;
  const gchar *what;
} Block;

static const Block ipv4_blocks[] = {
  {"0.0.0.0", 8, THIS_MACHINE},
  {"10.0.0.0", 8, PRIVATE},
  {"100.64.0.0", 10, PRIVATE},
  {"127.0.0.0", 8, THIS_MACHINE},
  {"169.254.0.0", 16, LINK},
  {"172.16.0.0", 12, PRIVATE},
  {"192.0.0.0", 24, RESERVED},
  {"192.0.2.0", 24, RESERVED},
  {"192.88.99.0", 24, RESERVED},
  {"192.168.0.0", 16, PRIVATE},
  {"198.18.0.0", 15, RESERVED},
  {"198.51.100.0", 24, RESERVED},
  {"203.0.113.0", 24, RESERVED},
  {"224.0.0.0", 4, GROUP},
  {"240.0.0.0", 4, RESERVED},
};

static const Block ipv6_blocks[] = {
  {"::", 128, THIS_MACHINE},
  {"::1", 128, THIS_MACHINE},
  {"64:ff9b:1::", 48, PRIVATE},
  {"2001::", 23, RESERVED},
  {"2001:db8::", 32, RESERVED},
  {"3fff::", 20, RESERVED},
  {"fc00::", 7, PRIVATE},
  {"fe80::", 10, LINK},
  {"fec0::", 10, PRIVATE},
  {"ff00::", 8, GROUP},
};

/* Where an IPv6 address leads to an IPv4 address, and at which byte that is. */
static const struct
{
  const gchar *prefix;
  guint length;
  guint offset;
} embeddings[] = {
  {"::ffff:0.0.0.0", 96, 12},   /* the same, for the socket interface */
  {"64:ff9b::", 96, 12},        /* NAT64 */
  {"2002::", 16, 2},            /* 6to4 */
};

/* All that has been given out so far for the public network. */
static const Block ipv6_global = { "2000::", 3, NULL };

static gboolean
has_prefix (GInetAddress * address, const gchar * prefix, guint length)
{
  GInetAddress *base = g_inet_address_new_from_string (prefix);
  GInetAddressMask *mask = g_inet_address_mask_new (base, length, NULL);
  gboolean matches = g_inet_address_mask_matches (mask, address);

  g_object_unref (mask);
  g_object_unref (base);
  return matches;
}

static const gchar *
find_block (GInetAddress * address, const Block * blocks, guint count)
{
  guint i;

  for (i = 0; i < count; i++)
    if (has_prefix (address, blocks[i].prefix, blocks[i].length))
      return blocks[i].what;
  return NULL;
}

static const gchar *
describe_ipv6 (GInetAddress * address)
{
  const guint8 *bytes = g_inet_address_to_bytes (address);
  const gchar *what;
  GInetAddress *inner;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (embeddings); i++) {
    if (!has_prefix (address, embeddings[i].prefix, embeddings[i].length))
      continue;
    inner = g_inet_address_new_from_bytes (bytes + embeddings[i].offset,
        G_SOCKET_FAMILY_IPV4);
    what = find_block (inner, ipv4_blocks, G_N_ELEMENTS (ipv4_blocks));
    g_object_unref (inner);
    return what;
  }

  what = find_block (address, ipv6_blocks, G_N_ELEMENTS (ipv6_blocks));
  if (!what && !has_prefix (address, ipv6_global.prefix, ipv6_global.length))
    what = RESERVED;
  return what;
}

gchar *
cup_address_find_fault (GInetAddress * address)
{
  const gchar *what;
  gchar *text, *fault;

  switch (g_inet_address_get_family (address)) {
    case G_SOCKET_FAMILY_IPV4:
      what = find_block (address, ipv4_blocks, G_N_ELEMENTS (ipv4_blocks));
      break;
    case G_SOCKET_FAMILY_IPV6:
      what = describe_ipv6 (address);
      break;
    default:
      what = RESERVED;
  }
  if (!what)
    return NULL;
  text = g_inet_address_to_string (address);
  fault = g_strdup_printf ("it stands for %s, %s", text, what);
  g_free (text);
  return fault;
}

/* Whether the last label is a number, which no name's is: inet_aton(), and what
 * is behind a proxy, take "127.1", "0x7f.1" or "2130706433" for addresses, and
 * do not agree on what "010.0.0.1" is. */
static gboolean
ends_in_number (const gchar * host, gsize length)
{
  const gchar *label = host + length;
  gsize digits;

  while (label > host && label[-1] != '.')
    label--;
  length -= label - host;
  if (g_ascii_strncasecmp (label, "0x", 2) == 0)
    return strspn (label + 2, "0123456789abcdefABCDEF") >= length - 2;
  digits = strspn (label, "0123456789");
  return digits > 0 && digits >= length;
}

static gboolean
is_localhost (const gchar * host, gsize length)
{
  static const gsize own = sizeof ("localhost") - 1;

  return length >= own
      && g_ascii_strncasecmp (host + length - own, "localhost", own) == 0
      && (length == own || host[length - own - 1] == '.');
}

gchar *
cup_address_find_host_fault (const gchar * host)
{
  GInetAddress *address = g_inet_address_new_from_string (host);
  gsize length = strlen (host);
  gchar *fault;

  if (address) {
    fault = cup_address_find_fault (address);
    g_object_unref (address);
    return fault;
  }
  /* The dot of the root of all names. */
  if (length > 0 && host[length - 1] == '.')
    length--;
  if (is_localhost (host, length))
    return g_strdup ("it stands for this machine");
  if (strchr (host, ':') || ends_in_number (host, length))
    return g_strdup ("it is an address in an unusual spelling");
  return NULL;
}
