/** Inspects a part by the views of its set: pictures in, one verdict out. */
import { useQuery, useTransport } from "@connectrpc/connect-query";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";

import { type InspectPartResponse, InspectionService, type ReferenceSet } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { explain } from "@/lib/errors";
import { chosenFiles, type FoundFile } from "@/lib/dropped-files";
import { countOf } from "@/lib/numbers";
import { requestId } from "argus-client/request-id";
import { Button } from "@/ui/button";
import { Checkbox } from "@/ui/field";
import { InspectIcon } from "@/ui/icons";
import { ErrorNote, ProgressBar } from "@/ui/states";
import { Segmented } from "@/ui/tabs";

import { useParams } from "../../result/use-params";
import { runPorts } from "../run-ports";
import { RunResult } from "../run-result";
import type { RunItem } from "../run-item";
import { PartResult } from "./part-result";
import { inspectPart } from "./part-ports";
import { beginsWithOne, type Chosen, type Frame, framesOf, lenders, type Picks, pictureFor, type Slot, slotsOf, unshown } from "./part-slots";
import { SlotField } from "./slot-field";

type Pictures = "one" | "each";

interface Answer {
  readonly found: InspectPartResponse;
  readonly frames: readonly Frame[];
}

export function PartRun({ set: listed }: { set: ReferenceSet }) {
  // The list may be older: a view may be calibrated since.
  const set = useQuery(InspectionService.method.getReferenceSet, { referenceSetId: listed.referenceSetId }).data ?? listed;
  const transport = useTransport();
  const params = useParams();
  const ports = useMemo(() => runPorts(transport), [transport]);
  const slots = useMemo(() => slotsOf(set), [set]);
  const [wanted, setPictures] = useState<Pictures>();
  const pictures = wanted ?? (beginsWithOne(set) ? "one" : "each");
  const [one, setOne] = useState<Chosen>();
  const [picks, setPicks] = useState<Picks>({});
  const [keep, setKeep] = useState(false);
  const [answer, setAnswer] = useState<Answer>();
  const urls = useRef(new Set<string>());
  const aborting = useRef<AbortController>(undefined);
  useEffect(() => {
    const made = urls.current;
    return () => {
      aborting.current?.abort();
      for (const url of made) URL.revokeObjectURL(url);
    };
  }, []);
  // Sent again with the same one after an answer that was lost, it is counted once.
  const [request, setRequest] = useState(requestId);
  const changed = (): void => {
    aborting.current?.abort();
    setAnswer(undefined);
    setRequest(requestId());
    inspect.reset();
  };

  const frames: readonly Frame[] = pictures === "each" ? framesOf(slots, picks) : one ? [{ picture: one, setIds: [] }] : [];
  const missing = pictures === "each" ? unshown(slots, picks) : [];
  const inspect = useMutation({
    meta: { handled: true },
    mutationFn: async (sent: readonly Frame[]) => {
      aborting.current?.abort();
      const abort = (aborting.current = new AbortController());
      const stored = await Promise.all(sent.map(async (frame) => (keep ? { ...frame, picture: await kept(frame.picture) } : frame)));
      return { found: await inspectPart(transport, set.referenceSetId, stored, request, abort.signal), frames: stored };
    },
    onSuccess: (answered) => {
      setAnswer(answered);
      // Pressed once more, it is another inspection.
      setRequest(requestId());
    },
  });
  const stored = useRef(new Map<Blob, string>());
  const kept = async (picture: Chosen): Promise<Chosen> => {
    if (!picture.blob || picture.imageId !== "") return picture;
    const imageId = stored.current.get(picture.blob) ?? (await ports.keep(picture.blob, picture.name));
    stored.current.set(picture.blob, imageId);
    return { ...picture, imageId };
  };

  const ofFile = ({ file, path }: FoundFile): Chosen => {
    const src = URL.createObjectURL(file);
    urls.current.add(src);
    return { name: path, src, blob: file, imageId: "" };
  };
  const take = (slot: Slot | undefined, chosen: Chosen): void => {
    changed();
    if (slot) setPicks((was) => ({ ...was, [slot.setId]: { chosen } }));
    else setOne(chosen);
  };
  const takeStored = async (slot: Slot | undefined, imageId: string): Promise<void> => {
    const [described] = await ports.describe([imageId]).catch(() => []);
    take(slot, { name: described?.name ?? "Image of the library", src: described?.src, imageId });
  };
  const leave = (slot: Slot): void => {
    changed();
    // Who showed the same shows nothing either.
    setPicks((was) => Object.fromEntries(Object.entries(was).filter(([id, pick]) => id !== slot.setId && !("sameAs" in pick && pick.sameAs === slot.setId))));
  };
  const share = (slot: Slot, as: string): void => {
    if (as === "") leave(slot);
    else {
      changed();
      setPicks((was) => ({ ...was, [slot.setId]: { sameAs: as } }));
    }
  };

  useEffect(() => {
    if (pictures !== "one") return undefined;
    const onPaste = (event: ClipboardEvent): void => {
      const [file] = chosenFiles(event.clipboardData?.files ?? null);
      if (!file) return;
      event.preventDefault();
      take(undefined, ofFile(file));
    };
    addEventListener("paste", onPaste);
    return () => removeEventListener("paste", onPaste);
  });

  const items = answer ? itemsOf(answer) : [];
  const open = items.find((item) => item.key === params.get("item"));
  if (open) {
    return (
      <RunResult
        kind="view"
        items={items}
        item={open}
        onOpen={(key) => params.change({ item: key })}
        onClose={() => params.change({ item: undefined })}
        onRetry={() => undefined}
      />
    );
  }
  const problem = inspect.error && explain(inspect.error).kind !== "cancelled" ? inspect.error : null;
  return (
    <div className="h-full overflow-y-auto px-4 pt-1 pb-12 sm:px-6">
      <div className="flex flex-col gap-5">
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
          <Segmented<Pictures>
            label="Pictures of the part"
            value={pictures}
            onChange={(next) => {
              changed();
              setPictures(next);
            }}
            options={[{ key: "one", label: "One picture for all views" }, { key: "each", label: "A picture for each" }]}
          />
          <span className="text-sm text-ink-soft">{countOf(slots.length, "view")}: {slots.map((slot) => slot.name).join(", ")}</span>
        </div>
        {pictures === "one" ? (
          <div className="max-w-xl">
            <SlotField
              name="all views"
              picture={one}
              onFile={(file) => take(undefined, ofFile(file))}
              onStored={(imageId) => void takeStored(undefined, imageId)}
              onClear={() => {
                changed();
                setOne(undefined);
              }}
            />
          </div>
        ) : (
          <div className="grid gap-4 sm:grid-cols-[repeat(auto-fill,minmax(16rem,1fr))]">
            {slots.map((slot) => {
              const pick = picks[slot.setId];
              return (
                <SlotField
                  key={slot.setId}
                  name={slot.name}
                  note={slot.unready && <p className="text-sm text-warning">Not calibrated yet: it will not be inspected.</p>}
                  picture={pictureFor(slot.setId, picks)}
                  lenders={lenders(slot.setId, slots, picks)}
                  sameAs={pick && "sameAs" in pick ? pick.sameAs : ""}
                  onSameAs={(as) => share(slot, as)}
                  onFile={(file) => take(slot, ofFile(file))}
                  onStored={(imageId) => void takeStored(slot, imageId)}
                  onClear={() => leave(slot)}
                />
              );
            })}
          </div>
        )}
        <Checkbox
          label="Keep them in the library too, so that they can be reviewed and learnt from"
          checked={keep}
          onChange={(event) => {
            setRequest(requestId());
            setKeep(event.target.checked);
          }}
        />
        <div className="flex flex-wrap items-center gap-3">
          <Button variant="primary" size="md" icon={InspectIcon} busy={inspect.isPending} disabled={frames.length === 0} onClick={() => inspect.mutate(frames)}>
            Inspect the part
          </Button>
          {frames.length > 0 && missing.length > 0 && (
            <span className="text-sm text-warning">Without a picture: {missing.map((slot) => slot.name).join(", ")}. Such a part is never called normal.</span>
          )}
        </div>
        {inspect.isPending && <ProgressBar label="Inspecting the part" />}
        <ErrorNote error={problem} />
        {answer && <PartResult set={set} found={answer.found} frames={answer.frames} onOpen={(setId) => params.change({ item: setId }, true)} />}
      </div>
    </div>
  );
}

/** Views that have an inspection, to be opened one after the other. */
function itemsOf({ found, frames }: Answer): readonly RunItem[] {
  return found.views.flatMap((view, place) => {
    if (view.outcome.case !== "inspection") return [];
    const picture = frames[view.frame]?.picture;
    return [
      {
        key: view.referenceSetId,
        name: picture ? `${view.displayName}: ${picture.name}` : view.displayName,
        source: picture?.blob ? ("file" as const) : ("stored" as const),
        place,
        state: "done" as const,
        ...(picture?.blob && { blob: picture.blob }),
        src: picture?.src,
        thumb: picture?.src,
        imageId: picture?.imageId ?? "",
        keep: false,
        inspection: view.outcome.value,
      },
    ];
  });
}
