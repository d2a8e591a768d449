// The ballot paper of a secret poll: a receipt that the server signed without seeing it (RFC 9474). It is fetched when
// the poll opens; the ballot goes out later, without a session, so nothing says whose it is.
import { RSABSSA } from '@cloudflare/blindrsa-ts';
import { api, Problem, request, type Schema } from '../../lib/api';
import { newSecret } from '../../lib/receipt';
import { keep, recall } from '../../lib/storage';

interface Paper {
  secret: string;
  receipt: string;
  /** What was sent to be signed and what unblinds the answer, in base64; kept so that a lost answer can be asked for again. */
  blinded: string;
  inverse: string;
  /** The signature over the receipt, in base64. */
  token?: string;
}

/** `code` of the Problem that stands for a browser without Web Crypto, as on plain HTTP. */
const NO_CRYPTO = 'no-crypto';

const paperKey = (poll: string): string => `plenum.paper.${poll}`;
const toBase64 = (b: Uint8Array): string => btoa(String.fromCharCode(...b));
const fromBase64 = (s: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(s), (c) => c.charCodeAt(0));

function stored(poll: string): Paper | undefined {
  try {
    const p = JSON.parse(recall(paperKey(poll)) ?? 'null') as Paper | null;
    return p && typeof p.blinded === 'string' && typeof p.inverse === 'string' ? p : undefined;
  } catch {
    return undefined;
  }
}

/** The paper of this browser, fetched at the first call. Throws Problem, such as `not-personal` and `already-voted`. */
export async function paperOf(webinar: string, poll: string): Promise<{ secret: string; receipt: string; token: string }> {
  if (!(crypto as { subtle?: SubtleCrypto }).subtle) throw new Problem(0, NO_CRYPTO, '');
  const params = { webinar, poll };
  let paper = stored(poll);
  if (!paper?.token) {
    const { key } = await api('get', '/api/webinars/{webinar}/polls/{poll}/token', { params });
    const suite = RSABSSA.SHA384.PSS.Deterministic();
    const publicKey = await crypto.subtle.importKey('spki', fromBase64(key), { name: 'RSA-PSS', hash: 'SHA-384' }, true, ['verify']);
    if (!paper) {
      const { secret, receipt } = await newSecret();
      const { blindedMsg, inv } = await suite.blind(publicKey, new TextEncoder().encode(receipt));
      paper = { secret, receipt, blinded: toBase64(blindedMsg), inverse: toBase64(inv) };
      keep(paperKey(poll), JSON.stringify(paper)); // before it is sent: who is given one gets no other
    }
    const { signature } = await api('post', '/api/webinars/{webinar}/polls/{poll}/token', { params, body: { blinded: paper.blinded } });
    const token = await suite.finalize(publicKey, new TextEncoder().encode(paper.receipt), fromBase64(signature), fromBase64(paper.inverse));
    paper = { ...paper, token: toBase64(token) };
    keep(paperKey(poll), JSON.stringify(paper));
  }
  return { secret: paper.secret, receipt: paper.receipt, token: paper.token ?? '' };
}

/** Casts the ballot with the paper of this browser. No cookie goes along. */
export async function castPaper(webinar: string, poll: string, answer: Schema<'Answer'>, receipt: string): Promise<Schema<'VoteReceipt'>> {
  const { token } = await paperOf(webinar, poll);
  const res = await request(`/api/webinars/${encodeURIComponent(webinar)}/polls/${encodeURIComponent(poll)}/ballots`, {
    method: 'POST',
    credentials: 'omit',
    headers: { Accept: 'application/json', 'Content-Type': 'application/json' },
    body: JSON.stringify({ answer, receipt, token }),
  });
  return (await res.json()) as Schema<'VoteReceipt'>;
}
