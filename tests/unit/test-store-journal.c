/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The journal: who has a key, what becomes of it when that is gone, waiting;
 * and uploads.
 */
#include "store-testing.h"

#include "store/journal.h"
#include "store/uploads.h"

static CupStoreClaim
claim (CupStore * store, guint number, CupStoreRequest ** request)
{
  CupStoreKey key = make_key (number);
  GError *error = NULL;
  CupStoreClaim result;

  cup_store_claim (store, &key, FALSE, &result, request, &error);
  g_assert_no_error (error);
  return result;
}

static void
accept (CupStore * store, guint number)
{
  CupStoreKey key = make_key (number);
  CupStoreRequest request = { 0 };
  GError *error = NULL;

  request.request_id = (gchar *) "id-1";
  request.status_url = (gchar *) "https://example.com/status";
  request.cancel_url = (gchar *) "https://example.com/cancel";
  request.upload_url = (gchar *) "https://example.com/upload.png";
  cup_store_note_accepted (store, &key, &request, &error);
  g_assert_no_error (error);
}

static void
test_claims (void)
{
  gchar *folder = make_folder ();
  CupStore *a = open_store (folder), *b = open_store (folder);
  CupStoreKey key = make_key (1);
  CupStoreClaim result;
  GError *error = NULL;

  g_assert_cmpint (claim (a, 1, NULL), ==, CUP_STORE_CLAIM_OURS);
  g_assert_cmpint (claim (a, 1, NULL), ==, CUP_STORE_CLAIM_BUSY);
  g_assert_cmpint (claim (b, 1, NULL), ==, CUP_STORE_CLAIM_BUSY);
  g_assert_cmpint (claim (b, 2, NULL), ==, CUP_STORE_CLAIM_OURS);

  /* Only who has it may change it. */
  g_assert_false (cup_store_note_submitting (b, &key, &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_FAILED);
  g_clear_error (&error);
  g_assert_true (cup_store_note_submitting (a, &key, NULL));
  g_assert_true (cup_store_note_refused (a, &key, NULL));
  g_assert_true (cup_store_note_submitting (a, &key, NULL));
  accept (a, 1);
  g_assert_cmpint (claim (b, 1, NULL), ==, CUP_STORE_CLAIM_BUSY);
  add (a, 1, 0);
  g_assert_cmpint (claim (b, 1, NULL), ==, CUP_STORE_CLAIM_STORED);
  g_assert_cmpint (claim (a, 1, NULL), ==, CUP_STORE_CLAIM_STORED);
  /* The claim has ended with that. */
  g_assert_false (cup_store_forget (a, &key, NULL));

  g_assert_true (cup_store_claim (b, &key, TRUE, &result, NULL, NULL));
  g_assert_cmpint (result, ==, CUP_STORE_CLAIM_OURS);
  g_assert_true (cup_store_forget (b, &key, NULL));
  g_assert_true (cup_store_claim (a, &key, TRUE, &result, NULL, NULL));
  g_assert_cmpint (result, ==, CUP_STORE_CLAIM_OURS);
  cup_store_unref (a);
  cup_store_unref (b);
  remove_all (folder);
  g_free (folder);
}

static void
test_left_behind (void)
{
  gchar *folder = make_folder ();
  CupStore *a = open_store (folder), *b = open_store (folder);
  CupStoreKey submitting = make_key (2), lost = make_key (4);
  CupStoreRequest *request;
  guint i;

  for (i = 1; i <= 4; i++)
    g_assert_cmpint (claim (a, i, NULL), ==, CUP_STORE_CLAIM_OURS);
  g_assert_true (cup_store_note_submitting (a, &submitting, NULL));
  accept (a, 3);
  accept (a, 4);
  g_assert_true (cup_store_note_lost (a, &lost, NULL));
  cup_store_unref (a);

  g_assert_cmpint (claim (b, 1, &request), ==, CUP_STORE_CLAIM_OURS);
  g_assert_null (request);
  g_assert_cmpint (claim (b, 2, NULL), ==, CUP_STORE_CLAIM_UNCERTAIN);
  g_assert_cmpint (claim (b, 3, &request), ==, CUP_STORE_CLAIM_RESUMABLE);
  g_assert_cmpstr (request->request_id, ==, "id-1");
  g_assert_cmpstr (request->status_url, ==, "https://example.com/status");
  g_assert_null (request->response_url);
  g_assert_cmpstr (request->cancel_url, ==, "https://example.com/cancel");
  g_assert_cmpstr (request->upload_url, ==, "https://example.com/upload.png");
  g_assert_cmpint (request->accepted, >, 0);
  cup_store_request_free (request);
  g_assert_cmpint (claim (b, 4, NULL), ==, CUP_STORE_CLAIM_OURS);
  for (i = 1; i <= 4; i++)
    g_assert_cmpint (claim (b, i, NULL), ==, CUP_STORE_CLAIM_BUSY);

  /* What was uncertain is counted once; what is accepted stays so. */
  cup_store_unref (b);
  b = open_store (folder);
  g_assert_cmpint (claim (b, 2, NULL), ==, CUP_STORE_CLAIM_OURS);
  g_assert_cmpint (claim (b, 3, NULL), ==, CUP_STORE_CLAIM_RESUMABLE);
  cup_store_unref (b);
  remove_all (folder);
  g_free (folder);
}

static void
test_release (void)
{
  gchar *folder = make_folder ();
  CupStore *a = open_store (folder), *b = open_store (folder);
  CupStoreKey key = make_key (1);

  g_assert_cmpint (claim (a, 1, NULL), ==, CUP_STORE_CLAIM_OURS);
  accept (a, 1);
  g_assert_true (cup_store_release (a, &key, NULL));
  g_assert_false (cup_store_forget (a, &key, NULL));
  g_assert_cmpint (claim (b, 1, NULL), ==, CUP_STORE_CLAIM_RESUMABLE);
  g_assert_cmpint (claim (a, 1, NULL), ==, CUP_STORE_CLAIM_BUSY);
  cup_store_unref (a);
  cup_store_unref (b);
  remove_all (folder);
  g_free (folder);
}

typedef struct
{
  CupStore *store;
  GCancellable *cancellable;
  gint64 timeout;
  GError *error;
} Waiter;

static gpointer
wait_for_keys (gpointer data)
{
  CupStoreKey keys[2] = { make_key (1), make_key (2) };
  Waiter *waiter = data;

  cup_store_wait (waiter->store, keys, 2, waiter->timeout,
      waiter->cancellable, &waiter->error);
  return NULL;
}

static void
test_wait (void)
{
  gchar *folder = make_folder ();
  CupStore *a = open_store (folder), *b = open_store (folder);
  CupStoreKey second = make_key (2);
  Waiter waiter = { b, g_cancellable_new (), -1, NULL };
  GThread *thread;

  claim (a, 1, NULL);
  claim (a, 2, NULL);
  thread = g_thread_new ("wait", wait_for_keys, &waiter);
  add (a, 2, 0);
  g_thread_join (thread);
  g_assert_no_error (waiter.error);
  g_assert_cmpint (claim (b, 2, NULL), ==, CUP_STORE_CLAIM_STORED);

  g_assert_true (cup_store_remove (a, &second, NULL));
  claim (a, 2, NULL);
  thread = g_thread_new ("wait", wait_for_keys, &waiter);
  g_cancellable_cancel (waiter.cancellable);
  g_thread_join (thread);
  g_assert_error (waiter.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&waiter.error);
  g_cancellable_reset (waiter.cancellable);

  waiter.timeout = 1000;
  wait_for_keys (&waiter);
  g_assert_error (waiter.error, CUP_ERROR, CUP_ERROR_TIMEOUT);
  g_clear_error (&waiter.error);

  /* In the same store, and when the owner goes. */
  waiter.timeout = -1;
  waiter.store = a;
  thread = g_thread_new ("wait", wait_for_keys, &waiter);
  g_assert_true (cup_store_forget (a, &second, NULL));
  g_thread_join (thread);
  g_assert_no_error (waiter.error);
  claim (a, 2, NULL);
  waiter.store = b;
  thread = g_thread_new ("wait", wait_for_keys, &waiter);
  cup_store_unref (a);
  g_thread_join (thread);
  g_assert_no_error (waiter.error);

  g_object_unref (waiter.cancellable);
  cup_store_unref (b);
  remove_all (folder);
  g_free (folder);
}

#define N_THREADS 4
#define N_KEYS 20

static gint n_claims;

/* As jobs do it: whoever gets the key makes the result. */
static gpointer
work (gpointer data)
{
  CupStore *store = data;
  GError *error = NULL;
  guint i;

  for (i = 0; i < N_KEYS; i++) {
    CupStoreKey key = make_key (i);
    CupStoreClaim result;

    while ((result = claim (store, i, NULL)) == CUP_STORE_CLAIM_BUSY) {
      cup_store_wait (store, &key, 1, -1, NULL, &error);
      g_assert_no_error (error);
    }
    if (result == CUP_STORE_CLAIM_OURS) {
      g_atomic_int_inc (&n_claims);
      cup_store_note_submitting (store, &key, &error);
      g_assert_no_error (error);
      accept (store, i);
      add (store, i, 0);
    }
    g_assert_true (check_stored (store, i));
  }
  return NULL;
}

static void
test_threads (void)
{
  gchar *folder = make_folder ();
  CupStore *a = open_store (folder), *b = open_store (folder);
  GThread *threads[N_THREADS];
  guint i;

  for (i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("work", work, i & 1 ? a : b);
  for (i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);
  g_assert_cmpint (g_atomic_int_get (&n_claims), ==, N_KEYS);
  cup_store_unref (a);
  cup_store_unref (b);
  remove_all (folder);
  g_free (folder);
}

static void
test_uploads (void)
{
  const gint64 minute = G_TIME_SPAN_MINUTE;
  gchar *folder = make_folder (), *url;
  CupStore *store = open_store (folder);
  GBytes *bytes = make_picture (1, 0);
  guint8 digest[CUP_DIGEST_SIZE];
  gint64 now = g_get_real_time ();

  cup_digest_bytes (bytes, digest);
  g_bytes_unref (bytes);
  g_assert_true (cup_store_lookup_upload (store, digest, "a", 0, &url, NULL));
  g_assert_null (url);
  g_assert_true (cup_store_add_upload (store, digest, "a",
          "https://example.com/1", now + 60 * minute, NULL));
  g_assert_true (cup_store_lookup_upload (store, digest, "a", 30 * minute,
          &url, NULL));
  g_assert_cmpstr (url, ==, "https://example.com/1");
  g_free (url);
  g_assert_true (cup_store_lookup_upload (store, digest, "a", 61 * minute,
          &url, NULL));
  g_assert_null (url);
  g_assert_true (cup_store_lookup_upload (store, digest, "b", 0, &url, NULL));
  g_assert_null (url);

  g_assert_true (cup_store_add_upload (store, digest, "a",
          "https://example.com/2", now - 1, NULL));
  g_assert_true (cup_store_lookup_upload (store, digest, "a", 0, &url, NULL));
  g_assert_null (url);
  g_assert_true (cup_store_add_upload (store, digest, "a",
          "https://example.com/3", G_MAXINT64, NULL));
  g_assert_true (cup_store_lookup_upload (store, digest, "a", minute, &url,
          NULL));
  g_assert_cmpstr (url, ==, "https://example.com/3");
  g_free (url);
  g_assert_true (cup_store_remove_upload (store, digest, "a", NULL));
  g_assert_true (cup_store_lookup_upload (store, digest, "a", 0, &url, NULL));
  g_assert_null (url);
  cup_store_unref (store);
  remove_all (folder);
  g_free (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/store/journal/claims", test_claims);
  g_test_add_func ("/store/journal/left-behind", test_left_behind);
  g_test_add_func ("/store/journal/release", test_release);
  g_test_add_func ("/store/journal/wait", test_wait);
  g_test_add_func ("/store/journal/threads", test_threads);
  g_test_add_func ("/store/uploads", test_uploads);
  return g_test_run ();
}
