/** Where an identity provider sends the browser back to. */
import { useEffect, useState } from "react";
import { useNavigate, useSearchParams } from "react-router";

import { completeElsewhere, SignInError } from "@/lib/sign-in-elsewhere";
import { useSessionState } from "@/lib/use-session";
import { ButtonLink } from "@/ui/button";
import { WarningIcon } from "@/ui/icons";
import { ErrorNote } from "@/ui/states";

import { Entrance } from "./entrance";

export function Component() {
  const [search] = useSearchParams();
  const navigate = useNavigate();
  const [error, setError] = useState<unknown>();
  const signedIn = useSessionState().status === "signed-in";
  useEffect(() => {
    let gone = false;
    completeElsewhere(search).then(
      // The address with the code goes out of the history.
      ({ next }) => !gone && navigate(next, { replace: true }),
      (failure: unknown) => !gone && setError(failure),
    );
    return () => {
      gone = true;
    };
  }, [navigate, search]);

  if (error === undefined) {
    return (
      <Entrance title="Signing in" lead="One moment.">
        <p role="status" className="sr-only">
          Signing you in…
        </p>
      </Entrance>
    );
  }
  return (
    <Entrance title="You are not signed in" lead="Nothing was changed.">
      <div className="flex flex-col gap-4">
        {error instanceof SignInError ? (
          <p role="alert" className="flex items-start gap-2 rounded-md bg-anomalous-soft px-3 py-2 text-sm text-anomalous">
            <WarningIcon width={16} height={16} className="mt-0.5 shrink-0" />
            {error.message}
          </p>
        ) : (
          <ErrorNote error={error} />
        )}
        <ButtonLink to={signedIn ? "/account" : "/sign-in"} size="md" variant="primary">
          {signedIn ? "Back to your account" : "Back to signing in"}
        </ButtonLink>
      </div>
    </Entrance>
  );
}
