/** Whom a set is shared with, people and groups alike: what to call each, and how a call names it. */
import type { Group } from "@/gen/argus/auth/v1/group_pb.js";
import type { Member_Role as Role, ReferenceSet } from "@/gen/argus/inspection/v1/inspection_pb.js";

export interface Guest {
  /** Unique among those of a set. */
  key: string;
  name: string;
  /** What else there is to know: that it is a group, or has not accepted. */
  note: string;
  role: Role;
  /** How ShareReferenceSet and UnshareReferenceSet name it. */
  whom: { userIds?: string[]; emails?: string[]; groupIds?: string[] };
}

/** People, then groups, then who is invited. */
export function guestsOf(set: ReferenceSet, groups: readonly Group[]): Guest[] {
  const named = new Map(groups.map((group) => [group.groupId, group.displayName]));
  return [
    ...set.members.map(({ userId, email, role }) => ({ key: userId, name: email || userId, note: "", role, whom: { userIds: [userId] } })),
    ...set.groups.map(({ groupId, role }) => ({
      key: groupId,
      name: named.get(groupId) ?? groupId,
      note: "group",
      role,
      whom: { groupIds: [groupId] },
    })),
    ...set.invitations.map(({ invitationId, email, userId, role }) => ({
      key: invitationId,
      name: email || userId,
      note: "invited",
      role,
      whom: email ? { emails: [email] } : { userIds: [userId] },
    })),
  ];
}
