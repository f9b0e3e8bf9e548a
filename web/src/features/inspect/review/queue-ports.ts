/** What the review queue needs of the services and the browser. */
import { createClient, type Transport } from "@connectrpc/connect";

import { InspectionService, type PastInspection } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { storePath } from "@/lib/store-url";
import { toDate } from "@/lib/time";

import { prepareHeat } from "../result/heat";
import { sendJudgement } from "../result/judgement";
import { pictureOf } from "../result/picture";
import { prefetchPicture } from "@/lib/prefetch-picture";
import { requestId } from "argus-client/request-id";

import { ClaimMemory } from "./claim-memory";
import type { QueuePorts } from "./review-queue";

export function queuePorts(transport: Transport, referenceSetId: string, onFailure: QueuePorts<PastInspection>["onFailure"]): QueuePorts<PastInspection> {
  const client = createClient(InspectionService, transport);
  const memory = new ClaimMemory();
  const release = async (claimId: string): Promise<void> => {
    await client.releaseReviewItems({ claimId });
    memory.forget(claimId);
  };
  return {
    claim: async (limit) => {
      await Promise.all((await memory.leftBehind()).map((claimId) => release(claimId).catch(() => undefined)));
      const claim = await client.claimReviewItems({ referenceSetId, limit, requestId: requestId() });
      memory.keep(claim.claimId);
      return { claimId: claim.claimId, items: claim.items, expiresAt: toDate(claim.expireTime)?.getTime() ?? Infinity };
    },
    release,
    load: async ({ inspectionId, preview }) => {
      const past = await client.getInspection({ inspectionId, heatmap: true });
      const nearest = past.inspection?.nearest[0]?.preview;
      // Decoded before it is looked at; what cannot be decoded is told where it is shown.
      await Promise.all([
        past.inspection && prepareHeat(past.inspection)?.catch(() => undefined),
        prefetchPicture(pictureOf(past.preview ?? preview).src),
        prefetchPicture(storePath(nearest?.displayUrl)),
      ]);
      return past;
    },
    judge: ({ inspectionId, imageId }, judgement) => sendJudgement(client, { inspectionId, imageId }, judgement),
    skip: async ({ inspectionId }) => {
      await client.skipReviewItem({ inspectionId });
      return async () => {
        await client.unskipReviewItem({ inspectionId });
      };
    },
    onFailure,
    now: () => Date.now(),
  };
}
