/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads that help with one picture: the thread that calls takes part, and
 * goes on alone where no other is free, so that nothing ever waits for a thread.
 */
#pragma once

#include "interrupt.h"

G_BEGIN_DECLS

typedef struct _CupTeam CupTeam;

/* @n_threads: at most so many at one piece of work, the caller's included; 0 for
 * one a core. Threads are started with the first work, and shared by all
 * callers. */
CupTeam *cup_team_new (guint n_threads);
/* No work may be under way. */
void cup_team_free (CupTeam * team);
/* One thread a core, for whoever has none of its own; it is never freed. */
CupTeam *cup_team_get_shared (void);
/* For tests: at most so many of its threads at one piece of work, 0 for all. */
void cup_team_limit_shared (guint n_threads);
/* 1 for NULL. */
guint cup_team_get_n_threads (CupTeam * team);

/* Does part @part (0…n_parts - 1) of the work. Parts run in any order, at the
 * same time, in any thread. FALSE with an error ends the work. */
typedef gboolean (*CupTeamFunc) (guint part, gpointer data, GError ** error);

/* Runs all parts and returns when none is running any more. Before each part
 * @interrupt (nullable) is looked at. FALSE with the first error: the parts that had not
 * begun are left out. From any thread, several at once. @team: (nullable):
 * NULL for the caller alone. */
gboolean cup_team_run (CupTeam * team, guint n_parts, CupTeamFunc func,
    gpointer data, const CupInterrupt * interrupt, GError ** error);

G_END_DECLS
