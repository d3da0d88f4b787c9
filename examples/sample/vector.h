/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Vectors, random numbers and noise for the sample picture.
 */
#pragma once

#include <glib.h>
#include <math.h>

typedef float Vec __attribute__ ((vector_size (16)));

typedef struct
{
  guint64 state;
  /* Two numbers for the first bounce, which are spread evenly over the paths
   * of a pixel; used up once they are negative. */
  float first[2];
} Random;

static inline Vec
vec (float x, float y, float z)
{
  const Vec v = { x, y, z, 0 };

  return v;
}

static inline float
dot (Vec a, Vec b)
{
  Vec p = a * b;

  return p[0] + p[1] + p[2];
}

static inline float
length (Vec a)
{
  return sqrtf (dot (a, a));
}

static inline Vec
normalize (Vec a)
{
  return a * (1.0f / length (a));
}

static inline float
clampf (float x, float low, float high)
{
  return x < low ? low : x > high ? high : x;
}

static inline float
smoothstep (float from, float to, float x)
{
  x = clampf ((x - from) / (to - from), 0, 1);
  return x * x * (3 - 2 * x);
}

static inline float
mixf (float a, float b, float t)
{
  return a + (b - a) * t;
}

static inline Vec
mix (Vec a, Vec b, float t)
{
  return a + (b - a) * t;
}

static inline float
uniform (Random * random)
{
  guint64 z = random->state += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return (z >> 40) * (1.0f / (1 << 24));
}

static inline float
gaussian (Random * random)
{
  float radius = sqrtf (-2 * logf (1 - uniform (random)));

  return radius * cosf (2 * (float) G_PI * uniform (random));
}

static inline float
lattice (int x, int y, int z)
{
  guint32 h = (guint32) x * 0x8da6b343u ^ (guint32) y * 0xd8163841u
      ^ (guint32) z * 0xcb1ab31fu;

  h ^= h >> 15;
  h *= 0x2c1b3c6du;
  h ^= h >> 12;
  h *= 0x297a2d39u;
  h ^= h >> 15;
  return h * (1.0f / 4294967296.0f);
}

static inline float
fade (float t)
{
  return t * t * t * (t * (t * 6 - 15) + 10);
}

/* Both give -1…1. */
static inline float
noise2 (float x, float y)
{
  float fx = floorf (x), fy = floorf (y);
  float u = fade (x - fx), v = fade (y - fy);
  int i = (int) fx, j = (int) fy;

  return mixf (mixf (lattice (i, j, 0), lattice (i + 1, j, 0), u),
      mixf (lattice (i, j + 1, 0), lattice (i + 1, j + 1, 0), u), v) * 2 - 1;
}

static inline float
noise3 (Vec p)
{
  float fx = floorf (p[0]), fy = floorf (p[1]), fz = floorf (p[2]);
  float u = fade (p[0] - fx), v = fade (p[1] - fy), w = fade (p[2] - fz);
  int i = (int) fx, j = (int) fy, k = (int) fz;
  float near, far;

  near = mixf (mixf (lattice (i, j, k), lattice (i + 1, j, k), u),
      mixf (lattice (i, j + 1, k), lattice (i + 1, j + 1, k), u), v);
  far = mixf (mixf (lattice (i, j, k + 1), lattice (i + 1, j, k + 1), u),
      mixf (lattice (i, j + 1, k + 1), lattice (i + 1, j + 1, k + 1), u), v);
  return mixf (near, far, w) * 2 - 1;
}

static inline float
fractal2 (float x, float y, int octaves)
{
  float sum = 0, amplitude = 0.5f;
  int i;

  for (i = 0; i < octaves; i++) {
    /* Turned a little each time, which hides the lattice. */
    float t = 1.62f * x - 1.18f * y;

    sum += amplitude * noise2 (x, y);
    y = 1.18f * x + 1.62f * y + 7.3f;
    x = t + 3.1f;
    amplitude *= 0.5f;
  }
  return sum;
}

static inline float
fractal3 (Vec p, int octaves)
{
  float sum = 0, amplitude = 0.5f;
  int i;

  for (i = 0; i < octaves; i++) {
    sum += amplitude * noise3 (p);
    p = p * 2.03f + vec (3.7f, 9.1f, 5.3f);
    amplitude *= 0.5f;
  }
  return sum;
}
