/** A new group. */
import { useMutation } from "@connectrpc/connect-query";
import { useState } from "react";

import { GroupService } from "@/gen/argus/auth/v1/group_pb.js";
import { explain } from "@/lib/errors";
import { requestId as newRequestId } from "argus-client/request-id";
import { FormDialog } from "@/ui/form-dialog";
import { TextField } from "@/ui/field";
import { ErrorNote } from "@/ui/states";

const LONGEST = 100;

export function CreateGroupDialog({ onClose, onCreated }: { onClose: () => void; onCreated: () => void }) {
  const [displayName, setName] = useState("");
  const [requestId] = useState(newRequestId);
  const create = useMutation(GroupService.method.createGroup, {
    meta: { handled: true },
    onSuccess: () => {
      onCreated();
      onClose();
    },
  });
  const wrong = create.error ? explain(create.error).fields["display_name"] : undefined;
  const submit = (): void => {
    create.mutate({ displayName: displayName.trim(), requestId });
  };
  return (
    <FormDialog
      title="New group"
      onClose={onClose}
      submit="Create"
      busy={create.isPending}
      incomplete={displayName.trim() === ""}
      onSubmit={submit}
    >
      <TextField
        label="Name"
        value={displayName}
        required
        maxLength={LONGEST}
        placeholder="Line 3"
        error={wrong}
        onChange={(event) => setName(event.target.value)}
      />
      {!wrong && <ErrorNote error={create.error} />}
    </FormDialog>
  );
}
