// The addresses of the host's pages.

export type Route =
  | { page: 'setup' }
  | { page: 'login' }
  | { page: 'password' }
  | { page: 'home' }
  | { page: 'webinar'; id: string }
  | { page: 'stage'; id: string }
  | { page: 'speaker'; id: string }
  | { page: 'recordings'; id: string }
  | { page: 'members'; id: string }
  | { page: 'player'; id: string; recording: string }
  | { page: 'unknown' };

const withID = { webinars: 'webinar', stage: 'stage', s: 'speaker', recordings: 'recordings', members: 'members' } as const;

const ID = /^[\w-]{1,64}$/;

/** parse reads a path such as /webinars/ID; a slash at its end does no harm. */
export function parse(path: string): Route {
  const [first = '', id, ...rest] = path.replace(/^\/+|\/+$/g, '').split('/');
  const [recording, ...more] = rest;
  if (recording !== undefined) {
    const play = first === 'recordings' && id !== undefined && ID.test(id) && ID.test(recording) && more.length === 0;
    return play ? { page: 'player', id, recording } : { page: 'unknown' };
  }
  if (id === undefined) {
    if (first === '' || first === 'webinars') return { page: 'home' };
    if (first === 'setup' || first === 'login' || first === 'password') return { page: first };
    return { page: 'unknown' };
  }
  if (!ID.test(id) || !Object.hasOwn(withID, first)) return { page: 'unknown' };
  return { page: withID[first as keyof typeof withID], id };
}

/** secret reads what a link carries behind its #: the whole fragment, or the value of one key in it. */
export function secret(hash: string, key?: string): string {
  const raw = hash.replace(/^#/, '');
  if (key === undefined) return raw;
  return new URLSearchParams(raw).get(key) ?? '';
}

/** safeNext keeps a way back after sign-in on this site. */
export function safeNext(search: string): string {
  const next = new URLSearchParams(search).get('next') ?? '/';
  return parse(next).page === 'unknown' || !next.startsWith('/') || next.startsWith('//') ? '/' : next;
}
