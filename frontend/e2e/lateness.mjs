// What a machine that is busy elsewhere keeps from a speaker and from the server: what was not sent cannot be recorded, and
// what waited at the server when it was killed had no time to become a file.
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const every = 200; // ms between two questions
const promptly = 50; // ms, how soon the server and the disk answer as a rule
const sound = 20; // ms in a packet of Opus
const lapse = 5000; // ms; nothing is recorded of who gives no sign of life for a second more

const soundsOf = (page) => page.evaluate(async () =>
  (await window.plenumStats()).filter((s) => s.type === 'outbound-rtp' && s.kind === 'audio').reduce((n, s) => n + s.packetsSent, 0));

export class Lateness {
  #stopped = false;
  #slow = 0;

  /** Begins to count, of a page that sends. */
  static async watch(server, page) {
    const l = new Lateness();
    l.page = page;
    l.begun = Date.now();
    l.sounds = await soundsOf(page);
    l.asking = l.#ask(server);
    return l;
  }

  /** Looks, every now and then, how long the server takes to answer and the disk to keep a byte. */
  async #ask(server) {
    const disk = openSync(join(server.data, 'late'), 'w');
    for (; !this.#stopped; await pause(every)) {
      this.since = Date.now();
      await fetch(`${server.url}/healthz`).catch(() => undefined); // it may be dead
      writeSync(disk, '.', 0);
      fdatasyncSync(disk);
      this.#slow += this.#waited();
      this.since = undefined;
    }
    closeSync(disk);
  }

  /** How much longer than usual the answer takes that is waited for, ms. */
  #waited() {
    return this.since ? Math.max(0, Date.now() - this.since - promptly) : 0;
  }

  /** Ends the counting: the milliseconds that are missing of a recording because of it; undefined when it cannot be told. */
  async sum() {
    const sent = (await soundsOf(this.page)) - this.sounds;
    const missing = Math.max(0, Date.now() - this.begun - sent * sound) + this.#slow + this.#waited();
    this.#stopped = true;
    return missing < lapse ? missing : undefined;
  }
}
