/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plane.h"

#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 32
#define ALIGNED_SAMPLES (ALIGNMENT / sizeof (gint16))

/* What is kept for planes to come: of each picture that is worked on there are
 * a few planes, and there are as many pictures as workers. Smaller ones cost
 * nothing. */
#define MAX_KEPT 64
#define MAX_KEPT_SIZE ((gsize) 512 << 20)
#define MIN_KEPT_SIZE ((gsize) 64 << 10)

/* A leaf: nothing else is locked, or called, while it is held. */
static GMutex lock;
static struct
{
  guint n_users;
  guint n;
  gsize size;
  struct
  {
    gpointer data;
    gsize size;
  } blocks[MAX_KEPT];
} kept;

/* Lock held. The blocks are in the order in which they were given. */
static gpointer
remove_block (guint number)
{
  gpointer data = kept.blocks[number].data;

  kept.size -= kept.blocks[number].size;
  kept.n--;
  memmove (kept.blocks + number, kept.blocks + number + 1,
      (kept.n - number) * sizeof kept.blocks[0]);
  return data;
}

static gpointer
take_block (gsize size)
{
  gpointer data = NULL;
  guint i;

  g_mutex_lock (&lock);
  for (i = 0; i < kept.n && !data; i++) {
    if (kept.blocks[i].size == size)
      data = remove_block (i);
  }
  g_mutex_unlock (&lock);
  return data ? data : aligned_alloc (ALIGNMENT, size);
}

static void
give_block (gpointer data, gsize size)
{
  gpointer unwanted[MAX_KEPT + 1];
  guint n = 0;

  g_mutex_lock (&lock);
  if (data && kept.n_users > 0 && size >= MIN_KEPT_SIZE
      && size <= MAX_KEPT_SIZE) {
    /* What was kept for long is of a size that is not wanted any more. */
    while (kept.n == MAX_KEPT || kept.size > MAX_KEPT_SIZE - size)
      unwanted[n++] = remove_block (0);
    kept.blocks[kept.n].data = data;
    kept.blocks[kept.n].size = size;
    kept.n++;
    kept.size += size;
  } else {
    unwanted[n++] = data;
  }
  g_mutex_unlock (&lock);
  while (n > 0)
    free (unwanted[--n]);
}

void
cup_planes_keep (void)
{
  g_mutex_lock (&lock);
  kept.n_users++;
  g_mutex_unlock (&lock);
}

void
cup_planes_let_go (void)
{
  gpointer blocks[MAX_KEPT];
  guint n = 0;

  g_mutex_lock (&lock);
  if (--kept.n_users == 0) {
    while (kept.n > 0)
      blocks[n++] = kept.blocks[--kept.n].data;
    kept.size = 0;
  }
  g_mutex_unlock (&lock);
  while (n > 0)
    free (blocks[--n]);
}

gboolean
cup_plane_init (CupPlane * plane, guint width, guint height, guint top,
    guint n_rows)
{
  gsize stride, size;
  guint y;

  g_assert (width > 0 && n_rows > 0 && (guint64) top + n_rows <= height);

  memset (plane, 0, sizeof *plane);
  stride = ((gsize) width + ALIGNED_SAMPLES - 1) & ~(ALIGNED_SAMPLES - 1);
  if (!g_size_checked_mul (&size, stride, n_rows)
      || !g_size_checked_mul (&size, size, sizeof (gint16)))
    return FALSE;
  plane->data = take_block (size);
  if (!plane->data)
    return FALSE;
  plane->size = size;
  plane->width = width;
  plane->height = height;
  plane->top = top;
  plane->n_rows = n_rows;
  plane->stride = stride;
  for (y = top; y < top + n_rows; y++)
    memset (cup_plane_row (plane, y) + width, 0,
        (stride - width) * sizeof (gint16));
  return TRUE;
}

void
cup_plane_clear (CupPlane * plane)
{
  give_block (plane->data, plane->size);
  memset (plane, 0, sizeof *plane);
}
