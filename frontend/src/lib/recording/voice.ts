// The spoken announcement. A page has one voice, whichever of its parts speaks.
import type { Lang } from '../i18n';
import type { Recording } from '../room.svelte';
import { had, mark } from './announce';

class Voice {
  #stop = (): void => undefined;
  /** The announcement that is being heard, or was. */
  #heard = '';

  /**
   * Speaks an announcement that was not heard to its end in this tab. Where the browser wants a click first, it is played
   * at the next click or key. Answers a function that no longer waits for one; what is being heard goes on, also when
   * another part of the page takes over.
   */
  speak(r: Recording, lang: Lang): () => void {
    const tag = r.id + r.announcement;
    if (had(r, 'spoken') || this.#heard === tag) return () => undefined;
    this.#stop();
    const sound = new Audio();
    sound.src = `/audio/announce-${lang}.${sound.canPlayType('audio/ogg; codecs=opus') ? 'ogg' : 'mp3'}`;
    // A page that goes takes the sound with it: only at its end was it heard.
    sound.onended = () => mark(r, 'spoken');
    const waiting = new AbortController();
    const { signal } = waiting;
    const stop = (): void => {
      waiting.abort();
      sound.pause();
    };
    const play = (): void => {
      sound.play().then(
        () => {
          if (signal.aborted) return;
          waiting.abort();
          this.#heard = tag;
        },
        () => undefined, // blocked: the next click or key tries again
      );
    };
    addEventListener('pointerup', play, { signal });
    addEventListener('keydown', play, { signal });
    this.#stop = stop;
    play();
    return () => {
      if (!signal.aborted) stop();
    };
  }
}

export const voice = new Voice();
