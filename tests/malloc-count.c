/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* syscall() */
#define _GNU_SOURCE
#include "malloc-count.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_SIZES 512
#define MAX_MAPPINGS 1024

#if defined (__has_feature)
#if __has_feature (address_sanitizer) || __has_feature (thread_sanitizer) \
    || __has_feature (memory_sanitizer)
#define HAVE_SANITIZER
#endif
#elif defined (__SANITIZE_ADDRESS__) || defined (__SANITIZE_THREAD__)
#define HAVE_SANITIZER
#endif

/* All are written with atomic operations: a lock would need memory. */
static MallocCounts counts;
static gsize in_use, peak;
static gint notes_sizes;
static struct
{
  gsize size;
  guint64 calls;
} sizes[MAX_SIZES];

#if defined (HAVE_SANITIZER) || defined (__GLIBC__)
static void
add (guint64 * count, guint64 n)
{
  __atomic_fetch_add (count, n, __ATOMIC_RELAXED);
}

static void
note_size (gsize size)
{
  guint i;

  for (i = 0; i < MAX_SIZES; i++) {
    gsize none = 0;

    if (__atomic_compare_exchange_n (&sizes[i].size, &none, size, FALSE,
            __ATOMIC_RELAXED, __ATOMIC_RELAXED) || none == size) {
      add (&sizes[i].calls, 1);
      return;
    }
  }
}

/* @size is what was asked for. */
static void
count_call (gsize size)
{
  add (&counts.calls, 1);
  add (&counts.bytes, size);
  if (size < MALLOC_COUNT_LARGE)
    return;
  add (&counts.large_calls, 1);
  add (&counts.large_bytes, size);
  if (__atomic_load_n (&notes_sizes, __ATOMIC_RELAXED))
    note_size (size);
}

static void
count_taken (gsize size)
{
  gsize now = __atomic_add_fetch (&in_use, size, __ATOMIC_RELAXED);
  gsize most = __atomic_load_n (&peak, __ATOMIC_RELAXED);

  while (now > most && !__atomic_compare_exchange_n (&peak, &most, now, FALSE,
          __ATOMIC_RELAXED, __ATOMIC_RELAXED));
}

static void
count_returned (gsize size)
{
  __atomic_fetch_sub (&in_use, size, __ATOMIC_RELAXED);
}
#endif

#ifdef HAVE_SANITIZER

/* gcc has no header for these. */
extern size_t __sanitizer_get_current_allocated_bytes (void);
extern size_t __sanitizer_get_allocated_size (const volatile void *memory);
extern int __sanitizer_install_malloc_and_free_hooks
    (void (*malloc_hook) (const volatile void *, size_t),
    void (*free_hook) (const volatile void *));

static void
on_malloc (const volatile void *memory, size_t size)
{
  count_call (size);
  count_taken (size);
}

/* Before the block is given back. */
static void
on_free (const volatile void *memory)
{
  if (memory)
    count_returned (__sanitizer_get_allocated_size (memory));
}

/* What was taken before is not known; it must not count when it is given back. */
static void __attribute__((constructor))
    install_hooks (void)
{
  in_use = __sanitizer_get_current_allocated_bytes ();
  __sanitizer_install_malloc_and_free_hooks (on_malloc, on_free);
}

#elif defined (__GLIBC__)

/* glibc's own names for what is replaced here. */
extern void *__libc_malloc (size_t size);
extern void *__libc_calloc (size_t n, size_t size);
extern void *__libc_realloc (void *memory, size_t size);
extern void *__libc_memalign (size_t alignment, size_t size);
extern void __libc_free (void *memory);

#ifdef SYS_mmap2
#define mmap_system(address, size, protection, flags, file, offset)     \
  (void *) syscall (SYS_mmap2, address, size, protection, flags, file,  \
      (offset) >> 12)
#else
#define mmap_system(address, size, protection, flags, file, offset)     \
  (void *) syscall (SYS_mmap, address, size, protection, flags, file, offset)
#endif

static void *
count (gsize size, void *memory)
{
  count_call (size);
  if (memory)
    count_taken (malloc_usable_size (memory));
  return memory;
}

/* In place of the C library's, for this program and all that it loads. */

void *
malloc (size_t size)
{
  return count (size, __libc_malloc (size));
}

void *
calloc (size_t n, size_t size)
{
  return count (n * size, __libc_calloc (n, size));
}

/* What a block grows by may be a copy of all of it. */
void *
realloc (void *memory, size_t size)
{
  gsize old = memory ? malloc_usable_size (memory) : 0;
  void *grown = count (size, __libc_realloc (memory, size));

  if (grown || size == 0)
    count_returned (old);
  return grown;
}

void *
memalign (size_t alignment, size_t size)
{
  return count (size, __libc_memalign (alignment, size));
}

void *
aligned_alloc (size_t alignment, size_t size)
{
  return memalign (alignment, size);
}

int
posix_memalign (void **memory, size_t alignment, size_t size)
{
  void *block = memalign (alignment, size);

  if (!block)
    return ENOMEM;
  *memory = block;
  return 0;
}

void
free (void *memory)
{
  if (memory)
    count_returned (malloc_usable_size (memory));
  __libc_free (memory);
}

/* Mappings without a file count as blocks. The C library's own calls, for large
 * blocks and for stacks, do not come by here. */
static void *mappings[MAX_MAPPINGS];

static void
replace_mapping (void *from, void *to)
{
  guint i;

  for (i = 0; i < MAX_MAPPINGS; i++) {
    void *expected = from;

    if (__atomic_compare_exchange_n (&mappings[i], &expected, to, FALSE,
            __ATOMIC_RELAXED, __ATOMIC_RELAXED))
      return;
  }
  abort ();
}

static gboolean
is_counted (void *memory)
{
  guint i;

  for (i = 0; i < MAX_MAPPINGS; i++) {
    if (__atomic_load_n (&mappings[i], __ATOMIC_RELAXED) == memory)
      return TRUE;
  }
  return FALSE;
}

void *
mmap (void *address, size_t size, int protection, int flags, int file,
    off_t offset)
{
  void *memory = mmap_system (address, size, protection, flags, file, offset);

  if (!(flags & MAP_ANONYMOUS))
    return memory;
  count_call (size);
  if (memory != MAP_FAILED) {
    replace_mapping (NULL, memory);
    count_taken (size);
  }
  return memory;
}

int
munmap (void *memory, size_t size)
{
  if (is_counted (memory)) {
    replace_mapping (memory, NULL);
    count_returned (size);
  }
  return (int) syscall (SYS_munmap, memory, size);
}

#endif

/* Volatile, as a compiler may leave out a block that nobody looks at. */
gboolean
malloc_count_works (void)
{
  const gsize before = malloc_count_get_in_use ();
  void *volatile block = malloc (MALLOC_COUNT_LARGE);
  const gsize between = malloc_count_get_in_use ();

  free (block);
  return between >= before + MALLOC_COUNT_LARGE
      && malloc_count_get_in_use () <= between - MALLOC_COUNT_LARGE;
}

void
malloc_count_read (MallocCounts * now)
{
  now->calls = __atomic_load_n (&counts.calls, __ATOMIC_RELAXED);
  now->bytes = __atomic_load_n (&counts.bytes, __ATOMIC_RELAXED);
  now->large_calls = __atomic_load_n (&counts.large_calls, __ATOMIC_RELAXED);
  now->large_bytes = __atomic_load_n (&counts.large_bytes, __ATOMIC_RELAXED);
}

gsize
malloc_count_get_in_use (void)
{
  return __atomic_load_n (&in_use, __ATOMIC_RELAXED);
}

gsize
malloc_count_get_peak (void)
{
  return __atomic_load_n (&peak, __ATOMIC_RELAXED);
}

void
malloc_count_reset_peak (void)
{
  __atomic_store_n (&peak, malloc_count_get_in_use (), __ATOMIC_RELAXED);
}

void
malloc_count_note_sizes (gboolean on)
{
  __atomic_store_n (&notes_sizes, on, __ATOMIC_RELAXED);
}

void
malloc_count_foreach_size (MallocCountSizeFunc func)
{
  guint i;

  for (i = 0; i < MAX_SIZES && sizes[i].size > 0; i++)
    func (sizes[i].size, sizes[i].calls);
}
