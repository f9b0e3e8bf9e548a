/** Sends bytes to the store and tells how far it is; `fetch` cannot tell that. */
import type { PresignedRequest } from "@/gen/argus/storage/v1/image_pb.js";
import { HttpError } from "@/lib/errors";
import { storePath } from "@/lib/store-url";

export type PutBytes = (
  request: PresignedRequest,
  body: Blob,
  options: { signal: AbortSignal; onProgress: (sentBytes: number) => void },
) => Promise<void>;

/** Rejects with HttpError (0: no answer), or as the signal says. */
export const putBytes: PutBytes = (request, body, { signal, onProgress }) =>
  new Promise((resolve, reject) => {
    const path = storePath(request.url);
    if (path === undefined) {
      // No link is as good as one that is too old.
      reject(new HttpError(403));
      return;
    }
    const xhr = new XMLHttpRequest();
    const abort = (): void => xhr.abort();
    const aborted = (): void => reject(new DOMException("The upload was stopped.", "AbortError"));
    xhr.open(request.method || "PUT", path);
    for (const [name, value] of Object.entries(request.headers)) xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = (event) => onProgress(event.loaded);
    xhr.onload = () => (xhr.status >= 200 && xhr.status < 300 ? resolve() : reject(new HttpError(xhr.status)));
    xhr.onerror = () => reject(new HttpError(0));
    xhr.onabort = aborted;
    xhr.onloadend = () => signal.removeEventListener("abort", abort);
    signal.addEventListener("abort", abort);
    if (signal.aborted) aborted();
    else xhr.send(body);
  });
