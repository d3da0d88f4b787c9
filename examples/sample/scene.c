/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The coast of the sample picture and what stands on it, as distance fields.
 */
#include "scene.h"

#define HOUSE_X 17.0f
#define HOUSE_Z 61.5f
#define HOUSE_GROUND 7.0f
#define BOAT_X -44.0f
#define BOAT_Z 205.0f

/* ---- Land ---- */

/* Round rocks of about @size, scattered: their height above the ground. */
static float
boulders (float x, float z, float size)
{
  float best = 0;
  int i, j, ci = (int) floorf (x / size), cj = (int) floorf (z / size);

  for (j = cj - 1; j <= cj + 1; j++) {
    for (i = ci - 1; i <= ci + 1; i++) {
      float cx = (i + 0.2f + 0.6f * lattice (i, j, 11)) * size;
      float cz = (j + 0.2f + 0.6f * lattice (i, j, 12)) * size;
      float radius = size * (0.2f + 0.42f * lattice (i, j, 13));
      float dx = x - cx, dz = z - cz;
      float left = radius * radius - dx * dx - dz * dz;

      if (left > 0 && lattice (i, j, 14) > 0.3f)
        best = MAX (best, sqrtf (left) * (0.6f + 0.5f * lattice (i, j, 15)));
    }
  }
  return best;
}

/* An elliptic hill: 1 on its top, falling to 0 over its edge. */
static float
hill (float x, float z, float cx, float cz, float rx, float rz, float edge,
    float rough)
{
  float dx = (x - cx) / rx, dz = (z - cz) / rz;

  return smoothstep (1 + edge, 1 - edge, sqrtf (dx * dx + dz * dz) + rough);
}

float
ground (float x, float z)
{
  float rough = 0.30f * noise2 (x * 0.17f + 5, z * 0.17f)
      + 0.16f * noise2 (x * 0.43f, z * 0.43f + 9)
      + 0.08f * noise2 (x * 1.1f + 3, z * 1.1f);
  float cape, near, stack, h, step;

  cape = 7.3f * hill (x, z, 15.5f, 62, 15.0f, 10.5f, 0.26f, rough * 1.25f);
  cape = MAX (cape, 8.6f * hill (x, z, 38, 66, 22, 17, 0.30f, rough));
  cape = MAX (cape, 3.6f * hill (x, z, 6.5f, 50, 4.5f, 4, 0.6f, rough * 1.5f));
  cape = MAX (cape, 2.8f * hill (x, z, 17, 49, 5, 4, 0.6f, rough * 1.7f));
  near = 6.1f * hill (x, z, 6.0f, 9.5f, 6.2f, 6.5f, 0.50f, rough * 0.8f);
  stack = 3.1f * hill (x, z, -6.5f, 55, 2.6f, 2.2f, 0.5f, rough * 1.3f);
  stack = MAX (stack, 1.9f * hill (x, z, -11.5f, 51, 2.1f, 1.5f, 0.5f, rough));
  stack = MAX (stack, 2.0f * hill (x, z, 9.5f, 33, 4.2f, 2.4f, 0.6f,
          rough * 1.4f));
  stack = MAX (stack, 1.5f * hill (x, z, 1.0f, 38, 2.3f, 1.4f, 0.6f, rough));
  h = MAX (MAX (cape, near), stack);
  if (h <= 0)
    return -1.5f;

  /* Beds of rock: the slope becomes steps, except on top. */
  step = h / 0.85f + 0.35f * noise2 (x * 0.3f, z * 0.3f);
  step = (floorf (step) + smoothstep (0.25f, 0.8f, step - floorf (step)))
      * 0.85f;
  h = mixf (h, step, 0.75f * smoothstep (6.9f, 6.0f, h)
      * (near > 4.0f ? 0 : 1));
  h += 0.12f * fractal2 (x * 0.9f, z * 0.9f, 3);
  /* Fallen blocks along the shore. */
  if (h < 2.6f)
    h += boulders (x, z, 1.9f) * smoothstep (2.6f, 1.2f, h) * 0.9f
        + boulders (x + 40, z, 0.7f) * smoothstep (2.2f, 0.8f, h) * 0.6f;
  return h - 1.0f;
}

/* Where grass grows: on what is flat and high enough, in patches. */
static float
grassiness (float x, float y, float z)
{
  float limit = z < 25 ? 3.6f : 5.1f;

  return smoothstep (limit - 0.25f, limit + 0.35f,
      y + 0.55f * fractal2 (x * 0.5f, z * 0.5f, 3));
}

/* Blades near the camera: one in each cell, bent by the wind. */
static float
blades (Vec p, float h, float size, float tall)
{
  float y = p[1] - h, best = size * 0.5f;
  int i, j, ci, cj;

  if (y > tall * 1.25f)
    return y - tall * 1.1f;
  ci = (int) floorf (p[0] / size);
  cj = (int) floorf (p[2] / size);
  for (j = cj - 1; j <= cj + 1; j++) {
    for (i = ci - 1; i <= ci + 1; i++) {
      float height = tall * (0.35f + 0.75f * lattice (i, j, 21));
      float t = clampf (y / height, 0, 1);
      float lean = t * t * height;
      float bx = (i + lattice (i, j, 22)) * size
          + lean * (0.5f + 1.1f * (lattice (i, j, 23) - 0.5f));
      float bz = (j + lattice (i, j, 24)) * size
          + lean * 1.1f * (lattice (i, j, 25) - 0.5f);
      float dx = p[0] - bx, dz = p[2] - bz;
      float over = MAX (y - height, 0);
      float d = sqrtf (dx * dx + dz * dz + over * over)
          - size * 0.13f * (1 - t * 0.9f);

      best = MIN (best, d * 0.7f);
    }
  }
  return best;
}

static Surface
land (Vec p)
{
  Surface surface;
  float h, d, grass, camera;

  surface.material = ROCK;
  if (p[1] > 10.5f) {
    surface.distance = p[1] - 9.3f;
    return surface;
  }
  h = ground (p[0], p[2]);
  d = p[1] - h;
  if (d > 1.2f) {
    surface.distance = d * 0.5f;
    return surface;
  }
  grass = grassiness (p[0], h, p[2]);
  if (grass < 0.9f) {
    /* Cracks run deep across the beds and shallow along them. */
    float crack = fabsf (noise3 (p * vec (0.9f, 0.5f, 0.9f)));
    float fine = fractal3 (p * vec (2.1f, 4.6f, 2.1f), 4);

    d += (1 - grass) * (0.16f * fine - 0.34f * (0.35f - MIN (crack, 0.35f)));
  }
  surface.distance = d * 0.45f;
  if (grass > 0.5f) {
    camera = p[2];
    surface.material = GRASS;
    if (camera < 16) {
      surface.distance = MIN (surface.distance, blades (p, h, 0.042f, 0.34f));
    } else {
      surface.distance -= 0.05f * (noise2 (p[0] * 9, p[2] * 9)
          + noise2 (p[0] * 23, p[2] * 23));
    }
  }
  return surface;
}

/* ---- Buildings ---- */

static inline float
box (Vec p, Vec half)
{
  float x = fabsf (p[0]) - half[0], y = fabsf (p[1]) - half[1];
  float z = fabsf (p[2]) - half[2];
  Vec outside = vec (MAX (x, 0), MAX (y, 0), MAX (z, 0));

  return length (outside) + MIN (MAX (x, MAX (y, z)), 0);
}

static inline float
cylinder (Vec p, float radius, float half)
{
  float r = sqrtf (p[0] * p[0] + p[2] * p[2]) - radius;
  float y = fabsf (p[1]) - half;
  float ox = MAX (r, 0), oy = MAX (y, 0);

  return sqrtf (ox * ox + oy * oy) + MIN (MAX (r, y), 0);
}

static inline void
add (Surface * surface, float distance, int material)
{
  if (distance < surface->distance) {
    surface->distance = distance;
    surface->material = material;
  }
}

/* Depth of the joints between stones of @wide × @high on a wall, at @u along
 * it: 1 in a joint. */
static float
joints (float u, float y, float wide, float high)
{
  float row = floorf (y / high);
  float x = u / wide + (fmodf (fabsf (row), 2) > 0.5f ? 0.5f : 0)
      + 0.23f * lattice ((int) row, 3, 31);
  float dx = fabsf (x - floorf (x) - 0.5f) * wide;
  float dy = fabsf (y / high - row - 0.5f) * high;

  return MAX (smoothstep (wide * 0.5f - 0.045f, wide * 0.5f - 0.01f, dx),
      smoothstep (high * 0.5f - 0.045f, high * 0.5f - 0.01f, dy));
}

/* The wall swells from 1.55 m at the gallery to 2.5 m at the ground. */
static float
tower_radius (float y)
{
  float t = clampf (y / 12.0f, 0, 1);

  return 1.5f + 0.95f * (1 - t) * (1 - t * 0.35f);
}

static void
tower (Vec p, Surface * surface)
{
  float radius = sqrtf (p[0] * p[0] + p[2] * p[2]);
  float angle = atan2f (p[0], -p[2]);
  float wall, rail, post, part, bar;
  Vec q;
  int i;

  if (radius > 5 || p[1] > 18.5f) {
    add (surface, MAX (radius - 4, p[1] - 17.5f), PLASTER);
    return;
  }

  wall = MAX ((radius - tower_radius (p[1])) * 0.95f,
      MAX (p[1] - 12.0f, -p[1] - 3));
  wall += 0.012f * joints (angle * tower_radius (p[1]), p[1], 0.95f, 0.46f);
  add (surface, wall, p[1] < 0.9f ? STONE : p[1] > 5.2f && p[1] < 8.0f ? RED :
      PLASTER);
  /* A plinth, and a door with steps on the side of the camera. */
  add (surface, cylinder (p - vec (0, -1.2f, 0), 2.75f, 1.6f) - 0.05f, STONE);

  /* Windows, in reveals that throw a shadow. */
  for (i = 0; i < 3; i++) {
    static const float heights[] = { 3.0f, 6.6f, 10.0f };
    static const float turns[] = { -0.30f, 0.10f, -0.30f };
    float a = turns[i], y = heights[i], r = tower_radius (y);

    q = p - vec (sinf (a) * r, y, -cosf (a) * r);
    q = vec (q[0] * cosf (a) + q[2] * sinf (a), q[1],
        q[2] * cosf (a) - q[0] * sinf (a));
    part = box (q, vec (0.30f, 0.5f, 0.28f));
    if (-part > surface->distance) {
      surface->distance = -part;
      surface->material = PLASTER;
    }
    add (surface, box (q - vec (0, 0, 0.16f), vec (0.32f, 0.52f, 0.03f)),
        WINDOW);
    add (surface, MIN (box (q - vec (0, 0, 0.10f), vec (0.03f, 0.5f, 0.04f)),
            box (q - vec (0, 0, 0.10f), vec (0.3f, 0.03f, 0.04f))), PLASTER);
    add (surface, box (q - vec (0, -0.56f, -0.05f), vec (0.42f, 0.06f, 0.14f)),
        STONE);
  }

  /* Gallery: brackets, floor, and a rail of two rings on posts. */
  q = p - vec (0, 12.0f, 0);
  add (surface, MAX (cylinder (q - vec (0, -0.25f, 0), 1.75f, 0.28f),
          (radius - 1.75f - q[1]) * 0.7f), PLASTER);
  add (surface, cylinder (q - vec (0, 0.12f, 0), 2.35f, 0.12f), STONE);
  for (i = 0; i < 3; i++) {
    float dr = radius - 2.22f, dy = q[1] - 0.55f - i * 0.3f;

    rail = sqrtf (dr * dr + dy * dy) - 0.035f;
    add (surface, rail, IRON);
  }
  post = angle / (2 * (float) G_PI) * 20;
  post = (post - floorf (post) - 0.5f) * (2 * (float) G_PI * 2.22f / 20);
  part = sqrtf (post * post + (radius - 2.22f) * (radius - 2.22f)) - 0.04f;
  add (surface, MAX (part, fabsf (q[1] - 0.68f) - 0.5f), IRON);

  /* Lantern: a wall, glass with bars before it, and a roof with a ball. */
  add (surface, cylinder (q - vec (0, 0.55f, 0), 1.28f, 0.45f), RED);
  add (surface, cylinder (q - vec (0, 1.9f, 0), 1.08f, 0.95f), GLASS);
  bar = angle / (2 * (float) G_PI) * 12;
  bar = (bar - floorf (bar) - 0.5f) * (2 * (float) G_PI * 1.14f / 12);
  part = MAX (fabsf (bar) - 0.04f, fabsf (radius - 1.14f) - 0.04f);
  add (surface, MAX (part, fabsf (q[1] - 1.9f) - 0.95f), IRON);
  part = sqrtf ((radius - 1.14f) * (radius - 1.14f)
      + (q[1] - 1.9f) * (q[1] - 1.9f)) - 0.045f;
  add (surface, part, IRON);
  add (surface, cylinder (q - vec (0, 2.88f, 0), 1.42f, 0.07f), RED);
  part = length ((q - vec (0, 2.75f, 0)) * vec (1, 1.05f, 1)) - 1.32f;
  add (surface, MAX (part, 2.9f - q[1]), RED);
  add (surface, length (q - vec (0, 4.15f, 0)) - 0.2f, RED);
  add (surface, cylinder (q - vec (0, 4.7f, 0), 0.03f, 0.5f), IRON);
}

static void
house (Vec p, Surface * surface)
{
  const Vec half = { 3.4f, 1.55f, 2.3f };
  float wall, roof, slope, part;
  Vec q;
  int i;

  part = length (p - vec (0, 2, 0)) - 6.2f;
  if (part > 1) {
    add (surface, part, STONE);
    return;
  }
  /* Turned, so that two sides are seen. */
  p = vec (p[0] * 0.91f + p[2] * 0.42f, p[1], p[2] * 0.91f - p[0] * 0.42f);

  q = p - vec (0, half[1], 0);
  wall = box (q, half);
  /* The gables. */
  slope = (fabsf (p[2]) * 0.72f + (p[1] - 3.1f)) * 0.81f;
  part = MAX (box (p - vec (0, 3.6f, 0), vec (half[0], 1.7f, half[2])),
      slope - 1.32f);
  wall = MIN (wall, part);
  wall += 0.012f * joints (p[0] + p[2], p[1], 0.62f, 0.34f);
  add (surface, wall, STONE);

  roof = MAX (fabsf (slope - 1.38f) - 0.09f, MAX (fabsf (p[0]) - 3.65f,
          MAX (fabsf (p[2]) - 2.65f, 2.2f - p[1])));
  roof -= 0.022f * (p[1] * 4.2f - floorf (p[1] * 4.2f));
  add (surface, roof * 0.9f, SLATE);
  for (i = -1; i <= 1; i += 2) {
    q = p - vec (i * 2.85f, 5.0f, 0);
    add (surface, box (q, vec (0.42f, 0.95f, 0.36f)), STONE);
    add (surface, box (q - vec (0, 0.95f, 0), vec (0.5f, 0.07f, 0.44f)), STONE);
    add (surface, cylinder (q - vec (0, 1.15f, 0), 0.14f, 0.2f), RED);
  }

  /* A door between two windows on the front, a window in the gable. */
  for (i = -1; i <= 1; i++) {
    q = p - vec (i * 2.0f, i ? 1.75f : 1.2f, -half[2]);
    part = box (q, i ? vec (0.48f, 0.55f, 0.2f) : vec (0.5f, 1.2f, 0.2f));
    if (-part > surface->distance) {
      surface->distance = -part;
      surface->material = STONE;
    }
    add (surface, box (q - vec (0, 0, 0.14f), i ? vec (0.5f, 0.57f, 0.03f) :
            vec (0.52f, 1.2f, 0.03f)), i ? WINDOW : RED);
    if (i)
      add (surface, MIN (box (q - vec (0, 0, 0.09f), vec (0.03f, 0.55f,
                      0.03f)), box (q - vec (0, 0, 0.09f), vec (0.48f, 0.03f,
                      0.03f))), PLASTER);
  }
}

/* A dry stone wall along the edge of the cape, from the house to the right. */
static void
walls (Vec p, Surface * surface)
{
  float z = 54.6f + 0.9f * sinf (p[0] * 0.23f) + (p[0] - 20) * 0.12f;
  float d, top;
  Vec q;

  if (p[1] > 11 || p[2] < 49)
    return;
  q = p - vec (0, 7.0f, z);
  d = box (q - vec (24, 0, 0), vec (12.5f, 0.62f, 0.24f));
  if (d < 1) {
    float row = floorf (q[1] / 0.2f);
    float jitter = 0.2f * lattice ((int) row, (int) floorf (p[0] * 1.7f), 41);

    top = 0.05f * noise2 (p[0] * 4, row);
    d += 0.05f * joints (p[0] + row * 0.37f + jitter, q[1], 0.44f, 0.2f)
        + 0.05f * noise3 (p * 3.1f) + top;
  }
  add (surface, d * 0.7f, STONE);
}

/* Posts of a fence that runs along the near ledge. */
static void
fence (Vec p, Surface * surface)
{
  int i;

  if (p[2] > 18 || p[1] > 6)
    return;
  for (i = 0; i < 5; i++) {
    float z = 7.2f + i * 1.55f, x = 2.62f + i * 0.19f + 0.09f * (i & 1);
    float tilt = 0.12f * (lattice (i, 5, 51) - 0.5f);
    float y = ground (x, z) + 0.42f;
    Vec q = p - vec (x + tilt * (p[1] - y), y, z);
    float post = box (q, vec (0.055f, 0.72f, 0.05f)) - 0.012f
        + 0.008f * noise3 (p * vec (30, 3, 30));

    add (surface, post * 0.8f, WOOD);
  }
}

/* A small yacht out on the sea, turned so that its sails catch the sun. */
static void
boat (Vec p, Surface * surface)
{
  float d = length (p - vec (0, 4, 0)) - 7, sail;

  if (d > 1.5f) {
    add (surface, d, PLASTER);
    return;
  }
  p = vec (p[0] * 0.77f + p[2] * 0.64f, p[1], p[2] * 0.77f - p[0] * 0.64f);
  d = (length (p * vec (0.25f, 0.62f, 0.8f)) - 1) * 1.2f;
  add (surface, MAX (d, p[1] - 0.85f), SLATE);
  add (surface, cylinder (p - vec (0, 5, 0), 0.07f, 5), IRON);
  /* The sails belly a little. */
  p[2] += 0.35f * sinf (p[1] * 0.33f);
  sail = MAX (MAX (0.12f - p[0], 1.35f - p[1]),
      (p[0] * 2.35f + p[1] - 9.7f) * 0.39f);
  add (surface, MAX (sail, fabsf (p[2]) - 0.06f), PLASTER);
  sail = MAX (MAX (p[0] + 0.25f, 1.2f - p[1]),
      (p[1] - p[0] * 2.2f - 8.4f) * 0.41f);
  add (surface, MAX (sail, fabsf (p[2]) - 0.06f), PLASTER);
}

Surface
scene (Vec p)
{
  Surface surface = land (p);

  tower (p - vec (TOWER_X, TOWER_GROUND, TOWER_Z), &surface);
  house (p - vec (HOUSE_X, HOUSE_GROUND, HOUSE_Z), &surface);
  walls (p, &surface);
  boat (p - vec (BOAT_X, 0, BOAT_Z), &surface);
  fence (p, &surface);
  return surface;
}
