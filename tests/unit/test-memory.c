/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Memory of the size of pictures: that it is used again, and how much of it is
 * kept, and until when.
 */
#include "base/memory.h"

#include <string.h>

/* A sanitizer's allocator ends the process where there is no memory. */
#if defined (__has_feature)
#if __has_feature (address_sanitizer)
#define HAVE_ADDRESS_SANITIZER
#define HAVE_SANITIZER
#elif __has_feature (thread_sanitizer)
#define HAVE_SANITIZER
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define HAVE_ADDRESS_SANITIZER
#define HAVE_SANITIZER
#elif defined (__SANITIZE_THREAD__)
#define HAVE_SANITIZER
#endif

#define LARGE ((gsize) 1 << 20)
#define MOST 64

static CupMemoryFigures
get_figures (void)
{
  CupMemoryFigures figures;

  cup_memory_get_figures (&figures);
  return figures;
}

static void
assert_nothing_kept (void)
{
  g_assert_cmpuint (get_figures ().kept, ==, 0);
  g_assert_cmpuint (get_figures ().n_kept, ==, 0);
}

/* @n blocks of @size, at once. */
static void
use (guint n, gsize size)
{
  guint8 *blocks[MOST];
  guint i;

  g_assert_cmpuint (n, <=, MOST);
  for (i = 0; i < n; i++) {
    blocks[i] = cup_memory_new (guint8, size);
    g_assert_nonnull (blocks[i]);
    memset (blocks[i], i, size);
  }
  for (i = 0; i < n; i++) {
    g_assert_cmpuint (blocks[i][0], ==, i);
    g_assert_cmpuint (blocks[i][size - 1], ==, i);
    cup_memory_free (blocks[i]);
  }
}

static void
test_alignment (void)
{
  static const gsize sizes[] = { 0, 1, 63, 64, 65, 4095, 4096, 100000, LARGE };
  guint round, i;

  cup_memory_keep ();
  for (round = 0; round < 2; round++) {
    for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
      guint8 *memory = cup_memory_alloc (1, sizes[i]);

      g_assert_nonnull (memory);
      g_assert_cmpuint ((guintptr) memory % CUP_MEMORY_ALIGNMENT, ==, 0);
      memset (memory, 0xa5, sizes[i]);
      cup_memory_free (memory);
    }
  }
  cup_memory_free (NULL);
  cup_memory_let_go ();
  assert_nothing_kept ();
}

static void
test_reuse (void)
{
  gpointer first, second, third;

  cup_memory_keep ();
  first = cup_memory_alloc (1, LARGE);
  second = cup_memory_alloc (2, LARGE);
  g_assert_cmpuint (get_figures ().in_use, ==, 3 * LARGE);
  cup_memory_free (first);
  cup_memory_free (second);
  g_assert_cmpuint (get_figures ().in_use, ==, 0);
  g_assert_cmpuint (get_figures ().kept, ==, 3 * LARGE);
  g_assert_cmpuint (get_figures ().n_kept, ==, 2);

  /* What fits, and is not far too large. */
  third = cup_memory_alloc (1, LARGE - LARGE / 8);
  g_assert_true (third == first);
  cup_memory_free (third);
  third = cup_memory_alloc (1, LARGE / 2);
  g_assert_cmpuint (get_figures ().n_kept, ==, 2);
  cup_memory_free (third);
  third = cup_memory_alloc (2, LARGE);
  g_assert_true (third == second);
  cup_memory_free (third);
  cup_memory_let_go ();
  assert_nothing_kept ();
}

/* What is small is left to the allocator, which has it at hand. */
static void
test_small (void)
{
  cup_memory_keep ();
  use (10, 1000);
  assert_nothing_kept ();
  cup_memory_let_go ();
}

static void
test_users (void)
{
  gpointer late;

  use (3, LARGE);
  assert_nothing_kept ();

  cup_memory_keep ();
  cup_memory_keep ();
  use (3, LARGE);
  cup_memory_let_go ();
  g_assert_cmpuint (get_figures ().n_kept, ==, 3);
  late = cup_memory_alloc (1, LARGE);
  g_assert_cmpuint (get_figures ().n_kept, ==, 2);
  cup_memory_let_go ();
  assert_nothing_kept ();

  /* Downstream may have a picture for longer. */
  g_assert_cmpuint (get_figures ().in_use, ==, LARGE);
  memset (late, 1, LARGE);
  cup_memory_free (late);
  assert_nothing_kept ();
  g_assert_cmpuint (get_figures ().in_use, ==, 0);
}

/* In all, at any time, a quarter more than was in use at once; also of sizes that
 * none of those kept serves for. */
static void
test_bounds (void)
{
  gsize size = LARGE;
  guint i;

  cup_memory_keep ();
  for (i = 0; i < 40; i++, size += size / 8) {
    use (4, size);
    g_assert_cmpuint (get_figures ().kept, <=, 5 * (size + 64));
  }
  cup_memory_let_go ();
  assert_nothing_kept ();

  /* Few pages each, and very many of them. */
  cup_memory_keep ();
  for (i = 0; i < 20; i++) {
    gpointer blocks[1000];
    guint k;

    for (k = 0; k < G_N_ELEMENTS (blocks); k++)
      blocks[k] = cup_memory_alloc (1, 4096);
    for (k = 0; k < G_N_ELEMENTS (blocks); k++)
      cup_memory_free (blocks[k]);
    g_assert_cmpuint (get_figures ().n_kept, <=, 256);
  }
  cup_memory_let_go ();
  assert_nothing_kept ();
}

/* A stream whose pictures become smaller, or of which fewer are worked on. */
static void
test_trim (void)
{
  guint i;

  cup_memory_keep ();
  use (8, 4 * LARGE);
  g_assert_cmpuint (get_figures ().kept, ==, 32 * LARGE);
  for (i = 0; i < 1000; i++)
    use (2, LARGE);
  g_assert_cmpuint (get_figures ().kept, >=, 2 * LARGE);
  g_assert_cmpuint (get_figures ().kept, <=, 3 * LARGE);
  cup_memory_let_go ();
}

/* In the steady state the same blocks go round, whatever their sizes. */
static void
test_steady (void)
{
  static const gsize sizes[] = {
    LARGE, 3 * LARGE, LARGE / 2, LARGE / 16, 3 * LARGE, 16384
  };
  gpointer blocks[G_N_ELEMENTS (sizes)], first[G_N_ELEMENTS (sizes)];
  guint round, i;

  cup_memory_keep ();
  for (round = 0; round < 200; round++) {
    for (i = 0; i < G_N_ELEMENTS (sizes); i++)
      blocks[i] = cup_memory_alloc (1, sizes[i]);
    if (round == 0)
      memcpy (first, blocks, sizeof first);
    for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
      guint k;

      for (k = 0; k < G_N_ELEMENTS (sizes) && blocks[i] != first[k]; k++);
      g_assert_cmpuint (k, <, G_N_ELEMENTS (sizes));
    }
    for (i = 0; i < G_N_ELEMENTS (sizes); i++)
      cup_memory_free (blocks[i]);
  }
  cup_memory_let_go ();
}

/* An error of the caller's, and no abort; nothing is counted as in use. */
static void
test_failure (void)
{
  gpointer memory;

  cup_memory_keep ();
  use (2, LARGE);
  g_assert_null (cup_memory_alloc (G_MAXSIZE / 2, 3));
  g_assert_null (cup_memory_alloc (1, G_MAXSIZE));
  g_assert_null (cup_memory_alloc (1, G_MAXSIZE - 100));
  g_assert_null (cup_memory_alloc (1, G_MAXSIZE / 2));
  g_assert_cmpuint (get_figures ().in_use, ==, 0);
  g_assert_cmpuint (get_figures ().n_kept, ==, 2);
#if GLIB_SIZEOF_SIZE_T == 8 && !defined (HAVE_SANITIZER)
  /* What the system refuses: then what was kept is given back to it first. */
  g_assert_null (cup_memory_alloc ((gsize) 1 << 42, (gsize) 1 << 10));
  g_assert_cmpuint (get_figures ().in_use, ==, 0);
  assert_nothing_kept ();
  /* Nor does it count for how much is needed. */
  use (2, LARGE);
  use (4, LARGE / 2);
  g_assert_cmpuint (get_figures ().kept, <=, 5 * LARGE / 2);
#endif
  memory = cup_memory_alloc (1, LARGE);
  g_assert_nonnull (memory);
  cup_memory_free (memory);
  cup_memory_let_go ();
  assert_nothing_kept ();
}

#define N_THREADS 4
#define N_ROUNDS 300

/* Passed from thread to thread, as pictures are. */
typedef struct
{
  GAsyncQueue *queue;
  guint number;
} Thread;

static gpointer
run_thread (gpointer data)
{
  Thread *thread = data;
  guint i;

  for (i = 0; i < N_ROUNDS; i++) {
    const gsize size = 5000 * (1 + (i + thread->number) % 7);
    guint *memory = cup_memory_new (guint, size);
    guint *other;

    g_assert_nonnull (memory);
    memory[0] = memory[size - 1] = i;
    g_async_queue_push (thread->queue, memory);
    other = g_async_queue_pop (thread->queue);
    g_assert_cmpuint (other[0], <, N_ROUNDS);
    other[0] = N_ROUNDS;
    cup_memory_free (other);
    if (i % 50 == thread->number) {
      cup_memory_keep ();
      cup_memory_let_go ();
    }
  }
  return NULL;
}

static void
run_threads (void)
{
  GThread *threads[N_THREADS];
  Thread data[N_THREADS];
  GAsyncQueue *queue = g_async_queue_new ();
  guint i;

  for (i = 0; i < N_THREADS; i++) {
    data[i].queue = queue;
    data[i].number = i;
    threads[i] = g_thread_new ("user", run_thread, &data[i]);
  }
  for (i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);
  g_assert_cmpint (g_async_queue_length (queue), ==, 0);
  g_async_queue_unref (queue);
}

static void
test_threads (void)
{
  cup_memory_keep ();
  run_threads ();
  g_assert_cmpuint (get_figures ().in_use, ==, 0);
  g_assert_cmpuint (get_figures ().n_kept, >, 0);
  cup_memory_let_go ();
  assert_nothing_kept ();

  /* Emptied again and again by those that come and go. */
  run_threads ();
  g_assert_cmpuint (get_figures ().in_use, ==, 0);
  assert_nothing_kept ();
}

#ifdef HAVE_ADDRESS_SANITIZER
static void
use_after_free (void)
{
  volatile guint8 *memory;

  cup_memory_keep ();
  memory = cup_memory_new (guint8, LARGE);
  cup_memory_free ((gpointer) memory);
  memory[LARGE / 2] = 1;
}

static void
use_past_end (void)
{
  volatile guint8 *memory;

  cup_memory_keep ();
  cup_memory_free (cup_memory_new (guint8, LARGE));
  memory = cup_memory_new (guint8, LARGE - 1000);
  memory[LARGE - 1000] = 1;
}

/* Reuse hides nothing from the sanitizer. */
static void
test_sanitizer (void)
{
  if (g_test_subprocess ()) {
    use_after_free ();
    return;
  }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*use-after-poison*");
}

static void
test_sanitizer_end (void)
{
  if (g_test_subprocess ()) {
    use_past_end ();
    return;
  }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*use-after-poison*");
}
#endif

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/memory/alignment", test_alignment);
  g_test_add_func ("/memory/reuse", test_reuse);
  g_test_add_func ("/memory/small", test_small);
  g_test_add_func ("/memory/users", test_users);
  g_test_add_func ("/memory/bounds", test_bounds);
  g_test_add_func ("/memory/trim", test_trim);
  g_test_add_func ("/memory/steady", test_steady);
  g_test_add_func ("/memory/failure", test_failure);
  g_test_add_func ("/memory/threads", test_threads);
#ifdef HAVE_ADDRESS_SANITIZER
  g_test_add_func ("/memory/sanitizer", test_sanitizer);
  g_test_add_func ("/memory/sanitizer/end", test_sanitizer_end);
#endif
  return g_test_run ();
}
