import { type SubmitEvent, useState } from "react";
import { Link, Navigate, useSearchParams } from "react-router";

import { session } from "@/lib/current-session";
import { useSessionState } from "@/lib/use-session";
import { useSubmit } from "@/lib/use-submit";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import { InfoIcon } from "@/ui/icons";
import { ErrorNote } from "@/ui/states";

import { Entrance } from "./entrance";
import { nextPath } from "./paths";

export function SignInPage() {
  const state = useSessionState();
  const [search] = useSearchParams();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const login = useSubmit();

  if (state.status === "signed-in") return <Navigate to={nextPath(search)} replace />;

  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    login.run(async () => {
      const { openAuth, storedSession } = await import("@/lib/transport");
      session.signIn(storedSession(await openAuth.login({ email: email.trim(), password })));
    });
  };
  const next = search.toString();
  return (
    <Entrance title="Sign in" lead="Find what you have seen. See what does not belong.">
      {state.ended && !login.error && (
        <p role="status" className="mb-6 flex items-start gap-2 rounded-md bg-warning-soft px-3 py-2 text-sm text-warning">
          <InfoIcon width={16} height={16} className="mt-0.5 shrink-0" />
          Your session has ended. Sign in to go on where you were.
        </p>
      )}
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
          onChange={(event) => setEmail(event.target.value)}
        />
        <TextField
          label="Password"
          type="password"
          name="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        <ErrorNote error={login.error} />
        <Button type="submit" variant="primary" size="md" busy={login.pending} className="mt-2">
          Sign in
        </Button>
      </form>
      <p className="mt-6 text-sm text-ink-soft">
        New here?{" "}
        <Link to={next ? `/register?${next}` : "/register"} className="font-medium text-accent hover:underline">
          Create an account
        </Link>
      </p>
      <p className="mt-2 text-sm">
        <Link to="/forgot-password" className="font-medium text-accent hover:underline">
          Forgot your password?
        </Link>
      </p>
    </Entrance>
  );
}
