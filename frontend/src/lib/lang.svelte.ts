// The language of this tab as reactive state. Each entry registers loaders for its catalogs before it mounts.
import type common from '../i18n/common.en.json';
import { type Catalog, format, type KeyOf, type Lang, negotiate, type Params } from './i18n';
import { keep, recall } from './storage';

export type CommonKey = KeyOf<typeof common>;
export type Loader = (lang: Lang) => Promise<{ default: Catalog }>;
export type Translate<K extends string> = (key: K, params?: Params) => string;

const KEY = 'plenum.lang';
/** Dates and times of English are the European ones: 24 November 2026, 18:00. */
const LOCALE: Record<Lang, string> = { de: 'de-DE', en: 'en-GB' };
const loadCommon: Loader = (lang) => (lang === 'de' ? import('../i18n/common.de.json') : import('../i18n/common.en.json'));

class Language {
  /** The language on the screen. Change it with `use`. */
  current = $state<Lang>('en');
  #catalog = $state.raw<Catalog>({});
  #loaders: Loader[] = [loadCommon];

  /** Loads the catalogs of an entry in the person's language; call once before mounting. */
  async start(...loaders: Loader[]): Promise<void> {
    this.#loaders = [loadCommon, ...loaders];
    const asked = new URLSearchParams(location.search).get('lang');
    await this.#load(negotiate(asked ?? recall(KEY), navigator.languages));
  }

  /** Adds a catalog that is needed from now on; `below`: where words are there already, those stay. */
  async add(loader: Loader, below = false): Promise<void> {
    if (!this.#loaders.includes(loader)) this.#loaders.splice(below ? 1 : this.#loaders.length, 0, loader);
    const lang = this.current;
    const more = (await loader(lang)).default;
    if (lang === this.current) this.#catalog = below ? { ...more, ...this.#catalog } : { ...this.#catalog, ...more };
  }

  /** Switches the language and remembers it. Throws where its words cannot be had; then all stays as it was. */
  async use(lang: Lang): Promise<void> {
    await this.#load(lang);
    keep(KEY, lang);
  }

  /** Takes the language of what is shown, unless this browser's person has chosen one. */
  async adopt(lang: Lang): Promise<void> {
    if (recall(KEY) === null && lang !== this.current) await this.#load(lang);
  }

  async #load(lang: Lang): Promise<void> {
    const loaders = [...this.#loaders];
    const parts = await Promise.all(loaders.map((load) => load(lang)));
    if (loaders.length < this.#loaders.length) return this.#load(lang); // one was added meanwhile
    this.#catalog = Object.assign({}, ...parts.map((p) => p.default)) as Catalog;
    this.current = lang;
    document.documentElement.lang = lang;
  }

  text(key: string, params?: Params): string {
    return format(this.#catalog, this.current, key, params);
  }

  /** Date and time in words, such as "24. November 2026 um 18:00 Uhr": the last word is what Intl leaves out. */
  dateTime(iso: string): string {
    return new Intl.DateTimeFormat(LOCALE[this.current], { dateStyle: 'long', timeStyle: 'short' }).format(new Date(iso)) + (this.current === 'de' ? ' Uhr' : '');
  }

  date(iso: string): string {
    return new Intl.DateTimeFormat(LOCALE[this.current], { dateStyle: 'long' }).format(new Date(iso));
  }

  time(iso: string): string {
    return new Intl.DateTimeFormat(LOCALE[this.current], { timeStyle: 'short' }).format(new Date(iso));
  }

  number(n: number): string {
    return new Intl.NumberFormat(LOCALE[this.current]).format(n);
  }

  /** A share as whole percent, `43 %` or `43%`. */
  percent(n: number): string {
    return new Intl.NumberFormat(LOCALE[this.current], { style: 'percent' }).format(n);
  }
}

export const language = new Language();

/** The translator of the common catalog; an entry has its own, typed with its keys too: see `translator`. */
export const t: Translate<CommonKey> = (key, params) => language.text(key, params);

/** A translator for the keys of one entry: `export const t = translator<KeyOf<typeof attendee>>()`. */
export function translator<K extends string>(): Translate<K | CommonKey> {
  return (key, params) => language.text(key, params);
}
