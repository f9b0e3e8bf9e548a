/** One image from bytes to the library: reserved, sent, completed; each step tried again where that may help. */
import type { Client } from "@connectrpc/connect";

import { type Image, Image_State, type ImageService } from "../../../src/gen/argus/storage/v1/image_pb.js";

import { isAborted, pause } from "./pause.js";
import { type Destination, putBytes } from "./put-bytes.js";
import { requestId } from "./request-id.js";
import { retrying, type RetryOptions } from "./retry.js";

export interface UploadOptions extends RetryOptions {
  filename: string;
  /** A media type such as `image/jpeg`; the blob's own unless told. */
  contentType?: string;
  labels?: Record<string, string>;
  onProgress?: (sentBytes: number, totalBytes: number) => void;
  /** Where the bytes go in place of the address that was signed, for pages that reach the store through the edge. */
  route?: (to: Destination) => Destination;
}

/**
 * Uploads an image and resolves once the server has it; search finds it when it is indexed (`untilIndexed`).
 * Bytes that the library has already are not sent: the image that is there is the answer.
 *
 * Rejects with a ConnectError, of which `factsOf` reads the reason, with an HttpError of the store, or an AbortError.
 */
export async function upload(images: Client<typeof ImageService>, body: Blob, options: UploadOptions): Promise<Image> {
  const { signal = new AbortController().signal, onProgress, route } = options;
  const request = {
    filename: options.filename,
    contentType: options.contentType ?? body.type,
    sizeBytes: BigInt(body.size),
    sha256: await sha256(body),
    labels: options.labels ?? {},
    skipExisting: true,
    requestId: requestId(),
  };
  const reserved = await retrying(() => images.createUpload(request, { signal }), options);
  const { image, upload: to } = reserved;
  if (!image) throw new Error("The server did not say what it reserved.");
  if (!to) return image;
  const destination = route ? route(to) : to;
  const progress = (sent: number): void => onProgress?.(sent, body.size);
  await retrying(() => putBytes(destination, body, { signal, onProgress: progress }), options);
  return retrying(() => images.completeUpload({ imageId: image.imageId }, { signal }), options);
}

const POLL_MS = 300;

/** Resolves when search finds an image, or it failed (its state says which). Rejects as the call does, or with an AbortError. */
export async function untilIndexed(images: Client<typeof ImageService>, imageId: string, options: RetryOptions = {}): Promise<Image> {
  const { signal = new AbortController().signal, pause: wait = pause } = options;
  for (;;) {
    const image = await retrying(() => images.getImage({ imageId }, { signal }), options);
    if (image.state === Image_State.INDEXED || image.state === Image_State.FAILED) return image;
    await wait(POLL_MS, signal);
    if (isAborted(signal)) throw new DOMException("Nobody waits any more.", "AbortError");
  }
}

/** As 64 hexadecimal digits; empty where there is no WebCrypto (pages over plain http), and the server checks nothing then. */
async function sha256(body: Blob): Promise<string> {
  const subtle = (crypto as Partial<Crypto>).subtle;
  if (!subtle) return "";
  const digest = await subtle.digest("SHA-256", await body.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
