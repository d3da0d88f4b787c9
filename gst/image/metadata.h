/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a picture's file says of how its pixels are to be shown, and the pixels
 * do not: which way up, and what its colours mean. Codecs here neither turn nor
 * convert anything, so that it has to go along where a picture is decoded and
 * encoded again.
 *
 * Both directions work on finished files, chunk by chunk (PNG), segment by
 * segment (JPEG) and in RIFF (WebP), and know nothing of pixels. Nothing that is
 * read is trusted: a damaged profile or orientation is as if it was not there,
 * and no reason to refuse a picture.
 *
 * Any thread, at any time.
 */
#pragma once

#include "image.h"

G_BEGIN_DECLS

/* Larger ones are not read. Profiles have some kB, those of printers up to 2 MB. */
#define CUP_IMAGE_PROFILE_MAX (4 * 1024 * 1024)

/**
 * CupImageDensity:
 * @x: dots of the width, 0 where nothing is said
 * @y: dots of the height
 * @is_metric: they are counted by the metre; else they say only how wide pixels are
 */
typedef struct
{
  guint32 x;
  guint32 y;
  gboolean is_metric;
} CupImageDensity;

/**
 * CupImageMetadata:
 * @orientation: 1…8, as EXIF counts it; 1 is as stored
 * @profile: (nullable): an ICC profile, which has the header of one
 * @light: what a PNG says beside a profile
 * @density: of a PNG (pHYs) or JPEG (JFIF)
 * @is_gray_alpha: the file is gray with alpha, which is RGBA where it is decoded
 * @width: of the picture, which @density is for
 * @height: see @width
 *
 * Reference counted, and never changed after it was made.
 */
typedef struct
{
  guint orientation;
  GBytes *profile;
  CupImageLight light;
  CupImageDensity density;
  gboolean is_gray_alpha;
  guint width;
  guint height;

  /*< private > */
  gint ref_count;
} CupImageMetadata;

/* NULL where there is nothing to say: orientation 1, and no profile. */
CupImageMetadata *cup_image_metadata_new (guint orientation, GBytes * profile);
/* The same of all that @what says, which may be on the stack. */
CupImageMetadata *cup_image_metadata_copy (const CupImageMetadata * what);
CupImageMetadata *cup_image_metadata_ref (CupImageMetadata * metadata);
void cup_image_metadata_unref (CupImageMetadata * metadata);

/* What the file @bytes says, of which cup_image_read_info() has read @type; NULL
 * where that is nothing. EXIF (APP1, eXIf, EXIF) is read for the orientation, and
 * ICC profiles (APP2, iCCP, ICCP) as they are; not XMP. Of PNG sBIT is not read: samples
 * that were computed have all of their bits. */
CupImageMetadata *cup_image_metadata_read (GBytes * bytes, CupImageType type);

/* Whether files of @type can say @light, unless it makes no difference, and @density
 * (nullable metadata). */
gboolean cup_image_metadata_keeps_light (CupImageType type);
gboolean cup_image_metadata_keeps_density (CupImageType type);
/* Whether the density is one that somebody has chosen: not that of a screen (72 and 96
 * dots per inch), which files have that nobody has thought of. */
gboolean cup_image_metadata_has_density (const CupImageMetadata * metadata);

/* Whether a picture of @channels, encoded as @type, can have the profile:
 * one for gray is only for gray. TRUE where there is none. */
gboolean cup_image_metadata_fits (const CupImageMetadata * metadata,
    CupImageType type, guint channels);

/* @bytes, which cup_image_encode() has made of pixels with @channels, with
 * @metadata (nullable) in it, its profile only where that fits, and its density for the
 * size of @bytes: what is depicted stays as large as it was. Takes @bytes. */
GBytes *cup_image_metadata_insert (const CupImageMetadata * metadata,
    GBytes * bytes, CupImageType type, guint channels, GError ** error);

/* Of NULL: 1. */
guint cup_image_metadata_get_orientation (const CupImageMetadata * metadata);

/* Profiles */

/* Whether the bytes begin with the header of an ICC profile that is there to its
 * end. */
gboolean cup_icc_is_valid (const guint8 * data, gsize size);
/* Whether it is for gray, and not for RGB; for something else (CMYK) neither
 * says so. */
gboolean cup_icc_is_gray (GBytes * profile);
gboolean cup_icc_is_rgb (GBytes * profile);
/* Whether its colours are near enough to sRGB (primaries, and the curve in the
 * middle) that nobody needs to be told when they are taken for it. */
gboolean cup_icc_is_like_srgb (GBytes * profile);
/* Its name, in English where it has several; NULL where it has none. Valid UTF-8
 * on one line, of a sane length; free with g_free(). */
gchar *cup_icc_describe (GBytes * profile);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CupImageMetadata, cup_image_metadata_unref);

G_END_DECLS
