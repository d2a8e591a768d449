/** Takes the personal ticket out of the address's fragment, so that it stays in no history and on no screen. */
export function takeTicket(): string | undefined {
  const ticket = new URLSearchParams(location.hash.slice(1)).get('t') ?? undefined;
  if (ticket) history.replaceState(history.state, '', location.pathname + location.search);
  return ticket;
}
