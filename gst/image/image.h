/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pictures as files: PNG, JPEG and WebP, read and written by libpng,
 * libjpeg-turbo and libwebp, and plain PNG without libpng where there is a faster
 * way. Nothing here is trusted: the header is read and
 * its size checked before anything is allocated, damaged data is an error and
 * never a half-filled picture.
 *
 * All functions may be called from any thread at any time.
 */
#pragma once

#include <gio/gio.h>

#include "convert.h"
#include "light.h"
#include "pixels.h"

G_BEGIN_DECLS

/* Of WebP; for PNG any is. */
#define CUP_IMAGE_QUALITY_LOSSLESS 100

typedef enum
{
  CUP_IMAGE_UNKNOWN,
  CUP_IMAGE_PNG,
  CUP_IMAGE_JPEG,
  CUP_IMAGE_WEBP,
} CupImageType;

/**
 * CupImageInfo:
 * @type: what the first bytes say it is
 * @width: in pixels, as stored (before any orientation tag)
 * @height: in rows
 * @channels: of the CupPixels that it decodes to: 1, 3 or 4
 * @depth: of the CupPixels that it decodes to: 8 or 16
 * @light: what a PNG says of the meaning of its samples
 */
typedef struct
{
  CupImageType type;
  guint width;
  guint height;
  guint channels;
  guint depth;
  CupImageLight light;
} CupImageInfo;

/* "image/png" and the like; NULL for CUP_IMAGE_UNKNOWN. */
const gchar *cup_image_type_get_mime (CupImageType type);
/* "png", "jpg", "webp"; NULL for CUP_IMAGE_UNKNOWN. */
const gchar *cup_image_type_get_extension (CupImageType type);
/* Parameters behind ';' and case are ignored, "image/jpg" is taken too. */
CupImageType cup_image_type_from_mime (const gchar * mime);
/* Whether this build can encode and decode @type. */
gboolean cup_image_type_is_supported (CupImageType type);
/* Returns the longest side in pixels that files of @type can have; 0 for UNKNOWN. */
guint cup_image_type_get_max_side (CupImageType type);

/* Reads the magic and the header of @bytes, which may be the picture's first
 * few kB only. CUP_ERROR_UNSUPPORTED where it is none of the three (the error
 * says what it looks like instead: empty, HTML, JSON, GIF, …),
 * CUP_ERROR_BAD_DATA where the header is damaged or incomplete,
 * CUP_ERROR_TOO_LARGE over CUP_PIXELS_MAX_…. An animation (WebP, PNG) is
 * CUP_ERROR_UNSUPPORTED. */
gboolean cup_image_read_info (GBytes * bytes, CupImageInfo * info,
    GError ** error);

/* Whether the picture, whose header was read, is there to its end. Looks at its
 * structure, and decodes it only where a JPEG has pixels and no end marker: what counts
 * is whether all of its pixels are there. CUP_ERROR_BAD_DATA where it is cut
 * off, or is broken so that its end cannot be found. What follows the end does
 * not matter. */
gboolean cup_image_check_complete (GBytes * bytes, CupImageType type,
    GError ** error);

/* Returns what is wrong with the structure of a JPEG, which decoders take all the same,
 * in the words that libjpeg has for it; NULL where that is nothing. Decodes nothing.
 * Free with g_free(). */
gchar *cup_image_find_flaw (GBytes * bytes, CupImageType type);

/* Whether the checksums in the picture, which is complete, match its bytes: PNG has
 * some, the other types have none and are always TRUE. CUP_ERROR_BAD_DATA. */
gboolean cup_image_check_sums (GBytes * bytes, CupImageType type,
    GError ** error);

/* The type that @bytes begin as, whatever follows; CUP_IMAGE_UNKNOWN for none of
 * the three. */
CupImageType cup_image_get_type (GBytes * bytes);

/* Whether a lossy codec has been at the picture: JPEG, and WebP that is not
 * lossless. @type is what cup_image_read_info() said of @bytes. Decodes
 * nothing. */
gboolean cup_image_is_lossy (GBytes * bytes, CupImageType type);

/* FALSE where the picture is not black (cup_pixels_is_black()), as its bytes are
 * too many for that; TRUE where only decoding it can tell. @info is what
 * cup_image_read_info() said of @bytes. Decodes nothing. */
gboolean cup_image_may_be_black (GBytes * bytes, const CupImageInfo * info);

/* Decodes @bytes completely, or fails. @max_count: largest width × height that
 * is accepted, 0 for CUP_PIXELS_MAX_COUNT. Gray with alpha and palettes become
 * RGB(A), fewer than 8 bits become 8, and CMYK and YCCK JPEG become RGB (Adobe's
 * inverted form; a profile is not looked at). */
CupPixels *cup_image_decode (GBytes * bytes, guint64 max_count,
    GError ** error);
/* The same. @flaw (nullable): is set, where it is NULL before, to what is wrong with a
 * file of which all pixels could be decoded, in the library's words; free it with
 * g_free(). What cannot change a pixel is no flaw. */
CupPixels *cup_image_decode_noting (GBytes * bytes, guint64 max_count,
    gchar ** flaw, GError ** error);

/* Decodes @bytes, of which cup_image_read_info() said @info, to where the pixels are
 * to be. Where these fail, some of the pixels may be there.
 *
 * @flaw as above. As pixels: @pixels is made by the caller as @info says, of memory of anybody's
 * with any stride. The bytes after the samples of a row are left as they are. */
gboolean cup_image_decode_into (GBytes * bytes, const CupImageInfo * info,
    CupPixels * pixels, gchar ** flaw, GError ** error);
/* As video, by @rows, which was made for @info. Plain PNG is never in memory as a
 * whole, nor are JPEG and WebP where @rows only changes the order of samples to one
 * that their libraries can write. */
gboolean cup_image_decode_rows (GBytes * bytes, const CupImageInfo * info,
    CupConvertRows * rows, gchar ** flaw, GError ** error);

/* How hard compression of PNG tries: 0 stores the samples as they are, 1 is what
 * pays unless the network is slow, the others take longer for a little less. */
#define CUP_IMAGE_PNG_DEFAULT_LEVEL 1
#define CUP_IMAGE_PNG_MAX_LEVEL 9

/* Encodes @pixels as @type. @quality is 1…100 for JPEG (4:4:4) and WebP (where
 * 100 is lossless), and ignored for PNG, which has its default level. What the type cannot hold is reduced
 * where nothing visible is lost (16 bits to 8, rounded, for JPEG and WebP) and
 * CUP_ERROR_UNSUPPORTED where it would be (alpha that is not opaque, to JPEG).
 */
GBytes *cup_image_encode (const CupPixels * pixels, CupImageType type,
    guint quality, GError ** error);

/* The same for PNG with a level of compression. The samples that come back are
 * the same with all of them. */
GBytes *cup_image_encode_png (const CupPixels * pixels, guint level,
    GError ** error);
/* The same as gray with alpha, of RGBA of which all colours are gray
 * (cup_pixels_is_gray()). */
GBytes *cup_image_encode_png_gray (const CupPixels * pixels, guint level,
    GError ** error);

G_END_DECLS
