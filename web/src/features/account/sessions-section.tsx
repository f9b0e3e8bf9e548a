/** Where the account is signed in, and signing out there. */
import { createConnectQueryKey, useInfiniteQuery, useMutation } from "@connectrpc/connect-query";
import { useQueryClient } from "@tanstack/react-query";

import { AuthService, type OpenSession } from "@/gen/argus/auth/v1/auth_pb.js";
import { countOf } from "@/lib/numbers";
import { formatDateTime, formatRelative, toDate } from "@/lib/time";
import { Button } from "@/ui/button";
import { ErrorState, Skeleton } from "@/ui/states";
import { toast } from "@/ui/toast";

import { clientWords } from "./client-words";
import { Section } from "./section";

export function SessionsSection() {
  const client = useQueryClient();
  const query = useInfiniteQuery(
    AuthService.method.listSessions,
    { pageToken: "" },
    { pageParamKey: "pageToken", getNextPageParam: ({ nextPageToken }) => nextPageToken || undefined },
  );
  const changed = (): void => {
    void client.invalidateQueries({ queryKey: createConnectQueryKey({ schema: AuthService.method.listSessions, cardinality: "infinite" }) });
  };
  const revoke = useMutation(AuthService.method.revokeSession, { onSettled: changed });
  const revokeOthers = useMutation(AuthService.method.revokeOtherSessions, {
    onSettled: changed,
    onSuccess: ({ revokedCount }) => {
      toast(`${countOf(revokedCount, "session")} ended`, { tone: "success" });
    },
  });
  const sessions = query.data?.pages.flatMap((page) => page.sessions) ?? [];
  return (
    <Section
      title="Sessions"
      lead="Where you are signed in. Sign out what you do not know, and change your password."
      actions={
        sessions.length > 1 && (
          <Button busy={revokeOthers.isPending} onClick={() => revokeOthers.mutate({})}>
            Sign out all others
          </Button>
        )
      }
    >
      {query.isPending && <Skeleton className="h-24" />}
      {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {sessions.length > 0 && (
        <ul aria-label="Open sessions" className="flex flex-col">
          {sessions.map((session) => (
            <SessionRow
              key={session.sessionId}
              session={session}
              busy={revoke.isPending && revoke.variables.sessionId === session.sessionId}
              onRevoke={() => revoke.mutate({ sessionId: session.sessionId })}
            />
          ))}
        </ul>
      )}
      {query.hasNextPage && (
        <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()} className="self-start">
          Show more
        </Button>
      )}
    </Section>
  );
}

export function SessionRow({ session, busy, onRevoke }: { session: OpenSession; busy: boolean; onRevoke: () => void }) {
  const used = toDate(session.lastUseTime);
  const opened = toDate(session.createTime);
  const name = clientWords(session.client);
  return (
    <li className="flex items-center justify-between gap-4 border-t border-line py-3 first:border-t-0">
      <div className="flex min-w-0 flex-col">
        <span className="truncate text-base" title={session.client}>
          {name}
        </span>
        <span className="text-sm text-ink-faint">
          {session.address || "Unknown address"}
          {used && <span title={formatDateTime(used)}> · used {formatRelative(used)}</span>}
          {opened && ` · signed in ${formatDateTime(opened)}`}
        </span>
      </div>
      {session.current ? (
        <span className="shrink-0 text-sm text-ink-soft">This one</span>
      ) : (
        <Button busy={busy} onClick={onRevoke} aria-label={`Sign out ${name} at ${session.address || "an unknown address"}`}>
          Sign out
        </Button>
      )}
    </li>
  );
}
