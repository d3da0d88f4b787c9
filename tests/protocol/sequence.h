/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A sequence of pictures that goes through the element in a process of its own,
 * which can be killed and started again, while the service and what it has
 * counted stay here. The process is the test's program once more.
 *
 * Each frame that comes out is a file in a folder, named by its number.
 *
 * Of the parent one thread, that of the test, calls these. Waits are for events,
 * and end the test where the event does not come within a generous limit.
 */
#pragma once

#include "fixture.h"

G_BEGIN_DECLS

/* Of the pictures: RGB. They are noise, so that no two are alike, and so that
 * their files are not small. */
#define SEQUENCE_WIDTH 48
#define SEQUENCE_HEIGHT 32
#define SEQUENCE_FRAME_DURATION (40 * GST_MSECOND)

/* An environment variable of the process: for how many frames its disk has space.
 * The next one is an error of the sink's. */
#define SEQUENCE_ROOM "CUP_SEQUENCE_ROOM"

/* First in main(): whether the program has been started as the process that runs
 * a sequence, which it has done then; @code is its exit code. */
gboolean sequence_run_child (int argc, char **argv, int *code);

/* The bytes of picture @number. */
GBytes *sequence_make_picture (guint number);

/**
 * SequenceOptions:
 * @service: whom it talks to
 * @output: folder that the frames go to; it is made where it is not there
 * @pictures: (element-type guint): the number of each frame's picture
 * @properties: (nullable): more of the element, as in a launch line
 * @wrapper: (nullable): program and arguments in front of the process's own
 */
typedef struct
{
  CupFalService *service;
  const gchar *output;
  const GArray *pictures;
  const gchar *properties;
  const gchar *const *wrapper;
} SequenceOptions;

typedef struct _Sequence Sequence;

Sequence *sequence_start (const SequenceOptions * options);
/* Kills it where it has not ended. */
void sequence_free (Sequence * sequence);

/* TRUE when so many frames have come out; FALSE where the process has ended
 * before. */
gboolean sequence_wait_frames (Sequence * sequence, guint n);
/* The same of what the service counts. */
gboolean sequence_wait_count (Sequence * sequence, CupFalCounter counter,
    guint64 count);
/* SIGTERM stops the pipeline where it is, and ends the process properly;
 * SIGINT ends the stream behind the frames that have been read. */
void sequence_signal (Sequence * sequence, gint signal);
/* Until the process has ended, however it does. */
void sequence_wait (Sequence * sequence);
/* sequence_wait(), and that it has ended by itself, without an error, behind all
 * frames, with the times that they came with. */
void sequence_finish (Sequence * sequence);

/* After the end. What the element's statistics had, 0 where they had none of
 * that name. */
guint64 sequence_get_figure (Sequence * sequence, const gchar * name);
/* (nullable): the last error on the bus. */
const gchar *sequence_get_error (Sequence * sequence);
/* How many frames came out. */
guint sequence_get_n_frames (Sequence * sequence);
/* Of strings: warnings on the bus. */
GPtrArray *sequence_get_warnings (Sequence * sequence);
/* How many of the warnings have @text in them. */
guint sequence_count_warnings (Sequence * sequence, const gchar * text);

/* @n frames of different pictures, 0…@n - 1, to be unreffed. */
GArray *sequence_make_distinct (guint n);
/* That the files of all frames in @output are those of the same pictures in
 * @reference, where frame i is picture i. */
void sequence_assert_same (const gchar * output, const gchar * reference,
    const GArray * pictures);

G_END_DECLS
