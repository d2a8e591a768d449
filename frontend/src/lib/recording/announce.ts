// When the announcement of a recording is shown and spoken. A number of one recording counts once in a tab's session.
import type { Lang } from '../i18n';
import type { Schema } from '../api';
import type { Recording } from '../room.svelte';
import { keep, recall } from '../storage';

export type Plan = Schema<'RecordingPlan'>;

/** What the indicator shows. `aborted` is none, `available` is stopped; before there is one it is what the host has said. */
export type Indicated = 'none' | 'maybe' | 'planned' | 'announced' | 'recording' | 'paused' | 'stopped';

export function indicated(r: Recording | undefined, plan: Plan['intent'] = 'none'): Indicated {
  switch (r?.state) {
    case undefined:
      return plan;
    case 'announced':
    case 'recording':
    case 'paused':
      return r.state;
    case 'stopped':
    case 'available':
      return 'stopped';
    default:
      return 'none';
  }
}

/** The recording concerns people now: they have to know of it. */
export function isActive(r: Recording | undefined): boolean {
  return r?.state === 'announced' || r?.state === 'recording' || r?.state === 'paused';
}

const key = (r: Recording, what: 'shown' | 'spoken'): string => `plenum.${what}.${r.id}`;

/** Whether this announcement was shown (or spoken) in this tab before. */
export function had(r: Recording, what: 'shown' | 'spoken'): boolean {
  return Number(recall(key(r, what), 'session') ?? 0) >= r.announcement;
}

export function mark(r: Recording, what: 'shown' | 'spoken'): void {
  keep(key(r, what), String(r.announcement), 'session');
}

/**
 * Plays the spoken announcement. Where the browser wants a click first, it is played at the next click or key.
 * Answers a function that gives up.
 */
export function speak(lang: Lang, onspoken: () => void): () => void {
  const sound = new Audio();
  sound.src = `/audio/announce-${lang}.${sound.canPlayType('audio/ogg; codecs=opus') ? 'ogg' : 'mp3'}`;
  let ended = false;
  const stop = (): void => {
    ended = true;
    removeEventListener('pointerup', play);
    removeEventListener('keydown', play);
  };
  const play = (): void => {
    if (ended) return;
    sound.play().then(
      () => {
        stop();
        onspoken();
      },
      () => undefined, // blocked: the listeners below try again
    );
  };
  addEventListener('pointerup', play);
  addEventListener('keydown', play);
  play();
  return stop;
}
