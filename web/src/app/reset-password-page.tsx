/** Sets a new password, for whoever comes by the link in the mail. */
import { type SubmitEvent, useState } from "react";
import { Link, useLocation } from "react-router";

import { session } from "@/lib/current-session";
import { explain } from "@/lib/errors";
import { openEmail } from "@/lib/open-email";
import { useSubmit } from "@/lib/use-submit";
import { Button, ButtonLink } from "@/ui/button";
import { TextField } from "@/ui/field";
import { ErrorNote } from "@/ui/states";

import { Entrance } from "./entrance";
import { tokenOf } from "./mail-token";

const SHORTEST = 8;
const LONGEST = 128;

type Email = Pick<typeof openEmail, "resetPassword">;

export function Component() {
  return <ResetPassword service={openEmail} onDone={() => session.signOut()} />;
}

export function ResetPassword({ service, onDone }: { service: Email; onDone: () => void }) {
  const linked = tokenOf(useLocation().hash);
  const [code, setCode] = useState("");
  const [newPassword, setNew] = useState("");
  const [tooShort, setTooShort] = useState(false);
  const [done, setDone] = useState(false);
  const reset = useSubmit();
  const fields: Readonly<Record<string, string>> = reset.error ? explain(reset.error).fields : {};
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    // Code points, as the server counts.
    const short = Array.from(newPassword.normalize("NFC")).length < SHORTEST;
    setTooShort(short);
    if (short) return;
    reset.run(async () => {
      await service.resetPassword({ token: linked || code.trim(), newPassword });
      // All sessions have ended, the one of this browser too.
      onDone();
      setDone(true);
    });
  };
  if (done) {
    return (
      <Entrance title="Your password is set" lead="You are signed out everywhere. API keys stay good.">
        <ButtonLink to="/sign-in" size="md" variant="primary">
          Sign in
        </ButtonLink>
      </Entrance>
    );
  }
  return (
    <Entrance title="Set a new password" lead="It signs you out everywhere. API keys stay good.">
      <form onSubmit={onSubmit} className="flex flex-col gap-4">
        {!linked && (
          <TextField label="Code" name="code" autoComplete="one-time-code" required maxLength={LONGEST} hint="From the mail." value={code} onChange={(event) => setCode(event.target.value)} />
        )}
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
        {!fields["new_password"] && <ErrorNote error={reset.error} />}
        <Button type="submit" variant="primary" size="md" busy={reset.pending} className="mt-2">
          Set password
        </Button>
      </form>
      <p className="mt-6 text-sm text-ink-soft">
        Too late?{" "}
        <Link to="/forgot-password" className="font-medium text-accent hover:underline">
          Have another mail sent
        </Link>
      </p>
    </Entrance>
  );
}
