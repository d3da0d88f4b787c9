/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "room.h"

#include <stdlib.h>
#include <string.h>
#ifdef G_OS_UNIX
#include <sys/resource.h>
#include <unistd.h>
#endif

#define KIB 1024

/* Smaller blocks come from memory that the process has already, and are not
 * worth a question. Larger ones come from the system, and go back there. */
#define MIN_BLOCK ((gsize) 32 << 20)

guint64
cup_room_parse_meminfo (const gchar * meminfo)
{
  static const gchar field[] = "MemAvailable:";
  const gchar *found = strstr (meminfo, field);
  gchar *end;
  guint64 number;

  if (!found)
    return G_MAXUINT64;
  found += strlen (field);
  number = g_ascii_strtoull (found, &end, 10);
  if (end == found || number > G_MAXUINT64 / KIB)
    return G_MAXUINT64;
  return number * KIB;
}

static guint64
get_available (void)
{
  guint64 available = G_MAXUINT64;
  gchar *meminfo;

  if (g_file_get_contents ("/proc/meminfo", &meminfo, NULL, NULL)) {
    available = cup_room_parse_meminfo (meminfo);
    g_free (meminfo);
  }
  return available;
}

#ifdef G_OS_UNIX
/* What the limit of addresses leaves: of 32 bits there are not many. */
static guint64
get_addresses (void)
{
  guint64 used, all = G_MAXSIZE;
  struct rlimit limit;
  gchar *statm;

  if (getrlimit (RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    all = MIN (all, (guint64) limit.rlim_cur);
  if (!g_file_get_contents ("/proc/self/statm", &statm, NULL, NULL))
    return all;
  used = g_ascii_strtoull (statm, NULL, 10) * (guint64) sysconf (_SC_PAGESIZE);
  g_free (statm);
  return all > used ? all - used : 0;
}
#else
static guint64
get_addresses (void)
{
  return G_MAXSIZE;
}
#endif

guint64
cup_room_get_bytes (void)
{
  const guint64 available = get_available (), addresses = get_addresses ();

  return MIN (available, addresses);
}

gboolean
cup_room_has_block (gsize size)
{
  /* Compilers leave out a malloc() that only free() follows. */
  gpointer volatile block;
  gboolean has;

  if (size < MIN_BLOCK)
    return TRUE;
  block = malloc (size);
  has = block != NULL;
  free (block);
  return has;
}
