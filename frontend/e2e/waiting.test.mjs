// Before the hour, on a phone: a poll that is open is in sight, and nothing stands in front of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cast, person, pictured } from './browser.mjs';
import { assertLooks, handheld } from './looks.mjs';
import { Organizer } from './organizer.mjs';
import { Server } from './server.mjs';
import { assertQuiet } from './steps.mjs';

test('an open poll is seen on a phone while the webinar has not begun', async () => {
  const server = await Server.start();
  const cast = new Cast();
  try {
    const browser = await cast.browser();
    const phone = await person(browser, server.url, { viewport: { width: 390, height: 844 } });
    await pictured('waiting', () => [phone], async () => {
      const organizer = await Organizer.of(server);
      const { id, link } = await organizer.webinar('Open data for charities');
      const poll = await organizer.poll(id, 'Which topic shall we look at next?', ['Consent in practice', 'Captions for everybody']);
      await organizer.ask('POST', `/api/webinars/${id}/polls/${poll.id}/open`);
      await phone.goto(link);
      await phone.getByRole('button', { name: 'Join with sound' }).click();
      await phone.getByRole('heading', { name: 'You are in the right place' }).waitFor();
      const last = phone.getByRole('radio', { name: 'Captions for everybody' });
      await last.waitFor();
      const box = await last.boundingBox();
      assert.ok(box.y + box.height < 844, `the last answer begins at ${box.y} px, below the screen`);
      assert.equal(await phone.getByText('A vote is open').count(), 0, 'what is in sight needs no way to it');
      await assertLooks(phone, 'waiting-poll', [handheld]);
      assertQuiet(phone);
    });
  } finally {
    await cast.close();
    await server.stop();
  }
});
