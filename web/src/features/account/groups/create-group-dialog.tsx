/** A new group. */
import { useMutation } from "@connectrpc/connect-query";
import { type SyntheticEvent, useId, useState } from "react";

import { GroupService } from "@/gen/argus/auth/v1/group_pb.js";
import { explain } from "@/lib/errors";
import { requestId as newRequestId } from "@/lib/request-id";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { ErrorNote } from "@/ui/states";

const LONGEST = 100;

export function CreateGroupDialog({ onClose, onCreated }: { onClose: () => void; onCreated: () => void }) {
  const form = useId();
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
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (!create.isPending) create.mutate({ displayName: displayName.trim(), requestId });
  };
  return (
    <Dialog
      title="New group"
      onClose={onClose}
      width="sm"
      actions={
        <>
          <Button size="md" onClick={onClose}>
            Cancel
          </Button>
          <Button size="md" variant="primary" type="submit" form={form} busy={create.isPending} disabled={displayName.trim() === ""}>
            Create
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} className="flex flex-col gap-4">
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
      </form>
    </Dialog>
  );
}
