import { describe, expect, it } from 'vitest';
import { localTime, planForm, planOf, planPart } from './plan';

describe('the plan of a poll', () => {
  it('is by hand and as usual when nothing is said', () => {
    expect(planPart(planForm(undefined))).toEqual({});
  });
  it('sends one way to close, never two', () => {
    const form = { ...planForm(undefined), seconds: 90, until: '2027-01-31T18:00' };
    expect(planPart({ ...form, closing: 'time' })).toEqual({ open_for_ms: 90_000 });
    expect(planPart({ ...form, closing: 'survey' })).toEqual({ survey_until: new Date('2027-01-31T18:00').toISOString() });
    expect(planPart({ ...form, closing: 'hand', results: 'hidden', series: '  Wahl ' })).toEqual({ results: 'hidden', series: 'Wahl' });
  });
  it('misses the date of a survey', () => {
    expect(planPart({ ...planForm(undefined), closing: 'survey' })).toBeUndefined();
  });
  it('shows a date in the time of the browser', () => {
    expect(new Date(localTime('2027-01-31T18:00:00Z')).toISOString()).toBe('2027-01-31T18:00:00.000Z');
  });
});

it('a quiz brings its clock and takes it along, but not what the host chose', () => {
  const f = planForm(undefined);
  Object.assign(f, planOf(true, f));
  expect([f.closing, f.seconds]).toEqual(['time', 20]);
  Object.assign(f, planOf(false, f));
  expect([f.closing, f.seconds]).toEqual(['hand', 60]);
  Object.assign(f, { closing: 'time', seconds: 90 });
  for (const quiz of [true, false]) expect(planOf(quiz, f)).toEqual({});
  expect(planOf(true, { ...f, closing: 'survey' })).toEqual({});
});
