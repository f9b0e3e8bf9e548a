/** Where somebody is signed in, and their API keys, to end them. */
import { createConnectQueryKey, useInfiniteQuery, useMutation, useQuery } from "@connectrpc/connect-query";
import { useQueryClient } from "@tanstack/react-query";

import type { User } from "@/gen/argus/auth/v1/auth_pb.js";
import { UserService } from "@/gen/argus/auth/v1/user_pb.js";
import { countOf } from "@/lib/numbers";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { ErrorState, Skeleton } from "@/ui/states";
import { toast } from "@/ui/toast";

import { KeyRow } from "./api-keys-section";
import { SessionRow } from "./sessions-section";

export function PersonDialog({ user, onClose }: { user: User; onClose: () => void }) {
  return (
    <Dialog title={user.displayName || user.email} onClose={onClose}>
      <div className="flex flex-col gap-6">
        <Sessions userId={user.userId} />
        <Keys userId={user.userId} />
      </div>
    </Dialog>
  );
}

function Sessions({ userId }: { userId: string }) {
  const client = useQueryClient();
  const query = useInfiniteQuery(
    UserService.method.listUserSessions,
    { userId, pageToken: "" },
    { pageParamKey: "pageToken", getNextPageParam: ({ nextPageToken }) => nextPageToken || undefined },
  );
  const changed = (): void => {
    void client.invalidateQueries({ queryKey: createConnectQueryKey({ schema: UserService.method.listUserSessions, cardinality: "infinite" }) });
  };
  const revoke = useMutation(UserService.method.revokeUserSession, { onSettled: changed });
  const revokeAll = useMutation(UserService.method.revokeUserSessions, {
    onSettled: changed,
    onSuccess: ({ revokedCount }) => {
      toast(`${countOf(revokedCount, "session")} ended`, { tone: "success" });
    },
  });
  const sessions = query.data?.pages.flatMap((page) => page.sessions) ?? [];
  return (
    <section aria-label="Sessions" className="flex flex-col gap-2">
      <div className="flex items-center justify-between gap-4">
        <h3 className="font-semibold">Sessions</h3>
        {sessions.length > 0 && (
          <Button busy={revokeAll.isPending} onClick={() => revokeAll.mutate({ userId })}>
            Sign out everywhere
          </Button>
        )}
      </div>
      {query.isPending && <Skeleton className="h-16" />}
      {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.isSuccess && sessions.length === 0 && <p className="text-sm text-ink-faint">Not signed in anywhere.</p>}
      {sessions.length > 0 && (
        <ul aria-label="Open sessions" className="flex flex-col">
          {sessions.map((session) => (
            <SessionRow
              key={session.sessionId}
              session={session}
              busy={revoke.isPending && revoke.variables.sessionId === session.sessionId}
              onRevoke={() => revoke.mutate({ userId, sessionId: session.sessionId })}
            />
          ))}
        </ul>
      )}
      {query.hasNextPage && (
        <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()} className="self-start">
          Show more
        </Button>
      )}
    </section>
  );
}

function Keys({ userId }: { userId: string }) {
  const client = useQueryClient();
  const query = useQuery(UserService.method.listUserApiKeys, { userId });
  const revoke = useMutation(UserService.method.revokeUserApiKey, {
    onSettled: () => {
      void client.invalidateQueries({ queryKey: createConnectQueryKey({ schema: UserService.method.listUserApiKeys, cardinality: "finite" }) });
    },
  });
  const keys = query.data?.apiKeys ?? [];
  return (
    <section aria-label="API keys" className="flex flex-col gap-2">
      <h3 className="font-semibold">API keys</h3>
      {query.isPending && <Skeleton className="h-16" />}
      {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.isSuccess && keys.length === 0 && <p className="text-sm text-ink-faint">There are none.</p>}
      {keys.length > 0 && (
        <ul aria-label="API keys" className="flex flex-col">
          {keys.map((key) => (
            <KeyRow key={key.apiKeyId} apiKey={key} onRevoke={() => revoke.mutate({ userId, apiKeyId: key.apiKeyId })} />
          ))}
        </ul>
      )}
    </section>
  );
}
