/** A group: who is in it, and what its owner does about that. */
import { useMutation, useQuery } from "@connectrpc/connect-query";
import { type SyntheticEvent, useState } from "react";

import { type Group, GroupMember_Role as Role, GroupService } from "@/gen/argus/auth/v1/group_pb.js";
import { explain } from "@/lib/errors";
import { useAccount } from "@/lib/use-session";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { ErrorNote, ErrorState, Skeleton } from "@/ui/states";

interface Props {
  groupId: string;
  onClose: () => void;
  onChanged: () => void;
}

export function GroupDialog({ groupId, onClose, onChanged }: Props) {
  const query = useQuery(GroupService.method.getGroup, { groupId });
  const ended = {
    meta: { handled: true },
    onSuccess: () => {
      onChanged();
      onClose();
    },
  };
  const leave = useMutation(GroupService.method.leaveGroup, ended);
  const remove = useMutation(GroupService.method.deleteGroup, ended);
  const [sure, setSure] = useState(false);
  const group = query.data;
  const owned = group?.role === Role.OWNER;
  return (
    <Dialog
      title={group?.displayName ?? "Group"}
      onClose={onClose}
      actions={
        <>
          {owned && (
            <Button size="md" variant="danger" busy={remove.isPending} onClick={() => (sure ? remove.mutate({ groupId }) : setSure(true))}>
              {sure ? "Delete it for all" : "Delete group…"}
            </Button>
          )}
          {group && (
            <Button size="md" busy={leave.isPending} onClick={() => leave.mutate({ groupId })}>
              Leave
            </Button>
          )}
          <Button size="md" variant="primary" onClick={onClose}>
            Close
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-6">
        {query.isPending && <Skeleton className="h-24" />}
        {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
        {group && <People group={group} owned={owned} onChanged={onChanged} />}
        {group && owned && <Invite groupId={groupId} onChanged={onChanged} />}
        {owned && group.memberCount > 1 && (
          <p className="text-sm text-ink-faint">If you leave, who has been in the group for longest owns it.</p>
        )}
        <ErrorNote error={leave.error ?? remove.error} />
      </div>
    </Dialog>
  );
}

function People({ group, owned, onChanged }: { group: Group; owned: boolean; onChanged: () => void }) {
  const { userId: me } = useAccount();
  const { groupId } = group;
  const remove = useMutation(GroupService.method.removeGroupMember, { onSettled: onChanged });
  const withdraw = useMutation(GroupService.method.withdrawGroupInvitation, { onSettled: onChanged });
  return (
    <ul aria-label={`People of ${group.displayName}`} className="flex flex-col">
      {group.members.map(({ userId, email, displayName, role }) => (
        <li key={userId} className="flex items-center justify-between gap-4 border-t border-line py-3 first:border-t-0">
          <div className="flex min-w-0 flex-col">
            <span className="[overflow-wrap:anywhere]">{displayName}</span>
            <span className="text-sm [overflow-wrap:anywhere] text-ink-faint">
              {email} · {role === Role.OWNER ? "owner" : "member"}
            </span>
          </div>
          {owned && userId !== me && (
            <Button aria-label={`Remove ${email}`} onClick={() => remove.mutate({ groupId, userId })}>
              Remove
            </Button>
          )}
        </li>
      ))}
      {group.invitations.map(({ invitationId, email }) => (
        <li key={invitationId} className="flex items-center justify-between gap-4 border-t border-line py-3">
          <div className="flex min-w-0 flex-col">
            <span className="[overflow-wrap:anywhere]">{email}</span>
            <span className="text-sm text-ink-faint">invited</span>
          </div>
          <Button aria-label={`Take the invitation of ${email} back`} onClick={() => withdraw.mutate({ groupId, invitationId })}>
            Take back
          </Button>
        </li>
      ))}
    </ul>
  );
}

function Invite({ groupId, onChanged }: { groupId: string; onChanged: () => void }) {
  const [email, setEmail] = useState("");
  const invite = useMutation(GroupService.method.inviteToGroup, {
    meta: { handled: true },
    onSuccess: () => {
      setEmail("");
      onChanged();
    },
  });
  const wrong = invite.error ? explain(invite.error).fields["email"] : undefined;
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (email.trim() !== "" && !invite.isPending) invite.mutate({ groupId, email: email.trim() });
  };
  return (
    <form aria-label="Invite to the group" onSubmit={submit} className="flex flex-col gap-3">
      <TextField
        label="Email address"
        type="email"
        value={email}
        autoComplete="off"
        placeholder="anna@example.org"
        hint="They find the invitation on their account page, now or when they sign up with this address."
        error={wrong}
        onChange={(event) => setEmail(event.target.value)}
      />
      {!wrong && <ErrorNote error={invite.error} />}
      <div>
        <Button type="submit" size="md" disabled={email.trim() === ""} busy={invite.isPending}>
          Invite
        </Button>
      </div>
    </form>
  );
}
