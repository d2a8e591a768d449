// WHIP over the HTTP face: what a Publication asks of the server, and how its errors are to be read.
import { api, hopeless, offerSDP, Problem, restartSDP } from '../../lib/api';
import type { Group, Kind, Mutes, Verdicts, WhipServer } from '../../lib/whip';

/** whipServer publishes into one webinar; the seat or session cookie says who. */
export function whipServer(webinar: string): WhipServer {
  return {
    async publish(group: Group, offer: string, muted: Kind[]) {
      const { answer, location, relays } = await offerSDP('/api/webinars/{webinar}/whip', { params: { webinar }, query: { group, muted } }, offer);
      return { answer, relays, session: location.split('/').at(-1) ?? '' };
    },
    restart: (session, fragment, signal) => restartSDP(`/api/webinars/${encodeURIComponent(webinar)}/whip/${encodeURIComponent(session)}`, fragment, signal),
    async mute(session: string, mutes: Mutes) {
      await api('put', '/api/webinars/{webinar}/whip/{session}/mute', { params: { webinar, session }, body: mutes });
    },
    async unpublish(session: string) {
      // keepalive: this is also the last thing a closing page says.
      await api('delete', '/api/webinars/{webinar}/whip/{session}', { params: { webinar, session }, keepalive: true });
    },
  };
}

export const verdicts: Verdicts = {
  gone: (error) => error instanceof Problem && error.status === 404,
  final: hopeless,
  unasked: (error) => error instanceof Problem && error.code === 'not-shown',
};
