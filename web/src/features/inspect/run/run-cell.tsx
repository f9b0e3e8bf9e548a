/** One image of a run in the grid. */
import { explainBriefly } from "@/lib/errors";
import { Spinner } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { WarningIcon } from "@/ui/icons";
import { Thumb } from "@/ui/thumb";

import { VerdictBadge } from "../result/verdict-badge";
import { formatRatio, ratioOf } from "../result/words";

import type { RunItem } from "./run-item";

/** Pixels below the picture. */
export const CAPTION = 48;

export function RunCell({ item }: { item: RunItem }) {
  const { inspection } = item;
  return (
    <div className="flex size-full flex-col gap-1">
      <Thumb src={item.thumb} alt="" thumbhash={item.thumbhash} className="min-h-0 w-full flex-1 rounded-sm" />
      <div className="flex h-11 flex-col justify-center gap-0.5">
        <div className="flex h-6 items-center justify-between gap-2">
          {inspection ? (
            <>
              <VerdictBadge found={inspection} />{" "}
              <span className="text-xs text-ink-faint tabular-nums">{formatRatio(ratioOf(inspection))}</span>
            </>
          ) : item.state === "failed" ? (
            <Chip tone="warning" icon={WarningIcon}>Not inspected</Chip>
          ) : (
            <span className="flex items-center gap-2 text-xs text-ink-faint">
              {item.state === "working" && <Spinner />}
              {item.state === "working" ? "Inspecting" : "Waiting"}
            </span>
          )}
        </div>
        {" "}
        <span className="truncate text-xs text-ink-faint" title={item.state === "failed" ? explainBriefly(item.error) : item.name}>
          {item.state === "failed" ? explainBriefly(item.error) : item.name}
        </span>
      </div>
    </div>
  );
}
