import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";

import {
  ApiKey_Scope,
  ApiKeySchema,
  type ApiKey,
  AuthService,
  type ChangePasswordRequest,
  type CreateApiKeyRequest,
  OpenSessionSchema,
  type OpenSession,
} from "@/gen/argus/auth/v1/auth_pb.js";
import { EmailService, type RequestEmailChangeRequest } from "@/gen/argus/auth/v1/email_pb.js";
import { type Identity, IdentitySchema, SignInService } from "@/gen/argus/auth/v1/sign_in_pb.js";
import { ImageService } from "@/gen/argus/storage/v1/image_pb.js";
import { RetentionService } from "@/gen/argus/storage/v1/retention_pb.js";
import { BadRequestSchema, ErrorInfoSchema } from "@/gen/google/rpc/error_details_pb.js";
import { renderPage } from "@/test/render-page";

import { Component } from "./account-page";

const NOW = timestampFromDate(new Date());
const session = (sessionId: string, client: string, current = false): OpenSession =>
  create(OpenSessionSchema, { sessionId, client, address: "192.0.2.7", current, createTime: NOW, lastUseTime: NOW });

class Auth {
  sessions = [session("s1", "argus-cli on line-3 grpc-python/1", false), session("s2", "curl/8", true)];
  keys: ApiKey[] = [];
  changes: ChangePasswordRequest[] = [];
  created: CreateApiKeyRequest[] = [];
  addresses: RequestEmailChangeRequest[] = [];
  identities: Identity[] = [];
  providers: { providerId: string; displayName: string }[] = [];
  hasPassword = true;

  serve = (router: ConnectRouter): void => {
    router.service(EmailService, {
      requestEmailChange: (request) => {
        this.addresses.push(request);
        if (request.password !== "right") throw refused("password", "the password is wrong", "PASSWORD_WRONG");
        return {};
      },
    });
    router.service(ImageService, { getUsage: () => ({ kept: {}, pending: {} }) });
    router.service(RetentionService, { listRetentionRules: () => ({}) });
    router.service(SignInService, {
      listIdentityProviders: () => ({ providers: this.providers, passwordSignIn: true }),
      listIdentities: () => ({ identities: this.identities, hasPassword: this.hasPassword }),
      unlinkIdentity: ({ identityId }) => {
        this.identities = this.identities.filter((one) => one.identityId !== identityId);
        return {};
      },
    });
    router.service(AuthService, {
      getMe: () => ({ userId: "u1", email: "ada@example.org", displayName: "Ada" }),
      listSessions: () => ({ sessions: this.sessions }),
      revokeSession: ({ sessionId }) => {
        this.sessions = this.sessions.filter((one) => one.sessionId !== sessionId);
        return {};
      },
      revokeOtherSessions: () => {
        const revokedCount = this.sessions.length - 1;
        this.sessions = this.sessions.filter((one) => one.current);
        return { revokedCount };
      },
      changePassword: (request) => {
        this.changes.push(request);
        if (request.oldPassword !== "right") throw refused("old_password", "the old password is wrong", "PASSWORD_WRONG");
        return { revokedCount: 1 };
      },
      deleteAccount: ({ password }) => {
        if (!this.hasPassword) throw signInAgain();
        if (password !== "right") throw refused("password", "the password is wrong", "PASSWORD_WRONG");
        return { deletion: { deletionId: "d1" } };
      },
      listApiKeys: () => ({ apiKeys: this.keys }),
      createApiKey: (request) => {
        this.created.push(request);
        const apiKey = create(ApiKeySchema, { apiKeyId: "k1", displayName: request.displayName, scopes: request.scopes, prefix: "argus_abcdef", createTime: NOW });
        this.keys = [apiKey];
        return { apiKey, secret: "argus_abcdef-the-rest" };
      },
      revokeApiKey: ({ apiKeyId }) => {
        this.keys = this.keys.filter((one) => one.apiKeyId !== apiKeyId);
        return {};
      },
    });
  };
}

function refused(field: string, description: string, reason: string): ConnectError {
  return new ConnectError(description, Code.InvalidArgument, undefined, [
    { desc: ErrorInfoSchema, value: { reason, domain: "argus.internal" } },
    { desc: BadRequestSchema, value: { fieldViolations: [{ field, description }] } },
  ]);
}

function signInAgain(): ConnectError {
  return new ConnectError("sign in once more with your identity provider, and try again", Code.FailedPrecondition, undefined, [
    { desc: ErrorInfoSchema, value: { reason: "SIGN_IN_AGAIN", domain: "argus.internal" } },
  ]);
}

const COMPANY = create(IdentitySchema, { identityId: "i1", providerId: "company", displayName: "Example Company", email: "ada@corp.example" });

function show(auth = new Auth()) {
  const { router } = renderPage(Component, "/account", auth.serve);
  return { auth, router, user: userEvent.setup() };
}

it("lists sessions and signs out elsewhere, not here", async () => {
  const { auth, user } = show();
  const list = await screen.findByRole("list", { name: "Open sessions" });
  expect(within(list).getByText("This one")).toBeInTheDocument();
  await user.click(within(list).getByRole("button", { name: "Sign out argus-cli on line-3 at 192.0.2.7" }));
  await waitFor(() => expect(within(list).getAllByRole("listitem")).toHaveLength(1));
  expect(auth.sessions.map((one) => one.sessionId)).toEqual(["s2"]);
  expect(screen.queryByRole("button", { name: "Sign out all others" })).toBeNull();
});

it("signs out all others at one press", async () => {
  const { auth, user } = show();
  await user.click(await screen.findByRole("button", { name: "Sign out all others" }));
  await waitFor(() => expect(auth.sessions).toHaveLength(1));
});

it("changes the password, and says at its field what is wrong", async () => {
  const { auth, user } = show();
  await user.click(await screen.findByRole("button", { name: "Change password" }));
  const dialog = screen.getByRole("dialog", { name: "Change password" });
  const send = within(dialog).getByRole("button", { name: "Change password" });
  await user.type(within(dialog).getByLabelText("Old password"), "wrong");
  await user.type(within(dialog).getByLabelText("New password"), "short");
  await user.click(send);
  expect(within(dialog).getByText("At least 8 characters.")).toBeInTheDocument();
  expect(auth.changes).toEqual([]);
  await user.type(within(dialog).getByLabelText("New password"), " no more");
  await user.click(send);
  expect(await within(dialog).findByText(/the old password is wrong/i)).toBeInTheDocument();
  await user.clear(within(dialog).getByLabelText("Old password"));
  await user.type(within(dialog).getByLabelText("Old password"), "right");
  await user.click(send);
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(auth.changes.at(-1)?.newPassword).toBe("short no more");
});

it("has a mail sent to another address, with the password", async () => {
  const { auth, user } = show();
  await user.click(await screen.findByRole("button", { name: "Change email" }));
  const dialog = screen.getByRole("dialog", { name: "Change email" });
  await user.type(within(dialog).getByLabelText("New email"), " new@example.org");
  const password = within(dialog).getByLabelText("Password");
  await user.type(password, "wrong");
  await user.click(within(dialog).getByRole("button", { name: "Send the mail" }));
  expect(await within(dialog).findByText(/the password is wrong/i)).toBeInTheDocument();
  await user.clear(password);
  await user.type(password, "right");
  await user.click(within(dialog).getByRole("button", { name: "Send the mail" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(auth.addresses.at(-1)).toMatchObject({ newEmail: "new@example.org", password: "right" });
});

it("makes an API key, shows its secret once, and revokes it", async () => {
  const { auth, user } = show();
  await user.click(await screen.findByRole("button", { name: "New API key" }));
  const send = screen.getByRole("button", { name: "Create" });
  await user.type(screen.getByLabelText("Name"), "Camera 7");
  expect(send).toBeDisabled();
  await user.click(screen.getByRole("checkbox", { name: /^Inspect/ }));
  await user.click(send);
  expect(await screen.findByText("argus_abcdef-the-rest")).toBeInTheDocument();
  expect(auth.created[0]).toMatchObject({ displayName: "Camera 7", scopes: [ApiKey_Scope.INSPECT], validDays: 90 });
  await user.click(screen.getByRole("button", { name: "I have kept it" }));
  expect(screen.queryByText("argus_abcdef-the-rest")).toBeNull();
  await user.click(await screen.findByRole("button", { name: "Revoke Camera 7" }));
  await user.click(screen.getByRole("button", { name: "Revoke" }));
  expect(await screen.findByText("You have none.")).toBeInTheDocument();
});

it("deletes the account with its password, and goes where it is told what became of it", async () => {
  const { router, user } = show();
  await user.click(await screen.findByRole("button", { name: "Delete account…" }));
  const dialog = screen.getByRole("dialog", { name: "Delete account" });
  expect(within(dialog).getByText("Nothing of it can be brought back.")).toBeInTheDocument();
  const password = within(dialog).getByLabelText("Password");
  const send = within(dialog).getByRole("button", { name: "Delete everything" });
  await user.type(password, "wrong");
  await user.click(send);
  expect(await within(dialog).findByText(/the password is wrong/i)).toBeInTheDocument();
  expect(router.state.location.pathname).toBe("/account");
  await user.clear(password);
  await user.type(password, "right");
  await user.click(send);
  await waitFor(() => expect(router.state.location.pathname).toBe("/account-deleted"));
  expect(router.state.location.search).toBe("?id=d1");
});

it("shows linked sign-ins, unlinks one, and offers to link others with the password", async () => {
  const auth = new Auth();
  auth.providers = [
    { providerId: "company", displayName: "Example Company" },
    { providerId: "other", displayName: "Another" },
  ];
  auth.identities = [COMPANY];
  const { user } = show(auth);
  const list = await screen.findByRole("list", { name: "Linked sign-ins" });
  expect(within(list).getByText(/ada@corp\.example · not used yet/)).toBeInTheDocument();
  expect(screen.queryByRole("button", { name: "Link Example Company" })).toBeNull();
  await user.click(screen.getByRole("button", { name: "Link Another" }));
  expect(within(screen.getByRole("dialog", { name: "Link Another" })).getByLabelText("Password")).toBeRequired();
  await user.click(screen.getByRole("button", { name: "Cancel" }));
  await user.click(within(list).getByRole("button", { name: "Unlink Example Company" }));
  expect(await screen.findByRole("button", { name: "Link Example Company" })).toBeInTheDocument();
});

it("has nothing of passwords for an account without one, and asks for a fresh proof before it is deleted", async () => {
  const auth = new Auth();
  auth.hasPassword = false;
  auth.identities = [COMPANY];
  const { user } = show(auth);
  await screen.findByRole("list", { name: "Linked sign-ins" });
  expect(screen.queryByRole("button", { name: "Change password" })).toBeNull();
  await user.click(screen.getByRole("button", { name: "Delete account…" }));
  const dialog = screen.getByRole("dialog", { name: "Delete account" });
  expect(within(dialog).queryByLabelText("Password")).toBeNull();
  await user.click(within(dialog).getByRole("button", { name: "Delete everything" }));
  expect(await within(dialog).findByRole("button", { name: "Sign in again with Example Company" })).toBeInTheDocument();
});
