/** Deleting the account, with everything in it. */
import { useMutation } from "@connectrpc/connect-query";
import { type SyntheticEvent, useId, useState } from "react";
import { useNavigate } from "react-router";

import { AuthService } from "@/gen/argus/auth/v1/auth_pb.js";
import { explain } from "@/lib/errors";
import { session } from "@/lib/current-session";
import { useAccount } from "@/lib/use-session";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { ErrorNote } from "@/ui/states";

import { deletedPath } from "./deleted-path";
import { Section } from "./section";

const LONGEST = 128;

export function DeleteSection() {
  const [open, setOpen] = useState(false);
  return (
    <Section
      title="Delete account"
      lead="Removes your images, reference sets, inspections, feedback and API keys, for good."
      actions={
        <Button variant="danger" onClick={() => setOpen(true)}>
          Delete account…
        </Button>
      }
    >
      {open && <DeleteDialog onClose={() => setOpen(false)} />}
    </Section>
  );
}

function DeleteDialog({ onClose }: { onClose: () => void }) {
  const form = useId();
  const navigate = useNavigate();
  const { email } = useAccount();
  const [password, setPassword] = useState("");
  const leave = async (deletionId: string): Promise<void> => {
    // First there, then signed out: this page would send whoever is signed out to the sign-in.
    await navigate(deletedPath(deletionId), { replace: true });
    session.signOut();
  };
  const remove = useMutation(AuthService.method.deleteAccount, {
    meta: { handled: true },
    onSuccess: ({ deletion }) => void leave(deletion?.deletionId ?? ""),
  });
  const wrong = remove.error ? explain(remove.error).fields["password"] : undefined;
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (!remove.isPending) remove.mutate({ password });
  };
  return (
    <Dialog
      title="Delete account"
      onClose={onClose}
      width="sm"
      actions={
        <>
          <Button size="md" onClick={onClose}>
            Cancel
          </Button>
          <Button size="md" variant="danger" type="submit" form={form} busy={remove.isPending}>
            Delete everything
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} className="flex flex-col gap-4">
        <p>
          Everything in <strong className="font-semibold [overflow-wrap:anywhere]">{email}</strong> is removed: images, also those in the trash, reference sets with their versions, inspections and feedback. People whom you shared sets with lose them. You are signed out everywhere, and machines with your API keys are refused.
        </p>
        <p>Nothing of it can be brought back.</p>
        {/* For the password manager, which must know whose password it is. */}
        <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />
        <TextField
          label="Password"
          type="password"
          name="password"
          autoComplete="current-password"
          required
          maxLength={LONGEST}
          value={password}
          error={wrong}
          onChange={(event) => setPassword(event.target.value)}
        />
        {!wrong && <ErrorNote error={remove.error} />}
      </form>
    </Dialog>
  );
}
