/** A stream of pieces put together into a file for the browser to save. */
import type { HttpBody } from "@/gen/google/api/httpbody_pb.js";

export interface Assembled {
  blob: Blob;
  bytes: number;
}

/**
 * Reads all pieces.
 *
 * @param onBytes called with how many bytes have come so far
 */
export async function assembled(pieces: AsyncIterable<Pick<HttpBody, "contentType" | "data">>, onBytes: (bytes: number) => void): Promise<Assembled> {
  const parts: BlobPart[] = [];
  let bytes = 0;
  let type = "";
  for await (const { contentType, data } of pieces) {
    // Copied, for a piece may be a view of a buffer that is used again.
    parts.push(data.slice());
    bytes += data.byteLength;
    type ||= contentType;
    onBytes(bytes);
  }
  return { blob: new Blob(parts, { type: type || "application/octet-stream" }), bytes };
}

/** `Gear housing, top view` as a name that every system takes. */
export function fileName(setName: string, suffix: string): string {
  const safe = setName
    .normalize("NFKD")
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 60);
  return `${safe || "reference-set"}.${suffix}`;
}
