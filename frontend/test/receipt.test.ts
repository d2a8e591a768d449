// @vitest-environment happy-dom
import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { newVote, receiptOf, shortReceipt, storedVote, storeVote, voteKey } from '../src/lib/receipt';

describe('receipt', () => {
  beforeEach(() => localStorage.clear());

  it('is the SHA-256 of 32 random bytes', async () => {
    const vote = await newVote({ options: ['a'] });
    expect(vote.secret).toMatch(/^[0-9a-f]{64}$/);
    expect(vote.receipt).toBe(createHash('sha256').update(Buffer.from(vote.secret, 'hex')).digest('hex'));
    expect((await newVote({ options: ['a'] })).secret).not.toBe(vote.secret);
  });

  it('agrees with a known value', async () => {
    expect(await receiptOf('00'.repeat(32))).toBe('66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925');
  });

  it('is kept and found again', async () => {
    const vote = await newVote({ options: ['b', 'c'] });
    storeVote('q', { ...vote, storedAt: '2026-01-01T00:00:00Z' });
    expect(storedVote('q')).toEqual({ ...vote, storedAt: '2026-01-01T00:00:00Z' });
    expect(storedVote('other')).toBeUndefined();
    storeVote('q', null);
    expect(storedVote('q')).toBeUndefined();
  });

  it('survives rubbish in the storage', () => {
    for (const rubbish of ['', '{', 'null', '1', '{"receipt":1}', '[]']) {
      localStorage.setItem(voteKey('q'), rubbish);
      expect(storedVote('q')).toBeUndefined();
    }
  });

  it('reads out in groups', () => {
    expect(shortReceipt('3f2a90c1d4e5b6a7ffff')).toBe('3F2A-90C1-D4E5-B6A7');
  });
});
