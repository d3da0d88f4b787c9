/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The sky of the sample picture: an evening's colours, clouds as noise on a
 * layer, and hills on the other side of the bay.
 */
#include "scene.h"

/* Where the sky is brightest: nearer to the frame than the sun, which lights
 * the coast from the side. */
static const Vec GLOW_CENTRE = { -0.6958f, 0.0596f, 0.7157f };

static float
cloud_density (float x, float z)
{
  float density = fractal2 (x * 0.55f + 4.3f, z * 1.05f - 7.7f, 6);
  float gaps = noise2 (x * 0.21f + 1.7f, z * 0.33f + 2.2f);

  return clampf ((density + 0.32f * gaps + 0.02f) * 2.6f, 0, 1);
}

/* Hills on the other side of the bay, as an angle above the horizon. */
static float
hills (float azimuth, float base, float scale, float offset)
{
  return base * smoothstep (-0.32f, 0.75f, azimuth + offset)
      * (1 + 0.55f * fractal2 (azimuth * scale + offset * 9, 1.5f, 5));
}

Vec
clear_sky (Vec d)
{
  float up = clampf (d[1], 0, 1);
  float toward = clampf (dot (d, GLOW_CENTRE) * 0.5f + 0.5f, 0, 1);
  float glow = clampf (dot (d, GLOW_CENTRE), 0, 1);
  Vec zenith = vec (0.075f, 0.155f, 0.36f);
  Vec middle = vec (0.33f, 0.42f, 0.58f);
  Vec horizon = mix (vec (0.60f, 0.47f, 0.52f), vec (1.25f, 0.72f, 0.36f),
      powf (toward, 3));
  Vec colour = mix (middle, zenith, smoothstep (0.10f, 0.62f, up));

  colour = mix (horizon, colour, 1 - expf (-up * 7.5f));
  colour += vec (0.9f, 0.48f, 0.2f) * (0.55f * powf (glow, 10));
  colour += vec (1.6f, 1.0f, 0.5f) * (0.6f * powf (glow, 90));
  return colour;
}

Vec
sky (Vec d, Vec sun)
{
  Vec colour = clear_sky (d);
  float azimuth = atan2f (d[0], d[2]);
  float glow = clampf (dot (d, GLOW_CENTRE), 0, 1);
  Vec haze;

  if (d[1] > 0.012f) {
    float x = d[0] / (d[1] + 0.05f), z = d[2] / (d[1] + 0.05f);
    float density = cloud_density (x, z);
    /* Lit where there is less cloud on the way to the sun. */
    float before = cloud_density (x + sun[0] * 0.22f, z + sun[2] * 0.22f);
    float lit = clampf (0.52f + (density - before) * 1.5f - density * 0.32f,
        0, 1);
    Vec shade = mix (vec (0.30f, 0.30f, 0.39f), vec (0.52f, 0.42f, 0.42f),
        glow);
    Vec light = mix (vec (1.10f, 0.70f, 0.56f), vec (1.8f, 1.06f, 0.56f),
        glow * glow);
    float cover = smoothstep (0.0f, 0.75f, density)
        * smoothstep (0.012f, 0.11f, d[1]) * 0.93f;

    colour = mix (colour, mix (shade, light, lit), cover);
  }

  haze = clear_sky (normalize (vec (d[0], 0.03f, d[2])));
  if (d[1] < hills (azimuth, 0.052f, 7, 0.10f))
    colour = mix (vec (0.17f, 0.19f, 0.27f), haze, 0.62f);
  if (d[1] < hills (azimuth, 0.040f, 11, -0.22f))
    colour = mix (vec (0.12f, 0.14f, 0.20f), haze, 0.36f);
  return colour;
}
