// @vitest-environment happy-dom
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { Problem } from '../../lib/api';
import { language } from '../../lib/lang.svelte';
import { Room } from '../../lib/room.svelte';
import { type ConsentAnswer, type MyConsent, type Notice, recordings } from '../calls';
import { load } from '../i18n';
import { Consent } from './consent.svelte';
import Question from './Question.svelte';

/** One request of the page that the server has not answered yet. */
interface Pending<Asked, Answer> {
  asked: Asked;
  answer: (a: Answer) => void;
  fail: (p: Problem) => void;
}

let notices: Pending<string, Notice>[];
let answers: Pending<ConsentAnswer, MyConsent>[];
let room: Room;
let consent: Consent;
let question: Record<string, unknown>;

const text = (lang: 'en' | 'de') => ({ lang, hash: `hash-${lang}`, text: `text ${lang}` });
const standing = (state: MyConsent['state']): MyConsent => ({ recording: 'r', state, scopes: [], publish: false });

/** Everything that the page does by itself until it waits for the server or for a person. */
async function settle() {
  for (let i = 0; i < 5; i++) {
    flushSync();
    await new Promise(requestAnimationFrame);
  }
}

function pending<Asked, Answer>(list: Pending<Asked, Answer>[], asked: Asked): Promise<Answer> {
  return new Promise((answer, fail) => {
    list.push({ asked, answer, fail });
  });
}

beforeAll(() => language.start(load));
beforeEach(() => {
  [notices, answers] = [[], []];
  vi.spyOn(recordings, 'notice').mockImplementation((_, _r, lang) => pending(notices, lang));
  vi.spyOn(recordings, 'answer').mockImplementation((_, _r, body) => pending(answers, body));
  room = new Room('w');
  room.recording = { id: 'r', state: 'announced' } as Room['recording'];
  consent = new Consent(room, () => Promise.resolve(undefined), () => true, () => undefined);
  question = mount(Question, { target: document.body, props: { consent, publish: false } });
});
afterEach(() => unmount(question));

test('who changes the language while the first text is told answers to the text that is read', async () => {
  void consent.load('r', 'de');
  notices[0]?.answer(text('de'));
  await settle();
  expect(answers.map((a) => a.asked.hash)).toEqual(['hash-de']);
  void consent.load('r', 'en');
  notices[1]?.answer(text('en'));
  await settle();
  answers[0]?.answer(standing('shown'));
  await settle();
  expect(consent.shown).toBe(false); // no answer to the English text counts yet
  expect(answers.map((a) => a.asked.hash)).toEqual(['hash-de', 'hash-en']);
  answers[1]?.answer(standing('shown'));
  await settle();
  expect(consent.shown).toBe(true);
});

test('a text that comes late does not take the place of the one in the language of the page', async () => {
  void consent.load('r', 'de');
  void consent.load('r', 'en');
  notices[1]?.answer(text('en'));
  notices[0]?.answer(text('de'));
  await settle();
  expect(consent.notice?.lang).toBe('en');
  expect(answers.map((a) => a.asked.hash)).toEqual(['hash-en']);
});

test('what failed is told to the person and not sent for ever; a text that was answered elsewhere is shown anew', async () => {
  void consent.load('r', 'en');
  notices[0]?.answer(text('en'));
  await settle();
  answers[0]?.fail(new Problem(409, 'other-state', 'Not now.'));
  await settle();
  expect(consent.trouble.problem).toBe('Not now.');
  expect(answers).toHaveLength(1);
  void consent.confirmShown();
  await settle();
  answers[1]?.answer(standing('shown'));
  await settle();
  expect(consent.shown).toBe(true);
  const done = consent.grant(1, undefined, false);
  await settle();
  answers[2]?.fail(new Problem(409, 'not-shown', 'Answered elsewhere.'));
  expect(await done).toBe(false);
  expect([consent.shown, consent.trouble.problem]).toEqual([false, 'Answered elsewhere.']);
});

test('what was said in another tab meanwhile is not undone by an answer that comes late', async () => {
  void consent.load('r', 'en');
  notices[0]?.answer(text('en'));
  await settle();
  answers[0]?.answer(standing('shown'));
  await settle();
  const done = consent.grant(1, undefined, false);
  await settle();
  room.apply({ name: 'my_consent', data: standing('withdrawn') });
  answers[1]?.answer(standing('granted'));
  expect(await done).toBe(true);
  expect(consent.state).toBe('withdrawn');
});

test('whose grant has ended is asked again, and told of the text before an answer counts', async () => {
  const reply = async (state: MyConsent['state']) => {
    await settle();
    answers.at(-1)?.answer(standing(state));
    await settle();
  };
  void consent.load('r', 'en');
  notices[0]?.answer(text('en'));
  await reply('shown');
  consent.close(); // no answer at first
  expect(consent.asking).toBe(false);
  consent.reopen();
  await reply('shown');
  void consent.grant(1, undefined, false);
  await reply('granted');
  expect([consent.asking, consent.shown, answers.length]).toEqual([false, true, 3]);
  room.apply({ name: 'my_consent', data: standing('none') });
  await settle();
  expect([consent.asking, consent.shown, answers.at(-1)?.asked.act]).toEqual([true, false, 'shown']);
  await reply('shown');
  expect([consent.asking, consent.shown]).toEqual([true, true]);
});
