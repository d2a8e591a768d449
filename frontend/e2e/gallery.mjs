// Every state of every page that is worth seeing, reached in one webinar with real people. A scene is a moment of the
// story: whoever walks through looks at the page in as many looks as they like, and then the story goes on.
import { person } from './browser.mjs';
import { believed } from './narrow.mjs';
import { announce, answer, createWebinar, enterStage, firstFrame, goLive, indicated, inviteSpeaker, join, makeAccount, moves, preparePoll, startRecording, vote } from './steps.mjs';

/** The words on the pages of the story. */
export const words = {
  asked: 'Will the slides be sent around afterwards?',
  title: 'Open data for charities',
  speaker: 'Amina Yılmaz-Hohenfels',
  guest: 'Jonas Lindqvist-Oberhauser',
  polls: [
    ['Which topic shall we look at next?', ['Consent in practice', 'Captions for everybody', 'Codes and short links that people can type']],
    ['What would help you to follow?', ['Captions', 'Slides sent around beforehand', 'Fewer speakers at once'], { most: 2 }],
  ],
};

/**
 * Walks through the story and yields {name, page, main} at each scene; main marks the pages that are looked at most
 * closely. The faces are what makeFace answers.
 */
export async function* gallery(server, cast, { hostFace, speakerFace }) {
  const site = server.url;
  const [hostBrowser, speakerBrowser, audience] = await Promise.all([cast.browser(hostFace), cast.browser(speakerFace), cast.browser()]);
  const open = async (browser) => {
    const page = await person(browser, site);
    page.setDefaultTimeout(20_000);
    return page;
  };
  const [host, speaker, watcher, silent, guest, projector, desktop] = await Promise.all([hostBrowser, speakerBrowser, audience, audience, audience, audience, audience].map(open));
  const scene = (name, page, main = false) => ({ name, page, main });

  // Before anybody is there.
  await guest.goto(`${site}/nothing/here`);
  yield scene('404', guest);
  await host.goto(server.setupLink);
  await host.getByLabel('Password').fill('short');
  yield scene('setup', host, true);
  await makeAccount(host, server);
  // Windows of their own for the same person: a page behind another one in a window is hardly painted.
  for (const page of [projector, desktop]) await page.context().addCookies(await host.context().cookies());
  yield scene('my webinars, none yet', host);
  await guest.goto(server.setupLink);
  await guest.getByRole('heading', { name: 'This link no longer works' }).waitFor();
  await guest.getByText('Forgotten your password?').click();
  yield scene('setup, used link', guest);
  await guest.goto(`${site}/login`);
  await guest.getByRole('button', { name: 'Sign in' }).waitFor();
  yield scene('sign in', guest, true);
  await guest.getByLabel('E-mail').fill('ada@example.org');
  await guest.getByLabel('Password').fill('not the right words');
  await guest.getByRole('button', { name: 'Sign in' }).click();
  await guest.getByText('E-mail or password is wrong.').waitFor();
  yield scene('sign in, wrong password', guest);

  // A webinar is prepared.
  const webinar = await createWebinar(host, 'Open date for charities');
  await host.getByRole('button', { name: 'Change title and time' }).click();
  await host.getByRole('dialog').getByLabel('Title').fill(words.title);
  yield scene('overview, another title', host);
  await host.getByRole('button', { name: 'Save changes' }).click();
  await host.getByRole('heading', { name: words.title }).waitFor();
  yield scene('overview, fresh', host);
  const link = await inviteSpeaker(host, words.speaker);
  for (const poll of words.polls) await preparePoll(host, ...poll);
  yield scene('overview', host, true);
  await host.getByRole('button', { name: 'New poll' }).click();
  await host.getByRole('button', { name: 'Save' }).click();
  yield scene('poll editor, problem', host);
  await host.getByRole('button', { name: 'Cancel' }).click();
  await host.getByRole('button', { name: /^Delete webinar/ }).click();
  await host.getByRole('dialog').waitFor();
  yield scene('delete the webinar?', host);
  await host.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  await desktop.goto(`${site}/recordings/${webinar.id}`);
  await desktop.getByText('No recording yet.').waitFor();
  yield scene('recordings, none yet', desktop);

  // People arrive.
  await guest.goto(`${site}/j`);
  await guest.getByLabel('Access code').waitFor();
  yield scene('code', guest, true);
  await guest.getByLabel('Access code').fill('AAAA AAAA');
  await guest.getByRole('button', { name: 'Continue' }).click();
  await guest.getByText('We do not know this code.').first().waitFor();
  yield scene('code, wrong', guest);
  await guest.goto(`${site}/w/nosuchwebinar`);
  await guest.getByRole('heading', { name: 'There is no such webinar' }).waitFor();
  yield scene('no such webinar', guest);
  await guest.goto(`${site}/present/${webinar.id}`);
  await guest.getByRole('link', { name: 'Sign in' }).waitFor();
  yield scene('projector, not signed in', guest);
  await guest.goto(`${link}x`);
  await guest.getByRole('heading', { name: 'You have no seat here any more' }).waitFor();
  yield scene('a link that was revoked', guest);
  await watcher.goto(webinar.link);
  await watcher.getByRole('button', { name: 'Join with sound' }).waitFor();
  yield scene('arrival', watcher, true);
  await join(watcher, webinar.link, { picture: false });
  await watcher.getByRole('heading', { name: 'You are in the right place' }).waitFor();
  yield scene('waiting room', watcher, true);
  await watcher.getByRole('tab', { name: 'Q&A' }).click();
  await watcher.getByLabel('Your question').fill(words.asked);
  yield scene('questions, asking', watcher);
  await watcher.getByRole('button', { name: 'Ask', exact: true }).click();
  await watcher.getByText('Sent. The host looks at it first.').first().waitFor();
  yield scene('questions, one waits', watcher);
  await projector.goto(`${site}/present/${webinar.id}`);
  await projector.getByRole('heading', { name: words.title }).waitFor();
  yield scene('projector, invitation', projector, true);

  // Backstage.
  await host.goto(`${site}/stage/${webinar.id}`);
  const turnOn = host.getByRole('button', { name: 'Turn on camera and microphone' });
  await turnOn.waitFor();
  yield scene('device check, before', host);
  await turnOn.click();
  const backstage = host.getByRole('button', { name: 'Go backstage' });
  await backstage.waitFor();
  yield scene('device check', host, true);
  await backstage.click();
  await host.getByRole('button', { name: 'Mute', exact: true }).waitFor();
  await enterStage(speaker, link);
  await moves(host, 5);
  yield scene('stage, backstage', host, true);
  const asked = host.getByRole('article', { name: words.asked });
  await asked.getByRole('button', { name: 'Answer now' }).click();
  await projector.getByRole('heading', { name: words.asked }).waitFor();
  yield scene('projector, question', projector);
  yield scene('questions, one is answered', watcher);
  await asked.getByRole('button', { name: 'Answered' }).click();
  await watcher.getByRole('tab', { name: 'Polls' }).click();

  // Live, with a screen and a poll. The screen is seen where it matters: it is more to film and to show than all else.
  const screen = async (on) => {
    await host.getByRole('button', { name: on ? 'Share screen' : 'Stop sharing' }).click();
    await watcher.getByText('Screen of Ada Host').waitFor({ state: on ? 'visible' : 'hidden' });
  };
  await goLive(host);
  await firstFrame(watcher);
  await screen(true);
  await silent.goto(webinar.link);
  await silent.getByLabel('Display name').fill(words.guest);
  await silent.getByRole('button', { name: 'Join with sound' }).click();
  await firstFrame(silent);
  yield scene('live, no poll yet', silent);
  await host.getByRole('button', { name: /Open poll/ }).click();
  await watcher.getByRole('radio').first().waitFor();
  await moves(watcher, 5);
  yield scene('live, poll open', watcher, true);
  yield scene('stage, live with poll', host, true);
  const health = host.locator('details', { hasText: /connected/ }).locator('summary');
  await health.click();
  yield scene('stage, how the audience is reached', host);
  await health.click();
  yield scene('speaker, live with poll', speaker, true);
  await projector.getByText('Vote now').waitFor();
  await vote(watcher, words.polls[0][1][0]);
  await host.getByText(/^1 of \d+ answered$/).waitFor();
  yield scene('live, voted', watcher);
  yield scene('projector, poll open', projector);
  await host.getByRole('button', { name: 'Close poll' }).click();
  await watcher.getByRole('button', { name: 'Look for the receipt in the box' }).click();
  await watcher.getByText('Your ballot is in the box: one of 1.').waitFor();
  yield scene('live, poll closed', watcher);
  yield scene('live, poll missed', silent);
  await projector.getByText('Result', { exact: true }).waitFor();
  yield scene('projector, poll closed', projector);

  await screen(false);
  yield* lines(() => open(audience), webinar, scene);

  // Recorded.
  await screen(true);
  await host.getByRole('button', { name: /Open poll/ }).click();
  await host.getByRole('button', { name: 'Record', exact: true }).click();
  await host.getByRole('dialog', { name: 'Announce a recording' }).waitFor();
  yield scene('announce a recording?', host);
  await host.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  await announce(host);
  await watcher.getByText('This event is going to be recorded').first().waitFor();
  yield scene('live, recording announced', watcher);
  yield scene('projector, recording announced', projector);
  await speaker.getByRole('dialog', { name: 'May we record you?' }).waitFor();
  yield scene('consent', speaker, true);
  await guest.goto(webinar.link);
  await guest.getByText('A recording has been announced.').waitFor();
  yield scene('arrival, recording announced', guest);
  await answer(speaker, 'Record me');
  await answer(host, 'Record me');
  yield scene('stage, recording announced', host);
  await startRecording(host);
  await indicated(watcher, /^Recording$/);
  yield scene('stage, recording', host, true);
  yield scene('live, recording', watcher);
  yield scene('speaker, recording', speaker);
  await server.written(2); // there is something to play
  await screen(false);
  yield* promotion(host, silent, scene);
  await indicated(watcher, /^Recording$/);
  await host.getByRole('button', { name: 'Pause recording' }).click();
  await indicated(watcher, 'Recording paused');
  yield scene('live, recording paused', watcher);
  yield scene('stage, recording paused', host);
  await host.getByRole('button', { name: 'Stop recording' }).click();
  await desktop.reload();
  await desktop.getByText('Ready', { exact: true }).waitFor({ timeout: 30_000 });
  await desktop.locator('video').first().evaluate(async (v) => {
    v.muted = true;
    await v.play();
  });
  await moves(desktop, 5);
  yield scene('recordings', desktop, true);

  // The end.
  await silent.getByRole('button', { name: 'Leave' }).click();
  await silent.getByRole('heading', { name: 'You have left the webinar' }).waitFor();
  yield scene('left', silent);
  await host.getByRole('button', { name: 'End', exact: true }).click();
  await host.getByRole('button', { name: 'End for all' }).waitFor();
  yield scene('leave or end?', host);
  await host.getByRole('button', { name: 'End for all' }).click();
  await watcher.getByRole('heading', { name: 'Thank you for being here' }).waitFor();
  yield scene('ended', watcher, true);
  yield scene('stage, ended', host);
  await guest.goto(webinar.link);
  await guest.getByText(/^The recording is with Ada Host/).waitFor();
  yield scene('ended, come late', guest);
  await guest.goto(link);
  await guest.getByRole('heading', { name: 'This webinar has ended' }).waitFor();
  yield scene('ended, a speaker comes late', guest);
  await projector.getByRole('button', { name: 'Show invitation' }).click().catch(() => undefined);
  yield scene('projector, ended', projector);
  await host.goto(site);
  await host.getByText('Ended', { exact: true }).waitFor();
  yield scene('my webinars', host, true);

  // The password is forgotten, and a link for a new one made.
  const [, key] = server.command(['user', 'password', '--email', 'ada@example.org']).match(/\/password(#\S+)/);
  await host.goto(`${site}/password${key}`);
  await host.getByLabel('Password', { exact: true }).fill('four other words nobody knows');
  yield scene('new password', host);
  await host.getByRole('button', { name: 'Save and sign in' }).click();
  await host.getByRole('heading', { name: 'My webinars' }).waitFor();
  await host.goto('about:blank');
  await host.goto(`${site}/password${key}`);
  await host.getByRole('heading', { name: 'This link no longer works' }).waitFor();
  yield scene('new password, used link', host);
}

/** Somebody of the audience is asked on stage while a recording runs, comes unrecorded, and goes back. */
async function* promotion(host, asked, scene) {
  await host.getByRole('heading', { name: /in the room/ }).click();
  await host.getByRole('button', { name: `Ask on stage: ${words.guest}` }).click();
  const call = asked.getByRole('dialog', { name: 'Ada Host asks you on stage' });
  await call.getByRole('heading', { name: /^This event is being recorded/ }).waitFor();
  yield scene('asked on stage', asked, true);
  await host.getByText('asked, no answer yet').waitFor();
  yield scene('stage, somebody is asked', host);
  await call.getByRole('button', { name: 'Turn on camera and microphone' }).click();
  const unrecorded = call.getByRole('button', { name: 'Take part unrecorded' });
  await unrecorded.and(asked.locator(':enabled')).waitFor();
  yield scene('asked on stage, devices on', asked);
  await unrecorded.and(asked.locator(':enabled')).click();
  await asked.getByRole('button', { name: 'Mute', exact: true }).waitFor();
  await moves(asked, 5);
  yield scene('guest on stage', asked, true);
  await asked.reload();
  await asked.getByRole('dialog', { name: 'You are on stage' }).getByText('You did not agree, so nothing of you is recorded.').waitFor();
  yield scene('guest, page loaded anew', asked);
  await host.getByRole('button', { name: `Take off stage: ${words.guest}` }).click();
  await asked.getByRole('button', { name: 'Sound' }).waitFor();
}

/** What viewers read of the own line, from the mildest trouble to the worst, and of a line that is somebody else's. Each has a page, as a line is believed only when it has been so for a while. */
async function* lines(open, webinar, scene) {
  const states = [['held', { held: true }], ['poor', { loss: 0.1 }], ['reduced', { loss: 0.1, height: 0.5 }], ['sound', { loss: 0.1, held: true }]];
  const pages = await Promise.all(states.map(async ([state, line]) => {
    const page = await open();
    await page.context().addInitScript(believed);
    await join(page, webinar.link);
    await moves(page, 5);
    await page.waitForFunction(() => window.plenumWindows > 1); // two made the first window: smaller is less than what was there
    await page.evaluate((l) => (window.plenumLine = l), line);
    await page.locator(`[data-line=${state}]`).waitFor();
    return page;
  }));
  for (const [i, [state]] of states.entries()) {
    yield scene(`live, line: ${state}`, pages[i]);
    await pages[i].context().close();
  }
}
