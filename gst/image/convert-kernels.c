/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Loops that compilers make vectors of, but for the one that moves bytes.
 *
 * Nothing overflows 32 bits. Products with whole factors add up to the result in
 * units of 2^-shift, which convert.c chooses so that this fits. Rests are below 2^8,
 * and go with three samples of 2^20 at most.
 */
#include "convert-kernels.h"

#include <string.h>

#if defined __SSSE3__
#include <tmmintrin.h>
#elif defined __aarch64__
#include <arm_neon.h>
#endif

#define ALWAYS_INLINE inline __attribute__ ((always_inline))

/* Where the samples of a pixel are in its words. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define SHIFT_8(i) (24 - 8 * (i))
#define SHIFT_16(i) (16 - 16 * (i))
#else
#define SHIFT_8(i) (8 * (i))
#define SHIFT_16(i) (16 * (i))
#endif

static ALWAYS_INLINE int32_t
limit (int32_t value, int32_t max)
{
  value = value < 0 ? 0 : value;
  return value > max ? max : value;
}

/* Planes to pixels */

static ALWAYS_INLINE void
blend_8_step (const uint8_t * restrict a, const uint8_t * restrict b,
    size_t step, const int32_t weights[2], int32_t neutral,
    int16_t * restrict out, size_t n)
{
  const int32_t one = weights[0], two = weights[1];
  size_t i;

  for (i = 0; i < n; i++)
    out[i] = (int16_t) (one * a[i * step] + two * b[i * step] - neutral);
}

static void
blend_8 (const uint8_t * a, const uint8_t * b, size_t step,
    const int32_t weights[2], int32_t neutral, int16_t * out, size_t n)
{
  if (step == 1)
    blend_8_step (a, b, 1, weights, neutral, out, n);
  else if (step == 2)
    blend_8_step (a, b, 2, weights, neutral, out, n);
  else
    blend_8_step (a, b, step, weights, neutral, out, n);
}

static ALWAYS_INLINE void
blend_16_step (const uint16_t * restrict a, const uint16_t * restrict b,
    size_t step, unsigned shift, uint16_t mask, const int32_t weights[2],
    int32_t neutral, int16_t * restrict out, size_t n)
{
  const int32_t one = weights[0], two = weights[1];
  size_t i;

  for (i = 0; i < n; i++)
    out[i] = (int16_t) (one * ((a[i * step] >> shift) & mask)
        + two * ((b[i * step] >> shift) & mask) - neutral);
}

static void
blend_16 (const uint16_t * a, const uint16_t * b, size_t step, unsigned shift,
    uint16_t mask, const int32_t weights[2], int32_t neutral, int16_t * out,
    size_t n)
{
  if (step == 1)
    blend_16_step (a, b, 1, shift, mask, weights, neutral, out, n);
  else if (step == 2)
    blend_16_step (a, b, 2, shift, mask, weights, neutral, out, n);
  else
    blend_16_step (a, b, step, shift, mask, weights, neutral, out, n);
}

static void
double_row (const int16_t * restrict row, int cosited, int16_t * restrict out,
    size_t n)
{
  size_t i;

  if (cosited) {
    for (i = 0; i < n; i++) {
      out[2 * i] = (int16_t) (4 * row[i]);
      out[2 * i + 1] = (int16_t) (2 * (row[i] + row[i + 1]));
    }
  } else {
    const int16_t *before = row - 1;

    for (i = 0; i < n; i++) {
      out[2 * i] = (int16_t) (3 * row[i] + before[i]);
      out[2 * i + 1] = (int16_t) (3 * row[i] + row[i + 1]);
    }
  }
}

static void
to_rgb_8 (const CupConvertToRgb * factors, const uint8_t * restrict luma,
    const int16_t * restrict u, const int16_t * restrict v,
    uint32_t * restrict out, size_t n)
{
  const CupConvertToRgb f = *factors;
  size_t i;

  for (i = 0; i < n; i++) {
    const int32_t y = f.luma.whole * luma[i] + f.offset.whole;
    const int32_t red = y + f.v_to_red.whole * v[i];
    const int32_t green =
        y + f.u_to_green.whole * u[i] + f.v_to_green.whole * v[i];
    const int32_t blue = y + f.u_to_blue.whole * u[i];

    out[i] = (uint32_t) limit (red >> f.shift, 255) << SHIFT_8 (0)
        | (uint32_t) limit (green >> f.shift, 255) << SHIFT_8 (1)
        | (uint32_t) limit (blue >> f.shift, 255) << SHIFT_8 (2)
        | (uint32_t) 255 << SHIFT_8 (3);
  }
}

static ALWAYS_INLINE uint32_t
to_16 (int32_t whole, int32_t rest, unsigned shift)
{
  return (uint32_t) limit ((whole + (rest >> CUP_CONVERT_REST_BITS)) >> shift,
      65535);
}

static void
to_rgb_16 (const CupConvertToRgb * factors, const uint16_t * restrict luma,
    unsigned luma_shift, uint16_t mask, const int16_t * restrict u,
    const int16_t * restrict v, uint32_t * restrict out, size_t n)
{
  const CupConvertToRgb f = *factors;
  size_t i;

  for (i = 0; i < n; i++) {
    const int32_t level = (luma[i] >> luma_shift) & mask;
    const int32_t y = f.luma.whole * level + f.offset.whole;
    const int32_t y_rest = f.luma.rest * level + f.offset.rest;
    const uint32_t red = to_16 (y + f.v_to_red.whole * v[i],
        y_rest + f.v_to_red.rest * v[i], f.shift);
    const uint32_t green =
        to_16 (y + f.u_to_green.whole * u[i] + f.v_to_green.whole * v[i],
        y_rest + f.u_to_green.rest * u[i] + f.v_to_green.rest * v[i], f.shift);
    const uint32_t blue = to_16 (y + f.u_to_blue.whole * u[i],
        y_rest + f.u_to_blue.rest * u[i], f.shift);

    out[2 * i] = red << SHIFT_16 (0) | green << SHIFT_16 (1);
    out[2 * i + 1] = blue << SHIFT_16 (0) | (uint32_t) 65535 << SHIFT_16 (1);
  }
}

/* Pixels to planes */

static void
split_8 (const uint32_t * restrict pixels, int32_t * restrict red,
    int32_t * restrict green, int32_t * restrict blue, size_t n)
{
  size_t i;

  for (i = 0; i < n; i++) {
    red[i] = pixels[i] >> SHIFT_8 (0) & 255;
    green[i] = pixels[i] >> SHIFT_8 (1) & 255;
    blue[i] = pixels[i] >> SHIFT_8 (2) & 255;
  }
}

static void
pair_8 (const uint32_t * restrict pixels, int32_t * restrict pairs,
    int32_t * restrict green, size_t n)
{
  size_t i;

  for (i = 0; i < n; i++) {
    pairs[i] = (int32_t) ((pixels[i] >> SHIFT_8 (0) & 255)
        | (pixels[i] >> SHIFT_8 (2) & 255) << CUP_CONVERT_PAIR_SHIFT);
    green[i] = pixels[i] >> SHIFT_8 (1) & 255;
  }
}

static void
split_16 (const uint32_t * restrict pixels, int32_t * restrict red,
    int32_t * restrict green, int32_t * restrict blue, size_t n)
{
  size_t i;

  for (i = 0; i < n; i++) {
    red[i] = pixels[2 * i] >> SHIFT_16 (0) & 65535;
    green[i] = pixels[2 * i] >> SHIFT_16 (1) & 65535;
    blue[i] = pixels[2 * i + 1] >> SHIFT_16 (0) & 65535;
  }
}

static void
blend_rows (const int32_t * const rows[3], int cosited, int32_t * restrict out,
    size_t n)
{
  const int32_t *restrict before = rows[0], *restrict row = rows[1];
  const int32_t *restrict next = rows[2];
  size_t i;

  if (cosited) {
    for (i = 0; i < n; i++)
      out[i] = before[i] + 2 * row[i] + next[i];
  } else {
    for (i = 0; i < n; i++)
      out[i] = 2 * (row[i] + next[i]);
  }
}

static void
halve_row (const int32_t * restrict row, int cosited, int32_t * restrict out,
    size_t n)
{
  size_t i;

  if (cosited) {
    const int32_t *before = row - 1;

    for (i = 0; i < n; i++)
      out[i] = before[2 * i] + 2 * row[2 * i] + row[2 * i + 1];
  } else {
    for (i = 0; i < n; i++)
      out[i] = 2 * (row[2 * i] + row[2 * i + 1]);
  }
}

static ALWAYS_INLINE void
multiply_8_step (const CupConvertFromRgb * factors,
    const int32_t * restrict pairs, const int32_t * restrict green,
    uint8_t * restrict out, size_t step, size_t n)
{
  const CupConvertFromRgb f = *factors;
  size_t i;

  for (i = 0; i < n; i++) {
    const int32_t red = pairs[i] & ((1 << CUP_CONVERT_PAIR_SHIFT) - 1);
    const int32_t blue = pairs[i] >> CUP_CONVERT_PAIR_SHIFT;

    out[i * step] = (uint8_t) limit ((f.red.whole * red
            + f.green.whole * green[i] + f.blue.whole * blue
            + f.offset.whole) >> f.shift, 255);
  }
}

static void
multiply_8 (const CupConvertFromRgb * factors, const int32_t * restrict pairs,
    const int32_t * restrict green, uint8_t * restrict out, size_t step,
    size_t n)
{
  if (step == 1)
    multiply_8_step (factors, pairs, green, out, 1, n);
  else
    multiply_8_step (factors, pairs, green, out, step, n);
}

static void
multiply_exactly (const CupConvertFromRgb * factors,
    const int32_t * restrict red, const int32_t * restrict green,
    const int32_t * restrict blue, uint16_t * restrict out, size_t n)
{
  const CupConvertFromRgb f = *factors;
  size_t i;

  for (i = 0; i < n; i++) {
    const int32_t whole = f.red.whole * red[i] + f.green.whole * green[i]
        + f.blue.whole * blue[i] + f.offset.whole;
    const int32_t rest = f.red.rest * red[i] + f.green.rest * green[i]
        + f.blue.rest * blue[i] + f.offset.rest;

    out[i] = (uint16_t) limit ((whole + (rest >> CUP_CONVERT_REST_BITS))
        >> f.shift, f.max);
  }
}

static void
store_8 (const uint16_t * restrict samples, uint8_t * restrict out,
    size_t step, size_t n)
{
  size_t i;

  if (step == 1) {
    for (i = 0; i < n; i++)
      out[i] = (uint8_t) samples[i];
  } else {
    for (i = 0; i < n; i++)
      out[i * step] = (uint8_t) samples[i];
  }
}

static void
store_16 (const uint16_t * restrict samples, unsigned shift,
    uint16_t * restrict out, size_t step, size_t n)
{
  size_t i;

  if (step == 1) {
    for (i = 0; i < n; i++)
      out[i] = (uint16_t) (samples[i] << shift);
  } else {
    for (i = 0; i < n; i++)
      out[i * step] = (uint16_t) (samples[i] << shift);
  }
}

/* Pixels to pixels */

static void
narrow (const uint16_t * restrict in, uint8_t * restrict out, size_t n)
{
  size_t i;

  /* The nearest of 255 × in / 65535, for each of them. */
  for (i = 0; i < n; i++)
    out[i] = (uint8_t) ((in[i] * UINT32_C (255) + 32895) >> 16);
}

static void
widen (const uint8_t * restrict in, uint16_t * restrict out, size_t n)
{
  size_t i;

  for (i = 0; i < n; i++)
    out[i] = (uint16_t) (in[i] * 257);
}

static ALWAYS_INLINE void
permute_bytes (const uint8_t * restrict in, size_t in_size,
    uint8_t * restrict out, size_t out_size, const uint8_t * map, size_t n)
{
  size_t i, k;

  for (i = 0; i < n; i++, in += in_size, out += out_size) {
    for (k = 0; k < out_size; k++)
      out[k] = map[k] == CUP_CONVERT_ONES ? 0xff : in[map[k]];
  }
}

#if defined __SSSE3__ || defined __aarch64__
/* For as many pixels as have 16 bytes, on the larger side: where each byte comes
 * from, 0x80 for zero, and what is set in it. */
static size_t
make_vector_map (size_t in_size, size_t out_size, const uint8_t * map,
    uint8_t from[16], uint8_t set[16])
{
  const size_t pixels = 16 / (in_size > out_size ? in_size : out_size);
  size_t i;

  for (i = 0; i < 16; i++) {
    const size_t pixel = i / out_size;
    const uint8_t place = map[i % out_size];
    const int is_set = place == CUP_CONVERT_ONES;

    set[i] = is_set ? 0xff : 0;
    from[i] = is_set || pixel >= pixels ? 0x80 :
        (uint8_t) (pixel * in_size + place);
  }
  return pixels;
}

/* How many pixels were done. Whole vectors are written: bytes after a vector's
 * last pixel are the next one's. */
static size_t
permute_vectors (const uint8_t * in, size_t in_size, uint8_t * out,
    size_t out_size, const uint8_t * map, size_t n)
{
  const size_t smaller = in_size < out_size ? in_size : out_size;
  uint8_t from[16], set[16];
  const size_t pixels = make_vector_map (in_size, out_size, map, from, set);
#ifdef __SSSE3__
  const __m128i places = _mm_loadu_si128 ((const __m128i *) from);
  const __m128i ones = _mm_loadu_si128 ((const __m128i *) set);
#else
  const uint8x16_t places = vld1q_u8 (from), ones = vld1q_u8 (set);
#endif
  size_t i;

  for (i = 0; i + pixels <= n && (n - i) * smaller >= 16; i += pixels) {
#ifdef __SSSE3__
    __m128i bytes = _mm_loadu_si128 ((const __m128i *) (in + i * in_size));

    bytes = _mm_or_si128 (_mm_shuffle_epi8 (bytes, places), ones);
    _mm_storeu_si128 ((__m128i *) (out + i * out_size), bytes);
#else
    const uint8x16_t bytes = vld1q_u8 (in + i * in_size);

    vst1q_u8 (out + i * out_size, vorrq_u8 (vqtbl1q_u8 (bytes, places), ones));
#endif
  }
  return i;
}
#endif

/* What planes are made of and into, which needs no look at the map. */
static const uint8_t plain[] = { 0, 1, 2, 3, 4, 5, 6, 7 };

static const uint8_t opaque[] = { 0, 1, 2, CUP_CONVERT_ONES };

static const uint8_t opaque_16[] = { 0, 1, 2, 3, 4, 5, CUP_CONVERT_ONES,
  CUP_CONVERT_ONES
};

static void
permute (const uint8_t * in, size_t in_size, uint8_t * out, size_t out_size,
    const uint8_t * map, size_t n)
{
  size_t done = 0;

#if defined __SSSE3__ || defined __aarch64__
  done = permute_vectors (in, in_size, out, out_size, map, n);
#endif
  in += done * in_size;
  out += done * out_size;
  n -= done;
  if (n == 0)
    return;
  if (in_size == 4 && out_size == 3 && memcmp (map, plain, 3) == 0)
    permute_bytes (in, 4, out, 3, plain, n);
  else if (in_size == 3 && out_size == 4 && memcmp (map, opaque, 4) == 0)
    permute_bytes (in, 3, out, 4, opaque, n);
  else if (in_size == 8 && out_size == 6 && memcmp (map, plain, 6) == 0)
    permute_bytes (in, 8, out, 6, plain, n);
  else if (in_size == 6 && out_size == 8 && memcmp (map, opaque_16, 8) == 0)
    permute_bytes (in, 6, out, 8, opaque_16, n);
  else if (in_size == 4 && out_size == 4)
    permute_bytes (in, 4, out, 4, map, n);
  else if (in_size == 4 && out_size == 3)
    permute_bytes (in, 4, out, 3, map, n);
  else if (in_size == 3 && out_size == 4)
    permute_bytes (in, 3, out, 4, map, n);
  else if (in_size == 3 && out_size == 3)
    permute_bytes (in, 3, out, 3, map, n);
  else
    permute_bytes (in, in_size, out, out_size, map, n);
}

const CupConvertKernels CUP_CONVERT_KERNELS = {
  .blend_8 = blend_8,
  .blend_16 = blend_16,
  .double_row = double_row,
  .to_rgb_8 = to_rgb_8,
  .to_rgb_16 = to_rgb_16,
  .pair_8 = pair_8,
  .split_8 = split_8,
  .split_16 = split_16,
  .blend_rows = blend_rows,
  .halve_row = halve_row,
  .multiply_8 = multiply_8,
  .multiply_exactly = multiply_exactly,
  .store_8 = store_8,
  .store_16 = store_16,
  .narrow = narrow,
  .widen = widen,
  .permute = permute
};
