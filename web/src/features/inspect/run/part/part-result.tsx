/** What was found of a part: one verdict, and its views under it. */
import { useEffect, useRef } from "react";
import { Link } from "react-router";

import type { InspectPartResponse, ReferenceSet } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { cx } from "@/ui/cx";

import { verdictIcon } from "../../result/verdict-badge";
import { isAlarm, verdictWord } from "../../result/words";
import { partSentence, rateSentence } from "./part-words";
import type { Frame } from "./part-slots";
import { ViewResult } from "./view-result";

export interface PartResultProps {
  set: ReferenceSet;
  found: InspectPartResponse;
  /** What was sent. */
  frames: readonly Frame[];
  onOpen: (setId: string) => void;
}

export function PartResult({ set, found, frames, onOpen }: PartResultProps) {
  const Shape = verdictIcon(found);
  // What was asked below the pictures is answered at the top of what one sees.
  const section = useRef<HTMLElement>(null);
  useEffect(() => {
    section.current?.scrollIntoView({ block: "start" });
  }, [found]);
  return (
    <section ref={section} aria-labelledby="part-verdict" className="flex scroll-mt-2 flex-col gap-4">
      <div role="status" className={cx("flex flex-col gap-2 rounded-lg p-5", isAlarm(found) ? "bg-anomalous-soft" : "bg-normal-soft")}>
        <h2 id="part-verdict" className={cx("flex items-center gap-3 text-2xl font-semibold", isAlarm(found) ? "text-anomalous" : "text-normal")}>
          <Shape width={32} height={32} className="shrink-0" />
          {verdictWord(found)}
        </h2>
        <p className="text-base text-pretty text-ink [overflow-wrap:anywhere]">{partSentence(found)}</p>
        <p className="text-sm text-pretty text-ink-soft">{rateSentence(found)}</p>
      </div>
      <ul aria-label="Views" className="grid gap-4 sm:grid-cols-[repeat(auto-fill,minmax(18rem,1fr))]">
        {found.views.map((view) => (
          <ViewResult
            key={view.referenceSetId}
            view={view}
            areas={set.views.find((each) => each.referenceSetId === view.referenceSetId)?.regionsOfInterest ?? []}
            picture={frames[view.frame]?.picture}
            onOpen={() => onOpen(view.referenceSetId)}
          />
        ))}
      </ul>
      {found.partInspectionId !== "" && (
        <Link to={`/inspect/history?part=${found.partInspectionId}`} className="self-start rounded-sm text-sm font-medium text-accent hover:underline">
          These inspections in the history
        </Link>
      )}
    </section>
  );
}
