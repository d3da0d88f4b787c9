/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stats.h"

/* Latencies are counted in classes of which each power of two has so many:
 * what is read from them is at most 1/32 too large. 37 powers of two, in
 * microseconds, are more than a day. */
#define CLASS_BITS 5
#define CLASSES_PER_POWER (1u << CLASS_BITS)
#define N_POWERS 37
#define N_CLASSES ((N_POWERS - CLASS_BITS + 1) * CLASSES_PER_POWER)
#define MAX_LATENCY ((G_GUINT64_CONSTANT (1) << N_POWERS) - 1)

typedef enum
{
  COUNT_IN,
  COUNT_OUT,
  COUNT_PASSED_THROUGH,
  COUNT_REUSED,
  COUNT_LATE,
  COUNT_UNSAFE,
  COUNT_RETRIES,
  COUNT_STORED,
  COUNT_SHARED,
  COUNT_BYTES_UP,
  COUNT_BYTES_DOWN,
  N_COUNTS
} Count;

typedef struct
{
  gdouble sum;                  /* seconds */
  guint64 n;
} Times;

struct _CupStats
{
  gint ref_count;
  GMutex lock;                  /* a leaf; guards all below */
  guint64 counts[N_COUNTS];
  guint64 drops[CUP_N_DROPS];
  guint64 ends[CUP_N_ENDS];
  Times queue;
  Times service;
  Times units;                  /* billable ones */
  guint64 n_latencies;
  guint64 max_latency;          /* microseconds */
  guint64 latencies[N_CLASSES];
};

/* *INDENT-OFF* */
static const CupStatsField fields[] = {
  { "frames-in", G_TYPE_UINT64,
    "frames that came to the sink pad" },
  { "frames-in-flight", G_TYPE_UINT,
    "how many of them are between the pads now" },
  { "frames-out", G_TYPE_UINT64,
    "buffers that left" },
  { "frames-passed-through", G_TYPE_UINT64,
    "how many of them are the frame itself, resized, without a result: it had "
    "failed, was late, not selected, or not allowed by the budget" },
  { "frames-reused", G_TYPE_UINT64,
    "how many of them have the result of an earlier frame, and had no job: the "
    "frame was the same as that one (as far as `duplicate-threshold` says), or "
    "not selected (`unselected=repeat`)" },
  { "frames-late", G_TYPE_UINT64,
    "frames of a live stream that had no result when `latency` was over, "
    "whatever became of them" },
  { "frames-dropped", G_TYPE_UINT64,
    "frames that were left out while the stream went on: the sum of the "
    "following nine" },
  { "dropped-outside-segment", G_TYPE_UINT64,
    "not to be shown: outside the segment, for decoding only, or left out by "
        "a trick mode; not sent" },
  { "dropped-late", G_TYPE_UINT64,
    "too late already when they came (`qos`, `late=drop`); not sent" },
  { "dropped-overdue", G_TYPE_UINT64,
    "without a result in time (`late=drop`)" },
  { "dropped-overflow", G_TYPE_UINT64,
    "no room (`overflow`): not sent with `drop-new`, cancelled with `drop-old`"
    },
  { "dropped-unselected", G_TYPE_UINT64,
    "not selected (`unselected=drop`); not sent" },
  { "dropped-unsafe", G_TYPE_UINT64,
    "taken away by the service's safety checker (`on-unsafe=drop`)" },
  { "dropped-failed", G_TYPE_UINT64,
    "failed (`on-error=drop`)" },
  { "dropped-budget", G_TYPE_UINT64,
    "not submitted, since `max-requests` or `max-cost` did not allow it "
    "(`on-budget=drop`), or in a `dry-run`" },
  { "dropped-cancelled", G_TYPE_UINT64,
    "cancelled by the signal `cancel-all`" },
  { "frames-done", G_TYPE_UINT64,
    "frames whose job has a result, whether it has left or not" },
  { "frames-failed", G_TYPE_UINT64,
    "frames that the engine could not upscale" },
  { "frames-cancelled", G_TYPE_UINT64,
    "frames whose job was cancelled before there was a result: by a flush, a "
    "seek, a stop, `cancel-all`, `late` or `overflow`" },
  { "frames-unsafe", G_TYPE_UINT64,
    "results that the service's safety checker took away, whatever became of "
    "them" },
  { "retries", G_TYPE_UINT64,
    "submissions to the service beyond the first of each frame" },
  { "uncertain-requests", G_TYPE_UINT64,
    "with `cache-location`: submissions of an earlier run, which was cut off in "
    "their middle, that were repeated, though the service may have accepted "
    "them, and charge for them" },
  { "bytes-up", G_TYPE_UINT64,
    "bytes of pictures that were sent for the results that were made" },
  { "bytes-down", G_TYPE_UINT64,
    "bytes of pictures that were fetched for the results that were made" },
  { "results-stored", G_TYPE_UINT64,
    "how many of `frames-done` have a result that was stored already; nothing "
    "was submitted for them" },
  { "results-shared", G_TYPE_UINT64,
    "how many of `frames-done` have a result that was made at the same time for "
    "another frame, which is the same; nothing was submitted for them" },
  { "requests", G_TYPE_UINT64,
    "requests that the service has accepted, or may have; without those that "
    "have failed there" },
  { "saved-requests", G_TYPE_UINT64,
    "requests that were not needed: the frame is the same as another one, its "
    "result was stored, or an earlier run had submitted it" },
  { "refused-requests", G_TYPE_UINT64,
    "requests that were not allowed by `max-requests` or `max-cost`; with "
    "`dry-run` those that would have been submitted" },
  { "estimated-cost", G_TYPE_DOUBLE,
    "what `requests` have cost by `price-per-megapixel` and "
    "`price-per-second`; of those that have no result yet by the size that is "
    "expected, and the mean time of the others. A result whose time the "
    "service does not tell costs nothing by the second. Absent where neither "
    "is set, or the engine has no service" },
  { "saved-cost", G_TYPE_DOUBLE,
    "the same of `saved-requests`" },
  { "billable-units", G_TYPE_DOUBLE,
    "what the service says that it charges for the results that were made, in "
    "the unit of its price, added up; absent where it does not say" },
  { "queue-time-total", G_TYPE_DOUBLE,
    "seconds that the requests of the results that were made waited in the "
    "service's queue, added up; absent where the engine has no queue" },
  { "queue-time-mean", G_TYPE_DOUBLE,
    "the same for one of them, on average" },
  { "service-time-total", G_TYPE_DOUBLE,
    "seconds that they were at the service, waiting there included, added up; "
    "absent where the engine has no service" },
  { "service-time-mean", G_TYPE_DOUBLE,
    "the same for one of them, on average" },
  { "latency-p50", G_TYPE_UINT64,
    "nanoseconds from a frame's arrival at the sink pad, before any wait for "
    "`max-in-flight`, until it leaves: half of the frames took no longer. Up "
    "to 1/32 too high; absent, like the following, before a buffer has left" },
  { "latency-p90", G_TYPE_UINT64,
    "the same: 90 % of the frames took no longer" },
  { "latency-p99", G_TYPE_UINT64,
    "the same: 99 % of the frames took no longer" },
  { "latency-max", G_TYPE_UINT64,
    "the same of the slowest frame" },
};
/* *INDENT-ON* */

CupStats *
cup_stats_new (void)
{
  CupStats *stats = g_new0 (CupStats, 1);

  stats->ref_count = 1;
  g_mutex_init (&stats->lock);
  return stats;
}

CupStats *
cup_stats_ref (CupStats * stats)
{
  g_atomic_int_inc (&stats->ref_count);
  return stats;
}

void
cup_stats_unref (CupStats * stats)
{
  if (!g_atomic_int_dec_and_test (&stats->ref_count))
    return;
  g_mutex_clear (&stats->lock);
  g_free (stats);
}

/* Latencies */

static guint
find_class (guint64 latency)
{
  guint shift;

  if (latency < CLASSES_PER_POWER)
    return (guint) latency;
  shift = g_bit_storage ((gulong) (latency >> CLASS_BITS)) - 1;
  return (shift + 1) * CLASSES_PER_POWER
      + (guint) (latency >> shift) - CLASSES_PER_POWER;
}

/* The largest latency of a class. */
static guint64
get_class_end (guint class)
{
  guint shift = class / CLASSES_PER_POWER;
  guint64 base = class % CLASSES_PER_POWER;

  if (shift == 0)
    return base;
  shift--;
  return ((base + CLASSES_PER_POWER + 1) << shift) - 1;
}

/* Lock held. What @percent of the latencies are not above. */
static guint64
get_percentile (const CupStats * stats, guint percent)
{
  guint64 below = 0;
  guint64 wanted = (stats->n_latencies * percent + 99) / 100;
  guint i;

  for (i = 0; i < N_CLASSES; i++) {
    below += stats->latencies[i];
    if (below >= wanted)
      return MIN (get_class_end (i), stats->max_latency);
  }
  return stats->max_latency;
}

/* Counting */

gint64
cup_stats_count_in (CupStats * stats)
{
  g_mutex_lock (&stats->lock);
  stats->counts[COUNT_IN]++;
  g_mutex_unlock (&stats->lock);
  return g_get_monotonic_time ();
}

void
cup_stats_count_drop (CupStats * stats, CupDrop drop)
{
  g_mutex_lock (&stats->lock);
  stats->drops[drop]++;
  g_mutex_unlock (&stats->lock);
}

static void
add_time (Times * times, gdouble seconds)
{
  if (seconds < 0)
    return;
  times->sum += seconds;
  times->n++;
}

/* Lock held. For a result that was there already nothing has been waited for or
 * transferred now. */
static void
count_result (CupStats * stats, const CupResult * result)
{
  switch (result->origin) {
    case CUP_RESULT_MADE:
      stats->counts[COUNT_BYTES_UP] += result->bytes_up;
      stats->counts[COUNT_BYTES_DOWN] += result->bytes_down;
      add_time (&stats->queue, result->queue_time);
      add_time (&stats->service, result->service_time);
      add_time (&stats->units, result->billable_units);
      break;
    case CUP_RESULT_SHARED:
      stats->counts[COUNT_SHARED]++;
      break;
    case CUP_RESULT_STORED:
      stats->counts[COUNT_STORED]++;
      break;
  }
}

void
cup_stats_count_end (CupStats * stats, CupEnd end, const CupResult * result,
    gboolean is_unsafe)
{
  g_mutex_lock (&stats->lock);
  stats->ends[end]++;
  if (is_unsafe)
    stats->counts[COUNT_UNSAFE]++;
  if (result)
    count_result (stats, result);
  g_mutex_unlock (&stats->lock);
}

void
cup_stats_take_back_done (CupStats * stats)
{
  g_mutex_lock (&stats->lock);
  stats->ends[CUP_END_DONE]--;
  g_mutex_unlock (&stats->lock);
}

void
cup_stats_count_retries (CupStats * stats, guint n)
{
  g_mutex_lock (&stats->lock);
  stats->counts[COUNT_RETRIES] += n;
  g_mutex_unlock (&stats->lock);
}

void
cup_stats_count_out (CupStats * stats, gint64 arrived, CupSource source)
{
  gint64 waited = g_get_monotonic_time () - arrived;
  guint64 latency = MIN ((guint64) MAX (waited, 0), MAX_LATENCY);

  g_mutex_lock (&stats->lock);
  stats->counts[COUNT_OUT]++;
  if (source == CUP_SOURCE_ORIGINAL)
    stats->counts[COUNT_PASSED_THROUGH]++;
  if (source == CUP_SOURCE_REPEAT)
    stats->counts[COUNT_REUSED]++;
  stats->n_latencies++;
  stats->max_latency = MAX (stats->max_latency, latency);
  stats->latencies[find_class (latency)]++;
  g_mutex_unlock (&stats->lock);
}

void
cup_stats_count_late (CupStats * stats)
{
  g_mutex_lock (&stats->lock);
  stats->counts[COUNT_LATE]++;
  g_mutex_unlock (&stats->lock);
}

/* Reading */

static void
set_times (GstStructure * structure, const gchar * total, const gchar * mean,
    const Times * times)
{
  if (times->n > 0)
    gst_structure_set (structure, total, G_TYPE_DOUBLE, times->sum,
        mean, G_TYPE_DOUBLE, times->sum / (gdouble) times->n, NULL);
}

/* Lock held. */
static void
set_drops (GstStructure * structure, const CupStats * stats)
{
  guint64 sum = 0;
  guint i;

  for (i = 0; i < CUP_N_DROPS; i++)
    sum += stats->drops[i];
  gst_structure_set (structure,
      "frames-dropped", G_TYPE_UINT64, sum,
      "dropped-outside-segment", G_TYPE_UINT64,
      stats->drops[CUP_DROP_OUTSIDE],
      "dropped-late", G_TYPE_UINT64, stats->drops[CUP_DROP_LATE],
      "dropped-overdue", G_TYPE_UINT64, stats->drops[CUP_DROP_OVERDUE],
      "dropped-overflow", G_TYPE_UINT64, stats->drops[CUP_DROP_OVERFLOW],
      "dropped-unselected", G_TYPE_UINT64, stats->drops[CUP_DROP_UNSELECTED],
      "dropped-unsafe", G_TYPE_UINT64, stats->drops[CUP_DROP_UNSAFE],
      "dropped-failed", G_TYPE_UINT64, stats->drops[CUP_DROP_FAILED],
      "dropped-budget", G_TYPE_UINT64, stats->drops[CUP_DROP_BUDGET],
      "dropped-cancelled", G_TYPE_UINT64,
      stats->drops[CUP_DROP_CANCELLED], NULL);
}

/* Lock held. */
static void
set_latencies (GstStructure * structure, const CupStats * stats)
{
  if (stats->n_latencies == 0)
    return;
  gst_structure_set (structure,
      "latency-p50", G_TYPE_UINT64, get_percentile (stats, 50) * GST_USECOND,
      "latency-p90", G_TYPE_UINT64, get_percentile (stats, 90) * GST_USECOND,
      "latency-p99", G_TYPE_UINT64, get_percentile (stats, 99) * GST_USECOND,
      "latency-max", G_TYPE_UINT64, stats->max_latency * GST_USECOND, NULL);
}

static void
set_budget (GstStructure * structure, const CupBudgetFigures * budget)
{
  gst_structure_set (structure,
      "requests", G_TYPE_UINT64, budget->requests,
      "saved-requests", G_TYPE_UINT64, budget->saved_requests,
      "refused-requests", G_TYPE_UINT64, budget->refused, NULL);
  if (budget->has_price)
    gst_structure_set (structure,
        "estimated-cost", G_TYPE_DOUBLE, budget->cost,
        "saved-cost", G_TYPE_DOUBLE, budget->saved_cost, NULL);
}

guint64
cup_stats_get_frames_in (CupStats * stats)
{
  guint64 n;

  g_mutex_lock (&stats->lock);
  n = stats->counts[COUNT_IN];
  g_mutex_unlock (&stats->lock);
  return n;
}

GstStructure *
cup_stats_to_structure (CupStats * stats, guint in_flight,
    const CupBudgetFigures * budget)
{
  GstStructure *structure = gst_structure_new_empty (CUP_STATS_NAME);
  const guint64 *counts = stats->counts;

  g_mutex_lock (&stats->lock);
  gst_structure_set (structure,
      "frames-in", G_TYPE_UINT64, counts[COUNT_IN],
      "frames-in-flight", G_TYPE_UINT, in_flight,
      "frames-out", G_TYPE_UINT64, counts[COUNT_OUT],
      "frames-passed-through", G_TYPE_UINT64,
      counts[COUNT_PASSED_THROUGH],
      "frames-reused", G_TYPE_UINT64, counts[COUNT_REUSED],
      "frames-late", G_TYPE_UINT64, counts[COUNT_LATE], NULL);
  set_drops (structure, stats);
  gst_structure_set (structure,
      "frames-done", G_TYPE_UINT64, stats->ends[CUP_END_DONE],
      "frames-failed", G_TYPE_UINT64, stats->ends[CUP_END_FAILED],
      "frames-cancelled", G_TYPE_UINT64, stats->ends[CUP_END_CANCELLED],
      "frames-unsafe", G_TYPE_UINT64, counts[COUNT_UNSAFE],
      "retries", G_TYPE_UINT64, counts[COUNT_RETRIES],
      "bytes-up", G_TYPE_UINT64, counts[COUNT_BYTES_UP],
      "bytes-down", G_TYPE_UINT64, counts[COUNT_BYTES_DOWN],
      "results-stored", G_TYPE_UINT64, counts[COUNT_STORED],
      "results-shared", G_TYPE_UINT64, counts[COUNT_SHARED], NULL);
  set_budget (structure, budget);
  if (stats->units.n > 0)
    gst_structure_set (structure, "billable-units", G_TYPE_DOUBLE,
        stats->units.sum, NULL);
  set_times (structure, "queue-time-total", "queue-time-mean", &stats->queue);
  set_times (structure, "service-time-total", "service-time-mean",
      &stats->service);
  set_latencies (structure, stats);
  g_mutex_unlock (&stats->lock);
  return structure;
}

const CupStatsField *
cup_stats_get_fields (guint * n)
{
  *n = G_N_ELEMENTS (fields);
  return fields;
}

void
cup_stats_install_property (GObjectClass * klass)
{
  g_object_class_install_property (klass, CUP_STATS_PROPERTY,
      g_param_spec_boxed ("stats", "Statistics",
          "What became of the frames since the element was started (READY to "
          "PAUSED): how many came, left, failed or were left out, bytes, "
          "times, latencies", GST_TYPE_STRUCTURE,
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}
