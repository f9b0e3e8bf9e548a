/** Judging inspections that are on screen anyway: at once, undone by a key or a toast, failures said. */
import { createClient } from "@connectrpc/connect";
import { useQuery, useTransport } from "@connectrpc/connect-query";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";

import { InspectionService } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { explainBriefly } from "@/lib/errors";
import { toast } from "@/ui/toast";

import { Deeds } from "./deeds";
import { deedText, type Judged, type Judgement, sendJudgement } from "./judgement";

export interface Judging {
  /** What was said here of an inspection; undefined if nothing. */
  said: (inspectionId: string) => Judgement | undefined;
  judge: (judged: Judged, judgement: Judgement) => void;
  undo: () => void;
  last: string | undefined;
}

/** `onArrived` is called when something has reached the server, or was taken back there. */
export function useJudging(onArrived?: () => void): Judging {
  const transport = useTransport();
  const client = useMemo(() => createClient(InspectionService, transport), [transport]);
  const [desk] = useState(() => new Desk());
  useSyncExternalStore(desk.subscribe, desk.count);
  const undo = (): void => {
    const undone = desk.deeds.undo();
    if (undone) toast(`Undone: ${undone.toLowerCase()}`, { key: "judged" });
  };
  return {
    said: (inspectionId) => desk.said(inspectionId),
    judge: (judged, judgement) => {
      desk.deeds.run([
        {
          text: deedText(judgement),
          apply: () => desk.put(judged.inspectionId, judgement),
          revert: () => desk.drop(judged.inspectionId, judgement),
          send: async () => {
            const takeBack = await sendJudgement(client, judged, judgement);
            onArrived?.();
            return async () => {
              await takeBack();
              onArrived?.();
            };
          },
        },
      ]);
      toast(deedText(judgement), { key: "judged", action: { label: "Undo", run: undo } });
    },
    undo,
    last: desk.deeds.last,
  };
}

class Desk {
  private readonly words = new Map<string, readonly Judgement[]>();
  private version = 0;
  private readonly listeners = new Set<() => void>();
  readonly deeds = new Deeds((deed, error, phase) => {
    const failed = phase === "send" ? `Not kept: ${deed.text.toLowerCase()}.` : `Not undone: ${deed.text.toLowerCase()}.`;
    toast(`${failed} ${explainBriefly(error)}`, { tone: "error", key: "judged" });
  });

  constructor() {
    this.deeds.subscribe(() => this.publish());
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  readonly count = (): number => this.version;

  /** The last word; a note alone is none. */
  said(inspectionId: string): Judgement | undefined {
    return this.words.get(inspectionId)?.findLast(({ kind }) => kind !== "comment");
  }

  put(inspectionId: string, judgement: Judgement): void {
    this.words.set(inspectionId, [...(this.words.get(inspectionId) ?? []), judgement]);
    this.publish();
  }

  drop(inspectionId: string, judgement: Judgement): void {
    this.words.set(inspectionId, (this.words.get(inspectionId) ?? []).filter((each) => each !== judgement));
    this.publish();
  }

  private publish(): void {
    this.version += 1;
    for (const listener of this.listeners) listener();
  }
}

/** Kinds of defect that were named before, the latest first. */
export function useDefectLabels(referenceSetId: string): readonly string[] {
  const feedback = useQuery(InspectionService.method.listFeedback, { referenceSetId, pageSize: 500 }, { staleTime: 300_000 });
  return useMemo(() => {
    const labels = feedback.data?.feedback.map(({ label }) => label).filter((label) => label !== "" && label !== "normal");
    return [...new Set(labels)];
  }, [feedback.data]);
}

/** Asks before the tab is closed while something has not arrived. */
export function useUnloadGuard(busy: boolean): void {
  useEffect(() => {
    if (!busy) return undefined;
    const guard = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener("beforeunload", guard);
    return () => removeEventListener("beforeunload", guard);
  }, [busy]);
}
