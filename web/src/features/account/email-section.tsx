/** Changing the email address, which is confirmed by a mail to the new one. */
import { useMutation } from "@connectrpc/connect-query";
import { useState } from "react";

import { EmailService } from "@/gen/argus/auth/v1/email_pb.js";
import { explain } from "@/lib/errors";
import { useAccount } from "@/lib/use-session";
import { Button } from "@/ui/button";
import { FormDialog } from "@/ui/form-dialog";
import { TextField } from "@/ui/field";
import { ErrorNote } from "@/ui/states";
import { toast } from "@/ui/toast";

import { ReauthenticateButton } from "./reauthenticate-button";
import { Section } from "./section";
import { useWaysIn } from "./use-ways-in";

const LONGEST_PASSWORD = 128;
const LONGEST_EMAIL = 254;

export function EmailSection() {
  const [open, setOpen] = useState(false);
  return (
    <Section
      title="Email address"
      lead="You sign in with it, and set a new password by it. Another one is confirmed by a mail to it."
      actions={<Button onClick={() => setOpen(true)}>Change email</Button>}
    >
      {open && <EmailDialog onClose={() => setOpen(false)} />}
    </Section>
  );
}

function EmailDialog({ onClose }: { onClose: () => void }) {
  const { email } = useAccount();
  const { hasPassword } = useWaysIn();
  const [newEmail, setNew] = useState("");
  const [password, setPassword] = useState("");
  const change = useMutation(EmailService.method.requestEmailChange, {
    meta: { handled: true },
    onSuccess: (_answer, request) => {
      toast(`A mail is on its way to ${request.newEmail ?? ""}. Open its link to change your address.`, { tone: "success" });
      onClose();
    },
  });
  const problem = change.error ? explain(change.error) : undefined;
  const fields: Readonly<Record<string, string>> = problem?.fields ?? {};
  const submit = (): void => {
    change.mutate({ newEmail: newEmail.trim(), password });
  };
  return (
    <FormDialog
      title="Change email"
      onClose={onClose}
      submit="Send the mail"
      busy={change.isPending}
      onSubmit={submit}
    >
      <TextField
        label="New email"
        type="email"
        name="new-email"
        autoComplete="email"
        required
        maxLength={LONGEST_EMAIL}
        hint="Nothing changes until its link is opened."
        value={newEmail}
        error={fields["new_email"]}
        onChange={(event) => setNew(event.target.value)}
      />
      {/* For the password manager, which must know whose password it is. */}
      <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />
      {hasPassword && (
        <TextField
          label="Password"
          type="password"
          name="password"
          autoComplete="current-password"
          required
          maxLength={LONGEST_PASSWORD}
          value={password}
          error={fields["password"]}
          onChange={(event) => setPassword(event.target.value)}
        />
      )}
      {!fields["new_email"] && !fields["password"] && <ErrorNote error={change.error} />}
      {problem?.reason === "SIGN_IN_AGAIN" && <ReauthenticateButton />}
    </FormDialog>
  );
}
