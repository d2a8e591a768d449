/** The HTML that shows the page at `link` in a frame; `title` is what screen readers call it. */
export function snippet(link: string, title: string): string {
  const safe = (text: string): string => text.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
  return `<iframe src="${safe(link)}" title="${safe(title)}" width="100%" height="560" loading="lazy" style="border:0"></iframe>`;
}
