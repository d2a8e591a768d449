// Who plays under a nickname in this webinar. The id is the hash of a secret that never leaves this browser, so nobody can
// tell which seat it is.
import { receiptOf } from '../../lib/receipt';
import { keep, recall } from '../../lib/storage';

export interface StoredPlayer {
  secret: string;
  id: string;
  nickname: string;
}

const key = (webinar: string): string => `plenum.player.${webinar}`;

export function storedPlayer(webinar: string): StoredPlayer | undefined {
  try {
    const p = JSON.parse(recall(key(webinar)) ?? 'null') as StoredPlayer | null;
    return p && typeof p.id === 'string' && typeof p.nickname === 'string' ? p : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps the name for the next quiz; with none this browser plays no longer. */
export async function playAs(webinar: string, nickname: string | undefined): Promise<StoredPlayer | undefined> {
  if (nickname === undefined) {
    keep(key(webinar), null);
    return undefined;
  }
  const known = storedPlayer(webinar);
  const secret = known?.secret ?? Array.from(crypto.getRandomValues(new Uint8Array(32)), (b) => b.toString(16).padStart(2, '0')).join('');
  const player = { secret, id: known?.id ?? (await receiptOf(secret)), nickname };
  keep(key(webinar), JSON.stringify(player));
  return player;
}
