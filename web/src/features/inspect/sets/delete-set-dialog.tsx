/** Deleting a set: the one thing here that cannot be undone, so its name has to be typed. */
import { useMutation, useQuery } from "@connectrpc/connect-query";
import { type SyntheticEvent, useId, useState } from "react";

import { InspectionService, type ReferenceSet } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { countOf } from "@/lib/numbers";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { ErrorNote } from "@/ui/states";
import { toast } from "@/ui/toast";

import { useSetCache } from "./cache";
import { focusedFirst } from "./focused-first";
import { VERSIONS_PAGE } from "./use-versions";

/** A set, or a view of one, which has neither members nor views. */
export type Doomed = Pick<ReferenceSet, "referenceSetId" | "displayName" | "imageCount"> & Partial<Pick<ReferenceSet, "members" | "views" | "viewOf">>;

export function DeleteSetDialog({ set, onClose, onDeleted }: { set: Doomed; onClose: () => void; onDeleted?: () => void }) {
  const cache = useSetCache();
  const form = useId();
  const [typed, setTyped] = useState("");
  const { referenceSetId, members = [], views = [], viewOf } = set;
  const kind = viewOf ? "view" : "set";
  const versions = useQuery(InspectionService.method.listVersions, { referenceSetId, pageSize: VERSIONS_PAGE }).data;
  const stats = useQuery(InspectionService.method.getStats, { referenceSetId }).data;
  const remove = useMutation(InspectionService.method.deleteReferenceSet, {
    meta: { handled: true },
    onSuccess: () => {
      cache.setsChanged();
      toast(`${set.displayName} was deleted`);
      onClose();
      onDeleted?.();
    },
  });
  const sure = typed.trim() === set.displayName.trim();
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (sure && !remove.isPending) remove.mutate({ referenceSetId });
  };
  const count = versions && `${versions.nextPageToken ? "more than " : ""}${countOf(versions.versions.length, "version")}`;
  return (
    <Dialog
      title={`Delete this ${kind}?`}
      onClose={onClose}
      width="sm"
      actions={
        <>
          <Button size="md" onClick={onClose}>
            Keep it
          </Button>
          <Button size="md" variant="danger" type="submit" form={form} disabled={!sure} busy={remove.isPending}>
            Delete the {kind}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} className="flex flex-col gap-4">
        <p>
          There is no way back. <strong className="font-semibold [overflow-wrap:anywhere]">{set.displayName}</strong> goes with
        </p>
        <ul className="flex list-disc flex-col gap-1 pl-5 text-ink-soft">
          <li>{count ?? "its versions"}: what was learnt, with thresholds and heads</li>
          <li>
            {stats
              ? `what people said of ${countOf(stats.judged, "image")}, and the figures of ${countOf(stats.inspected, "inspection")}`
              : "what people said of inspected images, and all figures"}
          </li>
          {views.length > 0 && <li className="[overflow-wrap:anywhere]">its {countOf(views.length, "view")}, with all of theirs: {views.map((view) => view.displayName).join(", ")}</li>}
          {members.length > 0 && <li>the access of {countOf(members.length, "person", "people")}</li>}
        </ul>
        <p className="text-ink-soft">No image is deleted: all {countOf(set.imageCount, "image")} stay in your library.</p>
        <TextField
          label={`Type the ${kind}'s name to confirm: ${set.displayName}`}
          ref={focusedFirst}
          value={typed}
          autoComplete="off"
          onChange={(event) => setTyped(event.target.value)}
        />
        <ErrorNote error={remove.error} />
      </form>
    </Dialog>
  );
}
