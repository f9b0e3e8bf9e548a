/** A new view: another camera, whose pictures come on its own page, or a region of the set's pictures, drawn here. */
import { createClient } from "@connectrpc/connect";
import { useTransport } from "@connectrpc/connect-query";
import { useMutation } from "@tanstack/react-query";
import { useId, useState } from "react";
import { useNavigate } from "react-router";

import { InspectionService, type ReferenceSet } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { explain } from "@/lib/errors";
import { countOf } from "@/lib/numbers";
import { requestId } from "argus-client/request-id";
import { TextField } from "@/ui/field";
import { FormDialog } from "@/ui/form-dialog";
import { ErrorNote, Skeleton } from "@/ui/states";
import { toast } from "@/ui/toast";

import { useSetCache } from "../cache";
import { problemsOf, requestOf } from "../calibrate/calibration-form";
import { outlinesOf } from "../calibrate/outlines";
import { RegionsOfInterest } from "../calibrate/regions-of-interest";
import { focusedFirst } from "../focused-first";
import { LONGEST_NAME } from "../names";
import { setPath } from "../paths";
import { useVersions } from "../use-versions";
import { regionForm } from "./region-form";

type Kind = "region" | "camera";

export function AddViewDialog({ set, onClose }: { set: ReferenceSet; onClose: () => void }) {
  const navigate = useNavigate();
  const transport = useTransport();
  const cache = useSetCache();
  const { current, query: versions } = useVersions(set);
  const pictures = set.imageCount > 0;
  const [name, setName] = useState("");
  const [kind, setKind] = useState<Kind>(pictures ? "region" : "camera");
  const [regions, setRegions] = useState("");
  const [target, setTarget] = useState("1");
  // One for each call of the dialog: pressing again after an answer that was lost makes no second view.
  const [requests] = useState(() => ({ create: requestId(), calibrate: requestId() }));
  const [made, setMade] = useState("");
  const form = regionForm(current, regions, target);
  const problems = problemsOf(form);

  const add = useMutation({
    meta: { handled: true },
    mutationFn: async () => {
      const client = createClient(InspectionService, transport);
      let viewId = made;
      if (viewId === "") {
        const view = await client.createReferenceSet({
          displayName: name.trim(),
          viewOf: set.referenceSetId,
          copyImages: kind === "region",
          requestId: requests.create,
        });
        viewId = view.referenceSetId;
        setMade(viewId);
        cache.put(view);
        cache.viewsChanged();
      }
      if (kind === "region") await client.calibrateReferenceSet(requestOf(form, viewId, requests.calibrate));
      return viewId;
    },
    onSuccess: (viewId) => {
      cache.viewsChanged();
      onClose();
      if (kind === "camera") void navigate(setPath(viewId));
      else toast(`${name.trim()} was added, and is being calibrated`);
    },
  });
  const wrong = add.error ? explain(add.error).fields["display_name"] : undefined;
  const incomplete = name.trim() === "" || (kind === "region" && (outlinesOf(regions).outlines.length === 0 || Object.keys(problems).length > 0 || versions.isLoading));
  return (
    <FormDialog
      title="Add a view"
      onClose={onClose}
      submit={kind === "camera" ? "Add" : made === "" ? "Add and calibrate" : "Calibrate"}
      busy={add.isPending}
      incomplete={incomplete}
      onSubmit={() => add.mutate()}
    >
      <TextField
        label="Name"
        value={name}
        maxLength={LONGEST_NAME}
        required
        disabled={made !== ""}
        ref={focusedFirst}
        placeholder="Top camera"
        error={wrong}
        onChange={(event) => setName(event.target.value)}
      />
      <fieldset className="flex flex-col gap-2" disabled={made !== ""}>
        <legend className="mb-1 text-sm font-medium">What it shows</legend>
        <Choice
          label="A region of these pictures"
          hint={pictures ? `Begins with this set's ${countOf(set.imageCount, "image")}; only what you outline counts.` : "This set has no images yet."}
          checked={kind === "region"}
          disabled={!pictures}
          onChoose={() => setKind("region")}
        />
        <Choice label="Another camera" hint="Has pictures of its own: you add them next, on its page." checked={kind === "camera"} onChoose={() => setKind("camera")} />
      </fieldset>
      {kind === "region" &&
        (versions.isLoading ? (
          <Skeleton className="h-60" />
        ) : (
          <>
            <RegionsOfInterest referenceSetId={set.referenceSetId} drawnOn={current?.referenceImageId ?? ""} value={regions} onChange={setRegions} />
            <TextField
              label="Target false-alarm rate, in percent"
              inputMode="decimal"
              value={target}
              error={problems.target}
              hint="Of this view alone; those of all views add up."
              className="max-w-32 tabular-nums"
              onChange={(event) => setTarget(event.target.value)}
            />
            {current && <p className="text-sm text-ink-faint">All else is set as in version {current.version} of {set.displayName}; change it on the view's page.</p>}
          </>
        ))}
      {made !== "" && add.isError && <p className="text-sm text-warning">The view was made, but its calibration did not start.</p>}
      {!wrong && <ErrorNote error={add.error} />}
    </FormDialog>
  );
}

function Choice({ label, hint, checked, disabled = false, onChoose }: { label: string; hint: string; checked: boolean; disabled?: boolean; onChoose: () => void }) {
  const id = useId();
  return (
    <div className="flex items-start gap-2">
      <input type="radio" id={id} name="kind-of-view" checked={checked} disabled={disabled} onChange={onChoose} aria-describedby={`${id}-hint`} className="mt-0.5 size-4 accent-accent" />
      <div className="flex flex-col">
        <label htmlFor={id} className="text-sm font-medium">{label}</label>
        <span id={`${id}-hint`} className="text-sm text-ink-faint">{hint}</span>
      </div>
    </div>
  );
}
