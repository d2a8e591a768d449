// Looks into recorded files with the tools that others use.
import { execFileSync, spawnSync } from 'node:child_process';

const run = (command, ...args) => {
  const r = spawnSync(command, args, { maxBuffer: 1 << 28 });
  if (r.error) throw r.error;
  return { code: r.status, out: r.stdout, text: `${r.stdout}${r.stderr}` };
};

/** What three strict readers complain about, in words; empty when the file is sound. */
export function complaints(file) {
  const found = [];
  const info = run('webm_info', '-cues', '-i', file);
  if (info.code !== 0 || /error|invalid/i.test(info.text)) found.push(`webm_info: ${info.text.slice(0, 500)}`);
  const merge = run('mkvmerge', '-o', `${file}.mkv`, file);
  if (merge.code !== 0) found.push(`mkvmerge: ${merge.text.slice(-500)}`);
  const ff = run('ffmpeg', '-v', 'warning', '-i', file, '-c', 'copy', '-f', 'null', '-');
  if (ff.code !== 0 || ff.text.trim()) found.push(`ffmpeg: ${ff.text.slice(0, 500)}`);
  return found;
}

export function probe(file) {
  const { format, streams } = JSON.parse(execFileSync('ffprobe', ['-v', 'error', '-print_format', 'json', '-show_format', '-show_streams', file]));
  return { duration: Number(format.duration), codecs: streams.map((s) => s.codec_name).sort() };
}

/** How many packets of sound a file holds, which may be growing. */
export function soundPackets(file) {
  const { text } = run('ffprobe', '-v', 'quiet', '-select_streams', 'a:0', '-count_packets', '-show_entries', 'stream=nb_read_packets', '-of', 'default=nw=1:nk=1', file);
  return Number.parseInt(text, 10) || 0;
}

/** The mean colour of every frame, [r, g, b] from 0 to 255. */
export function colours(file) {
  const raw = execFileSync('ffmpeg', ['-v', 'error', '-i', file, '-map', '0:v:0', '-vf', 'scale=1:1:flags=area', '-fps_mode', 'passthrough', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'], { maxBuffer: 1 << 28 });
  return Array.from({ length: raw.length / 3 }, (_, i) => [raw[3 * i], raw[3 * i + 1], raw[3 * i + 2]]);
}

/** Loudness of one pitch in each 100 ms of a file, from 0 to 1 (Goertzel). */
export function tone(file, hertz) {
  const rate = 16000;
  const raw = execFileSync('ffmpeg', ['-v', 'error', '-i', file, '-map', '0:a:0', '-ac', '1', '-ar', String(rate), '-f', 's16le', '-'], { maxBuffer: 1 << 28 });
  const samples = new Int16Array(raw.buffer, raw.byteOffset, raw.length >> 1);
  const n = rate / 10;
  const w = 2 * Math.cos((2 * Math.PI * hertz) / rate);
  const loud = [];
  for (let at = 0; at + n <= samples.length; at += n) {
    let s1 = 0, s2 = 0;
    for (let i = 0; i < n; i++) [s1, s2] = [samples[at + i] / 32768 + w * s1 - s2, s1];
    loud.push((2 * Math.sqrt(Math.max(0, s1 * s1 + s2 * s2 - w * s1 * s2))) / n);
  }
  return loud;
}
