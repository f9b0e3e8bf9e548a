/** Which reference set the selected images are for: to be added as normal, or to be inspected with. */
import { useMutation, useQuery } from "@connectrpc/connect-query";
import { useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";
import { Link } from "react-router";

import { InspectionService, type ReferenceSet, ReferenceSet_State } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { countOf } from "@/lib/numbers";
import { requestId } from "argus-client/request-id";
import { useAccount } from "@/lib/use-session";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { ErrorNote, Skeleton } from "@/ui/states";
import { toast } from "@/ui/toast";

import { batches } from "../images/library";

export interface SetDialogProps {
  kind: "add" | "inspect";
  ids: readonly string[];
  onClose: () => void;
  onDone: (setId: string) => void;
}

export function SetDialog({ kind, ids, onClose, onDone }: SetDialogProps) {
  const { userId } = useAccount();
  const queries = useQueryClient();
  const sets = useQuery(InspectionService.method.listReferenceSets, { pageSize: 200 });
  const add = useMutation(InspectionService.method.addReferenceImages, { meta: { handled: true } });
  const create = useMutation(InspectionService.method.createReferenceSet, { meta: { handled: true } });
  const [name, setName] = useState("");

  const take = async (set: ReferenceSet): Promise<void> => {
    if (kind === "add") {
      for (const imageIds of batches(ids)) await add.mutateAsync({ referenceSetId: set.referenceSetId, imageIds });
      toast(`${countOf(ids.length, "image")} added to “${set.displayName}”`, { tone: "success" });
      void queries.invalidateQueries();
    }
    onDone(set.referenceSetId);
  };
  // A failure shows below, from the mutation itself.
  const attempt = (work: () => Promise<void>): void => void work().catch(() => undefined);
  const onCreate = (event: SubmitEvent): void => {
    event.preventDefault();
    attempt(async () => take(await create.mutateAsync({ displayName: name.trim(), requestId: requestId() })));
  };
  const fitting = (sets.data?.referenceSets ?? []).filter((set) =>
    kind === "add" ? set.userId === userId : set.state === ReferenceSet_State.READY || set.currentVersion > 0,
  );
  const busy = add.isPending || create.isPending;

  return (
    <Dialog
      title={kind === "add" ? `Add ${countOf(ids.length, "normal image")}` : `Inspect ${countOf(ids.length, "image")} with`}
      width="sm"
      onClose={onClose}
    >
      <div className="flex flex-col gap-4">
        {sets.isPending && <Skeleton className="h-24" />}
        <ErrorNote error={sets.error ?? add.error ?? create.error} />
        {fitting.length > 0 && (
          <ul className="-mx-2 flex max-h-72 flex-col overflow-y-auto">
            {fitting.map((set) => (
              <li key={set.referenceSetId}>
                <button
                  type="button"
                  disabled={busy}
                  onClick={() => attempt(() => take(set))}
                  className="flex w-full items-baseline justify-between gap-4 rounded-md px-2 py-2 text-left hover:bg-sunken disabled:opacity-50"
                >
                  <span className="truncate font-medium">{set.displayName}</span>
                  <span className="shrink-0 text-sm text-ink-soft">{countOf(set.imageCount, "image")}</span>
                </button>
              </li>
            ))}
          </ul>
        )}
        {kind === "add" ? (
          <form onSubmit={onCreate} className="flex items-end gap-2">
            <div className="min-w-0 flex-1">
              <TextField label="A new set" size="sm" placeholder="Name" maxLength={200} value={name} onChange={(event) => setName(event.target.value)} />
            </div>
            <Button type="submit" busy={busy} disabled={name.trim() === ""}>
              Create and add
            </Button>
          </form>
        ) : (
          sets.isSuccess &&
          fitting.length === 0 && (
            <p className="text-sm text-ink-soft">
              No set is ready. <Link to="/inspect" className="font-medium text-accent hover:underline">Teach one what normal looks like</Link> first.
            </p>
          )
        )}
      </div>
    </Dialog>
  );
}
