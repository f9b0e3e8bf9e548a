/** Groups that a person is in, and those that they are invited to. */
import { createConnectQueryKey, useMutation, useQuery } from "@connectrpc/connect-query";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { AuthService } from "@/gen/argus/auth/v1/auth_pb.js";
import { type GroupInvitation, GroupMember_Role as Role, GroupService } from "@/gen/argus/auth/v1/group_pb.js";
import { Role as AccountRole } from "@/gen/argus/policy/v1/policy_pb.js";
import { countOf } from "@/lib/numbers";
import { formatDate, toDate } from "@/lib/time";
import { Button } from "@/ui/button";
import { ErrorState, Skeleton } from "@/ui/states";
import { toast } from "@/ui/toast";

import { Section } from "../section";
import { CreateGroupDialog } from "./create-group-dialog";
import { GroupDialog } from "./group-dialog";

export function GroupsSection() {
  const client = useQueryClient();
  const me = useQuery(AuthService.method.getMe).data;
  const query = useQuery(GroupService.method.listGroups);
  const invitations = useQuery(GroupService.method.listGroupInvitations).data?.invitations ?? [];
  const [creating, setCreating] = useState(false);
  const [opened, setOpened] = useState<string>();
  const changed = (): void => {
    for (const schema of [GroupService.method.listGroups, GroupService.method.listGroupInvitations, GroupService.method.getGroup]) {
      void client.invalidateQueries({ queryKey: createConnectQueryKey({ schema: schema as typeof GroupService.method.listGroups, cardinality: "finite" }) });
    }
  };
  const groups = query.data?.groups ?? [];
  return (
    <Section
      title="Groups"
      lead="People whom you share reference sets with at once. Members see each other's names and email addresses."
      actions={me?.role !== AccountRole.VIEWER && <Button onClick={() => setCreating(true)}>New group</Button>}
    >
      {invitations.length > 0 && (
        <ul aria-label="Invitations to groups" className="flex flex-col">
          {invitations.map((one) => (
            <InvitationRow key={one.invitationId} invitation={one} onDone={changed} />
          ))}
        </ul>
      )}
      {query.isPending && <Skeleton className="h-16" />}
      {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.isSuccess && groups.length === 0 && <p className="text-sm text-ink-faint">You are in none.</p>}
      {groups.length > 0 && (
        <ul aria-label="Groups" className="flex flex-col">
          {groups.map((group) => (
            <li key={group.groupId} className="flex items-center justify-between gap-4 border-t border-line py-3 first:border-t-0">
              <div className="flex min-w-0 flex-col">
                <span className="text-base [overflow-wrap:anywhere]">{group.displayName}</span>
                <span className="text-sm text-ink-faint">
                  {group.role === Role.OWNER ? "yours" : "member"} · {countOf(group.memberCount, "person", "people")}
                </span>
              </div>
              <Button onClick={() => setOpened(group.groupId)} aria-label={`Open ${group.displayName}`}>
                Open
              </Button>
            </li>
          ))}
        </ul>
      )}
      {creating && <CreateGroupDialog onClose={() => setCreating(false)} onCreated={changed} />}
      {opened !== undefined && <GroupDialog groupId={opened} onClose={() => setOpened(undefined)} onChanged={changed} />}
    </Section>
  );
}

function InvitationRow({ invitation, onDone }: { invitation: GroupInvitation; onDone: () => void }) {
  const { invitationId, groupDisplayName: name } = invitation;
  const accept = useMutation(GroupService.method.acceptGroupInvitation, {
    onSuccess: () => toast(`You are in ${name} now`, { tone: "success" }),
    onSettled: onDone,
  });
  const decline = useMutation(GroupService.method.declineGroupInvitation, { onSettled: onDone });
  const ends = toDate(invitation.expireTime);
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 border-t border-line py-3 first:border-t-0">
      <div className="flex min-w-0 flex-1 basis-64 flex-col">
        <span className="[overflow-wrap:anywhere]">
          {invitation.inviterEmail} invites you to <strong className="font-semibold">{name}</strong>
        </span>
        {ends && <span className="text-sm text-ink-faint">until {formatDate(ends)}</span>}
      </div>
      <div className="flex gap-2">
        <Button variant="primary" aria-label={`Join ${name}`} busy={accept.isPending} onClick={() => accept.mutate({ invitationId })}>
          Join
        </Button>
        <Button aria-label={`Decline ${name}`} busy={decline.isPending} onClick={() => decline.mutate({ invitationId })}>
          Decline
        </Button>
      </div>
    </li>
  );
}
