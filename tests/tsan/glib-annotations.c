/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tells ThreadSanitizer what GLib's and GStreamer's primitives order.
 *
 * Distributions build GLib without ThreadSanitizer, and its locks are futexes,
 * so that the sanitizer sees no order between threads that GLib orders, and
 * takes all that they share for a race. This library is preloaded (see run):
 * it stands before GLib, calls the real function, and says which order that
 * makes. It reaches all callers but libglib itself, whose own calls are bound
 * within it; what happens inside is annotated where it is entered.
 *
 * It must not be instrumented. Orders are announced at the address that they
 * are made at, and never more of them than there are: each one too many hides
 * races.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <malloc.h>
#include <string.h>

#include <gio/gio.h>
#include <gst/gst.h>

/* Of the sanitizer's runtime, which is in the program; there is none in the
 * programs that a test starts. */
#pragma weak __tsan_acquire
#pragma weak __tsan_release
#pragma weak __tsan_func_entry
#pragma weak __tsan_func_exit
#pragma weak __tsan_mutex_destroy
#pragma weak __tsan_mutex_pre_lock
#pragma weak __tsan_mutex_post_lock
#pragma weak __tsan_mutex_pre_unlock
#pragma weak __tsan_mutex_post_unlock
#pragma weak __tsan_read_range_pc
#pragma weak __tsan_write_range_pc
extern void __tsan_acquire (void *address);
extern void __tsan_release (void *address);
extern void __tsan_func_entry (void *caller);
extern void __tsan_func_exit (void);
extern void __tsan_mutex_destroy (void *address, unsigned flags);
extern void __tsan_mutex_pre_lock (void *address, unsigned flags);
extern void __tsan_mutex_post_lock (void *address, unsigned flags, int count);
extern int __tsan_mutex_pre_unlock (void *address, unsigned flags);
extern void __tsan_mutex_post_unlock (void *address, unsigned flags);
extern void __tsan_read_range_pc (const void *address, unsigned long size,
    void *pc);
extern void __tsan_write_range_pc (void *address, unsigned long size, void *pc);

/* From sanitizer/tsan_interface.h. */
enum
{
  MUTEX_TRY_LOCK = 1 << 4,
  MUTEX_TRY_LOCK_FAILED = 1 << 5,
};

#define CALLER __builtin_return_address (0)

/* The function that this one stands before. */
#define REAL(name) ({ \
  static __typeof__ (&name) real_##name; \
  if (!__atomic_load_n (&real_##name, __ATOMIC_RELAXED)) \
    __atomic_store_n (&real_##name, \
        (__typeof__ (&name)) dlsym (RTLD_NEXT, #name), __ATOMIC_RELAXED); \
  real_##name; \
})

static void
acquire (gconstpointer address)
{
  if (__tsan_acquire)
    __tsan_acquire ((gpointer) address);
}

static void
release (gconstpointer address)
{
  if (__tsan_release)
    __tsan_release ((gpointer) address);
}

/* Locks. As mutexes, not as bare orders, so that reports name the locks that
 * were held, and locks that are taken in two orders are reported. Of GLib's
 * locks only GMutex: GRecMutex and GRWLock are made of those of pthreads, which
 * the runtime knows.
 *
 * The caller's address goes on the sanitizer's stack, where only instrumented
 * functions put themselves: a report has to say which library locked. */

static void
before_lock (GMutex * mutex, unsigned flags, gpointer caller)
{
  if (!__tsan_mutex_pre_lock)
    return;
  __tsan_func_entry (caller);
  __tsan_mutex_pre_lock (mutex, flags);
}

static void
after_lock (GMutex * mutex, unsigned flags)
{
  if (!__tsan_mutex_post_lock)
    return;
  __tsan_mutex_post_lock (mutex, flags, 0);
  __tsan_func_exit ();
}

static void
before_unlock (GMutex * mutex, gpointer caller)
{
  if (!__tsan_mutex_pre_unlock)
    return;
  __tsan_func_entry (caller);
  __tsan_mutex_pre_unlock (mutex, 0);
}

static void
after_unlock (GMutex * mutex)
{
  if (!__tsan_mutex_post_unlock)
    return;
  __tsan_mutex_post_unlock (mutex, 0);
  __tsan_func_exit ();
}

void
g_mutex_lock (GMutex * mutex)
{
  before_lock (mutex, 0, CALLER);
  REAL (g_mutex_lock) (mutex);
  after_lock (mutex, 0);
}

gboolean
g_mutex_trylock (GMutex * mutex)
{
  gboolean locked;

  before_lock (mutex, MUTEX_TRY_LOCK, CALLER);
  locked = REAL (g_mutex_trylock) (mutex);
  after_lock (mutex, MUTEX_TRY_LOCK | (locked ? 0 : MUTEX_TRY_LOCK_FAILED));
  return locked;
}

void
g_mutex_unlock (GMutex * mutex)
{
  before_unlock (mutex, CALLER);
  REAL (g_mutex_unlock) (mutex);
  after_unlock (mutex);
}

static gboolean is_program (gconstpointer pc);

/* Libraries order the last unlock by a reference count that does not show (the
 * entries of GstClock); the program has to do it so that it does. */
void
g_mutex_clear (GMutex * mutex)
{
  if (!is_program (CALLER))
    acquire (mutex);
  if (__tsan_mutex_destroy)
    __tsan_mutex_destroy (mutex, 0);
  REAL (g_mutex_clear) (mutex);
}

/* A wait gives the mutex up and takes it again; the order comes of the mutex,
 * so that signalling needs no annotation. */
void
g_cond_wait (GCond * cond, GMutex * mutex)
{
  before_unlock (mutex, CALLER);
  after_unlock (mutex);
  REAL (g_cond_wait) (cond, mutex);
  before_lock (mutex, 0, CALLER);
  after_lock (mutex, 0);
}

gboolean
g_cond_wait_until (GCond * cond, GMutex * mutex, gint64 end_time)
{
  gboolean signalled;

  before_unlock (mutex, CALLER);
  after_unlock (mutex);
  signalled = REAL (g_cond_wait_until) (cond, mutex, end_time);
  before_lock (mutex, 0, CALLER);
  after_lock (mutex, 0);
  return signalled;
}

/* One-time initialization. Callers look at the location first, inline. */

#undef g_once_init_enter
#undef g_once_init_leave

gboolean
g_once_init_enter (volatile void *location)
{
  gboolean first = REAL (g_once_init_enter) (location);

  if (!first)
    acquire ((gconstpointer) location);
  return first;
}

void
g_once_init_leave (volatile void *location, gsize result)
{
  release ((gconstpointer) location);
  REAL (g_once_init_leave) (location, result);
}

/* Thread pools */

typedef struct
{
  GFunc func;
  gpointer data;
} PoolFunc;

/* The order from a push to its run is made at the item, where it is a pointer
 * to something. */
static gconstpointer
item_address (gconstpointer item, gconstpointer pool_func)
{
  return GPOINTER_TO_SIZE (item) > G_MAXUINT16 ? item : pool_func;
}

static void
run_item (gpointer item, gpointer data)
{
  PoolFunc *func = data;

  acquire (func);
  acquire (item_address (item, func));
  func->func (item, func->data);
  release (func);
}

/* The function's data live as long as the process: when the last item of a pool
 * that is being freed has run cannot be told from here. */
static PoolFunc *
pool_func_new (GFunc func, gpointer data)
{
  PoolFunc *pool_func = g_new (PoolFunc, 1);

  pool_func->func = func;
  pool_func->data = data;
  release (pool_func);
  return pool_func;
}

GThreadPool *
g_thread_pool_new (GFunc func, gpointer data, gint max_threads,
    gboolean exclusive, GError ** error)
{
  return REAL (g_thread_pool_new) (run_item, pool_func_new (func, data),
      max_threads, exclusive, error);
}

GThreadPool *
g_thread_pool_new_full (GFunc func, gpointer data, GDestroyNotify free_item,
    gint max_threads, gboolean exclusive, GError ** error)
{
  return REAL (g_thread_pool_new_full) (run_item, pool_func_new (func, data),
      free_item, max_threads, exclusive, error);
}

gboolean
g_thread_pool_push (GThreadPool * pool, gpointer item, GError ** error)
{
  release (item_address (item, pool->user_data));
  return REAL (g_thread_pool_push) (pool, item, error);
}

void
g_thread_pool_free (GThreadPool * pool, gboolean immediate, gboolean wait)
{
  gpointer pool_func = pool->user_data;

  REAL (g_thread_pool_free) (pool, immediate, wait);
  if (wait)
    acquire (pool_func);
}

/* Queues: all that was done before any push, for whoever pops after it. */

void
g_async_queue_push (GAsyncQueue * queue, gpointer data)
{
  release (queue);
  REAL (g_async_queue_push) (queue, data);
}

gpointer
g_async_queue_pop (GAsyncQueue * queue)
{
  gpointer data = REAL (g_async_queue_pop) (queue);

  acquire (queue);
  return data;
}

gpointer
g_async_queue_try_pop (GAsyncQueue * queue)
{
  gpointer data = REAL (g_async_queue_try_pop) (queue);

  if (data)
    acquire (queue);
  return data;
}

gpointer
g_async_queue_timeout_pop (GAsyncQueue * queue, guint64 timeout)
{
  gpointer data = REAL (g_async_queue_timeout_pop) (queue, timeout);

  if (data)
    acquire (queue);
  return data;
}

/* Sources: from whoever attached one to its callback, from one run of the
 * callback to the next, and on to the callback's destroy function. */

typedef struct _Callback Callback;

struct _Callback
{
  GCallback func;
  gpointer data;
  GDestroyNotify destroy;
  GSource *source;
  Callback *next_free;
};

/* In an array of their own, because callbacks differ in how many arguments go
 * before the data: the data are the first argument that points in here. */
static Callback callbacks[1 << 16];
static gsize n_callbacks;
static Callback *free_callbacks;
/* Not a mutex of any kind, which the sanitizer would see. */
static gchar callbacks_lock;

static void
lock_callbacks (void)
{
  while (__atomic_test_and_set (&callbacks_lock, __ATOMIC_ACQUIRE));
}

static void
unlock_callbacks (void)
{
  __atomic_clear (&callbacks_lock, __ATOMIC_RELEASE);
}

static Callback *
callback_new (GSource * source, gpointer func, gpointer data,
    GDestroyNotify destroy)
{
  Callback *callback;

  lock_callbacks ();
  callback = free_callbacks;
  if (callback)
    free_callbacks = callback->next_free;
  else if (n_callbacks < G_N_ELEMENTS (callbacks))
    callback = &callbacks[n_callbacks++];
  unlock_callbacks ();

  if (!callback)
    g_error ("more than %" G_GSIZE_FORMAT " sources at a time",
        G_N_ELEMENTS (callbacks));
  callback->func = func;
  callback->data = data;
  callback->destroy = destroy;
  callback->source = source;
  release (source);
  return callback;
}

static void
callback_free (gpointer data)
{
  Callback *callback = data;

  acquire (callback->source);
  if (callback->destroy)
    callback->destroy (callback->data);
  lock_callbacks ();
  callback->next_free = free_callbacks;
  free_callbacks = callback;
  unlock_callbacks ();
}

static Callback *
callback_from_argument (gpointer argument)
{
  Callback *callback = argument;

  return callback >= callbacks
      && callback < callbacks + G_N_ELEMENTS (callbacks) ? callback : NULL;
}

/* Arguments that were not given are whatever is in their registers, behind the
 * data and not looked at. */
static gboolean
run_callback (gpointer a, gpointer b, gpointer c, gpointer d)
{
  typedef gboolean (*Func) (gpointer, gpointer, gpointer, gpointer);
  gpointer *data[] = { &a, &b, &c, &d };
  Callback *callback = NULL;
  GSource *source;
  gboolean again;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (data) && !callback; i++)
    callback = callback_from_argument (*data[i]);
  g_assert (callback != NULL);
  *data[i - 1] = callback->data;

  source = callback->source;
  acquire (source);
  again = ((Func) callback->func) (a, b, c, d);
  /* GLib holds the source until its dispatch has returned. */
  release (source);
  return again;
}

void
g_source_set_callback (GSource * source, GSourceFunc func, gpointer data,
    GDestroyNotify destroy)
{
  if (!func) {
    REAL (g_source_set_callback) (source, func, data, destroy);
    return;
  }
  REAL (g_source_set_callback) (source, (GSourceFunc) run_callback,
      callback_new (source, func, data, destroy), callback_free);
}

guint
g_source_attach (GSource * source, GMainContext * context)
{
  release (source);
  return REAL (g_source_attach) (source, context);
}

void
g_source_set_ready_time (GSource * source, gint64 ready_time)
{
  release (source);
  REAL (g_source_set_ready_time) (source, ready_time);
}

void
g_source_destroy (GSource * source)
{
  release (source);
  REAL (g_source_destroy) (source);
}

void
g_source_unref (GSource * source)
{
  release (source);
  REAL (g_source_unref) (source);
}

/* These make and attach their sources inside libglib: once more, out here. */

static guint
add_source (GSource * source, gint priority, GSourceFunc func, gpointer data,
    GDestroyNotify destroy)
{
  guint id;

  g_source_set_priority (source, priority);
  g_source_set_callback (source, func, data, destroy);
  id = g_source_attach (source, NULL);
  g_source_unref (source);
  return id;
}

guint
g_idle_add_full (gint priority, GSourceFunc func, gpointer data,
    GDestroyNotify destroy)
{
  return add_source (g_idle_source_new (), priority, func, data, destroy);
}

guint
g_idle_add (GSourceFunc func, gpointer data)
{
  return g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, func, data, NULL);
}

guint
g_timeout_add_full (gint priority, guint interval, GSourceFunc func,
    gpointer data, GDestroyNotify destroy)
{
  return add_source (g_timeout_source_new (interval), priority, func, data,
      destroy);
}

guint
g_timeout_add (guint interval, GSourceFunc func, gpointer data)
{
  return g_timeout_add_full (G_PRIORITY_DEFAULT, interval, func, data, NULL);
}

void
g_main_context_invoke_full (GMainContext * context, gint priority,
    GSourceFunc func, gpointer data, GDestroyNotify destroy)
{
  GSource *source;

  /* Where the context is this thread's, the callback is run at once. */
  if (g_main_context_is_owner (context ? context : g_main_context_default ())) {
    REAL (g_main_context_invoke_full) (context, priority, func, data, destroy);
    return;
  }
  source = g_idle_source_new ();
  g_source_set_priority (source, priority);
  g_source_set_callback (source, func, data, destroy);
  g_source_attach (source, context);
  g_source_unref (source);
}

void
g_main_context_invoke (GMainContext * context, GSourceFunc func, gpointer data)
{
  g_main_context_invoke_full (context, G_PRIORITY_DEFAULT, func, data, NULL);
}

void
g_main_loop_run (GMainLoop * loop)
{
  REAL (g_main_loop_run) (loop);
  acquire (loop);
}

void
g_main_loop_quit (GMainLoop * loop)
{
  release (loop);
  REAL (g_main_loop_quit) (loop);
}

/* Reference counts: what was done with the object before each unref is before
 * what its last one frees. */

void
g_object_unref (gpointer object)
{
  release (object);
  if (__atomic_load_n (&((GObject *) object)->ref_count, __ATOMIC_RELAXED) == 1)
    acquire (object);
  REAL (g_object_unref) (object);
}

void
gst_object_unref (gpointer object)
{
  release (object);
  if (__atomic_load_n (&((GObject *) object)->ref_count, __ATOMIC_RELAXED) == 1)
    acquire (object);
  REAL (gst_object_unref) (object);
}

void
gst_mini_object_unref (GstMiniObject * object)
{
  release (object);
  if (__atomic_load_n (&object->refcount, __ATOMIC_RELAXED) == 1)
    acquire (object);
  REAL (gst_mini_object_unref) (object);
}

/* An alarm has a mutex of its own, which the clock's thread holds last. */
void
gst_clock_id_unref (GstClockID id)
{
  GstClockEntry *entry = id;

  release (entry);
  if (__atomic_load_n (&entry->refcount, __ATOMIC_RELAXED) == 1)
    acquire (entry);
  REAL (gst_clock_id_unref) (id);
}

void
g_bytes_unref (GBytes * bytes)
{
  if (bytes) {
    release (bytes);
    acquire (bytes);
  }
  REAL (g_bytes_unref) (bytes);
}

/* Where the count is, is GLib's secret: any release may be the last one. */
void
g_atomic_rc_box_release_full (gpointer block, GDestroyNotify clear)
{
  release (block);
  acquire (block);
  REAL (g_atomic_rc_box_release_full) (block, clear);
}

void
g_atomic_rc_box_release (gpointer block)
{
  release (block);
  acquire (block);
  REAL (g_atomic_rc_box_release) (block);
}

/* Cancellables: what was done before cancelling, for whoever sees it. Those
 * who connect are ordered by a lock of GIO's. */

void
g_cancellable_cancel (GCancellable * cancellable)
{
  if (cancellable)
    release (cancellable);
  REAL (g_cancellable_cancel) (cancellable);
}

gboolean
g_cancellable_is_cancelled (GCancellable * cancellable)
{
  gboolean cancelled = REAL (g_cancellable_is_cancelled) (cancellable);

  if (cancelled)
    acquire (cancellable);
  return cancelled;
}

gboolean
g_cancellable_set_error_if_cancelled (GCancellable * cancellable,
    GError ** error)
{
  gboolean cancelled =
      REAL (g_cancellable_set_error_if_cancelled) (cancellable, error);

  if (cancelled)
    acquire (cancellable);
  return cancelled;
}

/* Memory. The runtime is told to take no notice of what libraries do, and
 * cannot tell libraries from the program: what the program does by way of a
 * library is told here. */

static const gchar *program_start, *program_end;

static int
find_program (struct dl_phdr_info *info, size_t size, void *data)
{
  guint i;

  for (i = 0; i < info->dlpi_phnum; i++) {
    if (info->dlpi_phdr[i].p_type == PT_LOAD
        && info->dlpi_phdr[i].p_flags & PF_X) {
      program_start = (gchar *) info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
      program_end = program_start + info->dlpi_phdr[i].p_memsz;
    }
  }
  /* The program is the first. */
  return 1;
}

static void init (void) __attribute__((constructor));

static void
init (void)
{
  dl_iterate_phdr (find_program, NULL);
}

static gboolean
is_program (gconstpointer pc)
{
  return (const gchar *) pc >= program_start
      && (const gchar *) pc < program_end;
}

void
g_free (gpointer memory)
{
  gpointer pc = CALLER;

  if (memory && __tsan_write_range_pc && is_program (pc))
    __tsan_write_range_pc (memory, malloc_usable_size (memory), pc);
  REAL (g_free) (memory);
}

/* What the program is linked to instead of the functions without __wrap_, by
 * the linker's --wrap. */
extern gpointer __wrap_memcpy (gpointer to, gconstpointer from, gsize size);
extern gpointer __wrap_memmove (gpointer to, gconstpointer from, gsize size);
extern gpointer __wrap_memset (gpointer to, int value, gsize size);

static void
note_copy (gpointer to, gconstpointer from, gsize size, gpointer pc)
{
  if (size > 0 && __tsan_read_range_pc && __tsan_write_range_pc) {
    if (from)
      __tsan_read_range_pc (from, size, pc);
    __tsan_write_range_pc (to, size, pc);
  }
}

gpointer
__wrap_memcpy (gpointer to, gconstpointer from, gsize size)
{
  note_copy (to, from, size, CALLER);
  return memcpy (to, from, size);
}

gpointer
__wrap_memmove (gpointer to, gconstpointer from, gsize size)
{
  note_copy (to, from, size, CALLER);
  return memmove (to, from, size);
}

gpointer
__wrap_memset (gpointer to, int value, gsize size)
{
  note_copy (to, NULL, size, CALLER);
  return memset (to, value, size);
}
