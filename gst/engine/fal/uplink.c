/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "uplink.h"

/* Of less the time is that of the round trip, and says nothing of the line. */
#define MIN_BYTES (64 * 1024)
/* Where it never gets quiet a measurement ends after this all the same. */
#define MAX_TIME G_TIME_SPAN_SECOND
/* How much the last measurement counts beside those before it. */
#define WEIGHT 0.3

void
cup_fal_uplink_init (CupFalUplink * uplink)
{
  g_mutex_init (&uplink->lock);
}

void
cup_fal_uplink_clear (CupFalUplink * uplink)
{
  g_mutex_clear (&uplink->lock);
}

static void
start_measuring (CupFalUplink * uplink, gint64 now)
{
  uplink->since = now;
  uplink->bytes = 0;
}

void
cup_fal_uplink_begin (CupFalUplink * uplink, gint64 now)
{
  g_mutex_lock (&uplink->lock);
  if (uplink->n++ == 0)
    start_measuring (uplink, now);
  g_mutex_unlock (&uplink->lock);
}

void
cup_fal_uplink_end (CupFalUplink * uplink, guint64 bytes, gint64 now)
{
  gdouble speed;
  gint64 took;

  g_mutex_lock (&uplink->lock);
  uplink->n--;
  uplink->bytes += bytes;
  took = MAX (now - uplink->since, 1);
  if (uplink->bytes >= MIN_BYTES && (uplink->n == 0 || took >= MAX_TIME)) {
    speed = uplink->bytes * (gdouble) G_TIME_SPAN_SECOND / took;
    uplink->speed = uplink->speed > 0 ?
        (1 - WEIGHT) * uplink->speed + WEIGHT * speed : speed;
    start_measuring (uplink, now);
  }
  g_mutex_unlock (&uplink->lock);
}

gdouble
cup_fal_uplink_get_speed (CupFalUplink * uplink)
{
  gdouble speed;

  g_mutex_lock (&uplink->lock);
  speed = uplink->speed;
  g_mutex_unlock (&uplink->lock);
  return speed;
}
