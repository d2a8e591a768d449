// A sentence for a person out of whatever was thrown.
import { OFFLINE, Problem } from './api';
import { t } from './lang.svelte';

/** What to show for an error of `api`: the server's sentence if it has one in words, ours else. */
export function sentence(err: unknown): string {
  if (!(err instanceof Problem)) return t('error_generic');
  if (err.code === OFFLINE) return t('error_offline');
  return err.detail || t('error_generic');
}
