import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";

import { AuthService } from "@/gen/argus/auth/v1/auth_pb.js";
import { type ConfirmEmailRequest, EmailService, type RequestPasswordResetRequest, type ResetPasswordRequest } from "@/gen/argus/auth/v1/email_pb.js";
import { BadRequestSchema, ErrorInfoSchema } from "@/gen/google/rpc/error_details_pb.js";
import { renderPage } from "@/test/render-page";

import { ConfirmEmail } from "./confirm-email-page";
import { ForgotPassword } from "./forgot-password-page";
import { tokenOf } from "./mail-token";
import { Register } from "./register-page";
import { ResetPassword } from "./reset-password-page";

function refused(field: string, description: string, reason: string): ConnectError {
  return new ConnectError(description, Code.InvalidArgument, undefined, [
    { desc: ErrorInfoSchema, value: { reason, domain: "argus.internal" } },
    { desc: BadRequestSchema, value: { fieldViolations: [{ field, description }] } },
  ]);
}

/** A service that knows one token, and what it was asked. */
function email() {
  const asked: { forgot: RequestPasswordResetRequest[]; reset: ResetPasswordRequest[]; confirm: ConfirmEmailRequest[] } = { forgot: [], reset: [], confirm: [] };
  const check = (token: string): void => {
    if (token !== "good") throw refused("token", "the link or code was used already", "MAIL_TOKEN_INVALID");
  };
  const service = createClient(
    EmailService,
    createRouterTransport((router) => {
      router.service(EmailService, {
        requestPasswordReset: (request) => {
          asked.forgot.push(request);
          return {};
        },
        resetPassword: (request) => {
          asked.reset.push(request);
          check(request.token);
          if (request.newPassword === "password123") throw refused("new_password", "choose another password", "WEAK_PASSWORD");
          return {};
        },
        confirmEmail: (request) => {
          asked.confirm.push(request);
          check(request.token);
          return { userId: "u1", email: "ada@example.org" };
        },
      });
    }),
  );
  return { asked, service };
}

it("takes the token out of what stands behind the #", () => {
  expect(tokenOf("#token=a-b_c")).toBe("a-b_c");
  expect(tokenOf("")).toBe("");
  expect(tokenOf("#other=1")).toBe("");
});

it("has a mail sent, and does not tell whether there is an account", async () => {
  const { asked, service } = email();
  const user = userEvent.setup();
  renderPage(() => <ForgotPassword service={service} />, "/forgot-password", () => undefined);
  await user.type(screen.getByLabelText("Email"), " ada@example.org ");
  await user.click(screen.getByRole("button", { name: "Send the link" }));
  expect(await screen.findByText(/^If ada@example.org has an account, a mail is on its way/)).toBeInTheDocument();
  expect(asked.forgot.map((one) => one.email)).toEqual(["ada@example.org"]);
});

it("sets a password with the link's token, and says at its field what is wrong", async () => {
  const { asked, service } = email();
  const user = userEvent.setup();
  const onDone = vi.fn();
  renderPage(() => <ResetPassword service={service} onDone={onDone} />, "/reset-password#token=good", () => undefined);
  expect(screen.queryByLabelText("Code")).toBeNull();
  const field = screen.getByLabelText("New password");
  const send = screen.getByRole("button", { name: "Set password" });
  await user.type(field, "short");
  await user.click(send);
  expect(screen.getByText("At least 8 characters.")).toBeInTheDocument();
  expect(asked.reset).toEqual([]);
  await user.clear(field);
  await user.type(field, "password123");
  await user.click(send);
  expect(await screen.findByText("Choose another password.")).toBeInTheDocument();
  await user.clear(field);
  await user.type(field, "another horse");
  await user.click(send);
  expect(await screen.findByText("Your password is set")).toBeInTheDocument();
  expect(onDone).toHaveBeenCalledOnce();
  expect(asked.reset.at(-1)).toMatchObject({ token: "good", newPassword: "another horse" });
});

it("takes the code where there is no link, and says that it is too late", async () => {
  const { asked, service } = email();
  const user = userEvent.setup();
  renderPage(() => <ResetPassword service={service} onDone={() => undefined} />, "/reset-password", () => undefined);
  await user.type(screen.getByLabelText("Code"), " old ");
  await user.type(screen.getByLabelText("New password"), "another horse");
  await user.click(screen.getByRole("button", { name: "Set password" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("The link or code was used already.");
  expect(asked.reset[0]?.token).toBe("old");
  expect(screen.getByRole("link", { name: "Have another mail sent" })).toHaveAttribute("href", "/forgot-password");
});

it("confirms an address only when asked to", async () => {
  const { asked, service } = email();
  const user = userEvent.setup();
  renderPage(() => <ConfirmEmail service={service} />, "/confirm-email#token=good", () => undefined);
  const press = screen.getByRole("button", { name: "Confirm address" });
  expect(asked.confirm).toEqual([]);
  await user.click(press);
  expect(await screen.findByText("You sign in with ada@example.org from now on.")).toBeInTheDocument();
  expect(screen.getByRole("link", { name: "Sign in" })).toHaveAttribute("href", "/sign-in");
});

it("says where to look after registering, if the address is to be confirmed", async () => {
  const auth = createClient(
    AuthService,
    createRouterTransport((router) => {
      router.service(AuthService, { register: () => ({ confirmationPending: true }) });
    }),
  );
  const user = userEvent.setup();
  const { router } = renderPage(() => <Register service={auth} />, "/register", () => undefined);
  await user.type(screen.getByLabelText("Email"), "ada@example.org");
  await user.type(screen.getByLabelText("Password"), "another horse");
  await user.click(screen.getByRole("button", { name: "Create account" }));
  expect(await screen.findByText("A mail is on its way to ada@example.org.")).toBeInTheDocument();
  await waitFor(() => expect(router.state.location.pathname).toBe("/register"));
});
