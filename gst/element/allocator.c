/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "allocator.h"

#include <string.h>

#include "base/memory.h"

typedef GstAllocator CupAllocator;
typedef GstAllocatorClass CupAllocatorClass;

GType cup_allocator_get_type (void);
G_DEFINE_TYPE (CupAllocator, cup_allocator, GST_TYPE_ALLOCATOR);

/* Clears what stands around the @size bytes of the frame. */
static void
clear_edges (guint8 * data, gsize size, const GstAllocationParams * params)
{
  if (params->flags & GST_MEMORY_FLAG_ZERO_PREFIXED)
    memset (data, 0, params->prefix);
  if (params->flags & GST_MEMORY_FLAG_ZERO_PADDED)
    memset (data + params->prefix + size, 0, params->padding);
}

/* The memory that is wrapped belongs to GStreamer's own allocator, which frees it by
 * the function that it is given. */
static GstMemory *
cup_allocator_alloc (GstAllocator * allocator, gsize size,
    GstAllocationParams * params)
{
  const gsize align = params->align | gst_memory_alignment;
  gsize whole, all;
  guint8 *block, *data;

  if (!g_size_checked_add (&whole, size, params->prefix)
      || !g_size_checked_add (&whole, whole, params->padding)
      || !g_size_checked_add (&all, whole,
          align < CUP_MEMORY_ALIGNMENT ? 0 : align))
    return NULL;
  block = cup_memory_alloc (all, 1);
  if (!block)
    return NULL;
  data = (guint8 *) (((gsize) block + align) & ~align);
  clear_edges (data, size, params);
  return gst_memory_new_wrapped (params->flags, data, whole, params->prefix,
      size, block, cup_memory_free);
}

static void
cup_allocator_class_init (CupAllocatorClass * class)
{
  class->alloc = cup_allocator_alloc;
}

static void
cup_allocator_init (CupAllocator * allocator)
{
  GST_OBJECT_FLAG_SET (allocator, GST_ALLOCATOR_FLAG_CUSTOM_ALLOC);
}

GstAllocator *
cup_allocator_new (void)
{
  return gst_object_ref_sink (g_object_new (cup_allocator_get_type (), NULL));
}
