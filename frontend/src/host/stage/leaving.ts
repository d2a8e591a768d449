/**
 * Calls `leave` when the page goes. One that the browser kept whole comes back without devices and connections, so it
 * begins anew. Answers the function that stops listening.
 */
export function onLeaving(leave: () => void): () => void {
  const show = (e: PageTransitionEvent): void => {
    if (e.persisted) location.reload();
  };
  addEventListener('pagehide', leave);
  addEventListener('pageshow', show);
  return () => {
    removeEventListener('pagehide', leave);
    removeEventListener('pageshow', show);
  };
}
