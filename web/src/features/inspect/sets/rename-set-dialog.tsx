/** Another name for a set, or for a view of one. */
import { useMutation } from "@connectrpc/connect-query";
import { useState } from "react";

import { InspectionService, type ReferenceSet } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { explain } from "@/lib/errors";
import { FormDialog } from "@/ui/form-dialog";
import { TextField } from "@/ui/field";
import { ErrorNote } from "@/ui/states";

import { useSetCache } from "./cache";
import { focusedFirst } from "./focused-first";
import { LONGEST_NAME } from "./names";

export function RenameSetDialog({ set, onClose }: { set: ReferenceSet; onClose: () => void }) {
  const cache = useSetCache();
  const [name, setName] = useState(set.displayName);
  const rename = useMutation(InspectionService.method.renameReferenceSet, {
    meta: { handled: true },
    onSuccess: (renamed) => {
      cache.put(renamed);
      if (set.viewOf) cache.viewsChanged();
      onClose();
    },
  });
  const wrong = rename.error ? explain(rename.error).fields["display_name"] : undefined;
  const wanted = name.trim();
  return (
    <FormDialog
      title={set.viewOf ? "Rename the view" : "Rename the set"}
      onClose={onClose}
      submit="Rename"
      busy={rename.isPending}
      incomplete={wanted === "" || wanted === set.displayName}
      onSubmit={() => rename.mutate({ referenceSetId: set.referenceSetId, displayName: wanted })}
    >
      <TextField
        label="Name"
        value={name}
        maxLength={LONGEST_NAME}
        required
        ref={focusedFirst}
        error={wrong}
        onChange={(event) => setName(event.target.value)}
      />
      {!wrong && <ErrorNote error={rename.error} />}
    </FormDialog>
  );
}
