/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is asked of the system: where the home is, and how much memory there is.
 */
#include "base/home.h"
#include "base/room.h"

static void
test_home (void)
{
  static const struct
  {
    const gchar *path, *expanded;
  } cases[] = {
    {"~", "/home/me"}, {"~/x", "/home/me/x"}, {"~/", "/home/me/"},
    {"~you/x", "~you/x"}, {"./~/x", "./~/x"}, {"/~", "/~"}, {"", ""},
    {NULL, NULL},
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    gchar *expanded = cup_home_expand (cases[i].path);

    g_assert_cmpstr (expanded, ==, cases[i].expanded);
    g_free (expanded);
  }
}

static void
test_meminfo (void)
{
  static const struct
  {
    const gchar *text;
    guint64 bytes;
  } cases[] = {
    {"MemTotal:  4 kB\nMemAvailable:    1000 kB\nSwap: 1 kB\n", 1024000},
    {"MemAvailable:0 kB\n", 0},
    {"MemAvailable: kB\n", G_MAXUINT64},
    {"MemAvailable: 99999999999999999999 kB\n", G_MAXUINT64},
    {"MemFree: 12 kB\n", G_MAXUINT64}, {"", G_MAXUINT64},
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpuint (cup_room_parse_meminfo (cases[i].text), ==,
        cases[i].bytes);
}

static void
test_room (void)
{
  g_assert_cmpuint (cup_room_get_bytes (), >, 0);
  g_assert_true (cup_room_has_block (1));
  g_assert_true (cup_room_has_block ((gsize) 40 << 20));
}

int
main (int argc, char **argv)
{
  g_setenv ("HOME", "/home/me", TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/system/home", test_home);
  g_test_add_func ("/system/meminfo", test_meminfo);
  g_test_add_func ("/system/room", test_room);
  return g_test_run ();
}
