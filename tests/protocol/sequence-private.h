/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the two sides of a sequence have in common. Inside sequence*.c only.
 */
#pragma once

/* In front of the folder, the pictures and the properties. */
#define SEQUENCE_ARGUMENT "--run-sequence"
