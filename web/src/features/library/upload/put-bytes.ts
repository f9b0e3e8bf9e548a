/** Sends bytes to the store, through the origin that served the page. */
import { putBytes as put, type PutOptions } from "argus-client/put-bytes";

import type { PresignedRequest } from "@/gen/argus/storage/v1/image_pb.js";
import { HttpError } from "@/lib/errors";
import { storePath } from "@/lib/store-url";

export type PutBytes = (request: PresignedRequest, body: Blob, options: PutOptions) => Promise<void>;

/** Rejects with HttpError (0: no answer), or as the signal says. */
export const putBytes: PutBytes = async ({ url, method, headers }, body, options) => {
  const path = storePath(url);
  // No link is as good as one that is too old.
  if (path === undefined) throw new HttpError(403);
  await put({ url: path, method, headers }, body, options);
};
