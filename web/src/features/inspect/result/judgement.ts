/** What a person says of an inspected image, and how it is sent and taken back. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { Client } from "@connectrpc/connect";

import { Feedback_Action, type InspectionService, type SubmitFeedbackRequestSchema } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { BoxSchema, PointSchema, PolygonSchema } from "@/gen/argus/type/v1/geometry_pb.js";
import type { Drawn } from "@/lib/outline";

import type { TakeBack } from "./deeds";
import { requestId } from "argus-client/request-id";

export interface Judgement {
  readonly kind: "anomalous" | "normal" | "label" | "comment";
  /** With `label`: the kind of defect, such as `crack`. */
  readonly label?: string;
  readonly note?: string;
  readonly region?: Drawn | undefined;
}

/** What is judged; the image's id is empty if it is not stored. */
export interface Judged {
  readonly inspectionId: string;
  readonly imageId: string;
}

const ACTIONS: Record<Judgement["kind"], Feedback_Action> = {
  anomalous: Feedback_Action.CONFIRM_ANOMALY,
  normal: Feedback_Action.MARK_NORMAL,
  label: Feedback_Action.RELABEL,
  comment: Feedback_Action.COMMENT,
};

/** `Marked normal`: what was done, for a message. */
export function deedText({ kind, label }: Judgement): string {
  if (kind === "normal") return "Marked normal";
  if (kind === "anomalous") return "Confirmed as anomalous";
  return kind === "label" ? `Labelled ${label ?? ""}` : "Note added";
}

export function feedbackRequest(judged: Judged, judgement: Judgement, requestId: string): MessageInitShape<typeof SubmitFeedbackRequestSchema> {
  const { kind, label, note, region } = judgement;
  return {
    inspectionId: judged.inspectionId,
    imageId: judged.imageId,
    action: ACTIONS[kind],
    label: kind === "label" ? (label ?? "") : "",
    note: note?.trim() ?? "",
    requestId,
    // Where a part is normal there is no place to show.
    ...(region && kind !== "normal" && {
      region: create(BoxSchema, region.box),
      polygons: region.outline ? [create(PolygonSchema, { points: region.outline.map((corner) => create(PointSchema, corner)) })] : [],
    }),
  };
}

/** Sends it; what it answers takes it back. */
export async function sendJudgement(client: Client<typeof InspectionService>, judged: Judged, judgement: Judgement): Promise<TakeBack> {
  const { feedbackId } = await client.submitFeedback(feedbackRequest(judged, judgement, requestId()));
  return async () => {
    await client.deleteFeedback({ feedbackId });
  };
}
