// How long it takes from a person's click to the first picture, as marks of the page's timeline.

/** The names of the marks whose distance is the time from a person's click to the first picture. */
export const MARK_JOIN = 'plenum:join';
export const MARK_FIRST_FRAME = 'plenum:first-frame';

/** Marks the first frame that is painted after a join, once per join. */
export function markFirstFrame(video: HTMLVideoElement): void {
  if (performance.getEntriesByName(MARK_JOIN).length === 0 || performance.getEntriesByName(MARK_FIRST_FRAME).length > 0) return;
  video.requestVideoFrameCallback(() => {
    if (performance.getEntriesByName(MARK_FIRST_FRAME).length === 0) performance.mark(MARK_FIRST_FRAME);
  });
}
