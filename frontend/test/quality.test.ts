import { describe, expect, it } from 'vitest';
import { judge, Meter, Verdict } from '../src/lib/quality';

const good = { loss: 0, rtt: 0.05 };
const fair = { loss: 0.03, rtt: 0.05 };
const poor = { loss: 0.2, rtt: 0.05 };

describe('judge', () => {
  it.each([
    [0.0199, 0.249, 'good'], [0.02, 0.1, 'fair'], [0, 0.25, 'fair'], [0.0599, 0.599, 'fair'], [0.06, 0.1, 'poor'], [0, 0.6, 'poor'], [0, undefined, 'good'],
  ] as const)('loss %s, rtt %s: %s', (loss, rtt, word) => {
    expect(judge({ loss, rtt })).toBe(word);
  });
});

describe('Verdict', () => {
  it('does not change by one bad window', () => {
    const v = new Verdict();
    expect([good, poor, good, good].map((w) => v.add(w))).toEqual(['good', 'good', 'good', 'good']);
  });
  it('changes when two of three windows agree, and comes back the same way', () => {
    const v = new Verdict();
    expect([good, poor, poor, good, good].map((w) => v.add(w))).toEqual(['good', 'good', 'poor', 'poor', 'good']);
  });
  it('keeps its word when three windows say three things', () => {
    const v = new Verdict();
    expect([poor, poor, fair, good].map((w) => v.add(w))).toEqual(['good', 'poor', 'poor', 'poor']);
  });
});

describe('Meter', () => {
  const report = (lost: number, received: number) => [
    { type: 'inbound-rtp', packetsLost: lost, packetsReceived: received },
    { type: 'inbound-rtp', packetsLost: 0, packetsReceived: 0 },
    { type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.08 },
  ];
  it('measures between two reports, not since the beginning', () => {
    const m = new Meter();
    m.read(report(50, 50));
    expect(m.read(report(51, 149))).toEqual({ loss: 0.01, rtt: 0.08 });
  });
  it('says nothing when nothing came', () => {
    const m = new Meter();
    m.read(report(0, 10));
    expect(m.read(report(0, 10))).toBeUndefined();
  });
  it('takes a repaired loss for none', () => {
    const m = new Meter();
    m.read(report(10, 90));
    expect(m.read(report(5, 190))?.loss).toBe(0);
  });
});
