/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What procedural pictures are painted on, at twice their size.
 */
#pragma once

#include "exact.h"
#include "image/pixels.h"

G_BEGIN_DECLS

#define CUP_CANVAS_PLANES 3

/**
 * CupCanvas:
 * @n_planes: 1, or 3
 * @planes: luma 0…255, and two differences of colour around 0
 * @painted: pixels that were touched, also more than once
 */
typedef struct
{
  gint width;
  gint height;
  guint n_planes;
  gfloat *planes[CUP_CANVAS_PLANES];
  guint64 painted;
} CupCanvas;

typedef enum
{
  CUP_TEXTURE_NONE,
  CUP_TEXTURE_BARS,
  CUP_TEXTURE_WAVES,
  CUP_TEXTURE_FRACTAL,
} CupTextureKind;

/**
 * CupTexture:
 * @amplitude: in levels
 * @across: periods a pixel, in x and y (bars, waves)
 * @phase: in periods
 * @key: of the noise
 * @scale: lattice cells a pixel (fractal)
 * @stretch: how much narrower the cells are in one direction
 */
typedef struct
{
  CupTextureKind kind;
  gdouble amplitude;
  gdouble across[2];
  gdouble phase;
  guint32 key;
  gdouble scale;
  gdouble stretch;
} CupTexture;

typedef enum
{
  CUP_LEAF_ELLIPSE,
  CUP_LEAF_BOX,
  CUP_LEAF_DIAMOND,
} CupLeafKind;

/**
 * CupLeaf:
 * @cosine, @sine: of its direction
 * @aspect: its breadth for a length of 1
 * @soft: breadth of its edge
 * @colour: one value a plane
 * @slope: levels a pixel, in x and y
 */
typedef struct
{
  CupLeafKind kind;
  gint x;
  gint y;
  gdouble radius;
  gdouble cosine;
  gdouble sine;
  gdouble aspect;
  gdouble soft;
  gfloat colour[CUP_CANVAS_PLANES];
  gdouble slope[2];
  CupTexture texture;
} CupLeaf;

/* A line from one point to the other with round ends. */
typedef struct
{
  gdouble from[2];
  gdouble to[2];
  gdouble radius;
  gdouble soft;
  gfloat colour[CUP_CANVAS_PLANES];
} CupStroke;

void cup_canvas_init (CupCanvas * canvas, gint width, gint height,
    guint n_planes);
void cup_canvas_clear (CupCanvas * canvas);
void cup_canvas_paint_leaf (CupCanvas * canvas, const CupLeaf * leaf);
void cup_canvas_paint_stroke (CupCanvas * canvas, const CupStroke * stroke);
/* In 8 bits, gray or RGB, still at twice the size. */
CupPixels *cup_canvas_get_pixels (const CupCanvas * canvas);

static inline guint8
cup_canvas_level (gdouble value)
{
  return CLAMP (floor (value + 0.5), 0, 255);
}

G_END_DECLS
