// The ballot paper of a secret poll: a receipt that the server signed without seeing it (RFC 9474). It is fetched when
// the poll opens; the ballot goes out later, without a session, so nothing says whose it is.
import { RSABSSA } from '@cloudflare/blindrsa-ts';
import { api, Problem, request, type Schema } from '../../lib/api';
import { newSecret } from '../../lib/receipt';
import { keep, lasting, recall } from '../../lib/storage';
import { NO_CRYPTO, NO_MEMORY } from './refusal';

/** A paper that a ballot can go out with. */
export interface Paper {
  secret: string;
  receipt: string;
  /** The signature over the receipt, in base64. */
  token: string;
}

/** In a vote of the members: for whom, and what that vote counts. */
export interface For {
  id: string;
  weight: number;
}

/** A paper on its way. */
interface Kept {
  secret: string;
  receipt: string;
  /** What was sent to be signed and what unblinds the answer, in base64; kept so that a lost answer can be asked for again. */
  blinded: string;
  inverse: string;
  /** The key it is for, in base64: an opening that is undone makes its papers void. */
  key?: string;
  token?: string;
}

/** `code` of the Problem that stands for a paper of an opening that was undone. */
export const VOID = 'bad-token';

const paperKey = (poll: string, member?: string): string => `plenum.paper.${poll}${member ? `.${member}` : ''}`;
const toBase64 = (b: Uint8Array): string => btoa(String.fromCharCode(...b));
const fromBase64 = (s: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(s), (c) => c.charCodeAt(0));

function stored(poll: string, member?: string): Kept | undefined {
  try {
    const p = JSON.parse(recall(paperKey(poll, member)) ?? 'null') as Kept | null;
    return p && typeof p.blinded === 'string' && typeof p.inverse === 'string' ? p : undefined;
  } catch {
    return undefined;
  }
}

const whole = ({ secret, receipt, token }: Kept): Paper | undefined => (token ? { secret, receipt, token } : undefined);

/** The paper that this browser holds. Asks nobody: right before a ballot no request may come that says who asks. */
export function heldPaper(poll: string, member?: string): Paper | undefined {
  const paper = stored(poll, member);
  return paper && whole(paper);
}

/**
 * The paper of this browser, handed out at the first call. Throws Problem, such as `not-personal` and `already-voted`. Where
 * nothing is kept none is asked for: it would be lost with the page, and there is no other.
 */
export async function fetchPaper(webinar: string, poll: string, member?: For): Promise<Paper> {
  if (!(crypto as { subtle?: SubtleCrypto }).subtle) throw new Problem(0, NO_CRYPTO, '');
  if (!lasting()) throw new Problem(0, NO_MEMORY, '');
  // Two tabs, or two cards of one page, ask one after the other: there is one paper, and the last that is kept would win.
  const locks = (navigator as { locks?: LockManager }).locks;
  const get = () => handOut(webinar, poll, member);
  return locks ? locks.request(paperKey(poll, member?.id), get) : get();
}

async function handOut(webinar: string, poll: string, member?: For): Promise<Paper> {
  const params = { webinar, poll };
  const { keys } = await api('get', '/api/webinars/{webinar}/polls/{poll}/token', { params });
  const key = keys.find((k) => k.weight === (member?.weight ?? 1))?.key ?? '';
  let paper = stored(poll, member?.id);
  if (paper?.key !== undefined && paper.key !== key) paper = undefined;
  const held = paper && whole(paper);
  if (held) return held;
  const suite = RSABSSA.SHA384.PSS.Deterministic();
  const publicKey = await crypto.subtle.importKey('spki', fromBase64(key), { name: 'RSA-PSS', hash: 'SHA-384' }, true, ['verify']);
  if (!paper) {
    const { secret, receipt } = await newSecret();
    const { blindedMsg, inv } = await suite.blind(publicKey, new TextEncoder().encode(receipt));
    paper = { secret, receipt, blinded: toBase64(blindedMsg), inverse: toBase64(inv), key };
    keep(paperKey(poll, member?.id), JSON.stringify(paper)); // before it is sent: who is given one gets no other
  }
  const { signature } = await api('post', '/api/webinars/{webinar}/polls/{poll}/token', { params, body: { blinded: paper.blinded, ...(member && { for: member.id }) } });
  const token = toBase64(await suite.finalize(publicKey, new TextEncoder().encode(paper.receipt), fromBase64(signature), fromBase64(paper.inverse)));
  keep(paperKey(poll, member?.id), JSON.stringify({ ...paper, token }));
  return { secret: paper.secret, receipt: paper.receipt, token };
}

/** Casts a ballot with a paper. No cookie goes along. A paper that is void is forgotten. */
export async function castPaper(webinar: string, poll: string, answer: Schema<'Answer'>, paper: Paper, member?: For): Promise<Schema<'VoteReceipt'>> {
  try {
    const res = await request(`/api/webinars/${encodeURIComponent(webinar)}/polls/${encodeURIComponent(poll)}/ballots`, {
      method: 'POST',
      credentials: 'omit',
      headers: { Accept: 'application/json', 'Content-Type': 'application/json' },
      body: JSON.stringify({ answer, receipt: paper.receipt, token: paper.token, weight: member?.weight ?? 1 }),
    });
    return (await res.json()) as Schema<'VoteReceipt'>;
  } catch (error) {
    if (error instanceof Problem && error.code === VOID) keep(paperKey(poll, member?.id), null);
    throw error;
  }
}
