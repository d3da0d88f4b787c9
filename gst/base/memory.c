/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memory.h"

#include <stdlib.h>
#include <string.h>
#ifdef G_OS_UNIX
#include <sys/mman.h>
#endif

/* What waits here is nobody's: who still uses it is found out. */
#if defined (__has_feature)
#if __has_feature (address_sanitizer)
#define HAVE_POISON
#elif __has_feature (thread_sanitizer)
#define HAVE_SANITIZER
#endif
#elif defined (__SANITIZE_ADDRESS__)
#define HAVE_POISON
#elif defined (__SANITIZE_THREAD__)
#define HAVE_SANITIZER
#endif
#ifdef HAVE_POISON
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(memory, size) ((void) (memory))
#define ASAN_UNPOISON_MEMORY_REGION(memory, size) ((void) (memory))
#endif

/* What is less than a page costs nothing to be had anew. */
#define MIN_SIZE ((gsize) 4096)
/* Sanitizers know blocks of the heap better. */
#if defined (G_OS_UNIX) && !defined (HAVE_POISON) && !defined (HAVE_SANITIZER)
#define HAVE_MAPPINGS
#endif
/* From here on a block is a mapping of its own, and goes back to the system whole. */
#define MIN_MAPPED ((gsize) 256 << 10)
/* What is larger goes back to the system at once. A frame of 4K with alpha is
 * not; clearing the pages of a larger picture anew takes a hundredth of what
 * upscaling it takes, and keeping them would double what a photograph needs. */
#define MAX_SIZE ((gsize) 32 << 20)
/* A block serves for what is smaller than it by up to a fifth. */
#define MAX_SLACK 4
#define MAX_KEPT 256
/* Sizes are not all wanted at the same times: a quarter of what was in use at once
 * is what it takes to have the right one. */
#define SHARE 4
/* The most that is in use at once is looked for until so many times as much was
 * given back: some frames of each worker. */
#define PERIOD 8

/* Before the memory that is handed out. */
typedef struct
{
  gsize capacity;               /* of that memory */
} Block;

#define HEADER_SIZE ((gsize) CUP_MEMORY_ALIGNMENT)
G_STATIC_ASSERT (sizeof (Block) <= CUP_MEMORY_ALIGNMENT);

/* A leaf: nothing else is locked, or called, while it is held. */
static GMutex lock;
static struct
{
  guint n_users;
  gsize in_use;
  /* The most that was in use at once, in this period and in the one before. */
  gsize peaks[2];
  gsize given;                  /* back, in this period */

  guint n;
  gsize size;
  /* In the order in which they were given back. */
  struct
  {
    Block *block;
    gsize capacity;
  } blocks[MAX_KEPT];
} kept;

/* Large blocks are mapped by themselves. glibc does that only as long as none has
 * been freed: then it raises its threshold up to 32 MB and cuts blocks out of heaps
 * that never shrink, and the process grows to a multiple of what lives in it. */
static gpointer
get_from_system (gsize size)
{
#ifdef HAVE_MAPPINGS
  if (size >= MIN_MAPPED) {
    gpointer memory = mmap (NULL, size, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return memory != MAP_FAILED ? memory : NULL;
  }
#endif
  return aligned_alloc (CUP_MEMORY_ALIGNMENT, size);
}

static void
give_to_system (gpointer memory, gsize size)
{
#ifdef HAVE_MAPPINGS
  if (size >= MIN_MAPPED) {
    munmap (memory, size);
    return;
  }
#endif
  free (memory);
}

static gpointer
get_memory (Block * block)
{
  return (guint8 *) block + HEADER_SIZE;
}

static Block *
get_block (gpointer memory)
{
  Block *block = (Block *) ((guint8 *) memory - HEADER_SIZE);

  ASAN_UNPOISON_MEMORY_REGION (block, HEADER_SIZE);
  return block;
}

static gpointer
hand_out (Block * block, gsize size)
{
  gpointer memory = get_memory (block);

  ASAN_POISON_MEMORY_REGION (memory, block->capacity);
  ASAN_UNPOISON_MEMORY_REGION (memory, size);
  ASAN_POISON_MEMORY_REGION (block, HEADER_SIZE);
  return memory;
}

/* Of blocks that are not kept any more. Without the lock: the system may take
 * its time. */
static void
free_blocks (Block ** blocks, guint n)
{
  while (n > 0) {
    Block *block = blocks[--n];

    ASAN_UNPOISON_MEMORY_REGION (get_memory (block), block->capacity);
    give_to_system (block, HEADER_SIZE + block->capacity);
  }
}

/* Lock held, for this and what follows. */
static Block *
remove_block (guint number)
{
  Block *block = kept.blocks[number].block;

  kept.size -= kept.blocks[number].capacity;
  kept.n--;
  memmove (kept.blocks + number, kept.blocks + number + 1,
      (kept.n - number) * sizeof kept.blocks[0]);
  return block;
}

/* The smallest that is large enough, and of those the one that a processor's
 * cache is most likely to have. */
static Block *
take_block (gsize size)
{
  guint best = MAX_KEPT, i;

  for (i = 0; i < kept.n; i++) {
    const gsize capacity = kept.blocks[i].capacity;

    if (capacity >= size && capacity - size <= size / MAX_SLACK
        && (best == MAX_KEPT || capacity <= kept.blocks[best].capacity))
      best = i;
  }
  return best < MAX_KEPT ? remove_block (best) : NULL;
}

/* Until little more is held than was needed at once, with @more that is about to
 * be. What was given back first goes first: streams want the sizes that came back
 * last. */
static guint
remove_surplus (gsize more, Block ** removed)
{
  const guint64 in_use = (guint64) kept.in_use + more;
  const guint64 peak = MAX (MAX (kept.peaks[0], kept.peaks[1]), in_use);
  const guint64 limit = peak + peak / SHARE - in_use;
  guint n = 0;

  while (kept.n > 0 && (kept.n_users == 0 || kept.size > limit))
    removed[n++] = remove_block (0);
  return n;
}

static void
note_use (gsize capacity)
{
  kept.in_use += capacity;
  kept.peaks[0] = MAX (kept.peaks[0], kept.in_use);
}

static void
note_return (gsize capacity)
{
  kept.given += capacity;
  if (kept.given / PERIOD >= kept.peaks[0]) {
    kept.peaks[1] = kept.peaks[0];
    kept.peaks[0] = kept.in_use;
    kept.given = 0;
  }
  kept.in_use -= capacity;
}

static Block *
new_block (gsize capacity)
{
  Block *block = get_from_system (HEADER_SIZE + capacity);

  if (block)
    block->capacity = capacity;
  return block;
}

void
cup_memory_free_kept (void)
{
  Block *removed[MAX_KEPT];
  guint n = 0;

  g_mutex_lock (&lock);
  while (kept.n > 0)
    removed[n++] = remove_block (kept.n - 1);
  g_mutex_unlock (&lock);
  free_blocks (removed, n);
}

/* A new one, which is in use only once it is there: what nobody could have says
 * nothing of how much is needed. */
static Block *
get_new_block (gsize capacity)
{
  Block *block = new_block (capacity);

  if (!block) {
    /* What waits may be what is missing. */
    cup_memory_free_kept ();
    block = new_block (capacity);
  }
  if (block) {
    g_mutex_lock (&lock);
    note_use (capacity);
    g_mutex_unlock (&lock);
  }
  return block;
}

/* One that was kept, or a new one. */
static Block *
get_large_block (gsize capacity)
{
  Block *removed[MAX_KEPT], *block;
  guint n = 0;

  g_mutex_lock (&lock);
  block = take_block (capacity);
  if (block)
    note_use (block->capacity);
  else
    n = remove_surplus (capacity, removed);
  g_mutex_unlock (&lock);
  free_blocks (removed, n);
  return block ? block : get_new_block (capacity);
}

gpointer
cup_memory_alloc (gsize n, gsize size)
{
  gsize capacity;
  Block *block;

  /* Nobody has so much, and no sum overflows. */
  if (!g_size_checked_mul (&size, n, size) || size > G_MAXSSIZE / 2)
    return NULL;
  capacity = MAX ((size + CUP_MEMORY_ALIGNMENT - 1)
      & ~(gsize) (CUP_MEMORY_ALIGNMENT - 1), CUP_MEMORY_ALIGNMENT);
  block = capacity < MIN_SIZE ? new_block (capacity) :
      get_large_block (capacity);
  return block ? hand_out (block, size) : NULL;
}

/* Lock held. Returns how many blocks had to make room: they are in @removed. */
static guint
keep_block (Block * block, Block ** removed)
{
  guint n = 0;

  if (kept.n == MAX_KEPT)
    removed[n++] = remove_block (0);
  kept.blocks[kept.n].block = block;
  kept.blocks[kept.n].capacity = block->capacity;
  kept.n++;
  kept.size += block->capacity;
  return n;
}

void
cup_memory_free (gpointer memory)
{
  Block *removed[MAX_KEPT + 1], *block;
  guint n = 0;

  if (!memory)
    return;
  block = get_block (memory);
  if (block->capacity < MIN_SIZE) {
    free_blocks (&block, 1);
    return;
  }
  ASAN_POISON_MEMORY_REGION (memory, block->capacity);

  g_mutex_lock (&lock);
  note_return (block->capacity);
  if (block->capacity > MAX_SIZE)
    removed[n++] = block;
  else
    n += keep_block (block, removed);
  n += remove_surplus (0, removed + n);
  g_mutex_unlock (&lock);
  free_blocks (removed, n);
}

void
cup_memory_keep (void)
{
  g_mutex_lock (&lock);
  kept.n_users++;
  g_mutex_unlock (&lock);
}

void
cup_memory_let_go (void)
{
  Block *removed[MAX_KEPT];
  guint n;

  g_mutex_lock (&lock);
  g_assert (kept.n_users > 0);
  if (--kept.n_users == 0) {
    kept.peaks[0] = kept.in_use;
    kept.peaks[1] = 0;
    kept.given = 0;
  }
  n = remove_surplus (0, removed);
  g_mutex_unlock (&lock);
  free_blocks (removed, n);
}

void
cup_memory_get_figures (CupMemoryFigures * figures)
{
  g_mutex_lock (&lock);
  figures->in_use = kept.in_use;
  figures->kept = kept.size;
  figures->n_kept = kept.n;
  g_mutex_unlock (&lock);
}
