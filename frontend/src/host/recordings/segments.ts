// What the organizer's page says of recordings and their files.
import type { RecordingDetail, Segment } from '../calls';

/** moving: something will change by itself soon, so the page looks again. */
export function moving(detail: RecordingDetail): boolean {
  const { state } = detail.recording;
  if (state === 'announced' || state === 'recording' || state === 'paused' || state === 'stopped') return true;
  return detail.segments.some((s) => s.state !== 'available');
}

/** deletable: only a recording that has come to its end. */
export function deletable(detail: RecordingDetail): boolean {
  return ['stopped', 'available', 'aborted'].includes(detail.recording.state);
}

/** playable: it has ended, and something of it is there. */
export function playable(detail: RecordingDetail): boolean {
  return ['stopped', 'available'].includes(detail.recording.state) && detail.segments.some((s) => s.state !== 'writing');
}

export type Content = 'sound' | 'picture' | 'both';

export function contentOf(segment: Pick<Segment, 'audio' | 'video'>): Content {
  if (segment.audio && segment.video) return 'both';
  return segment.video ? 'picture' : 'sound';
}

/** ordered: as it happened, the camera before the screen. */
export function ordered(segments: readonly Segment[]): Segment[] {
  return segments.toSorted((a, b) => a.start_ms - b.start_ms || a.group.localeCompare(b.group) || a.id.localeCompare(b.id));
}

export function totals(segments: readonly Segment[]): { bytes: number; end: number } {
  return {
    bytes: segments.reduce((sum, s) => sum + s.bytes, 0),
    end: segments.reduce((end, s) => Math.max(end, s.start_ms + s.duration_ms), 0),
  };
}
