/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Numbers of 128 bits, and arithmetic modulo the prime 2¹²⁷ − 1: what
 * fingerprint.c is made of. With the compiler's own type where it has one, which
 * is one instruction for a product.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  guint64 high;
  guint64 low;
} CupWide;

/* In four products of 32 bits, none of whose sums overflows. */
static inline CupWide
cup_wide_multiply_portably (guint64 a, guint64 b)
{
  const guint64 mask = G_MAXUINT32;
  guint64 low = (a & mask) * (b & mask);
  guint64 middle = (a >> 32) * (b & mask) + (low >> 32);
  guint64 other = (a & mask) * (b >> 32) + (middle & mask);
  CupWide product;

  product.high = (a >> 32) * (b >> 32) + (middle >> 32) + (other >> 32);
  product.low = other << 32 | (low & mask);
  return product;
}

static inline CupWide
cup_wide_multiply (guint64 a, guint64 b)
{
#ifdef __SIZEOF_INT128__
  __extension__ unsigned __int128 wide = (unsigned __int128) a * b;
  CupWide product;

  product.high = (guint64) (wide >> 64);
  product.low = (guint64) wide;
  return product;
#else
  return cup_wide_multiply_portably (a, b);
#endif
}

/* Modulo 2¹²⁸. */
static inline CupWide
cup_wide_add (CupWide a, CupWide b)
{
  CupWide sum;

  sum.low = a.low + b.low;
  sum.high = a.high + b.high + (sum.low < a.low);
  return sum;
}

/* Any @a, modulo 2¹²⁷ − 1. */
static inline CupWide
cup_wide_reduce (CupWide a)
{
  const guint64 mask = G_MAXUINT64 >> 1;
  CupWide carry = { 0, a.high >> 63 };

  a.high &= mask;
  a = cup_wide_add (a, carry);
  /* 2¹²⁷ − 1 is 0, and 2¹²⁷ is 1. */
  if (a.high > mask || (a.high == mask && a.low == G_MAXUINT64)) {
    a.low++;
    a.high = 0;
  }
  return a;
}

/* (@a × @b + @c) modulo 2¹²⁷ − 1; @a and @b are reduced. */
static inline CupWide
cup_wide_multiply_add (CupWide a, CupWide b, CupWide c)
{
  CupWide low = cup_wide_multiply (a.low, b.low);
  CupWide middle = cup_wide_add (cup_wide_multiply (a.high, b.low),
      cup_wide_multiply (a.low, b.high));
  CupWide high = cup_wide_multiply (a.high, b.high);
  /* 2¹²⁸ is 2: what is beyond 128 bits comes in twice from below. */
  CupWide shifted = { middle.low, 0 };
  CupWide beyond = { middle.high >> 63, middle.high << 1 };
  CupWide sum = cup_wide_reduce (c);

  high = cup_wide_add (high, high);
  sum = cup_wide_add (sum, cup_wide_reduce (low));
  sum = cup_wide_add (cup_wide_reduce (sum), cup_wide_reduce (shifted));
  sum = cup_wide_add (cup_wide_reduce (sum), beyond);
  sum = cup_wide_add (cup_wide_reduce (sum), cup_wide_reduce (high));
  return cup_wide_reduce (sum);
}

G_END_DECLS
