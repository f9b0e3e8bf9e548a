/** A thumbhash (some 25 bytes) as a tiny picture, for the blur that stands in until an image is there. */
import { thumbHashToDataURL } from "thumbhash";

const MOST_KEPT = 1000;
/** Blob URLs, the longest unused first. */
const made = new Map<string, string>();

/**
 * URL of a picture of at most 32 × 32 pixels; undefined if the bytes are no thumbhash. A blob's, because
 * the page's policy allows no `data:`.
 */
export function thumbhashUrl(hash: Uint8Array | undefined): string | undefined {
  if (!hash || hash.length < 5) return undefined;
  const key = hash.join();
  const url = made.get(key) ?? make(hash);
  if (url === undefined) return undefined;
  made.delete(key);
  made.set(key, url);
  const [oldest] = made;
  if (made.size > MOST_KEPT && oldest) {
    made.delete(oldest[0]);
    URL.revokeObjectURL(oldest[1]);
  }
  return url;
}

function make(hash: Uint8Array): string | undefined {
  try {
    const encoded = thumbHashToDataURL(hash).split(",")[1] ?? "";
    const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
    return URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
  } catch {
    return undefined;
  }
}
