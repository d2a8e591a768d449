// Why there is no ballot paper, for the person who would have voted with it.
import { Problem } from '../../lib/api';
import { sentence } from '../../lib/problem';
import { t } from '../words';

/** `code` of the Problem that stands for a browser without Web Crypto, as on plain HTTP. */
export const NO_CRYPTO = 'no-crypto';

/** `code` of the Problem that stands for a browser that keeps nothing, as in many frames of other sites: a paper would be lost. */
export const NO_MEMORY = 'no-memory';

export function refusal(error: unknown): string {
  switch (error instanceof Problem ? error.code : '') {
    case 'already-voted': return t('paper_gone');
    case NO_CRYPTO: return t('paper_no_crypto');
    case NO_MEMORY: return t('paper_no_memory');
    default: return sentence(error);
  }
}
