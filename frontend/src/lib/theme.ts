// Light, dark, or what the system says. The attribute on <html> overrides `color-scheme` (see app.css).
import { keep, recall } from './storage';

export type Theme = 'light' | 'dark' | 'system';
const KEY = 'plenum.theme';
const system = matchMedia('(prefers-color-scheme: dark)');

export function storedTheme(): Theme {
  const v = recall(KEY);
  return v === 'light' || v === 'dark' ? v : 'system';
}

/** Whether the page is dark now. */
export function isDark(theme: Theme): boolean {
  return theme === 'system' ? system.matches : theme === 'dark';
}

/** Has f called whenever the system has gone dark or light. */
export function onSystem(f: () => void): void {
  system.onchange = f;
}

/** Puts a theme on the page and remembers it. */
export function applyTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
  keep(KEY, theme === 'system' ? null : theme);
}
