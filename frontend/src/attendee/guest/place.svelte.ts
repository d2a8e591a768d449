import { api } from '../../lib/api';
import { Errand } from '../../lib/errand.svelte';
import type { Room } from '../../lib/room.svelte';
import { DeviceChoice } from '../../host/stage/choice.svelte';
import { Cockpit } from '../../host/stage/cockpit.svelte';
import { active } from '../../host/stage/consent.svelte';

export type Choice = 'record' | 'unrecorded';

/** Place is an attendee's way to the stage and back. */
export class Place {
  readonly room: Room;
  readonly cockpit: Cockpit;
  /** What this page sends goes to the stage. */
  entered = $state(false);
  /** To the stage and back. */
  readonly errand = new Errand();
  choice = $state.raw(new DeviceChoice());
  /** Who is on stage and has loaded the page anew is asked to come back, until they say later. */
  #later = $state(false);

  constructor(room: Room) {
    this.room = room;
    this.cockpit = new Cockpit(room);
    this.cockpit.back = () => this.leave();
    // Another window of the same person came on stage: nothing to ask here.
    this.#later = room.me?.role !== 'guest';
  }

  get guest(): boolean {
    return this.room.me?.role === 'guest';
  }

  get invited(): boolean {
    return this.room.me?.invited ?? false;
  }

  /** Whether the dialog belongs on the screen. */
  get asking(): boolean {
    return this.invited || (this.guest && !this.entered && !this.#later);
  }

  /** Whether the consent choice belongs to the question. */
  get recording(): boolean {
    if (!active(this.room.recording)) return false;
    return this.invited || this.cockpit.consent.state === 'none' || this.cockpit.consent.state === 'shown';
  }

  /** The dialog again, for who is on stage with nothing to send from here. */
  ask(): void {
    this.#later = false;
  }

  /**
   * Comes on stage. The seat is first, since only who may send is asked; what was chosen about the recording is durable
   * before anything is sent. `click` is the page's clock at the click.
   */
  async come(choice: Choice | undefined, click: number, publish: boolean): Promise<void> {
    await this.errand.run(async () => {
      if (!this.guest) {
        this.#later = false; // whatever goes wrong from here on is told in the dialog
        this.room.me = await api('post', '/api/webinars/{webinar}/stage', { params: { webinar: this.room.id }, body: { come: true } });
      }
      const { consent } = this.cockpit;
      const said = choice === 'record' ? await consent.grant(click, undefined, publish) : choice === 'unrecorded' ? await consent.refuse(click) : true;
      if (!said) {
        if (consent.trouble.error) this.errand.fail(consent.trouble.error);
        return;
      }
      if (!this.guest) return; // sent back meanwhile
      this.cockpit.micMuted = !this.choice.mic;
      this.cockpit.cameraOff = !this.choice.cam;
      this.entered = true;
      await this.cockpit.enter(this.choice.take());
    });
  }

  /** Not now: Escape and the cross say the same. */
  async notNow(): Promise<void> {
    this.#renew();
    this.#later = true;
    if (!this.invited) return;
    try {
      this.room.me = await api('post', '/api/webinars/{webinar}/stage', { params: { webinar: this.room.id }, body: { come: false } });
    } catch (error) {
      this.errand.fail(error);
    }
  }

  /** Leaves the stage; an attendee again. */
  async leave(): Promise<void> {
    this.errand.clear();
    try {
      this.room.me = await api('delete', '/api/webinars/{webinar}/stage', { params: { webinar: this.room.id } });
    } catch (error) {
      this.errand.fail(error);
      this.cockpit.trouble.fail(error);
    }
  }

  /** Follows the seat. Answers true when the way leads back among the attendees. */
  follow(): boolean {
    if (!this.asking) this.errand.clear();
    if (this.guest || this.invited) return false;
    const was = this.entered;
    this.#later = true;
    this.#renew();
    if (!was) return false;
    this.entered = false;
    this.cockpit.release(false); // the server has ended it all
    // The pictures of the audience are another list: ask for it.
    this.room.close();
    this.room.open();
    return true;
  }

  /** The page goes. */
  close(): void {
    this.choice.close();
    this.cockpit.release();
  }

  #renew(): void {
    this.choice.close();
    this.choice = new DeviceChoice();
  }
}
