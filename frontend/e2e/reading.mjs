// What is asked of a card besides its looks: whoever hears it, and whoever goes by keys, meets the same things in the same
// order as whoever sees it. A check answers a list of complaints, empty when all is well.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const score = join(import.meta.dirname, 'full', 'heard.txt');

/** What a screen reader says of the part of a page, a line for each thing, without what differs each time: times, receipts, and which of the shuffled words is where. */
export async function heard(part, shuffled = []) {
  const said = await part.ariaSnapshot();
  return shuffled.reduce((text, word) => text.replaceAll(word, '‹answer›'), said)
    .replaceAll(/\b\d{1,2}:\d{2}(?::\d{2})?(?:[ \u202f][AP]M)?/g, '‹time›')
    .replaceAll(/\b[0-9a-f]{4}(?:[ -][0-9a-f]{4})+\b/gi, '‹receipt›')
    .replaceAll(/(?<=\/vote\/)\w{20,}/g, '‹webinar›')
    .replaceAll(/ \[cursor=pointer\]| \[active\]/g, '');
}

/** What is to be heard of each scene, kept in heard.txt for people to read; PLENUM_HEARD=write writes it anew. */
export class Score {
  constructor() {
    this.writing = process.env.PLENUM_HEARD === 'write';
    this.now = new Map();
    this.kept = new Map(readFileSync(score, 'utf8').split(/^# /m).slice(1).map((part) => {
      const [scene, ...lines] = part.trimEnd().split('\n');
      return [scene, lines.join('\n')];
    }));
  }

  /** `listen` is asked again for a while: what others answered may still be on its way. */
  async hear(scene, listen) {
    const until = Date.now() + (this.writing ? 1000 : 5000);
    let said = await listen();
    while (Date.now() < until && (this.writing || said !== this.kept.get(scene))) {
      await new Promise((r) => setTimeout(r, 100));
      said = await listen();
    }
    this.now.set(scene, said);
    if (!this.writing) assert.equal(said, this.kept.get(scene), `what is heard of “${scene}” is what heard.txt has`);
  }

  /** After the last scene: none is missing. */
  end() {
    if (this.writing) writeFileSync(score, [...this.now].map(([scene, said]) => `# ${scene}\n${said}\n`).join('\n'));
    else assert.deepEqual([...this.now.keys()], [...this.kept.keys()]);
  }
}

/** Where words and controls follow each other in the page, but not for the eye: further up, or further left in the same line. */
export function outOfOrder(part) {
  return part.evaluate((root) => {
    scrollTo(0, 0); // nothing stays in view that has its place further up
    const out = [];
    const unseen = (el) => el.closest('.sr, [aria-hidden="true"]') || !el.checkVisibility({ visibilityProperty: true, opacityProperty: true });
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    let last;
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const control = node.nodeType === Node.ELEMENT_NODE && node.matches('input, textarea, select, button, img');
      if (node.nodeType === Node.ELEMENT_NODE ? !control : !node.data.trim()) continue;
      const el = control ? node : node.parentElement;
      if (unseen(el) || (!control && el.closest('button'))) continue;
      const range = document.createRange();
      range.selectNode(node);
      const box = range.getBoundingClientRect();
      if (box.width < 2 || box.height < 2) continue;
      const what = control ? `${el.localName} “${el.ariaLabel ?? el.labels?.[0]?.textContent.trim() ?? el.textContent.trim()}”` : `“${node.data.trim().slice(0, 40)}”`;
      const above = last && box.bottom <= last.box.top + 1 && box.left < last.box.right;
      const before = last && box.right <= last.box.left + 1 && box.top < last.box.bottom - 1 && box.bottom > last.box.top + 1;
      // A picture stands above the button and the words that choose it, all in one label.
      const one = last && el.closest('label') && el.closest('label') === last.el.closest('label');
      if ((above || before) && !one) out.push(`${what} is read after ${last.what}, and stands ${above ? 'above' : 'left of'} it`);
      last = { box, what, el };
    }
    return out;
  });
}

/** Somebody without a mouse. */
export class Keys {
  constructor(page) {
    this.page = page;
  }

  /** Goes on with Tab until the target has the focus; from the top of the page where `fresh` is set. */
  async to(target, { fresh = false } = {}) {
    if (fresh) await this.top();
    const met = [];
    for (let i = 0; i < 60; i++) {
      if (await target.evaluate((el) => el === document.activeElement)) return;
      await this.page.keyboard.press('Tab');
      met.push(await this.page.evaluate(() => document.activeElement?.ariaLabel ?? document.activeElement?.textContent.trim().slice(0, 20)));
    }
    throw new Error(`Tab does not reach ${target}, only ${met.join(' · ')}`);
  }

  async top() {
    await this.page.evaluate(() => {
      document.body.tabIndex = -1;
      document.body.focus();
      document.body.removeAttribute('tabindex');
    });
  }

  press(...keys) {
    return keys.reduce((before, key) => before.then(() => this.page.keyboard.press(key)), Promise.resolve());
  }

  type(text) {
    return this.page.keyboard.type(text);
  }

  /** What in the part can be worked and is not met by Tab, is met in another order than the page has it, or twice. */
  async astray(part) {
    const names = await part.evaluate((root) => {
      const radios = new Set();
      window.worked = [...root.querySelectorAll('a[href], button, input, select, textarea, summary')].filter((el) => {
        if (el.disabled || el.tabIndex < 0 || el.closest('fieldset:disabled') || !el.checkVisibility({ visibilityProperty: true })) return false;
        if (el.type !== 'radio') return true;
        // Of radio buttons of one name, one is met: the chosen one, or the first.
        const met = root.querySelector(`input[name="${el.name}"]:checked`) ?? root.querySelector(`input[name="${el.name}"]:enabled`);
        return el === met && !radios.has(el.name) && radios.add(el.name);
      });
      return window.worked.map((el) => el.ariaLabel ?? (el.labels?.[0]?.textContent || el.textContent || el.id).trim().slice(0, 40));
    });
    if (names.length === 0) return [];
    await this.top();
    const met = [];
    for (let i = 0; i < 80 && met.length < names.length; i++) {
      await this.page.keyboard.press('Tab');
      const n = await this.page.evaluate(() => window.worked.indexOf(document.activeElement));
      if (n >= 0) met.push(names[n]);
      else if (met.length > 0) break; // left before its end
    }
    return met.join(' · ') === names.join(' · ') ? [] : [`by Tab: ${met.join(' · ') || 'nothing'}, in the page: ${names.join(' · ')}`];
  }
}
