/** The filters of past inspections, between the URL and the contract. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";

import { InspectResponse_Verdict as Verdict, type ListInspectionsRequestSchema } from "@/gen/argus/inspection/v1/inspection_pb.js";

const VERDICTS = { anomalous: Verdict.ANOMALOUS, uninspectable: Verdict.UNINSPECTABLE, normal: Verdict.NORMAL } as const;

export interface HistoryFilter {
  readonly setId: string;
  readonly imageId: string;
  /** What the inspections of one part's views have in common. */
  readonly partId: string;
  readonly version: number;
  readonly verdict: "" | keyof typeof VERDICTS;
  /** Days as `2026-03-12`, in the viewer's zone; empty if not limited. */
  readonly from: string;
  readonly to: string;
}

export function filterOf(get: (name: string) => string): HistoryFilter {
  const verdict = get("verdict");
  return {
    setId: get("set"),
    imageId: get("image"),
    partId: get("part"),
    version: Math.max(0, Math.trunc(Number(get("version"))) || 0),
    verdict: isVerdict(verdict) ? verdict : "",
    from: day(get("from")),
    to: day(get("to")),
  };
}

export const isFiltered = ({ imageId, partId, version, verdict, from, to }: HistoryFilter): boolean =>
  imageId !== "" || partId !== "" || version !== 0 || verdict !== "" || from !== "" || to !== "";

export function historyRequest(filter: HistoryFilter): MessageInitShape<typeof ListInspectionsRequestSchema> & { pageToken: string } {
  const { setId, imageId, partId, version, verdict, from, to } = filter;
  return {
    referenceSetId: setId,
    imageId,
    partInspectionId: partId,
    version,
    verdict: verdict === "" ? Verdict.VERDICT_UNSPECIFIED : VERDICTS[verdict],
    pageSize: 60,
    pageToken: "",
    ...(from && { since: timestampFromDate(startOf(from, 0)) }),
    // The last day counts as a whole.
    ...(to && { until: timestampFromDate(startOf(to, 1)) }),
  };
}

const isVerdict = (text: string): text is keyof typeof VERDICTS => Object.hasOwn(VERDICTS, text);

function day(text: string): string {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(new Date(`${text}T00:00`).getTime()) ? text : "";
}

function startOf(text: string, later: number): Date {
  const date = new Date(`${text}T00:00`);
  date.setDate(date.getDate() + later);
  return date;
}
