// The relays that the server names with an answer. Apart from ice.ts, which only those load who have a connection.

/** relaysOf reads the relays out of a `Link` header (RFC 9725, section 4.6). */
export function relaysOf(header: string | null): RTCIceServer[] {
  const relays: RTCIceServer[] = [];
  for (const [, url = '', rest = ''] of (header ?? '').matchAll(/<([^>]*)>((?:\s*;\s*[\w-]+="[^"]*")*)/g)) {
    const named = new Map([...rest.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]));
    if (named.get('rel') !== 'ice-server') continue;
    relays.push({ urls: url, username: named.get('username') ?? '', credential: named.get('credential') ?? '' });
  }
  return relays;
}
