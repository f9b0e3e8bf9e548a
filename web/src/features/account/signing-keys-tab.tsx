/** The keys that sign access tokens. */
import { createConnectQueryKey, useMutation, useQuery } from "@connectrpc/connect-query";
import { useQueryClient } from "@tanstack/react-query";

import { OperatorService, type SigningKey, SigningKey_State } from "@/gen/argus/auth/v1/operator_pb.js";
import { formatDateTime, toDate } from "@/lib/time";
import { Button } from "@/ui/button";
import { ErrorState, Skeleton } from "@/ui/states";
import { toast } from "@/ui/toast";

const STATES: Partial<Record<SigningKey_State, string>> = {
  [SigningKey_State.NEXT]: "Signs next",
  [SigningKey_State.SIGNING]: "Signs",
  [SigningKey_State.RETIRED]: "Verifies what it signed",
};

export function SigningKeysTab() {
  const client = useQueryClient();
  const query = useQuery(OperatorService.method.listSigningKeys);
  const rotate = useMutation(OperatorService.method.rotateSigningKey, {
    onSuccess: ({ key }) => {
      const from = toDate(key?.signTime);
      toast(from ? `A new key signs from ${formatDateTime(from)} on` : "A new key is published", { tone: "success" });
    },
    onSettled: () => {
      void client.invalidateQueries({ queryKey: createConnectQueryKey({ schema: OperatorService.method.listSigningKeys, cardinality: "finite" }) });
    },
  });
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <p className="max-w-120 text-sm text-ink-soft">
          They sign access tokens and are replaced by age. Replace them now if one may have been seen: nobody is signed out, and nothing restarts.
        </p>
        <Button busy={rotate.isPending} onClick={() => rotate.mutate({})}>
          Replace now
        </Button>
      </div>
      {query.isPending && <Skeleton className="h-24" />}
      {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.data && (
        <ul aria-label="Signing keys" className="flex flex-col">
          {query.data.keys.map((key) => (
            <KeyRow key={key.kid} signingKey={key} />
          ))}
        </ul>
      )}
    </div>
  );
}

function KeyRow({ signingKey: { kid, state, createTime, signTime, removeTime } }: { signingKey: SigningKey }) {
  const times = [
    ["made", createTime],
    ["signs from", signTime],
    ["gone by", removeTime],
  ] as const;
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 border-t border-line py-3 first:border-t-0">
      <div className="flex min-w-0 flex-col">
        <code className="font-mono text-sm break-all">{kid}</code>
        <span className="text-sm text-ink-faint">
          {times
            .flatMap(([words, time]) => {
              const date = toDate(time);
              return date ? [`${words} ${formatDateTime(date)}`] : [];
            })
            .join(" · ")}
        </span>
      </div>
      <span className="text-sm text-ink-soft">{STATES[state] ?? "Unknown"}</span>
    </li>
  );
}
