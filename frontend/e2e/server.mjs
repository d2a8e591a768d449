// Starts the real program on loopback, in a data folder of its own, and ends it by its pid.
import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const binary = join(root, 'bin', 'plenum');

/** The names of all files under a folder, which may come and go meanwhile. */
export function filesUnder(folder) {
  for (let tries = 20; ; tries--) {
    try {
      return readdirSync(folder, { recursive: true });
    } catch (fault) {
      if (fault.code !== 'ENOENT' || tries === 0) throw fault;
    }
  }
}

const loopback = {
  PLENUM_LISTEN: '127.0.0.1:0',
  PLENUM_MEDIA_LISTEN: '127.0.0.1:0',
  PLENUM_MEDIA_ADDRESSES: '127.0.0.1',
  PLENUM_DISK_RESERVE: '0',
};

export class Server {
  static async start({ env = {}, wrap = [], port } = {}) {
    const s = new Server();
    s.data = await mkdtemp(join(tmpdir(), 'plenum-e2e-'));
    s.env = { ...loopback, PLENUM_DATA: join(s.data, 'd'), ...env };
    s.wrap = wrap;
    if (port) s.env.PLENUM_LISTEN = `127.0.0.1:${port}`;
    await s.launch();
    return s;
  }

  /** Starts the process and waits for the address that it prints. */
  async launch() {
    const [command, ...args] = [...this.wrap, binary, 'serve'];
    this.output = '';
    this.child = spawn(command, args, { env: { PATH: process.env.PATH, HOME: this.data, ...this.env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.ended = new Promise((done) => this.child.once('exit', (code, signal) => done({ code, signal })));
    this.child.stderr.on('data', (d) => (this.output += d));
    await new Promise((ready, fail) => {
      const late = setTimeout(() => fail(new Error(`the server printed no address:\n${this.output}`)), 30_000);
      this.ended.then((how) => fail(new Error(`the server ended (${JSON.stringify(how)}):\n${this.output}`)));
      let printed = '';
      this.child.stdout.on('data', (d) => {
        printed += d;
        this.output += d;
        if (!printed.endsWith('\n\n')) return;
        clearTimeout(late);
        this.url = printed.match(/Plenum is ready:\s+(\S+)/)[1];
        this.setupLink = printed.match(/Make your account:\s+(\S+)/)?.[1];
        ready();
      });
    });
  }

  /** Ends the process as a power cut would. */
  async kill() {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  /** Starts again on the same data and the same port, so that open pages find the server. */
  async restart() {
    this.env.PLENUM_LISTEN = new URL(this.url).host.replace('localhost', '127.0.0.1');
    await this.launch();
  }

  /** Ends the process as an operator would and says how it went. */
  async stop() {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGTERM');
    const how = await this.ended;
    await rm(this.data, { recursive: true, force: true });
    return how;
  }

  /** The data folder as the process sees it, which may have a disk of its own. */
  get inside() {
    return `/proc/${this.child.pid}/root${this.env.PLENUM_DATA}`;
  }

  /** Waits until so many files of recordings have each grown by so many clusters of at most a second: what no pause and no power cut takes away. */
  async written(clusters, files = 1) {
    const spool = join(this.inside, 'spool');
    const grown = new Map();
    for (const end = Date.now() + 30_000; [...grown.values()].filter((g) => g.times >= clusters).length < files; await new Promise((go) => setTimeout(go, 50))) {
      if (Date.now() > end) throw new Error(`the files on the disk grow: ${JSON.stringify([...grown.values()])}`);
      for (const name of filesUnder(spool).filter((f) => f.endsWith('.webm'))) {
        const size = statSync(join(spool, name), { throwIfNoEntry: false })?.size ?? 0;
        const before = grown.get(name) ?? { size, times: 0 };
        grown.set(name, { size, times: before.times + (size > before.size) });
      }
    }
  }

  /** Runs another command of the program on the same data; answers what it printed. */
  command(args, input = '') {
    return execFileSync(binary, args, { env: { PATH: process.env.PATH, HOME: this.data, ...this.env }, input, encoding: 'utf8' }).trim();
  }

  /** One API call; answers {status, body}, the body parsed when it is JSON. */
  async call(method, path, { token, json, headers = {}, body } = {}) {
    const r = await fetch(new URL(path, this.url), {
      method,
      headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(json ? { 'content-type': 'application/json' } : {}), ...headers },
      body: json ? JSON.stringify(json) : body,
      redirect: 'manual',
    });
    const text = await r.text();
    return { status: r.status, headers: r.headers, body: /json/.test(r.headers.get('content-type') ?? '') && text ? JSON.parse(text) : text };
  }
}
