/** A new API key, and its secret, which is shown once. */
import { useMutation } from "@connectrpc/connect-query";
import { useState } from "react";

import { type ApiKey_Scope, AuthService } from "@/gen/argus/auth/v1/auth_pb.js";
import { copyText } from "@/lib/clipboard";
import { explain } from "@/lib/errors";
import { Button, IconButton } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { FormDialog } from "@/ui/form-dialog";
import { Checkbox, Select, TextField } from "@/ui/field";
import { CopyIcon } from "@/ui/icons";
import { ErrorNote } from "@/ui/states";
import { toast } from "@/ui/toast";

import { SCOPES } from "./scopes";

const LONGEST = 100;
const DAYS = [
  { value: "7", label: "A week" },
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "366", label: "A year" },
] as const;

export function CreateKeyDialog({ onClose, onCreated }: { onClose: () => void; onCreated: () => void }) {
  const [displayName, setName] = useState("");
  const [scopes, setScopes] = useState<readonly ApiKey_Scope[]>([]);
  const [days, setDays] = useState("90");
  const create = useMutation(AuthService.method.createApiKey, { meta: { handled: true }, onSuccess: onCreated });
  const wrong = create.error ? explain(create.error).fields["display_name"] : undefined;
  if (create.data) return <SecretDialog name={create.data.apiKey?.displayName ?? ""} secret={create.data.secret} onClose={onClose} />;
  const submit = (): void => {
    create.mutate({ displayName: displayName.trim(), scopes: [...scopes], validDays: Number(days) });
  };
  const toggle = (scope: ApiKey_Scope, chosen: boolean): void => {
    setScopes((before) => (chosen ? [...before, scope] : before.filter((one) => one !== scope)));
  };
  return (
    <FormDialog
      title="New API key"
      onClose={onClose}
      submit="Create"
      busy={create.isPending}
      incomplete={displayName.trim() === "" || scopes.length === 0}
      onSubmit={submit}
    >
      <TextField
        label="Name"
        value={displayName}
        required
        maxLength={LONGEST}
        placeholder="Camera 7"
        hint="Such as the machine's."
        error={wrong}
        onChange={(event) => setName(event.target.value)}
      />
      <fieldset className="flex flex-col gap-2">
        <legend className="mb-2 text-sm font-medium">It may</legend>
        {SCOPES.map(({ scope, name, means }) => (
          <Checkbox
            key={scope}
            label={
              <>
                {name}: <span className="text-ink-soft">{means}</span>
              </>
            }
            checked={scopes.includes(scope)}
            onChange={(event) => toggle(scope, event.target.checked)}
          />
        ))}
      </fieldset>
      <Select label="Expires after" options={DAYS} value={days} onChange={setDays} />
      {!wrong && <ErrorNote error={create.error} />}
    </FormDialog>
  );
}

function SecretDialog({ name, secret, onClose }: { name: string; secret: string; onClose: () => void }) {
  const copy = async (): Promise<void> => {
    if (await copyText(secret)) toast("Secret copied", { tone: "success", key: "copy" });
    else toast("The browser does not let this page copy. Select the secret and copy it.", { tone: "error" });
  };
  return (
    <Dialog
      title="Keep this secret now"
      onClose={onClose}
      width="sm"
      actions={
        <Button size="md" variant="primary" onClick={onClose}>
          I have kept it
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        <p>
          It is shown this once. Whoever has it acts for you as <strong className="font-semibold [overflow-wrap:anywhere]">{name}</strong>.
        </p>
        <div className="flex items-center gap-1 rounded-md bg-sunken px-3 py-2">
          <code aria-label="Secret" className="min-w-0 flex-1 font-mono text-sm break-all">
            {secret}
          </code>
          <IconButton icon={CopyIcon} label="Copy the secret" onClick={() => void copy()} />
        </div>
      </div>
    </Dialog>
  );
}
