import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { ConnectRouter } from "@connectrpc/connect";
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";

import { AuditEventSchema, AuditService } from "@/gen/argus/auth/v1/audit_pb.js";
import { ApiKeySchema, OpenSessionSchema, UserSchema } from "@/gen/argus/auth/v1/auth_pb.js";
import { OperatorService, SigningKey_State, SigningKeySchema } from "@/gen/argus/auth/v1/operator_pb.js";
import { UserService } from "@/gen/argus/auth/v1/user_pb.js";
import { Role } from "@/gen/argus/policy/v1/policy_pb.js";
import { renderPage } from "@/test/render-page";

import { Component } from "./admin-page";

const NOW = timestampFromDate(new Date());

class Installation {
  users = [
    create(UserSchema, { userId: "u1", email: "ada@example.org", displayName: "Ada", role: Role.ADMIN, createTime: NOW }),
    create(UserSchema, { userId: "u2", email: "ben@example.org", role: Role.INSPECTOR, createTime: NOW }),
  ];
  sessions = ["s1", "s2"];
  keys = [create(ApiKeySchema, { apiKeyId: "k1", displayName: "camera 7", prefix: "argus_abc", createTime: NOW })];
  signing = [create(SigningKeySchema, { kid: "kid-1", state: SigningKey_State.SIGNING, createTime: NOW, signTime: NOW })];
  asked: string[] = [];

  serve = (router: ConnectRouter): void => {
    router.service(UserService, {
      listUsers: ({ email }) => ({ users: this.users.filter((user) => !email || user.email === email) }),
      setUserRole: ({ userId, role }) => {
        this.users = this.users.map((user) => (user.userId === userId ? create(UserSchema, { ...user, role }) : user));
        return this.users.find((user) => user.userId === userId) ?? {};
      },
      listUserSessions: () => ({
        sessions: this.sessions.map((sessionId) => create(OpenSessionSchema, { sessionId, client: "curl/8", address: "192.0.2.7", createTime: NOW, lastUseTime: NOW })),
      }),
      revokeUserSession: ({ sessionId }) => {
        this.sessions = this.sessions.filter((one) => one !== sessionId);
        return {};
      },
      revokeUserSessions: () => {
        const revokedCount = this.sessions.length;
        this.sessions = [];
        return { revokedCount };
      },
      listUserApiKeys: () => ({ apiKeys: this.keys }),
      revokeUserApiKey: () => {
        this.keys = [];
        return {};
      },
    });
    router.service(AuditService, {
      listAuditEvents: ({ target }) => {
        this.asked.push(target);
        return {
          events: [
            create(AuditEventSchema, {
              sequence: 7n,
              time: NOW,
              method: "/argus.storage.v1.ImageService/DeleteImage",
              code: "NOT_FOUND",
              reason: "IMAGE_NOT_FOUND",
              userId: "u2",
              address: "192.0.2.7",
              targets: [{ name: "image_id", values: ["a", "b", "c", "d"] }],
            }),
          ],
        };
      },
    });
    router.service(OperatorService, {
      listSigningKeys: () => ({ keys: this.signing }),
      rotateSigningKey: () => {
        const key = create(SigningKeySchema, { kid: "kid-2", state: SigningKey_State.NEXT, createTime: NOW, signTime: NOW });
        this.signing = [key, ...this.signing];
        return { key };
      },
    });
  };
}

function show(path = "/admin") {
  const installation = new Installation();
  renderPage(Component, path, installation.serve);
  return { installation, user: userEvent.setup() };
}

it("lists people, finds one by address, and gives roles", async () => {
  const { installation, user } = show();
  const list = await screen.findByRole("list", { name: "People" });
  expect(within(list).getAllByRole("listitem")).toHaveLength(2);
  await user.selectOptions(screen.getByRole("combobox", { name: "Role of ben@example.org" }), "Viewer");
  await waitFor(() => expect(installation.users[1]?.role).toBe(Role.VIEWER));
  await user.type(screen.getByRole("textbox", { name: "Email address" }), "nobody@example.org{Enter}");
  expect(await screen.findByText("Nobody has an account with this address.")).toBeInTheDocument();
});

it("ends sessions and keys of somebody", async () => {
  const { installation, user } = show();
  await user.click(await screen.findByRole("button", { name: "Sessions and keys of ben@example.org" }));
  const [first] = await screen.findAllByRole("button", { name: /^Sign out curl/ });
  if (first) await user.click(first);
  await waitFor(() => expect(installation.sessions).toEqual(["s2"]));
  await user.click(screen.getByRole("button", { name: "Sign out everywhere" }));
  expect(await screen.findByText("Not signed in anywhere.")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Revoke camera 7" }));
  expect(await screen.findByText("There are none.")).toBeInTheDocument();
});

it("shows what was done, and what was refused", async () => {
  const { installation, user } = show("/admin?tab=audit");
  const list = await screen.findByRole("list", { name: "Audit" });
  expect(list).toHaveTextContent("Delete image · IMAGE_NOT_FOUND");
  expect(list).toHaveTextContent("image id a b c and 1 more");
  await user.type(screen.getByRole("textbox", { name: "About" }), "ben@example.org{Enter}");
  await waitFor(() => expect(installation.asked).toContain("ben@example.org"));
});

it("replaces the keys that sign tokens", async () => {
  const { user } = show();
  await user.click(await screen.findByRole("tab", { name: "Signing keys" }));
  await user.click(await screen.findByRole("button", { name: "Replace now" }));
  expect(await screen.findByText("kid-2")).toBeInTheDocument();
  expect(screen.getByText("Signs next")).toBeInTheDocument();
});
