// The personal link: what it carries, and the seat that one gets for it.
import { api, hopeless, type Problem } from '../lib/api';

/** Takes the personal ticket out of the address's fragment, so that it stays in no history and on no screen. */
export function takeTicket(): string | null {
  const ticket = new URLSearchParams(location.hash.slice(1)).get('t');
  if (ticket) history.replaceState(history.state, '', location.pathname + location.search);
  return ticket;
}

/** Sits down with a ticket; false where the server refuses it. Throws where it may be good all the same. */
export async function redeem(webinar: string, ticket: string, framed = false): Promise<boolean> {
  try {
    await api('post', '/api/webinars/{webinar}/join', { params: { webinar }, body: { ticket, framed } });
    return true;
  } catch (err) {
    if (!hopeless(err) || (err as Problem).status === 404) throw err;
    return false;
  }
}
