// What a test needs and is not about, made over the API: the host's account, webinars, personal links, polls.
import assert from 'node:assert/strict';
import { account } from './steps.mjs';

export class Organizer {
  /** Makes the account of a new server's host and signs these pages in. */
  static async of(server, ...pages) {
    const o = new Organizer();
    o.server = server;
    const made = await server.call('POST', '/api/setup', { json: { token: server.setupLink.split('#')[1], ...account } });
    assert.ok(made.status < 300, JSON.stringify(made.body));
    o.cookie = made.headers.get('set-cookie').split(';')[0];
    for (const page of pages) await o.signIn(page);
    return o;
  }

  signIn(page) {
    const [name, ...value] = this.cookie.split('=');
    return page.context().addCookies([{ name, value: value.join('='), url: this.server.url }]);
  }

  /** One call as the host; answers the body. Anything but success fails the test. */
  async ask(method, path, json) {
    const r = await this.server.call(method, path, { json, headers: { cookie: this.cookie, origin: new URL(this.server.url).origin } });
    assert.ok(r.status < 300, `${method} ${path}: ${r.status} ${JSON.stringify(r.body)}`);
    return r.body;
  }

  /** A webinar that begins at once: {id, link}, the link being that of attendees. */
  webinar(title) {
    return this.ask('POST', '/api/webinars', { title, lang: 'en' });
  }

  /** A webinar that is live. */
  async live(title) {
    const made = await this.webinar(title);
    await this.ask('POST', `/api/webinars/${made.id}/live`);
    return made;
  }

  /** The personal link of a speaker. */
  async speaker(webinar, name) {
    return (await this.ask('POST', `/api/webinars/${webinar}/tickets`, { role: 'speaker', name })).link;
  }

  /** A poll with one answer a person, unless `more` says otherwise. */
  poll(webinar, question, options, more) {
    return this.ask('POST', `/api/webinars/${webinar}/polls`, { question, kind: 'single', options, ...more });
  }
}
