// @vitest-environment happy-dom
import { mount, unmount } from 'svelte';
import { expect, test } from 'vitest';
import { language } from '../../lib/lang.svelte';
import type { Poll } from '../../lib/room.svelte';
import { forVoters } from '../kinds';
import { load } from '../../attendee/i18n';
import Outcome from './Outcome.svelte';

const share = (n: number) => ({ members: n, votes: n });
const poll = (quorum: number, more = {}) =>
  ({ id: 'p', question: '?', kind: 'single', state: 'closed', secrecy: 'anonymous', options: [{ id: 'a', text: 'For' }, { id: 'b', text: 'Against' }], motion: { majority: 'simple', heads: false, abstain: false }, attendance: { here: share(2), represented: share(1), all: share(9), quorum, heads: false, met: true }, tally: { poll: 'p', total: 3, votes: [2, 1], motion: { votes: [2, 1], invalid: 0, on_paper: 0, decision: 'carried', ...more } } }) as unknown as Poll;

test('a result says which ballots are missing in it, and of a quorum only where one is needed', async () => {
  await language.start(load);
  await forVoters('single');
  for (const [p, want, not] of [
    [poll(50), 'There was a quorum at the opening: 3 members', 'Closed without paper'],
    [poll(0), 'Here or represented at the opening: 3 members with 3 votes.', 'quorum'],
    [poll(0, { uncounted: 2 }), 'Closed without paper: 2 members vote on paper, and their ballots are not in the result.', 'quorum'],
  ] as const) {
    const part = mount(Outcome, { target: document.body, props: { poll: p } });
    expect(document.body.textContent).toContain(want);
    expect(document.body.textContent).not.toContain(not);
    await unmount(part);
  }
});
