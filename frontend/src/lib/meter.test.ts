import { expect, test } from 'vitest';
import { gauge, Judge, rms, SILENCE_MS } from './meter';

test('no signal is never a success, and after 5 s it is silence', () => {
  const judge = new Judge(0);
  expect(judge.push(0, 100)).toBe('waiting');
  expect(judge.push(0, SILENCE_MS - 1)).toBe('waiting');
  expect(judge.push(0, SILENCE_MS)).toBe('silent');
});

test('speech is heard, and stays heard between words', () => {
  const judge = new Judge(0);
  expect(judge.push(0.05, 100)).toBe('heard');
  expect(judge.push(0.002, 1500)).toBe('heard');
  expect(judge.push(0.002, 4000)).toBe('quiet');
  expect(judge.push(0.9, 4100)).toBe('loud');
});

test('a microphone that is switched off later is found out', () => {
  const judge = new Judge(0);
  judge.push(0.05, 100);
  expect(judge.push(0, 5099)).not.toBe('silent');
  expect(judge.push(0, 5100)).toBe('silent');
  expect(judge.push(0.05, 5200)).toBe('heard');
});

test('the scale is one of decibels', () => {
  expect(rms(new Float32Array([0.5, -0.5]))).toBeCloseTo(0.5);
  expect(rms(new Float32Array())).toBe(0);
  expect(gauge(0)).toBe(0);
  expect(gauge(0.001)).toBeCloseTo(0);
  expect(gauge(0.5)).toBeCloseTo(1, 1);
  expect(gauge(1)).toBe(1);
});
