/** Has a mail sent with which a forgotten password is set anew. */
import { type SubmitEvent, useState } from "react";
import { Link } from "react-router";

import { explain } from "@/lib/errors";
import { openEmail } from "@/lib/open-email";
import { useSubmit } from "@/lib/use-submit";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import { ErrorNote } from "@/ui/states";

import { Entrance } from "./entrance";

type Email = Pick<typeof openEmail, "requestPasswordReset">;

export function Component() {
  return <ForgotPassword service={openEmail} />;
}

export function ForgotPassword({ service }: { service: Email }) {
  const [email, setEmail] = useState("");
  const [sentTo, setSentTo] = useState("");
  const request = useSubmit();
  const wrong = request.error ? explain(request.error).fields["email"] : undefined;
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    const address = email.trim();
    request.run(async () => {
      await service.requestPasswordReset({ email: address });
      setSentTo(address);
    });
  };
  return (
    <Entrance title="Forgot your password?" lead="A link to set a new one is mailed to you.">
      <form onSubmit={onSubmit} className="flex flex-col gap-4">
        <TextField
          label="Email"
          type="email"
          name="email"
          autoComplete="username"
          required
          // The page has nothing else to begin with.
          // eslint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          value={email}
          error={wrong}
          onChange={(event) => setEmail(event.target.value)}
        />
        {!wrong && <ErrorNote error={request.error} />}
        <Button type="submit" variant="primary" size="md" busy={request.pending} className="mt-2">
          Send the link
        </Button>
      </form>
      <p role="status" className="mt-6 text-sm [overflow-wrap:anywhere] text-ink-soft">
        {sentTo && `If ${sentTo} has an account, a mail is on its way. Look among the unwanted mail, too.`}
      </p>
      <p className="mt-6 text-sm text-ink-soft">
        Remembered it?{" "}
        <Link to="/sign-in" className="font-medium text-accent hover:underline">
          Sign in
        </Link>
      </p>
    </Entrance>
  );
}
