/** Who has an account, and what each may do. */
import { createConnectQueryKey, useInfiniteQuery, useMutation } from "@connectrpc/connect-query";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import type { User } from "@/gen/argus/auth/v1/auth_pb.js";
import { UserService } from "@/gen/argus/auth/v1/user_pb.js";
import { formatDate, toDate } from "@/lib/time";
import { useAccount } from "@/lib/use-session";
import { Button } from "@/ui/button";
import { Select, TextField } from "@/ui/field";
import { ErrorState, Skeleton } from "@/ui/states";
import { toast } from "@/ui/toast";

import { PersonDialog } from "./person-dialog";
import { roleName, ROLES } from "./roles";

const PAGE_SIZE = 50;
const OPTIONS = ROLES.map((role) => ({ value: String(role), label: roleName(role) }));

export function PeopleTab() {
  const [email, setEmail] = useState("");
  const [asked, setAsked] = useState("");
  const [shown, setShown] = useState<User>();
  const query = useInfiniteQuery(
    UserService.method.listUsers,
    { pageToken: "", pageSize: PAGE_SIZE, email: asked },
    { pageParamKey: "pageToken", getNextPageParam: ({ nextPageToken }) => nextPageToken || undefined },
  );
  const users = query.data?.pages.flatMap((page) => page.users) ?? [];
  return (
    <div className="flex flex-col gap-4">
      <form
        role="search"
        className="flex max-w-120 items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          setAsked(email.trim());
        }}
      >
        <div className="min-w-0 flex-1">
          <TextField
            label="Email address"
            type="email"
            autoComplete="off"
            value={email}
            placeholder="All people"
            onChange={(event) => {
              setEmail(event.target.value);
              if (!event.target.value) setAsked("");
            }}
          />
        </div>
        <Button size="md" type="submit">
          Find
        </Button>
      </form>
      {query.isPending && <Skeleton className="h-40" />}
      {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.isSuccess && users.length === 0 && <p className="text-sm text-ink-faint">Nobody has an account with this address.</p>}
      {users.length > 0 && (
        <ul aria-label="People" className="flex flex-col">
          {users.map((user) => (
            <PersonRow key={user.userId} user={user} onShow={() => setShown(user)} />
          ))}
        </ul>
      )}
      {query.hasNextPage && (
        <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()} className="self-start">
          Show more
        </Button>
      )}
      {shown && <PersonDialog user={shown} onClose={() => setShown(undefined)} />}
    </div>
  );
}

function PersonRow({ user, onShow }: { user: User; onShow: () => void }) {
  const client = useQueryClient();
  const me = useAccount();
  const name = user.displayName || user.email;
  const since = toDate(user.createTime);
  const setRole = useMutation(UserService.method.setUserRole, {
    onSuccess: ({ role }) => {
      toast(`${name}: ${roleName(role).toLowerCase()}`, { tone: "success" });
    },
    onSettled: () => {
      void client.invalidateQueries({ queryKey: createConnectQueryKey({ schema: UserService.method.listUsers, cardinality: "infinite" }) });
    },
  });
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 border-t border-line py-3 first:border-t-0">
      <div className="flex min-w-0 flex-1 basis-60 flex-col">
        <span className="text-base [overflow-wrap:anywhere]">
          {name}
          {user.userId === me.userId && <span className="text-ink-faint"> (you)</span>}
        </span>
        <span className="text-sm text-ink-faint [overflow-wrap:anywhere]">
          {user.displayName && `${user.email} · `}
          {since && `since ${formatDate(since)}`}
        </span>
      </div>
      <div className="flex items-center gap-2">
        <div className="w-40">
          <Select
            label={`Role of ${name}`}
            hideLabel
            size="sm"
            options={OPTIONS}
            disabled={setRole.isPending}
            value={String(setRole.isPending ? setRole.variables.role : user.role)}
            onChange={(chosen) => {
              const role = ROLES.find((one) => String(one) === chosen);
              if (role !== undefined) setRole.mutate({ userId: user.userId, role });
            }}
          />
        </div>
        <Button onClick={onShow} aria-label={`Sessions and keys of ${name}`}>
          Sessions
        </Button>
      </div>
    </li>
  );
}
