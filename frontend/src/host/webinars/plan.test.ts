import { describe, expect, it } from 'vitest';
import { complete, draftOf, planOf } from './plan';

describe('the plan of a recording', () => {
  it('says nothing more where none is planned', () => {
    expect(planOf({ intent: 'none', purpose: 'left over', viewers: 'public', days: 3 })).toEqual({ intent: 'none' });
    expect(complete({ intent: 'none', purpose: '', viewers: 'organizer', days: null })).toBe(true);
  });
  it('needs a purpose', () => {
    expect(complete({ intent: 'maybe', purpose: '  ', viewers: 'organizer', days: null })).toBe(false);
  });
  it('leaves empty days to the server', () => {
    const plan = planOf({ intent: 'planned', purpose: ' For those who cannot come. ', viewers: 'invited', days: null });
    expect(plan).toEqual({ intent: 'planned', purpose: 'For those who cannot come.', viewers: 'invited' });
  });
  it('comes back as it was', () => {
    const plan = { intent: 'planned', purpose: 'Minutes', viewers: 'public', keep_days: 7 } as const;
    expect(planOf(draftOf(plan, 'a suggestion'))).toEqual(plan);
    expect(draftOf({ intent: 'none' }, 'a suggestion').purpose).toBe('a suggestion');
  });
});
