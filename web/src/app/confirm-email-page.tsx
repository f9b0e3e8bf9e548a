/**
 * Confirms an address, for whoever comes by the link in the mail.
 *
 * Only at a press: programs that look into mails open links, too.
 */
import { type SubmitEvent, useState } from "react";
import { useLocation } from "react-router";

import { openEmail } from "@/lib/open-email";
import { useSessionState } from "@/lib/use-session";
import { useSubmit } from "@/lib/use-submit";
import { Button, ButtonLink } from "@/ui/button";
import { TextField } from "@/ui/field";
import { ErrorNote } from "@/ui/states";

import { Entrance } from "./entrance";
import { tokenOf } from "./mail-token";

const LONGEST = 128;

type Email = Pick<typeof openEmail, "confirmEmail">;

export function Component() {
  return <ConfirmEmail service={openEmail} />;
}

export function ConfirmEmail({ service }: { service: Email }) {
  const linked = tokenOf(useLocation().hash);
  const state = useSessionState();
  const [code, setCode] = useState("");
  const [confirmed, setConfirmed] = useState<{ userId: string; email: string }>();
  const confirm = useSubmit();
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    confirm.run(async () => setConfirmed(await service.confirmEmail({ token: linked || code.trim() })));
  };
  if (confirmed) {
    const here = state.status === "signed-in" && state.account.userId === confirmed.userId;
    return (
      <Entrance title="Your address is confirmed" lead={`You sign in with ${confirmed.email} from now on.`}>
        <ButtonLink to={here ? "/account" : "/sign-in"} size="md" variant="primary">
          {here ? "Go on" : "Sign in"}
        </ButtonLink>
      </Entrance>
    );
  }
  return (
    <Entrance title="Confirm your address" lead="So that nobody else uses it, and you can set a new password by mail.">
      <form onSubmit={onSubmit} className="flex flex-col gap-4">
        {!linked && (
          <TextField label="Code" name="code" autoComplete="one-time-code" required maxLength={LONGEST} hint="From the mail." value={code} onChange={(event) => setCode(event.target.value)} />
        )}
        <ErrorNote error={confirm.error} />
        <Button type="submit" variant="primary" size="md" busy={confirm.pending} className="mt-2">
          Confirm address
        </Button>
      </form>
    </Entrance>
  );
}
