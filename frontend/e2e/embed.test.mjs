// The poll of a webinar in a frame of another site, over TLS as sites are: the site that the host has named votes, one
// that was not named gets nothing from the browser.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';
import { after, before, test } from 'node:test';
import { Cast, pictured } from './browser.mjs';
import { certificate } from './certificate.mjs';
import { accessible, complaints, lit } from './looks.mjs';
import { Server } from './server.mjs';
import { becomes, createWebinar, makeAccount, preparePoll } from './steps.mjs';

/** Where pictures are put, if anywhere. */
const album = process.env.PLENUM_PICTURES;
const question = 'Which topic shall we look at next?';

let server, cast, browser, dir, host, reader, allowed, refused, webinar;

/** A site of somebody else: one page with the frame that its address names. */
async function site() {
  const other = createServer((req, res) => {
    const src = new URL(req.url, 'http://localhost').searchParams.get('frame');
    res.setHeader('Content-Type', 'text/html; charset=utf-8');
    res.end(`<!doctype html><html lang="en"><title>News of a charity</title><body style="font:18px/1.5 Georgia,serif;max-width:42rem;margin:2rem auto;padding:0 1rem"><h1>News of a charity</h1><p>What do our readers think?</p>${src ? `<iframe src="${src}" title="Poll" width="100%" height="560" style="border:0"></iframe>` : ''}</body></html>`);
  });
  await new Promise((done) => other.listen(0, '127.0.0.1', done));
  return { origin: `http://localhost:${other.address().port}`, close: () => new Promise((done) => other.close(done)) };
}

before(async () => {
  dir = mkdtempSync(path(tmpdir(), 'plenum-embed-'));
  const { cert, key } = certificate(dir);
  // 127.0.0.1 and localhost are two sites for a browser: what is in the frame is a third party.
  server = await Server.start({ env: { PLENUM_TLS_CERT: cert, PLENUM_TLS_KEY: key } });
  server.url = server.url.replace('localhost', '127.0.0.1');
  server.setupLink = server.setupLink.replace('localhost', '127.0.0.1');
  [allowed, refused] = await Promise.all([site(), site()]);
  cast = new Cast();
  browser = await cast.browser();
  const page = async () => (await browser.newContext({ locale: 'en', ignoreHTTPSErrors: true, viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' })).newPage();
  [host, reader] = [await page(), await page()];
  for (const p of [host, reader]) p.setDefaultTimeout(20_000);
  await makeAccount(host, server);
  webinar = await createWebinar(host, 'Open data for charities');
  await preparePoll(host, question, ['Consent in practice', 'Captions for everybody']);
});

after(async () => {
  await cast?.close();
  await Promise.all([allowed?.close(), refused?.close()]);
  await server?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const told = (name, run) => test(name, () => pictured(name, () => [host, reader], run));
const asHost = (method, what, body) => host.evaluate(async ([m, url, sent]) => {
  const csv = typeof sent === 'string';
  const r = await fetch(url, { method: m, ...(sent ? { headers: { 'Content-Type': csv ? 'text/csv' : 'application/json' }, body: csv ? sent : JSON.stringify(sent) } : {}) });
  if (!r.ok) throw new Error(`${m} ${url}: ${await r.text()}`);
  return r.json();
}, [method, `/api/webinars/${webinar.id}${what}`, body]);
const link = () => `${server.url}/embed/poll/${webinar.id}`;
const framed = () => reader.frames().find((f) => f.url().includes('/embed/poll/'));

async function look(page, name, width = 1280, scheme = 'light') {
  await page.setViewportSize({ width, height: 844 });
  await lit(page, scheme);
  if (album) await page.screenshot({ path: path(album, `${name.replace(/\W+/g, '-')}-${width}-${scheme}.png`), fullPage: true });
}

told('no site may show it until the host names one', async () => {
  await reader.goto(link());
  await reader.getByRole('alert').filter({ hasText: 'No other site may show these polls yet.' }).waitFor();
  assert.deepEqual(await complaints(reader, { lang: 'en' }), []);
  const blocked = reader.waitForEvent('console', (m) => m.type() === 'error' && /frame-ancestors/.test(m.text()));
  await reader.goto(`${allowed.origin}/?frame=${link()}`);
  await blocked;
});

told('the host names a site and copies the frame', async () => {
  await host.goto(`${server.url}/webinars/${webinar.id}`);
  await host.getByRole('heading', { name: 'Show on other sites' }).click();
  const sites = host.getByLabel('Sites that may show it');
  await sites.fill('http://news.example/page');
  await host.getByRole('button', { name: 'Save sites' }).click();
  await host.getByRole('alert').filter({ hasText: 'This is no address of a site' }).waitFor();
  await sites.fill(`${allowed.origin}\nhttps://www.charity.example`);
  await host.getByRole('button', { name: 'Save sites' }).click();
  await host.getByText('2 sites').waitFor();
  const frame = await host.getByRole('textbox', { name: 'Frame for your page' }).inputValue();
  assert.match(frame, /^<iframe src="https:\/\/[^"]+\/embed\/poll\/[a-z2-7]{26}" title="Open data for charities"/);
  for (const [width, scheme] of [[1280, 'light'], [390, 'dark']]) {
    await look(host, 'host, other sites', width, scheme);
    assert.deepEqual(await complaints(host, { lang: 'en' }), []);
  }
  await look(host, 'host, other sites');
});

told('in a frame of that site: a vote, kept over a reload, with a cookie for that site alone', async () => {
  await reader.goto(`${allowed.origin}/?frame=${link()}`);
  const frame = reader.frameLocator('iframe');
  await frame.getByRole('heading', { name: 'No poll yet' }).waitFor();
  const { id } = (await asHost('GET', '/polls'))[0];
  await asHost('POST', `/polls/${id}/open`);
  await frame.getByRole('radio', { name: 'Captions for everybody' }).check();
  await look(reader, 'embed, open');
  await look(reader, 'embed, open', 390, 'dark');
  await becomes(() => accessible(framed()), []); // the frame follows its page a moment later
  await look(reader, 'embed, open');
  await frame.getByRole('button', { name: 'Send answer' }).click();
  await frame.getByText('Still open').waitFor();
  await look(reader, 'embed, voted');
  const kept = (await reader.context().cookies()).filter((c) => c.name.includes('plenum_seat'));
  assert.equal(kept.length, 1);
  assert.match(kept[0].name, /^__Host-.*_frame$/);
  assert.deepEqual([kept[0].sameSite, kept[0].secure, kept[0].httpOnly], ['None', true, true]);
  assert.match(kept[0].partitionKey ?? '', /^http:\/\/localhost/);
  await reader.reload();
  await frame.getByText('Still open').waitFor();
  assert.equal(await frame.getByRole('radio').count(), 0, 'the same reader has voted');
  assert.equal((await asHost('GET', '/polls'))[0].tally.total, 1);
  // The frame can name one poll as well.
  await reader.goto(`${allowed.origin}/?frame=${server.url}/embed/poll/${id}`);
  await reader.frameLocator('iframe').getByRole('heading', { name: question }).waitFor();
});

told('a motion: who brings the personal link along votes in the frame, and who does not reads why', async () => {
  const [{ link: personal }] = await asHost('POST', '/assembly/members', 'number,name,votes,proxy\n1,Anna Ångström,2,\n2,Bert Muster,1,1\n3,Cem Aydın,1,\n');
  await asHost('PUT', '/assembly/rules', { quorum: 50, heads: false });
  const question = 'Shall the yearly fee be 30 €?';
  const motion = await asHost('POST', '/polls', { question, kind: 'single', options: ['For', 'Against', 'Abstain'], rules: {}, key: 'f'.repeat(32), secrecy: 'named', motion: { majority: 'simple', heads: false, abstain: true } });
  const frame = reader.frameLocator('iframe');
  const card = frame.getByRole('region', { name: question });
  await reader.goto(`${allowed.origin}/?frame=${link()}`);
  await frame.getByText('No quorum yet').waitFor();
  await asHost('POST', `/polls/${motion.id}/open`, { small_classes: true });
  await card.getByText('Are you one of them? Then open the link that was sent to you.').waitFor();
  assert.equal(await card.getByRole('radio').count(), 0);
  await look(reader, 'embed, motion, a guest', 390, 'dark');
  await becomes(() => accessible(framed()), []); // the frame follows its page a moment later
  await look(reader, 'embed, motion, a guest');

  const at = (ticket) => `${allowed.origin}/?frame=${encodeURIComponent(`${link()}#t=${ticket}`)}`;
  await reader.goto(at('nosuchticket'));
  await frame.getByText('This personal link is no longer valid').waitFor();
  await reader.goto(at(personal.split('#t=')[1]));
  await frame.getByText('You are on the list of members as Anna Ångström.').waitFor();
  assert.equal(framed().url(), link(), 'the ticket stays in no history');
  await frame.getByRole('button', { name: 'I am here' }).click();
  await frame.getByText('There is a quorum').waitFor();
  for (const option of ['For', 'Against']) {
    await card.getByRole('radio', { name: option, exact: true }).check();
    await look(reader, `embed, motion, ${option}`, 390, 'dark');
    await becomes(() => accessible(framed()), []); // the frame follows its page a moment later
    await look(reader, `embed, motion, ${option}`);
    await card.getByRole('button', { name: 'Send answer' }).click();
    await card.getByText(option === 'For' ? 'Your vote for Bert Muster' : 'Voted for Bert Muster').first().waitFor();
  }
  await asHost('POST', `/polls/${motion.id}/close`);
  // Seen although another poll is open. Who checked in came after the opening, and then the quorum was not there.
  await card.getByText('No decision: no quorum').waitFor();
  await look(reader, 'embed, motion, result');
  const { tally } = (await asHost('GET', '/polls')).find((p) => p.id === motion.id);
  assert.deepEqual(tally.motion.votes, [2, 1, 0], 'two votes of her own, one for Bert');

  // A secret one: where the browser keeps nothing in frames her ballot papers would be lost with the page, and nobody gets a
  // second one. So none is asked for there, and she reads what to do.
  const cem = (await asHost('GET', '/assembly')).members.find((m) => m.name === 'Cem Aydın');
  await asHost('PATCH', `/assembly/members/${cem.id}`, { here: true }); // else the result would tell what Anna voted
  const what = 'Who shall chair the meeting?';
  const secret = await asHost('POST', '/polls', { question: what, kind: 'single', options: ['Dora', 'Emil', 'Abstain'], rules: {}, key: '5'.repeat(32), secrecy: 'secret', motion: { majority: 'simple', heads: true, abstain: true } });
  await asHost('POST', `/polls/${secret.id}/open`, { small_classes: true });
  const refused = frame.getByRole('region', { name: what });
  await refused.getByText('Please open your personal link in a window of its own').first().waitFor();
  assert.equal(await refused.getByRole('radio').count(), 0);
  await look(reader, 'embed, secret motion', 390, 'dark');
  await becomes(() => accessible(framed()), []);
  await look(reader, 'embed, secret motion');
  await reader.goto(`${server.url}/vote/${webinar.id}#t=${personal.split('#t=')[1]}`);
  const ballot = reader.getByRole('region', { name: what });
  for (const option of ['Dora', 'Emil']) {
    await ballot.getByRole('radio', { name: option, exact: true }).check();
    await ballot.getByRole('button', { name: 'Send answer' }).click();
    await ballot.getByText(option === 'Dora' ? 'Your vote for Bert Muster' : 'Voted for Bert Muster').first().waitFor();
  }
  await asHost('POST', `/polls/${secret.id}/close`);
  const counted = (await asHost('GET', '/polls')).find((q) => q.id === secret.id);
  assert.deepEqual(counted.tally.motion.votes, [1, 1, 0], 'one of her own, one for Bert');
  await reader.context().clearCookies();
});

told('any other site and any other page are refused by the browser', async () => {
  for (const [from, src] of [[refused, link()], [allowed, `${server.url}/vote/${webinar.id}`], [allowed, `${server.url}/w/${webinar.id}`]]) {
    const blocked = reader.waitForEvent('console', (m) => m.type() === 'error' && /frame-ancestors/.test(m.text()));
    await reader.goto(`${from.origin}/?frame=${src}`);
    await blocked;
    assert.equal(await reader.frameLocator('iframe').getByRole('heading', { name: question }).count(), 0);
  }
});
