/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * See picture.h. The figures were found by trying what helps with photographs.
 */
#include "picture.h"

#include "canvas.h"
#include "scaling.h"

/* Radii on the canvas. The least one sets how busy a picture is. */
static const gdouble least_radii[] = { 3, 6, 12, 24 };

#define LARGEST_RADIUS 500.0
/* How often each pixel is painted over, on average. */
#define LAYERS 6
/* Of what is painted, so much in a hundred is strokes. */
#define STROKES 2

typedef struct
{
  CupCanvas canvas;
  CupRandom random;
  gdouble least_radius;
  gdouble contrast;
  guint64 strokes;
} Painter;

static gfloat
clamp_level (gdouble level)
{
  return CLAMP (level, 4.0, 251.0);
}

static void
choose_colour (Painter * self, gfloat * colour)
{
  CupRandom *random = &self->random;
  const gdouble vivid = 60 * cup_random_uniform (random);

  colour[0] =
      clamp_level (128 + cup_random_between (random, -0.5,
          0.5) * 255 * self->contrast);
  colour[1] = vivid * cup_random_between (random, -1, 1);
  colour[2] = vivid * cup_random_between (random, -1, 1);
}

static void
choose_texture (Painter * self, CupTexture * texture)
{
  CupRandom *random = &self->random;
  const guint kind = cup_random_below (random, 20);
  const gdouble amplitude = -10 * cup_log (cup_random_uniform (random) + 1e-4);
  gdouble u = cup_random_uniform (random), turn;

  /* Stripes teach what repeats, but what is finer than the reduced picture's
   * samples only teaches to guess. */
  texture->kind = kind < 1 ? CUP_TEXTURE_BARS : kind < 2 ? CUP_TEXTURE_WAVES
      : kind < 14 ? CUP_TEXTURE_FRACTAL : CUP_TEXTURE_NONE;
  texture->amplitude =
      amplitude * (texture->kind == CUP_TEXTURE_FRACTAL ? 2.0 : 1.5);
  turn = cup_random_uniform (random);
  texture->across[0] = cup_cosine (turn) / (9 + 30 * u * u);
  texture->across[1] = cup_sine (turn) / (9 + 30 * u * u);
  texture->phase = cup_random_uniform (random);
  texture->key = cup_random_next (random) >> 32;
  u = cup_random_uniform (random);
  texture->scale = 1 / (1.5 + 20 * u * u);
  texture->stretch = cup_random_chance (random, 0.4)
      ? cup_exp2 (cup_random_between (random, 0, 2.5)) : 1;
}

/* Numbers of shapes fall with the third power of their radius. */
static gdouble
choose_radius (Painter * self)
{
  const gdouble least = 1 / (self->least_radius * self->least_radius);
  const gdouble largest = 1 / (LARGEST_RADIUS * LARGEST_RADIUS);

  return 1 / sqrt (cup_random_between (&self->random, largest, least));
}

static void
paint_leaf (Painter * self)
{
  static const CupLeafKind kinds[] = {
    CUP_LEAF_ELLIPSE, CUP_LEAF_ELLIPSE, CUP_LEAF_ELLIPSE, CUP_LEAF_ELLIPSE,
    CUP_LEAF_ELLIPSE, CUP_LEAF_BOX, CUP_LEAF_BOX, CUP_LEAF_BOX,
    CUP_LEAF_DIAMOND, CUP_LEAF_DIAMOND,
  };
  CupRandom *random = &self->random;
  gdouble turn, u;
  CupLeaf leaf = { 0 };

  leaf.radius = choose_radius (self);
  leaf.x = (gint) cup_random_below (random, self->canvas.width + 200) - 100;
  leaf.y = (gint) cup_random_below (random, self->canvas.height + 200) - 100;
  turn = cup_random_uniform (random);
  leaf.cosine = cup_cosine (turn);
  leaf.sine = cup_sine (turn);
  leaf.aspect = cup_random_chance (random, 0.4)
      ? 1 : cup_exp2 (cup_random_between (random, -2.5, 0));
  /* Blades of grass, twigs, wires. */
  if (cup_random_chance (random, 0.12))
    leaf.aspect = MIN (leaf.aspect, 2.5 / leaf.radius + 0.02);
  leaf.kind = kinds[cup_random_below (random, G_N_ELEMENTS (kinds))];
  choose_colour (self, leaf.colour);
  if (cup_random_chance (random, 0.6)) {
    const gdouble slope = cup_random_between (random, -45, 45) / leaf.radius;

    turn = cup_random_uniform (random);
    leaf.slope[0] = slope * cup_cosine (turn);
    leaf.slope[1] = slope * cup_sine (turn);
  }
  choose_texture (self, &leaf.texture);
  u = cup_random_uniform (random);
  leaf.soft = cup_random_chance (random, 0.45) ? 1 + 8 * u * u : 0.7;
  cup_canvas_paint_leaf (&self->canvas, &leaf);
}

/* A line that wanders. */
static void
paint_line (Painter * self)
{
  CupRandom *random = &self->random;
  const guint segments = 8 + cup_random_below (random, 40);
  const gdouble bend = cup_random_between (random, 0, 0.08);
  const gdouble step = cup_random_between (random, 6, 30);
  gdouble turn = cup_random_uniform (random);
  CupStroke stroke;
  guint i;

  choose_colour (self, stroke.colour);
  stroke.radius = cup_random_between (random, 1, 4);
  stroke.soft = cup_random_chance (random, 0.8) ? 0.7 : 2;
  stroke.from[0] = cup_random_between (random, 0, self->canvas.width);
  stroke.from[1] = cup_random_between (random, 0, self->canvas.height);
  for (i = 0; i < segments; i++) {
    stroke.to[0] = stroke.from[0] + step * cup_cosine (turn);
    stroke.to[1] = stroke.from[1] + step * cup_sine (turn);
    cup_canvas_paint_stroke (&self->canvas, &stroke);
    stroke.from[0] = stroke.to[0];
    stroke.from[1] = stroke.to[1];
    turn += bend * cup_random_normal (random);
  }
}

/* A few strokes from one of twelve points of a cell to another: like a letter. */
static void
paint_letter (Painter * self, CupStroke * stroke, gdouble x, gdouble y,
    gdouble size, gdouble cosine, gdouble sine)
{
  CupRandom *random = &self->random;
  const guint strokes = 2 + cup_random_below (random, 3);
  guint i, end;

  for (i = 0; i < strokes; i++) {
    for (end = 0; end < 2; end++) {
      const guint point = cup_random_below (random, 12);
      const gdouble u = (point % 3) * 0.25 * size;
      const gdouble v = (gdouble) (point / 3) / 3 * size;
      gdouble *to = end == 0 ? stroke->from : stroke->to;

      to[0] = x + u * cosine - v * sine;
      to[1] = y + u * sine + v * cosine;
    }
    cup_canvas_paint_stroke (&self->canvas, stroke);
  }
}

static void
paint_writing (Painter * self)
{
  CupRandom *random = &self->random;
  const gdouble u = cup_random_uniform (random);
  const gdouble size = 14 + 50 * u * u;
  const gdouble turn = cup_random_chance (random, 0.6)
      ? 0 : cup_random_between (random, -0.1, 0.1);
  const gdouble cosine = cup_cosine (turn), sine = cup_sine (turn);
  const guint lines = 1 + cup_random_below (random, 5);
  const guint letters = 4 + cup_random_below (random, 20);
  const gdouble left = cup_random_between (random, 0, self->canvas.width);
  const gdouble top = cup_random_between (random, 0, self->canvas.height);
  CupStroke stroke;
  guint i, j;

  choose_colour (self, stroke.colour);
  stroke.radius = size * cup_random_between (random, 0.04, 0.1);
  stroke.radius = MAX (stroke.radius, 1.0);
  stroke.soft = 0.7;
  for (j = 0; j < lines; j++) {
    for (i = 0; i < letters; i++) {
      const gdouble right = i * 0.8 * size, down = j * 1.6 * size;

      /* A space. */
      if (cup_random_chance (random, 0.15))
        continue;
      paint_letter (self, &stroke, left + right * cosine - down * sine,
          top + right * sine + down * cosine, size, cosine, sine);
    }
  }
}

static void
paint (Painter * self)
{
  const guint64 enough =
      (guint64) LAYERS * self->canvas.width * self->canvas.height;

  while (self->canvas.painted < enough) {
    if (self->strokes * 100 < self->canvas.painted * STROKES) {
      const guint64 before = self->canvas.painted;

      if (cup_random_chance (&self->random, 0.5))
        paint_line (self);
      else
        paint_writing (self);
      self->strokes += self->canvas.painted - before;
    }
    paint_leaf (self);
  }
}

/* A triangle's distribution, as far as @strength to either side. Each row draws
 * on its own, so that luma's noise is the same in all channels. */
static void
add_noise (CupPixels * pixels, CupRandom * random, gdouble strength)
{
  guint x, y, c;

  for (y = 0; y < pixels->height; y++) {
    guint8 *row = cup_pixels_row (pixels, y);

    for (x = 0; x < pixels->width; x++) {
      const gdouble noise = strength * (cup_random_uniform (random)
          + cup_random_uniform (random) - 1);

      for (c = 0; c < pixels->channels; c++, row++)
        *row = cup_canvas_level (*row + noise);
    }
  }
}

CupPixels *
cup_picture_new (guint64 seed, guint number, guint width, guint height,
    guint channels)
{
  Painter self = { 0 };
  CupPixels *large, *picture;

  g_return_val_if_fail (channels == 1 || channels == 3, NULL);
  cup_random_init (&self.random, seed, number);
  cup_canvas_init (&self.canvas, 2 * width, 2 * height, channels);
  self.least_radius = least_radii[number % G_N_ELEMENTS (least_radii)];
  self.contrast = cup_random_between (&self.random, 0.25, 0.85);
  paint (&self);
  large = cup_canvas_get_pixels (&self.canvas);
  cup_canvas_clear (&self.canvas);

  picture = cup_scaling_reduce (large, 2);
  cup_pixels_unref (large);
  add_noise (picture, &self.random, number % 4 == 3 ? 2.0 : 0.6);
  return picture;
}
