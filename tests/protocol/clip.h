/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A clip with sound, in a directory of its own: what tests of two-branch
 * pipelines read, and what they compare with what was written.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Video of 10 frames a second, and sound that begins CLIP_SOUND_OFFSET later and
 * ends with it. */
#define CLIP_FRAME_DURATION (100 * GST_MSECOND)
#define CLIP_SOUND_OFFSET (300 * GST_MSECOND)
#define CLIP_WIDTH 32
#define CLIP_HEIGHT 24

/* The PTS of all that a file has. */
typedef struct
{
  GArray *video;                /* of GstClockTime */
  GArray *audio;                /* of GstClockTime */
  GChecksum *sound;             /* of the audio's bytes */
} Tracks;

/* What the tests need beside the element. */
#define CLIP_PLUGINS "coreelements videotestsrc audiotestsrc audioconvert " \
    "audioresample videoconvertscale vpx vorbis matroska playback typefindfunctions"

/* FALSE where plugins are missing: then the test has been skipped. */
gboolean clip_is_possible (void);

/* Enters a new directory that has the clip clip.webm, with that many frames; the
 * return value is for clip_leave(), which removes it with all that is in it. */
gchar *clip_enter (guint n_frames);
void clip_leave (gchar * directory);

/* A pipeline of @line, which must not have errors. */
GstElement *clip_parse (const gchar * line);
/* Waits for EOS; an error, or a long wait, fails the test. */
void clip_wait_eos (GstElement * pipeline);
/* Both; the pipeline has gone when it returns. */
void clip_run (const gchar * line);

/* The file has to be one of WebM that plays from its beginning to its end. */
Tracks *tracks_read (const gchar * name);
void tracks_free (Tracks * tracks);
/* Of the first packet behind the headers, which have no times. */
GstClockTime tracks_get_sound_start (const Tracks * tracks);
/* Of the last packet. */
GstClockTime tracks_get_sound_last (const Tracks * tracks);
/* All packets of @expected, with the same bytes, at the same times. */
void tracks_assert_same_audio (const Tracks * tracks, const Tracks * expected);
/* All frames of @expected, but those with a PTS of @without (nullable, of
 * GstClockTime). */
void tracks_assert_same_video (const Tracks * tracks, const Tracks * expected,
    const GArray * without);

G_END_DECLS
