/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs that have a store in common: see store-place.h.
 */
#include "store-place.h"

#include <sqlite3.h>

#define LIMIT_US (120 * G_USEC_PER_SEC)

static gchar *reference;

static CupFalService *
start_service (void)
{
  CupFalServiceOptions options;
  CupFalService *service;
  GError *error = NULL;

  fixture_options_init (&options);
  options.runners = IN_FLIGHT;
  options.delay = 8;
  service = cup_fal_service_new (&options, &error);
  g_assert_no_error (error);
  return service;
}

static void
end_service (CupFalService * service)
{
  g_assert_cmpuint (cup_fal_service_get_count (service, CUP_FAL_COUNT_LEAKS),
      ==, 0);
  cup_fal_service_free (service);
}

const gchar *
store_place_get_reference (void)
{
  SequenceOptions options = { 0 };
  GError *error = NULL;
  GArray *pictures;
  Sequence *sequence;

  if (reference)
    return reference;
  reference = g_dir_make_tmp ("cup-reference-XXXXXX", &error);
  g_assert_no_error (error);
  pictures = sequence_make_distinct (N_FRAMES);
  options.service = start_service ();
  options.output = reference;
  options.pictures = pictures;
  sequence = sequence_start (&options);
  sequence_finish (sequence);
  g_assert_cmpuint (cup_fal_service_get_count (options.service,
          CUP_FAL_COUNT_ACCEPTED), ==, N_FRAMES);
  sequence_free (sequence);
  end_service (options.service);
  g_array_unref (pictures);
  return reference;
}

void
store_place_clean_up (void)
{
  if (reference)
    place_remove (reference);
  g_clear_pointer (&reference, g_free);
}

void
store_place_enter (StorePlace * place, gconstpointer data)
{
  place_enter (&place->place, NULL);
  place->service = start_service ();
  place->pictures = sequence_make_distinct (N_FRAMES);
}

void
store_place_leave (StorePlace * place, gconstpointer data)
{
  end_service (place->service);
  g_array_unref (place->pictures);
  place_leave (&place->place, NULL);
}

void
store_place_set_pictures (StorePlace * place, GArray * pictures)
{
  g_array_unref (place->pictures);
  place->pictures = pictures;
}

void
store_place_renew (StorePlace * place)
{
  end_service (place->service);
  place->service = start_service ();
  place_remove ("store");
}

Sequence *
store_place_start (StorePlace * place, const gchar * output,
    const gchar * properties)
{
  gchar *all = g_strdup_printf ("cache-location=%s/store %s",
      place->place.directory, properties ? properties : "");
  SequenceOptions options = { 0 };
  Sequence *sequence;

  options.service = place->service;
  options.output = output;
  options.pictures = place->pictures;
  options.properties = all;
  options.wrapper = place->wrapper;
  sequence = sequence_start (&options);
  g_free (all);
  return sequence;
}

Sequence *
store_place_run (StorePlace * place, const gchar * output,
    const gchar * properties)
{
  Sequence *sequence = store_place_start (place, output, properties);

  sequence_finish (sequence);
  sequence_assert_same (output, store_place_get_reference (), place->pictures);
  return sequence;
}

void
store_place_run_quietly (StorePlace * place, const gchar * output,
    const gchar * properties)
{
  Sequence *sequence = store_place_run (place, output, properties);

  g_assert_cmpuint (sequence_get_warnings (sequence)->len, ==, 0);
  sequence_free (sequence);
}

guint64
store_place_count (StorePlace * place, CupFalCounter counter)
{
  return cup_fal_service_get_count (place->service, counter);
}

void
store_place_assert_accepted (StorePlace * place, guint64 n)
{
  g_assert_cmpuint (store_place_count (place, CUP_FAL_COUNT_ACCEPTED), ==, n);
}

void
store_place_run_for_free (StorePlace * place, const gchar * output,
    const gchar * properties)
{
  guint64 n = store_place_count (place, CUP_FAL_COUNT_REQUESTS);

  store_place_run_quietly (place, output, properties);
  g_assert_cmpuint (store_place_count (place, CUP_FAL_COUNT_REQUESTS), ==, n);
}

gint64
store_place_query (const gchar * store, const gchar * sql)
{
  gchar *path = g_build_filename (store, "index.db", NULL);
  sqlite3_stmt *statement = NULL;
  sqlite3 *database;
  gint64 number = -1;

  if (sqlite3_open_v2 (path, &database, SQLITE_OPEN_READWRITE, NULL)
      == SQLITE_OK) {
    sqlite3_busy_timeout (database, 1000);
    if (sqlite3_prepare_v2 (database, sql, -1, &statement, NULL) == SQLITE_OK
        && sqlite3_step (statement) == SQLITE_ROW)
      number = sqlite3_column_int64 (statement, 0);
  }
  sqlite3_finalize (statement);
  sqlite3_close (database);
  g_free (path);
  return number;
}

void
store_place_wait_query (const gchar * sql, gint64 n)
{
  gint64 end = g_get_monotonic_time () + LIMIT_US;

  while (store_place_query ("store", sql) < n) {
    g_assert_cmpint (g_get_monotonic_time (), <, end);
    g_usleep (5000);
  }
}
