import { create } from "@bufbuild/protobuf";
import type { ConnectRouter } from "@connectrpc/connect";
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";

import {
  type Group,
  GroupInvitationSchema,
  GroupMember_Role as Role,
  GroupMemberSchema,
  GroupSchema,
  GroupService,
} from "@/gen/argus/auth/v1/group_pb.js";
import { renderPage } from "@/test/render-page";

import { GroupsSection } from "./groups-section";

const person = (userId: string, role: Role) => create(GroupMemberSchema, { userId, email: `${userId}@example.org`, displayName: userId, role });

class Groups {
  all: Group[] = [];
  offered = [create(GroupInvitationSchema, { invitationId: "i1", groupId: "g9", groupDisplayName: "Line 9", inviterEmail: "eve@example.org" })];

  serve = (router: ConnectRouter): void => {
    router.service(GroupService, {
      listGroups: () => ({ groups: this.all }),
      listGroupInvitations: () => ({ invitations: this.offered }),
      getGroup: ({ groupId }) => this.find(groupId),
      createGroup: ({ displayName }) => this.add("g1", displayName, Role.OWNER),
      inviteToGroup: ({ groupId, email }) => {
        const invited = create(GroupInvitationSchema, { invitationId: "i2", groupId, email });
        this.find(groupId).invitations.push(invited);
        return invited;
      },
      withdrawGroupInvitation: ({ groupId }) => {
        this.find(groupId).invitations = [];
        return {};
      },
      removeGroupMember: ({ groupId, userId }) => {
        const group = this.find(groupId);
        group.members = group.members.filter((one) => one.userId !== userId);
        return group;
      },
      acceptGroupInvitation: () => {
        this.offered = [];
        return this.add("g9", "Line 9", Role.MEMBER);
      },
      declineGroupInvitation: () => {
        this.offered = [];
        return {};
      },
      leaveGroup: ({ groupId }) => {
        this.all = this.all.filter((one) => one.groupId !== groupId);
        return {};
      },
    });
  };

  private find(groupId: string): Group {
    return this.all.find((one) => one.groupId === groupId)!;
  }

  private add(groupId: string, displayName: string, role: Role): Group {
    const members = [person("ada", role), person("ben", Role.MEMBER)];
    const made = create(GroupSchema, { groupId, displayName, role, memberCount: 2, members });
    this.all = [...this.all, made];
    return made;
  }
}

function show() {
  const groups = new Groups();
  renderPage(GroupsSection, "/account", groups.serve);
  return { groups, user: userEvent.setup() };
}

it("makes a group, invites to it, and takes people out", async () => {
  const { user } = show();
  await user.click(await screen.findByRole("button", { name: "New group" }));
  await user.type(screen.getByLabelText("Name"), "Line 1");
  await user.click(screen.getByRole("button", { name: "Create" }));
  await user.click(await screen.findByRole("button", { name: "Open Line 1" }));
  const people = await screen.findByRole("list", { name: "People of Line 1" });
  await user.type(screen.getByLabelText("Email address"), "cleo@example.org");
  await user.click(screen.getByRole("button", { name: "Invite" }));
  await user.click(await within(people).findByRole("button", { name: "Take the invitation of cleo@example.org back" }));
  await waitFor(() => expect(within(people).getAllByRole("listitem")).toHaveLength(2));
  await user.click(within(people).getByRole("button", { name: "Remove ben@example.org" }));
  await waitFor(() => expect(within(people).getAllByRole("listitem")).toHaveLength(1));
});

it("joins a group by invitation, and leaves it", async () => {
  const { user } = show();
  expect(await screen.findByText(/eve@example.org invites you to/)).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Join Line 9" }));
  await user.click(await screen.findByRole("button", { name: "Open Line 9" }));
  await screen.findByRole("list", { name: "People of Line 9" });
  expect(screen.queryByRole("button", { name: /^Remove/ })).toBeNull();
  expect(screen.queryByRole("button", { name: "Delete group…" })).toBeNull();
  await user.click(screen.getByRole("button", { name: "Leave" }));
  expect(await screen.findByText("You are in none.")).toBeInTheDocument();
});

it("declines an invitation", async () => {
  const { groups, user } = show();
  await user.click(await screen.findByRole("button", { name: "Decline Line 9" }));
  await waitFor(() => expect(screen.queryByRole("list", { name: "Invitations to groups" })).toBeNull());
  expect(groups.all).toEqual([]);
});
