import { tick } from 'svelte';
import { parse, type Route } from './routes';

/** Router holds the page that the address names; links inside the host's pages change it without a reload. */
export class Router {
  route = $state<Route>(parse(location.pathname));

  /** start follows the browser's history and the links of the document until it is stopped. */
  start(): () => void {
    const back = (): void => void this.#show();
    const click = (event: MouseEvent): void => {
      if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      const link = event.target instanceof Element ? event.target.closest('a') : null;
      if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
      if (link.hash && link.pathname === location.pathname) return;
      if (parse(link.pathname).page === 'unknown') return;
      event.preventDefault();
      this.go(link.pathname + link.search + link.hash);
    };
    addEventListener('popstate', back);
    document.addEventListener('click', click);
    return () => {
      removeEventListener('popstate', back);
      document.removeEventListener('click', click);
    };
  }

  go(path: string, how: 'push' | 'replace' = 'push'): void {
    if (how === 'push') history.pushState(null, '', path);
    else history.replaceState(null, '', path);
    void this.#show();
  }

  async #show(): Promise<void> {
    this.route = parse(location.pathname);
    await tick();
    scrollTo(0, 0);
    // A new page begins at its top for keyboards and screen readers, too.
    document.querySelector<HTMLElement>('main')?.focus({ preventScroll: true });
  }
}
