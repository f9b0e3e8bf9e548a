/** What a file is by its first bytes; names and declared types are often missing or wrong. */

/** As many bytes of a file's beginning as `sniff` looks at. */
export const SNIFFED_BYTES = 64;

/** The media type of an image's beginning; undefined if it is no image that is known here. */
export function sniff(head: Uint8Array): string | undefined {
  const text = (from: number, length: number): string => String.fromCharCode(...head.subarray(from, from + length));
  if (starts(head, [0xff, 0xd8, 0xff])) return "image/jpeg";
  if (starts(head, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return "image/png";
  if (text(0, 4) === "RIFF" && text(8, 4) === "WEBP") return "image/webp";
  if (text(0, 6) === "GIF87a" || text(0, 6) === "GIF89a") return "image/gif";
  if (text(0, 4) === "II*\0" || text(0, 4) === "MM\0*") return "image/tiff";
  if (text(4, 4) === "ftyp") return ofBrands(text(8, Math.min(head.length, SNIFFED_BYTES) - 8));
  if (text(0, 2) === "BM" && head.length >= 26) return "image/bmp";
  return undefined;
}

/** A HEIF container says by its brands what is in it. */
function ofBrands(brands: string): string | undefined {
  if (/avif|avis/.test(brands)) return "image/avif";
  if (/heic|heix|hevc|heim|heis|mif1|msf1/.test(brands)) return "image/heic";
  return undefined;
}

function starts(head: Uint8Array, bytes: readonly number[]): boolean {
  return bytes.every((byte, index) => head[index] === byte);
}
