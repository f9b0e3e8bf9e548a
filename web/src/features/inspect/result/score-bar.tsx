/** A score against its threshold, on a scale of two thresholds that is the same for all. */
import type { InspectResponse } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { cx } from "@/ui/cx";

import { formatRatio, ratioOf } from "./words";

export function ScoreBar({ found }: { found: Pick<InspectResponse, "score" | "threshold"> }) {
  const ratio = ratioOf(found);
  const over = ratio > 1;
  return (
    <div role="img" aria-label={`Score ${formatRatio(ratio)} the threshold`} className="flex flex-col gap-1">
      <div className="flex items-baseline justify-between text-sm">
        <span className="font-medium">Score</span>
        <span className="text-ink-soft tabular-nums">{formatRatio(ratio)} the threshold</span>
      </div>
      <div className="relative h-2 rounded-full bg-sunken">
        <div
          className={cx("absolute inset-y-0 left-0 rounded-full", over ? "bg-anomalous" : "bg-normal")}
          style={{ width: `${Math.max(1.5, Math.min(100, ratio * 50))}%` }}
        />
        <div className="absolute -inset-y-1 left-1/2 w-0.5 -translate-x-1/2 bg-ink" />
      </div>
      <div aria-hidden="true" className="relative h-4 text-xs text-ink-faint">
        <span className="absolute left-0">0</span>
        <span className="absolute left-1/2 -translate-x-1/2">threshold</span>
        <span className="absolute right-0">{ratio > 2 ? "2 × and more" : "2 ×"}</span>
      </div>
    </div>
  );
}
