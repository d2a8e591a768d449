// A WHEP player and a WHIP encoder as others write them: a page of another site that knows an address and a token, with
// one picture and one sound, and no word of ours.
import { createServer } from 'node:http';
import { once } from 'node:events';

const page = `<!doctype html><html lang="en"><title>Player</title><video autoplay playsinline width="320"></video><script>
async function exchange(pc, url, token) {
  await pc.setLocalDescription(await pc.createOffer());
  if (pc.iceGatheringState !== 'complete') await new Promise((done) => pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && done());
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/sdp', authorization: 'Bearer ' + token }, body: pc.localDescription.sdp });
  if (answer.status !== 201) throw new Error(answer.status + ' ' + await answer.text());
  const session = new URL(answer.headers.get('location'), url);
  await pc.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
  window.hangUp = async () => { const r = await fetch(session, { method: 'DELETE', headers: { authorization: 'Bearer ' + token } }); pc.close(); return r.status; };
}
async function play(url, token) {
  const pc = new RTCPeerConnection();
  const stream = new MediaStream();
  pc.ontrack = (e) => { stream.addTrack(e.track); document.querySelector('video').srcObject = stream; };
  pc.addTransceiver('video', { direction: 'recvonly' });
  pc.addTransceiver('audio', { direction: 'recvonly' });
  await exchange(pc, url, token);
}
async function publish(url, token, codec) {
  const pc = new RTCPeerConnection();
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  const of = (kind, codecs) => pc.addTransceiver(stream.getTracks().find((t) => t.kind === kind), { direction: 'sendonly', streams: [stream] }).setCodecPreferences(codecs);
  of('video', RTCRtpSender.getCapabilities('video').codecs.filter((c) => c.mimeType === codec));
  of('audio', RTCRtpSender.getCapabilities('audio').codecs.filter((c) => c.mimeType === 'audio/opus'));
  await exchange(pc, url, token);
}
</script></html>`;

/** Serves both from an origin of its own; answers its address and how to end it. */
export async function playerSite() {
  const server = createServer((_, res) => res.setHeader('content-type', 'text/html').end(page)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}
