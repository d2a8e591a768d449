// A picture that a host chose, small enough to be sent. The server decides what it takes and writes it anew.

/** What the server understands. */
export const TYPES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];

/** Below this a file goes as it is, bytes. */
const SMALL = 2 << 20;
/** The longer edge of what is sent, pixels; the server keeps fewer. */
const EDGE = 2000;

/** scaled is the size of a picture whose longer edge is at most `edge`. */
export function scaled(width: number, height: number, edge = EDGE): { width: number; height: number } {
  const by = Math.min(1, edge / Math.max(width, height, 1));
  return { width: Math.max(1, Math.round(width * by)), height: Math.max(1, Math.round(height * by)) };
}

/** upright makes a large picture smaller, as its camera was held. What this browser cannot read is left to the server's sentence. */
export async function upright(file: File): Promise<Blob> {
  if (file.size <= SMALL) return file;
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' });
  } catch {
    return file;
  }
  const { width, height } = scaled(bitmap.width, bitmap.height);
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, file.type === 'image/jpeg' ? 'image/jpeg' : 'image/png', 0.92));
  return blob ?? file;
}
