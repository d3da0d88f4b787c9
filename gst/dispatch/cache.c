/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cache.h"

#include "base/error.h"
#include "base/log.h"
#include "base/queue.h"
#include "store/journal.h"
#include "store/results.h"
#include "store/uploads.h"

/* How often a damaged entry is met before it is given up. */
#define MAX_DAMAGED 3
/* An upload is used again only where there is time left to use it. */
#define UPLOAD_MARGIN (10 * 60 * G_USEC_PER_SEC)

/* Bytes of results that may wait to be written before nothing more is begun: a
 * disk that is slower than the service holds it up, and not the memory. */
#define MAX_UNWRITTEN (64 << 20)

/* Somebody who waits for a key. */
typedef struct
{
  CupStoreKey key;
  void (*func) (gpointer user_data);
  gpointer user_data;
} Parked;

struct _CupCache
{
  gint ref_count;
  CupStore *store;
  gboolean refresh;
  gboolean is_writable;
  guint64 max_size;
  CupCacheWarn warn;
  gpointer user_data;
  GDestroyNotify destroy;
  CupQueue *writer;             /* one thread; an item for each write */
  CupQueue *waiter;             /* one thread; an item while somebody is parked */

  /* With refresh: storing a result and noting that it is a new one is one step
   * for who claims. Held over the disk; the next one is taken with it. */
  GMutex renewing;

  GMutex lock;                  /* a leaf; guards below */
  GCond cond;                   /* one of the next three has changed */
  guint n_unwritten;
  gsize unwritten_size;         /* of the results among them */
  gboolean is_waiting;          /* there is a thread that does */
  GQueue urgent;                /* of Write: before those in writes */
  GQueue writes;
  GQueue parked;
  GCancellable *interrupt;      /* of the wait */
  gboolean is_woken;            /* all that are parked */
  guint warned;                 /* bit of each CupErrorCode */
  GHashTable *damage;           /* what was told of damage, texts */
  guint64 n_uncertain;
  GHashTable *renewed;          /* keys stored by this one, with refresh */
  GHashTable *stuck;            /* keys that could not be let go of */
};

typedef struct _Write Write;

/* Something to be written. */
struct _Write
{
  CupCache *cache;
  void (*func) (Write * write);
  CupStoreKey key;
    gboolean (*step) (CupStore * store, const CupStoreKey * key,
      GError ** error);
  CupStoreRequest *request;
  CupStoreRecord *record;
  GBytes *bytes;
  gchar *place;
  gchar *url;
  gint64 lifetime;
  void (*done) (gpointer user_data);
  gpointer user_data;
};

/* Takes @error. Of each kind once; but a picture that is damaged is its own, and
 * a damaged index, which every step comes upon, is one as well. */
static void
warn (CupCache * cache, GError * error)
{
  guint bit = error->domain == CUP_ERROR ? 1u << error->code : 1;
  gboolean again;

  g_mutex_lock (&cache->lock);
  if (g_error_matches (error, CUP_ERROR, CUP_ERROR_BAD_DATA)) {
    again = g_hash_table_add (cache->damage, g_strdup (error->message));
  } else {
    again = !(cache->warned & bit);
    cache->warned |= bit;
  }
  g_mutex_unlock (&cache->lock);
  cup_info ("the cache: %s", error->message);
  if (again && cache->warn)
    cache->warn (error, cache->user_data);
  g_error_free (error);
}

static gsize
get_size (const Write * write)
{
  return write->record ? g_bytes_get_size (write->record->bytes) : 0;
}

static void
run_write (gpointer item)
{
  CupCache *cache = item;
  Write *write;
  gsize size;

  g_mutex_lock (&cache->lock);
  write = g_queue_pop_head (&cache->urgent);
  if (!write)
    write = g_queue_pop_head (&cache->writes);
  g_mutex_unlock (&cache->lock);
  size = get_size (write);
  write->func (write);
  if (write->done)
    write->done (write->user_data);
  g_clear_pointer (&write->request, cup_store_request_free);
  g_clear_pointer (&write->record, cup_store_record_free);
  g_clear_pointer (&write->bytes, g_bytes_unref);
  g_free (write->place);
  g_free (write->url);
  g_free (write);

  g_mutex_lock (&cache->lock);
  cache->n_unwritten--;
  cache->unwritten_size -= size;
  g_cond_broadcast (&cache->cond);
  g_mutex_unlock (&cache->lock);
  cup_cache_unref (cache);
}

/* To be filled in and pushed. */
static Write *
new_write (CupCache * cache, void (*func) (Write * write))
{
  Write *write = g_new0 (Write, 1);

  write->cache = cup_cache_ref (cache);
  write->func = func;
  return write;
}

/* Takes @write. */
static void
push_to (GQueue * queue, Write * write)
{
  CupCache *cache = write->cache;

  g_mutex_lock (&cache->lock);
  cache->n_unwritten++;
  cache->unwritten_size += get_size (write);
  g_queue_push_tail (queue, write);
  g_mutex_unlock (&cache->lock);
  /* The cache is kept by the write. */
  cup_queue_push (cache->writer, run_write, cache);
}

static void
push_write (Write * write)
{
  push_to (&write->cache->writes, write);
}

CupCache *
cup_cache_open (const CupCacheSettings * settings, CupCacheWarn warn_func,
    gpointer user_data, GDestroyNotify destroy, GError ** error)
{
  CupStore *store = cup_store_open (settings->directory, error);
  CupQueue *writer = store ? cup_queue_new ("cup-store", 1, error) : NULL;
  CupQueue *waiter = writer ? cup_queue_new ("cup-store-wait", 1, error) : NULL;
  GError *reason = NULL;
  CupCache *cache;

  if (!waiter) {
    g_clear_pointer (&writer, cup_queue_free);
    g_clear_pointer (&store, cup_store_unref);
    if (destroy)
      destroy (user_data);
    return NULL;
  }
  cache = g_new0 (CupCache, 1);
  cache->ref_count = 1;
  cache->store = store;
  cache->refresh = settings->refresh;
  cache->max_size = settings->max_size;
  cache->warn = warn_func;
  cache->user_data = user_data;
  cache->destroy = destroy;
  cache->writer = writer;
  cache->waiter = waiter;
  g_mutex_init (&cache->renewing);
  g_mutex_init (&cache->lock);
  g_cond_init (&cache->cond);
  g_queue_init (&cache->urgent);
  g_queue_init (&cache->writes);
  g_queue_init (&cache->parked);
  cache->damage = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  cache->renewed = g_hash_table_new_full (cup_store_key_hash,
      cup_store_key_equal, g_free, NULL);
  cache->stuck = g_hash_table_new_full (cup_store_key_hash,
      cup_store_key_equal, g_free, NULL);
  cache->is_writable = cup_store_check_writable (store, &reason);
  if (reason)
    warn (cache, reason);
  if (cup_store_get_notice (store))
    warn (cache, g_error_copy (cup_store_get_notice (store)));
  return cache;
}

CupCache *
cup_cache_ref (CupCache * cache)
{
  g_atomic_int_inc (&cache->ref_count);
  return cache;
}

void
cup_cache_unref (CupCache * cache)
{
  if (!g_atomic_int_dec_and_test (&cache->ref_count))
    return;
  /* Perhaps from its own thread; nothing is queued any more. */
  cup_queue_free (cache->writer);
  cup_queue_free (cache->waiter);
  cup_store_unref (cache->store);
  if (cache->destroy)
    cache->destroy (cache->user_data);
  g_clear_object (&cache->interrupt);
  g_hash_table_unref (cache->damage);
  g_hash_table_unref (cache->renewed);
  g_hash_table_unref (cache->stuck);
  g_cond_clear (&cache->cond);
  g_mutex_clear (&cache->lock);
  g_mutex_clear (&cache->renewing);
  g_free (cache);
}

void
cup_cache_join (CupCache * cache, gint64 timeout)
{
  gint64 end = g_get_monotonic_time () + timeout;

  g_mutex_lock (&cache->lock);
  while ((cache->n_unwritten > 0 || cache->is_waiting)
      && g_cond_wait_until (&cache->cond, &cache->lock, end));
  if (cache->n_unwritten > 0)
    cup_warning ("the cache: the disk takes very long; what is not written yet "
        "may be lost");
  g_mutex_unlock (&cache->lock);
}

guint64
cup_cache_get_uncertain (CupCache * cache)
{
  guint64 n;

  g_mutex_lock (&cache->lock);
  n = cache->n_uncertain;
  g_mutex_unlock (&cache->lock);
  return n;
}

/* Finding */

void
cup_cache_finding_clear (CupCacheFinding * finding)
{
  g_clear_pointer (&finding->result, cup_result_free);
  g_clear_pointer (&finding->request, cup_journal_request_free);
  g_clear_error (&finding->error);
}

/* Nothing was sent or fetched for it now. */
static CupResult *
make_result (const CupStoreRecord * record)
{
  CupResult *result = cup_result_new_bytes (g_bytes_ref (record->bytes),
      &record->info);

  result->origin = CUP_RESULT_STORED;
  result->has_seed = record->has_seed;
  result->seed = record->seed;
  result->request_id = g_strdup (record->request_id);
  result->url = g_strdup (record->url);
  result->inference_time = record->inference_time;
  return result;
}

/* What the frame of @record fails with: nothing is submitted for it. */
static GError *
make_error (const CupStoreRecord * record)
{
  const gchar *id = record->request_id ? record->request_id : "unknown";
  GError *error = g_error_new (CUP_ERROR, CUP_ERROR_BAD_DATA,
      "%s; delete it to have the frame submitted, and paid for, again (request "
      "%s)", record->flaw->message, id);

  cup_error_edit_details (error)->request_id = g_strdup (record->request_id);
  cup_error_edit_details (error)->url = g_strdup (record->url);
  cup_error_edit_details (error)->stage = "download";
  return error;
}

/* Told once: the text is always the same. */
static void
note_lost_rows (CupCache * cache)
{
  warn (cache, g_error_new (CUP_ERROR, CUP_ERROR_BAD_DATA,
          "the index of the store %s has lost rows, or has wrong ones; the "
          "pictures were found by their files, nothing is paid for again, and the "
          "index is made anew when the store is opened the next time",
          cup_store_get_directory (cache->store)));
}

/* FALSE where there was one, and it is damaged. */
static gboolean
look_up (CupCache * cache, const CupStoreKey * key, CupCacheFinding * finding)
{
  CupStoreRecord *record = NULL;
  GError *error = NULL;
  gboolean damaged;

  if (cup_store_lookup (cache->store, key, &record, &error)) {
    if (!record)
      return TRUE;
    if (record->is_found)
      note_lost_rows (cache);
    finding->find = record->flaw ? CUP_CACHE_UNUSABLE : CUP_CACHE_STORED;
    if (record->flaw)
      finding->error = make_error (record);
    else
      finding->result = make_result (record);
    cup_store_record_free (record);
    return TRUE;
  }
  damaged = g_error_matches (error, CUP_ERROR, CUP_ERROR_BAD_DATA);
  warn (cache, error);
  return !damaged;
}

/* Whether what is stored does not count: once for each key. */
static gboolean
is_to_be_renewed (CupCache * cache, const CupStoreKey * key)
{
  gboolean wanted;

  g_mutex_lock (&cache->lock);
  wanted = cache->refresh && !g_hash_table_contains (cache->renewed, key);
  g_mutex_unlock (&cache->lock);
  return wanted;
}

static gboolean
claim_in_store (CupCache * cache, const CupStoreKey * key,
    CupStoreClaim * claim, CupStoreRequest ** request, GError ** error)
{
  gboolean done;

  if (!cache->refresh)
    return cup_store_claim (cache->store, key, FALSE, claim, request, error);
  g_mutex_lock (&cache->renewing);
  done = cup_store_claim (cache->store, key, is_to_be_renewed (cache, key),
      claim, request, error);
  g_mutex_unlock (&cache->renewing);
  return done;
}

static gboolean
add_to_store (CupCache * cache, const CupStoreKey * key,
    const CupStoreRecord * record, GError ** error)
{
  gboolean done;

  if (!cache->refresh)
    return cup_store_add (cache->store, key, record, error);
  g_mutex_lock (&cache->renewing);
  done = cup_store_add (cache->store, key, record, error);
  if (done) {
    g_mutex_lock (&cache->lock);
    g_hash_table_add (cache->renewed, g_memdup2 (key, sizeof (*key)));
    g_mutex_unlock (&cache->lock);
  }
  g_mutex_unlock (&cache->renewing);
  return done;
}

static void
note_uncertain (CupCache * cache)
{
  g_mutex_lock (&cache->lock);
  cache->n_uncertain++;
  g_mutex_unlock (&cache->lock);
  warn (cache, g_error_new_literal (CUP_ERROR, CUP_ERROR_SERVICE,
          "an earlier submission was cut off in its middle: whether the "
          "service has accepted it nobody knows, so that the frame is "
          "submitted again and may be charged for twice (stats: "
          "uncertain-requests)"));
}

/* Ends or leaves a claim by @step. Where that cannot be written down (the disk is
 * full) the claim stands though nobody works on it: it must not be waited for.
 * Blocks on the disk. */
static gboolean
end_claim (CupCache * cache, const CupStoreKey * key,
    gboolean (*step) (CupStore * store, const CupStoreKey * key,
        GError ** error), GError ** error)
{
  GError *reason = NULL;
  gboolean stuck;

  /* FAILED: it was not claimed. */
  stuck = !step (cache->store, key, &reason)
      && !g_error_matches (reason, CUP_ERROR, CUP_ERROR_FAILED);
  g_mutex_lock (&cache->lock);
  if (stuck)
    g_hash_table_add (cache->stuck, g_memdup2 (key, sizeof (*key)));
  else
    g_hash_table_remove (cache->stuck, key);
  g_mutex_unlock (&cache->lock);
  if (stuck)
    cup_cache_wake (cache);
  if (!reason)
    return TRUE;
  g_propagate_error (error, reason);
  return FALSE;
}

static gboolean
is_stuck (CupCache * cache, const CupStoreKey * key)
{
  gboolean stuck;

  g_mutex_lock (&cache->lock);
  stuck = g_hash_table_contains (cache->stuck, key);
  g_mutex_unlock (&cache->lock);
  return stuck;
}

/* Once more for a key that could not be let go of. One thread takes it from the
 * table, so that nobody ends a claim that is a new one by now. */
static gboolean
let_go (CupCache * cache, const CupStoreKey * key)
{
  gboolean stuck;

  g_mutex_lock (&cache->lock);
  stuck = g_hash_table_remove (cache->stuck, key);
  g_mutex_unlock (&cache->lock);
  return stuck && end_claim (cache, key, cup_store_release, NULL);
}

/* Something could be written: so can what could not. Others may be waiting for
 * it, in this process or another. */
static void
let_go_of_all (CupCache * cache)
{
  GHashTableIter iter;
  CupStoreKey next;
  gpointer key;
  gboolean found;

  do {
    g_mutex_lock (&cache->lock);
    g_hash_table_iter_init (&iter, cache->stuck);
    found = g_hash_table_iter_next (&iter, &key, NULL);
    if (found)
      next = *(CupStoreKey *) key;
    g_mutex_unlock (&cache->lock);
  } while (found && let_go (cache, &next));
}

static gboolean
is_stored (const CupCacheFinding * finding)
{
  return finding->find == CUP_CACHE_STORED
      || finding->find == CUP_CACHE_UNUSABLE;
}

/* FALSE where it is worth another try. */
static gboolean
claim_key (CupCache * cache, const CupStoreKey * key, CupCacheFinding * finding)
{
  CupStoreRequest *request = NULL;
  CupStoreClaim claim;
  GError *error = NULL;

  if (!claim_in_store (cache, key, &claim, &request, &error)) {
    warn (cache, error);
    if (!is_to_be_renewed (cache, key))
      look_up (cache, key, finding);
    return TRUE;
  }
  finding->claimed = claim != CUP_STORE_CLAIM_STORED
      && claim != CUP_STORE_CLAIM_BUSY;
  switch (claim) {
    case CUP_STORE_CLAIM_STORED:
      return look_up (cache, key, finding) && is_stored (finding);
    case CUP_STORE_CLAIM_OURS:
      break;
    case CUP_STORE_CLAIM_UNCERTAIN:
      finding->find = CUP_CACHE_UNCERTAIN;
      note_uncertain (cache);
      break;
    case CUP_STORE_CLAIM_RESUMABLE:
      finding->find = CUP_CACHE_RESUMABLE;
      finding->request = cup_journal_request_new (request->request_id,
          request->status_url, request->response_url, request->cancel_url,
          request->upload_url);
      finding->request->accepted = request->accepted;
      break;
    case CUP_STORE_CLAIM_BUSY:
      if (let_go (cache, key))
        return FALSE;
      if (!is_stuck (cache, key))
        finding->find = CUP_CACHE_BUSY;
      break;
  }
  g_clear_pointer (&request, cup_store_request_free);
  return TRUE;
}

static void
wait_for_room (CupCache * cache)
{
  g_mutex_lock (&cache->lock);
  while (cache->unwritten_size > MAX_UNWRITTEN)
    g_cond_wait (&cache->cond, &cache->lock);
  g_mutex_unlock (&cache->lock);
}

/* Without claiming anything. */
static void
look_at (CupCache * cache, const CupStoreKey * key, CupCacheFinding * finding)
{
  gboolean accepted = FALSE;
  GError *error = NULL;

  if (!is_to_be_renewed (cache, key))
    look_up (cache, key, finding);
  if (is_stored (finding))
    return;
  if (!cup_store_is_accepted (cache->store, key, &accepted, &error))
    warn (cache, error);
  else if (accepted)
    finding->find = CUP_CACHE_RESUMABLE;
}

GError *
cup_cache_get_damage (CupCache * cache)
{
  GError *error = NULL;

  cup_store_check_index (cache->store, &error);
  return error;
}

/* What a damaged index does not have may be there: nothing is submitted for it. */
static void
refuse_damaged (CupCache * cache, const CupStoreKey * key,
    CupCacheFinding * finding)
{
  /* Following an accepted request to its end costs nothing. */
  if (is_stored (finding) || finding->find == CUP_CACHE_RESUMABLE)
    return;
  finding->error = cup_cache_get_damage (cache);
  if (!finding->error)
    return;
  finding->find = CUP_CACHE_UNUSABLE;
  if (finding->claimed)
    cup_cache_release (cache, key);
  finding->claimed = FALSE;
}

void
cup_cache_find (CupCache * cache, const CupStoreKey * key, gboolean claim,
    CupCacheFinding * finding)
{
  guint i;

  wait_for_room (cache);
  finding->find = CUP_CACHE_NONE;
  finding->claimed = FALSE;
  finding->result = NULL;
  finding->request = NULL;
  finding->error = NULL;
  if (!claim)
    look_at (cache, key, finding);
  else if (cache->is_writable)
    for (i = 0; i < MAX_DAMAGED && !claim_key (cache, key, finding); i++);
  else if (!is_to_be_renewed (cache, key))
    look_up (cache, key, finding);
  if (claim)
    refuse_damaged (cache, key, finding);
}

/* Waiting */

/* Lock held. */
static CupStoreKey *
list_keys (CupCache * cache, guint * n)
{
  CupStoreKey *keys = g_new (CupStoreKey, cache->parked.length);
  GList *walk;

  *n = 0;
  for (walk = cache->parked.head; walk; walk = walk->next)
    keys[(*n)++] = ((Parked *) walk->data)->key;
  return keys;
}

static void
call_parked (gpointer data)
{
  Parked *parked = data;

  parked->func (parked->user_data);
  g_free (parked);
}

/* Lock held; not while it waits. Whoever waited is called, unless somebody has
 * joined them only. */
static void
wait_once (CupCache * cache)
{
  GCancellable *interrupt = g_cancellable_new ();
  CupStoreKey *keys;
  GError *error = NULL;
  gboolean joined;
  GList *parked;
  guint n;

  cache->interrupt = interrupt;
  keys = list_keys (cache, &n);
  if (cache->is_woken)
    g_cancellable_cancel (interrupt);
  g_mutex_unlock (&cache->lock);
  cup_store_wait (cache->store, keys, n, -1, interrupt, &error);
  g_free (keys);
  g_mutex_lock (&cache->lock);

  cache->interrupt = NULL;
  g_object_unref (interrupt);
  joined = g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)
      && !cache->is_woken;
  g_clear_error (&error);
  if (joined)
    return;
  cache->is_woken = FALSE;
  parked = cache->parked.head;
  g_queue_init (&cache->parked);
  g_mutex_unlock (&cache->lock);
  g_list_free_full (parked, call_parked);
  g_mutex_lock (&cache->lock);
}

static void
run_waiting (gpointer data)
{
  CupCache *cache = data;

  g_mutex_lock (&cache->lock);
  while (!g_queue_is_empty (&cache->parked))
    wait_once (cache);
  cache->is_woken = FALSE;
  cache->is_waiting = FALSE;
  g_cond_broadcast (&cache->cond);
  g_mutex_unlock (&cache->lock);
  cup_cache_unref (cache);
}

/* Lock held, which is let go of. */
static void
interrupt_and_unlock (CupCache * cache)
{
  GCancellable *interrupt = cache->interrupt ?
      g_object_ref (cache->interrupt) : NULL;

  g_mutex_unlock (&cache->lock);
  if (!interrupt)
    return;
  g_cancellable_cancel (interrupt);
  g_object_unref (interrupt);
}

void
cup_cache_wait (CupCache * cache, const CupStoreKey * key,
    void (*func) (gpointer user_data), gpointer user_data)
{
  Parked *parked = g_new0 (Parked, 1);
  gboolean start;

  parked->key = *key;
  parked->func = func;
  parked->user_data = user_data;
  g_mutex_lock (&cache->lock);
  g_queue_push_tail (&cache->parked, parked);
  start = !cache->is_waiting;
  cache->is_waiting = TRUE;
  /* Since it was found BUSY: nobody else tells. */
  if (g_hash_table_contains (cache->stuck, key))
    cache->is_woken = TRUE;
  interrupt_and_unlock (cache);
  if (start)
    cup_queue_push (cache->waiter, run_waiting, cup_cache_ref (cache));
}

void
cup_cache_wake (CupCache * cache)
{
  g_mutex_lock (&cache->lock);
  cache->is_woken = cache->is_waiting;
  interrupt_and_unlock (cache);
}

/* Steps */

static void
write_step (Write * write)
{
  GError *error = NULL;

  if (!write->step (write->cache->store, &write->key, &error))
    warn (write->cache, error);
}

static void
write_end (Write * write)
{
  GError *error = NULL;

  if (end_claim (write->cache, &write->key, write->step, &error))
    let_go_of_all (write->cache);
  else
    warn (write->cache, error);
}

static Write *
new_step (CupCache * cache, const CupStoreKey * key, void (*func) (Write *),
    gboolean (*step) (CupStore * store, const CupStoreKey * key,
        GError ** error))
{
  Write *write = new_write (cache, func);

  write->key = *key;
  write->step = step;
  return write;
}

void
cup_cache_note_submitting (CupCache * cache, const CupStoreKey * key,
    void (*done) (gpointer user_data), gpointer user_data)
{
  Write *write = new_step (cache, key, write_step, cup_store_note_submitting);

  write->done = done;
  write->user_data = user_data;
  push_write (write);
}

void
cup_cache_note_refused (CupCache * cache, const CupStoreKey * key)
{
  push_write (new_step (cache, key, write_step, cup_store_note_refused));
}

static void
write_accepted (Write * write)
{
  GError *error = NULL;

  if (!cup_store_note_accepted (write->cache->store, &write->key,
          write->request, &error))
    warn (write->cache, error);
}

void
cup_cache_note_accepted (CupCache * cache, const CupStoreKey * key,
    const CupJournalRequest * request)
{
  Write *write = new_write (cache, write_accepted);

  write->key = *key;
  write->request = g_new0 (CupStoreRequest, 1);
  write->request->request_id = g_strdup (request->request_id);
  write->request->status_url = g_strdup (request->status_url);
  write->request->response_url = g_strdup (request->response_url);
  write->request->cancel_url = g_strdup (request->cancel_url);
  write->request->upload_url = g_strdup (request->upload_url);
  /* Until it is written, it would be paid for again after a crash. Nothing of the
   * same key is queued: the service was not asked before "submitting" was
   * written. */
  push_to (&cache->urgent, write);
}

void
cup_cache_note_lost (CupCache * cache, const CupStoreKey * key)
{
  push_write (new_step (cache, key, write_step, cup_store_note_lost));
}

void
cup_cache_forget (CupCache * cache, const CupStoreKey * key)
{
  push_write (new_step (cache, key, write_end, cup_store_forget));
}

void
cup_cache_release (CupCache * cache, const CupStoreKey * key)
{
  push_write (new_step (cache, key, write_end, cup_store_release));
}

/* Results */

static void
trim (CupCache * cache)
{
  GError *error = NULL;
  guint64 count, size;

  if (cache->max_size == 0)
    return;
  if (!cup_store_get_usage (cache->store, &count, &size, &error)
      || (size > cache->max_size
          && !cup_store_trim (cache->store, cache->max_size, NULL, &error)))
    warn (cache, error);
}

static void
write_result (Write * write)
{
  CupCache *cache = write->cache;
  GError *error = NULL;

  if (add_to_store (cache, &write->key, write->record, &error)) {
    g_mutex_lock (&cache->lock);
    g_hash_table_remove (cache->stuck, &write->key);
    g_mutex_unlock (&cache->lock);
    let_go_of_all (cache);
    trim (cache);
    return;
  }
  warn (cache, error);
  end_claim (cache, &write->key, cup_store_release, NULL);
}

void
cup_cache_add (CupCache * cache, const CupStoreKey * key,
    const CupResult * result, const gchar * engine, const gchar * service)
{
  CupStoreRecord *record;
  Write *write;

  if (!cache->is_writable)
    return;
  record = cup_store_record_new (g_bytes_ref (result->bytes), &result->info);
  record->engine = g_strdup (engine);
  record->application = g_strdup (service);
  record->has_seed = result->has_seed;
  record->seed = result->seed;
  record->request_id = g_strdup (result->request_id);
  record->url = g_strdup (result->url);
  record->inference_time = result->inference_time;
  record->queue_time = result->queue_time;
  record->service_time = result->service_time;
  record->total_time = result->total_time;
  record->bytes_up = result->bytes_up;
  record->bytes_down = result->bytes_down;
  record->submissions = result->submissions;
  record->lost_alpha = result->lost_alpha;
  write = new_write (cache, write_result);
  write->key = *key;
  write->record = record;
  push_write (write);
}

/* Uploads */

gchar *
cup_cache_lookup_upload (CupCache * cache, GBytes * bytes, const gchar * place)
{
  guint8 digest[CUP_DIGEST_SIZE];
  GError *error = NULL;
  gchar *url = NULL;

  cup_digest_bytes (bytes, digest);
  if (!cup_store_lookup_upload (cache->store, digest, place, UPLOAD_MARGIN,
          &url, &error))
    warn (cache, error);
  return url;
}

static void
write_upload (Write * write)
{
  guint8 digest[CUP_DIGEST_SIZE];
  GError *error = NULL;
  gboolean done;

  cup_digest_bytes (write->bytes, digest);
  if (write->url)
    done = cup_store_add_upload (write->cache->store, digest, write->place,
        write->url, g_get_real_time () + write->lifetime, &error);
  else
    done = cup_store_remove_upload (write->cache->store, digest, write->place,
        &error);
  if (!done)
    warn (write->cache, error);
}

/* @url: NULL for none any more. */
static void
push_upload (CupCache * cache, GBytes * bytes, const gchar * place,
    const gchar * url, gint64 lifetime)
{
  Write *write;

  if (!cache->is_writable)
    return;
  write = new_write (cache, write_upload);
  write->bytes = g_bytes_ref (bytes);
  write->place = g_strdup (place);
  write->url = g_strdup (url);
  write->lifetime = lifetime;
  push_write (write);
}

void
cup_cache_add_upload (CupCache * cache, GBytes * bytes, const gchar * place,
    const gchar * url, gint64 lifetime)
{
  push_upload (cache, bytes, place, url, lifetime);
}

void
cup_cache_remove_upload (CupCache * cache, GBytes * bytes, const gchar * place)
{
  push_upload (cache, bytes, place, NULL, 0);
}
