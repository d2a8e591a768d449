// An attendee on stage: a chunk that nobody loads who is not asked there. The stage's words are the host page's.
import { load } from '../../host/i18n';
import MyConsent from '../../host/stage/MyConsent.svelte';
import { language } from '../../lib/lang.svelte';
import type { Room } from '../../lib/room.svelte';
import GuestStage from './GuestStage.svelte';
import Invited from './Invited.svelte';
import { Place } from './place.svelte';

export { GuestStage, Invited, MyConsent };

/** The way to the stage of a room, with its words loaded. */
export async function open(room: Room): Promise<Place> {
  await language.add(load, true);
  return new Place(room);
}
