// What is asked of every page, whatever it shows: axe's rules, nothing cut off, nothing wider than the screen, a focus
// that can be seen. Each check answers a list of complaints, empty when all is well.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const axe = readFileSync(join(import.meta.dirname, '..', 'node_modules', 'axe-core', 'axe.min.js'), 'utf8');

/** How a page is looked at when the story goes on: the steps read English words at a desk. */
export const desk = { width: 1280, height: 800, theme: 'light', lang: 'en' };

/** The other look of most pages. */
export const handheld = { width: 390, height: 844, theme: 'dark', lang: 'de' };

/**
 * What a page does when the system's look changes is done once it has been painted again. A window that another one covers
 * may not be painted at all, so nobody waits longer than two seconds.
 */
const painted = (page) => page.evaluate(() => new Promise((r) => {
  requestAnimationFrame(() => requestAnimationFrame(r));
  setTimeout(r, 2000);
}));

/** Makes the system light or dark, until the page has followed. */
export async function lit(page, colorScheme) {
  await page.emulateMedia({ colorScheme });
  await painted(page);
}

/** Puts a look on the page that is open: size, theme, language, size of text (percent) and the system's own colours. */
export async function wear(page, { width, height = 844, theme, lang, text = 100, forced = false }) {
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme: theme, forcedColors: forced ? 'active' : 'none' });
  await page.evaluate(async ([l, size]) => {
    document.documentElement.style.fontSize = size === 100 ? '' : `${size}%`;
    const select = document.querySelector('select#lang');
    if (select && select.value !== l) {
      select.value = l;
      select.dispatchEvent(new Event('change', { bubbles: true }));
    }
    const end = Date.now() + 5000;
    while (select && document.documentElement.lang !== l && Date.now() < end) await new Promise((r) => setTimeout(r, 20));
    await document.fonts.ready;
  }, [lang, text]);
  await painted(page);
}

/**
 * WCAG 2.2 A and AA by axe-core. With forced colours the contrast is the system's, and Chromium tells pages the colours
 * that they would have had, so it is not asked for then.
 */
export async function accessible(page, { forced = false } = {}) {
  // The browser's own console evaluates it, so the page's content security policy stays in force.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe);
  return page.evaluate(async (contrast) => {
    const found = await window.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
      rules: { 'target-size': { enabled: true }, 'color-contrast': { enabled: contrast } },
      resultTypes: ['violations'],
      preload: false, // loads media to look for their tracks; nothing here plays by itself with sound but the stage
    });
    return found.violations.flatMap((v) => v.nodes.map((n) => `axe ${v.id}: ${n.target.join(' ')}: ${n.failureSummary.split('\n').slice(1, 2).join('').trim()}`));
  }, !forced);
}

/** One heading of the first rank, the language that was asked for, a button that knows the theme, no sideways scrolling, no text cut off, spilt or squeezed. */
export function laidOut(page, lang) {
  return page.evaluate((wanted) => {
    const found = [];
    const root = document.documentElement;
    const name = (el) => `${el.localName}${el.id ? `#${el.id}` : ''}.${[...el.classList].filter((c) => !c.startsWith('s-') && !c.startsWith('svelte-')).join('.')}`;
    const heads = [...document.querySelectorAll('h1')];
    if (heads.length !== 1) found.push(`${heads.length} h1`);
    // The page for unknown addresses is in both languages at once, each marked.
    const fixed = document.querySelector('select#lang') === null;
    if (!fixed && root.lang !== wanted) found.push(`lang is ${root.lang}, not ${wanted}`);
    if (!root.lang || !document.title) found.push('no lang or no title');
    const theme = document.querySelector('header.top button[aria-pressed]');
    const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    if (theme && theme.ariaPressed !== String(dark)) found.push(`dark is ${dark}, and its button says otherwise`);
    if (root.scrollWidth > innerWidth) {
      const wide = [...document.body.querySelectorAll('*')].filter((el) => el.getBoundingClientRect().right > innerWidth + 1 && el.checkVisibility()).slice(0, 4);
      found.push(`${root.scrollWidth} px wide on ${innerWidth}: ${wide.map(name).join(', ')}`);
    }

    const hidden = (el) => {
      for (let e = el; e; e = e.parentElement) {
        const s = getComputedStyle(e);
        // Words for screen readers only are one pixel large on purpose, and the skip link waits outside until it is focused.
        if (s.clipPath !== 'none' || e.matches('.sr, .skip:not(:focus)')) return true;
      }
      return !el.checkVisibility({ visibilityProperty: true });
    };
    const dialog = document.querySelector('dialog:modal');
    const walker = document.createTreeWalker(dialog ?? document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const el = node.parentElement;
      // Lists of a closed <select> lie inside the browser; text in fields scrolls there.
      if (!node.data.trim() || el.closest('option, script, style, textarea') || hidden(el)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const rects = [...range.getClientRects()].filter((r) => r.width > 1);
      if (rects.length >= 5 && node.data.trim().length / rects.length < 3) found.push(`${rects.length} lines of single letters in ${name(el)}: “${node.data.trim().slice(0, 40)}”`);
      for (let e = el; e && e !== document.body; e = e.parentElement) {
        const s = getComputedStyle(e);
        const box = e.getBoundingClientRect();
        const clips = (v) => v === 'hidden' || v === 'clip';
        const across = rects.some((r) => r.right > box.right + 1.5 || r.left < box.left - 1.5);
        const along = rects.some((r) => r.bottom > box.bottom + 4 || r.top < box.top - 4);
        if ((clips(s.overflowX) && across) || (clips(s.overflowY) && along)) found.push(`cut off by ${name(e)}: “${node.data.trim().slice(0, 40)}”`);
        else if (across && s.overflowX === 'visible' && s.display !== 'inline' && e.matches('button, .btn, .ctl, .pill, .card, .note, li, td, th, label, dialog')) found.push(`spills out of ${name(e)}: “${node.data.trim().slice(0, 40)}”`);
        // What scrolls inside shows all of itself to those who scroll.
        if (/auto|scroll/.test(s.overflowX) || /auto|scroll/.test(s.overflowY)) break;
        if (s.position === 'fixed') break;
      }
    }
    return [...new Set(found)];
  }, lang);
}

/** Goes through the page with Tab: each stop looks different from how it rests, and lies in view. */
export async function focusSeen(page, most = 60) {
  await page.evaluate(() => {
    // What may show the focus: the element, its nearest ancestors, and the label that wraps it.
    window.looksOf = (el) => {
      const chain = [];
      for (let e = el; e && e !== document.body && chain.length < 4; e = e.parentElement) chain.push(e);
      return chain.map((e) => {
        const s = getComputedStyle(e);
        const outline = s.outlineStyle === 'none' || parseFloat(s.outlineWidth) < 1 ? 'none' : `${s.outlineStyle} ${s.outlineWidth} ${s.outlineColor}`;
        return `${outline} | ${s.boxShadow}`;
      });
    };
    // Blur leaves the focus inside of the controls of a film.
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute('tabindex');
    window.resting = new Map();
    for (const el of document.querySelectorAll('a[href], button, input, select, textarea, summary, video[controls], audio[controls], [tabindex]')) window.resting.set(el, window.looksOf(el).join());
    window.stops = new Set();
  });
  const found = [];
  for (let i = 0; i < most; i++) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(() => {
      const el = document.activeElement;
      if (!el || el === document.body || el === document.documentElement) return { end: true };
      // Controls of a playing video are the browser's own and have several stops in one element.
      if (window.stops.has(el)) return { end: !el.matches('video, audio') };
      window.stops.add(el);
      const box = el.getBoundingClientRect();
      const points = [[0.5, 0.5], [0.1, 0.5], [0.9, 0.5], [0.5, 0.2], [0.5, 0.8]].map(([x, y]) => [box.left + x * box.width, box.top + y * box.height]);
      const label = el.closest('label');
      const seen = points.some(([x, y]) => {
        const top = document.elementFromPoint(x, y);
        return top && (el.contains(top) || top.contains(el) || label?.contains(top)) && x >= 0 && y >= 0 && x <= innerWidth && y <= innerHeight;
      });
      return {
        what: `${el.localName} “${(el.getAttribute('aria-label') || el.textContent || el.id).trim().slice(0, 40)}”`,
        marked: window.looksOf(el).join() !== window.resting.get(el),
        seen,
      };
    });
    if (stop.end) break;
    if (stop.what && !stop.marked) found.push(`no mark on the focused ${stop.what}`);
    if (stop.what && !stop.seen) found.push(`out of sight: the focused ${stop.what}`);
  }
  if ((await page.evaluate(() => window.stops.size)) === 0) found.push('Tab goes nowhere');
  return found;
}

/** What is wrong with the page in the look that it wears; what is only on its way is given time to come. */
export async function complaints(page, look, ...more) {
  for (const end = Date.now() + 4000; ; await page.waitForTimeout(100)) {
    const found = [...(await laidOut(page, look.lang)), ...(await accessible(page, look))];
    for (const check of more) found.push(...(await check(page)));
    if (found.length === 0 || Date.now() > end) return found;
  }
}

let turn = 0;

/** Which of a scene's looks are put on: all of them in make test-full; in make test the outer and the inner ones by turns, of two the one or the other. */
export function byTurns(looks) {
  if (looks.length < 2 || process.env.PLENUM_LOOKS === 'all') return looks;
  const even = turn++ % 2 === 0;
  if (looks.length === 2) return [looks[even ? 0 : 1]];
  return even ? [looks[0], looks.at(-1)] : looks.slice(1, -1);
}

/** Where pictures of what is looked at are put, if anywhere. */
const album = process.env.PLENUM_PICTURES;

/**
 * Looks at a page in these looks, by turns: axe finds nothing, nothing is cut off, and at the desk the focus is seen.
 * Leaves the page at the desk.
 */
export async function assertLooks(page, name, looks = [handheld, desk], { focus = true } = {}) {
  const found = [];
  const worn = byTurns(looks);
  for (const look of worn) {
    await wear(page, look);
    if (album) {
      mkdirSync(album, { recursive: true });
      await page.screenshot({ path: join(album, `${name.replace(/\W+/g, '-')}-${look.width}-${look.theme}.png`), fullPage: look.width < 1900 });
    }
    const wrong = await complaints(page, look, ...(focus && look === desk ? [focusSeen] : []));
    found.push(...wrong.map((c) => `${name} ${look.width} ${look.theme} ${look.lang}: ${c}`));
  }
  if (worn.at(-1) !== desk) await wear(page, desk);
  assert.deepEqual(found, []);
}
