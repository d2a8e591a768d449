// @vitest-environment happy-dom
import { beforeAll, describe, expect, it } from 'vitest';
import { language } from '../../lib/lang.svelte';
import { load } from '../i18n';
import { summary } from './health';

describe('summary', () => {
  beforeAll(() => language.start(load));

  it.each([
    [0, 0, 0, 0, 'Nobody is connected yet'],
    [1, 0, 0, 0, '1 connected'],
    [128, 0, 128, 128, '128 connected · sound fine for all'],
    [128, 3, 128, 127, '128 connected · 3 with a weak line · sound fine for 127'],
    [1280, 1, 0, 0, '1,280 connected · 1 with a weak line'],
    [2, 2, 2, 0, '2 connected · 2 with a weak line · sound fine for 0'],
  ])('%i connected, %i poor, %i of sound, %i fine: %s', (connected, poor, sound, sound_ok, text) => {
    expect(summary({ connected, poor, sound, sound_ok })).toBe(text);
  });
});
