/** What became of a deleted account; for whoever has the deletion's id, signed in or not. */
import { useEffect, useState } from "react";
import { useLocation, useSearchParams } from "react-router";

import { removalsOf } from "@/features/account/removals";
import { type AccountDeletion, AccountDeletion_State } from "@/gen/argus/auth/v1/auth_pb.js";
import { session } from "@/lib/current-session";
import { formatCount } from "@/lib/numbers";
import { openAuth } from "@/lib/transport";
import { ButtonLink } from "@/ui/button";
import { ErrorNote } from "@/ui/states";

import { Entrance } from "./entrance";

const LOOK_EVERY_MS = 2000;

type Auth = Pick<typeof openAuth, "getAccountDeletion">;

export function Component() {
  const { state } = useLocation() as { state: { left?: string } | null };
  const left = state?.left;
  useEffect(() => {
    const now = session.getState();
    // Not whoever signed in here since.
    if (now.status === "signed-in" && now.account.userId === left) session.signOut();
  }, [left]);
  return <AccountDeleted auth={openAuth} />;
}

export function AccountDeleted({ auth }: { auth: Auth }) {
  const [search] = useSearchParams();
  const id = search.get("id") ?? "";
  const { deletion, error } = useDeletion(auth, id);
  const removing = deletion === undefined || deletion.state === AccountDeletion_State.REMOVING;
  return (
    <Entrance title={deletion ? "Your account is deleted" : "Account deletion"} lead={deletion ? "Its sessions and API keys have ended." : "What became of a deleted account."}>
      <div className="flex flex-col gap-4">
        <p role="status">{deletion && (removing ? "What it had is being removed…" : "Everything that it had is removed.")}</p>
        <ErrorNote error={error} />
        {deletion && (
          <dl aria-label="Removed" className="grid grid-cols-[1fr_auto] gap-x-6 gap-y-1 text-sm">
            {removalsOf(deletion).map(({ what, count }) => (
              <div key={what} className="contents">
                <dt className="text-ink-soft">{what}</dt>
                <dd className="text-right tabular-nums">{formatCount(count)}</dd>
              </div>
            ))}
          </dl>
        )}
        <p className="text-sm text-ink-soft">
          Keep the address of this page if you want to look again: nobody else has it. The deletion’s id is{" "}
          <code className="font-mono break-all">{id}</code>.
        </p>
        <ButtonLink to="/sign-in" size="md">
          Sign in with another account
        </ButtonLink>
      </div>
    </Entrance>
  );
}

/** Asks again and again until everything is removed. */
function useDeletion(auth: Auth, id: string): { deletion?: AccountDeletion; error?: unknown } {
  const [found, setFound] = useState<{ deletion?: AccountDeletion; error?: unknown }>({});
  useEffect(() => {
    const gone = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async (): Promise<void> => {
      try {
        const deletion = await auth.getAccountDeletion({ deletionId: id }, { signal: gone.signal });
        setFound({ deletion });
        if (deletion.state === AccountDeletion_State.REMOVING) timer = setTimeout(() => void look(), LOOK_EVERY_MS);
      } catch (error) {
        if (!gone.signal.aborted) setFound({ error });
      }
    };
    void look();
    return () => {
      gone.abort();
      clearTimeout(timer);
    };
  }, [auth, id]);
  return found;
}
