/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * JPEG files that this project does not write itself.
 */
#pragma once

/* jpeglib.h needs FILE. */
#include <stdio.h>
#include <stdlib.h>
#include <jpeglib.h>

#include "image/pixels.h"

/* @inks: four channels, 255 for no ink; @space: JCS_CMYK or JCS_YCCK. */
static inline GBytes *
jpeg_sample_make_cmyk (const CupPixels * inks, J_COLOR_SPACE space)
{
  struct jpeg_compress_struct cinfo;
  struct jpeg_error_mgr errors;
  guchar *data = NULL;
  gulong size = 0;
  GBytes *bytes;

  cinfo.err = jpeg_std_error (&errors);
  jpeg_create_compress (&cinfo);
  jpeg_mem_dest (&cinfo, &data, &size);
  cinfo.image_width = inks->width;
  cinfo.image_height = inks->height;
  cinfo.input_components = 4;
  cinfo.in_color_space = JCS_CMYK;
  jpeg_set_defaults (&cinfo);
  jpeg_set_colorspace (&cinfo, space);
  jpeg_set_quality (&cinfo, 100, TRUE);
  cinfo.comp_info[0].h_samp_factor = cinfo.comp_info[0].v_samp_factor = 1;
  cinfo.comp_info[3].h_samp_factor = cinfo.comp_info[3].v_samp_factor = 1;
  jpeg_start_compress (&cinfo, TRUE);
  while (cinfo.next_scanline < cinfo.image_height) {
    JSAMPROW row = cup_pixels_row (inks, cinfo.next_scanline);

    jpeg_write_scanlines (&cinfo, &row, 1);
  }
  jpeg_finish_compress (&cinfo);
  jpeg_destroy_compress (&cinfo);
  bytes = g_bytes_new (data, size);
  free (data);
  return bytes;
}
