/** Reads files beside the page: what they are, and their SHA-256. One after another. */
import { sha256 } from "./digest";
import type { ReadAnswer, ReadQuestion } from "./file-reader";
import { sniff, SNIFFED_BYTES } from "./sniff";

let last = Promise.resolve();

addEventListener("message", ({ data }: MessageEvent<ReadQuestion>) => {
  last = last.then(async () => {
    const answer: ReadAnswer = await read(data).catch((error: unknown) => ({ id: data.id, error: String(error) }));
    postMessage(answer);
  });
});

async function read({ id, file, hash }: ReadQuestion): Promise<ReadAnswer> {
  const contentType = sniff(new Uint8Array(await file.slice(0, SNIFFED_BYTES).arrayBuffer()));
  // What is no image is not sent; it need not be read to its end.
  return { id, contentType, sha256: hash && contentType ? await sha256(file) : undefined };
}
