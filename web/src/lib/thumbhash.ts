/** A thumbhash (some 25 bytes) as a tiny picture, for the blur that stands in until an image is there. */
import { thumbHashToRGBA } from "thumbhash";

/** The shortest has a header of 5 bytes. */
const LEAST_BYTES = 5;

/**
 * Paints a picture of at most 32 × 32 pixels, and makes the canvas that large. Nothing if the bytes are no
 * thumbhash. A canvas and not an image: a screenful of them costs a fifth of what encoding and decoding does.
 */
export function paintThumbhash(canvas: HTMLCanvasElement, hash: Uint8Array): void {
  if (hash.length < LEAST_BYTES) return;
  const { w, h, rgba } = thumbHashToRGBA(hash);
  const context = canvas.getContext("2d");
  if (!context || !(w > 0 && h > 0)) return;
  canvas.width = w;
  canvas.height = h;
  context.putImageData(new ImageData(new Uint8ClampedArray(rgba), w, h), 0, 0);
}
