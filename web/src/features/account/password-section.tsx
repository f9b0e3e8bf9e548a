/** Changing the password, which signs out everywhere else. */
import { createConnectQueryKey, useMutation } from "@connectrpc/connect-query";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { AuthService } from "@/gen/argus/auth/v1/auth_pb.js";
import { explain } from "@/lib/errors";
import { countOf } from "@/lib/numbers";
import { useAccount } from "@/lib/use-session";
import { Button } from "@/ui/button";
import { FormDialog } from "@/ui/form-dialog";
import { TextField } from "@/ui/field";
import { ErrorNote } from "@/ui/states";
import { toast } from "@/ui/toast";

import { Section } from "./section";
import { useWaysIn } from "./use-ways-in";

const SHORTEST = 8;
const LONGEST = 128;

export function PasswordSection() {
  const [open, setOpen] = useState(false);
  const { hasPassword } = useWaysIn();
  if (!hasPassword) return null;
  return (
    <Section
      title="Password"
      lead="A new one signs you out everywhere else. API keys stay good."
      actions={<Button onClick={() => setOpen(true)}>Change password</Button>}
    >
      {open && <PasswordDialog onClose={() => setOpen(false)} />}
    </Section>
  );
}

function PasswordDialog({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const { email } = useAccount();
  const [oldPassword, setOld] = useState("");
  const [newPassword, setNew] = useState("");
  const [tooShort, setTooShort] = useState(false);
  const change = useMutation(AuthService.method.changePassword, {
    meta: { handled: true },
    onSuccess: ({ revokedCount }) => {
      const others = revokedCount > 0 ? `; ${countOf(revokedCount, "other session")} ended` : "";
      toast(`Your password is changed${others}`, { tone: "success" });
      void client.invalidateQueries({ queryKey: createConnectQueryKey({ schema: AuthService.method.listSessions, cardinality: "infinite" }) });
      onClose();
    },
  });
  const fields: Readonly<Record<string, string>> = change.error ? explain(change.error).fields : {};
  const submit = (): void => {
    // Code points, as the server counts.
    const short = Array.from(newPassword.normalize("NFC")).length < SHORTEST;
    setTooShort(short);
    if (!short) change.mutate({ oldPassword, newPassword });
  };
  return (
    <FormDialog
      title="Change password"
      onClose={onClose}
      submit="Change password"
      busy={change.isPending}
      onSubmit={submit}
    >
      {/* For the password manager, which must know whose password it is. */}
      <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />
      <TextField
        label="Old password"
        type="password"
        name="old-password"
        autoComplete="current-password"
        required
        maxLength={LONGEST}
        value={oldPassword}
        error={fields["old_password"]}
        onChange={(event) => setOld(event.target.value)}
      />
      <TextField
        label="New password"
        type="password"
        name="new-password"
        autoComplete="new-password"
        required
        maxLength={LONGEST}
        hint="At least 8 characters, and no common one."
        value={newPassword}
        error={tooShort ? "At least 8 characters." : fields["new_password"]}
        onChange={(event) => {
          setNew(event.target.value);
          setTooShort(false);
        }}
      />
      {!fields["old_password"] && !fields["new_password"] && <ErrorNote error={change.error} />}
    </FormDialog>
  );
}
