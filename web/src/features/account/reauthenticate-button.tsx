/** Proving anew at an identity provider who one is, for what a password would be asked for. */
import { useSubmit } from "@/lib/use-submit";
import { signInElsewhere } from "@/lib/sign-in-elsewhere";
import { Button } from "@/ui/button";
import { ErrorNote } from "@/ui/states";

import { useWaysIn } from "./use-ways-in";

export function ReauthenticateButton() {
  const { identities } = useWaysIn();
  const leave = useSubmit();
  const one = identities.find(({ providerId }) => providerId !== "");
  if (!one) return null;
  return (
    <>
      <Button size="md" busy={leave.pending} onClick={() => leave.run(() => signInElsewhere(one, "/account", { reauthenticate: true }))}>
        Sign in again with {one.displayName}
      </Button>
      <ErrorNote error={leave.error} />
    </>
  );
}
