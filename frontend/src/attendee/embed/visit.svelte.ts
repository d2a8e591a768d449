// One look at a webinar's polls through a frame of another site.
import { api, hopeless, type Schema } from '../../lib/api';
import { Room } from '../../lib/room.svelte';
import { redeem, takeTicket } from '../ticket';

export class Visit {
  /** A webinar or a poll, as the frame's address names it. */
  readonly #id: string;
  room = $state.raw<Room | undefined>();
  /** The one poll that is shown; undefined: the webinar's current one. */
  poll = $state.raw<string | undefined>();
  webinar = $state.raw<Schema<'Webinar'> | undefined>();
  /** The browser kept no cookie for this frame, so nobody is recognised here. */
  cookieless = $state(false);
  error = $state.raw<unknown>();
  /** The personal link in the frame's address was refused; one reads and votes as a guest. */
  ticketBad = $state(false);
  /** Asking again may help. */
  mend = $state(false);
  /** Of a page that knows its reader, such as an association's for its members. Kept until the server has answered. */
  #ticket = takeTicket();
  #closed = false;

  constructor(id: string) {
    this.#id = id;
  }

  async open(): Promise<void> {
    this.error = undefined;
    try {
      const of = await api('get', '/api/embeds/{embed}', { params: { embed: this.#id } });
      this.poll = of.poll_id;
      await this.#sit(of.webinar_id);
    } catch (error) {
      this.error = error;
      this.mend = !hopeless(error);
    }
  }

  close(): void {
    this.#closed = true;
    this.room?.close();
  }

  async #sit(webinar: string): Promise<void> {
    const params = { webinar };
    const arrival = () => api('get', '/api/webinars/{webinar}', { params });
    let found = await arrival();
    this.webinar = found.webinar;
    if (found.webinar.state === 'ended' && !found.me && !found.survey_until) return;
    const ticket = this.#ticket;
    if (ticket) this.ticketBad = !(await redeem(webinar, ticket, true));
    this.#ticket = null;
    if (!found.me && (!ticket || this.ticketBad)) await api('post', '/api/webinars/{webinar}/join', { params, body: { framed: true } });
    if (!found.me || ticket) found = await arrival();
    this.cookieless = !found.me;
    if (this.cookieless || this.#closed) return;
    this.room = new Room(webinar);
    this.room.open();
  }
}
