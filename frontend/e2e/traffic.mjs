// What a browser says of the media that it gets, summed over every connection of the page that is up.
import assert from 'node:assert/strict';

/** Packets lost, packets of sound and of pictures, pictures decoded, loudness so far, and the ciphers in use. */
export function received(page) {
  return page.evaluate(async () => {
    const stats = await window.plenumStats();
    const inbound = stats.filter((s) => s.type === 'inbound-rtp');
    const sum = (kind, key) => inbound.filter((s) => !kind || s.kind === kind).reduce((n, s) => n + (s[key] ?? 0), 0);
    return {
      lost: sum('', 'packetsLost'),
      sound: sum('audio', 'packetsReceived'),
      pictures: sum('video', 'packetsReceived'),
      decoded: sum('video', 'framesDecoded'),
      energy: sum('audio', 'totalAudioEnergy'),
      ciphers: [...new Set(stats.filter((s) => s.type === 'transport').map((s) => s.srtpCipher))],
      widths: inbound.filter((s) => s.frameWidth).map((s) => s.frameWidth),
    };
  });
}

/** Nothing was lost on the way, sound and pictures came, and they were encrypted as the server wants it. */
export async function assertWhole(page, who) {
  let got = await received(page);
  // A packet that is missing at this moment may be asked for and come again.
  for (const end = Date.now() + 3000; got.lost > 0 && Date.now() < end; await page.waitForTimeout(100)) got = await received(page);
  const told = `${who}: ${JSON.stringify(got)}`;
  assert.equal(got.lost, 0, told);
  assert.ok(got.sound > 0 && got.energy > 0, told);
  assert.ok(got.pictures > 0 && got.decoded > 0, told);
  assert.deepEqual(got.ciphers, ['SRTP_AEAD_AES_128_GCM'], told);
  return got;
}

/** Waits until another n packets of sound have come. */
export async function sounds(page, n = 50) {
  const from = (await received(page)).sound;
  for (const end = Date.now() + 15_000; Date.now() < end; await page.waitForTimeout(200)) {
    if ((await received(page)).sound >= from + n) return;
  }
  throw new Error(`fewer than ${n} packets of sound within 15 s`);
}
