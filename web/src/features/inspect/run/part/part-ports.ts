/** Sends the pictures of a part. */
import { createClient, type Transport } from "@connectrpc/connect";

import { InspectionService, type InspectPartResponse, InspectRequest_OverlayFormat as Overlay } from "@/gen/argus/inspection/v1/inspection_pb.js";

import { isShown } from "../run-ports";
import type { Frame } from "./part-slots";

export async function inspectPart(transport: Transport, referenceSetId: string, frames: readonly Frame[], requestId: string, signal: AbortSignal): Promise<InspectPartResponse> {
  const sent = await Promise.all(
    frames.map(async ({ picture, setIds }) => ({
      referenceSetIds: [...setIds],
      source:
        picture.blob && picture.imageId === ""
          ? ({ case: "image", value: new Uint8Array(await picture.blob.arrayBuffer()) } as const)
          : ({ case: "imageId", value: picture.imageId } as const),
    })),
  );
  // What this browser cannot show, the server draws.
  const drawn = frames.some(({ picture }) => picture.blob && !isShown(picture.blob));
  const overlay = drawn ? Overlay.WEBP : Overlay.OVERLAY_FORMAT_UNSPECIFIED;
  return createClient(InspectionService, transport).inspectPart({ referenceSetId, frames: sent, heatmap: true, previews: true, overlay, requestId }, { signal });
}
