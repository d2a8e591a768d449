// Captions as the server writes them: times and plain words (recorder/vtt).

export interface Cue {
  from: number; // ms in the one film without a cut
  to: number;
  text: string;
}

const stamp = (text: string): number => text.split(':').reduce((sum, p) => sum * 60 + Number(p), 0) * 1000;
const words = (text: string): string => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

/** readCues reads them in their order. */
export function readCues(vtt: string): Cue[] {
  return vtt.split('\n\n').slice(1).map((block) => {
    const [times = '', ...lines] = block.trim().split('\n');
    const [from = '', to = ''] = times.split(' --> ');
    return { from: Math.round(stamp(from)), to: Math.round(stamp(to)), text: words(lines.join('\n')) };
  });
}

/** said: what is to be read at that moment of the film, one line or more. */
export function said(cues: readonly Cue[], ms: number): string {
  return cues.filter((c) => c.from <= ms && ms < c.to).map((c) => c.text).join('\n');
}

/** The languages that are offered for new captions. */
export const LANGUAGES = ['de', 'en', 'fr', 'es', 'it', 'nl', 'pl', 'pt', 'tr', 'uk', 'ru', 'ar'] as const;

/** How large they are shown, as a share of their usual size. */
export const SIZES = ['1', '1.4', '1.9'] as const;

/** languageName says a language in another, or its code where nobody knows it. */
export function languageName(code: string, said: string): string {
  try {
    return new Intl.DisplayNames([said], { type: 'language' }).of(code) ?? code;
  } catch {
    return code;
  }
}
