// A line between a browser and the server that a test can cut: everything that goes through it is dropped meanwhile,
// pages and API (TCP) as well as media (UDP). The answers' media port is replaced by the line's own on the way.
import { createSocket } from 'node:dgram';
import net from 'node:net';

const listening = (s) => new Promise((done) => s.once('listening', done));

/** A free UDP port of loopback with five digits, so that one can be replaced by another without moving anything. */
export async function freePort() {
  for (;;) {
    const s = createSocket('udp4');
    s.bind(0, '127.0.0.1');
    await listening(s);
    const { port } = s.address();
    await new Promise((done) => s.close(done));
    if (port > 9999) return port;
  }
}

export class Line {
  /** @param url the server's address @param media its media port */
  static async open(url, media) {
    const line = new Line();
    line.cut = false;
    /** Part of the media towards the browser that is lost on the way, 0 to 1. */
    line.loss = 0;
    line.owed = 0;
    line.pairs = new Set();
    line.upstreams = new Map();
    await line.#udp(media);
    await line.#tcp(new URL(url), media);
    return line;
  }

  async #udp(media) {
    this.udp = createSocket('udp4');
    this.udp.bind(0, '127.0.0.1');
    await listening(this.udp);
    this.udp.on('message', (packet, from) => {
      if (this.cut) return;
      let up = this.upstreams.get(from.port);
      if (!up) {
        up = createSocket('udp4');
        up.on('message', (answer) => this.cut || this.#loses() || this.udp.send(answer, from.port, '127.0.0.1'));
        this.upstreams.set(from.port, up);
      }
      up.send(packet, media, '127.0.0.1');
    });
  }

  #loses() {
    this.owed += this.loss;
    if (this.owed < 1) return false;
    this.owed -= 1;
    return true;
  }

  async #tcp(server, media) {
    const from = new RegExp(` ${media} typ host`, 'g');
    const to = ` ${this.udp.address().port} typ host`;
    const relay = (a, b, change) => {
      a.on('data', (d) => b.write(change(d)));
      a.on('error', () => b.destroy());
      a.on('close', () => b.destroy());
    };
    this.tcp = net.createServer((client) => {
      const upstream = net.connect(Number(server.port), '127.0.0.1');
      const pair = [client, upstream];
      this.pairs.add(pair);
      client.once('close', () => this.pairs.delete(pair));
      relay(client, upstream, (d) => d);
      relay(upstream, client, (d) => Buffer.from(d.toString('latin1').replace(from, to), 'latin1'));
      if (this.cut) for (const s of pair) s.pause();
    });
    this.tcp.listen(0, '127.0.0.1');
    await listening(this.tcp);
    this.url = `http://localhost:${this.tcp.address().port}`;
  }

  /** Cuts the line for so many ms. What was under way over TCP comes late then, as it does where packets were lost and are sent again. */
  async cutFor(ms) {
    this.cut = true;
    for (const pair of this.pairs) for (const s of pair) s.pause();
    await new Promise((done) => setTimeout(done, ms));
    this.cut = false;
    for (const pair of this.pairs) for (const s of pair) s.resume();
  }

  close() {
    this.udp.close();
    for (const up of this.upstreams.values()) up.close();
    this.tcp.close();
    for (const pair of this.pairs) for (const s of pair) s.destroy();
  }
}
