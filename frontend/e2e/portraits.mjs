// Drawn people and a drawn slide, so that the pictures in the documentation show nobody real and no test colours.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const rooms = {
  shelf: `<rect width="1280" height="720" fill="#d9cfc0"/><rect x="70" y="90" width="330" height="14" rx="4" fill="#a5825c"/><rect x="70" y="250" width="330" height="14" rx="4" fill="#a5825c"/>
    <g><rect x="92" y="20" width="26" height="70" fill="#8a4b3d"/><rect x="122" y="8" width="32" height="82" fill="#35586b"/><rect x="158" y="26" width="22" height="64" fill="#c79a4b"/><rect x="184" y="14" width="30" height="76" fill="#5d7a5a"/><rect x="100" y="170" width="30" height="80" fill="#44624f"/><rect x="134" y="186" width="24" height="64" fill="#b56b45"/><rect x="162" y="174" width="34" height="76" fill="#2f4c5f"/></g>
    <path d="M320 250c-40-10-54-60-44-96 26 14 44 50 44 96zm6 0c38-6 62-46 58-84-30 8-54 42-58 84z" fill="#5f8a63"/><path d="M296 206h56l-8 44h-40z" fill="#c9764f"/>
    <rect x="930" y="60" width="260" height="330" rx="8" fill="#eef3f2"/><path d="M930 225h260M1060 60v330" stroke="#c3b6a3" stroke-width="10"/>`,
  evening: `<rect width="1280" height="720" fill="#2c4650"/><circle cx="1090" cy="150" r="210" fill="#f0c98a" opacity=".16"/><circle cx="1090" cy="150" r="120" fill="#f6d9a6" opacity=".25"/><path d="M1040 130h100l26 70h-152z" fill="#f3dcae"/><rect x="1083" y="200" width="14" height="230" fill="#1d2f37"/>
    <rect x="90" y="80" width="300" height="210" rx="6" fill="#1f343d"/><rect x="106" y="96" width="268" height="178" fill="#6fa3a0"/><path d="M106 274v-50l70-62 56 46 46-34 96 60v40z" fill="#32646a"/><circle cx="310" cy="138" r="20" fill="#f2ddb0"/>`,
};

const hair = {
  bob: (c) => `<path d="M486 372c-22-190 50-268 156-268s176 82 150 268c-8 56-30 96-46 104 12-60 18-140 4-196-50 6-150-6-196-60-14 50-38 70-48 96-8 60-2 116 10 160-16-10-24-58-30-104z" fill="${c}"/>`,
  short: (c) => `<path d="M508 300c-18-120 40-190 134-190s150 70 128 190c-10-30-16-62-30-84-40 14-150 16-196-8-18 20-26 60-36 92z" fill="${c}"/>`,
};

function portrait({ room, skin, shade, shirt, hairColour, style, glasses }, at) {
  const sway = Math.sin(at * Math.PI * 2) * 5;
  const mouth = 10 + 9 * Math.abs(Math.sin(at * Math.PI * 4));
  const back = style === 'bob' ? `<path d="M480 380c-30-200 60-280 160-280s190 80 160 280c-6 70-20 110-40 140H520c-22-30-34-70-40-140z" fill="${hairColour}" opacity=".85"/>` : '';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1280 720" width="1280" height="720">${rooms[room]}
    <g transform="translate(${sway} 0)">${back}
    <path d="M300 720c10-130 90-190 210-216h260c120 26 200 86 210 216z" fill="${shirt}"/>
    <path d="M570 440h140v92c-30 40-110 40-140 0z" fill="${shade}"/>
    <path d="M520 500l50-14c20 50 120 50 140 0l50 14c-30 90-210 90-240 0z" fill="${shirt}" stroke="#0002" stroke-width="6"/>
    <ellipse cx="640" cy="320" rx="126" ry="158" fill="${skin}"/><ellipse cx="512" cy="330" rx="18" ry="32" fill="${shade}"/><ellipse cx="768" cy="330" rx="18" ry="32" fill="${shade}"/>
    <path d="M560 272q30-16 58-2M662 270q28-14 58 2" stroke="${hairColour}" stroke-width="9" fill="none" stroke-linecap="round"/>
    <ellipse cx="590" cy="308" rx="11" ry="${at > 0.9 ? 2 : 13}" fill="#23201e"/><ellipse cx="690" cy="308" rx="11" ry="${at > 0.9 ? 2 : 13}" fill="#23201e"/>
    ${glasses ? '<g fill="none" stroke="#2b2f33" stroke-width="7"><rect x="548" y="278" width="84" height="62" rx="26"/><rect x="648" y="278" width="84" height="62" rx="26"/><path d="M632 302h16"/></g>' : ''}
    <path d="M640 322q-12 40 4 46" stroke="${shade}" stroke-width="7" fill="none" stroke-linecap="round"/>
    <path d="M596 408q44 ${mouth * 2.4} 88 0q-44 ${12 - mouth} -88 0z" fill="#8a3d3a"/>
    ${hair[style](hairColour)}</g></svg>`;
}

export const people = {
  amina: { room: 'shelf', skin: '#c98f6b', shade: '#b27a58', shirt: '#24606b', hairColour: '#2a1d1a', style: 'bob' },
  jonas: { room: 'evening', skin: '#e9b998', shade: '#d6a07d', shirt: '#93563f', hairColour: '#6a4a2c', style: 'short', glasses: true },
};

export const slide = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1600 900" width="1600" height="900" font-family="Atkinson Hyperlegible Next, DejaVu Sans, sans-serif">
  <rect width="1600" height="900" fill="#fbf7ee"/><rect width="1600" height="18" fill="#0b616b"/>
  <text x="110" y="170" font-size="74" font-weight="700" fill="#12282d">Three years of open data</text>
  <text x="110" y="236" font-size="36" fill="#50646a">Requests that people could answer by themselves</text>
  ${[['2023', 31, '#9cc5c4'], ['2024', 54, '#4f9aa0'], ['2025', 78, '#0b616b']].map(([year, n, colour], i) => `<rect x="${150 + i * 300}" y="${740 - n * 4.4}" width="190" height="${n * 4.4}" rx="12" fill="${colour}"/><text x="${245 + i * 300}" y="${716 - n * 4.4}" font-size="46" font-weight="700" text-anchor="middle" fill="#12282d">${n} %</text><text x="${245 + i * 300}" y="800" font-size="36" text-anchor="middle" fill="#50646a">${year}</text>`).join('')}
  <rect x="1090" y="320" width="430" height="420" rx="26" fill="#fff" stroke="#e3dccd" stroke-width="3"/>
  <text x="1130" y="400" font-size="38" font-weight="700" fill="#12282d">What helped</text>
  ${['Short pages', 'One licence', 'A named person', 'Yearly review'].map((w, i) => `<circle cx="1146" cy="${462 + i * 66}" r="11" fill="#d08a3c"/><text x="1178" y="${475 + i * 66}" font-size="36" fill="#30454a">${w}</text>`).join('')}
</svg>`;

/** Draws an SVG in a browser; answers a PNG. */
async function draw(page, svg, width, height) {
  await page.setViewportSize({ width, height });
  await page.setContent(`<style>body{margin:0}svg{display:block;inline-size:100vw;block-size:100vh}</style>${svg}`);
  return page.screenshot();
}

/** Films a drawn person for two seconds, with a voice that no microphone test complains about. */
export async function film(page, dir, name) {
  const shots = 12;
  for (let i = 0; i < shots; i++) writeFileSync(join(dir, `${name}-${String(i).padStart(2, '0')}.png`), await draw(page, portrait(people[name], i / shots), 1280, 720));
  const [video, audio] = [join(dir, `${name}.mjpeg`), join(dir, `${name}.wav`)];
  const ffmpeg = (...args) => execFileSync('ffmpeg', ['-v', 'error', '-y', ...args]);
  ffmpeg('-framerate', '6', '-i', join(dir, `${name}-%02d.png`), '-r', '30', '-pix_fmt', 'yuvj420p', '-q:v', '3', video);
  ffmpeg('-f', 'lavfi', '-i', 'sine=frequency=220:sample_rate=48000:duration=4,volume=0.5', '-ac', '1', audio);
  return { video, audio };
}

export const drawSlide = (page) => draw(page, slide, 1600, 900);
