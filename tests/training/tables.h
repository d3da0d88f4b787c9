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
CupNetwork *cup_tables_quantise (const CupModel * model, const gchar * name,
    GError ** error);
void cup_tables_free (CupNetwork * network);

/* The C file that has @network, with what it was made with in a comment. */
gchar *cup_tables_write (const CupNetwork * network, const CupRecipe * recipe);

/* The tables of the engine, ended by NULL. */
const CupNetwork *const *cup_tables_get (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CupNetwork, cup_tables_free);

G_END_DECLS
