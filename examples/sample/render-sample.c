/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Renders examples/sample.jpg: a lighthouse on a rocky coast, late in the day.
 *
 * Examples and tests need a picture with the structure of a photograph
 * (masonry, grass, water, clouds, grain) that anybody may use for anything.
 * This one is computed: a path tracer over distance fields and noise. It was
 * made by
 *
 *   ninja -C BUILD examples/sample/render-sample
 *   BUILD/examples/sample/render-sample examples/sample.jpg
 *
 * which takes some minutes, and looks the same each time, for every random
 * number follows from the place of the pixel. The arguments are the file (.jpg
 * or .png), the number of paths a pixel, the width, and the JPEG's quality.
 */
#include <stdlib.h>

#include "image/image.h"
#include "scene.h"

#define FAR_AWAY 6000.0f

static const Vec EYE = { 0, 5.9f, 0 };
static const Vec SUN_COLOUR = { 5.6f, 3.35f, 1.75f };

static Vec sun;                 /* direction to it */

/* ---- Sea ---- */

#define N_WAVES 28

static struct
{
  float kx, kz, amplitude, phase, wavelength;
} waves[N_WAVES];

static void
make_waves (void)
{
  Random random = { 77 };
  int i;

  for (i = 0; i < N_WAVES; i++) {
    float wavelength = 11.0f * powf (0.80f, i);
    float direction = -2.25f + 1.1f * (uniform (&random) - 0.5f)
        * (1 + i * 0.05f);
    float k = 2 * (float) G_PI / wavelength;

    waves[i].kx = k * sinf (direction);
    waves[i].kz = k * cosf (direction);
    waves[i].amplitude = 0.0125f * powf (wavelength, 0.90f);
    waves[i].phase = 2 * (float) G_PI *uniform (&random);
    waves[i].wavelength = wavelength;
  }
}

/* Slope of the water at a point, and the roughness of what is too small to be
 * seen from there. */
static Vec
sea_normal (Vec p, float far, Random * random)
{
  float footprint = far * 0.0022f;
  float sx = 0, sz = 0, unseen = 0.0009f;
  float gust = 0.75f + 0.5f * fractal2 (p[0] * 0.05f, p[2] * 0.03f, 3);
  int i;

  for (i = 0; i < N_WAVES; i++) {
    float phase = waves[i].kx * p[0] + waves[i].kz * p[2] + waves[i].phase;
    float slope = waves[i].amplitude * 2 * (float) G_PI / waves[i].wavelength;
    float seen = smoothstep (0.8f, 3.0f, waves[i].wavelength / footprint);
    /* Crests are sharper than troughs. */
    float s = slope * cosf (phase) * (1 + 0.7f * sinf (phase)) * seen;

    sx += s * waves[i].kx * waves[i].wavelength;
    sz += s * waves[i].kz * waves[i].wavelength;
    unseen += slope * slope * (1 - seen) * 0.5f;
  }
  sx = sx * gust / (2 * (float) G_PI) + sqrtf (unseen) * gaussian (random);
  sz = sz * gust / (2 * (float) G_PI) + sqrtf (unseen) * gaussian (random);
  return normalize (vec (-sx, 1, -sz));
}

/* ---- Rays ---- */

typedef struct
{
  float t;
  int material;
  Vec point;
} Hit;

/* Follows a ray to the first surface. The sea is flat for this. */
static Hit
intersect (Vec from, Vec direction, float nearest, float farthest, int steps)
{
  Hit hit = { farthest, SKY, from };
  float t = nearest, sea = 2 * FAR_AWAY;
  int i;

  if (direction[1] < -1e-4f)
    sea = -from[1] / direction[1];
  for (i = 0; i < steps && t < farthest; i++) {
    Vec p = from + direction * t;
    Surface surface;

    if (t > sea || (p[1] > 26 && direction[1] >= 0))
      break;
    surface = scene (p);
    if (surface.distance < 0.0006f * t + 0.0008f) {
      hit.t = t;
      hit.material = surface.material;
      hit.point = p;
      return hit;
    }
    t += surface.distance;
  }
  if (sea > nearest && sea < farthest) {
    hit.t = sea;
    hit.material = SEA;
    hit.point = from + direction * sea;
  }
  return hit;
}

static Vec
scene_normal (Vec p, float t)
{
  const float e = 0.0012f + 0.0004f * t;
  const Vec a = { e, -e, -e }, b = { -e, -e, e };
  const Vec c = { -e, e, -e }, d = { e, e, e };

  return normalize (a * scene (p + a).distance + b * scene (p + b).distance
      + c * scene (p + c).distance + d * scene (p + d).distance
      + vec (0, 1e-9f, 0));
}

static float
is_sunlit (Vec p, Vec normal, Random * random)
{
  Vec to_sun = normalize (sun + vec (gaussian (random), gaussian (random),
          gaussian (random)) * 0.009f);

  if (dot (normal, to_sun) <= 0)
    return 0;
  return intersect (p + normal * 0.012f, to_sun, 0.02f, 70,
      90).material == SKY ? dot (normal, to_sun) : 0;
}

static Vec
random_hemisphere (Vec normal, Random * random)
{
  float u = random->first[0], v = random->first[1];
  float z, a, r;

  if (u < 0) {
    u = uniform (random);
    v = uniform (random);
  }
  random->first[0] = -1;
  z = 2 * u - 1;
  a = 2 * (float) G_PI *v;
  r = sqrtf (MAX (0, 1 - z * z));

  return normalize (normal + vec (r * cosf (a), z, r * sinf (a)) * 0.999f);
}

/* ---- Materials ---- */

static Vec
rock_colour (Vec p)
{
  float bed = p[1] * 2.4f + 0.5f * noise2 (p[0] * 0.4f, p[2] * 0.4f);
  float band = noise2 (bed, 0.3f) * 0.5f + 0.5f;
  float grain = fractal3 (p * 5, 4), lichen = fractal3 (p * 1.3f, 4);
  Vec colour = mix (vec (0.20f, 0.165f, 0.14f), vec (0.36f, 0.31f, 0.26f),
      band);

  colour *= 1 + 0.7f * grain;
  colour = mix (colour, vec (0.42f, 0.36f, 0.14f),
      0.45f * smoothstep (0.12f, 0.34f, lichen) * smoothstep (1.2f, 2.5f,
          p[1]));
  /* Wet and weedy where the sea comes. */
  return colour * mixf (0.34f, 1, smoothstep (0.35f, 1.3f,
          p[1] + 0.4f * noise2 (p[0], p[2])));
}

static Vec
surface_colour (int material, Vec p)
{
  float patch = fractal2 (p[0] * 0.35f, p[2] * 0.35f, 4);
  float fine = fractal2 (p[0] * 6, p[2] * 6, 3);
  float streak = fractal3 (p * vec (3.3f, 0.45f, 3.3f), 4);

  switch (material) {
    case ROCK:
      return rock_colour (p);
    case GRASS:
      return mix (vec (0.115f, 0.16f, 0.045f), vec (0.34f, 0.27f, 0.11f),
          clampf (0.45f + 1.1f * patch + 0.7f * fine, 0, 1));
    case PLASTER:
      return vec (0.80f, 0.785f, 0.745f) * (1 + 0.16f * streak)
          * mixf (0.86f, 1, smoothstep (-0.35f, 0.1f, streak));
    case RED:
      return vec (0.52f, 0.075f, 0.05f) * (1 + 0.3f * streak);
    case IRON:
      return vec (0.05f, 0.05f, 0.055f);
    case STONE:
      return mix (vec (0.27f, 0.24f, 0.21f), vec (0.43f, 0.39f, 0.34f),
          lattice ((int) floorf ((p[0] + p[2]) * 1.8f),
              (int) floorf (p[1] * 2.9f), 61)) * (1 + 0.6f * fractal3 (p * 4,
              4));
    case SLATE:
      return vec (0.15f, 0.16f, 0.19f) * (0.75f
          + 0.5f * lattice ((int) floorf (p[0] * 3.1f),
              (int) floorf (p[1] * 4.2f), 62));
    case WOOD:
      return vec (0.27f, 0.235f, 0.20f) * (1 + 0.8f * fractal3 (p * vec (28,
                  2, 28), 3));
    default:
      return vec (0.1f, 0.1f, 0.1f);
  }
}

static Vec
emission (int material, Vec p, Vec direction)
{
  if (material == GLASS) {
    float y = (p[1] - TOWER_GROUND - 13.9f) / 0.55f;
    float x = (p[0] - TOWER_X) / 0.55f;

    return vec (1.25f, 0.85f, 0.42f)
        + vec (26, 18, 9) * expf (-(y * y + x * x) * 1.6f);
  }
  if (material == WINDOW)
    return vec (1.7f, 0.95f, 0.36f);
  return vec (0, 0, 0);
}

static Vec
add_haze (Vec colour, Vec direction, float t)
{
  Vec haze = clear_sky (normalize (vec (direction[0], 0.04f, direction[2])));

  return mix (haze * 0.85f, colour, expf (-t * 0.0011f));
}

static Vec trace (Vec from, Vec direction, float nearest, int depth,
    Random * random);

static Vec
shade_sea (Hit hit, Vec direction, int depth, Random * random)
{
  Vec normal = sea_normal (hit.point, hit.t, random);
  float facing = MAX (-dot (direction, normal), 0.02f);
  float fresnel = 0.02f + 0.98f * powf (1 - facing, 5);
  Vec mirror = direction + normal * (2 * facing);
  float bottom = -ground (hit.point[0], hit.point[2]);
  Vec colour, reflected, water;
  float foam, cosine;

  if (mirror[1] < 0.004f)
    mirror[1] = 0.004f - mirror[1] * 0.5f;
  mirror = normalize (mirror);
  water = mix (vec (0.020f, 0.062f, 0.072f), vec (0.10f, 0.17f, 0.13f),
      smoothstep (1.4f, 0.2f, bottom));
  if (depth > 0)
    reflected = trace (hit.point + vec (0, 0.02f, 0), mirror, 0.05f, 0, random);
  else
    reflected = clear_sky (mirror);
  colour = mix (water, reflected, clampf (fresnel, 0, 1));

  /* The sun itself, as a disk that is blurred to keep single paths from
   * becoming white dots. */
  cosine = dot (mirror, sun);
  if (cosine > 0.995f && reflected[0] >= 0)
    colour += SUN_COLOUR * (fresnel * 7.5f * smoothstep (0.995f, 0.9995f,
            cosine));

  /* Foam, where it is shallow, in lace. */
  foam = smoothstep (0.75f, 0.05f, bottom
      + 0.55f * fractal2 (hit.point[0] * 1.3f, hit.point[2] * 1.3f, 4));
  foam *= smoothstep (-0.25f, 0.25f, fractal2 (hit.point[0] * 3.1f + 7,
          hit.point[2] * 3.1f, 4) + 0.5f * foam);
  if (foam > 0.01f) {
    float lit = is_sunlit (hit.point, vec (0, 1, 0), random);

    colour = mix (colour, (SUN_COLOUR * lit * 1.2f + vec (0.30f, 0.33f, 0.40f))
        * 0.8f, foam * 0.85f);
  }
  return colour;
}

static Vec
shade_land (Hit hit, Vec direction, int depth, Random * random)
{
  Vec normal = scene_normal (hit.point, hit.t);
  Vec albedo = surface_colour (hit.material, hit.point);
  Vec light, out, colour;
  float sunlit;

  if (dot (normal, direction) > 0)
    normal = normalize (normal - direction * (dot (normal, direction)
            * 1.02f));
  sunlit = is_sunlit (hit.point, normal, random);
  light = SUN_COLOUR * sunlit;
  out = random_hemisphere (normal, random);
  if (depth > 0)
    light += trace (hit.point + normal * 0.012f, out, 0.02f, depth - 1, random);
  else
    light += vec (0.20f, 0.21f, 0.25f) * (0.6f + 0.4f * normal[1]);
  colour = albedo * light;

  /* Blades let light through from behind. */
  if (hit.material == GRASS && depth > 0)
    colour += albedo * SUN_COLOUR * (0.5f * is_sunlit (hit.point
            + vec (0, 0.03f, 0), sun, random)
        * powf (clampf (dot (direction, sun), 0, 1), 2));
  /* Wet rock shines. */
  if (hit.material == ROCK && hit.point[1] < 1.2f) {
    Vec half = normalize (sun - direction);

    colour += SUN_COLOUR * (0.6f * (sunlit > 0) * powf (clampf (dot (half,
                    normal), 0, 1), 50) * smoothstep (1.2f, 0.5f,
            hit.point[1]));
  }
  return colour;
}

static Vec
trace (Vec from, Vec direction, float nearest, int depth, Random * random)
{
  Hit hit = intersect (from, direction, nearest, FAR_AWAY,
      depth > 1 ? 320 : 110);
  Vec colour;

  switch (hit.material) {
    case SKY:
      return sky (direction, sun);
    case SEA:
      colour = shade_sea (hit, direction, depth, random);
      break;
    case GLASS:
    case WINDOW:
      colour = emission (hit.material, hit.point, direction);
      /* The lamp lights what is around it less than the eye is made to
       * believe; without a limit single paths that find it show. */
      if (depth < 2)
        return colour * 0.08f;
      colour += sky (direction + vec (0, 0, -2 * direction[2]), sun) * 0.10f;
      break;
    default:
      colour = shade_land (hit, direction, depth, random);
      break;
  }
  return add_haze (colour, direction, hit.t);
}

/* ---- Film ---- */

typedef struct
{
  int width, height, samples;
  int next_row;                 /* atomic */
  Vec *light;
} Film;

static Vec
camera_ray (const Film * film, float x, float y)
{
  /* 43 degrees wide, tilted up so that the horizon is in the lower third. */
  const float wide = tanf (43.0f / 2 * (float) G_PI / 180);
  const float tilt = 0.072f;
  float u = (x / film->width * 2 - 1) * wide;
  float v = (1 - y / film->height * 2) * wide * film->height / film->width;

  return normalize (vec (u, v * cosf (tilt) + sinf (tilt), cosf (tilt)
          - v * sinf (tilt)));
}

static gpointer
expose (gpointer data)
{
  Film *film = data;
  int x, y, i;

  while ((y = g_atomic_int_add (&film->next_row, 1)) < film->height) {
    for (x = 0; x < film->width; x++) {
      Random random = { ((guint64) y << 32 | (guint64) x) * 2654435761u };
      Vec sum = { 0, 0, 0 };
      int side = (int) ceilf (sqrtf (film->samples));
      float u = uniform (&random), v = uniform (&random);

      for (i = 0; i < film->samples; i++) {
        float dx = (i % side + uniform (&random)) / side;
        float dy = (i / side + uniform (&random)) / side;
        Vec colour;

        /* Steps of the plastic number fill the square evenly. */
        u += 0.7548777f;
        v += 0.5698403f;
        random.first[0] = u -= floorf (u);
        random.first[1] = v -= floorf (v);
        colour = trace (EYE, camera_ray (film, x + dx, y + dy), 0.3f, 2,
            &random);

        sum += vec (MIN (colour[0], 30), MIN (colour[1], 30),
            MIN (colour[2], 30));
      }
      film->light[y * film->width + x] = sum * (1.0f / film->samples);
    }
  }
  return NULL;
}

/* Light that the lens scatters around what is very bright. */
static void
add_bloom (Film * film)
{
  const int n = film->width * film->height;
  const float radius = film->width / 480.0f * 16;
  Vec *bright = g_new0 (Vec, n), *blurred = g_new0 (Vec, n);
  int x, y, d, reach = (int) (radius * 2.5f);

  for (x = 0; x < n; x++)
    bright[x] = film->light[x] * smoothstep (1.6f, 7.0f, film->light[x][0]);
  for (y = 0; y < film->height; y++) {
    for (x = 0; x < film->width; x++) {
      for (d = -reach; d <= reach; d++) {
        if (x + d >= 0 && x + d < film->width)
          blurred[y * film->width + x] += bright[y * film->width + x + d]
              * expf (-abs (d) * 2.2f / radius);
      }
    }
  }
  for (y = 0; y < film->height; y++) {
    for (x = 0; x < film->width; x++) {
      for (d = -reach; d <= reach; d++) {
        if (y + d >= 0 && y + d < film->height)
          film->light[y * film->width + x] += blurred[(y + d) * film->width + x]
              * (expf (-abs (d) * 2.2f / radius) * 1.1f / (radius * radius));
      }
    }
  }
  g_free (bright);
  g_free (blurred);
}

/* Exposure to a sample: a film's shoulder, then sRGB's curve. */
static float
develop (float light)
{
  light = 1 - expf (-light * 1.42f);
  light = mixf (light, light * light * (3 - 2 * light), 0.42f);
  return light < 0.0031308f ? light * 12.92f
      : 1.055f * powf (light, 1 / 2.4f) - 0.055f;
}

static CupPixels *
print_film (const Film * film)
{
  CupPixels *pixels = cup_pixels_new (film->width, film->height, 3, 8, NULL);
  Random random = { 4711 };
  int x, y, c;

  for (y = 0; y < film->height; y++) {
    guint8 *row = cup_pixels_row (pixels, y);

    for (x = 0; x < film->width; x++) {
      float dx = (float) x / film->width - 0.5f;
      float dy = (float) y / film->height - 0.5f;
      float vignette = 1 - 0.42f * (dx * dx + dy * dy);
      float grain = 0.0085f * gaussian (&random);
      Vec light = film->light[y * film->width + x] * vignette;

      for (c = 0; c < 3; c++) {
        float value = develop (light[c]);

        /* Most in the middle tones, a little different for each colour. */
        value += (grain + 0.004f * gaussian (&random))
            * (0.45f + 2.2f * value * (1 - value));
        row[x * 3 + c] = (guint8) (clampf (value, 0, 1) * 255 + 0.5f);
      }
    }
  }
  return pixels;
}

int
main (int argc, char **argv)
{
  Film film = { 0 };
  const guint n_threads = g_get_num_processors ();
  GThread **threads = g_new (GThread *, n_threads);
  CupPixels *pixels;
  GBytes *bytes;
  GError *error = NULL;
  guint i;

  if (argc < 2) {
    g_printerr ("Usage: %s FILE [SAMPLES [WIDTH [QUALITY]]]\n", argv[0]);
    return EXIT_FAILURE;
  }
  film.samples = argc > 2 ? MAX (atoi (argv[2]), 1) : 196;
  film.width = argc > 3 ? CLAMP (atoi (argv[3]), 16, 4096) : 480;
  film.height = film.width * 2 / 3;
  film.light = g_new0 (Vec, (gsize) film.width * film.height);
  sun = normalize (vec (-0.86f, 0.23f, 0.10f));
  make_waves ();

  for (i = 0; i < n_threads; i++)
    threads[i] = g_thread_new ("expose", expose, &film);
  for (i = 0; i < n_threads; i++)
    g_thread_join (threads[i]);
  g_free (threads);
  add_bloom (&film);

  pixels = print_film (&film);
  bytes = cup_image_encode (pixels, g_str_has_suffix (argv[1], ".png") ?
      CUP_IMAGE_PNG : CUP_IMAGE_JPEG, argc > 4 ? atoi (argv[4]) : 92, &error);
  if (!bytes || !g_file_set_contents (argv[1], g_bytes_get_data (bytes, NULL),
          g_bytes_get_size (bytes), &error)) {
    g_printerr ("%s: %s\n", argv[1], error->message);
    return EXIT_FAILURE;
  }
  g_bytes_unref (bytes);
  cup_pixels_unref (pixels);
  g_free (film.light);
  return EXIT_SUCCESS;
}
