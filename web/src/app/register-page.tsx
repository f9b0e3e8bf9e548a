import { type SubmitEvent, useState } from "react";
import { Link, Navigate, useSearchParams } from "react-router";

import { explain } from "@/lib/errors";
import { session } from "@/lib/current-session";
import { openAuth, storedSession } from "@/lib/transport";
import { useSessionState } from "@/lib/use-session";
import { useSubmit } from "@/lib/use-submit";
import { Button, ButtonLink } from "@/ui/button";
import { TextField } from "@/ui/field";
import { ErrorNote } from "@/ui/states";

import { Entrance } from "./entrance";
import { nextPath } from "./paths";

const SHORTEST_PASSWORD = 8;

type Auth = Pick<typeof openAuth, "register">;

export function Component() {
  return <Register service={openAuth} />;
}

export function Register({ service }: { service: Auth }) {
  const state = useSessionState();
  const [search] = useSearchParams();
  const [email, setEmail] = useState("");
  const [displayName, setDisplayName] = useState("");
  const [password, setPassword] = useState("");
  const [tooShort, setTooShort] = useState(false);
  const [mailedTo, setMailedTo] = useState("");
  const register = useSubmit();

  if (state.status === "signed-in") return <Navigate to={nextPath(search)} replace />;

  const problem = register.error ? explain(register.error) : undefined;
  const elsewhere = problem && Object.keys(problem.fields).length === 0;
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    // Characters as the server counts them.
    const short = Array.from(password).length < SHORTEST_PASSWORD;
    setTooShort(short);
    if (short) return;
    register.run(async () => {
      const request = { email: email.trim(), displayName: displayName.trim(), password };
      const answer = await service.register(request);
      if (answer.confirmationPending) setMailedTo(request.email);
      else session.signIn(storedSession(answer));
    });
  };
  if (mailedTo) {
    return (
      <Entrance title="Look into your mail" lead={`A mail is on its way to ${mailedTo}.`}>
        <p role="status" className="text-ink-soft">
          Open its link within a day to confirm the address. Then sign in with your password. If it does not come, look among the unwanted mail, or register again.
        </p>
        <ButtonLink to="/sign-in" size="md" className="mt-6">
          Sign in
        </ButtonLink>
      </Entrance>
    );
  }
  const next = search.toString();
  return (
    <Entrance title="Create an account" lead="Your images are yours: nobody else sees them.">
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
          error={problem?.fields["email"]}
          onChange={(event) => setEmail(event.target.value)}
        />
        <TextField
          label="Name"
          name="name"
          autoComplete="name"
          hint="How you are called on screen; optional."
          value={displayName}
          error={problem?.fields["display_name"]}
          onChange={(event) => setDisplayName(event.target.value)}
        />
        <TextField
          label="Password"
          type="password"
          name="password"
          autoComplete="new-password"
          required
          maxLength={128}
          hint="At least 8 characters, and no common one."
          value={password}
          error={tooShort ? "At least 8 characters." : problem?.fields["password"]}
          onChange={(event) => {
            setPassword(event.target.value);
            setTooShort(false);
          }}
        />
        {elsewhere && <ErrorNote error={register.error} />}
        <Button type="submit" variant="primary" size="md" busy={register.pending} className="mt-2">
          Create account
        </Button>
      </form>
      <p className="mt-6 text-sm text-ink-soft">
        Have an account?{" "}
        <Link to={next ? `/sign-in?${next}` : "/sign-in"} className="font-medium text-accent hover:underline">
          Sign in
        </Link>
      </p>
    </Entrance>
  );
}
