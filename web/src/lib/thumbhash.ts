/** A thumbhash (some 25 bytes) as pixels, for the blur that stands in until an image is there. */
import { thumbHashToRGBA } from "thumbhash";

/** Pixels of at most 32 × 32; undefined if the bytes are no thumbhash. */
export function decodeThumbhash(hash: Uint8Array | undefined): ImageData | undefined {
  if (!hash || hash.length < 5) return undefined;
  try {
    const { w, h, rgba } = thumbHashToRGBA(hash);
    return new ImageData(new Uint8ClampedArray(rgba), w, h);
  } catch {
    return undefined;
  }
}
