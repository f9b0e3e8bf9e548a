/** Deleting the account, with everything in it. */
import { useMutation } from "@connectrpc/connect-query";
import { useState } from "react";
import { useNavigate } from "react-router";

import { AuthService } from "@/gen/argus/auth/v1/auth_pb.js";
import { explain } from "@/lib/errors";
import { useAccount } from "@/lib/use-session";
import { Button } from "@/ui/button";
import { FormDialog } from "@/ui/form-dialog";
import { TextField } from "@/ui/field";
import { ErrorNote } from "@/ui/states";

import { deletedPath } from "./deleted-path";
import { ReauthenticateButton } from "./reauthenticate-button";
import { Section } from "./section";
import { useWaysIn } from "./use-ways-in";

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
  const navigate = useNavigate();
  const { email, userId } = useAccount();
  const { hasPassword } = useWaysIn();
  const [password, setPassword] = useState("");
  // Signed out there: this page would send whoever is signed out to the sign-in.
  const leave = (deletionId: string) => navigate(deletedPath(deletionId), { replace: true, state: { left: userId } });
  const remove = useMutation(AuthService.method.deleteAccount, {
    meta: { handled: true },
    onSuccess: ({ deletion }) => void leave(deletion?.deletionId ?? ""),
  });
  const problem = remove.error ? explain(remove.error) : undefined;
  const wrong = problem?.fields["password"];
  const submit = (): void => {
    remove.mutate({ password });
  };
  return (
    <FormDialog
      title="Delete account"
      onClose={onClose}
      submit="Delete everything"
      danger
      busy={remove.isPending}
      onSubmit={submit}
    >
      <p>
        Everything in <strong className="font-semibold [overflow-wrap:anywhere]">{email}</strong> is removed: images, also those in the trash, reference sets with their versions, inspections and feedback. People whom you shared sets with lose them. You are signed out everywhere, and machines with your API keys are refused.
      </p>
      <p>Nothing of it can be brought back.</p>
      {/* For the password manager, which must know whose password it is. */}
      <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />
      {hasPassword && (
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
      )}
      {!wrong && <ErrorNote error={remove.error} />}
      {problem?.reason === "SIGN_IN_AGAIN" && <ReauthenticateButton />}
    </FormDialog>
  );
}
