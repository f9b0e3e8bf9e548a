/** A name for a new set; what goes into it is asked on its page. */
import { useMutation } from "@connectrpc/connect-query";
import { type SyntheticEvent, useId, useState } from "react";
import { useNavigate } from "react-router";

import { InspectionService } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { explain } from "@/lib/errors";
import { requestId } from "@/lib/request-id";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { ErrorNote } from "@/ui/states";

import { useSetCache } from "./cache";
import { focusedFirst } from "./focused-first";
import { setPath } from "./paths";

const LONGEST = 200;

export function CreateSetDialog({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const cache = useSetCache();
  const form = useId();
  const [name, setName] = useState("");
  // One for the dialog: pressing again after an answer that was lost makes no second set.
  const [request] = useState(requestId);
  const create = useMutation(InspectionService.method.createReferenceSet, {
    meta: { handled: true },
    onSuccess: (set) => {
      cache.put(set);
      cache.setsChanged();
      void navigate(setPath(set.referenceSetId));
    },
  });
  const wrong = create.error ? explain(create.error).fields["display_name"] : undefined;
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (!create.isPending) create.mutate({ displayName: name.trim(), requestId: request });
  };
  return (
    <Dialog
      title="New reference set"
      onClose={onClose}
      width="sm"
      actions={
        <>
          <Button size="md" onClick={onClose}>
            Cancel
          </Button>
          <Button size="md" variant="primary" type="submit" form={form} busy={create.isPending} disabled={name.trim() === ""}>
            Create
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} className="flex flex-col gap-4">
        <TextField
          label="Name"
          value={name}
          maxLength={LONGEST}
          required
          ref={focusedFirst}
          placeholder="Gear housing, top view"
          hint="One product, one view, one camera. You add images next."
          error={wrong}
          onChange={(event) => setName(event.target.value)}
        />
        {!wrong && <ErrorNote error={create.error} />}
      </form>
    </Dialog>
  );
}
