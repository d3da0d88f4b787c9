/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * See canvas.h. Coverage of a pixel is its distance to the edge over the breadth
 * of that: pictures are reduced afterwards, which does the rest of the
 * antialiasing.
 */
#include "canvas.h"

#define OCTAVES 4
/* Cells of noise a pixel: lenses let no finer textures through. */
#define FINEST 1.0

void
cup_canvas_init (CupCanvas * canvas, gint width, gint height, guint n_planes)
{
  const gsize size = (gsize) width * height;
  guint p;
  gsize i;

  canvas->width = width;
  canvas->height = height;
  canvas->n_planes = n_planes;
  canvas->painted = 0;
  for (p = 0; p < n_planes; p++) {
    canvas->planes[p] = g_new (gfloat, size);
    for (i = 0; i < size; i++)
      canvas->planes[p][i] = p == 0 ? 128.0f : 0.0f;
  }
}

void
cup_canvas_clear (CupCanvas * canvas)
{
  guint p;

  for (p = 0; p < canvas->n_planes; p++)
    g_clear_pointer (&canvas->planes[p], g_free);
}

static inline gint
floor_to_int (gfloat x)
{
  const gint i = (gint) x;

  return i - (x < (gfloat) i);
}

/* -1…1, of a point of the lattice. */
static inline gfloat
lattice (gint x, gint y, guint32 key)
{
  guint32 h = (guint32) x * 0x8da6b343u ^ (guint32) y * 0xd8163841u ^ key;

  h ^= h >> 16;
  h *= 0x85ebca6bu;
  h ^= h >> 13;
  h *= 0xc2b2ae35u;
  h ^= h >> 16;
  return (gint32) h / 2147483648.0f;
}

/* Smooth noise of one scale, -1…1. */
static inline gfloat
noise (gfloat x, gfloat y, guint32 key)
{
  const gint i = floor_to_int (x), j = floor_to_int (y);
  gfloat u = x - (gfloat) i, v = y - (gfloat) j;
  gfloat top, bottom;

  u = u * u * (3.0f - 2.0f * u);
  v = v * v * (3.0f - 2.0f * v);
  top = lattice (i, j, key);
  top += (lattice (i + 1, j, key) - top) * u;
  bottom = lattice (i, j + 1, key);
  bottom += (lattice (i + 1, j + 1, key) - bottom) * u;
  return top + (bottom - top) * v;
}

/* Levels that @leaf's texture adds at a pixel. */
static gfloat
get_texture (const CupLeaf * leaf, gint x, gint y)
{
  const CupTexture *texture = &leaf->texture;
  gfloat u, v, sum = 0.0f, weight = 1.0f;
  gdouble cells = texture->scale * texture->stretch;
  guint i;

  if (texture->kind != CUP_TEXTURE_FRACTAL) {
    const gdouble wave = cup_sine (texture->across[0] * x
        + texture->across[1] * y + texture->phase);

    if (texture->kind == CUP_TEXTURE_BARS)
      return wave > 0 ? texture->amplitude : -texture->amplitude;
    return texture->amplitude * wave;
  }

  u = (x * leaf->cosine + y * leaf->sine) * texture->scale;
  v = (y * leaf->cosine - x * leaf->sine) * texture->scale * texture->stretch;
  for (i = 0; i < OCTAVES && cells <= FINEST; i++, cells *= 2) {
    sum += weight * noise (u, v, texture->key + i);
    u *= 2.0f;
    v *= 2.0f;
    weight *= 0.65f;
  }
  return (gfloat) texture->amplitude * sum;
}

/* How far (x, y), from the middle of @leaf, is within it: negative outside. */
static inline gfloat
get_depth (const CupLeaf * leaf, gfloat x, gfloat y)
{
  const gfloat cosine = leaf->cosine, sine = leaf->sine;
  const gfloat aspect = leaf->aspect, radius = leaf->radius;
  const gfloat p = fabsf (x * cosine + y * sine);
  const gfloat q = fabsf (y * cosine - x * sine) / aspect;
  gfloat depth;

  switch (leaf->kind) {
    case CUP_LEAF_ELLIPSE:
      depth = radius - sqrtf (p * p + q * q);
      break;
    case CUP_LEAF_BOX:
      depth = radius - (p > q ? p : q);
      break;
    default:
      depth = radius * 0.8f - (p * 0.6f + q * 0.8f);
      break;
  }
  /* Across, a unit is not a pixel. */
  return q > p ? depth * aspect : depth;
}

static inline void
blend (CupCanvas * canvas, gint x, gint y, const gfloat * colour,
    gfloat coverage)
{
  const gsize i = (gsize) y * canvas->width + x;
  guint p;

  for (p = 0; p < canvas->n_planes; p++)
    canvas->planes[p][i] += (colour[p] - canvas->planes[p][i]) * coverage;
  canvas->painted++;
}

void
cup_canvas_paint_leaf (CupCanvas * canvas, const CupLeaf * leaf)
{
  const gint reach = (gint) (leaf->radius * 1.5 + leaf->soft + 2);
  const gint left = MAX (leaf->x - reach, 0);
  const gint right = MIN (leaf->x + reach, canvas->width - 1);
  const gint top = MAX (leaf->y - reach, 0);
  const gint bottom = MIN (leaf->y + reach, canvas->height - 1);
  const gfloat slope_x = leaf->slope[0], slope_y = leaf->slope[1];
  const gfloat sharpness = 1.0 / leaf->soft;
  gfloat colour[CUP_CANVAS_PLANES];
  gint x, y;

  colour[1] = leaf->colour[1];
  colour[2] = leaf->colour[2];
  for (y = top; y <= bottom; y++) {
    for (x = left; x <= right; x++) {
      const gfloat dx = x - leaf->x, dy = y - leaf->y;
      const gfloat coverage = get_depth (leaf, dx, dy) * sharpness + 0.5f;

      if (coverage <= 0.0f)
        continue;
      colour[0] = leaf->colour[0] + slope_x * dx + slope_y * dy;
      if (leaf->texture.kind != CUP_TEXTURE_NONE)
        colour[0] += get_texture (leaf, x, y);
      blend (canvas, x, y, colour, MIN (coverage, 1.0f));
    }
  }
}

void
cup_canvas_paint_stroke (CupCanvas * canvas, const CupStroke * stroke)
{
  const gdouble reach = stroke->radius + stroke->soft + 1;
  const gdouble *a = stroke->from, *b = stroke->to;
  const gdouble along_x = b[0] - a[0], along_y = b[1] - a[1];
  const gdouble square = along_x * along_x + along_y * along_y;
  const gint left = MAX (floor (MIN (a[0], b[0]) - reach), 0);
  const gint right = MIN (floor (MAX (a[0], b[0]) + reach), canvas->width - 1);
  const gint top = MAX (floor (MIN (a[1], b[1]) - reach), 0);
  const gint bottom =
      MIN (floor (MAX (a[1], b[1]) + reach), canvas->height - 1);
  gint x, y;

  for (y = top; y <= bottom; y++) {
    for (x = left; x <= right; x++) {
      gdouble dx = x - a[0], dy = y - a[1], t, coverage;

      t = square > 0 ? (dx * along_x + dy * along_y) / square : 0;
      t = CLAMP (t, 0, 1);
      dx -= t * along_x;
      dy -= t * along_y;
      coverage = (stroke->radius - sqrt (dx * dx + dy * dy)) / stroke->soft
          + 0.5;
      if (coverage > 0)
        blend (canvas, x, y, stroke->colour, MIN (coverage, 1));
    }
  }
}

CupPixels *
cup_canvas_get_pixels (const CupCanvas * canvas)
{
  GError *error = NULL;
  CupPixels *pixels = cup_pixels_new (canvas->width, canvas->height,
      canvas->n_planes, 8, &error);
  gint x, y;

  if (!pixels)
    g_error ("%s", error->message);
  for (y = 0; y < canvas->height; y++) {
    const gsize start = (gsize) y * canvas->width;
    guint8 *row = cup_pixels_row (pixels, y);

    for (x = 0; x < canvas->width; x++) {
      const gdouble luma = canvas->planes[0][start + x];

      if (canvas->n_planes == 1) {
        row[x] = cup_canvas_level (luma);
      } else {
        const gdouble blue = canvas->planes[1][start + x];
        const gdouble red = canvas->planes[2][start + x];

        row[3 * x] = cup_canvas_level (luma + 1.402 * red);
        row[3 * x + 1] =
            cup_canvas_level (luma - 0.344136 * blue - 0.714136 * red);
        row[3 * x + 2] = cup_canvas_level (luma + 1.772 * blue);
      }
    }
  }
  return pixels;
}
