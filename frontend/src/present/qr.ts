// A QR code as an image address that the content security policy allows (img-src data:).
import { renderSVG } from 'uqr';

/** Black on white in both themes: many phones read nothing else. */
export function qrImage(text: string): string {
  return `data:image/svg+xml,${encodeURIComponent(renderSVG(text, { border: 2, ecc: 'M' }))}`;
}

/** The page of polls and questions alone, of the webinar that a link to the room names. */
export const voteLink = (link: string): string => link.replace(/\/w\/([^/]+)$/, '/vote/$1');

/** The part of a link that somebody would type: host, and the port if it is an odd one. */
export function hostOf(link: string): string {
  return URL.canParse(link) ? new URL(link).host : link;
}

/** A short code in groups of four. */
export function grouped(code: string): string {
  return (code.match(/.{1,4}/g) ?? []).join(' ');
}
