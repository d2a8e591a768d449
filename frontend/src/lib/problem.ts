// A sentence for a person out of whatever was thrown.
import { OFFLINE, Problem } from './api';
import { language, t } from './lang.svelte';

/** What to show for an error of `api`, in the language of the page: the server's sentence if it has one, ours else. */
export function sentence(err: unknown): string {
  if (!(err instanceof Problem)) return t('error_generic');
  if (err.code === OFFLINE) return t('error_offline');
  return err.details[language.current] || err.detail || t('error_generic');
}
