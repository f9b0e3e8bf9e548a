/** Ways to sign in with an account of elsewhere, below the form for a password; nothing if there are none. */
import { useEffect, useState } from "react";
import { useSearchParams } from "react-router";

import type { IdentityProvider } from "@/gen/argus/auth/v1/sign_in_pb.js";
import { openSignIn, signInElsewhere } from "@/lib/sign-in-elsewhere";
import { useSubmit } from "@/lib/use-submit";
import { Button } from "@/ui/button";
import { ErrorNote } from "@/ui/states";

import { nextPath } from "./paths";

interface Ways {
  providers: readonly IdentityProvider[];
  passwords: boolean;
}

export default function SignInElsewhere({ onWays }: { onWays: (passwords: boolean) => void }) {
  const [ways, setWays] = useState<Ways>();
  const [search] = useSearchParams();
  const begin = useSubmit();
  useEffect(() => {
    let gone = false;
    openSignIn
      .listIdentityProviders({})
      .then(({ providers, passwordSignIn }) => {
        if (gone) return;
        setWays({ providers, passwords: passwordSignIn });
        onWays(passwordSignIn);
      })
      // Passwords are left to sign in with; whoever tries one is told what is wrong.
      .catch(() => undefined);
    return () => {
      gone = true;
    };
  }, [onWays]);

  if (!ways || ways.providers.length === 0) return null;
  return (
    <div className="mt-6 flex flex-col gap-3">
      {ways.passwords && (
        <p className="flex items-center gap-3 text-sm text-ink-faint before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">or</p>
      )}
      {ways.providers.map((provider) => (
        <Button
          key={provider.providerId}
          size="md"
          variant={ways.passwords ? "secondary" : "primary"}
          busy={begin.pending}
          onClick={() => begin.run(() => signInElsewhere(provider, nextPath(search)))}
        >
          <span className="truncate">Sign in with {provider.displayName}</span>
        </Button>
      ))}
      <ErrorNote error={begin.error} />
    </div>
  );
}
