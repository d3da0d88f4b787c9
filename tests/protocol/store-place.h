/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A folder with a store in it, a service, and sequences that are run with both:
 * what the tests of runs that follow each other share.
 */
#pragma once

#include "place.h"
#include "sequence.h"

G_BEGIN_DECLS

/* Frames of the sequences. */
#define N_FRAMES 60
/* Of all sequences: max-in-flight. */
#define IN_FLIGHT 8

/* The current folder is one of the test's own; the store is "store" in it. */
typedef struct
{
  Place place;
  CupFalService *service;
  GArray *pictures;             /* N_FRAMES different ones */
  /* (nullable): for the sequences, see there. */
  const gchar *const *wrapper;
} StorePlace;

/* For g_test_add(); the service has a delay of some milliseconds. */
void store_place_enter (StorePlace * place, gconstpointer data);
void store_place_leave (StorePlace * place, gconstpointer data);
/* A new service, and no store any more. */
void store_place_renew (StorePlace * place);

/* From now on the sequences have @pictures, which it takes. */
void store_place_set_pictures (StorePlace * place, GArray * pictures);

/* What has to come out of N_FRAMES different pictures, as files: that of a run
 * that has no store, and that nothing disturbs. It is made once. */
const gchar *store_place_get_reference (void);
/* At the end of main(). */
void store_place_clean_up (void);

/* With the store. @properties: (nullable): more of the element, which take the
 * place of those that it would have. */
Sequence *store_place_start (StorePlace * place, const gchar * output,
    const gchar * properties);
/* To its end, which has to be a good one, with the right pictures. The sequence
 * is to be freed. */
Sequence *store_place_run (StorePlace * place, const gchar * output,
    const gchar * properties);
/* The same, and that no warning has come. */
void store_place_run_quietly (StorePlace * place, const gchar * output,
    const gchar * properties);
/* The number that @sql asks for; -1 where the store has no such table yet. */
gint64 store_place_query (const gchar * store, const gchar * sql);
/* Waits until it is @n or more. */
void store_place_wait_query (const gchar * sql, gint64 n);
guint64 store_place_count (StorePlace * place, CupFalCounter counter);
/* Asserts that so many have been accepted. */
void store_place_assert_accepted (StorePlace * place, guint64 n);
/* Runs quietly, and without any request. */
void store_place_run_for_free (StorePlace * place, const gchar * output,
    const gchar * properties);

G_END_DECLS
