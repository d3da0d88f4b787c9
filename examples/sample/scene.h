/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the sample picture shows.
 *
 * Metres; x to the right, y up, z away from the camera, the sea at y = 0.
 */
#pragma once

#include "vector.h"

enum
{
  SKY, ROCK, GRASS, PLASTER, RED, IRON, GLASS, STONE, SLATE, WINDOW, WOOD, SEA
};

typedef struct
{
  float distance;
  int material;
} Surface;

/* Where things stand that others have to know of. */
#define TOWER_X 9.5f
#define TOWER_Z 60.0f
#define TOWER_GROUND 7.2f

/* Distance from @p to the nearest surface, sea and sky apart, or less. */
Surface scene (Vec p);
/* Height of the land, below 0 where there is sea. */
float ground (float x, float z);

/* Light that comes from the direction @d; @sun is the direction to the sun,
 * which is not part of it. */
Vec sky (Vec d, Vec sun);
Vec clear_sky (Vec d);
