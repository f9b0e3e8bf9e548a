/** Sets of others that a person is invited to see. */
import { createConnectQueryKey, useMutation, useQuery } from "@connectrpc/connect-query";
import { useQueryClient } from "@tanstack/react-query";

import { InspectionService, Member_Role as Role, type ShareInvitation } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { formatDate, toDate } from "@/lib/time";
import { Button } from "@/ui/button";
import { toast } from "@/ui/toast";

import { useSetCache } from "./cache";

const { listShareInvitations } = InspectionService.method;

export function Invitations() {
  const invitations = useQuery(listShareInvitations).data?.invitations ?? [];
  if (invitations.length === 0) return null;
  return (
    <section aria-labelledby="invitations" className="mb-8 flex flex-col rounded-lg border border-line px-4 py-3">
      <h2 id="invitations" className="text-lg font-semibold">Invitations</h2>
      <ul className="flex flex-col">
        {invitations.map((one) => (
          <InvitationRow key={one.invitationId} invitation={one} />
        ))}
      </ul>
    </section>
  );
}

function InvitationRow({ invitation }: { invitation: ShareInvitation }) {
  const client = useQueryClient();
  const cache = useSetCache();
  const { invitationId, displayName: name } = invitation;
  const done = (): void => {
    void client.invalidateQueries({ queryKey: createConnectQueryKey({ schema: listShareInvitations, cardinality: "finite" }) });
    cache.setsChanged();
  };
  const accept = useMutation(InspectionService.method.acceptShareInvitation, {
    onSuccess: () => toast(`${name} is shared with you`, { tone: "success" }),
    onSettled: done,
  });
  const decline = useMutation(InspectionService.method.declineShareInvitation, { onSettled: done });
  const ends = toDate(invitation.expireTime);
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 border-t border-line py-3 first:border-t-0">
      <div className="flex min-w-0 flex-1 basis-64 flex-col">
        <span className="[overflow-wrap:anywhere]">
          {invitation.inviterEmail} shares the reference set <strong className="font-semibold">{name}</strong> with you
        </span>
        <span className="text-sm text-ink-faint">
          {invitation.role === Role.VIEWER ? "to look at" : "to inspect with"}
          {ends && <> · until {formatDate(ends)}</>}
        </span>
      </div>
      <div className="flex gap-2">
        <Button variant="primary" aria-label={`Accept ${name}`} busy={accept.isPending} onClick={() => accept.mutate({ invitationId })}>
          Accept
        </Button>
        <Button aria-label={`Decline ${name}`} busy={decline.isPending} onClick={() => decline.mutate({ invitationId })}>
          Decline
        </Button>
      </div>
    </li>
  );
}
