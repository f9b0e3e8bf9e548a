/** What a run needs of the services and the browser. */
import { create } from "@bufbuild/protobuf";
import { type Client, createClient, type Transport } from "@connectrpc/connect";

import { InspectionService, InspectRequest_OverlayFormat as Overlay, ZeroShotSchema } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { ImageService } from "@/gen/argus/storage/v1/image_pb.js";
import { HttpError } from "@/lib/errors";
import { pause } from "argus-client/pause";
import { requestId } from "argus-client/request-id";
import { storePath } from "@/lib/store-url";

import type { Against, RunPorts } from "./run-manager";

export function runPorts(transport: Transport): RunPorts {
  const inspection = createClient(InspectionService, transport);
  const images = createClient(ImageService, transport);
  return {
    inspect: async (what, against, requestId, signal) => {
      const source =
        "blob" in what
          ? ({ case: "image", value: new Uint8Array(await what.blob.arrayBuffer()) } as const)
          : ({ case: "imageId", value: what.imageId } as const);
      // What this browser cannot show, the server draws.
      const overlay = "blob" in what && !isShown(what.blob) ? Overlay.WEBP : Overlay.OVERLAY_FORMAT_UNSPECIFIED;
      return inspection.inspect({ against: againstOf(against), version: versionOf(against), source, heatmap: true, overlay, previews: true, requestId }, { signal });
    },
    inspectStored: (imageIds, against, requestId, signal) =>
      inspection.inspectStored({ against: againstOf(against), version: versionOf(against), imageIds: [...imageIds], heatmap: true, previews: true, requestId }, { signal }),
    describe: async (imageIds) => {
      const found = await images.batchGetImages({ imageIds: [...imageIds] });
      return found.images.map((image) => ({
        imageId: image.imageId,
        name: image.filename,
        src: storePath(image.displayUrl),
        thumb: storePath(image.thumbnailUrl),
        thumbhash: image.thumbhash,
      }));
    },
    keep: (blob, name) => keepImage(images, blob, name),
    urlOf: (blob) => URL.createObjectURL(blob),
    freeUrl: (url) => URL.revokeObjectURL(url),
    wait: pause,
  };
}

function againstOf(against: Against) {
  return "setId" in against
    ? ({ case: "referenceSetId", value: against.setId } as const)
    : ({ case: "zeroShot", value: create(ZeroShotSchema, { object: against.object }) } as const);
}

const versionOf = (against: Against): number => ("setId" in against ? against.version : 0);

/** Formats that all browsers show. */
export const isShown = ({ type }: Blob): boolean => /^image\/(png|jpeg|webp|gif|bmp|avif)$/.test(type);

/** Reserves, sends, completes; bytes that are in the library already are not sent again. */
async function keepImage(images: Client<typeof ImageService>, blob: Blob, name: string): Promise<string> {
  const sha256 = await digestOf(blob);
  const reserved = await images.createUpload({
    filename: name,
    contentType: blob.type || "application/octet-stream",
    sizeBytes: BigInt(blob.size),
    ...(sha256 !== undefined && { sha256, skipExisting: true }),
    requestId: requestId(),
  });
  const imageId = reserved.image?.imageId ?? "";
  const { upload } = reserved;
  if (!upload) return imageId;
  const path = storePath(upload.url);
  const answer = await fetch(path ?? "", { method: upload.method, headers: upload.headers, body: blob }).catch(() => undefined);
  if (!answer?.ok) throw new HttpError(answer?.status ?? 0);
  await images.completeUpload({ imageId });
  return imageId;
}

/** Undefined over plain http, where browsers have no digests; the server makes its own. */
async function digestOf(blob: Blob): Promise<string | undefined> {
  const { subtle } = crypto as Partial<Crypto>;
  if (!subtle) return undefined;
  const digest = new Uint8Array(await subtle.digest("SHA-256", await blob.arrayBuffer()));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
