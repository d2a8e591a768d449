/** play shows a stream or a track in a <video>: an attachment that lets go of it when the element goes. */
export function play(media: MediaStream | MediaStreamTrack | undefined | null): (el: HTMLVideoElement) => (() => void) | undefined {
  return (el) => {
    if (!media) return undefined;
    el.srcObject = media instanceof MediaStream ? media : new MediaStream([media]);
    void el.play().catch(() => undefined); // muted pictures may always play; a hidden tab comes later
    return () => {
      el.srcObject = null;
    };
  };
}
