// A voter's own proof: a secret that never leaves this browser, and the hash under which the ballot lies.
import type { Schema } from './api';
import { keep, recall } from './storage';

export interface StoredVote {
  /** 32 random bytes in hex; whoever knows them can prove the ballot. Stays here. */
  secret: string;
  /** SHA-256 of the secret's bytes, in hex: what the server is told. */
  receipt: string;
  answer: Schema<'Answer'>;
  /** The ballot in whose place this one is to be put; absent once it is there. */
  replaces?: StoredVote;
  /** When the server had stored it, RFC 3339; absent while unconfirmed. */
  storedAt?: string;
}

export const voteKey = (poll: string): string => `plenum.vote.${poll}`;

const hex = (bytes: Uint8Array): string => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');

/**
 * Hash of a secret in hex. Browsers hide Web Crypto on plain HTTP, where a phone in the local network votes; there a
 * library does the same, fetched only then.
 */
export async function receiptOf(secret: string): Promise<string> {
  const bytes = Uint8Array.from(secret.match(/../g) ?? [], (h) => Number.parseInt(h, 16));
  if ((crypto as { subtle?: SubtleCrypto }).subtle) return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
  const { sha256 } = await import('@noble/hashes/sha2.js');
  return hex(sha256(bytes));
}

/** A fresh secret with its receipt. */
export async function newSecret(): Promise<{ secret: string; receipt: string }> {
  const secret = hex(crypto.getRandomValues(new Uint8Array(32)));
  return { secret, receipt: await receiptOf(secret) };
}

/** A ballot with this answer, under a secret of its own. */
export async function newVote(answer: Schema<'Answer'>): Promise<StoredVote> {
  return { ...(await newSecret()), answer };
}

export function storeVote(poll: string, vote: StoredVote | null): void {
  keep(voteKey(poll), vote && JSON.stringify(vote));
}

/** What this browser has cast in a poll, undefined if nothing or unreadable. */
export function storedVote(poll: string): StoredVote | undefined {
  try {
    const v = JSON.parse(recall(voteKey(poll)) ?? 'null') as StoredVote | null;
    return v && typeof v.receipt === 'string' && typeof v.answer === 'object' ? v : undefined;
  } catch {
    return undefined;
  }
}

/** The first half of a receipt in groups of four, for reading out: `3F2A-90C1-…`. */
export function shortReceipt(receipt: string): string {
  return (receipt.slice(0, 16).match(/.{4}/g) ?? []).join('-').toUpperCase();
}

/** A time in Unix milliseconds as it is stored. */
export const stamp = (ms: number): string => new Date(ms).toISOString();
