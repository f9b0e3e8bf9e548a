/** A name for a new set; what goes into it is asked on its page. */
import { useMutation } from "@connectrpc/connect-query";
import { useState } from "react";
import { useNavigate } from "react-router";

import { InspectionService } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { explain } from "@/lib/errors";
import { requestId } from "argus-client/request-id";
import { FormDialog } from "@/ui/form-dialog";
import { TextField } from "@/ui/field";
import { ErrorNote } from "@/ui/states";

import { useSetCache } from "./cache";
import { focusedFirst } from "./focused-first";
import { LONGEST_NAME } from "./names";
import { setPath } from "./paths";

export function CreateSetDialog({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const cache = useSetCache();
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
  const submit = (): void => {
    create.mutate({ displayName: name.trim(), requestId: request });
  };
  return (
    <FormDialog
      title="New reference set"
      onClose={onClose}
      submit="Create"
      busy={create.isPending}
      incomplete={name.trim() === ""}
      onSubmit={submit}
    >
      <TextField
        label="Name"
        value={name}
        maxLength={LONGEST_NAME}
        required
        ref={focusedFirst}
        placeholder="Gear housing, top view"
        hint="One product, one view, one camera. You add images next."
        error={wrong}
        onChange={(event) => setName(event.target.value)}
      />
      {!wrong && <ErrorNote error={create.error} />}
    </FormDialog>
  );
}
