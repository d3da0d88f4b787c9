/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Arithmetic and random numbers that are the same on every machine: what the
 * tables of the local engine are made with must give the same bytes anywhere.
 *
 * IEEE 754 leaves no choice for + - * / and square roots, and conversions,
 * floor(), frexp() and ldexp() are exact. All else of <math.h> differs in its
 * last bits from one C library to the next, so the few functions that are
 * needed are here, as polynomials. Whoever includes this is to be compiled
 * without contraction of a*b+c (-ffp-contract=off) and without -ffast-math.
 */
#pragma once

#include <float.h>
#include <math.h>

#include <glib.h>

G_BEGIN_DECLS

/* No wider intermediate results (x87). */
G_STATIC_ASSERT (FLT_EVAL_METHOD == 0);
#ifdef __FAST_MATH__
#error "the tables cannot be made with -ffast-math"
#endif

/* A well mixed function of @value. */
static inline guint64
cup_mix_bits (guint64 value)
{
  value = (value ^ (value >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  value = (value ^ (value >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return value ^ (value >> 31);
}

/* SplitMix64. */
typedef struct
{
  guint64 state;
} CupRandom;

/* Stream @stream of @seed: streams have nothing to do with each other. */
static inline void
cup_random_init (CupRandom * random, guint64 seed, guint64 stream)
{
  random->state = cup_mix_bits (seed
      + G_GUINT64_CONSTANT (0x632be59bd9b4e019)) ^ cup_mix_bits (stream * 2 +
      1);
}

static inline guint64
cup_random_next (CupRandom * random)
{
  random->state += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  return cup_mix_bits (random->state);
}

/* 0 … @end - 1; the bias of 2^-32 does not matter here. */
static inline guint
cup_random_below (CupRandom * random, guint end)
{
  return ((cup_random_next (random) >> 32) * end) >> 32;
}

/* [0, 1) */
static inline gdouble
cup_random_uniform (CupRandom * random)
{
  return (cup_random_next (random) >> 11) * (1.0 / (G_GUINT64_CONSTANT (1) <<
          53));
}

static inline gdouble
cup_random_between (CupRandom * random, gdouble low, gdouble high)
{
  return low + (high - low) * cup_random_uniform (random);
}

static inline gboolean
cup_random_chance (CupRandom * random, gdouble probability)
{
  return cup_random_uniform (random) < probability;
}

/* Mean 0, deviation 1, and never beyond 6: a sum of twelve. */
static inline gdouble
cup_random_normal (CupRandom * random)
{
  gdouble sum = -6.0;
  guint i;

  for (i = 0; i < 12; i++)
    sum += cup_random_uniform (random);
  return sum;
}

/* sin(2π @turns), to 1e-9. */
static inline gdouble
cup_sine (gdouble turns)
{
  gdouble t = turns - floor (turns + 0.5), x, s;

  if (t > 0.25)
    t = 0.5 - t;
  else if (t < -0.25)
    t = -0.5 - t;
  x = t * 6.283185307179586;
  s = x * x;
  return x * (1.0 + s * (-1.0 / 6 + s * (1.0 / 120 + s * (-1.0 / 5040
                  + s * (1.0 / 362880 + s * (-1.0 / 39916800
                          + s * (1.0 / 6227020800.0)))))));
}

static inline gdouble
cup_cosine (gdouble turns)
{
  return cup_sine (turns + 0.25);
}

/* 2^@x, to 1e-9. */
static inline gdouble
cup_exp2 (gdouble x)
{
  const gdouble whole = floor (x);
  const gdouble y = (x - whole) * 0.6931471805599453;
  gdouble term = 1.0, sum = 1.0;
  guint i;

  for (i = 1; i <= 12; i++) {
    term = term * y / i;
    sum += term;
  }
  return ldexp (sum, (gint) whole);
}

/* Natural logarithm of @x > 0, to 1e-9. */
static inline gdouble
cup_log (gdouble x)
{
  gint exponent;
  gdouble m = frexp (x, &exponent), s, power, sum = 0.0;
  guint i;

  if (m < 0.7071067811865476) {
    m *= 2.0;
    exponent--;
  }
  s = (m - 1.0) / (m + 1.0);
  power = s;
  for (i = 1; i <= 13; i += 2) {
    sum += power / i;
    power = power * s * s;
  }
  return 2.0 * sum + exponent * 0.6931471805599453;
}

G_END_DECLS
