import { describe, expect, it } from 'vitest';
import { judge, Meter, roundTrip, SendMeter, Verdict } from '../src/lib/quality';

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
    expect(m.read(report(51, 149))).toMatchObject({ loss: 0.01, rtt: 0.08 });
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

describe('Meter, of pictures', () => {
  const video = (id: string | undefined, packets: number, height: number) => ({ type: 'inbound-rtp', kind: 'video', packetsReceived: packets, packetsLost: 0, frameHeight: height, ...(id ? { trackIdentifier: id } : {}) });
  it('tells what came of each track in the window', () => {
    const m = new Meter();
    m.read([video('a', 10, 720), video('b', 5, 360)]);
    expect(m.read([video('a', 30, 360), video('b', 5, 360), video('c', 2, 180)])?.pictures).toEqual(
      new Map([['a', { packets: 20, height: 360 }], ['b', { packets: 0, height: 360 }], ['c', { packets: 2, height: 180 }]]),
    );
  });
  it('says nothing of pictures that it cannot tell apart', () => {
    const m = new Meter();
    expect(m.read([video('a', 10, 720), video(undefined, 5, 360)])?.pictures).toBeUndefined();
  });
});

describe('SendMeter', () => {
  const report = (sent: number, lost: number, o: { rtt?: number; available?: number; limited?: boolean } = {}) => [
    { type: 'outbound-rtp', packetsSent: sent, qualityLimitationReason: o.limited ? 'bandwidth' : 'none' },
    { type: 'remote-inbound-rtp', packetsLost: lost, roundTripTime: o.rtt ?? 0.04 },
    { type: 'candidate-pair', nominated: true, availableOutgoingBitrate: o.available ?? 2_000_000 },
  ];
  it('measures what the server missed between two reports', () => {
    const m = new SendMeter();
    m.read(report(1000, 500));
    expect(m.read(report(1100, 505, { rtt: 0.3 }))).toEqual({ loss: 0.05, rtt: 0.3 });
  });
  it('says nothing when nothing was sent', () => {
    const m = new SendMeter();
    m.read(report(10, 0));
    expect(m.read(report(10, 0))).toBeUndefined();
  });
  it('takes a line that is too narrow for a picture for a bad one, a slow start for none', () => {
    const m = new SendMeter();
    expect(judge(m.read(report(10, 0, { limited: true, available: 150_000 }))!)).toBe('poor');
    expect(judge(m.read(report(20, 0, { limited: true, available: 900_000 }))!)).toBe('good');
    expect(judge(m.read(report(30, 0, { available: 150_000 }))!)).toBe('good');
  });
  it('counts no more as lost than was sent', () => {
    expect(new SendMeter().read(report(5, 50))?.loss).toBe(1);
  });
});

describe('roundTrip', () => {
  it('is the larger of what the browser measured, in ms', () => {
    expect(roundTrip([{ type: 'candidate-pair', state: 'succeeded', currentRoundTripTime: 0.02 }, { type: 'remote-inbound-rtp', roundTripTime: 0.05 }])).toBe(50);
    expect(roundTrip([{ type: 'candidate-pair', state: 'waiting', currentRoundTripTime: 9 }])).toBeUndefined();
  });
});
