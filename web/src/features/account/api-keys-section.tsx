/** Keys with which machines act for the account. */
import { createConnectQueryKey, useMutation, useQuery } from "@connectrpc/connect-query";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { type ApiKey, AuthService } from "@/gen/argus/auth/v1/auth_pb.js";
import { formatDate, formatRelative, toDate } from "@/lib/time";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { ErrorNote, ErrorState, Skeleton } from "@/ui/states";
import { toast } from "@/ui/toast";

import { CreateKeyDialog } from "./create-key-dialog";
import { scopeName } from "./scopes";
import { Section } from "./section";

export function ApiKeysSection() {
  const client = useQueryClient();
  const query = useQuery(AuthService.method.listApiKeys);
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<ApiKey>();
  const changed = (): void => {
    void client.invalidateQueries({ queryKey: createConnectQueryKey({ schema: AuthService.method.listApiKeys, cardinality: "finite" }) });
  };
  const keys = query.data?.apiKeys ?? [];
  return (
    <Section
      title="API keys"
      lead="For cameras, scripts and other machines that act for you, within what you allow each."
      actions={<Button onClick={() => setCreating(true)}>New API key</Button>}
    >
      {query.isPending && <Skeleton className="h-16" />}
      {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.isSuccess && keys.length === 0 && <p className="text-sm text-ink-faint">You have none.</p>}
      {keys.length > 0 && (
        <ul aria-label="API keys" className="flex flex-col">
          {keys.map((key) => (
            <KeyRow key={key.apiKeyId} apiKey={key} onRevoke={() => setRevoking(key)} />
          ))}
        </ul>
      )}
      {creating && <CreateKeyDialog onClose={() => setCreating(false)} onCreated={changed} />}
      {revoking && <RevokeDialog apiKey={revoking} onClose={() => setRevoking(undefined)} onRevoked={changed} />}
    </Section>
  );
}

export function KeyRow({ apiKey, onRevoke }: { apiKey: ApiKey; onRevoke: () => void }) {
  const used = toDate(apiKey.lastUseTime);
  const ends = toDate(apiKey.expireTime);
  const over = ends !== undefined && ends.getTime() < Date.now();
  return (
    <li className="flex items-center justify-between gap-4 border-t border-line py-3 first:border-t-0">
      <div className="flex min-w-0 flex-col">
        <span className="text-base [overflow-wrap:anywhere]">{apiKey.displayName}</span>
        <span className="text-sm text-ink-faint">
          <code className="font-mono">{apiKey.prefix}…</code> · {apiKey.scopes.map(scopeName).join(", ")} ·{" "}
          {used ? `used ${formatRelative(used)}` : "never used"}
          {ends && (
            <>
              {" · "}
              <span className={over ? "text-anomalous" : undefined}>
                {over ? "expired" : "expires"} {formatDate(ends)}
              </span>
            </>
          )}
        </span>
      </div>
      <Button onClick={onRevoke} aria-label={`Revoke ${apiKey.displayName}`}>
        Revoke
      </Button>
    </li>
  );
}

function RevokeDialog({ apiKey, onClose, onRevoked }: { apiKey: ApiKey; onClose: () => void; onRevoked: () => void }) {
  const revoke = useMutation(AuthService.method.revokeApiKey, {
    meta: { handled: true },
    onSuccess: () => {
      toast(`${apiKey.displayName} is revoked`, { tone: "success" });
      onRevoked();
      onClose();
    },
  });
  return (
    <Dialog
      title="Revoke this key?"
      onClose={onClose}
      width="sm"
      actions={
        <>
          <Button size="md" onClick={onClose}>
            Keep it
          </Button>
          <Button size="md" variant="danger" busy={revoke.isPending} onClick={() => revoke.mutate({ apiKeyId: apiKey.apiKeyId })}>
            Revoke
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <p>
          What uses <strong className="font-semibold [overflow-wrap:anywhere]">{apiKey.displayName}</strong> is refused at once. There is no way back.
        </p>
        <ErrorNote error={revoke.error} />
      </div>
    </Dialog>
  );
}
