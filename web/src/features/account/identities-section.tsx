/** With whom else than Argus the account may be signed in to. */
import { createConnectQueryKey, useMutation, useQuery } from "@connectrpc/connect-query";
import { useQueryClient } from "@tanstack/react-query";
import { type SyntheticEvent, useId, useState } from "react";

import { type Identity, type IdentityProvider, SignInService } from "@/gen/argus/auth/v1/sign_in_pb.js";
import { explain } from "@/lib/errors";
import { linkElsewhere } from "@/lib/sign-in-elsewhere";
import { formatDateTime, toDate } from "@/lib/time";
import { useAccount } from "@/lib/use-session";
import { useSubmit } from "@/lib/use-submit";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { ErrorNote } from "@/ui/states";

import { ReauthenticateButton } from "./reauthenticate-button";
import { Section } from "./section";
import { useWaysIn } from "./use-ways-in";

const LONGEST = 128;

export function IdentitiesSection() {
  const client = useQueryClient();
  const providers = useQuery(SignInService.method.listIdentityProviders).data?.providers ?? [];
  const { identities, known } = useWaysIn();
  const [linking, setLinking] = useState<IdentityProvider>();
  const unlink = useMutation(SignInService.method.unlinkIdentity, {
    onSettled: () => client.invalidateQueries({ queryKey: createConnectQueryKey({ schema: SignInService.method.listIdentities, cardinality: "finite" }) }),
  });
  if (!known || (providers.length === 0 && identities.length === 0)) return null;
  const linked = new Set(identities.map(({ providerId }) => providerId));
  return (
    <Section
      title="Linked sign-ins"
      lead="Accounts of elsewhere that sign you in here."
      actions={providers
        .filter(({ providerId }) => !linked.has(providerId))
        .map((provider) => (
          <Button key={provider.providerId} onClick={() => setLinking(provider)}>
            Link {provider.displayName}
          </Button>
        ))}
    >
      {identities.length > 0 && (
        <ul aria-label="Linked sign-ins" className="flex flex-col">
          {identities.map((one) => (
            <IdentityRow
              key={one.identityId}
              identity={one}
              busy={unlink.isPending && unlink.variables.identityId === one.identityId}
              onUnlink={() => unlink.mutate({ identityId: one.identityId })}
            />
          ))}
        </ul>
      )}
      {linking && <LinkDialog provider={linking} onClose={() => setLinking(undefined)} />}
    </Section>
  );
}

function IdentityRow({ identity, busy, onUnlink }: { identity: Identity; busy: boolean; onUnlink: () => void }) {
  const used = toDate(identity.lastUseTime);
  return (
    <li className="flex items-center justify-between gap-4 border-t border-line py-3 first:border-t-0">
      <div className="flex min-w-0 flex-col">
        <span className="truncate text-base">{identity.displayName}</span>
        <span className="text-sm text-ink-faint [overflow-wrap:anywhere]">
          {[identity.email, used ? `signed in ${formatDateTime(used)}` : "not used yet"].filter(Boolean).join(" · ")}
        </span>
      </div>
      <Button busy={busy} onClick={onUnlink} aria-label={`Unlink ${identity.displayName}`}>
        Unlink
      </Button>
    </li>
  );
}

function LinkDialog({ provider, onClose }: { provider: IdentityProvider; onClose: () => void }) {
  const form = useId();
  const { email } = useAccount();
  const { hasPassword } = useWaysIn();
  const [password, setPassword] = useState("");
  const link = useSubmit();
  const problem = link.error ? explain(link.error) : undefined;
  const wrong = problem?.fields["password"];
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (!link.pending) link.run(() => linkElsewhere(provider, password, "/account"));
  };
  return (
    <Dialog
      title={`Link ${provider.displayName}`}
      onClose={onClose}
      width="sm"
      actions={
        <>
          <Button size="md" onClick={onClose}>
            Cancel
          </Button>
          <Button size="md" variant="primary" type="submit" form={form} busy={link.pending}>
            Go to {provider.displayName}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} className="flex flex-col gap-4">
        <p>You sign in there, and come back. From then on whoever signs in as you there is signed in here.</p>
        {/* For the password manager, which must know whose password it is. */}
        <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />
        {hasPassword && (
          <TextField
            label="Password"
            type="password"
            name="password"
            autoComplete="current-password"
            hint="Of your account here."
            required
            maxLength={LONGEST}
            value={password}
            error={wrong}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
        {!wrong && <ErrorNote error={link.error} />}
        {problem?.reason === "SIGN_IN_AGAIN" && <ReauthenticateButton />}
      </form>
    </Dialog>
  );
}
