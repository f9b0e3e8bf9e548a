/** Who else may look at a set, or inspect with it. */
import { useMutation, useQuery } from "@connectrpc/connect-query";
import { type SyntheticEvent, useState } from "react";
import { Link, useNavigate } from "react-router";

import { type Group, GroupService } from "@/gen/argus/auth/v1/group_pb.js";
import { InspectionService, Member_Role as Role, type ReferenceSet } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { explain } from "@/lib/errors";
import { useAccount } from "@/lib/use-session";
import { Button } from "@/ui/button";
import { Select, TextField } from "@/ui/field";
import { ErrorNote } from "@/ui/states";
import { toast } from "@/ui/toast";

import { useSetCache } from "../cache";
import { NOT_YOURS, useSet } from "../set-context";
import { type Guest, guestsOf } from "./guests";
import { roleOf, ROLES } from "./roles";

export function ShareTab() {
  const { set, owned } = useSet();
  const groups = useQuery(GroupService.method.listGroups, {}, { enabled: owned }).data?.groups ?? [];
  if (!owned) return <SharedWithMe set={set} />;
  return (
    <div className="flex max-w-160 flex-col gap-8">
      <section aria-labelledby="add-member" className="flex flex-col gap-4">
        <div>
          <h2 id="add-member" className="text-lg font-semibold">Share this set</h2>
          <p className="text-sm text-ink-soft">
            Inspectors may inspect with it and give feedback; viewers may only look. Only you change it. Of your images they see thumbnails of
            those in the set, and nothing else. Their images stay theirs; you see the figures of their inspections.
          </p>
        </div>
        <ShareWithPerson set={set} />
        <ShareWithGroup set={set} groups={groups} />
      </section>
      <Guests set={set} groups={groups} />
    </div>
  );
}

function SharedWithMe({ set }: { set: ReferenceSet }) {
  const cache = useSetCache();
  const navigate = useNavigate();
  const leave = useMutation(InspectionService.method.leaveReferenceSet, {
    meta: { handled: true },
    onSuccess: () => {
      cache.setsChanged();
      toast(`${set.displayName} is not shared with you any more`);
      void navigate("/inspect");
    },
  });
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
      <p className="text-sm text-ink-faint">
        A set that is shared with a group stays as long as you are in it; you leave groups on your <Link to="/account" className="text-accent underline">account page</Link>.
      </p>
      <ErrorNote error={leave.error} />
      <div>
        <Button busy={leave.isPending} onClick={() => leave.mutate({ referenceSetId: set.referenceSetId })}>
          Give this set up
        </Button>
      </div>
    </div>
  );
}

function ShareWithPerson({ set }: { set: ReferenceSet }) {
  const { email: mine } = useAccount();
  const cache = useSetCache();
  const [typed, setTyped] = useState("");
  const [role, setRole] = useState<Role>(Role.INSPECTOR);
  const share = useMutation(InspectionService.method.shareReferenceSet, {
    meta: { handled: true },
    onSuccess: (answer) => {
      cache.put(answer);
      setTyped("");
      toast("They are invited, and see the set when they accept", { tone: "success" });
    },
  });
  const email = typed.trim().toLowerCase();
  const wrong = email !== "" && email === mine ? "This is you." : undefined;
  const told = share.error ? Object.values(explain(share.error).fields)[0] : undefined;
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (email !== "" && !wrong && !share.isPending) share.mutate({ referenceSetId: set.referenceSetId, emails: [email], role });
  };
  return (
    <form aria-label="Share this set with somebody" onSubmit={submit} className="flex flex-col gap-3">
      <div className="grid gap-3 sm:grid-cols-[minmax(0,1fr)_10rem]">
        <TextField
          label="Email address"
          type="email"
          value={typed}
          autoComplete="off"
          placeholder="anna@example.org"
          error={wrong ?? told}
          hint="They find the invitation under Inspect, now or when they sign up with this address."
          onChange={(event) => setTyped(event.target.value)}
        />
        <Select label="Role" options={ROLES} value={String(role)} onChange={(value) => setRole(roleOf(value))} />
      </div>
      {!told && <ErrorNote error={share.error} />}
      <div>
        <Button type="submit" variant="primary" size="md" disabled={email === "" || wrong !== undefined} busy={share.isPending}>
          Invite
        </Button>
      </div>
    </form>
  );
}

function ShareWithGroup({ set, groups }: { set: ReferenceSet; groups: readonly Group[] }) {
  const cache = useSetCache();
  const [chosen, setChosen] = useState("");
  const [role, setRole] = useState<Role>(Role.INSPECTOR);
  const share = useMutation(InspectionService.method.shareReferenceSet, {
    meta: { handled: true },
    onSuccess: (answer) => {
      cache.put(answer);
      toast("The set is shared with the group", { tone: "success" });
    },
  });
  const others = groups.filter(({ groupId }) => !set.groups.some((one) => one.groupId === groupId));
  const groupId = others.some((one) => one.groupId === chosen) ? chosen : (others[0]?.groupId ?? "");
  if (groupId === "") return null;
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (!share.isPending) share.mutate({ referenceSetId: set.referenceSetId, groupIds: [groupId], role });
  };
  return (
    <form aria-label="Share this set with a group" onSubmit={submit} className="flex flex-col gap-3">
      <div className="grid gap-3 sm:grid-cols-[minmax(0,1fr)_10rem]">
        <Select
          label="Group"
          hint="All its members see the set at once."
          options={others.map((one) => ({ value: one.groupId, label: one.displayName }))}
          value={groupId}
          onChange={setChosen}
        />
        <Select label="Role of the group" options={ROLES} value={String(role)} onChange={(value) => setRole(roleOf(value))} />
      </div>
      <ErrorNote error={share.error} />
      <div>
        <Button type="submit" size="md" busy={share.isPending}>
          Share with the group
        </Button>
      </div>
    </form>
  );
}

function Guests({ set, groups }: { set: ReferenceSet; groups: readonly Group[] }) {
  const cache = useSetCache();
  const { referenceSetId } = set;
  const share = useMutation(InspectionService.method.shareReferenceSet, { onSuccess: (answer) => cache.put(answer) });
  const unshare = useMutation(InspectionService.method.unshareReferenceSet, { onSuccess: (answer) => cache.put(answer) });
  const guests = guestsOf(set, groups);
  const give = (guest: Guest, role: Role): void =>
    share.mutate(
      { referenceSetId, ...guest.whom, role },
      { onSuccess: () => toast(role === Role.VIEWER ? "They may only look now" : "They may inspect now", { key: `guest ${guest.key}` }) },
    );
  const remove = (guest: Guest): void =>
    unshare.mutate(
      { referenceSetId, ...guest.whom },
      {
        onSuccess: () =>
          toast(guest.note === "invited" ? "The invitation is taken back" : "The set is no longer shared with them", { key: `guest ${guest.key}` }),
      },
    );
  return (
    <section aria-labelledby="members" className="flex flex-col gap-2">
      <h2 id="members" className="text-lg font-semibold">Shared with</h2>
      {guests.length === 0 ? (
        <p className="text-sm text-ink-soft">Nobody yet: only you see this set.</p>
      ) : (
        <ul className="flex flex-col">
          {guests.map((guest) => (
            <li key={guest.key} className="flex flex-wrap items-center gap-x-4 gap-y-2 border-t border-line py-3">
              <span className="min-w-0 flex-1 basis-72 [overflow-wrap:anywhere]">
                {guest.name} {guest.note && <span className="text-sm text-ink-faint">· {guest.note}</span>}
              </span>
              <div className="w-32">
                <Select
                  label={`Role of ${guest.name}`}
                  hideLabel
                  size="sm"
                  options={ROLES}
                  value={String(guest.role)}
                  onChange={(value) => give(guest, roleOf(value))}
                />
              </div>
              <Button aria-label={`Stop sharing with ${guest.name}`} onClick={() => remove(guest)}>
                Remove
              </Button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
