/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A trained network in whole numbers, and as C.
 */
#pragma once

#include "engine/local/network.h"
#include "trainer.h"

G_BEGIN_DECLS

/* @model in whole numbers, each layer with as fine weights as it can have so
 * that nothing can overflow. NULL with CUP_ERROR_FAILED where that would be too
 * coarse: the training went wrong. */
CupNetwork *cup_export_quantise (const CupModel * model, const gchar * name,
    GError ** error);
void cup_export_free (CupNetwork * network);

/* The C file that has @network, with what it was made with in a comment. */
gchar *cup_export_write (const CupNetwork * network, const CupRecipe * recipe);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CupNetwork, cup_export_free);

G_END_DECLS
