/** Sends bytes to the store. In browsers it tells how far it is, which `fetch` cannot; elsewhere when all is sent. */
import type { PresignedRequest } from "../../../src/gen/argus/storage/v1/image_pb.js";

import { HttpError } from "./facts.js";

export interface PutOptions {
  signal: AbortSignal;
  onProgress: (sentBytes: number) => void;
}

export type Destination = Pick<PresignedRequest, "url" | "method" | "headers">;

/** Rejects with HttpError (0: no answer), or with an AbortError. */
export function putBytes(to: Destination, body: Blob, options: PutOptions): Promise<void> {
  return typeof XMLHttpRequest === "undefined" ? putByFetch(to, body, options) : putByXhr(to, body, options);
}

function putByXhr({ url, method, headers }: Destination, body: Blob, { signal, onProgress }: PutOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    const abort = (): void => xhr.abort();
    const aborted = (): void => reject(new DOMException("The upload was stopped.", "AbortError"));
    xhr.open(method || "PUT", url);
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = (event) => onProgress(event.loaded);
    xhr.onload = () => (xhr.status >= 200 && xhr.status < 300 ? resolve() : reject(new HttpError(xhr.status)));
    xhr.onerror = () => reject(new HttpError(0));
    xhr.onabort = aborted;
    xhr.onloadend = () => signal.removeEventListener("abort", abort);
    signal.addEventListener("abort", abort);
    if (signal.aborted) aborted();
    else xhr.send(body);
  });
}

async function putByFetch({ url, method, headers }: Destination, body: Blob, { signal, onProgress }: PutOptions): Promise<void> {
  let response: Response;
  try {
    response = await fetch(url, { method: method || "PUT", headers, body, signal });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new HttpError(0, "The store cannot be reached.");
  }
  if (!response.ok) throw new HttpError(response.status);
  onProgress(body.size);
}
