// A camera and a microphone that say in every picture and every moment of sound which phase of the story they belong to:
// four bars between two white ones are the phase's number, and so is the pitch. What is in a file can then be asked when
// it was captured.
import { execFileSync } from 'node:child_process';

export const phases = 16;
const pitch = (phase) => 500 + 200 * phase;

/** Puts the devices into every page of a person. A page begins with the phase that was set last. */
export function coded(page, first) {
  return page.context().addInitScript(
    ([first, base, step]) => {
      if (!navigator.mediaDevices) return;
      const kept = 'coded-phase';
      let phase = Number(sessionStorage.getItem(kept) ?? first);
      let armed;
      let tone;
      const paint = (ctx, n) => {
        const bars = [1, phase & 8, phase & 4, phase & 2, phase & 1, 1];
        bars.forEach((on, i) => {
          ctx.fillStyle = on ? '#fff' : '#000';
          ctx.fillRect((i * ctx.canvas.width) / 6, 0, ctx.canvas.width / 6 + 1, ctx.canvas.height);
        });
        ctx.fillStyle = '#888'; // something moves, so that no picture is left out
        ctx.fillRect((n * 7) % ctx.canvas.width, ctx.canvas.height - 6, 6, 6);
      };
      let repaint = () => undefined;
      window.setPhase = (p) => {
        phase = p;
        sessionStorage.setItem(kept, String(p));
        if (tone) tone.frequency.value = base + step * p;
        repaint();
      };
      window.armPhase = (p) => (armed = p);
      addEventListener(
        'click',
        () => {
          if (armed === undefined) return;
          window.setPhase(armed);
          armed = undefined;
        },
        true, // before the page hears of the click
      );
      navigator.mediaDevices.getUserMedia = async ({ audio, video }) => {
        const tracks = [];
        if (video) {
          const canvas = Object.assign(document.createElement('canvas'), { width: 384, height: 216 });
          const ctx = canvas.getContext('2d');
          let n = 0;
          repaint = () => paint(ctx, n++);
          repaint();
          setInterval(() => repaint(), 1000 / 15);
          tracks.push(...canvas.captureStream(15).getVideoTracks());
        }
        if (audio) {
          const sound = new AudioContext();
          tone = sound.createOscillator();
          tone.frequency.value = base + step * phase;
          const quiet = new GainNode(sound, { gain: 0.3 });
          const out = sound.createMediaStreamDestination();
          tone.connect(quiet).connect(out);
          tone.start();
          tracks.push(...out.stream.getAudioTracks());
        }
        return new MediaStream(tracks);
      };
    },
    [first, pitch(0), pitch(1) - pitch(0)],
  );
}

export const setPhase = (page, phase) => page.evaluate((p) => window.setPhase(p), phase);

/** The next click on the page changes the phase before the page itself hears of it. */
export const armPhase = (page, phase) => page.evaluate((p) => window.armPhase(p), phase);

/** How many pictures of a file belong to each phase; 'unclear' counts those that belong to none. */
export function picturePhases(file) {
  const raw = execFileSync('ffmpeg', ['-v', 'fatal', '-i', file, '-map', '0:v:0', '-vf', 'crop=iw:ih*3/4:0:0,scale=6:1:flags=area', '-fps_mode', 'passthrough', '-f', 'rawvideo', '-pix_fmt', 'gray', '-'], { maxBuffer: 1 << 28 });
  const count = {};
  for (let i = 0; i + 6 <= raw.length; i += 6) {
    const bars = [...raw.subarray(i, i + 6)];
    const clear = bars[0] > 160 && bars[5] > 160 && bars.every((v) => v < 90 || v > 160);
    const phase = clear ? bars.slice(1, 5).reduce((n, v) => 2 * n + Number(v > 160), 0) : 'unclear';
    count[phase] = (count[phase] ?? 0) + 1;
  }
  return count;
}

/** How many moments of 20 ms of a file sound like each phase; silence and changes are counted for none. */
export function soundPhases(file) {
  const rate = 16000;
  const raw = execFileSync('ffmpeg', ['-v', 'error', '-i', file, '-map', '0:a:0', '-ac', '1', '-ar', String(rate), '-f', 's16le', '-'], { maxBuffer: 1 << 28 });
  const samples = new Int16Array(raw.buffer, raw.byteOffset, raw.length >> 1);
  const n = rate / 50;
  const count = {};
  for (let at = 0; at + n <= samples.length; at += n) {
    const loud = Array.from({ length: phases }, (_, p) => strength(samples, at, n, pitch(p) / rate));
    const best = loud.indexOf(Math.max(...loud));
    if (loud[best] > 0.02 && loud.every((v, p) => p === best || v < loud[best] / 2)) count[best] = (count[best] ?? 0) + 1;
  }
  return count;
}

/** Goertzel's algorithm behind a Hann window, which keeps neighbouring pitches apart. */
function strength(samples, at, n, turns) {
  const w = 2 * Math.cos(2 * Math.PI * turns);
  let s1 = 0, s2 = 0;
  for (let i = 0; i < n; i++) {
    const x = (samples[at + i] / 32768) * (1 - Math.cos((2 * Math.PI * i) / n));
    [s1, s2] = [x + w * s1 - s2, s1];
  }
  return (2 * Math.sqrt(Math.max(0, s1 * s1 + s2 * s2 - w * s1 * s2))) / n;
}
