// The words for chapters, in the language of the page.
import { t } from '../i18n';
import type { Chapter } from './score';

export function titleOf(c: Chapter): string {
  if (c.kind === 'poll' || c.kind === 'question') return c.title;
  if (c.kind === 'screen') return c.title ? t('screen_of', { name: c.title }) : t('chapter_screen');
  return t(`chapter_${c.kind}`);
}
