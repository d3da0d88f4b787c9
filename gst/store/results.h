/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Results on disk: a row in the index and a file beside it.
 *
 * A file is complete and on the disk before its row is, and a row is gone
 * before its file is: at whatever instant a process is killed, or the power
 * fails, an entry is either not there or good. What is read is verified all the
 * same, as disks and people damage files.
 */
#pragma once

#include "image/image.h"
#include "key.h"
#include "store.h"

G_BEGIN_DECLS

/**
 * CupStoreRecord:
 * @bytes: the picture as the service encoded it
 * @info: what its header says; PNG, JPEG or WebP. The type alone where the header
 *   cannot be read
 * @flaw: (nullable): why the picture cannot be read, although it is what was
 *   stored; set by cup_store_lookup()
 * @engine: (nullable): which engine made it
 * @application: (nullable): which application of the service
 * @has_seed: whether @seed is known
 * @seed: the seed that was used
 * @request_id: (nullable): the service's id
 * @url: (nullable): where the service keeps, or kept, the picture
 * @inference_time: seconds, or a negative number where it is not known
 * @queue_time: as above
 * @service_time: as above
 * @total_time: seconds that it took the first time
 * @bytes_up: bytes that were sent for it
 * @bytes_down: bytes that were fetched for it
 * @submissions: how often it was submitted
 * @lost_alpha: whether the input had transparent pixels, and the result has no
 *   alpha
 * @created: microseconds since 1970 UTC; set by cup_store_add()
 * @is_found: whether the index had no row of it, or a wrong one, and the file was found
 *   by its name; set by cup_store_lookup()
 *
 * What CupResult (engine/job.h) has that cannot be found in the job again.
 */
typedef struct
{
  GBytes *bytes;
  CupImageInfo info;
  GError *flaw;
  gchar *engine;
  gchar *application;
  gboolean has_seed;
  guint64 seed;
  gchar *request_id;
  gchar *url;
  gdouble inference_time;
  gdouble queue_time;
  gdouble service_time;
  gdouble total_time;
  guint64 bytes_up;
  guint64 bytes_down;
  guint submissions;
  gboolean lost_alpha;
  gint64 created;
  gboolean is_found;
} CupStoreRecord;

/* Takes @bytes; times are not known at first. */
CupStoreRecord *cup_store_record_new (GBytes * bytes,
    const CupImageInfo * info);
void cup_store_record_free (CupStoreRecord * record);

/* TRUE with @record, to be freed, or with NULL where nothing is stored. A picture
 * that was stored as it came, and cannot be read, is there with its flaw: it was
 * paid for, and is no damage of the disk's.
 * A file whose row the index has lost is there as well: its name says what it is, and
 * it gets a row again.
 * FALSE with CUP_ERROR_BAD_DATA where something was, and its file is missing or
 * damaged: the entry is dropped (unless the store is read-only), and the next
 * lookup finds nothing. The caller warns and fetches it again. */
gboolean cup_store_lookup (CupStore * store, const CupStoreKey * key,
    CupStoreRecord ** record, GError ** error);
/* Whether there is an entry; its file is not looked at. */
gboolean cup_store_contains (CupStore * store, const CupStoreKey * key,
    gboolean * found, GError ** error);

/* Stores @record, in place of one that is there. When it returns TRUE it is on
 * the disk, and the claim (journal.h) is ended in the same step, if the key is
 * claimed through this store. */
gboolean cup_store_add (CupStore * store, const CupStoreKey * key,
    const CupStoreRecord * record, GError ** error);
/* Removes an entry, if it is there. */
gboolean cup_store_remove (CupStore * store, const CupStoreKey * key,
    GError ** error);

/* How many results there are, and the bytes of their files; not counted but
 * known. */
gboolean cup_store_get_usage (CupStore * store, guint64 * count,
    guint64 * size, GError ** error);

/* Removes what has not been used for longest until what is left has @max_size
 * bytes at most. "Used" is when it was added or looked up, to an hour. What is
 * in use is never removed, though it may be more than @max_size: an entry whose
 * key a living process has claimed, or waits for (journal.h), in this process or
 * another. A result that was looked up is in memory, and need not be kept for
 * whoever has it. @removed: (nullable): how many. */
gboolean cup_store_trim (CupStore * store, guint64 max_size, guint * removed,
    GError ** error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CupStoreRecord, cup_store_record_free);

G_END_DECLS
