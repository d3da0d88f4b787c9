/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Colour conversion in doubles, to compare with; and frames in memory of exactly
 * their size.
 */
#pragma once

#include <gst/video/video.h>

#include "image/image.h"

G_BEGIN_DECLS

/* Of luma and chroma, or gray. */
extern const GstVideoFormat colouring_formats[];
extern const guint colouring_n_formats;
/* Colorimetry: every matrix, in both ranges. */
extern const gchar *const colouring_codings[];
extern const guint colouring_n_codings;

/* @coding: as in colouring_codings, or a name of GStreamer's. */
void colouring_set_info (GstVideoInfo * info, GstVideoFormat format,
    guint width, guint height, const gchar * coding);

/* Each plane is a block of its own that ends with its last row, with @padding
 * bytes between rows; or begins with it, where @upside_down. */
void colouring_frame_init (GstVideoFrame * frame, const GstVideoInfo * info,
    guint padding, gboolean upside_down);
void colouring_frame_clear (GstVideoFrame * frame);
void colouring_frame_fill (GstVideoFrame * frame, GRand * random);
guint colouring_frame_get (const GstVideoFrame * frame, guint component,
    guint x, guint y);
void colouring_frame_set (GstVideoFrame * frame, guint component, guint x,
    guint y, guint level);

CupPixels *colouring_make_noise (guint width, guint height, guint channels,
    guint depth, GRand * random);
/* Smooth, with all hues. */
CupPixels *colouring_make_picture (guint width, guint height, guint channels,
    guint depth);
/* A sample as a level of its depth. */
guint colouring_pixels_get (const CupPixels * pixels, guint x, guint y,
    guint channel);

/**
 * ColouringError:
 * @largest: absolute
 * @mean: with its sign
 */
typedef struct
{
  gdouble largest;
  gdouble mean;
  /*< private > */
  guint n;
} ColouringError;

void colouring_error_add (ColouringError * error, gdouble got,
    gdouble exact);

/* What doubles make of @frame, against @pixels; of YUV and gray. */
void colouring_compare_read (const GstVideoFrame * frame,
    const CupPixels * pixels, ColouringError * error);
/* What doubles make of @pixels, against @frame. */
void colouring_compare_write (const CupPixels * pixels,
    const GstVideoFrame * frame, ColouringError * error);
/* Both ways with noise. */
void colouring_measure (GstVideoFormat format, const gchar * coding,
    const gchar * site, ColouringError * to, ColouringError * back);

/* A picture as BT.709 video to pixels and back, by way of a file of @type unless
 * that is CUP_IMAGE_UNKNOWN: decibels of luma and of chroma. */
void colouring_round_trip (GstVideoFormat format, CupImageType type,
    gdouble psnr[2]);

G_END_DECLS
