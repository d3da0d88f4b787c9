/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * See samples.h. Measures are those of the canvas, which is twice as large.
 */
#include "samples.h"

#include "canvas.h"
#include "picture.h"
#include "scaling.h"

#define WIDTH (2 * SAMPLE_WIDTH)
#define HEIGHT (2 * SAMPLE_HEIGHT)

/* Luma, blue and red differences. */
static const gfloat white[] = { 245, 0, 0 };
static const gfloat black[] = { 15, 0, 0 };
static const gfloat skin[] = { 178, -22, 24 };
static const gfloat hair[] = { 52, -10, 12 };
static const gfloat lips[] = { 112, -8, 44 };
static const gfloat blue[] = { 150, 42, -30 };

static void
set_colour (gfloat * to, const gfloat * from, gdouble lighter)
{
  to[0] = CLAMP (from[0] + lighter, 5, 250);
  to[1] = from[1];
  to[2] = from[2];
}

/* A leaf without texture, upright. */
static CupLeaf
make_leaf (CupLeafKind kind, gint x, gint y, gdouble radius, gdouble aspect,
    const gfloat * colour)
{
  CupLeaf leaf = {.kind = kind,.x = x,.y = y,.radius = radius };

  leaf.cosine = 1;
  leaf.aspect = aspect;
  leaf.soft = 1.5;
  set_colour (leaf.colour, colour, 0);
  return leaf;
}

static void
turn_leaf (CupLeaf * leaf, gdouble turn)
{
  leaf->cosine = cup_cosine (turn);
  leaf->sine = cup_sine (turn);
}

static void
set_fractal (CupLeaf * leaf, gdouble amplitude, gdouble cells, guint32 key)
{
  leaf->texture.kind = CUP_TEXTURE_FRACTAL;
  leaf->texture.amplitude = amplitude;
  leaf->texture.scale = cells;
  leaf->texture.stretch = 1;
  leaf->texture.key = key;
}

static void
fill (CupCanvas * canvas, const gfloat * colour, gdouble downwards)
{
  CupLeaf leaf = make_leaf (CUP_LEAF_BOX, WIDTH / 2, HEIGHT / 2, WIDTH, 1,
      colour);

  leaf.slope[1] = downwards / HEIGHT;
  cup_canvas_paint_leaf (canvas, &leaf);
}

static void
paint_line (CupCanvas * canvas, gdouble x, gdouble y, gdouble to_x,
    gdouble to_y, gdouble radius, const gfloat * colour, gdouble lighter)
{
  CupStroke stroke = { {x, y}, {to_x, to_y}, radius, 1.5 };

  set_colour (stroke.colour, colour, lighter);
  cup_canvas_paint_stroke (canvas, &stroke);
}

static CupPixels *
finish (CupCanvas * canvas)
{
  CupPixels *large = cup_canvas_get_pixels (canvas);
  CupPixels *picture = cup_scaling_reduce (large, 2);

  cup_canvas_clear (canvas);
  cup_pixels_unref (large);
  return picture;
}

static void
paint_eye (CupCanvas * canvas, gint x, gint y)
{
  CupLeaf white_of_it = make_leaf (CUP_LEAF_ELLIPSE, x, y, 30, 0.5, white);
  CupLeaf iris = make_leaf (CUP_LEAF_ELLIPSE, x, y, 14, 1, blue);
  CupLeaf pupil = make_leaf (CUP_LEAF_ELLIPSE, x, y, 6, 1, black);
  CupLeaf light = make_leaf (CUP_LEAF_ELLIPSE, x + 4, y - 4, 3, 1, white);
  gint i;

  set_fractal (&iris, 30, 0.3, 3);
  cup_canvas_paint_leaf (canvas, &white_of_it);
  cup_canvas_paint_leaf (canvas, &iris);
  cup_canvas_paint_leaf (canvas, &pupil);
  cup_canvas_paint_leaf (canvas, &light);
  for (i = -5; i <= 5; i++) {
    paint_line (canvas, x + 5 * i, y - 14 + ABS (i), x + 7 * i,
        y - 26 + 2 * ABS (i), 0.8, hair, 0);
    paint_line (canvas, x + 6 * i, y - 36 + 1.2 * ABS (i), x + 6 * i + 10,
        y - 42 + 1.2 * ABS (i), 1.2, hair, 8);
  }
}

static CupPixels *
paint_face (void)
{
  CupLeaf head = make_leaf (CUP_LEAF_ELLIPSE, WIDTH / 2, 210, 180, 0.78, skin);
  CupLeaf nose = make_leaf (CUP_LEAF_ELLIPSE, WIDTH / 2 + 6, 220, 40, 0.4,
      skin);
  CupLeaf mouth = make_leaf (CUP_LEAF_ELLIPSE, WIDTH / 2, 300, 46, 0.26, lips);
  CupCanvas canvas;
  CupRandom random;
  guint i;

  cup_random_init (&random, 31, 0);
  cup_canvas_init (&canvas, WIDTH, HEIGHT, 3);
  fill (&canvas, blue, -80);
  turn_leaf (&head, 0.25);
  head.slope[0] = -0.25;
  set_fractal (&head, 4, 0.35, 7);
  cup_canvas_paint_leaf (&canvas, &head);
  turn_leaf (&nose, 0.25);
  nose.soft = 30;
  nose.colour[0] += 22;
  set_fractal (&nose, 4, 0.35, 7);
  cup_canvas_paint_leaf (&canvas, &nose);
  mouth.soft = 4;
  set_fractal (&mouth, 8, 0.2, 9);
  cup_canvas_paint_leaf (&canvas, &mouth);
  paint_line (&canvas, WIDTH / 2 - 42, 300, WIDTH / 2 + 42, 302, 1.5, lips,
      -60);
  paint_eye (&canvas, WIDTH / 2 - 62, 180);
  paint_eye (&canvas, WIDTH / 2 + 62, 180);
  for (i = 0; i < 900; i++) {
    const gdouble turn = cup_random_between (&random, 0.47, 1.03);
    const gdouble x = WIDTH / 2 + 140 * cup_cosine (turn);
    const gdouble y = 180 + 150 * cup_sine (turn);

    paint_line (&canvas, x, y, x + 30 * cup_cosine (turn)
        + cup_random_between (&random, -14, 14), y + 30
        + cup_random_between (&random, -60, 40),
        cup_random_between (&random, 0.6, 1.6), hair,
        cup_random_between (&random, -25, 45));
  }
  return finish (&canvas);
}

/* A letter of 2 to 4 strokes between the points of a cell, as it comes. */
static void
paint_letter (CupCanvas * canvas, CupRandom * random, gdouble x, gdouble y,
    gdouble size)
{
  const guint strokes = 2 + cup_random_below (random, 3);
  gdouble ends[4];
  guint i, k;

  for (i = 0; i < strokes; i++) {
    for (k = 0; k < 4; k += 2) {
      ends[k] = x + cup_random_below (random, 3) * 0.27 * size;
      ends[k + 1] = y + cup_random_below (random, 4) * 0.33 * size;
    }
    paint_line (canvas, ends[0], ends[1], ends[2], ends[3], 0.06 * size + 0.6,
        black, 0);
  }
}

static CupPixels *
paint_text (void)
{
  static const gdouble sizes[] = { 64, 44, 30, 22, 18, 16, 14, 12, 10 };
  CupCanvas canvas;
  CupRandom random;
  gdouble top = 12;
  guint i;

  cup_random_init (&random, 32, 0);
  cup_canvas_init (&canvas, WIDTH, HEIGHT, 3);
  fill (&canvas, white, -20);
  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    gdouble left;

    for (left = 12; left + sizes[i] < WIDTH; left += 0.8 * sizes[i]) {
      if (!cup_random_chance (&random, 0.15))
        paint_letter (&canvas, &random, left, top, sizes[i]);
    }
    top += 1.5 * sizes[i];
  }
  return finish (&canvas);
}

static CupPixels *
paint_foliage (void)
{
  static const gfloat green[] = { 90, -30, -18 };
  CupCanvas canvas;
  CupRandom random;
  guint i;

  cup_random_init (&random, 33, 0);
  cup_canvas_init (&canvas, WIDTH, HEIGHT, 3);
  fill (&canvas, black, 20);
  for (i = 0; i < 2600; i++) {
    CupLeaf leaf = make_leaf (CUP_LEAF_ELLIPSE,
        cup_random_below (&random, WIDTH), cup_random_below (&random, HEIGHT),
        cup_random_between (&random, 5, 22),
        cup_random_between (&random, 0.12, 0.5), green);

    turn_leaf (&leaf, cup_random_uniform (&random));
    leaf.colour[0] += cup_random_between (&random, -65, 95) * i / 2600;
    leaf.slope[0] = cup_random_between (&random, -2, 2);
    cup_canvas_paint_leaf (&canvas, &leaf);
  }
  return finish (&canvas);
}

static CupPixels *
paint_sky (void)
{
  CupCanvas canvas;
  CupRandom random;
  guint i;

  cup_random_init (&random, 34, 0);
  cup_canvas_init (&canvas, WIDTH, HEIGHT, 3);
  fill (&canvas, blue, 90);
  for (i = 0; i < 24; i++) {
    CupLeaf cloud = make_leaf (CUP_LEAF_ELLIPSE,
        cup_random_below (&random, WIDTH),
        200 + cup_random_below (&random, 120),
        cup_random_between (&random, 30, 90), 0.5, white);

    cloud.soft = 60;
    cloud.colour[0] -= 25;
    set_fractal (&cloud, 12, 0.02, i);
    cup_canvas_paint_leaf (&canvas, &cloud);
  }
  paint_line (&canvas, 0, 350, WIDTH, 300, 1.5, black, 20);
  return finish (&canvas);
}

static CupPixels *
paint_stripes (void)
{
  static const gfloat gray[] = { 128, 0, 0 };
  CupCanvas canvas;
  guint x, y, i;

  cup_canvas_init (&canvas, WIDTH, HEIGHT, 3);
  for (y = 0; y < 3; y++) {
    for (x = 0; x < 4; x++) {
      const gdouble period = 5 + 3.0 * (4 * y + x);
      const gdouble turn = 0.03 + 0.09 * x + 0.045 * y;
      CupLeaf field = make_leaf (CUP_LEAF_BOX, 64 + 128 * x, 64 + 128 * y, 62,
          1, gray);

      field.texture.kind = (x + y) % 2 ? CUP_TEXTURE_BARS : CUP_TEXTURE_WAVES;
      field.texture.amplitude = 70;
      field.texture.across[0] = cup_cosine (turn) / period;
      field.texture.across[1] = cup_sine (turn) / period;
      cup_canvas_paint_leaf (&canvas, &field);
    }
  }
  /* A fan: every distance between lines at once. */
  for (i = 0; i < 40; i++)
    paint_line (&canvas, WIDTH / 2, HEIGHT / 2, WIDTH / 2 + 90 *
        cup_cosine (i / 40.0), HEIGHT / 2 + 90 * cup_sine (i / 40.0), 1.5,
        black, 0);
  return finish (&canvas);
}

static CupPixels *
paint_line_art (void)
{
  static const gdouble radii[] = { 20, 34, 50, 70, 96, 130 };
  CupLeaf block = make_leaf (CUP_LEAF_BOX, 80, 300, 50, 0.7, black);
  CupCanvas canvas;
  guint i, k;

  cup_canvas_init (&canvas, WIDTH, HEIGHT, 3);
  fill (&canvas, white, 0);
  for (i = 0; i < G_N_ELEMENTS (radii); i++) {
    for (k = 0; k < 96; k++)
      paint_line (&canvas, 330 + radii[i] * cup_cosine (k / 96.0),
          180 + radii[i] * cup_sine (k / 96.0),
          330 + radii[i] * cup_cosine ((k + 1) / 96.0),
          180 + radii[i] * cup_sine ((k + 1) / 96.0), 1 + 0.5 * i, black, 0);
  }
  for (i = 0; i < 12; i++)
    paint_line (&canvas, 10, 10 + 4 * i, 180, 10 + 16 * i, 1 + 0.15 * i, black,
        0);
  turn_leaf (&block, 0.02);
  cup_canvas_paint_leaf (&canvas, &block);
  paint_line (&canvas, 150, 250, 250, 370, 5, lips, 0);
  return finish (&canvas);
}

static CupPixels *
paint_leaves (guint number)
{
  return cup_picture_new (CUP_PICTURE_HELD_OUT_SEED, number, SAMPLE_WIDTH,
      SAMPLE_HEIGHT, 3);
}

/* As of a camera in the dark: other noise in each channel. */
static CupPixels *
paint_noise (void)
{
  CupPixels *picture = paint_leaves (2);
  CupRandom random;
  guint x, y;

  cup_random_init (&random, 35, 0);
  for (y = 0; y < picture->height; y++) {
    guint8 *row = cup_pixels_row (picture, y);

    for (x = 0; x < picture->width * picture->channels; x++)
      row[x] = cup_canvas_level (row[x] + 14 * cup_random_normal (&random));
  }
  return picture;
}

static CupPixels *
paint_mixed (void)
{
  return paint_leaves (1);
}

static CupPixels *
paint_damaged (void)
{
  return paint_leaves (5);
}

const Sample samples[] = {
  {"face", 0, paint_face},
  {"text", 0, paint_text},
  {"foliage", 0, paint_foliage},
  {"sky", 0, paint_sky},
  {"stripes", 0, paint_stripes},
  {"line-art", 0, paint_line_art},
  {"noise", 0, paint_noise},
  {"leaves", 0, paint_mixed},
  {"jpeg", 50, paint_damaged},
  {NULL},
};
