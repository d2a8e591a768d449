// Typed client of the HTTP face. Paths, parameters, bodies and answers come from the contract.
import type { Restarted } from './ice';
import { relaysOf } from './relays';
import type { components, paths } from './schema.gen';

type Schemas = components['schemas'];
export type Schema<N extends keyof Schemas> = Schemas[N];

type Verb = 'get' | 'post' | 'put' | 'patch' | 'delete';
type Op<P extends keyof paths, V extends Verb> = NonNullable<paths[P][V]>;
/** The verbs that the contract knows for a path. */
export type VerbOf<P extends keyof paths> = {
  [V in Verb]: paths[P][V] extends { responses: unknown } ? V : never;
}[Verb];

type PathParams<O> = O extends { parameters: { path: infer X } } ? X : undefined;
type Query<O> = O extends { parameters: { query?: infer X } } ? X : never;
type Body<O> = O extends { requestBody: { content: { 'application/json': infer B } } } ? B : undefined;
type Json<R> = R extends { content: { 'application/json': infer J } } ? J : undefined;
type Answer<O> = O extends { responses: infer R } ? Json<R[keyof R & (200 | 201)]> : never;

type Given<K extends string, T> = [T] extends [undefined] ? { [k in K]?: undefined } : { [k in K]: T };
export type Options<O> = Given<'params', PathParams<O>> &
  Given<'body', Body<O>> & { query?: Query<O>; signal?: AbortSignal; keepalive?: boolean };

/** A refusal of the server, RFC 9457. `code` is for programs, `detail` a sentence for people, `details` the same in each language. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly field: string | undefined;
  readonly requestId: string | undefined;
  readonly details: Partial<Schema<'Problem'>['details']>;

  constructor(status: number, code: string, detail: string, field?: string, requestId?: string, details = {}) {
    super(detail || code);
    this.name = 'Problem';
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.field = field;
    this.requestId = requestId;
    this.details = details;
  }
}

/** `code` of the Problem that stands for "no answer at all": no network, or the server is gone. */
export const OFFLINE = 'offline';

/** Fills the placeholders of a path from the contract. */
function fill(path: string, params: Record<string, string> = {}): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
}

/** Turns an answer that is not 2xx into a Problem; reads its body. */
async function problemOf(res: Response): Promise<Problem> {
  const p = (await res.json().catch(() => ({}))) as Partial<Schema<'Problem'>>;
  return new Problem(res.status, p.code ?? `http-${res.status}`, p.detail ?? '', p.field, p.request_id, p.details);
}

/** Fills a query; a list is one value with commas (`style: form`, `explode: false`). */
function address(path: string, params: Record<string, string> | undefined, query: Record<string, string | readonly string[]> = {}): string {
  const filled = Object.entries(query).filter(([, value]) => value.length > 0).map(([name, value]) => [name, String(value)]);
  return fill(path, params) + (filled.length > 0 ? `?${new URLSearchParams(filled).toString()}` : '');
}

/**
 * fetch that throws a Problem for every answer but 2xx, and for none. An abort is rethrown as it is. The server's
 * sentences come in the language of the page.
 */
export async function request(url: string, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set('Accept-Language', document.documentElement.lang);
  let res: Response;
  try {
    res = await fetch(url, { ...init, headers });
  } catch (err) {
    if (init.signal?.aborted) throw err;
    throw new Problem(0, OFFLINE, '');
  }
  if (!res.ok) throw await problemOf(res);
  return res;
}

/**
 * One call of the contract: `api('post', '/api/webinars/{webinar}/join', { params: { webinar }, body: {} })`.
 * Answers the JSON of 200 or 201, undefined for 204; throws Problem.
 */
export async function api<P extends keyof paths, V extends VerbOf<P>>(
  verb: V,
  path: P,
  options: Options<Op<P, V>>,
): Promise<Answer<Op<P, V>>> {
  const o = options as { params?: Record<string, string>; body?: unknown; query?: Record<string, string | readonly string[]>; signal?: AbortSignal; keepalive?: boolean };
  const init: RequestInit = { method: verb.toUpperCase(), headers: { Accept: 'application/json' } };
  if (o.body !== undefined) {
    init.body = JSON.stringify(o.body);
    init.headers = { Accept: 'application/json', 'Content-Type': 'application/json' };
  }
  if (o.signal) init.signal = o.signal;
  if (o.keepalive) init.keepalive = true;
  const res = await request(address(path, o.params, o.query), init);
  const isJSON = res.headers.get('Content-Type')?.includes('json') ?? false;
  return (res.status === 204 || !isJSON ? undefined : await res.json()) as Answer<Op<P, V>>;
}

/** The paths that take an SDP offer. */
type SDPPath = { [P in keyof paths]: paths[P] extends { post: { requestBody: { content: { 'application/sdp': string } } } } ? P : never }[keyof paths];

/** Posts an SDP offer (WHIP, WHEP). `location` is the path to PATCH and DELETE. */
export async function offerSDP<P extends SDPPath>(
  path: P,
  options: { params: PathParams<Op<P, 'post'>>; query?: Query<Op<P, 'post'>> },
  sdp: string,
): Promise<{ answer: string; location: string; relays: RTCIceServer[] }> {
  const o = options as { params: Record<string, string>; query?: Record<string, string | readonly string[]> };
  const init: RequestInit = { method: 'POST', body: sdp, headers: { 'Content-Type': 'application/sdp', Accept: 'application/sdp' } };
  const res = await request(address(path, o.params, o.query), init);
  return { answer: await res.text(), location: res.headers.get('Location') ?? '', relays: relaysOf(res.headers.get('Link')) };
}

/** Begins a new ICE session at `location`. */
export async function restartSDP(location: string, fragment: string, signal: AbortSignal): Promise<Restarted> {
  const headers = { 'Content-Type': 'application/trickle-ice-sdpfrag', 'If-Match': '*' };
  const res = await request(location, { method: 'PATCH', body: fragment, headers, signal });
  return { fragment: await res.text(), relays: relaysOf(res.headers.get('Link')) };
}

/** hopeless tells refusals that asking again will not change. */
export function hopeless(error: unknown): boolean {
  return error instanceof Problem && error.status >= 400 && error.status < 500 && error.status !== 408 && error.status !== 429;
}
