// Our own small i18n: flat JSON catalogs, `key_one`/`key_other` for plurals, {name} for values. No framework in here.

export const LANGS = ['de', 'en'] as const;
export type Lang = (typeof LANGS)[number];
export type Catalog = Readonly<Record<string, string>>;
export type Params = Readonly<Record<string, string | number>>;

/** The keys of a catalog as code writes them: `votes_one` and `votes_other` are the one key `votes`. */
export type KeyOf<C> = {
  [K in keyof C & string]: K extends `${infer Base}_one` | `${infer Base}_other` ? Base : K;
}[keyof C & string];

const plurals: Record<Lang, Intl.PluralRules> = { de: new Intl.PluralRules('de'), en: new Intl.PluralRules('en') };
const numbers: Record<Lang, Intl.NumberFormat> = { de: new Intl.NumberFormat('de'), en: new Intl.NumberFormat('en') };

/** Looks a key up and fills it; `params.n` chooses the plural form. An unknown key answers itself. */
export function format(catalog: Catalog, lang: Lang, key: string, params: Params = {}): string {
  const n = params['n'];
  const form = typeof n === 'number' ? catalog[`${key}_${plurals[lang].select(n)}`] : undefined;
  const text = form ?? catalog[`${key}_other`] ?? catalog[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? numbers[lang].format(value) : value;
  });
}

/** The language to start with: an earlier choice, else the first one of the browser that we have, else English. */
export function negotiate(stored: string | null, wanted: readonly string[]): Lang {
  for (const tag of [stored ?? '', ...wanted]) {
    const base = tag.toLowerCase().split('-')[0];
    const found = LANGS.find((l) => l === base);
    if (found) return found;
  }
  return 'en';
}
