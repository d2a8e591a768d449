// localStorage and sessionStorage that never throw: with storage blocked the page works and forgets.

export function recall(key: string, store: 'local' | 'session' = 'local'): string | null {
  try {
    return (store === 'local' ? localStorage : sessionStorage).getItem(key);
  } catch {
    return null;
  }
}

/** Whether what is kept is there when the page is opened again. */
export function lasting(): boolean {
  const probe = 'plenum.probe';
  keep(probe, '1');
  const kept = recall(probe) !== null;
  keep(probe, null);
  return kept;
}

export function keep(key: string, value: string | null, store: 'local' | 'session' = 'local'): void {
  try {
    const s = store === 'local' ? localStorage : sessionStorage;
    if (value === null) s.removeItem(key);
    else s.setItem(key, value);
  } catch {
    // full or forbidden: the choice lives as long as the page
  }
}
