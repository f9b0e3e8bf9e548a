/** Who else may look at a set, or inspect with it. */
import { useMutation } from "@connectrpc/connect-query";
import { type SyntheticEvent, useState } from "react";
import { Link } from "react-router";

import { InspectionService, type Member, Member_Role as Role, type ReferenceSet } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { explain } from "@/lib/errors";
import { isUuid } from "@/lib/request-id";
import { useAccount } from "@/lib/use-session";
import { Button } from "@/ui/button";
import { Select, TextField } from "@/ui/field";
import { ErrorNote } from "@/ui/states";
import { toast } from "@/ui/toast";

import { useSetCache } from "../cache";
import { NOT_YOURS, useSet } from "../set-context";

const ROLES = [
  { value: String(Role.INSPECTOR), label: "Inspector" },
  { value: String(Role.VIEWER), label: "Viewer" },
];

const roleOf = (value: string): Role => (value === String(Role.VIEWER) ? Role.VIEWER : Role.INSPECTOR);

export function ShareTab() {
  const { set, owned } = useSet();
  if (!owned) {
    return (
      <div className="flex max-w-144 flex-col gap-2">
        <h2 className="text-lg font-semibold">Shared with you</h2>
        <p className="text-ink-soft">
          {NOT_YOURS} As an inspector you may also inspect with it and give feedback; as a viewer you may look. Only the owner sees with whom
          else it is shared.
        </p>
        <p className="text-sm text-ink-faint">
          Owner: <code className="font-mono [overflow-wrap:anywhere]">{set.userId}</code>
        </p>
      </div>
    );
  }
  return (
    <div className="flex max-w-160 flex-col gap-8">
      <AddMember set={set} />
      <Members set={set} />
    </div>
  );
}

function AddMember({ set }: { set: ReferenceSet }) {
  const { userId } = useAccount();
  const cache = useSetCache();
  const [typed, setTyped] = useState("");
  const [role, setRole] = useState<Role>(Role.INSPECTOR);
  const share = useMutation(InspectionService.method.shareReferenceSet, {
    meta: { handled: true },
    onSuccess: (answer) => {
      cache.put(answer);
      setTyped("");
      toast("The set is shared", { tone: "success" });
    },
  });
  const id = typed.trim().toLowerCase();
  const own = id === userId;
  const wrong = id !== "" && !isUuid(id) ? "This is no user id: 36 characters with four hyphens." : own ? "This is you." : undefined;
  const told = share.error ? Object.values(explain(share.error).fields)[0] : undefined;
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (id !== "" && !wrong && !share.isPending) share.mutate({ referenceSetId: set.referenceSetId, userIds: [id], role });
  };
  return (
    <section aria-labelledby="add-member" className="flex flex-col gap-4">
      <div>
        <h2 id="add-member" className="text-lg font-semibold">Share this set</h2>
        <p className="text-sm text-ink-soft">
          Inspectors may inspect with it and give feedback; viewers may only look. Only you change it. Their images stay theirs; you see the
          figures of their inspections.
        </p>
      </div>
      <form aria-label="Share this set" onSubmit={submit} className="flex flex-col gap-3">
        <div className="grid gap-3 sm:grid-cols-[minmax(0,1fr)_10rem]">
          <TextField
            label="User id"
            value={typed}
            spellCheck={false}
            autoComplete="off"
            className="font-mono"
            placeholder="00000000-0000-0000-0000-000000000000"
            error={wrong ?? told}
            hint={<>Your colleague finds it on their Account page, as you find yours on <Link to="/account" className="text-accent underline">yours</Link>.</>}
            onChange={(event) => setTyped(event.target.value)}
          />
          <Select label="Role" options={ROLES} value={String(role)} onChange={(value) => setRole(roleOf(value))} />
        </div>
        {!told && <ErrorNote error={share.error} />}
        <div>
          <Button type="submit" variant="primary" size="md" disabled={id === "" || wrong !== undefined} busy={share.isPending}>
            Share
          </Button>
        </div>
      </form>
    </section>
  );
}

function Members({ set }: { set: ReferenceSet }) {
  const cache = useSetCache();
  const { referenceSetId } = set;
  const share = useMutation(InspectionService.method.shareReferenceSet, { onSuccess: (answer) => cache.put(answer) });
  const unshare = useMutation(InspectionService.method.unshareReferenceSet, { onSuccess: (answer) => cache.put(answer) });
  const give = (member: Pick<Member, "userId">, role: Role, said: string): void =>
    share.mutate({ referenceSetId, userIds: [member.userId], role }, { onSuccess: () => toast(said, { key: `member ${member.userId}` }) });
  const remove = (member: Member): void =>
    unshare.mutate(
      { referenceSetId, userIds: [member.userId] },
      {
        onSuccess: () =>
          toast("The set is no longer shared with them", {
            key: `member ${member.userId}`,
            action: { label: "Undo", run: () => give(member, member.role, "Shared again") },
          }),
      },
    );
  return (
    <section aria-labelledby="members" className="flex flex-col gap-2">
      <h2 id="members" className="text-lg font-semibold">Shared with</h2>
      {set.members.length === 0 ? (
        <p className="text-sm text-ink-soft">Nobody yet: only you see this set.</p>
      ) : (
        <ul className="flex flex-col">
          {set.members.map((member) => (
            <li key={member.userId} className="flex flex-wrap items-center gap-x-4 gap-y-2 border-t border-line py-3">
              <code className="min-w-0 flex-1 basis-72 font-mono text-sm [overflow-wrap:anywhere]">{member.userId}</code>
              <div className="w-32">
                <Select
                  label={`Role of ${member.userId}`}
                  hideLabel
                  size="sm"
                  options={ROLES}
                  value={String(member.role)}
                  onChange={(value) => {
                    const role = roleOf(value);
                    give(member, role, role === Role.VIEWER ? "They may only look now" : "They may inspect now");
                  }}
                />
              </div>
              <Button aria-label={`Stop sharing with ${member.userId}`} onClick={() => remove(member)}>
                Remove
              </Button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
