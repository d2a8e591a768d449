// The table of kinds: what each looks like for those who answer, those who ask, and on the wall. Loaded when it is needed.
import { type Component, untrack } from 'svelte';
import type { Schema } from '../lib/api';
import { language } from '../lib/lang.svelte';
import type { Poll } from '../lib/room.svelte';
import { load as words } from './words';

export type Kind = Schema<'PollKind'>;
export type Answer = Schema<'Answer'>;

/** The fields of the form in which somebody answers. */
export interface CardProps {
  poll: Poll;
  /** What the fields start with: an answer that was sent already. */
  start?: Answer | undefined;
  /** Nothing but `start` may be sent. */
  locked: boolean;
  busy: boolean;
  /** The id of what is wrong. */
  describedby?: string | undefined;
  webinar: string;
}
/** read answers what was filled in, or the sentence that says what is missing. */
export interface CardParts {
  read(): Answer | string;
  /** Who wants to be known for this answer; undefined: nobody, which is what most kinds have. */
  player?(): Promise<Schema<'Player'> | undefined>;
}

export interface ResultProps {
  poll: Poll;
  webinar: string;
  /** The answer that this browser gave. */
  mine?: Answer | undefined;
}

/** What of a poll each kind asks the host for, besides the question. */
export type Ask = Required<Pick<Schema<'PollRequest'>, 'options' | 'rules'>> & Pick<Schema<'PollRequest'>, 'pictures'>;
/** A picture beside an option that is being typed. */
export type OptionPicture = Pick<Schema<'OptionPicture'>, 'id' | 'url' | 'alt'>;
export interface EditorProps {
  kind: Kind;
  /** The poll as it was. */
  poll?: Poll | undefined;
  /** What the host has typed for options, kept while the kind is being chosen. */
  options: string[];
  /** Pictures beside them, by the same places. */
  pictures: (OptionPicture | undefined)[];
  webinar: string;
  /** Whether the plan ends the poll after a time. */
  timed: boolean;
}
/** read answers what was filled in; or undefined, says what is wrong and puts the focus there. */
export interface EditorParts {
  read(): Ask | undefined;
}

interface ForVoters {
  Card: Component<CardProps, CardParts>;
  Result: Component<ResultProps>;
  /** The state of things in one sentence, to be spoken; empty while there is nothing to say. */
  says(poll: Poll): string;
}
interface ForHosts {
  Editor: Component<EditorProps, EditorParts, 'options' | 'pictures'>;
  Result: Component<ResultProps>;
}
export type WallProps = Pick<CardProps, 'poll' | 'webinar'>;
interface ForTheWall {
  Wall: Component<WallProps>;
}
/** What is loaded; unknown, because only svelte-check knows what components export. */
interface Looks {
  voters: () => Promise<Record<keyof ForVoters, unknown>>;
  hosts: () => Promise<Record<keyof ForHosts, unknown>>;
  wall: () => Promise<Record<keyof ForTheWall, unknown>>;
}

const choice: Looks = { voters: () => import('./choice/voters'), hosts: () => import('./choice/hosts'), wall: () => import('./choice/wall') };
const texts: Looks = { voters: () => import('./texts/voters'), hosts: () => import('./texts/hosts'), wall: () => import('./texts/wall') };
const quiz: Looks = { voters: () => import('./quiz/voters'), hosts: () => import('./quiz/hosts'), wall: () => import('./quiz/wall') };

const looks: Record<Kind, Looks> = {
  single: choice,
  multiple: choice,
  rating: { voters: () => import('./rating/voters'), hosts: () => import('./rating/hosts'), wall: () => import('./rating/wall') },
  ranking: { voters: () => import('./ranking/voters'), hosts: () => import('./ranking/hosts'), wall: () => import('./ranking/wall') },
  points: { voters: () => import('./points/voters'), hosts: () => import('./points/hosts'), wall: () => import('./points/wall') },
  guess: { voters: () => import('./guess/voters'), hosts: () => import('./guess/hosts'), wall: () => import('./guess/wall') },
  text: texts,
  cloud: texts,
  quiz,
};

/** In the order in which a host chooses. */
export const KINDS = Object.keys(looks) as Kind[];

const loaded = new Map<string, Promise<unknown>>();

/**
 * One promise for each look, so that what waits for it is not drawn anew; where the kind is that of a poll, which changes
 * with every vote, through a `$derived`. A failed one is tried again by the next who asks.
 */
function once(name: string, fetch: () => Promise<unknown>): Promise<unknown> {
  const known = loaded.get(name);
  if (known) return known;
  // Untracked: whoever asks is not to be drawn anew when the language changes.
  const found = Promise.all([fetch(), untrack(() => language.add(words))]).then(([look]) => look);
  loaded.set(name, found);
  found.catch(() => loaded.delete(name));
  return found;
}

export const forVoters = (kind: Kind) => once(`voters.${kind}`, () => looks[kind].voters()) as Promise<ForVoters>;
export const forHosts = (kind: Kind) => once(`hosts.${kind}`, () => looks[kind].hosts()) as Promise<ForHosts>;
export const forTheWall = (kind: Kind) => once(`wall.${kind}`, () => looks[kind].wall()) as Promise<ForTheWall>;
