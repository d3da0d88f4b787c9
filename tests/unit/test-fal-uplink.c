/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How fast the uplink is found to be, by transfers with times of the test's.
 */
#include "engine/fal/uplink.h"

#define MS G_TIME_SPAN_MILLISECOND
#define MB 1000000

static void
test_one (void)
{
  CupFalUplink uplink = { 0 };

  cup_fal_uplink_init (&uplink);
  g_assert_cmpfloat (cup_fal_uplink_get_speed (&uplink), ==, 0);
  cup_fal_uplink_begin (&uplink, 0);
  cup_fal_uplink_end (&uplink, MB, 500 * MS);
  g_assert_cmpfloat_with_epsilon (cup_fal_uplink_get_speed (&uplink), 2 * MB,
      1);
  /* The line was not in use between. */
  cup_fal_uplink_begin (&uplink, 9000 * MS);
  cup_fal_uplink_end (&uplink, MB, 9500 * MS);
  g_assert_cmpfloat_with_epsilon (cup_fal_uplink_get_speed (&uplink), 2 * MB,
      1);
  cup_fal_uplink_clear (&uplink);
}

/* Two that share the line: each takes twice as long. */
static void
test_shared (void)
{
  CupFalUplink uplink = { 0 };

  cup_fal_uplink_init (&uplink);
  cup_fal_uplink_begin (&uplink, 0);
  cup_fal_uplink_begin (&uplink, 0);
  cup_fal_uplink_end (&uplink, MB, 900 * MS);
  g_assert_cmpfloat (cup_fal_uplink_get_speed (&uplink), ==, 0);
  cup_fal_uplink_end (&uplink, MB, 1000 * MS);
  g_assert_cmpfloat_with_epsilon (cup_fal_uplink_get_speed (&uplink), 2 * MB,
      1);
  cup_fal_uplink_clear (&uplink);
}

/* Where there is always one under way, and the line gets slower. */
static void
test_always_busy (void)
{
  CupFalUplink uplink = { 0 };
  gint64 now = 0;
  guint i;

  cup_fal_uplink_init (&uplink);
  cup_fal_uplink_begin (&uplink, 0);
  for (i = 0; i < 40; i++) {
    cup_fal_uplink_begin (&uplink, now);
    now += i < 20 ? 500 * MS : 2000 * MS;
    cup_fal_uplink_end (&uplink, MB, now);
    if (i == 19)
      g_assert_cmpfloat_with_epsilon (cup_fal_uplink_get_speed (&uplink),
          2 * MB, 1);
  }
  g_assert_cmpfloat_with_epsilon (cup_fal_uplink_get_speed (&uplink), MB / 2,
      MB / 50);
  cup_fal_uplink_clear (&uplink);
}

/* What failed, and what is over in a round trip, says nothing. */
static void
test_nothing (void)
{
  CupFalUplink uplink = { 0 };

  cup_fal_uplink_init (&uplink);
  cup_fal_uplink_begin (&uplink, 0);
  cup_fal_uplink_end (&uplink, 0, 30000 * MS);
  cup_fal_uplink_begin (&uplink, 30000 * MS);
  cup_fal_uplink_end (&uplink, 1000, 30100 * MS);
  g_assert_cmpfloat (cup_fal_uplink_get_speed (&uplink), ==, 0);
  /* Nor does time that did not pass. */
  cup_fal_uplink_begin (&uplink, 40000 * MS);
  cup_fal_uplink_end (&uplink, MB, 40000 * MS);
  g_assert_cmpfloat (cup_fal_uplink_get_speed (&uplink), >, 0);
  cup_fal_uplink_clear (&uplink);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fal-uplink/one", test_one);
  g_test_add_func ("/fal-uplink/shared", test_shared);
  g_test_add_func ("/fal-uplink/always-busy", test_always_busy);
  g_test_add_func ("/fal-uplink/nothing", test_nothing);
  return g_test_run ();
}
